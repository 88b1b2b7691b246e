#include <minigrad/data/csv.hpp>
#include <minigrad/data/features.hpp>
#include <minigrad/tensor/create.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

using minigrad::constant_columns;
using minigrad::constant_features;
using minigrad::Dataset;
using minigrad::polynomial_features;
using minigrad::Shape;
using minigrad::ShapeError;
using minigrad::Tensor;
using minigrad::ValueError;
using minigrad::with_feature;
using minigrad::with_power;
using minigrad::with_product;
using minigrad::with_ratio;
using minigrad::zeros;

namespace {

using Names = std::vector<std::string>;

Dataset<double> decks() {
  return Dataset<double>(Tensor<double>{{10, 500}, {4, 1000}}, Tensor<double>{{20}, {40}}, {"pages", "words"});
}

}  // namespace

TEST_CASE("a product of two features stands at the right, under its name, and the rest stays") {
  const auto data = with_product(decks(), "pages", "words");
  CHECK(data.x == Tensor<double>{{10, 500, 5000}, {4, 1000, 4000}});
  CHECK(data.y == decks().y);
  CHECK(data.feature_names == Names{"pages", "words", "pages*words"});
  CHECK(with_product(Tensor<float>{{2, 3}}, 0, 1) == Tensor<float>{{2, 3, 6}});
  CHECK(with_product(Tensor<float>{{2, 3}}, 1, 1) == Tensor<float>{{2, 3, 9}});
}

TEST_CASE("a ratio gives the words per page") {
  const auto data = with_ratio(decks(), "words", "pages");
  CHECK(data.x == Tensor<double>{{10, 500, 50}, {4, 1000, 250}});
  CHECK(data.feature_names == Names{"pages", "words", "words/pages"});
  CHECK(with_ratio(Tensor<float>{{6, 3}}, 0, 1) == Tensor<float>{{6, 3, 2}});
}

TEST_CASE("a power may have any exponent that its numbers bear") {
  const auto data = with_power(with_power(decks(), "pages", 2), "pages", -0.5);
  CHECK(data.feature_names == Names{"pages", "words", "pages^2", "pages^-0.5"});
  CHECK(data.x(1, 2) == 16);
  CHECK(data.x(1, 3) == 0.5);
  CHECK(with_power(Tensor<float>{{-2}, {0}}, 0, 3) == Tensor<float>{{-2, -8}, {0, 0}});
}

TEST_CASE("the lecture's function of w2 x2 x4 and w3 x3^2 is linear in its features") {
  const Dataset<float> data(Tensor<float>{{1, 2, 3, 4}}, Tensor<float>{{0}}, {"x1", "x2", "x3", "x4"});
  const auto bent = with_power(with_product(data, "x2", "x4"), "x3", 2);
  CHECK(bent.x == Tensor<float>{{1, 2, 3, 4, 8, 9}});
  CHECK(bent.feature_names == Names{"x1", "x2", "x3", "x4", "x2*x4", "x3^2"});
}

TEST_CASE("new features can be used to make more") {
  const auto data = with_product(with_power(decks(), "pages", 2), "pages^2", "words");
  CHECK(data.feature_names.back() == "pages^2*words");
  CHECK(data.x(0, 3) == 50000);
}

TEST_CASE("a feature computed elsewhere is added with its name") {
  const auto data = with_feature(decks(), "title length", {21, 34});
  CHECK(data.x == Tensor<double>{{10, 500, 21}, {4, 1000, 34}});
  CHECK(data.feature_names == Names{"pages", "words", "title length"});
  CHECK_THROWS_WITH_AS(with_feature(decks(), "title length", {21, 34, 5}),
                       "minigrad: with_feature: \"title length\": 3 values for 2 rows", ShapeError);
  CHECK_THROWS_WITH_AS(with_feature(decks(), "title length", {21, std::nan("")}),
                       "minigrad: with_feature: row 1: \"title length\" is not a finite number", ValueError);
}

TEST_CASE("features are computed in double and rounded once") {
  CHECK(with_power(Tensor<float>{{0.1f}}, 0, 2)[1] == static_cast<float>(0.1f * static_cast<double>(0.1f)));
  const Tensor<float> cube = polynomial_features(Tensor<float>{{1.1f}}, 3);
  const double x = static_cast<double>(1.1f);
  CHECK(cube[2] == static_cast<float>(x * x * x));
}

TEST_CASE("a number that is not finite is refused with its row and its name") {
  const Dataset<float> data(Tensor<float>{{1, 2}, {3, 0}}, Tensor<float>{{0}, {0}}, {"words", "pages"});
  CHECK_THROWS_WITH_AS(with_ratio(data, "words", "pages"),
                       "minigrad: with_ratio: row 1: \"words/pages\" is not a finite number", ValueError);
  CHECK_THROWS_WITH_AS(with_power(data, "pages", -1),
                       "minigrad: with_power: row 1: \"pages^-1\" is not a finite number", ValueError);
  CHECK_THROWS_WITH_AS(with_product(Tensor<float>{{1e30f}}, 0, 0),
                       "minigrad: with_product: row 0: \"x0*x0\" is not a finite number", ValueError);
  CHECK_THROWS_WITH_AS(polynomial_features(Tensor<float>{{1, 2}}, static_cast<std::size_t>(-1)),
                       "minigrad: polynomial_features: degree -1: must be at least 1", ValueError);
  CHECK_THROWS_WITH_AS(polynomial_features(Tensor<float>{{1e30f}}, 2),
                       "minigrad: polynomial_features: row 0: \"x0^2\" is not a finite number", ValueError);
}

