#include <doctest/doctest.h>

#include <limits>
#include <minigrad/diff/anomaly.hpp>
#include <minigrad/diff/grad.hpp>
#include <minigrad/diff/checkpoint.hpp>
#include <minigrad/ops/ops.hpp>
#include <string>

using namespace minigrad;

namespace {
/// What a message says of an exception in the middle of a sweep.
const std::string gone =
    "; the parameters of this loss have no gradient now, as after zero_grad(): mend the cause, then call backward() again";
}  // namespace
using T = Tensor<double>;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double NaN = std::numeric_limits<double>::quiet_NaN();

template <class F>
std::string message_of(const F& f) {
  try {
    f();
  } catch (const AnomalyError& error) {
    return error.what();
  }
  return "no anomaly";
}

}  // namespace

TEST_CASE("a loss that is not finite: the first op whose value is not is named, with its shapes and the place in it") {
  Graph<T> graph;
  detect_anomaly(graph);
  const auto x = graph.variable({{1, 2, 3}, {4, 0, 5}});
  const auto y = log(x * 2), loss = sum(exp(y * 1) * 3 + y);
  CHECK(message_of([&] { backward(loss); }) ==
        "minigrad: detect_anomaly: log([2, 3]) -> [2, 3] gives -inf at (1, 1) (node 2)");
  CHECK(message_of([&] { grad(loss, x); }) ==
        "minigrad: detect_anomaly: log([2, 3]) -> [2, 3] gives -inf at (1, 1) (node 2)");
}

TEST_CASE("an anomaly among numbers shows the numbers") {
  Graph<double> graph;
  detect_anomaly(graph);
  const auto x = graph.variable(-2);
  CHECK(message_of([&] { backward(pow(x, 0.5) + 1); }) == "minigrad: detect_anomaly: pow(-2, 0.5) gives nan (node 1)");
}

TEST_CASE("data, a variable and a parameter that are not finite are named as such") {
  Graph<T> graph;
  detect_anomaly(graph);
  CHECK(message_of([&] { backward(sum(graph.variable({1}) * T{{1}, {inf}})); }) ==
        "minigrad: detect_anomaly: an input of shape [2, 1] holds inf at (1, 0) (node 1)");
  graph.clear();
  CHECK(message_of([&] { backward(sum(graph.variable({1, NaN}))); }) ==
        "minigrad: detect_anomaly: a variable of shape [2] holds nan at (1) (node 0)");
  graph.clear();
  Parameter<T> w(T{1, -inf});
  CHECK(message_of([&] { backward(sum(graph.parameter(w))); }) ==
        "minigrad: detect_anomaly: the parameter [2] holds -inf at (1)");
}

TEST_CASE("a finite loss with a gradient that is not: the first op whose rule made it so is named") {
  Graph<T> graph;
  detect_anomaly(graph);
  const auto x = graph.variable({4, 0});
  const auto loss = sum(sqrt(x * 3) * 2);
  CHECK(message_of([&] { backward(loss); }) ==
        "minigrad: detect_anomaly: the gradient that sqrt([2]) -> [2] passes to its input 0, a mul of shape [2], is inf "
        "at (1) (node 2)" + gone);
  CHECK(message_of([&] { grad(loss, x); }) ==
        "minigrad: detect_anomaly: the gradient that sqrt([2]) -> [2] passes to its input 0, a mul of shape [2], is inf "
        "at (1) (node 2)");
}

TEST_CASE("the place of an op is told by the parameters that it takes, or that were used before and after it") {
  Graph<T> graph;
  detect_anomaly(graph);
  Parameter<T> w(T{{0, 1}}), b(T{0}), v(T{1, 2, 3});
  CHECK(message_of([&] {
          const auto h = linear(graph.input({{1, 2}}), w, b);
          backward(sum(log(h - 3) * v));
        }) == "minigrad: detect_anomaly: log([1, 1]) -> [1, 1] gives nan at (0, 0) (node 5, after the parameter [1] "
              "and before [3])");
  graph.clear();
  w.set_value(T{{1e308, 1e308}});
  CHECK(message_of([&] { backward(sum(linear(graph.input({{9, 9}}), w, b))); }) ==
        "minigrad: detect_anomaly: linear([1, 2], [1, 2], [1]) -> [1, 1] gives inf at (0, 0) (node 3, with the "
        "parameters [1, 2], [1])");
}

TEST_CASE("an infinite value that harms neither the loss nor a gradient is no anomaly") {
  Graph<T> graph;
  detect_anomaly(graph);
  const auto x = graph.variable({1, 2});
  const auto masked = softmax(where(Tensor<bool>{true, false}, x, -inf), 0);
  CHECK_NOTHROW(backward(sum(masked * T{1, 2})));
  log(x * 0);  // which the loss does not use
  CHECK_NOTHROW(backward(sum(x * x)));
}

TEST_CASE("the loss of an op that hides a bad place still betrays it by its gradient") {
  Graph<double> graph;
  detect_anomaly(graph);
  const auto x = graph.variable(0);
  const auto root = sqrt(x);
  CHECK(message_of([&] { backward(where(greater(x, 0), root, 0)); }) ==
        "minigrad: detect_anomaly: the gradient that sqrt(0) passes to its input 0, a variable, is nan (node 1)" + gone);
}

TEST_CASE("a derivative of a derivative that is not finite is found too") {
  Graph<double> graph;
  detect_anomaly(graph);
  const auto x = graph.variable(0);
  const auto slope = grad(pow(x, 1.5), x);
  CHECK(message_of([&] { backward(slope); }) ==
        "minigrad: detect_anomaly: the gradient that pow_derivative(0, 1.5, order=1) passes to its input 0, a variable, is "
        "inf (node 4)" + gone);
}

TEST_CASE("an op inside of a checkpoint is named, for its value or for its gradient") {
  Graph<double> graph;
  detect_anomaly(graph);
  CHECK(message_of([&] { backward(checkpoint([](auto v) { return log(v - 5) * 2; }, graph.variable(2))); }) ==
        "minigrad: detect_anomaly: log(-3) gives nan (node 2)");
  const auto x = graph.variable(0);
  CHECK(message_of([&] { backward(checkpoint([](auto v) { return sqrt(v) * 2; }, x)); }) ==
        "minigrad: detect_anomaly: the gradient that sqrt(0) passes to its input 0, a variable, is inf (node 1); while "
        "passing a gradient through checkpoint" + gone);
}

TEST_CASE("without detect_anomaly(), and after it was turned off, nothing is thrown") {
  Graph<double> graph;
  const auto x = graph.variable(0);
  CHECK_NOTHROW(backward(log(x)));
  detect_anomaly(graph);
  CHECK_THROWS_AS(backward(log(x)), AnomalyError);
  detect_anomaly(graph, false);
  CHECK_NOTHROW(backward(log(x)));
}

TEST_CASE("the mode outlives clear(), and the graph goes on after an anomaly") {
  Graph<double> graph;
  detect_anomaly(graph);
  CHECK_THROWS_AS(backward(log(graph.variable(0))), AnomalyError);
  graph.clear();
  CHECK_THROWS_AS(backward(log(graph.variable(0))), AnomalyError);
  graph.clear();
  const auto x = graph.variable(2);
  backward(square(x));
  CHECK(x.grad() == 4);
}
