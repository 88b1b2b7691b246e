// tensor/create.hpp - tensors from a rule: constants, ranges, the identity matrix, random numbers.
//
// Their numbers are floats unless told otherwise: zeros({2, 3}), zeros<double>({2, 3}).
#pragma once

#include <cmath>
#include <concepts>
#include <cstddef>
#include <limits>
#include <type_traits>

#include "../core/random.hpp"
#include "tensor.hpp"

namespace minigrad::inline MINIGRAD_ABI {

/// Every element is `value`; 0 by zeros(), 1 by ones(), and in the shape of x by zeros_like() and ones_like(). Throws
/// ValueError for a value that T does not hold: a fraction of whole numbers, 300 of std::uint8_t, 1e39 of float.
template <class T = float>
Tensor<T> full(const Shape& shape, const std::convertible_to<T> auto& value) {
  auto x = Tensor<T>::empty(shape);
  x.fill(detail::constant_as<T>("full", value));
  return x;
}
template <class T = float>
Tensor<T> zeros(const Shape& shape) {
  return full<T>(shape, T{});
}
template <class T = float>
Tensor<T> ones(const Shape& shape) {
  return full<T>(shape, static_cast<T>(1));
}
template <class T>
Tensor<T> zeros_like(const Tensor<T>& x) {
  return zeros<T>(x.shape());
}
template <class T>
Tensor<T> ones_like(const Tensor<T>& x) {
  return ones<T>(x.shape());
}

/// The identity matrix, [n, n].
template <class T = float>
Tensor<T> eye(std::integral auto n) {
  auto x = zeros<T>({n, n});
  for (std::size_t i = 0; i < x.shape()[0]; ++i) x(i, i) = static_cast<T>(1);
  return x;
}

namespace detail {

/// How far an argument may lie from the number that its writer meant: 0.1 is not a tenth, but 1 is one.
template <class A>
double half_ulp(A value) {
  if constexpr (std::is_integral_v<A>) return 0;
  else return std::fabs(static_cast<double>(value)) * static_cast<double>(std::numeric_limits<A>::epsilon()) / 2;
}

/// The number of steps in begin, begin + step, ... before end. Where rounding leaves open whether a step reaches end,
/// it does, and is left out: from 1 to 1.3 by 0.1 is three steps, though (1.3 - 1) / 0.1 comes out above 3.
template <class Begin, class End, class Step>
double arange_count(Begin begin, End end, Step step) {
  const double by = static_cast<double>(step);
  const double count = (static_cast<double>(end) - static_cast<double>(begin)) / by, nearest = std::round(count);
  if (!(std::fabs(count) < 0x1p62))  // so it is for a step of 0, for infinities and for NaN
    fail<ValueError>({"arange: from ", begin, " to ", end, " by ", step, ": the steps cannot be counted"});
  const double rounding = (half_ulp(begin) + half_ulp(end) + half_ulp(step) * std::fabs(count)) / std::fabs(by) +
                          std::numeric_limits<double>::epsilon() * std::fabs(count);
  return (std::max)(0.0, std::fabs(count - nearest) <= rounding ? nearest : std::ceil(count));
}

}  // namespace detail

/// begin, begin + step, begin + 2 step, ... as long as they lie before end, which is never reached: shape [n] with
/// n = ceil((end - begin) / step), or [0] where end lies on the other side. Computed in double. Throws ValueError for a
/// step of 0, for what is not finite, and for elements that T does not hold.
template <class T = float>
Tensor<T> arange(detail::Arithmetic auto begin, detail::Arithmetic auto end, detail::Arithmetic auto step) {
  const double first = static_cast<double>(begin), by = static_cast<double>(step);
  const double count = detail::arange_count(begin, end, step);
  if (!detail::holds<T>(first) || !detail::holds<T>(first + by * (std::max)(0.0, count - 1)) ||
      !(count < 3 || detail::holds<T>(first + by)))
    detail::fail<ValueError>({"arange: from ", begin, " to ", end, " by ", step,
                              std::is_integral_v<T> ? ": not whole numbers, or too large" : ": too large"});
  auto x = Tensor<T>::empty(Shape(static_cast<std::size_t>(count)));
  for (std::size_t i = 0; i < x.size(); ++i) x.data()[i] = static_cast<T>(first + static_cast<double>(i) * by);
  return x;
}
template <class T = float>
Tensor<T> arange(detail::Arithmetic auto begin, detail::Arithmetic auto end) {
  return arange<T>(begin, end, 1);
}
/// 0, 1, ..., n - 1.
template <class T = float>
Tensor<T> arange(detail::Arithmetic auto n) {
  return arange<T>(0, n, 1);
}

/// `count` numbers at equal distances, the first one begin and the last one end, both exactly; a single one is begin.
/// Computed in double. Throws ShapeError for a negative count, ValueError for an end that T does not hold.
template <std::floating_point T = float>
Tensor<T> linspace(detail::Arithmetic auto begin, detail::Arithmetic auto end, std::integral auto count) {
  auto x = Tensor<T>::empty(Shape(count));
  const double first = static_cast<double>(begin), last = static_cast<double>(end);
  static_cast<void>(detail::constant_as<T>("linspace", first));
  const double step = x.size() > 1 ? (last - first) / static_cast<double>(x.size() - 1) : 0;
  for (std::size_t i = 0; i < x.size(); ++i) x.data()[i] = static_cast<T>(first + static_cast<double>(i) * step);
  if (x.size() > 1) x[x.size() - 1] = detail::constant_as<T>("linspace", last);
  return x;
}

/// Random numbers, uniform on [low, high), both rounded to T; low everywhere when they are equal. Each number is drawn
/// as a double and stays below high when it is rounded to T. Throws ValueError for low > high.
template <std::floating_point T = float>
Tensor<T> uniform(const Shape& shape, double low, double high, Rng& rng) {
  const T from = static_cast<T>(low), to = static_cast<T>(high);
  const double a = static_cast<double>(from), b = static_cast<double>(to);
  if (!(a <= b) || !detail::is_finite(b - a))
    detail::fail<ValueError>({"uniform: no numbers from ", low, " up to ", high});
  const T largest = std::nextafter(to, from);  // `to` itself when the two are equal
  auto x = Tensor<T>::empty(shape);
  for (T& value : x) value = (std::min)(largest, static_cast<T>(rng.uniform(a, b)));
  return x;
}

/// Random numbers, normal with the given mean and standard deviation, each drawn as a double and rounded to T. Throws
/// ValueError for a negative standard deviation, and for a mean or a deviation that T does not hold.
template <std::floating_point T = float>
Tensor<T> normal(const Shape& shape, double mean, double stddev, Rng& rng) {
  if (detail::is_nan(stddev) || !(stddev >= 0))
    detail::fail<ValueError>({"normal: the standard deviation is ", stddev});
  for (const double value : {mean, stddev}) static_cast<void>(detail::constant_as<T>("normal", value));
  auto x = Tensor<T>::empty(shape);
  for (T& value : x) value = static_cast<T>(rng.normal(mean, stddev));
  return x;
}

}  // namespace minigrad
