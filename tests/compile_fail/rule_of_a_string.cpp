// A derivative rule is called with gradients.
#include <minigrad/ops/ops.hpp>
#include <string>

int main() {
  minigrad::Graph<minigrad::Tensor<double>> graph;
  const auto x = graph.variable({1, 2});
  const auto twice = [](const auto& v) { return v * 2; };
  auto y = minigrad::record("twice", twice, [](const auto& g) { return g * 2; })(x);
  y = minigrad::record("twice", twice, [](const std::string& g) { return g; })(x);  // error: takes \(g\), \(g, y\)
  return y.value().size() == 2 ? 0 : 1;
}
