// An op with attributes gives them to its rules too, as the first argument.
#include <minigrad/ops/ops.hpp>

struct Scale {
  double by;
  void describe(auto& list) const { list("by", by); }
};

int main() {
  using namespace minigrad;
  Graph<Tensor<double>> graph;
  const auto x = graph.variable({1, 2});
  const auto scale = [](const auto& a, auto v) { return v * a.by; };
  auto y = elementwise("scale", scale, [](const auto& a, auto g) { return g * a.by; }).with(Scale{2})(x);
  y = elementwise("scale", scale, [](auto g, auto) { return g; }).with(Scale{2})(x);  // error: after the attributes, if there are some
  return y.value().size() == 2 ? 0 : 1;
}
