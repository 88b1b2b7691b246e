// graph/record.hpp - what an op is made of: its inputs, its value, and one derivative rule for each input.
//
//   rule(g, y, inputs...)  is  dL/d(input),  where g = dL/dy and y is the op's own result.
//
// Rules are generic. backward() runs them on values; grad() runs the same rules on Vars, which records the derivative
// as nodes of the graph, so that it can be differentiated again, to any order. Broadcasting is undone here, once for
// all.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>

#include "../tensor/reduce.hpp"
#include "operand.hpp"

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

/// Stands for the rule of an input that has no derivative, such as a mask.
struct NoRule {};
inline constexpr NoRule no_rule{};

/// The rule of an input to which the gradient goes as it is: dL/d(input) = g.
struct SameGradient {
  auto operator()(const auto& g, const auto&...) const { return g; }
};
inline constexpr SameGradient same_gradient{};

namespace detail {

/// A derivative may be larger than its input only as far as the input was stretched.
inline void check_rule(const char* op, const Shape& derivative, const Shape& input) {
  bool fits = input.rank() <= derivative.rank() || input.size() == 1;
  for (std::size_t i = 0; i < derivative.rank(); ++i)
    fits = fits && (input.from_right(i) == 1 || input.from_right(i) == derivative.from_right(i));
  if (!fits)
    fail<ShapeError>({op, ": its rule gave a derivative of shape ", derivative, " for an input of shape ", input});
}

/// Adds what a rule gave to an input's adjoint, summed over the axes along which the input was stretched.
template <class V>
[[gnu::noinline]] void pass_back(const char* op, std::optional<V>& slot, V part, const V& input) {
  if (part.shape() != input.shape()) {
    check_rule(op, part.shape(), input.shape());
    part = sum_to(std::move(part), input.shape());
  }
  if (slot) add_to(*slot, part);
  else slot = std::move(part);
}
template <class V>
  requires(is_number<V>)
void pass_back(const char*, std::optional<V>& slot, V part, const V&) {
  slot = slot ? *slot + part : part;
}
template <class V>
[[gnu::noinline]] void pass_back(const char* op, std::optional<Var<V>>& slot, Var<V> part, const V& input) {
  if constexpr (is_tensor<V>) {
    if (part.value().shape() != input.shape()) {
      check_rule(op, part.value().shape(), input.shape());
      part = sum_to(part, input.shape());
    }
  }
  slot = slot ? *slot + part : part;
}

/// The same for a gradient that goes to the input as it is.
template <class V>
[[gnu::noinline]] void pass_back_copy(const char* op, std::optional<V>& slot, const V& g, const V& input) {
  if constexpr (is_tensor<V>) {
    if (slot && slot->shape() == g.shape()) return add_to(*slot, g);
  }
  pass_back(op, slot, V(g), input);
}

/// Where the rule of one element writes its results for an input of some shape: into the input's adjoint, or, if the
/// input was stretched, into `part`, which is then to be summed.
template <class V>
[[gnu::noinline]] V& destination(std::optional<V>& slot, V& part, const Shape& shape, const Shape& input,
                                 Write& write) {
  write = Write::assign;
  if (shape != input) return part = V::empty(shape);
  if (slot) write = Write::add;
  else slot = V::empty(shape);
  return *slot;
}

/// A node computed by an op. Where PerElement, the rules are those of one element, and run over tensors in one pass.
template <class V, bool PerElement, class Constants, class... Rules>
class OpNode final : public Node<V> {
  static constexpr std::size_t arity = sizeof...(Rules);
  using Ids = std::array<NodeId, arity>;
  using Indices = std::make_index_sequence<arity>;
  template <std::size_t K>
  using Rule = std::tuple_element_t<K, std::tuple<Rules...>>;
  template <std::size_t K>
  static constexpr bool is_node = std::is_same_v<std::tuple_element_t<K, Constants>, NotConstant>;
  template <std::size_t K>
  static constexpr bool has_rule = is_node<K> && !std::is_same_v<Rule<K>, NoRule>;

 public:
  static constexpr bool owns_memory = !std::is_trivially_destructible_v<V> ||
                                      !std::is_trivially_destructible_v<Constants> ||
                                      !std::is_trivially_destructible_v<std::tuple<Rules...>>;

  OpNode(const char* op, V&& value, bool needs_grad, const Ids& ids, Constants&& constants, const Rules&... rules)
      : Node<V>(op, &value_, needs_grad),
        value_(std::move(value)),
        constants_(std::move(constants)),
        rules_(rules...),
        ids_(ids) {}

  std::span<const NodeId> inputs() const override { return ids_; }
  ConstantInput constant(std::size_t k) const override { return find_constant(k, Indices{}); }

