// A mask beside a Parameter makes no graph.
#include <minigrad/minigrad.hpp>

using namespace minigrad;

int main() {
  Graph<Tensor<float>> graph;
  const auto x = graph.variable({{1, 2}, {3, 4}});
  const Parameter<Tensor<float>> w(Tensor<float>{{1, 2}, {3, 4}});
  const Tensor<bool> mask{{true, false}, {false, true}};
  const auto works = where(mask, operand(w, x), 0);
  const auto fails = where(mask, w, 0);  // error: minigrad: .*w\.value\(\).*graph\.parameter\(w\).*operand\(w, x\)
  return works.value().size() > 0 ? 0 : 1;
}
