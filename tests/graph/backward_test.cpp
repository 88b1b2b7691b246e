#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <limits>
#include <minigrad/diff/grad.hpp>
#include <minigrad/ops/ops.hpp>
#include <vector>

using namespace minigrad;
using doctest::Approx;

namespace {

/// x + x, doubled so many times; every node is used twice.
template <class V>
Var<V> doubled(Var<V> x, int times) {
  for (int i = 0; i < times; ++i) x = x + x;
  return x;
}

/// Rosenbrock's valley (1 - x)^2 + 100 (y - x^2)^2, which is 0 at (1, 1).
auto rosenbrock(const auto& x, const auto& y) {
  return square(1 - x) + 100 * square(y - square(x));
}

}  // namespace

// Andrej Karpathy's micrograd, README.md, "Example usage".
TEST_CASE("micrograd's example comes out to the digit") {
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
  backward(g);
  CHECK(format_fixed(g.value(), 4) == "24.7041");
  CHECK(format_fixed(a.grad(), 4) == "138.8338");
  CHECK(format_fixed(b.grad(), 4) == "645.5773");
}

TEST_CASE("backward() gives every variable and parameter its derivative") {
  Parameter<double> w(2);
  Graph<double> graph;
  const auto x = graph.variable(3), data = graph.input(5);
  backward(square(w * x - data));
  CHECK(x.grad() == 2 * (2 * 3 - 5) * 2);
  CHECK(w.grad() == 2 * (2 * 3 - 5) * 3);
}

TEST_CASE("backward() adds to the gradients that are there, of variables and of parameters") {
  Parameter<double> w(2);
  Graph<double> graph;
  const auto x = graph.variable(3);
  const auto loss = w * x;
  backward(loss, {.keep_graph = true});
  backward(loss);
  CHECK(x.grad() == 4);
  CHECK(w.grad() == 6);
  const auto another = graph.parameter(w) * 10;
  backward(another);
  CHECK(w.grad() == 16);
  CHECK(x.grad() == 4);
}

TEST_CASE("backward() of a sum of losses is the sum of their backward()") {
  Graph<Tensor<double>> graph;
  const auto x = graph.variable({1, 2});
  const auto first = sum(x * x), second = sum(exp(x));
  backward(first);
  backward(second);
  Graph<Tensor<double>> other;
  const auto y = other.variable({1, 2});
  backward(sum(y * y) + sum(exp(y)));
  CHECK(x.grad() == y.grad());
}

TEST_CASE("a variable or parameter that is the loss itself has the gradient 1") {
  Graph<double> graph;
  const auto x = graph.variable(3);
  backward(x);
  CHECK(x.grad() == 1);
  Parameter<Tensor<float>> p(Tensor<float>{{7}});
  Graph<Tensor<float>> tensors;
  backward(tensors.parameter(p));
  CHECK(p.grad() == Tensor<float>{{1}});
}

TEST_CASE("a loss may be a tensor of any rank that holds one number") {
  Graph<Tensor<double>> graph;
  const auto x = graph.variable({{3}});
  backward(x * x);
  CHECK(x.grad() == Tensor<double>{{6}});
}

TEST_CASE("a loss of several numbers, or of none, is refused") {
  Graph<Tensor<float>> graph;
  const auto x = graph.variable({1, 2, 3}), empty = graph.variable(Tensor<float>::empty({2, 0}));
  CHECK_THROWS_WITH_AS(
      backward(x * 2),
      "minigrad: backward: the loss has shape [3], and only a single number has a gradient: take its sum() "
      "or mean()",
      GraphError);
  CHECK_THROWS_WITH_AS(
      backward(empty),
      "minigrad: backward: the loss has shape [2, 0], and only a single number has a gradient: take its "
      "sum() or mean()",
      GraphError);
  CHECK_THROWS_WITH_AS(
      grad(x * 2, x),
      "minigrad: grad: the loss has shape [3], and only a single number has a gradient: take its sum() or "
      "mean()",
      GraphError);
  CHECK_THROWS_WITH_AS(
      value_and_grad([](auto v) { return v * 2; }, Tensor<float>{1, 2}),
      "minigrad: value_and_grad: the loss has shape [2], and only a single number has a gradient: take its "
      "sum() or mean()",
      GraphError);
}

