#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <limits>
#include <minigrad/tensor/print.hpp>
#include <minigrad/tensor/tensor.hpp>
#include <numeric>
#include <type_traits>
#include <utility>
#include <vector>

using namespace minigrad;

TEST_CASE_TEMPLATE("a tensor has no elements until it is given some", T, float, double, long double, int, std::int64_t,
                   bool) {
  const Tensor<T> x;
  CHECK(x.shape() == Shape{0});
  CHECK(x.rank() == 1);
  CHECK(x.size() == 0);
  CHECK(x.begin() == x.end());
  CHECK(x == Tensor<T>{});
}

TEST_CASE("numbers in braces are refused where the elements do not hold them") {
  CHECK_THROWS_WITH_AS((Tensor<std::int64_t>{1, 1.5}),
                       "minigrad: Tensor: 1.5: the elements are whole numbers from -9.22337e+18 to 9.22337e+18, as the "
                       "number must be: convert them first",
                       ValueError);
  CHECK_THROWS_AS((Tensor<std::uint8_t>{{1}, {300}}), ValueError);
  CHECK_THROWS_AS((Tensor<float>{1e39}), ValueError);
  CHECK(Tensor<std::int64_t>{1, 2.0} == Tensor<std::int64_t>{1, 2});
  CHECK(Tensor<bool>{1, 0} == Tensor<bool>{true, false});
  CHECK(Tensor<float>{INFINITY}[0] == INFINITY);
}

TEST_CASE("braces are data, and their nesting is the shape") {
  const Tensor<float> row{1, 2, 3};
  CHECK(row.shape() == Shape{3});
  CHECK(row(2) == 3);

  const Tensor<float> matrix{{1, 2, 3}, {4, 5, 6}};
  CHECK(matrix.shape() == Shape{2, 3});
  CHECK(matrix(1, 0) == 4);

  const Tensor<double> cube{{{1, 2}, {3, 4}, {5, 6}}, {{7, 8}, {9, 10}, {11, 12}}};
  CHECK(cube.shape() == Shape{2, 3, 2});
  CHECK(cube(1, 2, 1) == 12);

  const Tensor<int> deep{{{{{{1, 2}}}}}};
  CHECK(deep.shape() == Shape{1, 1, 1, 1, 1, 2});
  CHECK(deep(0, 0, 0, 0, 0, 1) == 2);
}

TEST_CASE("one number in braces is one element, and more braces are more axes") {
  CHECK(Tensor<float>{5}.shape() == Shape{1});
  CHECK(Tensor<float>{{5}}.shape() == Shape{1, 1});
  CHECK(Tensor<float>{{5}, {6}}.shape() == Shape{2, 1});
  CHECK(Tensor<float>{{5, 6}}.shape() == Shape{1, 2});
  CHECK(Tensor<float>{{{5}}}.shape() == Shape{1, 1, 1});
  CHECK(Tensor<bool>{true}.shape() == Shape{1});
  CHECK(Tensor<bool>{{true, false}}.shape() == Shape{1, 2});
}

TEST_CASE("empty braces inside braces are rows without elements") {
  CHECK(Tensor<float>{{}}.shape() == Shape{1, 0});
  CHECK(Tensor<float>{{}, {}}.shape() == Shape{2, 0});
  CHECK(Tensor<float>{{{}, {}, {}}}.shape() == Shape{1, 3, 0});
}

TEST_CASE("the numbers in braces may be of other types than the tensor's") {
  const float half = 0.5f;
  const Tensor<double> x{1, half, 2.5, 'a', std::size_t{7}, -1L};
  CHECK(x == Tensor<double>{1.0, 0.5, 2.5, 97.0, 7.0, -1.0});
  CHECK(Tensor<std::int64_t>{1, 2} == Tensor<std::int64_t>::from({2}, {1, 2}));
}

