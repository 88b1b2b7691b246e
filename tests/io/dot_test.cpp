#include <doctest/doctest.h>

#include <minigrad/diff/grad.hpp>
#include <minigrad/ops/ops.hpp>
#include <minigrad/io/dot.hpp>
#include <minigrad/nn/layers.hpp>
#include <minigrad/nn/losses.hpp>
#include <minigrad/nn/sequential.hpp>
#include <string>
#include <vector>

using namespace minigrad;

namespace {

/// The lines of a picture between the first three and the last.
std::string body(const std::string& dot) {
  std::size_t begin = 0;
  for (int line = 0; line < 3; ++line) begin = dot.find('\n', begin) + 1;
  return dot.substr(begin, dot.size() - 2 - begin);
}

}  // namespace

TEST_CASE("micrograd's example is drawn with names, values and gradients") {
  Graph<double> graph;
  const auto a = graph.variable(-4.0), b = graph.variable(2.0);
  auto c = a + b;
  auto d = a * b + pow(b, 3);
  c += c + 1;
  c += 1 + c + (-a);
  d += d * 2 + relu(b + a);
  d += 3 * d + relu(b - a);
  const auto e = c - d;
  const auto f = pow(e, 2);
  auto g = f / 2.0;
  g += 10.0 / f;
  graph.retain_grads();
  backward(g);
  CHECK(to_dot(graph, {{a, "a"}, {b, "b"}, {c, "c"}, {d, "d"}, {e, "e"}, {f, "f"}, {g, "g"}}) == R"(digraph {
  rankdir=LR;
  node [shape=box, style="rounded,filled", fillcolor="#ffffff", fontname="Helvetica", fontsize=11];
  n0 [label="a\n-4\ngrad 138.834", fillcolor="#cfe8ff"];
  n1 [label="b\n2\ngrad 645.577", fillcolor="#cfe8ff"];
  n2 [label="add\n-2\ngrad -27.7668"];
  n0 -> n2;
  n1 -> n2;
  n3 [label="add(·, 1)\n-1\ngrad -13.8834"];
  n2 -> n3;
  n4 [label="add\n-3\ngrad -13.8834"];
  n2 -> n4;
  n3 -> n4;
  n5 [label="add(·, 1)\n-2\ngrad -6.94169"];
  n4 -> n5;
  n6 [label="neg\n4\ngrad -6.94169"];
  n0 -> n6;
  n7 [label="add\n2\ngrad -6.94169"];
  n5 -> n7;
  n6 -> n7;
  n8 [label="c = add\n-1\ngrad -6.94169"];
  n4 -> n8;
  n7 -> n8;
  n9 [label="mul\n-8\ngrad 83.3003"];
  n0 -> n9;
  n1 -> n9;
  n10 [label="pow(·, 3)\n8\ngrad 83.3003"];
  n1 -> n10;
  n11 [label="add\n0\ngrad 83.3003"];
  n9 -> n11;
  n10 -> n11;
  n12 [label="mul(·, 2)\n0\ngrad 27.7668"];
  n11 -> n12;
  n13 [label="add\n-2\ngrad 0"];
  n1 -> n13;
  n0 -> n13;
  n14 [label="relu\n0\ngrad 27.7668"];
  n13 -> n14;
  n15 [label="add\n0\ngrad 27.7668"];
  n12 -> n15;
  n14 -> n15;
  n16 [label="add\n0\ngrad 27.7668"];
  n11 -> n16;
  n15 -> n16;
  n17 [label="mul(·, 3)\n0\ngrad 6.94169"];
  n16 -> n17;
  n18 [label="sub\n6\ngrad 6.94169"];
  n1 -> n18;
  n0 -> n18;
  n19 [label="relu\n6\ngrad 6.94169"];
  n18 -> n19;
  n20 [label="add\n6\ngrad 6.94169"];
  n17 -> n20;
  n19 -> n20;
  n21 [label="d = add\n6\ngrad 6.94169"];
  n16 -> n21;
  n20 -> n21;
  n22 [label="e = sub\n-7\ngrad -6.94169"];
  n8 -> n22;
  n21 -> n22;
  n23 [label="f = pow(·, 2)\n49\ngrad 0.495835"];
  n22 -> n23;
  n24 [label="div(·, 2)\n24.5\ngrad 1"];
  n23 -> n24;
  n25 [label="div(10, ·)\n0.204082\ngrad 1"];
  n23 -> n25;
  n26 [label="g = add\n24.7041\ngrad 1"];
  n24 -> n26;
  n25 -> n26;
}
)");
}

TEST_CASE("gradients are shown where they are kept") {
  Graph<double> graph;
  const auto x = graph.variable(3), data = graph.input(2), y = x * data;
  CHECK(body(to_dot(graph)) == R"(  n0 [label="variable\n3", fillcolor="#cfe8ff"];
  n1 [label="input\n2", fillcolor="#eeeeee"];
  n2 [label="mul\n6"];
  n0 -> n2;
  n1 -> n2;
)");
  backward(y);
  CHECK(body(to_dot(graph)) == R"(  n0 [label="variable\n3\ngrad 2", fillcolor="#cfe8ff"];
  n1 [label="input\n2", fillcolor="#eeeeee"];
  n2 [label="mul\n6"];
  n0 -> n2;
  n1 -> n2;
)");
}

