// ops/conv.hpp - the table of convolutions along one axis or two. The rules of each are the other two.
//
//   y = conv(x, w)                   y[co, i] = sum over ci, k of  x[ci, i stride + k dilation - padding] w[co, ci, k]
//   x = conv_transpose(y, w)         the same sum the other way round: x from y and w
//   w = conv_weight(x, y)            w from x and y
//
// Each is linear in both of its inputs, and what passes back through one form is another: dL/dx of conv is
// conv_transpose(g, w), and dL/dw is conv_weight(x, g).
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

#include "../tensor/conv.hpp"
#include "channels.hpp"

namespace minigrad::inline MINIGRAD_ABI {
namespace detail {

/// What a convolution is told besides its operands: one number for each axis of an image. Along each axis
///   x + padding + padding_end = (y - 1) stride + (kernel - 1) dilation + 1 + output_padding
/// where `output_padding` numbers at the end of x, which no tap reaches, are what is left of a division.
struct ConvAttributes {
  const char* op;
  Shape kernel, stride, padding, padding_end, dilation, output_padding;
  std::size_t groups;

  void describe(auto& list) const {
    list("kernel", kernel);
    list("stride", stride);
    list("padding", padding);
    if (padding_end != padding) list("padding_end", padding_end);
    list("dilation", dilation);
    bool extra = false;
    for (const std::size_t one : output_padding) extra = extra || one > 0;
    if (extra) list("output_padding", output_padding);
    list("groups", groups);
  }

  std::size_t axes() const { return kernel.rank(); }
  std::size_t reach(std::size_t axis) const { return (kernel[axis] - 1) * dilation[axis] + 1; }
  /// The extent of y for one of x, with what is left; and that of x for one of y.
  std::size_t padded(std::size_t axis, std::size_t x) const {
    return x + padding[axis] + padding_end[axis] - output_padding[axis];
  }
  std::size_t y_extent(std::size_t axis, std::size_t x) const {
    return (padded(axis, x) - reach(axis)) / stride[axis] + 1;
  }
  std::size_t x_extent(std::size_t axis, std::size_t y) const {
    return (y - 1) * stride[axis] + reach(axis) + output_padding[axis] - padding[axis] - padding_end[axis];
  }

  /// The form for gradients with respect to x of this shape.
  ConvAttributes for_x(const Shape& x) const {
    ConvAttributes out = *this;
    for (std::size_t axis = 0; axis < axes(); ++axis)
      out.output_padding[axis] += (padded(axis, x[axis + 2]) - reach(axis)) % stride[axis];
    return out;
  }

  ConvGeometry geometry(const Shape& x, const Shape& y) const {
    const auto axis = [&](std::size_t k) {
      return ConvAxis{x[k + 2], y[k + 2], kernel[k], stride[k], padding[k], dilation[k]};
    };
    return {x[0], groups, x[1] / groups, y[1] / groups, axes() == 2 ? axis(0) : ConvAxis{}, axis(axes() - 1)};
  }

  /// The shape of y for x and weight [co, ci / groups, kernel...]. Throws ShapeError.
  Shape y_shape(const Shape& x, const Shape& w) const {
    require_rank(x, w);
    const auto refuse = [&](std::initializer_list<FormatArg> why) {
      fail<ShapeError>({op, ": x ", x, " and weight ", w, ": ", concat(why)});
    };
    if (x[1] != w[1] * groups)
      refuse({"x has ", x[1], " channels, and this weight, with ", groups, groups == 1 ? " group" : " groups",
              ", takes ", w[1] * groups});
    Shape y{x[0], w[0]};
    for (std::size_t k = 0; k < axes(); ++k) {
      if (padded(k, x[k + 2]) < reach(k))
        refuse({"the kernel reaches over ", reach(k), " numbers along axis ", k + 2, ", and x has ", x[k + 2], " and ",
                padding[k] + padding_end[k], " of padding: take a smaller kernel, or more padding"});
      y.push_back(y_extent(k, x[k + 2]));
    }
    return y;
  }
  /// The shape of x for y and weight. Throws ShapeError.
  Shape x_shape(const Shape& y, const Shape& w) const {
    require_rank(y, w);
    const auto refuse = [&](std::initializer_list<FormatArg> why) {
      fail<ShapeError>({op, ": x ", y, " and weight ", w, ": ", concat(why)});
    };
    if (y[1] != w[0]) refuse({"x has ", y[1], " channels, and this weight takes ", w[0]});
    Shape x{y[0], w[1] * groups};
    for (std::size_t k = 0; k < axes(); ++k) {
      const std::size_t whole = (y[k + 2] - 1) * stride[k] + reach(k) + output_padding[k];
      if (y[k + 2] == 0 || whole <= padding[k] + padding_end[k])
        refuse(
            {"nothing is left along axis ", k + 2, " when ", padding[k] + padding_end[k], " of padding are taken off"});
      x.push_back(x_extent(k, y[k + 2]));
    }
    return x;
  }

