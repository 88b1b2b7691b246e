// ops/angles.hpp - the op table: angles, sides of triangles, and hyperbolic functions, element by element.
#pragma once

#include <cmath>

#include "functions.hpp"

namespace minigrad::inline MINIGRAD_ABI {

/// The angle of sine x. dy/dx = 1 / sqrt(1 - x^2), infinite at -1 and 1.
inline constexpr auto asin_op = elementwise(
    "asin", [](auto v) { return std::asin(v); }, [](auto g, auto&&, auto v) { return g / sqrt(1 - v * v); });
template <Operand X, LowPriority... None>
inline auto asin(const X& x, None...) {
  return asin_op(to_floating(x));
}

/// The angle of cosine x. dy/dx = -1 / sqrt(1 - x^2), infinite at -1 and 1.
inline constexpr auto acos_op = elementwise(
    "acos", [](auto v) { return std::acos(v); }, [](auto g, auto&&, auto v) { return -(g / sqrt(1 - v * v)); });
template <Operand X, LowPriority... None>
inline auto acos(const X& x, None...) {
  return acos_op(to_floating(x));
}

/// The angle of the point (x, y), from -pi to pi. With r^2 = x^2 + y^2 its derivatives are x / r^2 along y and -y / r^2
/// along x; NaN at the origin.
inline constexpr auto atan2_op = elementwise(
    "atan2", [](auto v, auto u) { return std::atan2(v, u); },
    [](auto g, auto v, auto u) { return g * (u / (u * u + v * v)); },
    [](auto g, auto v, auto u) { return -(g * (v / (u * u + v * v))); });
template <Operand Y, Operand X, LowPriority... None>
inline auto atan2(const Y& y, const X& x, None...) {
  return atan2_op(y, x);
}

/// r = sqrt(x^2 + y^2), without overflow on the way. dr/dx = x / r, dr/dy = y / r; NaN at the origin.
inline constexpr auto hypot_op = elementwise(
    "hypot", [](auto v, auto u) { return std::hypot(v, u); },
    [](auto g, auto r, auto v, auto&&) { return g * (v / r); },
    [](auto g, auto r, auto&&, auto u) { return g * (u / r); });
template <Operand X, Operand Y, LowPriority... None>
inline auto hypot(const X& x, const Y& y, None...) {
  return hypot_op(x, y);
}

template <Operand X, LowPriority... None>
auto cosh(const X& x, None...);  // for the rule of sinh

/// The hyperbolic sine, (e^x - e^-x) / 2. dy/dx = cosh x.
inline constexpr auto sinh_op = elementwise(
    "sinh", [](auto v) { return std::sinh(v); }, [](auto g, auto&&, auto v) { return g * cosh(v); });
template <Operand X, LowPriority... None>
inline auto sinh(const X& x, None...) {
  return sinh_op(to_floating(x));
}

/// The hyperbolic cosine, (e^x + e^-x) / 2. dy/dx = sinh x.
inline constexpr auto cosh_op = elementwise(
    "cosh", [](auto v) { return std::cosh(v); }, [](auto g, auto&&, auto v) { return g * sinh(v); });
template <Operand X, LowPriority... None>
inline auto cosh(const X& x, None...) {
  return cosh_op(to_floating(x));
}

/// The inverse of sinh. dy/dx = 1 / sqrt(x^2 + 1).
inline constexpr auto asinh_op = elementwise(
    "asinh", [](auto v) { return std::asinh(v); }, [](auto g, auto&&, auto v) { return g / sqrt(v * v + 1); });
template <Operand X, LowPriority... None>
inline auto asinh(const X& x, None...) {
  return asinh_op(to_floating(x));
}

/// The inverse of cosh, for x >= 1. dy/dx = 1 / sqrt(x^2 - 1), infinite at 1.
inline constexpr auto acosh_op = elementwise(
    "acosh", [](auto v) { return std::acosh(v); }, [](auto g, auto&&, auto v) { return g / sqrt(v * v - 1); });
template <Operand X, LowPriority... None>
inline auto acosh(const X& x, None...) {
  return acosh_op(to_floating(x));
}

/// The inverse of tanh, for x between -1 and 1, where it is infinite. dy/dx = 1 / (1 - x^2).
inline constexpr auto atanh_op = elementwise(
    "atanh", [](auto v) { return std::atanh(v); }, [](auto g, auto&&, auto v) { return g / (1 - v * v); });
template <Operand X, LowPriority... None>
inline auto atanh(const X& x, None...) {
  return atanh_op(to_floating(x));
}

}  // namespace minigrad
