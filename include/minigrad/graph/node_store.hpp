// graph/node_store.hpp - the arrays that a graph consists of, and the memory that they keep.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "gradient_memory.hpp"
#include "node.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

/// Nodes, their inputs, the whole numbers that are inputs, and memory for gradients on their way. clear() forgets all
/// and keeps the memory of each place: where the next step has a value of the same shape, it takes none.
template <class V>
class NodeStore {
 public:
  [[gnu::noinline]] ~NodeStore() { clear(); }

  NodeId size() const { return nodes_.size(); }
  Node<V>& operator[](NodeId i) const { return nodes_[i]; }

  void note_variable(Node<V>& x) { variables_.push_back(&x); }
  const PoolArray<Node<V>*>& variables() const { return variables_; }

  /// The next place, for a node that commit() adds.
  Node<V>& next(const char* name) {
    Node<V>& x = nodes_.next();
    x.op = &leaf;
    x.name = name;
    x.value = &x.own;
    x.grad = nullptr;
    x.parameter = nullptr;
    x.inputs = 0;
    x.passes = 0;
    x.needs_grad = x.was_loss = x.keeps_grad = x.hooked = false;
    return x;
  }
  Node<V>& commit(Node<V>& x) {
    x.id = size();
    nodes_.commit();
    return x;
  }
  /// A node that refers to a value.
  Node<V>& refer(const char* name, const V& value) {
    Node<V>& x = next(name);
    x.value = &value;
    return commit(x);
  }
  /// Room for the inputs of a node.
  Input<V>* add_inputs(std::size_t count) { return inputs_.take(count); }
  /// Adds the node of an op, with its inputs, whose gradients are `wanted`, and what its functions hold. undo_op() takes
  /// it back.
  Node<V>& begin_op(const char* name, const Op<V>& op, const Input<V>* in, std::size_t count, unsigned wanted,
                    void* functions) {
    Node<V>& y = next(name);
    if (op.hold) op.hold(y.reserve(op.held_bytes), functions);
    y.op = &op;
    y.inputs = static_cast<std::uint32_t>(count);
    y.in = in;
    y.passes = static_cast<std::uint8_t>(wanted & op.differentiable);
    y.needs_grad = y.passes != 0;
    if (op.release) owning_.push_back(&y);
    y.previous_op = std::exchange(last_op_, size());
    return commit(y);
  }
  void undo_op(Node<V>& y) {
    if (size() != y.id + 1) return;  // its function has recorded something itself
    if (y.op->release) {
      y.op->release(y.held);
      owning_.pop_back();
    }
    last_op_ = y.previous_op;
    nodes_.undo_commit();
  }

  // ---- memory that nodes keep besides their values ----

  /// Whole numbers: a constant, or an input of a recorded step or result of an op, which may change.
  std::uint32_t add_indices(bool constant) {
    indices_.take().constant = constant;
    return indices_.size() - 1;
  }
  Tensor<std::int64_t>& indices(std::uint32_t slot) { return indices_[slot].values; }
  std::uint32_t index_places() const { return indices_.size(); }
  /// The place of whole numbers that may change; index_places() for constants, which have none.
  std::uint32_t place_of_indices(const Tensor<std::int64_t>& values) const {
    std::uint32_t i = 0;
    while (i < indices_.size() && (indices_[i].constant || &indices_[i].values != &values)) ++i;
    return i;
  }
  /// A value that only the functions of a node use: saved for its rules, or scratch memory.
  V& add_saved() { return saved_.take(); }

  // ---- gradients ----

  /// Whether backward() was called on x is noted until clear() or the next run of a recorded step.
  void note_loss(Node<V>& x) {
    x.was_loss = true;
    losses_.push_back(&x);
  }
  NodeId last_loss() const { return losses_.empty() ? no_node : losses_[losses_.size() - 1]->id; }
  void forget_losses() {
    for (Node<V>* x : losses_) x->was_loss = false;
    losses_.clear();
  }
  /// A sweep begins. A later one from the same root may use the memory of its gradients in the same order; null stands
  /// for a sweep that none is like.
  void begin_sweep(const Node<V>* root) {
    for (Node<V>* y : retained_) end_grad(*y);
    if (memory_.begin_sweep(root)) forget_gradients();
    retained_.clear();
  }
  void lend_gradient(Node<V>& x) { memory_.lend(x); }
  /// Takes back what was lent to x, and not used.
  void take_back(Node<V>& x) { memory_.take_back(x); }
  /// Where a rule writes the gradient of x, and whether it stores there or adds to what is there.
  Write begin_grad(Node<V>& x) {
    if constexpr (is_tensor<V>) {
      if (!x.grad || x.grad->present || x.grad->value.size() != x.value->size()) return begin_other_grad(x);
      x.grad->present = true;
      return Write::assign;
    } else {
      return begin_other_grad(x);
    }
  }
  /// The gradient of x was passed on: its memory is free for the next one.
  void end_grad(Node<V>& x) { memory_.give_back(*x.grad); }
  void give_back(Gradient<V>& lent) { memory_.give_back(lent); }
  /// The gradient of a parameter's node arrives at the parameter again. What was lent for it is free.
  [[gnu::cold]] void restore_grad(Node<V>& x) {
    if (x.grad && x.grad != &x.parameter->grad) give_back(*x.grad);
    x.grad = &x.parameter->grad;
  }
  /// The gradient of y stays until the next sweep.
  void retain(Node<V>& y) { retained_.push_back(&y); }
  /// No gradient is on its way, and the next sweep is like none before.
  [[gnu::cold, gnu::noinline]] void forget_lent() {
    retained_.clear();
    forget_gradients();
    memory_.forget();
  }

  /// Forgets all, and keeps the memory.
  [[gnu::noinline]] void clear() {
    retained_.clear();
    losses_.clear();
    last_op_ = no_node;
    for (Node<V>* y : owning_) y->op->release(y->held);
    owning_.clear();
    memory_.clear();
    inputs_.clear();
    variables_.clear();
    indices_.clear();
    saved_.clear();
    nodes_.clear();
  }

 private:
  static constexpr Op<V> leaf{};

  [[gnu::noinline]] Write begin_other_grad(Node<V>& x) {
    if (!x.grad) memory_.lend(x);
    Gradient<V>& grad = *x.grad;
    const bool present = std::exchange(grad.present, true);
    if constexpr (is_tensor<V>) {
      if (present && x.parameter && grad.value.shape() != x.value->shape()) refuse_shape(x);
      if (!present && grad.value.size() != x.value->size()) reshape_memory(grad.value, x.value->shape());
    }
    return present ? Write::add : Write::assign;
  }
  void forget_gradients() {
    for (NodeId i = 0; i < size(); ++i)
      if (!(*this)[i].keeps_grad) (*this)[i].grad = nullptr;
  }
  [[noreturn, gnu::cold]] static void refuse_shape(const Node<V>& x) {
    fail<ShapeError>({"backward: a gradient of shape ", shape_of(*x.value), " is to be added to one of shape ",
                      shape_of(x.grad->value), ": call zero_grad() after giving a parameter another shape"});
  }

  Slots<Node<V>, 256> nodes_;
  PoolArray<Node<V>*> owning_, retained_, losses_;
  NodeId last_op_ = no_node;
  Rows<Input<V>> inputs_;
  PoolArray<Node<V>*> variables_;
  GradientMemory<V> memory_;
  Slots<V> saved_;
  struct Indices {
    Tensor<std::int64_t> values{};
    bool constant = false;
  };
  Slots<Indices> indices_;
};

}  // namespace minigrad::detail