TEST_CASE("a loss that depends on nothing that needs a gradient is refused") {
  Graph<double> graph;
  const auto x = graph.input(3);
  Parameter<double> frozen(2);
  frozen.requires_grad(false);
  CHECK_THROWS_WITH_AS(
      backward(x * frozen),
      "minigrad: backward: the loss depends on no Parameter and no graph.variable(), so there is nothing to "
      "differentiate",
      GraphError);
}

TEST_CASE("a frozen parameter gets no gradient and the others theirs, until it thaws") {
  Parameter<double> w(2), b(1);
  w.requires_grad(false);
  Graph<double> graph;
  backward(w * graph.input(3) + b);
  CHECK(!w.has_grad());
  CHECK(b.grad() == 1);
  w.requires_grad(true);
  backward(w * graph.input(3) + b);
  CHECK(w.grad() == 3);
}

TEST_CASE("a diamond of 60 doublings takes 60 steps, not 2^60") {
  Graph<double> graph;
  const auto x = graph.variable(1);
  const auto y = doubled(x, 60);
  CHECK(graph.size() == 61);
  backward(y);
  CHECK(x.grad() == 0x1p60);
  const auto slope = grad(y, x);
  CHECK(slope.value() == 0x1p60);
  CHECK(graph.size() < 61 + 1 + 2 * 61);
  Graph<Tensor<float>> tensors;
  const auto v = tensors.variable({1, 2});
  backward(sum(doubled(v, 60)));
  CHECK(v.grad() == Tensor<float>{0x1p60f, 0x1p60f});
}

TEST_CASE("a gradient of 0 times an infinite slope is NaN, not 0") {
  Graph<double> graph;
  const auto x = graph.variable(0);
  backward(0 * sqrt(x));
  CHECK(std::isnan(x.grad()));
}

TEST_CASE("grad() is a Var that can be differentiated again, to any order") {
  Graph<double> graph;
  const auto x = graph.variable(2);
  auto y = pow(x, 5);
  const double expected[] = {32, 80, 160, 240, 240, 120, 0};
  for (double value : expected) {
    CHECK(y.value() == Approx(value).epsilon(1e-14));
    y = grad(y, x);
  }
}

TEST_CASE("the third derivative of tanh is right to 1e-9") {
  for (double at : {-2.0, -0.3, 0.0, 0.7, 1.5}) {
    Graph<double> graph;
    const auto x = graph.variable(at);
    const double third = grad(grad(grad(tanh(x), x), x), x).value();
    const double t = std::tanh(at), s = 1 - t * t;
    CHECK(std::fabs(third - (-2 * s * s + 4 * t * t * s)) < 1e-9);
  }
}

TEST_CASE("grad of grad is the Hessian: Rosenbrock's") {
  Graph<double> graph;
  const double a = -1.2, b = 1;
  const std::array<Var<double>, 2> x{graph.variable(a), graph.variable(b)};
  const auto f = rosenbrock(x[0], x[1]);
  CHECK(f.value() == Approx(24.2).epsilon(1e-14));
  const auto slope = grad(f, std::span<const Var<double>>(x));
  CHECK(slope[0].value() == Approx(-2 * (1 - a) - 400 * a * (b - a * a)).epsilon(1e-14));
  CHECK(slope[1].value() == Approx(200 * (b - a * a)).epsilon(1e-14));
  const auto row0 = grad(slope[0], std::span<const Var<double>>(x)),
             row1 = grad(slope[1], std::span<const Var<double>>(x));
  CHECK(row0[0].value() == Approx(2 - 400 * (b - 3 * a * a)).epsilon(1e-14));
  CHECK(row0[1].value() == Approx(-400 * a).epsilon(1e-14));
  CHECK(row1[0].value() == Approx(-400 * a).epsilon(1e-14));
  CHECK(row1[1].value() == Approx(200).epsilon(1e-14));
}

TEST_CASE("a Hessian times a vector comes from two sweeps") {
  Graph<Tensor<double>> graph;
  const auto x = graph.variable({1, 2, 3});
  const Tensor<double> direction{1, 0, -1};
  const auto slope = grad(sum(x * x * x), x);
  CHECK(grad(sum(slope * direction), x).value() == Tensor<double>{6, 0, -18});
}

