// core/convert.hpp - a number as another type, and sums and products of whole numbers that wrap around.
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

/// Whether T holds this number: a float one that does not become infinite, a whole type one of its whole numbers. A
/// double names whole numbers below 2^53.
template <class T, class A>
constexpr bool holds([[maybe_unused]] A value) {
  using Limits = std::numeric_limits<T>;
  if constexpr (std::is_same_v<T, A> || std::is_same_v<T, bool>) return true;
  else if constexpr (std::is_floating_point_v<T>)
    return std::is_integral_v<A> || sizeof(T) >= sizeof(A) || !is_finite(value) || is_finite(static_cast<T>(value));
  else if constexpr (std::is_integral_v<A>)
    return static_cast<A>(static_cast<T>(value)) == value && (value < A{}) == (static_cast<T>(value) < T{});
  else
    return !is_nan(value) && value > -0x1p53 && value < 0x1p53 && value >= static_cast<A>((Limits::min)()) &&
           value <= static_cast<A>((Limits::max)()) && static_cast<A>(static_cast<T>(value)) == value;
}

template <class T>
[[noreturn, gnu::cold, gnu::noinline]] void fail_constant(const char* op, double value) {
  const double largest = static_cast<double>((std::numeric_limits<T>::max)());
  if constexpr (std::is_floating_point_v<T>)
    fail<ValueError>({op, ": ", value, ": the elements are numbers up to ", largest});
  fail<ValueError>({op, ": ", value, ": the elements are whole numbers from ",
                    static_cast<double>((std::numeric_limits<T>::min)()), " to ", largest,
                    ", as the number must be: convert them first"});
}

/// A constant of an op in the number type of its tensor. Throws ValueError where T does not hold it.
template <class T, class A>
constexpr T constant_as([[maybe_unused]] const char* op, const A& value) {
  if constexpr (std::is_arithmetic_v<T> && std::is_arithmetic_v<A>)
    if (!holds<T>(value)) fail_constant<T>(op, static_cast<double>(value));
  return static_cast<T>(value);
}

/// x + y, x - y, x y and -x. Those of whole numbers wrap around, as NumPy's and PyTorch's do: C++ leaves them undefined
/// where the type is signed.
template <class A, class B>
[[gnu::always_inline]] constexpr auto wrap_add(A x, B y) {
  if constexpr (std::is_integral_v<A> && std::is_integral_v<B>) {
    using T = decltype(x + y);
    using Unsigned = std::make_unsigned_t<T>;
    return static_cast<T>(static_cast<Unsigned>(x) + static_cast<Unsigned>(y));
  } else {
    return x + y;
  }
}
template <class A, class B>
[[gnu::always_inline]] constexpr auto wrap_sub(A x, B y) {
  if constexpr (std::is_integral_v<A> && std::is_integral_v<B>) {
    using T = decltype(x - y);
    using Unsigned = std::make_unsigned_t<T>;
    return static_cast<T>(static_cast<Unsigned>(x) - static_cast<Unsigned>(y));
  } else {
    return x - y;
  }
}
template <class A, class B>
[[gnu::always_inline]] constexpr auto wrap_mul(A x, B y) {
  if constexpr (std::is_integral_v<A> && std::is_integral_v<B>) {
    using T = decltype(x * y);
    using Unsigned = std::make_unsigned_t<T>;
    return static_cast<T>(static_cast<Unsigned>(x) * static_cast<Unsigned>(y));
  } else {
    return x * y;
  }
}
template <class A>
[[gnu::always_inline]] constexpr auto wrap_negate(A x) {
  if constexpr (std::is_integral_v<A>) return wrap_sub(A{}, x);
  else return -x;
}

}  // namespace minigrad::inline MINIGRAD_ABI::detail
