#include <doctest/doctest.h>

#include <minigrad/graph/backward.hpp>
#include <minigrad/ops/ops.hpp>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

using namespace minigrad;

namespace {

/// Adds 3 to p's gradient.
void add_gradient_to(const Parameter<double>& p) {
  Graph<double> graph;
  backward(graph.parameter(p) * 3);
}

}  // namespace

TEST_CASE("a parameter holds its value, which training may change") {
  Parameter<double> p(2);
  CHECK(p.value() == 2);
  p.value() = 5;
  CHECK(p.value() == 5);
  Parameter<Tensor<float>> q(Tensor<float>{1, 2});
  q.value()[1] = 7;
  CHECK(q.value() == Tensor<float>{1, 7});
}

TEST_CASE("a parameter has no gradient before backward() and after zero_grad()") {
  Parameter<double> p(2);
  CHECK(!p.has_grad());
  CHECK_THROWS_WITH_AS(p.grad(), "minigrad: Parameter: no gradient yet: call backward() on a loss that uses it",
                       GraphError);
  add_gradient_to(p);
  CHECK(p.has_grad());
  CHECK(p.grad() == 3);
  p.zero_grad();
  CHECK(!p.has_grad());
  CHECK_THROWS_WITH_AS(p.ref().grad(), "minigrad: Parameter: no gradient yet: call backward() on a loss that uses it",
                       GraphError);
}

TEST_CASE("gradients of several backward() add up") {
  Parameter<double> p(2);
  add_gradient_to(p);
  add_gradient_to(p);
  CHECK(p.grad() == 6);
}

TEST_CASE("a copy is a parameter of its own") {
  Parameter<double> p(2);
  add_gradient_to(p);
  Parameter<double> copy = p;
  CHECK(!(copy.ref() == p.ref()));
  CHECK(!copy.has_grad());
  copy.value() = 9;
  CHECK(p.value() == 2);
  CHECK(p.grad() == 3);
}

TEST_CASE("a copy is frozen where the original is") {
  Parameter<double> p(2);
  p.requires_grad(false);
  CHECK(!Parameter<double>(p).requires_grad());
}

TEST_CASE("a parameter that moves is still found by those who refer to it") {
  std::vector<Parameter<double>> layer;
  layer.emplace_back(1.0);
  const ParameterRef<double> ref = layer[0].ref();
  double* const address = &layer[0].value();
  for (int i = 0; i < 100; ++i) layer.emplace_back(0.0);
  CHECK(layer[0].ref() == ref);
  CHECK(&layer[0].value() == address);
  ref.value() = 4;
  CHECK(layer[0].value() == 4);
}

TEST_CASE("a graph finds the gradient's place after the parameter has moved") {
  std::optional<Parameter<double>> p(std::in_place, 2.0);
  Graph<double> graph;
  const Var<double> loss = graph.parameter(*p) * 3;
  const Parameter<double> moved = std::move(*p);
  p.reset();
  backward(loss);
  CHECK(moved.grad() == 3);
}

TEST_CASE("assigning copies the value to where optimizers look for it") {
  Parameter<double> p(2), best(7);
  const ParameterRef<double> ref = p.ref();
  p = best;
  CHECK(ref.value() == 7);
  CHECK(p.ref() == ref);
  CHECK(!(p.ref() == best.ref()));
  const Parameter<double>& same = p;
  p = same;
  CHECK(p.value() == 7);
}

TEST_CASE("a parameter that was moved from says so, and can be given a value again") {
  Parameter<double> p(2);
  const Parameter<double> moved = std::move(p);
  CHECK_THROWS_WITH_AS(p.value(), "minigrad: Parameter: used after it was moved from", GraphError);
  p = moved;
  CHECK(p.value() == 2);
  CHECK(!(p.ref() == moved.ref()));
}

TEST_CASE("a reference keeps the parameter alive") {
  std::optional<Parameter<double>> p(std::in_place, 2.0);
  const ParameterRef<double> ref = p->ref();
  p.reset();
  CHECK(ref.value() == 2);
}

TEST_CASE("a reference reads and clears the gradient, and freezes") {
  Parameter<double> p(2);
  const ParameterRef<double> ref = p.ref();
  add_gradient_to(p);
  CHECK(ref.has_grad());
  CHECK(ref.grad() == 3);
  ref.grad() = 1;
  CHECK(p.grad() == 1);
  ref.zero_grad();
  CHECK(!p.has_grad());
  ref.requires_grad(false);
  CHECK(!p.requires_grad());
}

TEST_CASE("moving a parameter cannot fail, so that vectors of layers move theirs when they grow") {
  CHECK(std::is_nothrow_move_constructible_v<Parameter<double>>);
  CHECK(std::is_nothrow_move_assignable_v<Parameter<Tensor<float>>>);
}

TEST_CASE("a parameter used twice gets the sum of both gradients") {
  Parameter<double> p(2);
  Graph<double> graph;
  backward(graph.parameter(p) * graph.parameter(p) + graph.parameter(p));
  CHECK(p.grad() == 5);
}

TEST_CASE("a tensor parameter's gradient has the parameter's shape, also where the parameter was stretched") {
  Parameter<Tensor<double>> bias(Tensor<double>{1, 2});
  Graph<Tensor<double>> graph;
  const auto x = graph.input(Tensor<double>{{1, 2}, {3, 4}, {5, 6}});
  backward(sum(x * bias));
  CHECK(bias.grad() == Tensor<double>{9, 12});
}

TEST_CASE("a parameter of a new shape does not add to the gradient of the old one") {
  Parameter<Tensor<double>> p(Tensor<double>{1, 2});
  Graph<Tensor<double>> graph;
  backward(sum(graph.parameter(p)));
  p.value() = Tensor<double>{1, 2, 3};
  CHECK_THROWS_WITH_AS(
      backward(sum(graph.parameter(p))),
      "minigrad: backward: a gradient of shape [3] is to be added to one of shape [2]: call zero_grad() "
      "after giving a parameter another shape",
      ShapeError);
  p.zero_grad();
  backward(sum(graph.parameter(p)));
  CHECK(p.grad() == Tensor<double>{1, 1, 1});
}

TEST_CASE("assigning leaves a parameter frozen or not, and without the gradient of its old value") {
  const Parameter<double> free(7);
  Parameter<double> frozen(2), trained(3);
  frozen.requires_grad(false);
  frozen = free;
  CHECK(frozen.value() == 7);
  CHECK(!frozen.requires_grad());
  trained = frozen;
  CHECK(trained.requires_grad());
  add_gradient_to(trained);
  trained = Parameter<double>(4);
  CHECK(trained.value() == 4);
  CHECK(!trained.has_grad());
}
