// ops/functions.hpp - the op table: roots, powers, exponentials, sines, element by element.
#pragma once

#include <cmath>
#include <limits>
#include <numbers>

#include "../core/simd_math.hpp"
#include "arithmetic.hpp"

namespace minigrad::inline MINIGRAD_ABI {

// ---- sizes, squares and roots --------------------------------------------------------------------------------------

/// -1, 0 or 1. dy/dx = 0.
inline constexpr auto sign_op = elementwise(
    "sign", []<class T>(T v) { return v > 0 ? T(1) : (v < 0 ? T(-1) : T(v + 0)); },  // -0 + 0 is 0
    [](auto g) { return zeros_like(g); });
template <Argument X, LowPriority... None>
inline auto sign(const X& x, None...) {
  return sign_op(x);
}

/// |x|. dy/dx = sign(x), and 0 at 0.
inline constexpr auto abs_op = elementwise(
    "abs", [](auto v) { return v < 0 ? detail::wrap_negate(v) : v + 0; },  // -0 + 0 is 0
    [](auto g, auto&&, auto v) { return g * sign(v); });
template <Argument X, LowPriority... None>
inline auto abs(const X& x, None...) {
  return abs_op(x);
}

/// x^2. dy/dx = 2 x.
inline constexpr auto square_op = elementwise(
    "square", [](auto v) { return detail::wrap_mul(v, v); }, [](auto g, auto&&, auto v) { return g * (2 * v); });
template <Argument X, LowPriority... None>
inline auto square(const X& x, None...) {
  return square_op(x);
}

/// The square root. dy/dx = 1 / (2 y), infinite at 0.
inline constexpr auto sqrt_op = elementwise(
    "sqrt", simd_fn([](auto v) { return simd::sqrt(v); }),
    [](auto g, auto y) { return g / (2 * y); });
template <Argument X, LowPriority... None>
inline auto sqrt(const X& x, None...) {
  return sqrt_op(to_floating(x));
}

/// 1 / x. dy/dx = -y^2.
inline constexpr auto reciprocal_op = elementwise(
    "reciprocal", [](auto v) { return 1 / v; }, [](auto g, auto y) { return -(g * y * y); });
template <Argument X, LowPriority... None>
inline auto reciprocal(const X& x, None...) {
  return reciprocal_op(to_floating(x));
}

/// The largest whole number that is not larger than x. dy/dx = 0.
inline constexpr auto floor_op = elementwise(
    "floor", [](auto v) { return std::floor(v); }, [](auto g) { return zeros_like(g); });
template <Argument X, LowPriority... None>
inline auto floor(const X& x, None...) {
  return floor_op(x);
}

/// The smallest whole number that is not smaller than x. dy/dx = 0.
inline constexpr auto ceil_op = elementwise(
    "ceil", [](auto v) { return std::ceil(v); }, [](auto g) { return zeros_like(g); });
template <Argument X, LowPriority... None>
inline auto ceil(const X& x, None...) {
  return ceil_op(x);
}

// ---- exponentials, logarithms, powers, sines -----------------------------------------------------------------------

/// e^x. dy/dx = y.
inline constexpr auto exp_op = elementwise(
    "exp", simd_fn([](auto v) { return simd::exp(v); }),
    [](auto g, auto y) { return g * y; });
template <Argument X, LowPriority... None>
inline auto exp(const X& x, None...) {
  return exp_op(to_floating(x));
}

/// e^x - 1, exact near 0. dy/dx = e^x, of which y + 1 would lose the digits where y is close to -1.
inline constexpr auto expm1_op = elementwise("expm1", simd_fn([](auto v) { return simd::expm1(v); }),
                                             simd_fn([](auto g, auto&&, auto v) { return g * exp(v); }));
template <Argument X, LowPriority... None>
inline auto expm1(const X& x, None...) {
  return expm1_op(to_floating(x));
}

/// The natural logarithm. dy/dx = 1 / x.
inline constexpr auto log_op = elementwise(
    "log", simd_fn([](auto v) { return simd::log(v); }),
    [](auto g, auto&&, auto v) { return g / v; });
template <Argument X, LowPriority... None>
inline auto log(const X& x, None...) {
  return log_op(to_floating(x));
}

/// log(1 + x), exact near 0. dy/dx = 1 / (1 + x).
inline constexpr auto log1p_op = elementwise(
    "log1p", simd_fn([](auto v) { return simd::log1p(v); }),
    [](auto g, auto&&, auto v) { return g / (1 + v); });
template <Argument X, LowPriority... None>
inline auto log1p(const X& x, None...) {
  return log1p_op(to_floating(x));
}

/// The logarithm to base 2. dy/dx = 1 / (x log 2).
inline constexpr auto log2_op = elementwise(
    "log2", [](auto v) { return std::log2(v); },
    [](auto g, auto&&, auto v) { return g / (v * constant_like(v, std::numbers::ln2)); });
template <Argument X, LowPriority... None>
inline auto log2(const X& x, None...) {
  return log2_op(to_floating(x));
}

/// The logarithm to base 10. dy/dx = 1 / (x log 10).
inline constexpr auto log10_op = elementwise(
    "log10", [](auto v) { return std::log10(v); },
    [](auto g, auto&&, auto v) { return g * constant_like(v, std::numbers::log10e) / v; });
template <Argument X, LowPriority... None>
inline auto log10(const X& x, None...) {
  return log10_op(to_floating(x));
}

template <Operand X, Operand P, LowPriority... None>
auto pow(const X& x, const P& p, None...);  // for the rules of its derivatives

namespace detail {
/// The logarithm in the slopes of x^p along p, taken as 0 at x = 0 where p >= 0.
template <class X, class P>
auto log_of_base(const X& x, const P& p) {
  return log(where(equal(x, 0), where(less(p, 0), x, 1), x));
}

/// The k-th derivative of x^p along x: c x^(p - k) with c = p (p - 1) ... (p - k + 1).
template <class T>
T pow_derivative_value(int k, T x, T p) {
  T c = 1;
  for (int i = 0; i < k; ++i) c *= p - static_cast<T>(i);
  if (c == 0) return 0;  // wherever x is: p is a whole number below k
  const T q = p - static_cast<T>(k);
  const bool is_pole = x == 0 || !is_finite(x);
  // Where q is rounded, log x would multiply what it lost: there x^q is computed as x^p / x^k.
  const bool is_exact = is_pole || (q + static_cast<T>(k) == p && p - q == static_cast<T>(k));
  const T exponent = is_exact ? q : p, power = std::pow(x, exponent), size = std::abs(power);
  T y = c * power;
  if (!is_pole && (size < (std::numeric_limits<T>::min)() || size > (std::numeric_limits<T>::max)())) {
    const T root = std::pow(std::abs(x), exponent / 2);  // the power has left the range; its product with c may not
    y = (std::signbit(power) ? -c : c) * root * root;
  }
  for (int i = is_exact ? k : 0; i < k; ++i) y /= x;
  return y;
}

/// The derivative of c along p.
template <class P>
auto coefficient_slope(const P& p, int k) {
  auto c = p, slope = p * 0 + 1;
  for (int i = 1; i < k; ++i) {
    const auto factor = p - constant_like(p, i);
    slope = slope * factor + c;
    c = c * factor;
  }
  return slope;
}

struct DerivativeOrder {
  int order;
  void describe(auto& list) const { list("order", order); }
};
template <class X, class P>
auto pow_derivative(const X& x, const P& p, int order);  // for its own rule

inline constexpr auto pow_derivative_op = elementwise(
    "pow_derivative", [](const auto& a, auto v, auto q) { return pow_derivative_value(a.order, v, q); },
    [](const auto& a, auto g, auto v, auto q) { return g * pow_derivative(v, q, a.order + 1); },
    [](const auto& a, auto g, auto y, auto v, auto q) {
      return g * (y * log_of_base(v, q) + coefficient_slope(q, a.order) * pow(v, q - constant_like(q, a.order)));
    });
template <class X, class P>
auto pow_derivative(const X& x, const P& p, int order) {
  return pow_derivative_op.with(DerivativeOrder{order})(x, p);
}

/// to_floating() of one of a pair, in which a whole number beside fractions stays: the op makes it one of their type.
template <class Other, class X>
decltype(auto) floating_beside(const X& x) {
  if constexpr (is_scalar<X> && std::is_floating_point_v<scalar_type<Other>>) return (x);
  else return to_floating(x);
}
}  // namespace detail

/// x^p. dy/dx = p x^(p-1), and 0 for p = 0 whatever x is; dy/dp = y log x, taken as 0 at x = 0 where p >= 0. Of an
/// exponent that needs no gradient, such as a number, no logarithm is taken. Powers of a tensor of whole numbers wrap
/// around. Throws ShapeError where shapes do not broadcast, ValueError for whole numbers to an exponent below 0.
inline constexpr auto pow_op = elementwise(
    "pow",
    [](auto v, auto q) {
      if constexpr (std::is_integral_v<decltype(v)> && std::is_integral_v<decltype(q)>)
        return detail::wrap_power<decltype(v * q)>(v, q);
      else return std::pow(v, q);
    },
    [](auto g, auto v, auto q) { return g * detail::pow_derivative(v, q, 1); },
    [](auto g, auto y, auto v, auto q) { return g * y * detail::log_of_base(v, q); });
template <Operand X, Operand P, LowPriority... None>
inline auto pow(const X& x, const P& p, None...) {
  if constexpr (is_scalar<X> && is_scalar<P>) {
    return pow_op(detail::floating_beside<P>(x), detail::floating_beside<X>(p));
  } else {
    using T = detail::scalar_type<P>;
    constexpr bool whole = std::is_integral_v<detail::scalar_type<X>> && std::is_integral_v<T> && std::is_signed_v<T>;
    if constexpr (whole && !is_mask_var<X>)
      detail::require_whole_power(p);
    return pow_op(x, p);
  }
}

template <Argument X, LowPriority... None>
auto cos(const X& x, None...);  // for the rule of sin

/// The sine. dy/dx = cos x.
inline constexpr auto sin_op = elementwise(
    "sin", [](auto v) { return std::sin(v); }, [](auto g, auto&&, auto v) { return g * cos(v); });
template <Argument X, LowPriority... None>
inline auto sin(const X& x, None...) {
  return sin_op(to_floating(x));
}

/// The cosine. dy/dx = -sin x.
inline constexpr auto cos_op = elementwise(
    "cos", [](auto v) { return std::cos(v); }, [](auto g, auto&&, auto v) { return -(g * sin(v)); });
template <Argument X, LowPriority... None>
inline auto cos(const X& x, None...) {
  return cos_op(to_floating(x));
}

/// The tangent. dy/dx = 1 + y^2.
inline constexpr auto tan_op = elementwise(
    "tan", [](auto v) { return std::tan(v); }, [](auto g, auto y) { return g * (1 + y * y); });
template <Argument X, LowPriority... None>
inline auto tan(const X& x, None...) {
  return tan_op(to_floating(x));
}

}  // namespace minigrad
