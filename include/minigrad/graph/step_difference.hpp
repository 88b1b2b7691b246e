// graph/step_difference.hpp - what differs between two recordings of one step.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "../core/format.hpp"
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

/// What an op reads besides its inputs: indices, and how they are called, or state that outlives the graph.
struct OtherInput {
  const char* name;
  const Tensor<std::int64_t>* indices;
  const void* state;
};
template <class V>
PoolArray<OtherInput> other_inputs(const Node<V>& y) {
  PoolArray<OtherInput> all;
  const AttributeList list(
      [](void*, const char*, const FormatArg&, const double*, std::size_t) {}, &all,
      [](void* to, const char* name, const Tensor<std::int64_t>& values) {
        static_cast<PoolArray<OtherInput>*>(to)->push_back({name, &values, nullptr});
      },
      [](void* to, const void* state) { static_cast<PoolArray<OtherInput>*>(to)->push_back({"", nullptr, state}); });
  if (y.op->describe) y.op->describe(y.held, list);
  return all;
}

/// "0.1 and is 0.100001": two numbers, with the digits in which they differ.
inline std::string was_and_is(double was, double is) {
  int digits = 6;
  while (digits < 17 && format_number(was, digits) == format_number(is, digits)) ++digits;
  return concat({format_number(was, digits), " and is ", format_number(is, digits)});
}
/// What differs between the attributes of two nodes of one op, or nothing.
template <class V>
std::string attribute_difference(const NodeView<V>& was, const NodeView<V>& is) {
  if (op_text(was) != op_text(is)) return concat({"the attributes were ", op_text(was), " and are ", op_text(is)});
  const std::vector<Attribute> a = was.attributes(), b = is.attributes();  // whose texts round
  for (std::size_t i = 0; i < a.size(); ++i)
    for (std::size_t j = 0; j < a[i].numbers.size(); ++j)
      if (const double x = a[i].numbers[j], y = b[i].numbers[j]; !same_bits(x, y))
        return concat({"the attribute ", a[i].name, " was ", was_and_is(x, y)});
  return "";
}

/// What differs between two recordings of a step at a node, or nothing. `is_input` says whether it is an input of the
/// step, whose value may differ; `size` is the number of nodes that the step recorded before.
template <class V>
std::string difference(Graph<V>& before, NodeId size, Graph<V>& now, NodeId id, bool is_input) {
  if (id >= size || id >= now.size()) return concat({"there were ", size, " nodes and are ", now.size()});
  const Node<V>&a = before.nodes()[id], &b = now.nodes()[id];
  const NodeView<V> x = before.node(id), y = now.node(id);
  if (a.op != b.op || std::string(a.name) != b.name) return concat({"the op was ", x.op(), " and is ", y.op()});
  if (const std::string what = attribute_difference(x, y); !what.empty()) return what;
  if (x.inputs() != y.inputs() || a.parameter != b.parameter) return "it has other inputs";
  for (std::size_t k = 0; k < a.inputs; ++k)
    if (const auto was = x.number(k), is = y.number(k); !same_bits(was, is))
      return concat({"the number was ", was_and_is(static_cast<double>(was), static_cast<double>(is))});
  const auto reads = other_inputs(a), reads_now = other_inputs(b);
  for (std::size_t k = 0; k < reads.size(); ++k) {
    if (reads[k].state != reads_now[k].state) return "the random generator or the buffer is another";
    if (!reads[k].indices) continue;
    const std::uint32_t place = before.nodes().place_of_indices(*reads[k].indices);
    const std::uint32_t place_now = now.nodes().place_of_indices(*reads_now[k].indices);
    const bool constant = place == before.nodes().index_places();
    if (constant != (place_now == now.nodes().index_places()) || (!constant && place != place_now))
      return concat({"another handle is read as ", reads[k].name});
    if (constant && !same_bits(*reads[k].indices, *reads_now[k].indices))
      return concat({"the constant ", reads[k].name, " is another"});
  }
  if (a.value && b.value && shape_of(*a.value) != shape_of(*b.value))
    return concat({"the shape was ", shape_of(*a.value), " and is ", shape_of(*b.value)});
  if (a.needs_grad != b.needs_grad)
    return a.needs_grad ? "it needed a gradient and needs none now" : "it needs a gradient now and needed none";
  if (a.inputs || a.parameter || is_input) return "";
  if (a.value == &a.own && !same_bits(a.own, b.own)) return "the constant is another";
  if (a.value != &a.own && a.value != b.value) return "another tensor is borrowed";
  return "";
}

}  // namespace minigrad::inline MINIGRAD_ABI::detail
