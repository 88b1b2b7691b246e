// ops/arithmetic.hpp - the op table: the arithmetic of elements.
//
// Constants in rules are whole numbers or constant_like(x, c), so that a float rule computes in float.
#pragma once

#include <type_traits>
#include <utility>
#include <vector>

#include "compare.hpp"

namespace minigrad::inline MINIGRAD_ABI {

/// x + y; sums, differences and products of whole numbers wrap around. The gradient goes to both as it is. Throws ShapeError where the shapes do not broadcast.
inline constexpr auto add_op =
    elementwise("add", [](auto x, auto y) { return detail::wrap_add(x, y); }, same_gradient, same_gradient);
template <Operand A, Operand B>
MINIGRAD_INLINE auto add(A&& a, B&& b) {
  return add_op(std::forward<A>(a), std::forward<B>(b));
}

namespace detail {
inline constexpr auto negate = [](auto v) { return wrap_negate(v); };  // value and rules share it, and its loop
}

/// x - y. The gradient goes to x as it is, to y negated. Throws ShapeError where the shapes do not broadcast.
inline constexpr auto sub_op =
    elementwise("sub", [](auto x, auto y) { return detail::wrap_sub(x, y); }, same_gradient, detail::negate);
template <Operand A, Operand B>
MINIGRAD_INLINE auto sub(A&& a, B&& b) {
  return sub_op(std::forward<A>(a), std::forward<B>(b));
}

/// x y. dL/dx = g y, dL/dy = g x. Throws ShapeError where the shapes do not broadcast.
inline constexpr auto mul_op = elementwise("mul", [](auto x, auto y) { return detail::wrap_mul(x, y); },
                                           [](auto g, auto&&, auto y) { return g * y; },
                                           [](auto g, auto x, auto&&) { return g * x; });
template <Operand A, Operand B>
MINIGRAD_INLINE auto mul(A&& a, B&& b) {
  return mul_op(std::forward<A>(a), std::forward<B>(b));
}

/// q = x / y. dL/dx = g / y, dL/dy = -g q / y. Throws ShapeError where the shapes do not broadcast.
inline constexpr auto div_op = elementwise("div", [](auto x, auto y) { return x / y; },
                                           [](auto g, auto&&, auto y) { return g / y; },
                                           [](auto g, auto q, auto&&, auto y) { return -(g * q / y); });
template <Operand A, Operand B>
MINIGRAD_INLINE auto div(A&& a, B&& b) {
  return div_op(std::forward<A>(a), std::forward<B>(b));
}

namespace detail {
/// An operand of a pair; a number becomes one of the other's number type, so that x * 2 and x * 2.0 are one function.
/// (Beside whole numbers, which may not hold it, the op decides.)
template <class Other, class X>
MINIGRAD_INLINE decltype(auto) cast_scalar(X&& x) {
  using T = scalar_type<Other>;
  using D = std::remove_cvref_t<X>;
  constexpr bool casts = is_scalar<D> && !is_scalar<std::remove_cvref_t<Other>> && !std::is_same_v<T, bool> &&
                         (std::is_floating_point_v<T> || std::is_floating_point_v<D>);
  static_assert(!casts || std::is_floating_point_v<T>,
                "minigrad: a tensor of whole numbers meets a fraction, which it would cut off: convert it first, as by "
                "x.to<float>()");
  if constexpr (casts) return static_cast<T>(x);
  else return std::forward<X>(x);
}
}  // namespace detail

/// add(a, b), sub(a, b), mul(a, b) and div(a, b), by element. Throws ShapeError where the shapes do not broadcast.
template <class A, class B>
  requires Operands<A, B>
MINIGRAD_INLINE auto operator+(A&& a, B&& b) {
  if constexpr (is_scalar<std::remove_cvref_t<A>>) return add_op(std::forward<B>(b), detail::cast_scalar<B>(a));
  else return add_op(std::forward<A>(a), detail::cast_scalar<A>(std::forward<B>(b)));
}
template <class A, class B>
  requires Operands<A, B>
MINIGRAD_INLINE auto operator-(A&& a, B&& b) {
  return sub_op(detail::cast_scalar<B>(std::forward<A>(a)), detail::cast_scalar<A>(std::forward<B>(b)));
}
template <class A, class B>
  requires Operands<A, B>
MINIGRAD_INLINE auto operator*(A&& a, B&& b) {
  if constexpr (is_scalar<std::remove_cvref_t<A>>) return mul_op(std::forward<B>(b), detail::cast_scalar<B>(a));
  else return mul_op(std::forward<A>(a), detail::cast_scalar<A>(std::forward<B>(b)));
}
template <class A, class B>
  requires Operands<A, B>
MINIGRAD_INLINE auto operator/(A&& a, B&& b) {
  static_assert(!std::is_integral_v<detail::scalar_type<A>> || !std::is_integral_v<detail::scalar_type<B>>,
                "minigrad: whole numbers are not divided: convert them first, as by x.to<float>()");
  return div_op(detail::cast_scalar<B>(std::forward<A>(a)), detail::cast_scalar<A>(std::forward<B>(b)));
}

namespace detail {
/// An operand beside something that many take for one, which is refused by one message.
template <class A, class B>
concept WrongOperands = (Operand<A> && is_no_operand<std::remove_cvref_t<B>>) ||
                        (is_no_operand<std::remove_cvref_t<A>> && Operand<B>);
}  // namespace detail
/// Does not compile: a std::vector and a ParameterRef are no operands.
template <class A, class B>
  requires detail::WrongOperands<A, B>
void operator+(const A&, const B&) { detail::require_operands<2, A, B>(); }
template <class A, class B>
  requires detail::WrongOperands<A, B>
void operator-(const A&, const B&) { detail::require_operands<2, A, B>(); }
template <class A, class B>
  requires detail::WrongOperands<A, B>
void operator*(const A&, const B&) { detail::require_operands<2, A, B>(); }
template <class A, class B>
  requires detail::WrongOperands<A, B>
void operator/(const A&, const B&) { detail::require_operands<2, A, B>(); }

/// -x
inline constexpr auto neg_op = elementwise("neg", detail::negate, detail::negate);
template <Operand X>
MINIGRAD_INLINE auto neg(const X& x) {
  return neg_op(x);
}
template <class X>
  requires Operands<X>
MINIGRAD_INLINE auto operator-(const X& x) {
  return neg(x);
}

/// The larger of two numbers, NaN if either is. The derivative goes to the larger; of equals each gets half, and of a
/// NaN and another both get it. Throws ShapeError where the shapes do not broadcast.
inline constexpr auto maximum_op = elementwise(
    "maximum", [](auto x, auto y) { return detail::is_nan(y) ? y : detail::is_nan(x) || x > y ? x : y; },
    [](auto g, auto x, auto y) { return where(less(x, y), 0, where(equal(x, y), g / 2, g)); },
    [](auto g, auto x, auto y) { return where(less(y, x), 0, where(equal(x, y), g / 2, g)); });
template <Operand A, Operand B>
auto maximum(A&& a, B&& b) {
  return maximum_op(std::forward<A>(a), std::forward<B>(b));
}

/// The smaller of two numbers, NaN if either is. The derivative goes to the smaller; of equals each gets half, and of a
/// NaN and another both get it. Throws ShapeError where the shapes do not broadcast.
inline constexpr auto minimum_op = elementwise(
    "minimum", [](auto x, auto y) { return detail::is_nan(y) ? y : detail::is_nan(x) || x < y ? x : y; },
    [](auto g, auto x, auto y) { return where(greater(x, y), 0, where(equal(x, y), g / 2, g)); },
    [](auto g, auto x, auto y) { return where(greater(y, x), 0, where(equal(x, y), g / 2, g)); });
template <Operand A, Operand B>
auto minimum(A&& a, B&& b) {
  return minimum_op(std::forward<A>(a), std::forward<B>(b));
}

namespace detail {
/// The number type that clamp computes in: of a number and its limits what they have in common.
template <class X, class Low, class High>
struct LimitType {
  using T = scalar_type<X>;
  static_assert(!std::is_integral_v<T> || is_scalar<X> || (std::is_integral_v<Low> && std::is_integral_v<High>),
                "minigrad: a tensor of whole numbers meets a fraction, which it would cut off: convert it first, as by "
                "x.to<float>()");
  using type = T;
};
template <class X, class Low, class High>
  requires(is_scalar<X>)
struct LimitType<X, Low, High> : std::common_type<X, Low, High> {};

/// The attributes of clamp.
template <class T>
struct Limits {
  T low, high;
  void describe(auto& list) const {
    list("low", low);
    list("high", high);
  }
};
}  // namespace detail

/// x, but at least `low` and at most `high`, which are numbers. dy/dx = 1 from low to high, ends included, else 0, also
/// for NaN.
inline constexpr auto clamp_op = elementwise(
    "clamp", []<class T>(const auto& a, T v) { return simd::smaller(T(a.high), simd::larger(T(a.low), v)); },
    [](const auto& a, auto g, auto&&, auto v) {
      return where(greater_equal(v, a.low), where(less_equal(v, a.high), g, 0), 0);
    });
template <Operand X, class Low, class High>
  requires(is_scalar<Low> && is_scalar<High>)
auto clamp(const X& x, const Low& low, const High& high) {
  using T = typename detail::LimitType<X, Low, High>::type;
  return clamp_op.apply(detail::Limits<T>{detail::scalar_as<T>("clamp", low), detail::scalar_as<T>("clamp", high)}, x);
}

// ---- updates in place ----------------------------------------------------------------------------------------------

namespace detail {
template <class T, class B, class F>
Tensor<T>& update(const char* op, Tensor<T>& a, const B& b, const F& f) {
  if (broadcast_shapes(op, a.shape(), shape_of(b)) != a.shape())
    shape_error(op, a.shape(), shape_of(b), "the right side does not broadcast to the left side's shape");
  map_into(a, f, Write::assign, a, as_operand<T>(op, b));  // each element is read before it is written, if b is a too
  return a;
}
template <class B, class T>
concept Addable = is_scalar<B> || std::is_same_v<B, Tensor<T>>;
}  // namespace detail

/// a = a + b and so on, in place for a Tensor, where b broadcasts to a's shape; for a Var a new node takes a's name.
/// Throws ShapeError where b does not broadcast to a's shape.
template <class T, detail::Addable<T> B>
Tensor<T>& operator+=(Tensor<T>& a, const B& b) {
  return detail::update("+=", a, b, add_op.value);
}
template <class T, detail::Addable<T> B>
Tensor<T>& operator-=(Tensor<T>& a, const B& b) {
  return detail::update("-=", a, b, sub_op.value);
}
template <class T, detail::Addable<T> B>
Tensor<T>& operator*=(Tensor<T>& a, const B& b) {
  return detail::update("*=", a, b, mul_op.value);
}
template <class T, detail::Addable<T> B>
Tensor<T>& operator/=(Tensor<T>& a, const B& b) {
  return detail::update("/=", a, b, div_op.value);
}
template <class T, class B>
void operator+=(const Tensor<T>&, const B&) = delete;  // minigrad: this tensor is const: of a Parameter p take p.edit()
template <class T, class B>
void operator-=(const Tensor<T>&, const B&) = delete;  // minigrad: this tensor is const: of a Parameter p take p.edit()
template <class T, class B>
void operator*=(const Tensor<T>&, const B&) = delete;  // minigrad: this tensor is const: of a Parameter p take p.edit()
template <class T, class B>
void operator/=(const Tensor<T>&, const B&) = delete;  // minigrad: this tensor is const: of a Parameter p take p.edit()
template <class V, Operand B>
Var<V>& operator+=(Var<V>& a, const B& b) {
  return a = a + b;
}
template <class V, Operand B>
Var<V>& operator-=(Var<V>& a, const B& b) {
  return a = a - b;
}
template <class V, Operand B>
Var<V>& operator*=(Var<V>& a, const B& b) {
  return a = a * b;
}
template <class V, Operand B>
Var<V>& operator/=(Var<V>& a, const B& b) {
  return a = a / b;
}

}  // namespace minigrad
