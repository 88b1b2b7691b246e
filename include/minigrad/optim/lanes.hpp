// optim/lanes.hpp - an optimizer's rule over all elements of a parameter, several at a time.
//
// Compilers turn most loops into such code by themselves, but not one with a square root: std::sqrt may set errno, so
// it is called number by number. Adam's rule would take several times as long: see bench/optim.cpp. Without fused
// multiplication and addition every way gives the same bits, so that training does not depend on the processor here.
#pragma once

#include <cstddef>
#include <utility>

#include "../core/simd.hpp"
#include "../core/parallel.hpp"

#if MINIGRAD_HAS_TARGETS
#define MINIGRAD_TARGET_AVX2_WITHOUT_FMA [[gnu::target("avx2")]]
#endif

namespace minigrad::detail {
using simd::larger;

inline namespace MINIGRAD_KERNELS {

/// The definition: rule(w_i, g_i, state_i...) from element i on, for every i < n; it may change w and the state. The
/// rule is a copy, so that no write to w can change its constants, which then stay in registers.
template <class T, class Rule, std::size_t... At>
[[gnu::noinline]] void update_numbers(const Rule rule, std::size_t i, std::size_t n, T* w, const T* g,
                                      [[maybe_unused]] T* const* state, std::index_sequence<At...>) {
  for (; i < n; ++i) rule(w[i], g[i], state[At][i]...);
}

#if defined(__GNUC__)
// Both kernels call the rule themselves, so that both compilers obey `flatten` and compile it with them. They begin at
// element i.
template <class T, class Rule, std::size_t... At>
[[gnu::noinline, gnu::flatten]] void update_lanes(const Rule rule, std::size_t i, std::size_t n, T* w, const T* g,
                                                  [[maybe_unused]] T* const* state, std::index_sequence<At...>) {
  using L = simd::Simd<T, 16>;
  for (; i + L::count <= n; i += L::count) {
    L w_i = L::load(w + i), s[] = {L::load(state[At] + i)..., L()};
    rule(w_i, L::load(g + i), s[At]...);
    w_i.store(w + i);
    (s[At].store(state[At] + i), ...);
  }
  for (; i < n; ++i) rule(w[i], g[i], state[At][i]...);
}
#if MINIGRAD_HAS_TARGETS
/// Returns where it ended: what does not fill a register is left over.
template <class T, class Rule, std::size_t... At>
[[gnu::noinline, gnu::flatten]] MINIGRAD_TARGET_AVX2_WITHOUT_FMA std::size_t update_avx2(
    const Rule rule, std::size_t i, std::size_t n, T* w, const T* g, [[maybe_unused]] T* const* state,
    std::index_sequence<At...>) {
  using L = simd::Simd<T, 32>;
#pragma GCC unroll 2
  for (std::size_t left = (n - i) / L::count; left > 0; --left, i += L::count) {
    L w_i = L::load(w + i), s[] = {L::load(state[At] + i)..., L()};
    rule(w_i, L::load(g + i), s[At]...);
    w_i.store(w + i);
    (s[At].store(state[At] + i), ...);
  }
  return i;
}
#endif
#endif

/// rule(w_i, g_i, state_i...) for every i < n, by the best kernel.
template <class T, class Rule, class... State>
void for_each_element(const Rule& rule, std::size_t n, T* w, const T* g, State*... state) {
  T* const states[] = {state..., nullptr};
  constexpr std::index_sequence_for<State...> all{};
  constexpr std::size_t step = 64, least = std::size_t{1} << 14;  // elements that are worth a thread's while
  parallel_for(n, step, least, [&](std::size_t i, std::size_t end) {
    if constexpr (simd::has_simd<T>) {
#if MINIGRAD_HAS_TARGETS
      if (isa() != Isa::portable) i = update_avx2(rule, i, end, w, g, states, all);
#endif
      if (i < end) update_lanes(rule, i, end, w, g, states, all);
    } else {
      update_numbers(rule, i, end, w, g, states, all);
    }
  });
}

}  // namespace MINIGRAD_KERNELS
}  // namespace minigrad::detail
