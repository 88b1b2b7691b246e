// Each library has its own copy of what minigrad keeps, or shares it, as its visibility says; either works.
#include "shared.hpp"

#include <cstdio>
#include <string>

int main() {
  minigrad::Parameter<Numbers> w(Numbers{2, 2, 2});
  minigrad::Graph<Numbers> graph;
  double total = 0;
  for (int step = 0; step < 3; ++step) {
    graph.clear();
    zero_grad(w);
    total = sum_and_backward(product(graph, w));
  }
  const bool right = total == 4 + 16 + 36 && w.grad() == Numbers{4, 16, 36} && freed(three_ones()) == 3;
  std::string message = "none";
  try {
    throw_shape_error();
  } catch (const minigrad::ShapeError& error) {
    message = error.what();
  }
  std::printf("%s, and %s\n", right ? "right" : "wrong", message.c_str());
  return right && message.find("[2] and [3]") != std::string::npos ? 0 : 1;
}
