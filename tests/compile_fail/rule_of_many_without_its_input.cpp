// The rule of an op of many inputs gets the number of the input.
#include <minigrad/ops/ops.hpp>

int main() {
  minigrad::Graph<minigrad::Tensor<double>> graph;
  const std::vector<minigrad::Var<minigrad::Tensor<double>>> x{graph.variable({1, 2})};
  const auto first = [](auto values) { return *values[0]; };
  auto y = minigrad::record_many("first", first, [](const auto& g, auto&&, std::size_t) { return g; })(x);
  y = minigrad::record_many("first", first, [](const auto& g, auto&&) { return g; })(x);  // error: takes \(g, y, k\)
  return y.value().size() == 2 ? 0 : 1;
}
