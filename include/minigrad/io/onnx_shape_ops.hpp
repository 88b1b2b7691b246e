// io/onnx_shape_ops.hpp - how the ops are written in ONNX's that give the same elements another shape, order or number:
// what in them depends on the batch size, and what must not. Not part of minigrad.hpp.
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

inline std::string write_reshape(OnnxWriter& to, const RecordedOp& op, const char* onnx) {
  if (const Attribute* shape = op.find("shape"); shape && op.shape != op.other_shape) {
    bool inferred = false;
    for (const double extent : shape->numbers) inferred = inferred || extent < 0;
    if (!inferred) op.fail({"its shape ", op.shape, " depends on the batch size: write -1 for the rows"});
  }
  return to.node(onnx, {op.inputs[0], to.integers(op.target_shape())});
}
/// An axis whose extent stays is 1 in the target of Expand, so that it may depend on the batch size.
inline std::string write_expand(OnnxWriter& to, const RecordedOp& op, const char* onnx) {
  std::vector<std::int64_t> target;
  const std::size_t rank = op.shape.rank();
  for (std::size_t i = rank; i-- > 0;) {
    const bool same = op.shape.from_right(i) == op.shapes[0].from_right(i) && i < op.shapes[0].rank();
    if (!same && op.shape.from_right(i) != op.other_shape.from_right(i))
      op.fail({"its shape ", op.shape, " depends on the batch size"});
    target.push_back(same ? 1 : static_cast<std::int64_t>(op.shape.from_right(i)));
  }
  return to.node(onnx, {op.inputs[0], to.integers(target)});
}

inline std::string write_transpose(OnnxWriter& to, const RecordedOp& op, const char* onnx) {
  std::vector<std::int64_t> order;
  for (std::size_t i = 0; i < op.shape.rank(); ++i) {
    const double axis = op.op == "permute" ? op.find("perm")->numbers[i] : static_cast<double>(i);
    order.push_back(static_cast<std::int64_t>(Axis(static_cast<int>(axis)).in("permute", op.shape)));
  }
  if (op.op == "transpose")
    std::swap(order[Axis(op.integer("first")).in("transpose", op.shape)],
              order[Axis(op.integer("second")).in("transpose", op.shape)]);
  return to.with_list("perm", order).node(onnx, op.inputs);
}
/// The places before and after each axis are listed from the last axis here, and from the first there.
inline std::string write_pad(OnnxWriter& to, const RecordedOp& op, const char* onnx) {
  const Attribute* const places = op.find("pads");
  const std::size_t rank = op.shape.rank();
  std::vector<std::int64_t> pads(2 * rank);
  for (std::size_t i = 0; i < places->numbers.size(); ++i) {
    if (places->numbers[i] < 0) op.fail({"with places below 0, which cut off, it is not exported: take slice()"});
    pads[rank - 1 - i / 2 + i % 2 * rank] = static_cast<std::int64_t>(places->numbers[i]);
  }
  return to.node(onnx, {op.inputs[0], to.integers(pads), to.number(op.number("value"))});
}
/// Places along axes. An axis of which all is taken is left out, so that its extent may depend on the batch size. Of one
/// that does, places are counted from the end where that makes them the same in all recordings.
inline std::string write_slice(OnnxWriter& to, const RecordedOp& op, const char* onnx) {
  const bool strided = op.op == "strided_slice";  // of all axes, and with steps
  std::vector<std::int64_t> lists[4];             // begin, end, axis, step
  for (std::size_t i = 0; i < (strided ? op.shape.rank() : 1); ++i) {
    const std::size_t axis = strided ? i : Axis(op.integer("axis")).in("slice", op.shape);
    const std::size_t extents[] = {op.shapes[0][axis], op.other_shapes[0][axis], op.far_input[axis]};
    const std::size_t results[] = {op.shape[axis], op.other_shape[axis], op.far_shape[axis]};
    const std::vector<Attribute>* const all[] = {&op.attributes, &op.other_attributes, &op.far_attributes};
    const auto number = [&](int k, const char* name, const char* list) {  // in one of the three recordings
      return static_cast<std::int64_t>(RecordedOp::find_in(*all[k], strided ? list : name)->numbers[i]);
    };
    const std::int64_t step = strided ? number(0, "", "steps") : 1;
    if (step == 1 && std::equal(extents, extents + 3, results)) continue;
    bool to_the_end = extents[0] != extents[1];
    for (int k = 0; k < 3; ++k)
      to_the_end = to_the_end && number(k, "end", "ends") + step > static_cast<std::int64_t>(extents[k]);
    const auto place = [&](const char* name, const char* list) {
      const std::int64_t here = number(0, name, list), back = here - static_cast<std::int64_t>(extents[0]);
      bool same = true, from_the_end = true;
      for (int k = 1; k < 3; ++k) {
        same = same && number(k, name, list) == here;
        from_the_end = from_the_end && number(k, name, list) - static_cast<std::int64_t>(extents[k]) == back;
      }
      if (!same && !from_the_end)
        op.fail({op.difference.empty() ? "which places it takes depends on the batch size" : op.difference});
      return same ? here : back;
    };
    lists[0].push_back(place("begin", "starts"));
    lists[1].push_back(to_the_end ? (std::numeric_limits<std::int64_t>::max)() : place("end", "ends"));
    lists[2].push_back(static_cast<std::int64_t>(axis));
    if (strided) lists[3].push_back(step);
  }
  std::vector<std::string> inputs = op.inputs;
  if (lists[0].empty()) return to.node("Identity", inputs);
  for (const auto& list : lists)
    if (!list.empty()) inputs.push_back(to.integers(list));
  return to.node(onnx, inputs);
}
/// Ops that are written by their shapes in both recordings: their attributes may differ.
inline bool looks_at_shapes(std::string_view op) {
  return op == "reshape" || op == "broadcast_to" || op == "slice" || op == "strided_slice";
}

}  // namespace minigrad::inline MINIGRAD_ABI::detail
