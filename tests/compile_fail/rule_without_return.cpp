// A derivative rule gives a derivative.
#include <minigrad/ops/ops.hpp>

int main() {
  using namespace minigrad;
  Graph<Tensor<double>> graph;
  const auto x = graph.variable({1, 2});
  const auto twice = [](const auto& v) { return v * 2; };
  auto y = record("twice", twice, [](const auto& g) { return g * 2; })(x);
  y = record("twice", twice, [](const auto& g) { static_cast<void>(g * 2); })(x);  // error: is its `return` missing
  return y.value().size() == 2 ? 0 : 1;
}
