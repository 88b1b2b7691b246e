// graph/record.hpp - what an op is made of: its inputs, its value, and one derivative rule for each input.
//
//   rule(g, y, inputs...)  is  dL/d(input),  where g = dL/dy and y is the op's own result.
//
// Rules are generic. backward() runs them on values; grad() runs the same rules on Vars, which records the derivative as
// nodes of the graph, so that it can be differentiated again, to any order. Broadcasting is undone here, once for all.
#pragma once

#include <array>
#include <cstddef>
#include <initializer_list>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>

#include "../tensor/rearrange.hpp"
#include "graph.hpp"

namespace minigrad {

template <class X>
inline constexpr bool is_var = false;
template <class V>
inline constexpr bool is_var<Var<V>> = true;
template <class X>
inline constexpr bool is_parameter = false;
template <class V>
inline constexpr bool is_parameter<Parameter<V>> = true;

/// What an op takes: a number, a Tensor, a Parameter or a Var, and of several at least one that is more than a number.
template <class X>
concept Operand = is_number<X> || is_tensor<X> || is_var<X> || is_parameter<X>;
template <class... X>
concept Operands = (Operand<X> && ...) && (!is_number<X> || ...);

/// The inputs of an op, to be passed on to record() or elementwise().
template <Operand... X>
std::tuple<const X&...> inputs(const X&... x) {
  return {x...};
}

/// Stands for the rule of an input that has no derivative, such as a mask.
struct NoRule {};
inline constexpr NoRule no_rule{};

/// The rule of an input to which the gradient goes as it is: dL/d(input) = g.
struct SameGradient {
  auto operator()(const auto& g, const auto&...) const { return g; }
};
inline constexpr SameGradient same_gradient{};

/// The value behind an operand: of a Var or Parameter what it holds, else the operand itself.
template <Operand X>
const auto& value_of(const X& x) {
  if constexpr (is_var<X> || is_parameter<X>) return x.value();
  else return x;
}

namespace detail {

template <class X>
struct NumberOf {
  using type = X;
};
template <class T>
struct NumberOf<Tensor<T>> {
  using type = T;
};
template <class V>
struct NumberOf<Var<V>> : NumberOf<V> {};
template <class V>
struct NumberOf<Parameter<V>> : NumberOf<V> {};

/// The number type of an operand: T for Tensor<T>, Var<Tensor<T>>, T itself.
template <class X>
using number_of = typename NumberOf<X>::type;

template <class... X>
struct FirstVar {
  using type = void;
};
template <class X, class... Rest>
struct FirstVar<X, Rest...> : FirstVar<Rest...> {};
template <class V, class... Rest>
struct FirstVar<Var<V>, Rest...> {
  using type = V;
};

template <class V>
Graph<V>* graph_of(const Var<V>& x) {
  return &x.graph();
}
template <class X>
std::nullptr_t graph_of(const X&) {
  return nullptr;
}

struct NotConstant {};

/// The node of an operand that has one. Numbers and Tensors have none: they are constants, kept in the op itself.
template <class V, class X>
NodeId node_of(const char* op, Graph<V>& graph, const X& x) {
  if constexpr (is_var<X>) {
    static_assert(std::is_same_v<X, Var<V>>, "minigrad: Vars of different types cannot meet in one op");
    if (!graph.owns(x)) fail<GraphError>({op, ": the operands belong to different graphs"});
    return x.id();
  } else if constexpr (is_parameter<X>) {
    static_assert(std::is_same_v<X, Parameter<V>>, "minigrad: a Parameter of another type than the Var cannot meet it");
    return graph.parameter(x).id();
  } else {
    return no_node;
  }
}

template <class V, class X>
auto constant_of(const X& x) {
  if constexpr (is_var<X> || is_parameter<X>) {
    return NotConstant{};
  } else if constexpr (is_tensor<X>) {
    return X(x);
  } else if constexpr (std::is_same_v<X, bool>) {
    return x;
  } else {
    return static_cast<number_of<V>>(x);
  }
}

/// A derivative may be larger than its input only as far as the input was stretched.
inline void check_rule(const char* op, const Shape& derivative, const Shape& input) {
  bool fits = input.rank() <= derivative.rank() || input.size() == 1;
  for (std::size_t i = 0; i < derivative.rank(); ++i)
    fits = fits && (input.from_right(i) == 1 || input.from_right(i) == derivative.from_right(i));
  if (!fits) fail<ShapeError>({op, ": its rule gave a derivative of shape ", derivative, " for an input of shape ", input});
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

/// A node computed by an op. Where PerElement, the rules are those of one element, and run over tensors in one pass.
template <class V, bool PerElement, class Constants, class... Rules>
class OpNode final : public Node<V> {
  static constexpr std::size_t arity = sizeof...(Rules);
  using Ids = std::array<NodeId, arity>;

 public:
  static constexpr bool owns_memory = !std::is_trivially_destructible_v<V> ||
                                      !std::is_trivially_destructible_v<Constants> ||
                                      !std::is_trivially_destructible_v<std::tuple<Rules...>>;

  OpNode(const char* op, V value, bool needs_grad, const Ids& ids, Constants constants, const Rules&... rules)
      : Node<V>(op, &value_, needs_grad),
        value_(std::move(value)),
        constants_(std::move(constants)),
        rules_(rules...),
        ids_(ids) {}

  std::span<const NodeId> inputs() const override { return ids_; }

  ConstantInput constant(std::size_t k) const override {
    ConstantInput found;
    std::size_t i = 0;
    const auto look = [&]<class C>(const C& one) {
      if (i++ != k) return;
      if constexpr (is_tensor<C>) found.shape = &one.shape();
      else if constexpr (!std::is_same_v<C, NotConstant>) found.number = static_cast<double>(one);
    };
    std::apply([&](const auto&... one) { (look(one), ...); }, constants_);
    return found;
  }

  void pull(Graph<V>& graph, NodeId self, Adjoints<V>& adjoints) override {
    for_each_rule([&]<std::size_t K>(const auto& rule, std::integral_constant<std::size_t, K>) {
      const Node<V>& input = graph.node(ids_[K]);
      if (!input.needs_grad()) return;
      auto& slot = adjoints[ids_[K]];
      const auto& g = *adjoints[self];
      with_inputs<V>(graph, [&](const auto&... in) {
        if constexpr (std::is_same_v<std::decay_t<decltype(rule)>, SameGradient>) {
          if constexpr (is_tensor<V>)
            if (slot && slot->shape() == g.shape()) return add_to(*slot, g);
          pass_back(this->op(), slot, V(g), input.value());
        } else if constexpr (PerElement && is_tensor<V>) {
          if (input.value().shape() == g.shape()) {
            const Write write = slot ? Write::add : Write::assign;
            if (!slot) slot = V::empty(g.shape());
            map_into(*slot, rule, write, g, value_, in...);
          } else {
            pass_back(this->op(), slot, V(map(this->op(), rule, g, value_, in...)), input.value());
          }
        } else {
          pass_back(this->op(), slot, V(rule(g, value_, in...)), input.value());
        }
      });
    });
  }

  void pull(Graph<V>& graph, NodeId self, Adjoints<Var<V>>& adjoints, Wanted wanted) override {
    for_each_rule([&]<std::size_t K>(const auto& rule, std::integral_constant<std::size_t, K>) {
      if (!wanted[ids_[K]]) return;
      with_inputs<Var<V>>(graph, [&](const auto&... in) {
        pass_back(this->op(), adjoints[ids_[K]], Var<V>(rule(*adjoints[self], graph.at(self), in...)),
                  graph.node(ids_[K]).value());
      });
    });
  }

 private:
  /// visit(rule, K) for the rules of inputs that are nodes.
  template <class Visit>
  void for_each_rule(const Visit& visit) const {
    [&]<std::size_t... K>(std::index_sequence<K...>) {
      const auto one = [&]<std::size_t J>(std::integral_constant<std::size_t, J> k) {
        using Rule = std::tuple_element_t<J, std::tuple<Rules...>>;
        using Constant = std::tuple_element_t<J, Constants>;
        if constexpr (!std::is_same_v<Rule, NoRule> && std::is_same_v<Constant, NotConstant>)
          visit(std::get<J>(rules_), k);
      };
      (one(std::integral_constant<std::size_t, K>{}), ...);
    }(std::make_index_sequence<arity>{});
  }

  /// visit(inputs...), each as a value or as a Var; a constant as it is.
  template <class X, class Visit>
  void with_inputs(Graph<V>& graph, const Visit& visit) const {
    [&]<std::size_t... K>(std::index_sequence<K...>) {
      const auto read = [&]<std::size_t J>(std::integral_constant<std::size_t, J>) -> decltype(auto) {
        if constexpr (!std::is_same_v<std::tuple_element_t<J, Constants>, NotConstant>) return std::get<J>(constants_);
        else if constexpr (std::is_same_v<X, V>) return graph.node(ids_[J]).value();
        else return graph.at(ids_[J]);
      };
      visit(read(std::integral_constant<std::size_t, K>{})...);
    }(std::make_index_sequence<arity>{});
  }

  V value_;
  [[no_unique_address]] Constants constants_;
  [[no_unique_address]] std::tuple<Rules...> rules_;
  Ids ids_;
};

template <bool PerElement, class V, class... X, class... Rules>
Var<V> record_node(const char* op, Graph<V>& graph, V value, const std::tuple<const X&...>& in, const Rules&... rules) {
  static_assert(sizeof...(X) == sizeof...(Rules), "minigrad: an op needs one rule for each input");
  return std::apply(
      [&](const X&... x) {
        const std::array<NodeId, sizeof...(X)> ids{node_of(op, graph, x)...};
        bool needs_grad = false;
        for (NodeId id : ids) needs_grad = needs_grad || (id != no_node && graph.node(id).needs_grad());
        auto constants = std::tuple(constant_of<V>(x)...);
        return graph.template add<OpNode<V, PerElement, decltype(constants), Rules...>>(
            op, std::move(value), needs_grad, ids, std::move(constants), rules...);
      },
      in);
}

template <class V, class... X>
Graph<V>& common_graph(const X&... x) {
  Graph<V>* graph = nullptr;
  const auto look = [&](auto* found) {
    if constexpr (std::is_same_v<decltype(found), Graph<V>*>)
      if (!graph) graph = found;
  };
  const auto visit = [&](const auto& one) {
    if constexpr (std::is_same_v<std::decay_t<decltype(one)>, Var<V>>) look(graph_of(one));
  };
  (visit(x), ...);
  return *graph;
}

}  // namespace detail

/// y = value(inputs...), with a derivative rule for each input, on whole values: matmul, sum, a loss. Without a Var
/// among the inputs it is just the value. Throws GraphError for Vars of different graphs.
template <class Value, class... X, class... Rules>
auto record(const char* op, const std::tuple<const X&...>& in, const Value& value, const Rules&... rules) {
  using V = typename detail::FirstVar<X...>::type;
  return std::apply(
      [&](const X&... x) {
        if constexpr (std::is_void_v<V>) {
          return value(value_of(x)...);
        } else {
          return detail::record_node<false>(op, detail::common_graph<V>(x...), V(value(value_of(x)...)), in, rules...);
        }
      },
      in);
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

/// y_i = value(inputs_i...) for every element, with broadcasting; the rules too are those of one element. Numbers give a
/// number, Tensors a Tensor, and with a Var among the inputs the result is a Var.
template <class Value, class... X, class... Rules>
auto elementwise(const char* op, const std::tuple<const X&...>& in, const Value& value, const Rules&... rules) {
  using V = typename detail::FirstVar<X...>::type;
  return std::apply(
      [&](const X&... x) {
        if constexpr (std::is_void_v<V>)
          return detail::value_of_elements(op, value, value_of(x)...);
        else if constexpr (is_tensor<V>)
          return detail::record_node<true>(op, detail::common_graph<V>(x...), V(map(op, value, value_of(x)...)), in,
                                           rules...);
        else
          return detail::record_node<true>(op, detail::common_graph<V>(x...),
                                           V(detail::value_of_numbers<V>(value, value_of(x)...)), in, rules...);
      },
      in);
}

namespace detail {

/// A node with as many inputs as there are at run time. rule(g, y, k) is dL/d(input k).
template <class V, class Rule>
class ManyNode final : public Node<V> {
 public:
  static constexpr bool owns_memory = true;

  ManyNode(const char* op, V value, bool needs_grad, std::span<const Var<V>> in, const Rule& rule)
      : Node<V>(op, &value_, needs_grad), value_(std::move(value)), rule_(rule) {
    ids_.reserve(in.size());
    for (const Var<V>& x : in) ids_.push_back(x.id());
  }
  std::span<const NodeId> inputs() const override { return ids_; }
  void pull(Graph<V>& graph, NodeId self, Adjoints<V>& adjoints) override {
    for (std::size_t k = 0; k < ids_.size(); ++k)
      if (const auto& x = graph.node(ids_[k]); x.needs_grad())
        pass_back(this->op(), adjoints[ids_[k]], V(rule_(*adjoints[self], value_, k)), x.value());
  }
  void pull(Graph<V>& graph, NodeId self, Adjoints<Var<V>>& adjoints, Wanted wanted) override {
    for (std::size_t k = 0; k < ids_.size(); ++k)
      if (wanted[ids_[k]])
        pass_back(this->op(), adjoints[ids_[k]], Var<V>(rule_(*adjoints[self], graph.at(self), k)),
                  graph.node(ids_[k]).value());
  }

 private:
  V value_;
  Rule rule_;
  std::vector<NodeId, PoolAllocator<NodeId>> ids_;
};

}  // namespace detail

/// y = value(pointers to the inputs' values), for ops with any number of inputs, such as concatenate.
/// rule(g, y, k) is dL/d(input k). Throws ValueError for no inputs.
template <class V, class Value, class Rule>
Var<V> record_many(const char* op, std::span<const Var<V>> in, const Value& value, const Rule& rule) {
  if (in.empty()) detail::fail<ValueError>({op, ": nothing to put together"});
  Graph<V>& graph = in[0].graph();
  bool needs_grad = false;
  std::vector<const V*, detail::PoolAllocator<const V*>> values;
  values.reserve(in.size());
  for (const Var<V>& x : in) {
    if (&x.graph() != &graph) detail::fail<GraphError>({op, ": the operands belong to different graphs"});
    needs_grad = needs_grad || graph.node(x.id()).needs_grad();
    values.push_back(&x.value());
  }
  return graph.template add<detail::ManyNode<V, Rule>>(op, value(std::span<const V* const>(values)), needs_grad, in, rule);
}

}  // namespace minigrad
