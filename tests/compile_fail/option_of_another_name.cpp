// The name of an option is misspelt.
// lines: g++ 33, clang++ 13: the compiler lists all ways of making an SGD, and g++ does not say which member is unknown
#include <minigrad/nn/layers.hpp>
#include <minigrad/optim/sgd.hpp>

int main() {
  minigrad::Rng rng(0);
  minigrad::Linear model(1, 1, rng);
  minigrad::SGD optimizer(model, {.lr = 0.1});
  minigrad::SGD other(model, {.learning_rate = 0.1});  // error: no matching function|no viable constructor|deduction
  return optimizer.lr() > 0 ? 0 : 1;
}
