// diff/checked_function.hpp - what check_grads() compares: a function, the derivatives of an order, and differences.
#pragma once

#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "../core/random.hpp"
#include "grad.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

/// A difference quotient, and how uncertain rounding leaves it.
struct Quotient {
  double value = 0, uncertainty = 0;
};

/// The numbers of a value.
template <class V>
auto elements(V& value) {
  if constexpr (is_tensor<std::remove_const_t<V>>) return std::span(value.data(), value.size());
  else return std::span(&value, 1);
}

/// The function f of several inputs, called through a pointer, or, for an order above 1, the gradients of the order
/// below.
template <class V>
class CheckedFunction {
  using T = scalar_type<V>;

 public:
  using Values = std::vector<V>;
  using Vars = std::vector<Var<V>>;
  using Function = Var<V> (*)(const void* f, const Vars& x);
  static constexpr double epsilon = static_cast<double>(std::numeric_limits<T>::epsilon());

  CheckedFunction(const void* f, Function call, std::span<const V> inputs)
      : f_(f), call_(call), inputs_(inputs.begin(), inputs.end()) {
    graph_.freeze_parameters();  // whose gradients are left alone
  }

  int order = 1;
  Rng rng{};

  const Values& inputs() const { return inputs_; }
  Graph<V>& graph() { return graph_; }
  /// Whether there is more than one output, so that they are weighted.
  bool weighted() const { return weighted_; }

  /// The inputs as variables, in a graph that was cleared.
  Vars variables() { return variables(inputs_); }

  /// The outputs.
  Vars outputs(const Vars& x) {
    Vars y{call_(f_, x)};
    for (level_ = 1; level_ < order; ++level_) y = grad(weighted_sum(y), std::span<const Var<V>>(x));
    return y;
  }

  /// The outputs, weighted and summed.
  Var<V> weighted_sum(const Vars& y) { return dot(y, weights_for(y)); }

  /// The outputs where input k has another value.
  Values outputs_at(std::size_t k, const V& moved) {
    Values in = inputs_, out;
    in[k] = moved;
    for (const Var<V>& y : outputs(variables(in))) out.push_back(y.value());
    return out;
  }

  /// The difference quotient of the weighted sum, where input k is `plus` on one side and `minus` on the other. The signs
  /// of the weights are random, so that roundings add up like steps of a random walk.
  Quotient difference(std::size_t k, const V& plus, const V& minus, double distance) {
    const Values above = outputs_at(k, plus), below = outputs_at(k, minus);
    const Values& weights = weights_[static_cast<std::size_t>(order) - 1];
    Quotient total;
    for (std::size_t i = 0; i < above.size(); ++i)
      for (std::size_t j = 0; j < elements(above[i]).size(); ++j) {
        const auto w = static_cast<double>(elements(weights[i])[j]);
        const Quotient one = slope(static_cast<double>(elements(above[i])[j]), static_cast<double>(elements(below[i])[j]),
                                distance);
        total.value += w * one.value;
        total.uncertainty = std::hypot(total.uncertainty, w * one.uncertainty);
      }
    return total;
  }

  /// J d, for the Jacobian J of the outputs by input k: the derivative of d J' u by u.
  Values jacobian_times(std::size_t k, const V& d) {
    const Vars x = variables(), y = outputs(x);
    Vars u;
    for (const Var<V>& one : y) {
      V ones = zeros_like_value(one.value());
      for (T& element : elements(ones)) element = 1;
      u.push_back(graph_.variable(std::move(ones)));
    }
    Values out;
    for (const Var<V>& one : grad(sum(grad(dot(y, u), x[k]) * d), std::span<const Var<V>>(u)))
      out.push_back(one.value());
    return out;
  }

  /// That of an output which is a on one side and b on the other.
  static Quotient slope(double a, double b, double distance) {
    return {(a - b) / distance, 16 * epsilon * (std::fabs(a) + std::fabs(b)) / distance};
  }

 private:
  Vars variables(const Values& values) {
    graph_.clear();
    Vars x;
    for (const V& value : values) x.push_back(graph_.variable(value));
    return x;
  }

  static Var<V> dot(const Vars& a, const auto& b) {
    Var<V> total = sum(a[0] * b[0]);
    for (std::size_t k = 1; k < a.size(); ++k) total = total + sum(a[k] * b[k]);
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
          weight = static_cast<T>(single ? 1 : rng.uniform(1, 2) * (rng.integer(2) ? 1 : -1));
      }
      weighted_ = weighted_ || !single;
      weights_.push_back(std::move(weights));
    }
    return weights_[level - 1];
  }

  const void* f_;
  Function call_;
  Values inputs_;
  int level_ = 1;
  bool weighted_ = false;
  std::vector<Values> weights_{};  // of each level
  Graph<V> graph_{};
};

}  // namespace minigrad::detail
