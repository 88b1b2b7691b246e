// nn/conv_options.hpp - what a convolution or a pooling is told: a number for each axis of an image, and the padding.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstring>
#include <type_traits>

#include "../ops/conv.hpp"

namespace minigrad::inline MINIGRAD_ABI {

/// A number for each axis of an image: 3 for all, or {3, 5}. What takes it refuses one below 0 or above 2^24.
template <std::size_t Axes>
class PerAxis {
 public:
  constexpr PerAxis(std::integral auto all) { numbers_.fill(static_cast<std::size_t>(all)); }
  constexpr PerAxis(std::integral auto height, std::integral auto width) requires(Axes == 2)
      : numbers_{static_cast<std::size_t>(height), static_cast<std::size_t>(width)} {}
  constexpr std::size_t operator[](std::size_t axis) const { return numbers_[axis]; }
  /// The numbers as a Shape of `Axes` extents.
  Shape shape() const {
    Shape out;
    for (const std::size_t one : numbers_) out.push_back(one);
    return out;
  }

 private:
  std::array<std::size_t, Axes> numbers_;
};

/// How much padding: numbers, or "same", so that the result is as large as x, or "valid", which is none. Throws
/// ValueError for another word.
template <std::size_t Axes>
class ConvPadding {
 public:
  template <class N>
    requires std::is_constructible_v<PerAxis<Axes>, N>
  constexpr ConvPadding(N all) : numbers_(all) {}
  constexpr ConvPadding(std::integral auto height, std::integral auto width) requires(Axes == 2)
      : numbers_(height, width) {}
  ConvPadding(const char* word) : numbers_(0), same_(std::strcmp(word, "same") == 0) {
    if (!same_ && std::strcmp(word, "valid") != 0)
      detail::fail<ValueError>(
          {Axes == 2 ? "Conv2d" : "Conv1d", ": padding \"", word, "\": must be a number, \"same\" or \"valid\""});
  }
  /// Whether it is "same"; and the numbers, which are 0 for a word.
  constexpr bool same() const { return same_; }
  constexpr const PerAxis<Axes>& numbers() const { return numbers_; }

 private:
  PerAxis<Axes> numbers_;
  bool same_ = false;
};

/// Options of Conv1d, Conv2d and their functions.
template <std::size_t Axes>
struct ConvOptions {
  PerAxis<Axes> stride = 1;       ///< the step from one place of the kernel to the next, at least 1
  ConvPadding<Axes> padding = 0;  ///< zeros around x on each side, or "same", or "valid"
  PerAxis<Axes> dilation = 1;     ///< the distance of the numbers under the kernel, at least 1
  std::size_t groups = 1;         ///< parts of the channels; each output sees its part alone
  bool bias = true;               ///< whether a layer has a bias
};
/// Options of ConvTranspose1d, ConvTranspose2d and their functions.
template <std::size_t Axes>
struct ConvTransposeOptions {
  /// The convolution's stride, at least 1, and padding; and by how much the result is longer at its end, which must be
  /// less than stride or dilation.
  PerAxis<Axes> stride = 1, padding = 0, output_padding = 0;
  std::size_t groups = 1;      ///< parts of the channels; each output sees its part alone
  bool bias = true;            ///< whether a layer has a bias
  PerAxis<Axes> dilation = 1;  ///< the distance of the numbers under the kernel, at least 1
};

namespace detail {

/// Throws ValueError for a number below 0, which has become a large one, or above 2^24.
template <std::size_t Axes>
void require_range(const char* op, const char* what, const PerAxis<Axes>& numbers) {
  for (std::size_t k = 0; k < Axes; ++k)
    if (numbers[k] > 1 << 24)
      fail<ValueError>({op, ": ", what, " ", static_cast<std::ptrdiff_t>(numbers[k]), ": must be 0 .. 2^24"});
}

template <std::size_t Axes>
void require_steps(const char* op, const PerAxis<Axes>& kernel, const PerAxis<Axes>& stride,
                   const PerAxis<Axes>& padding, const PerAxis<Axes>& dilation, std::size_t groups) {
  require_range(op, "kernel", kernel), require_range(op, "stride", stride);
  require_range(op, "padding", padding), require_range(op, "dilation", dilation);
  for (std::size_t k = 0; k < Axes; ++k)
    if (kernel[k] == 0 || stride[k] == 0 || dilation[k] == 0 || groups == 0)
      fail<ValueError>({op, ": kernel ", kernel.shape(), ", stride ", stride.shape(), ", dilation ", dilation.shape(),
                        " and ", groups, " groups: all must be at least 1"});
}

template <std::size_t Axes>
ConvAttributes conv_attributes(const char* op, const PerAxis<Axes>& kernel, const ConvOptions<Axes>& o) {
  require_steps(op, kernel, o.stride, o.padding.numbers(), o.dilation, o.groups);
  ConvAttributes a{op,
                   kernel.shape(),
                   o.stride.shape(),
                   o.padding.numbers().shape(),
                   o.padding.numbers().shape(),
                   o.dilation.shape(),
                   PerAxis<Axes>(0).shape(),
                   o.groups};
  for (std::size_t k = 0; k < Axes && o.padding.same(); ++k) {
    if (o.stride[k] != 1)
      fail<ValueError>({op, ": padding \"same\" with stride ", o.stride.shape(),
                        ": the result would be smaller than x; "
                        "give the padding in numbers"});
    a.padding[k] = (a.reach(k) - 1) / 2;
    a.padding_end[k] = a.reach(k) - 1 - a.padding[k];
  }
  return a;
}
template <std::size_t Axes>
ConvAttributes conv_attributes(const char* op, const PerAxis<Axes>& kernel, const ConvTransposeOptions<Axes>& o) {
  require_steps(op, kernel, o.stride, o.padding, o.dilation, o.groups);
  require_range(op, "output_padding", o.output_padding);
  for (std::size_t k = 0; k < Axes; ++k)
    if (o.output_padding[k] >= o.stride[k] && o.output_padding[k] >= o.dilation[k])
      fail<ValueError>({op, ": output_padding ", o.output_padding.shape(), ": must be smaller than stride ",
                        o.stride.shape(), " or dilation ", o.dilation.shape()});
  return {op,
          kernel.shape(),
          o.stride.shape(),
          o.padding.shape(),
          o.padding.shape(),
          o.dilation.shape(),
          o.output_padding.shape(),
          o.groups};
}

/// The kernel of a weight. A weight of another rank is refused by the op.
template <std::size_t Axes>
PerAxis<Axes> kernel_of(const char* op, const Shape& w) {
  if (w.rank() != Axes + 2)
    fail<ShapeError>({op, ": weight ", w, ": must be [out, in / groups, ", Axes == 2 ? "height, width]" : "length]"});
  if constexpr (Axes == 2)
    return PerAxis<2>(w[2], w[3]);
  else
    return PerAxis<1>(w[2]);
}

}  // namespace detail
}  // namespace minigrad::inline MINIGRAD_ABI
