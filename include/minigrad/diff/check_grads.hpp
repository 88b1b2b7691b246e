// diff/check_grads.hpp - is a derivative right? Compare it with differences of the function itself.
//
//   check_grads([](auto x, auto y) { return my_op(x, y); }, {x, y}, 2);
//
// Order 1 compares the derivative that backward() and grad() compute with the central difference
// (f(x + h) - f(x - h)) / 2h. Order 2 does the same with grad() in place of f, order 3 with grad() of grad(), and so
// on. So a rule that is wrong only when it is differentiated again is found too. Where f gives more than one number,
// the numbers are weighted at random and summed: a wrong derivative of any of them shows in the sum. The idea of
// checking an order by the one below it is that of check_grads in HIPS Autograd (Maclaurin, Duvenaud and Johnson) and
// in JAX.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "../core/finite.hpp"
#include "../core/random.hpp"
#include "grad.hpp"

namespace minigrad::inline MINIGRAD_ABI {

struct CheckGradsOptions {
  /// Derivatives of the orders 1 .. order are checked.
  int order = 1;
  /// By how much the two may differ, relative to their size where that is above 1. 0 means 1e-6, and 1e-2 for floats.
  /// What rounding of f's values does to the difference comes on top.
  double tolerance = 0;
  /// How far x moves, relative to its size where that is above 1. 0 means the cube root of the type's epsilon, where
  /// rounding and the curvature of f do about equal harm: 6e-6, and 5e-3 for floats.
  double step = 0;
};

namespace detail {

/// The work of check_grads, compiled once for a type of values; f is called through a pointer.
template <class V>
class GradientChecker {
  using T = scalar_type<V>;
  using Values = std::vector<V>;
  using Vars = std::vector<Var<V>>;
  using Function = Var<V> (*)(const void* f, const Vars& x);

 public:
  GradientChecker(const void* f, Function call, std::span<const V> inputs, const CheckGradsOptions& options)
      : f_(f),
        call_(call),
        inputs_(inputs.begin(), inputs.end()),
        tolerance_(options.tolerance > 0 ? options.tolerance : sizeof(T) < sizeof(double) ? 1e-2 : 1e-6),
        step_(options.step > 0 ? options.step : std::cbrt(epsilon)) {
    if (options.order < 1) fail<ValueError>({"check_grads: order ", options.order, " is not 1 or more"});
    for (order_ = 1; order_ <= options.order; ++order_) check_order();
  }

 private:
  static constexpr double epsilon = static_cast<double>(std::numeric_limits<T>::epsilon());
  static constexpr std::size_t one_by_one = 64;  // an input with more elements is first moved as a whole
  static constexpr int directions = 4;           // in so many directions

  void check_order() {
    const Vars x = variables(inputs_);
    const Var<V> y = weighted_sum(derivative(x));
    require_single_number("check_grads", y.value());
    sweep(y);
    Values by_backward, by_grad;
    for (const Var<V>& one : x) {
      const V* found = graph_.find_gradient(one.id());
      by_backward.push_back(found ? *found : zeros_like_value(one.value()));
    }
    for (const Var<V>& one : grad(y, std::span<const Var<V>>(x))) by_grad.push_back(one.value());
    for (std::size_t k = 0; k < inputs_.size(); ++k) {
      check_input(k, by_backward[k], "backward()");
      check_input(k, by_grad[k], "grad()");
    }
  }

  Vars variables(const Values& values) {
    graph_.clear();
    Vars x;
    for (const V& value : values) x.push_back(graph_.variable(value));
    return x;
  }

  /// The function whose derivative is checked: f, or for a higher order the gradients of the order before.
  Vars derivative(const Vars& x) {
    Vars y{call_(f_, x)};
    for (level_ = 1; level_ < order_; ++level_) y = grad(weighted_sum(y), std::span<const Var<V>>(x));
    return y;
  }

  Var<V> weighted_sum(const Vars& y) {
    const Values& weights = weights_for(y);
    Var<V> total = sum(y[0] * weights[0]);
    for (std::size_t k = 1; k < y.size(); ++k) total = total + sum(y[k] * weights[k]);
    return total;
  }

  /// The weights of a level's numbers, drawn when they are first needed: none is near 0, and a single number is itself.
  const Values& weights_for(const Vars& y) {
    const auto level = static_cast<std::size_t>(level_);
    if (weights_.size() < level) {
      Values weights;
      const bool single = y.size() == 1 && shape_of(y[0]).size() == 1;
      for (const Var<V>& one : y) {
        weights.push_back(zeros_like_value(one.value()));
        for (T& weight : elements(weights.back()))
          weight = static_cast<T>(single ? 1 : rng_.uniform(1, 2) * (rng_.integer(2) ? 1 : -1));
      }
      weighted_ = weighted_ || !single;
      weights_.push_back(std::move(weights));
    }
    return weights_[level - 1];
  }

  static std::span<T> elements(V& value) {
    if constexpr (is_tensor<V>) return {value.data(), value.size()};
    else return {&value, 1};
  }
  static std::span<const T> elements(const V& value) {
    if constexpr (is_tensor<V>) return {value.data(), value.size()};
    else return {&value, 1};
  }

  /// A derivative along a direction, and how uncertain the rounding of f's values leaves it.
  struct Slope {
    double value = 0, uncertainty = 0;
  };

