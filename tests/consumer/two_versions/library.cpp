// One of the two libraries: NAME is `first` or `second`.
#include <minigrad/minigrad.hpp>

#define JOINED(a, b) a##b
#define NAME_OF(name, what) JOINED(name, what)

const char* NAME_OF(NAME, _version)() { return MINIGRAD_VERSION; }

float NAME_OF(NAME, _loss)() {
  minigrad::Graph<minigrad::Tensor<float>> graph;
  const auto x = graph.variable(minigrad::Tensor<float>{1, 5});
  const auto loss = minigrad::mse_loss(x, minigrad::Tensor<float>{3, 3});
  minigrad::backward(loss);
  return loss.value().item();
}
