// diff/anomaly.hpp - where does the NaN come from?
//
// A graph still holds every value when backward() is called. So nothing has to be watched while it is recorded: where
// the loss is not finite, the oldest node that it came from and that is not finite is the one to blame; where a
// gradient is not finite, it is the first node whose rule made it so.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "../core/finite.hpp"
#include "../graph/graph.hpp"

namespace minigrad {
namespace detail {

/// How a parameter is called in a model.
template <class V>
struct ParameterName {
  const V* value;
  std::string name;
};

template <class V>
class AnomalyInspector final : public Inspector<V> {
 public:
  explicit AnomalyInspector(std::vector<ParameterName<V>> names) : names_(std::move(names)) {}

  void before_sweep(Graph<V>& graph, const Var<V>& root) override {
    if (find(root.value()).finite) return;
    std::vector<char> used(graph.size());
    used[root.id()] = 1;
    for (NodeId id = root.id() + 1; id-- > 0;)
      if (used[id])
        for (const NodeId input : graph.node(id).inputs())
          if (input != no_node) used[input] = 1;
    for (NodeId id = 0; id <= root.id(); ++id)
      if (used[id])
        if (const Found found = find(graph.node(id).value()); !found.finite) refuse_value(graph, id, found);
  }

  void after_pull(Graph<V>& graph, NodeId id, const Adjoints<V>& adjoints) override {
    check_gradients(graph, id, adjoints, [](const V& g) -> const V& { return g; });
  }
  void after_pull(Graph<V>& graph, NodeId id, const Adjoints<Var<V>>& adjoints) override {
    check_gradients(graph, id, adjoints, [](const Var<V>& g) -> const V& { return g.value(); });
  }

 private:
  /// The first number that is not finite, " at (1, 2)".
  struct Found {
    bool finite = true;
    double number = 0;
    std::string at{};
  };
  static Found find(const V& value) {
    const Shape shape = shape_of(value);
    for (std::size_t i = 0; i < shape.size(); ++i) {
      double number;
      if constexpr (is_tensor<V>) number = static_cast<double>(value.data()[i]);
      else number = static_cast<double>(value);
      if (!is_finite(number)) return {false, number, shape.rank() ? " at " + place_of(shape, i) : ""};
    }
    return {};
  }

  template <class X, class ValueOf>
  void check_gradients(Graph<V>& graph, NodeId id, const Adjoints<X>& adjoints, const ValueOf& value_of) const {
    const auto inputs = graph.node(id).inputs();
    for (std::size_t k = 0; k < inputs.size(); ++k) {
      if (inputs[k] == no_node || inputs[k] >= adjoints.size() || !adjoints[inputs[k]]) continue;
      if (const Found found = find(value_of(*adjoints[inputs[k]])); !found.finite)
        fail<AnomalyError>({"detect_anomaly: the gradient that ", call(graph, id), " passes to its input ", k, ", ",
                            kind(graph.node(inputs[k])), ", is ", found.number, found.at, place(graph, id)});
    }
  }

  void refuse_value(Graph<V>& graph, NodeId id, const Found& found) const {
    const Node<V>& node = graph.node(id);
    if (node.inputs().empty())
      fail<AnomalyError>({"detect_anomaly: ", kind(node), " holds ", found.number, found.at,
                          is_parameter(node) ? "" : place(graph, id)});
    if (node.op() == std::string("checkpoint")) {  // computed again, it names the op inside
      Adjoints<V> adjoints(graph.size());
      adjoints[id] = zeros_like_value(node.value());
      graph.node(id).pull(graph, id, adjoints);
    }
    fail<AnomalyError>({"detect_anomaly: ", call(graph, id), " gives ", found.number, found.at, place(graph, id)});
  }

  static bool is_parameter(const Node<V>& node) { return node.op() == std::string("parameter"); }
  std::string name(const Node<V>& parameter) const {
    for (const ParameterName<V>& one : names_)
      if (one.value == &parameter.value()) return one.name;
    return to_string(shape_of(parameter.value()));
  }
  /// "the parameter 0.weight", "a mul of shape [2, 3]"
  std::string kind(const Node<V>& node) const {
    if (is_parameter(node)) return "the parameter " + name(node);
    const std::string article = std::string("aeiou").find(node.op()[0]) == std::string::npos ? "a " : "an ";
    const Shape shape = shape_of(node.value());
    return article + node.op() + (is_tensor<V> ? " of shape " + to_string(shape) : "");
  }
  /// "pow([2, 3], 0.5) -> [2, 3]", "log(0)"
  static std::string call(Graph<V>& graph, NodeId id) {
    const Node<V>& node = graph.node(id);
    std::string arguments;
    for (std::size_t k = 0; k < node.inputs().size(); ++k) {
      const NodeId input = node.inputs()[k];
      arguments += k ? ", " : "";
      if (input == no_node) arguments += format_number(static_cast<double>(node.number(k)));
      else if constexpr (is_tensor<V>) arguments += to_string(graph.node(input).value().shape());
      else arguments += format_number(static_cast<double>(graph.node(input).value()));
    }
    std::string out = std::string(node.op()) + "(" + arguments + ")";
    if constexpr (is_tensor<V>) out += " -> " + to_string(node.value().shape());
    return out;
  }

  /// " (node 7, with the parameters 2.weight, 2.bias)", " (node 9, after the parameter 2.bias and before 4.weight)":
  /// the parameters say where in the model a node is.
  std::string place(Graph<V>& graph, NodeId id) const {
    std::string out = " (node " + std::to_string(id), own;
    for (const NodeId input : graph.node(id).inputs())
      if (input != no_node && is_parameter(graph.node(input)))
        own += (own.empty() ? ", with the parameters " : ", ") + name(graph.node(input));
    if (!own.empty()) return out + own + ")";
    const NodeId end = static_cast<NodeId>(graph.size());
    NodeId before = id, after = id + 1;
    while (before != no_node && !is_parameter(graph.node(before))) --before;  // past 0 comes no_node
    while (after < end && !is_parameter(graph.node(after))) ++after;
    if (before != no_node) out += ", after the parameter " + name(graph.node(before));
    if (after < end) out += (before != no_node ? " and before " : ", before the parameter ") + name(graph.node(after));
    return out + ")";
  }

  std::vector<ParameterName<V>> names_;
};

}  // namespace detail

/// From now on backward() and grad() on this graph throw AnomalyError where the loss or a gradient is not finite. The
/// message names the first op to blame: for a loss that is not finite the oldest of the values it came from that is
/// not, else the first op that turned a finite gradient into one that is not; with its shapes, its number in the graph,
/// and the parameters it stands between. A value in the middle that is infinite, and harms neither the loss nor a
/// gradient, as in a masked softmax, is no anomaly. Off, this costs nothing; on, a look at every gradient. See
/// detect_anomaly(graph, model), which knows the parameters' names.
template <class V>
void detect_anomaly(Graph<V>& graph, bool on = true) {
  graph.inspect(on ? std::make_shared<detail::AnomalyInspector<V>>(std::vector<detail::ParameterName<V>>()) : nullptr);
}

}  // namespace minigrad
