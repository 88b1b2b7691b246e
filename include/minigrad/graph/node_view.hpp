// graph/node_view.hpp - what a graph tells of its nodes: ops with their attributes, inputs and shapes.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "../core/error.hpp"
#include "node.hpp"

namespace minigrad::inline MINIGRAD_ABI {

/// What can be asked of a node: for pictures, messages, and export.
template <class V>
class NodeView {
 public:
  explicit NodeView(const detail::Node<V>& node) : node_(&node) {}

  /// The name of the op; of a node without inputs "input", "variable" or "parameter".
  const char* op() const { return node_->name; }
  /// The op's attributes, with names and values.
  std::vector<Attribute> attributes() const {
    std::vector<Attribute> all;
    const AttributeList list(
        [](void* to, const char* name, const detail::FormatArg& text, const double* numbers, std::size_t count) {
          static_cast<std::vector<Attribute>*>(to)->push_back(
              {name, detail::concat({text}), {numbers, numbers + count}});
        },
        &all);
    if (node_->op->describe) node_->op->describe(node_->held, list);
    return all;
  }
  /// The nodes it was computed from, in order; no_node in the place of a number, which number(k) then is.
  std::vector<NodeId> inputs() const {
    std::vector<NodeId> ids;
    for (std::size_t k = 0; k < node_->inputs; ++k) {
      const detail::Node<V>* in = node_->input(k);
      ids.push_back(in ? in->id : no_node);
    }
    return ids;
  }
  /// Input k where it is a number, and else 0.
  detail::scalar_type<V> number(std::size_t k) const {
    return node_->input(k) ? 0 : node_->number(k);
  }
  /// The value; null for a constant that was not kept, since no rule reads it.
  const V* value() const { return node_->value; }
  /// The shape of the value; [0] where none was kept.
  Shape shape() const { return node_->value ? shape_of(*node_->value) : Shape(0); }
  bool needs_grad() const { return node_->needs_grad; }              ///< Whether backward() passes a gradient to it.
  bool is_parameter() const { return node_->parameter != nullptr; }  ///< Whether it refers to a Parameter.
  bool is_leaf() const { return node_->op->forward == nullptr; }     ///< Whether it was given, not computed by an op.

 private:
  const detail::Node<V>* node_;
};

namespace detail {
/// Throws GraphError for Graph::at() of a constant without a value.
[[noreturn, gnu::cold]] inline void refuse_constant(NodeId id) {
  fail<GraphError>({"at: node ", id, " is a constant that no rule reads, so that its value was not kept: look at it by "
                    "node(", id, "), or make it by graph.input()"});
}
}  // namespace detail

/// "sum(axis=1, keepdim=true)"; the name alone where there are no attributes.
template <class V>
std::string op_text(const NodeView<V>& node) {
  std::string out;
  for (const Attribute& one : node.attributes())
    detail::append(out, {out.empty() ? "" : ", ", one.name, "=", one.text});
  return out.empty() ? node.op() : detail::concat({node.op(), "(", out, ")"});
}

}  // namespace minigrad::inline MINIGRAD_ABI
