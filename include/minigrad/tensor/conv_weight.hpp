// tensor/conv_weight.hpp - the gradient of a convolution's weight: w from x and y.
//
// For each tap it is a sum over all places of all images. The innermost loop takes some taps and a vector of channels
// of y, which are therefore turned over first: [places, channels]. Sums of parts of the batch, which do not depend on
// the number of threads, are added in pairs.
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>

#include "conv_forward.hpp"

#if defined(__GNUC__)
namespace minigrad::inline MINIGRAD_ABI::detail {
inline namespace MINIGRAD_KERNELS {

/// The weight's gradient from images begin .. end, written to w. Many images are halved, so that running sums are
/// short.
template <class T>
void conv_weight_part(const ConvGeometry& g, const Planes& planes, const std::size_t* offsets, const T* x, const T* y,
                      T* w, std::size_t begin, std::size_t end) {
  const std::size_t places = g.rows.y * g.columns.y, taps = g.taps();
  if (end - begin > 1 && (end - begin) * places > longest_product) {
    const std::size_t half = begin + (end - begin) / 2;
    const Scratch<T> second(g.w_size());
    conv_weight_part(g, planes, offsets, x, y, w, begin, half);
    conv_weight_part(g, planes, offsets, x, y, second.data(), half, end);
    return add_row(g.w_size(), w, second.data());
  }
  Isa best = isa();
  while (best != Isa::portable && gemm_lanes<T>(best) >= 2 * g.co) best = static_cast<Isa>(static_cast<int>(best) - 1);
  const std::size_t lanes = gemm_lanes<T>(best), width = (g.co + lanes - 1) / lanes * lanes;
  const Scratch<T> copy(planes.size()), turned(places * width), sums(taps * width);
  if (width > g.co) std::fill_n(turned.data(), places * width, T{});
  for (std::size_t group = 0; group < g.groups; ++group) {
    std::fill_n(sums.data(), taps * width, T{});
    for (std::size_t image = begin; image < end; ++image) {
      const T* from = x + image * g.x_size() + group * g.ci * g.rows.x * g.columns.x;
      if (!planes.in_place) planes.copy(from, copy.data(), group == 0 && image == begin);
      const T* of_y = y + image * g.y_size() + group * g.co * places;
      parallel_for(places, 4, 4 + numbers_to_copy / width / 4 * 4, [&](std::size_t first, std::size_t last) {
        pack(of_y + first, 1, places, last - first, g.co, turned.data() + first * width, width);
      });
      for (std::size_t column = 0; column < g.columns.y; column += longest_piece) {
        const std::size_t count = (std::min)(g.columns.y - column, longest_piece);
        const WeightProduct<T> part{taps,
                                    g.rows.y,
                                    count,
                                    width,
                                    (planes.in_place ? from : copy.data()) + column,
                                    offsets,
                                    planes.pitch(),
                                    turned.data() + column * width,
                                    g.columns.y * width,
                                    sums.data()};
        const std::size_t rows = weight_rows(best);
        parallel_for((taps + rows - 1) / rows, 1, 1 + gemm_least_flops / (2 * rows * width * places),
                     [&](std::size_t first, std::size_t last) { on_isa<WeightTiles>(best, &part, first, last); });
      }
    }
    pack(sums.data(), 1, width, g.co, taps, w + group * g.co * taps, taps);
  }
}

template <class T>
void conv_weight_fast(const ConvGeometry& g, const T* x, const T* y, T* w) {
  Planes planes{g.ci, planes_of_x(g.rows), planes_of_x(g.columns)};
  planes.read_in_place(g.rows.y, g.columns.y, 1);
  PoolArray<std::size_t> offsets(g.taps());
  offsets_in_x(g, planes, offsets.data());
  constexpr std::size_t parts = 8;  // whatever the number of threads is
  if (g.n < parts || g.flops() < 4.0 * gemm_least_flops)
    return conv_weight_part(g, planes, offsets.data(), x, y, w, 0, g.n);
  const Scratch<T> sums(parts * g.w_size());
  parallel_for(parts, 1, 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t k = begin; k < end; ++k)
      conv_weight_part(g, planes, offsets.data(), x, y, sums.data() + k * g.w_size(), g.n * k / parts,
                       g.n * (k + 1) / parts);
  });
  for (std::size_t step = 1; step < parts; step *= 2)
    for (std::size_t k = 0; k < parts; k += 2 * step)
      add_row(g.w_size(), sums.data() + k * g.w_size(), sums.data() + (k + step) * g.w_size());
  std::copy_n(sums.data(), g.w_size(), w);
}

}  // namespace MINIGRAD_KERNELS
}  // namespace minigrad::inline MINIGRAD_ABI::detail
#endif
