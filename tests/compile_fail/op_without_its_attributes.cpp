// An op with attributes gets them by with(), before it is called.
#include <minigrad/minigrad.hpp>

struct Scale {
  double by;
  void describe(auto& list) const { list("by", by); }
};

int main() {
  using namespace minigrad;
  Graph<Tensor<double>> graph;
  const auto x = graph.variable({1, 2});
  constexpr auto scale = record("scale", [](const auto& a, const auto& v) { return v * a.by; },
                                [](const auto& a, const auto& g) { return g * a.by; });
  auto y = scale.with(Scale{2})(x);
  y = scale(x);  // error: the op does not take these inputs, or it takes attributes first
  return y.value().size() == 2 ? 0 : 1;
}
