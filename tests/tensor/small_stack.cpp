// How much stack operations take that broadcast: less than 16 KiB, forwards and backwards. They run in a thread whose
// stack is filled with a pattern, of which then is counted what is left.
#include <pthread.h>

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <minigrad/ops/functions.hpp>
#include <minigrad/ops/rearrange.hpp>
#include <minigrad/ops/reduce.hpp>
#include <minigrad/tensor/create.hpp>

using namespace minigrad;

static bool wrong = false;

/// The bytes of stack that a thread takes which runs f.
static std::size_t stack_of(void* (*f)(void*)) {
  static constexpr std::size_t size = 64 * 1024;
  static char* const stack = static_cast<char*>(std::aligned_alloc(4096, size));
  std::memset(stack, 0x5a, size);
  pthread_t thread;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  if (pthread_attr_setstack(&attributes, stack, size) != 0 || pthread_create(&thread, &attributes, f, nullptr) != 0) {
    std::printf("no thread on a stack of its own\n");
    std::exit(1);
  }
  pthread_join(thread, nullptr);
  std::size_t left = 0;
  while (left < size && stack[left] == 0x5a) ++left;
  return size - left;
}

static void* nothing(void*) { return nullptr; }

static void* arithmetic(void*) {
  const Tensor<double> x = ones<double>({200, 3}), row{1, 2, 3}, column = ones<double>({200, 1});
  Tensor<double> y = x + row * column - 2;
  y += row;
  for (std::size_t i = 0; i < y.size(); ++i) wrong = wrong || y[i] != 2 * static_cast<double>(i % 3) + 1;
  return nullptr;
}

static void* where_of_three(void*) {
  const Tensor<float> row{0, 1, 2}, column = ones({200, 1});
  const Tensor<float> y = where(greater(row, 0), column, row);
  for (std::size_t i = 0; i < y.size(); ++i) wrong = wrong || y[i] != (i % 3 > 0 ? 1 : 0);
  return nullptr;
}

static void* gradient(void*) {
  Graph<Tensor<float>> graph;
  const auto column = graph.variable(full({200, 1}, 2)), row = graph.variable({1, 2, 3});
  backward(sum(pow(column, row) + column * row));
  wrong = wrong || column.grad()[0] != 1 + 4 + 12 + 6;  // 1 + 2 x + 3 x^2, and the sum of the row
  return nullptr;
}

int main() {
  const std::size_t empty = stack_of(nothing);
  for (const auto f : {arithmetic, where_of_three, gradient}) {
    const std::size_t bytes = stack_of(f) - empty;
    std::printf("%zu bytes of stack\n", bytes);
    wrong = wrong || bytes > 16 * 1024;
  }
  return wrong;
}
