// tensor/slots.hpp - memory that is used again: objects and rows of plain data whose addresses never change.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <new>
#include <utility>

#include "../core/error.hpp"
#include "pool_array.hpp"

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
    if (made_ == (std::numeric_limits<std::uint32_t>::max)()) fail<GraphError>({"Graph: more than 2^32 objects"});
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

}  // namespace minigrad::inline MINIGRAD_ABI::detail
