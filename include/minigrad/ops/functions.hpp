// ops/functions.hpp - the op table: roots, powers, exponentials, angles, element by element.
#pragma once

#include <cmath>
#include <numbers>

#include "../core/simd_math.hpp"
#include "arithmetic.hpp"

namespace minigrad::inline MINIGRAD_ABI {

// ---- sizes, squares and roots --------------------------------------------------------------------------------------

/// -1, 0 or 1. dy/dx = 0.
inline constexpr auto sign_op = elementwise(
    "sign", []<class T>(T v) { return v > 0 ? T(1) : (v < 0 ? T(-1) : T(v + 0)); },  // -0 + 0 is 0
    [](auto g) { return zeros_like(g); });
template <Operand X>
inline auto sign(const X& x) {
  return sign_op(x);
}

/// |x|. dy/dx = sign(x), and 0 at 0.
inline constexpr auto abs_op = elementwise(
    "abs", [](auto v) { return v < 0 ? -v : (v > 0 ? v : v * v); },
    [](auto g, auto&&, auto v) { return g * sign(v); });
template <Operand X>
inline auto abs(const X& x) {
  return abs_op(x);
}

/// x^2. dy/dx = 2 x.
inline constexpr auto square_op = elementwise(
    "square", [](auto v) { return v * v; }, [](auto g, auto&&, auto v) { return g * (2 * v); });
template <Operand X>
inline auto square(const X& x) {
  return square_op(x);
}

/// The square root. dy/dx = 1 / (2 y), infinite at 0.
inline constexpr auto sqrt_op = elementwise(
    "sqrt", simd_fn([](auto v) { return simd::sqrt(v); }),
    [](auto g, auto y) { return g / (2 * y); });
template <Operand X, LowPriority... None>
inline auto sqrt(const X& x, None...) {
  return sqrt_op(to_floating(x));
}

/// 1 / x. dy/dx = -y^2.
inline constexpr auto reciprocal_op = elementwise(
    "reciprocal", [](auto v) { return 1 / v; }, [](auto g, auto y) { return -(g * y * y); });
template <Operand X>
inline auto reciprocal(const X& x) {
  return reciprocal_op(to_floating(x));
}

/// The largest whole number that is not larger than x. dy/dx = 0.
inline constexpr auto floor_op = elementwise(
    "floor", [](auto v) { return std::floor(v); }, [](auto g) { return zeros_like(g); });
template <Operand X, LowPriority... None>
inline auto floor(const X& x, None...) {
  return floor_op(x);
}

/// The smallest whole number that is not smaller than x. dy/dx = 0.
inline constexpr auto ceil_op = elementwise(
    "ceil", [](auto v) { return std::ceil(v); }, [](auto g) { return zeros_like(g); });
template <Operand X, LowPriority... None>
inline auto ceil(const X& x, None...) {
  return ceil_op(x);
}

// ---- exponentials, logarithms, powers, angles ----------------------------------------------------------------------

/// e^x. dy/dx = y.
inline constexpr auto exp_op = elementwise(
    "exp", simd_fn([](auto v) { return simd::exp(v); }),
    [](auto g, auto y) { return g * y; });
template <Operand X, LowPriority... None>
inline auto exp(const X& x, None...) {
  return exp_op(to_floating(x));
}

/// e^x - 1, exact near 0. dy/dx = y + 1.
inline constexpr auto expm1_op = elementwise(
    "expm1", simd_fn([](auto v) { return simd::expm1(v); }),
    [](auto g, auto y) { return g * (y + 1); });
template <Operand X, LowPriority... None>
inline auto expm1(const X& x, None...) {
  return expm1_op(to_floating(x));
}

/// The natural logarithm. dy/dx = 1 / x.
inline constexpr auto log_op = elementwise(
    "log", simd_fn([](auto v) { return simd::log(v); }),
    [](auto g, auto&&, auto v) { return g / v; });
template <Operand X, LowPriority... None>
inline auto log(const X& x, None...) {
  return log_op(to_floating(x));
}

/// log(1 + x), exact near 0. dy/dx = 1 / (1 + x).
inline constexpr auto log1p_op = elementwise(
    "log1p", simd_fn([](auto v) { return simd::log1p(v); }),
    [](auto g, auto&&, auto v) { return g / (1 + v); });
template <Operand X, LowPriority... None>
inline auto log1p(const X& x, None...) {
  return log1p_op(to_floating(x));
}

/// The logarithm to base 2. dy/dx = 1 / (x log 2).
inline constexpr auto log2_op = elementwise(
    "log2", [](auto v) { return std::log2(v); },
    [](auto g, auto&&, auto v) { return g / (v * constant_like(v, std::numbers::ln2)); });
template <Operand X, LowPriority... None>
inline auto log2(const X& x, None...) {
  return log2_op(to_floating(x));
}

/// The logarithm to base 10. dy/dx = 1 / (x log 10).
inline constexpr auto log10_op = elementwise(
    "log10", [](auto v) { return std::log10(v); },
    [](auto g, auto&&, auto v) { return g / (v * constant_like(v, std::numbers::ln10)); });
template <Operand X, LowPriority... None>
inline auto log10(const X& x, None...) {
  return log10_op(to_floating(x));
}

template <Operand X, Operand P, LowPriority... None>
auto pow(const X& x, const P& p, None...);  // for its own rule

/// x^p. dy/dx = p x^(p-1), and 0 for p = 0 whatever x is; dy/dp = y log x, taken as 0 at x = 0 where p >= 0. Of an
/// exponent that needs no gradient, such as a number, no logarithm is taken.
inline constexpr auto pow_op = elementwise(
    "pow", [](auto v, auto q) { return std::pow(v, q); },
    [](auto g, auto v, auto q) {
      const auto usual = greater(minigrad::abs(v), 0);  // neither 0 nor NaN
      return g * q * pow(where(equal(q, 0), where(usual, v, 1), v), q - 1);
    },
    [](auto g, auto y, auto v, auto q) { return g * y * log(where(equal(v, 0), where(less(q, 0), v, 1), v)); });
template <Operand X, Operand P, LowPriority... None>
inline auto pow(const X& x, const P& p, None...) {
  return pow_op(x, p);
}

template <Operand X, LowPriority... None>
auto cos(const X& x, None...);  // for the rule of sin

/// The sine. dy/dx = cos x.
inline constexpr auto sin_op = elementwise(
    "sin", [](auto v) { return std::sin(v); }, [](auto g, auto&&, auto v) { return g * cos(v); });
template <Operand X, LowPriority... None>
inline auto sin(const X& x, None...) {
  return sin_op(to_floating(x));
}

/// The cosine. dy/dx = -sin x.
inline constexpr auto cos_op = elementwise(
    "cos", [](auto v) { return std::cos(v); }, [](auto g, auto&&, auto v) { return -(g * sin(v)); });
template <Operand X, LowPriority... None>
inline auto cos(const X& x, None...) {
  return cos_op(to_floating(x));
}

/// The tangent. dy/dx = 1 + y^2.
inline constexpr auto tan_op = elementwise(
    "tan", [](auto v) { return std::tan(v); }, [](auto g, auto y) { return g * (1 + y * y); });
template <Operand X, LowPriority... None>
inline auto tan(const X& x, None...) {
  return tan_op(to_floating(x));
}

/// The inverse of the tangent. dy/dx = 1 / (1 + x^2).
inline constexpr auto atan_op = elementwise(
    "atan", [](auto v) { return std::atan(v); }, [](auto g, auto&&, auto v) { return g / (1 + v * v); });
template <Operand X, LowPriority... None>
inline auto atan(const X& x, None...) {
  return atan_op(to_floating(x));
}

/// The error function, 2 / sqrt(pi) times the integral of exp(-t^2) from 0 to x. dy/dx = 2 / sqrt(pi) exp(-x^2).
inline constexpr auto erf_op = elementwise(
    "erf", [](auto v) { return std::erf(v); },
    simd_fn([](auto g, auto&&, auto v) {
      return g * (exp(-(v * v)) * constant_like(v, 2 * std::numbers::inv_sqrtpi));
    }));
template <Operand X, LowPriority... None>
inline auto erf(const X& x, None...) {
  return erf_op(to_floating(x));
}

}  // namespace minigrad
