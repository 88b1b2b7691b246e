// tensor/inner_loop.hpp - a function over one row of elements: the loops in which elementwise work is done.
//
// A function that is marked simd_fn() runs on Simd, and is compiled for AVX2 besides; its definition is the loop over
// numbers, which all others take. (A third copy for AVX-512 was measured: it gains a tenth, and costs compile time.)
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

#include "../core/simd.hpp"
#include "../core/parallel.hpp"

namespace minigrad::detail {

inline constexpr std::size_t block = 32, max_operands = 6;
/// How many elements are worth a thread's while.
inline constexpr std::size_t inner_loop_least = std::size_t{1} << 15;

/// A function over one row of elements: out[i] = f(in_0[i], ...). After each block, operand k moves on by steps[k]
/// elements: by `block`, or by 0 where it is one number, written out `block` times. So the loop over a block has one
/// form, which compilers vectorise because its length is constant. `out` may be one of the operands.
using InnerLoop = void (*)(const void* f, std::size_t n, void* out, const void* const* in, const std::size_t* steps);

inline namespace MINIGRAD_KERNELS {

/// The definition, on numbers.
template <class Out, class F, class... T, std::size_t... K>
[[gnu::noinline]] void inner_loop_scalar(const void* function, std::size_t n, void* to, const void* const* from,
                                      const std::size_t* steps, std::index_sequence<K...>) {
  const F& f = *static_cast<const F*>(function);
  Out* out = static_cast<Out*>(to);
  [&](const T*... in) {
    for (; n >= block; n -= block, out += block) {
      Out y[block];  // so that out may be one of the operands
      for (std::size_t j = 0; j < block; ++j) y[j] = static_cast<Out>(f(in[j]...));
      for (std::size_t j = 0; j < block; ++j) out[j] = y[j];
      ((in += steps[K]), ...);
    }
    for (std::size_t j = 0; j < n; ++j) out[j] = static_cast<Out>(f(in[j]...));
  }(static_cast<const T*>(from[K])...);
}

#if defined(__GNUC__)
/// A row as registers full of elements. Each result depends on its own inputs alone: what does not fill a register at
/// the end of the row is computed together with elements before it, or, in a short row, with copies of the first.
template <class L, std::size_t Operands>
struct SimdRow {
  using T = typename L::Number;
  std::size_t width, last;  // how many elements the last register has of its own, and where they begin
  T* out;
  const T* in[Operands];
  std::size_t walks[Operands];    // all bits set, or none where the operand is one number
  T last_in[Operands][L::count];  // taken before `out`, which may be one of the operands, is written

  MINIGRAD_INLINE SimdRow(std::size_t n, void* to, const void* const* from, const std::size_t* steps)
      : width(n < L::count ? n : L::count), last(n - width), out(static_cast<T*>(to)) {
    for (std::size_t k = 0; k < Operands; ++k) {
      in[k] = static_cast<const T*>(from[k]);
      walks[k] = steps[k] == 0 ? std::size_t{} : ~std::size_t{};
      const T* const end = in[k] + (last & walks[k]);
      (width == L::count ? L::load(end) : L::load_some(end, width)).store(last_in[k]);
    }
  }
  MINIGRAD_INLINE L load(std::size_t k, std::size_t i, bool at_end) const {
    return L::load(at_end ? last_in[k] : in[k] + (i & walks[k]));
  }
  /// Whether y was the last register of the row.
  MINIGRAD_INLINE bool store(const L& y, std::size_t i, bool at_end) {
    if (!at_end) {
      y.store(out + i);
    } else if (width == L::count) {
      y.store(out + last);
    } else {
      y.store(last_in[0]);
      for (std::size_t j = 0; j < width; ++j) out[j] = last_in[0][j];
    }
    return at_end;
  }
};

// The two kernels differ in the instructions they are compiled for. Each calls f itself, so that both compilers obey
// `flatten` and compile f with it.
template <class T, class F, std::size_t... K>
[[gnu::noinline, gnu::flatten]] void inner_loop_simd(const void* f, std::size_t n, void* out, const void* const* in,
                                                  const std::size_t* steps, std::index_sequence<K...>) {
  using L = simd::Simd<T, 16>;
  SimdRow<L, sizeof...(K)> row(n, out, in, steps);
  for (std::size_t i = 0;; i += L::count) {
    const bool at_end = i >= row.last;
    const L y = (*static_cast<const F*>(f))(row.load(K, i, at_end)...);
    if (row.store(y, i, at_end)) return;
  }
}
#if MINIGRAD_HAS_TARGETS
template <class T, class F, std::size_t... K>
[[gnu::noinline, gnu::flatten]] MINIGRAD_TARGET_AVX2 void inner_loop_avx2(const void* f, std::size_t n, void* out,
                                                                      const void* const* in, const std::size_t* steps,
                                                                      std::index_sequence<K...>) {
  using L = simd::Simd<T, 32>;
  SimdRow<L, sizeof...(K)> row(n, out, in, steps);
  for (std::size_t i = 0;; i += L::count) {
    const bool at_end = i >= row.last;
    const L y = (*static_cast<const F*>(f))(row.load(K, i, at_end)...);
    if (row.store(y, i, at_end)) return;
  }
}
#endif
#endif

/// Whether several threads may call a function at a time: one that keeps something, and does not say that it runs on
/// Simd, might draw random numbers or count.
template <class F>
inline constexpr bool runs_on_threads = has_threads && (is_simd_fn<F> || std::is_empty_v<F>);

/// The InnerLoop on one thread.
template <class Out, class F, class... T>
void inner_loop_on_one_thread(const void* f, std::size_t n, void* out, const void* const* in, const std::size_t* steps) {
  constexpr std::index_sequence_for<T...> all{};
  if constexpr (is_simd_fn<F> && simd::has_simd<Out> && (std::is_same_v<T, Out> && ...)) {
#if MINIGRAD_HAS_TARGETS
    if (isa() != Isa::portable) return inner_loop_avx2<Out, F>(f, n, out, in, steps, all);
#endif
    inner_loop_simd<Out, F>(f, n, out, in, steps, all);
  } else {
    inner_loop_scalar<Out, F, T...>(f, n, out, in, steps, all);
  }
}

/// Runs a kernel over the parts of a row. Types are erased: `bytes` are those of an element of `out` and of each `in`.
[[gnu::noinline]] inline void inner_loop_in_parts(InnerLoop kernel, const void* f, std::size_t n, void* out,
                                           const void* const* in, const std::size_t* steps, const std::size_t* bytes,
                                           std::size_t operands) {
  parallel_for(n, block, inner_loop_least, [=](std::size_t begin, std::size_t end) {
    const void* at[max_operands];
    for (std::size_t k = 0; k < operands; ++k)
      at[k] = static_cast<const char*>(in[k]) + (steps[k] ? begin * bytes[k + 1] : 0);
    kernel(f, end - begin, static_cast<char*>(out) + begin * bytes[0], at, steps);
  });
}

/// The InnerLoop for a function of elements of types T that gives Outs.
template <class Out, class F, class... T>
void inner_loop(const void* f, std::size_t n, void* out, const void* const* in, const std::size_t* steps) {
  if constexpr (runs_on_threads<F>)
    if (n >= 2 * inner_loop_least) {
      static constexpr std::size_t bytes[] = {sizeof(Out), sizeof(T)...};
      return inner_loop_in_parts(inner_loop_on_one_thread<Out, F, T...>, f, n, out, in, steps, bytes, sizeof...(T));
    }
  inner_loop_on_one_thread<Out, F, T...>(f, n, out, in, steps);
}

}  // namespace MINIGRAD_KERNELS
}  // namespace minigrad::detail
