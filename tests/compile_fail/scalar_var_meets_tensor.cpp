// A tape differentiates numbers; tensors want a Graph.
#include <minigrad/scalar/scalar_tape.hpp>

int main() {
  minigrad::ScalarTape<double> tape;
  const auto x = tape.variable(2);
  auto y = x * 3 + 1.5f;
  y = x * minigrad::Tensor<double>{1, 2};  // error: a ScalarVar meets numbers and ScalarVars of its own type
  return y.value() > 0 ? 0 : 1;
}
