// ops/arithmetic.hpp - the op table: comparisons, where, and the arithmetic of elements.
//
// Of each op its value, and beside it one rule for each input; see record.hpp for what a rule is. The function below it
// is its name for users, who may give it numbers, Tensors, Parameters and Vars, in any mix. Constants in rules are
// whole numbers or constant_like(x, c), so that a float rule computes in float.
#pragma once

#include "../graph/record.hpp"

namespace minigrad {

/// The number c in the number type of x.
template <Operand X>
constexpr auto constant_like(const X&, double c) {
  using T = detail::scalar_type<X>;
  static_assert(!std::is_integral_v<T>, "minigrad: this takes no whole numbers: write 1.0, or x.template to<float>()");
  return static_cast<T>(c);
}

/// 0 in the shape of x, with no derivative.
template <class V>
Var<V> zeros_like(const Var<V>& x) {
  return x.graph().input(detail::zeros_like_value(x.value()));
}
template <class X>
  requires(is_scalar<X>)
X zeros_like(const X&) {
  return X(0);
}

/// The value of x as a constant: no gradient passes through it. Of a number or a Tensor it is that itself.
template <Operand X>
auto stop_gradient(const X& x) {
  if constexpr (is_var<X>) return x.graph().input(x.value());
  else return value_of(x);
}

// ---- comparisons: masks, which have no derivative ------------------------------------------------------------------

namespace detail {
template <class F>
struct Comparison {
  const char* op;
  F f;

