// On Vars a derivative rule gives a Var.
#include <minigrad/ops/ops.hpp>

int main() {
  minigrad::Graph<double> graph;
  const auto x = graph.variable(2);
  const auto twice = [](auto v) { return v * 2; };
  auto y = minigrad::elementwise("twice", twice, [](auto g) { return g * 2; })(x);
  y = minigrad::elementwise("twice", twice, [](auto) { return 2; })(x);  // error: gives a Var there
  return y.value() == 4 ? 0 : 1;
}
