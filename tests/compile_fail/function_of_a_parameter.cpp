// A function of a Parameter alone would be a constant, and the parameter would not train.
#include <minigrad/minigrad.hpp>

using namespace minigrad;

int main() {
  Graph<Tensor<float>> graph;
  const auto x = graph.variable({{1, 2}, {3, 4}});
  const Parameter<Tensor<float>> w(Tensor<float>{{1, 2}, {3, 4}});
  const auto works = square(operand(w, x));
  const auto fails = square(w);  // error: minigrad: .*w\.value\(\).*graph\.parameter\(w\).*operand\(w, x\)
  return works.value().size() > 0 ? 0 : 1;
}
