// tensor/pack.hpp - a matrix, whose rows or columns may lie apart, copied to rows that are contiguous.
#pragma once

#include <cstddef>
#include <cstring>

#include "../core/simd.hpp"

#if defined(__GNUC__)
namespace minigrad::inline MINIGRAD_ABI::detail {
inline namespace MINIGRAD_KERNELS {

/// A register of Bytes, and the same in memory that may be aligned to one number only.
template <class T, std::size_t Bytes>
struct VectorType {
  typedef T Register __attribute__((vector_size(Bytes)));
  typedef T Memory __attribute__((vector_size(Bytes), aligned(alignof(T)), may_alias));
};

/// Turns over a square of numbers, 4 x 4 or 2 x 2, whose rows are registers of 16 bytes.
template <class T>
[[gnu::always_inline]] inline void transpose_square(typename VectorType<T, 16>::Register* r) {
  if constexpr (sizeof(T) == 4) {
    const auto low01 = __builtin_shufflevector(r[0], r[1], 0, 4, 1, 5);
    const auto high01 = __builtin_shufflevector(r[0], r[1], 2, 6, 3, 7);
    const auto low23 = __builtin_shufflevector(r[2], r[3], 0, 4, 1, 5);
    const auto high23 = __builtin_shufflevector(r[2], r[3], 2, 6, 3, 7);
    r[0] = __builtin_shufflevector(low01, low23, 0, 1, 4, 5);
    r[1] = __builtin_shufflevector(low01, low23, 2, 3, 6, 7);
    r[2] = __builtin_shufflevector(high01, high23, 0, 1, 4, 5);
    r[3] = __builtin_shufflevector(high01, high23, 2, 3, 6, 7);
  } else {
    const auto low = __builtin_shufflevector(r[0], r[1], 0, 2);
    r[1] = __builtin_shufflevector(r[0], r[1], 1, 3);
    r[0] = low;
  }
}

/// Copies a [rows, columns] matrix so that its rows are contiguous and lie `apart` numbers apart.
template <class T>
[[gnu::noinline]] void pack(const T* from, std::size_t row_step, std::size_t column_step, std::size_t rows,
                            std::size_t columns, T* to, std::size_t apart) {
  constexpr std::size_t side = 16 / sizeof(T);
  std::size_t i = 0;
  if (column_step == 1 && columns >= side) {
    for (; i < rows; ++i, from += row_step, to += apart)
      for (std::size_t j = 0;; j += side) {  // the last one ends where the row ends
        if (j + side > columns) j = columns - side;
        std::memcpy(to + j, from + j, 16);
        if (j + side == columns) break;
      }
  } else if (row_step == 1) {
    for (; i + side <= rows; i += side) {
      std::size_t j = 0;
      for (; j + side <= columns; j += side) {
        typename VectorType<T, 16>::Register square[side];
#pragma GCC unroll 4
        for (std::size_t r = 0; r < side; ++r) std::memcpy(&square[r], from + i + (j + r) * column_step, 16);
        transpose_square<T>(square);
#pragma GCC unroll 4
        for (std::size_t r = 0; r < side; ++r) std::memcpy(to + (i + r) * apart + j, &square[r], 16);
      }
      for (; j < columns; ++j)
        for (std::size_t r = i; r < i + side; ++r) to[r * apart + j] = from[r + j * column_step];
    }
  }
  for (; i < rows; ++i)
    for (std::size_t j = 0; j < columns; ++j) to[i * apart + j] = from[i * row_step + j * column_step];
}

}  // namespace MINIGRAD_KERNELS
}  // namespace minigrad::inline MINIGRAD_ABI::detail
#endif
