// The layers of a Sequential compute with one number type.
#include <minigrad/nn/sequential.hpp>

int main() {
  minigrad::Rng rng(1);
  minigrad::Sequential<double> model;
  model.add(minigrad::Linear<double>(2, 3, rng));
  model.add(minigrad::Linear<float>(3, 1, rng));  // error: the layers of a Sequential compute with one number type
  return model.size() == 2 ? 0 : 1;
}
