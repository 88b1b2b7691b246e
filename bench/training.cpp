// bench/training.cpp - one training step: forward, backward, update.
#include <benchmark/benchmark.h>

#include <minigrad/minigrad.hpp>

using namespace minigrad;

template <class Model, class Optimizer>
static void steps(benchmark::State& state, const Model& model, Optimizer& optimizer, const Tensor<float>& x,
                  const Tensor<float>& y) {
  Graph<Tensor<float>> graph;
  for (auto _ : state) {
    graph.clear();
    const auto loss = mse_loss(model(graph.input(x)), y);
    optimizer.zero_grad();
    backward(loss);
    optimizer.step();
    benchmark::DoNotOptimize(loss.item());
  }
}

// y = w x + b on 20 points.
static void line(benchmark::State& state) {
  Rng rng(1);
  const auto x = normal({20, 1}, 0, 1, rng), y = normal({20, 1}, 0, 1, rng);
  Linear model(1, 1, rng);
  SGD optimizer(model, {.lr = 0.01});
  steps(state, model, optimizer, x, y);
}
BENCHMARK(line);

// 4-64-64-1 ReLU with Adam, in batches of the given size.
static void small_network(benchmark::State& state) {
  Rng rng(1);
  const auto x = normal({state.range(0), 4}, 0, 1, rng), y = normal({state.range(0), 1}, 0, 1, rng);
  Sequential model{Linear(4, 64, rng), ReLU(), Linear(64, 64, rng), ReLU(), Linear(64, 1, rng)};
  Adam optimizer(model, {.lr = 0.001});
  steps(state, model, optimizer, x, y);
}
BENCHMARK(small_network)->Arg(1)->Arg(64);
