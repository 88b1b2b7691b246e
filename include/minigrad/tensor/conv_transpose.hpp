// tensor/conv_transpose.hpp - the convolution turned round: x from y and w.
//
// Numbers of x that have the same remainder modulo the stride are reached by the same taps of the kernel. So each
// remainder is a convolution of y of its own, by these taps, whose results stand a stride apart.
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>

#include "conv_forward.hpp"

#if defined(__GNUC__)
namespace minigrad::inline MINIGRAD_ABI::detail {
inline namespace MINIGRAD_KERNELS {

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
  if (g.rows.stride * g.columns.stride == 1 && g.rows.padding < g.rows.kernel && g.columns.padding < g.columns.kernel) {
    const auto turned = [](const ConvAxis& a) {
      return ConvAxis{a.y, a.x, a.kernel, 1, a.kernel - 1 - a.padding, a.dilation};
    };
    const ChannelConv<T> by_channels({g.n, g.groups, g.co, g.ci, turned(g.rows), turned(g.columns)});
    if (by_channels.pays(phases[0].one.vectors()))
      return by_channels.run(y, {w, g.co * g.taps(), g.taps(), kernel, true}, bias, x);
  }
  const Scratch<T> weights(g.groups * packed);
  for (std::size_t group = 0; group < g.groups; ++group)
    for (Phase& phase : phases)
      pack_weights(w + group * g.co * g.taps(), phase.sources.data(), kernel, g.ci, phase.sources.size(), phase.one.isa,
                   weights.data() + group * packed + phase.packed);
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

}  // namespace MINIGRAD_KERNELS
}  // namespace minigrad::inline MINIGRAD_ABI::detail
#endif