TEST_CASE("an unknown feature is refused with a list of those there are") {
  const char* message = "minigrad: no feature \"page\"; the features are \"pages\", \"words\"";
  CHECK_THROWS_WITH_AS(with_product(decks(), "pages", "page"), message, ValueError);
  CHECK_THROWS_WITH_AS(with_ratio(decks(), "page", "words"), message, ValueError);
  CHECK_THROWS_WITH_AS(with_power(decks(), "page", 2), message, ValueError);
  CHECK_THROWS_WITH_AS(with_product(zeros({3, 2}), 0, 2),
                       "minigrad: no feature \"x2\"; the features are \"x0\", \"x1\"", ValueError);
  CHECK_THROWS_WITH_AS(with_power(zeros({3}), 0, 2), "minigrad: Dataset: x [3]: only [rows, columns] has named columns",
                       ShapeError);
}

TEST_CASE("polynomial features come in scikit-learn's order, without a column of ones") {
  const auto data = polynomial_features(decks(), 2);
  CHECK(data.feature_names == Names{"pages", "words", "pages^2", "pages*words", "words^2"});
  CHECK(data.x == Tensor<double>{{10, 500, 100, 5000, 250000}, {4, 1000, 16, 4000, 1000000}});
  CHECK(data.y == decks().y);
  CHECK(polynomial_features(Tensor<float>{{2, 3}}, 3) == Tensor<float>{{2, 3, 4, 6, 9, 8, 12, 18, 27}});
  CHECK(polynomial_features(Tensor<float>{{2, 3}}, 1) == Tensor<float>{{2, 3}});
  CHECK(polynomial_features(Tensor<float>{{2}}, 5) == Tensor<float>{{2, 4, 8, 16, 32}});
}

TEST_CASE("polynomial features of degree 3 name every product once") {
  const Dataset<float> data(Tensor<float>{{2, 3, 5}}, Tensor<float>{{0}}, {"a", "b", "2"});
  const auto cubic = polynomial_features(data, 3);
  CHECK(cubic.feature_names == Names{"a", "b", "2", "a^2", "a*b", "a*2", "b^2", "b*2", "2^2", "a^3", "a^2*b", "a^2*2",
                                     "a*b^2", "a*b*2", "a*2^2", "b^3", "b^2*2", "b*2^2", "2^3"});
  CHECK(cubic.x == Tensor<float>{{2, 3, 5, 4, 6, 10, 9, 15, 25, 8, 12, 20, 18, 30, 50, 27, 45, 75, 125}});
}

TEST_CASE("polynomial features are as many as combinatorics says, and not more than a million") {
  CHECK(polynomial_features(zeros({1, 4}), 3).shape() == Shape{1, 34});  // (4 + 3)! / (4! 3!) - 1
  CHECK(polynomial_features(zeros({1, 10}), 2).shape() == Shape{1, 65});
  CHECK_THROWS_WITH_AS(polynomial_features(zeros({1, 2}), 0),
                       "minigrad: polynomial_features: degree 0 leaves no features", ValueError);
  CHECK_THROWS_WITH_AS(polynomial_features(zeros({1, 200}), 3),
                       "minigrad: polynomial_features: 200 features make more than a million", ValueError);
}

TEST_CASE("no rows and no columns are no exception") {
  CHECK(with_product(zeros({0, 2}), 0, 1).shape() == Shape{0, 3});
  CHECK(polynomial_features(zeros({0, 2}), 2).shape() == Shape{0, 5});
  CHECK(polynomial_features(zeros({3, 0}), 2).shape() == Shape{3, 0});
}

TEST_CASE("class labels stay as they are") {
  const Dataset data(Tensor<float>{{2}, {3}}, Tensor<std::int64_t>{0, 1}, {"a"});
  CHECK(with_power(data, "a", 2).y == Tensor<std::int64_t>{0, 1});
  CHECK(polynomial_features(data, 2).y == Tensor<std::int64_t>{0, 1});
}

TEST_CASE("constant columns are found, to be dropped by name") {
  CHECK(constant_columns(Tensor<float>{{1, 2, 0}, {1, 3, 0}, {1, 2, 0}}) == std::vector<std::size_t>{0, 2});
  CHECK(constant_columns(Tensor<float>{{1, 2}}) == std::vector<std::size_t>{0, 1});
  CHECK(constant_columns(zeros({0, 1})) == std::vector<std::size_t>{0});
  CHECK(constant_columns(zeros({3, 0})).empty());
  CHECK_THROWS_WITH_AS(constant_columns(zeros({3})),
                       "minigrad: constant_columns: x [3]: expected [rows, columns]: reshape it to [3, 1]", ShapeError);

  const Dataset<float> data(Tensor<float>{{26, 0}, {36, 0}}, Tensor<float>{{1}, {2}}, {"pages", "has Learning"});
  CHECK(constant_features(data) == Names{"has Learning"});
  CHECK(drop_features(data, constant_features(data)).feature_names == Names{"pages"});
}

TEST_CASE("with_feature refuses different numbers that are the same float") {
  const minigrad::Dataset<float> data(minigrad::zeros({2, 1}), minigrad::zeros({2, 1}));
  CHECK_THROWS_WITH_AS(with_feature(data, "t", {1609459260, 1609459200}),
                       "minigrad: with_feature: \"t\": 1609459260 in row 0 and 1609459200 in row 1 are the same float: "
                       "subtract an offset, or use double",
                       minigrad::ValueError);
  CHECK(with_feature(data, "t", {60, 0}).x(0, 1) == 60);
}

TEST_CASE("a feature is not added under a name that is there") {
  const Dataset<float> data(Tensor<float>{{1}, {2}}, Tensor<float>{{0}, {0}}, {"a"});
  CHECK_THROWS_WITH_AS(with_feature(data, "a", {3, 4}),
                       "minigrad: with_feature: the dataset has a feature named \"a\" already", ValueError);
}
