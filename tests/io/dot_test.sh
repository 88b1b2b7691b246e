#!/usr/bin/env bash
# Graphviz, where it is installed, draws what to_dot writes.
set -euo pipefail
if ! command -v dot >/dev/null; then
  echo "skipped: no graphviz"
  exit
fi
mkdir -p "$SCRATCH"
cd "$SCRATCH"
cat > draw.cpp <<'END'
#include <cstdio>
#include <minigrad/graph/backward.hpp>
#include <minigrad/ops/ops.hpp>
#include <minigrad/io/dot.hpp>

int main() {
  using namespace minigrad;
  Parameter<Tensor<float>> w(Tensor<float>{{1, -2, 3}, {4, 5, -6}});
  Graph<Tensor<float>> graph;
  const auto x = graph.input({1, 2, 3});
  const auto loss = mean(relu(x * w - 0.5));
  backward(loss);
  std::puts(to_dot(graph, {{x, "a \"name\" of \\ and <b>{|}</b>\n\u03bb"}, {w, "w"}, {loss, "loss"}}).c_str());
}
END
"$CXX" -std=c++20 -I"$ROOT/include" $SANITIZE draw.cpp -o draw
./draw > graph.dot
dot -Tsvg graph.dot > graph.svg
grep -q '&quot; of \\ and &lt;b&gt;{|}&lt;/b&gt;' graph.svg  # as it was written, character by character
grep -q 'loss = mean(axis=all, keepdim=false)' graph.svg
