#include <doctest/doctest.h>

#include <limits>
#include <minigrad/nn/layers.hpp>
#include <minigrad/optim/adam.hpp>

#include "../support/optimizer_case.hpp"

using namespace minigrad;

namespace {
const support::Fixture fixture = support::read_fixture("optim.txt");

template <class Options>
Options options_of(const support::Case& one) {
  const Options d;
  return {.lr = one.number("lr", d.lr),
          .beta1 = one.has("betas") ? one.numbers("betas")[0] : d.beta1,
          .beta2 = one.has("betas") ? one.numbers("betas")[1] : d.beta2,
          .eps = one.number("eps", d.eps),
          .weight_decay = one.number("weight_decay", d.weight_decay),
          .amsgrad = one.number("amsgrad", d.amsgrad) != 0};
}

template <class Options>
void check_defaults(const support::Case& expected) {
  const Options d;
  CHECK(d.lr == expected.number("lr"));
  CHECK(d.beta1 == expected.numbers("betas")[0]);
  CHECK(d.beta2 == expected.numbers("betas")[1]);
  CHECK(d.eps == expected.number("eps"));
  CHECK(d.weight_decay == expected.number("weight_decay"));
  CHECK(d.amsgrad == (expected.number("amsgrad") != 0));
}
}  // namespace

TEST_CASE("Adam agrees with PyTorch over 100 steps") {
  support::follow("adam/", 8, [](const auto& parameters, const support::Case& one) {
    return Adam(parameters, options_of<AdamOptions>(one));
  });
}

TEST_CASE("AdamW agrees with PyTorch over 100 steps") {
  support::follow("adamw/", 7, [](const auto& parameters, const support::Case& one) {
    return AdamW(parameters, options_of<AdamWOptions>(one));
  });
}

TEST_CASE("the defaults of Adam and AdamW are PyTorch's") {
  check_defaults<AdamOptions>(fixture.at("defaults/Adam"));
  check_defaults<AdamWOptions>(fixture.at("defaults/AdamW"));
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