  template <class A, class B>
  auto operator()(const A& a, const B& b) const {
    if constexpr (is_scalar<A> && is_scalar<B>) {
      using T = std::common_type_t<A, B>;
      return f(static_cast<T>(a), static_cast<T>(b));
    } else if constexpr ((is_scalar<A> || is_tensor<A>) && (is_scalar<B> || is_tensor<B>)) {
      return map(op, f, a, b);
    } else {
      return (*this)(value_of(a), value_of(b));
    }
  }
};
template <class F>
constexpr Comparison<F> comparison(const char* op, const F& f) {
  return {op, f};
}
}  // namespace detail

/// a == b, and so on, element by element: a Tensor<bool>, or a bool for numbers.
inline constexpr auto equal_op = detail::comparison("equal", [](auto x, auto y) { return x == y; });
template <Operand A, Operand B>
auto equal(const A& a, const B& b) {
  return equal_op(a, b);
}
inline constexpr auto not_equal_op = detail::comparison("not_equal", [](auto x, auto y) { return x != y; });
template <Operand A, Operand B>
auto not_equal(const A& a, const B& b) {
  return not_equal_op(a, b);
}
inline constexpr auto less_op = detail::comparison("less", [](auto x, auto y) { return x < y; });
template <Operand A, Operand B>
auto less(const A& a, const B& b) {
  return less_op(a, b);
}
inline constexpr auto less_equal_op = detail::comparison("less_equal", [](auto x, auto y) { return x <= y; });
template <Operand A, Operand B>
auto less_equal(const A& a, const B& b) {
  return less_equal_op(a, b);
}
inline constexpr auto greater_op = detail::comparison("greater", [](auto x, auto y) { return x > y; });
template <Operand A, Operand B>
auto greater(const A& a, const B& b) {
  return greater_op(a, b);
}
inline constexpr auto greater_equal_op = detail::comparison("greater_equal", [](auto x, auto y) { return x >= y; });
template <Operand A, Operand B>
auto greater_equal(const A& a, const B& b) {
  return greater_equal_op(a, b);
}

namespace detail {
template <class M, class A, class B>
auto choose(const M& mask, const A& a, const B& b);

/// where(), with a mask of the operands' own type, which is true where it is not 0.
inline constexpr auto choose_op = elementwise(
    "where", [](auto m, auto x, auto y) { return m != 0 ? x : y; }, no_rule,
    [](auto g, auto&&, auto m, auto&&, auto&&) { return choose(m, g, 0); },
    [](auto g, auto&&, auto m, auto&&, auto&&) { return choose(m, 0, g); });
template <class M, class A, class B>
auto choose(const M& mask, const A& a, const B& b) {
  return choose_op(mask, a, b);
}
inline constexpr auto choose_value = [](bool m, auto x, auto y) { return m ? x : y; };
}  // namespace detail

/// a where the mask is true, else b. The gradient goes where the value came from.
template <Operand M, Operand A, Operand B>
auto where(const M& mask, const A& a, const B& b) {
  static_assert(std::is_same_v<detail::scalar_type<M>, bool>,
                "minigrad: where() takes a mask of bools: greater(x, 0), equal(a, b), ...");
  using V = typename detail::FirstVar<A, B>::type;
  if constexpr (!std::is_void_v<V> || is_scalar_var<A> || is_scalar_var<B>) {
    return detail::choose(mask, a, b);
  } else if constexpr (is_scalar<M> && is_scalar<A> && is_scalar<B>) {
    using T = std::common_type_t<A, B>;
    return mask ? static_cast<T>(a) : static_cast<T>(b);
  } else if constexpr (is_parameter<A> || is_parameter<B>) {
    return where(mask, value_of(a), value_of(b));
  } else {
    return map("where", detail::choose_value, mask, a, b);
  }
}

// ---- arithmetic ----------------------------------------------------------------------------------------------------

/// x + y. The gradient goes to both as it is.
inline constexpr auto add_op =
    elementwise("add", [](auto x, auto y) { return x + y; }, same_gradient, same_gradient);
template <Operand A, Operand B>
MINIGRAD_INLINE auto add(const A& a, const B& b) {
  return add_op(a, b);
}

/// x - y. The gradient goes to x as it is, to y negated.
inline constexpr auto sub_op = elementwise("sub", [](auto x, auto y) { return x - y; }, same_gradient,
                                           [](auto g, auto&&, auto&&, auto&&) { return -g; });
template <Operand A, Operand B>
MINIGRAD_INLINE auto sub(const A& a, const B& b) {
  return sub_op(a, b);
}

/// x y. dL/dx = g y, dL/dy = g x.
inline constexpr auto mul_op = elementwise("mul", [](auto x, auto y) { return x * y; },
                                           [](auto g, auto&&, auto&&, auto y) { return g * y; },
                                           [](auto g, auto&&, auto x, auto&&) { return g * x; });
template <Operand A, Operand B>
MINIGRAD_INLINE auto mul(const A& a, const B& b) {
  return mul_op(a, b);
}

/// q = x / y. dL/dx = g / y, dL/dy = -g q / y.
inline constexpr auto div_op = elementwise("div", [](auto x, auto y) { return x / y; },
                                           [](auto g, auto&&, auto&&, auto y) { return g / y; },
                                           [](auto g, auto q, auto&&, auto y) { return -(g * q / y); });
template <Operand A, Operand B>
MINIGRAD_INLINE auto div(const A& a, const B& b) {
  return div_op(a, b);
}

namespace detail {
/// An operand of a pair; a number becomes one of the other's number type, so that x * 2 and x * 2.0 are one function.
template <class Other, class X>
decltype(auto) cast_scalar(const X& x) {
  using T = scalar_type<Other>;
  constexpr bool cuts_off = std::is_integral_v<T> && std::is_floating_point_v<X>;
  if constexpr (is_scalar<X> && !is_scalar<Other> && !std::is_same_v<T, bool> && !cuts_off) return static_cast<T>(x);
  else return (x);
}
}  // namespace detail

template <class A, class B>
  requires Operands<A, B>
MINIGRAD_INLINE auto operator+(const A& a, const B& b) {
  if constexpr (is_scalar<A>) return add(b, detail::cast_scalar<B>(a));
  else return add(a, detail::cast_scalar<A>(b));
}
template <class A, class B>
  requires Operands<A, B>
MINIGRAD_INLINE auto operator-(const A& a, const B& b) {
  return sub(detail::cast_scalar<B>(a), detail::cast_scalar<A>(b));
}
template <class A, class B>
  requires Operands<A, B>
MINIGRAD_INLINE auto operator*(const A& a, const B& b) {
  if constexpr (is_scalar<A>) return mul(b, detail::cast_scalar<B>(a));
  else return mul(a, detail::cast_scalar<A>(b));
}
template <class A, class B>
  requires Operands<A, B>
MINIGRAD_INLINE auto operator/(const A& a, const B& b) {
  static_assert(!std::is_integral_v<detail::scalar_type<A>> || !std::is_integral_v<detail::scalar_type<B>>,
                "minigrad: whole numbers are not divided: convert them first, as by x.to<float>()");
  return div(detail::cast_scalar<B>(a), detail::cast_scalar<A>(b));
}

/// -x
inline constexpr auto neg_op =
    elementwise("neg", [](auto v) { return -v; }, [](auto g, auto&&, auto&&) { return -g; });
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
/// NaN and another both get it.
inline constexpr auto maximum_op = elementwise(
    "maximum", [](auto x, auto y) { return detail::is_nan(y) ? y : detail::is_nan(x) || x > y ? x : y; },
    [](auto g, auto&&, auto x, auto y) { return where(less(x, y), 0, where(equal(x, y), g / 2, g)); },
    [](auto g, auto&&, auto x, auto y) { return where(less(y, x), 0, where(equal(x, y), g / 2, g)); });
template <Operand A, Operand B>
auto maximum(const A& a, const B& b) {
  return maximum_op(a, b);
}

/// The smaller of two numbers, NaN if either is. The derivative goes to the smaller; of equals each gets half, and of a
/// NaN and another both get it.
inline constexpr auto minimum_op = elementwise(
    "minimum", [](auto x, auto y) { return detail::is_nan(y) ? y : detail::is_nan(x) || x < y ? x : y; },
    [](auto g, auto&&, auto x, auto y) { return where(greater(x, y), 0, where(equal(x, y), g / 2, g)); },
    [](auto g, auto&&, auto x, auto y) { return where(greater(y, x), 0, where(equal(x, y), g / 2, g)); });
template <Operand A, Operand B>
auto minimum(const A& a, const B& b) {
  return minimum_op(a, b);
}

/// x, but at least `low` and at most `high`, which are numbers. dy/dx = 1 from low to high, ends included, else 0, also
/// for NaN.
inline constexpr auto clamp_op = elementwise(
    "clamp", [](auto v, auto l, auto h) { return simd::smaller(h, simd::larger(l, v)); },
    [](auto g, auto&&, auto v, auto l, auto h) { return where(greater_equal(v, l), where(less_equal(v, h), g, 0), 0); },
    no_rule, no_rule);
template <Operand X, class Low, class High>
  requires(is_scalar<Low> && is_scalar<High>)
auto clamp(const X& x, const Low& low, const High& high) {
  return clamp_op(x, low, high);
}

// ---- updates in place ----------------------------------------------------------------------------------------------

namespace detail {
template <class T, class B, class F>
Tensor<T>& update(const char* op, Tensor<T>& a, const B& b, const F& f) {
  if (broadcast_shapes(op, a.shape(), shape_of(b)) != a.shape())
    shape_error(op, a.shape(), shape_of(b), "the right side does not stretch to the left side's shape");
  map_into(a, f, Write::assign, a, as_operand<T>(b));  // each element is read before it is written, if b is a too
  return a;
}
template <class B, class T>
concept Addable = is_scalar<B> || std::is_same_v<B, Tensor<T>>;
}  // namespace detail

/// a = a + b and so on, in place for a Tensor, where b stretches to a's shape; for a Var a new node takes a's name.
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
