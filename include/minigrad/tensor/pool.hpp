// tensor/pool.hpp - where tensors get their memory: freed buffers wait here for the next tensor of their size.
//
// A training loop asks for the same sizes at every step, so from its second or third step on it stops calling malloc.
// Each thread has a pool of its own, so there are no locks; a buffer may be freed by another thread than took it, and
// after the pool of its thread is gone (a global Tensor): it then goes to that thread's pool, or back to the system.
// In a pool at most as many buffers of a size wait as that pool took from the system, so a thread that only frees what
// others made keeps nothing. What may wait in all pools together is bounded; see set_pool_limit().
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <type_traits>
#include <utility>

#include "../core/atomic_number.hpp"

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

inline constexpr std::align_val_t buffer_alignment{64};  // a cache line, and the widest vector register

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
  /// The bytes of the class of this index.
  static constexpr std::size_t bytes_of(std::size_t index) {
    const std::size_t log = (index + 24) / 4;
    return (index + 29 - log * 4) << (log - 3);
  }
};

struct WaitingBuffer {
  WaitingBuffer* next;
};

/// The buffers of one size that wait in a thread's pool. A place is the right of one buffer to wait, and its bytes are
/// part of pool_places. A place that was taken once stays, so that a warm step touches nothing that threads share.
struct SizePool {
  WaitingBuffer* waiting;
  std::uint32_t free_places;  // how many more buffers may wait
  std::uint32_t may_take;     // how many places more: one for each buffer that came from the system
};

/// No destructor: it must still answer when other globals and thread-locals free their tensors.
struct PoolState {
  SizePool sizes[SizeClass::count];
  enum { unused, open, closed } stage;
};
inline constinit thread_local PoolState pool_state{};

/// Bytes of the places in the pools of all threads, and how many there may be.
inline constinit AtomicNumber<std::size_t> pool_places{0}, pool_limit{std::size_t{1} << 30};

inline void pool_release() {
  for (std::size_t k = 0; k < SizeClass::count; ++k) {
    SizePool& size = pool_state.sizes[k];
    std::size_t places = size.free_places;
    size.may_take += std::exchange(size.free_places, 0);  // the buffers of these places are in use
    while (WaitingBuffer* buffer = size.waiting) {
      size.waiting = buffer->next;
      ::operator delete(buffer, buffer_alignment);
      ++places;
    }
    if (places > 0) pool_places.fetch_sub(places * SizeClass::bytes_of(k));
  }
}

struct PoolCloser {
  ~PoolCloser() {
    pool_release();
    pool_state.stage = PoolState::closed;
  }
};

/// Takes a place for one more buffer of this size, if the pool may have one.
[[gnu::cold, gnu::noinline]] inline bool pool_take_place(SizePool& size, std::size_t bytes) {
  if (!pool_recycles || pool_state.stage == PoolState::closed || size.may_take == 0) return false;
  if (pool_state.stage == PoolState::unused) {
    static thread_local PoolCloser closer;  // empties this thread's pool when the thread ends
    static_cast<void>(closer);
    pool_state.stage = PoolState::open;
  }
  --size.may_take;
  const std::size_t before = pool_places.fetch_add(bytes);
  const std::size_t limit = pool_limit.load();
  if (bytes > limit || before > limit - bytes) {
    pool_places.fetch_sub(bytes);
    return false;
  }
  ++size.free_places;
  return true;
}

[[gnu::cold, gnu::noinline]] inline void* pool_take_from_system(SizePool& size, std::size_t bytes) {
  void* const memory = ::operator new(bytes, buffer_alignment);
  ++size.may_take;
  return memory;
}

/// At least `bytes` bytes, aligned to 64, not initialised.
[[gnu::noinline]] inline void* pool_take(std::size_t bytes) {
  const SizeClass c(bytes);
  SizePool& size = pool_state.sizes[c.index];
  if (!size.waiting) return pool_take_from_system(size, c.bytes);
  ++size.free_places;
  return std::exchange(size.waiting, size.waiting->next);
}

/// Gives back what pool_take(bytes) returned.
[[gnu::noinline]] inline void pool_give(void* memory, std::size_t bytes) noexcept {
  const SizeClass c(bytes);
  SizePool& size = pool_state.sizes[c.index];
  if (size.free_places == 0 && !pool_take_place(size, c.bytes)) return ::operator delete(memory, buffer_alignment);
  --size.free_places;
  size.waiting = new (memory) WaitingBuffer{size.waiting};
}

}  // namespace detail

/// Returns the memory that waits in the calling thread's pool to the system. Tensors that are alive keep theirs. The
/// end of a thread does so too, except with MinGW's GCC, which loses thread_locals first (GCC bug 80816): call it there.
inline void release_memory() { detail::pool_release(); }

/// Sets how many bytes of freed memory may wait for new tensors, in the pools of all threads together: 1 GiB unless
/// set. What does not fit goes back to the system at once; 0 turns recycling off. May be called at any time and by any
/// thread. A smaller limit gives back what waits in the calling thread's pool; what already waits in the pools of other
/// threads stays until they call release_memory() or end.
inline void set_pool_limit(std::size_t bytes) {
  detail::pool_limit.store(bytes);
  if (detail::pool_places.load() > bytes) release_memory();
}

}  // namespace minigrad
