// io/dot.hpp - a computation graph as a picture, in the DOT language of Graphviz.
//
//   std::ofstream("graph.dot") << to_dot(graph, {{x, "x"}, {loss, "loss"}});     then: dot -Tsvg graph.dot > graph.svg
//
// Each box is a node: its op, its value, and its gradient if backward() has computed one.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../graph/graph.hpp"
#include "../nn/module.hpp"

namespace minigrad::inline MINIGRAD_ABI {

/// A name for the box of a Var or a Parameter.
template <class V>
struct DotName {
  const V* value;    ///< identifies the node; a parameter may have several nodes
  std::string name;  ///< what the box is called

  DotName(const Var<V>& x, std::string text) : value(&x.value()), name(std::move(text)) {}
  DotName(const Parameter<V>& x, std::string text) : value(&x.value()), name(std::move(text)) {}
  DotName(const ParameterRef<V>& x, std::string text) : value(&x.value()), name(std::move(text)) {}
};

namespace detail {

/// The text of a number, or of the first four elements of a Tensor.
template <class V>
std::string dot_numbers(const V& value) {
  if constexpr (is_tensor<V>) {
    if (value.rank() == 0) return format_number(static_cast<double>(value.item()));
    std::string out;
    for (std::size_t i = 0; i < (std::min)(std::size_t{4}, value.size()); ++i)
      out += concat({i ? ", " : "", format_number(static_cast<double>(value[i]), 4)});
    return out + (value.size() > 4 ? ", ..." : "");
  } else {
    return format_number(static_cast<double>(value));
  }
}

/// The lines of a box: its title, a tensor's shape, the value, the gradient.
template <class V>
std::string dot_label(std::string title, const V& value, const V* gradient) {
  const Shape shape = shape_of(value);
  if (shape.rank()) title += concat({"\n", shape});
  if (shape.size()) title += concat({"\n", dot_numbers(value)});
  if (shape.size() && gradient) title += concat({"\ngrad ", dot_numbers(*gradient)});
  return title;
}

/// "add", and where some inputs are numbers "add(., 1)" with a middle dot for each of the others; attributes follow by
/// name: "sum(axis=1, keepdim=false)".
template <class V>
std::string dot_op(const NodeView<V>& node) {
  const auto inputs = node.inputs();
  std::string arguments;
  bool constants = false;
  for (std::size_t k = 0; k < inputs.size(); ++k) {
    const bool constant = inputs[k] == no_node;
    arguments += k ? ", " : "";
    arguments += constant ? format_number(static_cast<double>(node.number(k))) : "\u00b7";
    constants = constants || constant;
  }
  if (!constants) return op_text(node);
  for (const Attribute& one : node.attributes()) append(arguments, {", ", one.name, "=", one.text});
  return node.op() + ("(" + arguments + ")");
}

inline const char* dot_color(std::string_view leaf) {
  return leaf == "parameter" ? "#ffe5b4" : leaf == "variable" ? "#cfe8ff" : "#eeeeee";
}

/// The nodes in an order in which each node follows its inputs, found depth first from the results. The order of
/// recording depends on the order in which the compiler evaluates the parts of an expression. This order does not, so
/// that all compilers write the same text.
template <class V>
std::vector<std::size_t> dot_order(const Graph<V>& graph) {
  std::vector<char> used(graph.size()), done(graph.size());
  for (NodeId id = 0; id < graph.size(); ++id)
    for (const NodeId input : graph.node(id).inputs())
      if (input != no_node) used[input] = 1;
  std::vector<std::size_t> order, path, seen;  // path: a stack of nodes; seen: the number of visited inputs of each
  for (NodeId root = 0; root < graph.size(); ++root) {
    if (!used[root]) path.push_back(root), seen.push_back(0);
    while (!path.empty()) {
      const std::size_t id = path.back();
      const auto inputs = graph.node(static_cast<NodeId>(id)).inputs();
      if (seen.back() < inputs.size()) {
        const NodeId input = inputs[seen.back()++];
        if (input != no_node && !done[input]) path.push_back(input), seen.push_back(0);
      } else {
        path.pop_back();
        seen.pop_back();
        order.push_back(id);
        done[id] = 1;
      }
    }
  }
  return order;
}

/// A text between quotes.
template <class = void>
std::string dot_quoted(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n') out += "\\n";
    else out += c;
  }
  return out + '"';
}

}  // namespace detail

/// The graph in the DOT language. Parameters, variables and inputs have different colours.
template <class V>
std::string to_dot(const Graph<V>& graph, const std::vector<DotName<V>>& names = {}) {
  std::string out =
      "digraph {\n"
      "  rankdir=LR;\n"
      "  node [shape=box, style=\"rounded,filled\", fillcolor=\"#ffffff\", fontname=\"Helvetica\", fontsize=11];\n";
  std::vector<std::string> box(graph.size());
  std::size_t count = 0;
  for (const std::size_t at : detail::dot_order(graph)) {
    const NodeId id = static_cast<NodeId>(at);
    const NodeView<V> node = graph.node(id);
    const bool leaf = node.is_leaf();
    std::string title = detail::dot_op(node);
    for (const DotName<V>& name : names)
      if (name.value == node.value()) title = name.name + (leaf ? "" : " = " + detail::dot_op(node));
    const std::string label =
        node.value() ? detail::dot_label(std::move(title), *node.value(), graph.find_gradient(id)) : title;
    box[id] = detail::concat({"n", count++});
    out += "  " + box[id] + " [label=" + detail::dot_quoted(label);
    if (leaf) out += std::string(", fillcolor=\"") + detail::dot_color(node.op()) + '"';
    out += "];\n";
    for (const NodeId input : node.inputs())
      if (input != no_node) out += "  " + box[input] + " -> " + box[id] + ";\n";
  }
  return out + "}\n";
}

/// The same, with the names of a model's parameters as titles of their boxes.
template <class V, class M>
std::string to_dot(const Graph<V>& graph, std::vector<DotName<V>> names, M& model) {
  for (const NamedParameter<V>& named : named_parameters(model)) names.emplace_back(named.parameter, named.name);
  return to_dot(graph, names);
}

}  // namespace minigrad
