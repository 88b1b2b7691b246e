#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <minigrad/tensor/create.hpp>
#include <minigrad/tensor/print.hpp>
#include <type_traits>

using namespace minigrad;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

double mean_of(const Tensor<double>& x) {
  double total = 0;
  for (double value : x) total += value;
  return total / static_cast<double>(x.size());
}

}  // namespace

TEST_CASE("zeros, ones and full fill a shape, with floats unless told otherwise") {
  static_assert(std::is_same_v<decltype(zeros({2})), Tensor<float>>);
  static_assert(std::is_same_v<decltype(full({2}, 1.5)), Tensor<float>>);
  static_assert(std::is_same_v<decltype(ones<double>({2})), Tensor<double>>);
  CHECK(zeros({2, 3}) == Tensor<float>{{0, 0, 0}, {0, 0, 0}});
  CHECK(ones({3}) == Tensor<float>{1, 1, 1});
  CHECK(ones(3) == Tensor<float>{1, 1, 1});
  CHECK(full({1, 2}, 2.5) == Tensor<float>{{2.5, 2.5}});
  CHECK(full<int>({2}, 7) == Tensor<int>{7, 7});
  CHECK(ones<bool>({2}) == Tensor<bool>{true, true});
  CHECK(ones<long double>({}) == Tensor<long double>::scalar(1));
  CHECK(zeros({0, 3}).shape() == Shape{0, 3});
  CHECK(zeros({1, 2, 1, 2, 1, 2}).rank() == 6);
}

TEST_CASE("a negative extent is refused") {
  CHECK_THROWS_WITH_AS(zeros({2, -1}), "minigrad: Shape: extent -1 is negative, and none is inferred", ShapeError);
  CHECK_THROWS_WITH_AS(eye(-1), "minigrad: Shape: extent -1 is negative, and none is inferred", ShapeError);
  CHECK_THROWS_WITH_AS(linspace(0, 1, -1), "minigrad: Shape: extent -1 is negative, and none is inferred", ShapeError);
}

TEST_CASE("zeros_like and ones_like take shape and type from a tensor") {
  const Tensor<double> x{{1, 2}, {3, 4}};
  static_assert(std::is_same_v<decltype(zeros_like(x)), Tensor<double>>);
  CHECK(zeros_like(x) == zeros<double>({2, 2}));
  CHECK(ones_like(x) == ones<double>({2, 2}));
  CHECK(ones_like(Tensor<int>::scalar(5)) == Tensor<int>::scalar(1));
}

TEST_CASE("eye is the identity matrix") {
  CHECK(eye(3) == Tensor<float>{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}});
  CHECK(eye<int>(1) == Tensor<int>{{1}});
  CHECK(eye(0).shape() == Shape{0, 0});
  CHECK(eye(std::size_t{2}).shape() == Shape{2, 2});
}

TEST_CASE("arange counts from begin and never reaches end") {
  CHECK(arange(4) == Tensor<float>{0, 1, 2, 3});
  CHECK(arange(2, 5) == Tensor<float>{2, 3, 4});
  CHECK(arange(1, 10, 3) == Tensor<float>{1, 4, 7});
  CHECK(arange(1, 11, 3) == Tensor<float>{1, 4, 7, 10});
  CHECK(arange(5, 0, -2) == Tensor<float>{5, 3, 1});
  CHECK(arange(2.5) == Tensor<float>{0, 1, 2});
  CHECK(arange(0, 1, 0.25) == Tensor<float>{0, 0.25, 0.5, 0.75});
  CHECK(arange<double>(0.5, 3) == Tensor<double>{0.5, 1.5, 2.5});
  CHECK(arange<std::int64_t>(3) == Tensor<std::int64_t>{0, 1, 2});
  CHECK(arange(std::size_t{2}) == Tensor<float>{0, 1});
}

TEST_CASE("arange has no elements when end lies on the other side") {
  for (const auto& x : {arange(0), arange(-3), arange(5, 5), arange(5, 2), arange(2, 5, -1), arange(0, -0.5)})
    CHECK(x.shape() == Shape{0});
}

