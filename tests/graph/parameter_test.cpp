#include <doctest/doctest.h>

#include <minigrad/diff/grad.hpp>
#include <minigrad/diff/hooks.hpp>
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
  p.set_value(5);
  CHECK(p.value() == 5);
  Parameter<Tensor<float>> q(Tensor<float>{1, 2});
  q.edit()[1] = 7;
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
  copy.set_value(9);
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
  const double* const address = &layer[0].value();
  for (int i = 0; i < 100; ++i) layer.emplace_back(0.0);
  CHECK(layer[0].ref() == ref);
  CHECK(&layer[0].value() == address);
  ref.set_value(4);
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

TEST_CASE("a parameter that was moved from by assignment says so too, and those who refer to it learn that it has ended") {
  Parameter<double> p(2), q(3);
  const ParameterRef<double> of_p = p.ref(), of_q = q.ref();
  p = std::move(q);
  CHECK(p.value() == 3);
  CHECK(p.ref() == of_p);
  CHECK_THROWS_WITH_AS(q.value(), "minigrad: Parameter: used after it was moved from", GraphError);
  CHECK(of_q.state().abandoned);
  CHECK(!of_p.state().abandoned);
  q = Parameter<double>(4);
  CHECK(q.value() == 4);
}

TEST_CASE("a reference keeps the parameter alive") {
  std::optional<Parameter<double>> p(std::in_place, 2.0);
  const ParameterRef<double> ref = p->ref();
  p.reset();
  CHECK(ref.value() == 2);
}

