// graph/ops/matmul.hpp - the table of matrix products. The rules of each are products of the same three kinds.
#pragma once

#include "../../tensor/matmul.hpp"
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

namespace detail {
/// affine() of rows: x is [rows, in].
template <class X, class W, class B>
auto affine_of_rows(const X& x, const W& weight, const B& bias) {
  return record("affine", inputs(x, weight, bias),
                [](const auto& v, const auto& w, const auto& b) { return affine(v, w, b); },
                [](const auto& g, auto&&, auto&&, const auto& w, auto&&) { return matmul(g, w); },
                [](const auto& g, auto&&, const auto& v, auto&&, auto&&) { return matmul_tn(g, v); },
                [](const auto& g, auto&&, auto&&, auto&&, auto&&) { return sum(g, 0); });
}
}  // namespace detail

/// x W' + b. dL/dx = G W, dL/dW = G' x, and dL/db is the sum of G's rows. An x of another rank is taken as the matrix
/// of its rows for the time.
template <class X, class W, class B>
  requires detail::Recordable<X, W, B>
auto affine(const X& x, const W& weight, const B& bias) {
  using V = typename detail::FirstVar<X, W, B>::type;
  if constexpr (std::is_void_v<V>) {
    return affine(value_of(x), value_of(weight), value_of(bias));
  } else {
    Shape shape = shape_of(x);
    const Shape of_weight = shape_of(weight);
    const bool fits = shape.rank() > 0 && of_weight.rank() == 2 && shape.from_right(0) == of_weight[1];
    if (shape.rank() == 2 || !fits) return detail::affine_of_rows(x, weight, bias);  // which throws if it does not fit
    Var<V> rows;
    if constexpr (is_tensor<X>) rows = detail::common_graph(weight, bias).input(x);
    else if constexpr (is_parameter<X>) rows = detail::common_graph(weight, bias).parameter(x);
    else rows = x;
    std::size_t count = 1;
    for (std::size_t axis = 0; axis + 1 < shape.rank(); ++axis) count *= shape[axis];
    shape[shape.rank() - 1] = of_weight[0];
    return reshape(detail::affine_of_rows(reshape(rows, {count, of_weight[1]}), weight, bias), shape);
  }
}

}  // namespace minigrad
