// tensor/conv.hpp - convolutions at the speed of the machine: the three forms that conv_reference.hpp defines.
//
// Each is a product of matrices for each image: conv_tiles.hpp has the innermost loops, conv_planes.hpp what they read.
// Nothing is copied for each tap of the kernel, so that a node needs no more memory than one padded image. Threads share
// the images, or the parts of one. Each number is the same sum whoever computes it.
#pragma once

#include <cstddef>
#include <cstring>
#include <type_traits>
#include <utility>

#include "../core/parallel.hpp"
#include "conv_planes.hpp"
#include "conv_reference.hpp"
#include "gemm_blocked.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {
#if defined(__GNUC__)
inline namespace MINIGRAD_KERNELS {

/// A of a product of images in tiles: row r, number p is w[sources[p] + r * step].
template <class T>
void pack_weights(const T* w, const std::size_t* sources, std::size_t step, std::size_t m, std::size_t k, Isa isa, T* to) {
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
      if (size) planes.copy(image, copy.data());
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
  const std::size_t packed = packed_size(g.co, taps);
  const Scratch<T> weights(g.groups * packed);
  for (std::size_t group = 0; group < g.groups; ++group) {
    const T* from = w + group * g.co * taps;
    Product<T> a{};
    a.m = g.co, a.k = taps, a.a = from, a.a_row = taps, a.a_column = 1;
    if (g.co == 1) std::copy_n(from, taps, weights.data() + group * packed);
    else pack_tiles(a, gemm_rows(one.isa), weights.data() + group * packed);
  }
  for_each_image(g, planes, x, one.scratch(), [&](std::size_t image, std::size_t group, const T* plane, T* scratch) {
    ImageProduct<T> part = one;
    part.product.a = weights.data() + group * packed;
    part.product.start = bias ? bias + group * g.co : nullptr;
    part.run(plane, y + image * g.y_size() + group * g.co * one.channel_step, scratch);
  });
}

/// Along one axis of x, the numbers of one remainder modulo the stride: how many there are, and the taps that reach
/// them, each by how many places further on in y it reads.
struct PhaseAxis {
  std::size_t count;
  PoolArray<std::size_t> taps;
  PoolArray<std::ptrdiff_t> shifts;

  PhaseAxis(const ConvAxis& a, std::size_t phase) : count(a.x > phase ? (a.x - phase + a.stride - 1) / a.stride : 0) {
    for (std::size_t tap = 0; tap < a.kernel; ++tap) {
      const auto s = static_cast<std::ptrdiff_t>(a.stride);
      const auto at = static_cast<std::ptrdiff_t>(phase + a.padding) - static_cast<std::ptrdiff_t>(tap * a.dilation);
      if (at % s != 0) continue;
      taps.push_back(tap);
      shifts.push_back(at / s);
    }
  }
};
/// The plane of y that all phases read.
inline PlaneAxis plane_of_y(const ConvAxis& a) {
  std::ptrdiff_t first = 0, end = 1;
  for (std::size_t phase = 0; phase < a.stride; ++phase) {
    const PhaseAxis one(a, phase);
    for (const std::ptrdiff_t shift : one.shifts) {
      first = (std::min)(first, shift);
      end = (std::max)(end, shift + static_cast<std::ptrdiff_t>(one.count));
    }
  }
  return {a.y, static_cast<std::size_t>(end - first), 1, 1, static_cast<std::size_t>(-first)};
}

template <class T>
void conv_transpose_fast(const ConvGeometry& g, const T* y, const T* w, const T* bias, T* x) {
  Planes planes{g.co, plane_of_y(g.rows), plane_of_y(g.columns)};
  if (g.rows.stride * g.columns.stride == 1) planes.read_in_place(g.rows.x, g.columns.x, 16 / sizeof(T));
  struct Phase {
    ImageProduct<T> one;
    PoolArray<std::size_t> offsets, sources;
    std::size_t packed;
  };
  PoolArray<Phase> phases;
  std::size_t packed = 0, scratch = 0;
  const std::size_t kernel = g.rows.kernel * g.columns.kernel;
  for (std::size_t a = 0; a < g.rows.stride; ++a)
    for (std::size_t b = 0; b < g.columns.stride; ++b) {
      const PhaseAxis rows(g.rows, a), columns(g.columns, b);
      if (rows.count * columns.count == 0) continue;
      Phase phase{{}, {}, {}, packed};
      for (std::size_t c = 0; c < g.co; ++c)
        for (std::size_t i = 0; i < rows.taps.size(); ++i)
          for (std::size_t j = 0; j < columns.taps.size(); ++j) {
            phase.sources.push_back((c * g.ci * g.rows.kernel + rows.taps[i]) * g.columns.kernel + columns.taps[j]);
            const std::size_t row = planes.rows.before + static_cast<std::size_t>(rows.shifts[i]);
            const std::size_t column = planes.columns.before + static_cast<std::size_t>(columns.shifts[j]);
            phase.offsets.push_back(c * planes.plane() + row * planes.pitch() + column);
          }
      ImageProduct<T>& one = phase.one;
      one.rows = rows.count, one.columns = columns.count;
      one.to = a * g.columns.x + b;
      one.column_step = g.columns.stride, one.row_step = g.rows.stride * g.columns.x;
      one.channel_step = g.rows.x * g.columns.x;
      one.product.m = g.ci, one.product.k = phase.sources.size();
      one.choose(isa(), planes);
      scratch = (std::max)(scratch, one.scratch());
      packed += packed_size(g.ci, one.product.k);
      phases.push_back(std::move(phase));
    }
  const Scratch<T> weights(g.groups * packed);
  for (std::size_t group = 0; group < g.groups; ++group)
    for (Phase& phase : phases)
      pack_weights(w + group * g.co * g.taps(), phase.sources.data(), kernel, g.ci, phase.sources.size(),
                   phase.one.isa, weights.data() + group * packed + phase.packed);
  for_each_image(g, planes, y, scratch, [&](std::size_t image, std::size_t group, const T* plane, T* sums) {
    for (const Phase& phase : phases) {
      ImageProduct<T> part = phase.one;
      part.product.offsets = phase.offsets.data();
      part.product.a = weights.data() + group * packed + phase.packed;
      part.product.start = bias ? bias + group * g.ci : nullptr;
      part.run(plane, x + image * g.x_size() + group * g.ci * part.channel_step, sums);
    }
  });
}

/// The weight's gradient from images begin .. end, written to w. Many images are halved, so that running sums are short.
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
  std::fill_n(turned.data(), places * width, T{});
  for (std::size_t group = 0; group < g.groups; ++group) {
    std::fill_n(sums.data(), taps * width, T{});
    for (std::size_t image = begin; image < end; ++image) {
      const T* from = x + image * g.x_size() + group * g.ci * g.rows.x * g.columns.x;
      if (!planes.in_place) planes.copy(from, copy.data());
      pack(y + image * g.y_size() + group * g.co * places, 1, places, places, g.co, turned.data(), width);
      for (std::size_t column = 0; column < g.columns.y; column += longest_piece) {
        const std::size_t count = (std::min)(g.columns.y - column, longest_piece);
        const WeightProduct<T> part{taps,           g.rows.y,
                                    count,          width,
                                    (planes.in_place ? from : copy.data()) + column, offsets,
                                    planes.pitch(), turned.data() + column * width,
                                    g.columns.y * width, sums.data()};
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
#endif

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
  if constexpr (has_fast_conv<T>) conv_fast(g, x, w, bias, y);
  else conv_reference(g, x, w, bias, y);
}
template <class T>
void conv_transpose(const ConvGeometry& g, const T* y, const T* w, const T* bias, T* x) {
  if (g.n * g.x_size() == 0) return;
  if constexpr (has_fast_conv<T>) conv_transpose_fast(g, y, w, bias, x);
  else conv_transpose_reference(g, y, w, bias, x);
}
template <class T>
void conv_weight(const ConvGeometry& g, const T* x, const T* y, T* w) {
  if (g.n == 0) std::fill_n(w, g.w_size(), T{});
  else if constexpr (has_fast_conv<T>) conv_weight_fast(g, x, y, w);
  else conv_weight_reference(g, x, y, w);
}

}  // namespace minigrad::detail
