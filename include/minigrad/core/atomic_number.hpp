// core/atomic_number.hpp - a number that several threads change at a time.
#pragma once

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

}  // namespace minigrad::inline MINIGRAD_ABI::detail