TEST_CASE("without <T> the braces' own type is taken") {
  static_assert(std::is_same_v<decltype(Tensor{1.0, 2.0}), Tensor<double>>);
  static_assert(std::is_same_v<decltype(Tensor{1.0f, 2.0f}), Tensor<float>>);
  static_assert(std::is_same_v<decltype(Tensor{{1, 2}, {3, 4}}), Tensor<int>>);
  static_assert(std::is_same_v<decltype(Tensor{{{1.0, 2.0}}, {{3.0, 4.0}}}), Tensor<double>>);
  CHECK(Tensor{{1.0, 2.0}, {3.0, 4.0}}.shape() == Shape{2, 2});
}

TEST_CASE("braces that are no array are refused") {
  CHECK_THROWS_WITH_AS((Tensor<float>{{1, 2}, {3}}),
                       "minigrad: Tensor: rows of different lengths in braces: 1 where 2 are expected", ShapeError);
  CHECK_THROWS_WITH_AS((Tensor<float>{{1}, {2, 3, 4}}),
                       "minigrad: Tensor: rows of different lengths in braces: 3 where 1 is expected", ShapeError);
  CHECK_THROWS_WITH_AS((Tensor<float>{{}, {1}}),
                       "minigrad: Tensor: rows of different lengths in braces: 1 where 0 are expected", ShapeError);
  CHECK_THROWS_WITH_AS((Tensor<float>{1, {2}}), "minigrad: Tensor: numbers and lists are mixed in braces", ShapeError);
  CHECK_THROWS_WITH_AS((Tensor<float>{{1}, 2}), "minigrad: Tensor: numbers and lists are mixed in braces", ShapeError);
  CHECK_THROWS_WITH_AS((Tensor<float>{{{1}}, {{2}, 3}}),
                       "minigrad: Tensor: rows of different lengths in braces: 2 where 1 is expected", ShapeError);
  CHECK_THROWS_WITH_AS((Tensor<int>{{{{{{{1}}}}}}}), "minigrad: Shape: more than 6 axes", ShapeError);
}

TEST_CASE("from takes a shape and values in row-major order, from whatever holds them side by side") {
  const Tensor<float> expected{{1, 2, 3}, {4, 5, 6}};
  CHECK(Tensor<float>::from({2, 3}, {1, 2, 3, 4, 5, 6}) == expected);
  const std::vector<float> vector{1, 2, 3, 4, 5, 6};
  CHECK(Tensor<float>::from({2, 3}, vector) == expected);
  const std::array<float, 6> array{1, 2, 3, 4, 5, 6};
  CHECK(Tensor<float>::from({2, 3}, array) == expected);
  CHECK(Tensor<float>::from({2, 3}, std::span(vector)) == expected);
  const float plain[] = {1, 2, 3, 4, 5, 6};
  CHECK(Tensor<float>::from({2, 3}, plain) == expected);
  CHECK(Tensor<float>::from({2, 3, 1, 1, 1, 1}, plain).rank() == 6);
  CHECK(Tensor<float>::from({}, {7}).rank() == 0);
  CHECK(Tensor<float>::from({0, 4}, {}).shape() == Shape{0, 4});
}

TEST_CASE("from refuses values that do not fill the shape") {
  CHECK_THROWS_WITH_AS(Tensor<float>::from({2, 3}, {1, 2, 3, 4, 5}),
                       "minigrad: Tensor::from: shape [2, 3] has 6 elements, but 5 values are given", ShapeError);
  CHECK_THROWS_WITH_AS(Tensor<float>::from({2}, {1}),
                       "minigrad: Tensor::from: shape [2] has 2 elements, but 1 value is given", ShapeError);
  CHECK_THROWS_WITH_AS(Tensor<float>::from({}, {}),
                       "minigrad: Tensor::from: shape [] has 1 elements, but 0 values are given", ShapeError);
}

constexpr std::size_t size_bits = 8 * sizeof(std::size_t);

