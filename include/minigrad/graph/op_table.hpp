// graph/op_table.hpp - the constant that says what an op is, made from its value and its rules.
#pragma once

#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>

#include "accumulate.hpp"
#include "elementwise_node.hpp"
#include "rules.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

/// What a node holds of an op, or, where that is nothing, a constant.
template <class V, class Value, class... R>
const Functions<Value, R...>& functions_of(const Node<V>& y) {
  if constexpr (holds_nothing<Value, R...>) {
    static constexpr Functions<Value, R...> nothing{};
    return nothing;
  } else {
    return *static_cast<const Functions<Value, R...>*>(y.captured);
  }
}

template <class A>
concept Describes = requires(const A& a, const AttributeList& list) { a.describe(list); };
/// Whether a struct of attributes has no member `describe`, whatever that is: the name is ambiguous where it has one.
struct NamedDescribe {
  int describe;
};
template <class A>
struct WithDescribe : A, NamedDescribe {};
template <class A>
concept Undescribed = !std::is_class_v<A> || std::is_final_v<A> || requires { &WithDescribe<A>::describe; };
template <class F>
inline constexpr bool has_attributes = false;
template <Describes A, class F>
inline constexpr bool has_attributes<With<A, F>> = true;

/// Adds to an op what a node needs to hold the functions: how to take, free, find and describe them.
template <class V, class Value, class... R>
constexpr void add_functions(Op<V>& op) {
  using Held = Functions<Value, R...>;
  if constexpr (!holds_nothing<Value, R...>) {
    static_assert(alignof(Held) <= static_cast<std::size_t>(buffer_alignment),
                  "minigrad: what an op captures may be aligned to 64 bytes at most");
    static_assert(sizeof(Held) <= captured_unit * 0xffff, "minigrad: what an op captures may take 4 MiB at most");
    op.captured_bytes = sizeof(Held);
    op.capture = [](void* memory, void* functions) { new (memory) Held(std::move(*static_cast<Held*>(functions))); };
    if constexpr (!std::is_trivially_destructible_v<Held>)
      op.release = [](void* captured) { static_cast<Held*>(captured)->~Held(); };
    if constexpr (has_attributes<Value>)
      op.describe = [](const void* captured, const AttributeList& list) {
        static_cast<const Held*>(captured)->value.attributes.describe(list);
      };
  }
}

/// Input k on values.
template <class V>
decltype(auto) input_value(Graph<V>& graph, const Node<V>& y, std::size_t k) {
  const Node<V>* const in = graph.nodes().input(y, k);
  if constexpr (is_scalar<V>) return in ? *in->value : graph.nodes().number(y, k);
  else return (*in->value);
}
/// Input k on Vars, where a number becomes an input of the graph.
template <class V>
[[gnu::noinline]] Var<V> input_var(Graph<V>& graph, NodeId y, std::size_t k) {
  const NodeStore<V>& nodes = graph.nodes();
  if (Node<V>* in = nodes.input(nodes[y], k)) return graph.var(*in);
  const scalar_type<V> number = nodes.number(nodes[y], k);
  if constexpr (is_tensor<V>) return graph.input(V::scalar(number));
  else return graph.input(number);
}

/// A tensor in a function whose result is not computed yet: matmul() and others give an expression for it.
template <class X>
auto unevaluated(const X& x) {
  return Unevaluated<scalar_type<X>>{x};
}

template <class V, class Expression>
[[gnu::noinline]] void write_gradient(Graph<V>& graph, Node<V>& x, const Expression& part) {
  const Write write = graph.nodes().begin_grad(x);
  part.write(x.grad->value, write);
}

/// The gradient of each element whose results are summed or averaged in y, from the gradient g of y, as ops.
template <class V>
[[gnu::noinline]] Var<V> record_gradient_of_each(Graph<V>& graph, NodeId y, const Var<V>& g) {
  using T = scalar_type<V>;
  const Node<V>& node = graph.nodes()[y];
  const Shape shape = broadcast_inputs(graph, node);
  return broadcast_to(g * (T(1) / static_cast<T>(divisor_of(node, shape))), shape);
}

