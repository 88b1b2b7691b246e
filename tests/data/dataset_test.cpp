#include <minigrad/data/csv.hpp>
#include <minigrad/data/dataset.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#ifndef MINIGRAD_DATA_DIR
#define MINIGRAD_DATA_DIR "examples/data"
#endif

using minigrad::DataError;
using minigrad::Dataset;
using minigrad::drop_features;
using minigrad::IndexError;
using minigrad::make_dataset;
using minigrad::parse_csv;
using minigrad::read_csv;
using minigrad::select_features;
using minigrad::Shape;
using minigrad::ShapeError;
using minigrad::Table;
using minigrad::Tensor;
using minigrad::ValueError;
using minigrad::zeros;

namespace {

using Names = std::vector<std::string>;
using Labels = Tensor<std::int64_t>;

Dataset<float> three_rows() {
  return Dataset<float>(Tensor<float>{{1, 10}, {2, 20}, {3, 30}}, Tensor<float>{{100}, {200}, {300}},
                        {"pages", "words"});
}

}  // namespace

TEST_CASE("a dataset holds features, targets and, if given, the features' names") {
  const Dataset<float> data = three_rows();
  CHECK(data.size() == 3);
  CHECK(data.x.shape() == Shape{3, 2});
  CHECK(data.y.shape() == Shape{3, 1});
  CHECK(data.feature_names == Names{"pages", "words"});
  const Dataset nameless(Tensor<double>{{1.0}}, Tensor<double>{{2.0}});
  static_assert(std::is_same_v<decltype(nameless), const Dataset<double, double>>);
  CHECK(nameless.size() == 1);
  CHECK(nameless.feature_names.empty());
}

TEST_CASE("targets may be class labels, and a row of x may have any shape") {
  const Dataset data(zeros({4, 3, 8, 8}), Labels{0, 2, 1, 0});
  static_assert(std::is_same_v<decltype(data), const Dataset<float, std::int64_t>>);
  CHECK(data.size() == 4);
  const auto part = data.subset({3, 1});
  CHECK(part.x.shape() == Shape{2, 3, 8, 8});
  CHECK(part.y == Labels{0, 2});
}

TEST_CASE("a dataset may have no rows, or no columns") {
  CHECK(Dataset<float>().size() == 0);
  CHECK(Dataset<float>(zeros({0, 2}), zeros({0, 1})).size() == 0);
  CHECK(Dataset<float>(zeros({3, 0}), zeros({3, 1})).size() == 3);
  CHECK(Dataset<float>(zeros({0, 2}), zeros({0, 1})).subset({}).x.shape() == Shape{0, 2});
}

TEST_CASE("rows of features and targets that do not agree are refused") {
  CHECK_THROWS_WITH_AS(Dataset<float>(zeros({3, 2}), zeros({4, 1})),
                       "minigrad: Dataset: x [3, 2] and y [4, 1]: not equally many rows", ShapeError);
  CHECK_THROWS_WITH_AS(Dataset<float>(zeros({2, 3}), zeros({3})),
                       "minigrad: Dataset: x [2, 3] and y [3]: not equally many rows", ShapeError);
  CHECK_THROWS_WITH_AS(Dataset<float>(zeros({}), zeros({1})), "minigrad: Dataset: x [] and y [1]: a number has no rows",
                       ShapeError);
}

TEST_CASE("feature names that do not fit the columns are refused") {
  CHECK_THROWS_WITH_AS(
      Dataset<float>(zeros({3, 2}), zeros({3, 1}), {"pages"}),
      "minigrad: Dataset: x [3, 2] and feature_names [1]: names are for the columns of [rows, columns], one for each",
      ShapeError);
  CHECK_THROWS_WITH_AS(
      Dataset<float>(zeros({3}), zeros({3, 1}), {"a", "b", "c"}),
      "minigrad: Dataset: x [3] and feature_names [3]: names are for the columns of [rows, columns], one for each",
      ShapeError);
}

TEST_CASE("validate finds what a change from outside has broken") {
  Dataset<float> data = three_rows();
  CHECK_NOTHROW(data.validate());
  data.x = zeros({2, 2});
  CHECK_THROWS_WITH_AS(data.validate(), "minigrad: Dataset: x [2, 2] and y [3, 1]: not equally many rows", ShapeError);
  data = three_rows();
  data.x = zeros({3, 1});
  CHECK_THROWS_WITH_AS(
      drop_features(data, {"words"}),
      "minigrad: Dataset: x [3, 1] and feature_names [2]: names are for the columns of [rows, columns], one for each",
      ShapeError);
}

