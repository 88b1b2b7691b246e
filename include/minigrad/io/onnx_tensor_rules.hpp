// io/onnx_tensor_rules.hpp - what those of ONNX's ops compute that minigrad includes by name: running sums, triangles,
// pieces, the first of each line, elements at indices. Not part of minigrad.hpp.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "../ops/arrange.hpp"
#include "../ops/cumulative.hpp"
#include "../ops/scatter.hpp"
#include "../ops/sort.hpp"
#include "../ops/triangle.hpp"
#include "onnx_call.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

/// Input k as a single whole number.
template <class X>
std::int64_t onnx_single(const OnnxCall<X>& c, std::size_t k, std::int64_t otherwise) {
  if (!c.has(k)) return otherwise;
  if (c.whole(k).size() != 1) c.fail({"input ", k, " of shape ", c.whole(k).shape(), " must be one number"});
  return c.whole(k).data()[0];
}

template <class X>
X onnx_cumsum(const OnnxCall<X>& c) {
  const std::size_t axis = c.axis_in(shape_of(c[0]), onnx_single(c, 1, 0));
  return cumsum(c[0], Axis(axis), c.integer("exclusive", 0) != 0, c.integer("reverse", 0) != 0);
}
template <class X>
X onnx_trilu(const OnnxCall<X>& c) {
  const std::int64_t k = std::clamp<std::int64_t>(onnx_single(c, 1, 0), -(std::int64_t{1} << 48), std::int64_t{1} << 48);
  const auto diagonal = static_cast<std::ptrdiff_t>(k);
  return c.integer("upper", 1) != 0 ? triu(c[0], diagonal) : tril(c[0], diagonal);
}

/// Piece c.part of several along an axis: of the sizes that are given, or of equal ones, the last of which may be
/// smaller.
template <class X>
X onnx_split(const OnnxCall<X>& c) {
  const Shape& shape = shape_of(c[0]);
  const std::size_t axis = c.axis_in(shape, c.integer("axis", 0)), extent = shape[axis];
  auto sizes = c.list("split", 1);
  const std::size_t equal = (extent + c.parts - 1) / c.parts;
  for (std::size_t left = extent; sizes.size() < c.parts && !c.has(1) && !c.node.find("split");) {
    sizes.push_back(static_cast<std::int64_t>(equal < left ? equal : left));
    left -= static_cast<std::size_t>(sizes.back());
  }
  std::size_t begin = 0, total = 0;
  for (std::size_t k = 0; k < sizes.size(); ++k) {
    if (sizes[k] < 0 || static_cast<std::uint64_t>(sizes[k]) > extent - total)
      c.fail({"piece ", k, " of ", sizes[k], " along axis ", axis, " of ", shape});
    if (k < c.part) begin += static_cast<std::size_t>(sizes[k]);
    total += static_cast<std::size_t>(sizes[k]);
  }
  if (sizes.size() != c.parts || total != extent)
    c.fail({sizes.size(), " pieces of ", total, " in all for ", c.parts, " outputs, along axis ", axis, " of ", shape});
  const std::size_t end = begin + static_cast<std::size_t>(sizes[c.part]);
  if (begin == 0 && end == extent) return c[0];
  return slice(c[0], begin, end, Axis(axis));
}

/// The largest or smallest of each line, in order. The second output, where they stood, is not supported.
template <class X>
X onnx_topk(const OnnxCall<X>& c) {
  const std::size_t axis = c.axis_in(shape_of(c[0]), c.integer("axis", -1)), extent = shape_of(c[0])[axis];
  const std::int64_t k = c.opset < 10 ? c.integer("k", -1) : onnx_single(c, 1, -1);
  if (k < 0 || static_cast<std::uint64_t>(k) > extent) c.fail({"the first ", k, " of ", extent});
  const bool largest = c.integer("largest", 1) != 0;
  return topk(c[0], static_cast<std::size_t>(k), Axis(axis), largest).first;
}

/// f(indices): those of input k, a handle or a constant, whose negative ones count from the end of the axis.
template <class X, class F>
X with_onnx_indices(const OnnxCall<X>& c, std::size_t k, std::size_t extent, const F& f) {
  if constexpr (is_var<X>)
    if (const auto* handle = c.value(k).handle) return f(*handle);
  Tensor<std::int64_t> indices = c.whole(k);
  for (auto& index : indices) index += index < 0 ? static_cast<std::int64_t>(extent) : 0;
  return f(indices);
}
template <class X>
X onnx_gather_elements(const OnnxCall<X>& c) {
  const std::size_t axis = c.axis_in(shape_of(c[0]), c.integer("axis", 0));
  return with_onnx_indices(c, 1, shape_of(c[0])[axis], [&](const auto& at) -> X { return gather(c[0], at, Axis(axis)); });
}
template <class X>
X onnx_scatter_elements(const OnnxCall<X>& c) {
  const std::size_t axis = c.axis_in(shape_of(c[0]), c.integer("axis", 0));
  const std::string reduction = c.text("reduction", "none");
  if (reduction != "add") c.fail({"the reduction \"", reduction, "\" is not supported: only \"add\" is"});
  return with_onnx_indices(c, 1, shape_of(c[0])[axis],
                           [&](const auto& at) -> X { return scatter_add(c[0], at, c[2], Axis(axis)); });
}

}  // namespace minigrad::inline MINIGRAD_ABI::detail
