// diff/gradient_checker.hpp - the work of check_grads(): derivatives beside differences, order by order.
//
// An input of few elements is checked element by element. Where f gives more than one number, these are weighted at
// random and summed: a wrong derivative of any of them shows in the sum.
//
// In a sum of many numbers one wrong derivative drowns in rounding. Where inputs or outputs are many, the input is
// therefore moved along random directions d, and each output is compared by itself: its difference with its element of
// J d, where J is the Jacobian. grad() gives J' u for any u, which is linear in u, so that J d is the derivative of
// d J' u by u. An output that differs is traced to an element of the input by halving d.
#pragma once

#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "../core/finite.hpp"
#include "checked_function.hpp"
#include "hooks.hpp"

namespace minigrad::inline MINIGRAD_ABI {

/// How many orders check_grads() checks, and how exactly.
struct CheckGradsOptions {
  /// Derivatives of the orders 1 .. order are checked.
  int order = 1;
  /// By how much the two may differ, relative to their size where that is above 1. 0 means 1e-6, and 2e-3 for floats.
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

 public:
  GradientChecker(const void* f, typename CheckedFunction<V>::Function call, std::span<const V> inputs, const CheckGradsOptions& options)
      : f_(f, call, inputs),
        tolerance_(options.tolerance > 0 ? options.tolerance : sizeof(T) < sizeof(double) ? 2e-3 : 1e-6),
        step_(options.step > 0 ? options.step : std::cbrt(CheckedFunction<V>::epsilon)) {
    if (options.order < 1) fail<ValueError>({"check_grads: order ", options.order, " is not 1 or more"});
    for (f_.order = 1; f_.order <= options.order; ++f_.order) check_order();
  }

 private:
  static constexpr std::size_t few = 64;  // more elements than these are moved together
  static constexpr int directions = 2;    // in so many directions

  void check_order() {
    const Vars x = f_.variables(), outputs = f_.outputs(x);
    const Var<V> y = f_.weighted_sum(outputs);
    std::size_t output_count = 0;
    for (const Var<V>& one : outputs) output_count += elements(one.value()).size();
    sweep(y);
    Values by_backward, by_grad;
    for (const Var<V>& one : x) {
      const V* found = f_.graph().find_gradient(one.id());
      by_backward.push_back(found ? *found : zeros_like_value(one.value()));
    }
    for (const Var<V>& one : grad(y, std::span<const Var<V>>(x))) by_grad.push_back(one.value());
    for (std::size_t k = 0; k < f_.inputs().size(); ++k) {
      const std::size_t n = elements(by_grad[k]).size();
      for (std::size_t i = 0; i < n && n <= few; ++i) check_element(k, i, by_backward[k], by_grad[k]);
      if (n > few || (n > 0 && output_count > few)) check_directions(k, by_backward[k], by_grad[k]);
    }
  }

  void check_element(std::size_t k, std::size_t i, const V& by_backward, const V& by_grad) {
    V plus = f_.inputs()[k], minus = f_.inputs()[k];
    T &up = elements(plus)[i], &down = elements(minus)[i];
    const auto x = static_cast<double>(up);
    const double h = step_ * (std::max)(1.0, std::fabs(x));
    up = static_cast<T>(x + h);
    down = static_cast<T>(x - h);
    const double distance = static_cast<double>(up) - static_cast<double>(down);  // not quite 2h, because of rounding
    const Quotient measured = f_.difference(k, plus, minus, distance);
    const auto on_values = static_cast<double>(elements(by_backward)[i]);
    const auto on_vars = static_cast<double>(elements(by_grad)[i]);
    const bool values_are_right = agree(on_values, measured), vars_are_right = agree(on_vars, measured);
    if (values_are_right && vars_are_right) return;
    fail<GradientError>({"check_grads: order ", f_.order, ", input ", k, place(", element ", shape_of(by_grad), i),
                         values_are_right ? ": grad() gives " : ": backward() gives ",
                         values_are_right ? on_vars : on_values, ", finite differences give ", measured.value,
                         f_.weighted() ? ", for the outputs weighted at random" : "",
                         values_are_right != vars_are_right ? two_forms() : misread_rule(k, i, measured)});
  }

  /// What to say where only one of them is wrong: both run the same rules.
  static std::string two_forms() {
    return ": a rule gives another value for numbers, which backward() computes with, than for Vars, as for grad(). A "
           "plain abs(v) does, which is that of C and makes a whole number of v: write minigrad::abs(v)";
  }

  /// What to say where the rule of an op is right if x stands in place of y: it is written as (g, x), which is (g, y).
  std::string misread_rule(std::size_t k, std::size_t i, const Quotient& measured) {
    if (f_.order > 1) return "";
    const NodeStore<V>& nodes = f_.graph().nodes();
    for (NodeId id = 0, count = no_node; id < count; ++id) {
      const Vars x = f_.variables();
      const Var<V> y = f_.weighted_sum(f_.outputs(x));
      count = y.id();
      const Op<V>* const op = nodes[id].op;
      if (nodes[id].inputs != 1 || op->one_rule || op->reduction != Reduction::none || op->vjp[0].reads != Reads::result)
        continue;
      for (NodeId other = id; other < count; ++other)
        if (Node<V>& node = f_.graph().nodes()[other];
            node.op == op && node.needs_grad && shape_of(node.own) == shape_of(*node.input(0)->value))
          register_hook(f_.graph().at(other), [&](const V&) { node.own = *node.input(0)->value; });
      try {
        sweep(y);
      } catch (const Error&) {
        continue;
      }
      const V* const found = f_.graph().find_gradient(x[k].id());
      if (found && agree(static_cast<double>(elements(*found)[i]), measured))
        return concat({": the rule of ", nodes[id].name, " is right if it gets x in place of y: for an op of one input "
                       "a rule (g, x) means (g, y), so write (g, auto&&, x)"});
    }
    return "";
  }

