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
                        "record it again, by capture()"});
}

/// The ops of a recorded graph, in order.
template <class V>
struct RecordedOps {
  PoolArray<Node<V>*> all;
  NodeId listed = 0;
  /// Runs them again, on what the inputs hold now.
  void run(Graph<V>& graph) {
    NodeStore<V>& nodes = graph.nodes();
    for (; listed < nodes.size(); ++listed) {  // once, and after more was recorded
      Node<V>& y = nodes[listed];
      if (!y.op->forward) continue;
      y.runs_again = true;
      all.push_back(&y);
    }
    nodes.forget_losses();
    for (Node<V>* x : nodes.variables())
      if (x->grad) x->grad->present = false;
    for (Node<V>* y : all) y->op->forward(graph, *y);
  }
};

}  // namespace minigrad::inline MINIGRAD_ABI::detail
