// graph/step_difference.hpp - what differs between two recordings of one step.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

#include "graph.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

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
  if (y.op->describe) y.op->describe(y.held, list);
  return all;
}

/// What differs between two recordings of a step at a node, or nothing. `is_input` says whether it is an input of the
/// step, whose value may differ.
template <class V>
std::string difference(Graph<V>& before, Graph<V>& now, NodeId id, bool is_input) {
  if (id >= before.size() || id >= now.size())
    return concat({"there were ", before.size(), " nodes and are ", now.size()});
  const Node<V>&a = before.nodes()[id], &b = now.nodes()[id];
  const NodeView<V> x = before.node(id), y = now.node(id);
  if (a.op != b.op || std::string(a.name) != b.name) return concat({"the op was ", x.op(), " and is ", y.op()});
  if (op_text(x) != op_text(y)) return concat({"the attributes were ", op_text(x), " and are ", op_text(y)});
  if (x.inputs() != y.inputs() || a.parameter != b.parameter) return "it has other inputs";
  for (std::size_t k = 0; k < a.inputs; ++k)
    if (x.number(k) != y.number(k))
      return concat(
          {"the number was ", static_cast<double>(x.number(k)), " and is ", static_cast<double>(y.number(k))});
  const auto reads = indices_of(a), reads_now = indices_of(b);
  for (std::size_t k = 0; k < reads.size(); ++k) {
    const std::uint32_t place = before.nodes().place_of_indices(*reads[k].values);
    const std::uint32_t place_now = now.nodes().place_of_indices(*reads_now[k].values);
    const bool constant = place == before.nodes().index_places();
    if (constant != (place_now == now.nodes().index_places()) || (!constant && place != place_now))
      return concat({"another handle is read as ", reads[k].name});
    if (constant && !same_bits(*reads[k].values, *reads_now[k].values))
      return concat({"the constant ", reads[k].name, " is another"});
  }
  if (a.value && b.value && shape_of(*a.value) != shape_of(*b.value))
    return concat({"the shape was ", shape_of(*a.value), " and is ", shape_of(*b.value)});
  if (!a.inputs && !a.parameter && !is_input && a.value == &a.own && !same_bits(a.own, b.own))
    return "the constant is another";
  return "";
}

}  // namespace minigrad::inline MINIGRAD_ABI::detail
