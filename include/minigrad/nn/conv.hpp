// nn/conv.hpp - convolutions as functions and as layers: Conv1d, Conv2d, ConvTranspose1d, ConvTranspose2d.
//
//   y[n, o, i, j] = bias[o] + sum over c, k, l of  weight[o, c, k, l] x[n, c, i s + k d - p, j s + l d - p]
//
// with stride s, dilation d and padding p: the same small weights at every place of the image. With g groups, output o
// sees the channels of its group alone. Names, defaults, layouts and first weights are PyTorch's. LeCun et al.,
// "Gradient-based learning applied to document recognition", 1998.
#pragma once

#include <cmath>
#include <cstddef>
#include <string>
#include <tuple>
#include <type_traits>

#include "conv_options.hpp"
#include "init.hpp"
#include "module.hpp"

namespace minigrad::inline MINIGRAD_ABI {

namespace detail {

/// What the four layers are: weight and bias, and the attributes of their op.
template <class T, std::size_t Axes, bool Transposed>
class ConvLayer {
 public:
  using Options = std::conditional_t<Transposed, ConvTransposeOptions<Axes>, ConvOptions<Axes>>;
  Parameter<Tensor<T>> weight, bias;

  auto operator()(const auto& x) const& {
    constexpr bool fits = std::is_same_v<scalar_type<std::remove_cvref_t<decltype(x)>>, T>;
    static_assert(fits,
                  "minigrad: the layer and its input hold different number types: convert one, as by x.to<float>()");
    if constexpr (!fits) return x;  // that error is enough
    else if (bias.value().size() == 0) {
      if constexpr (Transposed)
        return conv_transpose_op.apply(attributes_, x, weight);
      else
        return conv_op.apply(attributes_, x, weight);
    } else {
      if constexpr (Transposed)
        return conv_transpose_bias_op.apply(attributes_, x, weight, bias);
      else
        return conv_bias_op.apply(attributes_, x, weight, bias);
    }
  }
  /// Of a temporary layer: a compile error.
  template <class V>
  void operator()(const Var<V>&) && {
    detail::refuse_temporary<V>();
  }

  auto parts() { return std::tie(weight, bias); }
  static constexpr const char* part_names[] = {"weight", "bias"};
  std::string describe() const {
    const Shape& w = weight.value().shape();
    const std::size_t in = Transposed ? w[0] : w[1] * attributes_.groups;
    std::string out =
        concat({name, "(", in, ", ", Transposed ? w[1] * attributes_.groups : w[0], ", kernel ", attributes_.kernel});
    const ConvAttributes& a = attributes_;
    append_unless(out, "stride", a.stride, 1);
    if (a.padding_end != a.padding) out += ", padding same";  // of an even kernel
    else append_unless(out, "padding", a.padding, 0);
    append_unless(out, "dilation", a.dilation, 1);
    append_unless(out, "output_padding", a.output_padding, 0);
    if (a.groups != 1) append(out, {", groups ", a.groups});
    if (bias.value().size() == 0) out += ", no bias";
    return out + ")";
  }

 protected:
  ConvLayer(const char* layer, std::size_t in, std::size_t out, const PerAxis<Axes>& kernel, Rng& rng, const Options& o)
      : weight(Tensor<T>()), bias(Tensor<T>()), name(layer), attributes_(conv_attributes(layer, kernel, o)) {
    const auto i = size_as_given(in), n = size_as_given(out), groups = size_as_given(o.groups);
    if (i < 1 || n < 1 || groups < 1 || in % o.groups != 0 || out % o.groups != 0)
      fail<ValueError>({layer, ": ", i, " channels in, ", n, " out, ", groups,
                        " groups: both must be multiples of "
                        "the groups, and at least 1"});
    Shape shape = Transposed ? Shape{in, out / o.groups} : Shape{out, in / o.groups};
    for (std::size_t k = 0; k < Axes; ++k) shape.push_back(kernel[k]);
    weight.edit() = Tensor<T>::empty(shape);
    init::kaiming_uniform_(weight.edit(), rng, std::sqrt(5.0));
    if (!o.bias) return;
    const double bound = 1 / std::sqrt(init::fans("bias", weight.value()).in);
    bias.edit() = Tensor<T>::empty({out});
    init::uniform_(bias.edit(), -bound, bound, rng);
  }

