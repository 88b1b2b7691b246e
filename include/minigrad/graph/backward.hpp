// graph/backward.hpp - backward(): the chain rule, from the loss back to every parameter and variable.
//
// How a rule is reached: backward(loss) -> sweep -> Sweep::run, which goes back along Node::previous_op ->
// Sweep::pass(y) -> y.op->vjp[k].accumulate(graph, y, k). That is
//   for an op on whole tensors     OpTable::accumulate<k> (op_table.hpp), which calls the rule;
//   for an elementwise op          elementwise_accumulate (elementwise_node.hpp), which runs vjp[k].each over memory: a
//                                  loop, inner_loop<T, Rule, ...>, that calls the rule for each element;
//   for its mean() or sum()        reduced_accumulate, the same with the share of each element;
//   for the rule same_gradient     accumulate_same (accumulate.hpp), which calls none.
// What a rule gives is added to the gradient of input k (accumulate.hpp). Op::backward calls all rules of an op at once: in
// a Graph of numbers, for record_many() and for checkpoint(). A rule is found where the node holds it, with a copy of its
// attributes as its first argument (With in rules.hpp). Where there are hooks, run_watched (diff/hook_runner.hpp) sweeps in
// place of Sweep::run.
#pragma once

#include <bit>
#include <cstddef>
#include <new>
#include <utility>

#include "reach.hpp"
#include "record.hpp"

namespace minigrad::inline MINIGRAD_ABI {
namespace detail {

/// The loss must be a single number.
template <class V>
void require_single_number(const char* op, const V& y) {
  if constexpr (is_tensor<V>)
    if (y.size() != 1)
      fail<GraphError>({op, ": the loss has shape ", shape_of(y), ", and only a single number has a gradient: take its "
                        "sum() or mean()"});
}

/// Throws GraphError where the rule of a node to which the gradient of `root` passes reads a parameter that was written.
/// Returns whether a parameter was frozen.
template <class V>
[[gnu::cold, gnu::noinline]] bool refuse_changed(Graph<V>& graph, NodeId root) {
  if (const auto found = find_changed(graph.nodes(), graph.uses(), reached_from(graph.nodes(), root), root + 1); found.use)
    refuse_changed("backward", *found.use);
  bool frozen = false;
  for (const auto& use : graph.uses()) frozen |= use.frozen();
  return frozen;
}

/// Throws GraphError where a parameter was written since `root` was computed from it: derivatives would mix both values.
/// Returns whether a parameter was frozen since.
template <class V>
bool require_unchanged(Graph<V>& graph, NodeId root) {
  bool frozen = false;
  for (const auto& use : graph.uses()) {
    if (use.id > root) break;
    if (use.changed()) return refuse_changed(graph, root);
    frozen |= use.frozen();
  }
  return frozen;
}

/// dL/dv for every node v that L was computed from, from dL/d(root): kept by the nodes with `keeps_grad`.
template <class V>
class Sweep {
 public:
  Sweep(Graph<V>& graph, Node<V>& root)
      : graph_(graph), nodes_(graph.nodes()), root_(root), sweeps_(graph.sweeping()), keeps_nodes_(graph.keep_nodes()) {}

  /// seed is dL/d(root), and 1 where it is null.
  void run(const V* seed) {
    Graph<V>& graph = graph_;  // which stays in a register: what members refer to is read again after each call
    frozen_ = require_unchanged(graph, root_.id);
    Watcher<V>* const watcher = graph.hooks().any();
    if (watcher && graph.hooks().inspector) (*graph.hooks().inspector)->before_sweep(graph, root_);
    try {
      if (frozen_) set_aside_frozen();
      graph.nodes().begin_sweep(watcher || graph.retains_grads() ? nullptr : &root_);
      if (watcher) {
        watcher->watch(*this, graph_, root_, seed);
      } else {
        begin(seed);
        const NodeStore<V>& nodes = graph.nodes();
        for (NodeId id = root_.inputs ? root_.id : no_node; id != no_node;) {
          Node<V>& y = nodes[id];
          if (has_gradient(y)) pass(graph, y);
          id = y.previous_op;
        }
        end();
      }
    } catch (...) {
      give_up();
    }
  }

  /// Where the sweep begins: dL/d(root).
  void begin(const V* seed) {
    if (seed) return store_or_add(nodes_, root_, *seed);
    const bool first = nodes_.begin_grad(root_) == Write::assign;
    scalar_type<V>* g;
    if constexpr (is_tensor<V>) g = root_.grad->value.data();
    else g = &root_.grad->value;
    *g = first ? 1 : *g + 1;
  }

