// data/dataset.hpp - features x and targets y, row by row.
//
// For regression y holds numbers, one column per output of the model: [n, 1] for one output. For classification y holds
// the class of each row as a number from 0, as cross_entropy_loss takes it: a Tensor<std::int64_t> of shape [n] in a
// Dataset<float, std::int64_t>. The rows of x are along its first axis; x may have any rank from 1.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "../tensor/create.hpp"
#include "../tensor/rearrange.hpp"
#include "classes.hpp"
#include "names.hpp"
#include "table.hpp"
#include "to_tensor.hpp"

namespace minigrad::inline MINIGRAD_ABI {
namespace detail {

/// The indices of the wanted names. Throws ValueError, with a list of all, for a name that is not among them.
template <class = void>
std::vector<std::size_t> find_features(const std::vector<std::string>& all, const std::vector<std::string>& wanted) {
  const std::vector<std::size_t> order = order_by_name(all);
  std::vector<std::size_t> out;
  for (const std::string& name : wanted) {
    out.push_back(find_name(all, order, name));
    if (out.back() == all.size())
      fail<ValueError>({"no feature ", detail::in_quotes(name), "; the features are ", quoted_list(all)});
  }
  return out;
}

/// Throws ValueError for a feature, or what else has these names, that is named twice. Returns order_by_name.
template <class = void>
std::vector<std::size_t> require_different(const char* op, const std::vector<std::string>& names,
                                           const char* what = "feature") {
  std::vector<std::size_t> order = order_by_name(names);
  for (std::size_t i = 1; i < order.size(); ++i)
    if (names[order[i]] == names[order[i - 1]])
      fail<ValueError>({op, ": the ", what, " ", detail::in_quotes(names[order[i]]), " is named twice"});
  return order;
}

/// Throws ValueError for a feature that is named twice, and for a target among them.
template <class = void>
void require_features(const std::vector<std::string>& features, const std::string& target) {
  if (find_name(features, require_different("make_dataset", features), target) != features.size())
    fail<ValueError>({"make_dataset: ", detail::in_quotes(target), " is the target and also a feature"});
}

/// The rows of features or of targets: one tensor, or several where T is their list; see tensors.hpp.
template <class T>
struct RowsOf {
  using type = Tensor<T>;
};

/// f(x), or f(x_0, x_1, ...) of several tensors.
template <class F, class X>
decltype(auto) with_tensors(const F& f, X& x) {
  if constexpr (requires { x.all; }) return std::apply(f, x.all);
  else return f(x);
}

}  // namespace detail

/// Features x [n, ...], targets y [n, ...], and, for an x of shape [n, columns], optionally the names of the columns.
template <class T = float, class Y = T>
struct Dataset {
  using Features = typename detail::RowsOf<T>::type;  ///< Tensor<T>, or Tensors
  using Targets = typename detail::RowsOf<Y>::type;   ///< Tensor<Y>, or Tensors
  Features x;                                         ///< [n, ...]
  Targets y;                                          ///< [n, ...], of the same rows
  std::vector<std::string> feature_names;             ///< of the columns of x, or none

  /// No rows.
  Dataset() = default;

  /// Throws ShapeError as validate() does, and ValueError for a name that is given twice.
  Dataset(Features features, Targets targets, std::vector<std::string> names = {})
      : x(std::move(features)), y(std::move(targets)), feature_names(std::move(names)) {
    validate();
    detail::require_different("Dataset", feature_names);
  }

  /// The number of rows.
  std::size_t size() const { return x.shape()[0]; }

  /// So that `auto [x, y] = data` gives features and targets, as a batch of a DataLoader does.
  template <std::size_t K>
  auto& get() {
    if constexpr (K == 0) return x;
    else return y;
  }
  template <std::size_t K>
  const auto& get() const {
    if constexpr (K == 0) return x;
    else return y;
  }

