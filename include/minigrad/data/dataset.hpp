// data/dataset.hpp - features x and targets y, row by row.
//
// For regression y holds numbers, one column per output of the model: [n, 1] for one output. For classification y holds
// the class of each row as a number from 0, as cross_entropy_loss takes it: a Tensor<std::int64_t> of shape [n] in a
// Dataset<float, std::int64_t>. The rows of x are along its first axis; x may have any rank from 1.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "../tensor/create.hpp"
#include "../tensor/rearrange.hpp"
#include "table.hpp"

namespace minigrad::inline MINIGRAD_ABI {
namespace detail {

/// "pages", "words", ...: at most 20 names, for error messages.
inline std::string quoted_list(const std::vector<std::string>& names) {
  constexpr std::size_t shown = 20;
  std::string list;
  for (std::size_t i = 0; i < names.size() && i < shown; ++i) append(list, {i ? ", " : "", detail::quoted(names[i])});
  if (names.size() > shown) append(list, {" and ", names.size() - shown, " more"});
  return list;
}

/// The default name of a column: x0, x1, ...
inline std::string x_name(std::size_t column) { return concat({"x", column}); }

}  // namespace detail

/// Features x [n, ...], targets y [n, ...], and, for an x of shape [n, columns], optionally the names of the columns.
template <class T = float, class Y = T>
struct Dataset {
  Tensor<T> x;
  Tensor<Y> y;
  std::vector<std::string> feature_names;

  /// No rows.
  Dataset() = default;

  /// Throws ShapeError as validate() does.
  Dataset(Tensor<T> features, Tensor<Y> targets, std::vector<std::string> names = {})
      : x(std::move(features)), y(std::move(targets)), feature_names(std::move(names)) {
    validate();
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
  std::size_t feature_index(std::string_view name) const {
    const std::vector<std::string> all = names();
    const auto found = std::find(all.begin(), all.end(), name);
    if (found == all.end())
      detail::fail<ValueError>({"no feature ", detail::quoted(name), "; the features are ", detail::quoted_list(all)});
    return static_cast<std::size_t>(found - all.begin());
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

/// The dataset with only these features, in this order. Throws ValueError for an unknown name.
template <class T, class Y>
Dataset<T, Y> select_features(const Dataset<T, Y>& data, const std::vector<std::string>& names) {
  auto columns = Tensor<std::int64_t>::empty(Shape{names.size()});
  for (std::size_t i = 0; i < names.size(); ++i) columns[i] = static_cast<std::int64_t>(data.feature_index(names[i]));
  return Dataset<T, Y>(transpose(index_select(transpose(data.x), columns)), data.y, names);
}

/// The dataset without these features. Throws ValueError for an unknown name.
template <class T, class Y>
Dataset<T, Y> drop_features(const Dataset<T, Y>& data, const std::vector<std::string>& names) {
  for (const std::string& name : names) data.feature_index(name);
  std::vector<std::string> kept;
  for (const std::string& name : data.names())
    if (std::find(names.begin(), names.end(), name) == names.end()) kept.push_back(name);
  return select_features(data, kept);
}

/// A dataset of the named columns of a table: x [n, features], and y [n, 1] from the target's column. If Y is an
/// integer type, y holds class labels from 0 and is [n]. make_dataset(table, {"pages", "words"}, "minutes"). Throws
/// DataError for a field that is not a number, and ValueError for a feature that is named twice and for a target that
/// is also a feature.
template <std::floating_point T = float, class Y = T>
Dataset<T, Y> make_dataset(const Table& table, const std::vector<std::string>& features, const std::string& target) {
  for (auto name = features.begin(); name != features.end(); ++name) {
    if (*name == target)
      detail::fail<ValueError>({"make_dataset: ", detail::quoted(target), " is the target and also a feature"});
    if (std::find(features.begin(), name, *name) != name)
      detail::fail<ValueError>({"make_dataset: the feature ", detail::quoted(*name), " is named twice"});
  }
  if constexpr (std::floating_point<Y>) {
    return Dataset<T, Y>(to_tensor<T>(table, features), to_tensor<Y>(table, {target}), features);
  } else {
    const std::vector<double> numbers = table.numbers(target);
    auto labels = Tensor<Y>::empty(Shape{numbers.size()});
    for (std::size_t row = 0; row < numbers.size(); ++row) {
      if (!detail::holds<Y>(numbers[row]) || numbers[row] < 0)
        table.fail_in(row, target,
                      {detail::quoted(table.text(row, target)), " is not a class label: a whole number from 0"});
      labels[row] = static_cast<Y>(numbers[row]);
    }
    return Dataset<T, Y>(to_tensor<T>(table, features), std::move(labels), features);
  }
}

}  // namespace minigrad

template <class T, class Y>
struct std::tuple_size<minigrad::Dataset<T, Y>> : std::integral_constant<std::size_t, 2> {};
template <std::size_t K, class T, class Y>
struct std::tuple_element<K, minigrad::Dataset<T, Y>> {
  using type = minigrad::Tensor<std::conditional_t<K == 0, T, Y>>;
};
