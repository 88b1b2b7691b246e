#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <minigrad/tensor/create.hpp>
#include <minigrad/tensor/print.hpp>
#include <minigrad/tensor/reduce.hpp>
#include <optional>
#include <type_traits>

#include "../support/random_tensors.hpp"

using namespace minigrad;
using support::index_of;
using support::position_of;
using support::random_shape;
using support::random_stretchable;
using support::random_tensor;

namespace {

constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();
constexpr float infinity = std::numeric_limits<float>::infinity();

struct Reduced {
  Shape shape;
  Tensor<float> sum, largest, smallest;
  Tensor<std::int64_t> first_largest, first_smallest;
};

/// The definition: every element of x goes to the place that its index names when the axis is left out.
Reduced reduce_plainly(const Tensor<float>& x, std::optional<int> axis) {
  Shape kept = x.shape();
  for (std::size_t k = 0; k < x.rank(); ++k)
    if (!axis || static_cast<std::size_t>(*axis) == k) kept[k] = 1;
  Reduced out{kept, zeros(kept), zeros(kept), zeros(kept), zeros<std::int64_t>(kept), zeros<std::int64_t>(kept)};
  auto seen = zeros<bool>(kept);
  for (std::size_t i = 0; i < x.size(); ++i) {
    auto index = index_of(i, x.shape());
    const auto along = static_cast<std::int64_t>(axis ? index[static_cast<std::size_t>(*axis)] : i);
    for (std::size_t k = 0; k < kept.rank(); ++k)
      if (kept[k] == 1) index[k] = 0;
    const std::size_t at = position_of(index, kept);
    const float value = x[i];
    out.sum[at] += value;
    if (!seen[at] || value > out.largest[at]) out.largest[at] = value, out.first_largest[at] = along;
    if (!seen[at] || value < out.smallest[at]) out.smallest[at] = value, out.first_smallest[at] = along;
    seen[at] = true;
  }
  return out;
}

}  // namespace

TEST_CASE("sum adds everything, or along an axis, which disappears unless it is kept") {
  const Tensor<float> x{{1, 2, 3}, {4, 5, 6}};
  CHECK(sum(x) == Tensor<float>::scalar(21));
  CHECK(sum(x, 0) == Tensor<float>{5, 7, 9});
  CHECK(sum(x, 1) == Tensor<float>{6, 15});
  CHECK(sum(x, -1) == Tensor<float>{6, 15});
  CHECK(sum(x, -2) == Tensor<float>{5, 7, 9});
  CHECK(sum(x, 0, true) == Tensor<float>{{5, 7, 9}});
  CHECK(sum(x, 1, true) == Tensor<float>{{6}, {15}});
  CHECK(sum(x, all_axes, true) == Tensor<float>{{21}});
  CHECK(sum(x, {}, true) == Tensor<float>{{21}});
}

TEST_CASE("the middle axis of three") {
  const Tensor<float> x{{{1, 2}, {3, 4}, {5, 6}}, {{7, 8}, {9, 10}, {11, 12}}};
  CHECK(sum(x, 1) == Tensor<float>{{9, 12}, {27, 30}});
  CHECK((max)(x, 1, true) == Tensor<float>{{{5, 6}}, {{11, 12}}});
  CHECK(argmin(x, 1) == Tensor<std::int64_t>{{0, 0}, {0, 0}});
}

TEST_CASE("the sum of nothing is 0") {
  CHECK(sum(Tensor<float>{}) == Tensor<float>::scalar(0));
  CHECK(sum(zeros({0, 3}), 0) == zeros({3}));
  CHECK(sum(zeros({3, 0}), 1) == zeros({3}));
  CHECK(sum(zeros({3, 0}), 0).shape() == Shape{0});
  CHECK(sum(zeros({0, 3}), 1, true).shape() == Shape{0, 1});
}

TEST_CASE("a tensor of rank 0 is its own sum and extreme") {
  const auto x = Tensor<float>::scalar(3);
  CHECK(sum(x) == x);
  CHECK((max)(x) == x);
  CHECK(argmax(x) == Tensor<std::int64_t>::scalar(0));
}

