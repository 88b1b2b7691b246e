// data/scaler.hpp - puts every feature on the same scale: mean 0, standard deviation 1.
//
// Pages count tens and words count thousands. Gradient descent takes one step size for both weights, so that it is far
// too large for the one or far too small for the other. After z = (x - mean) / scale one step size suits all.
//
// Fit on the training rows only and transform all others with the same numbers: validation rows are to be news.
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "../core/finite.hpp"
#include "../tensor/tensor.hpp"
#include "field.hpp"

namespace minigrad {
namespace detail {

template <class T>
void require_table(const char* op, const Tensor<T>& x) {
  if (x.rank() != 2)
    fail<ShapeError>({op, ": x ", x.shape(), ": expected [rows, columns]",
                      x.rank() == 1 ? ": reshape it to " + to_string(Shape{x.size(), 1}) : std::string()});
}

}  // namespace detail

/// z = (x - mean) / scale for each column of x [rows, columns], where scale is the standard deviation whose divisor is
/// the number of rows (ddof = 0, as in scikit-learn). Everything is computed in double and rounded to T at the end.
template <std::floating_point T = float>
class StandardScaler {
 public:
  /// Learns mean and scale. Throws ValueError for fewer than two rows, for numbers that are not finite and for a
  /// constant column, which it calls by its name or, without names, by its number from 0. What was learned before then
  /// stays.
  StandardScaler& fit(const Tensor<T>& x, const std::vector<std::string>& names = {}) {
    detail::require_table("StandardScaler", x);
    const std::size_t rows = x.shape()[0], columns = x.shape()[1];
    if (!names.empty() && names.size() != columns)
      detail::fail<ShapeError>(
          {"StandardScaler: x ", x.shape(), " and names ", Shape{names.size()}, ": not one for each column"});
    if (rows < 2)
      detail::fail<ValueError>({"StandardScaler: x ", x.shape(), ": a standard deviation needs at least 2 rows"});

    // Sums of differences from the first row: they are small, and in a constant column exactly 0.
    const double n = static_cast<double>(rows);
    std::vector<double> mean(columns), widest(columns), scale(columns);
    for_each(x, [&](std::size_t j, double v) { mean[j] += v - static_cast<double>(x.data()[j]); });
    for (std::size_t j = 0; j < columns; ++j) mean[j] = static_cast<double>(x.data()[j]) + mean[j] / n;
    // Squares in units of the widest deviation, so that none of them overflows or vanishes.
    for_each(x, [&](std::size_t j, double v) { widest[j] = (std::max)(widest[j], std::fabs(v - mean[j])); });
    for_each(x, [&](std::size_t j, double v) {
      const double deviation = widest[j] > 0 ? (v - mean[j]) / widest[j] : 0;
      scale[j] += deviation * deviation;
    });
    for (std::size_t j = 0; j < columns; ++j) {
      scale[j] = widest[j] * std::sqrt(scale[j] / n);
      const std::string column = names.empty() ? detail::concat({j}) : detail::quoted(names[j]);
      if (!detail::is_finite(mean[j]) || !detail::is_finite(scale[j]))
        detail::fail<ValueError>(
            {"StandardScaler: column ", column, " holds numbers that are not finite, or too large"});
      if (!(scale[j] > 0))
        detail::fail<ValueError>(
            {"StandardScaler: column ", column, " is constant (", x.data()[j], "): drop it, it tells nothing apart"});
    }
    mean_ = std::move(mean);
    scale_ = std::move(scale);
    fitted_ = true;
    return *this;
  }

  /// (x - mean) / scale. Throws Error before fit, ShapeError for another number of columns; so do all that follow.
  Tensor<T> transform(const Tensor<T>& x) const {
    return apply("transform", x, [](double v, double mean, double scale) { return (v - mean) / scale; });
  }

  Tensor<T> fit_transform(const Tensor<T>& x, const std::vector<std::string>& names = {}) {
    return fit(x, names).transform(x);
  }

  /// The way back: z * scale + mean.
  Tensor<T> inverse_transform(const Tensor<T>& z) const {
    return apply("inverse_transform", z, [](double v, double mean, double scale) { return v * scale + mean; });
  }

  /// What was learned, one number for each column: [columns].
  Tensor<T> mean() const { return as_tensor("mean", mean_); }
  Tensor<T> scale() const { return as_tensor("scale", scale_); }

 private:
  /// visit(column, number) for every number of x, row by row.
  template <class Visit>
  static void for_each(const Tensor<T>& x, const Visit& visit) {
    const T* at = x.data();
    for (std::size_t i = 0; i < x.shape()[0]; ++i)
      for (std::size_t j = 0; j < x.shape()[1]; ++j) visit(j, static_cast<double>(*at++));
  }

  void require_fit(const char* what) const {
    if (!fitted_) detail::fail<Error>({"StandardScaler: ", what, " before fit: there is nothing learned yet"});
  }

  template <class Formula>
  Tensor<T> apply(const char* what, const Tensor<T>& x, const Formula& formula) const {
    require_fit(what);
    detail::require_table("StandardScaler", x);
    if (x.shape()[1] != mean_.size())
      detail::fail<ShapeError>({"StandardScaler: ", what, ": x ", x.shape(), ": fit saw ", mean_.size(), " columns"});
    auto y = Tensor<T>::empty(x.shape());
    T* out = y.data();
    for_each(x, [&](std::size_t j, double v) { *out++ = static_cast<T>(formula(v, mean_[j], scale_[j])); });
    return y;
  }

  Tensor<T> as_tensor(const char* what, const std::vector<double>& numbers) const {
    require_fit(what);
    return Tensor<double>::from(Shape{numbers.size()}, numbers).template to<T>();
  }

  std::vector<double> mean_, scale_;
  bool fitted_ = false;
};

}  // namespace minigrad
