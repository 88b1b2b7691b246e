#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <minigrad/diff/grad.hpp>
#include <minigrad/ops/ops.hpp>
#include <minigrad/tensor/print.hpp>

#include "../support/values.hpp"

using namespace minigrad;
using support::check_values;
using support::everywhere;
using support::inf;
using support::NaN;
using support::nearby;
using support::slope;

TEST_CASE("angles and hyperbolic functions have the values of the standard library") {
  check_values("asin", [](const auto& x) { return asin(x); }, [](auto x) { return std::asin(x); }, {-1, -0.3, 0, 1, 2});
  check_values("acos", [](const auto& x) { return acos(x); }, [](auto x) { return std::acos(x); }, {-1, -0.3, 0, 1, 2});
  check_values("sinh", [](const auto& x) { return sinh(x); }, [](auto x) { return std::sinh(x); }, nearby);
  check_values("cosh", [](const auto& x) { return cosh(x); }, [](auto x) { return std::cosh(x); }, nearby);
  check_values("asinh", [](const auto& x) { return asinh(x); }, [](auto x) { return std::asinh(x); }, everywhere);
  check_values("acosh", [](const auto& x) { return acosh(x); }, [](auto x) { return std::acosh(x); }, {0.5, 1, 2, 9});
  check_values("atanh", [](const auto& x) { return atanh(x); }, [](auto x) { return std::atanh(x); }, {-1, 0, 0.5, 2});
}

TEST_CASE("atan2 has the angle of the point in every quadrant") {
  const Tensor<double> y{1, 1, -1, -1, 0, -0.0}, x{1, -1, -1, 1, -1, -1}, angle = atan2(y, x);
  for (std::size_t i = 0; i < x.size(); ++i) CHECK(angle[i] == std::atan2(y[i], x[i]));
  CHECK(atan2(1.0, 0) == std::atan2(1.0, 0.0));
}

TEST_CASE("hypot overflows only where the result does") {
  CHECK(hypot(3e200, 4e200) == doctest::Approx(5e200));
  CHECK(hypot(Tensor<double>{3, 5}, 4)[0] == 5);
}

TEST_CASE("slopes of angles and lengths are right where squares overflow or vanish") {
  const auto along_y = [](double y, double x) { return slope([x](auto v) { return atan2(v, x); }, y); };
  const auto along_x = [](double y, double x) { return slope([y](auto u) { return atan2(y, u); }, x); };
  const auto close = [](double expected) { return doctest::Approx(expected).scale(0).epsilon(1e-14); };
  CHECK(along_y(2e160, 1e160) == close(2e-161));
  CHECK(along_x(2e160, 1e160) == close(-4e-161));
  CHECK(along_y(2e-170, 1e-170) == close(2e169));
  CHECK(along_x(2e-170, 1e-170) == close(-4e169));
  CHECK(slope([](auto x) { return hypot(x, 1.5e308); }, 1.5e308) == close(std::sqrt(0.5)));
  CHECK(slope([](auto x) { return hypot(x, 5e-324); }, 5e-324) == close(std::sqrt(0.5)));
  CHECK(slope([](auto x) { return atan(x); }, 1e150) == close(1e-300));
  CHECK(slope([](auto x) { return atan(x); }, 1e160) == 1e-320);
  CHECK(slope([](auto x) { return asinh(x); }, -1e200) == close(1e-200));
  CHECK(slope([](auto x) { return acosh(x); }, 1e200) == close(1e-200));
  CHECK(slope([](auto x) { return atanh(x); }, 1 - 0x1p-53) == close(0x1p52));
}

TEST_CASE("slopes at the ends of the domain are infinite, and those of a length at the origin NaN") {
  CHECK(slope([](auto x) { return asin(x); }, 1) == inf);
  CHECK(slope([](auto x) { return acos(x); }, -1) == -inf);
  CHECK(slope([](auto x) { return acosh(x); }, 1) == inf);
  CHECK(slope([](auto x) { return atanh(x); }, 1) == inf);
  CHECK(std::isnan(slope([](auto x) { return hypot(x, 0); }, 0)));
  CHECK(std::isnan(slope([](auto x) { return atan2(x, 0); }, 0)));
  CHECK(slope([](auto x) { return hypot(x, 4); }, 3) == 0.6);
  CHECK(std::isnan(slope([](auto x) { return atan2(x, 1); }, NaN)));
}

TEST_CASE("steps are flat") {
  CHECK(slope([](auto x) { return floor(x); }, 2) == 0);
  CHECK(slope([](auto x) { return ceil(x); }, 0.3) == 0);
}

TEST_CASE("lengths and angles of whole numbers are computed in double") {
  using I = Tensor<std::int64_t>;
  CHECK(hypot(I{3, 1}, I{4, 1})[0] == 5);
  CHECK(hypot(I{3, 1}, I{4, 1})[1] == std::hypot(1.0, 1.0));
  CHECK(hypot(I{1}, 1)[0] == std::hypot(1.0, 1.0));
  CHECK(atan2(I{1}, I{1})[0] == std::atan2(1.0, 1.0));
  CHECK(atan2(I{1}, -2)[0] == std::atan2(1.0, -2.0));
}
