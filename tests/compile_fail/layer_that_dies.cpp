// A graph refers to a layer's parameters, so the layer must live until backward() is done.
#include <minigrad/nn/layers.hpp>

int main() {
  minigrad::Rng rng(1);
  minigrad::Linear<float> layer(2, 1, rng);
  minigrad::Graph<minigrad::Tensor<float>> graph;
  const auto x = graph.input({{1, 2}});
  auto y = layer(x);
  minigrad::Linear<float>(2, 1, rng)(x);  // error: and a temporary does not
  return y.value().size() == 1 ? 0 : 1;
}