TEST_CASE("a reference learns that its parameter has ended, but not that it has moved") {
  std::optional<Parameter<double>> p(std::in_place, 2.0);
  const ParameterRef<double> ref = p->ref();
  add_gradient_to(*p);
  std::optional<Parameter<double>> moved(std::move(*p));
  p.reset();
  CHECK(!ref.state().abandoned);
  CHECK(ref.has_grad());
  Parameter<double> taken(5);
  const ParameterRef<double> of_taken = taken.ref();
  taken = *moved;  // a value
  CHECK(!of_taken.state().abandoned);
  moved.reset();
  CHECK(ref.state().abandoned);
  CHECK(!ref.has_grad());
  Parameter<double> empty(1);
  const Parameter<double> rest = std::move(empty);
  taken = std::move(empty);  // nothing
  CHECK(of_taken.state().abandoned);
  CHECK(!rest.ref().state().abandoned);
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
  p.set_value(Tensor<double>{1, 2, 3});
  CHECK_THROWS_WITH_AS(
      backward(sum(graph.parameter(p))),
      "minigrad: backward: a gradient of shape [3] is to be added to one of shape [2]: call zero_grad() "
      "after giving a parameter another shape; while passing a gradient through sum; the parameters of this loss have "
      "no gradient now, as after zero_grad(): mend the cause, then call backward() again",
      ShapeError);
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

TEST_CASE("set_value(), edit() and assignment count the version up, and reading does not") {
  Parameter<double> p(2);
  CHECK(p.version() == 0);
  p.set_value(3);
  CHECK(p.version() == 1);
  p.edit() += 1;
  CHECK(p.version() == 2);
  p = Parameter<double>(5);
  CHECK(p.version() == 3);
  Parameter<double> other(6);
  p = other;
  CHECK(p.version() == 4);
  CHECK(other.version() == 0);
  p = std::move(other);
  CHECK(p.version() == 5);
  CHECK(p.value() + p.ref().value() == 12);
  add_gradient_to(p);
  p.zero_grad();
  p.requires_grad(false);
  CHECK(p.version() == 5);
  CHECK(p.ref().version() == 5);
}

TEST_CASE("a write through a reference is a write to the parameter") {
  Parameter<Tensor<float>> p(Tensor<float>{1, 2});
  const ParameterRef<Tensor<float>> ref = p.ref();
  ref.set_value({3, 4, 5});
  CHECK(p.value() == Tensor<float>{3, 4, 5});
  CHECK(p.version() == 1);
  ref.edit()[1] = 0;
  CHECK(p.value() == Tensor<float>{3, 0, 5});
  CHECK(ref.version() == 2);
}

TEST_CASE("set_value() and edit() keep the gradient, and a frozen parameter frozen") {
  Parameter<double> p(2);
  add_gradient_to(p);
  p.set_value(7);
  CHECK(p.grad() == 3);
  p.edit() = 8;
  CHECK(p.grad() == 3);
  p.ref().set_value(9);
  CHECK(p.grad() == 3);
  CHECK(p.value() == 9);
  p.requires_grad(false);
  p.set_value(1);
  CHECK(!p.requires_grad());
}

TEST_CASE("a copy starts with the version 0, and a parameter that moves keeps its own") {
  Parameter<double> p(2);
  p.set_value(3);
  const Parameter<double> copy = p;
  CHECK(copy.version() == 0);
  const Parameter<double> moved = std::move(p);
  CHECK(moved.version() == 1);
}

TEST_CASE("a value is read-only") {
  Parameter<double> p(2);
  const ParameterRef<double> ref = p.ref();
  static_assert(std::is_same_v<decltype(p.value()), const double&>);
  static_assert(std::is_same_v<decltype(ref.value()), const double&>);
  CHECK(&p.value() == &p.edit());
}

TEST_CASE("a parameter and a reference that were moved from say so in every member") {
  Parameter<double> p(2);
  ParameterRef<double> ref = p.ref();
  const ParameterRef<double> new_ref = std::move(ref);
  const Parameter<double> new_p = std::move(p);
  const auto all_throw = [](auto& x, const char* message) {
    CHECK_THROWS_WITH_AS(x.value(), message, GraphError);
    CHECK_THROWS_WITH_AS(x.set_value(1), message, GraphError);
    CHECK_THROWS_WITH_AS(x.edit(), message, GraphError);
    CHECK_THROWS_WITH_AS(x.version(), message, GraphError);
    CHECK_THROWS_WITH_AS(x.grad(), message, GraphError);
    CHECK_THROWS_WITH_AS(x.has_grad(), message, GraphError);
    CHECK_THROWS_WITH_AS(x.zero_grad(), message, GraphError);
    CHECK_THROWS_WITH_AS(x.requires_grad(), message, GraphError);
    CHECK_THROWS_WITH_AS(x.requires_grad(true), message, GraphError);
  };
  all_throw(p, "minigrad: Parameter: used after it was moved from");
  CHECK_THROWS_WITH_AS(p.ref(), "minigrad: Parameter: used after it was moved from", GraphError);
  const char* message = "minigrad: ParameterRef: used after it was moved from";
  all_throw(ref, message);
  CHECK_THROWS_WITH_AS(ref.updated_by(), message, GraphError);
  CHECK_THROWS_WITH_AS(ref.updated_by(1), message, GraphError);
  CHECK(!(ref == new_ref));
  ref = new_ref;
  CHECK(ref.value() == 2);
}

TEST_CASE("a parameter that is frozen after the forward pass gets no gradient, as in PyTorch, and keeps what it had") {
  Parameter<Tensor<float>> p(Tensor<float>{1, 2}), q(Tensor<float>{3, 4});
  Graph<Tensor<float>> graph;
  const auto x = graph.input({1, 1});
  const auto loss = sum(p * x * p * q);
  p.requires_grad(false);
  backward(loss, {.keep_graph = true});
  CHECK(!p.has_grad());
  CHECK(q.grad() == Tensor<float>{1, 4});
  p.requires_grad(true);
  backward(loss, {.keep_graph = true});
  CHECK(p.grad() == Tensor<float>{6, 16});
  p.requires_grad(false);
  backward(loss);
  CHECK(p.grad() == Tensor<float>{6, 16});
  CHECK(q.grad() == Tensor<float>{3, 12});

  const auto only = sum(operand(p, x));
  CHECK_THROWS_AS(backward(only), GraphError);  // frozen before: nothing to differentiate
  p.requires_grad(true);
  const auto late = sum(operand(p, x));
  p.requires_grad(false);
  backward(late);  // frozen after: nothing happens
  CHECK(p.grad() == Tensor<float>{6, 16});
}

TEST_CASE("hooks see no gradient of a parameter that is frozen after the forward pass") {
  Parameter<double> p(2), q(3);
  Graph<double> graph;
  int calls = 0;
  register_post_accumulate_grad_hook(graph, p, [&](const auto&) { ++calls; });
  const auto v = graph.parameter(p);
  register_hook(v, [](double) {});
  const auto loss = v * q;
  p.requires_grad(false);
  backward(loss);
  CHECK(calls == 0);
  CHECK(!p.has_grad());
  CHECK(q.grad() == 2);
}
