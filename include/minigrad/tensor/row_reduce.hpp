// tensor/row_reduce.hpp - sums and extremes of one row of numbers, and the sums of all columns.
//
// Sums have a fixed order, so that a result does not depend on anything but the numbers: along a row 32 running sums,
// each of every 32nd number, then added in pairs; along a column from top to bottom. Long rows and columns are halved
// first: see pairwise.hpp.
#pragma once

#include <cstddef>

#include "../core/convert.hpp"
#include "../core/simd.hpp"
#include "inner_loop.hpp"
#include "pairwise.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {
inline namespace MINIGRAD_KERNELS {

/// How many sums or extremes run along a row side by side. Results depend on it.
inline constexpr std::size_t running_sums = 32;

/// The definition: s_j = x_j + x_{j+32} + x_{j+64} + ... for j < 32, and then s_j + s_{j+16} for j < 16, and so on.
/// Of n numbers, a multiple of 32.
template <class T>
T sum_of_blocks_by_number(std::size_t n, const T* x) {
  T s[running_sums] = {};
  for (std::size_t i = 0; i < n; i += running_sums)
    for (std::size_t j = 0; j < running_sums; ++j) s[j] = static_cast<T>(wrap_add(s[j], x[i + j]));
  for (std::size_t width = running_sums / 2; width > 0; width /= 2)
    for (std::size_t j = 0; j < width; ++j) s[j] = static_cast<T>(wrap_add(s[j], s[j + width]));
  return s[0];
}

#if defined(__GNUC__)
/// The sum of all lanes, in every lane.
template <class L, std::size_t Width = L::count / 2>
MINIGRAD_INLINE L sum_of_lanes(const L& x) {
  const L y = x + x.template rotated<Width>();
  if constexpr (Width == 1)
    return y;
  else
    return sum_of_lanes<L, Width / 2>(y);
}

/// s_k + s_{k+Width} + ... as the definition pairs them.
template <std::size_t Width, std::size_t Count, class L>
MINIGRAD_INLINE L sum_of_registers(const L (&s)[Count], std::size_t k = 0) {
  if constexpr (Width == Count)
    return s[k];
  else
    return sum_of_registers<2 * Width>(s, k) + sum_of_registers<2 * Width>(s, k + Width);
}

/// sum[k] += register k of each row; one row follows the other after `step` numbers.
template <class L, std::size_t Count, class T>
MINIGRAD_INLINE void add_rows(std::size_t rows, std::size_t step, const T* x, L (&sum)[Count]) {
  for (; rows > 0; --rows, x += step)
#pragma GCC unroll 16
    for (std::size_t k = 0; k < Count; ++k) sum[k] += L::load(x + k * L::count);
}

/// The same as sum_of_blocks_by_number, in registers.
template <class L, class T>
MINIGRAD_INLINE T sum_of_blocks(std::size_t n, const T* x) {
  L s[running_sums / L::count];
  add_rows(n / running_sums, running_sums, x, s);
  return sum_of_lanes(sum_of_registers<1>(s))[0];
}

/// y[i] += the sum of column i of [rows, n], `Count` registers of columns at a time, from column i on; i moves on.
template <class L, std::size_t Count, class T>
MINIGRAD_INLINE void add_columns(std::size_t& i, std::size_t rows, std::size_t n, const T* x, T* y) {
  for (; i + Count * L::count <= n; i += Count * L::count) {
    L s[Count];
#pragma GCC unroll 16
    for (std::size_t k = 0; k < Count; ++k) s[k] = L::load(y + i + k * L::count);
    add_rows(rows, n, x + i, s);
#pragma GCC unroll 16
    for (std::size_t k = 0; k < Count; ++k) s[k].store(y + i + k * L::count);
  }
}
template <std::size_t Bytes, class T>
MINIGRAD_INLINE void add_columns(std::size_t rows, std::size_t n, const T* x, T* y) {
  using L = simd::Simd<T, Bytes>;
  std::size_t i = 0;
  if constexpr (Bytes > 16 || !MINIGRAD_HAS_TARGETS) add_columns<L, running_sums / L::count>(i, rows, n, x, y);
  add_columns<L, 1>(i, rows, n, x, y);
  if constexpr (Bytes > 16) add_columns<simd::Simd<T, 16>, 1>(i, rows, n, x, y);
  for (; i < n; ++i) {
    T sum = y[i];
    for (std::size_t row = 0; row < rows; ++row) sum += x[row * n + i];
    y[i] = sum;
  }
}
struct SumOfBlocks {
  template <std::size_t Bytes, class T>
  MINIGRAD_INLINE static T run(std::size_t n, const T* x) {
    return sum_of_blocks<simd::Simd<T, Bytes>>(n, x);
  }
};
/// Of long rows a few are added at a time, since each may lie in a page of memory of its own.
struct AddColumns {
  template <std::size_t Bytes, class T>
  MINIGRAD_INLINE static void run(std::size_t rows, std::size_t n, const T* x, T* y) {
    const std::size_t most = n < 128 ? longest_sum : 32;
    for (std::size_t part; rows > 0; rows -= part, x += part * n) {
      part = rows < most ? rows : most;
      add_columns<Bytes>(part, n, x, y);
    }
  }
};
#endif

/// The definition: y[i] += x[0][i], then x[1][i], and so on.
template <class T>
void add_columns_by_number(std::size_t rows, std::size_t n, const T* x, T* y) {
  for (std::size_t row = 0; row < rows; ++row)
    for (std::size_t i = 0; i < n; ++i) y[i] = static_cast<T>(wrap_add(y[i], x[row * n + i]));
}

/// y[i] += the sum of column i of [rows, n], from the first row to the last.
template <class T>
void add_columns_by_best_isa(std::size_t rows, std::size_t n, const T* x, T* y) {
  if constexpr (simd::has_simd<T>)
    on_best_isa<AddColumns>(rows, n, x, y);
  else
    add_columns_by_number(rows, n, x, y);
}

template <class T>
void sum_long_columns(std::size_t rows, std::size_t n, const T* x, T* y);

/// y[i] = the sum of column i of [rows, n].
template <class T>
[[gnu::noinline]] void sum_columns(std::size_t rows, std::size_t n, const T* x, T* y) {
  if (rows > longest_sum) return sum_long_columns(rows, n, x, y);
  for (std::size_t i = 0; i < n; ++i) y[i] = T{};
  add_columns_by_best_isa(rows, n, x, y);
}
template <class T>
[[gnu::noinline]] void sum_long_columns(std::size_t rows, std::size_t n, const T* x, T* y) {
  const std::size_t half = first_half(rows, running_sums);
  const Scratch<T> rest(n);
  sum_columns(half, n, x, y);
  sum_columns(rows - half, n, x + half * n, rest.data());
  add_columns_by_best_isa(1, n, rest.data(), y);
}

template <class T>
T sum_long_row(std::size_t n, const T* x);

/// x_0 + ... + x_{n-1}.
template <class T>
[[gnu::noinline]] T sum_row(std::size_t n, const T* x) {
  if (n >= running_sums) return sum_long_row(n, x);
  T sum{};
#pragma GCC unroll 4
  for (const T* const end = x + n; x != end; ++x) sum = static_cast<T>(wrap_add(sum, *x));
  return sum;
}
template <class T>
[[gnu::noinline]] T sum_long_row(std::size_t n, const T* x) {
  if (n > longest_sum * running_sums) {
    const std::size_t half = first_half(n, running_sums);
    return static_cast<T>(wrap_add(sum_long_row(half, x), sum_long_row(n - half, x + half)));
  }
  const std::size_t whole = n / running_sums * running_sums;
  const T rest = sum_row(n - whole, x + whole);
  if constexpr (simd::has_simd<T>)
    return rest + on_best_isa<SumOfBlocks>(whole, x);
  else
    return static_cast<T>(wrap_add(rest, sum_of_blocks_by_number(whole, x)));
}

/// x_0 y_0 + ... + x_{n-1} y_{n-1}, in the same order.
template <class T>
T dot_row(std::size_t n, const T* x, const T* y) {
  if (n > longest_sum * running_sums) {
    const std::size_t half = first_half(n, running_sums);
    return static_cast<T>(dot_row(half, x, y) + dot_row(n - half, x + half, y + half));
  }
  T lanes[running_sums] = {};
  std::size_t i = 0;
  for (; i + running_sums <= n; i += running_sums)
    for (std::size_t j = 0; j < running_sums; ++j) lanes[j] = static_cast<T>(lanes[j] + x[i + j] * y[i + j]);
  T total = n >= running_sums ? sum_row(running_sums, lanes) : T{};
  for (; i < n; ++i) total = static_cast<T>(total + x[i] * y[i]);
  return total;
}

/// Whether value comes before best in the search for an extreme. NaN beats every number, so that it is not lost.
template <class Less, class T>
bool beats(const Less& less, T value, T best) {
  return !is_nan(best) && (is_nan(value) || less(best, value));
}

/// The same as a choice of values, which compilers make without a branch.
template <class Less, class T>
[[gnu::always_inline]] inline T better(const Less& less, T value, T best) {
  if (MINIGRAD_FAST_MATH) return beats(less, value, best) ? value : best;
  return less(best, value) ? value : (is_nan(value) ? value : best);
}

/// best[i] becomes x[i] where that beats it.
template <class T, class Less>
[[gnu::noinline]] void keep_extremes(const Less& less, std::size_t n, T* best, const T* x) {
  const auto choose = [&](T before, T value) { return better(less, value, before); };
  const void* const in[] = {best, x};
  const std::size_t steps[] = {1, 1};
  if (n > 0) inner_loop_scalar<T, decltype(choose), T, T>(&choose, n, best, in, steps, std::index_sequence<0, 1>());
}

/// The extreme of n numbers, at least one; in a long row of every 32nd, and then of these.
template <class T, class Less>
T extreme_of_row(const Less& less, std::size_t n, const T* x) {
  T first[running_sums];
  if (n >= 2 * running_sums) {
    for (std::size_t j = 0; j < running_sums; ++j) first[j] = x[j];
    for (x += running_sums, n -= running_sums; n >= running_sums; x += running_sums, n -= running_sums)
      for (std::size_t j = 0; j < running_sums; ++j) first[j] = better(less, x[j], first[j]);
    for (std::size_t j = 0; j < n; ++j) first[j] = better(less, x[j], first[j]);
    for (std::size_t width = running_sums / 2; width > 0; width /= 2)
      for (std::size_t j = 0; j < width; ++j) first[j] = better(less, first[j + width], first[j]);
    return first[0];
  }
  T best = x[0];
  for (std::size_t i = 1; i < n; ++i) best = better(less, x[i], best);
  return best;
}

}  // namespace MINIGRAD_KERNELS
}  // namespace minigrad::detail
