// graph/graph.hpp - the computation graph: what was computed from what, in the order in which it happened.
//
// Every node comes after the nodes it was computed from. So "a node before its inputs", the order in which derivatives
// must be passed back, is simply "from the newest to the oldest": no sort, no recursion, no reference counts.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "node.hpp"

namespace minigrad {

/// A handle to one node of a Graph: cheap to copy, usable until the graph is cleared or gone. Using one after clear()
/// throws GraphError; one that outlives its Graph must not be used at all.
template <class V>
class Var {
 public:
  using value_type = V;

  Var() = default;

  const V& value() const { return node().value(); }

  /// The number, of a Var that holds one.
  auto item() const {
    if constexpr (is_tensor<V>) return value().item();
    else return value();
  }

  /// dL/d(this), after backward(L): kept for graph.variable()s, where several backward() add up, and after
  /// graph.retain_grads() for every Var, of the last backward() alone. Throws GraphError where none was kept.
  const V& grad() const { return graph().gradient(*this); }

  /// Forgets it, so that the next backward() starts anew.
  void zero_grad() const { graph().zero_gradient(*this); }

  Graph<V>& graph() const {
    node();  // checks that the handle is still good
    return *graph_;
  }
  NodeId id() const { return id_; }

 private:
  friend class Graph<V>;
  Var(Graph<V>* graph, NodeId id, std::uint32_t generation) : graph_(graph), id_(id), generation_(generation) {}
  auto& node() const;
  [[noreturn, gnu::cold, gnu::noinline]] void refuse() const {
    if (!graph_) detail::fail<GraphError>({"Var: used before it was given a value"});
    detail::fail<GraphError>({"Var: used after clear() of its graph"});
  }

  Graph<V>* graph_ = nullptr;
  NodeId id_ = 0;
  std::uint32_t generation_ = 0;
};

template <class V>
Shape shape_of(const Var<V>& x) {
  return shape_of(x.value());
}
template <class V>
Shape shape_of(const Parameter<V>& x) {
  return shape_of(x.value());
}

namespace detail {
/// Tells this thread's graphs apart, and what one of them held before clear() from what it holds after.
inline constinit thread_local std::uint32_t last_generation = 0;

/// Looks on while gradients are passed back; see anomaly.hpp.
template <class V>
struct Inspector {
  virtual ~Inspector() = default;
  virtual void before_sweep(Graph<V>&, const Var<V>& root) = 0;
  virtual void after_pull(Graph<V>&, NodeId, const Adjoints<V>&) = 0;
  virtual void after_pull(Graph<V>&, NodeId, const Adjoints<Var<V>>&) = 0;
};
}  // namespace detail

/// The nodes of one computation on values of type V: a number type, or a Tensor. Ops on its Vars add nodes; clear()
/// forgets them and keeps their memory. A new Graph for every step costs the same as clear(), so that nothing is lost
/// by forgetting it. A Graph belongs to one thread.
template <class V>
class Graph {
  static_assert(!std::is_integral_v<detail::scalar_type<V>>,
                "minigrad: a Graph differentiates, and whole numbers have no derivatives: write 2.0, not 2");

 public:
  using value_type = V;
  static constexpr bool owns_values = !std::is_trivially_destructible_v<V>;

  Graph() { nodes_.reserve(64); }
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;
  ~Graph() {
    clear();
    for (std::byte* block : blocks_) detail::pool_give(block, block_bytes);
  }

  /// A node for a value that needs no gradient: data.
  Var<V> input(V value) { return add<detail::InputNode<V>>(owns_values, std::move(value), false); }

  /// A node for a value whose gradient is wanted: read it by .grad() after backward().
  Var<V> variable(V value) { return add<detail::InputNode<V>>(owns_values, std::move(value), true); }

  /// A node that refers to a parameter; backward() adds to the parameter's gradient. The parameter must keep its value
  /// and stay alive until then.
  Var<V> parameter(const Parameter<V>& p) { return add<detail::ParameterNode<V>>(false, p.state(), frozen_); }
  Var<V> parameter(const Parameter<V>&& dies_too_early) = delete;

  std::size_t size() const { return nodes_.size(); }

