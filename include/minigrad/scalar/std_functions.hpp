// scalar/std_functions.hpp - std::abs(x), std::pow(x, y) and so on, written in full, for ScalarVars.
//
// Not part of minigrad.hpp: include it for functions that cannot be changed to say `using std::abs; abs(x)`, or just
// abs(x). It adds overloads to namespace std, which the standard reserves to itself; GCC and clang have no objection.
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>

#include "scalar_functions.hpp"

namespace std {

#define MINIGRAD_OF_ONE(function)                                                \
  template <std::floating_point T>                                               \
  inline minigrad::ScalarVar<T>(function)(const minigrad::ScalarVar<T>& x) {     \
    return minigrad::function(x);                                                \
  }
MINIGRAD_OF_ONE(abs)
MINIGRAD_OF_ONE(fabs)
MINIGRAD_OF_ONE(floor)
MINIGRAD_OF_ONE(ceil)
MINIGRAD_OF_ONE(sqrt)
MINIGRAD_OF_ONE(exp)
MINIGRAD_OF_ONE(expm1)
MINIGRAD_OF_ONE(log)
MINIGRAD_OF_ONE(log1p)
MINIGRAD_OF_ONE(log2)
MINIGRAD_OF_ONE(log10)
MINIGRAD_OF_ONE(sin)
MINIGRAD_OF_ONE(cos)
MINIGRAD_OF_ONE(tan)
MINIGRAD_OF_ONE(asin)
MINIGRAD_OF_ONE(acos)
MINIGRAD_OF_ONE(atan)
MINIGRAD_OF_ONE(sinh)
MINIGRAD_OF_ONE(cosh)
MINIGRAD_OF_ONE(tanh)
MINIGRAD_OF_ONE(asinh)
MINIGRAD_OF_ONE(acosh)
MINIGRAD_OF_ONE(atanh)
MINIGRAD_OF_ONE(erf)
MINIGRAD_OF_ONE(erfc)
MINIGRAD_OF_ONE(cbrt)
MINIGRAD_OF_ONE(exp2)
MINIGRAD_OF_ONE(lgamma)
MINIGRAD_OF_ONE(tgamma)
MINIGRAD_OF_ONE(round)
MINIGRAD_OF_ONE(trunc)
MINIGRAD_OF_ONE(rint)
MINIGRAD_OF_ONE(nearbyint)
MINIGRAD_OF_ONE(logb)
#undef MINIGRAD_OF_ONE

// Constrained, so that what is not about ScalarVars stays the standard library's: std::max<int>(1, 2u).
#define MINIGRAD_OF_TWO(function)                                                                                   \
  template <std::floating_point T>                                                                                  \
  inline minigrad::ScalarVar<T>(function)(const minigrad::ScalarVar<T>& x, const minigrad::ScalarVar<T>& y) {       \
    return (minigrad::function)(x, y);                                                                              \
  }                                                                                                                 \
  template <class X, class Y>                                                                                       \
    requires minigrad::detail::MixedScalarVars<X, Y>                                                                \
  inline auto(function)(const X& x, const Y& y) {                                                                   \
    return (minigrad::function)(x, y);                                                                              \
  }
MINIGRAD_OF_TWO(pow)
MINIGRAD_OF_TWO(atan2)
MINIGRAD_OF_TWO(hypot)
MINIGRAD_OF_TWO(fmax)
MINIGRAD_OF_TWO(fmin)
MINIGRAD_OF_TWO(fdim)
MINIGRAD_OF_TWO(fmod)
MINIGRAD_OF_TWO(remainder)
MINIGRAD_OF_TWO(copysign)
#undef MINIGRAD_OF_TWO

using minigrad::fma;
using minigrad::max;
using minigrad::min;
template <class X, class Y, class Z>
  requires(minigrad::detail::ScalarVars<X, Y, Z> && sizeof(X) > 0)  // more than minigrad's own, found beside it
inline auto hypot(const X& x, const Y& y, const Z& z) {
  return minigrad::hypot(x, y, z);
}
template <std::floating_point T>
inline minigrad::ScalarVar<T> ldexp(const minigrad::ScalarVar<T>& x, int n) {
  return minigrad::ldexp(x, n);
}
template <std::floating_point T>
inline minigrad::ScalarVar<T> scalbn(const minigrad::ScalarVar<T>& x, int n) {
  return minigrad::ldexp(x, n);
}
template <std::floating_point T>
inline minigrad::ScalarVar<T> frexp(const minigrad::ScalarVar<T>& x, int* n) {
  return minigrad::frexp(x, n);
}
template <std::floating_point T>
inline minigrad::ScalarVar<T> modf(const minigrad::ScalarVar<T>& x, minigrad::ScalarVar<T>* whole) {
  return minigrad::modf(x, whole);
}
template <std::floating_point T>
inline int ilogb(const minigrad::ScalarVar<T>& x) {
  return minigrad::ilogb(x);
}
template <std::floating_point T>
inline long lround(const minigrad::ScalarVar<T>& x) {
  return minigrad::lround(x);
}
template <std::floating_point T>
inline long lrint(const minigrad::ScalarVar<T>& x) {
  return minigrad::lrint(x);
}
template <std::floating_point T>
inline bool signbit(const minigrad::ScalarVar<T>& x) {
  return minigrad::signbit(x);
}
template <std::floating_point T>
bool isfinite(const minigrad::ScalarVar<T>& x) {
  return minigrad::isfinite(x);
}
template <std::floating_point T>
bool isinf(const minigrad::ScalarVar<T>& x) {
  return minigrad::isinf(x);
}
template <std::floating_point T>
bool isnan(const minigrad::ScalarVar<T>& x) {
  return minigrad::isnan(x);
}

}  // namespace std
