// A function that <cmath> has too.
#include <minigrad/minigrad.hpp>
#include <vector>

int main() {
  using namespace minigrad;
  const std::vector<float> v{1, 2};
  auto y = exp(Tensor<float>::from({2}, v));
  auto z = exp(v);  // error: an operand is a number, a Tensor, a Var or a Parameter: make a Tensor of a std::vector
  return y.size() == 2 ? 0 : 1;
}
