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
#include <type_traits>
#include <utility>

#include "operand.hpp"
#include "pass_back.hpp"
#include "rules.hpp"

namespace minigrad {

namespace detail {

template <class V>
class OpNode;

/// How the gradient of one input is found: in one of these ways on values, and by `record` on Vars.
template <class V>
struct RuleCalls {
  bool none = false, same = false;                                  // no gradient; the gradient as it is
  InnerLoop each = nullptr;                                         // a rule of one element, over whole tensors
  const void* (*rule)(const OpNode<V>&) = nullptr;                  // the rule itself, for what it captured
  V (*compute)(const OpNode<V>&, Graph<V>&, const V& g) = nullptr;  // a rule of whole values
  Var<V> (*record)(const OpNode<V>&, Graph<V>&, NodeId self, const Var<V>& g) = nullptr;
};

/// What the nodes of one op have in common.
template <class V>
struct OpCalls {
  std::uint8_t inputs;
  bool owns_memory;        // whether a node must be destroyed
  std::size_t rest_bytes;  // of the ids and rules that stand behind a node
  const RuleCalls<V>* rules;
  void (*pull)(const OpNode<V>&, Graph<V>&, const V& g, Adjoints<V>&) = nullptr;  // for numbers: all rules at once
  void (*keep_rules)(void* behind, void* rules) = nullptr;                        // where they captured something,
  void (*destroy_rules)(OpNode<V>&) = nullptr;                                    // and where it must be destroyed
};

/// A node computed by an op. After it in memory stand the ids of its inputs, its rules where they captured something,
/// and, where some inputs are numbers or the op sums up, the numbers: one for each input, then the divisor of the sum.
/// It is aligned as they must be.
template <class V>
class alignas(void*) alignas(scalar_type<V>) OpNode final : public Node<V> {
 public:
  using T = scalar_type<V>;

  OpNode(V&& value, bool needs_grad, bool sums_up, const char* op, const OpCalls<V>& calls)
      : Node<V>(&value_, needs_grad), sums_up_(sums_up), calls_(calls), op_(op), value_(std::move(value)) {}
  ~OpNode() override {
    if (calls_.destroy_rules) calls_.destroy_rules(*this);
  }

  /// What stands behind the node; ids come first in it.
  template <class Rest>
  Rest& rest() {
    return *std::launder(reinterpret_cast<Rest*>(this + 1));
  }
  template <class Rest>
  const Rest& rest() const {
    return *std::launder(reinterpret_cast<const Rest*>(this + 1));
  }
  const T* numbers() const {
    return std::launder(reinterpret_cast<const T*>(reinterpret_cast<const std::byte*>(this + 1) + calls_.rest_bytes));
  }

  const char* op() const override { return op_; }
  std::span<const NodeId> inputs() const override { return {&rest<NodeId>(), calls_.inputs}; }
  T number(std::size_t k) const override { return numbers()[k]; }

  /// Input k on values, and on Vars, where a number becomes an input of the graph.
  const V& input(Graph<V>& graph, std::size_t k) const {
    const NodeId id = (&rest<NodeId>())[k];
    if constexpr (is_scalar<V>) {
      if (id == no_node) return numbers()[k];
    }
    return graph.node(id).value();
  }
  [[gnu::noinline]] Var<V> input_var(Graph<V>& graph, std::size_t k) const {
    const NodeId id = inputs()[k];
    return id == no_node ? graph.input(value_of_number(numbers()[k])) : graph.at(id);
  }

  void pull(Graph<V>& graph, NodeId self, Adjoints<V>& adjoints) override {
    const V& g = *adjoints[self];
    if constexpr (is_scalar<V>) {
      calls_.pull(*this, graph, g, adjoints);
    } else {
      const auto ids = inputs();
      for (std::size_t k = 0; k < ids.size(); ++k)
        if (!calls_.rules[k].none && ids[k] != no_node)
          if (const Node<V>& input = graph.node(ids[k]); input.needs_grad())
            pull_one(calls_.rules[k], graph, g, adjoints[ids[k]], input.value());
    }
  }
  void pull(Graph<V>& graph, NodeId self, Adjoints<Var<V>>& adjoints, Wanted wanted) override {
    const auto ids = inputs();
    Var<V> g = *adjoints[self];
    if constexpr (is_tensor<V>) {
      if (sums_up_) g = broadcast_to(g * (T(1) / divisor()), shape_of_sum(graph));
    }
    for (std::size_t k = 0; k < ids.size(); ++k)
      if (const RuleCalls<V>& rule = calls_.rules[k]; !rule.none && ids[k] != no_node && wanted[ids[k]])
        pass_back(op_, adjoints[ids[k]], rule.same ? g : rule.record(*this, graph, self, g),
                  graph.node(ids[k]).value());
  }

