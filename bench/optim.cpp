// bench/optim.cpp - what one update of one weight costs, for each optimizer.
#include <benchmark/benchmark.h>

#include <cmath>
#include <minigrad/minigrad.hpp>
#include <vector>

using namespace minigrad;

static constexpr std::size_t weights = 4096;  // with their gradients and state they stay in the first-level caches

static void report(benchmark::State& state) {
  state.counters["per_weight"] = benchmark::Counter(
      static_cast<double>(weights), benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

template <class Make>
static void update(benchmark::State& state, const Make& make) {
  Rng rng(1);
  Parameter w(normal({weights}, 0, 1, rng));
  Graph<Tensor<float>> graph;
  backward(sum(graph.parameter(w) * normal({weights}, 0, 1, rng)));
  auto optimizer = make(w);
  for (auto _ : state) {
    optimizer.step();
    benchmark::DoNotOptimize(w.value().data());
  }
  report(state);
}
BENCHMARK_CAPTURE(update, sgd, [](auto& w) { return SGD(w, {.lr = 1e-6}); });
BENCHMARK_CAPTURE(update, sgd_momentum, [](auto& w) { return SGD(w, {.lr = 1e-6, .momentum = 0.9}); });
BENCHMARK_CAPTURE(update, adagrad, [](auto& w) { return Adagrad(w, {.lr = 1e-6}); });
BENCHMARK_CAPTURE(update, rmsprop, [](auto& w) { return RMSprop(w, {.lr = 1e-6}); });
BENCHMARK_CAPTURE(update, adam, [](auto& w) { return Adam(w, {.lr = 1e-6}); });

// Adam's rule in a plain loop, which compilers do not vectorise: see tensor/inner_loop.hpp.
static void adam_number_by_number(benchmark::State& state) {
  std::vector<float> w(weights, 1), g(weights, 0.1f), m(weights), v(weights);
  for (auto _ : state) {
    for (std::size_t i = 0; i < weights; ++i) {
      m[i] = 0.9f * m[i] + 0.1f * g[i];
      v[i] = 0.999f * v[i] + 0.001f * g[i] * g[i];
      w[i] -= 1e-6f * m[i] / (std::sqrt(v[i]) * 2.0f + 1e-8f);
    }
    benchmark::DoNotOptimize(w.data());
    benchmark::ClobberMemory();
  }
  report(state);
}
BENCHMARK(adam_number_by_number);
