// tensor/variance.hpp - variances along the middle axis of [outer, extent, inner].
//
// The mean m of n numbers is rounded, in float perhaps by more than they differ. With d = x - m, for any m,
//
//   sum (x - mean)^2 = sum d^2 - (sum d)^2 / n
//
// and one pass gives both sums: T. Chan, G. Golub, R. LeVeque, "Algorithms for computing the sample variance", 1983.
// Where m is near the mean the second term is small, and nothing is lost in the difference. Long sums
// are cut: see pairwise.hpp.
#pragma once

#include <cstddef>

#include "axis_split.hpp"
#include "row_reduce.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {
inline namespace MINIGRAD_KERNELS {

/// The sums of x - m and of (x - m)^2.
template <class T>
struct Moments {
  T first{}, second{};

  MINIGRAD_INLINE void add(T d) {
    first += d;
    second += d * d;
  }
};

/// The moments of one row of at most `longest_sum` times `running` numbers. So many sums run side by side.
struct RowMoments {
  template <std::size_t Bytes, class T>
  MINIGRAD_INLINE static Moments<T> run(std::size_t n, const T* x, T mean) {
    constexpr std::size_t running = 128 / sizeof(T);
    Moments<T> total;
    std::size_t i = 0;
    if constexpr (simd::has_simd<T>) {
      using L = simd::Simd<T, Bytes>;
      constexpr std::size_t count = running / L::count;
      if (n >= running) {
        const L m(mean);
        L first[count], second[count];
        for (; i + running <= n; i += running)
#pragma GCC unroll 16
          for (std::size_t k = 0; k < count; ++k) {
            const L d = L::load(x + i + k * L::count) - m;
            first[k] += d;
            second[k] += d * d;
          }
        total.first = sum_of_lanes(sum_of_registers<1>(first))[0];
        total.second = sum_of_lanes(sum_of_registers<1>(second))[0];
      }
    }
    for (; i < n; ++i) total.add(x[i] - mean);
    return total;
  }
};

/// first[i] and second[i] += those of column i of [rows, n].
struct ColumnMoments {
  template <std::size_t Bytes, class T>
  MINIGRAD_INLINE static void run(std::size_t rows, std::size_t n, const T* x, const T* mean, T* first, T* second) {
    const std::size_t most = n < 128 ? longest_sum : 32;  // see AddColumns
    for (std::size_t part; rows > 0; rows -= part, x += part * n) {
      part = rows < most ? rows : most;
      std::size_t i = 0;
      if constexpr (simd::has_simd<T>) {
        add<simd::Simd<T, Bytes>, 2>(i, part, n, x, mean, first, second);
        add<simd::Simd<T, Bytes>, 1>(i, part, n, x, mean, first, second);
        if constexpr (Bytes > 16) add<simd::Simd<T, 16>, 1>(i, part, n, x, mean, first, second);
      }
      for (; i < n; ++i) {
        Moments<T> m{first[i], second[i]};
        for (std::size_t row = 0; row < part; ++row) m.add(x[row * n + i] - mean[i]);
        first[i] = m.first, second[i] = m.second;
      }
    }
  }

 private:
  template <class L, std::size_t Count, class T>
  MINIGRAD_INLINE static void add(std::size_t& i, std::size_t rows, std::size_t n, const T* x, const T* mean, T* first,
                                  T* second) {
    for (; i + Count * L::count <= n; i += Count * L::count) {
      L a[Count], b[Count], m[Count];
      for (std::size_t k = 0; k < Count; ++k) {
        const std::size_t j = i + k * L::count;
        a[k] = L::load(first + j), b[k] = L::load(second + j), m[k] = L::load(mean + j);
      }
      for (std::size_t row = 0; row < rows; ++row)
        for (std::size_t k = 0; k < Count; ++k) {
          const L d = L::load(x + row * n + i + k * L::count) - m[k];
          a[k] += d;
          b[k] += d * d;
        }
      for (std::size_t k = 0; k < Count; ++k) {
        a[k].store(first + i + k * L::count);
        b[k].store(second + i + k * L::count);
      }
    }
  }
};

/// The sums of x - mean and of its square over a row, cut as in sum_row().
template <class T>
Moments<T> row_moments(std::size_t n, const T* x, T mean) {
  if (n < running_sums) {
    Moments<T> total;
    for (std::size_t i = 0; i < n; ++i) total.add(x[i] - mean);
    return total;
  }
  if (n <= longest_sum * running_sums) return on_best_isa<RowMoments>(n, x, mean);
  const std::size_t half = first_half(n, running_sums);
  const Moments<T> a = row_moments(half, x, mean), b = row_moments(n - half, x + half, mean);
  return {a.first + b.first, a.second + b.second};
}

/// The same for the columns of [rows, n], cut as in sum_columns().
template <class T>
void column_moments(std::size_t rows, std::size_t n, const T* x, const T* mean, T* first, T* second) {
  if (rows <= longest_sum) {
    for (std::size_t i = 0; i < n; ++i) first[i] = second[i] = T{};
    return on_best_isa<ColumnMoments>(rows, n, x, mean, first, second);
  }
  const std::size_t half = first_half(rows, running_sums);
  const Scratch<T> rest(2 * n);
  column_moments(half, n, x, mean, first, second);
  column_moments(rows - half, n, x + half * n, mean, rest.data(), rest.data() + n);
  for (std::size_t i = 0; i < n; ++i) first[i] += rest.data()[i], second[i] += rest.data()[n + i];
}

/// The moments along the middle axis of [outer, extent, inner], each with a mean of its own.
template <class T>
[[gnu::noinline]] void moments(const AxisSplit& r, const T* x, const T* mean, T* first, T* second) {
  for (std::size_t o = 0; o < r.outer; ++o, x += r.extent * r.inner) {
    const std::size_t i = o * r.inner;
    if (r.inner != 1) {
      column_moments(r.extent, r.inner, x, mean + i, first + i, second + i);
    } else {
      const Moments<T> row = row_moments(r.extent, x, mean[i]);
      first[i] = row.first, second[i] = row.second;
    }
  }
}

}  // namespace MINIGRAD_KERNELS
}  // namespace minigrad::detail
