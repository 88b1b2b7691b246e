// data/scaler.hpp - scales every feature to mean 0 and standard deviation 1.
//
// The number of pages is in the tens and the number of words in the thousands. Gradient descent has one learning rate
// for both weights, which is too large for one or too small for the other. After z = (x - mean) / scale one learning
// rate fits all weights.
//
// Fit on the training rows only, and transform all rows with the same numbers: the validation rows must stay unseen.
#pragma once

#include <cmath>
#include <concepts>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "../core/finite.hpp"
#include "../tensor/load_state.hpp"
#include "field.hpp"

namespace minigrad::inline MINIGRAD_ABI {
namespace detail {

template <class T>
void require_table(const char* op, const Tensor<T>& x) {
  if (x.rank() != 2)
    fail<ShapeError>({op, ": x ", x.shape(), ": expected [rows, columns]",
                      x.rank() == 1 ? ": reshape it to " + to_string(Shape{x.size(), 1}) : std::string()});
}

}  // namespace detail

/// z = (x - mean) / scale for each column of x [rows, columns]. scale is the standard deviation with the number of rows
/// as its divisor (ddof = 0, as in scikit-learn). All is computed in double and rounded to T at the end.
template <std::floating_point T = float>
class StandardScaler {
 public:
  /// Computes mean and scale. Throws ShapeError unless x is [rows, columns] and names has one name per column or none.
  /// Throws ValueError for fewer than two rows, for numbers that are not finite and for a constant column, which the
  /// message gives by name or, without names, by index. After an exception the scaler is unchanged.
  StandardScaler& fit(const Tensor<T>& x, const std::vector<std::string>& names = {}) {
    detail::require_table("StandardScaler", x);
    const std::size_t rows = x.shape()[0], columns = x.shape()[1];
    if (!names.empty() && names.size() != columns)
      detail::fail<ShapeError>(
          {"StandardScaler: x ", x.shape(), " and names ", Shape{names.size()}, ": not one for each column"});
    if (rows < 2)
      detail::fail<ValueError>({"StandardScaler: x ", x.shape(), ": a standard deviation needs at least 2 rows"});

    // Sums of differences from the first row, which are small, and exactly 0 in a constant column.
    const double n = static_cast<double>(rows);
    std::vector<double> mean(columns), widest(columns), scale(columns);
    const auto from_first = [&](std::size_t j, double v) { return v - static_cast<double>(x.data()[j]); };
    for_each(x, [&](std::size_t j, double v) { mean[j] += from_first(j, v); });
    for (double& m : mean) m /= n;
    // Squares in units of the largest deviation, so that none of them overflows or underflows.
    const auto deviation = [&](std::size_t j, double v) { return from_first(j, v) - mean[j]; };
    for_each(x, [&](std::size_t j, double v) { widest[j] = (std::max)(widest[j], std::fabs(deviation(j, v))); });
    for_each(x, [&](std::size_t j, double v) {
      const double part = widest[j] > 0 ? deviation(j, v) / widest[j] : 0;
      scale[j] += part * part;
    });
    for (std::size_t j = 0; j < columns; ++j) {
      mean[j] += static_cast<double>(x.data()[j]);
      scale[j] = widest[j] * std::sqrt(scale[j] / n);
      const std::string column = names.empty() ? detail::concat({j}) : detail::in_quotes(names[j]);
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

  /// (x - mean) / scale. This and the functions below throw Error before fit(), and ShapeError for another number of
  /// columns.
  Tensor<T> transform(const Tensor<T>& x) const {
    return apply("transform", x, [](double v, double mean, double scale) { return (v - mean) / scale; });
  }

  /// fit(x, names) and transform(x). Throws as fit() does.
  Tensor<T> fit_transform(const Tensor<T>& x, const std::vector<std::string>& names = {}) {
    return fit(x, names).transform(x);
  }

  /// The inverse: z * scale + mean.
  Tensor<T> inverse_transform(const Tensor<T>& z) const {
    return apply("inverse_transform", z, [](double v, double mean, double scale) { return v * scale + mean; });
  }

  /// The results of fit(), one number per column: [columns].
  Tensor<T> mean() const { return as_tensor("mean", mean_); }
  Tensor<T> scale() const { return as_tensor("scale", scale_); }

  /// The results of fit() in double: "mean" and "scale".
  StateDict state_dict() const {
    require_fit("state_dict");
    StateDict out;
    out.add("mean", DType::f64, Shape{mean_.size()}, mean_.data());
    out.add("scale", DType::f64, Shape{scale_.size()}, scale_.data());
    return out;
  }
  /// Takes the place of fit(). Throws ValueError, and changes nothing, if the state is not one of a StandardScaler.
  void load_state_dict(const StateDict& state) {
    const StateEntry* entry = state.find("mean");
    const Shape shape = entry && entry->shape.rank() == 1 ? entry->shape : Shape{0};
    std::vector<double> mean(shape[0]), scale(shape[0]);
    const std::vector<detail::StateTarget> targets{{"mean", DType::f64, shape, mean.data()},
                                                   {"scale", DType::f64, shape, scale.data()}};
    detail::require_same("StandardScaler: load_state_dict", detail::differences(state, targets));
    detail::copy_to(targets, state);
    for (std::size_t j = 0; j < mean.size(); ++j)
      if (!detail::is_finite(mean[j]) || !detail::is_finite(scale[j]) || !(scale[j] > 0))
        detail::fail<ValueError>(
            {"StandardScaler: load_state_dict: column ", j, " has mean ", mean[j], " and scale ", scale[j]});
    mean_ = std::move(mean);
    scale_ = std::move(scale);
    fitted_ = true;
  }

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

}  // namespace minigrad::inline MINIGRAD_ABI