TEST_CASE("a subset has the rows asked for, in their order, also repeated, and keeps the names") {
  const Dataset<float> data = three_rows();
  const auto part = data.subset({2, 0, 2});
  CHECK(part.x == Tensor<float>{{3, 30}, {1, 10}, {3, 30}});
  CHECK(part.y == Tensor<float>{{300}, {100}, {300}});
  CHECK(part.feature_names == data.feature_names);
  CHECK(data.subset({1}).size() == 1);
  CHECK(data.subset({}).x.shape() == Shape{0, 2});
  CHECK(data.subset({}).y.shape() == Shape{0, 1});
}

TEST_CASE("a row beyond the last is refused") {
  CHECK_THROWS_WITH_AS(three_rows().subset({0, 3}), "minigrad: Dataset: row 3 of a dataset with 3 rows", IndexError);
  CHECK_THROWS_WITH_AS(Dataset<float>().subset({0}), "minigrad: Dataset: row 0 of a dataset with 0 rows", IndexError);
}

TEST_CASE("features are found by name, and an unknown one is refused with a list of those there are") {
  CHECK(three_rows().feature_index("pages") == 0);
  CHECK(three_rows().feature_index("words") == 1);
  CHECK_THROWS_WITH_AS(three_rows().feature_index("minutes"),
                       "minigrad: no feature \"minutes\"; the features are \"pages\", \"words\"", ValueError);
}

TEST_CASE("features without names go by x0, x1, ...") {
  const Dataset<float> data(zeros({3, 2}), zeros({3, 1}));
  CHECK(data.names() == Names{"x0", "x1"});
  CHECK(data.feature_index("x1") == 1);
  CHECK_THROWS_WITH_AS(data.feature_index("pages"), "minigrad: no feature \"pages\"; the features are \"x0\", \"x1\"",
                       ValueError);
  CHECK_THROWS_WITH_AS(Dataset<float>(zeros({3}), zeros({3, 1})).names(),
                       "minigrad: Dataset: x [3]: only [rows, columns] has named columns", ShapeError);
}

TEST_CASE("of very many features the error lists the first 20") {
  CHECK_THROWS_WITH_AS(Dataset<float>(zeros({0, 23}), zeros({0, 1})).feature_index("y"),
                       "minigrad: no feature \"y\"; the features are \"x0\", \"x1\", \"x2\", \"x3\", \"x4\", \"x5\", "
                       "\"x6\", \"x7\", \"x8\", \"x9\", \"x10\", \"x11\", \"x12\", \"x13\", \"x14\", \"x15\", \"x16\", "
                       "\"x17\", \"x18\", \"x19\" and 3 more",
                       ValueError);
}

TEST_CASE("features are selected in the order asked for, or dropped by name") {
  const Dataset<float> data = three_rows();
  const auto swapped = select_features(data, {"words", "pages"});
  CHECK(swapped.x == Tensor<float>{{10, 1}, {20, 2}, {30, 3}});
  CHECK(swapped.y == data.y);
  CHECK(swapped.feature_names == Names{"words", "pages"});
  const auto words = drop_features(data, {"pages"});
  CHECK(words.x == Tensor<float>{{10}, {20}, {30}});
  CHECK(words.feature_names == Names{"words"});
  CHECK(drop_features(data, {}).x == data.x);
  CHECK(drop_features(data, {"words", "pages"}).x.shape() == Shape{3, 0});
  CHECK_THROWS_WITH_AS(drop_features(data, {"pages", "page"}),
                       "minigrad: no feature \"page\"; the features are \"pages\", \"words\"", ValueError);
}

TEST_CASE("a table's columns become a dataset with [n, 1] targets") {
  const Table table = parse_csv("title,pages,words,minutes\na,10,500,20.5\nb,30,900,41\n");
  const auto data = make_dataset(table, {"words", "pages"}, "minutes");
  static_assert(std::is_same_v<decltype(data), const Dataset<float, float>>);
  CHECK(data.x == Tensor<float>{{500, 10}, {900, 30}});
  CHECK(data.y == Tensor<float>{{20.5}, {41}});
  CHECK(data.feature_names == Names{"words", "pages"});
  const Dataset<double> one = make_dataset<double>(table, {"pages"}, "minutes");
  CHECK(one.x == Tensor<double>{{10}, {30}});
  CHECK(make_dataset(table.select({}), {"pages"}, "minutes").size() == 0);
}

