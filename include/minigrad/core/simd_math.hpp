// core/simd_math.hpp - exp, log, tanh and their kin for several numbers at once.
//
// All follow the scheme of most mathematical libraries: bring the number into a short range by an exact identity, use a
// polynomial there, and undo the first step. Cody and Waite, "Software manual for the elementary functions", 1980. The
// polynomials are the best of their degree, found by Remez' exchange algorithm. There are no branches: what only some
// numbers need is computed for all and then selected. Results are within 2 units in the last place, tanh's and
// sigmoid's within 4, over the whole range with its subnormal numbers; infinities, NaN and -0 give what std:: gives.
//
// A single number goes to std::, whose results may differ in the last places.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "simd.hpp"

namespace minigrad::inline MINIGRAD_ABI::simd {

/// How the numbers are stored; the numbers between which exp is neither 0 nor infinite, and beyond which expm1 is -1
/// and tanh 1; log(2) as a sum whose first part has so few digits that its multiples by exponents are exact; and the
/// polynomials, lowest power first: (e^r - 1 - r) / r^2 for |r| <= log(2) / 2, and (2 atanh(s) / s - 2) / s^2, one of
/// s^2, for |s| <= (sqrt(2) - 1) / (sqrt(2) + 1).
template <class T>
struct MathConstants;
template <>
struct MathConstants<float> {
  using Word = std::uint32_t;
  static constexpr Word fraction_bits = 23, bias = 127, root_half = 0x3f3504f3;  // the bits of sqrt(1/2)
  static constexpr float smallest_normal = 0x1p-126f, exp_is_0 = -104, exp_is_infinite = 89, expm1_is_minus_1 = -18,
                         tanh_is_1 = 10;
  static constexpr float log2e = 1.44269504f, log2_high = 0x1.62e4p-1f, log2_low = 1.42860677e-06f;
  static constexpr float exp_terms[] = {0.49999994f, 0.166665211f, 0.041668389f, 0.00836874545f, 0.00138145406f};
  static constexpr float log_terms[] = {0.666667759f, 0.399775177f, 0.298723996f};
};
template <>
struct MathConstants<double> {
  using Word = std::uint64_t;
  static constexpr Word fraction_bits = 52, bias = 1023, root_half = 0x3fe6a09e667f3bcd;
  static constexpr double smallest_normal = 0x1p-1022, exp_is_0 = -746, exp_is_infinite = 710, expm1_is_minus_1 = -38,
                          tanh_is_1 = 20;
  static constexpr double log2e = 1.4426950408889634, log2_high = 0x1.62e42fefa4p-1, log2_low = -1.7239444525614835e-13;
  static constexpr double exp_terms[] = {0.50000000000000111,    0.1666666666666641,     0.041666666666529732,
                                         0.00833333333349498,    0.0013888888943759893,  0.0001984126950576604,
                                         2.4801492949664841e-05, 2.7557586811282347e-06, 2.7630306247961874e-07,
                                         2.500001637788809e-08};
  static constexpr double log_terms[] = {0.66666666666667351, 0.39999999999412889, 0.28571428742824573,
                                         0.22222198524633821, 0.18183567031076817, 0.1531397692972899,
                                         0.14796728599855655};
};

inline namespace MINIGRAD_KERNELS {

#if defined(__GNUC__)

/// The functions for Simd. A Word, unlike a number, means bits: `infinity` is those of infinity. `whole` is the first
/// number that has no fraction.
template <class L>
struct SimdMath {
  using T = typename L::Number;
  using C = MathConstants<T>;
  using Word = typename C::Word;
  using Bits = typename L::Bits;
  using Int = typename L::Condition::Number;  // a Word with a sign
  using Signed = typename L::Condition::Vector;
  static constexpr T whole = static_cast<T>(Word{1} << C::fraction_bits);
  static constexpr Word one = C::bias << C::fraction_bits, infinity = (2 * C::bias + 1) << C::fraction_bits;
  static constexpr Word sign = ~(~Word{} >> 1), fraction = (Word{1} << C::fraction_bits) - 1;

  // ---- exponentials: x = n log(2) + r ----

  /// e^x = 2^n e^r. The power is multiplied in two halves, so that subnormal results are rounded once.
  MINIGRAD_INLINE static L exp(const L& x) {
    const ExpParts parts = exp_parts(smaller(L(C::exp_is_infinite), larger(L(C::exp_is_0), x)));
    const Bits half = parts.n_bits >> 1, rest = parts.n_bits - half;
    const L scaled = (parts.rest + parts.r + T{1}) * number(half << C::fraction_bits);
    return unless_nan(x, as_written(scaled) * number(rest << C::fraction_bits));
  }

  /// e^x - 1, which is x where x is tiny.
  MINIGRAD_INLINE static L expm1(const L& x) {
    const L half = half_expm1(smaller(L(C::exp_is_infinite), larger(L(C::expm1_is_minus_1), x)));
    return unless_nan(x, select(abs(x) < T(0.25) / whole, x, half + half));
  }

  /// tanh x = -h / (1 + h) with h = (e^(-2x) - 1) / 2 for x >= 0, and tanh(-x) = -tanh x.
  MINIGRAD_INLINE static L tanh(const L& x) {
    const L h = half_expm1(T{-2} * smaller(L(C::tanh_is_1), abs(x)));
    return with_sign_of(x, unless_nan(abs(x), h / (h + T{1})));  // in this order: else clang 19 swaps masks
  }

  /// 1 / (1 + e^-x) for x >= 0, else e^x / (1 + e^x).
  MINIGRAD_INLINE static L sigmoid(const L& x) {
    const L e = exp(-abs(x));
    return unless_nan(x, select(x < T{0}, e, L(T{1})) / (e + T{1}));
  }

  // ---- logarithms: u = 2^k m ----

  /// log x. Subnormal numbers are first made normal.
  MINIGRAD_INLINE static L log(const L& x) {
    const auto subnormal = x < C::smallest_normal;
    const L u = x * select(subnormal, L(whole), T{1});
    const LogParts parts = log_parts(u);
    return log_of(u, parts.k - select(subnormal, L(T{C::fraction_bits}), T{}), as_written(parts.m - T{1}));
  }

  /// log(1 + x) from u = 1 + x. What u loses by rounding is added to m.
  MINIGRAD_INLINE static L log1p(const L& x) {
    const L u = as_written(x + T{1}), lost = x - as_written(u - T{1});
    const LogParts parts = log_parts(u);
    const L power = number((2 * C::bias - parts.k_bits) << C::fraction_bits);  // 2^-k, where that is a normal number
    const L f = as_written(as_written(parts.m - T{1}) + lost * select(x < whole, power, T{}));
    return with_sign_of(x, log_of(u, parts.k, f));
  }

 private:
  MINIGRAD_INLINE static L number(const Bits& bits) { return reinterpret_cast<typename L::Vector>(bits); }

  /// x = n log(2) + r with a whole number n and |r| <= log(2) / 2. A sum with 1.5 `whole` is rounded to a whole number,
  /// which stands in its lowest bits: there it is n + 2 bias.
  struct ExpParts {
    Bits n_bits;
    L r, rest;  // e^r = 1 + r + rest
  };
  MINIGRAD_INLINE static ExpParts exp_parts(const L& x) {
    constexpr T rounder = whole + whole / 2 + 2 * T{C::bias};
    const L sum = as_written(multiply_add(x, C::log2e, rounder)), n = sum - rounder;
    const L r = multiply_add(n, -C::log2_low, as_written(multiply_add(n, -C::log2_high, x)));
    return {reinterpret_cast<Bits>(sum.v), r, r * r * polynomial(r, C::exp_terms)};
  }

  /// (e^x - 1) / 2 = 2^(n-1) rest + (2^(n-1) r + (2^(n-1) - 1/2)) for x from expm1_is_minus_1 to exp_is_infinite.
  MINIGRAD_INLINE static L half_expm1(const L& x) {
    const ExpParts parts = exp_parts(x);
    const L power = number((parts.n_bits - (C::bias + 1)) << C::fraction_bits);
    return multiply_add(power, parts.rest, multiply_add(power, parts.r, as_written(power - T(0.5))));
  }

  /// u = 2^k m with a whole number k and m from sqrt(1/2) to sqrt(2), for positive u that are not subnormal.
  struct LogParts {
    Bits k_bits;  // k + bias
    L k, m;
  };
  MINIGRAD_INLINE static LogParts log_parts(const L& u) {
    constexpr Word bits_of_whole = (C::bias + C::fraction_bits) << C::fraction_bits;
    const Bits bits = reinterpret_cast<Bits>(u.v) + (one - C::root_half), k_bits = bits >> C::fraction_bits;
    const L k = number(k_bits | bits_of_whole) - (whole + T{C::bias});
    return {k_bits, k, number((bits & fraction) + C::root_half)};
  }

  /// log u = k log(2) + log(1 + f), where log(1 + f) = 2 atanh(s) = f - f^2/2 + s (f^2/2 + s^2 p(s^2)) with
  /// s = f / (2 + f). It is -infinity for u = 0, NaN for negative u, and u for infinity and NaN.
  MINIGRAD_INLINE static L log_of(const L& u, const L& k, const L& f) {
    const L s = f / (f + T{2}), s2 = s * s, half_f2 = T(0.5) * f * f;
    const L last = multiply_add(s, half_f2 + s2 * polynomial(s2, C::log_terms), k * C::log2_low);
    const L y = multiply_add(k, C::log2_high, as_written(f - as_written(half_f2 - as_written(last))));
    const Signed bits = reinterpret_cast<Signed>(u.v), none{}, finite = reinterpret_cast<Signed>(y.v);
    return number(reinterpret_cast<Bits>((bits << 1) == 0        ? none + static_cast<Int>(sign | infinity)
                                         : bits < 0              ? ~none
                                         : bits >= Int{infinity} ? bits
                                                                 : finite));
  }

  /// c[0] + c[1] x + c[2] x^2 + ...
  template <std::size_t N>
  MINIGRAD_INLINE static L polynomial(const L& x, const T (&c)[N]) {
    L y = c[N - 1];
#pragma GCC unroll 16
    for (std::size_t i = 2; i <= N; ++i) y = multiply_add(y, x, c[N - i]);
    return y;
  }

  /// |y| with the sign of x, which may be -0.
  MINIGRAD_INLINE static L with_sign_of(const L& x, const L& y) {
    return number((reinterpret_cast<Bits>(x.v) & sign) | (reinterpret_cast<Bits>(y.v) & ~sign));
  }

  /// y, or x where that is NaN: arithmetic sees to that by itself, but not with -ffast-math.
  MINIGRAD_INLINE static L unless_nan([[maybe_unused]] const L& x, const L& y) {
#if MINIGRAD_FAST_MATH
    const Bits bits = reinterpret_cast<Bits>(x.v);
    return number((bits & ~sign) > infinity ? bits : reinterpret_cast<Bits>(y.v));
#else
    return y;
#endif
  }

  /// x, computed as it is written before more happens to it: -ffast-math would put log(2) together again.
  MINIGRAD_INLINE static L as_written(const L& x) {
#if !MINIGRAD_FAST_MATH
    return x;
#elif __has_builtin(__arithmetic_fence)
    return __arithmetic_fence(x.v);
#elif defined(__SSE2__) && !defined(__clang__)  // __builtin_assoc_barrier takes vectors apart
    typename L::Vector v = x.v;
    __asm__("" : "+x"(v));  // which might change v, as far as the compiler knows
    return v;
#else
    volatile typename L::Vector v = x.v;
    return typename L::Vector(v);
#endif
  }
};
#else
template <class L>
struct SimdMath;
#endif

// ---- the same functions for Simd and for numbers -------------------------------------------------------------------

template <class X>
MINIGRAD_INLINE X exp(const X& x) {
  if constexpr (is_simd<X>) return SimdMath<X>::exp(x);
  else return std::exp(x);
}
template <class X>
MINIGRAD_INLINE X expm1(const X& x) {
  if constexpr (is_simd<X>) return SimdMath<X>::expm1(x);
  else return std::expm1(x);
}
template <class X>
MINIGRAD_INLINE X log(const X& x) {
  if constexpr (is_simd<X>) return SimdMath<X>::log(x);
  else return std::log(x);
}
template <class X>
MINIGRAD_INLINE X log1p(const X& x) {
  if constexpr (is_simd<X>) return SimdMath<X>::log1p(x);
  else return std::log1p(x);
}
template <class X>
MINIGRAD_INLINE X tanh(const X& x) {
  if constexpr (is_simd<X>) return SimdMath<X>::tanh(x);
  else return std::tanh(x);
}
template <class X>
MINIGRAD_INLINE X sigmoid(const X& x) {
  if constexpr (is_simd<X>) {
    return SimdMath<X>::sigmoid(x);
  } else {
    const X e = std::exp(x < 0 ? x : -x);
    return (x < 0 ? e : 1) / (1 + e);
  }
}

}  // namespace MINIGRAD_KERNELS
}  // namespace minigrad::simd
