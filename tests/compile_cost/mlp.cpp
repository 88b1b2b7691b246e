// The program whose compilation is measured: three layers trained on a curve, as a newcomer would write it.
#include <minigrad/minigrad.hpp>

#include <cstdio>

using namespace minigrad;

int main() {
  Rng rng(1);
  const auto x = uniform({256, 1}, -3, 3, rng);
  const auto y = sin(x);

  Sequential model{Linear(1, 32, rng), Tanh(), Linear(32, 32, rng), Tanh(), Linear(32, 1, rng)};
  Adam optimizer(model, {.lr = 0.01});
  Graph<Tensor<float>> graph;
  for (int step = 0; step < 200; ++step) {
    graph.clear();
    auto loss = mse_loss(model(graph.input(x)), graph.input(y));
    backward(loss);
    optimizer.step();
    optimizer.zero_grad();
    if (step % 50 == 0) std::printf("%3d  %.4f\n", step, static_cast<double>(loss.value().item()));
  }
}