  /// An output that does not change along a direction as grad() says.
  struct Mismatch {
    bool found = false;
    std::string output{};
    double derived = 0, measured = 0;
  };

  void check_directions(std::size_t k, const V& by_backward, const V& by_grad) {
    const std::size_t n = elements(by_grad).size();
    for (std::size_t i = 0; i < n; ++i) {
      const auto a = static_cast<double>(elements(by_backward)[i]), b = static_cast<double>(elements(by_grad)[i]);
      if (agree(a, Quotient{b, 0})) continue;
      check_element(k, i, by_backward, by_grad);
      fail<GradientError>({"check_grads: order ", f_.order, ", input ", k, place(", element ", shape_of(by_grad), i),
                           ": backward() gives ", a, ", and grad() gives ", b, two_forms()});
    }
    for (int d = 0; d < directions; ++d) {
      std::vector<double> direction(n);
      for (double& one : direction) one = f_.rng.uniform(1, 2) * (f_.rng.integer(2) ? 1 : -1);
      Mismatch wrong = find_mismatch(k, direction, 0, n);
      if (!wrong.found) continue;
      std::size_t begin = 0, end = n;
      while (end - begin > 1) {
        const std::size_t middle = begin + (end - begin) / 2;
        if (Mismatch half = find_mismatch(k, direction, begin, middle); half.found) wrong = half, end = middle;
        else if (half = find_mismatch(k, direction, middle, end); half.found) wrong = half, begin = middle;
        else break;
      }
      const bool single = end - begin == 1;
      if (single) check_element(k, begin, by_backward, by_grad);  // which says more, if rounding leaves that
      const double unit = single ? direction[begin] : 1;
      fail<GradientError>({"check_grads: order ", f_.order, ", input ", k, place(", element ", shape_of(by_grad), begin),
                           single ? "" : place(" to ", shape_of(by_grad), end - 1) + " in a random direction",
                           wrong.output, ": grad() gives ", wrong.derived / unit, ", finite differences give ",
                           wrong.measured / unit});
    }
  }

  /// Moves elements begin .. end - 1 of input k along the direction, by steps that shrink until all of them together
  /// move as far as one element in check_element(). Each output is judged by the step at which it is known best: a long
  /// one where it depends on few of the elements, a short one where it depends on many and is curved.
  Mismatch find_mismatch(std::size_t k, const std::vector<double>& direction, std::size_t begin, std::size_t end) {
    struct Known {
      double error = 0, uncertainty = 0, derived = 0, measured = 0;
    };
    std::vector<Known> before, best;
    const double shortest = step_ / std::sqrt(static_cast<double>(end - begin)) / 4;
    for (double h = step_; h >= shortest; h /= 4) {
      V plus = f_.inputs()[k], minus = f_.inputs()[k], d = zeros_like_value(f_.inputs()[k]);
      for (std::size_t i = begin; i < end; ++i) {
        T &up = elements(plus)[i], &down = elements(minus)[i];
        const auto x = static_cast<double>(up);
        const double move = h * (std::max)(1.0, std::fabs(x)) * direction[i];
        up = static_cast<T>(x + move);
        down = static_cast<T>(x - move);
        elements(d)[i] = static_cast<T>((static_cast<double>(up) - static_cast<double>(down)) / (2 * h));
      }
      const Values derived = f_.jacobian_times(k, d), above = f_.outputs_at(k, plus), below = f_.outputs_at(k, minus);
      std::vector<Known> now;
      for (std::size_t r = 0; r < derived.size(); ++r)
        for (std::size_t j = 0; j < elements(derived[r]).size(); ++j) {
          const auto by_grad = static_cast<double>(elements(derived[r])[j]);
          const Quotient measured = f_.slope(static_cast<double>(elements(above[r])[j]),
                                       static_cast<double>(elements(below[r])[j]), 2 * h);
          now.push_back({measured.value - by_grad, measured.uncertainty, by_grad, measured.value});
        }
      // How the curvature of f changes the error from one step to the next says how far from right it still is.
      for (std::size_t j = 0; j < before.size(); ++j) {
        Known known = now[j];
        known.uncertainty += before[j].uncertainty + std::fabs(known.error - before[j].error);
        if (best.size() == j) best.push_back(known);
        else if (!(best[j].uncertainty <= known.uncertainty)) best[j] = known;
      }
      before = std::move(now);
    }
    std::size_t j = 0;
    for (const V& output : f_.outputs_at(k, f_.inputs()[k]))
      for (std::size_t i = 0; i < elements(output).size(); ++i, ++j)
        if (const Known& known = best[j]; !agree(known.derived, Quotient{known.measured, known.uncertainty}))
          return {true, place(", output ", shape_of(output), i), known.derived, known.measured};
    return {};
  }

  bool agree(double derived, const Quotient& measured) const {
    const double size = (std::max)(1.0, (std::max)(std::fabs(derived), std::fabs(measured.value)));
    return is_finite(derived) && is_finite(measured.value) &&
           std::fabs(derived - measured.value) <= tolerance_ * size + measured.uncertainty;
  }

  /// ", element (1, 2)" for the i-th number of a shape, and nothing for a single number.
  static std::string place(const char* before, const Shape& shape, std::size_t i) {
    return shape.rank() == 0 ? "" : before + place_of(shape, i);
  }

  CheckedFunction<V> f_;
  double tolerance_, step_;
};

}  // namespace detail
}  // namespace minigrad
