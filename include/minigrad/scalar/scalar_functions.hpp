// scalar/scalar_functions.hpp - what functions of numbers use beside the op table, for ScalarVars.
#pragma once

#include <iosfwd>
#include <limits>

#include "../core/finite.hpp"
#include "c_functions.hpp"

namespace minigrad::inline MINIGRAD_ABI {

template <class T>
ScalarVar<T> operator+(const ScalarVar<T>& x) {
  return x;
}
/// |x|, as abs().
template <class T>
inline ScalarVar<T> fabs(const ScalarVar<T>& x) {
  return abs(x);
}

/// maximum() and minimum(), by the names that `using std::max;` makes functions of numbers expect. They are constrained
/// so that max<int>(1, 2u) and max<double>(1, 2) are the standard library's.
template <class S>
  requires is_scalar_var<S>
inline S(max)(const S& a, const S& b) {
  return maximum(a, b);
}
template <class A, class B>
  requires detail::MixedScalarVars<A, B>
inline auto(max)(const A& a, const B& b) {
  return maximum(a, b);
}
template <class S>
  requires is_scalar_var<S>
inline S(min)(const S& a, const S& b) {
  return minimum(a, b);
}
template <class A, class B>
  requires detail::MixedScalarVars<A, B>
inline auto(min)(const A& a, const B& b) {
  return minimum(a, b);
}

/// Writes the value.
template <class T>
std::ostream& operator<<(std::ostream& out, const ScalarVar<T>& x) {
  return out << x.value();
}

/// Whether the value is finite, is infinite, is NaN.
template <class T>
bool isfinite(const ScalarVar<T>& x) {
  return detail::is_finite(x.value());
}
template <class T>
bool isinf(const ScalarVar<T>& x) {
  return !detail::is_finite(x.value()) && !detail::is_nan(x.value());
}
template <class T>
bool isnan(const ScalarVar<T>& x) {
  return detail::is_nan(x.value());
}

}  // namespace minigrad

/// What is known of T is known of a ScalarVar<T>.
template <class T>
struct std::numeric_limits<minigrad::ScalarVar<T>> : std::numeric_limits<T> {};