TEST_CASE("an axis that is not there is refused") {
  const Tensor<float> x{{1, 2, 3}, {4, 5, 6}};
  CHECK_THROWS_WITH_AS(sum(x, 2), "minigrad: sum: axis 2 of a tensor of shape [2, 3], which has 2 axes", IndexError);
  CHECK_THROWS_WITH_AS((max)(x, -3), "minigrad: max: axis -3 of a tensor of shape [2, 3], which has 2 axes",
                       IndexError);
  CHECK_THROWS_WITH_AS((min)(Tensor<float>{1}, 1), "minigrad: min: axis 1 of a tensor of shape [1], which has 1 axis",
                       IndexError);
  CHECK_THROWS_WITH_AS(argmax(Tensor<float>::scalar(1), 0),
                       "minigrad: argmax: axis 0 of a tensor of shape [], which has 0 axes", IndexError);
}

TEST_CASE("nothing has no largest element") {
  CHECK_THROWS_WITH_AS((max)(Tensor<float>{}), "minigrad: max: no elements to choose from in a tensor of shape [0]",
                       ValueError);
  CHECK_THROWS_WITH_AS((min)(zeros({0, 3}), 0), "minigrad: min: no elements to choose from in a tensor of shape [0, 3]",
                       ValueError);
  CHECK_THROWS_WITH_AS(argmax(zeros({0, 3}), 0),
                       "minigrad: argmax: no elements to choose from in a tensor of shape [0, 3]", ValueError);
  CHECK_THROWS_WITH_AS(argmin(zeros({3, 0})),
                       "minigrad: argmin: no elements to choose from in a tensor of shape [3, 0]", ValueError);
  CHECK((max)(zeros({0, 3}), 1).shape() == Shape{0});
}

TEST_CASE("argmax and argmin give the first of equal elements, over all in row-major order") {
  const Tensor<float> x{{1, 9, 9}, {9, 0, 0}};
  CHECK(argmax(x).item() == 1);
  CHECK(argmin(x).item() == 4);
  CHECK(argmax(x, 0) == Tensor<std::int64_t>{1, 0, 0});
  CHECK(argmax(x, 1, true) == Tensor<std::int64_t>{{1}, {0}});
  CHECK(argmin(x, 1) == Tensor<std::int64_t>{0, 1});
}

TEST_CASE("NaN is the largest and the smallest element, so that it is not lost") {
  const Tensor<float> x{1, not_a_number, 5, not_a_number, -infinity};
  CHECK(std::isnan((max)(x).item()));
  CHECK(std::isnan((min)(x).item()));
  CHECK(argmax(x).item() == 1);
  CHECK(argmin(x).item() == 1);
  CHECK(std::isnan(sum(x).item()));
  CHECK(argmax(Tensor<float>{not_a_number, 1}).item() == 0);
}

TEST_CASE("infinities are numbers like others") {
  const Tensor<float> x{-infinity, 1, infinity};
  CHECK((max)(x).item() == infinity);
  CHECK((min)(x).item() == -infinity);
  CHECK((max)(Tensor<float>{-infinity, -infinity}).item() == -infinity);
  CHECK(sum(Tensor<float>{infinity, 1}).item() == infinity);
}

TEST_CASE("reductions agree with their definition on random shapes, over every axis") {
  Rng rng(1);
  for (int round = 0; round < 250; ++round) {
    const auto x = random_tensor<float>(random_shape(rng, round % 5 == 0 ? 6 : 4, 5000), rng);
    for (int axis = -1; axis < static_cast<int>(x.rank()); ++axis) {
      const Axis over = axis < 0 ? all_axes : Axis(axis);
      const Reduced expected = reduce_plainly(x, axis < 0 ? std::nullopt : std::optional(axis));
      CAPTURE(x.shape());
      CAPTURE(axis);
      REQUIRE(sum(x, over, true) == expected.sum);
      REQUIRE(sum(x, over) == expected.sum.reshape(sum(x, over).shape()));
      REQUIRE(sum(x, over).rank() == (axis < 0 ? 0 : x.rank() - 1));
      if (x.size() == 0) continue;
      REQUIRE((max)(x, over, true) == expected.largest);
      REQUIRE((min)(x, over, true) == expected.smallest);
      REQUIRE(argmax(x, over, true) == expected.first_largest);
      REQUIRE(argmin(x, over, true) == expected.first_smallest);
    }
  }
}

