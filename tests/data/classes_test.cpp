#include <minigrad/data/classes.hpp>
#include <minigrad/data/csv.hpp>
#include <minigrad/data/dataset.hpp>
#include <minigrad/data/features.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <vector>

using minigrad::check_labels;
using minigrad::class_labels;
using minigrad::ClassLabels;
using minigrad::DataError;
using minigrad::Dataset;
using minigrad::make_dataset;
using minigrad::parse_csv;
using minigrad::ShapeError;
using minigrad::Table;
using minigrad::Tensor;
using minigrad::ValueError;
using minigrad::with_one_hot;

namespace {

using Strings = std::vector<std::string>;
using Codes = Tensor<std::int64_t>;

Table flowers() {
  return parse_csv("length,species\n5.1,setosa\n7.0,versicolor\n4.9,setosa\n6.3,virginica\n", "x.csv");
}

}  // namespace

TEST_CASE("a column of words becomes classes in the order of the alphabet") {
  const ClassLabels species = class_labels(flowers(), "species");
  CHECK(species.codes == Codes{0, 1, 0, 2});
  CHECK(species.names == Strings{"setosa", "versicolor", "virginica"});
  CHECK(species.column == "species");
}

TEST_CASE("classes that are numbers come in the order of the numbers") {
  const ClassLabels labels = class_labels(parse_csv("y\n10\n9\n-1\n10\n"), "y");
  CHECK(labels.names == Strings{"-1", "9", "10"});
  CHECK(labels.codes == Codes{2, 1, 0, 2});
}

TEST_CASE("the names of the training rows number the classes of other rows") {
  const Table table = flowers();
  const Strings names = class_labels(table, "species").names;
  CHECK(class_labels(table.select({3, 0}), "species", names).codes == Codes{2, 0});
  CHECK_THROWS_WITH_AS(class_labels(table, "species", {"setosa", "versicolor"}),
                       "minigrad: x.csv:5:5: column \"species\": \"virginica\" is none of the classes \"setosa\", "
                       "\"versicolor\"",
                       DataError);
  CHECK_THROWS_WITH_AS(class_labels(table, "species", {"a", "a"}),
                       "minigrad: class_labels: the class \"a\" is named twice", ValueError);
}

TEST_CASE("a missing class and classes that differ by blanks only are refused") {
  CHECK_THROWS_WITH_AS(class_labels(parse_csv("y\na\nNA\n", "x.csv"), "y"),
                       "minigrad: x.csv:3:1: column \"y\": missing value \"NA\"; drop_missing({\"y\"}) keeps the other "
                       "rows, and .keep_default_na = false takes words such as NA as text",
                       DataError);
  CHECK(class_labels(parse_csv("y\na\nNA\n", "x.csv", {.keep_default_na = false}), "y").names == Strings{"NA", "a"});
  CHECK_THROWS_WITH_AS(class_labels(parse_csv("y\na\n a\n", "x.csv"), "y"),
                       "minigrad: x.csv: column \"y\": the classes \" a\" and \"a\" differ by blanks only; "
                       ".skipinitialspace = true leaves out those before a field",
                       DataError);
}

TEST_CASE("a dataset takes classes as its targets") {
  const Table table = flowers();
  const Dataset<float, std::int64_t> data = make_dataset(table, {"length"}, class_labels(table, "species"));
  CHECK(data.x == Tensor<float>{{5.1f}, {7.0f}, {4.9f}, {6.3f}});
  CHECK(data.y == Codes{0, 1, 0, 2});
  CHECK(make_dataset<double>(table, {"length"}, class_labels(table, "species")).size() == 4);
  CHECK_THROWS_WITH_AS(make_dataset(table, {"length", "species"}, class_labels(table, "species")),
                       "minigrad: make_dataset: \"species\" is the target and also a feature", ValueError);
  CHECK_THROWS_AS(make_dataset(table.select({0}), {"length"}, class_labels(table, "species")), ShapeError);
}

TEST_CASE("classes become one feature each that is 0 or 1") {
  const Table table = parse_csv("price,origin,pages\n3,us,1\n4,eu,2\n5,us,3\n");
  const auto data = with_one_hot(make_dataset(table, {"pages"}, "price"), class_labels(table, "origin"));
  CHECK(data.feature_names == Strings{"pages", "origin=eu", "origin=us"});
  CHECK(data.x == Tensor<float>{{1, 0, 1}, {2, 1, 0}, {3, 0, 1}});
  CHECK_THROWS_WITH_AS(with_one_hot(data, class_labels(table.select({0, 1}), "origin")),
                       "minigrad: with_one_hot: \"origin\": 2 labels for 3 rows", ShapeError);
}

TEST_CASE("check_labels names the row of the dataset, before any batch is made") {
  const Dataset data(Tensor<float>{{1}, {2}, {3}}, Codes{1, 3, 2});
  CHECK_NOTHROW(check_labels(data, 4));
  CHECK_THROWS_WITH_AS(check_labels(data, 3),
                       "minigrad: check_labels: label 3 in row 1 of the dataset: 3 classes are numbered from 0 to 2",
                       ValueError);
  const Dataset columns(Tensor<float>{{1}, {2}}, Codes{{0}, {1}});
  CHECK_THROWS_WITH_AS(
      check_labels(columns, 2),
      "minigrad: check_labels: y [2, 1]: labels are [n], one number for each row; y.reshape({n}) makes "
      "them so",
      ShapeError);
}

TEST_CASE("texts that are the same number are not two classes unless they are named so") {
  const Table table = parse_csv("y\n1\n2\n1.0\n", "x.csv");
  CHECK_THROWS_WITH_AS(class_labels(table, "y"),
                       "minigrad: x.csv: column \"y\": the classes \"1\" and \"1.0\" are the same number: make_dataset "
                       "with the name of the column and std::int64_t as type of the targets reads numbers, and a list "
                       "of names takes both as classes",
                       DataError);
  CHECK(class_labels(table, "y", {"1", "1.0", "2"}).codes == Codes{0, 2, 1});
  CHECK(class_labels(parse_csv("y\n1\n1.0\nx\n"), "y").names == Strings{"1", "1.0", "x"});
}

TEST_CASE("keep_default_na is named for words that it makes missing, and for no others") {
  CHECK_THROWS_WITH_AS(class_labels(parse_csv("y,z\na,1\n,2\n", "x.csv", {.keep_default_na = false}), "y"),
                       "minigrad: x.csv:3:1: column \"y\": missing value \"\"; drop_missing({\"y\"}) keeps the other rows",
                       DataError);
  CHECK_THROWS_WITH_AS(class_labels(parse_csv("y\na\n?\n", "x.csv", {.na_values = {"?"}}), "y"),
                       "minigrad: x.csv:3:1: column \"y\": missing value \"?\"; drop_missing({\"y\"}) keeps the other rows",
                       DataError);
}

TEST_CASE("the target of a dataset does not become a feature of it as classes") {
  const Table table = flowers();
  const ClassLabels species = class_labels(table, "species");
  CHECK_THROWS_WITH_AS(with_one_hot(make_dataset(table, {"length"}, species), species),
                       "minigrad: with_one_hot: \"species\" is the target of the dataset: as features its classes would "
                       "give the answer away",
                       ValueError);
}