TEST_CASE("arange leaves end out also where rounding would let it in") {
  CHECK(arange(0, 1, 0.1).size() == 10);
  CHECK(arange(1, 1.3, 0.1).size() == 3);  // in floating point (1.3 - 1) / 0.1 > 3
  CHECK(arange(0, 0.3f, 0.1f).size() == 3);
  CHECK(arange(0, -0.3f, -0.1f).size() == 3);
  for (int n = 1; n <= 1000; ++n) {
    REQUIRE(arange(0, n * 0.1, 0.1).size() == static_cast<std::size_t>(n));
    REQUIRE(arange(1, 1 + n * 0.1, 0.1).size() == static_cast<std::size_t>(n));
    REQUIRE(arange(-3, -3 + n * 0.7, 0.7).size() == static_cast<std::size_t>(n));
    REQUIRE(arange(0, static_cast<float>(n) * 0.1f, 0.1f).size() == static_cast<std::size_t>(n));
    REQUIRE(arange(1, 1 + static_cast<float>(n) * 0.3f, 0.3f).size() == static_cast<std::size_t>(n));
  }
}

TEST_CASE("arange lets in what lies clearly before end") {
  CHECK(arange(0, 1.0001).size() == 2);
  CHECK(arange(0, 1 + 1e-12).size() == 2);
  CHECK(arange(0, 1'000'000.4).size() == 1'000'001);
}

TEST_CASE("arange refuses steps that cannot be counted") {
  CHECK_THROWS_WITH_AS(arange(0, 1, 0), "minigrad: arange: from 0 to 1 by 0: the steps cannot be counted", ValueError);
  CHECK_THROWS_WITH_AS(arange(3, 3, 0), "minigrad: arange: from 3 to 3 by 0: the steps cannot be counted", ValueError);
  CHECK_THROWS_WITH_AS(arange(0, infinity), "minigrad: arange: from 0 to inf by 1: the steps cannot be counted",
                       ValueError);
  CHECK_THROWS_WITH_AS(arange(std::nan("")), "minigrad: arange: from 0 to nan by 1: the steps cannot be counted",
                       ValueError);
  CHECK_THROWS_WITH_AS(arange(0, 1, 1e-300), "minigrad: arange: from 0 to 1 by 1e-300: the steps cannot be counted",
                       ValueError);
}

TEST_CASE("arange of whole numbers takes whole steps within their type") {
  CHECK(arange<int>(-5, 6, 5) == Tensor<int>{-5, 0, 5});
  CHECK(arange<int>(2.5) == Tensor<int>{0, 1, 2});
  CHECK(arange<std::uint8_t>(250, 256).size() == 6);
  CHECK(arange<int>(0).size() == 0);
  CHECK_THROWS_WITH_AS(arange<int>(0, 2, 0.5), "minigrad: arange: from 0 to 2 by 0.5: not whole numbers, or too large",
                       ValueError);
  CHECK_THROWS_WITH_AS(arange<int>(0.5, 3), "minigrad: arange: from 0.5 to 3 by 1: not whole numbers, or too large",
                       ValueError);
  CHECK_THROWS_AS(arange<int>(0, 1.5, 0.5), ValueError);  // the last one, 1, would be whole
  CHECK_THROWS_AS(arange<std::uint8_t>(250, 257), ValueError);
  CHECK_THROWS_AS(arange<std::uint8_t>(-1, 3), ValueError);
  const auto large = std::int64_t{1} << 60;
  CHECK_THROWS_AS(arange<std::int64_t>(large, large + 3), ValueError);
}

