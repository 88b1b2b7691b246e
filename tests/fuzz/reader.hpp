// What the fuzzers of binary readers share: a check of messages, and of the memory that a reader takes.
#pragma once

#include <minigrad/core/error.hpp>
#include <minigrad/tensor/pool.hpp>

#include <sanitizer/allocator_interface.h>

#include <cstdlib>
#include <string>

namespace reader {

inline std::size_t live = 0, most = 0;  // bytes that the program has allocated, and the most there were

inline void require(bool condition) {
  if (!condition) std::abort();
}

/// Has AddressSanitizer report what is allocated.
inline const bool counts = __sanitizer_install_malloc_and_free_hooks(
    [](const volatile void*, std::size_t size) {
      live += size;
      if (live > most) most = live;
    },
    [](const volatile void* memory) { live -= __sanitizer_get_allocated_size(memory); });

/// Calls read(), which may throw a DataError about the file "f", and checks that it takes at most this much memory.
template <class Read>
void check(std::size_t most_bytes, const Read& read) {
  minigrad::release_memory();
  require(counts);
  const std::size_t before = most = live;
  try {
    read();
  } catch (const minigrad::DataError& error) {
    const std::string what = error.what();
    require(what.rfind("minigrad: read_", 0) == 0 && what.find(": \"f\": ") != std::string::npos);
    require(what.find('\n') == std::string::npos && error.file == "f");
  }
  require(most - before <= most_bytes);
}

}  // namespace reader