TEST_CASE("a loss may contain a gradient: backward() goes through it, into parameters too") {
  Parameter<double> w(3);
  Graph<double> graph;
  const auto x = graph.variable(2);
  const auto slope = grad(w * square(x), x);  // 2 w x
  backward(square(slope));                    // 4 w^2 x^2
  CHECK(w.grad() == 8 * 3 * 4);
  CHECK(x.grad() == 8 * 9 * 2);
}

TEST_CASE("grad() gives 0 for what y does not depend on, in its shape") {
  Graph<Tensor<double>> graph;
  const auto x = graph.variable({1, 2}), other = graph.variable({{1, 2, 3}});
  const auto y = sum(x);
  const auto later = exp(x);
  CHECK(grad(y, other).value() == Tensor<double>{{0, 0, 0}});
  CHECK(grad(y, later).value() == Tensor<double>{0, 0});
  CHECK(grad(y, y).item() == 1);
}

TEST_CASE("grad() with respect to a Var in the middle, or to data, is what is asked for") {
  Graph<double> graph;
  const auto x = graph.input(2), y = square(x), z = y * 3;
  CHECK(grad(z, y).value() == 3);
  CHECK(grad(z, x).value() == 12);
}

TEST_CASE("grad() leaves the gradients that backward() keeps alone") {
  Parameter<double> w(3);
  Graph<double> graph;
  const auto x = graph.variable(2), y = w * x;
  CHECK(grad(y, x).value() == 3);
  CHECK(!w.has_grad());
  CHECK_THROWS_AS(x.grad(), GraphError);
}

TEST_CASE("grad() of Vars of another graph is refused") {
  Graph<double> graph, other;
  const auto x = graph.variable(2), y = other.variable(3);
  CHECK_THROWS_WITH_AS(grad(x, y), "minigrad: grad: y and x belong to different graphs", GraphError);
}

TEST_CASE("value_and_grad() differentiates a function of one argument") {
  const auto [value, slope] = value_and_grad([](auto x) { return x * x * x; }, 2.0);
  CHECK(value == 8);
  CHECK(slope == 12);
  const auto [loss, gradient] = value_and_grad([](auto x) { return sum(x * x); }, Tensor<double>{1, 2});
  CHECK(loss.item() == 5);
  CHECK(gradient == Tensor<double>{2, 4});
}

TEST_CASE("value_and_grad() differentiates a function of several arguments") {
  const auto [value, slopes] = value_and_grad([](auto x, auto y) { return rosenbrock(x, y); }, -1.2, 1.0);
  CHECK(value == Approx(24.2));
  CHECK(slopes[0] == Approx(-215.6));
  CHECK(slopes[1] == Approx(-88));
}

TEST_CASE("value_and_grad() gives 0 for an argument that the function ignores, even if it ignores all") {
  const auto [value, slopes] =
      value_and_grad([](auto x, auto) { return sum(x); }, Tensor<double>{1, 2}, Tensor<double>{3, 4});
  CHECK(value.item() == 3);
  CHECK(slopes[0] == Tensor<double>{1, 1});
  CHECK(slopes[1] == Tensor<double>{0, 0});
  CHECK(value_and_grad([](auto x) { return x.graph().input(7); }, 2.0).second == 0);
}

TEST_CASE("value_and_grad() refuses a result that belongs to another graph") {
  Graph<double> other;
  const auto elsewhere = other.variable(1);
  CHECK_THROWS_WITH_AS(value_and_grad([&](auto) { return elsewhere; }, 2.0),
                       "minigrad: value_and_grad: the function's result belongs to another graph", GraphError);
}

TEST_CASE("backward() twice on one loss is refused, and the gradients stay what they were") {
  Parameter<double> w(2);
  Graph<double> graph;
  const auto x = graph.variable(3);
  const auto loss = w * x;
  backward(loss);
  CHECK_THROWS_WITH_AS(backward(loss),
                       "minigrad: backward: called twice on the same loss, so that its gradients would count twice: "
                       "compute the loss anew, or, if that is meant, let the first call be backward(loss, "
                       "{.keep_graph = true})",
                       GraphError);
  CHECK(x.grad() == 2);
  CHECK(w.grad() == 3);
  backward(loss * 1);  // another loss
  CHECK(w.grad() == 6);
  graph.clear();
  backward(w * graph.variable(3));
  CHECK(w.grad() == 9);
}

