#include <doctest/doctest.h>

#include <minigrad/nn/layers.hpp>
#include <minigrad/optim/adaptive.hpp>

#include "../support/optimizer_case.hpp"

using namespace minigrad;

namespace {
const support::Fixture fixture = support::read_fixture("optim.txt");
}  // namespace

TEST_CASE("Adagrad agrees with PyTorch over 100 steps") {
  const auto make = [](const auto& list, const auto& one) {
    return Adagrad(list, support::options_of<AdagradOptions>(one));
  };
  support::follow("adagrad/", 8, make);
  support::follow("group/adagrad", 1, make);
}

TEST_CASE("RMSprop agrees with PyTorch over 100 steps") {
  const auto make = [](const auto& list, const auto& one) {
    return RMSprop(list, support::options_of<RMSpropOptions>(one));
  };
  support::follow("rmsprop/", 8, make);
  support::follow("group/rmsprop", 1, make);
}

TEST_CASE("the defaults of Adagrad and RMSprop are PyTorch's") {
  support::check_defaults<AdagradOptions>(fixture.at("defaults/Adagrad"));
  support::check_defaults<RMSpropOptions>(fixture.at("defaults/RMSprop"));
}

TEST_CASE("centered RMSprop stays finite where the gradient never changes and the variance rounds to below 0") {
  const Parameter w(Tensor<float>{1, 2, 3, 4, 5});
  support::add_gradient(w, Tensor<float>{0.1f, 0.7f, -1.3f, 3e-5f, 1234.5f});
  RMSprop optimizer(std::vector{w.ref()}, {.lr = 1e-9, .alpha = 0.5, .centered = true});
  for (int i = 0; i < 500; ++i) optimizer.step();
  for (const float value : w.value()) CHECK(std::isfinite(value));
}

TEST_CASE("Adagrad and RMSprop say which option they cannot take") {
  Rng rng(1);
  Linear model(2, 1, rng);
  CHECK_THROWS_WITH_AS(Adagrad(model, {.lr = -1}), "minigrad: Adagrad: lr is -1, and must be at least 0", ValueError);
  CHECK_THROWS_WITH_AS(Adagrad(model, {.lr_decay = -1}), "minigrad: Adagrad: lr_decay is -1, and must be at least 0",
                       ValueError);
  CHECK_THROWS_WITH_AS(Adagrad(model, {.weight_decay = -1}),
                       "minigrad: Adagrad: weight_decay is -1, and must be at least 0", ValueError);
  CHECK_THROWS_WITH_AS(Adagrad(model, {.initial_accumulator_value = -1}),
                       "minigrad: Adagrad: initial_accumulator_value is -1, and must be at least 0", ValueError);
  CHECK_THROWS_WITH_AS(Adagrad(model, {.eps = -1}), "minigrad: Adagrad: eps is -1, and must be at least 0", ValueError);

  CHECK_THROWS_WITH_AS(RMSprop(model, {.lr = -1}), "minigrad: RMSprop: lr is -1, and must be at least 0", ValueError);
  CHECK_THROWS_WITH_AS(RMSprop(model, {.alpha = 1}),
                       "minigrad: RMSprop: alpha is 1, and must be at least 0 and less than 1", ValueError);
  CHECK_THROWS_WITH_AS(RMSprop(model, {.eps = -1}), "minigrad: RMSprop: eps is -1, and must be at least 0", ValueError);
  CHECK_THROWS_WITH_AS(RMSprop(model, {.weight_decay = -1}),
                       "minigrad: RMSprop: weight_decay is -1, and must be at least 0", ValueError);
  CHECK_THROWS_WITH_AS(RMSprop(model, {.momentum = -1}), "minigrad: RMSprop: momentum is -1, and must be at least 0",
                       ValueError);
}
