// core/simd.hpp - Simd<T, Bytes>: the numbers of one vector register, with the operators of a number.
//
// Compilers vectorise many loops by themselves, but not those with a square root, which may set errno, with an
// exponential, which is a call, or with a choice, which is a branch. Written for Simd such code reads as it would for
// one number: Simd<float, 32> holds the 8 numbers of an AVX2 register. All functions are always inlined, so that they
// are compiled for the instructions of the kernel that calls them.
//
// A function that runs on Simd as well as on numbers says so: simd_fn([](auto x) { return simd::exp(x); }).
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "finite.hpp"
#include "on_best_isa.hpp"

namespace minigrad::inline MINIGRAD_ABI {

/// Marks a function of elements that accepts Simd as well as numbers. Loops over float or double then run it on a
/// register of elements at a time. It calls simd::exp and the like, which accept both, and chooses between two values
/// by simd::select(), for which both are computed.
template <class F>
struct SimdFn : F {};
/// f, marked so.
template <class F>
constexpr SimdFn<F> simd_fn(const F& f) {
  return {f};
}
/// Whether F is such a function.
template <class F>
inline constexpr bool is_simd_fn = false;
template <class F>
inline constexpr bool is_simd_fn<SimdFn<F>> = true;

namespace simd {

#if defined(__GNUC__)  // GCC's vector types, which clang has as well
template <class T>
inline constexpr bool has_simd = std::is_same_v<T, float> || std::is_same_v<T, double>;
#else
template <class T>
inline constexpr bool has_simd = false;
#endif

inline namespace MINIGRAD_KERNELS {

template <class T, std::size_t Bytes>
struct Simd;
template <class X>
inline constexpr bool is_simd = false;
template <class T, std::size_t Bytes>
inline constexpr bool is_simd<Simd<T, Bytes>> = true;

#if defined(__GNUC__)

/// The conditions that comparing Simd gives: all bits of a lane are set where it holds.
template <class T, std::size_t Bytes>
struct Mask {
  using Number = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;
  typedef Number Vector __attribute__((vector_size(Bytes)));
  Vector v;

  MINIGRAD_INLINE explicit Mask(const Vector& vector) : v(vector) {}
  MINIGRAD_INLINE bool operator[](std::size_t i) const { return v[i] != 0; }
};

/// Bytes / sizeof(T) numbers of type float or double. 16 bytes are a register on every x86-64 and ARM.
template <class T, std::size_t Bytes>
struct Simd {
  using Number = T;
  using Condition = Mask<T, Bytes>;
  using Word = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  typedef T Vector __attribute__((vector_size(Bytes)));
  typedef Word Bits __attribute__((vector_size(Bytes)));  // of the numbers, or of a condition
  static constexpr std::size_t count = Bytes / sizeof(T);
  static constexpr Word sign_bit = Word{1} << (8 * sizeof(T) - 1);
  Vector v;

  MINIGRAD_INLINE Simd() : v{} {}
  MINIGRAD_INLINE Simd(const Vector& vector) : v(vector) {}
  // Not defaulted: a call that is not inlined then passes Simd in memory. The registers that would be used otherwise
  // depend on the instructions that caller and callee are compiled for.
  MINIGRAD_INLINE Simd(const Simd& other) : v(other.v) {}
  MINIGRAD_INLINE Simd& operator=(const Simd& other) {
    v = other.v;
    return *this;
  }
  MINIGRAD_INLINE Simd(T number) {
#if defined(__clang__)
    v = number - Vector{};  // for WebAssembly it would keep the loop; a sum with 0 would lose the sign of -0
#else
    for (std::size_t i = 0; i < count; ++i) v[i] = number;  // GCC finds the one instruction in this way of writing it
#endif
  }
  MINIGRAD_INLINE static Simd load(const T* from) {
    Vector vector;
    __builtin_memcpy(&vector, from, Bytes);
    return vector;
  }
  /// n numbers, at least 1, and then copies of the first.
  MINIGRAD_INLINE static Simd load_some(const T* from, std::size_t n) {
    return load_some(from, n, std::make_index_sequence<count>{});
  }
  /// Numbers that lie `step` apart.
  MINIGRAD_INLINE static Simd load_apart(const T* from, std::size_t step) {
    return load_apart(from, step, std::make_index_sequence<count>{});
  }
  MINIGRAD_INLINE void store(T* to) const { __builtin_memcpy(to, &v, Bytes); }
  MINIGRAD_INLINE T operator[](std::size_t i) const { return v[i]; }

  MINIGRAD_INLINE friend Simd operator+(const Simd& a, const Simd& b) { return a.v + b.v; }
  MINIGRAD_INLINE friend Simd operator-(const Simd& a, const Simd& b) { return a.v - b.v; }
  MINIGRAD_INLINE friend Simd operator*(const Simd& a, const Simd& b) { return a.v * b.v; }
  MINIGRAD_INLINE friend Simd operator/(const Simd& a, const Simd& b) { return a.v / b.v; }
  MINIGRAD_INLINE friend Simd operator-(const Simd& a) { return -a.v; }
  MINIGRAD_INLINE friend Simd& operator+=(Simd& a, const Simd& b) { return a = a + b; }
  MINIGRAD_INLINE friend Simd& operator-=(Simd& a, const Simd& b) { return a = a - b; }
  MINIGRAD_INLINE friend Simd& operator*=(Simd& a, const Simd& b) { return a = a * b; }
  MINIGRAD_INLINE friend Simd& operator/=(Simd& a, const Simd& b) { return a = a / b; }

  MINIGRAD_INLINE friend Condition operator<(const Simd& a, const Simd& b) { return Condition(a.v < b.v); }
  MINIGRAD_INLINE friend Condition operator>(const Simd& a, const Simd& b) { return Condition(a.v > b.v); }
  MINIGRAD_INLINE friend Condition operator<=(const Simd& a, const Simd& b) { return Condition(a.v <= b.v); }
  MINIGRAD_INLINE friend Condition operator>=(const Simd& a, const Simd& b) { return Condition(a.v >= b.v); }
  MINIGRAD_INLINE friend Condition operator==(const Simd& a, const Simd& b) { return Condition(a.v == b.v); }
  MINIGRAD_INLINE friend Condition operator!=(const Simd& a, const Simd& b) { return Condition(a.v != b.v); }

  // Named functions that generic rules call on numbers, tensors and Simd alike; found by argument-dependent lookup.
  MINIGRAD_INLINE friend Condition less(const Simd& a, const Simd& b) { return a < b; }
  MINIGRAD_INLINE friend Condition less_equal(const Simd& a, const Simd& b) { return a <= b; }
  MINIGRAD_INLINE friend Condition greater(const Simd& a, const Simd& b) { return a > b; }
  MINIGRAD_INLINE friend Simd where(const Condition& c, const Simd& a, const Simd& b) { return c.v ? a.v : b.v; }
  MINIGRAD_INLINE friend T constant_like(const Simd&, double c) { return static_cast<T>(c); }

  /// a b + c, rounded once where the processor can do that at once.
  MINIGRAD_INLINE friend Simd multiply_add(const Simd& a, const Simd& b, const Simd& c) { return a.v * b.v + c.v; }

  MINIGRAD_INLINE Simd absolute() const { return reinterpret_cast<Vector>(reinterpret_cast<Bits>(v) & ~sign_bit); }

  MINIGRAD_INLINE Condition finite() const {
    using Signed = typename Condition::Vector;
    return Condition(reinterpret_cast<Signed>(absolute().v) < (Signed{} + detail::infinity_bits<T>));
  }

  MINIGRAD_INLINE Simd root() const {
#if __has_builtin(__builtin_elementwise_sqrt)
    return __builtin_elementwise_sqrt(v);
#elif defined(__SSE2__)
    if constexpr (Bytes > 16)
      return by_halves(std::make_index_sequence<count / 2>{});
    else if constexpr (sizeof(T) == 4)
      return __builtin_ia32_sqrtps(v);
    else
      return __builtin_ia32_sqrtpd(v);
#else
    Vector roots;
    for (std::size_t i = 0; i < count; ++i) roots[i] = std::sqrt(v[i]);
    return roots;
#endif
  }

  /// The same numbers rotated: number i is that of lane i + By, modulo count.
  template <std::size_t By>
  MINIGRAD_INLINE Simd rotated() const {
    return rotated<By>(std::make_index_sequence<count>{});
  }

 private:
  template <std::size_t By, std::size_t... At>
  MINIGRAD_INLINE Simd rotated(std::index_sequence<At...>) const {
    return __builtin_shufflevector(v, v, ((At + By) % count)...);
  }
  template <std::size_t... At>
  MINIGRAD_INLINE static Simd load_some(const T* from, std::size_t n, std::index_sequence<At...>) {
    return Vector{from[At < n ? At : 0]...};
  }
  template <std::size_t... At>
  MINIGRAD_INLINE static Simd load_apart(const T* from, std::size_t step, std::index_sequence<At...>) {
    return Vector{from[At * step]...};
  }
  template <std::size_t... At>
  MINIGRAD_INLINE Simd by_halves(std::index_sequence<At...>) const {
    using Half = Simd<T, Bytes / 2>;
    const Half low = Half(__builtin_shufflevector(v, v, At...)).root();
    const Half high = Half(__builtin_shufflevector(v, v, (count / 2 + At)...)).root();
    return __builtin_shufflevector(low.v, high.v, At..., (count / 2 + At)...);
  }
};

/// a where the condition holds, else b.
template <class T, std::size_t Bytes>
MINIGRAD_INLINE Simd<T, Bytes> select(const Mask<T, Bytes>& condition, const Simd<T, Bytes>& a,
                                      const std::type_identity_t<Simd<T, Bytes>>& b) {
  return where(condition, a, b);
}
#endif

template <class T>
MINIGRAD_INLINE T select(bool condition, const T& a, const std::type_identity_t<T>& b) {
  return condition ? a : b;
}

/// The larger of two numbers, and NaN where b is; the smaller likewise.
template <class X>
MINIGRAD_INLINE X larger(const X& a, const X& b) {
  return select(a > b, a, b);
}
template <class X>
MINIGRAD_INLINE X smaller(const X& a, const X& b) {
  return select(a < b, a, b);
}

template <class X>
MINIGRAD_INLINE X abs(const X& x) {
  if constexpr (is_simd<X>)
    return x.absolute();
  else
    return std::abs(x);
}
template <class X>
MINIGRAD_INLINE X sqrt(const X& x) {
  if constexpr (is_simd<X>)
    return x.root();
  else
    return std::sqrt(x);
}

}  // namespace MINIGRAD_KERNELS
}  // namespace simd
}  // namespace minigrad
