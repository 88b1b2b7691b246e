// nn/pool.hpp - pooling: MaxPool1d, MaxPool2d, AvgPool1d, AvgPool2d, AdaptiveAvgPool1d, AdaptiveAvgPool2d.
//
// Each result is the largest number, or the mean, of a window of x. x is [n, channels, length] or [n, channels, height,
// width], and a result has (extent + 2 padding - (kernel - 1) dilation - 1) / stride + 1 numbers along an axis, rounded
// down, or up with ceil_mode. The stride is the kernel unless it is given. Names and defaults are PyTorch's.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "../ops/resample.hpp"
#include "conv_options.hpp"

namespace minigrad::inline MINIGRAD_ABI {

/// Options of MaxPool1d and MaxPool2d.
template <std::size_t Axes>
struct MaxPoolOptions {
  std::optional<PerAxis<Axes>> stride{};  ///< from one window to the next, at least 1; none: the kernel
  /// The numbers around x on each side, at most half the kernel; and the distance of a window's numbers, at least 1.
  PerAxis<Axes> padding = 0, dilation = 1;
  bool ceil_mode = false;  ///< rounds the number of windows up, not down
};

/// Options of AvgPool1d and AvgPool2d.
template <std::size_t Axes>
struct AvgPoolOptions {
  std::optional<PerAxis<Axes>> stride{};  ///< from one window to the next, at least 1; none: the kernel
  PerAxis<Axes> padding = 0;              ///< zeros around x on each side, at most half the kernel
  bool ceil_mode = false;                 ///< rounds the number of windows up, not down
  bool count_include_pad = true;          ///< whether the mean of a window counts the zeros around x
  std::size_t divisor_override = 0;       ///< the number to divide a sum by; 0: as many as the window has
};

namespace detail {

template <std::size_t Axes>
WindowAttributes window_attributes(const char* op, const PerAxis<Axes>& kernel,
                                   const std::optional<PerAxis<Axes>>& stride, const PerAxis<Axes>& padding,
                                   const PerAxis<Axes>& dilation, bool ceil_mode) {
  require_steps(op, kernel, stride.value_or(kernel), padding, dilation, 1);
  for (std::size_t k = 0; k < Axes; ++k)
    if (2 * padding[k] > kernel[k])
      fail<ValueError>(
          {op, ": padding ", padding.shape(), " of kernel ", kernel.shape(), ": must be at most half of it"});
  return {op, kernel.shape(), stride.value_or(kernel).shape(), padding.shape(), dilation.shape(), ceil_mode};
}

/// "MaxPool2d([2, 2], stride [2, 2]", and what is not as usual.
template <class Window>
std::string describe_window(const Window& w) {
  std::string out = concat({w.op, "(", w.kernel, ", stride ", w.stride});
  const auto unless = [&](const char* what, const Shape& numbers, std::size_t usual) {
    for (const std::size_t one : numbers)
      if (one != usual) return append(out, {", ", what, " ", numbers});
  };
  unless("padding", w.padding, 0);
  unless("dilation", w.dilation, 1);
  if (w.ceil_mode) out += ", ceil_mode";
  return out;
}

template <std::size_t Axes>
class MaxPool {
 public:
  auto operator()(const auto& x) const { return max_pool(attributes_, x); }
  std::string describe() const {
    return describe_window(attributes_) + ")";
  }

 protected:
  MaxPool(const char* name, const PerAxis<Axes>& kernel, const MaxPoolOptions<Axes>& o)
      : attributes_(window_attributes(name, kernel, o.stride, o.padding, o.dilation, o.ceil_mode)) {}

 private:
  WindowAttributes attributes_;
};

template <std::size_t Axes>
class AvgPool {
 public:
  auto operator()(const auto& x) const { return resample(attributes_, x); }
  std::string describe() const {
    std::string out = describe_window(attributes_.window);
    if (!attributes_.count_include_pad) out += ", without padding";
    if (attributes_.divisor) append(out, {", divisor ", attributes_.divisor});
    return out + ")";
  }

 protected:
  AvgPool(const char* name, const PerAxis<Axes>& kernel, const AvgPoolOptions<Axes>& o)
      : attributes_{Resample::avg_pool,
                    window_attributes(name, kernel, o.stride, o.padding, PerAxis<Axes>(1), o.ceil_mode),
                    o.count_include_pad, o.divisor_override} {}

 private:
  ResampleAttributes attributes_;
};

template <std::size_t Axes>
class AdaptiveAvgPool {
 public:
  auto operator()(const auto& x) const { return resample(attributes_, x); }
  std::string describe() const { return concat({attributes_.window.op, "(", attributes_.output, ")"}); }

 protected:
  AdaptiveAvgPool(const char* name, const PerAxis<Axes>& output) : attributes_{Resample::adaptive_avg_pool, {}} {
    require_range(name, "size", output);
    attributes_.window.op = name;
    attributes_.window.kernel = attributes_.output = output.shape();
  }

 private:
  ResampleAttributes attributes_;
};

}  // namespace detail

/// The largest number of each window: x [n, channels, length]. The gradient goes to it, or to the first of equals.
/// Throws ValueError for a kernel or stride of 0 and for too much padding; called, ShapeError for an x of another rank.
struct MaxPool1d : detail::MaxPool<1> {
  explicit MaxPool1d(PerAxis<1> kernel, const MaxPoolOptions<1>& options = {})
      : MaxPool("MaxPool1d", kernel, options) {}
};
/// The same for images: x [n, channels, height, width].
struct MaxPool2d : detail::MaxPool<2> {
  explicit MaxPool2d(PerAxis<2> kernel, const MaxPoolOptions<2>& options = {})
      : MaxPool("MaxPool2d", kernel, options) {}
};

/// The mean of each window: x [n, channels, length]. Its gradient is an equal part for each number of the window.
/// Throws as MaxPool1d does.
struct AvgPool1d : detail::AvgPool<1> {
  explicit AvgPool1d(PerAxis<1> kernel, const AvgPoolOptions<1>& options = {})
      : AvgPool("AvgPool1d", kernel, options) {}
};
/// The same for images: x [n, channels, height, width].
struct AvgPool2d : detail::AvgPool<2> {
  explicit AvgPool2d(PerAxis<2> kernel, const AvgPoolOptions<2>& options = {})
      : AvgPool("AvgPool2d", kernel, options) {}
};

/// The means of windows that divide x into as many as are asked for: result i of m is the mean of numbers i n / m,
/// rounded down, to (i + 1) n / m, rounded up. AdaptiveAvgPool2d(1) is the mean of each channel.
struct AdaptiveAvgPool1d : detail::AdaptiveAvgPool<1> {
  explicit AdaptiveAvgPool1d(PerAxis<1> output) : AdaptiveAvgPool("AdaptiveAvgPool1d", output) {}
};
/// The same for images: x [n, channels, height, width] gives [n, channels, output[0], output[1]].
struct AdaptiveAvgPool2d : detail::AdaptiveAvgPool<2> {
  explicit AdaptiveAvgPool2d(PerAxis<2> output) : AdaptiveAvgPool("AdaptiveAvgPool2d", output) {}
};

}  // namespace minigrad::inline MINIGRAD_ABI
