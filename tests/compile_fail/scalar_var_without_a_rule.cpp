// A result that a rule would be needed for is no constant of the tape.
#include <minigrad/scalar/scalar_tape.hpp>

int main() {
  minigrad::ScalarTape<double> tape;
  const auto x = tape.variable(2);
  const auto f = [](auto v, auto w) { return v * w; };
  const auto weighted = minigrad::elementwise("weighted", f, [](auto g, auto&&, auto w) { return g * w; }, minigrad::no_rule);
  auto y = weighted(x, 3);
  y = weighted(3, x);  // error: no derivative rule for a ScalarVar: give it one in place of no_rule
  return y.value() > 0 ? 0 : 1;
}
