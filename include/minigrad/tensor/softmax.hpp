// tensor/softmax.hpp - softmax, log softmax and log sum exp of rows, each row in two short loops.
//
// Composed of passes over memory, softmax would be six of them. Here a row stays in the nearest cache: its largest
// element is found and taken out, so that exp cannot overflow, and what remains is summed while it is computed.
#pragma once

#include <cstddef>

#include "../core/parallel.hpp"
#include "../core/simd_math.hpp"
#include "pairwise.hpp"
#include "row_reduce.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

/// What is wanted of a row x with s = sum exp(x): exp(x) / s, or x - log s, or log s alone.
enum class Softmax { probabilities, logarithms, log_of_sum };

#if defined(__GNUC__)
inline namespace MINIGRAD_KERNELS {

/// The largest of all lanes, in every lane.
template <class L, std::size_t Width = L::count / 2>
MINIGRAD_INLINE L largest_of_lanes(const L& x) {
  const L y = larger(x, x.template rotated<Width>());
  if constexpr (Width == 1) return y;
  else return largest_of_lanes<L, Width / 2>(y);
}

/// The sum of the first n numbers exp(x - shift), which y may keep: whole running sums of `longest_sum` registers.
template <bool keeps, class L, class T>
MINIGRAD_INLINE L sum_of_long_row(std::size_t n, const T* x, T* y, const L& shift) {
  PairwiseSum<L> sums;
  for (std::size_t i = 0; i < n;) {
    L sum = T{};
    for (std::size_t k = 0; k < longest_sum; ++k, i += L::count) {
      const L e = exp(L::load(x + i) - shift);
      if constexpr (keeps) e.store(y + i);
      sum += e;
    }
    sums.add(sum);
  }
  return sums.total();
}

/// One row of n > 0 elements to y. What does not fill a register at the end of the row is computed together with
/// elements before it, or, in a short row, with copies of the first; but it is summed alone. What long rows need would
/// make short ones slower, so that it is compiled for `is_long` only.
template <Softmax kind, bool is_long, class L, class T>
MINIGRAD_INLINE void softmax_row(std::size_t n, const T* x, T* y) {
  constexpr bool divides = kind == Softmax::probabilities;
  const std::size_t width = n < L::count ? n : L::count, last = n - width;
  T end[L::count], places[L::count];
  (width == L::count ? L::load(x + last) : L::load_some(x, width)).store(end);
  for (std::size_t j = 0; j < L::count; ++j) places[j] = static_cast<T>(j);

  L largest = L::load(end);
  for (std::size_t i = 0; i < last; i += L::count) largest = larger(largest, L::load(x + i));
  largest = largest_of_lanes(largest);
  const L shift = select(largest.finite(), largest, T{});  // all may be -infinity

  L sum = T{};
  std::size_t begin = 0;
  if constexpr (constexpr std::size_t longest = longest_sum * L::count; is_long)
    if (last > longest) {
      begin = (last - 1) / longest * longest;
      sum = sum_of_long_row<divides>(begin, x, y, shift);
    }
  for (std::size_t i = begin;; i += L::count) {
    const bool at_end = i >= last;
    const L e = exp(L::load(at_end ? end : x + i) - shift);
    if constexpr (divides) e.store(at_end ? end : y + i);
    if (at_end) {
      const L place = L::load(places), zero = T{};
      sum += select(place < static_cast<T>(i - last), zero, select(place < static_cast<T>(width), e, zero));
      break;
    }
    sum += e;
  }
  sum = sum_of_lanes(sum);

  if constexpr (kind == Softmax::log_of_sum) {
    *y = (log(sum) + shift)[0];
  } else {
    const L log_of_sum = divides ? sum : log(sum);
    const T* const from = divides ? y : x;
    for (std::size_t i = 0;; i += L::count) {
      const bool at_end = i >= last;
      const L term = L::load(at_end ? end : from + i);
      const L result = divides ? term / sum : term - shift - log_of_sum;
      if (!at_end) {
        result.store(y + i);
        continue;
      }
      if (width == L::count) return result.store(y + last);
      result.store(end);
      for (std::size_t j = 0; j < width; ++j) y[j] = end[j];
      return;
    }
  }
}

template <Softmax kind, bool is_long = true>
struct SoftmaxRows {
  template <std::size_t Bytes, class T>
  MINIGRAD_INLINE static void run(std::size_t rows, std::size_t n, const T* x, T* y) {
    for (std::size_t i = 0; i < rows; ++i, x += n, y += kind == Softmax::log_of_sum ? 1 : n)
      softmax_row<kind, is_long, simd::Simd<T, Bytes>>(n, x, y);
  }
};

/// The rows of x [rows, n], n > 0, to those of y: [rows, n], or [rows] for the logarithm of the sum.
template <Softmax kind, class T>
void softmax_rows(std::size_t rows, std::size_t n, const T* x, T* y) {
  constexpr std::size_t least = 10'000;  // numbers that are worth a thread's while
  parallel_for(rows, 1, least / n + 1, [=](std::size_t begin, std::size_t end) {
    T* const to = y + begin * (kind == Softmax::log_of_sum ? 1 : n);
    if (n <= longest_sum * (16 / sizeof(T))) on_best_isa<SoftmaxRows<kind, false>>(end - begin, n, x + begin * n, to);
    else on_best_isa<SoftmaxRows<kind, true>>(end - begin, n, x + begin * n, to);
  });
}

}  // namespace MINIGRAD_KERNELS
#endif

}  // namespace minigrad::detail