 private:
  void require_rank(const Shape& x, const Shape& w) const {
    if (x.rank() != axes() + 2)
      fail<ShapeError>({op, ": x ", x, ": must be [n, channels, ", axes() == 2 ? "height, width" : "length",
                        "]: one image of them is reshaped to [1, channels, ...]"});
    if (w.rank() != axes() + 2 || w[0] % groups != 0 || w[0] == 0 || w[1] == 0)
      fail<ShapeError>({op, ": weight ", w, ": must have ", axes() + 2,
                        " axes, and a first extent that is a multiple of ", groups,
                        groups == 1 ? " group" : " groups"});
  }
};

template <class T>
Tensor<T> conv_value(const ConvAttributes& a, const Tensor<T>& x, const Tensor<T>& w, const Tensor<T>* bias) {
  auto y = Tensor<T>::empty(a.y_shape(x.shape(), w.shape()));
  require_bias(a, bias, y.shape());
  conv(a.geometry(x.shape(), y.shape()), x.data(), w.data(), bias ? bias->data() : nullptr, y.data());
  return y;
}
template <class T>
Tensor<T> conv_transpose_value(const ConvAttributes& a, const Tensor<T>& y, const Tensor<T>& w, const Tensor<T>* bias) {
  auto x = Tensor<T>::empty(a.x_shape(y.shape(), w.shape()));
  require_bias(a, bias, x.shape());
  conv_transpose(a.geometry(x.shape(), y.shape()), y.data(), w.data(), bias ? bias->data() : nullptr, x.data());
  return x;
}
template <class T>
Tensor<T> conv_weight_value(const ConvAttributes& a, const Tensor<T>& x, const Tensor<T>& y) {
  Shape shape{y.shape()[1], x.shape()[1] / a.groups};
  for (const std::size_t extent : a.kernel) shape.push_back(extent);
  auto w = Tensor<T>::empty(shape);
  conv_weight(a.geometry(x.shape(), y.shape()), x.data(), y.data(), w.data());
  return w;
}
template <class T>
void require_bias(const ConvAttributes& a, const Tensor<T>* bias, const Shape& result) {
  if (bias && bias->shape() != Shape{result[1]})
    fail<ShapeError>({a.op, ": bias ", bias->shape(), ": must be [", result[1],
                      "], one number for each channel of the "
                      "result"});
}

template <class T>
const Tensor<T>* no_bias(const Tensor<T>&) {
  return nullptr;
}

/// conv(x, w), and with a bias for each channel. dL/dx = conv_transpose(g, w), dL/dw = conv_weight(x, g), and dL/db is
/// the sum of g over all but the channels.
inline constexpr auto conv_op = record(
    "conv", [](const auto& a, const auto& x, const auto& w) { return conv_value(a, x, w, no_bias(x)); },
    [](const auto& a, const auto& g, const auto& x, const auto& w) {
      return conv_transpose(a.for_x(shape_of(x)), g, w);
    },
    [](const auto& a, const auto& g, const auto& x, auto&&) { return conv_weight(a, x, g); });
inline constexpr auto conv_bias_op = record(
    "conv", [](const auto& a, const auto& x, const auto& w, const auto& b) { return conv_value(a, x, w, &b); },
    [](const auto& a, const auto& g, const auto& x, const auto& w, auto&&) {
      return conv_transpose(a.for_x(shape_of(x)), g, w);
    },
    [](const auto& a, const auto& g, const auto& x, auto&&, auto&&) { return conv_weight(a, x, g); },
    [](const auto&, const auto& g) { return channel_sum(g); });
/// conv_transpose(y, w), and with a bias. dL/dy = conv(g, w), dL/dw = conv_weight(g, y).
inline constexpr auto conv_transpose_op = record(
    "conv_transpose",
    [](const auto& a, const auto& y, const auto& w) { return conv_transpose_value(a, y, w, no_bias(y)); },
    [](const auto& a, const auto& g, auto&&, const auto& w) { return conv(a, g, w); },
    [](const auto& a, const auto& g, const auto& y, auto&&) { return conv_weight(a, g, y); });
inline constexpr auto conv_transpose_bias_op = record(
    "conv_transpose",
    [](const auto& a, const auto& y, const auto& w, const auto& b) { return conv_transpose_value(a, y, w, &b); },
    [](const auto& a, const auto& g, auto&&, const auto& w, auto&&) { return conv(a, g, w); },
    [](const auto& a, const auto& g, const auto& y, auto&&, auto&&) { return conv_weight(a, g, y); },
    [](const auto&, const auto& g) { return channel_sum(g); });
/// conv_weight(x, y). dL/dx = conv_transpose(y, g), dL/dy = conv(x, g).
inline constexpr auto conv_weight_op = record(
    "conv_weight", [](const auto& a, const auto& x, const auto& y) { return conv_weight_value(a, x, y); },
    [](const auto& a, const auto& g, const auto& x, const auto& y) {
      return conv_transpose(a.for_x(shape_of(x)), y, g);
    },
    [](const auto& a, const auto& g, const auto& x, auto&&) { return conv(a, x, g); });

template <class X, class W>
auto conv(const ConvAttributes& a, const X& x, const W& w) {
  return conv_op.apply(a, x, w);
}
template <class Y, class W>
auto conv_transpose(const ConvAttributes& a, const Y& y, const W& w) {
  return conv_transpose_op.apply(a, y, w);
}
template <class X, class Y>
auto conv_weight(const ConvAttributes& a, const X& x, const Y& y) {
  return conv_weight_op.apply(a, x, y);
}

}  // namespace detail
}  // namespace minigrad::inline MINIGRAD_ABI
