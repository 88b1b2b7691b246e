// A graph refers to a model's parameters, so the model must live until backward() is done.
#include <minigrad/nn/sequential.hpp>

int main() {
  minigrad::Rng rng(1);
  minigrad::Sequential model{minigrad::Linear(2, 1, rng)};
  minigrad::Graph<minigrad::Tensor<float>> graph;
  const auto x = graph.input({{1, 2}});
  auto y = model(x);
  minigrad::Sequential<float>{model}(x);  // error: and a temporary does not
  return y.value().size() == 1 ? 0 : 1;
}
