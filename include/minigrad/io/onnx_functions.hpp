// io/onnx_functions.hpp - what those of ONNX's ops compute that take more than a line; see onnx_rules.hpp. Not part of
// minigrad.hpp.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "../ops/arrange.hpp"
#include "../ops/index.hpp"
#include "../ops/pad.hpp"
#include "../tensor/create.hpp"
#include "onnx_call.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

/// alpha A B + beta C, where A and B may be transposed.
template <class X>
X onnx_gemm(const OnnxCall<X>& c) {
  const X &a = c[0], &b = c[1];
  const bool left = c.integer("transA", 0) != 0, right = c.integer("transB", 0) != 0;
  const double alpha = c.real("alpha", 1), beta = c.real("beta", 1);
  if (shape_of(a).rank() != 2 || shape_of(b).rank() != 2)
    c.fail({shape_of(a), " and ", shape_of(b), " are no matrices"});
  if (!left && right && alpha == 1 && beta == 1 && c.has(2) && shape_of(c[2]) == Shape{shape_of(b)[0]})
    return linear(a, b, c[2]);
  const auto product = [&]() -> X {
    if (left && right) return matmul_nt(transpose(a), b);
    if (left) return matmul_tn(a, b);
    return right ? matmul_nt(a, b) : matmul(a, b);
  };
  const X scaled = alpha == 1 ? product() : product() * alpha;
  if (!c.has(2)) return scaled;
  return beta == 1 ? scaled + c[2] : scaled + c[2] * beta;
}

/// A product of matrices, of lists of them, or of a vector and such.
template <class X>
X onnx_matmul(const OnnxCall<X>& c) {
  const std::size_t left = shape_of(c[0]).rank(), right = shape_of(c[1]).rank();
  if (left == 0 || right == 0) c.fail({shape_of(c[0]), " and ", shape_of(c[1]), " are no matrices"});
  if (left > 1 && right > 1) return matmul(c[0], c[1]);
  const X a = left > 1 ? c[0] : c.reshaped(c[0], Shape{1, shape_of(c[0])[0]});
  const X product = matmul(a, right > 1 ? c[1] : c.reshaped(c[1], Shape{shape_of(c[1])[0], 1}));
  Shape shape = shape_of(product);
  if (right == 1) shape.erase(shape.rank() - 1);
  if (left == 1) shape.erase(shape.rank() - (right == 1 ? 1 : 2));
  return c.reshaped(product, shape);
}

/// (x - mean) / sqrt(var + epsilon) scale + bias, for each channel: axis 1.
template <class X>
X onnx_batch_norm(const OnnxCall<X>& c) {
  const Shape& shape = shape_of(c[0]);
  if (shape.rank() < 2 || c.integer("training_mode", 0) != 0 || c.integer("spatial", 1) == 0)
    c.fail({"other than inference on [rows, channels, ...] is not supported"});
  const auto channels = [&](std::size_t k) {
    Shape along{shape[1]};
    if (shape_of(c[k]) != along) c.fail({"input ", k, " is ", shape_of(c[k]), ", and x is ", shape});
    for (std::size_t i = 2; i < shape.rank(); ++i) along.push_back(1);
    return reshape(c[k], TargetShape(along));
  };
  return (c[0] - channels(3)) / sqrt(channels(4) + c.real("epsilon", 1e-5)) * channels(1) + channels(2);
}

/// f(x, axis). Before opset 13 the axes from `axis` on were one.
template <class X, class F>
X onnx_softmax(const OnnxCall<X>& c, const F& f) {
  const Shape& shape = shape_of(c[0]);
  const std::size_t axis = c.axis_in(shape, c.integer("axis", c.opset < 13 ? 1 : -1));
  if (c.opset >= 13 || axis + 1 == shape.rank()) return f(c[0], Axis(axis));
  std::size_t rows = 1, columns = 1;
  for (std::size_t i = 0; i < shape.rank(); ++i) (i < axis ? rows : columns) *= shape[i];
  return c.reshaped(f(c.reshaped(c[0], Shape{rows, columns}), Axis(1)), shape);
}

