// graph/op_table.hpp - the constant that says what an op is, made from its value and its rules.
#pragma once

#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>

#include "accumulate.hpp"
#include "elementwise_node.hpp"
#include "rules.hpp"

namespace minigrad::inline MINIGRAD_ABI {
template <bool PerElement, class Value, class... R>
class OpFunction;  // see record.hpp
namespace detail {

/// What a node holds of an op, or, where that is nothing, a constant.
template <class V, class Value, class... R>
const Functions<Value, R...>& functions_of(const Node<V>& y) {
  if constexpr (holds_nothing<Value, R...>) {
    static constexpr Functions<Value, R...> nothing{};
    return nothing;
  } else {
    return *static_cast<const Functions<Value, R...>*>(y.held);
  }
}

/// Adds to an op what a node needs to hold the functions: how to take, free, find and describe them.
template <class V, class Value, class... R>
constexpr void add_functions(Op<V>& op) {
  using Held = Functions<Value, R...>;
  if constexpr (!holds_nothing<Value, R...>) {
    static_assert(alignof(Held) <= static_cast<std::size_t>(buffer_alignment),
                  "minigrad: what an op captures may be aligned to 64 bytes at most");
    static_assert(sizeof(Held) <= held_unit * 0xffff, "minigrad: what an op captures may take 4 MiB at most");
    op.held_bytes = sizeof(Held);
    op.hold = [](void* memory, void* functions) { new (memory) Held(std::move(*static_cast<Held*>(functions))); };
    if constexpr (!std::is_trivially_destructible_v<Held>)
      op.release = [](void* held) { static_cast<Held*>(held)->~Held(); };
    if constexpr (has_attributes<Value>)
      op.describe = [](const void* held, const AttributeList& list) {
        static_cast<const Held*>(held)->value.attributes.describe(list);
      };
  }
}

/// Input k on values.
template <class V>
decltype(auto) input_value(const Node<V>& y, std::size_t k) {
  if constexpr (is_scalar<V>) return y.input(k) ? *y.input(k)->value : y.number(k);
  else return (*y.input(k)->value);
}
/// Input k on Vars, where a number becomes an input of the graph.
template <class V>
[[gnu::noinline]] Var<V> input_var(Graph<V>& graph, const Node<V>& y, std::size_t k) {
  if (y.input(k)) return graph.var(*y.input(k));
  if constexpr (is_tensor<V>) return graph.input(V::scalar(y.number(k)));
  else return graph.input(y.number(k));
}

/// A tensor in a function whose result is not computed yet: matmul() and others give an expression for it.
template <class X>
auto unevaluated(const X& x) {
  return Unevaluated<scalar_type<X>>{x};
}

/// What a rule has computed from Vars.
template <class V, class X>
Var<V> as_var(const X& part) {
  constexpr bool fits = std::is_same_v<X, Var<V>>;
  static_assert(fits, "minigrad: a derivative rule runs on Vars too, and gives a Var there: g * 0, not 0");
  if constexpr (fits) return part;
  else return {};
}

template <class V, class Expression>
[[gnu::noinline]] void write_gradient(Graph<V>& graph, Node<V>& x, const Expression& part) {
  const Write write = graph.nodes().begin_grad(x);
  part.write(x.grad->value, write);
}

/// The gradient of each element whose results are summed or averaged in y, from the gradient g of y, as ops.
template <class V>
[[gnu::noinline]] Var<V> record_gradient_of_each(const Node<V>& y, const Var<V>& g) {
  using T = scalar_type<V>;
  const Shape shape = broadcast_inputs(y);
  return broadcast_to(g * (T(1) / divisor_of<T>(y, shape.size())), shape);
}

template <class V, bool PerElement, class Inputs, class Value, class... R>
class OpTable;
/// The table of an op with a rule for each input. J are the numbers of the inputs.
template <class V, bool PerElement, std::size_t... J, class Value, class... R>
class OpTable<V, PerElement, std::index_sequence<J...>, Value, R...> {
  using T = scalar_type<V>;
  using One = std::conditional_t<PerElement, T, V>;
  template <std::size_t K>
  using Rule = typename Rules<R...>::template At<K>;
  template <std::size_t K>
  static constexpr bool has_rule = !std::is_base_of_v<NoRule, Rule<K>>;
  template <std::size_t K>
  static constexpr bool same = std::is_same_v<Rule<K>, SameGradient>;
  template <std::size_t K>
  static constexpr Reads reads = reads_of<Rule<K>, One>(std::index_sequence<J...>());

  static const Functions<Value, R...>& functions(const Node<V>& y) { return functions_of<V, Value, R...>(y); }

  // ---- values ----
  static Shape shape(Graph<V>&, Node<V>& y) { return functions(y).value(unevaluated(input_value(y, J))...).shape(); }
  static void forward(Graph<V>&, Node<V>& y) {
    if constexpr (is_scalar<V>) {
      y.own = functions(y).value(input_value(y, J)...);
    } else if constexpr (is_deferred<Value>) {
      functions(y).value(unevaluated(input_value(y, J))...).write(y.own, Write::assign);
    } else {
      y.own = V();  // gives the old memory back first
      y.own = V(functions(y).value(input_value(y, J)...));
    }
  }
  template <std::size_t K>
  static void accumulate(Graph<V>& graph, Node<V>& y, std::size_t) {
    if constexpr (is_scalar<V>)
      store_or_add(
          graph.nodes(), *y.input(K),
          V(call_rule<reads<K>>(functions(y).rules.template get<K>(), y.grad->value, y.own, input_value(y, J)...)));
    else if constexpr (is_deferred<Rule<K>>)
      write_gradient(graph, *y.input(K),
                     call_rule<reads<K>>(functions(y).rules.template get<K>(), unevaluated(y.grad->value),
                                         unevaluated(y.own), unevaluated(input_value(y, J))...));
    else
      add_gradient(
          graph, y, *y.input(K),
          V(call_rule<reads<K>>(functions(y).rules.template get<K>(), y.grad->value, y.own, input_value(y, J)...)));
  }
  template <std::size_t K>
  static void accumulate_wanted(Graph<V>& graph, Node<V>& y) {
    if constexpr (has_rule<K>)
      if (y.passes >> K & 1) accumulate<K>(graph, y, K);
  }

