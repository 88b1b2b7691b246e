// An optimizer takes a model or a list of parameters.
#include <minigrad/nn/layers.hpp>
#include <minigrad/optim/sgd.hpp>

int main() {
  minigrad::Rng rng(1);
  minigrad::Linear layer(2, 3, rng);
  minigrad::ReLU activation;
  minigrad::SGD works(layer, {.lr = 0.1});
  minigrad::SGD fails(activation, {.lr = 0.1});  // error: this model has no parameters: its parts\(\) should list them
  return works.lr() > 0 ? 0 : 1;
}
