// The program's operator new and delete. The standard's other forms (arrays, nothrow) call these.
#include "count_allocations.hpp"

#include <atomic>
#include <cstdlib>
#include <new>

namespace {
std::atomic<std::size_t> news{0}, deletes{0};
}

std::size_t support::allocations() { return news; }
std::size_t support::deallocations() { return deletes; }

#ifndef SUPPORT_SANITIZED
namespace {

void* counted(void* memory) {
  if (!memory) throw std::bad_alloc();
  ++news;
  return memory;
}

void release(void* memory) noexcept {
  if (memory) ++deletes;
  std::free(memory);
}

}  // namespace

void* operator new(std::size_t bytes) { return counted(std::malloc(bytes ? bytes : 1)); }
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  const std::size_t step = static_cast<std::size_t>(alignment);
  return counted(std::aligned_alloc(step, (bytes + step - 1) / step * step));  // wants a multiple of the alignment
}
void operator delete(void* memory) noexcept { release(memory); }
void operator delete(void* memory, std::size_t) noexcept { release(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { release(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { release(memory); }

#endif
