// io/half.hpp - floats as the 16 bits that F16 (IEEE 754 binary16) and BF16 files hold, rounded to nearest, ties to
// even.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "../core/version.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

inline float from_bf16(std::uint16_t bits) { return __builtin_bit_cast(float, std::uint32_t{bits} << 16); }

inline float from_f16(std::uint16_t half) {
  const std::uint32_t sign = std::uint32_t{half & 0x8000u} << 16, rest = half & 0x7FFFu;
  if (rest >= 0x7C00) return __builtin_bit_cast(float, sign | 0x7F800000u | rest << 13);  // infinity, NaN
  if (rest >= 0x0400) return __builtin_bit_cast(float, sign | ((rest << 13) + 0x38000000u));
  const float subnormal = static_cast<float>(rest) * 0x1p-24f;  // subnormal
  return sign ? -subnormal : subnormal;
}

inline std::uint16_t to_bf16(float value) {
  const auto bits = __builtin_bit_cast(std::uint32_t, value);
  if ((bits & 0x7FFFFFFFu) > 0x7F800000u) return static_cast<std::uint16_t>(bits >> 16 | 0x40u);  // NaN stays NaN
  return static_cast<std::uint16_t>((bits + 0x7FFFu + (bits >> 16 & 1u)) >> 16);
}

inline std::uint16_t to_f16(float value) {
  const auto bits = __builtin_bit_cast(std::uint32_t, value);
  const std::uint32_t sign = bits >> 16 & 0x8000u;
  std::uint32_t rest = bits & 0x7FFFFFFFu;
  if (rest > 0x7F800000u)
    rest = 0x7E00;  // NaN
  else if (rest >= 0x477FF000u)
    rest = 0x7C00;  // 65520 and more round to infinity
  else if (rest >= 0x38800000u)
    rest = (rest - 0x38000000u + 0xFFFu + (rest >> 13 & 1u)) >> 13;
  else
    rest = static_cast<std::uint32_t>(std::nearbyint(__builtin_bit_cast(float, rest) * 0x1p24f));  // subnormal
  return static_cast<std::uint16_t>(sign | rest);
}

/// Widens numbers of 16 bits to floats. `from` may be the last half of the memory of `to`.
inline void widen_half(void* to, const void* from, std::size_t count, bool is_f16) {
  for (std::size_t i = 0; i < count; ++i) {
    std::uint16_t bits;
    std::memcpy(&bits, static_cast<const char*>(from) + 2 * i, 2);
    const float value = is_f16 ? from_f16(bits) : from_bf16(bits);
    std::memcpy(static_cast<char*>(to) + 4 * i, &value, 4);
  }
}

}  // namespace minigrad::detail
