// Tensors are compared by functions, which give masks.
#include <minigrad/ops/ops.hpp>

int main() {
  using namespace minigrad;
  const Tensor<float> x({1, -2});
  auto y = greater(x, 0);
  y = x > 0;  // error: compared by less\(a, b\) and greater\(a, b\), which give a mask
  return y.size() == 2 ? 0 : 1;
}
