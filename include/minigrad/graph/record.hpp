// graph/record.hpp - what an op is made of: its inputs, its value, and one derivative rule for each input.
//
//   rule(g, y, inputs...)  is  dL/d(input),  where g = dL/dy and y is the op's own result.
//
// Rules are generic. backward() runs them on values; grad() runs the same rules on Vars, which records the derivative
// as nodes of the graph, so that it can be differentiated again, to any order. Broadcasting is undone for all of them
// in pass_back.hpp.
#pragma once

#include <cstddef>
#include <new>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>

#include "op_node.hpp"

namespace minigrad {

/// The inputs of an op, to be passed on to record() or elementwise().
template <class... X>
class Inputs {
 public:
  explicit Inputs(const X&... x) : x_(x...) {}

  /// f(inputs...)
  template <class F>
  decltype(auto) pass_to(const F& f) const {
    return spread(f, std::index_sequence_for<X...>{});
  }

 private:
  template <class F, std::size_t... K>
  decltype(auto) spread(const F& f, std::index_sequence<K...>) const {
    return f(std::get<K>(x_)...);
  }
  std::tuple<const X&...> x_;
};
template <Operand... X>
Inputs<X...> inputs(const X&... x) {
  return Inputs<X...>(x...);
}

namespace detail {

/// Makes an OpNode with room for what stands behind it.
template <class V>
[[gnu::noinline]] OpNode<V>* new_node(Graph<V>& graph, const char* op, V&& value, std::span<const NodeId> ids,
                                      const OpCalls<V>& calls, std::size_t rest_bytes) {
  void* room = graph.room(sizeof(OpNode<V>) + rest_bytes);
  return new (room) OpNode<V>(op, std::move(value), any_needs_grad(graph, ids), calls);
}

template <bool PerElement, class V, class... X, class... Rules>
Var<V> record_node(const char* op, Graph<V>& graph, V&& value, const Inputs<X...>& in, const Rules&... rules) {
  static_assert(sizeof...(X) == sizeof...(Rules), "minigrad: an op needs one rule for each input");
  using Rest = OpRest<V, PerElement, std::tuple<decltype(constant_of<V>(std::declval<const X&>()))...>, Rules...>;
  static_assert(sizeof(OpNode<V>) + sizeof(Rest) <= Graph<V>::block_bytes && alignof(Rest) <= alignof(OpNode<V>),
                "minigrad: a derivative rule captures too much: keep large things in a Tensor");
  return in.pass_to([&](const X&... x) {
    Rest rest{{node_of(op, graph, x)...}, {constant_of<V>(x)...}, {rules...}};
    OpNode<V>* node = new_node(graph, op, std::move(value), rest.ids, Rest::calls, sizeof(Rest));
    new (node + 1) Rest(std::move(rest));
    return graph.add(Rest::owns_memory, node);
  });
}

}  // namespace detail

/// y = value(inputs...), with a derivative rule for each input, on whole values: matmul, sum, a loss. Without a Var
/// among the inputs it is just the value. Throws GraphError for Vars of different graphs.
template <class Value, class... X, class... Rules>
auto record(const char* op, const Inputs<X...>& in, const Value& value, const Rules&... rules) {
  using V = typename detail::FirstVar<X...>::type;
  return in.pass_to([&](const X&... x) {
    if constexpr (std::is_void_v<V>)
      return value(value_of(x)...);
    else
      return detail::record_node<false>(op, detail::common_graph(x...), V(value(value_of(x)...)), in, rules...);
  });
}

namespace detail {

/// value() of numbers; every one that is not a mask becomes a T.
template <class T, class Value, class... X>
auto value_of_numbers(const Value& value, const X&... x) {
  static_assert((is_number<X> && ...), "minigrad: a Tensor cannot meet a Var of a number graph");
  return value(static_cast<std::conditional_t<std::is_same_v<X, bool>, bool, T>>(x)...);
}

/// value() of numbers, or of every element of tensors.
template <class Value, class... X>
auto value_of_elements(const char* op, const Value& value, const X&... x) {
  if constexpr ((is_number<X> && ...))
    return value_of_numbers<std::common_type_t<std::conditional_t<std::is_same_v<X, bool>, char, X>...>>(value, x...);
  else
    return map(op, value, x...);
}

}  // namespace detail

/// y_i = value(inputs_i...) for every element, with broadcasting; the rules too are those of one element. Numbers give
/// a number, Tensors a Tensor, and with a Var among the inputs the result is a Var.
template <class Value, class... X, class... Rules>
auto elementwise(const char* op, const Inputs<X...>& in, const Value& value, const Rules&... rules) {
  static_assert(sizeof...(X) + 2 <= detail::max_operands, "minigrad: an elementwise op takes at most four inputs");
  using V = typename detail::FirstVar<X...>::type;
  return in.pass_to([&](const X&... x) {
    if constexpr (std::is_void_v<V>)
      return detail::value_of_elements(op, value, value_of(x)...);
    else if constexpr (is_tensor<V>)
      return detail::record_node<true>(op, detail::common_graph(x...), V(map(op, value, value_of(x)...)), in, rules...);
    else
      return detail::record_node<true>(op, detail::common_graph(x...),
                                       V(detail::value_of_numbers<V>(value, value_of(x)...)), in, rules...);
  });
}

}  // namespace minigrad