 private:
  static V value_of_number(T number) {
    if constexpr (is_tensor<V>)
      return V::scalar(number);
    else
      return number;
  }
  T divisor() const { return numbers()[calls_.inputs]; }
  const Shape& shape_of_sum(Graph<V>& graph) const {
    std::size_t k = 0;
    while (inputs()[k] == no_node) ++k;
    return graph.node(inputs()[k]).value().shape();
  }

  void pull_one(const RuleCalls<V>& rule, Graph<V>& graph, const V& g, std::optional<V>& slot, const V& input) {
    if (rule.compute) return pass_back(op_, slot, rule.compute(*this, graph, g), input);
    if (rule.same && !sums_up_) return pass_back_copy(op_, slot, g, input);
    static constexpr Shape one{};
    const auto ids = inputs();
    StridedInput in[max_operands] = {strided_input(g), strided_input(value_)};
    const Shape* shape = &g.shape();
    T part_of_sum;
    if (sums_up_) {  // each element has the same part in it
      part_of_sum = *g.data() / divisor();
      in[0] = in[1] = strided_input(part_of_sum);
      shape = &shape_of_sum(graph);
    }
    for (std::size_t k = 0; k < ids.size(); ++k)
      in[2 + k] = ids[k] == no_node ? StridedInput{numbers() + k, &one, sizeof(T)} : strided_input(graph.node(ids[k]).value());
    V part;
    Write write;
    V& out = destination(slot, part, *shape, input.shape(), write);
    broadcast_loop(out, rule.each, rule.rule ? rule.rule(*this) : this, write, {in, rule.same ? 1 : 2 + ids.size()});
    if (&out == &part) pass_back(op_, slot, std::move(part), input);
  }

  bool sums_up_;
  const OpCalls<V>& calls_;
  const char* op_;
  V value_;
};

/// What stands behind an OpNode, and the calls made from it.
template <class V, bool PerElement, class... R>
struct OpRest {
  static constexpr std::size_t arity = sizeof...(R);
  using T = scalar_type<V>;
  struct Ids {
    alignas(T) NodeId id[arity];
  };
  Ids ids;
  [[no_unique_address]] Rules<R...> rules;

  static constexpr bool stateless = (std::is_empty_v<R> && ...);

 private:
  using Indices = std::make_index_sequence<arity>;
  template <std::size_t K>
  using Rule = typename Rules<R...>::template At<K>;
  template <std::size_t K>
  static constexpr bool has_rule = !std::is_same_v<Rule<K>, NoRule>;
  template <std::size_t K>
  static const Rule<K>& rule(const OpNode<V>& node) {
    return node.template rest<OpRest>().rules.template get<K>();
  }
  template <std::size_t K>
  static const void* rule_address(const OpNode<V>& node) {
    return &rule<K>(node);
  }

  template <std::size_t K, std::size_t... J>
  static V compute(const OpNode<V>& node, Graph<V>& graph, const V& g) {
    return V(rule<K>(node)(g, node.value(), node.input(graph, J)...));
  }
  template <std::size_t K, std::size_t... J>
  static Var<V> record(const OpNode<V>& node, Graph<V>& graph, NodeId self, const Var<V>& g) {
    return rule<K>(node)(g, graph.at(self), node.input_var(graph, J)...);
  }
  template <std::size_t K, std::size_t... J>
  static void pull_number(const OpNode<V>& node, Graph<V>& graph, const V& g, Adjoints<V>& adjoints,
                          std::index_sequence<J...>) {
    if constexpr (has_rule<K>) {
      const NodeId id = node.template rest<OpRest>().ids.id[K];
      if (id != no_node && graph.node(id).needs_grad())
        pass_back(nullptr, adjoints[id], compute<K, J...>(node, graph, g), g);
    }
  }
  template <std::size_t... K>
  static void pull_numbers(const OpNode<V>& node, Graph<V>& graph, const V& g, Adjoints<V>& adjoints,
                           std::index_sequence<K...>) {
    (pull_number<K>(node, graph, g, adjoints, Indices{}), ...);
  }
  static void pull(const OpNode<V>& node, Graph<V>& graph, const V& g, Adjoints<V>& adjoints) {
    pull_numbers(node, graph, g, adjoints, Indices{});
  }

