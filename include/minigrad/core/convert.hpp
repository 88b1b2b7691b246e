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

/// The value as the type `To`; a fraction is cut off. Throws ValueError for NaN and numbers that a whole `To` does not
/// reach.
template <class To, class From>
To convert(From value) {
  if constexpr (std::is_integral_v<To> && std::is_integral_v<From>) {
    if (!holds<To>(value)) fail_convert<To>(static_cast<double>(value));
  } else if constexpr (std::is_integral_v<To> && !std::is_same_v<To, bool>) {
    // 2^digits, one more than the largest number, is exact in every floating-point type.
    constexpr auto end = static_cast<From>((std::numeric_limits<To>::max)() / 2 + 1) * 2;
    constexpr From first = std::is_signed_v<To> ? -end : From(0);
    if (is_nan(value) || !(value < end && (value >= first || value > first - 1)))
      fail_convert<To>(static_cast<double>(value));
  }
  return static_cast<To>(value);
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

/// A number that an op meets beside elements of type T, as one of them. Throws ValueError for a whole number that a
/// whole T does not hold: cast, it would be another.
template <class T, class A>
constexpr T scalar_as([[maybe_unused]] const char* op, const A& value) {
  if constexpr (std::is_integral_v<T> && std::is_integral_v<A>) return constant_as<T>(op, value);
  else return static_cast<T>(value);
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

/// v^q of a whole v and a whole q, which is not below 0; it wraps around as products do.
template <class T>
T wrap_power(T v, T q) {
  T y = 1;
  for (; q > 0; q /= 2, v = static_cast<T>(wrap_mul(v, v)))
    if (q % 2 != 0) y = static_cast<T>(wrap_mul(y, v));
  return y;
}
/// Throws ValueError for an exponent of whole numbers that is below 0: the power is a fraction.
template <class P>
void require_whole_power(const P& p) {
  if constexpr (!std::is_arithmetic_v<P>)
    for (const auto q : p) require_whole_power(q);
  else if (p < P{})
    fail<ValueError>({"pow: ", p, ": the power of a whole number to an exponent below 0 is a fraction: convert the base "
                      "first, by x.to<double>()"});
}

}  // namespace minigrad::inline MINIGRAD_ABI::detail
