// ops/reduce.hpp - the op table: sums, means and variances, over all elements or along axes.
//
// A reduction takes everything, or some axes, which disappear unless keepdim. `expand` puts them back with extent 1, so
// that a gradient broadcasts over what was reduced.
#pragma once

#include <cstddef>
#include <limits>
#include <utility>

#include "../tensor/reduce.hpp"
#include "../tensor/variance.hpp"
#include "functions.hpp"
#include "rearrange.hpp"

namespace minigrad::inline MINIGRAD_ABI {
namespace detail {

/// The shape of a reduced tensor as it is with keepdim.
inline Shape keepdim_shape(Shape shape, const Axes& axes) {
  const auto reduced = axes.in("keepdim", shape);
  for (std::size_t i = 0; i < shape.rank(); ++i)
    if (reduced[i]) shape[i] = 1;
  return shape;
}
/// y, the reduction of x, with the reduced axes put back.
template <class Y, class X>
auto expand(const Y& y, const X& x, const Axes& axes) {
  return reshape(y, keepdim_shape(shape_of(x), axes));
}
/// How many elements of a shape make one of its reduction.
inline std::size_t reduced_extent(const char* op, const Shape& shape, const Axes& axes) {
  const auto reduced = axes.in(op, shape);
  std::size_t out = 1;
  for (std::size_t i = 0; i < shape.rank(); ++i) out *= reduced[i] ? shape[i] : 1;
  return out;
}

/// The attributes of a reduction.
struct ReduceAttributes {
  Axes axis;
  bool keepdim;
  void describe(auto& list) const {
    list("axis", axis);
    list("keepdim", keepdim);
  }
};
struct VarianceAttributes : ReduceAttributes {
  int correction;
  void describe(auto& list) const {
    ReduceAttributes::describe(list);
    list("correction", correction);
  }
  double divisor(const Shape& shape) const {
    const double n = static_cast<double>(reduced_extent("var", shape, axis)) - correction;
    return n > 0 ? n : 0;
  }
};
struct ShapeAttribute {
  Shape shape;
  void describe(auto& list) const { list("shape", shape); }
};

}  // namespace detail

/// A number is its own sum, and broadcasts to no other shape: so rules serve graphs of numbers as well.
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

/// The sum of all elements or along axes. dL/dx is g, broadcast.
inline constexpr auto sum_op = record(
    "sum", detail::deferred([](const auto& a, const auto& x) { return sum(x, a.axis, a.keepdim); }),
    [](const auto& a, const auto& g, auto&&, const auto& x) {
      return broadcast_to(detail::expand(g, x, a.axis), shape_of(x));
    });
template <detail::VarOrParameter X>
auto sum(const X& x, const Axes& axes = {}, bool keepdim = false) {
  return sum_op.apply(detail::ReduceAttributes{axes, keepdim}, x);
}

/// x broadcast to a shape; x summed down to a shape. Each is the other's rule.
inline constexpr auto broadcast_to_op = record(
    "broadcast_to", detail::deferred([](const auto& a, const auto& x) { return broadcast_to(x, a.shape); }),
    [](const auto&, const auto& g, auto&&, const auto& x) { return sum_to(g, shape_of(x)); });
template <detail::VarOrParameter X>
auto broadcast_to(const X& x, const Shape& shape) {
  return broadcast_to_op.apply(detail::ShapeAttribute{shape}, x);
}
inline constexpr auto sum_to_op = record(
    "sum_to", [](const auto& a, const auto& x) { return sum_to(x, a.shape); },
    [](const auto&, const auto& g, auto&&, const auto& x) { return broadcast_to(g, shape_of(x)); });
template <detail::VarOrParameter X>
auto sum_to(const X& x, const Shape& shape) {
  return sum_to_op.apply(detail::ShapeAttribute{shape}, x);
}

/// The mean of all elements or along axes; NaN of none. dL/dx is g / n, broadcast. Of whole numbers and masks it is a
/// double, so that mean(equal(prediction, label)) is the share of right answers. Throws IndexError for an axis that x
/// does not have.
inline constexpr auto mean_op = record(
    "mean",
    [](const auto& a, const auto& x) {
      const std::size_t n = detail::reduced_extent("mean", x.shape(), a.axis);  // names a wrong axis
      return sum(x, a.axis, a.keepdim) / n;
    },
    [](const auto& a, const auto& g, auto&&, const auto& x) {
      const std::size_t n = detail::reduced_extent("mean", shape_of(x), a.axis);
      return broadcast_to(detail::expand(g / n, x, a.axis), shape_of(x));
    });
template <detail::TensorOperand X>
auto mean(const X& x, const Axes& axes = {}, bool keepdim = false) {
  if constexpr (std::is_integral_v<detail::scalar_type<X>>) return mean(x.template to<double>(), axes, keepdim);
  else return mean_op.apply(detail::ReduceAttributes{axes, keepdim}, x);
}
template <class V>
auto mean(const MaskVar<V>& mask, const Axes& axes = {}, bool keepdim = false) {
  return mean(mask.var(), axes, keepdim);
}

namespace detail {
/// x - mean. The mean of numbers far from 0 is rounded, in float perhaps by more than they differ: what that left in all
/// deviations, their mean, is subtracted too.
auto deviations(const auto& x, const auto& axis) {
  const auto deviation = x - mean(x, axis, true);
  return deviation - mean(deviation, axis, true);
}
/// The variance from the moments around the rounded mean m (variance.hpp), q - s^2 / n divided by the divisor. False,
/// where a sum is not finite, or where s^2 / n is more than q / 16: up to there the difference of the two has an error
/// of at most 17/15 of theirs. So far from the mean m is where its rounding is a quarter of the standard deviation.
template <class T>
bool one_pass_var(const VarianceAttributes& a, const Tensor<T>& x, T divisor, Tensor<T>& y) {
  const AxisSplit r("var", x.shape(), a.axis, true);
  const auto n = static_cast<T>(reduced_extent("var", x.shape(), a.axis));
  Tensor<T> m = sum(x, a.axis, true);
  map_into(m, [n](T s) { return s / n; }, Write::assign, m);
  if (r.more) m = broadcast_to(m, r.rest_of(x.shape()));
  Tensor<T> first = Tensor<T>::empty(m.shape()), second = Tensor<T>::empty(m.shape());
  moments(r, x.data(), m.data(), first.data(), second.data());
  if (r.more) first = sum(first, a.axis, true), second = sum(second, a.axis, true);
  const auto variance = simd_fn([n, divisor]<class X>(X s, X q) {
    const X lost = s * (s / n);
    return simd::select(lost < q / X(16), (q - lost) / divisor, simd::select(s == X(0), q / divisor, X(-1)));
  });
  map_into(first, variance, Write::assign, first, second);
  bool exact = true;
  for (const T v : first) exact &= !(v < 0);
  if (exact) y = first.reshape(AxisSplit("var", x.shape(), a.axis, a.keepdim).shape);
  return exact;
}
}  // namespace detail

/// The variance: the mean of (x - mean)^2, with n - correction in place of n. As in PyTorch the correction is 1.
/// dL/dx = 2 g (x - mean) / (n - correction). Throws IndexError for an axis that x does not have.
inline constexpr auto var_op = record(
    "var",
    []<class T>(const auto& a, const Tensor<T>& x) {
      const double divisor = a.divisor(x.shape());
      if (Tensor<T> y; detail::one_pass_var(a, x, static_cast<T>(divisor), y)) return y;
      return sum(square(detail::deviations(x, a.axis)), a.axis, a.keepdim) / divisor;
    },
    [](const auto& a, const auto& g, auto&&, const auto& x) {
      return detail::expand(g, x, a.axis) / a.divisor(shape_of(x)) * (2 * detail::deviations(x, a.axis));
    });
template <detail::TensorOperand X>
auto var(const X& x, const Axes& axes = {}, bool keepdim = false, int correction = 1) {
  if constexpr (std::is_integral_v<detail::scalar_type<X>>)
    return var(x.template to<double>(), axes, keepdim, correction);
  else return var_op.apply(detail::VarianceAttributes{{axes, keepdim}, correction}, x);
}

namespace detail {
/// The square root of var. Where squares would leave the range, deviations are first divided by the largest of them.
template <class T>
Tensor<T> std_value(const VarianceAttributes& a, const Tensor<T>& x) {
  constexpr T smallest = (std::numeric_limits<T>::min)() / std::numeric_limits<T>::epsilon();
  a.axis.in("std", x.shape());  // names a wrong axis
  const Tensor<T> variance = var(x, a.axis, a.keepdim, a.correction);
  bool in_range = true;
  for (const T v : variance) in_range = in_range && v >= smallest && is_finite(v);
  if (in_range || x.size() == 0) return sqrt(variance);
  const Tensor<T> deviation = deviations(x, a.axis);
  const auto or_1 = [](T v) { return v > 0 && is_finite(v) ? v : T(1); };
  const Tensor<T> size = map("where", or_1, (max)(abs(deviation), a.axis, true));
  return sqrt(var(deviation / size, a.axis, a.keepdim, a.correction)) * reshape(size, variance.shape());
}
}  // namespace detail

/// The standard deviation: the square root of var, without overflow on the way. dL/dx = g (x - mean) / (y (n -
/// correction)), and 0 where y is 0. Throws IndexError for an axis that x does not have.
inline constexpr auto std_op = record(
    "std", [](const auto& a, const auto& x) { return detail::std_value(a, x); },
    [](const auto& a, const auto& g, const auto& y, const auto& x) {
      const auto is_0 = equal(y, 0);
      const auto z = detail::deviations(x, a.axis) / detail::expand(where(is_0, 1, y), x, a.axis);
      return detail::expand(where(is_0, 0, g), x, a.axis) * (z / a.divisor(shape_of(x)));
    });
template <detail::TensorOperand X>
auto std(const X& x, const Axes& axes = {}, bool keepdim = false, int correction = 1) {
  if constexpr (std::is_integral_v<detail::scalar_type<X>>)
    return minigrad::std(x.template to<double>(), axes, keepdim, correction);
  else return std_op.with(detail::VarianceAttributes{{axes, keepdim}, correction})(x);
}

}  // namespace minigrad
