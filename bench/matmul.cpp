// bench/matmul.cpp - the three matrix products on square matrices of floats.
#include <benchmark/benchmark.h>

#include <minigrad/minigrad.hpp>

using namespace minigrad;

template <class Product>
static void square_product(benchmark::State& state, const Product& product) {
  const auto n = state.range(0);
  Rng rng(1);
  const auto a = normal({n, n}, 0, 1, rng), b = normal({n, n}, 0, 1, rng);
  for (auto _ : state) benchmark::DoNotOptimize(product(a, b).data());
  const auto side = static_cast<double>(n);
  state.counters["FLOP"] = benchmark::Counter(2 * side * side * side, benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK_CAPTURE(square_product, matmul, [](const auto& a, const auto& b) { return matmul(a, b); })
    -> RangeMultiplier(4) -> Range(16, 1024);
BENCHMARK_CAPTURE(square_product, matmul_nt, [](const auto& a, const auto& b) { return matmul_nt(a, b); })
    -> RangeMultiplier(4) -> Range(16, 1024);
BENCHMARK_CAPTURE(square_product, matmul_tn, [](const auto& a, const auto& b) { return matmul_tn(a, b); })
    -> RangeMultiplier(4) -> Range(16, 1024);
