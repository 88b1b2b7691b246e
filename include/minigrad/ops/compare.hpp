// ops/compare.hpp - the op table: what functions of it take; comparisons, which give masks, and where(), which takes one.
//
// Of each op its value, and beside it one rule for each input; see graph/record.hpp for what a rule is. The function
// below it is its name for users, who may give it numbers, Tensors, Parameters and Vars, in any mix.
#pragma once

#include <type_traits>
#include <vector>

#include "../graph/backward.hpp"

namespace minigrad::inline MINIGRAD_ABI {
namespace detail {
template <class X>
inline constexpr bool is_no_operand = false;
template <class T, class A>
inline constexpr bool is_no_operand<std::vector<T, A>> = true;
template <class V>
inline constexpr bool is_no_operand<ParameterRef<V>> = true;
}  // namespace detail

/// An operand, or something that many take for one, a std::vector and a ParameterRef: an op refuses it by one message,
/// where the compiler would list all functions of the same name in `<cmath>`.
template <class X>
concept Argument = Operand<X> || detail::is_no_operand<X>;
/// Operands of one op, of which at least one is more than a number.
template <class... X>
concept Operands = (Operand<X> && ...) && (!is_scalar<std::remove_cvref_t<X>> || ...);

namespace detail {
template <class X>
concept VarOrParameter = (is_var<X> && is_tensor<typename X::value_type>) || is_parameter<X>;
/// Tensors, and Vars and Parameters that hold one.
template <class X>
concept TensorOperand = is_tensor<X> || VarOrParameter<X>;
template <class X>
concept Mask = is_mask_var<X> || std::is_same_v<X, Tensor<bool>>;
}  // namespace detail

/// No argument, as the last parameter of functions whose name `<cmath>` or a user may have too. It makes them the
/// second choice: after `using namespace minigrad`, sqrt(2) is that of `<math.h>`, and square(x) a user's own.
template <class>
concept LowPriority = false;

/// Whole numbers, alone or in a Tensor, as doubles; all else as it is. For functions whose results are not whole.
template <class X>
decltype(auto) to_floating(const X& x) {
  if constexpr (std::is_integral_v<X>) return static_cast<double>(x);
  else if constexpr (is_tensor<X> && std::is_integral_v<detail::scalar_type<X>>) return x.template to<double>();
  else return (x);
}

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

/// The value of x as a constant: no gradient passes through it. A replayed step computes it again.
inline constexpr auto stop_gradient_op = elementwise("stop_gradient", [](auto v) { return v; }, non_differentiable);
template <Operand X>
auto stop_gradient(const X& x) {
  if constexpr (is_var<X>) return stop_gradient_op(x);
  else return value_of(x);
}

// ---- comparisons: masks, which have no derivative ------------------------------------------------------------------

namespace detail {
/// A comparison of elements. Of a Var it is recorded, and gives a handle.
template <class Op>
struct Comparison {
  Op op;

