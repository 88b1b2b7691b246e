// The program's operator new and delete. The standard's other forms (arrays, nothrow) call these. The size of each
// block is kept in front of it.
#include "count_allocations.hpp"

#include <atomic>
#include <cstdlib>
#include <new>

#if defined(_WIN32)  // has no aligned_alloc
#include <malloc.h>
#endif

namespace {
std::atomic<std::size_t> news{0}, deletes{0}, bytes_of_news{0}, bytes_of_deletes{0};
}

std::size_t support::allocations() { return news; }
std::size_t support::deallocations() { return deletes; }
std::size_t support::allocated_bytes() { return bytes_of_news; }
std::size_t support::live_bytes() { return bytes_of_news - bytes_of_deletes; }

#ifndef SUPPORT_SANITIZED
namespace {

constexpr std::size_t usual = __STDCPP_DEFAULT_NEW_ALIGNMENT__;

/// A block of `bytes` bytes after `front` bytes, of which the first hold the size.
void* counted(void* memory, std::size_t bytes, std::size_t front) {
  if (!memory) throw std::bad_alloc();
  ++news;
  bytes_of_news += bytes;
  *static_cast<std::size_t*>(memory) = bytes;
  return static_cast<char*>(memory) + front;
}
void* begin_of(void* block, std::size_t front) {
  void* const memory = static_cast<char*>(block) - front;
  ++deletes;
  bytes_of_deletes += *static_cast<std::size_t*>(memory);
  return memory;
}

void release(void* block) noexcept {
  if (block) std::free(begin_of(block, usual));
}

#if defined(_WIN32)
void* aligned(std::size_t bytes, std::size_t alignment) { return _aligned_malloc(bytes, alignment); }
void free_aligned(void* memory) { _aligned_free(memory); }
#else
void* aligned(std::size_t bytes, std::size_t alignment) {
  return std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);  // wants a multiple of it
}
void free_aligned(void* memory) { std::free(memory); }
#endif
void release_aligned(void* block, std::align_val_t alignment) noexcept {
  if (block) free_aligned(begin_of(block, static_cast<std::size_t>(alignment)));
}

}  // namespace

void* operator new(std::size_t bytes) { return counted(std::malloc(usual + bytes), bytes, usual); }
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  const std::size_t front = static_cast<std::size_t>(alignment);
  return counted(aligned(front + bytes, front), bytes, front);
}
void operator delete(void* memory) noexcept { release(memory); }
void operator delete(void* memory, std::size_t) noexcept { release(memory); }
void operator delete(void* memory, std::align_val_t alignment) noexcept { release_aligned(memory, alignment); }
void operator delete(void* memory, std::size_t, std::align_val_t alignment) noexcept {
  release_aligned(memory, alignment);
}

#endif
