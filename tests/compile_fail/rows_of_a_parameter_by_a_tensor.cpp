// Rows taken by a Tensor of indices belong to no graph; those taken by a handle, graph.input(indices), do.
#include <minigrad/minigrad.hpp>

using namespace minigrad;

int main() {
  Graph<Tensor<float>> graph;
  const auto x = graph.variable({{1, 2}, {3, 4}});
  const Parameter<Tensor<float>> w(Tensor<float>{{1, 2}, {3, 4}});
  const Tensor<std::int64_t> indices{1, 0};
  const auto works = index_select(w, graph.input(indices));
  const auto fails = index_select(w, indices);  // error: minigrad: .*w\.value\(\).*graph\.parameter\(w\).*operand\(w, x\)
  return works.value().size() > 0 ? 0 : 1;
}
