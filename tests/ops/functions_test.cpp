#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <minigrad/ops/ops.hpp>
#include <minigrad/tensor/print.hpp>

#include "../support/values.hpp"

using namespace minigrad;
using support::check_values;
using support::everywhere;
using support::inf;
using support::NaN;
using support::nearby;
using support::positive;
using support::same;

TEST_CASE("functions of the standard library have its values") {
  check_values("exp", [](const auto& x) { return exp(x); }, [](auto x) { return std::exp(x); }, nearby);
  check_values("expm1", [](const auto& x) { return expm1(x); }, [](auto x) { return std::expm1(x); }, nearby);
  check_values("log", [](const auto& x) { return log(x); }, [](auto x) { return std::log(x); }, positive);
  check_values("log1p", [](const auto& x) { return log1p(x); }, [](auto x) { return std::log1p(x); }, positive);
  check_values("log2", [](const auto& x) { return log2(x); }, [](auto x) { return std::log2(x); }, positive);
  check_values("log10", [](const auto& x) { return log10(x); }, [](auto x) { return std::log10(x); }, positive);
  check_values("floor", [](const auto& x) { return floor(x); }, [](auto x) { return std::floor(x); }, everywhere);
  check_values("ceil", [](const auto& x) { return ceil(x); }, [](auto x) { return std::ceil(x); }, everywhere);
  check_values("sin", [](const auto& x) { return sin(x); }, [](auto x) { return std::sin(x); }, nearby);
  check_values("cos", [](const auto& x) { return cos(x); }, [](auto x) { return std::cos(x); }, nearby);
  check_values("tan", [](const auto& x) { return tan(x); }, [](auto x) { return std::tan(x); }, nearby);
  check_values("atan", [](const auto& x) { return atan(x); }, [](auto x) { return std::atan(x); }, everywhere);
  check_values("erf", [](const auto& x) { return erf(x); }, [](auto x) { return std::erf(x); }, everywhere);
  check_values("sqrt", [](const auto& x) { return sqrt(x); }, [](auto x) { return std::sqrt(x); }, positive);
  check_values("abs", [](const auto& x) { return abs(x); }, [](auto x) { return std::fabs(x); }, everywhere);
}

TEST_CASE("squares, reciprocals and signs have the values of their formulas") {
  check_values("square", [](const auto& x) { return square(x); }, [](auto x) { return x * x; }, everywhere);
  check_values("reciprocal", [](const auto& x) { return reciprocal(x); }, [](auto x) { return 1 / x; },
               {-inf, -2, -0.0, 0, 0.1, 5, inf, NaN});
  check_values("sign", [](const auto& x) { return sign(x); },
               [](auto x) { return std::isnan(x) ? x : static_cast<long double>((x > 0) - (x < 0)); }, everywhere);
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

TEST_CASE("functions of whole numbers are computed in double, alone and in tensors") {
  CHECK(sqrt(2) == std::sqrt(2.0));
  CHECK(exp(1) == doctest::Approx(2.718281828));
  CHECK(log(2) == doctest::Approx(0.693147181));
  CHECK(log1p(1) == doctest::Approx(0.693147181));
  CHECK(expm1(1) == doctest::Approx(1.718281828));
  CHECK(tanh(1) == doctest::Approx(0.761594156));
  CHECK(sigmoid(0) == 0.5);
  CHECK(reciprocal(2) == 0.5);
  CHECK(leaky_relu(-1) == -0.01);
  const Tensor<std::int64_t> whole{0, 1, 4};
  CHECK(sqrt(whole) == Tensor<double>{0, 1, 2});
  CHECK(exp(whole) == exp(whole.to<double>()));
  CHECK(sigmoid(whole) == sigmoid(whole.to<double>()));
  CHECK(softmax(whole, 0) == softmax(whole.to<double>(), 0));
  CHECK(log_softmax(whole, 0) == log_softmax(whole.to<double>(), 0));
  CHECK(logsumexp(whole) == logsumexp(whole.to<double>()));
  CHECK(square(whole) == Tensor<std::int64_t>{0, 1, 16});
}

TEST_CASE("the sign of -0 is 0, as in NumPy and PyTorch") {
  CHECK(!std::signbit(sign(-0.0)));
  CHECK(!std::signbit(sign(Tensor<float>{-0.f})[0]));
}

TEST_CASE("powers of tensors of whole numbers are exact, wrap around as products do, and have no exponent below 0") {
  using I = Tensor<std::int64_t>;
  CHECK((pow(I{3, -2, 0, 7}, 3) == I{27, -8, 0, 343}));
  CHECK((pow(I{5, 0}, 0) == I{1, 1}));
  CHECK((pow(2, I{0, 1, 62}) == I{1, 2, std::int64_t{1} << 62}));
  CHECK((pow(I{3037000499, 9007199254740993}, I{2, 1}) == I{9223372030926249001, 9007199254740993}));
  CHECK((pow(I{3}, 40) == I{-6289078614652622815}));  // 3^40 - 2^64
  CHECK((pow(Tensor<std::uint8_t>{3, 2}, 6) == Tensor<std::uint8_t>{729 - 512, 64}));
  CHECK((pow(Tensor<bool>{true, false}, 2) == Tensor<int>{1, 0}));
  CHECK_THROWS_WITH_AS(pow(I{2}, -1), "minigrad: pow: -1: the power of a whole number to an exponent below 0 is a "
                                      "fraction: convert the base first, by x.to<double>()", ValueError);
  CHECK_THROWS_AS(pow(I{2, 2}, I{1, -1}), ValueError);
  CHECK(minigrad::pow(2, -1) == 0.5);
  Graph<Tensor<double>> graph;
  CHECK(pow(greater(graph.input({1, -1}), 0), -1).value() == Tensor<double>{1, inf});  // a handle counts as 0 and 1
}