TEST_CASE("a tensor is shown by its shape and its first numbers, a number inside of the op that it is an operand of") {
  Graph<Tensor<float>> graph;
  const auto x = graph.variable({{1, 2, 3}, {4, 5, 6.12345f}});
  const auto y = clamp(x * Tensor<float>{1, 2, 3}, 0, 1.5);
  backward(sum(y));
  static_cast<void>(graph.input(Tensor<float>::empty({2, 0})));
  CHECK(body(to_dot(graph, {{y, "y"}})) ==
        R"(  n0 [label="variable\n[2, 3]\n1, 2, 3, 4, ...\ngrad 1, 0, 0, 0, ...", fillcolor="#cfe8ff"];
  n1 [label="input\n[3]\n1, 2, 3", fillcolor="#eeeeee"];
  n2 [label="mul\n[2, 3]\n1, 4, 9, 4, ..."];
  n0 -> n2;
  n1 -> n2;
  n3 [label="y = clamp(low=0, high=1.5)\n[2, 3]\n1, 1.5, 1.5, 1.5, ..."];
  n2 -> n3;
  n4 [label="sum(axis=all, keepdim=false)\n8.5"];
  n3 -> n4;
  n5 [label="input\n[2, 0]", fillcolor="#eeeeee"];
)");
}

TEST_CASE("a parameter has a colour and may have a name; used twice, it is drawn twice") {
  Parameter<double> w(3);
  Graph<double> graph;
  const auto x = graph.input(2);
  const auto y = w * x + w;
  backward(y);
  const std::string expected = R"(  n0 [label="w\n3\ngrad 3", fillcolor="#ffe5b4"];
  n1 [label="input\n2", fillcolor="#eeeeee"];
  n2 [label="mul\n6"];
  n0 -> n2;
  n1 -> n2;
  n3 [label="w\n3\ngrad 3", fillcolor="#ffe5b4"];
  n4 [label="add\n9"];
  n2 -> n4;
  n3 -> n4;
)";
  CHECK(body(to_dot(graph, {{w, "w"}})) == expected);
  CHECK(body(to_dot(graph, {{w.ref(), "w"}})) == expected);
}

TEST_CASE("a model's parameters bear their names in it") {
  Rng rng(1);
  Sequential<float> model{Linear<float>(2, 1, rng), Tanh{}};
  Graph<Tensor<float>> graph;
  const auto x = graph.input({{1, 2}});
  const auto loss = mse_loss(model(x), Tensor<float>{{1}});
  const std::string dot = to_dot(graph, {{x, "x"}, {loss, "loss"}}, model);
  for (const char* label : {"\"x\\n", "\"0.weight\\n", "\"0.bias\\n", "\"linear\\n", "\"tanh\\n", "\"loss = "})
    CHECK(dot.find(label) != dot.npos);
}

TEST_CASE("names may hold quotes, backslashes and line breaks") {
  Graph<double> graph;
  const auto x = graph.variable(1);
  CHECK(body(to_dot(graph, {{x, "a \"b\" \\c\nd"}})) ==
        R"(  n0 [label="a \"b\" \\c\nd\n1", fillcolor="#cfe8ff"];
)");
}

TEST_CASE("the same input twice has two arrows, and an empty graph no boxes") {
  Graph<double> graph;
  CHECK(body(to_dot(graph)).empty());
  const auto x = graph.variable(1);
  static_cast<void>(x + x);
  CHECK(body(to_dot(graph)) == R"(  n0 [label="variable\n1", fillcolor="#cfe8ff"];
  n1 [label="add\n2"];
  n0 -> n1;
  n0 -> n1;
)");
}

TEST_CASE("numbers that are not finite are drawn too") {
  Graph<double> graph;
  const auto x = graph.variable(0);
  backward(log(x));
  CHECK(body(to_dot(graph)) == R"(  n0 [label="variable\n0\ngrad inf", fillcolor="#cfe8ff"];
  n1 [label="log\n-inf"];
  n0 -> n1;
)");
}

TEST_CASE("a long chain is drawn without recursion, its boxes numbered from the inputs on") {
  Graph<double> graph;
  Var<double> y = graph.variable(0);
  for (int i = 0; i < 100000; ++i) y = y + 1;
  const std::string dot = to_dot(graph);
  CHECK(dot.find("n99999 -> n100000;") != dot.npos);
}

TEST_CASE("a name for a Var of a cleared graph is refused") {
  Graph<double> graph;
  const auto x = graph.variable(1);
  graph.clear();
  CHECK_THROWS_WITH_AS(to_dot(graph, {{x, "x"}}), "minigrad: Var: used after clear() of its graph", GraphError);
}
