// train/metrics.hpp - how good predictions are, in the terms of scikit-learn: names, order of arguments and
// conventions.
//
// Labels are class numbers from 0, [n]. Predicted labels are argmax(scores, 1), or, of one column of logits, those
// above 0. All functions throw ShapeError for shapes that differ, and ValueError for no rows and labels that are no
// classes.
#pragma once

#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>

#include "../data/order.hpp"
#include "../tensor/pool_array.hpp"
#include "../tensor/tensor.hpp"

namespace minigrad::inline MINIGRAD_ABI {

/// How the figures of the classes become one: that of class 1 of two (binary); of the counts of all classes (micro);
/// the mean over the classes that occur, in labels or predictions (macro); the same, weighted by their rows (weighted).
enum class Average { binary, micro, macro, weighted };

namespace detail {

template <class = void>
void require_rows(const char* name, const Shape& y_true, const Shape& y_pred) {
  if (y_true != y_pred || y_true.rank() == 0)
    fail<ShapeError>(
        {name, ": targets ", y_true, " and predictions ", y_pred, ": one shape is expected, [n] for labels"});
  if (y_true.size() == 0) fail<ValueError>({name, ": there are no rows"});
}

/// The number of classes of labels [n]: one more than the largest of them, or `classes` if that is not 0.
template <class = void>
std::size_t count_classes(const char* name, const Tensor<std::int64_t>& labels, std::size_t classes = 0) {
  constexpr std::int64_t too_many = 1 << 16;
  const std::int64_t end = classes ? static_cast<std::int64_t>(classes) : too_many;
  if (labels.rank() != 1) fail<ShapeError>({name, ": labels ", labels.shape(), ": [n] is expected"});
  std::int64_t largest = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const std::int64_t label = labels.data()[i];
    if (label < 0 || label >= end)
      fail<ValueError>(
          {name, ": label ", label, " in row ", i, ": classes are numbered from 0, and there are at most ", end});
    largest = label > largest ? label : largest;
  }
  return classes ? classes : static_cast<std::size_t>(largest) + 1;
}

/// Refuses labels other than 0 and 1.
template <class = void>
void require_two_classes(const char* name, const char* advice, const Tensor<std::int64_t>& labels) {
  if (labels.rank() != 1) fail<ShapeError>({name, ": labels ", labels.shape(), ": [n] is expected"});
  for (std::size_t i = 0; i < labels.size(); ++i)
    if (labels.data()[i] < 0 || labels.data()[i] > 1)
      fail<ValueError>({name, ": label ", labels.data()[i], " in row ", i, ": labels 0 and 1 are expected", advice});
}

/// Of one class: the rows that were predicted, that were labelled, and both.
struct ClassCounts {
  double both = 0, predicted = 0, actual = 0;
};
inline double precision_of(const ClassCounts& c) { return c.predicted > 0 ? c.both / c.predicted : 0; }
inline double recall_of(const ClassCounts& c) { return c.actual > 0 ? c.both / c.actual : 0; }
inline double f1_of(const ClassCounts& c) {
  return c.predicted + c.actual > 0 ? 2 * c.both / (c.predicted + c.actual) : 0;
}

template <class = void>
double averaged(const char* name, double (*of)(const ClassCounts&), const Tensor<std::int64_t>& y_true,
                const Tensor<std::int64_t>& y_pred, Average average) {
  require_rows(name, y_true.shape(), y_pred.shape());
  if (average == Average::binary)
    for (const Tensor<std::int64_t>* labels : {&y_true, &y_pred})
      require_two_classes(name, "; for more classes say Average::macro, micro or weighted", *labels);
  const std::size_t a = count_classes(name, y_true), b = count_classes(name, y_pred);
  PoolArray<ClassCounts> classes((a > b ? a : b) + 1);
  for (std::size_t i = 0; i < y_true.size(); ++i) {
    const auto t = static_cast<std::size_t>(y_true.data()[i]), p = static_cast<std::size_t>(y_pred.data()[i]);
    ++classes[t].actual;
    ++classes[p].predicted;
    if (t == p) ++classes[t].both;
  }
  if (average == Average::binary) return of(classes[1]);
  ClassCounts all;
  double total = 0, weights = 0;
  for (const ClassCounts& one : classes) {
    all = {all.both + one.both, all.predicted + one.predicted, all.actual + one.actual};
    if (one.predicted + one.actual == 0) continue;
    const double weight = average == Average::weighted ? one.actual : 1;
    total += weight * of(one);
    weights += weight;
  }
  return average == Average::micro ? of(all) : total / weights;
}

}  // namespace detail

