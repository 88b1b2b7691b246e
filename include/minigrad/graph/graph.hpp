// graph/graph.hpp - the computation graph: what was computed from what, in the order in which it happened.
//
// Every node comes after the nodes it was computed from. So "a node before its inputs", the order in which derivatives
// must be passed back, is simply "from the newest to the oldest": no sort, no recursion, no reference counts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "../core/atomic_number.hpp"
#include "hook.hpp"
#include "node.hpp"
#include "node_view.hpp"
#include "reach.hpp"
#include "uses.hpp"
#include "var.hpp"

namespace minigrad::inline MINIGRAD_ABI {
/// The nodes of one computation on values of type V: a number type, or a Tensor. Ops on its Vars add nodes; clear()
/// forgets them and keeps their memory, so that a step like the one before takes none.
///
/// A Graph belongs to the thread that made it: recording and clear() on another throw GraphError, until adopt() makes
/// that one the owner. It may be destroyed on any thread.
template <class V>
class Graph {
  static_assert(!std::is_integral_v<detail::scalar_type<V>>,
                "minigrad: a Graph differentiates, and whole numbers have no derivatives: write 2.0, not 2");
  using Node = detail::Node<V>;

 public:
  using value_type = V;
  [[gnu::noinline]] Graph() {}
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;
  [[gnu::noinline]] ~Graph() {}  // not inlined, since that would be much code wherever a Graph ends

  /// A node for a value that needs no gradient: data. A named value is copied, a temporary is moved.
  Var<V> input(const V& value) { return var(add_leaf("input", value, false)); }
  Var<V> input(V&& value) { return var(add_leaf("input", std::move(value), false)); }

  /// An input of whole numbers, such as labels. It has no gradient. Ops take the handle as a Tensor<std::int64_t>.
  template <class Ids>
    requires(std::is_same_v<Ids, Tensor<std::int64_t>>)
  IndexVar<V> input(const Ids& indices_value) {
    const IndexVar<V> handle = indices(true);
    handle.edit() = indices_value;
    return handle;
  }

  /// A node for a value whose gradient is wanted: read it by .grad() after backward().
  Var<V> variable(const V& value) { return var(add_leaf("variable", value, true)); }
  Var<V> variable(V&& value) { return var(add_leaf("variable", std::move(value), true)); }

  /// A node that refers to a value without a copy, and needs no gradient. The value must outlive the step. A buffer of
  /// a module, such as a running mean, is read live when the step is replayed.
  Var<V> borrow(const V& value) {
    require_owner("borrow");
    note_borrowed(value);
    return var(nodes_.refer("input", value));
  }
  Var<V> borrow(const V&& dies_too_early) = delete;

  /// A node that refers to a parameter; backward() adds to the parameter's gradient. The parameter must stay alive until
  /// clear(), and keep its value until backward(), which throws GraphError where it was written in between.
  Var<V> parameter(const Parameter<V>& p) {
    require_owner("parameter");
    return var(add_parameter(p.ref().state()));
  }
  Var<V> parameter(const Parameter<V>&& dies_too_early) = delete;
  std::size_t size() const { return nodes_.size(); }  ///< The number of nodes since the last clear().

  /// Forgets all nodes, and keeps their memory. Every Var of this graph then says so when used. Throws GraphError on a
  /// thread that is not the owner, and while the graph is in use, in a hook, checkpoint() or capture().
  void clear() {
    require_owner("clear");
    if (in_use_)
      detail::fail<GraphError>({"clear: called while the graph is in use, by a hook or by the function of checkpoint() "
                                "or capture(): call it later"});
    forget_nodes();
  }

  /// Forgets all nodes, and gives their memory back.
  void release() {
    clear();
    std::destroy_at(&nodes_);
    std::construct_at(&nodes_);
    scratch_ = {};
  }

  /// Makes the calling thread the owner. The thread before must not use the graph at the same time.
  void adopt() { owner_ = detail::thread_number(); }

  /// From now on backward() keeps the gradient of every node, not only of variables and parameters.
  void retain_grads(bool on = true) { retain_grads_ = on; }

