// graph/ops/elementwise.hpp - the table of elementwise ops: for each its value, and beside it one rule for each input.
//
// Every function here takes numbers, Tensors, Parameters and Vars, in any mix; see record.hpp for what a rule is.
// Constants in rules are whole numbers or constant_like(x, c), so that a float rule computes in float.
#pragma once

#include <cmath>
#include <numbers>

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
  if constexpr (is_number<X> && !is_number<Other> && !std::is_same_v<number_of<Other>, bool>)
    return static_cast<number_of<Other>>(x);
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

// ---- sizes, squares and roots --------------------------------------------------------------------------------------

/// -1, 0 or 1. dy/dx = 0.
template <Operand X>
auto sign(const X& x) {
  return elementwise("sign", inputs(x), []<class T>(T v) { return v > 0 ? T(1) : v < 0 ? T(-1) : v; },
                     [](auto g, auto&&, auto&&) { return zeros_like(g); });
}

/// |x|. dy/dx = sign(x), and 0 at 0.
template <Operand X>
auto abs(const X& x) {
  return elementwise("abs", inputs(x), [](auto v) { return v < 0 ? -v : v > 0 ? v : v * v; },
                     [](auto g, auto&&, auto v) { return g * sign(v); });
}

/// x^2. dy/dx = 2 x.
template <Operand X>
auto square(const X& x) {
  return elementwise("square", inputs(x), [](auto v) { return v * v; },
                     [](auto g, auto&&, auto v) { return g * (2 * v); });
}

/// The square root. dy/dx = 1 / (2 y), infinite at 0.
template <Operand X>
auto sqrt(const X& x) {
  return elementwise("sqrt", inputs(x), [](auto v) { return std::sqrt(v); },
                     [](auto g, auto y, auto&&) { return g / (2 * y); });
}

/// 1 / x. dy/dx = -y^2.
template <Operand X>
auto reciprocal(const X& x) {
  return elementwise("reciprocal", inputs(x), [](auto v) { return 1 / v; },
                     [](auto g, auto y, auto&&) { return -(g * y * y); });
}

// ---- exponentials, logarithms, powers, angles ----------------------------------------------------------------------

/// e^x. dy/dx = y.
template <Operand X>
auto exp(const X& x) {
  return elementwise("exp", inputs(x), [](auto v) { return std::exp(v); }, [](auto g, auto y, auto&&) { return g * y; });
}

/// e^x - 1, exact near 0. dy/dx = y + 1.
template <Operand X>
auto expm1(const X& x) {
  return elementwise("expm1", inputs(x), [](auto v) { return std::expm1(v); },
                     [](auto g, auto y, auto&&) { return g * (y + 1); });
}

/// The natural logarithm. dy/dx = 1 / x.
template <Operand X>
auto log(const X& x) {
  return elementwise("log", inputs(x), [](auto v) { return std::log(v); }, [](auto g, auto&&, auto v) { return g / v; });
}

/// log(1 + x), exact near 0. dy/dx = 1 / (1 + x).
template <Operand X>
auto log1p(const X& x) {
  return elementwise("log1p", inputs(x), [](auto v) { return std::log1p(v); },
                     [](auto g, auto&&, auto v) { return g / (1 + v); });
}

/// x^p. dy/dx = p x^(p-1), and 0 for p = 0 even at x = 0; dy/dp = y log x, taken as 0 at x = 0 where p >= 0. An exponent
/// that is a number is a constant, and no logarithm is taken.
template <Operand X, Operand P>
auto pow(const X& x, const P& p) {
  return elementwise(
      "pow", inputs(x, p), [](auto v, auto q) { return std::pow(v, q); },
      [](auto g, auto&&, auto v, auto q) { return g * q * pow(where(equal(q, 0), where(equal(v, 0), 1, v), v), q - 1); },
      [](auto g, auto y, auto v, auto q) { return g * y * log(where(equal(v, 0), where(less(q, 0), v, 1), v)); });
}

template <Operand X>
auto cos(const X& x);  // for the rule of sin

/// The sine. dy/dx = cos x.
template <Operand X>
auto sin(const X& x) {
  return elementwise("sin", inputs(x), [](auto v) { return std::sin(v); },
                     [](auto g, auto&&, auto v) { return g * cos(v); });
}

/// The cosine. dy/dx = -sin x.
template <Operand X>
auto cos(const X& x) {
  return elementwise("cos", inputs(x), [](auto v) { return std::cos(v); },
                     [](auto g, auto&&, auto v) { return -(g * sin(v)); });
}

