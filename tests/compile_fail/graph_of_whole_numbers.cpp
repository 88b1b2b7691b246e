// A derivative of whole numbers would be one of the wrong numbers.
#include <minigrad/diff/grad.hpp>
#include <minigrad/ops/ops.hpp>

int main() {
  const auto square = [](auto x) { return x * x; };
  minigrad::value_and_grad(square, 3);  // error: whole numbers have no derivatives
  return minigrad::value_and_grad(square, 3.0).second == 6 ? 0 : 1;
}
