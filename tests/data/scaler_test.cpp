#include <minigrad/data/csv.hpp>
#include <minigrad/data/features.hpp>
#include <minigrad/data/scaler.hpp>
#include <minigrad/data/table.hpp>
#include <minigrad/tensor/create.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#ifndef MINIGRAD_DATA_DIR
#define MINIGRAD_DATA_DIR "examples/data"
#endif

using doctest::Approx;
using minigrad::Error;
using minigrad::read_csv;
using minigrad::Rng;
using minigrad::Shape;
using minigrad::ShapeError;
using minigrad::StandardScaler;
using minigrad::Table;
using minigrad::Tensor;
using minigrad::to_tensor;
using minigrad::ValueError;
using minigrad::zeros;

namespace {

/// Largest |a - b|.
template <class T>
double distance(const Tensor<T>& a, const Tensor<T>& b) {
  REQUIRE(a.shape() == b.shape());
  double most = 0;
  for (std::size_t i = 0; i < a.size(); ++i) most = (std::max)(most, std::fabs(static_cast<double>(a[i] - b[i])));
  return most;
}

}  // namespace

TEST_CASE_TEMPLATE("mean and standard deviation are learned for each column, with n as the divisor", T, float, double) {
  StandardScaler<T> scaler;
  const Tensor<T> z = scaler.fit_transform(Tensor<T>{{0, 10}, {0, 10}, {1, 30}, {1, 30}});
  CHECK(scaler.mean() == Tensor<T>{0.5, 20});
  CHECK(scaler.scale() == Tensor<T>{0.5, 10});
  CHECK(z == Tensor<T>{{-1, -1}, {-1, -1}, {1, 1}, {1, 1}});
}

TEST_CASE("other rows are transformed by what was learned from the first") {
  StandardScaler scaler;
  scaler.fit(Tensor<float>{{0}, {2}});
  CHECK(scaler.transform(Tensor<float>{{1}, {3}, {-9}}) == Tensor<float>{{0}, {2}, {-10}});
  CHECK(scaler.transform(zeros({0, 1})).shape() == Shape{0, 1});
}

TEST_CASE_TEMPLATE("inverse_transform undoes transform", T, float, double) {
  Rng rng(1);
  auto x = minigrad::normal<T>({50, 3}, 100, 30, rng);
  StandardScaler<T> scaler;
  const Tensor<T> back = scaler.inverse_transform(scaler.fit_transform(x));
  CHECK(distance(back, x) <= 400 * static_cast<double>(std::numeric_limits<T>::epsilon()));
}

TEST_CASE("a second fit forgets the first") {
  StandardScaler scaler;
  scaler.fit(Tensor<float>{{0, 0}, {2, 2}}).fit(Tensor<float>{{0}, {20}});
  CHECK(scaler.mean() == Tensor<float>{10});
}

TEST_CASE("a small spread around a large mean keeps its digits") {
  // The sum of squares minus the squared sum would leave nothing of it.
  StandardScaler<double> scaler;
  scaler.fit(Tensor<double>{{1e9 + 4}, {1e9 + 7}, {1e9 + 13}, {1e9 + 16}});
  CHECK(scaler.mean()[0] == 1e9 + 10);
  CHECK(scaler.scale()[0] == Approx(std::sqrt(22.5)).epsilon(1e-15));

  auto years = Tensor<float>::empty({100000, 1});
  for (std::size_t i = 0; i < years.size(); ++i) years[i] = 100000 + static_cast<float>(i % 2);
  StandardScaler<float> of_floats;
  const auto z = of_floats.fit_transform(years);
  CHECK(of_floats.scale()[0] == 0.5f);
  CHECK(z[0] == -1);
  CHECK(z[1] == 1);
}

TEST_CASE("neither the largest nor the smallest numbers are lost in squares") {
  StandardScaler<double> scaler;
  CHECK(scaler.fit_transform(Tensor<double>{{1e200}, {3e200}})[0] == Approx(-1));
  CHECK(scaler.fit_transform(Tensor<double>{{1e-200}, {3e-200}})[1] == Approx(1));
}

