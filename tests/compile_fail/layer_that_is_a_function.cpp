// A layer is an object; tanh is the name of several functions.
#include <minigrad/nn/sequential.hpp>

using namespace minigrad;

int main() {
  Rng rng(0);
  Sequential model{Linear(2, 3, rng), Tanh()};
  Sequential same{Linear(2, 3, rng), [](const auto& x) { return tanh(x); }};
  Sequential other{Linear(2, 3, rng), tanh};  // error: deleted
  return model.size() == same.size() ? 0 : 1;
}
