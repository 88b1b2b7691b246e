// ops/arrange.hpp - the op table: turned, moved round, repeated and cut into pieces. Not part of minigrad.hpp.
//
//   flip     y[i] = x[n - 1 - i]             dL/dx is g, flipped
//   roll     y[i] = x[(i - shift) mod n]     dL/dx is g, rolled back
//   repeat   y[i] = x[i mod n]               dL/dx_i is the sum of all g at copies of i
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <vector>

#include "concatenate.hpp"
#include "rearrange.hpp"

namespace minigrad::inline MINIGRAD_ABI {

/// x with the order of elements turned along axes. Throws IndexError for an axis that x lacks.
inline constexpr auto flip_op = record(
    "flip",
    []<class T>(const auto& a, const Tensor<T>& x) {
      const auto turned = a.axis.in("flip", x.shape());
      const detail::Steps steps(x.shape());
      detail::StridedPlan plan;
      std::size_t start = 0;
      for (std::size_t i = 0; i < x.rank(); ++i) {
        plan.add(x.shape()[i], turned[i] ? -steps.of[i] : steps.of[i]);
        if (turned[i] && x.shape()[i] > 0) start += (x.shape()[i] - 1) * static_cast<std::size_t>(steps.of[i]);
      }
      return detail::copy_strided(plan, x.data() + start, x.shape());
    },
    [](const auto& a, const auto& g) { return flip(g, a.axis); });
template <detail::TensorOperand X>
auto flip(const X& x, const Axes& axes) {
  if constexpr (!is_parameter<X>)
    if (axes.size() == 0) return x;  // {} names none, as torch.flip(x, []) does
  return flip_op.apply(detail::AxesAttribute{axes}, x);
}
/// Along all axes.
template <detail::TensorOperand X>
auto flip(const X& x) {
  Axes all;
  for (std::size_t i = 0; i < shape_of(x).rank(); ++i) all.push_back(static_cast<int>(i));
  return flip(x, all);
}

namespace detail {
struct RollAttributes {
  std::ptrdiff_t shift;
  Axis axis;
  void describe(auto& list) const {
    list("shift", shift);
    list("axis", axis);
  }
};
}  // namespace detail

/// x moved along an axis by `shift` places; what goes out at one end comes in at the other.
inline constexpr auto roll_op = record(
    "roll",
    []<class T>(const auto& a, const Tensor<T>& x) {
      const detail::AxisSplit split("roll", x.shape(), a.axis, true);
      const auto n = static_cast<std::ptrdiff_t>(split.extent);
      auto y = Tensor<T>::empty(x.shape());
      const std::size_t line = split.extent * split.inner;
      const std::size_t by = n ? static_cast<std::size_t>((a.shift % n + n) % n) * split.inner : 0;
      for (std::size_t o = 0; o < split.outer; ++o) {
        const T* const from = x.data() + o * line;
        std::copy(from, from + line - by, std::copy(from + line - by, from + line, y.data() + o * line));
      }
      return y;
    },
    [](const auto& a, const auto& g) { return roll(g, -a.shift, a.axis); });
/// Without an axis all elements are moved in row-major order. Throws IndexError for an axis that x does not have.
template <detail::TensorOperand X>
auto roll(const X& x, std::ptrdiff_t shift, Axis axis = {}) {
  return roll_op.apply(detail::RollAttributes{shift, axis}, x);
}

namespace detail {

/// x repeated along its axes, of which there may be more in `times` than in its shape: those come first.
template <class X>
auto repeat_axes(const X& x, const Shape& times) {
  Shape shape = shape_of(x);
  while (shape.rank() < times.rank()) shape.insert(0, 1);
  X y = shape == shape_of(x) ? x : X(reshape(x, shape));
  for (std::size_t i = 0; i < shape.rank(); ++i) {
    const std::size_t count = times[i];
    if (count == 1) continue;
    std::size_t outer = 1, rest = shape[i];
    for (std::size_t k = 0; k < i; ++k) outer *= shape[k];
    for (std::size_t k = i + 1; k < shape.rank(); ++k) rest *= shape[k];
    shape[i] *= count;
    y = reshape(broadcast_to(reshape(y, {outer, std::size_t{1}, rest}), {outer, count, rest}), shape);
  }
  return y;
}

}  // namespace detail

/// Copies of x side by side: `times[i]` of them along axis i. More numbers than x has axes add axes in front, as in
/// PyTorch. Throws ShapeError for fewer. (NumPy's repeat, which repeats each element, is index_select.)
template <detail::TensorOperand X>
auto repeat(const X& x, const Shape& times) {
  if (times.rank() < shape_of(x).rank())
    detail::fail<ShapeError>({"repeat: ", times, " times a tensor of shape ", shape_of(x), ": one number for each axis"});
  return detail::repeat_axes(x, times);
}
/// The same, where fewer numbers than axes are for the last ones.
template <detail::TensorOperand X>
auto tile(const X& x, const Shape& times) {
  Shape all = times;
  while (all.rank() < shape_of(x).rank()) all.insert(0, 1);
  return detail::repeat_axes(x, all);
}

/// x cut along an axis into pieces of `size` places, of which the last may be smaller; by default rows. Throws
/// ValueError for a size below 1.
template <detail::TensorOperand X>
std::vector<X> split(const X& x, std::integral auto size, Axis axis = 0) {
  const Shape shape = shape_of(x);
  const std::size_t extent = shape[axis.in("split", shape)], by = static_cast<std::size_t>(size);
  if (size <= 0) detail::fail<ValueError>({"split: ", shape, " into pieces of ", size, " places: 1 or more are expected"});
  std::vector<X> out;
  for (std::size_t begin = 0; begin < extent || out.empty(); begin += by)
    out.push_back(slice(x, begin, begin + by < extent ? begin + by : extent, axis));
  return out;
}
/// x cut into pieces of these sizes. Throws ShapeError unless they add up to the extent.
template <detail::TensorOperand X>
std::vector<X> split(const X& x, std::initializer_list<std::size_t> sizes, Axis axis = 0) {
  const Shape shape = shape_of(x);
  const std::size_t k = axis.in("split", shape);
  std::size_t sum = 0;
  for (const std::size_t size : sizes) sum += size;
  if (sum != shape[k])
    detail::fail<ShapeError>({"split: the pieces have ", sum, " places together, and axis ", k, " of ", shape, " has ",
                              shape[k]});
  std::vector<X> out;
  std::size_t begin = 0;
  for (const std::size_t size : sizes) {
    out.push_back(slice(x, begin, begin + size, axis));
    begin += size;
  }
  return out;
}
/// x cut along an axis into `count` pieces of one size, of which the last may be smaller, or, as in PyTorch, missing.
/// Throws ValueError for a count below 1.
template <detail::TensorOperand X>
std::vector<X> chunk(const X& x, std::integral auto count, Axis axis = 0) {
  const Shape shape = shape_of(x);
  if (count <= 0) detail::fail<ValueError>({"chunk: ", shape, " into ", count, " pieces: 1 or more are expected"});
  const std::size_t extent = shape[axis.in("chunk", shape)], n = static_cast<std::size_t>(count);
  return split(x, extent == 0 ? 1 : (extent + n - 1) / n, axis);
}

}  // namespace minigrad
