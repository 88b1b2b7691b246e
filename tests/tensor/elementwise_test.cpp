#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <minigrad/tensor/create.hpp>
#include <minigrad/tensor/elementwise.hpp>
#include <minigrad/tensor/print.hpp>
#include <type_traits>

#include "../support/random_tensors.hpp"

using namespace minigrad;
using support::broadcast_element;
using support::index_of;
using support::random_shape;
using support::random_stretchable;
using support::random_tensor;

namespace {

constexpr auto add = [](auto a, auto b) { return a + b; };
constexpr auto minus = [](auto a, auto b) { return a - b; };
constexpr auto combine = [](auto a, auto b, auto c) { return a * 100 + b * 10 - c; };
constexpr auto is_less = [](auto a, auto b) { return a < b; };

}  // namespace

TEST_CASE("map applies a function to every element") {
  const Tensor<float> x{{1, 4}, {9, 16}};
  CHECK(map("root", [](float value) { return std::sqrt(value); }, x) == Tensor<float>{{1, 2}, {3, 4}});
}

TEST_CASE("map takes two tensors element by element, in order") {
  CHECK(map("minus", minus, Tensor<float>{5, 7}, Tensor<float>{1, 2}) == Tensor<float>{4, 5});
}

TEST_CASE("map takes numbers among the tensors, on either side") {
  const Tensor<float> x{1, 2, 3};
  CHECK(map("minus", minus, x, 1) == Tensor<float>{0, 1, 2});
  CHECK(map("minus", minus, 1, x) == Tensor<float>{0, -1, -2});
  CHECK(map("combine", combine, 1, x, 0.5) == Tensor<float>{109.5f, 119.5f, 129.5f});
}

TEST_CASE("a number takes the tensor's element type before it is used") {
  const Tensor<float> x{1};
  CHECK(map("add", add, x, 0.1) == Tensor<float>{1 + 0.1f});
  CHECK(map("add", add, Tensor<int>{1}, 2L) == Tensor<int>{3});
}

TEST_CASE("a tensor may be on both sides") {
  Tensor<float> x{1, 2, 3};
  CHECK(map("add", add, x, x) == Tensor<float>{2, 4, 6});
  x = map("add", add, x, x);
  CHECK(x == Tensor<float>{2, 4, 6});
}

TEST_CASE("extents of 1 and missing ones stretch") {
  const Tensor<float> column{{10}, {20}}, row{1, 2, 3};
  CHECK(map("add", add, column, row) == Tensor<float>{{11, 12, 13}, {21, 22, 23}});
  CHECK(map("add", add, row, column) == Tensor<float>{{11, 12, 13}, {21, 22, 23}});
  CHECK(map("add", add, row, Tensor<float>::scalar(1)) == Tensor<float>{2, 3, 4});
  CHECK(map("add", add, Tensor<float>::scalar(1), Tensor<float>::scalar(2)).rank() == 0);
  CHECK(map("combine", combine, column, row, Tensor<float>::scalar(5)) ==
        Tensor<float>{{1005, 1015, 1025}, {2005, 2015, 2025}});
}

TEST_CASE("an extent of 0 stays, and an extent of 1 shrinks to it") {
  CHECK(map("add", add, zeros({0, 3}), zeros({1, 3})).shape() == Shape{0, 3});
  CHECK(map("add", add, zeros({0, 3}), zeros({3})).shape() == Shape{0, 3});
  CHECK(map("add", add, zeros({2, 0}), zeros({2, 1})).shape() == Shape{2, 0});
  CHECK(map("add", add, Tensor<float>{}, 1).shape() == Shape{0});
  CHECK_THROWS_AS(map("add", add, zeros({0}), zeros({2})), ShapeError);
}

TEST_CASE("shapes that do not broadcast are refused by the op's name") {
  CHECK_THROWS_WITH_AS(map("add", add, zeros({2, 3}), zeros({2})),
                       "minigrad: add: [2, 3] and [2]: shapes do not broadcast", ShapeError);
  CHECK_THROWS_WITH_AS(map("combine", combine, zeros({2, 1}), zeros({3}), zeros({4})),
                       "minigrad: combine: [2, 3] and [4]: shapes do not broadcast", ShapeError);
}

TEST_CASE("a function that gives bools gives a tensor of bools") {
  const auto mask = map("less", is_less, Tensor<float>{1, 5}, 3);
  static_assert(std::is_same_v<decltype(mask), const Tensor<bool>>);
  CHECK(mask == Tensor<bool>{true, false});
}

TEST_CASE("a mask goes with tensors of numbers") {
  const Tensor<bool> mask{true, false, true};
  const Tensor<double> x{1, 2, 3};
  const auto choose = [](bool which, double a, double b) { return which ? a : b; };
  CHECK(map("where", choose, mask, x, -x[1]) == Tensor<double>{1, -2, 3});
  CHECK(map("where", choose, mask, Tensor<double>{{1}, {2}}, x) == Tensor<double>{{1, 2, 1}, {2, 2, 2}});
  CHECK(map("and", [](bool a, bool b) { return a && b; }, mask, Tensor<bool>{true, true, false}) ==
        Tensor<bool>{true, false, false});
}

TEST_CASE("of masks and numbers the result holds the numbers' type") {
  const Tensor<bool> mask{true, false};
  const auto half = map("times", [](auto a, auto b) { return a * b; }, mask, 0.5);
  static_assert(std::is_same_v<decltype(half), const Tensor<double>>);
  CHECK(half == Tensor<double>{0.5, 0});
  CHECK(map("plus", add, 2, mask) == Tensor<int>{3, 2});
}

