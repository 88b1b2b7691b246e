// An op has at most four inputs.
#include <minigrad/ops/ops.hpp>

int main() {
  const auto x = minigrad::Tensor<float>{1, 2};
  const auto sum4 = [](const auto& a, const auto& b, const auto& c, const auto& d) { return a + b + c + d; };
  const auto sum5 = [](const auto& a, const auto& b, const auto& c, const auto& d, const auto& e) {
    return a + b + c + d + e;
  };
  const auto& g = minigrad::same_gradient;
  auto y = minigrad::record("sum4", sum4, g, g, g, g)(x, x, x, x);
  y = minigrad::record("sum5", sum5, g, g, g, g, g)(x, x, x, x, x);  // error: at most four inputs
  return y.size() == 2 ? 0 : 1;
}
