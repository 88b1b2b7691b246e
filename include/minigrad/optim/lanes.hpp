// optim/lanes.hpp - a few numbers that are computed with at once, as one processor register holds them.
//
// Compilers turn most loops into such code by themselves, but not one with a square root: std::sqrt may set errno, so
// it is called number by number. Adam's rule would take three times as long: see bench/optim.cpp.
#pragma once

#include <cmath>
#include <cstddef>
#include <type_traits>

namespace minigrad::detail {

/// The larger of two numbers, and NaN where b is: for rules that run on numbers and on Lanes.
template <class T>
T larger(const T& a, const T& b) {
  return a > b ? a : b;
}

#if defined(__GNUC__)  // GCC's vector types, which clang has as well: 16 bytes are a register on every x86-64 and ARM
template <class T>
inline constexpr bool has_lanes = std::is_same_v<T, float> || std::is_same_v<T, double>;

template <class T>
struct VectorOf;
template <>
struct VectorOf<float> {
  typedef float type __attribute__((vector_size(16)));
};
template <>
struct VectorOf<double> {
  typedef double type __attribute__((vector_size(16)));
};

template <class T>
struct Lanes {
  using Vector = typename VectorOf<T>::type;
  static constexpr std::size_t count = sizeof(Vector) / sizeof(T);
  Vector v;

  Lanes(Vector vector) : v(vector) {}
  Lanes(T number) : v(number - Vector{}) {}
  static Lanes load(const T* from) {
    Vector vector;
    __builtin_memcpy(&vector, from, sizeof vector);
    return vector;
  }
  void store(T* to) const { __builtin_memcpy(to, &v, sizeof v); }

  friend Lanes operator+(Lanes a, Lanes b) { return a.v + b.v; }
  friend Lanes operator-(Lanes a, Lanes b) { return a.v - b.v; }
  friend Lanes operator*(Lanes a, Lanes b) { return a.v * b.v; }
  friend Lanes operator/(Lanes a, Lanes b) { return a.v / b.v; }
  friend Lanes& operator+=(Lanes& a, Lanes b) { return a = a + b; }
  friend Lanes& operator-=(Lanes& a, Lanes b) { return a = a - b; }
  friend Lanes& operator*=(Lanes& a, Lanes b) { return a = a * b; }
  friend Lanes larger(Lanes a, Lanes b) { return a.v > b.v ? a.v : b.v; }

  friend Lanes sqrt(Lanes a) {
#if __has_builtin(__builtin_elementwise_sqrt)
    return __builtin_elementwise_sqrt(a.v);
#elif __has_builtin(__builtin_ia32_sqrtps) && defined(__SSE2__)
    if constexpr (std::is_same_v<T, float>) return __builtin_ia32_sqrtps(a.v);
    else return __builtin_ia32_sqrtpd(a.v);
#else
    for (std::size_t i = 0; i < count; ++i) a.v[i] = std::sqrt(a.v[i]);
    return a;
#endif
  }
};
#else
template <class T>
inline constexpr bool has_lanes = false;
#endif

/// rule(w_i, g_i, state_i...) for every i < n; it may change w and the state. The rule is a copy, so that no write to w
/// can change its constants, which then stay in registers.
template <class T, class Rule, class... State>
[[gnu::noinline]] void for_each_element(const Rule rule, std::size_t n, T* w, const T* g, State*... state) {
  std::size_t i = 0;
#if defined(__GNUC__)
  if constexpr (has_lanes<T>) {
    using L = Lanes<T>;
    const auto several = [&](L w_i, auto... state_i) {
      rule(w_i, L::load(g + i), state_i...);
      w_i.store(w + i);
      (state_i.store(state + i), ...);
    };
    for (; i + L::count <= n; i += L::count) several(L::load(w + i), L::load(state + i)...);
  }
#endif
  for (; i < n; ++i) rule(w[i], g[i], state[i]...);
}

}  // namespace minigrad::detail
