// graph/rules.hpp - the derivative rules of an op, one for each input, and how they are called.
//
//   rule(g, y, inputs...)  is  dL/d(input),  where g = dL/dy and y is the op's own result.
//
// A rule takes what it reads: (g), (g, y), (g, inputs...) where there are several inputs, or all of them. With one input
// the second argument of two is y: a rule that reads g and x alone is (g, auto&&, x).
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

#include "../core/attributes.hpp"
#include "../core/simd.hpp"

namespace minigrad::inline MINIGRAD_ABI {

/// Stands for a rule that an op does not have. Where a derivative would need it, backward() and grad() throw GraphError.
struct NoRule {};
inline constexpr NoRule no_rule{};

/// Stands for the rule of an input along which the derivative is 0 by what the op is, such as a mask.
struct NonDifferentiable : NoRule {};
inline constexpr NonDifferentiable non_differentiable{};

/// The rule of an input to which the gradient goes as it is: dL/d(input) = g.
struct SameGradient {
  auto operator()(const auto& g) const { return g; }
};
inline constexpr SameGradient same_gradient{};

/// A function together with its first argument: the attributes of an op.
template <class A, class F>
struct With {
  A attributes;                 ///< the first argument
  [[no_unique_address]] F f;  ///< the function, of the attributes and the rest

  template <class... X>
    requires requires(const F& function, const A& a, const X&... x) { function(a, x...); }
  MINIGRAD_INLINE auto operator()(const X&... x) const {
    return f(attributes, x...);
  }
};
template <class A, class F>
With(A, F) -> With<A, F>;  // clang 14 does not deduce those of an aggregate
/// A function with attributes takes Simd values if the function does.
template <class A, class F>
inline constexpr bool is_simd_fn<With<A, SimdFn<F>>> = true;

namespace detail {

/// Marks a function of whole tensors that can be computed into memory that is there: it gets its operands as
/// Unevaluated, and gives an expression that has a shape() and a write(). A rule must give the shape of its input. On
/// anything else the function is what it was.
template <class F>
struct Deferred : F {};
template <class F>
constexpr Deferred<F> deferred(const F& f) {
  return {f};
}
template <class F>
inline constexpr bool is_deferred = false;
template <class F>
inline constexpr bool is_deferred<Deferred<F>> = true;
template <class A, class F>
inline constexpr bool is_deferred<With<A, Deferred<F>>> = true;

/// Up to four rules. (A std::tuple of them would take longer to compile than all else about an op.)
template <class R0 = NoRule, class R1 = NoRule, class R2 = NoRule, class R3 = NoRule>
struct Rules {
  [[no_unique_address]] R0 r0;
  [[no_unique_address]] R1 r1;
  [[no_unique_address]] R2 r2;
  [[no_unique_address]] R3 r3;

  // An aggregate would do, but clang 16 crashes on it.
  constexpr Rules(const R0& a = R0(), const R1& b = R1(), const R2& c = R2(), const R3& d = R3())
      : r0(a), r1(b), r2(c), r3(d) {}

