// What parts() lists is there to be changed.
#include <minigrad/nn/layers.hpp>

int main() {
  minigrad::Rng rng(1);
  minigrad::Linear<float> layer(2, 1, rng);
  const minigrad::Linear<float>& same = layer;
  parameters(same);  // error: this model is const
  return static_cast<int>(parameters(layer).size() + same.weight.value().size()) - 4;
}
