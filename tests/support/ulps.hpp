// tests/support/ulps.hpp - how far the functions of simd are from the truth, as rows of numbers by row kernels.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <minigrad/core/random.hpp>
#include <string_view>
#include <type_traits>
#include <vector>

namespace support {

/// What the function of this name should be.
inline long double truth(std::string_view name, long double x) {
  if (name == "exp") return std::exp(x);
  if (name == "expm1") return std::expm1(x);
  if (name == "log") return std::log(x);
  if (name == "log1p") return std::log1p(x);
  if (name == "tanh") return std::tanh(x);
  const long double e = std::exp(-std::fabs(x));  // sigmoid
  return (x < 0 ? e : 1) / (1 + e);
}

/// |y - truth| in units of the last place of the truth. Infinities, NaN and the sign of 0 must be the same; the largest
/// number is one unit from infinity.
template <class T>
double ulps(T y, long double truth) {
  constexpr double wrong = std::numeric_limits<double>::infinity();
  const T rounded = static_cast<T>(truth);
  if (std::isnan(truth) || std::isnan(y)) return std::isnan(truth) == std::isnan(y) ? 0 : wrong;
  if (std::isinf(rounded) || std::isinf(y)) {
    if (rounded == y) return 0;
    return std::signbit(rounded) == std::signbit(y) &&
                   (std::min)(std::fabs(rounded), std::fabs(y)) == (std::numeric_limits<T>::max)()
               ? 1
               : wrong;
  }
  if (truth == 0) return y == 0 && std::signbit(y) == std::signbit(truth) ? 0 : wrong;
  int exponent;
  std::frexp(truth, &exponent);
  exponent = (std::max)(exponent, std::numeric_limits<T>::min_exponent);
  return static_cast<double>(std::fabs(static_cast<long double>(y) - truth) /
                             std::ldexp(1.0L, exponent - std::numeric_limits<T>::digits));
}

/// Every `step`-th of all floats by their bits; as many doubles of any bits, of every size, and close to 0 and 1; and
/// the numbers where something changes.
template <class T>
std::vector<T> samples(std::uint32_t step) {
  constexpr T inf = std::numeric_limits<T>::infinity();
  std::vector<T> x;
  const auto both = [&](T value) { x.insert(x.end(), {value, -value}); };
  for (T value : {T{0}, inf, std::numeric_limits<T>::quiet_NaN(), T{1}, T{2}, std::numeric_limits<T>::denorm_min(),
                  (std::numeric_limits<T>::min)(), (std::numeric_limits<T>::max)(), std::numeric_limits<T>::epsilon()})
    for (T near : {value, std::nextafter(value, inf), std::nextafter(value, -inf)}) both(near);
  // About where exp becomes infinite, subnormal and 0, where the steps of log(2) lie, and where its parts change.
  for (double value :
       {88.722839, 87.336548, 103.97208, 709.782712893384, 708.396418532264, 745.133219101941, 0.34657359,
        0.70710678118654752, 1.4142135623730951, 10.0, 20.0, 18.0, 38.0, 104.0, 746.0, 89.0, 710.0})
    for (double nearby : {value * (1 - 1e-7), value * (1 - 1e-15), value, value * (1 + 1e-15), value * (1 + 1e-7)})
      both(static_cast<T>(nearby));
  minigrad::Rng rng(1);
  for (std::uint64_t bits = 0; bits < (std::uint64_t{1} << 32); bits += step) {
    if constexpr (std::is_same_v<T, float>) {
      const auto low = static_cast<std::uint32_t>(bits);
      float value;
      std::memcpy(&value, &low, sizeof value);
      x.push_back(value);
    } else {
      const std::uint64_t any = (bits << 32) ^ rng.integer(std::uint64_t{1} << 62);
      double value;
      std::memcpy(&value, &any, sizeof value);
      const double whole = static_cast<double>(rng.integer(100));
      x.insert(x.end(), {value, std::ldexp(rng.uniform(-1, 1), 10 - static_cast<int>(whole)), rng.uniform(-40, 40),
                         1 + std::ldexp(rng.uniform(-1, 1), -static_cast<int>(whole) / 2)});
    }
  }
  return x;
}

/// Where a row function is off by most units in the last place.
template <class T>
struct Worst {
  double off = 0;
  T x = 0, y = 0;
};
template <class T>
Worst<T> worst_of(const char* name, void (*f)(std::size_t n, const T* x, T* y), const std::vector<T>& x) {
  std::vector<T> y(x.size());
  f(x.size(), x.data(), y.data());
  Worst<T> worst;
  for (std::size_t i = 0; i < x.size(); ++i)
    if (const double off = ulps(y[i], truth(name, static_cast<long double>(x[i]))); off > worst.off)
      worst = {off, x[i], y[i]};
  return worst;
}

}  // namespace support
