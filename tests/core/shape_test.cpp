#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <minigrad/core/shape.hpp>
#include <string>
#include <utility>
#include <vector>

using namespace minigrad;

TEST_CASE("a Shape lists its extents, outermost first") {
  const Shape shape{32, 3};
  CHECK(shape.rank() == 2);
  CHECK(shape[0] == 32);
  CHECK(shape[1] == 3);
  CHECK(shape.size() == 96);
  CHECK(std::vector<std::size_t>(shape.begin(), shape.end()) == std::vector<std::size_t>{32, 3});
}

TEST_CASE("the shape of a number has rank 0 and one element") {
  CHECK(Shape{}.rank() == 0);
  CHECK(Shape{}.size() == 1);
  const Shape number;
  CHECK(number.begin() == number.end());
  CHECK(to_string(Shape{}) == "[]");
}

TEST_CASE("an extent of zero means no elements") {
  CHECK(Shape{0}.size() == 0);
  CHECK(Shape{4, 0, 3}.size() == 0);
  CHECK(to_string(Shape{4, 0, 3}) == "[4, 0, 3]");
}

TEST_CASE("extents come from any integer type, mixed as they are") {
  const std::vector<float> values(5);
  const short rows = 2;
  CHECK(Shape{rows, values.size(), 3L} == Shape{2, 5, 3});
}

TEST_CASE("a Shape works in constant expressions") {
  constexpr Shape shape{2, 3};
  static_assert(shape.size() == 6);
  static_assert(shape == Shape{2, 3});
  static_assert(shape != Shape{3, 2});
  static_assert(shape.from_right(0) == 3 && shape.from_right(1) == 2 && shape.from_right(2) == 1);
}

TEST_CASE("shapes are equal when rank and all extents are") {
  CHECK(Shape{2, 3} == Shape{2, 3});
  CHECK(Shape{2, 3} != Shape{3, 2});
  CHECK(Shape{2, 3} != Shape{2, 3, 1});
  CHECK(Shape{} != Shape{1});
  Shape shorter{2, 3};
  shorter.erase(1);
  CHECK(shorter == Shape{2});  // what was there before does not count
}

TEST_CASE("axes can be put in and taken out anywhere") {
  Shape shape{2, 4};
  shape.insert(1, 3);
  CHECK(shape == Shape{2, 3, 4});
  shape.insert(0, 1);
  CHECK(shape == Shape{1, 2, 3, 4});
  shape.insert(4, 5);
  CHECK(shape == Shape{1, 2, 3, 4, 5});
  shape.erase(0);
  shape.erase(3);
  CHECK(shape == Shape{2, 3, 4});
  shape.erase(1);
  CHECK(shape == Shape{2, 4});
  shape.push_back(7);
  CHECK(shape == Shape{2, 4, 7});
}

TEST_CASE("a negative extent is refused by name") {
  CHECK_THROWS_WITH_AS((Shape{2, -1}), "minigrad: Shape: extent -1 is negative, and none is inferred", ShapeError);
}

TEST_CASE("an axis of a Shape that is not there is refused, and counts from the first only") {
  Shape shape{2, 3};
  const auto refused = [](std::string axis, std::string of) {
    return "minigrad: Shape: no axis " + axis + " in " + of + ": axes are counted from 0 to rank() - 1";
  };
  CHECK_THROWS_WITH_AS(shape[2], refused("2", "[2, 3]").c_str(), IndexError);
  CHECK_THROWS_WITH_AS(shape[-1], refused("-1", "[2, 3]").c_str(), IndexError);
  CHECK_THROWS_WITH_AS(std::as_const(shape)[-1], refused("-1", "[2, 3]").c_str(), IndexError);
  CHECK_THROWS_WITH_AS(Shape{}[0], refused("0", "[]").c_str(), IndexError);
  CHECK_THROWS_WITH_AS(shape[shape.rank() - 3], refused(std::to_string(std::size_t{0} - 1), "[2, 3]").c_str(), IndexError);
  CHECK_THROWS_WITH_AS(shape.erase(2), refused("2", "[2, 3]").c_str(), IndexError);
  CHECK_THROWS_WITH_AS(shape.insert(3, 1), refused("3", "[2, 3]").c_str(), IndexError);
  CHECK(shape == Shape{2, 3});
  shape[1L] = 4;
  CHECK(shape == Shape{2, 4});
}

