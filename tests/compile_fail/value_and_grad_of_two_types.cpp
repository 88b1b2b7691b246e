// One graph records values of one type.
#include <minigrad/diff/grad.hpp>
#include <minigrad/ops/arithmetic.hpp>

int main() {
  const auto product = [](auto x, auto y) { return x * y; };
  const auto works = minigrad::value_and_grad(product, 2.0, 3.0);
  minigrad::value_and_grad(product, 2.0, 3.0f);  // error: value_and_grad takes arguments of one type
  return works.first > 0 ? 0 : 1;
}
