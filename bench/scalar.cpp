// bench/scalar.cpp - what derivatives of numbers cost: one node of a Graph<double>, and whole gradients on a ScalarTape.
#include <benchmark/benchmark.h>

#include <minigrad/minigrad.hpp>
#include <minigrad/scalar/scalar_tape.hpp>
#include <span>
#include <vector>

#include "scalar_functions.hpp"

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

// The gradients of peers/scalar.cpp, which has them beside those of other libraries.
template <class F>
static void gradient_on_a_tape(benchmark::State& state, const F& f, const std::vector<double>& x) {
  ScalarTape<double> tape;
  std::vector<double> gradient(x.size());
  for (auto _ : state) {
    tape.value_and_grad([&](auto v) { return f(v.data()); }, x, gradient);
    benchmark::DoNotOptimize(gradient.data());
  }
}
static void rosenbrock_on_a_tape(benchmark::State& state) {
  gradient_on_a_tape(state, [](const auto* x) { return bench::rosenbrock(x, 1000); }, bench::rosenbrock_start(1000));
}
static void network_on_a_tape(benchmark::State& state) {
  gradient_on_a_tape(state, [](const auto* w) { return bench::network(w); }, bench::network_start());
}
BENCHMARK(rosenbrock_on_a_tape);
BENCHMARK(network_on_a_tape);
