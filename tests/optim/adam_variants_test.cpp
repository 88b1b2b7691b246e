#include <doctest/doctest.h>

#include <minigrad/optim/adam_variants.hpp>

#include "../support/optimizer_case.hpp"

using namespace minigrad;
using support::options_of;

namespace {
const support::Fixture fixture = support::read_fixture("optim.txt");
constexpr auto nadam = [](const auto& list, const auto& one) { return NAdam(list, options_of<NAdamOptions>(one)); };
constexpr auto radam = [](const auto& list, const auto& one) { return RAdam(list, options_of<RAdamOptions>(one)); };
constexpr auto adamax = [](const auto& list, const auto& one) { return Adamax(list, options_of<AdamaxOptions>(one)); };
}  // namespace

TEST_CASE("NAdam agrees with PyTorch over 100 steps") {
  support::follow("nadam/", 5, nadam);
  support::follow("group/nadam", 1, nadam);
}

TEST_CASE("RAdam agrees with PyTorch over 100 steps") {
  support::follow("radam/", 6, radam);
  support::follow("group/radam", 1, radam);
}

TEST_CASE("Adamax agrees with PyTorch over 100 steps") {
  support::follow("adamax/", 5, adamax);
  support::follow("group/adamax", 1, adamax);
}

TEST_CASE("the defaults of NAdam, RAdam and Adamax are PyTorch's") {
  support::check_defaults<NAdamOptions>(fixture.at("defaults/NAdam"));
  support::check_defaults<RAdamOptions>(fixture.at("defaults/RAdam"));
  support::check_defaults<AdamaxOptions>(fixture.at("defaults/Adamax"));
}
