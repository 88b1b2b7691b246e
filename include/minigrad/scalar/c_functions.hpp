// scalar/c_functions.hpp - the functions of <math.h> that the op table has not, for ScalarVars.
//
// Where there is no derivative: functions that round have derivative 0, at their jumps too. fdim has 0 where x = y, and
// fmax and fmin give each of equals half, as maximum() does.
#pragma once

#include <cmath>
#include <numbers>
#include <type_traits>

#include "scalar_tape.hpp"

namespace minigrad::inline MINIGRAD_ABI {

namespace detail {

/// ScalarVars and numbers, with a ScalarVar among them.
template <class... X>
concept ScalarVars = ((is_scalar<X> || is_scalar_var<X>)&&...) && (is_scalar_var<X> || ...);

/// A ScalarVar and a number.
template <class A, class B>
concept MixedScalarVars = ScalarVars<A, B> &&(is_scalar<A> || is_scalar<B>);

/// The derivative of lgamma: psi(x) = log x - 1/(2x) - B_2/(2 x^2) - B_4/(4 x^4) - ... for large x, to which
/// psi(x) = psi(x + 1) - 1/x leads; psi(x) = psi(1 - x) - pi / tan(pi x) for x < 0. NaN at 0, -1, -2, ... In double
/// its error is at most 4e-15 max(1, |psi|) for x > 0. Abramowitz and Stegun, Handbook of Mathematical Functions, 1964,
/// 6.3.5, 6.3.7, 6.3.18.
template <class T>
T digamma(T x) {
  if (x <= 0) {
    const T past = x - std::round(x);  // exact, and tan(pi x) has period 1
    if (past == 0) return detail::not_a_number<T>;
    return digamma(1 - x) - std::numbers::pi_v<T> / std::tan(std::numbers::pi_v<T> * past);
  }
  T sum = 0;
  for (; x < 12; x += 1) sum -= 1 / x;
  const T z = 1 / (x * x);
  // B_2k / 2k for k = 8 ... 1
  constexpr T b[] = {T(-3617) / 8160, T(1) / 12,  T(-691) / 32760, T(1) / 132,
                     T(-1) / 240,     T(1) / 252, T(-1) / 120,     T(1) / 12};
  T series = 0;
  for (const T one : b) series = (series + one) * z;
  return sum + std::log(x) - 1 / (2 * x) - series;
}

}  // namespace detail

/// The cube root. dy/dx = 1 / (3 y^2), infinite at 0.
template <class T>
ScalarVar<T> cbrt(const ScalarVar<T>& x) {
  return elementwise(
      "cbrt", [](auto v) { return std::cbrt(v); }, [](auto g, auto y) { return g / (3 * y * y); })(x);
}
/// 2^x. dy/dx = y log 2.
template <class T>
ScalarVar<T> exp2(const ScalarVar<T>& x) {
  return elementwise(
      "exp2", [](auto v) { return std::exp2(v); }, [](auto g, auto y) { return g * (y * std::numbers::ln2_v<T>); })(x);
}
/// 1 - erf(x). dy/dx = -2 / sqrt(pi) exp(-x^2).
template <class T>
ScalarVar<T> erfc(const ScalarVar<T>& x) {
  return elementwise(
      "erfc", [](auto v) { return std::erfc(v); },
      [](auto g, auto&&, auto v) { return -g * 2 * std::numbers::inv_sqrtpi_v<T> * std::exp(-v * v); })(x);
}
/// log |Gamma(x)|. dy/dx = psi(x), the digamma function; NaN at 0, -1, -2, ...
template <class T>
ScalarVar<T> lgamma(const ScalarVar<T>& x) {
  return elementwise(
      "lgamma", [](auto v) { return std::lgamma(v); },
      [](auto g, auto&&, auto v) { return g * detail::digamma(v); })(x);
}
/// Gamma(x), which is (x - 1)! for whole numbers. dy/dx = y psi(x); NaN at 0, -1, -2, ...
template <class T>
ScalarVar<T> tgamma(const ScalarVar<T>& x) {
  return elementwise(
      "tgamma", [](auto v) { return std::tgamma(v); },
      [](auto g, auto y, auto v) { return g * (y * detail::digamma(v)); })(x);
}

/// Rounded: dy/dx = 0.
template <class T>
ScalarVar<T> round(const ScalarVar<T>& x) {
  return elementwise(
      "round", [](auto v) { return std::round(v); }, [](auto) { return T(0); })(x);
}
template <class T>
ScalarVar<T> trunc(const ScalarVar<T>& x) {
  return elementwise(
      "trunc", [](auto v) { return std::trunc(v); }, [](auto) { return T(0); })(x);
}
template <class T>
ScalarVar<T> rint(const ScalarVar<T>& x) {
  return elementwise(
      "rint", [](auto v) { return std::rint(v); }, [](auto) { return T(0); })(x);
}
template <class T>
ScalarVar<T> nearbyint(const ScalarVar<T>& x) {
  return elementwise(
      "nearbyint", [](auto v) { return std::nearbyint(v); }, [](auto) { return T(0); })(x);
}
/// The exponent of 2 in x, as a number or an int. dy/dx = 0.
template <class T>
ScalarVar<T> logb(const ScalarVar<T>& x) {
  return elementwise(
      "logb", [](auto v) { return std::logb(v); }, [](auto) { return T(0); })(x);
}
template <class T>
int ilogb(const ScalarVar<T>& x) {
  return std::ilogb(x.value());
}
/// The nearest whole number: of halves the one away from 0, or by the rounding mode. It has no derivative.
template <class T>
long lround(const ScalarVar<T>& x) {
  return std::lround(x.value());
}
template <class T>
long lrint(const ScalarVar<T>& x) {
  return std::lrint(x.value());
}
/// Whether the sign is negative, that of -0 and NaN too.
template <class T>
bool signbit(const ScalarVar<T>& x) {
  return std::signbit(x.value());
}

/// x 2^n. dy/dx = 2^n.
template <class T>
ScalarVar<T> ldexp(const ScalarVar<T>& x, int n) {
  return elementwise(
      "ldexp", [n](auto v) { return std::ldexp(v, n); }, [n](auto g) { return std::ldexp(g, n); })(x);
}
template <class T>
ScalarVar<T> scalbn(const ScalarVar<T>& x, int n) {
  return ldexp(x, n);
}
/// y and n with x = y 2^n and 1/2 <= |y| < 1. dy/dx = 2^-n.
template <class T>
ScalarVar<T> frexp(const ScalarVar<T>& x, int* n) {
  std::frexp(x.value(), n);
  return ldexp(x, -*n);
}
/// The part after the point; the other is stored, and has derivative 0.
template <class T>
ScalarVar<T> modf(const ScalarVar<T>& x, ScalarVar<T>* whole) {
  *whole = trunc(x);
  return x - *whole;
}

/// The larger and the smaller of two numbers; of a NaN and a number the number.
template <class A, class B>
  requires detail::ScalarVars<A, B>
auto fmax(const A& a, const B& b) {
  return elementwise(
      "fmax", [](auto v, auto u) { return std::fmax(v, u); },
      [](auto g, auto v, auto u) { return detail::is_nan(u) || v > u ? g
                                          : v == u                   ? g / 2
                                                                     : 0 * g; },
      [](auto g, auto v, auto u) {
        return detail::is_nan(u) ? 0 * g : detail::is_nan(v) || u > v ? g : v == u ? g / 2 : 0 * g;
      })(a, b);
}
template <class A, class B>
  requires detail::ScalarVars<A, B>
auto fmin(const A& a, const B& b) { return -fmax(-a, -b); }
/// max(x - y, 0).
template <class A, class B>
  requires detail::ScalarVars<A, B>
auto fdim(const A& a, const B& b) {
  return elementwise(
      "fdim", [](auto v, auto u) { return std::fdim(v, u); }, [](auto g, auto v, auto u) { return v <= u ? 0 * g : g; },
      [](auto g, auto v, auto u) { return v <= u ? 0 * g : -g; })(a, b);
}
/// x - n y, with n = trunc(x / y) for fmod, and the whole number nearest to x / y for remainder. dr/dx = 1, dr/dy = -n.
template <class A, class B>
  requires detail::ScalarVars<A, B>
auto fmod(const A& a, const B& b) {
  return elementwise(
      "fmod", [](auto v, auto u) { return std::fmod(v, u); }, [](auto g, auto&&, auto&&) { return g; },
      [](auto g, auto r, auto v, auto u) { return -g * std::round((v - r) / u); })(a, b);
}
template <class A, class B>
  requires detail::ScalarVars<A, B>
auto remainder(const A& a, const B& b) {
  return elementwise(
      "remainder", [](auto v, auto u) { return std::remainder(v, u); }, [](auto g, auto&&, auto&&) { return g; },
      [](auto g, auto r, auto v, auto u) { return -g * std::round((v - r) / u); })(a, b);
}
/// |x| with the sign of y. dz/dx = 1 or -1, dz/dy = 0.
template <class A, class B>
  requires detail::ScalarVars<A, B>
auto copysign(const A& a, const B& b) {
  return elementwise(
      "copysign", [](auto v, auto u) { return std::copysign(v, u); },
      [](auto g, auto v, auto u) { return std::signbit(v) == std::signbit(u) ? g : -g; },
      [](auto g, auto&&, auto&&) { return 0 * g; })(a, b);
}

/// a b + c, rounded once.
template <class A, class B, class C>
  requires detail::ScalarVars<A, B, C>
auto fma(const A& a, const B& b, const C& c) {
  return elementwise(
      "fma", [](auto u, auto v, auto w) { return std::fma(u, v, w); },
      [](auto g, auto&&, auto v, auto&&) { return g * v; }, [](auto g, auto u, auto&&, auto&&) { return g * u; },
      same_gradient)(a, b, c);
}
/// r = sqrt(x^2 + y^2 + z^2), without overflow on the way. dr/dx = x / r; NaN at the origin.
template <class A, class B, class C>
  requires detail::ScalarVars<A, B, C>
auto hypot(const A& a, const B& b, const C& c) {
  return elementwise(
      "hypot", [](auto u, auto v, auto w) { return std::hypot(u, v, w); },
      [](auto g, auto r, auto u, auto&&, auto&&) { return g * (u / r); },
      [](auto g, auto r, auto&&, auto v, auto&&) { return g * (v / r); },
      [](auto g, auto r, auto&&, auto&&, auto w) { return g * (w / r); })(a, b, c);
}

}  // namespace minigrad::inline MINIGRAD_ABI
