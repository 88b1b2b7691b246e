// An op has one rule for each input.
#include <minigrad/ops/ops.hpp>

int main() {
  minigrad::Graph<double> graph;
  const auto x = graph.variable(2.0);
  const auto y = minigrad::elementwise("id", [](auto v) { return v; }, minigrad::same_gradient)(x);
  minigrad::elementwise("id", [](auto v) { return v; })(x);  // error: an op needs one rule for each
  return y.value() == 2 ? 0 : 1;
}
