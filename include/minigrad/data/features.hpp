// data/features.hpp - features computed from other features. With them, a model that is linear in its weights can be
// nonlinear in the data.
//
//   y = b + w1 x1 + w2 x2 x4 + w3 x3^2   is linear in the features x1, x2 x4 and x3^2.
//
// The features of a dataset are given by name. A new feature is added as the last column, and its name is its formula:
// pages*words, words/pages, pages^2. The columns of a plain Tensor [rows, columns] are given by their index. New
// features are computed in double. All functions throw ValueError for an unknown name and for a result that is not
// finite, such as words divided by 0 pages.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "../core/search.hpp"
#include "classes.hpp"
#include "dataset.hpp"
#include "resolution.hpp"
#include "scaler.hpp"

namespace minigrad::inline MINIGRAD_ABI {
namespace detail {

/// `data` with the added columns: compute(row, in, out) reads the row's features from `in` and writes the new ones to
/// `out`.
template <class T, class Y, class Compute>
Dataset<T, Y> append_columns(const char* op, const Dataset<T, Y>& data, const std::vector<std::string>& added,
                             const Compute& compute) {
  std::vector<std::string> names = data.names();
  const std::size_t columns = names.size();
  for (const std::string& name : added) {
    if (index_of(names, name) < names.size())
      fail<ValueError>({op, ": the dataset has a feature named ", detail::in_quotes(name), " already"});
    names.push_back(name);
  }
  auto x = Tensor<T>::empty(Shape{data.size(), names.size()});
  std::vector<double> out(added.size());
  T* to = x.data();
  for (std::size_t row = 0; row < data.size(); ++row) {
    const T* in = data.x.data() + row * columns;
    to = std::copy(in, in + columns, to);
    compute(row, in, out.data());
    for (std::size_t i = 0; i < out.size(); ++i, ++to) {
      *to = static_cast<T>(out[i]);
      if (!is_finite(static_cast<double>(*to)))
        fail<ValueError>({op, ": row ", row, ": ", detail::in_quotes(added[i]), " is not a finite number"});
    }
  }
  return Dataset<T, Y>(std::move(x), data.y, std::move(names));
}

/// A dataset with the columns of a tensor as features x0, x1, ... Its targets have no columns.
template <class T>
Dataset<T> as_features(const Tensor<T>& x) {
  return Dataset<T>(x, Tensor<T>::empty(Shape{x.shape()[0], 0}));
}

}  // namespace detail

/// The dataset with one more feature, whose values are given, one per row. Throws ShapeError for another number of
/// values, and ValueError for different values that are equal in T, as to_tensor refuses them.
template <class T, class Y>
Dataset<T, Y> with_feature(const Dataset<T, Y>& data, const std::string& name, const std::vector<double>& values) {
  if (values.size() != data.size())
    detail::fail<ShapeError>(
        {"with_feature: ", detail::in_quotes(name), ": ", values.size(), " values for ", data.size(), " rows"});
  if constexpr (std::is_floating_point_v<T>)
    detail::require_told_apart(detail::concat({"with_feature: ", detail::in_quotes(name)}), values,
                               detail::element_type<T>);
  return detail::append_columns("with_feature", data, {name},
                                [&](std::size_t row, const T*, double* out) { *out = values[row]; });
}

/// The dataset with one more feature for each class, which is 1 in the rows of that class and 0 in the others. Its name
/// is column=class. Throws ShapeError for the labels of another number of rows, and ValueError for labels that are the
/// targets of the dataset.
template <class T, class Y>
Dataset<T, Y> with_one_hot(const Dataset<T, Y>& data, const ClassLabels& labels) {
  if (labels.codes.size() != data.size())
    detail::fail<ShapeError>({"with_one_hot: ", detail::in_quotes(labels.column), ": ", labels.codes.size(),
                              " labels for ", data.size(), " rows"});
  bool are_targets = data.size() > 0 && data.y.size() == data.size();
  for (std::size_t row = 0; are_targets && row < data.size(); ++row)
    are_targets = static_cast<double>(data.y[row]) == static_cast<double>(labels.codes[row]);
  if (are_targets)
    detail::fail<ValueError>({"with_one_hot: ", detail::in_quotes(labels.column),
                              " is the target of the dataset: as "
                              "features its classes would give the answer away"});
  std::vector<std::string> added;
  for (const std::string& name : labels.names) added.push_back(labels.column + "=" + name);
  return detail::append_columns("with_one_hot", data, added, [&](std::size_t row, const T*, double* out) {
    for (std::size_t c = 0; c < added.size(); ++c) out[c] = labels.codes[row] == static_cast<std::int64_t>(c) ? 1 : 0;
  });
}

/// The dataset with one more feature a * b, the interaction of two features. Its weight says how the effect of each
/// depends on the other.
template <class T, class Y>
Dataset<T, Y> with_product(const Dataset<T, Y>& data, const std::string& a, const std::string& b) {
  const std::size_t i = data.feature_index(a), j = data.feature_index(b);
  return detail::append_columns("with_product", data, {a + "*" + b}, [&](std::size_t, const T* in, double* out) {
    *out = static_cast<double>(in[i]) * static_cast<double>(in[j]);
  });
}
template <class T>
Tensor<T> with_product(const Tensor<T>& x, std::size_t a, std::size_t b) {
  return with_product(detail::as_features(x), detail::x_name(a), detail::x_name(b)).x;
}

/// The dataset with one more feature a / b, such as the words per page.
template <class T, class Y>
Dataset<T, Y> with_ratio(const Dataset<T, Y>& data, const std::string& a, const std::string& b) {
  const std::size_t i = data.feature_index(a), j = data.feature_index(b);
  return detail::append_columns("with_ratio", data, {a + "/" + b}, [&](std::size_t, const T* in, double* out) {
    *out = static_cast<double>(in[i]) / static_cast<double>(in[j]);
  });
}
template <class T>
Tensor<T> with_ratio(const Tensor<T>& x, std::size_t a, std::size_t b) {
  return with_ratio(detail::as_features(x), detail::x_name(a), detail::x_name(b)).x;
}

/// The dataset with one more feature a^p.
template <class T, class Y>
Dataset<T, Y> with_power(const Dataset<T, Y>& data, const std::string& a, double p) {
  const std::size_t i = data.feature_index(a);
  return detail::append_columns(
      "with_power", data, {a + "^" + format_number(p)},
      [&](std::size_t, const T* in, double* out) { *out = std::pow(static_cast<double>(in[i]), p); });
}
template <class T>
Tensor<T> with_power(const Tensor<T>& x, std::size_t a, double p) {
  return with_power(detail::as_features(x), detail::x_name(a), p).x;
}

/// The dataset with all products of up to `degree` features, in scikit-learn's order and without its column of ones.
/// For features a, b and degree 2 these are a, b, a^2, a*b, b^2. Throws ValueError for a degree below 1 and for more than a
/// million products.
template <class T, class Y>
Dataset<T, Y> polynomial_features(const Dataset<T, Y>& data, std::size_t degree) {
  if (degree == 0) detail::fail<ValueError>({"polynomial_features: degree 0 leaves no features"});
  if (const auto given = static_cast<std::ptrdiff_t>(degree); given < 0)  // as it was written: -1
    detail::fail<ValueError>({"polynomial_features: degree ", given, ": must be at least 1"});
  // A product is a shorter product times its last feature. The indices of its features do not decrease, so that each
  // product occurs once.
  struct Product {
    std::size_t shorter, last, power;  // power: the exponent of the last feature
    std::string before;                // the name of the factors before it
  };
  std::vector<std::string> names = data.names();
  const std::size_t columns = names.size();
  std::vector<Product> products;
  for (std::size_t i = 0; i < columns; ++i) products.push_back({0, i, 1, ""});
  for (std::size_t k = 0; degree > 1; --degree)
    for (const std::size_t end = products.size(); k < end; ++k)
      for (std::size_t i = products[k].last; i < columns; ++i) {
        if (products.size() == 1'000'000)
          detail::fail<ValueError>({"polynomial_features: ", columns, " features make more than a million"});
        const bool again = i == products[k].last;
        products.push_back({k, i, again ? products[k].power + 1 : 1, again ? products[k].before : names[k] + "*"});
        const Product& added = products.back();
        names.push_back(added.before + names[i]);
        if (again) detail::append(names.back(), {"^", added.power});
      }
  const std::vector<std::string> added(names.begin() + static_cast<std::ptrdiff_t>(columns), names.end());
  std::vector<double> values(products.size());
  return detail::append_columns("polynomial_features", data, added, [&](std::size_t, const T* in, double* out) {
    for (std::size_t k = 0; k < products.size(); ++k) {
      values[k] = static_cast<double>(in[products[k].last]);
      if (k >= columns) out[k - columns] = values[k] *= values[products[k].shorter];
    }
  });
}
template <class T>
Tensor<T> polynomial_features(const Tensor<T>& x, std::size_t degree) {
  return polynomial_features(detail::as_features(x), degree).x;
}

/// The indices of the columns of x [rows, columns] in which all numbers are equal. With fewer than two rows these are
/// all columns.
template <class T>
std::vector<std::size_t> constant_columns(const Tensor<T>& x) {
  detail::require_table("constant_columns", x);
  const std::size_t rows = x.shape()[0], columns = x.shape()[1];
  std::vector<std::size_t> constant;
  for (std::size_t column = 0; column < columns; ++column) {
    std::size_t row = 0;
    while (row < rows && x.data()[row * columns + column] == x.data()[column]) ++row;
    if (row == rows) constant.push_back(column);
  }
  return constant;
}

/// The names of the features in which all numbers are equal. StandardScaler throws for such features; drop_features
/// removes them.
template <class T, class Y>
std::vector<std::string> constant_features(const Dataset<T, Y>& data) {
  const std::vector<std::string> names = data.names();
  std::vector<std::string> constant;
  for (const std::size_t column : constant_columns(data.x)) constant.push_back(names[column]);
  return constant;
}

}  // namespace minigrad::inline MINIGRAD_ABI
