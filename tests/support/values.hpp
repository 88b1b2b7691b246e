// tests/support/values.hpp - a function of one number compared with its definition, in every form that ops take.
#pragma once

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <minigrad/ops/ops.hpp>
#include <type_traits>
#include <vector>

#include "slopes.hpp"

namespace support {

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double NaN = std::numeric_limits<double>::quiet_NaN();

inline bool close(double value, long double expected, double tolerance) {
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
    minigrad::Graph<double> numbers;
    CHECK(same(f(numbers.input(x)).value(), f(x)));
  }
  // Long enough for blocks of a kernel and a rest.
  auto many = minigrad::Tensor<double>::empty({67});
  auto floats = minigrad::Tensor<float>::empty({67});
  for (std::size_t i = 0; i < many.size(); ++i) {
    many[i] = points[i % points.size()];
    floats[i] = static_cast<float>(many[i]);
  }
  const minigrad::Tensor<double> result = f(many);
  const minigrad::Tensor<float> result_of_floats = f(floats);
  for (std::size_t i = 0; i < many.size(); ++i) {
    CAPTURE(many[i]);
    CHECK(close(result[i], definition(static_cast<long double>(many[i])), 1e-14));
    CHECK(close(static_cast<double>(result_of_floats[i]), definition(static_cast<long double>(floats[i])), 1e-6));
  }
}

inline const std::vector<double> everywhere{-inf, -800, -20, -3,  -1, -0.5, -1e-9, -0.0, 0,
                                     1e-9, 0.3,  1,   2.5, 20, 60,   800,   inf,  NaN};
inline const std::vector<double> nearby{-5, -3, -1, -0.5, -1e-9, 0, 1e-9, 0.3, 1, 2.5, 5};
inline const std::vector<double> positive{0, 1e-30, 1e-3, 0.5, 1, 2, 100, 1e30, inf};

}  // namespace support
