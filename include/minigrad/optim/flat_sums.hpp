// optim/flat_sums.hpp - sums over long vectors, on several threads, with the same bits on each number of them.
#pragma once

#include <cmath>
#include <cstddef>
#include <vector>

#include "../core/finite.hpp"
#include "../core/parallel.hpp"
#include "../core/simd.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {
inline namespace MINIGRAD_KERNELS {

/// q <- q + a y, and then the sum of s_i q_i. The sums of 128 bytes of lanes are added in a fixed order, so that the
/// bits depend neither on the processor nor on the number of threads. Where y is null, the sum alone.
struct AddAndDot {
  static constexpr bool without_fma = true;
  template <std::size_t Bytes, class T>
  MINIGRAD_KERNEL static double run(std::size_t n, T a, const T* y, T* q, const T* s) {
    constexpr std::size_t lanes = 128 / sizeof(T);
    T sums[lanes] = {};
    std::size_t i = 0;
    if constexpr (simd::has_simd<T>) {
      using L = simd::Simd<T, Bytes>;
      constexpr std::size_t registers = lanes / L::count;
      L sum[registers];
      for (; i + lanes <= n; i += lanes)
        for (std::size_t r = 0; r < registers; ++r) {
          const std::size_t at = i + r * L::count;
          L q_i = L::load(q + at);
          if (y) q_i += L(a) * L::load(y + at), q_i.store(q + at);
          sum[r] += L::load(s + at) * q_i;
        }
      for (std::size_t r = 0; r < registers; ++r) sum[r].store(sums + r * L::count);
    }
    for (std::size_t lane = 0; i < n; ++i, lane = (lane + 1) % lanes) {
      if (y) q[i] += a * y[i];
      sums[lane] += s[i] * q[i];
    }
    double total = 0;
    for (const T sum : sums) total += static_cast<double>(sum);
    return total;
  }
};

/// Sums over vectors, of parts that are added in a fixed order. The memory for the parts is kept.
template <class T>
class FlatSums {
  static constexpr std::size_t part = 4096, least = std::size_t{1} << 15;

 public:
  double dot(std::size_t n, const T* a, const T* b) { return add_and_dot(n, 0, nullptr, const_cast<T*>(a), b); }
  /// q <- q + a y; returns the dot product of q and s.
  double add_and_dot(std::size_t n, double a, const T* y, T* q, const T* s) {
    return sum(n, [=, by = static_cast<T>(a)](std::size_t i, std::size_t count) {
      return on_best_isa<AddAndDot>(count, by, y ? y + i : y, q + i, s + i);
    });
  }
  /// The sum of term(x_i, i) for i < n, where `term` may write.
  template <class Term>
  double sum_of(std::size_t n, const Term& term) {
    return sum(n, [&](std::size_t i, std::size_t count) {
      double total = 0;
      for (const std::size_t end = i + count; i < end; ++i) total += static_cast<double>(term(i));
      return total;
    });
  }

 private:
  template <class F>
  double sum(std::size_t n, const F& f) {
    const std::size_t parts = (n + part - 1) / part;
    if (parts_.size() < parts) parts_.resize(parts);
    double* const sums = parts_.data();
    parallel_for(n, part, least, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; i += part) sums[i / part] = f(i, end - i < part ? end - i : part);
    });
    double total = 0;
    for (std::size_t k = 0; k < parts; ++k) total += sums[k];
    return total;
  }
  std::vector<double> parts_;
};

/// The largest |x_i|; NaN if one is.
template <class T>
double largest_size(std::size_t n, const T* x) {
  double out = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const double size = std::fabs(static_cast<double>(x[i]));
    if (is_nan(size)) return size;
    if (size > out) out = size;
  }
  return out;
}

}  // namespace MINIGRAD_KERNELS
}  // namespace minigrad::inline MINIGRAD_ABI::detail
