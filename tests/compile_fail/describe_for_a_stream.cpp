// The names of an op's attributes go to a list.
#include <minigrad/ops/ops.hpp>
#include <string>

struct Named {
  double by;
  void describe(const minigrad::AttributeList& list) const { list("by", by); }
};
struct Text {
  double by;
  std::string describe() const { return std::to_string(by); }
};

int main() {
  minigrad::Graph<minigrad::Tensor<double>> graph;
  const auto x = graph.variable({1, 2});
  constexpr auto scale = minigrad::elementwise("scale", [](const auto& a, auto v) { return v * a.by; },
                                               [](const auto& a, auto g) { return g * a.by; });
  auto y = scale.with(Named{2})(x);
  y = scale.with(Text{2})(x);  // error: void describe\(auto& list\) const
  return y.value().size() == 2 ? 0 : 1;
}