  void pull(Graph<V>& graph, NodeId self, Adjoints<V>& adjoints) override {
    pull_all(graph, *adjoints[self], adjoints, Indices{});
  }
  void pull(Graph<V>& graph, NodeId self, Adjoints<Var<V>>& adjoints, Wanted wanted) override {
    pull_all(graph, self, adjoints, wanted, Indices{});
  }

 private:
  template <std::size_t... K>
  void pull_all(Graph<V>& graph, const V& g, Adjoints<V>& adjoints, std::index_sequence<K...> all) {
    (pull_one<K>(graph, g, adjoints, all), ...);
  }
  template <std::size_t... K>
  void pull_all(Graph<V>& graph, NodeId self, Adjoints<Var<V>>& adjoints, Wanted wanted,
                std::index_sequence<K...> all) {
    (pull_one<K>(graph, self, adjoints, wanted, all), ...);
  }

  /// What input K gets, computed; J are all inputs.
  template <std::size_t K, std::size_t... J>
  void pull_one(Graph<V>& graph, const V& g, Adjoints<V>& adjoints, std::index_sequence<J...>) {
    if constexpr (has_rule<K>) {
      const Node<V>& input = graph.node(ids_[K]);
      if (!input.needs_grad()) return;
      std::optional<V>& slot = adjoints[ids_[K]];
      const Rule<K>& rule = std::get<K>(rules_);
      if constexpr (std::is_same_v<Rule<K>, SameGradient>) {
        pass_back_copy(this->op(), slot, g, input.value());
      } else if constexpr (PerElement && is_tensor<V>) {
        V part;
        Write write;
        V& out = destination(slot, part, g.shape(), input.value().shape(), write);
        map_into(out, rule, write, g, value_, read<J>(graph)...);
        if (&out == &part) pass_back(this->op(), slot, std::move(part), input.value());
      } else {
        pass_back(this->op(), slot, V(rule(g, value_, read<J>(graph)...)), input.value());
      }
    }
  }

  /// What input K gets, recorded.
  template <std::size_t K, std::size_t... J>
  void pull_one(Graph<V>& graph, NodeId self, Adjoints<Var<V>>& adjoints, Wanted wanted, std::index_sequence<J...>) {
    if constexpr (has_rule<K>) {
      if (!wanted[ids_[K]]) return;
      const Var<V> part = std::get<K>(rules_)(*adjoints[self], graph.at(self), read_var<J>(graph)...);
      pass_back(this->op(), adjoints[ids_[K]], part, graph.node(ids_[K]).value());
    }
  }

  template <std::size_t J>
  const auto& read(Graph<V>& graph) const {
    if constexpr (is_node<J>) return graph.node(ids_[J]).value();
    else return std::get<J>(constants_);
  }
  template <std::size_t J>
  decltype(auto) read_var(Graph<V>& graph) const {
    if constexpr (is_node<J>) return graph.at(ids_[J]);
    else return (std::get<J>(constants_));
  }

  template <std::size_t... J>
  ConstantInput find_constant(std::size_t k, std::index_sequence<J...>) const {
    ConstantInput found;
    ((J == k ? describe(std::get<J>(constants_), found) : void()), ...);
    return found;
  }
  template <class C>
  static void describe(const C& one, ConstantInput& found) {
    if constexpr (is_tensor<C>) found.shape = &one.shape();
    else if constexpr (!std::is_same_v<C, NotConstant>) found.number = static_cast<double>(one);
  }

  V value_;
  [[no_unique_address]] Constants constants_;
  [[no_unique_address]] std::tuple<Rules...> rules_;
  Ids ids_;
};

/// Whether any of these inputs needs a gradient.
template <class V>
[[gnu::noinline]] bool any_needs_grad(const Graph<V>& graph, std::span<const NodeId> ids) {
  for (NodeId id : ids)
    if (id != no_node && graph.node(id).needs_grad()) return true;
  return false;
}

template <bool PerElement, class V, class... X, class... Rules>
Var<V> record_node(const char* op, Graph<V>& graph, V&& value, const Inputs<X...>& in, const Rules&... rules) {
  static_assert(sizeof...(X) == sizeof...(Rules), "minigrad: an op needs one rule for each input");
  return in.pass_to([&](const X&... x) {
    const std::array<NodeId, sizeof...(X)> ids{node_of(op, graph, x)...};
    std::tuple<decltype(constant_of<V>(x))...> constants(constant_of<V>(x)...);
    return graph.template add<OpNode<V, PerElement, decltype(constants), Rules...>>(
        op, std::move(value), any_needs_grad(graph, ids), ids, std::move(constants), rules...);
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
  else return map(op, value, x...);
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
