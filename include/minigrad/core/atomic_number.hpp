// core/atomic_number.hpp - a number that several threads change at a time, and numbers that are given once.
#pragma once

#include <cstdint>

#include "version.hpp"

#if !defined(__GNUC__)
#include <atomic>
#endif

namespace minigrad::inline MINIGRAD_ABI::detail {

/// What the library needs of a std::atomic, whose header takes long to compile. Nothing else is ordered by it, except
/// that what is done before a fetch_sub() is done for who sees a number from after it.
template <class T>
class AtomicNumber {
 public:
  constexpr explicit AtomicNumber(T n) : n_(n) {}
  AtomicNumber(const AtomicNumber&) = delete;
  operator T() const { return load(); }

#if defined(__GNUC__)
  T load() const { return __atomic_load_n(&n_, __ATOMIC_RELAXED); }
  void store(T n) { __atomic_store_n(&n_, n, __ATOMIC_RELAXED); }
  T fetch_add(T n) { return __atomic_fetch_add(&n_, n, __ATOMIC_RELAXED); }
  T fetch_sub(T n) { return __atomic_fetch_sub(&n_, n, __ATOMIC_ACQ_REL); }

 private:
  T n_;
#else
  T load() const { return n_.load(std::memory_order_relaxed); }
  void store(T n) { n_.store(n, std::memory_order_relaxed); }
  T fetch_add(T n) { return n_.fetch_add(n, std::memory_order_relaxed); }
  T fetch_sub(T n) { return n_.fetch_sub(n, std::memory_order_acq_rel); }

 private:
  std::atomic<T> n_;
#endif
};

// Numbers that tell graphs, generations and threads apart.

// Shared libraries of one program must share this and this_thread, also where they hide all else.
[[gnu::visibility("default")]] inline constinit AtomicNumber<std::uint64_t> numbers_given{0};

/// A number that nothing else in the program has. Each thread takes many at once, so that this needs no lock.
inline std::uint64_t unique_number() {
  constexpr std::uint64_t many = std::uint64_t{1} << 20;
  constinit static thread_local std::uint64_t next = 0, end = 0;
  if (next == end) end = (next = numbers_given.fetch_add(many)) + many;
  return ++next;
}

[[gnu::visibility("default")]] inline constinit thread_local std::uint64_t this_thread = 0;

/// The number of the calling thread.
inline std::uint64_t thread_number() {
  if (this_thread == 0) this_thread = unique_number();
  return this_thread;
}

}  // namespace minigrad::inline MINIGRAD_ABI::detail
