// graph/slots.hpp - objects that stay where they are, and are kept for the next step.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>

#include "../tensor/pool_array.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

/// Objects whose addresses never change. clear() forgets them, and keeps them for the next ones.
template <class T>
class Slots {
 public:
  Slots() = default;
  Slots(const Slots&) = delete;
  [[gnu::noinline]] ~Slots() {
    for (T* one : made_) {
      one->~T();
      pool_give(one, sizeof(T));
    }
  }
  T& next() {
    if (used_ == made_.size()) {
      made_.make_room();
      made_.push_back(new (pool_take(sizeof(T))) T{});
    }
    return *made_[used_++];
  }
  T& operator[](std::uint32_t i) const { return *made_[i]; }
  std::uint32_t used() const { return used_; }
  void clear() { used_ = 0; }

 private:
  PoolArray<T*> made_;
  std::uint32_t used_ = 0;
};

/// Rows of plain data, each in one piece, whose addresses never change. clear() forgets them, and keeps the memory.
template <class T>
class Rows {
 public:
  Rows() = default;
  Rows(const Rows&) = delete;
  [[gnu::noinline]] ~Rows() {
    for (const Block& one : blocks_) pool_give(one.data, one.size * sizeof(T));
  }

  T* take(std::size_t count) {
    if (count > static_cast<std::size_t>(end_ - next_)) next_block(count);
    return std::exchange(next_, next_ + count);
  }
  void clear() {
    if (used_) use_block(0);
  }

 private:
  struct Block {
    T* data;
    std::size_t size;
  };
  static constexpr std::size_t per_block = 1024;

  [[gnu::cold, gnu::noinline]] void next_block(std::size_t count) {
    while (used_ < blocks_.size() && blocks_[used_].size < count) ++used_;
    if (used_ == blocks_.size()) {
      const std::size_t size = count > per_block ? count : per_block;
      blocks_.make_room();
      blocks_.push_back({static_cast<T*>(pool_take(size * sizeof(T))), size});
    }
    use_block(used_);
  }
  void use_block(std::size_t i) {
    next_ = blocks_[i].data;
    end_ = next_ + blocks_[i].size;
    used_ = i + 1;
  }

  PoolArray<Block> blocks_;
  std::size_t used_ = 0;
  T *next_ = nullptr, *end_ = nullptr;
};

}  // namespace minigrad::inline MINIGRAD_ABI::detail
