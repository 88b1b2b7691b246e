// tensor/conv.hpp - convolutions at the speed of the machine: the three forms that conv_reference.hpp defines.
//
// Each is a product of matrices for each image: conv_tiles.hpp has the innermost loops, conv_planes.hpp what they read.
// Nothing is copied for each tap of the kernel, so that a node needs no more memory than one padded image. Threads
// share the images, or the parts of one. Each number is the same sum whoever computes it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <type_traits>

#include "conv_reference.hpp"
#include "conv_transpose.hpp"
#include "conv_weight.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

#if defined(__GNUC__)
template <class T>
inline constexpr bool has_fast_conv = std::is_same_v<T, float> || std::is_same_v<T, double>;
#else
template <class T>
inline constexpr bool has_fast_conv = false;
#endif

/// y = bias + the convolution of x by w, and its two relatives. Results are written whole; a bias may be null.
template <class T>
void conv(const ConvGeometry& g, const T* x, const T* w, const T* bias, T* y) {
  if (g.n * g.y_size() == 0) return;
  if constexpr (has_fast_conv<T>)
    conv_fast(g, x, w, bias, y);
  else
    conv_reference(g, x, w, bias, y);
}
template <class T>
void conv_transpose(const ConvGeometry& g, const T* y, const T* w, const T* bias, T* x) {
  if (g.n * g.x_size() == 0) return;
  if constexpr (has_fast_conv<T>)
    conv_transpose_fast(g, y, w, bias, x);
  else
    conv_transpose_reference(g, y, w, bias, x);
}
template <class T>
void conv_weight(const ConvGeometry& g, const T* x, const T* y, T* w) {
  if (g.n == 0)
    std::fill_n(w, g.w_size(), T{});
  else if constexpr (has_fast_conv<T>)
    conv_weight_fast(g, x, y, w);
  else
    conv_weight_reference(g, x, y, w);
}

}  // namespace minigrad::inline MINIGRAD_ABI::detail
