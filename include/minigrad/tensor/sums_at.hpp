// tensor/sums_at.hpp - rows that are added one after another to rows of a tensor, each to any one of them.
//
// Which row the next one is added to is known only then, so that no sum can be halved in advance, as in pairwise.hpp.
// Instead a row that has got `longest_sum` summands is put aside and begins again at 0, and what was put aside is added
// in the end in the same way. So the sum of n rows consists of sums of at most 256, and its error grows with log n.
// Counting takes time where a row is a single number. Of few rows floats are therefore summed in double, which of 10^8
// leaves no error that a float shows. Of many rows several share one count, as long as none of these reaches 256.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>

#include "../core/convert.hpp"
#include "../core/simd.hpp"
#include "pairwise.hpp"
#include "pool_array.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {
inline namespace MINIGRAD_KERNELS {

/// y[at_i] += x_i for rows of `width` numbers, until one of them has got 256: `counts`, if not null, has a byte for
/// each, which then comes back to 0. Returns how many were added: fewer than n also where at_i is not below `rows`.
struct AddRowsAt {
  template <std::size_t Bytes, class T>
  MINIGRAD_INLINE static std::size_t run(std::size_t n, const std::int64_t* at, const T* x, std::size_t rows,
                                         std::size_t width, T* y, std::uint8_t* counts) {
    for (std::size_t i = 0; i < n; ++i, x += width) {
      const auto row = static_cast<std::size_t>(at[i]);
      if (row >= rows) return i;
      T* const to = y + row * width;
      std::size_t j = 0;
      if constexpr (simd::has_simd<T>) {
        add_registers<simd::Simd<T, Bytes>>(j, width, x, to);
        if constexpr (Bytes > 16) add_registers<simd::Simd<T, 16>>(j, width, x, to);
      }
      for (; j < width; ++j) to[j] = static_cast<T>(wrap_add(to[j], x[j]));
      if (counts && ++counts[row] == 0) return i + 1;
    }
    return n;
  }

 private:
  template <class L, class T>
  MINIGRAD_INLINE static void add_registers(std::size_t& j, std::size_t width, const T* x, T* to) {
    for (; j + L::count <= width; j += L::count) (L::load(to + j) + L::load(x + j)).store(to + j);
  }
};

/// The same for single numbers. The rows that have the same bits of `mask` share one count.
template <bool counted, class T>
std::size_t add_numbers_at(std::size_t n, const std::int64_t* at, const T* x, std::size_t rows, T* y,
                           std::uint8_t* counts = nullptr, std::size_t mask = ~std::size_t{0}) {
  for (std::size_t i = 0; i < n; ++i) {
    const auto row = static_cast<std::size_t>(at[i]);
    if (row >= rows) return i;
    y[row] = static_cast<T>(wrap_add(y[row], x[i]));
    if constexpr (counted)
      if (++counts[row & mask] == 0) return i + 1;
  }
  return n;
}

/// The same with about one count for 64 numbers.
template <class T>
std::size_t add_numbers_to_many_at(std::size_t n, const std::int64_t* at, const T* x, std::size_t rows, T* y) {
  std::size_t size = 256;
  while (size < n / 64) size *= 2;
  const Scratch<std::uint8_t> counts(size);
  std::memset(counts.data(), 0, size);
  return add_numbers_at<true>(n, at, x, rows, y, counts.data(), size - 1);
}

/// The same for all numbers, by sums in double. Of few rows there are two sums each, so that an addition seldom
/// waits for the one before.
template <class T>
std::size_t add_in_double_at(std::size_t n, const std::int64_t* at, const T* x, std::size_t rows, T* y) {
  const bool two = rows <= 1024;
  const Scratch<double> sums(two ? 2 * rows : rows);
  double *const even = sums.data(), *const odd = two ? even + rows : even;
  for (std::size_t row = 0; row < rows; ++row) even[row] = odd[row] = 0;
  std::size_t i = 0;
  for (; i < n; ++i) {
    const auto row = static_cast<std::size_t>(at[i]);
    if (row >= rows) return i;
    even[row] += static_cast<double>(x[i]);
    if (++i == n) break;
    const auto next = static_cast<std::size_t>(at[i]);
    if (next >= rows) return i;
    odd[next] += static_cast<double>(x[i]);
  }
  for (std::size_t row = 0; row < rows; ++row)
    y[row] += static_cast<T>(two ? even[row] + odd[row] : even[row]);
  return n;
}

/// y[at_i] += x_i for n rows of `width` numbers, where y has `rows`. No row gets more than `most` of them. Returns n,
/// or the first i for which at_i is not below `rows`.
template <class T>
[[gnu::noinline]] std::size_t add_rows_at(std::size_t n, const std::int64_t* at, const T* x, std::size_t rows,
                                          std::size_t width, T* y, std::size_t most) {
  static_assert(longest_sum == 256, "minigrad: AddRowsAt counts to 256");
  const bool counted = most > longest_sum && !std::is_integral_v<T>;
  std::size_t i = 0;
  if (width == 1 && !counted) return add_numbers_at<false>(n, at, x, rows, y);
  if (width == 1 && rows > n / 4) {
    i = add_numbers_to_many_at(n, at, x, rows, y);
    if (i == n || static_cast<std::size_t>(at[i]) >= rows) return i;
  }
  if constexpr (std::is_same_v<T, float>)
    if (width == 1) return i + add_in_double_at(n - i, at + i, x + i, rows, y);
  const Scratch<std::uint8_t> counts(counted ? rows : 0);
  if (counted) std::memset(counts.data(), 0, rows);
  PoolArray<std::int64_t> full;
  PoolArray<T> aside;
  while (i < n) {
    const std::size_t added =
        width == 1 ? add_numbers_at<true>(n - i, at + i, x + i, rows, y, counts.data())
                   : on_best_isa<AddRowsAt>(n - i, at + i, x + i * width, rows, width, y, counts.data());
    i += added;
    if (!counted || added == 0 || counts.data()[at[i - 1]] != 0) break;
    full.push_back(at[i - 1]);
    T* const row = y + static_cast<std::size_t>(at[i - 1]) * width;
    T* const kept = aside.append(width);
    for (std::size_t j = 0; j < width; ++j) kept[j] = std::exchange(row[j], T{});
  }
  if (!full.empty()) add_rows_at(full.size(), full.data(), aside.data(), rows, width, y, full.size());
  return i;
}

}  // namespace MINIGRAD_KERNELS
}  // namespace minigrad::inline MINIGRAD_ABI::detail
