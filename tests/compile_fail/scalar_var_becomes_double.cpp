// A derivative must not be lost by an assignment: the value is had by x.value() or a cast.
#include <minigrad/scalar/scalar_tape.hpp>

int main() {
  minigrad::ScalarTape<double> tape;
  const auto x = tape.variable(2);
  double y = static_cast<double>(x);
  y = x * 2;  // error: cannot convert|assigning to 'double'
  return y > 0 ? 0 : 1;
}