TEST_CASE("a shape of more elements than memory can hold is refused, though the product of its extents wraps around") {
  const std::size_t large = std::size_t{1} << (size_bits / 2 + 1);
  const std::string n = std::to_string(large);
  const std::string why = "minigrad: Tensor: shape [" + n + ", " + n + "] has more elements than memory can hold";
  CHECK_THROWS_WITH_AS(Tensor<float>::empty({large, large}), why.c_str(), ShapeError);
  CHECK_THROWS_AS(Tensor<double>::empty({std::size_t{1} << (size_bits - 3)}), ShapeError);
  CHECK(Tensor<float>::empty({large, large, 0}).size() == 0);
}

TEST_CASE("a scalar is a tensor of rank 0 with one element") {
  const auto x = Tensor<double>::scalar(2.5);
  CHECK(x.shape() == Shape{});
  CHECK(x.rank() == 0);
  CHECK(x.size() == 1);
  CHECK(x.item() == 2.5);
  CHECK(x() == 2.5);
  CHECK(x[0] == 2.5);
}

TEST_CASE("item is the number in any tensor that holds exactly one") {
  CHECK(Tensor<float>{{{3}}}.item() == 3);
  CHECK_THROWS_WITH_AS((Tensor<float>{1, 2}.item()),
                       "minigrad: item: a tensor of shape [2] has 2 elements, and only one is a number", ShapeError);
  CHECK_THROWS_WITH_AS(Tensor<float>{}.item(),
                       "minigrad: item: a tensor of shape [0] has 0 elements, and only one is a number", ShapeError);
}

TEST_CASE("x(i, j, ...) takes one index for each axis, up to six") {
  auto x = Tensor<int>::empty({2, 3, 1, 2, 2, 3});
  std::iota(x.begin(), x.end(), 0);
  int expected = 0;
  for (int a = 0; a < 2; ++a)
    for (int b = 0; b < 3; ++b)
      for (int c = 0; c < 1; ++c)
        for (int d = 0; d < 2; ++d)
          for (int e = 0; e < 2; ++e)
            for (int f = 0; f < 3; ++f) REQUIRE(x(a, b, c, d, e, f) == expected++);
  x(1, 2, 0, 1, 1, 2) = -7;
  CHECK(x[71] == -7);
}

TEST_CASE("an index may be of any integer type") {
  const Tensor<float> x{{1, 2}, {3, 4}};
  CHECK(x(std::size_t{1}, std::int64_t{0}) == 3);
  CHECK(x(1u, short{1}) == 4);
  CHECK(x[std::int64_t{3}] == 4);
}

TEST_CASE("an index outside the shape, or too many or too few, is refused") {
  const Tensor<float> x{{1, 2, 3}, {4, 5, 6}};
  CHECK_THROWS_WITH_AS(x(2, 0), "minigrad: Tensor: element (2, 0) of a tensor of shape [2, 3]", IndexError);
  CHECK_THROWS_WITH_AS(x(0, 3), "minigrad: Tensor: element (0, 3) of a tensor of shape [2, 3]", IndexError);
  CHECK_THROWS_WITH_AS(x(0, -1), "minigrad: Tensor: element (0, -1) of a tensor of shape [2, 3]", IndexError);
  CHECK_THROWS_WITH_AS(x(0), "minigrad: Tensor: element (0) of a tensor of shape [2, 3]", IndexError);
  CHECK_THROWS_WITH_AS(x(), "minigrad: Tensor: element () of a tensor of shape [2, 3]", IndexError);
  CHECK_THROWS_WITH_AS(x(0, 0, 0), "minigrad: Tensor: element (0, 0, 0) of a tensor of shape [2, 3]", IndexError);
  CHECK_THROWS_WITH_AS(x(std::numeric_limits<std::uint64_t>::max(), 1),
                       "minigrad: Tensor: element (18446744073709551615, 1) of a tensor of shape [2, 3]", IndexError);
  CHECK_THROWS_WITH_AS(x[6], "minigrad: Tensor: element 6 of a tensor of shape [2, 3]", IndexError);
  CHECK_THROWS_WITH_AS(x[-1], "minigrad: Tensor: element -1 of a tensor of shape [2, 3]", IndexError);
  CHECK_THROWS_AS(Tensor<float>{}[0], IndexError);
  CHECK_THROWS_AS(Tensor<float>{}(0), IndexError);
}

