// graph/reach.hpp - which nodes a node was computed from, to which its gradient passes, and which op on the way has no
// derivative rule.
#pragma once

#include <cstddef>

#include "node_store.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

/// For each node up to `root`, whether that was computed from it; or, if `by_gradient`, whether its gradient passes to it.
template <class V>
[[gnu::cold, gnu::noinline]] PoolArray<char> used_by(const NodeStore<V>& nodes, NodeId root, bool by_gradient = false) {
  PoolArray<char> used(std::size_t{root} + 1);
  used[root] = 1;
  for (NodeId id = root + 1; id-- > 0;) {
    const Node<V>& y = nodes[id];
    for (std::size_t k = 0; used[id] && k < y.inputs; ++k)
      if (const Node<V>* in = y.input(k);
          in && (!by_gradient || (y.op->one_rule ? in->needs_grad : (y.passes >> k) % 2 != 0)))
        used[in->id] = 1;
  }
  return used;
}
template <class V>
PoolArray<char> reached_from(const NodeStore<V>& nodes, NodeId root) {
  return used_by(nodes, root, true);
}

/// Throws GraphError for input k of y, which has no rule.
template <class V>
[[noreturn, gnu::cold, gnu::noinline]] void fail_missing_rule(const char* what, const Node<V>& y, std::size_t k) {
  const bool none = y.op->vjp[y.op->one_rule ? 0 : k].non_differentiable;
  fail<GraphError>({what, ": the op ", y.name, " (node ", y.id,
                    none ? ") passes no gradient to its input " : ") has no derivative rule for its input ", k,
                    none ? ", so that there is nothing to differentiate"
                         : ": give it one in place of no_rule, if it has that derivative"});
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
      if (y.op->record_all ? y.needs_grad : (y.op->differentiable >> (y.op->one_rule ? 0 : k)) % 2 != 0) continue;
      if (!from || (from->id <= in->id && used_by(nodes, in->id)[from->id]))
        fail_missing_rule(what, y, k);
    }
}

}  // namespace minigrad::inline MINIGRAD_ABI::detail
