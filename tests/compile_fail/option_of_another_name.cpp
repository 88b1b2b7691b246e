// The name of an option is misspelt.
#include <minigrad/nn/layers.hpp>
#include <minigrad/optim/sgd.hpp>

int main() {
  minigrad::Rng rng(0);
  minigrad::Linear model(1, 1, rng);
  minigrad::SGD optimizer(model, {.lr = 0.1});
  minigrad::SGD other(model, {.learning_rate = 0.1});  // error: deleted
  return optimizer.lr() > 0 ? 0 : 1;
}
