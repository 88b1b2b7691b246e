// diff/check_grads.hpp - is a derivative right? Compare it with differences of the function itself.
//
//   check_grads([](auto x, auto y) { return my_op(x, y); }, {x, y}, 2);
//
// Order 1 compares the derivative that backward() and grad() compute with the central difference
// (f(x + h) - f(x - h)) / 2h. Order 2 does the same with grad() in place of f, order 3 with grad() of grad(), and so
// on. So a rule that is wrong only when it is differentiated again is found too. The idea of checking an order by the
// one below it is that of check_grads in HIPS Autograd (Maclaurin, Duvenaud and Johnson) and in JAX.
#pragma once

#include <cmath>
#include <cstddef>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "gradient_checker.hpp"

namespace minigrad::inline MINIGRAD_ABI {

namespace detail {
/// Throws GradientError where f gives plain numbers another value than Vars of them.
template <class F, class T, std::size_t N>
void check_value_of_numbers(const F& f, const T (&x)[N], double tolerance) {
  [&]<std::size_t... K>(std::index_sequence<K...>) {
    if constexpr (std::is_invocable_v<const F&, decltype((x[K]))...>) {
      if constexpr (is_scalar<std::remove_cvref_t<decltype(f(x[K]...))>>) {
        Graph<T> graph;
        const auto of_vars = static_cast<double>(f(graph.variable(x[K])...).value());
        const auto of_numbers = static_cast<double>(f(x[K]...));
        if (is_nan(of_vars) && is_nan(of_numbers)) return;
        const double size = (std::max)(1.0, (std::max)(std::fabs(of_vars), std::fabs(of_numbers)));
        if (of_vars == of_numbers || std::fabs(of_vars - of_numbers) <= tolerance * size) return;
        std::string list;
        (append(list, {K ? ", " : "", x[K]}), ...);
        fail<GradientError>({"check_grads: f(", list, ") is ", of_numbers, " for plain numbers, and ", of_vars,
                             " for Vars: f calls another function for numbers. A plain abs(v) is that of C, which makes "
                             "a whole number of v: write minigrad::abs(v)"});
      }
    }
  }
  (std::make_index_sequence<N>{});
}
}  // namespace detail

/// Checks the derivatives of f at the inputs, which are all numbers or all Tensors: f takes a Var for each and gives a
/// Var of any shape. Throws GradientError naming order, input, element, and both values, where a derivative disagrees
/// with finite differences, or either is NaN or infinite. A function that takes plain numbers too, as one of auto does,
/// must give them the values that it gives Vars of them; this is checked where the inputs are numbers. f must give the
/// same value for the same inputs, and be smooth within a step of them. Parameters that f uses are constants, and keep
/// their gradients. The random numbers are the same each time.
template <class F, class V, std::size_t N>
void check_grads(const F& f, const V (&inputs)[N], const CheckGradsOptions& options = {}) {
  static_assert(!std::is_integral_v<detail::scalar_type<V>>, "minigrad: check_grads: write 1.0 in place of 1");
  const auto call = [](const void* g, const std::vector<Var<V>>& x) -> Var<V> {
    return [&]<std::size_t... K>(std::index_sequence<K...>) {
      return (*static_cast<const F*>(g))(x[K]...);
    }(std::make_index_sequence<N>{});
  };
  if constexpr (is_scalar<V>)
    detail::check_value_of_numbers(f, inputs, options.tolerance > 0 ? options.tolerance : sizeof(V) < 8 ? 2e-3 : 1e-6);
  detail::GradientChecker<V>(&f, call, inputs, options);
}
/// The same for the orders 1 .. order.
template <class F, class V, std::size_t N>
void check_grads(const F& f, const V (&inputs)[N], int order) {
  check_grads(f, inputs, CheckGradsOptions{.order = order});
}

}  // namespace minigrad
