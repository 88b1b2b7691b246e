// tensor/conv_reference.hpp - what a convolution is: its geometry, and the plain loops that define its three forms.
//
// One sum stands behind all three. Over all images, channels, taps of the kernel and places of the result, numbers of
// x, of the weight w and of the result y meet in triples:
//
//   y = sum of x w    the convolution,
//   x = sum of y w    the convolution transposed, which passes gradients to x,
//   w = sum of x y    which passes gradients to the weight.
//
// Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", 2016.
#pragma once

#include <cstddef>

#include "pairwise.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

/// Along one axis: element i of the result reads element i * stride + tap * dilation - padding of x.
struct ConvAxis {
  std::size_t x = 1, y = 1, kernel = 1, stride = 1, padding = 0, dilation = 1;

  /// The extent of the kernel with its gaps.
  std::size_t reach() const { return (kernel - 1) * dilation + 1; }
  /// Whether element i of the result meets x through a tap, and not padding; sets `at` to the element of x.
  bool meets(std::size_t i, std::size_t tap, std::size_t& at) const {
    at = i * stride + tap * dilation - padding;  // wraps around below 0, and is then larger than any extent
    return at < x;
  }
};

/// x [n, groups ci, rows.x, columns.x], weight [groups co, ci, rows.kernel, columns.kernel], y [n, groups co, rows.y,
/// columns.y]. One axis is two, of which the rows are one.
struct ConvGeometry {
  std::size_t n = 0, groups = 1, ci = 0, co = 0;
  ConvAxis rows, columns;

  std::size_t kernel() const { return rows.kernel * columns.kernel; }
  std::size_t taps() const { return ci * kernel(); }
  std::size_t x_size() const { return groups * ci * rows.x * columns.x; }  // of an image
  std::size_t y_size() const { return groups * co * rows.y * columns.y; }  // of an image
  std::size_t w_size() const { return groups * co * taps(); }
  double flops() const { return 2.0 * static_cast<double>(n) * static_cast<double>(w_size() * rows.y * columns.y); }
};

/// f(x, w, y) for the places of all triples.
template <class F>
void for_each_triple(const ConvGeometry& g, const F& f) {
  std::size_t y = 0;
  for (std::size_t image = 0; image < g.n; ++image)
    for (std::size_t out = 0; out < g.groups * g.co; ++out)
      for (std::size_t i = 0; i < g.rows.y; ++i)
        for (std::size_t j = 0; j < g.columns.y; ++j, ++y) {
          std::size_t w = out * g.taps();
          for (std::size_t c = 0; c < g.ci; ++c)
            for (std::size_t ky = 0; ky < g.rows.kernel; ++ky)
              for (std::size_t kx = 0; kx < g.columns.kernel; ++kx, ++w) {
                std::size_t row, column;
                if (!g.rows.meets(i, ky, row) || !g.columns.meets(j, kx, column)) continue;
                const std::size_t channel = image * g.groups * g.ci + out / g.co * g.ci + c;
                f((channel * g.rows.x + row) * g.columns.x + column, w, y);
              }
        }
}

/// The definitions. Each writes all of its result, starting from 0, or y from a bias for each channel.
template <class T>
void conv_reference(const ConvGeometry& g, const T* x, const T* w, const T* bias, T* y) {
  const std::size_t plane = g.rows.y * g.columns.y;
  for (std::size_t i = 0; i < g.n * g.y_size(); ++i) y[i] = bias ? bias[i / plane % (g.groups * g.co)] : T{};
  for_each_triple(g, [=](std::size_t a, std::size_t b, std::size_t c) { y[c] = static_cast<T>(y[c] + x[a] * w[b]); });
}
template <class T>
void conv_transpose_reference(const ConvGeometry& g, const T* y, const T* w, const T* bias, T* x) {
  const std::size_t plane = g.rows.x * g.columns.x;
  for (std::size_t i = 0; i < g.n * g.x_size(); ++i) x[i] = bias ? bias[i / plane % (g.groups * g.ci)] : T{};
  for_each_triple(g, [=](std::size_t a, std::size_t b, std::size_t c) { x[a] = static_cast<T>(x[a] + y[c] * w[b]); });
}
template <class T>
void conv_weight_reference(const ConvGeometry& g, const T* x, const T* y, T* w) {
  for (std::size_t i = 0; i < g.w_size(); ++i) w[i] = T{};
  for_each_triple(g, [=](std::size_t a, std::size_t b, std::size_t c) { w[b] = static_cast<T>(w[b] + x[a] * y[c]); });
}

}  // namespace minigrad::inline MINIGRAD_ABI::detail
