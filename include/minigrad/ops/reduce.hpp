// ops/reduce.hpp - the table of reductions: sums, means, extremes, softmax, with their rules.
//
// A reduction takes everything, or one axis, which disappears unless keepdim. `keep` puts it back with extent 1, so
// that a gradient stretches over what was reduced.
#pragma once

#include <cstddef>
#include <limits>
#include <utility>

#include "../tensor/softmax.hpp"
#include "functions.hpp"

namespace minigrad {
namespace detail {

/// The shape of a reduced tensor as it is with keepdim.
inline Shape kept_shape(Shape shape, Axis axis) {
  for (std::size_t i = 0; i < shape.rank(); ++i)
    if (axis.all() || i == axis.in("keep", shape)) shape[i] = 1;
  return shape;
}
/// y, the reduction of x, with the reduced axis put back.
template <class Y, class X>
auto keep(const Y& y, const X& x, Axis axis) {
  return reshape(y, kept_shape(shape_of(x), axis));
}
inline std::size_t reduced_extent(const char* op, const Shape& shape, Axis axis) {
  return axis.all() ? shape.size() : shape[axis.in(op, shape)];
}

template <class X>
concept VarOrParameter = (is_var<X> && is_tensor<typename X::value_type>) || is_parameter<X>;

/// Tensors, and Vars and Parameters that hold one.
template <class X>
concept TensorOperand = is_tensor<X> || VarOrParameter<X>;

}  // namespace detail

/// A number is its own sum, and stretches to no other shape: so rules serve graphs of numbers as well.
template <class X>
  requires(is_scalar<X>)
X sum(const X& x) {
  return x;
}
template <class V>
  requires(is_scalar<V>)
Var<V> sum(const Var<V>& x) {
  return x;
}

/// The sum of all elements or along an axis. dL/dx is g, stretched.
template <detail::VarOrParameter X>
auto sum(const X& x, Axis axis = {}, bool keepdim = false) {
  return record("sum", inputs(x), [=](const auto& v) { return sum(v, axis, keepdim); },
                [=](const auto& g, auto&&, const auto& v) {
                  return broadcast_to(detail::keep(g, v, axis), shape_of(v));
                });
}

/// x stretched to a shape; x summed down to a shape. Each is the other's rule.
template <detail::VarOrParameter X>
auto broadcast_to(const X& x, const Shape& shape) {
  return record("broadcast_to", inputs(x), [=](const auto& v) { return broadcast_to(v, shape); },
                [](const auto& g, auto&&, const auto& v) { return sum_to(g, shape_of(v)); });
}
template <detail::VarOrParameter X>
auto sum_to(const X& x, const Shape& shape) {
  return record("sum_to", inputs(x), [=](const auto& v) { return sum_to(v, shape); },
                [](const auto& g, auto&&, const auto& v) { return broadcast_to(g, shape_of(v)); });
}

/// The mean of all elements or along an axis; NaN of none. Of whole numbers and masks it is a double, so that
/// mean(equal(prediction, label)) is the share of right answers.
template <detail::TensorOperand X>
auto mean(const X& x, Axis axis = {}, bool keepdim = false) {
  if constexpr (std::is_integral_v<detail::scalar_type<X>>) {
    return mean(x.template to<double>(), axis, keepdim);
  } else {
    const std::size_t n = detail::reduced_extent("mean", shape_of(x), axis);
    return sum(x, axis, keepdim) / n;
  }
}

/// The variance: the mean of (x - mean)^2, with n - correction in place of n. As in PyTorch the correction is 1.
template <detail::TensorOperand X>
auto var(const X& x, Axis axis = {}, bool keepdim = false, int correction = 1) {
  if constexpr (std::is_integral_v<detail::scalar_type<X>>) {
    return var(x.template to<double>(), axis, keepdim, correction);
  } else {
    const auto n = static_cast<double>(detail::reduced_extent("var", shape_of(x), axis)) - correction;
    return sum(square(x - mean(x, axis, true)), axis, keepdim) / (n > 0 ? n : 0);
  }
}

/// The standard deviation: the square root of var. Where it is 0 its slopes are taken as 0, not 0 times infinity.
template <detail::TensorOperand X>
auto std(const X& x, Axis axis = {}, bool keepdim = false, int correction = 1) {
  const auto variance = var(x, axis, keepdim, correction);
  if constexpr (is_var<X>) {
    const auto none = equal(variance, 0);
    return where(none, 0, sqrt(where(none, 1, variance)));
  } else {
    return sqrt(variance);
  }
}

namespace detail {
/// g for the elements that are the extreme; where several are, each gets an equal part.
template <class G, class Y, class X>
auto extreme_rule(const G& g, const Y& y, const X& x, Axis axis) {
  const auto mask = equal(x, keep(value_of(y), x, axis));
  const auto share = keep(g, x, axis) / sum(mask.template to<scalar_type<X>>(), axis, true);
  return where(mask, share, 0);
}
}  // namespace detail

/// The largest or smallest element, of all or along an axis. The gradient goes to it; equal ones share it.
template <detail::VarOrParameter X>
auto(max)(const X& x, Axis axis = {}, bool keepdim = false) {
  return record("max", inputs(x), [=](const auto& v) { return (max)(v, axis, keepdim); },
                [=](const auto& g, const auto& y, const auto& v) { return detail::extreme_rule(g, y, v, axis); });
}
template <detail::VarOrParameter X>
auto(min)(const X& x, Axis axis = {}, bool keepdim = false) {
  return record("min", inputs(x), [=](const auto& v) { return (min)(v, axis, keepdim); },
                [=](const auto& g, const auto& y, const auto& v) { return detail::extreme_rule(g, y, v, axis); });
}

/// Where the extreme stands; it has no derivative.
template <detail::VarOrParameter X>
auto argmax(const X& x, Axis axis = {}, bool keepdim = false) {
  return argmax(x.value(), axis, keepdim);
}
template <detail::VarOrParameter X>
auto argmin(const X& x, Axis axis = {}, bool keepdim = false) {
  return argmin(x.value(), axis, keepdim);
}

namespace detail {

/// The definition, for any axis and number type. The largest element is taken out first, so that exp does not overflow;
/// where it is infinite, or there is none, it is taken as 0.
template <Softmax kind, class T>
Tensor<T> softmax_by_passes(const Tensor<T>& x, Axis axis, const AxisSplit& split) {
  auto largest = split.extent ? (max)(x, axis, true) : Tensor<T>::scalar(0);
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
Tensor<T> softmax_of(const char* op, const Tensor<T>& x, Axis axis, bool keepdim = true) {
  const AxisSplit split(op, x.shape(), axis, keepdim);
#if defined(__GNUC__)
  if constexpr (simd::has_simd<T>) {
    if (split.inner == 1 && split.extent > 0) {
      auto y = Tensor<T>::empty(kind == Softmax::log_of_sum ? split.shape : x.shape());
      softmax_rows<kind>(split.outer, split.extent, x.data(), y.data());
      return y;
    }
  }
#endif
  return softmax_by_passes<kind>(x, axis, split);
}

}  // namespace detail

/// log sum exp(x) without overflow: the largest x is taken out first; -inf of none. dL/dx = g exp(x - y).
template <detail::TensorOperand X>
auto logsumexp(const X& x, Axis axis = {}, bool keepdim = false) {
  return record(
      "logsumexp", inputs(to_floating(x)),
      [=](const auto& v) { return detail::softmax_of<detail::Softmax::log_of_sum>("logsumexp", v, axis, keepdim); },
      [=](const auto& g, const auto& y, const auto& v) {
        return detail::keep(g, v, axis) * exp(v - detail::keep(y, v, axis));
      });
}

/// exp(x) / sum exp(x) along an axis: positive numbers that sum to 1. dL/dx = y (g - sum(g y)).
template <detail::TensorOperand X>
auto softmax(const X& x, Axis axis) {
  return record(
      "softmax", inputs(to_floating(x)),
      [=](const auto& v) { return detail::softmax_of<detail::Softmax::probabilities>("softmax", v, axis); },
      [=](const auto& g, const auto& y, auto&&) { return y * (g - sum(g * y, axis, true)); });
}

/// log softmax(x) along an axis, without the detour. dL/dx = g - softmax(x) sum(g).
template <detail::TensorOperand X>
auto log_softmax(const X& x, Axis axis) {
  return record(
      "log_softmax", inputs(to_floating(x)),
      [=](const auto& v) { return detail::softmax_of<detail::Softmax::logarithms>("log_softmax", v, axis); },
      [=](const auto& g, const auto& y, auto&&) { return g - exp(y) * sum(g, axis, true); });
}

}  // namespace minigrad