TEST_CASE("an Axis from a number that is an axis of no shape is refused before it is narrowed") {
  const auto refused = [](std::string number) {
    return "minigrad: Axis: " + number + " is an axis of no shape; x.rank() - 1 is the last axis of x, and an unsigned "
           "difference below 0 becomes a large number";
  };
  const Shape shape{2, 3};
  CHECK_THROWS_WITH_AS(Axis(shape.rank() - 3), refused(std::to_string(std::size_t{0} - 1)).c_str(), IndexError);
  CHECK_THROWS_WITH_AS(Axis(std::uint64_t{1} << 32), refused("4294967296").c_str(), IndexError);
  CHECK_THROWS_WITH_AS(Axis(-(std::int64_t{1} << 32)), refused("-4294967296").c_str(), IndexError);
  CHECK_THROWS_WITH_AS(Axis{(std::numeric_limits<int>::min)()}, refused("-2147483648").c_str(), IndexError);
  CHECK(Axis(short{1}).in("sum", shape) == 1);
  CHECK(Axis(shape.rank() - 1).in("sum", shape) == 1);
}

TEST_CASE("a seventh axis is refused") {
  Shape shape{1, 2, 3, 4, 5, 6};
  CHECK_THROWS_WITH_AS(shape.push_back(7), "minigrad: Shape: more than 6 axes", ShapeError);
  CHECK_THROWS_WITH_AS(shape.insert(0, 7), "minigrad: Shape: more than 6 axes", ShapeError);
  CHECK(shape == Shape{1, 2, 3, 4, 5, 6});
}

TEST_CASE("an Axis counts from the first, or from the last when negative") {
  const Shape shape{2, 3, 4};
  CHECK(Axis(0).in("sum", shape) == 0);
  CHECK(Axis(2).in("sum", shape) == 2);
  CHECK(Axis(-1).in("sum", shape) == 2);
  CHECK(Axis(-3).in("sum", shape) == 0);
  CHECK_FALSE(Axis(0).all());
  CHECK(all_axes.all());
}

TEST_CASE("an Axis that is not there is refused, with the shape and the number of its axes") {
  CHECK_THROWS_WITH_AS(Axis(2).in("sum", Shape{2, 3}),
                       "minigrad: sum: axis 2 of a tensor of shape [2, 3], which has 2 axes", IndexError);
  CHECK_THROWS_WITH_AS(Axis(-2).in("mean", Shape{5}),
                       "minigrad: mean: axis -2 of a tensor of shape [5], which has 1 axis", IndexError);
  CHECK_THROWS_WITH_AS(Axis(0).in("max", Shape{}), "minigrad: max: axis 0 of a tensor of shape [], which has 0 axes",
                       IndexError);
}

TEST_CASE("broadcasting aligns shapes at the right and stretches extents of 1") {
  const auto both = [](const Shape& a, const Shape& b, const Shape& out) {
    CHECK(broadcast_shapes("+", a, b) == out);
    CHECK(broadcast_shapes("+", b, a) == out);
  };
  both(Shape{2, 3}, Shape{2, 3}, Shape{2, 3});
  both(Shape{2, 3}, Shape{}, Shape{2, 3});
  both(Shape{2, 3}, Shape{3}, Shape{2, 3});
  both(Shape{2, 3}, Shape{2, 1}, Shape{2, 3});
  both(Shape{2, 1}, Shape{1, 3}, Shape{2, 3});
  both(Shape{4, 1, 3}, Shape{2, 1}, Shape{4, 2, 3});
  both(Shape{}, Shape{}, Shape{});
}

TEST_CASE("broadcasting against an extent of 0 gives 0 elements, and only 1 stretches to it") {
  CHECK(broadcast_shapes("+", Shape{0, 3}, Shape{1, 3}) == Shape{0, 3});
  CHECK(broadcast_shapes("+", Shape{1}, Shape{0}) == Shape{0});
  CHECK_THROWS_WITH_AS(broadcast_shapes("+", Shape{2}, Shape{0}),
                       "minigrad: +: [2] and [0]: shapes do not broadcast", ShapeError);
}

TEST_CASE("shapes that do not broadcast are refused with the op and both shapes") {
  CHECK_THROWS_WITH_AS(broadcast_shapes("*", Shape{2, 3}, Shape{2}),
                       "minigrad: *: [2, 3] and [2]: shapes do not broadcast", ShapeError);
}
