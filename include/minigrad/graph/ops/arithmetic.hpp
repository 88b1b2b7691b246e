// graph/ops/arithmetic.hpp - the op table: comparisons, where, and the arithmetic of elements.
//
// Of each op its value, and beside it one rule for each input; see record.hpp for what a rule is. Every function here
// takes numbers, Tensors, Parameters and Vars, in any mix. Constants in rules are whole numbers or constant_like(x, c),
// so that a float rule computes in float.
#pragma once

#include "../record.hpp"

namespace minigrad {

/// The number c in the number type of x.
template <Operand X>
constexpr auto constant_like(const X&, double c) {
  using T = detail::number_of<X>;
  static_assert(!std::is_integral_v<T>, "minigrad: this takes no whole numbers: write 1.0, or x.template to<float>()");
  return static_cast<T>(c);
}

/// 0 in the shape of x, with no derivative.
template <class V>
Var<V> zeros_like(const Var<V>& x) {
  return x.graph().input(detail::zeros_like_value(x.value()));
}
template <class X>
  requires(is_number<X>)
X zeros_like(const X&) {
  return X(0);
}

// ---- comparisons: masks, which have no derivative ------------------------------------------------------------------

namespace detail {
template <class F, class A, class B>
auto compare_values(const char* op, const F& f, const A& a, const B& b) {
  if constexpr (is_number<A> && is_number<B>) {
    using T = std::common_type_t<A, B>;
    return f(static_cast<T>(a), static_cast<T>(b));
  } else {
    return map(op, f, a, b);
  }
}
template <class F, class A, class B>
auto compare(const char* op, const F& f, const A& a, const B& b) {
  return compare_values(op, f, value_of(a), value_of(b));
}
}  // namespace detail

/// a == b, and so on, element by element: a Tensor<bool>, or a bool for numbers.
template <Operand A, Operand B>
auto equal(const A& a, const B& b) {
  return detail::compare("equal", [](auto x, auto y) { return x == y; }, a, b);
}
template <Operand A, Operand B>
auto not_equal(const A& a, const B& b) {
  return detail::compare("not_equal", [](auto x, auto y) { return x != y; }, a, b);
}
template <Operand A, Operand B>
auto less(const A& a, const B& b) {
  return detail::compare("less", [](auto x, auto y) { return x < y; }, a, b);
}
template <Operand A, Operand B>
auto less_equal(const A& a, const B& b) {
  return detail::compare("less_equal", [](auto x, auto y) { return x <= y; }, a, b);
}
template <Operand A, Operand B>
auto greater(const A& a, const B& b) {
  return detail::compare("greater", [](auto x, auto y) { return x > y; }, a, b);
}
template <Operand A, Operand B>
auto greater_equal(const A& a, const B& b) {
  return detail::compare("greater_equal", [](auto x, auto y) { return x >= y; }, a, b);
}

/// a where the mask is true, else b.
template <Operand M, Operand A, Operand B>
auto where(const M& mask, const A& a, const B& b) {
  static_assert(std::is_same_v<detail::number_of<M>, bool>,
                "minigrad: where() takes a mask of bools: greater(x, 0), equal(a, b), ...");
  return elementwise("where", inputs(mask, a, b), [](bool m, auto x, auto y) { return m ? x : y; }, no_rule,
                     [](auto g, auto&&, const auto& m, auto&&, auto&&) { return where(m, g, 0); },
                     [](auto g, auto&&, const auto& m, auto&&, auto&&) { return where(m, 0, g); });
}

// ---- arithmetic ----------------------------------------------------------------------------------------------------

/// x + y. The gradient goes to both as it is.
template <Operand A, Operand B>
auto add(const A& a, const B& b) {
  return elementwise("add", inputs(a, b), [](auto x, auto y) { return x + y; }, same_gradient, same_gradient);
}

/// x - y. The gradient goes to x as it is, to y negated.
template <Operand A, Operand B>
auto sub(const A& a, const B& b) {
  return elementwise("sub", inputs(a, b), [](auto x, auto y) { return x - y; }, same_gradient,
                     [](auto g, auto&&, auto&&, auto&&) { return -g; });
}

/// x y. dL/dx = g y, dL/dy = g x.
template <Operand A, Operand B>
auto mul(const A& a, const B& b) {
  return elementwise("mul", inputs(a, b), [](auto x, auto y) { return x * y; },
                     [](auto g, auto&&, auto&&, auto y) { return g * y; },  //
                     [](auto g, auto&&, auto x, auto&&) { return g * x; });
}

/// q = x / y. dL/dx = g / y, dL/dy = -g q / y.
template <Operand A, Operand B>
auto div(const A& a, const B& b) {
  return elementwise("div", inputs(a, b), [](auto x, auto y) { return x / y; },
                     [](auto g, auto&&, auto&&, auto y) { return g / y; },
                     [](auto g, auto q, auto&&, auto y) { return -(g * q / y); });
}

namespace detail {
/// An operand of a pair; a number becomes one of the other's number type, so that x * 2 and x * 2.0 are one function.
template <class Other, class X>
decltype(auto) matched(const X& x) {
  using T = number_of<Other>;
  constexpr bool cuts_off = std::is_integral_v<T> && std::is_floating_point_v<X>;
  if constexpr (is_number<X> && !is_number<Other> && !std::is_same_v<T, bool> && !cuts_off) return static_cast<T>(x);
  else return (x);
}
}  // namespace detail

template <class A, class B>
  requires Operands<A, B>
auto operator+(const A& a, const B& b) {
  if constexpr (is_number<A>) return add(b, detail::matched<B>(a));
  else return add(a, detail::matched<A>(b));
}
template <class A, class B>
  requires Operands<A, B>
auto operator-(const A& a, const B& b) {
  return sub(detail::matched<B>(a), detail::matched<A>(b));
}
template <class A, class B>
  requires Operands<A, B>
auto operator*(const A& a, const B& b) {
  if constexpr (is_number<A>) return mul(b, detail::matched<B>(a));
  else return mul(a, detail::matched<A>(b));
}
template <class A, class B>
  requires Operands<A, B>
auto operator/(const A& a, const B& b) {
  static_assert(!std::is_integral_v<detail::number_of<A>> || !std::is_integral_v<detail::number_of<B>>,
                "minigrad: whole numbers are not divided: convert them first, as by x.to<float>()");
  return div(detail::matched<B>(a), detail::matched<A>(b));
}

/// -x
template <Operand X>
auto neg(const X& x) {
  return elementwise("neg", inputs(x), [](auto v) { return -v; }, [](auto g, auto&&, auto&&) { return -g; });
}
template <class X>
  requires Operands<X>
auto operator-(const X& x) {
  return neg(x);
}

/// The larger of two numbers, NaN if either is. The derivative goes to the larger; of equals each gets half.
template <Operand A, Operand B>
auto maximum(const A& a, const B& b) {
  return elementwise(
      "maximum", inputs(a, b), [](auto x, auto y) { return x > y || x != x ? x : y; },
      [](auto g, auto&&, auto x, auto y) { return where(greater(x, y), g, where(equal(x, y), g / 2, 0)); },
      [](auto g, auto&&, auto x, auto y) { return where(greater(y, x), g, where(equal(x, y), g / 2, 0)); });
}

/// The smaller of two numbers, NaN if either is. The derivative goes to the smaller; of equals each gets half.
template <Operand A, Operand B>
auto minimum(const A& a, const B& b) {
  return elementwise(
      "minimum", inputs(a, b), [](auto x, auto y) { return x < y || x != x ? x : y; },
      [](auto g, auto&&, auto x, auto y) { return where(less(x, y), g, where(equal(x, y), g / 2, 0)); },
      [](auto g, auto&&, auto x, auto y) { return where(less(y, x), g, where(equal(x, y), g / 2, 0)); });
}

/// x, but at least `low` and at most `high`, which are numbers. dy/dx = 1 from low to high, ends included, else 0.
template <Operand X, class Low, class High>
  requires(is_number<Low> && is_number<High>)
auto clamp(const X& x, const Low& low, const High& high) {
  return elementwise(
      "clamp", inputs(x, low, high), [](auto v, auto l, auto h) { return v < l ? l : v > h ? h : v; },
      [](auto g, auto&&, auto v, auto l, auto h) { return where(less(v, l), 0, where(greater(v, h), 0, g)); }, no_rule,
      no_rule);
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
concept Addable = is_number<B> || std::is_same_v<B, Tensor<T>>;
}  // namespace detail

/// a = a + b and so on, in place for a Tensor, where b stretches to a's shape; for a Var a new node takes a's name.
template <class T, detail::Addable<T> B>
Tensor<T>& operator+=(Tensor<T>& a, const B& b) {
  return detail::update("+=", a, b, [](auto x, auto y) { return x + y; });
}
template <class T, detail::Addable<T> B>
Tensor<T>& operator-=(Tensor<T>& a, const B& b) {
  return detail::update("-=", a, b, [](auto x, auto y) { return x - y; });
}
template <class T, detail::Addable<T> B>
Tensor<T>& operator*=(Tensor<T>& a, const B& b) {
  return detail::update("*=", a, b, [](auto x, auto y) { return x * y; });
}
template <class T, detail::Addable<T> B>
Tensor<T>& operator/=(Tensor<T>& a, const B& b) {
  return detail::update("/=", a, b, [](auto x, auto y) { return x / y; });
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