  template <std::size_t K, std::size_t... J>
  static constexpr RuleCalls<V> calls_of(std::index_sequence<J...>) {
    RuleCalls<V> out;
    out.none = !has_rule<K>;
    out.same = std::is_same_v<Rule<K>, SameGradient>;
    if constexpr (has_rule<K>) {
      if constexpr (!std::is_same_v<Rule<K>, SameGradient>) out.record = record<K, J...>;
      if constexpr (is_tensor<V> && PerElement) {
        if constexpr (std::is_same_v<Rule<K>, SameGradient>)
          out.each = inner_loop<T, decltype(identity), T>;  // for g alone
        else
          out.each = inner_loop<T, Rule<K>, T, T, std::enable_if_t<(J < arity), T>...>;
        if constexpr (!std::is_empty_v<Rule<K>>) out.rule = rule_address<K>;
      } else if constexpr (is_tensor<V> && !std::is_same_v<Rule<K>, SameGradient>) {
        out.compute = compute<K, J...>;
      }
    }
    return out;
  }
  template <std::size_t... K>
  static constexpr std::array<RuleCalls<V>, arity> all_calls(std::index_sequence<K...>) {
    return {calls_of<K>(Indices{})...};
  }
  static constexpr std::array<RuleCalls<V>, arity> rule_calls = all_calls(Indices{});

  static void keep(void* behind, void* rules) {
    static_assert(sizeof(OpNode<V>) + sizeof(OpRest) <= Graph<V>::block_bytes / 2 &&
                      alignof(OpRest) <= alignof(OpNode<V>),
                  "minigrad: a derivative rule captures too much: keep large things in a Tensor");
    const Ids ids = *std::launder(static_cast<Ids*>(behind));
    new (behind) OpRest{ids, std::move(*static_cast<Rules<R...>*>(rules))};
  }
  static void destroy(OpNode<V>& node) { node.template rest<OpRest>().~OpRest(); }

 public:
  static constexpr OpCalls<V> calls = [] {  // only what is asked for is compiled
    constexpr bool trivial = std::is_trivially_destructible_v<Rules<R...>>;
    OpCalls<V> out{arity, Graph<V>::owns_values || !trivial, sizeof(OpRest), rule_calls.data()};
    if constexpr (is_scalar<V>) out.pull = pull;
    if constexpr (!stateless) out.keep_rules = keep;
    if constexpr (!trivial) out.destroy_rules = destroy;
    return out;
  }();
};

/// In the place of a divisor: the op does not sum up.
inline constexpr double not_summed = -1;

/// Adds the node of an op to the graph, and behind it in memory what an OpNode has there. The rules are moved; a
/// divisor says that the op sums up.
template <class V>
[[gnu::noinline]] Var<V> add_op(Graph<V>& graph, const char* op, V&& value, const NodeId* ids, const OperandRef<V>* in,
                                const OpCalls<V>& calls, void* rules, double divisor) {
  using T = scalar_type<V>;
  const std::size_t count = calls.inputs;
  bool needs_grad = false, has_numbers = divisor >= 0;
  for (std::size_t k = 0; k < count; ++k) {
    if (ids[k] == no_node)
      has_numbers = true;
    else
      needs_grad = needs_grad || graph.node(ids[k]).needs_grad();
  }
  const std::size_t numbers_bytes = has_numbers ? (count + 1) * sizeof(T) : 0;
  void* room = graph.room(sizeof(OpNode<V>) + calls.rest_bytes + numbers_bytes);
  std::byte* behind = static_cast<std::byte*>(room) + sizeof(OpNode<V>);
  NodeId* to = new (behind) NodeId[count];
  for (std::size_t k = 0; k < count; ++k) to[k] = ids[k];
  if (calls.keep_rules) calls.keep_rules(behind, rules);  // before there is a node, since it may throw
  if (has_numbers) {
    T* numbers = new (behind + calls.rest_bytes) T[count + 1];
    for (std::size_t k = 0; k < count; ++k) numbers[k] = ids[k] == no_node ? in[k].number : T{};
    numbers[count] = static_cast<T>(divisor);
  }
  auto* node = new (room) OpNode<V>(std::move(value), needs_grad, divisor >= 0, op, calls);
  return graph.add(calls.owns_memory, node);
}

}  // namespace detail
}  // namespace minigrad
