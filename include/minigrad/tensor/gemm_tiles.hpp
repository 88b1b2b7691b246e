// tensor/gemm_tiles.hpp - a tile of a product, in registers, for each set of instructions.
//
// A tile's sums stay in registers while p runs over the inner extent: for each p two vectors of B are loaded once and
// multiplied by one number from each row of A, so that a load serves many multiplications. Only these loops are
// compiled once for each set of instructions; all that decides which part of a matrix they see is in gemm_blocked.hpp.
#pragma once

#include <cstddef>

#include "../core/cpu.hpp"

#if defined(__GNUC__)
namespace minigrad::detail {
inline namespace MINIGRAD_KERNELS {

template <class T, std::size_t Bytes>
struct VectorType {
  typedef T Register __attribute__((vector_size(Bytes)));
  typedef T Memory __attribute__((vector_size(Bytes), aligned(alignof(T)), may_alias));
};

/// C = S + A B, or a part of it: A is [m, k], B [k, n]. Element (i, p) of A is a[i * a_row + p * a_column], and so is
/// B; the rows of S and C are contiguous. S may be C, or, with start_row 0, one row for all.
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
};

/// How many rows the next tile of a panel has, where `left` are left: `most`, or four, of which not all need be there.
constexpr std::size_t tile_height(std::size_t left, std::size_t most) {
  return most > 4 && (left == most || left > 8) ? most : 4;  // eight are twice four: six would leave two
}

/// A panel is a product of few columns, of which B's rows are contiguous. This is `Rows` rows of it from row `first`
/// on, with `Vectors` vectors in each. Where the panel is narrower, the last vectors end where it ends and overlap
/// others. Of four rows only `high` need be there: the last one is then computed several times. Where the panel is
/// `Packed`, A's tiles and B are as gemm_pack.hpp copies them: the compiler then knows all steps.
template <class T, std::size_t Bytes, std::size_t Rows, std::size_t Vectors, bool Packed = false>
[[gnu::always_inline]] inline void gemm_tile(const Product<T>& panel, std::size_t first, std::size_t high) {
  using Register = typename VectorType<T, Bytes>::Register;
  using Memory = typename VectorType<T, Bytes>::Memory;
  constexpr std::size_t lanes = Bytes / sizeof(T);
  const std::size_t last = panel.n - lanes;
  std::size_t at[Vectors] = {};
#pragma GCC unroll 4
  for (std::size_t j = 1; j < Vectors; ++j) at[j] = j + 1 < Vectors && j * lanes < last ? j * lanes : last;
  Register sum[Rows][Vectors] = {};
  const std::size_t a_row = Packed ? 1 : panel.a_row, a_column = Packed ? Rows : panel.a_column;
  const std::size_t b_row = Packed ? Vectors * lanes : panel.b_row, four = 4 * a_row;
  const T* a[4];  // the first four rows; GCC would keep a pointer for each row, and runs out of registers at eight
  const T* a_at = panel.a + first * (Packed ? panel.k : a_row);
#pragma GCC unroll 8
  for (std::size_t i = 0; i < Rows; ++i) {
    if (i < 4) a[i] = a_at;
    if (Packed || i + 1 < high) a_at += a_row;
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
template <class T, std::size_t Bytes, std::size_t Rows, std::size_t Vectors, bool Packed = false>
[[gnu::always_inline]] inline void gemm_panel(const Product<T>& panel) {
  std::size_t i = 0, left = panel.m;
  if constexpr (Rows > 4)
    for (; tile_height(left, Rows) == Rows; i += Rows, left -= Rows)
      gemm_tile<T, Bytes, Rows, Vectors, Packed>(panel, i, Rows);
  for (; i < panel.m; i += 4, left -= 4)
    gemm_tile<T, Bytes, 4, Vectors, Packed>(panel, i, left < 4 ? left : 4);
}

/// A product with one summand, k = 1, whose rows have at least one vector: each is a multiple of B's only row.
template <class T, std::size_t Bytes>
[[gnu::always_inline]] inline void gemm_outer(const Product<T>& x) {
  using Register = typename VectorType<T, Bytes>::Register;
  using Memory = typename VectorType<T, Bytes>::Memory;
  constexpr std::size_t lanes = Bytes / sizeof(T);
  const std::size_t last = x.n - lanes;
  const T *a = x.a, *b = x.b, *start = x.start;
  T* c = x.c;
  for (std::size_t i = 0; i < x.m; ++i, a += x.a_row, c += x.c_row) {
    const Register times = *a - Register{};
    if (start) {
      const Register end = *reinterpret_cast<const Memory*>(start + last);
#pragma GCC unroll 2
      for (std::size_t j = 0; j < last; j += lanes)
        *reinterpret_cast<Memory*>(c + j) =
            *reinterpret_cast<const Memory*>(start + j) + times * *reinterpret_cast<const Memory*>(b + j);
      *reinterpret_cast<Memory*>(c + last) = end + times * *reinterpret_cast<const Memory*>(b + last);
      start += x.start_row;
    } else {
#pragma GCC unroll 2
      for (std::size_t j = 0; j < last; j += lanes)
        *reinterpret_cast<Memory*>(c + j) = times * *reinterpret_cast<const Memory*>(b + j);
      *reinterpret_cast<Memory*>(c + last) = times * *reinterpret_cast<const Memory*>(b + last);
    }
  }
}

/// The kernels for one set of instructions, whose vectors have `lanes` numbers, in tiles of up to `rows` rows: panels of
/// one vector, of up to two, of two where both A and B are packed, and of one row, of up to four; and products with one
/// summand.
template <class T>
struct GemmKernels {
  using Function = void (*)(const Product<T>&);
  std::size_t lanes, rows;
  Function one, two, packed, row, outer;

  std::size_t widest(std::size_t m) const { return (m == 1 ? 4 : 2) * lanes; }
};

template <class T>
[[gnu::noinline]] void gemm_one_portable(const Product<T>& panel) {
  gemm_panel<T, 16, 4, 1>(panel);
}
template <class T>
[[gnu::noinline]] void gemm_two_portable(const Product<T>& panel) {
  gemm_panel<T, 16, 4, 2>(panel);
}
template <class T>
[[gnu::noinline]] void gemm_packed_portable(const Product<T>& panel) {
  gemm_panel<T, 16, 4, 2, true>(panel);
}
template <class T>
[[gnu::noinline]] void gemm_row_portable(const Product<T>& panel) {
  gemm_tile<T, 16, 1, 4>(panel, 0, 1);
}
template <class T>
[[gnu::noinline]] void gemm_outer_portable(const Product<T>& product) {
  gemm_outer<T, 16>(product);
}
#if MINIGRAD_HAS_TARGETS
template <class T>
MINIGRAD_TARGET_AVX2 [[gnu::noinline]] void gemm_one_avx2(const Product<T>& panel) {
  gemm_panel<T, 32, 8, 1>(panel);
}
template <class T>
MINIGRAD_TARGET_AVX2 [[gnu::noinline]] void gemm_two_avx2(const Product<T>& panel) {
  gemm_panel<T, 32, 6, 2>(panel);
}
template <class T>
MINIGRAD_TARGET_AVX2 [[gnu::noinline]] void gemm_packed_avx2(const Product<T>& panel) {
  gemm_panel<T, 32, 6, 2, true>(panel);
}
template <class T>
MINIGRAD_TARGET_AVX2 [[gnu::noinline]] void gemm_row_avx2(const Product<T>& panel) {
  gemm_tile<T, 32, 1, 4>(panel, 0, 1);
}
template <class T>
MINIGRAD_TARGET_AVX2 [[gnu::noinline]] void gemm_outer_avx2(const Product<T>& product) {
  gemm_outer<T, 32>(product);
}
template <class T>
MINIGRAD_TARGET_AVX512 [[gnu::noinline]] void gemm_two_avx512(const Product<T>& panel) {
  gemm_panel<T, 64, 8, 2>(panel);
}
template <class T>
MINIGRAD_TARGET_AVX512 [[gnu::noinline]] void gemm_packed_avx512(const Product<T>& panel) {
  gemm_panel<T, 64, 8, 2, true>(panel);
}
template <class T>
MINIGRAD_TARGET_AVX512 [[gnu::noinline]] void gemm_row_avx512(const Product<T>& panel) {
  gemm_tile<T, 64, 1, 4>(panel, 0, 1);
}
#endif

/// In the order of Isa.
template <class T>
inline constexpr GemmKernels<T> gemm_kernels[] = {
    {16 / sizeof(T), 4, gemm_one_portable<T>, gemm_two_portable<T>, gemm_packed_portable<T>, gemm_row_portable<T>,
     gemm_outer_portable<T>},
#if MINIGRAD_HAS_TARGETS
    {32 / sizeof(T), 6, gemm_one_avx2<T>, gemm_two_avx2<T>, gemm_packed_avx2<T>, gemm_row_avx2<T>, gemm_outer_avx2<T>},
    // One vector of 64 bytes is two of 32; and an outer product waits for memory.
    {64 / sizeof(T), 8, gemm_two_avx2<T>, gemm_two_avx512<T>, gemm_packed_avx512<T>, gemm_row_avx512<T>,
     gemm_outer_avx2<T>},
#endif
};

}  // namespace MINIGRAD_KERNELS
}  // namespace minigrad::detail
#endif
