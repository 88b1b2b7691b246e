// A ParameterRef is for optimizers.
#include <minigrad/ops/arithmetic.hpp>

int main() {
  minigrad::Graph<minigrad::Tensor<float>> graph;
  const minigrad::Parameter<minigrad::Tensor<float>> w(minigrad::Tensor<float>{1, 2});
  const auto ref = w.ref();
  const auto x = graph.input({1, 2});
  const auto y = x * w;
  ref * x;  // error: of a ParameterRef take its Parameter, or its value\(\)
  return y.value().size() == 2 && ref.value().size() == 2 ? 0 : 1;
}
