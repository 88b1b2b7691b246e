#include <minigrad/data/csv.hpp>
#include <minigrad/data/split.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#ifndef MINIGRAD_DATA_DIR
#define MINIGRAD_DATA_DIR "examples/data"
#endif

using minigrad::arange;
using minigrad::Dataset;
using minigrad::group_k_fold;
using minigrad::k_fold;
using minigrad::make_dataset;
using minigrad::read_csv;
using minigrad::Rng;
using minigrad::Shape;
using minigrad::ShapeError;
using minigrad::split_by_group;
using minigrad::SplitRows;
using minigrad::stratified_k_fold;
using minigrad::Table;
using minigrad::Tensor;
using minigrad::train_test_split;
using minigrad::ValueError;

namespace {

using Rows = std::vector<std::size_t>;
using Names = std::vector<std::string>;

Rows sorted(Rows rows) {
  std::sort(rows.begin(), rows.end());
  return rows;
}

Rows joined(Rows a, const Rows& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

Rows first(std::size_t n) {
  Rows rows(n);
  for (std::size_t i = 0; i < n; ++i) rows[i] = i;
  return rows;
}

/// Every row is validated on exactly once, and trained on in all other folds.
void check_folds(const std::vector<SplitRows>& folds, std::size_t n) {
  Rows validated;
  for (const SplitRows& fold : folds) {
    CHECK(sorted(joined(fold.train, fold.validation)) == first(n));
    CHECK(std::is_sorted(fold.train.begin(), fold.train.end()));
    CHECK(std::is_sorted(fold.validation.begin(), fold.validation.end()));
    CHECK_FALSE(fold.train.empty());
    CHECK_FALSE(fold.validation.empty());
    validated = joined(validated, fold.validation);
  }
  CHECK(sorted(validated) == first(n));
}

/// Row i has x = i and y = 10 i.
Dataset<float> numbered(std::size_t n) {
  const auto x = arange(n).reshape(Shape{n, 1});
  auto y = x;
  for (float& value : y) value *= 10;
  return Dataset<float>(x, y, {"number"});
}

}  // namespace

TEST_CASE("a random split puts every row into exactly one part") {
  Rng rng(1);
  for (std::size_t n : {2u, 3u, 10u, 101u}) {
    const auto [train, validation] = train_test_split(n, 0.5, rng);
    CHECK(sorted(joined(train, validation)) == first(n));
  }
}

TEST_CASE("the fraction is rounded to whole rows") {
  Rng rng(1);
  CHECK(train_test_split(10, 0.2, rng).validation.size() == 2);
  CHECK(train_test_split(100, 0.07, rng).validation.size() == 7);
  CHECK(train_test_split(39, 0.2, rng).validation.size() == 8);
  CHECK(train_test_split(39, 0.2, rng).train.size() == 31);
  CHECK(train_test_split(2, 0.5, rng).validation.size() == 1);
}

TEST_CASE("a random split follows from the seed and differs from the next") {
  Rng a(7), b(7);
  const SplitRows split = train_test_split(50, 0.3, a);
  CHECK(split.validation == train_test_split(50, 0.3, b).validation);
  CHECK(split.validation != train_test_split(50, 0.3, b).validation);
  CHECK(split.train != sorted(split.train));
}

TEST_CASE("every row has the same chance to be held out") {
  Rng rng(3);
  std::vector<int> held_out(10);
  for (int i = 0; i < 2000; ++i)
    for (std::size_t row : train_test_split(10, 0.3, rng).validation) ++held_out[row];
  for (int count : held_out) {  // 600 expected, standard deviation 20
    CHECK(count > 500);
    CHECK(count < 700);
  }
}

TEST_CASE("a dataset is split with its targets and names") {
  Rng rng(1), same(1);
  const auto data = numbered(10);
  const auto [train, validation] = train_test_split(data, 0.3, rng);
  const SplitRows rows = train_test_split(data.size(), 0.3, same);
  CHECK(train.x == data.subset(rows.train).x);
  CHECK(validation.x == data.subset(rows.validation).x);
  CHECK(validation.feature_names == data.feature_names);
  for (std::size_t i = 0; i < train.size(); ++i) CHECK(train.y[i] == 10 * train.x[i]);
}

TEST_CASE("a dataset with class labels is split like any other") {
  Rng rng(1);
  const Dataset data(Tensor<float>{{0}, {1}, {2}, {3}}, Tensor<std::int64_t>{0, 1, 2, 3});
  const auto [train, validation] = train_test_split(data, 0.25, rng);
  CHECK(train.size() == 3);
  CHECK(validation.y.shape() == Shape{1});
  CHECK(static_cast<float>(validation.y[0]) == validation.x[0]);
}

TEST_CASE("fractions outside 0 .. 1, and those that leave a part empty, are refused") {
  Rng rng(1);
  const auto split = [&](std::size_t n, double fraction) { train_test_split(n, fraction, rng); };
  CHECK_THROWS_WITH_AS(split(10, 1.5), "minigrad: train_test_split: a fraction of 1.5: it must lie between 0 and 1",
                       ValueError);
  CHECK_THROWS_WITH_AS(split(10, 0), "minigrad: train_test_split: a fraction of 0: it must lie between 0 and 1",
                       ValueError);
  CHECK_THROWS_AS(split(10, 1), ValueError);
  CHECK_THROWS_AS(split(10, -0.2), ValueError);
  CHECK_THROWS_AS(split(10, std::numeric_limits<double>::quiet_NaN()), ValueError);
  CHECK_THROWS_WITH_AS(split(4, 0.1),
                       "minigrad: train_test_split: 4 for training and 0 for validation: neither part may be empty",
                       ValueError);
  CHECK_THROWS_WITH_AS(split(1, 0.5),
                       "minigrad: train_test_split: 0 for training and 1 for validation: neither part may be empty",
                       ValueError);
  CHECK_THROWS_WITH_AS(split(0, 0.5),
                       "minigrad: train_test_split: 0 for training and 0 for validation: neither part may be empty",
                       ValueError);
}

TEST_CASE("k folds validate on every row exactly once and differ by at most one row") {
  Rng rng(5);
  for (std::size_t n : {2u, 3u, 7u, 10u, 39u})
    for (std::size_t k = 2; k <= n; ++k) {
      const auto folds = k_fold(n, k, rng);
      REQUIRE(folds.size() == k);
      check_folds(folds, n);
      for (std::size_t f = 0; f < k; ++f) CHECK(folds[f].validation.size() == n / k + (f < n % k ? 1 : 0));
    }
}

TEST_CASE("as many folds as rows leave one out") {
  Rng rng(5);
  for (const auto& [train, validation] : k_fold(6, 6, rng)) {
    CHECK(train.size() == 5);
    CHECK(validation.size() == 1);
  }
}

TEST_CASE("folds follow from the seed and differ from the next") {
  Rng a(7), b(7);
  const Rows fold = k_fold(30, 3, a)[0].validation;
  CHECK(fold == k_fold(30, 3, b)[0].validation);
  CHECK(fold != k_fold(30, 3, b)[0].validation);
}

TEST_CASE("too few and too many folds are refused") {
  Rng rng(1);
  CHECK_THROWS_WITH_AS(k_fold(5, 1, rng),
                       "minigrad: k_fold: k = 1: at least 2 folds are needed, one to judge by and one to train on",
                       ValueError);
  CHECK_THROWS_AS(k_fold(5, 0, rng), ValueError);
  CHECK_THROWS_WITH_AS(k_fold(3, 4, rng), "minigrad: k_fold: k = 4 folds of 3 rows: some would be empty", ValueError);
  CHECK_THROWS_AS(k_fold(0, 2, rng), ValueError);
  CHECK_THROWS_WITH_AS(group_k_fold({"a", "b", "a"}, 3),
                       "minigrad: group_k_fold: k = 3 folds of 2 groups: some would be empty", ValueError);
  CHECK_THROWS_AS(group_k_fold({"a", "b"}, 1), ValueError);
}

TEST_CASE("a split by group keeps the order of the rows") {
  const SplitRows rows = split_by_group({"a", "b", "c", "b", "a"}, {"b"});
  CHECK(rows.validation == Rows{1, 3});
  CHECK(rows.train == Rows{0, 2, 4});
  CHECK(split_by_group({"a", "b", "c", "b", "a"}, {"c", "b"}).validation == Rows{1, 2, 3});
}

TEST_CASE("the real lectures are split by course, so that none is on both sides") {
  const Table table = read_csv(MINIGRAD_DATA_DIR "/lectures.csv");
  const auto courses = table.texts("course");
  const auto data = make_dataset<double>(table, {"pages"}, "minutes");
  const auto [train, validation] = split_by_group(data, courses, {"GenAI2024", "GenAI-ML2025"});
  CHECK(train.size() == 28);
  CHECK(validation.size() == 11);
  const SplitRows rows = split_by_group(courses, {"GenAI2024", "GenAI-ML2025"});
  CHECK(table.select(rows.validation).where("course", {"ML2021", "ML2026"}).rows() == 0);
  CHECK(table.select(rows.train).where("course", {"GenAI2024", "GenAI-ML2025"}).rows() == 0);
  CHECK(validation.x == data.subset(rows.validation).x);
  CHECK(train.y == data.subset(rows.train).y);
}

TEST_CASE("a group without rows is refused by name, with a list of the groups") {
  CHECK_THROWS_WITH_AS(
      split_by_group(read_csv(MINIGRAD_DATA_DIR "/lectures.csv").texts("course"), {"ML2021", "ML2022"}),
      "minigrad: split_by_group: no row belongs to \"ML2022\"; the groups are "
      "\"GenAI-ML2025\", \"GenAI2024\", \"ML2021\", \"ML2026\"",
      ValueError);
}

TEST_CASE("a split by group with an empty part, or with labels of other rows, is refused") {
  CHECK_THROWS_WITH_AS(split_by_group({"a", "b"}, Names{}),
                       "minigrad: split_by_group: 2 for training and 0 for validation: neither part may be empty",
                       ValueError);
  CHECK_THROWS_WITH_AS(split_by_group({"a", "b"}, {"b", "a"}),
                       "minigrad: split_by_group: 0 for training and 2 for validation: neither part may be empty",
                       ValueError);
  CHECK_THROWS_WITH_AS(split_by_group(numbered(3), {"a", "b"}, {"b"}), "minigrad: split_by_group: 2 labels for 3 rows",
                       ShapeError);
}

TEST_CASE("group folds never tear a group apart and balance the rows") {
  const Table table = read_csv(MINIGRAD_DATA_DIR "/lectures.csv");  // 18, 10, 10 and 1 rows
  const auto courses = table.texts("course");
  for (std::size_t k : {2u, 3u, 4u}) {
    const auto folds = group_k_fold(courses, k);
    REQUIRE(folds.size() == k);
    check_folds(folds, 39);
    for (const SplitRows& fold : folds)
      for (std::size_t row : fold.validation)
        for (std::size_t other : fold.train) CHECK(courses[row] != courses[other]);
  }
  const auto folds = group_k_fold(courses, 2);
  CHECK(folds[0].validation.size() == 19);
  CHECK(folds[1].validation.size() == 20);
}

TEST_CASE("a stratified split gives each part its share of every class, to a row") {
  Rng rng(2);
  for (const std::size_t n : {15u, 39u, 150u}) {
    Tensor<std::int64_t> classes = minigrad::zeros<std::int64_t>({static_cast<std::ptrdiff_t>(n)});
    for (std::size_t i = 0; i < n; ++i) classes[i] = i % 5 == 0 ? 7 : i % 2 == 0 ? 0 : 1;  // 1/5, 2/5 and 2/5
    for (const double fraction : {0.2, 0.3, 0.5}) {
      const auto [train, validation] = train_test_split(n, fraction, rng, {.stratify = classes});
      CHECK(sorted(joined(train, validation)) == first(n));
      CHECK(validation.size() == static_cast<std::size_t>(std::round(fraction * static_cast<double>(n))));
      for (const std::int64_t label : {0, 1, 7}) {
        std::size_t all = 0, held_out = 0;
        for (std::size_t i = 0; i < n; ++i) all += classes[i] == label;
        for (const std::size_t row : validation) held_out += classes[row] == label;
        const double share = static_cast<double>(validation.size()) / static_cast<double>(n) * static_cast<double>(all);
        CHECK(std::abs(static_cast<double>(held_out) - share) < 1);
      }
      CHECK(train != sorted(train));
    }
  }
}

TEST_CASE("every row of a class has the same chance to be held out by a stratified split") {
  Rng rng(3);
  const Tensor<std::int64_t> classes{0, 1, 0, 1, 0, 1, 0, 0, 0, 1};
  std::vector<int> held_out(10);
  for (int i = 0; i < 2000; ++i)
    for (std::size_t row : train_test_split(10, 0.5, rng, {.stratify = classes}).validation) ++held_out[row];
  for (int count : held_out) {  // 1000 expected, standard deviation 22
    CHECK(count > 880);
    CHECK(count < 1120);
  }
}

TEST_CASE("a dataset of classes is split by its own labels") {
  Rng rng(1);
  const Dataset data(Tensor<float>{{0}, {1}, {2}, {3}}, Tensor<std::int64_t>{0, 1, 0, 1});
  for (int i = 0; i < 20; ++i) {
    const auto [train, validation] = train_test_split(data, 0.5, rng, {.stratify = data.y});
    CHECK(train.y[0] != train.y[1]);
    CHECK(validation.y[0] != validation.y[1]);
  }
}

TEST_CASE("a class that would be in one part only, and classes of other rows, are refused") {
  Rng rng(1);
  const auto split = [&](const Tensor<std::int64_t>& classes) { train_test_split(4, 0.5, rng, {.stratify = classes}); };
  CHECK_THROWS_WITH_AS(split({0, 0, 0, 5}),
                       "minigrad: train_test_split: class 5 has 1 row, which would all be in one part: leave the class "
                       "out, or hold out another fraction",
                       ValueError);
  CHECK_THROWS_WITH_AS(split({0, 1}), "minigrad: train_test_split: classes [2] for 4 rows: [n] is expected",
                       ShapeError);
  CHECK_THROWS_AS(split({{0}, {0}, {1}, {1}}), ShapeError);
}

TEST_CASE("stratified folds differ by at most one row of each class") {
  Rng rng(5);
  Tensor<std::int64_t> classes = minigrad::zeros<std::int64_t>({39});
  for (std::size_t i = 0; i < 39; ++i) classes[i] = i < 20 ? 2 : i < 33 ? 0 : 1;
  for (const std::size_t k : {2u, 3u, 6u}) {
    const auto folds = stratified_k_fold(classes, k, rng);
    REQUIRE(folds.size() == k);
    check_folds(folds, 39);
    for (const auto& [label, all] : {std::pair<std::int64_t, std::size_t>{2, 20}, {0, 13}, {1, 6}})
      for (const SplitRows& fold : folds) {
        std::size_t rows = 0;
        for (const std::size_t row : fold.validation) rows += classes[row] == label;
        CHECK(rows >= all / k);
        CHECK(rows <= (all + k - 1) / k);
      }
  }
  CHECK_THROWS_WITH_AS(
      stratified_k_fold(classes, 7, rng),
      "minigrad: stratified_k_fold: class 1 has 6 rows for k = 7 folds: take fewer folds, or leave the "
      "class out",
      ValueError);
  CHECK_THROWS_AS(stratified_k_fold(classes, 1, rng), ValueError);
}
