// A kernel reads at most six operands, and a rule reads the gradient and the result besides the inputs.
#include <minigrad/ops/ops.hpp>

int main() {
  const auto x = minigrad::Tensor<float>{1, 2};
  const auto sum4 = [](auto a, auto b, auto c, auto d) { return a + b + c + d; };
  const auto sum5 = [](auto a, auto b, auto c, auto d, auto e) { return a + b + c + d + e; };
  const auto& g = minigrad::same_gradient;
  auto y = minigrad::elementwise("sum4", sum4, g, g, g, g)(x, x, x, x);
  y = minigrad::elementwise("sum5", sum5, g, g, g, g, g)(x, x, x, x, x);  // error: at most four
  return y.size() == 2 ? 0 : 1;
}
