// ops/matmul.hpp - the table of matrix products. The rules of each are products of the same three kinds.
#pragma once

#include "../tensor/matmul.hpp"
#include "rearrange.hpp"

namespace minigrad {

namespace detail {
/// Tensors, Parameters and Vars of tensors, of which at least one is more than a Tensor.
template <class... X>
concept Recordable = (TensorOperand<X> && ...) && (VarOrParameter<X> || ...);
}  // namespace detail

/// A B. dL/dA = G B', dL/dB = A' G.
template <class A, class B>
  requires detail::Recordable<A, B>
auto matmul(const A& a, const B& b) {
  return record("matmul", inputs(a, b), [](const auto& x, const auto& y) { return matmul(x, y); },
                [](const auto& g, auto&&, auto&&, const auto& y) { return matmul_nt(g, y); },
                [](const auto& g, auto&&, const auto& x, auto&&) { return matmul_tn(x, g); });
}

/// A B'. dL/dA = G B, dL/dB = G' A.
template <class A, class B>
  requires detail::Recordable<A, B>
auto matmul_nt(const A& a, const B& b) {
  return record("matmul_nt", inputs(a, b), [](const auto& x, const auto& y) { return matmul_nt(x, y); },
                [](const auto& g, auto&&, auto&&, const auto& y) { return matmul(g, y); },
                [](const auto& g, auto&&, const auto& x, auto&&) { return matmul_tn(g, x); });
}

/// A' B. dL/dA = B G', dL/dB = A G.
template <class A, class B>
  requires detail::Recordable<A, B>
auto matmul_tn(const A& a, const B& b) {
  return record("matmul_tn", inputs(a, b), [](const auto& x, const auto& y) { return matmul_tn(x, y); },
                [](const auto& g, auto&&, auto&&, const auto& y) { return matmul_nt(y, g); },
                [](const auto& g, auto&&, const auto& x, auto&&) { return matmul(x, g); });
}

/// x W' + b. dL/dx = G W, dL/dW = G' x, and dL/db is the sum of G's rows, as wherever something was stretched.
template <class X, class W, class B>
  requires detail::Recordable<X, W, B>
auto linear(const X& x, const W& weight, const B& bias) {
  static_assert(std::is_same_v<detail::scalar_type<X>, detail::scalar_type<W>> &&
                    std::is_same_v<detail::scalar_type<X>, detail::scalar_type<B>>,
                "minigrad: the layer and its input hold different number types: convert one, as by x.to<float>()");
  return record("linear", inputs(x, weight, bias),
                [](const auto& v, const auto& w, const auto& b) { return linear(v, w, b); },
                [](const auto& g, auto&&, auto&&, const auto& w, auto&&) { return matmul(g, w); },
                [](const auto& g, auto&&, const auto& v, auto&&, auto&&) { return matmul_tn(g, v); }, same_gradient);
}

}  // namespace minigrad
