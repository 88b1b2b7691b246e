// graph/var.hpp - handles of what a graph holds: values that have derivatives, indices, and masks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <type_traits>

#include "node.hpp"

namespace minigrad::inline MINIGRAD_ABI {
namespace detail {
/// The bit of a graph's generation that no handle has: as long as it is set, handles are refused.
inline constexpr std::uint64_t disabled = std::uint64_t{1} << 63;

/// Throws GraphError for a handle of one generation, where the graph is of another now.
[[noreturn, gnu::cold]] inline void refuse_old(const char* handle, std::uint64_t generation, std::uint64_t now) {
  fail<GraphError>({handle, now == (generation | disabled) ? ": the last run of its captured step threw before it was "
                                                             "complete: run the step again first"
                                                           : ": used after clear() of its graph"});
}
}  // namespace detail

/// A handle to one node of a Graph: cheap to copy, usable until the graph is cleared or gone. Using one after clear()
/// throws GraphError; one that outlives its Graph must not be used at all.
template <class V>
class Var {
 public:
  using value_type = V;

  Var() = default;

  /// The number or Tensor that the node holds. Throws GraphError after clear() of the graph.
  const V& value() const { return *node().value; }

  /// The number, of a Var that holds one.
  auto item() const {
    if constexpr (is_tensor<V>) return value().item();
    else return value();
  }

  /// dL/d(this), after backward(L): kept for graph.variable()s, where several backward() add up, and after
  /// graph.retain_grads() for every Var, of the last backward() alone. Throws GraphError where none was kept.
  const V& grad() const {
    if (const V* found = graph().find_gradient(id())) return *found;
    refuse_gradient();
  }

  /// Forgets it, so that the next backward() starts anew.
  void zero_grad() const { graph().zero_gradient(id()); }

  /// The graph that holds the node. Throws GraphError after its clear().
  Graph<V>& graph() const {
    node();  // checks that the handle is still good
    return *graph_;
  }
  /// The number of the node in its graph, in the order of recording; no_node for a Var without a value.
  NodeId id() const { return node_ ? node_->id : no_node; }
  /// For ops and sweeps. Throws GraphError for a handle that is not good.
  detail::Node<V>& node() const {
    if (!graph_ || generation_ != graph_->generation_) refuse();
    return *node_;
  }

 private:
  friend class Graph<V>;
  Var(Graph<V>* graph, detail::Node<V>* node, std::uint64_t generation)
      : graph_(graph), node_(node), generation_(generation) {}
  [[noreturn, gnu::cold, gnu::noinline]] void refuse() const {
    if (!graph_) detail::fail<GraphError>({"Var: used before it was given a value"});
    detail::refuse_old("Var", generation_, graph_->generation_);
  }
  [[noreturn, gnu::cold, gnu::noinline]] void refuse_gradient() const {
    const NodeId loss = node_->needs_grad ? graph_->nodes().last_loss() : node_->id;
    if (loss != no_node)
      refuse_missing_rule("grad: no gradient reaches this Var", graph_->nodes(), loss,
                          node_->needs_grad ? node_ : nullptr);
    if (!node_->needs_grad)
      detail::fail<GraphError>({"grad: this Var (", node_->name, ") needs no gradient: make it by graph.variable()"});
    detail::fail<GraphError>({"grad: no gradient is kept for this Var (", node_->name,
                              "): call backward() on a loss that uses it, and graph.retain_grads() before that "
                              "for one in the middle of the graph"});
  }

  Graph<V>* graph_ = nullptr;
  detail::Node<V>* node_ = nullptr;
  std::uint64_t generation_ = 0;
};

/// A handle to whole numbers in a Graph<V>: an input by graph.input(labels), or the result of argmax. It has no
/// gradient. A replayed step reads what was set last, or computes it again.
template <class V>
class IndexVar {
 public:
  IndexVar() = default;

  /// The whole numbers as they are now. All members throw GraphError after clear() of the graph.
  const Tensor<std::int64_t>& value() const { return graph().nodes().indices(slot_); }
  std::int64_t item() const { return value().item(); }  ///< The number, where there is one. Throws ShapeError.
  /// The graph that holds them.
  Graph<V>& graph() const {
    if (!graph_) detail::fail<GraphError>({"IndexVar: used before it was given a value"});
    if (generation_ != graph_->generation_) detail::refuse_old("IndexVar", generation_, graph_->generation_);
    return *graph_;
  }
  friend bool operator==(const IndexVar& a, const Tensor<std::int64_t>& b) { return a.value() == b; }
  /// For what writes them: a replay, and the op whose result they are.
  Tensor<std::int64_t>& edit() const { return graph().nodes().indices(slot_); }

 private:
  friend class Graph<V>;
  IndexVar(Graph<V>* graph, std::uint32_t slot, std::uint64_t generation)
      : graph_(graph), slot_(slot), generation_(generation) {}

  Graph<V>* graph_ = nullptr;
  std::uint32_t slot_ = 0;
  std::uint64_t generation_ = 0;
};

/// A handle to a mask in a Graph<V>: what comparing a Var gives. It has no gradient. A replayed step computes it again.
template <class V>
class MaskVar {
 public:
  /// Tensor<bool>, or bool in a graph of numbers.
  using Mask = std::conditional_t<is_tensor<V>, Tensor<bool>, bool>;

  explicit MaskVar(const Var<V>& ones_and_zeros) : var_(ones_and_zeros) {}

  /// The mask as it is now: what is computed from it outside of the graph is a constant of the recording.
  Mask value() const {
    if constexpr (is_tensor<V>) return var_.value().template to<bool>();
    else return var_.value() != 0;
  }
  operator Mask() const { return value(); }
  /// The same as ones and zeros.
  const Var<V>& var() const { return var_; }
  Graph<V>& graph() const { return var_.graph(); }  ///< The graph that holds the mask.

  friend bool operator==(const MaskVar& a, const Mask& b) { return a.value() == b; }

 private:
  Var<V> var_;
};

namespace detail {
template <class X, template <class> class Template>
inline constexpr bool is_instance = false;
template <class V, template <class> class Template>
inline constexpr bool is_instance<Template<V>, Template> = true;
}  // namespace detail
/// Whether X is a Var, is a MaskVar, is an IndexVar, is a Parameter, of any type of values.
template <class X>
inline constexpr bool is_var = detail::is_instance<X, Var>;
template <class X>
inline constexpr bool is_mask_var = detail::is_instance<X, MaskVar>;
template <class X>
inline constexpr bool is_index_var = detail::is_instance<X, IndexVar>;
template <class X>
inline constexpr bool is_parameter = detail::is_instance<X, Parameter>;

/// The shape of the value behind a handle or a Parameter; [] for a number.
template <class X>
  requires(is_var<X> || is_mask_var<X> || is_index_var<X> || is_parameter<X>)
Shape shape_of(const X& x) {
  if constexpr (is_mask_var<X>) return shape_of(x.var().value());
  else return shape_of(x.value());
}

/// Prints the value behind a handle, in programs that can print the value.
template <class X>
  requires((is_var<X> || is_mask_var<X> || is_index_var<X>) &&
           requires(std::ostream& stream, const X& handle) { stream << handle.value(); })
std::ostream& operator<<(std::ostream& out, const X& x) {
  return out << x.value();
}

}  // namespace minigrad::inline MINIGRAD_ABI
