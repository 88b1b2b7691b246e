// graph/node.hpp - what stands at one place of a computation graph: a value, and how a gradient passes through it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>

#include "../tensor/elementwise.hpp"
#include "parameter.hpp"

namespace minigrad {

template <class V>
class Var;
template <class V>
class Graph;

using NodeId = std::uint32_t;
inline constexpr NodeId no_node = (std::numeric_limits<NodeId>::max)();

namespace detail {

template <class X>
struct ScalarType : ElementOf<X> {};
template <class V>
struct ScalarType<Var<V>> : ElementOf<V> {};
template <class V>
struct ScalarType<Parameter<V>> : ElementOf<V> {};

/// The number type of an operand: T for Tensor<T>, Var<Tensor<T>>, T itself.
template <class X>
using scalar_type = typename ScalarType<X>::type;

/// Gradients on their way from a loss to its inputs, one place for each node. X is V to compute them, Var<V> to record
/// their computation in the graph, so that they can be differentiated again.
template <class X>
using Adjoints = PoolArray<std::optional<X>>;

/// Which nodes want a gradient; null stands for "those that need one".
using Wanted = const char*;

template <class V>
class HookedNode;

template <class V>
class Node {
 public:
  Node(const V* value, bool needs_grad) : value_(value), needs_grad_(needs_grad) {}
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;
  virtual ~Node() = default;

  const V& value() const { return *value_; }
  bool needs_grad() const { return needs_grad_; }

  /// Whether backward() began here already, and is not to do so again.
  bool was_loss() const { return was_loss_; }
  void was_loss(bool it_was) { was_loss_ = it_was; }

  virtual const char* op() const = 0;
  /// The nodes it was computed from, in order; no_node in the place of a number, which number(k) then is.
  virtual std::span<const NodeId> inputs() const { return {}; }
  virtual scalar_type<V> number(std::size_t) const { return {}; }
  /// The chain rule: adds to each wanted input's adjoint what it gets from this node's. A node without inputs takes the
  /// gradient, if it is one that keeps it.
  virtual void pull(Graph<V>&, NodeId self, Adjoints<V>&) = 0;
  virtual void pull(Graph<V>&, NodeId, Adjoints<Var<V>>&, Wanted) {}
  /// The finished gradient, of nodes that keep it beyond the sweep.
  virtual const V* kept_grad() const { return nullptr; }
  virtual void zero_grad() {}
  /// Itself, if hooks look at its gradient; see hooks.hpp.
  virtual HookedNode<V>* hooked() { return nullptr; }

 private:
  const V* value_;  // in the derived node, or in a Parameter
  bool needs_grad_, was_loss_ = false;
};

template <class V>
void add_to(V& sum, const V& part) {
  if constexpr (is_tensor<V>) map_into(sum, identity, Write::add, part);
  else sum += part;
}

template <class V>
V zeros_like_value(const V& value) {
  if constexpr (is_tensor<V>) {
    V zeros = V::empty(value.shape());
    zeros.fill(0);
    return zeros;
  } else {
    return V(0);
  }
}

template <class V>
void add_gradient(std::optional<V>& sum, std::optional<V>& adjoint) {
  V& part = *adjoint;
  if constexpr (is_tensor<V>) {
    if (sum && sum->shape() != part.shape())
      fail<ShapeError>({"backward: a gradient of shape ", part.shape(), " is to be added to one of shape ",
                        sum->shape(), ": call zero_grad() after giving a parameter another shape"});
  }
  if (sum) return add_to(*sum, part);
  sum = std::move(part);
  adjoint.reset();
}

template <class V>
class InputNode final : public Node<V> {
 public:
  InputNode(V value, bool needs_grad) : Node<V>(&value_, needs_grad), value_(std::move(value)) {}
  const char* op() const override { return this->needs_grad() ? "variable" : "input"; }
  void pull(Graph<V>&, NodeId self, Adjoints<V>& adjoints) override { add_gradient(grad_, adjoints[self]); }
  const V* kept_grad() const override { return grad_ ? &*grad_ : nullptr; }
  void zero_grad() override { grad_.reset(); }

 private:
  V value_;
  std::optional<V> grad_;
};

template <class V>
class ParameterNode final : public Node<V> {
 public:
  ParameterNode(ParameterState<V>& state, bool frozen)
      : Node<V>(&state.value, state.requires_grad && !frozen), state_(state) {}
  const char* op() const override { return "parameter"; }
  void pull(Graph<V>&, NodeId self, Adjoints<V>& adjoints) override { add_gradient(state_.grad, adjoints[self]); }
  const V* kept_grad() const override { return state_.grad ? &*state_.grad : nullptr; }
  void zero_grad() override { state_.zero_grad(); }

 private:
  ParameterState<V>& state_;
};

template <class V>
bool is_parameter_node(const Node<V>& node) {
  return std::strcmp(node.op(), "parameter") == 0;
}

}  // namespace detail

}  // namespace minigrad
