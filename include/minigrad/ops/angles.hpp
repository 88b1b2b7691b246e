// ops/angles.hpp - the op table: angles, sides of triangles, and hyperbolic functions, element by element.
//
// Rules are written so that no square overflows and nothing cancels: (1 - x) (1 + x) for 1 - x^2, whose square would be
// rounded, and hypot(x, 1) for the root of x^2 + 1.
#pragma once

#include <cmath>
#include <limits>

#include "functions.hpp"

namespace minigrad::inline MINIGRAD_ABI {

/// The angle of sine x. dy/dx = 1 / sqrt(1 - x^2), infinite at -1 and 1.
inline constexpr auto asin_op = elementwise(
    "asin", [](auto v) { return std::asin(v); }, [](auto g, auto&&, auto v) { return g / sqrt((1 - v) * (1 + v)); });
template <Argument X, LowPriority... None>
inline auto asin(const X& x, None...) {
  return asin_op(to_floating(x));
}

/// The angle of cosine x. dy/dx = -1 / sqrt(1 - x^2), infinite at -1 and 1.
inline constexpr auto acos_op = elementwise(
    "acos", [](auto v) { return std::acos(v); }, [](auto g, auto&&, auto v) { return -(g / sqrt((1 - v) * (1 + v))); });
template <Argument X, LowPriority... None>
inline auto acos(const X& x, None...) {
  return acos_op(to_floating(x));
}

template <Operand X, Operand Y, LowPriority... None>
auto hypot(const X& x, const Y& y, None...);  // for its own rule

namespace detail {
/// A power of 2 by which to multiply x and y so that x / hypot(x, y) and the square of the length lose no digits:
/// 1 unless one of the two is among the largest numbers, or x is subnormal and y small.
template <class X, class Y>
auto length_scale(const X& x, const Y& y) {
  using T = scalar_type<X>;
  using Limits = std::numeric_limits<T>;
  const auto a = minigrad::abs(x), b = minigrad::abs(y);
  const auto up = where(less(a, (Limits::min)()), where(less(b, T(1)), T(4) / Limits::epsilon(), T(1)), T(1));
  return where(greater(maximum(a, b), (Limits::max)() / 2), T(0.25), up);
}
/// x / r with r = hypot(x, y); x / r^2.
template <class X, class Y>
auto over_length(const X& x, const Y& y) {
  const auto s = length_scale(x, y);
  return x * s / hypot(x * s, y * s);
}
template <class X, class Y>
auto over_length_squared(const X& x, const Y& y) {
  const auto s = length_scale(x, y), r = hypot(x * s, y * s);
  return x * s * s / r / r;
}
}  // namespace detail

/// r = sqrt(x^2 + y^2), without overflow on the way. dr/dx = x / r, dr/dy = y / r; NaN at the origin. Throws ShapeError
/// where the shapes do not broadcast.
inline constexpr auto hypot_op = elementwise(
    "hypot", [](auto v, auto u) { return std::hypot(v, u); },
    [](auto g, auto v, auto u) { return g * detail::over_length(v, u); },
    [](auto g, auto v, auto u) { return g * detail::over_length(u, v); });
template <Operand X, Operand Y, LowPriority... None>
inline auto hypot(const X& x, const Y& y, None...) {
  return hypot_op(detail::floating_beside<Y>(x), detail::floating_beside<X>(y));
}

/// The angle of the point (x, y), from -pi to pi. With r^2 = x^2 + y^2 its derivatives are x / r^2 along y and -y / r^2
/// along x; NaN at the origin. Throws ShapeError where the shapes do not broadcast.
inline constexpr auto atan2_op = elementwise(
    "atan2", [](auto v, auto u) { return std::atan2(v, u); },
    [](auto g, auto v, auto u) { return g * detail::over_length_squared(u, v); },
    [](auto g, auto v, auto u) { return -(g * detail::over_length_squared(v, u)); });
template <Operand Y, Operand X, LowPriority... None>
inline auto atan2(const Y& y, const X& x, None...) {
  return atan2_op(detail::floating_beside<X>(y), detail::floating_beside<Y>(x));
}

/// The inverse of the tangent. dy/dx = 1 / (1 + x^2).
inline constexpr auto atan_op = elementwise(
    "atan", [](auto v) { return std::atan(v); },
    [](auto g, auto&&, auto v) {
      const auto r = hypot(v, 1);
      return g / r / r;
    });
template <Argument X, LowPriority... None>
inline auto atan(const X& x, None...) {
  return atan_op(to_floating(x));
}

template <Argument X, LowPriority... None>
auto cosh(const X& x, None...);  // for the rule of sinh

/// The hyperbolic sine, (e^x - e^-x) / 2. dy/dx = cosh x.
inline constexpr auto sinh_op = elementwise(
    "sinh", [](auto v) { return std::sinh(v); }, [](auto g, auto&&, auto v) { return g * cosh(v); });
template <Argument X, LowPriority... None>
inline auto sinh(const X& x, None...) {
  return sinh_op(to_floating(x));
}

/// The hyperbolic cosine, (e^x + e^-x) / 2. dy/dx = sinh x.
inline constexpr auto cosh_op = elementwise(
    "cosh", [](auto v) { return std::cosh(v); }, [](auto g, auto&&, auto v) { return g * sinh(v); });
template <Argument X, LowPriority... None>
inline auto cosh(const X& x, None...) {
  return cosh_op(to_floating(x));
}

/// The inverse of sinh. dy/dx = 1 / sqrt(x^2 + 1).
inline constexpr auto asinh_op = elementwise(
    "asinh", [](auto v) { return std::asinh(v); }, [](auto g, auto&&, auto v) { return g / hypot(v, 1); });
template <Argument X, LowPriority... None>
inline auto asinh(const X& x, None...) {
  return asinh_op(to_floating(x));
}

/// The inverse of cosh, for x >= 1. dy/dx = 1 / sqrt(x^2 - 1), infinite at 1.
inline constexpr auto acosh_op = elementwise(
    "acosh", [](auto v) { return std::acosh(v); },
    [](auto g, auto&&, auto v) { return g / (sqrt(v - 1) * sqrt(v + 1)); });
template <Argument X, LowPriority... None>
inline auto acosh(const X& x, None...) {
  return acosh_op(to_floating(x));
}

/// The inverse of tanh, for x between -1 and 1, where it is infinite. dy/dx = 1 / (1 - x^2).
inline constexpr auto atanh_op = elementwise(
    "atanh", [](auto v) { return std::atanh(v); }, [](auto g, auto&&, auto v) { return g / ((1 - v) * (1 + v)); });
template <Argument X, LowPriority... None>
inline auto atanh(const X& x, None...) {
  return atanh_op(to_floating(x));
}

}  // namespace minigrad
