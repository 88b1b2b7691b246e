#include <doctest/doctest.h>

#include <array>
#include <minigrad/diff/grad.hpp>
#include <minigrad/ops/ops.hpp>
#include <minigrad/tensor/print.hpp>
#include <optional>
#include <sstream>
#include <type_traits>
#include <utility>
#include <vector>

#include "../support/count_allocations.hpp"

using namespace minigrad;

TEST_CASE("a Var knows its value, its graph and its place in it") {
  Graph<double> graph;
  const auto x = graph.variable(3), y = graph.input(4);
  CHECK(x.value() == 3);
  CHECK(y.item() == 4);
  CHECK(&y.graph() == &graph);
  CHECK(x.id() == 0);
  CHECK(y.id() == 1);
  CHECK(graph.size() == 2);
}

TEST_CASE("item() is the number of a tensor that holds one, and refuses others") {
  Graph<Tensor<float>> graph;
  CHECK(graph.input(Tensor<float>{{5}}).item() == 5);
  CHECK_THROWS_WITH_AS(graph.input({1, 2}).item(),
                       "minigrad: item: a tensor of shape [2] has 2 elements, and only one is a number", ShapeError);
}

TEST_CASE("a graph takes values by moving them") {
  Graph<Tensor<float>> graph;
  auto values = Tensor<float>{1, 2, 3};
  const float* const address = values.data();
  CHECK(graph.input(std::move(values)).value().data() == address);
}

TEST_CASE("a Var without a value says so") {
  const Var<double> x;
  const char* const message = "minigrad: Var: used before it was given a value";
  CHECK_THROWS_WITH_AS(x.value(), message, GraphError);
  CHECK_THROWS_WITH_AS(x.item(), message, GraphError);
  CHECK_THROWS_WITH_AS(x.grad(), message, GraphError);
  CHECK_THROWS_WITH_AS(x.graph(), message, GraphError);
  CHECK_THROWS_WITH_AS(x + 1, message, GraphError);
  CHECK_THROWS_WITH_AS(backward(x), message, GraphError);
  Graph<double> graph;
  CHECK_THROWS_WITH_AS(graph.variable(1) * x, message, GraphError);
  CHECK_THROWS_WITH_AS(grad(graph.variable(1), x), message, GraphError);
}

TEST_CASE("a Var used after clear() says so, even when a new node has its place") {
  Graph<double> graph;
  const auto x = graph.variable(3);
  graph.clear();
  const auto y = graph.variable(4);
  CHECK(x.id() == y.id());
  const char* const message = "minigrad: Var: used after clear() of its graph";
  CHECK_THROWS_WITH_AS(x.value(), message, GraphError);
  CHECK_THROWS_WITH_AS(x.grad(), message, GraphError);
  CHECK_THROWS_WITH_AS(exp(x), message, GraphError);
  CHECK_THROWS_WITH_AS(y * x, message, GraphError);
  CHECK_THROWS_WITH_AS(backward(x), message, GraphError);
  CHECK_THROWS_WITH_AS(grad(y, x), message, GraphError);
}

TEST_CASE("a Var of a graph that is gone says so, if another graph has its place") {
  std::optional<Graph<double>> graph;
  graph.emplace();
  const auto carried_over = graph->variable(3);
  graph.emplace();
  graph->variable(4);
  CHECK_THROWS_WITH_AS(carried_over.value(), "minigrad: Var: used after clear() of its graph", GraphError);
}

TEST_CASE("a Var that asks in vain for its gradient is told why") {
  Graph<double> graph;
  const auto x = graph.variable(3), data = graph.input(2), y = x * data, z = y + 1;
  CHECK_THROWS_WITH_AS(
      x.grad(),
      "minigrad: grad: no gradient is kept for this Var (variable): call backward() on a loss that uses "
      "it, and graph.retain_grads() before that for one in the middle of the graph",
      GraphError);
  backward(z);
  CHECK(x.grad() == 2);
  CHECK_THROWS_WITH_AS(
      y.grad(),
      "minigrad: grad: no gradient is kept for this Var (mul): call backward() on a loss that uses it, "
      "and graph.retain_grads() before that for one in the middle of the graph",
      GraphError);
  CHECK_THROWS_WITH_AS(data.grad(),
                       "minigrad: grad: this Var (input) needs no gradient: make it by graph.variable()", GraphError);
}

