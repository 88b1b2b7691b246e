// Tensors of float and double do not mix silently: which of the two should the result be?
#include <minigrad/tensor/elementwise.hpp>

int main() {
  const auto add = [](auto a, auto b) { return a + b; };
  const minigrad::Tensor<float> x{1, 2};
  const minigrad::Tensor<double> y{1, 2};
  auto z = minigrad::map("add", add, x.to<double>(), y);
  z = minigrad::map("add", add, x, y);  // error: the tensors hold different number types
  return z.size() == 2 ? 0 : 1;
}
