// The elementwise ops' derivatives where the functions have corners and poles; what they are elsewhere, and that higher
// ones agree, is in ../gradient_list_test.cpp.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <minigrad/diff/grad.hpp>
#include <minigrad/ops/ops.hpp>
#include <vector>

#include "../support/slopes.hpp"

using namespace minigrad;
using support::curvature;
using support::slope;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double NaN = std::numeric_limits<double>::quiet_NaN();

}  // namespace

TEST_CASE("at a corner the slope is one of its sides', as it says in the table") {
  CHECK(slope([](auto x) { return abs(x); }, 0) == 0);
  CHECK(slope([](auto x) { return abs(x); }, -2) == -1);
  CHECK(slope([](auto x) { return sign(x); }, 0) == 0);
  CHECK(slope([](auto x) { return sign(x); }, -3) == 0);
  CHECK(slope([](auto x) { return relu(x); }, 0) == 0);
  CHECK(slope([](auto x) { return relu(x); }, -0.0) == 0);
  CHECK(slope([](auto x) { return relu(x); }, 1e-300) == 1);
  CHECK(slope([](auto x) { return leaky_relu(x); }, 0) == 0.01);
  CHECK(slope([](auto x) { return leaky_relu(x, 0.2); }, -1) == 0.2);
  CHECK(slope([](auto x) { return elu(x, 0.5); }, 0) == 0.5);
  CHECK(slope([](auto x) { return clamp(x, -1, 2); }, -1) == 1);
  CHECK(slope([](auto x) { return clamp(x, -1, 2); }, 2) == 1);
  CHECK(slope([](auto x) { return clamp(x, -1, 2); }, 2.1) == 0);
  CHECK(slope([](auto x) { return clamp(x, -1, 2); }, -1.1) == 0);
}

TEST_CASE("of equals each gets half of the derivative, so that the whole is shared") {
  CHECK(slope([](auto x) { return maximum(x, 3); }, 3) == 0.5);
  CHECK(slope([](auto x) { return minimum(3, x); }, 3) == 0.5);
  CHECK(slope([](auto x) { return maximum(x, x); }, 3) == 1);
  CHECK(slope([](auto x) { return minimum(x, x); }, 3) == 1);
  CHECK(slope([](auto x) { return maximum(x, 3); }, 4) == 1);
  CHECK(slope([](auto x) { return maximum(x, 3); }, 2) == 0);
  CHECK(slope([](auto x) { return minimum(x, 3); }, 4) == 0);
}

TEST_CASE("at a pole the slope is infinite") {
  CHECK(slope([](auto x) { return sqrt(x); }, 0) == inf);
  CHECK(slope([](auto x) { return log(x); }, 0) == inf);
  CHECK(slope([](auto x) { return log1p(x); }, -1) == inf);
  CHECK(slope([](auto x) { return reciprocal(x); }, 0) == -inf);
  CHECK(slope([](auto x) { return 1 / x; }, 0) == -inf);
  CHECK(slope([](auto x) { return pow(x, 0.5); }, 0) == inf);
}

TEST_CASE("outside of a function's domain value and slope are NaN") {
  CHECK(std::isnan(slope([](auto x) { return sqrt(x); }, -1)));
  CHECK(std::isnan(sqrt(-1.0)));
  CHECK(std::isnan(log(-1.0)));
  CHECK(std::isnan(slope([](auto x) { return exp(x); }, NaN)));
  CHECK(std::isnan(slope([](auto x) { return abs(x); }, NaN)));
}

TEST_CASE("0 / 0 is NaN, and so is its slope along the divisor") {
  CHECK(std::isnan(slope([](auto x) { return x / x; }, 0)));
  CHECK(std::isnan(slope([](auto x) { return 0 / x; }, 0)));
  CHECK(slope([](auto x) { return x / 0.0; }, 0) == inf);
}

TEST_CASE("smooth functions have finite slopes far out, where a formula could give inf / inf") {
  for (double x : {-800.0, 800.0}) {
    const double beyond = x > 0 ? 1 : 0;
    CHECK(slope([](auto v) { return sigmoid(v); }, x) == 0);
    CHECK(slope([](auto v) { return tanh(v); }, x) == 0);
    CHECK(slope([](auto v) { return softplus(v); }, x) == beyond);
    CHECK(slope([](auto v) { return silu(v); }, x) == beyond);
    CHECK(slope([](auto v) { return gelu(v); }, x) == beyond);
    CHECK(slope([](auto v) { return elu(v); }, x) == beyond);
    CHECK(slope([](auto v) { return atan(v); }, x) == doctest::Approx(1 / (1 + x * x)));
    CHECK(slope([](auto v) { return erf(v); }, x) == 0);
    CHECK(curvature([](auto v) { return elu(v); }, x) == 0);
    CHECK(curvature([](auto v) { return softplus(v); }, x) == 0);
  }
}