TEST_CASE("zero_grad() of a Var forgets its gradient, also one in the middle that was retained") {
  Graph<double> graph;
  graph.retain_grads();
  const auto x = graph.variable(3), y = x * x, loss = y * 2;
  backward(loss, {.keep_graph = true});
  CHECK(x.grad() == 12);
  x.zero_grad();
  y.zero_grad();
  CHECK_THROWS_AS(x.grad(), GraphError);
  CHECK_THROWS_AS(y.grad(), GraphError);
  backward(loss);
  CHECK(x.grad() == 12);
  CHECK(y.grad() == 2);
  Parameter<double> w(5);
  const auto p = graph.parameter(w);
  backward(p * x);
  p.zero_grad();
  CHECK(!w.has_grad());
}

TEST_CASE("a graph with frozen parameters takes them for constants, and leaves their gradients alone") {
  Parameter<double> w(2);
  Graph<double> graph;
  graph.freeze_parameters();
  const auto x = graph.variable(3);
  backward(w * x);
  CHECK(x.grad() == 2);
  CHECK(!w.has_grad());
  graph.freeze_parameters(false);
  backward(w * x);
  CHECK(w.grad() == 3);
}

TEST_CASE("grad() with respect to a parameter counts all its uses, and can be differentiated again") {
  Graph<double> graph;
  const Parameter<double> w(3);
  const auto y = graph.variable(2) * w * w;  // two nodes for w
  const auto slope = grad(y, graph.parameter(w));
  CHECK(slope.value() == 12);
  CHECK(grad(slope, graph.parameter(w)).value() == 4);
}

TEST_CASE("a parameter whose gradient was forgotten has none, even where gradients are retained") {
  Graph<double> graph;
  graph.retain_grads();
  Parameter<double> w(3);
  const auto node = graph.parameter(w);
  backward(node * node);
  CHECK(node.grad() == 6);
  w.zero_grad();
  CHECK_THROWS_AS(node.grad(), GraphError);
}

TEST_CASE("a backward() within a function leaves nothing in its derivatives") {
  const auto f = [](const auto& x) {
    const auto y = x * x;
    backward(y);
    return y * 1;
  };
  CHECK(value_and_grad(f, 3.0) == std::pair(9.0, 6.0));
}

TEST_CASE("grad() takes a vector of Vars") {
  Graph<double> graph;
  const std::vector<Var<double>> x{graph.variable(2), graph.variable(5)};
  const auto slopes = grad(x[0] * x[1], x);
  CHECK(slopes[0].value() == 5);
  CHECK(slopes[1].value() == 2);
}

TEST_CASE("a backward() that is refused does not count as the first one on its loss") {
  Parameter<double> w(2);
  Graph<double> graph;
  const auto loss = w * graph.variable(3);
  w.set_value(10);
  CHECK_THROWS_AS(backward(loss), GraphError);
  w.set_value(2);
  CHECK_THROWS_WITH_AS(backward(loss),
                       "minigrad: backward: a parameter of shape [] was changed after the loss was computed from it: call "
                       "backward() before a step of the optimizer and before writing to the parameter",
                       GraphError);
}

TEST_CASE("the gradient of a parameter without elements has its shape") {
  using T = Tensor<double>;
  Parameter<T> w(T::empty({0, 3}));
  Graph<T> graph;
  backward(sum(graph.parameter(w) * 2));
  CHECK(w.grad().shape() == Shape(0, 3));
}

TEST_CASE("a loss behind an op that passes no gradient says which op that is") {
  Graph<double> graph;
  const auto x = graph.variable(3);
  CHECK_THROWS_WITH_AS(backward(stop_gradient(x) * 2),
                       "minigrad: backward: the op stop_gradient (node 1) passes no gradient to its input 0, so that there "
                       "is nothing to differentiate",
                       GraphError);
}

TEST_CASE("a constant that no rule reads is not kept, and at() says so") {
  using T = Tensor<double>;
  Graph<T> graph;
  const T b{3, 4};
  const auto y = graph.variable({1, 2}) + b;
  CHECK(graph.at(y.id()).value() == T{4, 6});
  CHECK(graph.node(1).value() == nullptr);
  CHECK_THROWS_WITH_AS(graph.at(1),
                       "minigrad: at: node 1 is a constant that no rule reads, so that its value was not kept: look at it by "
                       "node(1), or make it by graph.input()",
                       GraphError);
}
