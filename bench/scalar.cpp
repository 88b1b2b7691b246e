// bench/scalar.cpp - what one node of a Graph<double> costs, forward and backward.
#include <benchmark/benchmark.h>

#include <minigrad/minigrad.hpp>

using namespace minigrad;

// y = 0.999 y + x, again and again: two nodes a turn.
static void scalar_chain(benchmark::State& state) {
  const auto turns = state.range(0);
  Graph<double> graph;
  for (auto _ : state) {
    graph.clear();
    const auto x = graph.variable(1.0);
    auto y = x;
    for (std::int64_t i = 0; i < turns; ++i) y = y * 0.999 + x;
    backward(y);
    benchmark::DoNotOptimize(x.grad());
  }
  state.counters["per_node"] = benchmark::Counter(
      static_cast<double>(2 * turns), benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}
BENCHMARK(scalar_chain)->Arg(100)->Arg(10'000)->Arg(1'000'000);