  template <std::size_t K>
  using At = std::conditional_t<K < 2, std::conditional_t<K == 0, R0, R1>, std::conditional_t<K == 2, R2, R3>>;
  template <std::size_t K>
  constexpr const At<K>& get() const {
    if constexpr (K == 0) return r0;
    else if constexpr (K == 1) return r1;
    else if constexpr (K == 2) return r2;
    else return r3;
  }
};

/// What a derivative rule reads besides the gradient g of the op's result y. It takes g; or g and y; or g and all
/// inputs (where there are several); or g, y and all inputs.
enum class Reads : unsigned char { gradient, result, inputs, all, unknown };
constexpr bool reads_result(Reads reads) { return reads == Reads::result || reads == Reads::all; }
constexpr bool reads_inputs(Reads reads) { return reads == Reads::inputs || reads == Reads::all; }

/// X, for each J of a pack.
template <class X, std::size_t J>
using Repeat = X;

/// What a rule reads, told by how many arguments it takes; `unknown` where it cannot be called, or gives no X. J are the
/// numbers of the inputs.
template <class Rule, class X, std::size_t... J>
constexpr Reads reads_of(std::index_sequence<J...>) {
  if constexpr (requires(const Rule& rule, const X& x) { static_cast<X>(rule(x)); }) return Reads::gradient;
  else if constexpr (requires(const Rule& rule, const X& x) { static_cast<X>(rule(x, x)); }) return Reads::result;
  else if constexpr (sizeof...(J) > 1 && requires(const Rule& rule, const X& x, const Repeat<X, J>&... in) {
                       static_cast<X>(rule(x, in...));
                     })
    return Reads::inputs;
  else if constexpr (requires(const Rule& rule, const X& x, const Repeat<X, J>&... in) {
                       static_cast<X>(rule(x, x, in...));
                     })
    return Reads::all;
  else return Reads::unknown;
}

/// Whether a rule takes `auto`, so that it runs on Vars too. (To ask it with a Var compiles its body, whose errors would
/// come in a second form.)
template <class Rule>
inline constexpr bool is_generic = !requires { &Rule::operator(); };
template <class A, class F>
inline constexpr bool is_generic<With<A, F>> = is_generic<F>;

/// Calls a rule with what it reads.
template <Reads reads, class Rule, class G, class Y, class... X>
MINIGRAD_INLINE decltype(auto) call_rule(const Rule& rule, const G& g, [[maybe_unused]] const Y& y, const X&... x) {
  if constexpr (reads == Reads::gradient) return rule(g);
  else if constexpr (reads == Reads::result) return rule(g, y);
  else if constexpr (reads == Reads::inputs) return rule(g, x...);
  else return rule(g, y, x...);
}

/// What of an op cannot be called with what it gets, or gives something else than it should.
enum class Misfit : unsigned char { none, value, result, rule };

/// Whether a value can be computed from these inputs. Y is the type that it should give, or void for any.
template <class Y, class Value, class... X>
constexpr Misfit value_misfit() {
  if constexpr (requires(const Value& f, const X&... x) { f(x...); }) {
    using Result = decltype(std::declval<const Value&>()(std::declval<const X&>()...));
    if constexpr (std::is_void_v<Result>) return Misfit::result;
    else if constexpr (std::is_void_v<Y> || requires(const Result& y) { static_cast<Y>(y); }) return Misfit::none;
    else return Misfit::result;
  } else {
    return Misfit::value;
  }
}

/// Refuses an op that does not fit.
template <Misfit misfit>
constexpr bool require_fit() {
  static_assert(misfit != Misfit::value,
                "minigrad: the op does not take these inputs, or it takes attributes first: op.with(a)(x); its value has "
                "a parameter for each rule, after one for the attributes, if there are some");
  static_assert(misfit != Misfit::result,
                "minigrad: the value of an op gives a number where it gets numbers, and a Tensor where it gets Tensors: "
                "is its `return` missing?");
  static_assert(misfit != Misfit::rule,
                "minigrad: a derivative rule takes (g), (g, y), (g, inputs...) where there are several, or (g, y, "
                "inputs...), after the attributes, if there are some, and gives a number for numbers, a Tensor for "
                "Tensors (is its `return` missing?): let each be `auto`, since the rule runs on values and on Vars");
  return misfit == Misfit::none;
}

template <class A>
concept Describes = requires(const A& a, const AttributeList& list) { a.describe(list); };
template <class F>
inline constexpr bool has_attributes = false;
template <class A, class F>
inline constexpr bool has_attributes<With<A, F>> = true;

/// The value and the rules of an op: what a node keeps of it, if they hold anything.
template <class Value, class... R>
struct Functions {
  [[no_unique_address]] Value value;
  [[no_unique_address]] Rules<R...> rules;
};
template <class Value, class... R>
inline constexpr bool holds_nothing = ((std::is_empty_v<Value> && std::is_default_constructible_v<Value>)&&...&&
                                       (std::is_empty_v<R> && std::is_default_constructible_v<R>));

}  // namespace detail
}  // namespace minigrad
