// tensor/conv_tiles.hpp - the innermost loops of convolutions, for each set of instructions.
//
// Where x is copied with its padding, all numbers that one tap of the kernel reads lie in x as those of the result lie
// in y, only further on. So a convolution is a product of matrices in which row p of the second matrix is x from an
// offset on, one for each channel and tap, and nothing is copied for each tap. A tile is as in gemm_tiles.hpp.
#pragma once

#include <cstddef>

#include "gemm_pack.hpp"

#if defined(__GNUC__)
namespace minigrad::inline MINIGRAD_ABI::detail {
inline namespace MINIGRAD_KERNELS {

/// C = start + A B, a product of [m, k] and [k, rows x columns]: element (i, j) of row p of B is
/// b[offsets[p] + i * b_row + j], and that of row r of C is c[r * c_step + i * c_row + j]. A is packed in tiles.
template <class T>
struct ShiftedProduct {
  std::size_t m, k, rows, columns;
  const T* a;
  const T* b;
  const std::size_t* offsets;
  std::size_t b_row;
  const T* start;  // a number for each row of C, or null
  T* c;
  std::size_t c_step, c_row;
};

/// The rows of the next tile; a single row is not worth four.
constexpr std::size_t conv_height(std::size_t left, std::size_t m, std::size_t most) {
  return m == 1 ? 1 : tile_height(left, most);
}

/// `Rows` rows of C from row `first` on, and up to `Vectors` vectors of its columns: n, which is at least one vector.
/// The last vector ends where these end. Running sums of up to longest_piece products are added one after another.
template <class T, std::size_t Bytes, std::size_t Rows, std::size_t Vectors>
[[gnu::always_inline]] inline void conv_tile(const ShiftedProduct<T>& x, const T* a, const T* b_at, T* c_at,
                                             std::size_t n, std::size_t first, std::size_t high) {
  using Register = typename VectorType<T, Bytes>::Register;
  using Memory = typename VectorType<T, Bytes>::Memory;
  constexpr std::size_t lanes = Bytes / sizeof(T);
  const std::size_t last = n - lanes;
  std::size_t at[Vectors] = {};
#pragma GCC unroll 4
  for (std::size_t j = 1; j < Vectors; ++j) at[j] = j + 1 < Vectors && j * lanes < last ? j * lanes : last;
  const std::size_t* offset = x.offsets;
  for (std::size_t p = 0;;) {
    const std::size_t end = x.k - p < longest_piece ? x.k : p + longest_piece;
    const bool begins = p == 0;
    Register sum[Rows][Vectors] = {};
    for (; p < end; ++p, a += Rows, ++offset) {
      const T* b = b_at + *offset;
      Register row[Vectors];
#pragma GCC unroll 4
      for (std::size_t j = 0; j < Vectors; ++j) row[j] = *reinterpret_cast<const Memory*>(b + at[j]);
#pragma GCC unroll 8
      for (std::size_t i = 0; i < Rows; ++i)
#pragma GCC unroll 4
        for (std::size_t j = 0; j < Vectors; ++j) sum[i][j] += a[i] * row[j];
    }
    T* c = c_at;
#pragma GCC unroll 8
    for (std::size_t i = 0; i < Rows; ++i) {
      if (!begins) {
#pragma GCC unroll 4
        for (std::size_t j = 0; j < Vectors; ++j) sum[i][j] += *reinterpret_cast<const Memory*>(c + at[j]);
      } else if (x.start) {
        const T start = x.start[first + (i < high ? i : high - 1)];
#pragma GCC unroll 4
        for (std::size_t j = 0; j < Vectors; ++j) sum[i][j] += start;
      }
#pragma GCC unroll 4
      for (std::size_t j = 0; j < Vectors; ++j) *reinterpret_cast<Memory*>(c + at[j]) = sum[i][j];
      if (i + 1 == high) break;
      c += x.c_step;
    }
    if (p == x.k) return;
  }
}

/// All rows of C for n columns.
template <class T, std::size_t Bytes, std::size_t Most, std::size_t Vectors>
[[gnu::always_inline]] inline void conv_panel(const ShiftedProduct<T>& x, const T* b, T* c, std::size_t n) {
  if (x.m == 1) return conv_tile<T, Bytes, 1, Vectors>(x, x.a, b, c, n, 0, 1);
  std::size_t i = 0;
  const T* a = x.a;
  if constexpr (Most > 4)
    for (; tile_height(x.m - i, Most) == Most && i < x.m; i += Most, a += Most * x.k, c += Most * x.c_step)
      conv_tile<T, Bytes, Most, Vectors>(x, a, b, c, n, i, Most);
  for (; i < x.m; i += 4, a += 4 * x.k, c += 4 * x.c_step)
    conv_tile<T, Bytes, 4, Vectors>(x, a, b, c, n, i, x.m - i < 4 ? x.m - i : 4);
}

/// How many panels, of up to two vectors, a row of so many columns has.
constexpr std::size_t conv_panels(std::size_t columns, std::size_t lanes) {
  return (columns + 2 * lanes - 1) / (2 * lanes);
}

/// The panels numbered begin .. end, row by row. Columns are at least a vector.
struct ConvPanels {
  static constexpr bool avx512 = true;
  template <std::size_t Bytes, class T>
  MINIGRAD_INLINE static void run(const ShiftedProduct<T>* product, std::size_t begin, std::size_t end) {
    constexpr std::size_t lanes = Bytes / sizeof(T), width = 2 * lanes, most = Bytes == 16 ? 4 : Bytes == 32 ? 6 : 8;
    const ShiftedProduct<T> x = *product;
    const std::size_t panels = conv_panels(x.columns, lanes);
    for (std::size_t q = begin; q < end; ++q) {
      const std::size_t row = q / panels, panel = q % panels;
      const auto starts = [&](std::size_t k) {  // so that the last has at least a vector
        return k == panels                                        ? x.columns
               : k + 1 == panels && x.columns - k * width < lanes ? x.columns - lanes
                                                                  : k * width;
      };
      const std::size_t first = starts(panel), n = starts(panel + 1) - first;
      const T* b = x.b + row * x.b_row + first;
      T* c = x.c + row * x.c_row + first;
      if (n == lanes)
        conv_panel<T, Bytes, most, 1>(x, b, c, n);
      else
        conv_panel<T, Bytes, most, 2>(x, b, c, n);
    }
  }
};

/// C += A' B for one image: row p of A' is x from offsets[p] on, over rows x columns places, and B has for each of them
/// `width` numbers of the result's gradient, a multiple of a vector. C is [k, width]. Columns are at most
/// longest_piece.
template <class T>
struct WeightProduct {
  std::size_t k, rows, columns, width;
  const T* x;
  const std::size_t* offsets;
  std::size_t x_row;
  const T* b;
  std::size_t b_row;
  T* c;
};

template <class T, std::size_t Bytes, std::size_t Rows, std::size_t Vectors>
[[gnu::always_inline]] inline void weight_tile(const WeightProduct<T>& x, std::size_t first, std::size_t column) {
  using Register = typename VectorType<T, Bytes>::Register;
  using Memory = typename VectorType<T, Bytes>::Memory;
  constexpr std::size_t lanes = Bytes / sizeof(T);
  const T* a = x.x + x.offsets[first];
  std::ptrdiff_t from[Rows];  // each row of A' as a distance from the first, so that one pointer moves and not `Rows`
#pragma GCC unroll 8
  for (std::size_t i = 0; i < Rows; ++i)
    from[i] = static_cast<std::ptrdiff_t>(x.offsets[first + i < x.k ? first + i : x.k - 1] - x.offsets[first]);
  const T* b = x.b + column;
  const std::size_t width = x.width, columns = x.columns, step = x.x_row - columns, b_step = x.b_row - columns * width;
  const std::size_t together = longest_piece / columns;  // rows in a running sum
  for (std::size_t row = 0; row < x.rows;) {
    const std::size_t end = x.rows - row < together ? x.rows : row + together;
    Register sum[Rows][Vectors] = {};
    for (; row < end; ++row) {
      for (std::size_t q = 0; q < columns; ++q, b += width, ++a) {
        __asm__("" : "+r"(a));  // else compilers make pointers of the distances again
        Register numbers[Vectors];
#pragma GCC unroll 4
        for (std::size_t j = 0; j < Vectors; ++j) numbers[j] = *reinterpret_cast<const Memory*>(b + j * lanes);
#pragma GCC unroll 8
        for (std::size_t i = 0; i < Rows; ++i)
#pragma GCC unroll 4
          for (std::size_t j = 0; j < Vectors; ++j) sum[i][j] += a[from[i]] * numbers[j];
      }
      a += step;
      b += b_step;
    }
#pragma GCC unroll 8
    for (std::size_t i = 0; i < Rows; ++i) {
      if (first + i >= x.k) break;
      T* c = x.c + (first + i) * width + column;
#pragma GCC unroll 4
      for (std::size_t j = 0; j < Vectors; ++j) {
        auto& out = *reinterpret_cast<Memory*>(c + j * lanes);
        out += sum[i][j];
      }
    }
  }
}

/// Tiles of rows begin .. end of C, each of weight_rows(isa).
constexpr std::size_t weight_rows(Isa isa) { return isa == Isa::portable ? 4 : isa == Isa::avx2 ? 6 : 8; }
struct WeightTiles {
  static constexpr bool avx512 = true;
  template <std::size_t Bytes, class T>
  MINIGRAD_INLINE static void run(const WeightProduct<T>* product, std::size_t begin, std::size_t end) {
    constexpr std::size_t lanes = Bytes / sizeof(T), most = Bytes == 16 ? 4 : Bytes == 32 ? 6 : 8;
    const WeightProduct<T> x = *product;
    for (std::size_t column = 0; column < x.width;) {
      const bool two = column + 2 * lanes <= x.width;
      for (std::size_t i = begin; i < end; ++i)
        if (two)
          weight_tile<T, Bytes, most, 2>(x, i * most, column);
        else
          weight_tile<T, Bytes, most, 1>(x, i * most, column);
      column += two ? 2 * lanes : lanes;
    }
  }
};

}  // namespace MINIGRAD_KERNELS
}  // namespace minigrad::inline MINIGRAD_ABI::detail
#endif
