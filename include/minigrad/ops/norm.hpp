// ops/norm.hpp - the op table: the length of a vector, in one of several senses. Not part of minigrad.hpp.
//
//   ||x||_p = (sum |x_i|^p)^(1/p)       p = 2: the Euclidean length, of a matrix the Frobenius norm
//   ||x||_inf = max |x_i|,  ||x||_-inf = min |x_i|,  ||x||_0 = how many x_i are not 0
//
//   d||x||_p / dx_i = sign(x_i) (|x_i| / ||x||_p)^(p - 1)
//
// Where the norm is 0 it has no derivative; there, and for x_i = 0 where p < 2, the derivative is 0, as in PyTorch. For
// p = inf equal elements share it.
#pragma once

#include <cmath>
#include <cstddef>
#include <limits>

#include "extremes.hpp"
#include "functions.hpp"

namespace minigrad::inline MINIGRAD_ABI {
namespace detail {

struct NormAttributes : ReduceAttributes {
  double p;
  void describe(auto& list) const {
    list("p", p);
    ReduceAttributes::describe(list);
  }
};

/// (sum |x|^p)^(1/p). Where powers would leave the range, elements are first divided by the largest of them.
template <class T>
Tensor<T> power_norm(const NormAttributes& a, const Tensor<T>& x) {
  constexpr T smallest = (std::numeric_limits<T>::min)() / std::numeric_limits<T>::epsilon();
  const T p = static_cast<T>(a.p);
  const auto powers = [&](const Tensor<T>& v) {
    return a.p == 2 ? sum(square(v), a.axis, a.keepdim) : a.p == 1 ? sum(abs(v), a.axis, a.keepdim)
                                                                    : sum(pow(abs(v), p), a.axis, a.keepdim);
  };
  const auto root = [&](const Tensor<T>& v) { return a.p == 2 ? sqrt(v) : a.p == 1 ? v : pow(v, 1 / p); };
  const Tensor<T> total = powers(x);
  bool in_range = true;
  for (const T v : total) in_range = in_range && ((v >= smallest && is_finite(v)) || a.p == 1);
  if (in_range || x.size() == 0 || a.p < 1) return root(total);
  const auto or_1 = [](T v) { return v > 0 && is_finite(v) ? v : T(1); };
  const Tensor<T> size = map("where", or_1, (max)(abs(x), a.axis, true));
  return root(powers(x / size)) * reshape(size, total.shape());
}

inline constexpr auto norm_op = record(
    "norm", [](const auto& a, const auto& x) { return power_norm(a, x); },
    [](const auto& a, const auto& g, const auto& y, const auto& x) {
      const auto is_0 = equal(y, 0);
      const auto share = expand(where(is_0, 0, g), x, a.axis), length = expand(where(is_0, 1, y), x, a.axis);
      if (a.p == 2) return share * (x / length);
      if (a.p == 1) return sign(x) * expand(g, x, a.axis);
      const auto ratio = where(equal(x, 0), 1, abs(x)) / length;
      return share * (sign(x) * pow(ratio, constant_like(x, a.p - 1)));
    });

}  // namespace detail

/// The p-norm of all elements, or along axes, which disappear unless keepdim: norm(x) is the Frobenius norm of a matrix,
/// norm(x, 1, 0) the sum of sizes in each column. p may be infinite, or 0. Throws ValueError where p is NaN, and
/// where the largest of no elements is asked for, IndexError for an axis that x does not have.
template <detail::TensorOperand X>
auto norm(const X& x, double p = 2, const Axes& axes = {}, bool keepdim = false) {
  if constexpr (std::is_integral_v<detail::scalar_type<X>>) {
    return norm(x.template to<double>(), p, axes, keepdim);
  } else if constexpr (is_parameter<X>) {
    return detail::require_operands<1, X>(), norm(x.value(), p, axes, keepdim);
  } else {
    if (detail::is_nan(p)) detail::fail<ValueError>({"norm: p is NaN"});
    const detail::AxisSplit split("norm", shape_of(x), axes, keepdim);
    if (!detail::is_finite(p)) detail::require_elements("norm", split, shape_of(x));
    if (p == 0) return X(sum(sign(abs(x)), axes, keepdim));
    if (!detail::is_finite(p)) return p > 0 ? X((max)(abs(x), axes, keepdim)) : X((min)(abs(x), axes, keepdim));
    return X(detail::norm_op.apply(detail::NormAttributes{{axes, keepdim}, p}, x));
  }
}

}  // namespace minigrad
