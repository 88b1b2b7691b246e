// graph/memory.hpp - memory that a graph keeps from one step to the next: of objects, of plain data, of gradients.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>

#include "../tensor/pool_array.hpp"
#include "node.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

/// Objects whose addresses never change, in blocks. clear() forgets them, and keeps them for the next ones.
template <class T, std::uint32_t per_block = 8>
class Slots {
 public:
  Slots() = default;
  Slots(const Slots&) = delete;
  [[gnu::noinline]] ~Slots() {
    while (made_) (*this)[--made_].~T();
    for (T* block : blocks_) pool_give(block, per_block * sizeof(T));
  }
  /// The next object, which commit() counts.
  T& next() {
    if (used_ == made_) make();
    return (*this)[used_];
  }
  void commit() { ++used_; }
  void undo_commit() { --used_; }
  T& take() {
    T& x = next();
    commit();
    return x;
  }
  T& operator[](std::uint32_t i) const { return blocks_[i / per_block][i % per_block]; }
  std::uint32_t size() const { return used_; }
  void clear() { used_ = 0; }

 private:
  [[gnu::cold, gnu::noinline]] void make() {
    if (made_ == no_node) fail<GraphError>({"Graph: more than 2^32 nodes"});
    if (made_ % per_block == 0) {
      blocks_.make_room();
      blocks_.push_back(static_cast<T*>(pool_take(per_block * sizeof(T))));
    }
    new (&(*this)[made_]) T{};
    ++made_;
  }

  PoolArray<T*> blocks_;
  std::uint32_t used_ = 0, made_ = 0;
};

/// Rows of plain data, each in one piece, whose addresses never change. clear() forgets them, and keeps the memory.
template <class T>
class Rows {
 public:
  T* take(std::size_t count) {
    if (count > static_cast<std::size_t>(end_ - next_)) next_block(count);
    return std::exchange(next_, next_ + count);
  }
  void clear() {
    if (blocks_.size() > 1) {
      blocks_.clear();
      begin_ = end_ = nullptr;
    }
    next_ = begin_;
  }

 private:
  [[gnu::cold, gnu::noinline]] void next_block(std::size_t count) {
    PoolArray<T>& block = blocks_.take();
    if (block.size() < count) block.reset(count > 1024 ? count : 1024);
    begin_ = next_ = block.begin();
    end_ = block.end();
  }

  Slots<PoolArray<T>> blocks_;
  T *begin_ = nullptr, *next_ = nullptr, *end_ = nullptr;  // of the block in use
};

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

  /// What was lent is not lent again before clear().
  void forget() {
    free_.clear();
    last_root_ = nullptr;
  }
  /// All memory is free.
  void clear() {
    last_root_ = nullptr;
    lent_ = again_ = false;
    free_.clear();
    for (std::uint32_t i = gradients_.size(); i-- > 0;) {  // so that the first is found first
      gradients_[i].present = false;
      free_.push_back(&gradients_[i]);
    }
    kept_.clear();
  }

 private:
  /// One more than the place of a free gradient of this shape, or else of a large one, which gets the shape; or 0.
  /// Memory that serves several shapes is not kept by its nodes in the next sweep.
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
