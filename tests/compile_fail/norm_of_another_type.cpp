// Batch normalization of float and images of double do not mix silently, as in Linear.
#include <minigrad/nn/norm.hpp>

int main() {
  const minigrad::BatchNorm2d<float> layer(1);
  const minigrad::Tensor<double> x = minigrad::Tensor<double>::empty({2, 1, 4, 4});
  layer(x.to<float>());
  layer(x);  // error: the layer and its input hold different number types
  return 0;
}