TEST_CASE("a copy is independent of the original") {
  const Tensor<float> x{1, 2, 3};
  Tensor<float> y = x;
  y(0) = 10;
  CHECK(x == Tensor<float>{1, 2, 3});
  CHECK(y == Tensor<float>{10, 2, 3});
  y = x;
  CHECK(y == x);
  CHECK(y.data() != x.data());
}

TEST_CASE("assignment takes over the shape, and keeps the memory when the size is the same") {
  Tensor<float> x{{1, 2}, {3, 4}};
  const float* memory = x.data();
  x = Tensor<float>::from({4}, {5, 6, 7, 8}).reshape({4, 1});
  CHECK(x.shape() == Shape{4, 1});
  Tensor<float> y{{1, 2}, {3, 4}};
  memory = y.data();
  const Tensor<float> other{5, 6, 7, 8};
  y = other;
  CHECK(y == other);
  CHECK(y.data() == memory);
  y = Tensor<float>{};
  CHECK(y.size() == 0);
  y = other;
  CHECK(y == other);
}

TEST_CASE("moving hands the numbers on and leaves an empty tensor") {
  Tensor<float> x{{1, 2}, {3, 4}};
  const float* memory = x.data();
  const Tensor<float> y = std::move(x);
  CHECK(y.data() == memory);
  CHECK(y == Tensor<float>{{1, 2}, {3, 4}});
  CHECK(x.shape() == Shape{0});
  CHECK(x.size() == 0);
  x = y;
  CHECK(x == y);
  static_assert(std::is_nothrow_move_constructible_v<Tensor<float>>);
  static_assert(std::is_nothrow_move_assignable_v<Tensor<float>>);
}

TEST_CASE("a tensor may be assigned and moved to itself") {
  Tensor<float> x{1, 2, 3};
  Tensor<float>& same = x;
  x = same;
  CHECK(x == Tensor<float>{1, 2, 3});
  x = std::move(same);
  CHECK(x == Tensor<float>{1, 2, 3});
  std::swap(x, same);
  CHECK(x == Tensor<float>{1, 2, 3});
}

TEST_CASE("reshape gives the same numbers another shape of the same size") {
  const Tensor<float> x{{1, 2, 3}, {4, 5, 6}};
  CHECK(x.reshape({3, 2}) == Tensor<float>{{1, 2}, {3, 4}, {5, 6}});
  CHECK(x.reshape({6}) == Tensor<float>{1, 2, 3, 4, 5, 6});
  CHECK(x.reshape({1, 6, 1, 1, 1, 1}).rank() == 6);
  CHECK(x.shape() == Shape{2, 3});
  CHECK(Tensor<float>{7}.reshape({}).rank() == 0);
  CHECK(Tensor<float>{}.reshape({3, 0}).shape() == Shape{3, 0});
  CHECK_THROWS_WITH_AS(x.reshape({4, 2}), "minigrad: reshape: [2, 3] to [4, 2]: 6 elements do not fill 8", ShapeError);
}

TEST_CASE("reshape of a temporary does not copy") {
  Tensor<float> x{1, 2, 3, 4};
  const float* memory = x.data();
  const Tensor<float> y = std::move(x).reshape({2, 2});
  CHECK(y.data() == memory);
}

TEST_CASE("fill sets every element") {
  Tensor<int> x{{1, 2}, {3, 4}};
  x.fill(9);
  CHECK(x == Tensor<int>{{9, 9}, {9, 9}});
  Tensor<int> none;
  none.fill(1);
  CHECK(none.size() == 0);
}

