// graph/record_many.hpp - ops with as many inputs as there are at run time, such as concatenate.
#pragma once

#include <cstddef>
#include <span>
#include <utility>

#include "record.hpp"

namespace minigrad {
namespace detail {

/// A node with as many inputs as there are at run time. rule(g, y, k) is dL/d(input k).
template <class V, class Rule>
class ManyNode final : public Node<V> {
 public:
  ManyNode(const char* op, V value, bool needs_grad, std::span<const Var<V>> in, const Rule& rule)
      : Node<V>(&value_, needs_grad), op_(op), value_(std::move(value)), rule_(rule) {
    ids_.reserve(in.size());
    for (const Var<V>& x : in) ids_.push_back(x.id());
  }
  const char* op() const override { return op_; }
  std::span<const NodeId> inputs() const override { return {ids_.data(), ids_.size()}; }
  void pull(Graph<V>& graph, NodeId self, Adjoints<V>& adjoints) override {
    for (std::size_t k = 0; k < ids_.size(); ++k)
      if (const auto& x = graph.node(ids_[k]); x.needs_grad())
        pass_back(op_, adjoints[ids_[k]], V(rule_(*adjoints[self], value_, k)), x.value());
  }
  void pull(Graph<V>& graph, NodeId self, Adjoints<Var<V>>& adjoints, Wanted wanted) override {
    for (std::size_t k = 0; k < ids_.size(); ++k)
      if (wanted[ids_[k]])
        pass_back(op_, adjoints[ids_[k]], Var<V>(rule_(*adjoints[self], graph.at(self), k)),
                  graph.node(ids_[k]).value());
  }

 private:
  const char* op_;
  V value_;
  Rule rule_;
  PoolArray<NodeId> ids_;
};

}  // namespace detail

/// y = value(pointers to the inputs' values), for ops with any number of inputs, such as concatenate.
/// rule(g, y, k) is dL/d(input k). Throws ValueError for no inputs.
template <class V, class Value, class Rule>
Var<V> record_many(const char* op, std::span<const Var<V>> in, const Value& value, const Rule& rule) {
  if (in.empty()) detail::fail<ValueError>({op, ": nothing to put together"});
  Graph<V>& graph = in[0].graph();
  bool needs_grad = false;
  detail::PoolArray<const V*> values;
  values.reserve(in.size());
  for (const Var<V>& x : in) {
    graph.require_own(op, x);
    needs_grad = needs_grad || graph.node(x.id()).needs_grad();
    values.push_back(&x.value());
  }
  V y = value(std::span<const V* const>(values.data(), values.size()));
  return graph.template add<detail::ManyNode<V, Rule>>(true, op, std::move(y), needs_grad, in, rule);
}

}  // namespace minigrad
