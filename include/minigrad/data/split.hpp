// data/split.hpp - splits a dataset into training rows and validation rows.
//
// A model may memorise its training rows, so it is evaluated on other rows. Rows of one group (the lectures of one
// course, the photographs of one day) are similar. If the model is for new groups, split by group.
//
// The functions split a Dataset, or give the indices of rows, which also work for a Table: table.select(rows.train).
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "../core/random.hpp"
#include "../core/search.hpp"
#include "dataset.hpp"
#include "order.hpp"

namespace minigrad::inline MINIGRAD_ABI {

/// The two parts of a split as indices of rows.
struct SplitRows {
  std::vector<std::size_t> train, validation;  ///< rows to learn from, and to judge by
};

/// The two parts of a split as datasets: auto [train, validation] = train_test_split(data, 0.2, rng).
template <class T, class Y>
struct Split {
  Dataset<T, Y> train, validation;  ///< rows to learn from, and to judge by
};

namespace detail {

template <class = void>
SplitRows without_empty_part(const char* op, SplitRows rows) {
  if (rows.train.empty() || rows.validation.empty())
    fail<ValueError>({op, ": ", rows.train.size(), " for training and ", rows.validation.size(),
                      " for validation: neither part may be empty"});
  return rows;
}

template <class T, class Y>
Split<T, Y> take(const Dataset<T, Y>& data, const SplitRows& rows) {
  return {data.subset(rows.train), data.subset(rows.validation)};
}

template <class = void>
void require_folds(const char* op, std::size_t k, std::size_t n, const char* what) {
  if (k < 2) fail<ValueError>({op, ": k = ", k, ": at least 2 folds are needed, one to judge by and one to train on"});
  if (k > n) fail<ValueError>({op, ": k = ", k, " folds of ", n, " ", what, ": some would be empty"});
}

/// Fold f validates on the rows with fold_of_row[row] == f and trains on the others, both in ascending order.
template <class = void>
std::vector<SplitRows> make_folds(const std::vector<std::size_t>& fold_of_row, std::size_t k) {
  std::vector<SplitRows> folds(k);
  for (std::size_t f = 0; f < k; ++f)
    for (std::size_t row = 0; row < fold_of_row.size(); ++row)
      (fold_of_row[row] == f ? folds[f].validation : folds[f].train).push_back(row);
  return folds;
}

/// `rows` sorted by their class; those of a class keep their order. Throws ShapeError unless each has a class.
template <class = void>
std::vector<std::size_t> order_by_class(const char* op, const Tensor<std::int64_t>& classes,
                                        const std::vector<std::size_t>& rows) {
  if (classes.shape() != Shape{rows.size()})
    fail<ShapeError>({op, ": classes ", classes.shape(), " for ", rows.size(), " rows: [n] is expected"});
  std::vector<std::size_t> out =
      order_of(rows.size(), [&](std::size_t a, std::size_t b) { return classes[rows[a]] < classes[rows[b]]; });
  for (std::size_t& i : out) i = rows[i];
  return out;
}

/// Which rows to hold out: of each class its share of `held_out`, the first ones in `order`. What is left over after
/// rounding down goes to the classes that have none yet, and then to those with the largest remainders. Throws
/// ValueError, which names the class, if all rows of a class would be in one part.
template <class = void>
std::vector<bool> stratified(const char* op, const Tensor<std::int64_t>& classes, const std::vector<std::size_t>& order,
                             std::size_t held_out) {
  struct Class {
    std::size_t first, rows, share, remainder;  // rows first, first + 1, ... of by_class
  };
  const std::size_t n = order.size();
  const std::vector<std::size_t> by_class = order_by_class(op, classes, order);
  std::vector<Class> all;
  std::size_t left = held_out;
  for (std::size_t first = 0, end = 0; first < n; first = end) {
    while (end < n && classes[by_class[end]] == classes[by_class[first]]) ++end;
    const std::size_t rows = end - first;
    const std::uint64_t product = std::uint64_t{rows} * held_out;  // too large for a std::size_t of 32 bits
    all.push_back({first, rows, static_cast<std::size_t>(product / n), static_cast<std::size_t>(product % n)});
    left -= all.back().share;
  }
  const auto before = [&](std::size_t a, std::size_t b) {
    const bool none = all[a].share == 0, other = all[b].share == 0;
    return none != other ? none : all[a].remainder > all[b].remainder;
  };
  for (const std::size_t c : order_of(all.size(), before)) {
    if (left == 0) break;
    if (all[c].remainder == 0) continue;
    ++all[c].share;
    --left;
  }
  std::vector<bool> out(n);
  for (const Class& c : all) {
    if (c.share == 0 || c.share == c.rows)
      fail<ValueError>({op, ": class ", classes[by_class[c.first]], " has ", c.rows, c.rows == 1 ? " row" : " rows",
                        ", which would all be in one part: leave the class out, or hold out another fraction"});
    for (std::size_t i = 0; i < c.share; ++i) out[by_class[c.first + i]] = true;
  }
  return out;
}

/// The labels without repetition, sorted.
template <class = void>
std::vector<std::string> distinct(const std::vector<std::string>& labels) {
  std::vector<std::string> out;
  for (const std::size_t i : order_of(labels.size(), [&](auto a, auto b) { return labels[a] < labels[b]; }))
    if (out.empty() || out.back() != labels[i]) out.push_back(labels[i]);
  return out;
}

}  // namespace detail

/// Options of train_test_split.
struct SplitOptions {
  Tensor<std::int64_t> stratify = {};  ///< the class of each row: both parts get the same mixture of the classes
};

/// Puts `fraction` of the rows, chosen at random, into the validation part; the number is rounded. Both parts are in
/// random order. With classes, train_test_split(data, 0.25, rng, {.stratify = data.y}), each class has its share in
/// both parts, to a row. Throws ValueError unless 0 < fraction < 1, if a part would be empty, and if a class would be
/// in one part only; and ShapeError unless there is one class for each row, or none.
template <class = void>
SplitRows train_test_split(std::size_t n, double fraction, Rng& rng, const SplitOptions& options = {}) {
  if (!(fraction > 0 && fraction < 1))
    detail::fail<ValueError>({"train_test_split: a fraction of ", fraction, ": it must lie between 0 and 1"});
  const auto held_out = static_cast<std::size_t>(std::round(fraction * static_cast<double>(n)));
  const std::vector<std::size_t> order = rng.permutation(n);
  std::vector<bool> is_held_out(n);
  const Tensor<std::int64_t>& classes = options.stratify;
  if (classes.size() == 0) {
    for (std::size_t i = 0; i < held_out; ++i) is_held_out[order[i]] = true;
  } else {
    is_held_out = detail::stratified("train_test_split", classes, order, held_out);
  }
  SplitRows rows;
  for (const std::size_t row : order) (is_held_out[row] ? rows.validation : rows.train).push_back(row);
  return detail::without_empty_part("train_test_split", std::move(rows));
}
template <class T, class Y>
Split<T, Y> train_test_split(const Dataset<T, Y>& data, double fraction, Rng& rng, const SplitOptions& options = {}) {
  return detail::take(data, train_test_split(data.size(), fraction, rng, options));
}

/// Puts the rows of the given groups into the validation part and all others into the training part. group_of_row holds
/// one label per row, such as table.texts("course"). The order of the rows is kept. Throws ValueError for a group
/// without rows and if a part would be empty, and ShapeError if the number of labels is not the number of rows.
template <class = void>
SplitRows split_by_group(const std::vector<std::string>& group_of_row,
                         const std::vector<std::string>& validation_groups) {
  for (const std::string& group : validation_groups)
    if (detail::index_of(group_of_row, group) == group_of_row.size())
      detail::fail<ValueError>({"split_by_group: no row belongs to ", detail::in_quotes(group), "; the groups are ",
                                detail::quoted_list(detail::distinct(group_of_row))});
  SplitRows rows;
  for (std::size_t row = 0; row < group_of_row.size(); ++row) {
    const bool chosen = detail::index_of(validation_groups, group_of_row[row]) < validation_groups.size();
    (chosen ? rows.validation : rows.train).push_back(row);
  }
  return detail::without_empty_part("split_by_group", std::move(rows));
}
template <class T, class Y>
Split<T, Y> split_by_group(const Dataset<T, Y>& data, const std::vector<std::string>& group_of_row,
                           const std::vector<std::string>& validation_groups) {
  if (group_of_row.size() != data.size())
    detail::fail<ShapeError>({"split_by_group: ", group_of_row.size(), " labels for ", data.size(), " rows"});
  return detail::take(data, split_by_group(group_of_row, validation_groups));
}

/// k splits of n rows. Every row is in exactly one validation part, and the sizes of these differ by at most 1. k = n
/// is leave-one-out. Throws ValueError for k < 2 and k > n.
///
///   for (const auto& [train, validation] : k_fold(data.size(), 5, rng)) ... data.subset(train) ...
template <class = void>
std::vector<SplitRows> k_fold(std::size_t n, std::size_t k, Rng& rng) {
  detail::require_folds("k_fold", k, n, "rows");
  const std::vector<std::size_t> order = rng.permutation(n);
  std::vector<std::size_t> fold_of_row(n);
  for (std::size_t i = 0; i < n; ++i) fold_of_row[order[i]] = i % k;
  return detail::make_folds(fold_of_row, k);
}

/// As k_fold, but the classes of the rows are spread evenly over the folds: the rows of a class in two folds differ in
/// number by at most 1. classes holds the class of each row, [n]: a dataset's y, or class_labels(...).codes. Throws
/// ValueError for a class with fewer rows than folds.
template <class = void>
std::vector<SplitRows> stratified_k_fold(const Tensor<std::int64_t>& classes, std::size_t k, Rng& rng) {
  const std::size_t n = classes.size();
  detail::require_folds("stratified_k_fold", k, n, "rows");
  const std::vector<std::size_t> by_class = detail::order_by_class("stratified_k_fold", classes, rng.permutation(n));
  std::vector<std::size_t> fold_of_row(n);
  for (std::size_t i = 0, rows = 0; i < n; ++i) {
    fold_of_row[by_class[i]] = i % k;
    const std::int64_t label = classes[by_class[i]];
    ++rows;
    if (i + 1 < n && classes[by_class[i + 1]] == label) continue;
    if (rows < k)
      detail::fail<ValueError>({"stratified_k_fold: class ", label, " has ", rows, rows == 1 ? " row" : " rows",
                                " for k = ", k, " folds: take fewer folds, or leave the class out"});
    rows = 0;
  }
  return detail::make_folds(fold_of_row, k);
}

/// As k_fold, but all rows of a group are in the same fold. The groups are assigned from the largest to the smallest,
/// each to the fold with the fewest rows, without randomness. k = the number of groups is leave-one-group-out. Throws
/// ValueError for k < 2 and for more folds than groups.
template <class = void>
std::vector<SplitRows> group_k_fold(const std::vector<std::string>& group_of_row, std::size_t k) {
  const std::vector<std::string> groups = detail::distinct(group_of_row);
  detail::require_folds("group_k_fold", k, groups.size(), "groups");
  std::vector<std::size_t> group(group_of_row.size()), rows(groups.size());
  for (std::size_t row = 0; row < group.size(); ++row) {
    group[row] = detail::first_not(groups.size(), [&](std::size_t g) { return groups[g] < group_of_row[row]; });
    ++rows[group[row]];
  }
  std::vector<std::size_t> fold_of_group(groups.size()), filled(k);
  for (const std::size_t g : detail::order_of(groups.size(), [&](auto a, auto b) { return rows[a] > rows[b]; })) {
    std::size_t emptiest = 0;
    for (std::size_t fold = 1; fold < k; ++fold)
      if (filled[fold] < filled[emptiest]) emptiest = fold;
    fold_of_group[g] = emptiest;
    filled[emptiest] += rows[g];
  }
  for (std::size_t& fold : group) fold = fold_of_group[fold];
  return detail::make_folds(group, k);
}

}  // namespace minigrad::inline MINIGRAD_ABI