  /// From now on parameters are constants to this graph: what is wanted are derivatives with respect to its variables.
  void freeze_parameters(bool on = true) { frozen_ = on; }

  /// Notes that what is recorded depends on a flag, such as `training` of a layer, which calls it in both modes. A
  /// replay refuses another mode than the recorded one. The flag must stay where it is.
  void note_mode(const bool& flag) { modes_.push_back({&flag, flag}); }

  // ---- what ops, sweeps and replays are made of ----
  detail::NodeStore<V>& nodes() { return nodes_; }  ///< The nodes, in the order of recording.
  const detail::NodeStore<V>& nodes() const { return nodes_; }
  /// A node by its number, which is below size(): to look at, and as a Var. at() throws GraphError for a constant that
  /// no rule reads, since its value was not kept.
  NodeView<V> node(NodeId id) const { return NodeView<V>(nodes_[id]); }
  Var<V> at(NodeId id) {
    if (!nodes_[id].value) detail::refuse_constant(id);
    return var(nodes_[id]);
  }
  Var<V> var(Node& node) { return Var<V>(this, &node, generation_); }  ///< A handle to a node of this graph.

  /// Whether a Var is of this graph, and from after its last clear().
  bool owns(const Var<V>& x) const { return x.graph_ == this && x.generation_ == generation_; }
  /// The node of a Var. Throws GraphError, naming `op`, for one of another graph, from before clear(), or without a
  /// value.
  Node& own_node(const char* op, const Var<V>& x) const {
    if (owns(x)) return *x.node_;
    if (!x.graph_ || x.graph_ == this) x.refuse();
    detail::fail<GraphError>({op, ": the operands belong to different graphs"});
  }
  /// Throws GraphError, naming `what`, on a thread that is not the owner.
  void require_owner(const char* what) const {
    if (owner_ != detail::thread_number())
      detail::fail<GraphError>({what, ": the graph belongs to another thread: call graph.adopt() on this one first"});
  }

  /// What input() and variable() call: a node of that op name without inputs, which holds it.
  template <class X>
  [[gnu::noinline]] Node& add_leaf(const char* name, X&& value, bool needs_grad) {
    Node& x = begin_leaf(name);
    x.own = std::forward<X>(value);
    x.needs_grad = x.keeps_grad = needs_grad;
    if (needs_grad) nodes_.note_variable(x);
    return nodes_.commit(x);
  }
  Node& add_parameter(detail::ParameterState<V>& state) {
    Node& x = nodes_.refer("parameter", state.value);
    x.parameter = &state;
    x.grad = &state.grad;
    x.needs_grad = state.requires_grad && !frozen_;
    x.keeps_grad = true;
    if constexpr (is_tensor<V>)
      if (x.needs_grad && !state.grad.present && state.grad.value.shape() != state.value.shape())
        state.grad.value = state.value.size() ? V() : V::empty(state.value.shape());
    note_use(x, state);
    return x;
  }
  /// Notes that a node was computed with a parameter, as it is now.
  void note_use(const Node& x, detail::ParameterState<V>& state) {
    uses_.emplace_back(x.id, &state, state.version, state.requires_grad, shape_of(state.value));
    if constexpr (checked_build) uses_.back().hash = detail::hash_of(state.value);
  }
  void note_borrowed(const V& value) { borrowed_.push_back({&value, shape_of(value)}); }
  /// A handle to whole numbers that an op computes, or that a recorded step takes.
  IndexVar<V> indices(bool constant = false) {
    require_owner("input");
    return IndexVar<V>(this, nodes_.add_indices(constant), generation_);
  }
  /// Memory that an op needs besides its value, for its rules or its forward. It stays where it is until clear().
  V& saved() { return nodes_.add_saved(); }

  detail::PoolArray<detail::ParameterUse<V>>& uses() { return uses_; }  ///< Which nodes read parameters, in order.
  const detail::PoolArray<detail::ModeUse>& modes() const { return modes_; }  ///< What note_mode() noted.
  const detail::PoolArray<detail::BorrowedUse<V>>& borrowed() const { return borrowed_; }  ///< What borrow() took.