/// (x - mean) / sqrt(variance + epsilon) scale + bias, over the axes from `axis` on.
template <class X>
X onnx_layer_norm(const OnnxCall<X>& c) {
  const std::size_t rank = shape_of(c[0]).rank(), first = c.axis_in(shape_of(c[0]), c.integer("axis", -1));
  const auto mean_of = [&](X x) {
    for (std::size_t axis = first; axis < rank; ++axis) x = mean(x, Axis(axis), true);
    return x;
  };
  const X centred = c[0] - mean_of(c[0]);
  const X y = centred / sqrt(mean_of(square(centred)) + c.real("epsilon", 1e-5)) * c[1];
  return c.has(2) ? X(y + c[2]) : y;
}

/// f(x, axis, keepdim) along several axes, or all.
template <class X, class F>
X onnx_reduce(const OnnxCall<X>& c, X x, const F& f) {
  const bool keepdim = c.integer("keepdims", 1) != 0;
  const auto axes = c.axes_in(shape_of(x), c.list("axes", 1));
  if (axes.empty()) return c.integer("noop_with_empty_axes", 0) ? x : f(x, all_axes, keepdim);
  for (const std::size_t axis : axes) x = f(x, Axis(axis), keepdim);
  return x;
}

template <class X>
X onnx_transpose(const OnnxCall<X>& c) {
  X x = c[0];
  const std::size_t rank = shape_of(x).rank();
  auto order = c.list("perm", c.size());
  if (order.empty())
    for (std::size_t i = rank; i-- > 0;) order.push_back(static_cast<std::int64_t>(i));
  if (order.size() != rank || c.axes_in(shape_of(x), order).size() != rank) c.fail({"perm is no order of the axes"});
  std::vector<std::size_t> now(rank);
  for (std::size_t i = 0; i < rank; ++i) now[i] = i;
  for (std::size_t i = 0; i < rank; ++i) {  // as exchanges of two axes
    const auto j =
        static_cast<std::size_t>(std::find(now.begin(), now.end(), c.axis_in(shape_of(x), order[i])) - now.begin());
    if (i == j) continue;
    x = transpose(x, Axis(i), Axis(j));
    std::swap(now[i], now[j]);
  }
  return x;
}

/// The elements at places along an axis, which the axes of the places replace. A single place takes the axis away.
template <class X>
X onnx_gather(const OnnxCall<X>& c) {
  const std::size_t axis = c.axis_in(shape_of(c[0]), c.integer("axis", 0));
  if constexpr (is_var<X>)
    if (const auto* handle = c.value(1).handle) return index_select(c[0], *handle, Axis(axis));
  Tensor<std::int64_t> places = c.whole(1);
  for (auto& place : places) place += place < 0 ? static_cast<std::int64_t>(shape_of(c[0])[axis]) : 0;
  return index_select(c[0], places, Axis(axis));
}

/// Every step-th place from `start` back to the one after `stop`; both may be negative, which counts from the end.
template <class X>
X onnx_backwards(const OnnxCall<X>& c, const X& x, std::size_t axis, std::int64_t start, std::int64_t stop,
                 std::int64_t step) {
  const auto n = static_cast<std::int64_t>(shape_of(x)[axis]);
  const auto within = [n](std::int64_t i) {
    return std::clamp<std::int64_t>(i < -n ? -1 : i < 0 ? i + n : i, -1, n - 1);
  };
  const std::int64_t first = within(start), last = within(stop);
  if (step < -(std::int64_t{1} << 48)) c.fail({"a step of ", step});
  const std::int64_t count = first > last ? (first - last - step - 1) / -step : 0;
  if (count == 0) return slice(x, 0, 0, Axis(axis));
  const std::int64_t lowest = first + (count - 1) * step;
  const auto begin = static_cast<std::size_t>(lowest), end = static_cast<std::size_t>(first + 1);
  return flip(slice(x, begin, end, Axis(axis), static_cast<std::size_t>(-step)), Axis(axis));
}
template <class X>
X onnx_slice(const OnnxCall<X>& c) {
  X x = c[0];
  const auto starts = c.list("starts", 1), ends = c.list("ends", 2), axes = c.list("axes", 3), steps = c.list("", 4);
  if (starts.size() != ends.size() || (!axes.empty() && axes.size() != starts.size()))
    c.fail({"starts, ends and axes differ in length"});
  if (std::find(steps.begin(), steps.end(), 0) != steps.end()) c.fail({"a step of 0"});
  for (std::size_t k = 0; k < starts.size(); ++k) {
    const std::size_t axis = c.axis_in(shape_of(x), axes.empty() ? static_cast<std::int64_t>(k) : axes[k]);
    if (k < steps.size() && steps[k] < 0) {
      x = onnx_backwards(c, x, axis, starts[k], ends[k], steps[k]);
      continue;
    }
    const auto [begin, end] = c.range_in(shape_of(x)[axis], starts[k], ends[k]);
    const std::size_t step = k < steps.size() ? static_cast<std::size_t>(steps[k]) : 1;
    if (step > 1)
      x = slice(x, begin, end, Axis(axis), step);
    else if (begin > 0 || end < shape_of(x)[axis])
      x = slice(x, begin, end, Axis(axis));
  }
  return x;
}

