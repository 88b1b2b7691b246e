// graph/record.hpp - what an op is made of: its value, and one derivative rule for each input.
//
// Rules (rules.hpp) are generic. backward() runs them on values; grad() runs the same rules on Vars, which records the
// derivative as nodes of the graph, so that it can be differentiated again, to any order. An op is called like a
// function: numbers give a number, Tensors a Tensor, and with a Var among the operands the op is recorded and the
// result is a Var.
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

#include "elementwise_node.hpp"
#include "op_table.hpp"
#include "operand.hpp"

namespace minigrad::inline MINIGRAD_ABI {
namespace detail {

/// Adds the node of an op and computes its value, by the function that a replay calls. If the operands do not fit, the
/// op adds no node; those of its constants and parameters stay.
template <class V>
[[gnu::noinline]] Var<V> record_op(const Op<V>& op, const char* name, const OperandRef<V>* in, std::size_t count,
                                   void* functions, bool numbers = false) {
  using Kind = typename OperandRef<V>::Kind;
  std::size_t first = 0;
  while (in[first].kind != Kind::var) ++first;
  Graph<V>& graph = in[first].var->graph();
  graph.require_owner(name);
  NodeStore<V>& nodes = graph.nodes();
  Input<V>* const inputs = nodes.add_inputs(numbers ? 2 * count : count);
  Node<V>* read_now[max_inputs];  // constants that no rule reads
  std::size_t read_now_count = 0;
  unsigned wanted = 0;  // bit k: the gradient of operand k
  for (std::size_t k = 0; k < count; ++k) {
    Node<V>* x = nullptr;  // of a number
    if (in[k].kind == Kind::var) {
      x = &graph.own_node(name, *in[k].var);
    } else if (in[k].kind == Kind::number) {
      inputs[count + k].number = in[k].number;
    } else if (in[k].kind == Kind::parameter) {
      x = &graph.add_parameter(in[k].parameter->ref().state());
    } else {
      if constexpr (is_tensor<V>) x = &add_constant(graph, op, in, count, k, read_now, read_now_count);
    }
    inputs[k].node = x;
    if (x && x->needs_grad) wanted |= 1u << (op.one_rule ? 0 : k);
  }
  Node<V>& y = nodes.begin_op(name, op, inputs, count, wanted, functions);
  try {
    if constexpr (is_tensor<V>)
      if (op.shape)
        if (const Shape shape = op.shape(graph, y); y.own.shape() != shape) reshape_memory(y.own, shape);
    op.forward(graph, y);
  } catch (...) {
    for (std::size_t k = 0; k < read_now_count; ++k) read_now[k]->value = nullptr;
    nodes.undo_op(y);
    rethrow_with("computing", name);
  }
  for (std::size_t k = 0; k < read_now_count; ++k) read_now[k]->value = nullptr;
  return graph.var(y);
}

}  // namespace detail

/// An op: its name, its value, and a rule for each input. Made by elementwise() and record(). Called with operands, it
/// computes or records.
template <bool PerElement, class Value, class... R>
class OpFunction {
 public:
  // What value and rules capture by value is copied into the node; by reference, it is read again in backward().
  const char* name;           ///< what messages and pictures call the op
  Value value;                ///< y from the inputs: of elements, or of whole values
  detail::Rules<R...> rules;  ///< dL/d(input) for each input, from g = dL/dy

  /// The op with attributes: value and rules get them as their first argument. Attributes are a struct of plain data
  /// with `void describe(auto& list) const { list("slope", slope); }`, which pictures and messages show, and which
  /// check() of a captured step compares. constant_like(x, a.slope) has the type of x.
  template <class A>
  constexpr auto with(const A& attributes) const {
    constexpr bool described = detail::Describes<A>;
    static_assert(described,
                  "minigrad: attributes are a struct with `void describe(auto& list) const`, which names them");
    if constexpr (described) return with(attributes, std::index_sequence_for<R...>{});
    else return detail::Refused();
  }

  /// with(attributes)(x...), but in a template nothing of it is compiled before the template is used.
  template <class A, class... X>
  auto apply(const A& attributes, X&&... x) const {
    detail::require_operands<sizeof...(R), std::remove_cvref_t<X>...>();
    return with(attributes)(std::forward<X>(x)...);
  }

  template <class... X>
  MINIGRAD_INLINE auto operator()(X&&... x) const& {
    detail::require_operands<sizeof...(R), std::remove_cvref_t<X>...>();
    return call<Reduction::none>(*this, std::forward<X>(x)...);
  }
  /// What a temporary holds is moved into the graph.
  template <class... X>
  MINIGRAD_INLINE auto operator()(X&&... x) && {
    detail::require_operands<sizeof...(R), std::remove_cvref_t<X>...>();
    return call<Reduction::none>(static_cast<OpFunction&>(*this), std::forward<X>(x)...);
  }

  /// The mean and the sum over all elements to which the operands broadcast. The elements are not kept: for losses.
  template <class... X>
  auto mean(X&&... x) const {
    detail::require_operands<sizeof...(R), std::remove_cvref_t<X>...>();
    return call<Reduction::mean>(*this, std::forward<X>(x)...);
  }
  template <class... X>
  auto sum(X&&... x) const {
    detail::require_operands<sizeof...(R), std::remove_cvref_t<X>...>();
    return call<Reduction::sum>(*this, std::forward<X>(x)...);
  }

