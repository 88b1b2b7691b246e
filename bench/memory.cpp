// bench/memory.cpp - the peak memory of one training step of a deep network, with and without checkpoint().
//
//   g++ -std=c++20 -O2 -Iinclude bench/memory.cpp -o memory && ./memory
//
// The network is 16 layers of 512 with ReLU, the batch 2048 rows, the optimizer SGD. Each way runs in a process of its
// own, since a process has one peak.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstddef>
#include <cstdio>
#include <minigrad/minigrad.hpp>
#include <vector>

using namespace minigrad;

/// A step with checkpoints of so many layers each, or without any for 0.
static float step(std::size_t each) {
  const std::size_t layers = 16;
  const std::ptrdiff_t width = 512, batch = 2048;
  Rng rng(1);
  std::vector<Sequential<float>> parts(each ? layers / each : 1);
  for (std::size_t l = 0; l < layers; ++l) parts[each ? l / each : 0].add(Linear(width, width, rng)).add(ReLU());
  const auto x = normal({batch, width}, 0, 1, rng), y = normal({batch, width}, 0, 1, rng);
  SGD optimizer(parts, {.lr = 0.01});
  Graph<Tensor<float>> graph;
  auto h = graph.input(x);
  for (const auto& part : parts) h = each ? checkpoint(part, h) : part(h);
  const auto loss = mse_loss(h, y);
  optimizer.zero_grad();
  backward(loss);
  optimizer.step();
  return loss.item();
}

int main() {
#ifdef __APPLE__
  const double per_mib = 1024 * 1024;
#else
  const double per_mib = 1024;
#endif
  std::puts("checkpoints of | peak, MiB | loss");
  for (const std::size_t each : {0u, 1u, 2u, 4u, 8u}) {
    std::fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
      const double loss = double{step(each)};
      if (each)
        std::printf("%7zu layers | ", each);
      else
        std::printf("%14s | ", "none");
      rusage use{};
      getrusage(RUSAGE_SELF, &use);
      std::printf("%9.1f | %.6f\n", static_cast<double>(use.ru_maxrss) / per_mib, loss);
      return 0;
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) < 0 || status != 0) return 1;
  }
}