/// The share of right predictions.
template <class = void>
double accuracy_score(const Tensor<std::int64_t>& y_true, const Tensor<std::int64_t>& y_pred) {
  return detail::averaged("accuracy_score", detail::recall_of, y_true, y_pred, Average::micro);
}

/// [classes, classes]: row i, column j counts those of class i that were predicted as j. By default as many classes as
/// the largest label or prediction says.
template <class = void>
Tensor<std::int64_t> confusion_matrix(const Tensor<std::int64_t>& y_true, const Tensor<std::int64_t>& y_pred,
                                      std::size_t classes = 0) {
  const char* const name = "confusion_matrix";
  detail::require_rows(name, y_true.shape(), y_pred.shape());
  const std::size_t a = detail::count_classes(name, y_true, classes), b = detail::count_classes(name, y_pred, classes);
  const std::size_t n = a > b ? a : b;
  auto counts = Tensor<std::int64_t>::empty({n, n});
  counts.fill(0);
  for (std::size_t i = 0; i < y_true.size(); ++i)
    ++counts.data()[static_cast<std::size_t>(y_true.data()[i]) * n + static_cast<std::size_t>(y_pred.data()[i])];
  return counts;
}

/// Precision, the share of right ones among the rows predicted as a class; recall, among those labelled so; F1, their
/// harmonic mean. 0 where that divides by 0. Average::binary throws ValueError for labels other than 0 and 1.
template <class = void>
double precision_score(const Tensor<std::int64_t>& y_true, const Tensor<std::int64_t>& y_pred,
                       Average average = Average::binary) {
  return detail::averaged("precision_score", detail::precision_of, y_true, y_pred, average);
}
template <class = void>
double recall_score(const Tensor<std::int64_t>& y_true, const Tensor<std::int64_t>& y_pred,
                    Average average = Average::binary) {
  return detail::averaged("recall_score", detail::recall_of, y_true, y_pred, average);
}
template <class = void>
double f1_score(const Tensor<std::int64_t>& y_true, const Tensor<std::int64_t>& y_pred,
                Average average = Average::binary) {
  return detail::averaged("f1_score", detail::f1_of, y_true, y_pred, average);
}

/// The area under the ROC curve: the probability that a row of class 1 has a larger score than one of class 0, where
/// equal scores count half. Throws ValueError where one of the classes is missing, and for a score that is NaN.
template <std::floating_point T = double>
double roc_auc_score(const Tensor<std::int64_t>& y_true, const Tensor<T>& y_score) {
  const char* const name = "roc_auc_score";
  detail::require_rows(name, y_true.shape(), y_score.shape());
  detail::require_two_classes(name, "", y_true);
  const T* const scores = y_score.data();
  for (std::size_t i = 0; i < y_score.size(); ++i)
    if (detail::is_nan(scores[i])) detail::fail<ValueError>({name, ": the score in row ", i, " is nan"});
  const auto order =
      detail::order_of(y_score.size(), [=](std::size_t a, std::size_t b) { return scores[a] < scores[b]; });
  double count[2] = {}, pairs = 0;  // rows of each class so far; pairs in the right order
  for (std::size_t i = 0; i < order.size();) {
    double tied[2] = {};
    const T score = scores[order[i]];
    for (; i < order.size() && !(scores[order[i]] > score); ++i) ++tied[y_true.data()[order[i]]];
    pairs += tied[1] * (count[0] + tied[0] / 2);
    for (int k : {0, 1}) count[k] += tied[k];
  }
  for (int k : {0, 1})
    if (!(count[k] > 0))
      detail::fail<ValueError>({name, ": no row has label ", k, ": the area is defined where both classes occur"});
  return pairs / (count[0] * count[1]);
}

