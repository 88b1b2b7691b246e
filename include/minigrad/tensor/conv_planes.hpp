// tensor/conv_planes.hpp - images copied so that every tap of a kernel reads them by steps of one.
//
// A tap of a convolution of stride s reads every s-th number. Those numbers of an image that have the same remainder
// modulo s go to a plane of their own, with the padding around them, and in a plane each tap reads neighbours: padding,
// stride and dilation have become offsets.
#pragma once

#include <algorithm>
#include <cstddef>

#include "conv_reference.hpp"
#include "conv_tiles.hpp"
#include "gemm_blocked.hpp"
#include "pool_array.hpp"

#if defined(__GNUC__)
namespace minigrad::inline MINIGRAD_ABI::detail {
inline namespace MINIGRAD_KERNELS {

inline constexpr std::size_t numbers_to_copy = std::size_t{1} << 13;  // that are worth a thread's while

/// Copies rows of `columns` numbers. Calls for each of many short rows would take longer than what they copy.
template <class T>
void copy_rows(const T* from, std::size_t step, std::size_t rows, std::size_t columns, T* to, std::size_t apart) {
  if (columns * sizeof(T) <= 256) return pack(from, step, 1, rows, columns, to, apart);
  for (; rows > 0; --rows, from += step, to += apart) std::copy_n(from, columns, to);
}

/// Along one axis: number i of a plane is number i * stride + phase - before of the image, or 0 where there is none.
struct PlaneAxis {
  std::size_t image, extent, stride = 1, phases = 1, before = 0;

  /// The numbers of a phase that come from the image: `begin` .. `end` of the plane, from number `from` of the image
  /// on.
  struct Part {
    std::size_t begin, end, from;
  };
  Part part(std::size_t phase) const {
    const std::size_t missing = before > phase ? (before - phase + stride - 1) / stride : 0;
    const std::size_t begin = (std::min)(missing, extent), from = begin * stride + phase - before;
    const std::size_t count = begin < extent && from < image ? (image - from + stride - 1) / stride : 0;
    return {begin, begin + (std::min)(count, extent - begin), from};
  }
  /// How many zeros at the end of a row are also those before the next one, so that rows lie closer together.
  std::size_t shared() const {
    if (stride > 1) return 0;
    const Part one = part(0);
    return (std::min)(one.begin, extent - one.end);
  }
};

/// The planes of one image: rows.phases x columns.phases of them for each channel, one after another.
struct Planes {
  std::size_t channels;
  PlaneAxis rows, columns;
  bool in_place = false;  // the image is its own plane

  std::size_t pitch() const { return in_place ? columns.image : columns.extent - columns.shared(); }
  std::size_t plane() const { return rows_in_plane() * pitch() + (in_place ? 0 : columns.shared()); }
  std::size_t rows_in_plane() const { return in_place ? rows.image : rows.extent; }
  std::size_t size() const { return in_place ? 0 : channels * rows.phases * columns.phases * plane(); }

  /// Uses the image where it stands, if nothing lies around it or between its numbers, and a result of `height` x
  /// `width` has so many numbers that they fill a register.
  void read_in_place(std::size_t height, std::size_t width, std::size_t least) {
    in_place = rows.stride == 1 && columns.stride == 1 && rows.before == 0 && columns.before == 0 &&
               rows.extent <= rows.image && columns.extent <= columns.image &&
               (height - 1) * columns.image + width >= least;
  }
  /// Writes the numbers of an image to planes, and where these are `fresh` the zeros around them.
  template <class T>
  void copy(const T* image, T* to, bool fresh) const {
    const std::size_t size = rows.phases * columns.phases * plane();
    parallel_for(channels, 1, 1 + numbers_to_copy / (rows.image * columns.image + 1), [&](std::size_t begin, std::size_t end) {
      if (fresh) std::fill(to + begin * size, to + end * size, T{});
      for (std::size_t c = begin; c < end; ++c) copy_channel(image + c * rows.image * columns.image, to + c * size);
    });
  }

 private:
  template <class T>
  void copy_channel(const T* image, T* to) const {
    const std::size_t row_step = pitch();
    for (std::size_t a = 0; a < rows.phases; ++a) {
      const PlaneAxis::Part down = rows.part(a);
      for (std::size_t b = 0; b < columns.phases; ++b, to += plane()) {
        const PlaneAxis::Part along = columns.part(b);
        const std::size_t count = along.end - along.begin;
        const T* from = image + down.from * columns.image + along.from;
        T* row = to + down.begin * row_step + along.begin;
        if (columns.stride == 1) {
          copy_rows(from, rows.stride * columns.image, down.end - down.begin, count, row, row_step);
          continue;
        }
        for (std::size_t i = down.begin; i < down.end; ++i, from += rows.stride * columns.image, row += row_step)
          for (std::size_t j = 0; j < count; ++j) row[j] = from[j * columns.stride];
      }
    }
  }
};

/// The planes of x, as the taps of a convolution read them.
inline PlaneAxis planes_of_x(const ConvAxis& a) {
  return {a.x, a.y + (a.reach() - 1) / a.stride, a.stride, (std::min)(a.stride, a.reach()), a.padding};
}
/// Where the taps find their numbers in the planes of x: one offset for each channel and tap.
inline void offsets_in_x(const ConvGeometry& g, const Planes& planes, std::size_t* to) {
  const ConvAxis &rows = g.rows, &columns = g.columns;
  for (std::size_t c = 0; c < g.ci; ++c)
    for (std::size_t ky = 0; ky < rows.kernel; ++ky)
      for (std::size_t kx = 0; kx < columns.kernel; ++kx) {
        const std::size_t y = ky * rows.dilation, x = kx * columns.dilation;
        const std::size_t phase =
            (c * planes.rows.phases + y % rows.stride) * planes.columns.phases + x % columns.stride;
        *to++ = phase * planes.plane() + y / rows.stride * planes.pitch() + x / columns.stride;
      }
}

/// A product of images: how it is computed, and where its result goes.
template <class T>
struct ImageProduct {
  ShiftedProduct<T> product;  // but for b and c
  Isa isa;
  bool copies;                // to `c` first: all rows as one, with numbers between them, which are dropped then
  std::size_t rows, columns;  // of the result
  std::size_t to, channel_step, row_step, column_step;  // its place in the image

  /// How many numbers `c` of run() needs.
  std::size_t scratch() const { return copies ? product.m * product.c_step : 0; }

  /// Chooses between row by row and all rows as one: by the vectors that each needs.
  void choose(Isa best, const Planes& planes) {
    isa = best;
    const std::size_t long_row = (rows - 1) * planes.pitch() + columns;
    while (isa != Isa::portable && gemm_lanes<T>(isa) > long_row) isa = static_cast<Isa>(static_cast<int>(isa) - 1);
    const std::size_t lanes = gemm_lanes<T>(isa);
    const auto vectors = [=](std::size_t numbers) { return (numbers + lanes - 1) / lanes; };
    const std::size_t by_rows = rows * vectors(columns) * (product.k + 4);
    const std::size_t as_one = vectors(long_row) * (product.k + 4) + rows * (vectors(columns) + 2) * 4;
    const bool row_by_row = column_step == 1 && columns >= lanes && by_rows <= as_one;
    const bool dense = column_step == 1 && row_step == columns && planes.pitch() == columns && long_row >= lanes;
    copies = !dense && !row_by_row;
    product.b_row = planes.pitch();
    product.rows = dense || copies ? 1 : rows;
    product.columns = dense || (copies && planes.in_place) ? long_row : copies ? vectors(long_row) * lanes : columns;
    product.c_step = copies ? vectors(long_row) * lanes : channel_step;
    product.c_row = row_step;
  }

  /// How many vectors of places that are, of all rows.
  std::size_t vectors() const {
    return product.rows * ((product.columns + gemm_lanes<T>(isa) - 1) / gemm_lanes<T>(isa));
  }

  void run(const T* planes, T* image, T* scratch) const {
    ShiftedProduct<T> x = product;
    x.b = planes;
    x.c = copies ? scratch : image + to;
    const std::size_t panels = x.rows * conv_panels(x.columns, gemm_lanes<T>(isa));
    parallel_for(panels, 1, 1 + gemm_least_flops / (2 * x.m * (x.k + 1) * (x.rows * x.columns / panels + 1)),
                 [&](std::size_t begin, std::size_t end) { on_isa<ConvPanels>(isa, &std::as_const(x), begin, end); });
    if (!copies) return;
    parallel_for(x.m, 1, 1 + numbers_to_copy / (rows * columns), [&](std::size_t begin, std::size_t end) {
      for (std::size_t r = begin; r < end; ++r) {
        const T* from = scratch + r * x.c_step;
        T* out = image + to + r * channel_step;
        if (column_step == 1) copy_rows(from, x.b_row, rows, columns, out, row_step);
        else
          for (std::size_t i = 0; i < rows; ++i, from += x.b_row, out += row_step)
            for (std::size_t j = 0; j < columns; ++j) out[j * column_step] = from[j];
      }
    });
  }
};

}  // namespace MINIGRAD_KERNELS
}  // namespace minigrad::inline MINIGRAD_ABI::detail
#endif
