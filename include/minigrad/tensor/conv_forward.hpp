// tensor/conv_forward.hpp - the convolution itself: y from x and w.
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>

#include "../core/parallel.hpp"
#include "conv_channels.hpp"

#if defined(__GNUC__)
namespace minigrad::inline MINIGRAD_ABI::detail {
inline namespace MINIGRAD_KERNELS {

/// A of a product of images in tiles: row r, number p is w[sources[p] + r * step].
template <class T>
void pack_weights(const T* w, const std::size_t* sources, std::size_t step, std::size_t m, std::size_t k, Isa isa,
                  T* to) {
  for (std::size_t i = 0, height; i < m; i += height)
    for (std::size_t p = (height = conv_height(m - i, m, gemm_rows(isa)), 0); p < k; ++p)
      for (std::size_t r = 0; r < height; ++r) *to++ = w[sources[p] + (i + r < m ? i + r : m - 1) * step];
}
/// How many numbers that are.
constexpr std::size_t packed_size(std::size_t m, std::size_t k) { return (m + 3) * k; }

/// Calls run(image, planes, scratch) for each image and group, with its planes.
template <class T, class Run>
void for_each_image(const ConvGeometry& g, const Planes& planes, const T* x, std::size_t scratch, const Run& run) {
  constexpr std::size_t slack = 256 / sizeof(T);  // tiles may read beyond the last plane
  const std::size_t size = planes.size(), group = planes.channels * planes.rows.image * planes.columns.image;
  const std::size_t least = 1 + static_cast<std::size_t>(gemm_least_flops / (1 + g.flops() / static_cast<double>(g.n)));
  parallel_for(g.n, 1, least, [&](std::size_t begin, std::size_t end) {
    const Scratch<T> copy(size ? size + slack : 0), sums(scratch);
    if (size) std::fill_n(copy.data() + size, slack, T{});
    for (std::size_t i = begin * g.groups; i < end * g.groups; ++i) {
      const T* image = x + i * group;
      if (size) planes.copy(image, copy.data(), i == begin * g.groups);
      run(i / g.groups, i % g.groups, size ? copy.data() : image, sums.data());
    }
  });
}

template <class T>
void conv_fast(const ConvGeometry& g, const T* x, const T* w, const T* bias, T* y) {
  const std::size_t taps = g.taps();
  Planes planes{g.ci, planes_of_x(g.rows), planes_of_x(g.columns)};
  planes.read_in_place(g.rows.y, g.columns.y, 16 / sizeof(T));
  PoolArray<std::size_t> offsets(taps);
  offsets_in_x(g, planes, offsets.data());
  ImageProduct<T> one{};
  one.rows = g.rows.y, one.columns = g.columns.y;
  one.column_step = 1, one.row_step = one.columns, one.channel_step = one.rows * one.columns;
  one.product.m = g.co, one.product.k = taps, one.product.offsets = offsets.data();
  one.choose(isa(), planes);
  if (const ChannelConv<T> by_channels(g); by_channels.pays(one.vectors()))
    return by_channels.run(x, {w, g.co * taps, g.kernel(), taps, false}, bias, y);
  const std::size_t packed = packed_size(g.co, taps);
  const Scratch<T> weights(g.groups * packed);
  for (std::size_t group = 0; group < g.groups; ++group) {
    const T* from = w + group * g.co * taps;
    Product<T> a{};
    a.m = g.co, a.k = taps, a.a = from, a.a_row = taps, a.a_column = 1;
    if (g.co == 1)
      std::copy_n(from, taps, weights.data() + group * packed);
    else
      pack_tiles(a, gemm_rows(one.isa), weights.data() + group * packed);
  }
  for_each_image(g, planes, x, one.scratch(), [&](std::size_t image, std::size_t group, const T* plane, T* scratch) {
    ImageProduct<T> part = one;
    part.product.a = weights.data() + group * packed;
    part.product.start = bias ? bias + group * g.co : nullptr;
    part.run(plane, y + image * g.y_size() + group * g.co * one.channel_step, scratch);
  });
}

}  // namespace MINIGRAD_KERNELS
}  // namespace minigrad::inline MINIGRAD_ABI::detail
#endif
