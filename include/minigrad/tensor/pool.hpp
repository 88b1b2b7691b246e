// tensor/pool.hpp - where tensors get their memory: freed buffers wait here for the next tensor of their size.
//
// A training loop asks for the same sizes at every step, so from its second or third step on it stops calling malloc.
// Each thread has a pool of its own, so there are no locks; a buffer may be freed by another thread than took it, and
// after the pool of its thread is gone (a global Tensor): it then goes to that thread's pool, or back to the system.
#pragma once

#include <bit>
#include <cstddef>
#include <cstring>
#include <new>
#include <type_traits>
#include <utility>

#include "../core/version.hpp"

#if defined(__SANITIZE_ADDRESS__)
#define MINIGRAD_POOL_RECYCLES 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MINIGRAD_POOL_RECYCLES 0
#endif
#endif
#ifndef MINIGRAD_POOL_RECYCLES
#define MINIGRAD_POOL_RECYCLES 1
#endif

namespace minigrad::inline MINIGRAD_ABI {
namespace detail {

// Under AddressSanitizer nothing is recycled, so that it sees every use of freed memory.
inline constexpr bool pool_recycles = MINIGRAD_POOL_RECYCLES;
#undef MINIGRAD_POOL_RECYCLES

inline constexpr std::align_val_t buffer_alignment{64};       // a cache line, and the widest vector register
inline constexpr std::size_t pool_limit = std::size_t{1} << 29;  // bytes that may wait in one thread's pool: 512 MiB

/// Sizes are rounded up to one of four steps between powers of two, so that at most a fifth of a buffer is unused.
struct SizeClass {
  std::size_t index, bytes;

  explicit constexpr SizeClass(std::size_t wanted) {
    const std::size_t n = wanted < 64 ? 64 : wanted;
    const std::size_t log = static_cast<std::size_t>(std::bit_width(n - 1));  // 2^(log-1) < n <= 2^log
    const std::size_t step = std::size_t{1} << (log - 3);
    bytes = (n + step - 1) / step * step;
    index = log * 4 + bytes / step - 29;  // bytes / step is 5 .. 8, and log at least 6
  }
  static constexpr std::size_t count = 64 * 4;
};

struct WaitingBuffer {
  WaitingBuffer* next;
};

/// No destructor: it must still answer when other globals and thread-locals free their tensors.
struct PoolState {
  WaitingBuffer* waiting[SizeClass::count];
  std::size_t held;   // bytes that wait
  std::size_t limit;  // how many may: none before the pool is open and after it is closed
  enum { unused, open, closed } stage;
};
inline constinit thread_local PoolState pool_state{};

inline void pool_release() {
  for (std::size_t k = 0; k < SizeClass::count; ++k)
    while (WaitingBuffer* buffer = pool_state.waiting[k]) {
      pool_state.waiting[k] = buffer->next;
      ::operator delete(buffer, buffer_alignment);
    }
  pool_state.held = 0;
}

struct PoolCloser {
  ~PoolCloser() {
    pool_release();
    pool_state.stage = PoolState::closed;
    pool_state.limit = 0;
  }
};

[[gnu::noinline]] inline void pool_open() {
  static thread_local PoolCloser closer;  // empties this thread's pool when the thread ends
  static_cast<void>(closer);
  pool_state.stage = PoolState::open;
  pool_state.limit = pool_limit;
}

/// At least `bytes` bytes, aligned to 64, not initialised.
[[gnu::noinline]] inline void* pool_take(std::size_t bytes) {
  const SizeClass size(bytes);
  WaitingBuffer*& waiting = pool_state.waiting[size.index];
  if (!waiting) return ::operator new(size.bytes, buffer_alignment);
  pool_state.held -= size.bytes;
  return std::exchange(waiting, waiting->next);
}

/// Gives back what pool_take(bytes) returned.
[[gnu::noinline]] inline void pool_give(void* memory, std::size_t bytes) noexcept {
  const SizeClass size(bytes);
  if (pool_state.held + size.bytes > pool_state.limit) {
    if (pool_recycles && pool_state.stage == PoolState::unused) pool_open();
    if (pool_state.held + size.bytes > pool_state.limit) return ::operator delete(memory, buffer_alignment);
  }
  WaitingBuffer*& waiting = pool_state.waiting[size.index];
  waiting = new (memory) WaitingBuffer{waiting};
  pool_state.held += size.bytes;
}

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
  void reserve(std::size_t n) {
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
      for (std::size_t i = 0; i < size_; ++i) data_[i].~T();
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
  void give() {
    if (data_) pool_give(data_, capacity_ * sizeof(T));
  }

  T* data_ = nullptr;
  std::size_t size_ = 0, capacity_ = 0;
};

}  // namespace detail

/// Returns the memory that waits in the calling thread's pool to the system. Tensors that are alive keep theirs. The
/// end of a thread does so too, except with MinGW's GCC, which loses thread_locals first (GCC bug 80816): call it there.
inline void release_memory() { detail::pool_release(); }

}  // namespace minigrad
