// graph/op_node.hpp - the node that an op leaves in the graph: its value, its inputs, and how its rules are called.
//
// All ops share one type of node. What tells them apart is a table of functions, made once for each op from its rules;
// a rule of one element needs none of its own, since one pass over memory serves all. So an op adds to a program little
// more than its value and its rules, and a program compiles quickly.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <new>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>

#include "operand.hpp"
#include "pass_back.hpp"

namespace minigrad {

/// Stands for the rule of an input that has no derivative, such as a mask.
struct NoRule {};
inline constexpr NoRule no_rule{};

/// The rule of an input to which the gradient goes as it is: dL/d(input) = g.
struct SameGradient {
  auto operator()(const auto& g, const auto&...) const { return g; }
};
inline constexpr SameGradient same_gradient{};

namespace detail {

template <class V>
class OpNode;

/// How the gradient of one input is found: in one of these ways on values, and by `record` on Vars.
template <class V>
struct RuleCalls {
  bool none = false, same = false;                                  // no gradient; the gradient as it is
  RowKernel each = nullptr;                                         // a rule of one element, over whole tensors
  const void* (*state)(const OpNode<V>&) = nullptr;                 // the rule itself, for what it captured
  V (*compute)(const OpNode<V>&, Graph<V>&, const V& g) = nullptr;  // a rule of whole values
  Var<V> (*record)(const OpNode<V>&, Graph<V>&, NodeId self, const Var<V>& g) = nullptr;
};

/// What the nodes of one op have in common. So there is one type of node for all ops, and an op adds to a program
/// little more than its own value and rules.
template <class V>
struct OpCalls {
  std::uint8_t inputs;
  const RuleCalls<V>* rules;
  void (*pull)(const OpNode<V>&, Graph<V>&, const V& g, Adjoints<V>&) = nullptr;  // for numbers: all rules at once
  ConstantInput (*constant)(const OpNode<V>&, std::size_t k) = nullptr;           // where some input is one
  void (*destroy_rest)(OpNode<V>&) = nullptr;                                     // where there is anything to destroy
};

/// A node computed by an op. After it in memory stand its inputs, constants, and what its rules captured: a Rest.
template <class V>
class OpNode final : public Node<V> {
 public:
  OpNode(const char* op, V&& value, bool needs_grad, const OpCalls<V>& calls)
      : Node<V>(op, &value_, needs_grad), calls_(calls), value_(std::move(value)) {}
  ~OpNode() override {
    if (calls_.destroy_rest) calls_.destroy_rest(*this);
  }

  /// What stands behind the node; ids come first in it.
  template <class Rest>
  const Rest& rest() const {
    return *std::launder(reinterpret_cast<const Rest*>(this + 1));
  }

  std::span<const NodeId> inputs() const override { return {&rest<NodeId>(), calls_.inputs}; }
  ConstantInput constant(std::size_t k) const override {
    return calls_.constant ? calls_.constant(*this, k) : ConstantInput{};
  }

  void pull(Graph<V>& graph, NodeId self, Adjoints<V>& adjoints) override {
    const V& g = *adjoints[self];
    if constexpr (is_number<V>) {
      calls_.pull(*this, graph, g, adjoints);
    } else {
      const auto ids = inputs();
      for (std::size_t k = 0; k < ids.size(); ++k)
        if (!calls_.rules[k].none && graph.node(ids[k]).needs_grad())
          pull_one(calls_.rules[k], graph, g, adjoints[ids[k]], graph.node(ids[k]).value());
    }
  }
  void pull(Graph<V>& graph, NodeId self, Adjoints<Var<V>>& adjoints, Wanted wanted) override {
    const auto ids = inputs();
    for (std::size_t k = 0; k < ids.size(); ++k)
      if (!calls_.rules[k].none && wanted[ids[k]])
        pass_back(this->op(), adjoints[ids[k]], calls_.rules[k].record(*this, graph, self, *adjoints[self]),
                  graph.node(ids[k]).value());
  }

 private:
  void pull_one(const RuleCalls<V>& rule, Graph<V>& graph, const V& g, std::optional<V>& slot, const V& input) {
    if (rule.same) return pass_back_copy(this->op(), slot, g, input);
    if (!rule.each) return pass_back(this->op(), slot, rule.compute(*this, graph, g), input);
    const auto ids = inputs();
    Source in[max_operands] = {source_of(g), source_of(value_)};
    for (std::size_t k = 0; k < ids.size(); ++k)
      in[2 + k] = ids[k] == no_node ? constant(k).source : source_of(graph.node(ids[k]).value());
    V part;
    Write write;
    V& out = destination(slot, part, g.shape(), input.shape(), write);
    run_pass(out, rule.each, rule.state(*this), write, {in, 2 + ids.size()});
    if (&out == &part) pass_back(this->op(), slot, std::move(part), input);
  }

  const OpCalls<V>& calls_;
  V value_;
};

/// What stands behind an OpNode, and the calls made from it.
template <class V, bool PerElement, class Constants, class... Rules>
struct OpRest {
  static constexpr std::size_t arity = sizeof...(Rules);
  std::array<NodeId, arity> ids;
  [[no_unique_address]] Constants constants;
  [[no_unique_address]] std::tuple<Rules...> rules;

 private:
  using Indices = std::make_index_sequence<arity>;
  template <std::size_t K>
  using Rule = std::tuple_element_t<K, std::tuple<Rules...>>;
  template <std::size_t K>
  using Constant = std::tuple_element_t<K, Constants>;
  template <std::size_t K>
  static constexpr bool is_node = std::is_same_v<Constant<K>, NotConstant>;
  template <std::size_t K>
  static constexpr bool has_rule = is_node<K> && !std::is_same_v<Rule<K>, NoRule>;
  template <std::size_t K>
  static constexpr bool is_same = std::is_same_v<Rule<K>, SameGradient>;
  static const OpRest& of(const OpNode<V>& node) { return node.template rest<OpRest>(); }

