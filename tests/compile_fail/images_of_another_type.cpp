// A convolution of float and images of double do not mix silently, as in Linear.
#include <minigrad/nn/conv.hpp>

int main() {
  minigrad::Rng rng(1);
  const minigrad::Conv2d<float> layer(1, 2, 3, rng);
  const minigrad::Tensor<double> x = minigrad::Tensor<double>::empty({1, 1, 4, 4});
  layer(x.to<float>());
  layer(x);  // error: the layer and its input hold different number types
  return 0;
}
