// graph/ops/matmul.hpp - the table of matrix products. The rules of each are products of the same three kinds.
#pragma once

#include "../../tensor/matmul.hpp"
#include "rearrange.hpp"

namespace minigrad {

namespace detail {
/// Tensors, Parameters and Vars of tensors, of which at least one is more than a Tensor.
template <class... X>
concept Recordable = (TensorOperand<X> && ...) && (VarOrParameter<X> || ...);

/// f(x) with x [..., n] as a matrix of [rows, n]: the rows of a batch, however they are arranged.
template <class X, class F>
auto with_matrix(const X& x, const F& f) {
  Shape rows = shape_of(x);
  if (rows.rank() == 2) return f(x);  // as it nearly always is: nothing to copy
  const std::size_t n = rows[rows.rank() - 1];
  rows.erase(rows.rank() - 1);
  return f(reshape(x, Shape{rows.size(), n}));
}
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

/// x W' + b. dL/dx = G W, dL/dW = G' x, and dL/db is the sum of G's rows.
template <class X, class W, class B>
  requires detail::Recordable<X, W, B>
auto affine(const X& x, const W& weight, const B& bias) {
  using detail::with_matrix;
  return record(
      "affine", inputs(x, weight, bias), [](const auto& v, const auto& w, const auto& b) { return affine(v, w, b); },
      [](const auto& g, auto&&, const auto& v, const auto& w, auto&&) {
        auto out = with_matrix(g, [&](const auto& rows) { return matmul(rows, w); });
        return shape_of(v).rank() == 2 ? out : reshape(std::move(out), shape_of(v));
      },
      [](const auto& g, auto&&, const auto& v, auto&&, auto&&) {
        return with_matrix(g, [&](const auto& rows) {
          return with_matrix(v, [&](const auto& in) { return matmul_tn(rows, in); });
        });
      },
      [](const auto& g, auto&&, auto&&, auto&&, auto&&) {
        return with_matrix(g, [](const auto& rows) { return sum(rows, 0); });
      });
}

}  // namespace minigrad
