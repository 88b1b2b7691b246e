// A product has operands of one number type.
#include <minigrad/ops/matmul.hpp>

int main() {
  const minigrad::Tensor<int> counts{{1, 2}};
  const minigrad::Tensor<float> x{{1}, {2}};
  minigrad::matmul(counts.to<float>(), x);
  minigrad::matmul(counts, x);  // error: the tensors hold different number types: convert one, by x.to<float>
}
