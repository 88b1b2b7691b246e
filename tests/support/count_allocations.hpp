// tests/support/count_allocations.hpp - how often the program has asked the system for memory.
#pragma once

#include <cstddef>

namespace support {

#if defined(__SANITIZE_ADDRESS__)
#define SUPPORT_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SUPPORT_SANITIZED 1
#endif
#endif
#ifdef SUPPORT_SANITIZED
inline constexpr bool sanitized = true;
#else
inline constexpr bool sanitized = false;
#endif

/// Calls of operator new so far, in all its forms and in all threads; always 0 under AddressSanitizer, which has an
/// operator new of its own.
std::size_t allocations();

/// Calls of operator delete so far, likewise.
std::size_t deallocations();

/// The bytes that these operator new were asked for, without what alignment adds; likewise.
std::size_t allocated_bytes();

/// The bytes of those that operator delete did not get yet; likewise.
std::size_t live_bytes();

}  // namespace support
