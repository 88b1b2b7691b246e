// An op has one rule for each input.
#include <minigrad/ops/ops.hpp>

int main() {
  minigrad::Graph<double> graph;
  const auto x = graph.variable(2.0);
  const auto y = minigrad::elementwise("id", minigrad::inputs(x), [](auto v) { return v; }, minigrad::same_gradient);
  minigrad::elementwise("id", minigrad::inputs(x), [](auto v) { return v; });  // error: an op needs one rule for each
  return y.value() == 2 ? 0 : 1;
}
