// A transposed Parameter would be a constant: a tied weight trains by one of its uses only.
#include <minigrad/minigrad.hpp>

using namespace minigrad;

int main() {
  Graph<Tensor<float>> graph;
  const auto x = graph.variable({{1, 2}, {3, 4}});
  const Parameter<Tensor<float>> w(Tensor<float>{{1, 2}, {3, 4}});
  const auto works = transpose(operand(w, x));
  const auto fails = transpose(w);  // error: minigrad: .*w\.value\(\).*graph\.parameter\(w\).*operand\(w, x\)
  return works.value().size() > 0 ? 0 : 1;
}
