// tensor/inner_loop.hpp - the loop over one row of elements: out[i] = f(x[i], y[i], ...), and that of an optimizer.
//
// A function that is marked simd_fn() runs on Simd, for 16 bytes and for AVX2. All other functions run on numbers, in a
// loop that also defines the result. (A copy for AVX-512 was measured: it gains a tenth, and costs compile time.)
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

#include "../core/parallel.hpp"
#include "../core/simd.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

inline constexpr std::size_t max_operands = 6;
/// How many elements are worth a thread's while.
inline constexpr std::size_t inner_loop_least = std::size_t{1} << 15;

/// A function over one row of n > 0 elements with the types erased: out[i] = f(in_0[i], ...). Where steps[k] is 0,
/// operand k is one number for all i, which stands `unroll` times from in_k on. `out` may be one of the operands.
using InnerLoop = void (*)(const void* f, std::size_t n, void* out, const void* const* in, const std::size_t* steps);

inline namespace MINIGRAD_KERNELS {

/// How many elements the scalar loops take at a time. Compilers vectorise a loop whose length is constant.
inline constexpr std::size_t unroll = 32;

/// How many elements of the largest type it takes at a time.
template <class... T>
inline constexpr std::size_t unroll_of = ((sizeof(T) > 16) || ...) ? 1 : unroll;

/// The definition, on numbers.
template <class Out, class F, class... T, std::size_t... K>
MINIGRAD_INLINE void inner_loop_scalar(const void* function, std::size_t n, void* to, const void* const* from,
                                       const std::size_t* steps, std::index_sequence<K...>) {
  constexpr std::size_t count = unroll_of<Out, T...>;
  const F& f = *static_cast<const F*>(function);
  Out* out = static_cast<Out*>(to);
  [&](const T*... in) {
    for (; n >= count; n -= count, out += count) {
      Out y[count];  // so that out may be one of the operands
      for (std::size_t j = 0; j < count; ++j) y[j] = static_cast<Out>(f(in[j]...));
      for (std::size_t j = 0; j < count; ++j) out[j] = y[j];
      ((in += steps[K] ? count : 0), ...);
    }
    for (std::size_t j = 0; j < n; ++j) out[j] = static_cast<Out>(f(in[j]...));
  }(static_cast<const T*>(from[K])...);
}

/// The fewest elements that are computed in registers.
template <class T>
inline constexpr std::size_t least_row = 32 / sizeof(T);

#if defined(__GNUC__)
/// The same in registers, of `least_row` elements or more. Each result depends on its own inputs alone: what does not
/// fill a register at the end of the row is computed together with elements before it.
template <class T, class F, class Indices>
struct SimdLoop;
template <class T, class F, std::size_t... K>
struct SimdLoop<T, F, std::index_sequence<K...>> {
  template <std::size_t Bytes>
  MINIGRAD_KERNEL static void run(const void* f, std::size_t n, void* to, const void* const* from,
                                  const std::size_t* steps) {
    using L = simd::Simd<T, Bytes>;
    constexpr std::size_t least = least_row<T>;
    const T* in[] = {static_cast<const T*>(from[K])...};
    T* out = static_cast<T*>(to);
    const std::size_t most = ((steps[K] == 0) || ...) ? unroll : n;
    for (;;) {
      const std::size_t count = n <= most ? n : n < most + least ? most - least : most, last = count - L::count;
      // The last ones first, before `out`, which may be an input, is written.
      const L y = (*static_cast<const F*>(f))(L::load(in[K] + last)...);
      for (std::size_t i = 0; i < last; i += L::count)
        (*static_cast<const F*>(f))(L::load(in[K] + i)...).store(out + i);
      y.store(out + last);
      if (n == count) return;
      n -= count, out += count;
      ((in[K] += steps[K] ? count : 0), ...);
    }
  }
};
#endif

/// A row of fewer elements than `least_row`: with copies of the first it has so many.
template <class T>
[[gnu::noinline]] void run_short_row(InnerLoop loop, const void* f, std::size_t n, void* out, const void* const* in,
                                     const std::size_t* steps, std::size_t operands) {
  constexpr std::size_t least = least_row<T>;
  T rows[max_operands + 1][least];
  const void* at[max_operands];
  for (std::size_t k = 0; k < operands; ++k) {
    const T* const x = static_cast<const T*>(in[k]);
    at[k] = rows[k];
    for (T& copy : rows[k]) copy = *x;
    for (std::size_t j = 1; j < n && steps[k]; ++j) rows[k][j] = x[j];
  }
  static constexpr std::size_t walk[max_operands] = {1, 1, 1, 1, 1, 1};
  T* const y = rows[max_operands];
  loop(f, least, y, at, walk);
  for (std::size_t j = 0; j < n; ++j) static_cast<T*>(out)[j] = y[j];
}

/// Whether several threads may call a function at a time. A function with captures that is not a simd_fn() might draw
/// random numbers or count.
template <class F>
inline constexpr bool runs_on_threads = has_threads && (is_simd_fn<F> || std::is_empty_v<F>);

template <class Out, class F, class... T>
void inner_loop(const void* f, std::size_t n, void* out, const void* const* in, const std::size_t* steps);

/// The InnerLoop on one thread.
template <class Out, class F, class... T>
void inner_loop_on_one_thread(const void* f, std::size_t n, void* out, const void* const* in,
                              const std::size_t* steps) {
  using All = std::index_sequence_for<T...>;
  if constexpr (is_simd_fn<F> && simd::has_simd<Out> && (std::is_same_v<T, Out> && ...)) {
    if (n >= least_row<Out>) return on_best_isa<SimdLoop<Out, F, All>>(f, n, out, in, steps);
    run_short_row<Out>(inner_loop<Out, F, T...>, f, n, out, in, steps, sizeof...(T));
  } else {
    inner_loop_scalar<Out, F, T...>(f, n, out, in, steps, All());
  }
}

/// Runs a kernel over the parts of a row. Types are erased: `bytes` are those of an element of `out` and of each `in`.
[[gnu::noinline]] inline void inner_loop_in_parts(InnerLoop kernel, const void* f, std::size_t n, void* out,
                                                  const void* const* in, const std::size_t* steps,
                                                  const std::size_t* bytes, std::size_t operands) {
  parallel_for(n, unroll, inner_loop_least, [=](std::size_t begin, std::size_t end) {
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

/// The definition of an update: rule(w_i, g_i, state_i...) for i < n, which may change w and the state. The rule is a
/// copy, so that no write to w can change its constants, which then stay in registers.
template <class T, class Rule, std::size_t... At>
MINIGRAD_INLINE void update_scalar(const Rule rule, std::size_t i, std::size_t n, T* w, const T* g,
                                     [[maybe_unused]] T* const* state, std::index_sequence<At...>) {
  for (; i < n; ++i) rule(w[i], g[i], state[At][i]...);
}

#if defined(__GNUC__)
/// The same from element i on in registers, as many as are full; returns where it ended. Where a processor without AVX2
/// is the exception, it leaves all to the definition: a program then compiles less.
template <class Rule, class Indices>
struct UpdateLoop;
template <class Rule, std::size_t... At>
struct UpdateLoop<Rule, std::index_sequence<At...>> {
  static constexpr bool without_fma = true;
  template <std::size_t Bytes, class T>
  MINIGRAD_KERNEL static std::size_t run(const Rule rule, std::size_t i, std::size_t n, T* w, const T* g,
                                         [[maybe_unused]] T* const* state) {
    using L = simd::Simd<T, Bytes>;
    [[maybe_unused]] std::size_t left = (n - i) / L::count;
    if constexpr (Bytes > 16 && sizeof...(At) == 0) {
#pragma GCC unroll 4
      for (; left > 0; --left, i += L::count) step<L>(rule, i, w, g, state);
    } else if constexpr (Bytes > 16 || !MINIGRAD_HAS_TARGETS) {
      for (; left > 0; --left, i += L::count) step<L>(rule, i, w, g, state);
    }
    return i;
  }

 private:
  template <class L, class T>
  MINIGRAD_KERNEL static void step(const Rule& rule, std::size_t i, T* w, const T* g,
                                   [[maybe_unused]] T* const* state) {
    L w_i = L::load(w + i), s[] = {L::load(state[At] + i)..., L()};
    rule(w_i, L::load(g + i), s[At]...);
    w_i.store(w + i);
    (s[At].store(state[At] + i), ...);
  }
};
#endif

/// rule(w_i, g_i, state_i...) for every i < n, with the same bits on every processor, so that training does not depend
/// on it here. Compilers do not vectorise a loop with a square root by themselves, since std::sqrt may set errno.
template <class T, class Rule, class... State>
void for_each_element(const Rule& rule, std::size_t n, T* w, const T* g, State*... state) {
  T* const states[] = {state..., nullptr};
  using All = std::index_sequence_for<State...>;
  constexpr std::size_t step = 64, least = std::size_t{1} << 14;  // elements that are worth a thread's while
  parallel_for(n, step, least, [&](std::size_t i, std::size_t end) {
    T* const* const s = states;
    if constexpr (simd::has_simd<T>)
      if (end - i >= 32 / sizeof(T)) i = on_best_isa<UpdateLoop<Rule, All>>(rule, i, end, w, g, s);
    update_scalar(rule, i, end, w, g, s, All());
  });
}

}  // namespace MINIGRAD_KERNELS
}  // namespace minigrad::detail