TEST_CASE("retain_grads() keeps the gradient of every Var that has one") {
  Graph<double> graph;
  graph.retain_grads();
  const auto x = graph.variable(3), data = graph.input(2), y = x * data, z = y * y;
  backward(z, {.keep_graph = true});
  CHECK(z.grad() == 1);
  CHECK(y.grad() == 12);
  CHECK(x.grad() == 24);
  CHECK_THROWS_AS(data.grad(), GraphError);
  graph.retain_grads(false);
  backward(z);
  CHECK_THROWS_AS(y.grad(), GraphError);
  CHECK(x.grad() == 48);
}

TEST_CASE("with retain_grads() a second backward() adds to variables, and replaces what the others had") {
  Graph<Tensor<double>> graph;
  graph.retain_grads();
  const auto x = graph.variable({1, 2});
  const auto y = x * 3;
  const auto loss = sum(y);
  backward(loss, {.keep_graph = true});
  backward(loss);
  CHECK(x.grad() == Tensor<double>{6, 6});
  CHECK(y.grad() == Tensor<double>{1, 1});
}

TEST_CASE("clear() forgets the nodes, and the graph can be used again") {
  Graph<Tensor<float>> graph;
  for (int step = 0; step < 3; ++step) {
    graph.clear();
    CHECK(graph.size() == 0);
    const auto x = graph.variable({1, 2});
    backward(sum(x * x));
    CHECK(x.grad() == Tensor<float>{2, 4});
  }
}

TEST_CASE("clear() of an empty graph, and twice, is fine") {
  Graph<double> graph;
  graph.clear();
  graph.variable(1);
  graph.clear();
  graph.clear();
  CHECK(graph.size() == 0);
}

TEST_CASE("after an exception in the middle of a computation the graph goes on, and can be cleared") {
  Graph<Tensor<float>> graph;
  const auto x = graph.variable({1, 2}), y = graph.variable({1, 2, 3});
  const auto twice = x * 2;
  CHECK_THROWS_AS(twice * y, ShapeError);
  CHECK_THROWS_AS(matmul(x, y), ShapeError);
  const auto loss = sum(twice);
  CHECK(loss.item() == 6);
  backward(loss);
  CHECK(x.grad() == Tensor<float>{2, 2});
  graph.clear();
  CHECK(graph.variable({1, 2}).id() == 0);
}

TEST_CASE("after an exception in a rule the graph can be cleared and used again") {
  Graph<Tensor<float>> graph;
  const auto x = graph.variable({1, 2});
  const auto y = record("throws", [](const auto& v) { return v * 2; },
                        [](const auto& g, auto&&, auto&&) -> std::decay_t<decltype(g)> {
                          detail::fail<ValueError>({"no derivative today"});
                        })(x);
  CHECK_THROWS_WITH_AS(backward(sum(y)), "minigrad: no derivative today; while passing a gradient through throws; the "
                       "parameters of this loss have no gradient now, as after zero_grad(): mend the cause, then call backward() again", ValueError);
  graph.clear();
  const auto again = graph.variable({1, 2});
  backward(sum(again));
  CHECK(again.grad() == Tensor<float>{1, 1});
}

TEST_CASE("nodes of many sizes fill many blocks of memory") {
  Graph<double> graph;
  for (int step = 0; step < 2; ++step) {
    graph.clear();
    const auto x = graph.variable(1);
    Var<double> y = x;
    for (int i = 0; i < 3000; ++i) {
      std::array<double, 50> factors;
      factors.fill(i % 2 ? 2 : 0.5);
      y = record("scale", [&](double v) { return v * factors[49]; },
                 [factors](const auto& g, auto&&, auto&&) { return g * factors[49]; })(y);
      y = y + 0;
      y = -y;
    }
    backward(y);
    CHECK(y.value() == 1);
    CHECK(x.grad() == 1);
  }
}

TEST_CASE("a graph cannot be copied, since its Vars point to it") {
  CHECK(!std::is_copy_constructible_v<Graph<double>>);
  CHECK(!std::is_copy_assignable_v<Graph<double>>);
}

TEST_CASE("a graph of numbers and one of tensors share nothing and live side by side") {
  Graph<double> numbers;
  Graph<Tensor<float>> tensors;
  const auto x = numbers.variable(3);
  const auto y = tensors.variable({1, 2});
  backward(x * x);
  backward(sum(y * y));
  CHECK(x.grad() == 6);
  CHECK(y.grad() == Tensor<float>{2, 4});
}