  /// Forgets all nodes. Every Var of this graph becomes invalid, and says so when used.
  void clear() {
    if (in_use_)
      detail::fail<GraphError>({"clear: called by a hook, or within checkpoint(), while the graph is in use: call it "
                                "later"});
    if (adjoints_in_use_) adjoints_.clear();
    adjoints_in_use_ = false;
    if (own_memory_)
      for (std::size_t i = nodes_.size(); i-- > 0;) nodes_[i]->~Node();
    own_memory_ = false;
    nodes_.clear();
    if (!blocks_.empty()) use_block(0);
    generation_ = ++detail::last_generation;
  }

  /// From now on backward() keeps the gradient of every node, not only of variables and parameters.
  void retain_grads(bool on = true) { retain_grads_ = on; }

  /// From now on parameters are constants to this graph: what is wanted are derivatives with respect to its variables.
  void freeze_parameters(bool on = true) { frozen_ = on; }

  // ---- what ops and sweeps are made of; see record.hpp and backward.hpp ----

  /// Adds a node of type N. `owns_memory` says whether it must be destroyed.
  template <std::derived_from<detail::Node<V>> N, class... Args>
  Var<V> add(bool owns_memory, Args&&... args) {
    return add(owns_memory, new (room(sizeof(N))) N(std::forward<Args>(args)...));
  }
  Var<V> add(bool owns_memory, detail::Node<V>* node) {
    nodes_.push_back(node);
    own_memory_ = own_memory_ || owns_memory;
    return at(static_cast<NodeId>(nodes_.size() - 1));
  }
  /// Puts a node into the place of another, which it owns.
  template <std::derived_from<detail::Node<V>> N>
  N& wrap(NodeId id) {
    N* node = new (room(sizeof(N))) N(*nodes_[id]);
    nodes_[id] = node;
    own_memory_ = true;
    return *node;
  }

  // Nodes stand one after another in blocks of memory that clear() keeps.
  static constexpr std::size_t block_bytes = std::size_t{1} << 16;
  static constexpr std::size_t node_alignment =
      (std::max)({alignof(V), alignof(detail::scalar_type<V>), alignof(void*)});

  /// Memory for one more node.
  void* room(std::size_t bytes) {
    bytes = (bytes + node_alignment - 1) / node_alignment * node_alignment;
    if (bytes > static_cast<std::size_t>(block_end_ - free_) || nodes_.size() == nodes_.capacity()) more_room(bytes);
    return std::exchange(free_, free_ + bytes);
  }

  Var<V> at(NodeId id) { return Var<V>(this, id, generation_); }
  detail::Node<V>& node(NodeId id) { return *nodes_[id]; }
  const detail::Node<V>& node(NodeId id) const { return *nodes_[id]; }

  bool owns(const Var<V>& x) const { return x.graph_ == this && x.generation_ == generation_; }
  /// Throws GraphError, naming `op`, for a Var of another graph, one from before clear(), and one without a value.
  void require_own(const char* op, const Var<V>& x) const {
    if (owns(x)) return;
    if (!x.graph_ || x.graph_ == this) x.refuse();
    detail::fail<GraphError>({op, ": the operands belong to different graphs"});
  }

  /// As long as the result lives, clear() is refused.
  [[nodiscard]] detail::ScopedFlag keep_nodes() { return detail::ScopedFlag(in_use_); }

  /// Somebody who looks on at every sweep, or null.
  void inspect(std::shared_ptr<detail::Inspector<V>> inspector) { inspector_ = std::move(inspector); }
  /// Takes over how another graph treats parameters, and who looks on.
  void configure_like(const Graph& other) {
    frozen_ = other.frozen_;
    inspector_ = other.inspector_;
  }

  /// dL/dv for every node v with needs_grad, from dL/d(root) = seed: computed, and kept by the nodes that do so.
  void sweep(const Var<V>& root, V seed) {
    if (!nodes_[root.id()]->needs_grad()) return;
    if (sweeping_)
      detail::fail<GraphError>({"backward: called by a hook, while gradients pass through the same graph: call it "
                                "later, or give the hook a graph of its own"});
    const detail::ScopedFlag sweeps(sweeping_), keeps_nodes(in_use_);
    const std::size_t count = std::size_t{root.id()} + 1;
    if (adjoints_in_use_) adjoints_.clear();  // by the last sweep, which was to keep them or was broken off
    adjoints_in_use_ = true;
    if (adjoints_.size() < count) adjoints_.reset(count);
    adjoints_[root.id()] = std::move(seed);
    if (inspector_) inspector_->before_sweep(*this, root);
    for (std::size_t i = count; i-- > 0;) {
      if (!adjoints_[i] || !nodes_[i]->needs_grad()) continue;
      nodes_[i]->pull(*this, static_cast<NodeId>(i), adjoints_);
      if (inspector_) inspector_->after_pull(*this, static_cast<NodeId>(i), adjoints_);
      if (!retain_grads_) adjoints_[i].reset();
    }
    adjoints_in_use_ = retain_grads_;
  }