TEST_CASE("to converts the numbers as static_cast does") {
  CHECK(Tensor<double>{1.9, -1.9, 0}.to<int>() == Tensor<int>{1, -1, 0});
  CHECK(Tensor<double>{0.1}.to<float>() == Tensor<float>{0.1f});
  CHECK(Tensor<int>{{2, 0}, {-1, 0}}.to<bool>() == Tensor<bool>{{true, false}, {true, false}});
  CHECK(Tensor<bool>{true, false}.to<float>() == Tensor<float>{1, 0});
  CHECK(Tensor<float>::scalar(2).to<long double>().rank() == 0);
  CHECK(Tensor<float>{{}}.to<double>().shape() == Shape{1, 0});
}

TEST_CASE("== compares shapes and numbers of whole tensors") {
  const Tensor<float> x{1, 2, 3};
  CHECK(x == x);
  CHECK(x == Tensor<float>{1, 2, 3});
  CHECK(x != Tensor<float>{1, 2, 4});
  CHECK(x != Tensor<float>{{1, 2, 3}});
  CHECK(x != Tensor<float>{1, 2});
  CHECK(Tensor<float>{{}} != Tensor<float>{});
  CHECK(Tensor<float>::scalar(1) != Tensor<float>{1});
  const Tensor<float> nan{std::numeric_limits<float>::quiet_NaN()};
  CHECK(nan != nan);
}

TEST_CASE("a tensor is a range") {
  Tensor<float> x{{1, 2}, {3, 4}};
  float total = 0;
  for (float& value : x) total += value *= 2;
  CHECK(total == 20);
  CHECK(x(1, 1) == 8);
  CHECK(std::accumulate(x.begin(), x.end(), 0.0f) == 20);
}

namespace {

/// A number type of a user's own.
struct Fixed {
  int hundredths = 0;
  friend bool operator==(Fixed, Fixed) = default;
};

}  // namespace

TEST_CASE("other trivially copyable types than the built-in numbers work as elements") {
  const Tensor<Fixed> x{{Fixed{1}, Fixed{2}}, {Fixed{3}, Fixed{4}}};
  CHECK(x.shape() == Shape{2, 2});
  CHECK((x(1, 0) == Fixed{3}));
  const Tensor<Fixed> copy = x;
  CHECK((copy == x));
}

TEST_CASE("reshape refuses a shape whose number of elements wraps around") {
  CHECK_THROWS_AS((Tensor<float>{1, 2, 3, 4}.reshape({(std::size_t{1} << (size_bits - 2)) + 1, 4})), ShapeError);
  constexpr std::size_t root = std::size_t{1} << (size_bits / 2);
  CHECK_THROWS_AS((Tensor<float>().reshape({root, root})), ShapeError);
}

TEST_CASE("numbers of several types in braces take their common type") {
  const Tensor x{1.0f, 2};
  static_assert(std::is_same_v<decltype(x), const Tensor<float>>);
  CHECK(x == Tensor<float>{1, 2});
  static_assert(std::is_same_v<decltype(Tensor{1, 2.5, 3.0f}), Tensor<double>>);
  static_assert(std::is_same_v<decltype(Tensor{1, 2}), Tensor<int>>);
}

TEST_CASE("a conversion between types of whole numbers throws for numbers that the other does not hold") {
  using I = Tensor<std::int64_t>;
  CHECK(I{-128, 127}.to<std::int8_t>() == Tensor<std::int8_t>{-128, 127});
  CHECK_THROWS_WITH_AS(I{128}.to<std::int8_t>(), "minigrad: to: 128 is out of range: whole numbers from -128 to 127 are "
                                                 "expected", ValueError);
  CHECK_THROWS_AS(I{3000000000}.to<int>(), ValueError);
  CHECK_THROWS_AS(I{-1}.to<unsigned>(), ValueError);
  CHECK_THROWS_AS(Tensor<std::uint64_t>{std::uint64_t{1} << 63}.to<std::int64_t>(), ValueError);
}
