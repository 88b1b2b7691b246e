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

namespace detail {
// Products whose second operand is a matrix, of values, of Vars, and of what is not computed yet.
template <class A, class B>
auto matmul_rows(A&& a, B&& b);
template <class A, class B>
auto matmul_nt_rows(A&& a, B&& b);
}  // namespace detail

/// A B. dL/dA = G B', dL/dB = A' G.
inline constexpr auto matmul_op = record(
    "matmul", detail::deferred([](const auto& a, const auto& b) { return detail::matmul_rows(a, b); }),
    detail::deferred([](const auto& g, auto&&, const auto& b) { return detail::matmul_nt_rows(g, b); }),
    detail::deferred([](const auto& g, const auto& a, auto&&) { return matmul_tn(a, g); }));

/// A B'. dL/dA = G B, dL/dB = G' A.
inline constexpr auto matmul_nt_op = record(
    "matmul_nt", detail::deferred([](const auto& a, const auto& b) { return detail::matmul_nt_rows(a, b); }),
    detail::deferred([](const auto& g, auto&&, const auto& b) { return detail::matmul_rows(g, b); }),
    detail::deferred([](const auto& g, const auto& a, auto&&) { return matmul_tn(g, a); }));

namespace detail {
template <class A, class B>
auto matmul_rows(A&& a, B&& b) {
  if constexpr (is_tensor<std::remove_cvref_t<A>> && is_tensor<std::remove_cvref_t<B>>)
    return ProductExpression<scalar_type<std::remove_cvref_t<A>>>{"matmul", a, b}.evaluate();
  else
    return matmul_op(std::forward<A>(a), std::forward<B>(b));
}
template <class A, class B>
auto matmul_nt_rows(A&& a, B&& b) {
  if constexpr (is_tensor<std::remove_cvref_t<A>> && is_tensor<std::remove_cvref_t<B>>)
    return ProductExpression<scalar_type<std::remove_cvref_t<A>>>{"matmul_nt", a, b, false, true}.evaluate();
  else
    return matmul_nt_op(std::forward<A>(a), std::forward<B>(b));
}

// Products of many matrices, which broadcast. The rules are those above; the engine sums over what was broadcast.
// (Templates, so that they are compiled where they are used.)
template <class A, class B>
  requires Recordable<A, B>
auto batch_matmul(const A& a, const B& b);
template <class A, class B>
  requires Recordable<A, B>
auto batch_matmul_nt(const A& a, const B& b);
template <class A, class B>
  requires Recordable<A, B>
auto batch_matmul_tn(const A& a, const B& b);

template <class = void>
inline constexpr auto batch_matmul_op = record(
    "batch_matmul", [](const auto& a, const auto& b) { return detail::batch_matmul(a, b); },
    [](const auto& g, auto&&, const auto& b) { return detail::batch_matmul_nt(g, b); },
    [](const auto& g, const auto& a, auto&&) { return detail::batch_matmul_tn(a, g); });
template <class = void>
inline constexpr auto batch_matmul_nt_op = record(
    "batch_matmul_nt", [](const auto& a, const auto& b) { return detail::batch_matmul_nt(a, b); },
    [](const auto& g, auto&&, const auto& b) { return detail::batch_matmul(g, b); },
    [](const auto& g, const auto& a, auto&&) { return detail::batch_matmul_tn(g, a); });
template <class = void>
inline constexpr auto batch_matmul_tn_op = record(
    "batch_matmul_tn", [](const auto& a, const auto& b) { return detail::batch_matmul_tn(a, b); },
    [](const auto& g, auto&&, const auto& b) { return detail::batch_matmul_nt(b, g); },
    [](const auto& g, const auto& a, auto&&) { return detail::batch_matmul(a, g); });

template <class A, class B>
  requires Recordable<A, B>
auto batch_matmul(const A& a, const B& b) {
  return batch_matmul_op<>(a, b);
}
template <class A, class B>
  requires Recordable<A, B>
auto batch_matmul_nt(const A& a, const B& b) {
  return batch_matmul_nt_op<>(a, b);
}
template <class A, class B>
  requires Recordable<A, B>
auto batch_matmul_tn(const A& a, const B& b) {
  return batch_matmul_tn_op<>(a, b);
}

/// A parameter as an operand of what x is one of; all else as it is.
template <class W, class X>
decltype(auto) beside(const W& w, const X& x) {
  if constexpr (is_parameter<W>) return operand(w, x);
  else return (w);
}
}  // namespace detail

/// A B, where the axes before the last two broadcast, and vectors are a row on the left and a column on the right.
/// Throws ShapeError where inner extents differ.
template <class A, class B>
  requires detail::Recordable<A, B>
auto matmul(A&& a, B&& b) {
  if (shape_of(b).rank() == 2) return matmul_op(std::forward<A>(a), std::forward<B>(b));
  return detail::product_of_any_rank("matmul", detail::beside(a, b), detail::beside(b, a), false,
                                     [](const auto& x, const auto& y) { return detail::batch_matmul(x, y); });
}
template <class A, class B>
  requires detail::Recordable<A, B>
auto matmul_nt(A&& a, B&& b) {
  if (shape_of(b).rank() == 2) return matmul_nt_op(std::forward<A>(a), std::forward<B>(b));
  return detail::product_of_any_rank("matmul_nt", detail::beside(a, b), detail::beside(b, a), true,
                                     [](const auto& x, const auto& y) { return detail::batch_matmul_nt(x, y); });
}

/// A' B. dL/dA = B G', dL/dB = A G.
inline constexpr auto matmul_tn_op = record(
    "matmul_tn", detail::deferred([](const auto& a, const auto& b) { return matmul_tn(a, b); }),
    detail::deferred([](const auto& g, auto&&, const auto& b) { return detail::matmul_nt_rows(b, g); }),
    detail::deferred([](const auto& g, const auto& a, auto&&) { return detail::matmul_rows(a, g); }));
template <class A, class B>
  requires detail::Recordable<A, B>
auto matmul_tn(A&& a, B&& b) {
  return matmul_tn_op(std::forward<A>(a), std::forward<B>(b));
}

/// x W' + b. dL/dx = G W, dL/dW = G' x, and dL/db is the sum of G's rows, as wherever an input was broadcast.
inline constexpr auto linear_op = record(
    "linear", detail::deferred([](const auto& x, const auto& w, const auto& b) { return linear(x, w, b); }),
    detail::deferred([](const auto& g, auto&&, const auto& w, auto&&) { return detail::matmul_rows(g, w); }),
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
