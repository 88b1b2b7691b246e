// What a checkpoint is computed from again are nodes; a number is part of the function.
#include <minigrad/diff/checkpoint.hpp>

int main() {
  minigrad::Graph<double> graph;
  const auto x = graph.variable(2);
  const auto works = minigrad::checkpoint([](auto v) { return v * 3; }, x);
  minigrad::checkpoint([](auto v, auto c) { return v * c; }, x, 3);  // error: checkpoint\(\) takes no numbers as arguments: let f capture them
  return works.value() > 0 ? 0 : 1;
}