  /// The rows with these indices, in this order. An index may occur more than once. Throws IndexError for an index that
  /// is too large.
  Dataset subset(const std::vector<std::size_t>& rows) const {
    auto indices = Tensor<std::int64_t>::empty(Shape{rows.size()});
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (rows[i] >= size())
        detail::fail<IndexError>({"Dataset: row ", rows[i], " of a dataset with ", size(), " rows"});
      indices[i] = static_cast<std::int64_t>(rows[i]);
    }
    return Dataset(index_select(x, indices), index_select(y, indices), feature_names);
  }

  /// The names of the columns of x [n, columns], by default x0, x1, ... Throws ShapeError for an x of another rank.
  std::vector<std::string> names() const {
    validate();
    if (x.rank() != 2) detail::fail<ShapeError>({"Dataset: x ", x.shape(), ": only [rows, columns] has named columns"});
    std::vector<std::string> out = feature_names;
    for (std::size_t column = out.size(); column < x.shape()[1]; ++column) out.push_back(detail::x_name(column));
    return out;
  }

  /// The index of the column of x with this name. Throws ValueError, with a list of the names, if there is none.
  std::size_t feature_index(std::string_view name) const { return feature_indices({std::string(name)})[0]; }
  /// The indices of several.
  std::vector<std::size_t> feature_indices(const std::vector<std::string>& wanted) const {
    const std::vector<std::string> all = names();
    return detail::find_features(all, wanted);
  }

  /// Throws ShapeError unless x and y have the same number of rows and there is one name per column, or no name. The
  /// constructor calls this. Call it again after a change of x or y.
  void validate() const {
    if (x.rank() == 0 || y.rank() == 0)
      detail::fail<ShapeError>({"Dataset: x ", x.shape(), " and y ", y.shape(), ": a number has no rows"});
    if (x.shape()[0] != y.shape()[0])
      detail::fail<ShapeError>({"Dataset: x ", x.shape(), " and y ", y.shape(), ": not equally many rows"});
    if (!feature_names.empty() && (x.rank() != 2 || feature_names.size() != x.shape()[1]))
      detail::fail<ShapeError>({"Dataset: x ", x.shape(), " and feature_names ", Shape{feature_names.size()},
                                ": names are for the columns of [rows, columns], one for each"});
  }
};

template <class T, class Y>
Dataset(Tensor<T>, Tensor<Y>, std::vector<std::string> = {}) -> Dataset<T, Y>;

/// The dataset with only these features, in this order. Throws ValueError for an unknown name.
template <class T, class Y>
Dataset<T, Y> select_features(const Dataset<T, Y>& data, const std::vector<std::string>& names) {
  const std::vector<std::size_t> columns = data.feature_indices(names);
  const std::size_t width = data.x.shape()[1];
  auto x = Tensor<T>::empty(Shape{data.size(), names.size()});
  T* to = x.data();
  for (std::size_t row = 0; row < data.size(); ++row)
    for (const std::size_t column : columns) *to++ = data.x.data()[row * width + column];
  return Dataset<T, Y>(std::move(x), data.y, names);
}

/// The dataset without these features. Throws ValueError for an unknown name.
template <class T, class Y>
Dataset<T, Y> drop_features(const Dataset<T, Y>& data, const std::vector<std::string>& names) {
  const std::vector<std::string> all = data.names();
  std::vector<bool> dropped(all.size());
  for (const std::size_t column : data.feature_indices(names)) dropped[column] = true;
  std::vector<std::string> kept;
  for (std::size_t column = 0; column < all.size(); ++column)
    if (!dropped[column]) kept.push_back(all[column]);
  return select_features(data, kept);
}