  /// Passes the gradient of y, which is complete, on to its inputs.
  static void pass(Graph<V>& graph, Node<V>& y) {
    const Op<V>& op = *y.op;
    try {
      if (op.backward) op.backward(graph, y);
      else
        for (unsigned rest = y.passes; rest; rest &= rest - 1) {
          const auto k = std::size_t{static_cast<unsigned>(std::countr_zero(rest))};
          op.vjp[k].accumulate(graph, y, k);
        }
    } catch (...) {
      rethrow_with("passing a gradient through", y.name);
    }
    if (graph.retains_grads()) graph.nodes().retain(y);
    else graph.nodes().end_grad(y);
  }

  void end() {
    if (frozen_) drop_frozen();
  }

 private:
  /// A parameter that was frozen since it was recorded keeps the gradient that it has, as in PyTorch. What this sweep
  /// passes to it goes to lent memory, and is dropped.
  [[gnu::cold]] void set_aside_frozen() {
    nodes_.forget_lent();  // this sweep is not like the one before
    for (const auto& use : graph_.uses())
      if (use.id <= root_.id && nodes_[use.id].parameter && use.frozen()) nodes_[use.id].grad = nullptr;
  }
  [[gnu::cold]] void drop_frozen() {
    for (const auto& use : graph_.uses())
      if (Node<V>& x = nodes_[use.id]; x.parameter) nodes_.restore_grad(x);
  }

  /// In a catch block: no gradient is on its way, and none has arrived at what the root was computed from. Throws again.
  [[noreturn, gnu::cold, gnu::noinline]] void give_up() {
    PoolArray<char> used;
    try {
      used = used_by(nodes_, root_.id);
    } catch (const std::bad_alloc&) {  // then those of other losses go too
    }
    const auto of_loss = [&](NodeId id) { return id <= root_.id && (used.empty() || used[id]); };
    for (const auto& use : graph_.uses()) {
      Node<V>& x = nodes_[use.id];  // the parameter's, or that of a checkpoint, whose gradients arrive by another graph
      if (x.parameter) nodes_.restore_grad(x);
      if (of_loss(use.id) && use.state->requires_grad && (x.parameter ? x.needs_grad : !graph_.freezes_parameters()))
        use.state->zero_grad();
    }
    for (Node<V>* x : nodes_.variables())
      if (of_loss(x->id) && x->grad) x->grad->present = false;
    nodes_.forget_lent();
    for (auto& one : graph_.hooks().of_nodes) one.before.present = false;
    try {
      throw;
    } catch (Error& error) {
      if (!graph_.nested())
        error.append("; the parameters of this loss have no gradient now, as after zero_grad(): mend the cause, then "
                     "call backward() again");
      throw;
    }
  }

  Graph<V>& graph_;
  NodeStore<V>& nodes_;
  Node<V>& root_;
  ScopedFlag sweeps_, keeps_nodes_;
  bool frozen_ = false;  // a parameter, since it was recorded
};

template <class V>
void sweep(Graph<V>& graph, Node<V>& root, const V* seed = nullptr) {
  if (!root.needs_grad) return;
  if (graph.sweeping())
    fail<GraphError>({"backward: called while its graph is in use, by a hook or by a function that capture() records: "
                      "call it afterwards, for a captured step as step.backward()"});
  Sweep<V>(graph, root).run(seed);
}
template <class V>
void sweep(const Var<V>& root, const V* seed = nullptr) {
  sweep(root.graph(), root.node(), seed);
}

}  // namespace detail

/// What backward() is told besides the loss.
struct BackwardOptions {
  /// backward() may be called again on the same loss, and adds the same gradients once more.
  bool keep_graph = false;
};

/// Adds dL/dp to the gradient of every Parameter and variable that the loss L was computed from. L must be a single
/// number: throws GraphError for any other shape, for a loss that depends on nothing that needs a gradient, where a
/// parameter was changed since the loss was computed, and for the second backward() on one loss, whose gradients would
/// count twice, unless the first was told to keep_graph. Where anything throws on the way, the parameters and
/// variables that the loss was computed from have no gradient, and backward() may be called again.
template <class V>
void backward(const Var<V>& loss, const BackwardOptions& options = {}) {
  detail::Node<V>& node = loss.node();
  detail::require_single_number("backward", *node.value);
  if (!node.needs_grad) {
    detail::refuse_missing_rule("backward", loss.graph().nodes(), node.id);
    detail::fail<GraphError>({"backward: the loss depends on no Parameter and no graph.variable(), so there is nothing "
                              "to differentiate"});
  }
  if (node.was_loss)
    detail::fail<GraphError>({"backward: called twice on the same loss, so that its gradients would count twice: "
                              "compute the loss anew, or, if that is meant, let the first call be backward(loss, "
                              "{.keep_graph = true})"});
  Graph<V>& graph = loss.graph();
  detail::sweep(graph, node);
  if (!options.keep_graph) graph.nodes().note_loss(node);
}

template <class X>
  requires(is_scalar<X> || is_tensor<X>)
void backward(const X&, const BackwardOptions& = {}) {
  static_assert(!sizeof(X),
                "minigrad: backward() of a value that no graph has recorded: wrap the data by graph.input(x)");
}

}  // namespace minigrad
