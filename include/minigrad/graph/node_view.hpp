// graph/node_view.hpp - what a graph tells of its nodes: ops with their attributes, inputs, shapes.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "node_store.hpp"

namespace minigrad::inline MINIGRAD_ABI {

/// What can be asked of a node: for pictures, messages, and export.
template <class V>
class NodeView {
 public:
  NodeView(const detail::NodeStore<V>& nodes, const detail::Node<V>& node) : nodes_(&nodes), node_(&node) {}

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
    if (node_->op->describe) node_->op->describe(node_->captured, list);
    return all;
  }
  /// The nodes it was computed from, in order; no_node in the place of a number, which number(k) then is.
  std::vector<NodeId> inputs() const {
    std::vector<NodeId> ids;
    for (std::size_t k = 0; k < node_->inputs; ++k) {
      const detail::Node<V>* in = nodes_->input(*node_, k);
      ids.push_back(in ? in->id : no_node);
    }
    return ids;
  }
  /// Input k where it is a number, and else 0.
  detail::scalar_type<V> number(std::size_t k) const {
    return nodes_->input(*node_, k) ? 0 : nodes_->number(*node_, k);
  }
  /// The value; null for a constant that was not kept, since no rule reads it.
  const V* value() const { return node_->value; }
  /// The shape of the value; [0] where none was kept.
  Shape shape() const { return node_->value ? shape_of(*node_->value) : Shape(0); }
  bool needs_grad() const { return node_->needs_grad; }              ///< Whether backward() passes a gradient to it.
  bool is_parameter() const { return node_->parameter != nullptr; }  ///< Whether it refers to a Parameter.
  bool is_leaf() const { return node_->op->forward == nullptr; }     ///< Whether it was given, not computed by an op.

 private:
  const detail::NodeStore<V>* nodes_;
  const detail::Node<V>* node_;
};

/// "sum(axis=1, keepdim=true)"; the name alone where there are no attributes.
template <class V>
std::string op_text(const NodeView<V>& node) {
  std::string out;
  for (const Attribute& one : node.attributes())
    detail::append(out, {out.empty() ? "" : ", ", one.name, "=", one.text});
  return out.empty() ? node.op() : detail::concat({node.op(), "(", out, ")"});
}

namespace detail {

/// Says which op between the node `root` and what needs a gradient, or only the node `from`, has no rule for an input;
/// nothing where there is none.
template <class V>
[[gnu::cold, gnu::noinline]] std::string missing_rule(const NodeStore<V>& nodes, NodeId root, const Node<V>* from = nullptr) {
  PoolArray<char> used(std::size_t{root} + 1), depends(std::size_t{root} + 1);
  used[root] = 1;
  for (NodeId id = root + 1; id-- > 0;)
    for (std::size_t k = 0; used[id] && k < nodes[id].inputs; ++k)
      if (const Node<V>* in = nodes.input(nodes[id], k)) used[in->id] = 1;
  for (NodeId id = 0; id <= root; ++id) {
    const Node<V>& y = nodes[id];
    depends[id] = from ? from == &y : y.needs_grad;
    for (std::size_t k = 0; k < y.inputs; ++k) {
      const Node<V>* const in = nodes.input(y, k);
      if (!in || !depends[in->id]) continue;
      depends[id] = 1;
      if (used[id] && (y.op->record_all ? !y.needs_grad : !(y.op->rules >> (y.op->variadic ? 0 : k) & 1)))
        return concat({"the op ", y.name, " (node ", id, ") has no derivative rule for its input ", k,
                       ": give it one in place of no_rule, if it has that derivative"});
    }
  }
  return "";
}

}  // namespace detail

}  // namespace minigrad::inline MINIGRAD_ABI
