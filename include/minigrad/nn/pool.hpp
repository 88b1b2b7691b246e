// nn/pool.hpp - pooling: MaxPool1d, MaxPool2d, AvgPool1d, AvgPool2d, AdaptiveAvgPool1d, AdaptiveAvgPool2d.
//
// Each result is the largest number, or the mean, of a window of x. x is [n, channels, length] or [n, channels, height,
// width], and a result has (extent + 2 padding - (kernel - 1) dilation - 1) / stride + 1 numbers along an axis, rounded
// down, or up with ceil_mode. The stride is the kernel unless it is given. Names and defaults are PyTorch's.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "../ops/pool.hpp"
#include "conv_options.hpp"

namespace minigrad::inline MINIGRAD_ABI {

template <std::size_t Axes>
struct MaxPoolOptions {
  std::optional<PerAxis<Axes>> stride{};
  PerAxis<Axes> padding = 0, dilation = 1;
  bool ceil_mode = false;
};

namespace detail {

template <std::size_t Axes>
WindowAttributes window_attributes(const char* op, const PerAxis<Axes>& kernel, const std::optional<PerAxis<Axes>>& stride,
                                   const PerAxis<Axes>& padding, const PerAxis<Axes>& dilation, bool ceil_mode) {
  require_steps(op, kernel, stride.value_or(kernel), dilation, 1);
  for (std::size_t k = 0; k < Axes; ++k)
    if (2 * padding[k] > kernel[k])
      fail<ValueError>({op, ": padding ", padding.shape(), " of kernel ", kernel.shape(), ": must be at most half of it"});
  return {op, kernel.shape(), stride.value_or(kernel).shape(), padding.shape(), dilation.shape(), ceil_mode};
}

template <std::size_t Axes>
class MaxPool {
 public:
  auto operator()(const auto& x) const { return max_pool(attributes_, x); }
  std::string describe() const {
    return concat({attributes_.op, "(", attributes_.kernel, ", stride ", attributes_.stride, ")"});
  }

 protected:
  MaxPool(const char* name, const PerAxis<Axes>& kernel, const MaxPoolOptions<Axes>& o)
      : attributes_(window_attributes(name, kernel, o.stride, o.padding, o.dilation, o.ceil_mode)) {}

 private:
  WindowAttributes attributes_;
};

}  // namespace detail

/// The largest number of each window. The gradient goes to it, or to the first of equals.
struct MaxPool1d : detail::MaxPool<1> {
  explicit MaxPool1d(PerAxis<1> kernel, const MaxPoolOptions<1>& options = {}) : MaxPool("MaxPool1d", kernel, options) {}
};
struct MaxPool2d : detail::MaxPool<2> {
  explicit MaxPool2d(PerAxis<2> kernel, const MaxPoolOptions<2>& options = {}) : MaxPool("MaxPool2d", kernel, options) {}
};

}  // namespace minigrad::inline MINIGRAD_ABI
