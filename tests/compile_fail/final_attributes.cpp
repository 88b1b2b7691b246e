// Attributes that are final and have another `describe` are refused like all others.
#include <minigrad/ops/ops.hpp>

struct Slope {
  double slope;
  void describe(auto& list) const { list("slope", slope); }
};
struct Final final {
  double slope;
  void describe(auto& list) { list("slope", slope); }
};

int main() {
  minigrad::Graph<double> graph;
  const auto times = [](const auto& a, auto x) { return x * a.slope; };
  const auto op = minigrad::elementwise("times", times, [](const auto& a, auto g) { return g * a.slope; });
  auto y = op.with(Slope{2})(graph.variable(1));
  y = op.with(Final{2})(graph.variable(1));  // error: void describe\(auto& list\) const
  return y.value() == 2 ? 0 : 1;
}
