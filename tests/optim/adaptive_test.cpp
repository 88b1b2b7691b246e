#include <doctest/doctest.h>

#include <minigrad/nn/layers.hpp>
#include <minigrad/optim/adaptive.hpp>

#include "../support/optimizer_case.hpp"

using namespace minigrad;

namespace {
const support::Fixture fixture = support::read_fixture("optim.txt");

AdagradOptions adagrad_of(const support::Case& one) {
  const AdagradOptions d;
  return {.lr = one.number("lr", d.lr),
          .lr_decay = one.number("lr_decay", d.lr_decay),
          .weight_decay = one.number("weight_decay", d.weight_decay),
          .initial_accumulator_value = one.number("initial_accumulator_value", d.initial_accumulator_value),
          .eps = one.number("eps", d.eps)};
}
RMSpropOptions rmsprop_of(const support::Case& one) {
  const RMSpropOptions d;
  return {.lr = one.number("lr", d.lr),
          .alpha = one.number("alpha", d.alpha),
          .eps = one.number("eps", d.eps),
          .weight_decay = one.number("weight_decay", d.weight_decay),
          .momentum = one.number("momentum", d.momentum),
          .centered = one.number("centered", d.centered) != 0};
}
}  // namespace

TEST_CASE("Adagrad agrees with PyTorch over 100 steps") {
  support::follow("adagrad/", 7, [](const auto& parameters, const support::Case& one) {
    return Adagrad(parameters, adagrad_of(one));
  });
}

TEST_CASE("RMSprop agrees with PyTorch over 100 steps") {
  support::follow("rmsprop/", 7, [](const auto& parameters, const support::Case& one) {
    return RMSprop(parameters, rmsprop_of(one));
  });
}

TEST_CASE("the defaults of Adagrad and RMSprop are PyTorch's") {
  const AdagradOptions a;
  const support::Case& adagrad = fixture.at("defaults/Adagrad");
  CHECK(a.lr == adagrad.number("lr"));
  CHECK(a.lr_decay == adagrad.number("lr_decay"));
  CHECK(a.weight_decay == adagrad.number("weight_decay"));
  CHECK(a.initial_accumulator_value == adagrad.number("initial_accumulator_value"));
  CHECK(a.eps == adagrad.number("eps"));

  const RMSpropOptions r;
  const support::Case& rmsprop = fixture.at("defaults/RMSprop");
  CHECK(r.lr == rmsprop.number("lr"));
  CHECK(r.alpha == rmsprop.number("alpha"));
  CHECK(r.eps == rmsprop.number("eps"));
  CHECK(r.weight_decay == rmsprop.number("weight_decay"));
  CHECK(r.momentum == rmsprop.number("momentum"));
  CHECK(r.centered == (rmsprop.number("centered") != 0));
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