namespace detail {
/// The mean over the columns of of(rows, sums), for sums of |t - p|, (t - p)^2 and (t - mean t)^2 over the rows.
struct ErrorSums {
  double absolute = 0, squared = 0, variance = 0;
};
template <class T>
double mean_over_columns(const char* name, const Tensor<T>& y_true, const Tensor<T>& y_pred,
                         double (*of)(double rows, const ErrorSums&)) {
  require_rows(name, y_true.shape(), y_pred.shape());
  const std::size_t rows = y_true.shape()[0], columns = y_true.size() / rows;
  const double n = static_cast<double>(rows);
  double total = 0;
  for (std::size_t column = 0; column < columns; ++column) {
    const auto target = [&](std::size_t i) { return static_cast<double>(y_true.data()[i]); };
    // The mean as a difference from the first target, which keeps the digits of targets far from 0.
    double mean = 0;
    for (std::size_t i = column; i < y_true.size(); i += columns) mean += (target(i) - target(column)) / n;
    ErrorSums sums;
    for (std::size_t i = column; i < y_true.size(); i += columns) {
      const double error = target(i) - static_cast<double>(y_pred.data()[i]);
      const double deviation = target(i) - target(column) - mean;
      sums = {sums.absolute + std::fabs(error), sums.squared + error * error, sums.variance + deviation * deviation};
    }
    total += of(n, sums);
  }
  return total / static_cast<double>(columns);
}
}  // namespace detail

/// The mean of |t - p|, of (t - p)^2, and the root of that; several columns are averaged.
template <std::floating_point T = double>
double mean_absolute_error(const Tensor<T>& y_true, const Tensor<T>& y_pred) {
  return detail::mean_over_columns("mean_absolute_error", y_true, y_pred,
                                   [](double n, const detail::ErrorSums& sums) { return sums.absolute / n; });
}
template <std::floating_point T = double>
double mean_squared_error(const Tensor<T>& y_true, const Tensor<T>& y_pred) {
  return detail::mean_over_columns("mean_squared_error", y_true, y_pred,
                                   [](double n, const detail::ErrorSums& sums) { return sums.squared / n; });
}
template <std::floating_point T = double>
double root_mean_squared_error(const Tensor<T>& y_true, const Tensor<T>& y_pred) {
  return detail::mean_over_columns("root_mean_squared_error", y_true, y_pred,
                                   [](double n, const detail::ErrorSums& sums) { return std::sqrt(sums.squared / n); });
}

/// R^2, the share of the targets' variance that predictions explain: 1 - sum (t - p)^2 / sum (t - mean t)^2. It is
/// negative for predictions worse than the mean. Of targets that are all equal: 1 if all predictions are right, else 0.
/// NaN for targets or predictions that are NaN. Several columns are averaged. Throws ValueError for less than two rows.
template <std::floating_point T = double>
double r2_score(const Tensor<T>& y_true, const Tensor<T>& y_pred) {
  if (y_true.rank() > 0 && y_true.shape()[0] == 1)
    detail::fail<ValueError>({"r2_score: one row has no variance: at least two are needed"});
  return detail::mean_over_columns("r2_score", y_true, y_pred, [](double, const detail::ErrorSums& sums) {
    if (const double both = sums.squared + sums.variance; detail::is_nan(both)) return both;
    if (sums.variance > 0) return 1 - sums.squared / sums.variance;
    return sums.squared > 0 ? 0.0 : 1.0;
  });
}

}  // namespace minigrad::inline MINIGRAD_ABI