template <class X>
X onnx_reshape(const OnnxCall<X>& c) {
  auto list = c.list("", 1);
  const Shape& from = shape_of(c[0]);
  for (std::size_t i = 0; i < list.size() && !c.integer("allowzero", 0); ++i)
    if (list[i] == 0 && i < from.rank()) list[i] = static_cast<std::int64_t>(from[i]);
  const auto inferred = std::find(list.begin(), list.end(), -1);
  if (inferred != list.end() && from.rank() > 0 && list[0] == static_cast<std::int64_t>(from[0])) {
    std::size_t others = 1;  // [rows, -1]: the rows stay free where the rest is a number
    for (const std::int64_t extent : list) others *= extent < 0 ? 1 : static_cast<std::size_t>(extent);
    if (others > 0 && from.size() % others == 0) *inferred = static_cast<std::int64_t>(from.size() / others);
  }
  const Shape shape = c.shape_of_list(list);
  if (std::find(list.begin(), list.end(), -1) == list.end()) return c.reshaped(c[0], shape);
  return reshape(c[0], TargetShape(shape));
}

/// An axis taken out or put in: the axes of extent 1 do not change the elements.
template <class X>
X onnx_squeeze(const OnnxCall<X>& c) {
  Shape shape = shape_of(c[0]);
  auto axes = c.list("axes", 1);
  for (std::size_t i = 0; i < shape.rank() && !c.has(1) && !c.node.find("axes"); ++i)
    if (shape[i] == 1) axes.push_back(static_cast<std::int64_t>(i));
  for (const std::size_t axis : c.axes_in(shape, axes)) {
    if (shape[axis] != 1) c.fail({"axis ", axis, " of ", shape_of(c[0]), " is not of extent 1"});
    shape.erase(axis);
  }
  return c.reshaped(c[0], shape);
}
template <class X>
X onnx_unsqueeze(const OnnxCall<X>& c) {
  Shape shape = shape_of(c[0]), longer = shape;
  const auto list = c.list("axes", 1);
  if (list.empty()) c.fail({"it has no axes"});
  for (std::size_t k = 0; k < list.size() && longer.rank() < Shape::max_rank; ++k) longer.push_back(1);
  auto axes = c.axes_in(longer, list);
  for (std::size_t k = axes.size(); k-- > 0;) shape.insert(axes[k], 1);
  return c.reshaped(c[0], shape);
}

/// x between constants along each axis.
template <class X>
X onnx_pad(const OnnxCall<X>& c) {
  const Shape& shape = shape_of(c[0]);
  const auto pads = c.list("pads", 1);
  const std::size_t rank = shape.rank();
  if (c.text("mode", "constant") != "constant" || c.has(3))
    c.fail({"other than constant pads of all axes is not supported"});
  if (pads.size() != 2 * rank) c.fail({pads.size(), " pads for ", shape});
  double places[2 * Shape::max_rank];  // from the last axis
  std::vector<std::int64_t> extents;
  for (std::size_t axis = 0; axis < rank; ++axis) {
    const std::int64_t begin = pads[axis], end = pads[axis + rank];
    if (begin < 0 || end < 0) c.fail({"negative pads are not supported"});
    c.shape_of_list({begin}), c.shape_of_list({end});  // not more than memory can hold
    extents.push_back(begin + static_cast<std::int64_t>(shape[axis]) + end);
    places[2 * (rank - 1 - axis)] = static_cast<double>(begin);
    places[2 * (rank - 1 - axis) + 1] = static_cast<double>(end);
  }
  c.shape_of_list(extents);
  const double value = c.has(2) ? static_cast<double>(constant_value(c[2]).item()) : c.real("value", 0);
  return pad(c[0], Padding(places, 2 * rank), PadMode::constant, value);
}

}  // namespace minigrad::inline MINIGRAD_ABI::detail