TEST_CASE_TEMPLATE("reductions work for every type of number", T, float, double, long double, int, std::int64_t,
                   std::int16_t) {
  const auto x = arange<T>(100);
  using Sum = std::conditional_t<std::is_integral_v<T>, std::int64_t, T>;
  static_assert(std::is_same_v<decltype(sum(x)), Tensor<Sum>>);
  CHECK(sum(x).item() == Sum{4950});
  CHECK((max)(x).item() == T{99});
  CHECK((min)(x.reshape({10, 10}), 0) == arange<T>(10));
  CHECK(argmax(x).item() == 99);
}

TEST_CASE("the sum of a mask counts") {
  const Tensor<bool> mask{{true, false, true}, {true, true, true}};
  static_assert(std::is_same_v<decltype(sum(mask)), Tensor<std::int64_t>>);
  CHECK(sum(mask).item() == 5);
  CHECK(sum(mask, 0) == Tensor<std::int64_t>{2, 1, 2});
  CHECK((max)(mask, 1) == Tensor<bool>{true, true});
  CHECK((min)(mask, 1) == Tensor<bool>{false, true});
  CHECK(argmin(mask).item() == 1);
}

/// The largest relative error of float sums beside the sum of `count` times `each`.
static double relative_error(const Tensor<float>& sums, double count, float each) {
  const double exact = count * static_cast<double>(each);
  double worst = 0;
  for (const float y : sums) worst = std::fmax(worst, std::fabs(static_cast<double>(y) / exact - 1));
  return worst;
}

TEST_CASE("the rounding error of a sum of 10^7 floats is that of a few hundred, along every axis") {
  const float each = 0.1f;  // one after the other they would be 9 % off
  const double bound = 300 * 0x1p-24;
  const auto x = full({10'000'000}, each);
  CHECK(relative_error(sum(x), 1e7, each) < bound);
  for (const std::size_t columns : {2u, 5u, 40u}) {
    const std::size_t rows = x.size() / columns;
    const auto matrix = x.reshape({rows, columns});
    CAPTURE(columns);
    CHECK(relative_error(sum(matrix, 0), static_cast<double>(rows), each) < bound);
    CHECK(relative_error(sum_to(matrix, {1, columns}), static_cast<double>(rows), each) < bound);
    CHECK(relative_error(sum_to(matrix, {columns}), static_cast<double>(rows), each) < bound);
  }
  CHECK(relative_error(sum(x.reshape({2, 1'000'000, 5}), 1), 1e6, each) < bound);
  CHECK(relative_error(sum_to(x.reshape({1000, 2, 5000}), {2, 1}), 5e6, each) < bound);
}

TEST_CASE("the mean of a column is that of its numbers alone") {
  Rng rng(3);
  const auto column = uniform({1'000'000, 1}, 1000, 1100, rng);
  const auto both = sum(broadcast_to(column, {1'000'000, 2}), 0);
  const double exact = sum(column.to<double>()).item() / 1e6;
  for (const float y : both) CHECK(std::fabs(static_cast<double>(y) / 1e6 - exact) < 1e-3);
}

