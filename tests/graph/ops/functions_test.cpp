#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <minigrad/graph/backward.hpp>
#include <minigrad/graph/ops.hpp>
#include <minigrad/tensor/print.hpp>
#include <type_traits>
#include <vector>

#include "../../support/slopes.hpp"

using namespace minigrad;
using support::same;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double NaN = std::numeric_limits<double>::quiet_NaN();

bool close(double value, long double expected, double tolerance) {
  if (!std::isfinite(expected)) return same(value, static_cast<double>(expected));
  return std::fabs(static_cast<double>(value - expected)) <=
         tolerance * std::fmax(1, std::fabs(static_cast<double>(expected)));
}

/// f on a number, a Tensor and a Var, in double and in float, against its definition in long double.
template <class F, class Definition>
void check_values(const char* op, const F& f, const Definition& definition, const std::vector<double>& points) {
  CAPTURE(op);
  for (double x : points) {
    CAPTURE(x);
    const long double expected = definition(static_cast<long double>(x));
    CHECK(close(f(x), expected, 1e-14));
    const float rounded = static_cast<float>(x);
    const long double expected_of_float = definition(static_cast<long double>(rounded));
    CHECK(close(static_cast<double>(f(rounded)), expected_of_float, 1e-6));
    static_assert(std::is_same_v<decltype(f(x)), double>);
    static_assert(std::is_same_v<decltype(f(rounded)), float>);
    Graph<double> numbers;
    CHECK(same(f(numbers.input(x)).value(), f(x)));
  }
  // Long enough for blocks of a kernel and a rest.
  auto many = Tensor<double>::empty({67});
  auto floats = Tensor<float>::empty({67});
  for (std::size_t i = 0; i < many.size(); ++i) {
    many[i] = points[i % points.size()];
    floats[i] = static_cast<float>(many[i]);
  }
  const Tensor<double> result = f(many);
  const Tensor<float> result_of_floats = f(floats);
  for (std::size_t i = 0; i < many.size(); ++i) {
    CAPTURE(many[i]);
    CHECK(close(result[i], definition(static_cast<long double>(many[i])), 1e-14));
    CHECK(close(static_cast<double>(result_of_floats[i]), definition(static_cast<long double>(floats[i])), 1e-6));
  }
}

const std::vector<double> everywhere{-inf, -800, -20, -3,  -1, -0.5, -1e-9, -0.0, 0,
                                     1e-9, 0.3,  1,   2.5, 20, 60,   800,   inf,  NaN};
const std::vector<double> nearby{-5, -3, -1, -0.5, -1e-9, 0, 1e-9, 0.3, 1, 2.5, 5};
const std::vector<double> positive{0, 1e-30, 1e-3, 0.5, 1, 2, 100, 1e30, inf};

}  // namespace

TEST_CASE("functions of the standard library have its values") {
  check_values("exp", [](const auto& x) { return exp(x); }, [](auto x) { return std::exp(x); }, nearby);
  check_values("expm1", [](const auto& x) { return expm1(x); }, [](auto x) { return std::expm1(x); }, nearby);
  check_values("log", [](const auto& x) { return log(x); }, [](auto x) { return std::log(x); }, positive);
  check_values("log1p", [](const auto& x) { return log1p(x); }, [](auto x) { return std::log1p(x); }, positive);
  check_values("sin", [](const auto& x) { return sin(x); }, [](auto x) { return std::sin(x); }, nearby);
  check_values("cos", [](const auto& x) { return cos(x); }, [](auto x) { return std::cos(x); }, nearby);
  check_values("tan", [](const auto& x) { return tan(x); }, [](auto x) { return std::tan(x); }, nearby);
  check_values("atan", [](const auto& x) { return atan(x); }, [](auto x) { return std::atan(x); }, everywhere);
  check_values("tanh", [](const auto& x) { return tanh(x); }, [](auto x) { return std::tanh(x); }, everywhere);
  check_values("erf", [](const auto& x) { return erf(x); }, [](auto x) { return std::erf(x); }, everywhere);
  check_values("sqrt", [](const auto& x) { return sqrt(x); }, [](auto x) { return std::sqrt(x); }, positive);
  check_values("abs", [](const auto& x) { return abs(x); }, [](auto x) { return std::fabs(x); }, everywhere);
}

TEST_CASE("activations and small functions have the values of their formulas") {
  check_values("neg", [](const auto& x) { return neg(x); }, [](auto x) { return -x; }, everywhere);
  check_values("square", [](const auto& x) { return square(x); }, [](auto x) { return x * x; }, everywhere);
  check_values("reciprocal", [](const auto& x) { return reciprocal(x); }, [](auto x) { return 1 / x; },
               {-inf, -2, -0.0, 0, 0.1, 5, inf, NaN});
  check_values("sign", [](const auto& x) { return sign(x); },
               [](auto x) { return std::isnan(x) ? x : static_cast<long double>((x > 0) - (x < 0)); }, everywhere);
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
  check_values("clamp", [](const auto& x) { return clamp(x, -1, 2); },
               [](auto x) { return x < -1 ? -1 : x > 2 ? 2 : x; }, everywhere);
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

TEST_CASE("pow has the values of std::pow, also where they surprise") {
  for (double x : {-2.0, -0.0, 0.0, 0.5, 1.0, 3.0, inf, NaN})
    for (double p : {-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 3.0, inf, NaN}) {
      CAPTURE(x);
      CAPTURE(p);
      CHECK(same(pow(x, p), std::pow(x, p)));
      CHECK(same(pow(Tensor<double>{x}, p)[0], std::pow(x, p)));
      CHECK(same(pow(Tensor<double>{x}, Tensor<double>{p})[0], std::pow(x, p)));
    }
  CHECK(pow(2, 0.5) == std::sqrt(2.0));
  CHECK(pow(Tensor<float>{2, 3}, 2) == Tensor<float>{4, 9});
  CHECK(pow(2, Tensor<float>{2, 3}) == Tensor<float>{4, 8});
}
