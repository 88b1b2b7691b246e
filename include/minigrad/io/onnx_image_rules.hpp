// io/onnx_image_rules.hpp - what ONNX's ops on images compute: convolutions, pooling, resizing. Not part of
// minigrad.hpp.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "../ops/conv.hpp"
#include "../ops/resample.hpp"
#include "onnx_call.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

/// The attributes of a node on images, which have one axis or two.
template <class X>
struct OnnxImage {
  const OnnxCall<X>& c;
  std::size_t axes;
  bool same_upper = false, same_lower = false;
  bool same() const { return same_upper || same_lower; }

  explicit OnnxImage(const OnnxCall<X>& call) : c(call), axes(shape_of(call[0]).rank() - 2) {
    const Shape& shape = shape_of(c[0]);
    if (shape.rank() != 3 && shape.rank() != 4)
      c.fail({shape, " is not supported: only [rows, channels, length] and [rows, channels, height, width] are"});
    const std::string pad = c.text("auto_pad", "NOTSET");
    same_upper = pad == "SAME_UPPER", same_lower = pad == "SAME_LOWER";
    if (!same() && pad != "NOTSET" && pad != "VALID") c.fail({"auto_pad ", pad, " is not supported"});
  }

  /// The attribute pads at the beginning or the end of each axis, or what auto_pad says: the result has as many places
  /// as there are strides in the image.
  Shape pads(bool at_end, const Shape& kernel) const {
    if (!same()) return numbers("pads", at_end ? axes : 0, 0, 0);
    const Shape stride = numbers("strides", 0, 1, 1), dilation = numbers("dilations", 0, 1, 1);
    Shape out;
    for (std::size_t k = 0; k < axes; ++k) {
      const std::size_t extent = shape_of(c[0])[k + 2], result = (extent + stride[k] - 1) / stride[k];
      const std::size_t needed = (result == 0 ? 0 : result - 1) * stride[k] + (kernel[k] - 1) * dilation[k] + 1;
      const std::size_t all = needed > extent ? needed - extent : 0;
      out.push_back(at_end == same_upper ? all - all / 2 : all / 2);
    }
    return out;
  }

  /// Numbers from `fewest` on, one for each axis, from place `from` of a list; or so many times `otherwise`.
  Shape numbers(const char* name, std::size_t from, std::int64_t fewest, std::size_t otherwise) const {
    Shape out;
    const OnnxAttribute* found = c.node.find(name);
    for (std::size_t k = 0; k < axes; ++k) {
      if (found && found->integers.size() < from + axes) c.fail({name, " has ", found->integers.size(), " numbers"});
      const std::int64_t one = found ? found->integers[from + k] : static_cast<std::int64_t>(otherwise);
      if (one < fewest || one > 1 << 24) c.fail({name, " of ", one});
      out.push_back(static_cast<std::size_t>(one));
    }
    return out;
  }
  /// The extents of the kernel, which are those of a weight where there is one.
  Shape kernel(const Shape* weight) const {
    if (!weight) return numbers("kernel_shape", 0, 1, 0);
    if (weight->rank() != axes + 2) c.fail({"a weight ", *weight, " for images of ", axes, " axes"});
    Shape out;
    for (std::size_t k = 2; k < weight->rank(); ++k) out.push_back((*weight)[k]);
    if (out.size() == 0 || (c.node.find("kernel_shape") && numbers("kernel_shape", 0, 1, 1) != out))
      c.fail({"kernel_shape is not that of the weight ", *weight});
    return out;
  }
  ConvAttributes conv() const {
    const std::int64_t groups = c.integer("group", 1);
    if (groups < 1 || groups > 1 << 24) c.fail({"group of ", groups});
    const Shape weight = shape_of(c[1]);
    const Shape extents = kernel(&weight);
    return {c.node.op.c_str(),
            extents,
            numbers("strides", 0, 1, 1),
            pads(false, extents),
            pads(true, extents),
            numbers("dilations", 0, 1, 1),
            numbers("output_padding", 0, 0, 0),
            static_cast<std::size_t>(groups)};
  }
  WindowAttributes window() const {
    const Shape extents = kernel(nullptr);
    WindowAttributes out{c.node.op.c_str(), extents, numbers("strides", 0, 1, 1), pads(false, extents),
                         numbers("dilations", 0, 1, 1)};
    out.ceil_mode = c.integer("ceil_mode", 0) != 0;
    if (pads(true, extents) != out.padding) c.fail({"pads that differ at both ends are not supported"});
    for (std::size_t k = 0; k < axes; ++k)
      if (2 * out.padding[k] > out.kernel[k]) c.fail({"pads of more than half of kernel_shape are not supported"});
    return out;
  }
};