TEST_CASE_TEMPLATE("map works for every type of number", T, float, double, long double, int, std::int64_t, std::int8_t,
                   std::uint16_t) {
  auto x = Tensor<T>::empty({70});
  for (std::size_t i = 0; i < 70; ++i) x[i] = static_cast<T>(i);
  const auto y = map("add", add, x, x);
  static_assert(std::is_same_v<decltype(y), const Tensor<T>>);
  for (std::size_t i = 0; i < 70; ++i) REQUIRE(y[i] == static_cast<T>(2 * i));
}

TEST_CASE("NaN and infinities pass through") {
  const float infinity = std::numeric_limits<float>::infinity();
  const auto y = map("minus", minus, full({40}, infinity), full({40}, infinity));
  for (float value : y) REQUIRE(std::isnan(value));
}

TEST_CASE("a function may carry values of its own") {
  const double slope = 2, intercept = 1;
  CHECK(map("line", [&](double x) { return slope * x + intercept; }, arange<double>(3)) == Tensor<double>{1, 3, 5});
}

TEST_CASE("every element is visited once, in row-major order within a row") {
  int calls = 0;
  static_cast<void>(map("count", [&](float x) { return ++calls, x; }, zeros({5, 13})));
  CHECK(calls == 65);
}

TEST_CASE("map with broadcasting agrees with index arithmetic on random shapes") {
  Rng rng(1);
  for (int round = 0; round < 400; ++round) {
    const Shape shape = random_shape(rng, round % 5 == 0 ? 6 : 4);
    const auto a = random_tensor<float>(random_stretchable(shape, rng), rng);
    const auto b = random_tensor<float>(round % 2 ? shape : random_stretchable(shape, rng), rng);
    const auto c = random_tensor<float>(random_stretchable(shape, rng), rng);
    CAPTURE(a.shape());
    CAPTURE(b.shape());
    CAPTURE(c.shape());
    const Tensor<float> two = map("add", add, a, b), three = map("combine", combine, a, b, c);
    REQUIRE(two.shape() == broadcast_shapes("add", a.shape(), b.shape()));
    REQUIRE(three.shape() == broadcast_shapes("combine", two.shape(), c.shape()));
    bool right = true;
    for (std::size_t i = 0; i < two.size(); ++i) {
      const auto index = index_of(i, two.shape());
      right = right && two.data()[i] == broadcast_element(a, index) + broadcast_element(b, index);
    }
    for (std::size_t i = 0; i < three.size(); ++i) {
      const auto index = index_of(i, three.shape());
      right = right && three.data()[i] == combine(broadcast_element(a, index), broadcast_element(b, index),
                                                  broadcast_element(c, index));
    }
    REQUIRE(right);
  }
}

TEST_CASE("so does map of masks, and of six operands") {
  Rng rng(2);
  const auto six = [](bool m, double a, double b, double c, double d, double e) {
    return m ? a + 2 * b + 3 * c : d - 20 * e;
  };
  for (int round = 0; round < 100; ++round) {
    const Shape shape = random_shape(rng);
    const auto m = random_tensor<bool>(random_stretchable(shape, rng), rng);
    const auto a = random_tensor<double>(shape, rng), b = random_tensor<double>(random_stretchable(shape, rng), rng),
               c = random_tensor<double>(random_stretchable(shape, rng), rng),
               d = random_tensor<double>(random_stretchable(shape, rng), rng);
    const auto y = map("six", six, m, a, b, c, d, 7);
    REQUIRE(y.shape() == shape);
    bool right = true;
    for (std::size_t i = 0; i < y.size(); ++i) {
      const auto at = index_of(i, shape);
      right = right && y.data()[i] == six(broadcast_element(m, at), broadcast_element(a, at), broadcast_element(b, at),
                                          broadcast_element(c, at), broadcast_element(d, at), 7);
    }
    REQUIRE(right);
  }
}

TEST_CASE("map_into stores its results, or adds them to what is there") {
  Rng rng(3);
  for (int round = 0; round < 100; ++round) {
    const Shape shape = random_shape(rng);
    const auto a = random_tensor<float>(random_stretchable(shape, rng), rng);
    const auto before = random_tensor<float>(shape, rng);
    Tensor<float> stored = before, added = before;
    detail::map_into(stored, add, detail::Write::assign, a, 1.0f);
    detail::map_into(added, add, detail::Write::add, a, 1.0f);
    bool right = true;
    for (std::size_t i = 0; i < before.size(); ++i) {
      const float value = broadcast_element(a, index_of(i, shape)) + 1;
      right = right && stored.data()[i] == value && added.data()[i] == before.data()[i] + value;
    }
    REQUIRE(right);
  }
}

TEST_CASE("map_into may write over its own operand") {
  Tensor<float> x = arange(5000);
  detail::map_into(x, add, detail::Write::add, x, x);
  for (std::size_t i = 0; i < 5000; ++i) REQUIRE(x[i] == 3 * static_cast<float>(i));
  detail::map_into(x, minus, detail::Write::assign, x, 1.0f);
  for (std::size_t i = 0; i < 5000; ++i) REQUIRE(x[i] == 3 * static_cast<float>(i) - 1);
}

TEST_CASE("shape_of is a tensor's shape, and that of a number has rank 0") {
  CHECK(shape_of(zeros({2, 3})) == Shape{2, 3});
  CHECK(shape_of(7) == Shape{});
  static_assert(is_scalar<int> && is_scalar<double> && !is_scalar<Tensor<float>>);
  static_assert(is_tensor<Tensor<float>> && !is_tensor<float>);
}
