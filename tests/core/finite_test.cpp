#include <doctest/doctest.h>

#include <initializer_list>
#include <limits>
#include <minigrad/core/finite.hpp>

using namespace minigrad;

TEST_CASE_TEMPLATE("numbers, infinities and NaN are told apart", T, float, double) {
  using Limits = std::numeric_limits<T>;
  for (T x : {T(0), T(-1), (Limits::max)(), Limits::denorm_min()}) {
    for (T y : {x, -x}) {
      CHECK(detail::is_finite(y));
      CHECK_FALSE(detail::is_nan(y));
    }
  }
  for (T y : {Limits::infinity(), -Limits::infinity()}) {
    CHECK_FALSE(detail::is_finite(y));
    CHECK_FALSE(detail::is_nan(y));
  }
  for (T y : {Limits::quiet_NaN(), -Limits::quiet_NaN()}) {
    CHECK_FALSE(detail::is_finite(y));
    CHECK(detail::is_nan(y));
  }
}

TEST_CASE("whole numbers are finite") {
  CHECK(detail::is_finite(3));
  CHECK_FALSE(detail::is_nan(3));
}
