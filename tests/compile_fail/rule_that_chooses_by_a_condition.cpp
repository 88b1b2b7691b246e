// On Vars a derivative rule chooses by where(), since there is no single bool.
#include <minigrad/ops/ops.hpp>

int main() {
  using namespace minigrad;
  Graph<Tensor<double>> graph;
  const auto x = graph.variable({1, -2});
  const auto ramp = [](auto v) { return v > 0 ? v : 0; };
  auto y = elementwise("ramp", ramp, [](auto g, auto&&, auto v) { return where(greater(v, 0), g, 0); })(x);
  y = elementwise("ramp", ramp, [](auto g, auto&&, auto v) { return v > 0 ? g : 0 * g; })(x);  // error: not by `if` or
  return y.value().size() == 2 ? 0 : 1;
}