TEST_CASE("broadcast_to stretches and sum_to sums back") {
  const Tensor<float> row{1, 2, 3};
  CHECK(broadcast_to(row, {2, 3}) == Tensor<float>{{1, 2, 3}, {1, 2, 3}});
  CHECK(broadcast_to(Tensor<float>{{1}, {2}}, {2, 3}) == Tensor<float>{{1, 1, 1}, {2, 2, 2}});
  CHECK(broadcast_to(Tensor<float>::scalar(7), {2, 2}) == full({2, 2}, 7));
  CHECK(broadcast_to(row, {3}) == row);
  CHECK(broadcast_to(row, {0, 3}).shape() == Shape{0, 3});
  CHECK(sum_to(Tensor<float>{{1, 2, 3}, {4, 5, 6}}, {3}) == Tensor<float>{5, 7, 9});
  CHECK(sum_to(Tensor<float>{{1, 2, 3}, {4, 5, 6}}, {2, 1}) == Tensor<float>{{6}, {15}});
  CHECK(sum_to(Tensor<float>{{1, 2, 3}, {4, 5, 6}}, {1, 1}) == Tensor<float>{{21}});
  CHECK(sum_to(Tensor<float>{{1, 2, 3}, {4, 5, 6}}, {}) == Tensor<float>::scalar(21));
  CHECK(sum_to(row, {3}) == row);
  CHECK(sum_to(zeros({0, 3}), {3}) == zeros({3}));
}

TEST_CASE("a shape that does not broadcast to the other is refused") {
  CHECK_THROWS_WITH_AS(broadcast_to(zeros({2, 3}), {3}),
                       "minigrad: broadcast_to: [2, 3] and [3]: the first does not broadcast to the second", ShapeError);
  CHECK_THROWS_WITH_AS(broadcast_to(zeros({2}), {3}), "minigrad: broadcast_to: [2] and [3]: shapes do not broadcast",
                       ShapeError);
  CHECK_THROWS_WITH_AS(sum_to(zeros({2, 3}), {2}),
                       "minigrad: sum_to: [2, 3] and [2]: the second does not broadcast to the first", ShapeError);
}

TEST_CASE("broadcast_to and sum_to agree with their definition, and are each other's transpose") {
  Rng rng(2);
  for (int round = 0; round < 200; ++round) {
    const Shape large = random_shape(rng), little = random_stretchable(large, rng);
    const auto x = random_tensor<float>(little, rng), g = random_tensor<float>(large, rng);
    const auto stretched = broadcast_to(x, large);
    REQUIRE(stretched.shape() == large);
    auto summed = zeros(little);
    float inner_large = 0, inner_little = 0;
    for (std::size_t i = 0; i < large.size(); ++i) {
      const auto index = index_of(i, large);
      REQUIRE(stretched.data()[i] == support::broadcast_element(x, index));
      auto own = little;
      for (std::size_t k = 0; k < little.rank(); ++k)
        own[k] = little[k] == 1 ? 0 : index[k + large.rank() - little.rank()];
      summed.data()[position_of(own, little)] += g.data()[i];
      inner_large += stretched.data()[i] * g.data()[i];
    }
    REQUIRE(sum_to(g, little) == summed);
    for (std::size_t i = 0; i < x.size(); ++i) inner_little += x.data()[i] * summed.data()[i];
    REQUIRE(inner_large == inner_little);  // <stretch x, g> = <x, sum g>
  }
}

TEST_CASE("sum_to takes any number of axes away, and adds none") {
  const auto x = arange(24).reshape({2, 3, 4});
  CHECK(sum_to(x, {4}) == Tensor<float>{60, 66, 72, 78});
  CHECK(sum_to(x, {3, 1}) == Tensor<float>{{60}, {92}, {124}});
  CHECK(sum_to(x, {1, 1, 4}) == Tensor<float>{{{60, 66, 72, 78}}});
  CHECK(sum_to(x, {}) == Tensor<float>::scalar(276));
  CHECK_THROWS_AS(sum_to(x, {1, 1, 1, 1}), ShapeError);
  CHECK_THROWS_AS(sum_to(x, {2}), ShapeError);
}

TEST_CASE("whole numbers of few bits are summed as 64 bits") {
  const Tensor<std::uint8_t> x{250, 10};
  static_assert(std::is_same_v<decltype(sum(x)), Tensor<std::int64_t>>);
  CHECK(sum(x).item() == 260);
  CHECK(sum(Tensor<int>{2'000'000'000, 2'000'000'000}).item() == 4'000'000'000);
  CHECK(sum(Tensor<std::uint64_t>{1, 2}) == Tensor<std::uint64_t>::scalar(3));
}
