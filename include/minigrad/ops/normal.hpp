// ops/normal.hpp - the op table: the error function, and the normal distribution, which erf and gelu are made of.
#pragma once

#include <cmath>
#include <limits>
#include <numbers>

#include "functions.hpp"

namespace minigrad::inline MINIGRAD_ABI {
namespace detail {

/// The number type of a register of numbers, or of a number.
template <class X>
struct NumberOf {
  using type = X;
};
template <class X>
  requires simd::is_simd<X>
struct NumberOf<X> {
  using type = typename X::Number;
};

/// exp(-rate x^2) for a rate of 1 or 1/2. |x| is cut into h + l, where h has so few digits that its square is exact: exp
/// would multiply what the square of x loses by rounding. The rest of the exponent is small. Beyond `most` it is 0.
template <class X>
MINIGRAD_INLINE X gaussian_value(const X& x, double rate) {
  using T = typename NumberOf<X>::type;
  constexpr T parts_of_1 = sizeof(T) == 4 ? 256 : 1 << 20, most = sizeof(T) == 4 ? 16 : sizeof(T) == 8 ? 40 : 160;
  constexpr T rounder = 3 / (2 * std::numeric_limits<T>::epsilon() * parts_of_1);  // has no digits below 1 / parts_of_1
  const T r = static_cast<T>(rate);
  const X size = simd::smaller(X(most), simd::abs(x)), h = (size + rounder) - rounder;
  const X rest = (h - size) * (h + size) * r;
  return simd::exp(-(h * h) * r) * (T{1} + rest * (T{1} + rest * (T(0.5) + rest * (T{1} / 6 + rest * (T{1} / 24)))));
}

struct Rate {
  double rate;
  void describe(auto& list) const { list("rate", rate); }
};
template <class X>
auto gaussian(const X& x, double rate);  // for its own rule

/// exp(-rate x^2). dy/dx = -2 rate x y.
inline constexpr auto gaussian_op = elementwise(
    "gaussian", simd_fn([](const auto& a, auto v) { return gaussian_value(v, a.rate); }),
    simd_fn([](const auto& a, auto g, auto y, auto v) { return -(g * (constant_like(v, 2 * a.rate) * v * y)); }));
template <class X>
MINIGRAD_INLINE auto gaussian(const X& x, double rate) {
  if constexpr (is_var<X> || is_tensor<X>) return gaussian_op.with(Rate{rate})(x);
  else return gaussian_value(x, rate);
}

inline constexpr double half_root = std::numbers::sqrt2 / 2;

/// exp(-x^2 / 2) / sqrt(2 pi): the density of the standard normal distribution.
template <class X>
auto normal_density(const X& x) {
  return gaussian(x, 0.5) * constant_like(x, half_root * std::numbers::inv_sqrtpi);
}
/// Its integral up to x, erfc(-x / sqrt(2)) / 2. dy/dx is the density.
inline constexpr auto normal_cdf_op = elementwise(
    "normal_cdf", [](auto v) { return std::erfc(v * constant_like(v, -half_root)) / 2; },
    [](auto g, auto&&, auto v) { return g * normal_density(v); });

}  // namespace detail

/// The error function, 2 / sqrt(pi) times the integral of exp(-t^2) from 0 to x. dy/dx = 2 / sqrt(pi) exp(-x^2).
inline constexpr auto erf_op = elementwise(
    "erf", [](auto v) { return std::erf(v); },
    simd_fn([](auto g, auto&&, auto v) {
      return g * (detail::gaussian(v, 1) * constant_like(v, 2 * std::numbers::inv_sqrtpi));
    }));
template <Argument X, LowPriority... None>
inline auto erf(const X& x, None...) {
  return erf_op(to_floating(x));
}

}  // namespace minigrad
