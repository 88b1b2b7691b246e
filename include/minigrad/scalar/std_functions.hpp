// scalar/std_functions.hpp - std::abs(x), std::pow(x, y) and so on, written in full, for ScalarVars.
//
// Not part of minigrad.hpp: include it for functions that cannot be changed to say `using std::abs; abs(x)`, or just
// abs(x). It adds overloads to namespace std, which the standard reserves to itself; GCC and clang have no objection.
#pragma once

#include <algorithm>
#include <cmath>

#include "scalar_functions.hpp"

namespace std {

#define MINIGRAD_OF_ONE(function)                                                \
  template <class T>                                                             \
  inline minigrad::ScalarVar<T>(function)(const minigrad::ScalarVar<T>& x) { \
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
#undef MINIGRAD_OF_ONE

#define MINIGRAD_OF_TWO(function)                                                                                   \
  template <class T>                                                                                                \
  inline minigrad::ScalarVar<T>(function)(const minigrad::ScalarVar<T>& x, const minigrad::ScalarVar<T>& y) { \
    return (minigrad::function)(x, y);                                                                              \
  }                                                                                                                 \
  template <class T, class N>                                                                                       \
    requires(minigrad::is_scalar<N>)                                                                                \
  inline minigrad::ScalarVar<T>(function)(const minigrad::ScalarVar<T>& x, const N& y) {                        \
    return (minigrad::function)(x, y);                                                                              \
  }                                                                                                                 \
  template <class T, class N>                                                                                       \
    requires(minigrad::is_scalar<N>)                                                                                \
  inline minigrad::ScalarVar<T>(function)(const N& x, const minigrad::ScalarVar<T>& y) {                        \
    return (minigrad::function)(x, y);                                                                              \
  }
MINIGRAD_OF_TWO(pow)
MINIGRAD_OF_TWO(atan2)
MINIGRAD_OF_TWO(hypot)
MINIGRAD_OF_TWO(max)
MINIGRAD_OF_TWO(min)
#undef MINIGRAD_OF_TWO

template <class T>
bool isfinite(const minigrad::ScalarVar<T>& x) {
  return minigrad::isfinite(x);
}
template <class T>
bool isinf(const minigrad::ScalarVar<T>& x) {
  return minigrad::isinf(x);
}
template <class T>
bool isnan(const minigrad::ScalarVar<T>& x) {
  return minigrad::isnan(x);
}

}  // namespace std