  // ---- Vars: the same rules, recorded ----
  template <std::size_t K>
  [[gnu::cold]] static Var<V> record_rule(Graph<V>& graph, const Node<V>& y, const Var<V>& g, const Var<V>& result) {
    static_assert(is_generic<Rule<K>>, "minigrad: a derivative rule runs on Vars too: let it take `auto`");
    if constexpr (!is_generic<Rule<K>>) return g;
    else if constexpr (!reads_inputs(reads<K>))
      return as_var<V>(call_rule<reads<K>>(functions(y).rules.template get<K>(), g, result));
    else return as_var<V>(call_rule<reads<K>>(functions(y).rules.template get<K>(), g, result, input_var(graph, y, J)...));
  }
  template <Reduction reduction, std::size_t K>
  [[gnu::cold]] static Var<V> record(Graph<V>& graph, NodeId id, std::size_t, const Var<V>& g) {
    const Node<V>& y = graph.nodes()[id];
    if constexpr (is_scalar<V> || reduction == Reduction::none) {
      if constexpr (same<K>) return g;
      else return record_rule<K>(graph, y, g, graph.at(id));
    } else {
      const Var<V> each = record_gradient_of_each(y, g);
      if constexpr (same<K>) {
        return each;
      } else {
        Var<V> elements;  // recorded as an op of their own, if the rule reads them
        if constexpr (reads_result(reads<K>)) {
          const auto& held = functions(y);
          elements = OpFunction<PerElement, Value, R...>{y.name, held.value, held.rules}(input_var(graph, y, J)...);
        }
        return record_rule<K>(graph, y, each, elements);
      }
    }
  }

  template <Reduction reduction, std::size_t K>
  static constexpr Vjp<V> vjp() {
    Vjp<V> out;
    out.non_differentiable = std::is_same_v<Rule<K>, NonDifferentiable>;
    if constexpr (has_rule<K>) {
      out.record = record<reduction, K>;
      out.reads = reads<K>;
      if constexpr (!is_tensor<V>) {
      } else if constexpr (same<K> && reduction == Reduction::none) {
        out.accumulate = accumulate_same<V>;
      } else if constexpr (!PerElement) {
        out.accumulate = accumulate<K>;
      } else {
        out.accumulate = reduction == Reduction::none ? elementwise_accumulate<V> : reduced_accumulate<V>;
        using F = std::conditional_t<same<K>, std::decay_t<decltype(identity)>, Rule<K>>;
        if constexpr (reads<K> == Reads::gradient) out.each = inner_loop<T, F, T>;
        else if constexpr (reads<K> == Reads::result) out.each = inner_loop<T, F, T, T>;
        else if constexpr (reads<K> == Reads::inputs) out.each = inner_loop<T, F, T, Repeat<T, J>...>;
        else out.each = inner_loop<T, F, T, T, Repeat<T, J>...>;
      }
    }
    return out;
  }
  template <Reduction reduction>
  static constexpr Op<V> make() {
    Op<V> op;
    op.reduction = reduction;
    ((op.vjp[J] = vjp<reduction, J>()), ...);
    op.differentiable = (0u | ... | (has_rule<J> ? 1u << J : 0u));
    op.readers = op.differentiable & (0u | ... | (reads_inputs(reads<J>) || reduction != Reduction::none ? 1u << J : 0u));
    add_functions<V, Value, R...>(op);
    if constexpr (!is_tensor<V>) {
      op.forward = forward;
      op.backward = [](Graph<V>& graph, Node<V>& y) { (accumulate_wanted<J>(graph, y), ...); };  // all rules at once
    } else if constexpr (PerElement) {
      op.each = inner_loop<T, Value, Repeat<T, J>...>;
      op.shape = reduction == Reduction::none ? elementwise_shape<V> : reduced_shape<V>;
      op.forward = reduction == Reduction::none ? elementwise_forward<V> : reduced_forward<V>;
      if constexpr (!holds_nothing<Value, R...>) op.function = function;
    } else {
      op.forward = forward;
      if constexpr (is_deferred<Value>) op.shape = shape;
    }
    return op;
  }
  static const void* function(const void* held, std::size_t k) {
    const auto& f = *static_cast<const Functions<Value, R...>*>(held);
    const void* const rules[] = {&f.rules.r0, &f.rules.r1, &f.rules.r2, &f.rules.r3, &f.value};
    return rules[k];
  }

 public:
  static constexpr Misfit misfit() {
    constexpr Misfit of_value = value_misfit<One, Value, Repeat<One, J>...>();
    if constexpr (of_value != Misfit::none) return of_value;
    else return ((!has_rule<J> || reads<J> != Reads::unknown) && ...) ? Misfit::none : Misfit::rule;
  }
  template <Reduction reduction>
  static constexpr Op<V> op = make<reduction>();
};

}  // namespace detail
}  // namespace minigrad::inline MINIGRAD_ABI
