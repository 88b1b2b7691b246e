// ops/activations.hpp - the op table: activation functions, which make a network more than a linear function.
#pragma once

#include <cmath>

#include "normal.hpp"

namespace minigrad::inline MINIGRAD_ABI {

/// The hyperbolic tangent. dy/dx = 1 - y^2.
inline constexpr auto tanh_op = elementwise(
    "tanh", simd_fn([](auto v) { return simd::tanh(v); }),
    [](auto g, auto y) { return g * (1 - y * y); });
template <Argument X, LowPriority... None>
inline auto tanh(const X& x, None...) {
  return tanh_op(to_floating(x));
}

/// 1 / (1 + e^-x), computed without overflow. dy/dx = y (1 - y).
inline constexpr auto sigmoid_op = elementwise(
    "sigmoid", simd_fn([](auto v) { return simd::sigmoid(v); }),
    [](auto g, auto y) { return g * (y * (1 - y)); });
template <Argument X, LowPriority... None>
inline auto sigmoid(const X& x, None...) {
  return sigmoid_op(to_floating(x));
}

/// max(x, 0): the rectified linear unit. dy/dx = 0 where y <= 0, the corner too, else 1.
inline constexpr auto relu_op = elementwise(
    "relu", simd_fn([]<class T>(T v) { return simd::select(v < 0, T(0), v); }),
    simd_fn([](auto g, auto y) { return where(less_equal(y, 0), 0, g); }));
template <Argument X, LowPriority... None>
inline auto relu(const X& x, None...) {
  return relu_op(x);
}

namespace detail {
struct Slope {
  double slope;
  void describe(auto& list) const { list("slope", slope); }
};
struct Alpha {
  double alpha;
  void describe(auto& list) const { list("alpha", alpha); }
};
}  // namespace detail

/// x where x > 0, else slope * x.
inline constexpr auto leaky_relu_op = elementwise(
    "leaky_relu", [](const auto& a, auto v) { return v > 0 ? v : constant_like(v, a.slope) * v; },
    [](const auto& a, auto g, auto&&, auto v) { return where(greater(v, 0), g, g * constant_like(v, a.slope)); });
template <Operand X>
inline auto leaky_relu(const X& x, double slope = 0.01) {
  return leaky_relu_op.apply(detail::Slope{slope}, to_floating(x));
}

/// x where x > 0, else alpha (e^x - 1). dy/dx = 1 or alpha e^x.
inline constexpr auto elu_op = elementwise(
    "elu", simd_fn([]<class T>(const auto& a, T v) {
      return simd::select(v > 0, v, constant_like(v, a.alpha) * simd::expm1(simd::smaller(T(0), v)));
    }),
    simd_fn([](const auto& a, auto g, auto&&, auto v) {
      return where(greater(v, 0), g, g * constant_like(v, a.alpha) * exp(where(less(v, 0), v, 0)));
    }));
template <Operand X>
inline auto elu(const X& x, double alpha = 1) {
  return elu_op.apply(detail::Alpha{alpha}, to_floating(x));
}

/// log(1 + e^x), a smooth relu, computed without overflow. dy/dx = sigmoid(x).
inline constexpr auto softplus_op = elementwise(
    "softplus", simd_fn([]<class T>(T v) {
      return simd::larger(T(0), v) + simd::log1p(simd::exp(-simd::abs(v)));
    }),
    simd_fn([](auto g, auto&&, auto v) { return g * sigmoid(v); }));
template <Argument X, LowPriority... None>
inline auto softplus(const X& x, None...) {
  return softplus_op(to_floating(x));
}

/// x sigmoid(x), also called swish. dy/dx = s + y (1 - s) with s = sigmoid(x), where 1 - s is computed as sigmoid(-x).
inline constexpr auto silu_op = elementwise(
    "silu", simd_fn([](auto v) { return v * simd::sigmoid(v); }),
    simd_fn([](auto g, auto y, auto v) {
      return g * (sigmoid(v) + y * sigmoid(-v));
    }));
template <Argument X, LowPriority... None>
inline auto silu(const X& x, None...) {
  return silu_op(to_floating(x));
}

/// x P(x) with the normal distribution P(x) = erfc(-x / sqrt(2)) / 2. dy/dx = P(x) + x exp(-x^2 / 2) / sqrt(2 pi).
/// Hendrycks and Gimpel, "Gaussian Error Linear Units", 2016.
inline constexpr auto gelu_op = elementwise(
    "gelu", [](auto v) { return v * detail::normal_cdf_op(v); },
    [](auto g, auto&&, auto v) { return g * (detail::normal_cdf_op(v) + v * detail::normal_density(v)); });
template <Argument X, LowPriority... None>
inline auto gelu(const X& x, None...) {
  return gelu_op(to_floating(x));
}

}  // namespace minigrad