template <class X>
X onnx_conv(const OnnxCall<X>& c) {
  const ConvAttributes a = OnnxImage<X>(c).conv();
  return c.has(2) ? X(conv_bias_op.apply(a, c[0], c[1], c[2])) : X(conv_op.apply(a, c[0], c[1]));
}
template <class X>
X onnx_conv_transpose(const OnnxCall<X>& c) {
  const OnnxImage<X> image(c);
  if (image.same()) c.fail({"auto_pad is not supported: give pads"});
  const ConvAttributes a = image.conv();
  for (std::size_t k = 0; k < a.axes(); ++k)
    if (a.output_padding[k] >= a.stride[k] && a.output_padding[k] >= a.dilation[k])
      c.fail({"output_padding of ", a.output_padding[k]});
  return c.has(2) ? X(conv_transpose_bias_op.apply(a, c[0], c[1], c[2])) : X(conv_transpose_op.apply(a, c[0], c[1]));
}
template <class X>
X onnx_avg_pool(const OnnxCall<X>& c) {
  const OnnxImage<X> image(c);
  ResampleAttributes a{Resample::avg_pool, image.window()};
  a.count_include_pad = c.integer("count_include_pad", 0) != 0;
  if (a.count_include_pad && a.window.ceil_mode) c.fail({"ceil_mode with count_include_pad is not supported"});
  return resample(a, c[0]);
}
template <class X>
X onnx_global_avg_pool(const OnnxCall<X>& c) {
  const OnnxImage<X> image(c);
  ResampleAttributes a{Resample::adaptive_avg_pool, {}};
  a.window.op = "GlobalAveragePool";
  for (std::size_t k = 0; k < image.axes; ++k) a.output.push_back(1);
  a.window.kernel = a.output;
  return resample(a, c[0]);
}

/// Resize, and Upsample of opsets 7 to 9. The numbers of the result are those that PyTorch's Upsample gives.
template <class X>
X onnx_resize(const OnnxCall<X>& c) {
  const OnnxImage<X> image(c);
  const bool upsample = c.node.op == "Upsample";
  const std::string mode = c.text("mode", "nearest");
  const std::string places = c.text("coordinate_transformation_mode", upsample ? "asymmetric" : "half_pixel");
  const bool nearest = mode == "nearest" && places == "asymmetric" &&
                       (upsample || c.text("nearest_mode", "round_prefer_floor") == "floor");
  const bool corners = places == "align_corners", pytorch = places == "pytorch_half_pixel";
  if (!nearest && (mode != "linear" || !(corners || pytorch || places == "half_pixel")))
    c.fail({"mode ", mode, " with ", places, " is not supported"});
  ResampleAttributes a{nearest ? Resample::upsample_nearest : Resample::upsample_linear, {}};
  a.window.op = c.node.op.c_str();
  a.window.kernel = image.axes == 2 ? Shape{1, 1} : Shape{1};
  a.align_corners = corners;
  const Shape shape = shape_of(c[0]);
  const auto require_axes = [&](std::size_t count) {
    if (count != shape.rank()) c.fail({count, " numbers for the axes of ", shape});
  };
  if (c.has(3)) {
    const auto sizes = c.list("", 3);
    require_axes(sizes.size());
    a.output = c.shape_of_list({sizes.begin() + 2, sizes.end()});
    for (std::size_t k = 0; k < image.axes; ++k)
      if (pytorch && a.output[k] == 1 && shape[k + 2] > 1) c.fail({places, " to an extent of 1 is not supported"});
    return resample(a, c[0]);
  }
  std::vector<double> scales;
  const std::size_t at = upsample ? 1 : 2;
  if (c.has(at))
    for (const auto one : constant_value(c[at])) scales.push_back(static_cast<double>(one));
  else if (const OnnxAttribute* list = c.node.find("scales"))
    scales.assign(list->reals.begin(), list->reals.end());
  require_axes(scales.size());
  if (scales[0] != 1 || scales[1] != 1) c.fail({"another number of rows or channels is not supported"});
  for (std::size_t k = 0; k < image.axes; ++k) {
    if (!(scales[k + 2] > 0 && scales[k + 2] <= 1024)) c.fail({"a scale of ", scales[k + 2]});
    const double extent = scales[k + 2] * static_cast<double>(shape[k + 2]);
    if (pytorch && extent < 2 && shape[k + 2] > 1) c.fail({places, " to an extent of 1 is not supported"});
    if (corners && std::fabs(extent - std::round(extent)) > 1e-4 * extent)
      c.fail({"align_corners and a scale of ", scales[k + 2], " for ", shape, " is not supported: sizes are"});
    a.scale[k] = scales[k + 2];
  }
  return resample(a, c[0]);
}

template <class X>
struct OnnxImageRules : OnnxTable<OnnxImageRules<X>> {
  using C = const OnnxCall<X>&;
  static constexpr OnnxRule<X> all[] = {
      {"Conv", 2, 3, "auto_pad dilations group kernel_shape pads strides ", [](C c) -> X { return onnx_conv(c); }},
      {"ConvTranspose", 2, 3, "auto_pad dilations group kernel_shape output_padding pads strides ",
       [](C c) -> X { return onnx_conv_transpose(c); }},
      {"MaxPool", 1, 1, "auto_pad ceil_mode dilations kernel_shape pads storage_order strides ",
       [](C c) -> X { return max_pool(OnnxImage<X>(c).window(), c[0]); }},
      {"AveragePool", 1, 1, "auto_pad ceil_mode count_include_pad kernel_shape pads strides ",
       [](C c) -> X { return onnx_avg_pool(c); }},
      {"GlobalMaxPool", 1, 1, "",
       [](C c) -> X {
         X y = c[0];
         for (std::size_t axis = 2; axis < shape_of(c[0]).rank(); ++axis) y = (max)(y, Axis(axis), true);
         return y;
       }},
      {"GlobalAveragePool", 1, 1, "", [](C c) -> X { return onnx_global_avg_pool(c); }},
      {"Resize", 1, 4, "coordinate_transformation_mode cubic_coeff_a mode nearest_mode ",
       [](C c) -> X { return onnx_resize(c); }},
      {"Upsample", 1, 2, "mode scales ", [](C c) -> X { return onnx_resize(c); }},
  };
};

}  // namespace minigrad::inline MINIGRAD_ABI::detail
