// Writes to a parameter through a reference that was kept from edit(): 1 if backward() refuses, 0 if it does not see.
#include <minigrad/minigrad.hpp>

int main() {
  minigrad::Parameter<minigrad::Tensor<double>> w(minigrad::Tensor<double>{1, 2});
  auto& kept = w.edit();
  minigrad::Graph<minigrad::Tensor<double>> graph;
  const auto loss = sum(square(graph.parameter(w)));
  kept[0] = 5;
  try {
    backward(loss);
  } catch (const minigrad::GraphError&) {
    return 1;
  }
  return 0;
}
