// graph/gradient_memory.hpp - memory for gradients, which a graph keeps from one step to the next.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>

#include "../tensor/slots.hpp"
#include "node.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

/// A gradient on its way is lent memory, which is free again when the gradient was passed on. A sweep from the same
/// root as the one before needs memory in the same order: each node then keeps what it was lent.
template <class V>
class GradientMemory {
 public:
  /// Returns whether nodes must forget what an earlier sweep lent them. Null stands for a sweep that is not to be
  /// followed by one like it.
  bool begin_sweep(const Node<V>* root) {
    again_ = root && root == last_root_;
    last_root_ = root;
    return std::exchange(lent_, true) && !again_;
  }

  [[gnu::noinline]] void lend(Node<V>& x) {
    const bool kept = x.keeps_grad && !x.parameter;
    if (const std::size_t i = kept || again_ ? 0 : find_free(shape_of(*x.value))) {
      x.grad = free_[i - 1];
      free_[i - 1] = free_[free_.size() - 1];
      free_.pop_back();
    } else {
      x.grad = &(kept ? kept_ : gradients_).take();
      x.grad->present = false;
    }
    if constexpr (is_tensor<V>)
      if (x.grad->value.shape() != x.value->shape()) reshape_memory(x.grad->value, x.value->shape());
  }
  void take_back(Node<V>& x) {
    if (again_) return;
    free_.push_back(x.grad);
    x.grad = nullptr;
  }
  void give_back(Gradient<V>& lent) {
    lent.present = false;
    if (!again_) free_.push_back(&lent);
  }

  /// No node refers to what was lent any more: it is free.
  [[gnu::noinline]] void forget() {
    last_root_ = nullptr;
    lent_ = again_ = false;
    free_.clear();
    for (std::uint32_t i = gradients_.size(); i-- > 0;) {  // so that the first is found first
      gradients_[i].present = false;
      free_.push_back(&gradients_[i]);
    }
  }
  /// All memory is free.
  void clear() {
    forget();
    kept_.clear();
  }

 private:
  /// One more than the place of a free gradient of this shape, or else of a large one, which gets the shape; or 0.
  /// Then the next sweep lends anew, even if it is like this one: this memory serves nodes of several shapes.
  std::size_t find_free(const Shape& shape) {
    std::size_t i = free_.size();
    if constexpr (is_tensor<V>) {
      while (i > 0 && free_[i - 1]->value.shape() != shape) --i;
      if (i) return i;
      constexpr std::size_t large = std::size_t{1} << 14;
      for (i = free_.size(); i > 0 && free_[i - 1]->value.size() < large; --i) {
      }
      if (i) last_root_ = nullptr;
    }
    return i;
  }

  const Node<V>* last_root_ = nullptr;  // of the last sweep, if the next one may be like it
  bool lent_ = false, again_ = false;   // whether there was a sweep; whether this one is like the last
  PoolArray<Gradient<V>*> free_;
  Slots<Gradient<V>> gradients_, kept_;  // on their way; those of variables
};

}  // namespace minigrad::inline MINIGRAD_ABI::detail
