#include <doctest/doctest.h>

#include <minigrad/diff/grad.hpp>
#include <minigrad/nn/layers.hpp>
#include <minigrad/nn/losses.hpp>
#include <minigrad/optim/flat_parameters.hpp>
#include <minigrad/tensor/create.hpp>
#include <utility>
#include <vector>

#include "../support/message.hpp"

using namespace minigrad;

TEST_CASE("the parameters of a model are one vector, and so are their gradients: 0 where there is none, or frozen") {
  Rng rng(1);
  Linear<double> model(2, 1, rng);
  const FlatParameters flat(model);
  CHECK(flat.size() == 3);
  flat.set_values({1, 2, 3});
  CHECK(model.weight.value() == Tensor<double>{{1, 2}});
  CHECK(model.bias.value() == Tensor<double>{3});
  CHECK(flat.values() == Tensor<double>{1, 2, 3});
  CHECK(flat.gradients() == Tensor<double>{0, 0, 0});

  Graph<Tensor<double>> graph;
  backward(sum(model(graph.input(Tensor<double>{{5, 7}}))));
  CHECK(flat.gradients() == Tensor<double>{5, 7, 1});
  model.bias.requires_grad(false);
  CHECK(flat.gradients() == Tensor<double>{5, 7, 0});
}

TEST_CASE("parameters that are numbers are one vector too") {
  const Parameter<double> a(1), b(2);
  const FlatParameters flat(std::vector{a.ref(), b.ref()});
  CHECK(flat.values() == Tensor<double>{1, 2});
  flat.set_values({3, 4});
  CHECK(b.value() == 4);
}

TEST_CASE("gradient descent on a flat vector is that of SGD") {
  Rng rng(1);
  Linear<double> model(2, 1, rng);
  const FlatParameters flat(model);
  const Tensor<double> before = flat.values();
  Graph<Tensor<double>> graph;
  Tensor<double> g = Tensor<double>::empty({3});
  auto loss = [&] { return mse_loss(model(graph.input(Tensor<double>{{1, 2}})), Tensor<double>{{3}}); };
  flat.evaluate(loss, g.data());
  CHECK(g == flat.gradients());
  flat.set_values(before - 0.1 * g);
  for (std::size_t i = 0; i < 3; ++i) CHECK(flat.values()[i] == before[i] - 0.1 * g[i]);
}

TEST_CASE("a flat view refuses other sizes, and a model that it does not have") {
  const Parameter<double> a(1);
  FlatParameters flat(std::vector{a.ref()});
  CHECK_THROWS_WITH_AS(flat.set_values({1, 2}), "minigrad: FlatParameters: set_values: [2] for 1 numbers", ShapeError);
  CHECK(support::message([&] { FlatParameters(std::vector<ParameterRef<double>>{}); }) ==
        "minigrad: FlatParameters: the model has no parameters to optimise");
  CHECK(support::message([&] {
          FlatParameters(std::vector{a.ref(), a.ref()});
        }) == "minigrad: FlatParameters: parameters 0 and 1 are the same: list each once");
  const FlatParameters<double> taken = std::move(flat);
  CHECK(support::message([&] { flat.values(); }) ==
        "minigrad: FlatParameters: used after it was moved from");  // NOLINT
}
