// graph/recorded_ops.hpp - the ops of a graph, which run again on other inputs.
#pragma once

#include <cstddef>

#include "graph.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

/// Throws GraphError where something that a recorded step depends on has changed. Parameters are to have the values that
/// they have now.
template <class V>
[[gnu::noinline]] void prepare_replay(Graph<V>& graph) {
  for (auto& use : graph.uses()) {
    if (use.requires_grad != use.state->requires_grad || shape_of(use.state->value) != use.shape)
      fail<GraphError>({"replay: a parameter of shape ", use.shape, " has another shape or requires_grad than when the "
                        "step was recorded: record it again, by capture()"});
    use.renew();
  }
  if (graph.borrowed().empty() && graph.modes().empty()) return;
  for (const auto& one : graph.borrowed())
    if (const Shape now = shape_of(*one.value); now != one.shape)
      fail<GraphError>({"replay: a borrowed tensor of shape ", one.shape, " has shape ", now, " now: record the step "
                        "again, by capture()"});
  for (const auto& mode : graph.modes())
    if (*mode.flag != mode.value)
      fail<GraphError>({"replay: the mode of a layer has changed since the step was recorded, by train() or eval(): "
                        "change it back, or record the step again, by capture()"});
}

/// Runs an op whose function alone says the shape of the result. Throws ShapeError for another shape than the recorded one.
/// After an exception the value, which the op may have left empty, has the recorded shape again.
template <class V>
[[gnu::noinline]] void run_whole(Graph<V>& graph, Node<V>& y) {
  const Shape before = shape_of(y.own);
  try {
    y.op->forward(graph, y);
    if (const Shape now = shape_of(y.own); now != before)
      fail<ShapeError>({"replay: ", y.name, " gives a result of shape ", now, " and was recorded with ", before,
                        ": shapes are fixed: record another step, by capture(), for these inputs"});
  } catch (...) {
    if constexpr (is_tensor<V>) reshape_memory(y.own, before);
    throw;
  }
}

/// The ops of a recorded graph, in order.
template <class V>
struct RecordedOps {
  struct One {
    void (*forward)(Graph<V>&, Node<V>&);
    Node<V>* y;
  };
  PoolArray<One> all;
  NodeId listed = 0;
  /// Runs them again, on what the inputs hold now.
  void run(Graph<V>& graph) {
    NodeStore<V>& nodes = graph.nodes();
    for (; listed < nodes.size(); ++listed)  // once, and after more was recorded
      if (const Op<V>& op = *nodes[listed].op; op.forward)
        all.push_back({is_scalar<V> || op.shape ? op.forward : run_whole<V>, &nodes[listed]});
    nodes.forget_losses();
    for (Node<V>* x : nodes.variables())
      if (x->grad) x->grad->present = false;
    for (const One& one : all) one.forward(graph, *one.y);
  }
};

}  // namespace minigrad::inline MINIGRAD_ABI::detail
