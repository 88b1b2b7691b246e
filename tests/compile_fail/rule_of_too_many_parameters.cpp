// A derivative rule takes the gradient, and what it reads of the result and the inputs.
#include <minigrad/ops/ops.hpp>

int main() {
  minigrad::Graph<minigrad::Tensor<double>> graph;
  const auto x = graph.variable({1, 2});
  const auto twice = [](auto v) { return v * 2; };
  auto y = minigrad::elementwise("twice", twice, [](auto g, auto&&, auto&&) { return g * 2; })(x);
  y = minigrad::elementwise("twice", twice, [](auto g, auto&&, auto&&, auto&&) { return g * 2; })(x);  // error: takes \(g\), \(g, y\)
  return y.value().size() == 2 ? 0 : 1;
}
