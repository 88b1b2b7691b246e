// Functions are differentiated at values: jacobian() records f itself.
#include <minigrad/diff/derivatives.hpp>

int main() {
  const auto f = [](auto v) { return v * v; };
  minigrad::Graph<double> graph;
  const auto x = graph.variable(2);
  const double works = minigrad::jacobian(f, x.value());
  minigrad::jacobian(f, x);  // error: x is a Tensor or number \(2\.0 in place of 2\), several in braces, or a std::vector
  return works > 0 ? 0 : 1;
}
