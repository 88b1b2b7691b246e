// tensor/gemm_tiles.hpp - a tile of a product, in registers, for each set of instructions.
//
// A tile's sums stay in registers while p runs over the inner extent: for each p two vectors of B are loaded once and
// multiplied by one number from each row of A, so that a load serves many multiplications. Only these loops are
// compiled once for each set of instructions; all that decides which part of a matrix they see is in gemm_blocked.hpp.
#pragma once

#include <cstddef>

#include "../core/simd.hpp"
#include "pack.hpp"

#if defined(__GNUC__)
namespace minigrad::inline MINIGRAD_ABI::detail {
inline namespace MINIGRAD_KERNELS {

/// C = S + A B, or a part of it: A is [m, k], B [k, n]. Element (i, p) of A is a[i * a_row + p * a_column], and so is
/// B; the rows of S and C are contiguous. S may be C, or, with start_row 0, one row for all. A may be `packed` as
/// gemm_pack.hpp does it: its steps are then not read.
template <class T>
struct Product {
  std::size_t m, n, k;
  const T* a;
  std::size_t a_row, a_column;
  const T* b;
  std::size_t b_row, b_column;
  const T* start;
  std::size_t start_row;
  T* c;
  std::size_t c_row;
  bool packed = false;
  bool one_start = false;  // S is one number for all, of a product with one summand
};

/// The part of a product that makes `count` columns of C, or rows, from the one numbered `first` on.
template <class T>
Product<T> columns_of(Product<T> x, std::size_t first, std::size_t count) {
  x.n = count;
  x.b += first * x.b_column;
  if (x.start && !x.one_start) x.start += first;
  x.c += first;
  return x;
}
template <class T>
[[gnu::noinline]] Product<T> rows_of(Product<T> x, std::size_t first, std::size_t count) {
  x.m = count;
  x.a += first * x.a_row;
  if (x.start) x.start += first * x.start_row;
  x.c += first * x.c_row;
  return x;
}

/// The part that adds `count` summands, from the one numbered `first` on.
template <class T>
[[gnu::noinline]] Product<T> summands_of(Product<T> x, std::size_t first, std::size_t count) {
  x.k = count;
  x.a += first * x.a_column;
  x.b += first * x.b_row;
  return x;
}

/// A row of zeros, as long as a panel is wide at most: S of a panel to which nothing is added.
template <class T>
alignas(64) inline constexpr T gemm_zeros[256 / sizeof(T)] = {};

/// How many rows the next tile of a panel has, where `left` are left: `most`, or four, of which not all need be there.
constexpr std::size_t tile_height(std::size_t left, std::size_t most) {
  return most > 4 && (left == most || left > 8) ? most : 4;  // eight are twice four: six would leave two
}

/// A panel is a product of few columns, of which B's rows are contiguous. This is `Rows` rows of it from row `first`
/// on, with `Vectors` vectors in each. Where the panel is narrower, the last vectors end where it ends and overlap
/// others. Of four rows only `high` need be there: the last one is then computed several times.
template <class T, std::size_t Bytes, std::size_t Rows, std::size_t Vectors>
[[gnu::always_inline]] inline void gemm_tile(const Product<T>& panel, std::size_t first, std::size_t high) {
  using Register = typename VectorType<T, Bytes>::Register;
  using Memory = typename VectorType<T, Bytes>::Memory;
  constexpr std::size_t lanes = Bytes / sizeof(T);
  const std::size_t last = panel.n - lanes;
  std::size_t at[Vectors] = {};
#pragma GCC unroll 4
  for (std::size_t j = 1; j < Vectors; ++j) at[j] = j + 1 < Vectors && j * lanes < last ? j * lanes : last;
  Register sum[Rows][Vectors] = {};
  const std::size_t a_row = panel.packed ? 1 : panel.a_row, a_column = panel.packed ? Rows : panel.a_column;
  const std::size_t b_row = panel.b_row, four = 4 * a_row;
  const T* a[4];  // the first four rows; GCC would keep a pointer for each row, and runs out of registers at eight
  const T* a_at = panel.a + first * (panel.packed ? panel.k : a_row);
#pragma GCC unroll 8
  for (std::size_t i = 0; i < Rows; ++i) {
    if (i < 4) a[i] = a_at;
    if (panel.packed || i + 1 < high) a_at += a_row;
  }
  T* c = panel.c + first * panel.c_row;
  if (Rows > 4 && panel.k >= 128)  // the next tile's rows of C, which may be far away, are asked for now
#pragma GCC unroll 8
    for (std::size_t i = Rows; i < 2 * Rows; ++i) {
      __builtin_prefetch(c + i * panel.c_row);
      __builtin_prefetch(c + i * panel.c_row + last);
    }
  const T* b = panel.b;
  for (std::size_t p = 0, q = 0; p < panel.k; ++p, q += a_column, b += b_row) {
    Register row[Vectors];
#pragma GCC unroll 4
    for (std::size_t j = 0; j < Vectors; ++j) row[j] = *reinterpret_cast<const Memory*>(b + at[j]);
#pragma GCC unroll 8
    for (std::size_t i = 0; i < Rows; ++i)
#pragma GCC unroll 4
      for (std::size_t j = 0; j < Vectors; ++j) sum[i][j] += a[i % 4][q + i / 4 * four] * row[j];
  }
  const T* start = panel.start + first * panel.start_row;
#pragma GCC unroll 8
  for (std::size_t i = 0; i < Rows; ++i) {
#pragma GCC unroll 4
    for (std::size_t j = 0; j < Vectors; ++j) sum[i][j] += *reinterpret_cast<const Memory*>(start + at[j]);
#pragma GCC unroll 4
    for (std::size_t j = 0; j < Vectors; ++j) *reinterpret_cast<Memory*>(c + at[j]) = sum[i][j];
    if (i + 1 == high) break;
    c += panel.c_row, start += panel.start_row;
  }
}

/// A panel in tiles of up to `Rows` rows.
template <class T, std::size_t Bytes, std::size_t Rows, std::size_t Vectors>
[[gnu::always_inline]] inline void gemm_panel(const Product<T>& panel) {
  std::size_t i = 0, left = panel.m;
  if constexpr (Rows > 4)
    for (; tile_height(left, Rows) == Rows; i += Rows, left -= Rows)
      gemm_tile<T, Bytes, Rows, Vectors>(panel, i, Rows);
  for (; i < panel.m; i += 4, left -= 4) gemm_tile<T, Bytes, 4, Vectors>(panel, i, left < 4 ? left : 4);
}

/// Columns of a product with one summand: B's row stays in registers for all rows of C.
template <class L, std::size_t Vectors, class T>
[[gnu::always_inline]] inline void gemm_outer_panel(const Product<T>& x, std::size_t first, const T* start,
                                                     std::size_t start_row) {
  typename L::Vector b[Vectors];  // of L they would be set to 0 first
#pragma GCC unroll 8
  for (std::size_t j = 0; j < Vectors; ++j) b[j] = L::load(x.b + first + j * L::count).v;
  const T* a = x.a;
  T* c = x.c + first;
  const std::size_t a_row = x.a_row, c_row = x.c_row;
  for (std::size_t left = x.m; left > 0; --left, a += a_row, c += c_row, start += start_row) {
    const L times = *a;
#pragma GCC unroll 8
    for (std::size_t j = 0; j < Vectors; ++j)
      multiply_add(times, L(b[j]), L::load(start + j * L::count)).store(c + j * L::count);
  }
}

/// How many columns a product with one summand has at most if it is made in panels: all those of a row then lie in the
/// nearest cache. Panels of 16 bytes, which on x86-64 are for few columns, have one vector: a program then compiles less.
template <class T>
constexpr std::size_t gemm_outer_columns(Isa isa) {
  return (isa == Isa::portable && MINIGRAD_HAS_TARGETS ? 64 : isa == Isa::portable ? 512 : 1024) / sizeof(T);
}

/// A product with one summand, k = 1, whose rows have at least one vector: each is a multiple of B's only row. It is made
/// in panels. Their last vectors may overlap, so that S must not be C.
template <class T, std::size_t Bytes>
[[gnu::always_inline]] inline void gemm_outer(const Product<T>& x) {
  using L = simd::Simd<T, Bytes>;
  const std::size_t last = x.n - L::count, walk = x.start ? 1 : 0, start_row = x.start ? x.start_row : 0;
  const T* start = x.start ? x.start : gemm_zeros<T>;
  std::size_t j = 0;
  if constexpr (Bytes > 16 || !MINIGRAD_HAS_TARGETS)
    for (; j + 8 * L::count <= x.n; j += 8 * L::count) gemm_outer_panel<L, 8>(x, j, start + j * walk, start_row);
  for (; j < x.n; j += L::count) {
    const std::size_t first = j < last ? j : last;
    gemm_outer_panel<L, 1>(x, first, start + first * walk, start_row);
  }
}
/// The same row by row; S may be C, or one number.
template <class T, std::size_t Bytes>
[[gnu::always_inline]] inline void gemm_outer_rows(const Product<T>& x) {
  using L = simd::Simd<T, Bytes>;
  const std::size_t last = x.n - L::count;
  const bool walks = x.start && !x.one_start;
  const T *a = x.a, *b = x.b, *start = x.start;
  const L one = start ? *start : T{};
  T* c = x.c;
  for (std::size_t left = x.m; left > 0; --left, a += x.a_row, c += x.c_row) {
    const L times = *a, end = walks ? L::load(start + last) : one;
    for (std::size_t j = 0; j < last; j += L::count)
      multiply_add(times, L::load(b + j), walks ? L::load(start + j) : one).store(c + j);
    multiply_add(times, L::load(b + last), end).store(c + last);
    if (walks) start += x.start_row;
  }
}

/// The numbers of a vector, and the rows of the tallest tile, by set of instructions.
template <class T>
constexpr std::size_t gemm_lanes(Isa isa) {
  return (std::size_t{16} << static_cast<int>(isa)) / sizeof(T);
}
constexpr std::size_t gemm_rows(Isa isa) { return isa == Isa::portable ? 4 : isa == Isa::avx2 ? 6 : 8; }

/// A panel of up to `Vectors` vectors.
template <std::size_t Vectors>
struct GemmPanel {
  static constexpr bool avx512 = true;
  template <std::size_t Bytes, class T>
  MINIGRAD_INLINE static void run(const Product<T>* panel) {
    constexpr Isa isa = Bytes == 64 ? Isa::avx512 : Bytes == 32 ? Isa::avx2 : Isa::portable;
    gemm_panel<T, Bytes, gemm_rows(isa), Vectors>(*panel);
  }
};
/// A panel of one vector. One of 64 bytes is two of 32: see gemm_panels(). Where a processor without AVX2 is the
/// exception, it computes another one of the same columns: a program then compiles less.
struct GemmNarrowPanel {
  template <std::size_t Bytes, class T>
  MINIGRAD_INLINE static void run(const Product<T>* panel) {
    if constexpr (Bytes == 16 && MINIGRAD_HAS_TARGETS) run_portable<GemmPanel<2>>(panel);
    else gemm_panel<T, Bytes, Bytes == 16 ? 4 : 8, 1>(*panel);
  }
};
/// A panel of one row, of up to four vectors.
struct GemmRow {
  static constexpr bool avx512 = true;
  template <std::size_t Bytes, class T>
  MINIGRAD_INLINE static void run(const Product<T>* panel) {
    gemm_tile<T, Bytes, 1, 4>(*panel, 0, 1);
  }
};
/// A product with one summand. It waits for memory, so that AVX-512 would gain nothing.
struct GemmOuter {
  template <std::size_t Bytes, class T>
  MINIGRAD_INLINE static void run(const Product<T>* product) {
    gemm_outer<T, Bytes>(*product);
  }
};
struct GemmOuterRows {
  template <std::size_t Bytes, class T>
  MINIGRAD_INLINE static void run(const Product<T>* product) {
    gemm_outer_rows<T, Bytes>(*product);
  }
};

}  // namespace MINIGRAD_KERNELS
}  // namespace minigrad::detail
#endif
