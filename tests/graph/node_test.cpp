#include <doctest/doctest.h>

#include <memory>
#include <minigrad/diff/grad.hpp>
#include <minigrad/ops/ops.hpp>
#include <string>
#include <vector>

using namespace minigrad;

TEST_CASE("a node for a parameter refers to the parameter's own value") {
  const Parameter<Tensor<float>> p(Tensor<float>{1, 2});
  Graph<Tensor<float>> graph;
  CHECK(&graph.parameter(p).value() == &p.value());
}

TEST_CASE("every node comes after the nodes it was computed from, and names what computed it") {
  Graph<double> graph;
  const auto x = graph.variable(3), y = graph.input(4);
  const auto z = sub(x * y, 2.0);
  CHECK(std::string(graph.node(x.id()).op()) == "variable");
  CHECK(std::string(graph.node(y.id()).op()) == "input");
  CHECK(std::string(graph.node(z.id()).op()) == "sub");
  const auto inputs_of_product = graph.node(2).inputs();
  CHECK(std::vector<NodeId>(inputs_of_product.begin(), inputs_of_product.end()) == std::vector<NodeId>{0, 1});
  const auto inputs_of_z = graph.node(z.id()).inputs();
  CHECK(std::vector<NodeId>(inputs_of_z.begin(), inputs_of_z.end()) == std::vector<NodeId>{2, no_node});
  CHECK(graph.node(z.id()).number(1) == 2);
  CHECK(graph.node(x.id()).inputs().empty());
}

TEST_CASE("what a node holds is freed by clear() and with the graph") {
  const auto watched = std::make_shared<int>(1);
  const auto hold = [&](Graph<double>& graph) {
    const auto x = graph.variable(2);
    record("hold", [](double v) { return v; }, [watched](const auto& g, auto&&, auto&&) { return g; })(x);
  };
  {
    Graph<double> graph;
    hold(graph);
    CHECK(watched.use_count() == 2);
    graph.clear();
    CHECK(watched.use_count() == 1);
    hold(graph);
    CHECK(watched.use_count() == 2);
  }
  CHECK(watched.use_count() == 1);
}

TEST_CASE("the nodes of a graph are listed with their ops, attributes, inputs and shapes") {
  using T = Tensor<double>;
  Graph<T> graph;
  const auto x = graph.variable({{1, 2, 3}, {4, 5, 6}});
  leaky_relu(sum(transpose(reshape(x, {3, 2})), 1, true), 0.1);
  const auto text = [&](NodeId id) { return op_text(graph.node(id)) + " " + to_string(graph.node(id).shape()); };
  CHECK(text(0) == "variable [2, 3]");
  CHECK(text(1) == "reshape(shape=[3, 2]) [3, 2]");
  CHECK(text(2) == "transpose(first=-2, second=-1) [2, 3]");
  CHECK(text(3) == "sum(axis=1, keepdim=true) [2, 1]");
  CHECK(text(4) == "leaky_relu(slope=0.1) [2, 1]");
  CHECK(graph.node(4).inputs() == std::vector<NodeId>{3});
  CHECK(graph.node(3).attributes()[0].numbers == std::vector<double>{1});
  CHECK(graph.node(1).attributes()[0].numbers == std::vector<double>{3, 2});
}