TEST_CASE("the real pages and words are standardised as their moments say") {
  const Table table = read_csv(MINIGRAD_DATA_DIR "/lectures.csv").where("course", "ML2021");
  const auto x = to_tensor<double>(table, {"pages", "words"});
  StandardScaler<double> scaler;
  const auto z = scaler.fit_transform(x, {"pages", "words"});
  for (std::size_t column : {0u, 1u}) {
    long double sum = 0, squares = 0;
    for (std::size_t row = 0; row < 18; ++row) {
      sum += z(row, column);
      squares += z(row, column) * z(row, column);
    }
    CHECK(static_cast<double>(sum) == Approx(0).epsilon(1e-14));
    CHECK(static_cast<double>(squares) == Approx(18).epsilon(1e-14));
  }
}

TEST_CASE("a constant column is refused by its name, or by its number if it has none") {
  StandardScaler scaler;
  const Tensor<float> x{{26, 0}, {36, 0}, {18, 0}};
  CHECK_THROWS_WITH_AS(
      scaler.fit(x, {"pages", "has Learning"}),
      "minigrad: StandardScaler: column \"has Learning\" is constant (0): drop it, it tells nothing apart", ValueError);
  CHECK_THROWS_WITH_AS(
      scaler.fit(x), "minigrad: StandardScaler: column 1 is constant (0): drop it, it tells nothing apart", ValueError);
  CHECK_THROWS_WITH_AS(scaler.fit_transform(Tensor<float>{{2.5}, {2.5}}),
                       "minigrad: StandardScaler: column 0 is constant (2.5): drop it, it tells nothing apart",
                       ValueError);
}

TEST_CASE("a constant column is recognised whatever the number and the count of rows") {
  for (std::size_t rows : {2u, 3u, 10u, 1000u, 99999u})
    for (double value : {0.1, 1e-30, 1e30, -7.3}) {
      StandardScaler<double> scaler;
      CHECK_THROWS_AS(scaler.fit(minigrad::full<double>({rows, 1}, value)), ValueError);
      auto x = minigrad::full<double>({rows, 1}, value);
      x[rows - 1] = std::nextafter(value, 1e300);
      CHECK_NOTHROW(scaler.fit(x));
    }
}

TEST_CASE("has Learning is found to be constant in the titles of GenAI2024, and not in those of ML2021") {
  const Table table = read_csv(MINIGRAD_DATA_DIR "/lectures.csv");
  const auto has_learning = [&](const char* course) {
    const Table part = table.where("course", course);
    std::vector<double> values;
    for (const std::string& title : part.texts("title"))
      values.push_back(title.find("earning") != std::string::npos ? 1 : 0);
    return with_feature(minigrad::make_dataset(part, {"pages"}, "minutes"), "has Learning", values);
  };
  CHECK(minigrad::constant_features(has_learning("GenAI2024")) == std::vector<std::string>{"has Learning"});
  CHECK(minigrad::constant_features(has_learning("ML2021")).empty());
}

TEST_CASE("fewer than two rows are refused") {
  StandardScaler scaler;
  CHECK_THROWS_WITH_AS(scaler.fit(zeros({1, 2})),
                       "minigrad: StandardScaler: x [1, 2]: a standard deviation needs at least 2 rows", ValueError);
  CHECK_THROWS_WITH_AS(scaler.fit(zeros({0, 2})),
                       "minigrad: StandardScaler: x [0, 2]: a standard deviation needs at least 2 rows", ValueError);
}

TEST_CASE("no columns are nothing to do") {
  StandardScaler scaler;
  CHECK(scaler.fit_transform(zeros({3, 0})).shape() == Shape{3, 0});
  CHECK(scaler.mean().shape() == Shape{0});
}

TEST_CASE("numbers that are not finite are refused by the name of their column") {
  const float infinity = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  for (float bad : {infinity, -infinity, nan})
    for (std::size_t row : {0u, 1u, 2u}) {
      Tensor<float> x{{1, 1}, {2, 2}, {3, 3}};
      x(row, 1) = bad;
      StandardScaler scaler;
      CHECK_THROWS_WITH_AS(scaler.fit(x, {"pages", "words"}),
                           "minigrad: StandardScaler: column \"words\" holds numbers that are not finite, or too large",
                           ValueError);
    }
  CHECK_THROWS_AS(StandardScaler<double>().fit(Tensor<double>{{1.5e308}, {-1.5e308}}), ValueError);
}

