// Whole numbers have no derivatives.
#include <minigrad/scalar/scalar_tape.hpp>

int main() {
  minigrad::ScalarTape<float> tape;
  const auto x = tape.variable(2);
  minigrad::ScalarTape<int> wrong;  // error: a ScalarTape takes float, double or long double
  return x.value() > 0 ? 0 : 1;
}
