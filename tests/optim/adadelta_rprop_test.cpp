#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <minigrad/optim/adadelta_rprop.hpp>

#include "../support/optimizer_case.hpp"

using namespace minigrad;
using support::options_of;

namespace {
const support::Fixture fixture = support::read_fixture("optim.txt");
constexpr auto adadelta = [](const auto& list, const auto& one) {
  return Adadelta(list, options_of<AdadeltaOptions>(one));
};
constexpr auto rprop = [](const auto& list, const auto& one) { return Rprop(list, options_of<RpropOptions>(one)); };
}  // namespace

TEST_CASE("Adadelta agrees with PyTorch over 100 steps") {
  support::follow("adadelta/", 5, adadelta);
  support::follow("group/adadelta", 1, adadelta);
}

TEST_CASE("Rprop agrees with PyTorch over 100 steps") {
  support::follow("rprop/", 4, rprop);
  support::follow("group/rprop", 1, rprop);
}

TEST_CASE("the defaults of Adadelta and Rprop are PyTorch's") {
  support::check_defaults<AdadeltaOptions>(fixture.at("defaults/Adadelta"));
  support::check_defaults<RpropOptions>(fixture.at("defaults/Rprop"));
}

TEST_CASE("Rprop takes the first step with the learning rate, whatever the size of the gradient") {
  const Parameter w(Tensor<double>{1, 1, 1});
  support::add_gradient(w, Tensor<double>{1e-9, -1e9, 0});
  Rprop optimizer(std::vector{w.ref()}, {.lr = 0.25});
  optimizer.step();
  CHECK(w.value() == Tensor<double>{0.75, 1.25, 1});
}

TEST_CASE("a gradient that is NaN does not stay silent in Rprop") {
  const Parameter w(Tensor<double>{1, 1, 1, 1, 1});
  support::add_gradient(w, Tensor<double>{1, std::numeric_limits<double>::quiet_NaN(), 1, 1, 1});
  Rprop optimizer(std::vector{w.ref()});
  optimizer.step();
  CHECK(std::isnan(w.value()[1]));
}
