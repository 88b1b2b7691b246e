// An op on two Parameters belongs to no graph, so neither would train.
#include <minigrad/minigrad.hpp>

using namespace minigrad;

int main() {
  Graph<Tensor<float>> graph;
  const auto x = graph.variable({{1, 2}, {3, 4}});
  const Parameter<Tensor<float>> w(Tensor<float>{{1, 2}, {3, 4}});
  const Parameter<Tensor<float>> v(Tensor<float>{{1, 2}, {3, 4}});
  const auto works = w + operand(v, x);
  const auto fails = w + v;  // error: minigrad: .*w\.value\(\).*graph\.parameter\(w\).*operand\(w, x\)
  return works.value().size() > 0 ? 0 : 1;
}
