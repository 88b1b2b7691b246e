// graph/unique_number.hpp - numbers that tell graphs, generations and threads apart.
#pragma once

#include <cstdint>

#include "../core/atomic_number.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

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

}  // namespace minigrad::detail
