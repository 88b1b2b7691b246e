// core/finite.hpp - whether a number is NaN or infinite, whatever flags the program is compiled with.
//
// Under -ffast-math, which is part of -Ofast, compilers assume that no number is NaN or infinite, and remove comparisons
// that would show it. The functions here look at the bits instead. Call them before comparing: where x < y is false,
// such a compiler assumes that x >= y, and removes a later test for NaN.
#pragma once

#include <cstdint>
#include <type_traits>

#include "cpu.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {
inline namespace MINIGRAD_KERNELS {

/// Without its sign, a float or double is NaN if its bits exceed those of infinity. emscripten 3.1's library has no
/// std::bit_cast.
template <class T>
inline constexpr bool has_bits = std::is_same_v<T, float> || std::is_same_v<T, double>;
template <class T>
[[gnu::always_inline]] constexpr auto bits_without_sign(T x) {
  if constexpr (sizeof(T) == 4) return __builtin_bit_cast(std::int32_t, x) & 0x7fffffff;
  else return __builtin_bit_cast(std::int64_t, x) & 0x7fffffffffffffff;
}
template <class T>
inline constexpr auto infinity_bits = [] {
  if constexpr (sizeof(T) == 4) return std::int32_t{0x7f800000};
  else return std::int64_t{0x7ff0000000000000};
}();

/// Infinity and NaN by their bits: of those in std::numeric_limits clang warns with -ffast-math.
template <class T>
inline constexpr T infinity = static_cast<T>(__builtin_bit_cast(double, infinity_bits<double>));
template <class T>
inline constexpr T not_a_number = static_cast<T>(__builtin_bit_cast(double, infinity_bits<double> + 0x8000000000000));

template <class T>
[[gnu::always_inline]] constexpr bool is_nan(const T& x) {
  if constexpr (MINIGRAD_FAST_MATH && has_bits<T>) return bits_without_sign(x) > infinity_bits<T>;
  else return x != x;  // the fastest way, where it holds
}

template <class T>
[[gnu::always_inline]] constexpr bool is_finite(const T& x) {
  if constexpr (has_bits<T>) return bits_without_sign(x) < infinity_bits<T>;
  else return x - x == x - x;
}

}  // namespace MINIGRAD_KERNELS
}  // namespace minigrad::detail
