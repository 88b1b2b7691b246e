// data/features.hpp - new columns from old ones, so that a function that is linear in its weights can bend.
//
//   y = b + w1 x1 + w2 x2 x4 + w3 x3^2   is linear in the features x1, x2 x4 and x3^2.
//
// A dataset's features are called by name, and a new one stands at the right, named as it was made: pages*words,
// words/pages, pages^2. In a plain Tensor [rows, columns] the columns go by their numbers from 0. New features are
// computed in double, and a number that is not finite (words divided by 0 pages) is refused.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "dataset.hpp"
#include "scaler.hpp"

namespace minigrad {
namespace detail {

/// `data` with the added columns: compute(row, in, out) reads the row's features from `in` and writes the new ones.
template <class T, class Y, class Compute>
Dataset<T, Y> append_columns(const char* op, const Dataset<T, Y>& data, const std::vector<std::string>& added,
                             const Compute& compute) {
  std::vector<std::string> names = data.names();
  const std::size_t columns = names.size();
  for (const std::string& name : added) names.push_back(name);
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
        fail<ValueError>({op, ": row ", row, ": ", detail::quoted(added[i]), " is not a finite number"});
    }
  }
  return Dataset<T, Y>(std::move(x), data.y, std::move(names));
}

/// The columns of a tensor as features x0, x1, ... of a dataset, whose targets have no columns.
template <class T>
Dataset<T> as_features(const Tensor<T>& x) {
  return Dataset<T>(x, Tensor<T>::empty(Shape{x.shape()[0], 0}));
}

}  // namespace detail

/// The dataset with one more feature, computed elsewhere: one value for each row. Throws ShapeError for more or fewer.
template <class T, class Y>
Dataset<T, Y> with_feature(const Dataset<T, Y>& data, const std::string& name, const std::vector<double>& values) {
  if (values.size() != data.size())
    detail::fail<ShapeError>(
        {"with_feature: ", detail::quoted(name), ": ", values.size(), " values for ", data.size(), " rows"});
  return detail::append_columns("with_feature", data, {name},
                                [&](std::size_t row, const T*, double* out) { *out = values[row]; });
}

/// One more feature a * b: the cross of two features, whose weight says how the effect of each depends on the other.
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

/// One more feature a / b, such as the words per page.
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

/// One more feature a^p.
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

/// All products of up to `degree` features, in the order of scikit-learn and without its column of ones: for features
/// a, b and degree 2 these are a, b, a^2, a*b, b^2. Throws ValueError for degree 0.
template <class T, class Y>
Dataset<T, Y> polynomial_features(const Dataset<T, Y>& data, std::size_t degree) {
  if (degree == 0) detail::fail<ValueError>({"polynomial_features: degree 0 leaves no features"});
  // Products whose features do not descend, so that none comes twice: each is a shorter one times its last feature.
  struct Product {
    std::size_t shorter, last, power;  // power: how often the last feature comes
    std::string before;                // the name of what stands before that
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

/// The columns of x [rows, columns] in which all numbers are equal: all columns, if there are fewer than two rows.
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

/// Their names. StandardScaler refuses such features, and drop_features drops them.
template <class T, class Y>
std::vector<std::string> constant_features(const Dataset<T, Y>& data) {
  const std::vector<std::string> names = data.names();
  std::vector<std::string> constant;
  for (const std::size_t column : constant_columns(data.x)) constant.push_back(names[column]);
  return constant;
}

}  // namespace minigrad
