// A std::vector has no shape.
#include <minigrad/ops/arithmetic.hpp>
#include <vector>

int main() {
  const minigrad::Tensor<float> x{1, 2};
  const std::vector<float> v{1, 2};
  const auto y = x + minigrad::Tensor<float>::from({2}, v);
  x + v;  // error: an operand is a number, a Tensor, a Var or a Parameter: make a Tensor of a std::vector
  return y.size() == 2 ? 0 : 1;
}
