// tensor/sums_at.hpp - rows that are added one after another to rows of a tensor, each to any one of them.
//
// Which row the next one is added to is known only then, so that no sum can be halved in advance, as in pairwise.hpp.
// Instead a row that has got `longest_sum` summands is put aside and begins again at 0, and what was put aside is added
// in the end in the same way. So the sum of n rows consists of sums of at most 256, and its error grows with log n.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>

#include "../core/simd.hpp"
#include "pairwise.hpp"
#include "pool_array.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {
inline namespace MINIGRAD_KERNELS {

/// y[at_i] += x_i for rows of `width` numbers, until one of them has got 256: `counts`, if not null, has a byte for
/// each, which then comes back to 0. Returns how many were added.
struct AddRowsAt {
  template <std::size_t Bytes, class T>
  MINIGRAD_INLINE static std::size_t run(std::size_t n, const std::int64_t* at, const T* x, std::size_t width, T* y,
                                         std::uint8_t* counts) {
    if (width == 1) return counts ? add_numbers<true>(n, at, x, y, counts) : add_numbers<false>(n, at, x, y, counts);
    for (std::size_t i = 0; i < n; ++i, x += width) {
      const auto row = static_cast<std::size_t>(at[i]);
      T* const to = y + row * width;
      std::size_t j = 0;
      if constexpr (simd::has_simd<T>) {
        add_registers<simd::Simd<T, Bytes>>(j, width, x, to);
        if constexpr (Bytes > 16) add_registers<simd::Simd<T, 16>>(j, width, x, to);
      }
      for (; j < width; ++j) to[j] = static_cast<T>(to[j] + x[j]);
      if (counts && ++counts[row] == 0) return i + 1;
    }
    return n;
  }

 private:
  template <bool counted, class T>
  MINIGRAD_INLINE static std::size_t add_numbers(std::size_t n, const std::int64_t* at, const T* x, T* y,
                                                 std::uint8_t* counts) {
    for (std::size_t i = 0; i < n; ++i) {
      y[at[i]] = static_cast<T>(y[at[i]] + x[i]);
      if constexpr (counted)
        if (++counts[at[i]] == 0) return i + 1;
    }
    return n;
  }
  template <class L, class T>
  MINIGRAD_INLINE static void add_registers(std::size_t& j, std::size_t width, const T* x, T* to) {
    for (; j + L::count <= width; j += L::count) (L::load(to + j) + L::load(x + j)).store(to + j);
  }
};

/// y[at_i] += x_i for n rows of `width` numbers, where y has `rows`. No row gets more than `most` of them.
template <class T>
[[gnu::noinline]] void add_rows_at(std::size_t n, const std::int64_t* at, const T* x, std::size_t rows,
                                   std::size_t width, T* y, std::size_t most) {
  static_assert(longest_sum == 256, "minigrad: AddRowsAt counts to 256");
  const bool counted = most > longest_sum && !std::is_integral_v<T>;
  const Scratch<std::uint8_t> counts(counted ? rows : 0);
  if (counted) std::memset(counts.data(), 0, rows);
  PoolArray<std::int64_t> full;
  PoolArray<T> aside;
  for (std::size_t i = 0; i < n;) {
    const std::size_t added = on_best_isa<AddRowsAt>(n - i, at + i, x + i * width, width, y, counts.data());
    i += added;
    const std::int64_t last = at[i - 1];
    if (!counted || counts.data()[last] != 0) break;
    full.push_back(last);
    T* const row = y + static_cast<std::size_t>(last) * width;
    T* const kept = aside.append(width);
    for (std::size_t j = 0; j < width; ++j) kept[j] = std::exchange(row[j], T{});
  }
  if (!full.empty()) add_rows_at(full.size(), full.data(), aside.data(), rows, width, y, full.size());
}

}  // namespace MINIGRAD_KERNELS
}  // namespace minigrad::inline MINIGRAD_ABI::detail
