// grad() runs a derivative rule on Vars.
#include <minigrad/ops/ops.hpp>

int main() {
  minigrad::Graph<minigrad::Tensor<double>> graph;
  const auto x = graph.variable({1, 2});
  const auto twice = [](auto v) { return v * 2; };
  auto y = minigrad::elementwise("twice", twice, [](auto g) { return g * 2; })(x);
  y = minigrad::elementwise("twice", twice, [](double g) { return g * 2; })(x);  // error: runs on Vars too
  return y.value().size() == 2 ? 0 : 1;
}