TEST_CASE("use before fit is refused") {
  const StandardScaler<float> scaler;
  CHECK_THROWS_WITH_AS(scaler.transform(zeros({2, 1})),
                       "minigrad: StandardScaler: transform before fit: there is nothing learned yet", Error);
  CHECK_THROWS_WITH_AS(scaler.inverse_transform(zeros({2, 1})),
                       "minigrad: StandardScaler: inverse_transform before fit: there is nothing learned yet", Error);
  CHECK_THROWS_WITH_AS(scaler.mean(), "minigrad: StandardScaler: mean before fit: there is nothing learned yet", Error);
  CHECK_THROWS_WITH_AS(scaler.scale(), "minigrad: StandardScaler: scale before fit: there is nothing learned yet",
                       Error);
}

TEST_CASE("a fit that fails leaves what was learned before") {
  StandardScaler scaler;
  scaler.fit(Tensor<float>{{0}, {2}});
  CHECK_THROWS_AS(scaler.fit(Tensor<float>{{5}, {5}}), ValueError);
  CHECK(scaler.mean() == Tensor<float>{1});
}

TEST_CASE("other shapes than the one that was fitted are refused") {
  StandardScaler scaler;
  scaler.fit(Tensor<float>{{0, 1}, {2, 5}});
  CHECK_THROWS_WITH_AS(scaler.transform(zeros({5, 3})),
                       "minigrad: StandardScaler: transform: x [5, 3]: fit saw 2 columns", ShapeError);
  CHECK_THROWS_WITH_AS(scaler.inverse_transform(zeros({5, 1})),
                       "minigrad: StandardScaler: inverse_transform: x [5, 1]: fit saw 2 columns", ShapeError);
  CHECK_THROWS_WITH_AS(scaler.transform(zeros({2})),
                       "minigrad: StandardScaler: x [2]: expected [rows, columns]: reshape it to [2, 1]", ShapeError);
  CHECK_THROWS_WITH_AS(scaler.fit(zeros({2, 2, 2})), "minigrad: StandardScaler: x [2, 2, 2]: expected [rows, columns]",
                       ShapeError);
  CHECK_THROWS_WITH_AS(scaler.fit(zeros({3, 2}), {"pages"}),
                       "minigrad: StandardScaler: x [3, 2] and names [1]: not one for each column", ShapeError);
}

TEST_CASE("a scaler is kept by its state, to the bit") {
  StandardScaler scaler, other;
  const Tensor<float> x{{1, 10}, {2, 20}, {4, 70}};
  scaler.fit(x);
  other.load_state_dict(scaler.state_dict());
  CHECK(other.transform(x) == scaler.transform(x));

  minigrad::StateDict bad;
  bad.add("mean", Tensor<double>{0, 0});
  bad.add("scale", Tensor<double>{1, 0});
  CHECK_THROWS_WITH_AS(other.load_state_dict(bad),
                       "minigrad: StandardScaler: load_state_dict: column 1 has mean 0 and scale 0", ValueError);
  CHECK_THROWS_WITH_AS(other.load_state_dict({}),
                       "minigrad: StandardScaler: load_state_dict: the state does not fit: missing: mean, scale",
                       ValueError);
  CHECK(other.transform(x) == scaler.transform(x));
  CHECK_THROWS_AS(StandardScaler<float>().state_dict(), Error);
}

TEST_CASE("a scale keeps the digits of numbers far from 0") {
  auto x = Tensor<double>::empty({1000, 1});
  for (std::size_t i = 0; i < 1000; ++i) x[i] = 4e15 + static_cast<double>(i % 3 == 0);
  StandardScaler<double> scaler;
  scaler.fit(x);
  CHECK(scaler.scale()[0] == doctest::Approx(std::sqrt(0.334 * 0.666)).epsilon(1e-12));
}
