// graph/ops/activations.hpp - the op table: the bends that make a network more than a line.
#pragma once

#include <cmath>
#include <numbers>

#include "functions.hpp"

namespace minigrad {

/// The hyperbolic tangent. dy/dx = 1 - y^2.
template <Operand X>
auto tanh(const X& x) {
  return elementwise("tanh", inputs(x), [](auto v) { return std::tanh(v); },
                     [](auto g, auto y, auto&&) { return g * (1 - y * y); });
}

/// 1 / (1 + e^-x), computed without overflow. dy/dx = y (1 - y).
template <Operand X>
auto sigmoid(const X& x) {
  return elementwise("sigmoid", inputs(x),
                     [](auto v) {
                       const auto e = std::exp(v < 0 ? v : -v);
                       return (v < 0 ? e : 1) / (1 + e);
                     },
                     [](auto g, auto y, auto&&) { return g * (y * (1 - y)); });
}

/// max(x, 0): the hinge. dy/dx = 1 where y > 0, and 0 at the corner.
template <Operand X>
auto relu(const X& x) {
  return elementwise("relu", inputs(x), []<class T>(T v) { return v < 0 ? T{} : v; },
                     [](auto g, auto y, auto&&) { return where(greater(y, 0), g, 0); });
}

/// x where x > 0, else slope * x.
template <Operand X>
auto leaky_relu(const X& x, double slope = 0.01) {
  return elementwise("leaky_relu", inputs(x, constant_like(x, slope)), [](auto v, auto s) { return v > 0 ? v : s * v; },
                     [](auto g, auto&&, auto v, auto s) { return where(greater(v, 0), g, g * s); }, no_rule);
}

/// x where x > 0, else alpha (e^x - 1). dy/dx = 1 or alpha e^x.
template <Operand X>
auto elu(const X& x, double alpha = 1) {
  return elementwise("elu", inputs(x, constant_like(x, alpha)),
                     [](auto v, auto a) { return v > 0 ? v : a * std::expm1(v); },
                     [](auto g, auto&&, auto v, auto a) { return where(greater(v, 0), g, g * a * exp(minimum(v, 0))); },
                     no_rule);
}

/// log(1 + e^x), a smooth relu, computed without overflow. dy/dx = sigmoid(x).
template <Operand X>
auto softplus(const X& x) {
  return elementwise("softplus", inputs(x),
                     [](auto v) { return (v < 0 ? 0 : v) + std::log1p(std::exp(v < 0 ? v : -v)); },
                     [](auto g, auto&&, auto v) { return g * sigmoid(v); });
}

/// x sigmoid(x), also called swish. dy/dx = s + y (1 - s) with s = sigmoid(x).
template <Operand X>
auto silu(const X& x) {
  return elementwise("silu", inputs(x), [](auto v) { return v * sigmoid(v); },
                     [](auto g, auto y, auto v) {
                       const auto s = sigmoid(v);
                       return g * (s + y * (1 - s));
                     });
}

/// x P(x) with the normal distribution P(x) = (1 + erf(x / sqrt(2))) / 2. dy/dx = P(x) + x exp(-x^2 / 2) / sqrt(2 pi).
/// Hendrycks and Gimpel, "Gaussian Error Linear Units", 2016.
template <Operand X>
auto gelu(const X& x) {
  constexpr double half_root = std::numbers::sqrt2 / 2;
  return elementwise("gelu", inputs(x),
                     [](auto v) { return v * (1 + std::erf(v * constant_like(v, half_root))) / 2; },
                     [](auto g, auto&&, auto v) {
                       const auto normal = (1 + erf(v * constant_like(v, half_root))) / 2;
                       const auto density = exp(-(v * v) / 2) * constant_like(v, half_root * std::numbers::inv_sqrtpi);
                       return g * (normal + v * density);
                     });
}

}  // namespace minigrad
