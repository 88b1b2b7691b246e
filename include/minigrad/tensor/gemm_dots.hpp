// tensor/gemm_dots.hpp - products whose result has few columns, as inner products.
#pragma once

#include <cstddef>
#include <cstring>
#include <utility>

#include "gemm_tiles.hpp"
#include "pairwise.hpp"

#if defined(__GNUC__)
namespace minigrad::inline MINIGRAD_ABI::detail {
inline namespace MINIGRAD_KERNELS {

/// half = the first half of `whole` + its second half
template <class Whole, class Half, std::size_t... At>
[[gnu::always_inline]] inline void fold(const Whole& whole, Half& half, std::index_sequence<At...>) {
  half = __builtin_shufflevector(whole, whole, At...) + __builtin_shufflevector(whole, whole, (At + sizeof...(At))...);
}

/// One row of A: the same sums in the same order, without the copies that stand in for seven others.
template <class T, std::size_t Bytes>
[[gnu::always_inline]] inline void gemm_dots_of_row(const Product<T>& x) {
  using L = simd::Simd<T, Bytes>;
  using Few = simd::Simd<T, 16>;
  const std::size_t k = x.k;
  const T *a = x.a, *b = x.b;
  for (std::size_t j = 0; j < x.n; ++j, b += x.b_column) {
    L sum;
    std::size_t p = 0;
    for (; p + L::count <= k; p += L::count) sum = multiply_add(L::load(b + p), L::load(a + p), sum);
    Few few;
    if constexpr (Bytes == 16) few = sum;
    else fold(sum.v, few.v, std::make_index_sequence<Few::count>{});
    if (Bytes > 16 && p + Few::count <= k) {
      few = multiply_add(Few::load(b + p), Few::load(a + p), few);
      p += Few::count;
    }
    T total = few[Few::count - 1];
    for (std::size_t r = Few::count - 1; r-- > 0;) total = few[r] + total;
    for (; p < k; ++p) total += a[p] * b[p];
    if (x.start) total += x.start[j];
    x.c[j] = total;
  }
}

/// A product by inner products, where the rows of A and the columns of B are contiguous. Eight rows of A make eight
/// sums at a time, each in the lanes of a register, which are added up in the end. Where fewer rows are left, the last
/// one stands in.
template <class T, std::size_t Bytes>
[[gnu::always_inline]] inline void gemm_dots(const Product<T>& product) {
  using Register = typename VectorType<T, Bytes>::Register;
  using Memory = typename VectorType<T, Bytes>::Memory;
  using Few = typename VectorType<T, 16>::Register;
  using FewMemory = typename VectorType<T, 16>::Memory;
  constexpr std::size_t lanes = Bytes / sizeof(T), side = 16 / sizeof(T), rows = 8;
  const std::size_t k = product.k, a_row = product.a_row, c_row = product.c_row;
  const T *first = product.a, *starts = product.start;
  T* to = product.c;
  for (std::size_t left = product.m, high;; left -= rows) {
    high = left < rows ? left : rows;
    const T* a[rows];
    a[0] = first;
    if (high == rows)
#pragma GCC unroll 8
      for (std::size_t r = 1; r < rows; ++r) a[r] = a[r - 1] + a_row;
    else
      for (std::size_t r = 1; r < rows; ++r) a[r] = a[r - 1] + (r < high ? a_row : 0);
    const T* b = product.b;
    for (std::size_t j = 0; j < product.n; ++j, b += product.b_column) {
      Register sum[rows] = {};
      std::size_t p = 0;
      for (; p + lanes <= k; p += lanes) {
        const Register x = *reinterpret_cast<const Memory*>(b + p);
#pragma GCC unroll 8
        for (std::size_t r = 0; r < rows; ++r) sum[r] += x * *reinterpret_cast<const Memory*>(a[r] + p);
      }
      Few few[rows];
#pragma GCC unroll 8
      for (std::size_t r = 0; r < rows; ++r)
        if constexpr (Bytes == 16)
          few[r] = sum[r];
        else
          fold(sum[r], few[r], std::make_index_sequence<side>{});
      if (Bytes > 16 && p + side <= k) {
        const Few x = *reinterpret_cast<const FewMemory*>(b + p);
#pragma GCC unroll 8
        for (std::size_t r = 0; r < rows; ++r) few[r] += x * *reinterpret_cast<const FewMemory*>(a[r] + p);
        p += side;
      }
      T total[rows];
      T* const c = to + j;
      const T* const start = starts ? starts + j : nullptr;
#pragma GCC unroll 4
      for (std::size_t r = 0; r < rows; r += side) {
        transpose_square<T>(few + r);
        if constexpr (side == 4) few[r + 1] += few[r + 2] + few[r + 3];
        few[r] += few[r + 1];
      }
      if (p == k && high == rows && c_row == 1 && (!start || product.start_row == 1)) {
#pragma GCC unroll 4
        for (std::size_t r = 0; r < rows; r += side) {
          if (start) few[r] += *reinterpret_cast<const FewMemory*>(start + r);
          *reinterpret_cast<FewMemory*>(c + r) = few[r];
        }
        continue;
      }
#pragma GCC unroll 4
      for (std::size_t r = 0; r < rows; r += side) std::memcpy(total + r, &few[r], 16);
      for (; p < k; ++p)
        for (std::size_t r = 0; r < high; ++r) total[r] += a[r][p] * b[p];
      if (start)
        for (std::size_t r = 0; r < high; ++r) total[r] += start[r * product.start_row];
      for (std::size_t r = 0; r < high; ++r) c[r * c_row] = total[r];
    }
    if (left <= rows) return;
    first += rows * a_row, to += rows * c_row;
    if (starts) starts += rows * product.start_row;
  }
}

/// One row.
struct GemmDotsOfRow {
  template <std::size_t Bytes, class T>
  MINIGRAD_INLINE static void run(const Product<T>* product) {
    gemm_dots_of_row<T, Bytes>(*product);
  }
};
/// Where a processor without AVX2 is the exception, it makes one row at a time: a program then compiles less.
struct GemmDots {
  template <std::size_t Bytes, class T>
  MINIGRAD_INLINE static void run(const Product<T>* product) {
    if constexpr (Bytes == 16 && MINIGRAD_HAS_TARGETS)
      for (std::size_t i = 0; i < product->m; ++i) {
        const Product<T> row = rows_of(*product, i, 1);
        run_portable<GemmDotsOfRow>(&row);
      }
    else
      gemm_dots<T, Bytes>(*product);
  }
};

/// A product of so few rows and columns that they fill no register.
template <class T>
[[gnu::noinline]] void gemm_by_numbers(const Product<T>& x) {
  for (std::size_t i = 0; i < x.m; ++i)
    for (std::size_t j = 0; j < x.n; ++j) {
      T total{}, piece = x.start ? x.start[i * x.start_row + j] : T{};
      for (std::size_t p = 0; p < x.k; total += piece, piece = T{})
        for (const std::size_t end = x.k - p < longest_piece ? x.k : p + longest_piece; p < end; ++p)
          piece += x.a[i * x.a_row + p * x.a_column] * x.b[p * x.b_row + j * x.b_column];
      x.c[i * x.c_row + j] = total;
    }
}

/// A product without rows, columns or summands: C = S.
template <class T>
[[gnu::cold, gnu::noinline]] void gemm_of_nothing(const Product<T>& x) {
  for (std::size_t i = 0; i < x.m; ++i)
    for (std::size_t j = 0; j < x.n; ++j)
      x.c[i * x.c_row + j] = T{} + (x.start ? x.start[i * x.start_row + j] : T{});
}

}  // namespace MINIGRAD_KERNELS
}  // namespace minigrad::detail
#endif
