// tensor/pool_array.hpp - PoolArray: a list whose memory comes from the pool.
#pragma once

#include <cstddef>
#include <cstring>
#include <new>
#include <type_traits>
#include <utility>

#include "pool.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

/// Memory of `bytes`, with the first `used` of what `data` has, which is given back.
[[gnu::noinline]] inline void* pool_grow(void* data, std::size_t used, std::size_t bytes_before, std::size_t bytes) {
  void* const to = pool_take(bytes);
  if (used) std::memcpy(to, data, used);
  if (data) pool_give(data, bytes_before);
  return to;
}

/// A list that grows, in memory from the pool: the few things of a std::vector that graphs need, of which a program
/// compiles much more.
template <class T>
class PoolArray {
 public:
  PoolArray() = default;
  /// n values of nothing: T{}.
  explicit PoolArray(std::size_t n) : PoolArray() { reset(n); }
  PoolArray(const PoolArray& other) : PoolArray() {
    reserve(other.size_);
    for (const T& value : other) push_back(value);
  }
  PoolArray(PoolArray&& other) noexcept { swap(other); }
  PoolArray& operator=(const PoolArray& other) { return *this = PoolArray(other); }
  PoolArray& operator=(PoolArray&& other) noexcept {
    PoolArray taken(std::move(other));
    swap(taken);
    return *this;
  }
  ~PoolArray() {
    clear();
    give();
  }

  void push_back(T value) {
    make_room();
    new (data_ + size_) T(std::move(value));
    ++size_;
  }
  template <class... Arguments>
  void emplace_back(Arguments&&... arguments) {
    make_room();
    new (data_ + size_) T{std::forward<Arguments>(arguments)...};
    ++size_;
  }
  void pop_back() { data_[--size_].~T(); }
  /// Adds n values of nothing, and returns the first.
  T* append(std::size_t n) {
    if (size_ + n > capacity_) reserve((size_ + n < 8 ? 8 : 2 * (size_ + n)));
    T* const first = data_ + size_;
    for (; n > 0; --n) new (data_ + size_++) T{};
    return first;
  }
  /// So that the next push_back() cannot fail.
  void make_room() {
    if (size_ == capacity_) reserve(size_ < 8 ? 8 : 2 * size_);
  }
  [[gnu::cold, gnu::noinline]] void reserve(std::size_t n) {
    if (n <= capacity_) return;
    if constexpr (std::is_trivially_copyable_v<T>) {
      data_ = static_cast<T*>(pool_grow(data_, size_ * sizeof(T), capacity_ * sizeof(T), n * sizeof(T)));
    } else {
      T* to = static_cast<T*>(pool_take(n * sizeof(T)));
      for (std::size_t i = 0; i < size_; ++i) {
        new (to + i) T(std::move(data_[i]));
        data_[i].~T();
      }
      give();
      data_ = to;
    }
    capacity_ = n;
  }
  void clear() {
    if constexpr (!std::is_trivially_destructible_v<T>)
      if (size_) destroy();
    size_ = 0;
  }
  /// Forgets what it holds, and has n values of nothing.
  void reset(std::size_t n) {
    clear();
    reserve(n);
    for (; size_ < n; ++size_) new (data_ + size_) T{};
  }

  std::size_t size() const { return size_; }
  std::size_t capacity() const { return capacity_; }
  bool empty() const { return size_ == 0; }
  T* data() { return data_; }
  const T* data() const { return data_; }
  T& operator[](std::size_t i) { return data_[i]; }
  const T& operator[](std::size_t i) const { return data_[i]; }
  T& back() { return data_[size_ - 1]; }
  T* begin() { return data_; }
  T* end() { return data_ + size_; }
  const T* begin() const { return data_; }
  const T* end() const { return data_ + size_; }

 private:
  void swap(PoolArray& other) {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
  }
  [[gnu::noinline]] void destroy() {
    for (std::size_t i = 0; i < size_; ++i) data_[i].~T();
  }
  void give() {
    if (data_) pool_give(data_, capacity_ * sizeof(T));
  }

  T* data_ = nullptr;
  std::size_t size_ = 0, capacity_ = 0;
};

}  // namespace minigrad::inline MINIGRAD_ABI::detail
