// ops/softmax.hpp - the op table: softmax, its logarithm, and the logarithm of its sum.
#pragma once

#include "../tensor/softmax.hpp"
#include "functions.hpp"
#include "reduce.hpp"

namespace minigrad::inline MINIGRAD_ABI {
namespace detail {

/// The definition, for any axis and number type. The largest element is taken out first, so that exp does not overflow;
/// where it is infinite, or there is none, it is taken as 0.
template <Softmax kind, class T>
Tensor<T> softmax_by_passes(const Tensor<T>& x, const Axes& axis, const AxisSplit& split) {
  auto largest = x.size() ? (max)(x, axis, true) : Tensor<T>::scalar(0);
  largest = map("where", [](T v) { return is_finite(v) ? v : T(0); }, largest);
  Tensor<T> y = x - largest;
  if constexpr (kind == Softmax::probabilities) {
    y = exp(y);
    y /= sum(y, axis, true);
    return y;
  } else {
    const Tensor<T> log_of_sum = log(sum(exp(y), axis, true));
    if constexpr (kind == Softmax::logarithms) return y -= log_of_sum;
    else return reshape(log_of_sum + largest, split.shape);
  }
}

/// The same, row by row where the elements of a row lie together.
template <Softmax kind, class T>
Tensor<T> softmax_of(const char* op, const Tensor<T>& x, const Axes& axis, bool keepdim = true) {
  const AxisSplit split(op, x.shape(), axis, keepdim);
#if defined(__GNUC__)
  if constexpr (simd::has_simd<T>) {
    if (split.inner == 1 && split.extent > 0 && !split.more) {
      auto y = Tensor<T>::empty(kind == Softmax::log_of_sum ? split.shape : x.shape());
      softmax_rows<kind>(split.outer, split.extent, x.data(), y.data());
      return y;
    }
  }
#endif
  return softmax_by_passes<kind>(x, axis, split);
}

}  // namespace detail

/// exp(x) / sum exp(x) along an axis, or over several: positive numbers that sum to 1. dL/dx = y (g - sum(g y)). Throws
/// IndexError for an axis that x does not have.
inline constexpr auto softmax_op = record(
    "softmax",
    [](const auto& a, const auto& x) {
      return detail::softmax_of<detail::Softmax::probabilities>("softmax", x, a.axis);
    },
    [](const auto& a, const auto& g, const auto& y) { return y * (g - sum(g * y, a.axis, true)); });
template <detail::TensorOperand X>
auto softmax(const X& x, const Axes& axes) {
  return softmax_op.apply(detail::AxesAttribute{axes}, to_floating(x));
}

/// log sum exp(x) without overflow: the largest x is taken out first; -inf of none. dL/dx = g softmax(x); exp(x - y)
/// would turn the rounding of a large y into an error of that size. Throws IndexError for an axis that x lacks.
inline constexpr auto logsumexp_op = record(
    "logsumexp",
    [](const auto& a, const auto& x) {
      return detail::softmax_of<detail::Softmax::log_of_sum>("logsumexp", x, a.axis, a.keepdim);
    },
    [](const auto& a, const auto& g, auto&&, const auto& x) {
      return detail::expand(g, x, a.axis) * softmax(x, a.axis);
    });
template <detail::TensorOperand X>
auto logsumexp(const X& x, const Axes& axes = {}, bool keepdim = false) {
  return logsumexp_op.apply(detail::ReduceAttributes{axes, keepdim}, to_floating(x));
}

/// log softmax(x) along an axis, without the detour. dL/dx = g - softmax(x) sum(g). Throws IndexError for an axis that
/// x does not have.
inline constexpr auto log_softmax_op = record(
    "log_softmax",
    [](const auto& a, const auto& x) {
      return detail::softmax_of<detail::Softmax::logarithms>("log_softmax", x, a.axis);
    },
    [](const auto& a, const auto& g, const auto& y) { return g - exp(y) * sum(g, a.axis, true); });
template <detail::TensorOperand X>
auto log_softmax(const X& x, const Axes& axes) {
  return log_softmax_op.apply(detail::AxesAttribute{axes}, to_floating(x));
}

}  // namespace minigrad
