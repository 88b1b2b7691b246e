// graph/record_many.hpp - ops with as many inputs as there are, such as concatenate.
#pragma once

#include <cstddef>
#include <span>
#include <type_traits>
#include <vector>

#include "record.hpp"

namespace minigrad::inline MINIGRAD_ABI {
namespace detail {

/// The table of an op with as many inputs as a node says, such as concatenate.
template <class V, class Value, class Rule>
class ManyTable {
  static const Functions<Value, Rule>& functions(const Node<V>& y) { return functions_of<V, Value, Rule>(y); }

  static void forward(Graph<V>&, Node<V>& y) {
    PoolArray<const V*> values;
    values.reserve(y.inputs);
    for (std::size_t k = 0; k < y.inputs; ++k) values.push_back(y.input(k)->value);
    y.own = V();
    y.own = functions(y).value(std::span<const V* const>(values.data(), values.size()));
  }
  static void backward(Graph<V>& graph, Node<V>& y) {
    for (std::size_t k = 0; k < y.inputs; ++k)
      if (y.input(k)->needs_grad) add_gradient(graph, y, *y.input(k), V(functions(y).rules.r0(y.grad->value, y.own, k)));
  }
  static Var<V> record(Graph<V>& graph, NodeId id, std::size_t k, const Var<V>& g) {
    const Rule& rule = functions(graph.nodes()[id]).rules.r0;
    constexpr bool fits = std::is_invocable_r_v<Var<V>, const Rule&, const Var<V>&, const Var<V>&, std::size_t>;
    static_assert(fits, "minigrad: a derivative rule runs on Vars too: let it take `auto`, and give what it computes");
    if constexpr (fits) return rule(g, graph.at(id), k);
    else return g;
  }
  static constexpr Op<V> make() {
    Op<V> table;
    table.one_rule = true;
    table.differentiable = table.readers = 1;
    table.forward = forward;
    table.backward = backward;
    table.vjp[0] = {nullptr, record, nullptr, Reads::result};
    add_functions<V, Value, Rule>(table);
    return table;
  }

 public:
  static constexpr Op<V> op = make();
};

}  // namespace detail

/// An op with as many inputs as there are, such as concatenate: y = value(pointers to the inputs' values), and
/// rule(g, y, k) is dL/d(input k). It is called with a std::span or std::vector of Vars, of which there is at least one:
/// throws ValueError for none.
template <class Value, class Rule>
class ManyFunction {
 public:
  const char* name;  ///< what messages and pictures call the op
  Value value;       ///< y from pointers to the inputs' values
  Rule rule;         ///< dL/d(input k) from g, y and k

  template <class V>
  Var<V> operator()(std::span<const Var<V>> x) const {
    constexpr bool fits = std::is_invocable_r_v<V, const Value&, std::span<const V* const>> &&
                          std::is_invocable_r_v<V, const Rule&, const V&, const V&, std::size_t>;
    static_assert(fits, "minigrad: the value of record_many() takes a std::span of pointers to the inputs' values, and "
                  "its rule takes (g, y, k)");
    if constexpr (fits) {
      if (x.empty()) detail::fail<ValueError>({name, ": nothing to put together"});
      detail::PoolArray<detail::OperandRef<V>> in;
      in.reserve(x.size());
      for (const Var<V>& one : x) in.push_back(detail::OperandRef<V>(one));
      detail::Functions<Value, Rule> held{value, rule};
      return detail::record_op<V>(detail::ManyTable<V, Value, Rule>::op, name, in.data(), x.size(), &held);
    } else {
      return {};
    }
  }
  template <class V>
  Var<V> operator()(const std::vector<Var<V>>& x) const {
    return (*this)(std::span<const Var<V>>(x));
  }
};
/// Makes a ManyFunction.
template <class Value, class Rule>
constexpr auto record_many(const char* name, const Value& value, const Rule& rule) {
  return ManyFunction<Value, Rule>{name, value, rule};
}

}  // namespace minigrad::inline MINIGRAD_ABI
