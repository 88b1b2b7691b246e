// The names of an op's attributes are asked of a constant.
#include <minigrad/ops/ops.hpp>

struct Scale {
  double by;
  void describe(auto& list) const { list("by", by); }
};
struct Changes {
  double by;
  void describe(auto& list) { list("by", by); }
};

int main() {
  minigrad::Graph<minigrad::Tensor<double>> graph;
  const auto x = graph.variable({1, 2});
  constexpr auto scale = minigrad::record("scale", [](const auto& a, const auto& v) { return v * a.by; },
                                          [](const auto& a, const auto& g) { return g * a.by; });
  auto y = scale.with(Scale{2})(x);
  y = scale.with(Changes{2})(x);  // error: void describe\(auto& list\) const
  return y.value().size() == 2 ? 0 : 1;
}
