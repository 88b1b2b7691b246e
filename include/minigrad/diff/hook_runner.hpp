// diff/hook_runner.hpp - a sweep that calls hooks, at the nodes and parameters for which they are registered, and the
// inspector.
#pragma once

#include <cstddef>
#include <utility>

#include "../graph/backward.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

/// Whether a parameter was written since a node was computed with it.
template <class V>
bool any_changed(const PoolArray<ParameterUse<V>>& uses) {
  bool any = false;
  for (const auto& use : uses) any = any || use.changed();
  return any;
}
/// Throws GraphError for a parameter that a hook wrote, and that a rule still reads.
template <class V>
[[gnu::cold]] void refuse_written(const char* op, const ChangedUse<V>& found) {
  if (found.use)
    fail<GraphError>({op, ": a hook wrote to a parameter of shape ", found.use->shape, " whose value is still read by the "
                      "rule of ", found.reader->name, ": write to it after ", op,
                      "(), or by register_post_accumulate_grad_hook() of it"});
}

/// The hooks of one sweep. A hook sees the gradient of this sweep alone: what a node or parameter had before is set
/// aside when the sweep begins, and added again after the hook, or when it ends.
template <class V>
class HookRunner {
 public:
  HookRunner(Graph<V>& graph, Node<V>& root)
      : graph_(graph), nodes_(graph.nodes()), root_(root.id), count_(graph.hooks().of_nodes.size()) {
    for (auto& one : graph_.hooks().of_nodes) {
      Node<V>& x = nodes_[one.id];
      if (!x.keeps_grad || one.id > root.id || &graph_.hooks().of_nodes[one.first] != &one) continue;
      if (x.parameter) x.grad = nullptr;  // the gradient by this use alone
      else if (x.grad) std::swap(one.before, *x.grad);
    }
    if (graph_.hooks().of_parameters.empty()) return;
    const PoolArray<char> reached = reached_from(nodes_, root.id);
    for (auto& one : graph_.hooks().of_parameters) {
      one.oldest_use = no_node;
      for (const auto& use : graph_.uses())
        if (use.state == one.parameter && use.id <= root.id && use.passes && reached[use.id] && !use.frozen()) {
          one.oldest_use = use.id;
          break;
        }
    }
  }

  /// Calls the hooks of y, whose gradient is complete.
  void run(Node<V>& y) {
    auto& hooks = graph_.hooks().of_nodes;
    for (std::size_t i = 0; i < count_; ++i)
      if (hooks[i].id == y.id) hooks[i].hook->run(y.grad->value);
    require_not_written(y.id + 1);
    if (!y.keeps_grad || (y.parameter && !y.parameter->requires_grad)) return;
    for (std::size_t i = 0; i < count_; ++i) {  // add what was there before
      if (hooks[i].id != y.id || hooks[i].first != i) continue;
      if (y.parameter) {
        Gradient<V>& lent = *y.grad;
        y.grad = &y.parameter->grad;
        store_or_add(nodes_, y, lent.value);
        nodes_.give_back(lent);
      } else if (hooks[i].before.present) {
        std::swap(hooks[i].before, *y.grad);
        store_or_add(nodes_, y, hooks[i].before.value);
        hooks[i].before.present = false;
      }
    }
  }
  /// The sweep leaves the oldest use of a parameter behind: its gradient is final.
  void run_final(const Node<V>& y) {
    auto& hooks = graph_.hooks().of_parameters;
    for (std::size_t i = 0; i < hooks.size(); ++i)
      if (hooks[i].oldest_use == y.id && hooks[i].parameter->grad.present) {
        hooks[i].hook->run();
        require_not_written(y.id);
      }
  }
  void end() {
    for (auto& one : graph_.hooks().of_nodes) {
      Node<V>& x = nodes_[one.id];
      if (x.parameter) nodes_.restore_grad(x);  // lent memory is still there if a hook froze it
      else if (one.before.present && x.grad && !x.grad->present) std::swap(one.before, *x.grad);
    }
  }

 private:
  /// After a hook: no rule of the nodes before `end` reads what it wrote.
  void require_not_written(NodeId end) const {
    if (any_changed(graph_.uses()))
      refuse_written("backward", find_changed(nodes_, graph_.uses(), reached_from(nodes_, root_), end));
  }

  Graph<V>& graph_;
  NodeStore<V>& nodes_;
  NodeId root_;
  std::size_t count_;  // of hooks; those that a hook adds are for the next sweep
};

/// What a Watcher of a graph makes of a sweep.
template <class V>
void run_watched(Sweep<V>& sweep, Graph<V>& graph, Node<V>& root, const V* seed) {
  HookRunner<V> hooks(graph, root);
  sweep.begin(seed);
  for (NodeId id = root.id + 1; id-- > 0;) {
    Node<V>& y = graph.nodes()[id];
    if (y.hooked && has_gradient(y)) hooks.run(y);
    if (y.inputs && has_gradient(y)) {
      sweep.pass(graph, y);
      const auto gradient = [](const void*, const Node<V>& x) -> const V* {
        return has_gradient(x) && x.needs_grad ? &x.grad->value : nullptr;
      };
      if (graph.hooks().inspector) (*graph.hooks().inspector)->after_rules(graph, y, gradient, nullptr);
    }
    hooks.run_final(y);
  }
  sweep.end();
  hooks.end();
}

}  // namespace minigrad::inline MINIGRAD_ABI::detail
