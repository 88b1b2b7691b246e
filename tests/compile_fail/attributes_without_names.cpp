// Attributes are named, so that messages show them, and check() of a captured step compares them.
#include <minigrad/ops/ops.hpp>

struct Named {
  double by;
  void describe(auto& list) const { list("by", by); }
};
struct Unnamed {
  double by;
};

int main() {
  minigrad::Graph<minigrad::Tensor<double>> graph;
  const auto x = graph.variable({1, 2});
  constexpr auto scale = minigrad::elementwise("scale", [](const auto& a, auto v) { return v * a.by; },
                                               [](const auto& a, auto g) { return g * a.by; });
  auto y = scale.with(Named{2})(x);
  y = scale.with(Unnamed{2})(x);  // error: void describe\(auto& list\) const
  return y.value().size() == 2 ? 0 : 1;
}