  bool retains_grads() const { return retain_grads_; }   ///< Whether retain_grads() is on.
  bool freezes_parameters() const { return frozen_; }    ///< Whether freeze_parameters() is on.
  /// Constants are kept although no rule reads them, since the step is to run again.
  bool keeps_constants() const { return keeps_constants_; }
  void keep_constants() { keeps_constants_ = true; }

  /// As long as the result lives, clear() is refused.
  [[nodiscard]] detail::ScopedFlag keep_nodes() { return detail::ScopedFlag(in_use_); }
  bool& sweeping() { return sweeping_; }        ///< Whether backward() is under way, or may not begin.
  /// Handles throw GraphError from now on, or not any more: a run of the recorded step threw.
  void disable(bool on) { generation_ = on ? generation_ | detail::disabled : generation_ & ~detail::disabled; }
  detail::Hooks<V>& hooks() { return hooks_; }  ///< Who looks at gradients on their way.

  /// The graph in which checkpoint() computes again. All checkpoints of this graph share it.
  Graph& scratch() {
    if (!scratch_) scratch_ = detail::Own<Graph>(new Graph);
    scratch_->adopt();
    scratch_->nested_ = true;
    return *scratch_;
  }
  bool nested() const { return nested_; }  ///< Whether this is the scratch() of another graph.

  /// The stream that an op draws from: `stream`, or, where checkpoint() computes again, a copy as it was at first.
  Rng& random(Rng& stream) { return random_.draw(stream); }
  /// Whether this forward is a second one, in which no state may change.
  bool recomputes() const { return random_.recomputes(); }

  /// As long as the result lives, random() notes streams in a log, or rereads them. `outer` is the graph of the
  /// checkpoint that computes here.
  [[nodiscard]] auto log_state(detail::StateLog& log, bool rereads, Graph* outer = nullptr) {
    log.rewind();
    return detail::ScopedValue(random_, {&log, rereads, outer});
  }

  /// Takes over who looks on at another graph.
  void inspect_like(const Graph& other) { hooks_.inspector = other.hooks_.inspector; }

  /// The gradient kept for a node, or null.
  const V* find_gradient(NodeId id) const {
    const Node& x = nodes_[id];
    const detail::Gradient<V>* grad = x.parameter ? &x.parameter->grad : x.grad;
    if (sweeping_ && !x.keeps_grad && !retain_grads_) return nullptr;  // its memory may serve another node by now
    return grad && grad->present ? &grad->value : nullptr;
  }
  /// Forgets it, so that the next backward() starts anew.
  void zero_gradient(NodeId id) {
    Node& x = nodes_[id];
    if (x.parameter) x.parameter->zero_grad();
    else if (x.grad) x.grad->present = false;
  }

 private:
  friend class Var<V>;
  friend class IndexVar<V>;
  [[gnu::noinline]] Node& begin_leaf(const char* name) {
    require_owner(name);
    return nodes_.next(name);
  }
  void forget_nodes() {
    nodes_.clear();
    uses_.clear();
    borrowed_.clear();
    modes_.clear();
    hooks_.clear();
    generation_ = detail::unique_number();
  }

  detail::NodeStore<V> nodes_;
  detail::PoolArray<detail::ParameterUse<V>> uses_;
  detail::PoolArray<detail::ModeUse> modes_;
  detail::PoolArray<detail::BorrowedUse<V>> borrowed_;
  detail::Hooks<V> hooks_;
  detail::Own<Graph> scratch_;
  std::uint64_t generation_ = detail::unique_number(), owner_ = detail::thread_number();
  detail::RandomSource<Graph> random_;
  bool retain_grads_ = false, keeps_constants_ = false;
  bool nested_ = false, frozen_ = false;    // is the scratch graph of another; the parameters are
  bool sweeping_ = false, in_use_ = false;  // gradients are on their way; nodes must stay, for a sweep or a function
};

}  // namespace minigrad
