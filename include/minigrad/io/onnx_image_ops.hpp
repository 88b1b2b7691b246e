// io/onnx_image_ops.hpp - how the ops of image layers are written in ONNX's: convolutions, pooling, upsampling. They
// are known by their names and attributes, so that no header of theirs is needed. Not part of minigrad.hpp.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "onnx_writer.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

/// The numbers of an attribute, one for each axis of an image; so many times `otherwise` if it is not there.
inline std::vector<std::int64_t> per_axis(const RecordedOp& op, const char* name, std::int64_t otherwise) {
  std::vector<std::int64_t> out;
  if (const Attribute* found = op.find(name))
    for (const double one : found->numbers) out.push_back(static_cast<std::int64_t>(one));
  else
    out.assign(op.shapes[0].rank() - 2, otherwise);
  return out;
}
/// The same as a list for both ends of each axis: the beginnings, then the ends.
inline std::vector<std::int64_t> pads_of(const RecordedOp& op) {
  std::vector<std::int64_t> out = per_axis(op, "padding", 0);
  const std::vector<std::int64_t> end = op.find("padding_end") ? per_axis(op, "padding_end", 0) : out;
  out.insert(out.end(), end.begin(), end.end());
  return out;
}
/// The extents of an image and of the result, which must not depend on the batch.
inline void require_images(const RecordedOp& op) {
  for (std::size_t k = 1; k < op.shape.rank(); ++k)
    if (op.shapes[0][k] != op.other_shapes[0][k]) op.fail({"the extents of its images depend on the batch size"});
}

inline std::string write_conv(OnnxWriter& to, const RecordedOp& op, const char* onnx) {
  to.with_list("kernel_shape", per_axis(op, "kernel", 1)).with_list("strides", per_axis(op, "stride", 1));
  to.with_list("pads", pads_of(op)).with_list("dilations", per_axis(op, "dilation", 1));
  if (op.find("output_padding")) to.with_list("output_padding", per_axis(op, "output_padding", 0));
  return to.with("group", op.integer("groups")).node(onnx, op.inputs);
}

inline std::string write_max_pool(OnnxWriter& to, const RecordedOp& op, const char* onnx) {
  to.with_list("kernel_shape", per_axis(op, "kernel", 1)).with_list("strides", per_axis(op, "stride", 1));
  to.with_list("pads", pads_of(op)).with_list("dilations", per_axis(op, "dilation", 1));
  return to.with("ceil_mode", op.integer("ceil_mode")).node(onnx, op.inputs);
}

inline std::string write_avg_pool(OnnxWriter& to, const RecordedOp& op, const char* onnx) {
  require_images(op);
  if (op.find("divisor_override")) op.fail({"divisor_override has no counterpart in ONNX"});
  const auto kernel = per_axis(op, "kernel", 1), stride = per_axis(op, "stride", 1),
             padding = per_axis(op, "padding", 0);
  bool beyond = false;  // whether the last windows reach beyond the padding
  for (std::size_t k = 0; k < kernel.size(); ++k) {
    const auto room = static_cast<std::int64_t>(op.shapes[0][k + 2]) + 2 * padding[k];
    beyond = beyond || (static_cast<std::int64_t>(op.shape[k + 2]) - 1) * stride[k] + kernel[k] > room;
  }
  const bool counts = op.number("count_include_pad") != 0;
  if (beyond && counts) op.fail({"ceil_mode with count_include_pad: programs differ in what they divide by"});
  to.with_list("kernel_shape", kernel).with_list("strides", stride).with_list("pads", pads_of(op));
  return to.with("ceil_mode", beyond).with("count_include_pad", counts).node(onnx, op.inputs);
}

/// Windows of one size, which is where the extents divide each other.
inline std::string write_adaptive_avg_pool(OnnxWriter& to, const RecordedOp& op, const char* onnx) {
  require_images(op);
  bool global = true;
  std::vector<std::int64_t> window;
  for (std::size_t k = 2; k < op.shape.rank(); ++k) {
    global = global && op.shape[k] == 1;
    if (op.shapes[0][k] % op.shape[k] != 0)
      op.fail({op.shapes[0], " to ", op.shape, ": its windows differ in size, which has no counterpart in ONNX"});
    window.push_back(static_cast<std::int64_t>(op.shapes[0][k] / op.shape[k]));
  }
  if (global) return to.node("GlobalAveragePool", op.inputs);
  return to.with_list("kernel_shape", window).with_list("strides", window).node(onnx, op.inputs);
}

inline std::string write_upsample(OnnxWriter& to, const RecordedOp& op, const char* onnx) {
  require_images(op);
  const bool nearest = op.op == "upsample_nearest", corners = !nearest && op.number("align_corners") != 0;
  std::vector<float> scales{1, 1};
  for (std::size_t k = 2; k < op.shape.rank(); ++k) {
    const auto from = static_cast<float>(op.shapes[0][k]), result = static_cast<float>(op.shape[k]);
    const bool width = k > 2 && op.find("scale_width"), exact = !op.find("scale") || corners;
    float scale = exact ? result / from : static_cast<float>(op.number(width ? "scale_width" : "scale"));
    while (std::floor(double{scale} * double{from}) < double{result})  // which readers round down
      scale = std::nextafter(scale, 2 * scale);
    scales.push_back(scale);
  }
  const std::string list = to.constant(to.unique("scales"), OnnxType::real32, Shape{scales.size()},
                                       {reinterpret_cast<const char*>(scales.data()), scales.size() * sizeof(float)});
  to.with_text("mode", nearest ? "nearest" : "linear");
  const char* place = corners ? "align_corners" : "half_pixel";
  to.with_text("coordinate_transformation_mode", nearest ? "asymmetric" : place);
  if (nearest) to.with_text("nearest_mode", "floor");
  return to.node(onnx, {op.inputs[0], "", list});
}

}  // namespace minigrad::inline MINIGRAD_ABI::detail