 private:
  static void append_unless(std::string& out, const char* what, const Shape& numbers, std::size_t usual) {
    for (const std::size_t one : numbers)
      if (one != usual) return append(out, {", ", what, " ", numbers});
  }
  const char* name;
  ConvAttributes attributes_;
};

}  // namespace detail

/// The layers: x [n, in, ...] gives [n, out, ...]. weight is [out, in / groups, kernel...], bias is [out], and there is
/// none with {.bias = false}. Both are initialized from U(-b, b), b = 1 / sqrt(in / groups * numbers of the kernel).
/// Throw ValueError for channels that are 0 or no multiple of the groups, and for a kernel, stride or dilation of 0;
/// called, ShapeError where x has other channels or is smaller than the kernel.
template <class T = float>
struct Conv1d : detail::ConvLayer<T, 1, false> {
  Conv1d(std::size_t in, std::size_t out, PerAxis<1> kernel, Rng& rng, const ConvOptions<1>& options = {})
      : detail::ConvLayer<T, 1, false>("Conv1d", in, out, kernel, rng, options) {}
};
/// The same for images: x [n, in, height, width], weight [out, in / groups, height, width].
template <class T = float>
struct Conv2d : detail::ConvLayer<T, 2, false> {
  Conv2d(std::size_t in, std::size_t out, PerAxis<2> kernel, Rng& rng, const ConvOptions<2>& options = {})
      : detail::ConvLayer<T, 2, false>("Conv2d", in, out, kernel, rng, options) {}
};

/// The convolution turned round: what passes gradients back through Conv2d, as a layer, which makes images larger.
/// Along an axis y = (x - 1) stride - 2 padding + (kernel - 1) dilation + 1 + output_padding. weight is [in, out /
/// groups, kernel...], bias is [out].
template <class T = float>
struct ConvTranspose1d : detail::ConvLayer<T, 1, true> {
  ConvTranspose1d(std::size_t in, std::size_t out, PerAxis<1> kernel, Rng& rng,
                  const ConvTransposeOptions<1>& options = {})
      : detail::ConvLayer<T, 1, true>("ConvTranspose1d", in, out, kernel, rng, options) {}
};
/// The same for images: x [n, in, height, width] gives a larger one.
template <class T = float>
struct ConvTranspose2d : detail::ConvLayer<T, 2, true> {
  ConvTranspose2d(std::size_t in, std::size_t out, PerAxis<2> kernel, Rng& rng,
                  const ConvTransposeOptions<2>& options = {})
      : detail::ConvLayer<T, 2, true>("ConvTranspose2d", in, out, kernel, rng, options) {}
};

/// The functions: x, a weight and, if there is one, a bias, of the shapes and with the errors of the layers.
template <class X, class W>
auto conv1d(const X& x, const W& weight, const ConvOptions<1>& options = {}) {
  const auto kernel = detail::kernel_of<1>("conv1d", shape_of(weight));
  return detail::conv_op.apply(detail::conv_attributes("conv1d", kernel, options), x, weight);
}
template <class X, class W, class B>
  requires Operand<B>
auto conv1d(const X& x, const W& weight, const B& bias, const ConvOptions<1>& options = {}) {
  const auto kernel = detail::kernel_of<1>("conv1d", shape_of(weight));
  return detail::conv_bias_op.apply(detail::conv_attributes("conv1d", kernel, options), x, weight, bias);
}
template <class X, class W>
auto conv2d(const X& x, const W& weight, const ConvOptions<2>& options = {}) {
  const auto kernel = detail::kernel_of<2>("conv2d", shape_of(weight));
  return detail::conv_op.apply(detail::conv_attributes("conv2d", kernel, options), x, weight);
}
template <class X, class W, class B>
  requires Operand<B>
auto conv2d(const X& x, const W& weight, const B& bias, const ConvOptions<2>& options = {}) {
  const auto kernel = detail::kernel_of<2>("conv2d", shape_of(weight));
  return detail::conv_bias_op.apply(detail::conv_attributes("conv2d", kernel, options), x, weight, bias);
}
template <class X, class W>
auto conv_transpose1d(const X& x, const W& weight, const ConvTransposeOptions<1>& options = {}) {
  const auto kernel = detail::kernel_of<1>("conv_transpose1d", shape_of(weight));
  return detail::conv_transpose_op.apply(detail::conv_attributes("conv_transpose1d", kernel, options), x, weight);
}
template <class X, class W, class B>
  requires Operand<B>
auto conv_transpose1d(const X& x, const W& weight, const B& bias, const ConvTransposeOptions<1>& options = {}) {
  const auto kernel = detail::kernel_of<1>("conv_transpose1d", shape_of(weight));
  return detail::conv_transpose_bias_op.apply(detail::conv_attributes("conv_transpose1d", kernel, options), x, weight,
                                              bias);
}
template <class X, class W>
auto conv_transpose2d(const X& x, const W& weight, const ConvTransposeOptions<2>& options = {}) {
  const auto kernel = detail::kernel_of<2>("conv_transpose2d", shape_of(weight));
  return detail::conv_transpose_op.apply(detail::conv_attributes("conv_transpose2d", kernel, options), x, weight);
}
template <class X, class W, class B>
  requires Operand<B>
auto conv_transpose2d(const X& x, const W& weight, const B& bias, const ConvTransposeOptions<2>& options = {}) {
  const auto kernel = detail::kernel_of<2>("conv_transpose2d", shape_of(weight));
  return detail::conv_transpose_bias_op.apply(detail::conv_attributes("conv_transpose2d", kernel, options), x, weight,
                                              bias);
}

}  // namespace minigrad::inline MINIGRAD_ABI