  /// The same, recorded as new nodes of this graph, for the nodes marked as wanted.
  detail::Adjoints<Var<V>> sweep(const Var<V>& root, const Var<V>& seed, detail::Wanted wanted) {
    const detail::ScopedFlag keeps_nodes(in_use_);
    detail::Adjoints<Var<V>> adjoints(std::size_t{root.id()} + 1);
    adjoints[root.id()] = seed;
    if (inspector_) inspector_->before_sweep(*this, root);
    for (std::size_t i = adjoints.size(); i-- > 0;) {
      if (!adjoints[i] || !wanted[i]) continue;
      nodes_[i]->pull(*this, static_cast<NodeId>(i), adjoints, wanted);
      if (inspector_) inspector_->after_pull(*this, static_cast<NodeId>(i), adjoints);
    }
    return adjoints;
  }

  /// The gradient kept for a node, or null.
  const V* find_gradient(NodeId id) const {
    if (const V* kept = nodes_[id]->kept_grad()) return kept;
    return id < adjoints_.size() && adjoints_[id] ? &*adjoints_[id] : nullptr;
  }

 private:
  friend class Var<V>;

  void zero_gradient(const Var<V>& x) {
    nodes_[x.id()]->zero_grad();
    if (x.id() < adjoints_.size()) adjoints_[x.id()].reset();
  }
  const V& gradient(const Var<V>& x) const {
    if (const V* found = find_gradient(x.id())) return *found;
    if (!nodes_[x.id()]->needs_grad())
      detail::fail<GraphError>(
          {"grad: this Var (", nodes_[x.id()]->op(), ") needs no gradient: make it by graph.variable()"});
    detail::fail<GraphError>({"grad: no gradient is kept for this Var (", nodes_[x.id()]->op(),
                              "): call backward() on a loss that uses it, and graph.retain_grads() before that "
                              "for one in the middle of the graph"});
  }

  [[gnu::noinline]] void more_room(std::size_t bytes) {
    if (nodes_.size() == no_node) detail::fail<GraphError>({"Graph: more than 2^32 nodes"});
    if (nodes_.size() == nodes_.capacity())  // so that adding a node cannot fail
      nodes_.reserve((std::min)(2 * nodes_.capacity(), std::size_t{no_node}));
    if (bytes <= static_cast<std::size_t>(block_end_ - free_)) return;
    const std::size_t next = blocks_.empty() ? 0 : block_ + 1;
    if (next == blocks_.size()) {
      blocks_.make_room();
      blocks_.push_back(static_cast<std::byte*>(detail::pool_take(block_bytes)));
    }
    use_block(next);
  }
  void use_block(std::size_t block) {
    block_ = block;
    free_ = blocks_[block];
    block_end_ = free_ + block_bytes;
  }

  detail::PoolArray<detail::Node<V>*> nodes_;
  detail::PoolArray<std::byte*> blocks_;
  std::size_t block_ = 0;  // the one that nodes are put into, from free_ on
  std::byte *free_ = nullptr, *block_end_ = nullptr;
  std::uint32_t generation_ = ++detail::last_generation;
  bool retain_grads_ = false;
  bool frozen_ = false;      // the parameters
  bool own_memory_ = false;  // whether any node does, so that it must be destroyed
  bool adjoints_in_use_ = false;
  bool sweeping_ = false;  // gradients are on their way
  bool in_use_ = false;    // by a sweep or a function, so that nodes must stay
  std::shared_ptr<detail::Inspector<V>> inspector_;
  detail::Adjoints<V> adjoints_;  // kept between sweeps for its memory; all are empty unless they are in use
};

template <class V>
auto& Var<V>::node() const {
  if (!graph_ || generation_ != graph_->generation_) refuse();
  return graph_->node(id_);
}

}  // namespace minigrad
