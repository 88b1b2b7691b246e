// Operations that broadcast, on a thread whose stack has 48 KiB.
#include <pthread.h>

#include <cstddef>
#include <cstdio>
#include <minigrad/ops/arithmetic.hpp>
#include <minigrad/tensor/create.hpp>

using namespace minigrad;

static void* compute(void* wrong) {
  const Tensor<double> x = ones<double>({200, 3}), row{1, 2, 3}, column = ones<double>({200, 1});
  Tensor<double> y = x + row * column - 2;
  y += row;
  for (std::size_t i = 0; i < y.size(); ++i)
    if (y[i] != 2 * static_cast<double>(i % 3) + 1) *static_cast<int*>(wrong) = 1;
  return nullptr;
}

int main() {
  int wrong = 0;
  pthread_t thread;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  if (pthread_attr_setstacksize(&attributes, 48 * 1024) != 0 || pthread_create(&thread, &attributes, compute, &wrong)) {
    std::printf("no thread of 48 KiB\n");
    return 1;
  }
  pthread_join(thread, nullptr);
  return wrong;
}