  /// Input J of a rule on values, and of one on Vars.
  template <std::size_t J>
  const auto& read(const Graph<V>& graph) const {
    if constexpr (is_node<J>)
      return graph.node(ids[J]).value();
    else
      return std::get<J>(constants);
  }
  template <std::size_t J>
  decltype(auto) read_var(Graph<V>& graph) const {
    if constexpr (is_node<J>)
      return graph.at(ids[J]);
    else
      return (std::get<J>(constants));
  }

  template <std::size_t K, std::size_t... J>
  static V compute(const OpNode<V>& node, Graph<V>& graph, const V& g, std::index_sequence<J...>) {
    const OpRest& rest = of(node);
    return V(std::get<K>(rest.rules)(g, node.value(), rest.template read<J>(graph)...));
  }
  template <std::size_t K, std::size_t... J>
  static Var<V> record(const OpNode<V>& node, Graph<V>& graph, NodeId self, const Var<V>& g,
                       std::index_sequence<J...>) {
    const OpRest& rest = of(node);
    return std::get<K>(rest.rules)(g, graph.at(self), rest.template read_var<J>(graph)...);
  }
  template <std::size_t K>
  static void pull_number(const OpNode<V>& node, Graph<V>& graph, const V& g, Adjoints<V>& adjoints) {
    if constexpr (has_rule<K>) {
      const NodeId id = of(node).ids[K];
      if (graph.node(id).needs_grad()) pass_back(nullptr, adjoints[id], compute<K>(node, graph, g, Indices{}), g);
    }
  }
  template <std::size_t... K>
  static void pull_numbers(const OpNode<V>& node, Graph<V>& graph, const V& g, Adjoints<V>& adjoints,
                           std::index_sequence<K...>) {
    (pull_number<K>(node, graph, g, adjoints), ...);
  }

  template <class C>
  struct ElementOfConstant : ElementOf<C> {};
  template <class C>
    requires std::is_same_v<C, NotConstant>
  struct ElementOfConstant<C> : ElementOf<V> {
  };

  template <std::size_t K, std::size_t... J>
  static constexpr RuleCalls<V> calls_of(std::index_sequence<J...>) {
    RuleCalls<V> out;
    out.none = !has_rule<K>;
    if constexpr (has_rule<K>) {
      out.same = is_same<K>;
      out.record = [](const OpNode<V>& node, Graph<V>& graph, NodeId self, const Var<V>& g) {
        return record<K>(node, graph, self, g, Indices{});
      };
      if constexpr (is_tensor<V> && PerElement && !is_same<K>) {
        using T = typename V::value_type;
        out.each = row_kernel<T, Rule<K>, T, T, typename ElementOfConstant<Constant<J>>::type...>;
        out.state = [](const OpNode<V>& node) -> const void* { return &std::get<K>(of(node).rules); };
      } else if constexpr (is_tensor<V> && !is_same<K>) {
        out.compute = [](const OpNode<V>& node, Graph<V>& graph, const V& g) {
          return compute<K>(node, graph, g, Indices{});
        };
      }
    }
    return out;
  }
  template <std::size_t... K>
  static constexpr std::array<RuleCalls<V>, arity> all_calls(std::index_sequence<K...>) {
    return {calls_of<K>(Indices{})...};
  }
  static constexpr std::array<RuleCalls<V>, arity> rule_calls = all_calls(Indices{});

  static void pull(const OpNode<V>& node, Graph<V>& graph, const V& g, Adjoints<V>& adjoints) {
    pull_numbers(node, graph, g, adjoints, Indices{});
  }
  static void destroy(OpNode<V>& node) { const_cast<OpRest&>(of(node)).~OpRest(); }

  template <std::size_t J>
  static void describe(const OpNode<V>& node, std::size_t k, ConstantInput& found) {
    if constexpr (!is_node<J>) {
      if (k != J) return;
      const Constant<J>& one = std::get<J>(of(node).constants);
      found.source = source_of(one);
      if constexpr (is_tensor<Constant<J>>)
        found.shape = &one.shape();
      else
        found.number = static_cast<double>(one);
    }
  }
  template <std::size_t... J>
  static ConstantInput find_constant(const OpNode<V>& node, std::size_t k, std::index_sequence<J...>) {
    ConstantInput found;
    (describe<J>(node, k, found), ...);
    return found;
  }
  static ConstantInput constant(const OpNode<V>& node, std::size_t k) { return find_constant(node, k, Indices{}); }

  static constexpr bool has_constants = !std::is_empty_v<Constants>;
  static constexpr bool trivial =
      std::is_trivially_destructible_v<Constants> && std::is_trivially_destructible_v<std::tuple<Rules...>>;

 public:
  static constexpr bool owns_memory = Graph<V>::owns_values || !trivial;
  static constexpr OpCalls<V> calls = [] {  // only what is asked for is compiled
    OpCalls<V> out{arity, rule_calls.data()};
    if constexpr (is_number<V>) out.pull = pull;
    if constexpr (has_constants) out.constant = constant;
    if constexpr (!trivial) out.destroy_rest = destroy;
    return out;
  }();
};

/// Whether any of these inputs needs a gradient.
template <class V>
[[gnu::noinline]] bool any_needs_grad(const Graph<V>& graph, std::span<const NodeId> ids) {
  for (NodeId id : ids)
    if (id != no_node && graph.node(id).needs_grad()) return true;
  return false;
}

}  // namespace detail
}  // namespace minigrad