/// The table of an op with a rule for each input.
template <class V, bool PerElement, class Value, class... R>
class OpTable {
  using T = scalar_type<V>;
  using Held = Functions<Value, R...>;
  static constexpr std::size_t arity = sizeof...(R);
  using Indices = std::make_index_sequence<arity>;
  template <std::size_t K>
  using Rule = typename Rules<R...>::template At<K>;
  template <std::size_t K>
  static constexpr Reads reads = reads_of<Rule<K>, std::conditional_t<PerElement, T, V>>(Indices{});

  template <std::size_t... K>
  static constexpr bool known(std::index_sequence<K...>) {
    return ((std::is_same_v<Rule<K>, NoRule> || reads<K> != Reads::unknown) && ...);
  }

  static const Held& functions(const Node<V>& y) { return functions_of<V, Value, R...>(y); }

  // ---- whole tensors ----
  template <std::size_t... J>
  static auto expression(Graph<V>& graph, const Node<V>& y, std::index_sequence<J...>) {
    return functions(y).value(unevaluated(input_value(graph, y, J))...);
  }
  static Shape shape(Graph<V>& graph, Node<V>& y) { return expression(graph, y, Indices{}).shape(); }
  template <std::size_t... J>
  static void compute(Graph<V>& graph, Node<V>& y, std::index_sequence<J...>) {
    if constexpr (is_scalar<V>) {
      y.own = functions(y).value(input_value(graph, y, J)...);
    } else if constexpr (is_deferred<Value>) {
      expression(graph, y, Indices{}).write(y.own, Write::assign);
    } else {
      y.own = V();  // gives the old memory back first
      y.own = V(functions(y).value(input_value(graph, y, J)...));
    }
  }
  static void forward(Graph<V>& graph, Node<V>& y) { compute(graph, y, Indices{}); }

  template <std::size_t K, std::size_t... J>
  static void pass(Graph<V>& graph, Node<V>& y, std::index_sequence<J...>) {
    const Rule<K>& rule = functions(y).rules.template get<K>();
    if constexpr (is_deferred<Rule<K>>) {
      const auto part = call_rule<reads<K>>(rule, unevaluated(y.grad->value), unevaluated(y.own),
                                            unevaluated(input_value(graph, y, J))...);
      write_gradient(graph, *graph.nodes().input(y, K), part);
    } else {
      add_gradient(graph, y, K, V(call_rule<reads<K>>(rule, y.grad->value, y.own, input_value(graph, y, J)...)));
    }
  }
  template <std::size_t K>
  static void accumulate(Graph<V>& graph, Node<V>& y, std::size_t) {
    pass<K>(graph, y, Indices{});
  }

  // ---- numbers: all rules at once ----
  template <std::size_t K>
  static void pass_number(Graph<V>& graph, Node<V>& y) {
    if constexpr (!std::is_same_v<Rule<K>, NoRule>) {
      Node<V>* const x = graph.nodes().input(y, K);
      if (!x || !x->needs_grad) return;
      const V part = number_rule<K>(graph, y, Indices{});
      if (graph.nodes().begin_grad(*x) == Write::assign) x->grad->value = part;
      else x->grad->value = x->grad->value + part;
    }
  }
  template <std::size_t K, std::size_t... J>
  static V number_rule(Graph<V>& graph, Node<V>& y, std::index_sequence<J...>) {
    return call_rule<reads<K>>(functions(y).rules.template get<K>(), y.grad->value, y.own, input_value(graph, y, J)...);
  }