TEST_CASE("a target of whole numbers becomes class labels") {
  const Table table = parse_csv("pages,is_long,other\n10,0,0\n30,1,0.5\n", "x.csv");
  const auto data = make_dataset<float, std::int64_t>(table, {"pages"}, "is_long");
  CHECK(data.y == Labels{0, 1});
  const auto halves = [&] { make_dataset<float, std::int64_t>(table, {"pages"}, "other"); };
  CHECK_THROWS_WITH_AS(halves(),
                       "minigrad: x.csv:3:6: column \"other\": \"0.5\" is not a class label: a whole number from 0",
                       DataError);
}

TEST_CASE("the target among the features is refused") {
  const Table table = parse_csv("pages,minutes\n10,20\n");
  CHECK_THROWS_WITH_AS(make_dataset(table, {"pages", "minutes"}, "minutes"),
                       "minigrad: make_dataset: \"minutes\" is the target and also a feature", ValueError);
}

TEST_CASE("a missing number in the real lectures is refused with its place, and may be dropped") {
  const Table table = read_csv(MINIGRAD_DATA_DIR "/lectures.csv");
  CHECK_THROWS_WITH_AS(make_dataset(table, {"pages", "words"}, "minutes"),
                       "minigrad: " MINIGRAD_DATA_DIR
                       "/lectures.csv:31:52: column \"words\": missing value, the first of 10 in 39 rows; "
                       "drop_missing({\"words\"}) keeps the other rows",
                       DataError);
  CHECK(make_dataset(table, {"pages"}, "minutes").size() == 39);
  const auto data = make_dataset(table.drop_missing({"words"}), {"pages", "words"}, "minutes");
  CHECK(data.size() == 29);
  CHECK(data.x(0, 1) == 1479);
}

TEST_CASE("make_dataset refuses negative labels, and a feature that is named twice") {
  const Table table = parse_csv("a,label\n1,0\n2,-1\n", "x.csv");
  CHECK_THROWS_WITH_AS((make_dataset<float, std::int64_t>(table, {"a"}, "label")),
                       "minigrad: x.csv:3:3: column \"label\": \"-1\" is not a class label: a whole number from 0",
                       DataError);
  CHECK_THROWS_WITH_AS(make_dataset(table, {"a", "a"}, "label"),
                       "minigrad: make_dataset: the feature \"a\" is named twice", ValueError);
}

TEST_CASE("a dataset gives its features and its targets to a structured binding") {
  Dataset<float, std::int64_t> data({{1, 2}, {3, 4}}, {0, 1}, {"a", "b"});
  auto [x, y] = data;
  static_assert(std::is_same_v<decltype(y), Tensor<std::int64_t>>);
  x[0] = 7;
  CHECK(data.x[0] == 1);  // a copy
  auto& [features, targets] = data;
  features[0] = 8;
  CHECK(data.x[0] == 8);
  const auto& [same, labels] = std::as_const(data);
  CHECK(same[0] == 8);
  CHECK(&labels == &data.y);
  CHECK(&targets == &data.y);
}

TEST_CASE("a dataset refuses two features of one name") {
  CHECK_THROWS_WITH_AS(Dataset<float>(Tensor<float>{{1, 2}}, Tensor<float>{{3}}, {"a", "a"}),
                       "minigrad: Dataset: the feature \"a\" is named twice", ValueError);
}

TEST_CASE("targets can be computed") {
  const Table table = parse_csv("a,b\n1,4\n2,5\n", "x.csv");
  const Dataset<float> data = make_dataset(table, {"a", "b"}, std::vector<double>{10, 20});
  CHECK(data.y == Tensor<float>{{10}, {20}});
  CHECK(data.feature_names == std::vector<std::string>{"a", "b"});
  CHECK_THROWS_WITH_AS(make_dataset(table, {"a"}, std::vector<double>{1}),
                       "minigrad: make_dataset: 1 targets for 2 rows", ShapeError);
  CHECK_THROWS_WITH_AS(make_dataset(table, {"a"}, std::vector<double>{1, 1e300}),
                       "minigrad: make_dataset: the target in row 1 is inf", ValueError);
  CHECK_THROWS_WITH_AS(make_dataset(table, {"a"}, std::vector<double>{1609459260, 1609459200}),
                       "minigrad: make_dataset: targets: 1609459260 in row 0 and 1609459200 in row 1 are the same "
                       "float: subtract an offset, or use double",
                       ValueError);
}
