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

/// How a term reads and writes vectors: registers in a kernel, numbers at its end.
template <class L>
struct LanesAt {
  template <class T>
  MINIGRAD_INLINE L operator()(const T* from) const {
    if constexpr (simd::is_simd<L>)
      return L::load(from);
    else
      return *from;
  }
  template <class T>
  MINIGRAD_INLINE void store(T* to, const L& x) const {
    if constexpr (simd::is_simd<L>)
      x.store(to);
    else
      *to = x;
  }
};

/// The sum of term(at, i) for i < n. The sums of 128 bytes of lanes are added in a fixed order, so that the bits depend
/// neither on the processor nor on the number of threads.
template <class T>
struct SumTerms {
  static constexpr bool without_fma = true;
  template <std::size_t Bytes, class Term>
  MINIGRAD_KERNEL static double run(const Term term, std::size_t i, std::size_t n) {
    constexpr std::size_t lanes = 128 / sizeof(T);
    T sums[lanes] = {};
    if constexpr (simd::has_simd<T>) {
      using L = simd::Simd<T, Bytes>;
      constexpr std::size_t registers = lanes / L::count;
      L sum[registers];
      for (; i + lanes <= n; i += lanes)
        for (std::size_t r = 0; r < registers; ++r) sum[r] += term(LanesAt<L>(), i + r * L::count);
      for (std::size_t r = 0; r < registers; ++r) sum[r].store(sums + r * L::count);
    }
    for (std::size_t lane = 0; i < n; ++i, lane = (lane + 1) % lanes) sums[lane] += term(LanesAt<T>(), i);
    double total = 0;
    for (const T sum : sums) total += static_cast<double>(sum);
    return total;
  }
};

/// The largest |x_i|; NaN if one is: as bits, which are ordered as the numbers are, it is larger than any.
template <class T>
struct LargestSize {
  template <std::size_t Bytes>
  MINIGRAD_KERNEL static double run(const T* x, std::size_t i, std::size_t n) {
    T largest = 0;
    if constexpr (simd::has_simd<T>) {
      using L = simd::Simd<T, Bytes>;
      using Whole = typename L::Condition::Vector;
      Whole most{};
      for (; i + L::count <= n; i += L::count) {
        const Whole bits = reinterpret_cast<Whole>(L::load(x + i).absolute().v);
        most = bits > most ? bits : most;
      }
      const L all = reinterpret_cast<typename L::Vector>(most);
      for (std::size_t k = 0; k < L::count; ++k) largest = is_nan(largest) || all[k] <= largest ? largest : all[k];
    }
    for (; i < n; ++i)
      if (const T size = std::fabs(x[i]); !is_nan(largest) && !(size <= largest)) largest = size;
    return static_cast<double>(largest);
  }
};

/// Sums over vectors, of parts that are added in a fixed order. The memory for the parts is kept.
template <class T>
class FlatSums {
  static constexpr std::size_t part = 4096, least = std::size_t{1} << 15;

 public:
  /// The sum of term(at, i) for i < n: at(x + i) reads there, at.store(x + i, value) writes.
  template <class Term>
  double sum_of(std::size_t n, const Term& term) {
    const std::size_t parts = over_parts(n, [&](std::size_t i, std::size_t end) {
      return on_best_isa<SumTerms<T>>(term, i, end);
    });
    double total = 0;
    for (std::size_t k = 0; k < parts; ++k) total += parts_[k];
    return total;
  }
  double dot(std::size_t n, const T* a, const T* b) {
    return sum_of(n, [=](auto at, std::size_t i) { return at(a + i) * at(b + i); });
  }
  /// The largest |x_i|; NaN if one is.
  double largest_size(std::size_t n, const T* x) {
    const std::size_t parts = over_parts(n, [x](std::size_t i, std::size_t end) {
      return on_best_isa<LargestSize<T>>(x, i, end);
    });
    double out = 0;
    for (std::size_t k = 0; k < parts && !is_nan(out); ++k)
      if (!(parts_[k] <= out)) out = parts_[k];
    return out;
  }

 private:
  /// f(begin, end) of each part, into parts_; returns how many there are.
  template <class F>
  std::size_t over_parts(std::size_t n, const F& f) {
    const std::size_t parts = (n + part - 1) / part;
    if (parts_.size() < parts) parts_.resize(parts);
    double* const out = parts_.data();
    parallel_for(n, part, least, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; i += part) out[i / part] = f(i, end - i < part ? end : i + part);
    });
    return parts;
  }
  std::vector<double> parts_;
};

}  // namespace MINIGRAD_KERNELS
}  // namespace minigrad::inline MINIGRAD_ABI::detail
