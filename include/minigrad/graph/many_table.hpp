// graph/many_table.hpp - the constant that says what an op of as many inputs as there are is, such as concatenate.
#pragma once

#include <cstddef>
#include <span>

#include "op_table.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

/// The table of an op with as many inputs as a node says.
template <class V, class Value, class Rule>
class ManyTable {
  static const Functions<Value, Rule>& functions(const Node<V>& y) { return functions_of<V, Value, Rule>(y); }

  static void forward(Graph<V>& graph, Node<V>& y) {
    PoolArray<const V*> values;
    values.reserve(y.inputs);
    for (std::size_t k = 0; k < y.inputs; ++k) values.push_back(graph.nodes().input(y, k)->value);
    y.own = V();
    y.own = functions(y).value(std::span<const V* const>(values.data(), values.size()));
  }
  static void accumulate(Graph<V>& graph, Node<V>& y, std::size_t k) {
    add_gradient(graph, y, k, V(functions(y).rules.r0(y.grad->value, y.own, k)));
  }
  static void backward(Graph<V>& graph, Node<V>& y) {
    for (std::size_t k = 0; k < y.inputs; ++k)
      if (graph.nodes().input(y, k)->needs_grad) accumulate(graph, y, k);
  }
  static Var<V> record(Graph<V>& graph, NodeId y, std::size_t k, const Var<V>& g) {
    const Rule rule = functions(graph.nodes()[y]).rules.r0;
    constexpr bool fits = std::is_invocable_r_v<Var<V>, const Rule&, const Var<V>&, const Var<V>&, std::size_t>;
    static_assert(fits, "minigrad: a derivative rule runs on Vars too: let it take `auto`, and give what it computes");
    if constexpr (fits) return rule(g, graph.at(y), k);
    else return g;
  }
  static constexpr Op<V> make() {
    Op<V> table;
    table.variadic = table.one_rule = true;
    table.rules = 1;
    table.readers = 1;
    table.forward = forward;
    table.backward = backward;
    table.vjp[0] = {accumulate, record, nullptr, Reads::result};
    add_functions<V, Value, Rule>(table);
    return table;
  }

 public:
  static constexpr Op<V> op = make();
};

}  // namespace minigrad::inline MINIGRAD_ABI::detail
