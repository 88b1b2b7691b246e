#include <doctest/doctest.h>

#include <minigrad/nn/layers.hpp>
#include <minigrad/optim/sgd.hpp>

#include "../support/optimizer_case.hpp"

using namespace minigrad;

namespace {
const support::Fixture fixture = support::read_fixture("optim.txt");
}  // namespace

TEST_CASE("SGD agrees with PyTorch over 100 steps") {
  const auto make = [](const auto& list, const auto& one) { return SGD(list, support::options_of<SGDOptions>(one)); };
  support::follow("sgd/", 10, make);
  support::follow("group/sgd", 2, make);
}

TEST_CASE("SGD's defaults are PyTorch's, and lr is 0.001 as in its newer versions") {
  const SGDOptions d;
  const support::Case& expected = fixture.at("defaults/SGD");
  CHECK(d.lr == 1e-3);
  CHECK(d.momentum == expected.number("momentum"));
  CHECK(d.dampening == expected.number("dampening"));
  CHECK(d.weight_decay == expected.number("weight_decay"));
  CHECK(d.nesterov == (expected.number("nesterov") != 0));
}

TEST_CASE("plain SGD is w - lr g") {
  const Parameter w(Tensor<float>{1, 2, 3, 4, 5});
  support::add_gradient(w, Tensor<float>{10, 20, 30, 40, -50});
  SGD optimizer(std::vector{w.ref()}, {.lr = 0.125});
  optimizer.step();
  CHECK(w.value() == Tensor<float>{-0.25f, -0.5f, -0.75f, -1, 11.25f});
}

TEST_CASE("SGD says which option it cannot take") {
  Rng rng(1);
  Linear model(2, 1, rng);
  CHECK_THROWS_WITH_AS(SGD(model, {.lr = -1}), "minigrad: SGD: lr is -1, and must be at least 0", ValueError);
  CHECK_THROWS_WITH_AS(SGD(model, {.momentum = -0.5}), "minigrad: SGD: momentum is -0.5, and must be at least 0",
                       ValueError);
  CHECK_THROWS_WITH_AS(SGD(model, {.weight_decay = -1e-3}),
                       "minigrad: SGD: weight_decay is -0.001, and must be at least 0", ValueError);
  CHECK_THROWS_WITH_AS(SGD(model, {.nesterov = true}),
                       "minigrad: SGD: nesterov needs momentum above 0 and dampening 0, but they are 0 and 0",
                       ValueError);
  CHECK_THROWS_WITH_AS(SGD(model, {.momentum = 0.9, .dampening = 0.5, .nesterov = true}),
                       "minigrad: SGD: nesterov needs momentum above 0 and dampening 0, but they are 0.9 and 0.5",
                       ValueError);
  CHECK_THROWS_WITH_AS(SGD(model, {.lr = std::nan("")}), "minigrad: SGD: lr is nan, and must be at least 0",
                       ValueError);
}
