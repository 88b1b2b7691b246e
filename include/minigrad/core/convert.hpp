// core/convert.hpp - a number as another type.
#pragma once

#include <limits>
#include <type_traits>

#include "error.hpp"
#include "finite.hpp"
#include "version.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

template <class To>
[[noreturn, gnu::cold, gnu::noinline]] void fail_convert(double value) {
  using Limits = std::numeric_limits<To>;
  fail<ValueError>({"to: ", value, " is out of range: whole numbers from ", static_cast<double>((Limits::min)()),
                    " to ", static_cast<double>((Limits::max)()), " are expected"});
}

/// The value as the type `To`; a fraction is cut off. Throws ValueError for NaN and numbers that a whole `To` does not
/// reach, where C++ leaves the result undefined.
template <class To, class From>
To convert(From value) {
  if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To> && !std::is_same_v<To, bool>) {
    // 2^digits, one more than the largest number, is exact in every floating-point type.
    constexpr auto end = static_cast<From>((std::numeric_limits<To>::max)() / 2 + 1) * 2;
    constexpr From first = std::is_signed_v<To> ? -end : From(0);
    if (is_nan(value) || !(value < end && (value >= first || value > first - 1)))
      fail_convert<To>(static_cast<double>(value));
  }
  return static_cast<To>(value);
}

}  // namespace minigrad::inline MINIGRAD_ABI::detail
