#include <minigrad/minigrad.hpp>

int main() {
  minigrad::Graph<double> graph;
  const auto x = graph.variable(3);
  backward(x * x);
  return x.grad() == 6 ? 0 : 1;
}
