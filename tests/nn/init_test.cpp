#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <minigrad/nn/init.hpp>
#include <string>

#include "../support/fixture.hpp"

using namespace minigrad;

namespace {

const support::Fixture fixture = support::read_fixture("losses.txt");

struct Statistics {
  double mean = 0, stddev = 0, lowest = 0, highest = 0;

  explicit Statistics(const Tensor<double>& x) {
    for (const double value : x) {
      mean += value / static_cast<double>(x.size());
      lowest = (std::min)(lowest, value);
      highest = (std::max)(highest, value);
    }
    for (const double value : x) stddev += (value - mean) * (value - mean) / static_cast<double>(x.size());
    stddev = std::sqrt(stddev);
  }
};

/// Fills a weight [out, in] many times over; the fans of the fixture are small, so that a wrong one shows.
template <class Fill>
Statistics drawn(std::size_t out, std::size_t in, const Fill& fill) {
  Rng rng(7);
  Tensor<double> all = Tensor<double>::empty({20000, out, in}), weight = Tensor<double>::empty({out, in});
  for (std::size_t k = 0; k < 20000; ++k) {
    fill(weight, rng);
    std::copy(weight.begin(), weight.end(), all.begin() + k * weight.size());
  }
  return Statistics(all);
}

/// 300,000 numbers of U(-bound, bound): they reach the bound, fill the range and have its spread.
void check_uniform(const Statistics& s, double bound) {
  CHECK(s.highest <= bound);
  CHECK(s.lowest >= -bound);
  CHECK(s.highest > 0.999 * bound);
  CHECK(s.lowest < -0.999 * bound);
  CHECK(s.mean == doctest::Approx(0).epsilon(0.005 * bound));
  CHECK(s.stddev == doctest::Approx(bound / std::sqrt(3.0)).epsilon(0.005));
}
void check_normal(const Statistics& s, double stddev) {
  CHECK(std::fabs(s.mean) < 0.01 * stddev);
  CHECK(s.stddev == doctest::Approx(stddev).epsilon(0.005));
  CHECK(s.highest > 4 * stddev);
  CHECK(s.lowest < -4 * stddev);
}

}  // namespace

TEST_CASE("xavier_uniform_ and xavier_normal_ have the spread of PyTorch's") {
  check_uniform(drawn(5, 3, [](auto& w, Rng& rng) { init::xavier_uniform_(w, rng); }),
                fixture.at("init/xavier_uniform").number("bound"));
  check_normal(drawn(5, 3, [](auto& w, Rng& rng) { init::xavier_normal_(w, rng); }),
               fixture.at("init/xavier_normal").number("std"));
}

TEST_CASE("a gain widens xavier's spread") {
  check_uniform(drawn(5, 3, [](auto& w, Rng& rng) { init::xavier_uniform_(w, rng, 2); }), 2 * std::sqrt(6.0 / 8));
  check_normal(drawn(5, 3, [](auto& w, Rng& rng) { init::xavier_normal_(w, rng, 2); }), 2 * std::sqrt(2.0 / 8));
}

TEST_CASE("kaiming_uniform_ and kaiming_normal_ have the spread of PyTorch's for relu") {
  check_uniform(drawn(5, 3, [](auto& w, Rng& rng) { init::kaiming_uniform_(w, rng); }),
                fixture.at("init/kaiming_uniform_relu").number("bound"));
  check_normal(drawn(5, 3, [](auto& w, Rng& rng) { init::kaiming_normal_(w, rng); }),
               fixture.at("init/kaiming_normal_relu").number("std"));
}

TEST_CASE("kaiming's a is the slope of leaky_relu, and sqrt(5) gives PyTorch's Linear") {
  check_uniform(drawn(5, 3, [](auto& w, Rng& rng) { init::kaiming_uniform_(w, rng, std::sqrt(5.0)); }),
                fixture.at("init/linear_3").number("bound"));
  check_normal(drawn(5, 3, [](auto& w, Rng& rng) { init::kaiming_normal_(w, rng, 0.5); }), std::sqrt(2 / 1.25 / 3));
}

TEST_CASE("uniform_ and normal_ keep to their numbers") {
  check_uniform(drawn(5, 3, [](auto& w, Rng& rng) { init::uniform_(w, -3, 3, rng); }), 3);
  check_normal(drawn(5, 3, [](auto& w, Rng& rng) { init::normal_(w, 0, 0.25, rng); }), 0.25);
  Rng rng(1);
  Tensor<float> x = Tensor<float>::empty({100});
  init::uniform_(x, 2, 4, rng);
  CHECK(*std::min_element(x.begin(), x.end()) >= 2);
  CHECK(*std::max_element(x.begin(), x.end()) <= 4);
}

TEST_CASE("constant_ and zeros_ fill tensors of any shape") {
  Tensor<float> x = Tensor<float>::empty({2, 1, 2});
  init::constant_(x, 2.5);
  CHECK(x == Tensor<float>{{{2.5f, 2.5f}}, {{2.5f, 2.5f}}});
  init::constant_(x, 3);  // any number will do
  CHECK(x[3] == 3);
  init::zeros_(x);
  CHECK(x == Tensor<float>{{{0, 0}}, {{0, 0}}});
}

TEST_CASE("the same seed gives the same weights") {
  Rng a(3), b(3);
  Tensor<float> x = Tensor<float>::empty({4, 4}), y = x;
  init::kaiming_normal_(x, a);
  init::kaiming_normal_(y, b);
  CHECK(x == y);
  init::kaiming_normal_(y, b);
  CHECK(x != y);
}

TEST_CASE("the kernel of a convolution counts in the fans of its weight") {
  Rng rng(1);
  Tensor<double> weight = Tensor<double>::empty({4, 5, 3, 2});
  const init::Fans fans = init::fans("test", weight);
  CHECK(fans.in == 30);
  CHECK(fans.out == 24);
  init::kaiming_uniform_(weight, rng);
  CHECK(*std::max_element(weight.begin(), weight.end()) <= std::sqrt(6.0 / 30));
}

TEST_CASE("xavier and kaiming need a weight of two axes or more") {
  Rng rng(1);
  Tensor<float> x = Tensor<float>::empty({4});
  const std::string why = ": a weight has shape [out, in] or [out, in, kernel...], but this one has [4]";
  CHECK_THROWS_WITH_AS(init::xavier_uniform_(x, rng), ("minigrad: xavier_uniform_" + why).c_str(), ShapeError);
  CHECK_THROWS_WITH_AS(init::xavier_normal_(x, rng), ("minigrad: xavier_normal_" + why).c_str(), ShapeError);
  CHECK_THROWS_WITH_AS(init::kaiming_uniform_(x, rng), ("minigrad: kaiming_uniform_" + why).c_str(), ShapeError);
  CHECK_THROWS_WITH_AS(init::kaiming_normal_(x, rng), ("minigrad: kaiming_normal_" + why).c_str(), ShapeError);
}

TEST_CASE("constant_ refuses a number that the elements do not hold") {
  Tensor<float> x{1};
  CHECK_THROWS_WITH_AS(init::constant_(x, 1e39),
                       "minigrad: constant_: 1e+39: the elements are numbers up to 3.40282e+38", ValueError);
}
