// graph/hook.hpp - the side table of a graph: who looks at gradients on their way. Empty, it costs nothing.
#pragma once

#include <cstddef>
#include <utility>

#include "../core/ownership.hpp"
#include "../tensor/pool_array.hpp"
#include "node.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

template <class V>
class Sweep;  // see backward.hpp

/// The base of all that looks at gradients. `watch` is set where a Watcher is made, so that a program without one does
/// not compile run_watched, the sweep in diff/hook_runner.hpp that asks them (a virtual function would be compiled). It
/// is the same function in all of them.
template <class V>
struct Watcher {
  virtual ~Watcher() = default;
  void (*watch)(Sweep<V>&, Graph<V>&, Node<V>& root, const V* seed) =
      [](Sweep<V>& sweep, Graph<V>& graph, Node<V>& root, const V* seed) { run_watched(sweep, graph, root, seed); };
};

/// A function of a gradient, which it may replace; see diff/hooks.hpp.
template <class V>
struct Hook : Watcher<V> {
  virtual void run(V& g) = 0;
  virtual void run(Var<V>& g) = 0;
};

/// A function that is called when the gradient of a parameter is final.
template <class V>
struct GradReady : Watcher<V> {
  virtual void run() = 0;
};

/// Looks at each step of a sweep; see diff/anomaly.hpp.
template <class V>
struct Inspector : Watcher<V> {
  virtual void before_sweep(Graph<V>&, const Node<V>& root) = 0;
  /// After the rules of y have run. find(sweep, input) is the gradient of an input so far, or null.
  virtual void after_rules(Graph<V>&, const Node<V>& y, const V* (*find)(const void* sweep, const Node<V>& input),
                           const void* sweep) = 0;
};

template <class V>
struct Hooks {
  struct OfNode {
    NodeId id;
    Own<Hook<V>> hook;
    std::size_t first;     // where the first hook of this node stands
    Gradient<V> before{};  // what a variable had before this sweep
  };
  struct OfParameter {
    const ParameterState<V>* parameter;
    Own<GradReady<V>> hook;
    NodeId oldest_use = no_node;  // in this sweep
  };
  PoolArray<OfNode> of_nodes;
  PoolArray<OfParameter> of_parameters;
  Shared<Own<Inspector<V>>> inspector;

  /// One of those that look on, or null.
  Watcher<V>* any() const {
    if (!of_nodes.empty()) return of_nodes[0].hook.get();
    if (!of_parameters.empty()) return of_parameters[0].hook.get();
    return inspector ? inspector->get() : nullptr;
  }
  /// Forgets the hooks; the inspector stays.
  void clear() {
    of_nodes.clear();
    of_parameters.clear();
  }
};

}  // namespace minigrad::inline MINIGRAD_ABI::detail
