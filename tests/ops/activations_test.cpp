#include <doctest/doctest.h>

#include <cmath>
#include <minigrad/ops/ops.hpp>
#include <minigrad/tensor/print.hpp>

#include "../support/values.hpp"

using namespace minigrad;
using support::check_values;
using support::everywhere;
using support::nearby;

TEST_CASE("activations have the values of their formulas") {
  check_values("tanh", [](const auto& x) { return tanh(x); }, [](auto x) { return std::tanh(x); }, everywhere);
  check_values("sigmoid", [](const auto& x) { return sigmoid(x); }, [](auto x) { return 1 / (1 + std::exp(-x)); },
               everywhere);
  check_values(
      "relu", [](const auto& x) { return relu(x); }, [](auto x) { return std::isnan(x) ? x : std::fmax(x, 0.0L); },
      everywhere);
  check_values("leaky_relu", [](const auto& x) { return leaky_relu(x); }, [](auto x) { return x > 0 ? x : 0.01L * x; },
               everywhere);
  check_values(
      "leaky_relu", [](const auto& x) { return leaky_relu(x, 0.25); }, [](auto x) { return x > 0 ? x : x / 4; },
      everywhere);
  check_values(
      "elu", [](const auto& x) { return elu(x); }, [](auto x) { return x > 0 ? x : std::exp(x) - 1; }, everywhere);
  check_values("elu", [](const auto& x) { return elu(x, 0.5); }, [](auto x) { return x > 0 ? x : std::expm1(x) / 2; },
               everywhere);
  check_values("softplus", [](const auto& x) { return softplus(x); },
               [](auto x) { return x > 40 ? x : std::log1p(std::exp(x)); }, everywhere);
  check_values("silu", [](const auto& x) { return silu(x); }, [](auto x) { return x / (1 + std::exp(-x)); }, nearby);
  check_values(
      "gelu", [](const auto& x) { return gelu(x); }, [](auto x) { return x * std::erfc(-x / std::sqrt(2.0L)) / 2; },
      nearby);
}

TEST_CASE("functions that would overflow on the way are computed without") {
  for (double x : {800.0, 1e300}) {
    CHECK(sigmoid(x) == 1);
    CHECK(sigmoid(-x) == 0);
    CHECK(softplus(x) == x);
    CHECK(softplus(-x) == 0);
    CHECK(silu(x) == x);
    CHECK(silu(-x) == 0);
    CHECK(gelu(x) == x);
    CHECK(gelu(-x) == 0);
    CHECK(elu(x) == x);
    CHECK(elu(-x) == -1);
    CHECK(tanh(x) == 1);
  }
}