  // ---- Vars: the same rules, recorded ----
  template <std::size_t K, std::size_t... J>
  static Var<V> record_rule(Graph<V>& graph, NodeId y, const Var<V>& g, const Var<V>& result, std::index_sequence<J...>) {
    const Rule<K> rule = functions(graph.nodes()[y]).rules.template get<K>();  // a copy, since recording may move it
    constexpr bool fits = rule_gives<reads<K>, Rule<K>, Var<V>>(Indices{});
    static_assert(fits, "minigrad: a derivative rule runs on Vars too: let it take `auto`, and give what it computes");
    if constexpr (!fits) return g;
    else if constexpr (reads<K> >= Reads::inputs) return call_rule<reads<K>>(rule, g, result, input_var(graph, y, J)...);
    else return call_rule<reads<K>>(rule, g, result);
  }
  template <Reduction reduction, std::size_t K>
  static Var<V> record(Graph<V>& graph, NodeId y, std::size_t, const Var<V>& g) {
    if constexpr (is_tensor<V> && reduction != Reduction::none) {
      return record_reduced<reduction, K>(graph, y, g, Indices{});
    } else if constexpr (std::is_same_v<Rule<K>, SameGradient>) {
      return g;
    } else {
      return record_rule<K>(graph, y, g, graph.at(y), Indices{});
    }
  }
  /// The results of the elements, if the rule reads them, are recorded as an op of their own.
  template <Reduction reduction, std::size_t K, std::size_t... J>
  static Var<V> record_reduced(Graph<V>& graph, NodeId y, const Var<V>& g, std::index_sequence<J...>) {
    const Var<V> each = record_gradient_of_each(graph, y, g);
    if constexpr (std::is_same_v<Rule<K>, SameGradient>) {
      return each;
    } else {
      Var<V> elements;
      if constexpr (reads<K> == Reads::result || reads<K> == Reads::all) {
        const Node<V>& node = graph.nodes()[y];
        const Held& held = functions(node);
        elements = OpFunction<PerElement, Value, R...>{node.name, held.value, held.rules}(input_var(graph, y, J)...);
      }
      return record_rule<K>(graph, y, each, elements, Indices{});
    }
  }

  template <Reduction reduction, std::size_t K, std::size_t... J>
  static constexpr Vjp<V> vjp(std::index_sequence<J...>) {
    Vjp<V> out;
    if constexpr (!std::is_same_v<Rule<K>, NoRule>) {
      constexpr bool same = std::is_same_v<Rule<K>, SameGradient>;
      out.record = record<reduction, K>;
      out.reads = reads<K>;
      if constexpr (!is_tensor<V>) {
      } else if constexpr (same && reduction == Reduction::none) {
        out.accumulate = accumulate_same<V>;
      } else if constexpr (!PerElement) {
        out.accumulate = accumulate<K>;
      } else {
        out.accumulate = reduction == Reduction::none ? elementwise_accumulate<V> : reduced_accumulate<V>;
        using F = std::conditional_t<same, std::decay_t<decltype(identity)>, Rule<K>>;
        if constexpr (reads<K> == Reads::gradient) out.each = inner_loop<T, F, T>;
        else if constexpr (reads<K> == Reads::result) out.each = inner_loop<T, F, T, T>;
        else if constexpr (reads<K> == Reads::inputs) out.each = inner_loop<T, F, T, std::enable_if_t<(J < arity), T>...>;
        else out.each = inner_loop<T, F, T, T, std::enable_if_t<(J < arity), T>...>;
      }
    }
    return out;
  }
  template <Reduction reduction, std::size_t... K>
  static constexpr Op<V> make(std::index_sequence<K...>) {
    Op<V> op;
    op.arity = arity;
    op.reduction = reduction;
    ((op.vjp[K] = vjp<reduction, K>(Indices{})), ...);
    op.rules = (0u | ... | (std::is_same_v<Rule<K>, NoRule> ? 0u : 1u << K));
    op.readers = op.rules & (0u | ... | (reads<K> >= Reads::inputs || reduction != Reduction::none ? 1u << K : 0u));
    add_functions<V, Value, R...>(op);
    if constexpr (!is_tensor<V>) {
      op.forward = forward;
      op.backward = [](Graph<V>& graph, Node<V>& y) { (pass_number<K>(graph, y), ...); };
    } else if constexpr (PerElement) {
      op.each = inner_loop<T, Value, std::enable_if_t<(K < arity), T>...>;
      op.shape = reduction == Reduction::none ? elementwise_shape<V> : reduced_shape<V>;
      op.forward = reduction == Reduction::none ? elementwise_forward<V> : reduced_forward<V>;
      if constexpr (!holds_nothing<Value, R...>) op.function = function;
    } else {
      op.forward = forward;
      if constexpr (is_deferred<Value>) op.shape = shape;
    }
    return op;
  }
  static const void* function(const void* captured, std::size_t k) {
    const Held& held = *static_cast<const Held*>(captured);
    const void* const rules[] = {&held.rules.r0, &held.rules.r1, &held.rules.r2, &held.rules.r3, &held.value};
    return rules[k];
  }

 public:
  /// Whether each rule can be called on values.
  static constexpr bool rules_fit = known(Indices{});
  template <Reduction reduction>
  static constexpr Op<V> op = make<reduction>(Indices{});
};

}  // namespace minigrad::detail
