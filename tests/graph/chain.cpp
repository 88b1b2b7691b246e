// A chain of ten million nodes forward and backward; chain_test.sh runs it with a stack of 256 KiB.
#include <sys/resource.h>

#include <cstdio>
#include <minigrad/diff/grad.hpp>
#include <minigrad/ops/ops.hpp>

int main() {
  minigrad::Graph<double> graph;
  const auto x = graph.variable(1);
  auto y = x;
  for (int i = 0; i < 10'000'000; ++i) y = y + x;
  minigrad::backward(y);

  rusage use{};
  getrusage(RUSAGE_SELF, &use);
  const double gigabytes = static_cast<double>(use.ru_maxrss) * 1024 / 1e9;
  std::printf("%zu nodes, y = %.0f, dy/dx = %.0f, %.2f GB at most\n", graph.size(), y.value(), x.grad(), gigabytes);
  return graph.size() == 10'000'001 && y.value() == 10'000'001 && x.grad() == 10'000'001 && gigabytes <= 1 ? 0 : 1;
}
