// An op has one rule for each input of its value.
#include <minigrad/ops/ops.hpp>

int main() {
  minigrad::Graph<minigrad::Tensor<double>> graph;
  const auto x = graph.variable({1, 2});
  const auto twice = [](const auto& v) { return v * 2; };
  const auto rule = [](const auto& g) { return g * 2; };
  auto y = minigrad::record("twice", twice, rule)(x);
  y = minigrad::record("twice", twice, rule, rule)(x, x);  // error: its value has a parameter for each rule
  return y.value().size() == 2 ? 0 : 1;
}
