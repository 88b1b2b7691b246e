// diff/anomaly.hpp - where does the NaN come from?
//
// A graph still holds every value when backward() is called. So nothing has to be watched while it is recorded: where
// the loss is not finite, the oldest node that it came from and that is not finite is the one to blame; where a
// gradient is not finite, it is the first node whose rule made it so.
#pragma once

#include <cstddef>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "../core/finite.hpp"
#include "hook_runner.hpp"

namespace minigrad::inline MINIGRAD_ABI {
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

  void before_sweep(Graph<V>& graph, const Node<V>& root) override {
    if (find(*root.value).finite) return;
    const NodeStore<V>& nodes = graph.nodes();
    const PoolArray<char> used = used_by(nodes, root.id);
    for (NodeId id = 0; id <= root.id; ++id)
      if (used[id] && nodes[id].value)
        if (const Found found = find(*nodes[id].value); !found.finite) refuse_value(graph, nodes[id], found);
  }

  void after_rules(Graph<V>& graph, const Node<V>& y, const V* (*gradient)(const void*, const Node<V>&),
                   const void* sweep) override {
    for (std::size_t k = 0; k < y.inputs; ++k) {
      const Node<V>* const in = y.input(k);
      const V* const g = in ? gradient(sweep, *in) : nullptr;
      if (!g) continue;
      if (const Found found = find(*g); !found.finite)
        fail<AnomalyError>({"detect_anomaly: the gradient that ", call(graph, y), " passes to its input ", k, ", ",
                            kind(*in), ", is ", found.number, found.at, place(graph, y)});
    }
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
      if (!is_finite(number)) return {false, number, shape.rank() ? concat({" at ", place_of(shape, i)}) : ""};
    }
    return {};
  }

  void refuse_value(Graph<V>& graph, const Node<V>& node, const Found& found) const {
    if (!node.inputs)
      fail<AnomalyError>({"detect_anomaly: ", kind(node), " holds ", found.number, found.at,
                          node.parameter ? "" : place(graph, node)});
    if (node.op->record_all) {  // a checkpoint: computed again, it names the op inside
      Node<V>& y = graph.nodes()[node.id];
      graph.nodes().begin_grad(y);
      y.grad->value = zeros_like_value(y.own);
      y.op->backward(graph, y);
    }
    fail<AnomalyError>({"detect_anomaly: ", call(graph, node), " gives ", found.number, found.at, place(graph, node)});
  }

  std::string name(const Node<V>& parameter) const {
    for (const ParameterName<V>& one : names_)
      if (one.value == parameter.value) return one.name;
    return to_string(shape_of(*parameter.value));
  }
  /// "the parameter 0.weight", "a mul of shape [2, 3]"
  std::string kind(const Node<V>& node) const {
    if (node.parameter) return concat({"the parameter ", name(node)});
    const char* const article = std::strchr("aeiou", node.name[0]) ? "an " : "a ";
    if constexpr (is_tensor<V>)
      return concat({article, node.name, " of shape ", node.value->shape()});
    else
      return concat({article, node.name});
  }
  /// "pow([2, 3], 0.5) -> [2, 3]", "sum([2, 3], axis=1, keepdim=false) -> [2]", "log(0)"
  static std::string call(Graph<V>& graph, const Node<V>& node) {
    std::string out = concat({node.name, "("});
    for (std::size_t k = 0; k < node.inputs; ++k) {
      const Node<V>* const input = node.input(k);
      const FormatArg argument = [&]() -> FormatArg {
        if (!input) return node.number(k);
        if (!input->value) return "constant";
        if constexpr (is_tensor<V>)
          return input->value->shape();
        else
          return *input->value;
      }();
      append(out, {k ? ", " : "", argument});
    }
    for (const Attribute& one : graph.node(node.id).attributes()) append(out, {", ", one.name, "=", one.text});
    append(out, {")"});
    if constexpr (is_tensor<V>) append(out, {" -> ", node.value->shape()});
    return out;
  }

  /// " (node 7, with the parameters 2.weight, 2.bias)", " (node 9, after the parameter 2.bias and before 4.weight)":
  /// the parameters say where in the model a node is.
  std::string place(Graph<V>& graph, const Node<V>& node) const {
    const NodeStore<V>& nodes = graph.nodes();
    std::string out = concat({" (node ", node.id}), own;
    for (std::size_t k = 0; k < node.inputs; ++k)
      if (const Node<V>* in = node.input(k); in && in->parameter)
        append(own, {own.empty() ? ", with the parameters " : ", ", name(*in)});
    if (!own.empty()) return concat({out, own, ")"});
    const NodeId end = static_cast<NodeId>(graph.size());
    NodeId before = node.id, after = node.id + 1;
    while (before != no_node && !nodes[before].parameter) --before;  // past 0 comes no_node
    while (after < end && !nodes[after].parameter) ++after;
    if (before != no_node) append(out, {", after the parameter ", name(nodes[before])});
    if (after < end) append(out, {before != no_node ? " and before " : ", before the parameter ", name(nodes[after])});
    return concat({out, ")"});
  }

  std::vector<ParameterName<V>> names_;
};

template <class V>
void set_inspector(Graph<V>& graph, Inspector<V>* inspector) {
  graph.hooks().inspector = Shared<Own<Inspector<V>>>::make(inspector);
}

}  // namespace detail

/// From now on backward() and grad() on this graph throw AnomalyError where the loss or a gradient is not finite. The
/// message names the first op to blame: for a loss that is not finite the oldest of the values it came from that is
/// not, else the first op that turned a finite gradient into one that is not; with its shapes, its number in the graph,
/// and the parameters it stands between. A value in the middle that is infinite, and harms neither the loss nor a
/// gradient, as in a masked softmax, is no anomaly. Off, this costs nothing; on, a look at every gradient. See
/// detect_anomaly(graph, model), which knows the parameters' names.
template <class V>
void detect_anomaly(Graph<V>& graph, bool on = true) {
  if (on) detail::set_inspector(graph, new detail::AnomalyInspector<V>({}));
  else graph.hooks().inspector = {};
}

}  // namespace minigrad