TEST_CASE("linspace includes both ends exactly") {
  CHECK(linspace(0, 1, 5) == Tensor<float>{0, 0.25, 0.5, 0.75, 1});
  CHECK(linspace(3, -3, 3) == Tensor<float>{3, 0, -3});
  CHECK(linspace(2, 2, 3) == Tensor<float>{2, 2, 2});
  CHECK(linspace(5, 7, 1) == Tensor<float>{5});
  CHECK(linspace(5, 7, 0).shape() == Shape{0});
  CHECK(linspace<double>(0, 1, 11)(3) == 0.30000000000000004);  // NumPy's 3 * 0.1
  for (int n = 2; n < 500; ++n) {
    const auto x = linspace<double>(0.1, 0.7, n);
    REQUIRE(x[0] == 0.1);
    REQUIRE(x[n - 1] == 0.7);
    REQUIRE(std::is_sorted(x.begin(), x.end()));
    const auto y = linspace(0.1, 0.7, n);
    REQUIRE(y[0] == 0.1f);
    REQUIRE(y[n - 1] == 0.7f);
  }
}

TEST_CASE("uniform draws one number for each element, in order, from the generator it is given") {
  Rng rng(7), same(7);
  const auto x = uniform<double>({2, 3}, -1, 3, rng);
  for (double value : x) CHECK(value == same.uniform(-1, 3));
  const auto y = uniform({4}, 0, 1, rng);
  for (float value : y) CHECK(value == static_cast<float>(same.uniform()));
  CHECK(rng() == same());
}

