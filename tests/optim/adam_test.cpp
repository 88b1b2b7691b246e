#include <doctest/doctest.h>

#include <limits>
#include <minigrad/nn/layers.hpp>
#include <minigrad/optim/adam.hpp>

#include "../support/optimizer_case.hpp"

using namespace minigrad;

namespace {
const support::Fixture fixture = support::read_fixture("optim.txt");
}  // namespace

TEST_CASE("Adam agrees with PyTorch over 100 steps") {
  const auto make = [](const auto& list, const auto& one) { return Adam(list, support::options_of<AdamOptions>(one)); };
  support::follow("adam/", 9, make);
  support::follow_case<double>("group/adam", fixture.at("group/adam"), make);
}

TEST_CASE("AdamW agrees with PyTorch over 100 steps") {
  const auto make = [](const auto& list, const auto& one) {
    return AdamW(list, support::options_of<AdamWOptions>(one));
  };
  support::follow("adamw/", 8, make);
  support::follow("group/adamw", 1, make);
}

TEST_CASE("the defaults of Adam and AdamW are PyTorch's") {
  support::check_defaults<AdamOptions>(fixture.at("defaults/Adam"));
  support::check_defaults<AdamWOptions>(fixture.at("defaults/AdamW"));
}

TEST_CASE("Adam's first step moves every weight by the learning rate, whatever the size of its gradient") {
  const Parameter w(Tensor<double>{1, 1, 1, 1, 1});
  support::add_gradient(w, Tensor<double>{1e-3, -1, 1e3, 1e9, -5});
  Adam optimizer(std::vector{w.ref()}, {.lr = 0.25});
  optimizer.step();
  const double expected[] = {0.75, 1.25, 0.75, 0.75, 1.25};
  for (std::size_t i = 0; i < 5; ++i) CHECK(w.value()[i] == doctest::Approx(expected[i]).epsilon(1e-5));
}

TEST_CASE("Adam and AdamW say which option they cannot take") {
  Rng rng(1);
  Linear model(2, 1, rng);
  CHECK_THROWS_WITH_AS(Adam(model, {.lr = -1}), "minigrad: Adam: lr is -1, and must be at least 0", ValueError);
  CHECK_THROWS_WITH_AS(Adam(model, {.beta1 = 1}), "minigrad: Adam: beta1 is 1, and must be at least 0 and less than 1",
                       ValueError);
  CHECK_THROWS_WITH_AS(Adam(model, {.beta2 = -0.1}),
                       "minigrad: Adam: beta2 is -0.1, and must be at least 0 and less than 1", ValueError);
  CHECK_THROWS_WITH_AS(Adam(model, {.eps = -1}), "minigrad: Adam: eps is -1, and must be at least 0", ValueError);
  CHECK_THROWS_WITH_AS(Adam(model, {.weight_decay = -1}), "minigrad: Adam: weight_decay is -1, and must be at least 0",
                       ValueError);
  CHECK_THROWS_WITH_AS(AdamW(model, {.beta2 = 1.5}),
                       "minigrad: AdamW: beta2 is 1.5, and must be at least 0 and less than 1", ValueError);
}

TEST_CASE("Adam refuses a learning rate that is infinite") {
  Rng rng(1);
  Linear model(2, 1, rng);
  CHECK_THROWS_WITH_AS(Adam(model, {.lr = std::numeric_limits<double>::infinity()}),
                       "minigrad: Adam: lr is inf, and must be finite", ValueError);
}
