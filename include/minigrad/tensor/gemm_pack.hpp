// tensor/gemm_pack.hpp - pieces of matrices, copied to where their rows lie together.
#pragma once

#include <cstddef>

#include "gemm_dots.hpp"
#include "pairwise.hpp"

#if defined(__GNUC__)
namespace minigrad::inline MINIGRAD_ABI::detail {
inline namespace MINIGRAD_KERNELS {

/// Copies A for panels that are `packed`: its tiles of up to `most` rows one after another, each with the numbers that
/// one step of its loop needs side by side. Rows that are missing from the last tile, whose results nobody keeps, repeat
/// the last that is there.
template <class T>
void pack_tiles(const Product<T>& x, std::size_t most, T* to) {
  for (std::size_t i = 0, height; i < x.m; i += height, to += height * x.k) {
    height = tile_height(x.m - i, most);
    const std::size_t high = x.m - i < height ? x.m - i : height;
    pack(x.a + i * x.a_row, x.a_column, x.a_row, x.k, high, to, height);
    for (std::size_t p = 0; p < x.k; ++p)
      for (std::size_t r = high; r < height; ++r) to[p * height + r] = to[p * height + high - 1];
  }
}

/// How many of the columns that are left the next panel takes: at most `most`, so that the last has at least one
/// vector.
inline std::size_t panel_width(std::size_t left, std::size_t most, std::size_t lanes) {
  return left <= most ? left : left < most + lanes ? most - lanes : most;
}

template <class T>
void fill_row(std::size_t n, T* row, T value) {
  using L = simd::Simd<T, 16>;
  const L all = value;
  std::size_t i = 0;
  for (; i + L::count <= n; i += L::count) all.store(row + i);
  for (; i < n; ++i) row[i] = value;
}

/// Makes the rows of A contiguous.
template <class T>
void gather_rows_of_a(Product<T>& x, T* copy) {
  pack(x.a, x.a_row, x.a_column, x.m, x.k, copy, x.k);
  x.a = copy;
  x.a_row = x.k;
  x.a_column = 1;
}

/// Copies B for panels of `width` columns, one after another: where its rows are contiguous a few of them at a time, so
/// that memory is read along them.
template <class T>
void pack_panels(const Product<T>& x, std::size_t width, std::size_t lanes, T* to) {
  const std::size_t few = x.b_column == 1 ? 16 : x.k;
  for (std::size_t p = 0, high; p < x.k; p += high) {
    high = x.k - p < few ? x.k - p : few;
    T* panel = to + p * width;
    for (std::size_t j = 0, wide; j < x.n; j += wide, panel += width * x.k) {
      wide = panel_width(x.n - j, width, lanes);
      pack(x.b + p * x.b_row + j * x.b_column, x.b_row, x.b_column, high, wide, panel, width);
    }
  }
}

}  // namespace MINIGRAD_KERNELS
}  // namespace minigrad::detail
#endif
