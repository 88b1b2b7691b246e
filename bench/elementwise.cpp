// bench/elementwise.cpp - what a pass over 20, 4096 and a million floats costs, beside plain loops over std::vector.
//
// The results' memory is recycled, as in training. `per_element` is the time for one element.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <minigrad/minigrad.hpp>
#include <vector>

using namespace minigrad;

static Tensor<float> numbers(const Shape& shape) {
  Rng rng(1);
  return uniform(shape, 0.1, 2, rng);
}

static void report(benchmark::State& state, std::size_t elements) {
  state.counters["per_element"] = benchmark::Counter(
      static_cast<double>(elements), benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

/// f of a tensor of so many elements.
template <class F>
static void pass(benchmark::State& state, const F& f) {
  const auto x = numbers({state.range(0)});
  for (auto _ : state) benchmark::DoNotOptimize(f(x).data());
  report(state, x.size());
}
/// f of each element in turn.
template <class F>
static void loop(benchmark::State& state, const F& f) {
  const auto x = numbers({state.range(0)});
  std::vector<float> y(x.size());
  for (auto _ : state) {
    for (std::size_t i = 0; i < y.size(); ++i) y[i] = f(x.data()[i]);
    benchmark::DoNotOptimize(y.data());
    benchmark::ClobberMemory();
  }
  report(state, x.size());
}
#define EACH_SIZE Arg(20)->Arg(4096)->Arg(1000000)
BENCHMARK_CAPTURE(pass, exp, [](const auto& x) { return exp(x); }) -> EACH_SIZE;
BENCHMARK_CAPTURE(loop, exp, [](float x) { return std::exp(x); })->EACH_SIZE;
BENCHMARK_CAPTURE(pass, log, [](const auto& x) { return log(x); }) -> EACH_SIZE;
BENCHMARK_CAPTURE(loop, log, [](float x) { return std::log(x); })->EACH_SIZE;
BENCHMARK_CAPTURE(pass, tanh, [](const auto& x) { return tanh(x); }) -> EACH_SIZE;
BENCHMARK_CAPTURE(loop, tanh, [](float x) { return std::tanh(x); })->EACH_SIZE;
BENCHMARK_CAPTURE(pass, sigmoid, [](const auto& x) { return sigmoid(x); }) -> EACH_SIZE;
BENCHMARK_CAPTURE(loop, sigmoid, [](float x) { return 1 / (1 + std::exp(-x)); })->EACH_SIZE;
BENCHMARK_CAPTURE(pass, sqrt, [](const auto& x) { return sqrt(x); }) -> EACH_SIZE;
BENCHMARK_CAPTURE(loop, sqrt, [](float x) { return std::sqrt(x); })->EACH_SIZE;
BENCHMARK_CAPTURE(pass, relu, [](const auto& x) { return relu(x); }) -> EACH_SIZE;
BENCHMARK_CAPTURE(loop, relu, [](float x) { return x < 0 ? 0 : x; })->EACH_SIZE;
BENCHMARK_CAPTURE(pass, add, [](const auto& x) { return x + x; }) -> EACH_SIZE;
BENCHMARK_CAPTURE(loop, add, [](float x) { return x + x; })->EACH_SIZE;
BENCHMARK_CAPTURE(pass, add_number, [](const auto& x) { return x + 1; }) -> EACH_SIZE;

/// A matrix and what is stretched over it: a row, a column, a number in a tensor.
static void stretched(benchmark::State& state) {
  const auto x = numbers({state.range(0), state.range(1)}), y = numbers({state.range(2), state.range(3)});
  for (auto _ : state) benchmark::DoNotOptimize((x + y).data());
  report(state, x.size());
}
BENCHMARK(stretched)->Args({20, 1, 1, 1})->Args({64, 64, 1, 64})->Args({64, 64, 64, 1});
BENCHMARK(stretched)->Args({128, 10, 1, 10})->Args({128, 10, 128, 1})->Args({1000, 3, 1, 3})->Args({1000, 3, 1000, 1});

/// What becomes of the rows of a matrix, or of its columns, in one pass.
template <class F>
static void reduction(benchmark::State& state, const F& f) {
  const auto x = numbers({state.range(0), state.range(1)});
  for (auto _ : state) benchmark::DoNotOptimize(f(x).data());
  report(state, x.size());
}
#define EACH_SHAPE Args({20, 1})->Args({128, 10})->Args({64, 64})->Args({1000, 1000})
BENCHMARK_CAPTURE(reduction, sum, [](const auto& x) { return sum(x); }) -> EACH_SHAPE;
BENCHMARK_CAPTURE(reduction, sum_of_rows, [](const auto& x) { return sum(x, 1); }) -> EACH_SHAPE;
BENCHMARK_CAPTURE(reduction, sum_of_columns, [](const auto& x) { return sum(x, 0); }) -> EACH_SHAPE;
BENCHMARK_CAPTURE(reduction, max, [](const auto& x) { return (max)(x); }) -> EACH_SHAPE;
BENCHMARK_CAPTURE(reduction, softmax, [](const auto& x) { return softmax(x, 1); }) -> EACH_SHAPE;
BENCHMARK_CAPTURE(reduction, log_softmax, [](const auto& x) { return log_softmax(x, 1); }) -> EACH_SHAPE;

/// softmax of rows, number by number.
static void loop_softmax(benchmark::State& state) {
  const auto x = numbers({state.range(0), state.range(1)});
  const std::size_t n = x.shape()[1];
  std::vector<float> y(x.size());
  for (auto _ : state) {
    for (std::size_t i = 0; i < y.size(); i += n) {
      const float largest = *std::max_element(x.data() + i, x.data() + i + n);
      float total = 0;
      for (std::size_t j = i; j < i + n; ++j) total += y[j] = std::exp(x.data()[j] - largest);
      for (std::size_t j = i; j < i + n; ++j) y[j] /= total;
    }
    benchmark::DoNotOptimize(y.data());
    benchmark::ClobberMemory();
  }
  report(state, x.size());
}
BENCHMARK(loop_softmax)->EACH_SHAPE;