/// Throws ValueError, which names the row of the dataset, unless all labels are in 0 .. classes-1, and ShapeError
/// unless they are [n]. A loss that finds a wrong label later can only name its row in a batch.
template <class T, std::integral Y>
void check_labels(const Dataset<T, Y>& data, std::size_t classes) {
  if (data.y.rank() != 1)
    detail::fail<ShapeError>({"check_labels: y ", data.y.shape(), ": labels are [n], one number for each row",
                              data.y.size() == data.size() ? "; y.reshape({n}) makes them so" : ""});
  for (std::size_t row = 0; row < data.size(); ++row)
    if (std::cmp_less(data.y[row], 0) || std::cmp_greater_equal(data.y[row], classes))
      detail::fail<ValueError>({"check_labels: label ", data.y[row], " in row ", row, " of the dataset: ", classes,
                                " classes are numbered from 0 to ", classes - 1});
}

/// A dataset of the named columns of a table: x [n, features], and y [n, 1] from the target's column. If Y is an
/// integer type, y holds class labels from 0 and is [n]. make_dataset(table, {"pages", "words"}, "minutes"). Throws
/// DataError as to_tensor does, and ValueError for a feature that is named twice and for a target that
/// is also a feature.
template <std::floating_point T = float, class Y = T>
Dataset<T, Y> make_dataset(const Table& table, const std::vector<std::string>& features, const std::string& target) {
  detail::require_features(features, target);
  if constexpr (std::floating_point<Y>) {
    return Dataset<T, Y>(to_tensor<T>(table, features), to_tensor<Y>(table, {target}), features);
  } else {
    const std::vector<double> numbers = table.numbers(target);
    auto labels = Tensor<Y>::empty(Shape{numbers.size()});
    for (std::size_t row = 0; row < numbers.size(); ++row) {
      if (!detail::holds<Y>(numbers[row]) || numbers[row] < 0)
        table.fail_in(row, target,
                      {detail::in_quotes(table.text(row, target)), " is not a class label: a whole number from 0"});
      labels[row] = static_cast<Y>(numbers[row]);
    }
    return Dataset<T, Y>(to_tensor<T>(table, features), std::move(labels), features);
  }
}

/// The same with the classes of a column of words: make_dataset(table, {"length", "width"}, class_labels(table,
/// "species")). Throws ShapeError for the labels of another number of rows.
template <std::floating_point T = float>
Dataset<T, std::int64_t> make_dataset(const Table& table, const std::vector<std::string>& features,
                                      const ClassLabels& labels) {
  detail::require_features(features, labels.column);
  return Dataset<T, std::int64_t>(to_tensor<T>(table, features), labels.codes, features);
}

/// The same with targets that are computed, [n, 1]: make_dataset(table, {"pages"}, to_days(table, "date")). Throws
/// ShapeError for another number of values than rows, and ValueError for one that is not finite in T, naming its row,
/// and for different values that are equal in T, as to_tensor refuses them.
template <std::floating_point T = float>
Dataset<T> make_dataset(const Table& table, const std::vector<std::string>& features,
                        const std::vector<double>& targets) {
  detail::require_different("make_dataset", features);
  if (targets.size() != table.rows())
    detail::fail<ShapeError>({"make_dataset: ", targets.size(), " targets for ", table.rows(), " rows"});
  detail::require_told_apart("make_dataset: targets", targets, detail::element_type<T>);
  auto y = Tensor<T>::empty(Shape{targets.size(), 1});
  for (std::size_t row = 0; row < targets.size(); ++row) {
    y[row] = static_cast<T>(targets[row]);
    if (!detail::is_finite(static_cast<double>(y[row])))
      detail::fail<ValueError>({"make_dataset: the target in row ", row, " is ", y[row]});
  }
  return Dataset<T>(to_tensor<T>(table, features), std::move(y), features);
}

}  // namespace minigrad::inline MINIGRAD_ABI

template <class T, class Y>
struct std::tuple_size<minigrad::Dataset<T, Y>> : std::integral_constant<std::size_t, 2> {};
template <std::size_t K, class T, class Y>
struct std::tuple_element<K, minigrad::Dataset<T, Y>> {
  using type = typename minigrad::detail::RowsOf<std::conditional_t<K == 0, T, Y>>::type;
};