  template <class A, class B>
  auto operator()(const A& a, const B& b) const {
    using V = typename FirstVar<A, B>::type;
    if constexpr (!std::is_void_v<V>) {
      return MaskVar<V>(op(a, b));
    } else if constexpr (is_scalar<A> && is_scalar<B>) {
      using T = std::common_type_t<A, B>;
      return op.value(static_cast<T>(a), static_cast<T>(b));
    } else if constexpr ((is_scalar<A> || is_tensor<A>) && (is_scalar<B> || is_tensor<B>)) {
      return map(op.name, op.value, a, b);
    } else {
      require_operands<2, A, B>();
      return (*this)(value_of(a), value_of(b));
    }
  }
};
template <class F>
constexpr auto comparison(const char* name, const F& f) {
  const auto op = elementwise(name, f, non_differentiable, non_differentiable);
  return Comparison<std::remove_const_t<decltype(op)>>{op};
}
}  // namespace detail

/// a == b, and so on, element by element: a Tensor<bool>, or a bool for numbers, or a MaskVar where one is a Var.
/// Throws ShapeError where the shapes do not broadcast.
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

/// Masks from masks, element by element, in the form in which comparisons give them: a and b, a or b, not a. A number
/// other than 0 counts as true. Throws ShapeError where the shapes do not broadcast.
inline constexpr auto logical_and_op = detail::comparison("logical_and", [](auto x, auto y) { return x != 0 && y != 0; });
template <Operand A, Operand B>
auto logical_and(const A& a, const B& b) {
  return logical_and_op(a, b);
}
inline constexpr auto logical_or_op = detail::comparison("logical_or", [](auto x, auto y) { return x != 0 || y != 0; });
template <Operand A, Operand B>
auto logical_or(const A& a, const B& b) {
  return logical_or_op(a, b);
}
template <Operand A>
auto logical_not(const A& a) {
  return equal_op(a, detail::scalar_type<A>(0));
}
/// For masks &&, || and ! are logical_and, logical_or and logical_not: both operands are computed.
template <class A, class B>
  requires((detail::Mask<A> && Operand<B>) || (Operand<A> && detail::Mask<B>))
auto operator&&(const A& a, const B& b) {
  return logical_and(a, b);
}
template <class A, class B>
  requires((detail::Mask<A> && Operand<B>) || (Operand<A> && detail::Mask<B>))
auto operator||(const A& a, const B& b) {
  return logical_or(a, b);
}
template <detail::Mask A>
auto operator!(const A& a) {
  return logical_not(a);
}

namespace detail {
template <class X>
inline constexpr bool is_compared_by_element = is_tensor<X> || is_var<X> || is_parameter<X>;
template <class X, class Y>
concept Unordered = (is_compared_by_element<X> && is_operand<Y>) || (is_operand<X> && is_compared_by_element<Y>);
}  // namespace detail

// There is no order of Tensors: == of two gives one bool, so that < cannot give a mask beside it. Whoever writes < is told
// so. (Functions of one macro would be shown by compilers with the lines of the macro.)
#define MINIGRAD_NO_ORDER                                                                                              \
  "minigrad: Tensors and Vars are compared by less(a, b) and greater(a, b), which give a mask: a rule chooses by "     \
  "where(greater(x, 0), a, b), not by `if` or `?:`"
template <class X, class Y>
  requires(detail::Unordered<X, Y>)
detail::Refused operator<(const X&, const Y&) {
  static_assert(!sizeof(X), MINIGRAD_NO_ORDER);
  return {};
}
template <class X, class Y>
  requires(detail::Unordered<X, Y>)
detail::Refused operator>(const X&, const Y&) {
  static_assert(!sizeof(X), MINIGRAD_NO_ORDER);
  return {};
}
template <class X, class Y>
  requires(detail::Unordered<X, Y>)
detail::Refused operator<=(const X&, const Y&) {
  static_assert(!sizeof(X), MINIGRAD_NO_ORDER);
  return {};
}
template <class X, class Y>
  requires(detail::Unordered<X, Y>)
detail::Refused operator>=(const X&, const Y&) {
  static_assert(!sizeof(X), MINIGRAD_NO_ORDER);
  return {};
}
#undef MINIGRAD_NO_ORDER

namespace detail {
template <class M, class A, class B>
auto where_var(const M& mask, const A& a, const B& b);

/// where(), with a mask of the operands' own type, which is true where it is not 0.
inline constexpr auto where_op = elementwise(
    "where", [](auto m, auto x, auto y) { return m != 0 ? x : y; }, non_differentiable,
    [](auto g, auto m, auto&&, auto&&) { return where_var(m, g, 0); },
    [](auto g, auto m, auto&&, auto&&) { return where_var(m, 0, g); });
template <class M, class A, class B>
auto where_var(const M& mask, const A& a, const B& b) {
  return where_op(mask, a, b);
}
inline constexpr auto where_value = [](bool m, auto x, auto y) { return m ? x : y; };
}  // namespace detail

/// a where the mask is true, else b. The gradient goes where the value came from. Throws ShapeError where the shapes do
/// not broadcast.
template <Operand M, Operand A, Operand B>
auto where(const M& mask, const A& a, const B& b) {
  static_assert(std::is_same_v<detail::scalar_type<M>, bool>,
                "minigrad: where() takes a mask of bools: greater(x, 0), equal(a, b), ...");
  using V = typename detail::FirstVar<M, A, B>::type;
  if constexpr (!std::is_void_v<V> || is_scalar_var<A> || is_scalar_var<B>) {
    return detail::where_var(mask, a, b);
  } else if constexpr (is_scalar<M> && is_scalar<A> && is_scalar<B>) {
    using T = std::common_type_t<A, B>;
    return mask ? static_cast<T>(a) : static_cast<T>(b);
  } else if constexpr (is_parameter<A> || is_parameter<B>) {
    detail::require_operands<2, A, B>();
    return where(mask, value_of(a), value_of(b));
  } else {
    return map("where", detail::where_value, mask, a, b);
  }
}

}  // namespace minigrad
