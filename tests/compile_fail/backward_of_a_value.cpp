// A model that is given a Tensor computes a Tensor and records nothing, so there is nothing to go back through.
#include <minigrad/diff/grad.hpp>
#include <minigrad/ops/ops.hpp>

int main() {
  minigrad::Graph<minigrad::Tensor<float>> graph;
  const minigrad::Parameter<minigrad::Tensor<float>> weight(minigrad::Tensor<float>{1, 2});
  const minigrad::Tensor<float> x{3, 4};
  minigrad::backward(sum(graph.input(x) * weight));
  minigrad::backward(sum(x * weight));  // error: wrap the data by graph.input
}
