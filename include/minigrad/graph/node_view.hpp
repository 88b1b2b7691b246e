// graph/node_view.hpp - what a graph tells of its nodes: ops with their attributes, inputs, shapes; which op has no rule;
// and what differs between two recordings.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "node_store.hpp"

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
    if (node_->op->describe) node_->op->describe(node_->captured, list);
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

/// "sum(axis=1, keepdim=true)"; the name alone where there are no attributes.
template <class V>
std::string op_text(const NodeView<V>& node) {
  std::string out;
  for (const Attribute& one : node.attributes())
    detail::append(out, {out.empty() ? "" : ", ", one.name, "=", one.text});
  return out.empty() ? node.op() : detail::concat({node.op(), "(", out, ")"});
}

namespace detail {

/// For each node up to `root`, whether that was computed from it.
template <class V>
[[gnu::cold, gnu::noinline]] PoolArray<char> used_by(const NodeStore<V>& nodes, NodeId root) {
  PoolArray<char> used(std::size_t{root} + 1);
  used[root] = 1;
  for (NodeId id = root + 1; id-- > 0;)
    for (std::size_t k = 0; used[id] && k < nodes[id].inputs; ++k)
      if (const Node<V>* in = nodes[id].input(k)) used[in->id] = 1;
  return used;
}

template <class V>
[[noreturn, gnu::cold, gnu::noinline]] void fail_missing_rule(const char* what, const Node<V>& y, std::size_t k) {
  fail<GraphError>({what, ": the op ", y.name, " (node ", y.id, ") has no derivative rule for its input ", k,
                    ": give it one in place of no_rule, if it has that derivative"});
}

/// Throws GraphError where an op between the node `root` and what needs a gradient, or the node `from` alone, has no rule
/// for an input.
template <class V>
[[gnu::cold, gnu::noinline]] void refuse_missing_rule(const char* what, const NodeStore<V>& nodes, NodeId root,
                                                      const Node<V>* from = nullptr) {
  const PoolArray<char> used = used_by(nodes, root);
  for (NodeId id = 0; id <= root; ++id)
    for (std::size_t k = 0; used[id] && k < nodes[id].inputs; ++k) {
      const Node<V>&y = nodes[id], *const in = y.input(k);
      if (!in || !in->needs_grad) continue;
      if (y.op->record_all ? y.needs_grad : (y.op->rules >> (y.op->one_rule ? 0 : k)) % 2 != 0) continue;
      if (!from || (from->id <= in->id && used_by(nodes, in->id)[from->id]))
        fail_missing_rule(what, y, k);
    }
}

/// Whether two values are the same to the bit.
template <class V>
bool same_bits(const V& a, const V& b) {
  if constexpr (is_tensor<V>)
    return a.shape() == b.shape() &&
           (a.size() == 0 || std::memcmp(a.data(), b.data(), a.size() * sizeof(*a.data())) == 0);
  else
    return std::memcmp(&a, &b, sizeof a) == 0;
}

/// The indices that an op reads, and how they are called.
struct NamedIndices {
  const char* name;
  const Tensor<std::int64_t>* values;
};
template <class V>
PoolArray<NamedIndices> indices_of(const Node<V>& y) {
  PoolArray<NamedIndices> all;
  const AttributeList list([](void*, const char*, const FormatArg&, const double*, std::size_t) {}, &all,
                           [](void* to, const char* name, const Tensor<std::int64_t>& values) {
                             static_cast<PoolArray<NamedIndices>*>(to)->push_back({name, &values});
                           });
  if (y.op->describe) y.op->describe(y.captured, list);
  return all;
}

/// What differs between two recordings of a step at a node, or nothing. `is_input` says whether it is an input of the
/// step, whose value may differ.
template <class V>
std::string difference(Graph<V>& before, Graph<V>& now, NodeId id, bool is_input) {
  if (id >= before.size() || id >= now.size()) return "the number of ops";
  const Node<V>&a = before.nodes()[id], &b = now.nodes()[id];
  const NodeView<V> x = before.node(id), y = now.node(id);
  if (a.op != b.op || std::string(a.name) != b.name) return concat({"the op, ", x.op(), " then and ", y.op(), " now,"});
  if (op_text(x) != op_text(y)) return concat({"the attributes, ", op_text(x), " then and ", op_text(y), " now,"});
  if (x.inputs() != y.inputs() || a.parameter != b.parameter) return "the inputs";
  for (std::size_t k = 0; k < a.inputs; ++k)
    if (x.number(k) != y.number(k))
      return concat(
          {"the number ", static_cast<double>(x.number(k)), " then and ", static_cast<double>(y.number(k)), " now,"});
  const auto reads = indices_of(a), reads_now = indices_of(b);
  for (std::size_t k = 0; k < reads.size(); ++k) {
    const std::uint32_t place = before.nodes().place_of_indices(*reads[k].values);
    const std::uint32_t place_now = now.nodes().place_of_indices(*reads_now[k].values);
    const bool constant = place == before.nodes().index_places();
    if (constant != (place_now == now.nodes().index_places()) || (!constant && place != place_now))
      return concat({"the handle that is read as ", reads[k].name});
    if (constant && !same_bits(*reads[k].values, *reads_now[k].values)) return concat({"the constant ", reads[k].name});
  }
  if (a.value && b.value && shape_of(*a.value) != shape_of(*b.value)) return "the shape";
  if (!a.inputs && !a.parameter && !is_input && a.value == &a.own && !same_bits(a.own, b.own)) return "the constant";
  return "";
}

}  // namespace detail

}  // namespace minigrad::inline MINIGRAD_ABI