TEST_CASE("uniform numbers spread evenly over their interval") {
  Rng rng(8);
  const auto x = uniform<double>({100'000}, 10, 20, rng);
  CHECK(*std::min_element(x.begin(), x.end()) >= 10);
  CHECK(*std::max_element(x.begin(), x.end()) < 20);
  CHECK(mean_of(x) == doctest::Approx(15).epsilon(0.002));
  const auto in_first_quarter = std::count_if(x.begin(), x.end(), [](double value) { return value < 12.5; });
  CHECK(in_first_quarter == doctest::Approx(25'000).epsilon(0.02));
}

TEST_CASE("uniform numbers stay below high, though a double just below it would round to it") {
  Rng rng(9);
  const float next = std::nextafter(1.0f, 2.0f);
  for (float value : uniform({1000}, 1, static_cast<double>(next), rng)) REQUIRE(value == 1);
  for (double value : uniform<double>({1000}, 1, std::nextafter(1.0, 2.0), rng)) REQUIRE(value == 1);
  for (float value : uniform({1000}, 0.1, 0.1000001, rng)) REQUIRE(static_cast<double>(value) < 0.1000001);
  for (float value : uniform({1000}, -1e-45, 0, rng)) REQUIRE(value < 0);
}

TEST_CASE("uniform between equal ends is that number") {
  Rng rng(10);
  CHECK(uniform({3}, 2, 2, rng) == Tensor<float>{2, 2, 2});
  CHECK(uniform({3}, 0, 0, rng) == zeros({3}));
}

TEST_CASE("uniform refuses ends in the wrong order, NaN and infinity") {
  Rng rng(11);
  CHECK_THROWS_WITH_AS(uniform({2}, 1, 0.5, rng), "minigrad: uniform: no numbers from 1 up to 0.5", ValueError);
  CHECK_THROWS_WITH_AS(uniform({2}, 0, infinity, rng), "minigrad: uniform: no numbers from 0 up to inf", ValueError);
  CHECK_THROWS_AS(uniform({2}, std::nan(""), 1, rng), ValueError);
  CHECK_THROWS_AS(uniform({2}, infinity, infinity, rng), ValueError);
  CHECK_THROWS_AS(uniform<double>({2}, -1.7e308, 1.7e308, rng), ValueError);
  CHECK_THROWS_AS(uniform({2}, 0, 1e300, rng), ValueError);  // no float
  CHECK(uniform({2}, -3e38, 3e38, rng).size() == 2);
}

TEST_CASE("normal draws one number for each element, in order, from the generator it is given") {
  Rng rng(12), same(12);
  for (double value : normal<double>({5}, 1, 2, rng)) CHECK(value == same.normal(1, 2));
  for (float value : normal({5}, 1, 2, rng)) CHECK(value == static_cast<float>(same.normal(1, 2)));
  CHECK(normal({3}, 4, 0, rng) == Tensor<float>{4, 4, 4});
  CHECK(normal({0, 3}, 0, 1, rng).size() == 0);
}

TEST_CASE("normal numbers have the mean and the standard deviation asked for") {
  Rng rng(13);
  auto x = normal<double>({100'000}, 10, 2, rng);
  CHECK(mean_of(x) == doctest::Approx(10).epsilon(0.002));
  for (double& value : x) value = (value - 10) * (value - 10);
  CHECK(std::sqrt(mean_of(x)) == doctest::Approx(2).epsilon(0.01));
}

TEST_CASE("normal refuses a negative standard deviation") {
  Rng rng(14);
  CHECK_THROWS_WITH_AS(normal({2}, 0, -1, rng), "minigrad: normal: the standard deviation is -1", ValueError);
  CHECK_THROWS_WITH_AS(normal({2}, 0, std::nan(""), rng), "minigrad: normal: the standard deviation is nan",
                       ValueError);
}

TEST_CASE("a constant that the elements do not hold is refused, and infinity is held by floats") {
  const auto whole = [](const char* op, const char* number, const char* range) {
    return std::string("minigrad: ") + op + ": " + number + ": the elements are whole numbers from " + range +
           ", as the number must be: convert them first";
  };
  const char* const of_int64 = "-9.22337e+18 to 9.22337e+18";
  const double inf = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_WITH_AS(full<std::int64_t>({2}, 1.5), whole("full", "1.5", of_int64).c_str(), ValueError);
  CHECK_THROWS_WITH_AS(full<std::int64_t>({1}, 1e30), whole("full", "1e+30", of_int64).c_str(), ValueError);
  CHECK_THROWS_AS(full<std::int64_t>({1}, nan), ValueError);
  CHECK_THROWS_AS(full<std::int64_t>({1}, inf), ValueError);
  CHECK_THROWS_WITH_AS(full<std::uint8_t>({1}, 300), whole("full", "300", "0 to 255").c_str(), ValueError);
  CHECK_THROWS_WITH_AS(full<std::uint8_t>({1}, -1), whole("full", "-1", "0 to 255").c_str(), ValueError);
  CHECK_THROWS_AS(full<std::int64_t>({1}, ~std::uint64_t{0}), ValueError);
  Tensor<std::int64_t> x{1, 2};
  CHECK_THROWS_WITH_AS(x.fill(1.7), whole("fill", "1.7", of_int64).c_str(), ValueError);
  CHECK(x == Tensor<std::int64_t>{1, 2});
  x.fill(3.0);
  CHECK(x == Tensor<std::int64_t>{3, 3});
  const std::int64_t largest = (std::numeric_limits<std::int64_t>::max)();
  CHECK(full<std::int64_t>({1}, largest)[0] == largest);
  CHECK(full<std::uint64_t>({1}, largest)[0] == static_cast<std::uint64_t>(largest));

  const char* const of_float = ": 1e+39: the elements are numbers up to 3.40282e+38";
  const auto real = [&](const char* op) { return std::string("minigrad: ") + op + of_float; };
  CHECK_THROWS_WITH_AS(full({1}, 1e39), real("full").c_str(), ValueError);
  CHECK_THROWS_AS(full({1}, -1e39), ValueError);
  Tensor<float> y{1};
  CHECK_THROWS_WITH_AS(y.fill(1e39), real("fill").c_str(), ValueError);
  CHECK_THROWS_WITH_AS(linspace(0, 1e39, 3), real("linspace").c_str(), ValueError);
  CHECK_THROWS_AS(linspace(1e39, 0, 3), ValueError);
  Rng rng(0);
  CHECK_THROWS_WITH_AS(normal({1}, 1e39, 1, rng), real("normal").c_str(), ValueError);
  CHECK_THROWS_WITH_AS(arange(0, 1e40, 1e39), "minigrad: arange: from 0 to 1e+40 by 1e+39: too large", ValueError);
  CHECK(full({1}, inf)[0] == std::numeric_limits<float>::infinity());
  CHECK(std::isnan(full({1}, nan)[0]));
  CHECK(full({1}, 3.4028235e38)[0] == (std::numeric_limits<float>::max)());  // what this double is as a float
  CHECK(full<bool>({1}, 2) == full<bool>({1}, true));
}
