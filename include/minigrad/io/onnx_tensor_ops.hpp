// io/onnx_tensor_ops.hpp - how the ops are written in ONNX's that are included by name: running sums, triangles, turned
// and moved axes, sorting, elements at indices. They are known by their names and attributes. Not part of minigrad.hpp.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "onnx_writer.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

/// A shape as an input of a node. Where its first extent is the batch size, that is taken from the first input of the op.
inline std::string shape_input(OnnxWriter& to, const RecordedOp& op, const Shape& shape, bool free_rows) {
  std::vector<std::int64_t> extents(shape.begin(), shape.end());
  if (!free_rows) return to.integers(extents);
  extents.erase(extents.begin());
  const std::string rows = to.with("start", 0).with("end", 1).node("Shape", {op.inputs[0]});
  if (extents.empty()) return rows;
  return to.with("axis", 0).node("Concat", {rows, to.integers(extents)});
}
/// Whether the first extent of a shape, and no other, is the batch size in both recordings, as that of the first input
/// is.
inline bool has_free_rows(const RecordedOp& op, Shape shape, const Shape& other) {
  const bool free = shape.rank() > 0 && other.rank() > 0 && shape[0] != other[0] && op.shapes[0].rank() > 0 &&
                    op.shapes[0][0] == shape[0] && op.other_shapes[0][0] == other[0];
  if (free) shape[0] = other[0];
  if (shape != other)
    op.fail({"its shape is ", shape, " for 2 rows and ", other, " for 3: it depends on the batch size"});
  return free;
}

/// Indices that an op reads, in both recordings, as a constant. Where all rows are alike, there may be as many as x has.
inline std::string write_indices(OnnxWriter& to, const RecordedOp& op, const char* name, const Tensor<std::int64_t>& here,
                                 const Tensor<std::int64_t>& other) {
  const auto constant = [&](const Shape& shape) {
    return to.initializer(to.unique("indices"), OnnxType::i64, shape,
                          {reinterpret_cast<const char*>(here.data()), shape.size() * sizeof(std::int64_t)});
  };
  if (here.shape() == other.shape() && std::equal(here.begin(), here.end(), other.begin())) return constant(here.shape());
  Shape row = here.shape();
  if (row.rank() > 0) row[0] = 1;
  const auto repeats = [&](const Tensor<std::int64_t>& all) {
    for (std::size_t i = 0; i < all.size(); ++i)
      if (all.data()[i] != here.data()[i % row.size()]) return false;
    return true;
  };
  if (here.rank() != other.rank() || !repeats(here) || !repeats(other))
    op.fail({"its ", name, " depend on the batch size"});
  const bool free = has_free_rows(op, here.shape(), other.shape());
  return to.node("Expand", {constant(row), shape_input(to, op, here.shape(), free)});
}

inline std::string write_gather(OnnxWriter& to, const RecordedOp& op, const char* onnx) {
  return to.with("axis", op.integer("axis")).node(onnx, op.inputs);  // the indices are its second input
}
/// Here the source is added to zeros.
inline std::string write_scatter_add(OnnxWriter& to, const RecordedOp& op, const char* onnx) {
  const bool free = has_free_rows(op, op.shape, op.other_shape);
  const std::string zeros = to.node("Expand", {to.number(0), shape_input(to, op, op.shape, free)});
  to.with("axis", op.integer("axis")).with_text("reduction", "add");
  return to.node(onnx, {zeros, op.inputs[1], op.inputs[0]});
}

inline std::string write_cumsum(OnnxWriter& to, const RecordedOp& op, const char* onnx) {
  const std::string axis = to.integer(op.integer("axis"));
  to.with("exclusive", op.number("exclusive") != 0).with("reverse", op.number("reverse") != 0);
  return to.node(onnx, {op.inputs[0], axis});
}
inline std::string write_triangle(OnnxWriter& to, const RecordedOp& op, const char* onnx) {
  const std::string k = to.integer(op.integer("k"));
  return to.with("upper", op.number("upper") != 0).node(onnx, {op.inputs[0], k});
}

/// Places from `begin` to before `end` along axes, all with one step.
inline std::string write_range(OnnxWriter& to, const std::string& x, std::int64_t begin, std::int64_t end,
                               const std::vector<std::int64_t>& axes, std::int64_t step) {
  const auto all = [&](std::int64_t number) { return to.integers(std::vector<std::int64_t>(axes.size(), number)); };
  const std::string first = all(begin), last = all(end), along = to.integers(axes);
  return to.node("Slice", {x, first, last, along, all(step)});
}
inline std::string write_flip(OnnxWriter& to, const RecordedOp& op, const char*) {
  return write_range(to, op.inputs[0], -1, (std::numeric_limits<std::int64_t>::min)(), op.axes(), -1);
}
inline std::string write_roll(OnnxWriter& to, const RecordedOp& op, const char* onnx) {
  const auto axes = op.axes();
  if (op.find("axis")->text == "all" && op.shape.rank() > 1) op.fail({"of all elements it has no counterpart in ONNX"});
  const std::size_t axis = Axis(axes[0]).in("roll", op.shape);
  if (op.shape[axis] != op.other_shape[axis]) op.fail({"along the batch it depends on the batch size"});
  const auto n = static_cast<std::int64_t>(op.shape[axis]);
  const std::int64_t by = n ? (op.integer("shift") % n + n) % n : 0;
  if (by == 0) return to.node("Identity", op.inputs);
  const std::string last = write_range(to, op.inputs[0], n - by, n, axes, 1);
  const std::string first = write_range(to, op.inputs[0], 0, n - by, axes, 1);
  return to.with("axis", axes[0]).node(onnx, {last, first});
}

/// The k first of each line, or all of them.
inline std::string write_topk(OnnxWriter& to, const RecordedOp& op, const char* onnx) {
  const std::int64_t axis = op.integer("axis");
  const std::size_t place = Axis(axis).in("topk", op.shape);
  std::string count;
  if (op.shape[place] == op.other_shape[place]) {
    count = to.integers({static_cast<std::int64_t>(op.shape[place])});
  } else {  // the whole of the batch
    const auto at = static_cast<std::int64_t>(place);
    count = to.with("start", at).with("end", at + 1).node("Shape", {op.inputs[0]});
  }
  to.with("axis", axis).with("largest", op.number(op.op == "topk" ? "largest" : "descending") != 0).with("sorted", 1);
  const std::string values = to.node(onnx, {op.inputs[0], count});
  to.second_output("places");
  return values;
}

}  // namespace minigrad::inline MINIGRAD_ABI::detail