  /// The weighted sum's slope by a central difference, where input k is replaced by `plus` and by `minus`.
  Slope difference(std::size_t k, const V& plus, const V& minus, double distance) {
    const auto values_at = [&](const V& moved) {
      Values in = inputs_, out;
      in[k] = moved;
      for (const Var<V>& y : derivative(variables(in))) out.push_back(y.value());
      return out;
    };
    const Values above = values_at(plus), below = values_at(minus);
    const Values& weights = weights_[static_cast<std::size_t>(order_) - 1];
    Slope slope;
    for (std::size_t i = 0; i < above.size(); ++i)
      for (std::size_t j = 0; j < elements(above[i]).size(); ++j) {
        const auto w = static_cast<double>(elements(weights[i])[j]);
        const auto a = static_cast<double>(elements(above[i])[j]), b = static_cast<double>(elements(below[i])[j]);
        slope.value += w * (a - b) / distance;
        slope.uncertainty += 16 * epsilon * std::fabs(w) * (std::fabs(a) + std::fabs(b)) / distance;
      }
    return slope;
  }

  void check_input(std::size_t k, const V& gradient, const char* source) {
    const std::size_t n = elements(gradient).size();
    bool suspect = n <= one_by_one;
    for (int d = 0; d < directions && !suspect; ++d) suspect = !agrees_along_direction(k, gradient);
    for (std::size_t i = 0; i < n && suspect; ++i) check_element(k, i, gradient, source);
  }

  bool agrees_along_direction(std::size_t k, const V& gradient) {
    V plus = inputs_[k], minus = inputs_[k];
    double along = 0;
    const double h = step_ / std::sqrt(static_cast<double>(elements(plus).size()));
    for (std::size_t i = 0; i < elements(plus).size(); ++i) {
      T &up = elements(plus)[i], &down = elements(minus)[i];
      const auto x = static_cast<double>(up);
      const double move = h * (std::max)(1.0, std::fabs(x)) * rng_.uniform(1, 2) * (rng_.integer(2) ? 1 : -1);
      up = static_cast<T>(x + move);
      down = static_cast<T>(x - move);
      along += static_cast<double>(elements(gradient)[i]) * (static_cast<double>(up) - static_cast<double>(down)) / h;
    }
    return agree(along, difference(k, plus, minus, h));
  }

  void check_element(std::size_t k, std::size_t i, const V& gradient, const char* source) {
    V plus = inputs_[k], minus = inputs_[k];
    T &up = elements(plus)[i], &down = elements(minus)[i];
    const auto x = static_cast<double>(up);
    const double h = step_ * (std::max)(1.0, std::fabs(x));
    up = static_cast<T>(x + h);
    down = static_cast<T>(x - h);
    const double distance = static_cast<double>(up) - static_cast<double>(down);  // not quite 2h, because of rounding
    const auto derived = static_cast<double>(elements(gradient)[i]);
    const Slope measured = difference(k, plus, minus, distance);
    if (!agree(derived, measured))
      fail<GradientError>({"check_grads: order ", order_, ", input ", k, place(shape_of(gradient), i), ": ", source,
                           " gives ", derived, ", finite differences give ", measured.value,
                           weighted_ ? ", for the outputs weighted at random" : ""});
  }

  bool agree(double derived, const Slope& measured) const {
    const double size = (std::max)({1.0, std::fabs(derived), std::fabs(measured.value)});
    return is_finite(derived) && is_finite(measured.value) &&
           std::fabs(derived - measured.value) <= tolerance_ * size + measured.uncertainty;
  }

  /// ", element (1, 2)" for the i-th number of a shape, and nothing for a single number.
  static std::string place(const Shape& shape, std::size_t i) {
    return shape.rank() == 0 ? "" : ", element " + place_of(shape, i);
  }

  const void* f_;
  Function call_;
  Values inputs_;
  double tolerance_, step_;
  int order_ = 1, level_ = 1;
  bool weighted_ = false;
  std::vector<Values> weights_;  // of each level
  Rng rng_;
  Graph<V> graph_;
};

}  // namespace detail

/// Checks the derivatives of f at the inputs, which are all numbers or all Tensors: f takes a Var for each and gives a
/// Var of any shape. Throws GradientError naming order, input, element, and both values, where a derivative disagrees
/// with finite differences, or either is NaN or infinite. f must give the same value for the same inputs, and be smooth
/// within a step of them. The random numbers are the same each time.
template <class F, class V, std::size_t N>
void check_grads(const F& f, const V (&inputs)[N], const CheckGradsOptions& options = {}) {
  static_assert(!std::is_integral_v<detail::scalar_type<V>>, "minigrad: check_grads: write 1.0 in place of 1");
  const auto call = [](const void* g, const std::vector<Var<V>>& x) -> Var<V> {
    return [&]<std::size_t... K>(std::index_sequence<K...>) {
      return (*static_cast<const F*>(g))(x[K]...);
    }(std::make_index_sequence<N>{});
  };
  detail::GradientChecker<V>(&f, call, inputs, options);
}
/// The same for the orders 1 .. order.
template <class F, class V, std::size_t N>
void check_grads(const F& f, const V (&inputs)[N], int order) {
  check_grads(f, inputs, CheckGradsOptions{.order = order});
}

}  // namespace minigrad
