#include <doctest/doctest.h>

#include <cmath>
#include <minigrad/scalar/std_functions.hpp>

using namespace minigrad;

namespace {

template <class N>
N written_in_full(N x, N y) {
  N z = std::abs(x) + std::fabs(y) + std::acos(x / 4) + std::asin(y / 4) + std::atan(x) + std::atan2(y, x);
  z += std::cos(x) + std::cosh(y) + std::erf(x) + std::exp(y / 2) + std::expm1(x) + std::hypot(x, y) + std::log(x);
  z += std::log10(y) + std::log1p(x) + std::log2(y) + std::max(x, y) + std::min(x, y) + std::pow(x, y) + std::pow(x, 3);
  z += std::sin(x) + std::sinh(y) + std::sqrt(x) + std::tan(y / 3) + std::tanh(x) + std::asinh(y) + std::acosh(1 + x);
  z += std::atanh(y / 5) + std::pow(2.0, x) + std::floor(x) * y + std::ceil(y) * x + std::atan2(2.0, x);
  return std::isfinite(z) && !std::isnan(z) && !std::isinf(z) ? z : N(0);
}

}  // namespace

TEST_CASE("functions of the standard library may be written in full") {
  ScalarTape<double> tape;
  const double x = 1.3, y = 2.1, h = 1e-6;
  const auto f = [](auto a, auto b) { return written_in_full(a, b); };
  const auto [value, slopes] = tape.value_and_grad(f, x, y);
  CHECK(value == doctest::Approx(f(x, y)).epsilon(1e-14));
  CHECK(slopes[0] == doctest::Approx((f(x + h, y) - f(x - h, y)) / (2 * h)).epsilon(1e-7));
  CHECK(slopes[1] == doctest::Approx((f(x, y + h) - f(x, y - h)) / (2 * h)).epsilon(1e-7));
}

TEST_CASE("equals share the slope in std::max as in max") {
  ScalarTape<double> tape;
  const auto f = [](auto a, auto b) { return std::max(a, b) + std::min(a, 3); };
  const auto [value, slopes] = tape.value_and_grad(f, 3.0, 3.0);
  CHECK(value == 6);
  CHECK(slopes[0] == 1);
  CHECK(slopes[1] == 0.5);
}
