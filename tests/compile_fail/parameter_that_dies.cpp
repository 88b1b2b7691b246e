// A graph refers to its parameters, so one that is gone at the end of the line cannot be among them.
#include <minigrad/graph/graph.hpp>

int main() {
  minigrad::Graph<double> graph;
  const minigrad::Parameter<double> p(1);
  auto x = graph.parameter(p);
  x = graph.parameter(minigrad::Parameter<double>(1));  // error: deleted
  return x.value() > 0 ? 0 : 1;
}
