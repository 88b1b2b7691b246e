// graph/ops/functions.hpp - the op table: roots, powers, exponentials, angles, element by element.
#pragma once

#include <cmath>
#include <numbers>

#include "arithmetic.hpp"

namespace minigrad {

// ---- sizes, squares and roots --------------------------------------------------------------------------------------

/// -1, 0 or 1. dy/dx = 0.
template <Operand X>
auto sign(const X& x) {
  return elementwise("sign", inputs(x), []<class T>(T v) { return v > 0 ? T(1) : v < 0 ? T(-1) : v; },
                     [](auto g, auto&&, auto&&) { return zeros_like(g); });
}

/// |x|. dy/dx = sign(x), and 0 at 0.
template <Operand X>
auto abs(const X& x) {
  return elementwise("abs", inputs(x), [](auto v) { return v < 0 ? -v : v > 0 ? v : v * v; },
                     [](auto g, auto&&, auto v) { return g * sign(v); });
}

/// x^2. dy/dx = 2 x.
template <Operand X>
auto square(const X& x) {
  return elementwise("square", inputs(x), [](auto v) { return v * v; },
                     [](auto g, auto&&, auto v) { return g * (2 * v); });
}

/// The square root. dy/dx = 1 / (2 y), infinite at 0.
template <Operand X>
auto sqrt(const X& x) {
  return elementwise("sqrt", inputs(x), [](auto v) { return std::sqrt(v); },
                     [](auto g, auto y, auto&&) { return g / (2 * y); });
}

/// 1 / x. dy/dx = -y^2.
template <Operand X>
auto reciprocal(const X& x) {
  return elementwise("reciprocal", inputs(x), [](auto v) { return 1 / v; },
                     [](auto g, auto y, auto&&) { return -(g * y * y); });
}

// ---- exponentials, logarithms, powers, angles ----------------------------------------------------------------------

/// e^x. dy/dx = y.
template <Operand X>
auto exp(const X& x) {
  return elementwise("exp", inputs(x), [](auto v) { return std::exp(v); },
                     [](auto g, auto y, auto&&) { return g * y; });
}

/// e^x - 1, exact near 0. dy/dx = y + 1.
template <Operand X>
auto expm1(const X& x) {
  return elementwise("expm1", inputs(x), [](auto v) { return std::expm1(v); },
                     [](auto g, auto y, auto&&) { return g * (y + 1); });
}

/// The natural logarithm. dy/dx = 1 / x.
template <Operand X>
auto log(const X& x) {
  return elementwise("log", inputs(x), [](auto v) { return std::log(v); },
                     [](auto g, auto&&, auto v) { return g / v; });
}

/// log(1 + x), exact near 0. dy/dx = 1 / (1 + x).
template <Operand X>
auto log1p(const X& x) {
  return elementwise("log1p", inputs(x), [](auto v) { return std::log1p(v); },
                     [](auto g, auto&&, auto v) { return g / (1 + v); });
}

/// x^p. dy/dx = p x^(p-1), and 0 for p = 0 even at x = 0; dy/dp = y log x, taken as 0 at x = 0 where p >= 0. An
/// exponent that is a number is a constant, and no logarithm is taken.
template <Operand X, Operand P>
auto pow(const X& x, const P& p) {
  return elementwise(
      "pow", inputs(x, p), [](auto v, auto q) { return std::pow(v, q); },
      [](auto g, auto&&, auto v, auto q) {
        return g * q * pow(where(equal(q, 0), where(equal(v, 0), 1, v), v), q - 1);
      },
      [](auto g, auto y, auto v, auto q) { return g * y * log(where(equal(v, 0), where(less(q, 0), v, 1), v)); });
}

template <Operand X>
auto cos(const X& x);  // for the rule of sin

/// The sine. dy/dx = cos x.
template <Operand X>
auto sin(const X& x) {
  return elementwise("sin", inputs(x), [](auto v) { return std::sin(v); },
                     [](auto g, auto&&, auto v) { return g * cos(v); });
}

/// The cosine. dy/dx = -sin x.
template <Operand X>
auto cos(const X& x) {
  return elementwise("cos", inputs(x), [](auto v) { return std::cos(v); },
                     [](auto g, auto&&, auto v) { return -(g * sin(v)); });
}

/// The tangent. dy/dx = 1 + y^2.
template <Operand X>
auto tan(const X& x) {
  return elementwise("tan", inputs(x), [](auto v) { return std::tan(v); },
                     [](auto g, auto y, auto&&) { return g * (1 + y * y); });
}

/// The inverse of the tangent. dy/dx = 1 / (1 + x^2).
template <Operand X>
auto atan(const X& x) {
  return elementwise("atan", inputs(x), [](auto v) { return std::atan(v); },
                     [](auto g, auto&&, auto v) { return g / (1 + v * v); });
}

/// The error function, 2 / sqrt(pi) times the integral of exp(-t^2) from 0 to x. dy/dx = 2 / sqrt(pi) exp(-x^2).
template <Operand X>
auto erf(const X& x) {
  return elementwise("erf", inputs(x), [](auto v) { return std::erf(v); },
                     [](auto g, auto&&, auto v) {
                       return g * (exp(-(v * v)) * constant_like(v, 2 * std::numbers::inv_sqrtpi));
                     });
}

}  // namespace minigrad