namespace {

Tensor<float> weights(const Shape& shape) {
  auto w = Tensor<float>::empty(shape);
  w.fill(0.01f);
  return w;
}

/// One step of training a small network on one graph; what happens to the memory is what counts.
template <class Step>
void check_that_no_warm_step_allocates(const Step& step) {
  for (int i = 0; i < 3; ++i) step();
  const std::size_t before = support::allocations();
  for (int i = 0; i < 10; ++i) step();
  CHECK(support::allocations() == before);
}

struct Net {
  Parameter<Tensor<float>> w1{weights({16, 8})}, b1{weights({16})}, w2{weights({1, 16})}, b2{weights({1})};
  Tensor<float> x = weights({32, 8}), target = weights({32, 1});

  void step(Graph<Tensor<float>>& graph) {
    const auto hidden = tanh(linear(graph.input(x), w1, b1));
    const auto error = linear(hidden, w2, b2) - target;
    backward(mean(square(error)));
    for (auto* p : {&w1, &b1, &w2, &b2}) {
      p->edit() -= p->grad() * 0.1f;
      p->zero_grad();
    }
  }
};

}  // namespace

TEST_CASE("a warm training step on a cleared graph asks the system for no memory") {
  Net net;
  Graph<Tensor<float>> graph;
  check_that_no_warm_step_allocates([&] {
    graph.clear();
    net.step(graph);
  });
}

TEST_CASE("neither does a warm step on a new graph") {
  Net net;
  check_that_no_warm_step_allocates([&] {
    Graph<Tensor<float>> graph;
    net.step(graph);
  });
}

TEST_CASE("neither does a graph of many numbers, cleared or new") {
  const auto run = [](Graph<double>& graph) {
    const auto x = graph.variable(0.5);
    auto y = x;
    for (int i = 0; i < 10000; ++i) y = y * x + 0.25;
    backward(y);
    CHECK(x.grad() == doctest::Approx(1));
  };
  Graph<double> kept;
  check_that_no_warm_step_allocates([&] {
    kept.clear();
    run(kept);
  });
  check_that_no_warm_step_allocates([&] {
    Graph<double> graph;
    run(graph);
  });
}

TEST_CASE("neither does a step with concatenated, sliced, reduced and gathered tensors") {
  Graph<Tensor<float>> graph;
  const Tensor<float> x = weights({8, 4});
  const auto rows = Tensor<std::int64_t>{1, 1, 5};
  check_that_no_warm_step_allocates([&] {
    graph.clear();
    const auto v = graph.variable(x);
    const auto joined = concatenate({slice(v, 0, 3), index_select(v, rows), v});
    const auto stacked = stack({slice(v, 0, 1, 1), slice(v, 1, 2, 1)});
    backward(sum(log_softmax(joined, 1)) + sum((max)(v, 0)) + mean(transpose(v)) + sum(stacked));
  });
}

TEST_CASE("in an op on tensors too a Var without a value, of another graph, or from before clear() is told apart") {
  Graph<Tensor<double>> graph, other;
  const auto old = graph.variable({1, 2});
  graph.clear();
  const auto x = graph.variable({1, 2}), foreign = other.variable({1, 2});
  const Var<Tensor<double>> nothing;
  const char *const after_clear = "minigrad: Var: used after clear() of its graph",
                    *const no_value = "minigrad: Var: used before it was given a value";
  CHECK_THROWS_WITH_AS(x + old, after_clear, GraphError);
  CHECK_THROWS_WITH_AS(old + x, after_clear, GraphError);
  CHECK_THROWS_WITH_AS(matmul(x, old), after_clear, GraphError);
  CHECK_THROWS_WITH_AS(concatenate({x, old}), after_clear, GraphError);
  CHECK_THROWS_WITH_AS(x + nothing, no_value, GraphError);
  CHECK_THROWS_WITH_AS(concatenate({x, nothing}), no_value, GraphError);
  CHECK_THROWS_WITH_AS(x + foreign, "minigrad: add: the operands belong to different graphs", GraphError);
  CHECK_THROWS_WITH_AS(foreign * x, "minigrad: mul: the operands belong to different graphs", GraphError);
  CHECK_THROWS_WITH_AS(concatenate({x, foreign}), "minigrad: concatenate: the operands belong to different graphs",
                       GraphError);
}

TEST_CASE("handles are printed as what they hold") {
  const auto printed = [](const auto& handle) {
    std::ostringstream out;
    out << handle;
    return out.str();
  };
  Graph<Tensor<float>> graph;
  const auto x = graph.variable({1, 2});
  CHECK(printed(x) == "[1. 2.]");
  CHECK(printed(greater(x, 1)) == "[False  True]");
  CHECK(printed(argmax(x)) == "1");
  Graph<double> numbers;
  CHECK(printed(numbers.variable(2.5)) == "2.5");
}
