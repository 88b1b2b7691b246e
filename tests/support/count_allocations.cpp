// The program's operator new and delete. The standard's other forms (arrays, nothrow) call these.
#include "count_allocations.hpp"

#include <atomic>
#include <cstdlib>
#include <new>

#if defined(_WIN32)  // has no aligned_alloc
#include <malloc.h>
#endif

namespace {
std::atomic<std::size_t> news{0}, deletes{0}, bytes_of_news{0};
}

std::size_t support::allocations() { return news; }
std::size_t support::deallocations() { return deletes; }
std::size_t support::allocated_bytes() { return bytes_of_news; }

#ifndef SUPPORT_SANITIZED
namespace {

void* counted(void* memory, std::size_t bytes) {
  if (!memory) throw std::bad_alloc();
  ++news;
  bytes_of_news += bytes;
  return memory;
}

void release(void* memory) noexcept {
  if (memory) ++deletes;
  std::free(memory);
}

#if defined(_WIN32)
void* aligned(std::size_t bytes, std::size_t alignment) { return _aligned_malloc(bytes, alignment); }
void release_aligned(void* memory) noexcept {
  if (memory) ++deletes;
  _aligned_free(memory);
}
#else
void* aligned(std::size_t bytes, std::size_t alignment) {
  return std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);  // wants a multiple of it
}
void release_aligned(void* memory) noexcept { release(memory); }
#endif

}  // namespace

void* operator new(std::size_t bytes) { return counted(std::malloc(bytes ? bytes : 1), bytes); }
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return counted(aligned(bytes, static_cast<std::size_t>(alignment)), bytes);
}
void operator delete(void* memory) noexcept { release(memory); }
void operator delete(void* memory, std::size_t) noexcept { release(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { release_aligned(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { release_aligned(memory); }

#endif
