// bench/derivatives.cpp - what derivatives of a function cost beside the function itself: a network of two layers.
#include <benchmark/benchmark.h>

#include <minigrad/minigrad.hpp>

using namespace minigrad;
using T = Tensor<double>;

namespace {

struct Function {
  Rng rng{1};
  T a = normal<double>({64, 64}, 0, 0.2, rng), b = normal<double>({64, 64}, 0, 0.2, rng);
  T x = normal<double>({8, 64}, 0, 1, rng), v = normal<double>({8, 64}, 0, 1, rng);

  auto layers(const auto& in) const { return tanh(matmul_nt(tanh(matmul_nt(in, a)), b)); }
  auto loss(const auto& in) const { return sum(square(layers(in))); }
};

template <class Run>
void measure(benchmark::State& state, const Run& run) {
  const Function f;
  for (auto _ : state) benchmark::DoNotOptimize(run(f));
}

void value(benchmark::State& state) {
  measure(state, [](const Function& f) { return f.loss(f.x); });
}
void gradient(benchmark::State& state) {
  measure(state, [](const Function& f) { return value_and_grad([&](auto x) { return f.loss(x); }, f.x); });
}
void gradient_of_checkpoint(benchmark::State& state) {
  measure(state, [](const Function& f) {
    return value_and_grad([&](auto x) { return checkpoint([&](auto y) { return f.loss(y); }, x); }, f.x);
  });
}
void vector_jacobian_product(benchmark::State& state) {
  measure(state, [](const Function& f) { return vjp([&](auto x) { return f.layers(x); }, f.x, f.v); });
}
void jacobian_vector_product(benchmark::State& state) {
  measure(state, [](const Function& f) { return jvp([&](auto x) { return f.layers(x); }, f.x, f.v); });
}
void hessian_vector_product(benchmark::State& state) {
  measure(state, [](const Function& f) { return hvp([&](auto x) { return f.loss(x); }, f.x, f.v); });
}
void whole_jacobian(benchmark::State& state) {
  measure(state, [](const Function& f) { return jacobian([&](auto x) { return f.layers(x); }, f.x); });
}
void whole_hessian(benchmark::State& state) {
  measure(state, [](const Function& f) { return hessian([&](auto x) { return f.loss(x); }, f.x); });
}
BENCHMARK(value);
BENCHMARK(gradient);
BENCHMARK(gradient_of_checkpoint);
BENCHMARK(vector_jacobian_product);
BENCHMARK(jacobian_vector_product);
BENCHMARK(hessian_vector_product);
BENCHMARK(whole_jacobian);
BENCHMARK(whole_hessian);

}  // namespace