/// The tangent. dy/dx = 1 + y^2.
template <Operand X>
auto tan(const X& x) {
  return elementwise("tan", inputs(x), [](auto v) { return std::tan(v); },
                     [](auto g, auto y, auto&&) { return g * (1 + y * y); });
}

/// The inverse of the tangent. dy/dx = 1 / (1 + x^2).
template <Operand X>
auto atan(const X& x) {
  return elementwise("atan", inputs(x), [](auto v) { return std::atan(v); },
                     [](auto g, auto&&, auto v) { return g / (1 + v * v); });
}

/// The error function, 2 / sqrt(pi) times the integral of exp(-t^2) from 0 to x. dy/dx = 2 / sqrt(pi) exp(-x^2).
template <Operand X>
auto erf(const X& x) {
  return elementwise("erf", inputs(x), [](auto v) { return std::erf(v); },
                     [](auto g, auto&&, auto v) {
                       return g * (exp(-(v * v)) * constant_like(v, 2 * std::numbers::inv_sqrtpi));
                     });
}

// ---- activations ---------------------------------------------------------------------------------------------------

/// The hyperbolic tangent. dy/dx = 1 - y^2.
template <Operand X>
auto tanh(const X& x) {
  return elementwise("tanh", inputs(x), [](auto v) { return std::tanh(v); },
                     [](auto g, auto y, auto&&) { return g * (1 - y * y); });
}

/// 1 / (1 + e^-x), computed without overflow. dy/dx = y (1 - y).
template <Operand X>
auto sigmoid(const X& x) {
  return elementwise("sigmoid", inputs(x),
                     [](auto v) {
                       const auto e = std::exp(v < 0 ? v : -v);
                       return (v < 0 ? e : 1) / (1 + e);
                     },
                     [](auto g, auto y, auto&&) { return g * (y * (1 - y)); });
}

/// max(x, 0): the hinge. dy/dx = 1 where y > 0, and 0 at the corner.
template <Operand X>
auto relu(const X& x) {
  return elementwise("relu", inputs(x), []<class T>(T v) { return v < 0 ? T{} : v; },
                     [](auto g, auto y, auto&&) { return where(greater(y, 0), g, 0); });
}

/// x where x > 0, else slope * x.
template <Operand X>
auto leaky_relu(const X& x, double slope = 0.01) {
  return elementwise("leaky_relu", inputs(x, constant_like(x, slope)), [](auto v, auto s) { return v > 0 ? v : s * v; },
                     [](auto g, auto&&, auto v, auto s) { return where(greater(v, 0), g, g * s); }, no_rule);
}

/// x where x > 0, else alpha (e^x - 1). dy/dx = 1 or alpha e^x.
template <Operand X>
auto elu(const X& x, double alpha = 1) {
  return elementwise("elu", inputs(x, constant_like(x, alpha)), [](auto v, auto a) { return v > 0 ? v : a * std::expm1(v); },
                     [](auto g, auto&&, auto v, auto a) { return where(greater(v, 0), g, g * a * exp(minimum(v, 0))); },
                     no_rule);
}

/// log(1 + e^x), a smooth relu, computed without overflow. dy/dx = sigmoid(x).
template <Operand X>
auto softplus(const X& x) {
  return elementwise("softplus", inputs(x),
                     [](auto v) { return (v < 0 ? 0 : v) + std::log1p(std::exp(v < 0 ? v : -v)); },
                     [](auto g, auto&&, auto v) { return g * sigmoid(v); });
}

/// x sigmoid(x), also called swish. dy/dx = s + y (1 - s) with s = sigmoid(x).
template <Operand X>
auto silu(const X& x) {
  return elementwise("silu", inputs(x), [](auto v) { return v * sigmoid(v); },
                     [](auto g, auto y, auto v) {
                       const auto s = sigmoid(v);
                       return g * (s + y * (1 - s));
                     });
}

/// x P(x) with the normal distribution P(x) = (1 + erf(x / sqrt(2))) / 2. dy/dx = P(x) + x exp(-x^2 / 2) / sqrt(2 pi).
/// Hendrycks and Gimpel, "Gaussian Error Linear Units", 2016.
template <Operand X>
auto gelu(const X& x) {
  constexpr double half_root = std::numbers::sqrt2 / 2;
  return elementwise("gelu", inputs(x),
                     [](auto v) { return v * (1 + std::erf(v * constant_like(v, half_root))) / 2; },
                     [](auto g, auto&&, auto v) {
                       const auto normal = (1 + erf(v * constant_like(v, half_root))) / 2;
                       const auto density = exp(-(v * v) / 2) * constant_like(v, half_root * std::numbers::inv_sqrtpi);
                       return g * (normal + v * density);
                     });
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