 private:
  template <class A, std::size_t... K>
  constexpr auto with(const A& attributes, std::index_sequence<K...>) const {
    const auto bind = [&]<class F>(const F& f) {
      if constexpr (std::is_base_of_v<NoRule, F> || std::is_same_v<F, SameGradient>) return f;
      else return With<A, F>{attributes, f};
    };
    using Bound = OpFunction<PerElement, decltype(bind(value)), decltype(bind(rules.template get<K>()))...>;
    return Bound{name, bind(value), {bind(rules.template get<K>())...}};
  }

  template <Reduction reduction, class Self, class... X>
  MINIGRAD_INLINE static auto call(Self& self, X&&... x) {
    static_assert(PerElement || reduction == Reduction::none, "minigrad: mean() and sum() are for elementwise ops");
    using V = typename detail::FirstVar<std::remove_cvref_t<X>...>::type;
    if constexpr (!(Operand<X> && ...) || sizeof...(X) != sizeof...(R)) {
      return std::conditional_t<std::is_void_v<V>, detail::Refused, Var<V>>();
    } else if constexpr ((is_scalar_var<std::remove_cvref_t<X>> || ...)) {
      return on_tape(self.name, self.value, self.rules, x...);  // see scalar_var.hpp
    } else if constexpr (std::is_void_v<V>) {
      constexpr detail::Misfit misfit = value_misfit<std::remove_cvref_t<decltype(value_of(x))>...>();
      if constexpr (detail::require_fit<misfit>()) return self.template compute<reduction>(value_of(x)...);
      else return detail::Refused();
    } else {
      static_assert(!is_tensor<V> || PerElement || (!is_scalar<std::remove_cvref_t<X>> && ...),
                    "minigrad: record() on tensors takes no numbers as inputs: capture them in value and rules");
      using Ops = detail::OpTable<V, PerElement, std::index_sequence_for<R...>, Value, R...>;
      if constexpr (!detail::require_fit<Ops::misfit()>()) {
        return Var<V>();  // refused
      } else {
        const detail::OperandRef<V> in[] = {detail::OperandRef<V>(std::forward<X>(x))...};
        constexpr bool numbers = (is_scalar<std::remove_cvref_t<X>> || ...);
        if constexpr (detail::holds_nothing<Value, R...>) {
          return detail::record_op<V>(Ops::template op<reduction>, self.name, in, sizeof...(X), nullptr, numbers);
        } else {
          auto held = self.functions();
          return detail::record_op<V>(Ops::template op<reduction>, self.name, in, sizeof...(X), &held, numbers);
        }
      }
    }
  }

  detail::Functions<Value, R...> functions() const { return {value, rules}; }
  detail::Functions<Value, R...> functions() { return {std::move(value), std::move(rules)}; }

  template <class... X>
  static constexpr detail::Misfit value_misfit() {
    if constexpr (!PerElement) {
      return detail::value_misfit<void, Value, X...>();
    } else if constexpr ((is_scalar<X> && ...)) {
      return detail::value_misfit<void, Value, std::common_type_t<X, X...>...>();
    } else {
      using T = typename detail::ElementOfAll<typename detail::Element<X...>::type, X...>::type;
      return detail::value_misfit<
          void, Value, std::conditional_t<is_tensor<X> || std::is_same_v<X, bool>, detail::element_of<X>, T>...>();
    }
  }
  template <Reduction reduction, class... X>
  auto compute(const X&... x) const {
    if constexpr (!PerElement) {
      return value(x...);
    } else if constexpr ((is_scalar<X> && ...)) {
      return value(static_cast<std::common_type_t<X...>>(x)...);
    } else if constexpr (reduction == Reduction::none) {
      return map(name, value, x...);
    } else {
      return detail::map_and_sum(name, reduction == Reduction::mean, value, x...);
    }
  }
};

/// An op on elements: y_i = value(inputs_i...), with broadcasting, and one rule for each input, which is that of one
/// element too:
///
///   inline constexpr auto cube = elementwise("cube", [](auto x) { return x * x * x; },
///                                            [](auto g, auto y, auto x) { return g * 3 * x * x; });
///
/// Rules run on Vars too, so that they choose by where(greater(x, 0), g, 0), not by `if` or `?:`, and call exp(x), not
/// std::exp(x). check_grads() finds a rule that is wrong, such as one that takes y for x. With an attribute, which comes
/// before g:
///
///   struct Rate {
///     double rate;
///     void describe(auto& list) const { list("rate", rate); }  // in a function: const AttributeList& list
///   };
///   inline constexpr auto swish = elementwise(
///       "swish", [](auto& a, auto x) { return x * sigmoid(constant_like(x, a.rate) * x); },
///       [](auto& a, auto g, auto y, auto x) {
///         const auto c = constant_like(x, a.rate);
///         return g * (sigmoid(c * x) + c * y * sigmoid(-c * x));
///       });
///   y = swish.with(Rate{0.5})(x);
template <class Value, class... R>
constexpr auto elementwise(const char* name, const Value& value, const R&... rules) {
  constexpr bool few = sizeof...(R) + 2 <= detail::max_operands;  // a rule reads g and y too
  static_assert(few, "minigrad: an elementwise op takes at most four inputs");
  if constexpr (few) return OpFunction<true, Value, R...>{name, value, {rules...}};
}

/// An op on whole values: y = value(inputs...), with a derivative rule for each input: matmul, sum, a loss. Attributes
/// are given as to elementwise().
template <class Value, class... R>
constexpr auto record(const char* name, const Value& value, const R&... rules) {
  constexpr bool few = sizeof...(R) <= detail::max_inputs;
  static_assert(few, "minigrad: an op takes at most four inputs, with a rule for each: record_many() takes more");
  if constexpr (few) return OpFunction<false, Value, R...>{name, value, {rules...}};
}

}  // namespace minigrad::inline MINIGRAD_ABI
