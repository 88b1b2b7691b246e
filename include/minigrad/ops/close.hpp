// ops/close.hpp - whether numbers are equal but for rounding. Not part of minigrad.hpp.
#pragma once

#include <algorithm>
#include <cmath>

#include "compare.hpp"

namespace minigrad::inline MINIGRAD_ABI {

/// How close isclose() means, in the words and numbers of NumPy and PyTorch.
struct Tolerance {
  double rtol = 1e-5, atol = 1e-8;  ///< relative to |b|, and absolute
  bool equal_nan = false;           ///< whether NaN is close to NaN
};

namespace detail {
template <class A, class B>
auto close(const char* op, const A& a, const B& b, const Tolerance& how) {
  const auto agree = [how](auto x, auto y) {
    const double u = static_cast<double>(x), v = static_cast<double>(y);
    if (is_nan(u) || is_nan(v)) return how.equal_nan && is_nan(u) && is_nan(v);
    return x == y || (is_finite(v) && std::fabs(u - v) <= how.atol + how.rtol * std::fabs(v));
  };
  if constexpr (is_scalar<A> && is_scalar<B>) return agree(a, b);
  else return map(op, agree, a, b);
}
}  // namespace detail

/// |a - b| <= atol + rtol |b|, element by element: a Tensor<bool>. Equal infinities are close; NaN is close to NaN only
/// where equal_nan says so. The operands broadcast, or ShapeError is thrown; of Vars it compares the values.
template <Operand A, Operand B>
auto isclose(const A& a, const B& b, const Tolerance& how = {}) {
  return detail::close("isclose", value_of(a), value_of(b), how);
}

/// Whether all elements are close.
template <Operand A, Operand B>
bool allclose(const A& a, const B& b, const Tolerance& how = {}) {
  const auto close = detail::close("allclose", value_of(a), value_of(b), how);
  if constexpr (is_tensor<std::remove_cvref_t<decltype(close)>>)
    return std::all_of(close.begin(), close.end(), [](bool one) { return one; });
  else return close;
}

}  // namespace minigrad
