// ops/matmul.hpp - the table of matrix products. The rules of each are products of the same three kinds.
#pragma once

#include "../tensor/matmul.hpp"
#include "rearrange.hpp"

namespace minigrad::inline MINIGRAD_ABI {

namespace detail {
/// Tensors, Parameters and Vars of tensors, of which at least one is more than a Tensor.
template <class... X>
concept Recordable = (TensorOperand<std::remove_cvref_t<X>> && ...) && (VarOrParameter<std::remove_cvref_t<X>> || ...);
}  // namespace detail

/// A B. dL/dA = G B', dL/dB = A' G.
inline constexpr auto matmul_op = record(
    "matmul", detail::deferred([](const auto& a, const auto& b) { return matmul(a, b); }),
    detail::deferred([](const auto& g, auto&&, const auto& b) { return matmul_nt(g, b); }),
    detail::deferred([](const auto& g, const auto& a, auto&&) { return matmul_tn(a, g); }));
template <class A, class B>
  requires detail::Recordable<A, B>
auto matmul(A&& a, B&& b) {
  return matmul_op(std::forward<A>(a), std::forward<B>(b));
}

/// A B'. dL/dA = G B, dL/dB = G' A.
inline constexpr auto matmul_nt_op = record(
    "matmul_nt", detail::deferred([](const auto& a, const auto& b) { return matmul_nt(a, b); }),
    detail::deferred([](const auto& g, auto&&, const auto& b) { return matmul(g, b); }),
    detail::deferred([](const auto& g, const auto& a, auto&&) { return matmul_tn(g, a); }));
template <class A, class B>
  requires detail::Recordable<A, B>
auto matmul_nt(A&& a, B&& b) {
  return matmul_nt_op(std::forward<A>(a), std::forward<B>(b));
}

/// A' B. dL/dA = B G', dL/dB = A G.
inline constexpr auto matmul_tn_op = record(
    "matmul_tn", detail::deferred([](const auto& a, const auto& b) { return matmul_tn(a, b); }),
    detail::deferred([](const auto& g, auto&&, const auto& b) { return matmul_nt(b, g); }),
    detail::deferred([](const auto& g, const auto& a, auto&&) { return matmul(a, g); }));
template <class A, class B>
  requires detail::Recordable<A, B>
auto matmul_tn(A&& a, B&& b) {
  return matmul_tn_op(std::forward<A>(a), std::forward<B>(b));
}

/// x W' + b. dL/dx = G W, dL/dW = G' x, and dL/db is the sum of G's rows, as wherever an input was broadcast.
inline constexpr auto linear_op = record(
    "linear", detail::deferred([](const auto& x, const auto& w, const auto& b) { return linear(x, w, b); }),
    detail::deferred([](const auto& g, auto&&, const auto& w, auto&&) { return matmul(g, w); }),
    detail::deferred([](const auto& g, const auto& x, auto&&, auto&&) { return matmul_tn(g, x); }), same_gradient);
template <class X, class W, class B>
  requires detail::Recordable<X, W, B>
auto linear(X&& x, W&& weight, B&& bias) {
  static_assert(std::is_same_v<detail::scalar_type<X>, detail::scalar_type<W>> &&
                    std::is_same_v<detail::scalar_type<X>, detail::scalar_type<B>>,
                "minigrad: the layer and its input hold different number types: convert one, as by x.to<float>()");
  return linear_op(std::forward<X>(x), std::forward<W>(weight), std::forward<B>(bias));
}

}  // namespace minigrad
