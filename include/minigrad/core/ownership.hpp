// core/ownership.hpp - pointers that own what they point to.
//
// What the library needs of std::unique_ptr and std::shared_ptr, whose header takes long to compile.
#pragma once

#include <cstddef>
#include <utility>

#include "atomic_number.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

/// The only owner of an object made by new, or of none.
template <class T>
class Own {
 public:
  Own() = default;
  explicit Own(T* made) : object_(made) {}
  Own(Own&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  Own& operator=(Own other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~Own() { delete object_; }

  T* get() const { return object_; }
  T& operator*() const { return *object_; }
  T* operator->() const { return object_; }
  explicit operator bool() const { return object_ != nullptr; }

 private:
  T* object_ = nullptr;
};

/// One of several owners of an object, which is deleted with the last of them, on whatever thread that is.
template <class T>
class Shared {
 public:
  Shared() = default;
  template <class... Arguments>
  static Shared make(Arguments&&... arguments) {
    Shared out;
    out.block_ = new Block{T(std::forward<Arguments>(arguments)...)};
    return out;
  }
  Shared(const Shared& other) : block_(other.block_) {
    if (block_) block_->owners.fetch_add(1);
  }
  Shared(Shared&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  Shared& operator=(Shared other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  [[gnu::noinline]] ~Shared() {
    if (block_ && block_->owners.fetch_sub(1) == 1) delete block_;
  }

  T* get() const { return block_ ? &block_->object : nullptr; }
  T& operator*() const { return block_->object; }
  T* operator->() const { return &block_->object; }
  explicit operator bool() const { return block_ != nullptr; }
  friend bool operator==(const Shared& a, const Shared& b) { return a.block_ == b.block_; }

 private:
  struct Block {
    T object;
    AtomicNumber<std::size_t> owners{1};
  };
  Block* block_ = nullptr;
};

}  // namespace minigrad::inline MINIGRAD_ABI::detail