TEST_CASE("x^p has a slope in x for every p, at 0 too") {
  const auto at_zero = [](double p) { return slope([p](auto x) { return pow(x, p); }, 0); };
  CHECK(at_zero(0) == 0);
  CHECK(at_zero(1) == 1);
  CHECK(at_zero(2) == 0);
  CHECK(at_zero(1.5) == 0);
  CHECK(at_zero(0.5) == inf);
  CHECK(at_zero(-1) == -inf);
  CHECK(slope([](auto x) { return pow(x, 3); }, -2) == 12);
  CHECK(slope([](auto x) { return pow(x, 0); }, 5) == 0);
  CHECK(slope([](auto x) { return pow(x, -1); }, 2) == -0.25);
  CHECK(curvature([](auto x) { return pow(x, 2); }, 0) == 2);
  CHECK(curvature([](auto x) { return pow(x, 1); }, 0) == 0);
  CHECK(curvature([](auto x) { return pow(x, 0); }, 0) == 0);
  CHECK(curvature([](auto x) { return pow(x, 3); }, 0) == 0);
}

TEST_CASE("powers with whole exponents have all their derivatives close to 0, where x^(p - 1) is infinite") {
  CHECK(slope([](auto x) { return pow(x, 0); }, 1e-310) == 0);
  CHECK(slope([](auto x) { return pow(x, 1); }, 1e-310) == 1);
  for (const double x : {1e-160, -1e-200, 5e-324, 1e100}) {
    CAPTURE(x);
    for (const int p : {0, 1, 2, 3}) {
      CAPTURE(p);
      Graph<double> graph;
      const auto v = graph.variable(x);
      auto y = pow(v, p);
      double factor = 1;
      for (int k = 1; k <= 5; ++k) {
        y = grad(y, v);
        factor *= p - k + 1;
        const double expected = factor == 0 ? 0 : factor * std::pow(x, p - k);
        CHECK(std::fabs(y.value() - expected) <= 1e-15 * std::fabs(expected));
      }
    }
  }
  Graph<double> graph;
  const auto x = graph.variable(1e-200), p = graph.variable(0);
  CHECK(grad(grad(pow(x, p), x), p).value() == doctest::Approx(1e200));  // d/dp of p x^(p - 1)
}

TEST_CASE("a slope is right where a factor of it would overflow, or q is rounded in x^q") {
  CHECK(slope([](auto v) { return pow(v, 1e-10); }, 1e-310) == doctest::Approx(1e300).scale(0).epsilon(1e-6));
  // x^99999 is subnormal.
  const double x = 0.9926, tiny = static_cast<double>(1e5L * std::pow(static_cast<long double>(x), 99999.0L));
  CHECK(slope([](auto v) { return pow(v, 1e5); }, x) == doctest::Approx(tiny).scale(0).epsilon(1e-5));
  CHECK(slope([](auto v) { return pow(v, 0x1p60); }, -1) == -0x1p60);
  CHECK(slope([](auto v) { return expm1(v); }, -40) == doctest::Approx(std::exp(-40)).scale(0).epsilon(1e-15));
}

TEST_CASE("x^p has a slope in p: 0 at x = 0 unless p is negative, NaN below") {
  const auto along_p = [](double x, double p) { return slope([x](auto q) { return pow(x, q); }, p); };
  CHECK(along_p(0, 2) == 0);
  CHECK(along_p(0, 0.5) == 0);
  CHECK(along_p(0, 0) == 0);
  CHECK(along_p(0, -1) == -inf);
  CHECK(along_p(2, 3) == doctest::Approx(8 * std::log(2)));
  CHECK(along_p(1, 5) == 0);
  CHECK(std::isnan(along_p(-2, 2)));
}

TEST_CASE("the mixed second derivative of x^p is right where p is 0") {
  Graph<double> graph;
  const auto x = graph.variable(4), p = graph.variable(0);
  CHECK(grad(grad(pow(x, p), x), p).value() == 0.25);
  CHECK(grad(grad(pow(x, p), p), x).value() == 0.25);
}

TEST_CASE("a base of x^p that is negative does not spoil the slope in x when p is a Var") {
  Graph<double> graph;
  const auto x = graph.variable(-2), p = graph.input(3);
  backward(pow(x, p));
  CHECK(x.grad() == 12);
}

TEST_CASE("where lets nothing through from the branch that is not taken, not even NaN") {
  Graph<Tensor<double>> graph;
  const auto x = graph.variable({4, -1}), other = graph.variable({NaN, 5});
  backward(sum(where(Tensor<bool>{true, false}, x, other)));
  CHECK(x.grad() == Tensor<double>{1, 0});
  CHECK(other.grad() == Tensor<double>{0, 1});
}

TEST_CASE("a function that is undefined in the branch not taken wants where on its argument") {
  const auto careless = [](auto x) { return where(greater(x, 0), sqrt(x), 0); };
  const auto careful = [](auto x) { return where(greater(x, 0), sqrt(where(greater(x, 0), x, 1)), 0); };
  CHECK(std::isnan(slope(careless, -1)));  // 0 times sqrt'(-1)
  CHECK(slope(careful, -1) == 0);
  CHECK(slope(careful, 4) == 0.25);
}

TEST_CASE("a NaN passes the derivative on as if it were the larger, or above the corner") {
  CHECK(slope([](auto x) { return maximum(x, 1); }, NaN) == 1);
  CHECK(slope([](auto x) { return minimum(1, x); }, NaN) == 1);
  CHECK(slope([](auto x) { return relu(x); }, NaN) == 1);
}
