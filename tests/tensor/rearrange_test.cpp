#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <minigrad/tensor/create.hpp>
#include <minigrad/tensor/print.hpp>
#include <minigrad/tensor/rearrange.hpp>
#include <minigrad/tensor/reduce.hpp>
#include <string>
#include <utility>
#include <vector>

#include "../support/random_tensors.hpp"

using namespace minigrad;
using support::index_of;
using support::position_of;
using support::random_shape;
using support::random_tensor;

namespace {

using Indices = Tensor<std::int64_t>;

const Tensor<float> x23{{1, 2, 3}, {4, 5, 6}};

}  // namespace

TEST_CASE("reshape keeps the numbers and their order") {
  CHECK(reshape(x23, {3, 2}) == Tensor<float>{{1, 2}, {3, 4}, {5, 6}});
  CHECK(reshape(x23, {1, 3, 2}).shape() == Shape{1, 3, 2});
  CHECK(reshape(Tensor<float>{5}, {}) == Tensor<float>::scalar(5));
  CHECK_THROWS_WITH_AS(reshape(x23, {5}), "minigrad: reshape: [2, 3] to [5]: 6 elements do not fill 5", ShapeError);
  Tensor<float> temporary = x23;
  const float* memory = temporary.data();
  CHECK(reshape(std::move(temporary), {6}).data() == memory);
}

TEST_CASE("reshape infers one extent, which is -1") {
  CHECK(reshape(x23, {-1, 2}) == Tensor<float>{{1, 2}, {3, 4}, {5, 6}});
  CHECK(reshape(x23, -1) == Tensor<float>{1, 2, 3, 4, 5, 6});
  CHECK(x23.reshape({3, -1, 1}).shape() == Shape{3, 2, 1});
  CHECK(x23.reshape({-1, x23.size()}).shape() == Shape{1, 6});
  CHECK(Tensor<float>::scalar(5).reshape({-1}) == Tensor<float>{5});
  const auto nothing = Tensor<float>::empty({0, 8});
  CHECK(nothing.reshape({-1, 8}).shape() == Shape{0, 8});
  CHECK(nothing.reshape({2, -1}).shape() == Shape{2, 0});
}

TEST_CASE("reshape refuses a -1 that cannot be inferred, as PyTorch does") {
  CHECK_THROWS_WITH_AS(reshape(x23, {-1, -1}), "minigrad: reshape: [2, 3] to [-1, -1]: only one extent may be -1",
                       ShapeError);
  CHECK_THROWS_WITH_AS(reshape(x23, {-1, 4}),
                       "minigrad: reshape: [2, 3] to [-1, 4]: 6 elements are no multiple of 4", ShapeError);
  CHECK_THROWS_WITH_AS(reshape(x23, {-1, 0}),
                       "minigrad: reshape: [2, 3] to [-1, 0]: 6 elements are no multiple of 0", ShapeError);
  CHECK_THROWS_WITH_AS(reshape(Tensor<float>::empty({0, 3}), {0, -1}),
                       "minigrad: reshape: [0, 3] to [0, -1]: any extent in place of -1 would do: write it out",
                       ShapeError);
  CHECK_THROWS_WITH_AS(reshape(x23, {-2, 3}), "minigrad: reshape: extent -2 is negative, and only -1 is inferred",
                       ShapeError);
}

TEST_CASE("flatten makes one axis of several") {
  const auto cube = arange(24).reshape({2, 3, 4});
  CHECK(flatten(cube) == arange(24));
  CHECK(flatten(cube, 1) == arange(24).reshape({2, 12}));
  CHECK(flatten(cube, 0, 1).shape() == Shape{6, 4});
  CHECK(flatten(cube, -2, -1).shape() == Shape{2, 12});
  CHECK(flatten(cube, 1, 1) == cube);
  CHECK(flatten(Tensor<float>::scalar(5)) == Tensor<float>{5});
  CHECK(flatten(Tensor<float>::empty({0, 3, 4}), 1).shape() == Shape{0, 12});
  CHECK(flatten(Tensor<float>::empty({2, 0, 4}), 1).shape() == Shape{2, 0});
  CHECK_THROWS_WITH_AS(flatten(cube, 2, 1), "minigrad: flatten: [2, 3, 4]: start_dim 2 comes after end_dim 1",
                       ShapeError);
  CHECK_THROWS_WITH_AS(flatten(cube, 3), "minigrad: flatten: axis 3 of a tensor of shape [2, 3, 4], which has 3 axes",
                       IndexError);
}

TEST_CASE("transpose exchanges the last two axes, or any two") {
  CHECK(transpose(x23) == Tensor<float>{{1, 4}, {2, 5}, {3, 6}});
  const auto cube = arange(24).reshape({2, 3, 4});
  CHECK(transpose(cube).shape() == Shape{2, 4, 3});
  CHECK(transpose(cube)(1, 3, 2) == cube(1, 2, 3));
  CHECK(transpose(cube, 0, 2).shape() == Shape{4, 3, 2});
  CHECK(transpose(cube, 0, 2)(3, 1, 1) == cube(1, 1, 3));
  CHECK(transpose(cube, 2, 0) == transpose(cube, 0, 2));
  CHECK(transpose(cube, 1, 1) == cube);
  CHECK(transpose(zeros({0, 3})).shape() == Shape{3, 0});
  CHECK(transpose(transpose(x23)) == x23);
}

TEST_CASE("transpose refuses axes that are not there") {
  CHECK_THROWS_WITH_AS(transpose(Tensor<float>{1, 2}),
                       "minigrad: transpose: axis -2 of a tensor of shape [2], which has 1 axis", IndexError);
  CHECK_THROWS_WITH_AS(transpose(x23, 0, 2),
                       "minigrad: transpose: axis 2 of a tensor of shape [2, 3], which has 2 axes", IndexError);
}

TEST_CASE("transpose agrees with index arithmetic on random shapes and axes") {
  Rng rng(1);
  for (int round = 0; round < 200; ++round) {
    const auto x = random_tensor<float>(random_shape(rng, round % 4 == 0 ? 6 : 4, 8000), rng);
    if (x.rank() == 0) continue;
    const std::size_t a = rng.integer(x.rank()), b = rng.integer(x.rank());
    const auto y = transpose(x, static_cast<int>(a), static_cast<int>(b) - static_cast<int>(x.rank()));
    bool right = y.size() == x.size();
    for (std::size_t i = 0; i < x.size(); ++i) {
      auto index = index_of(i, x.shape());
      std::swap(index[a], index[b]);
      right = right && y.data()[position_of(index, y.shape())] == x.data()[i];
    }
    REQUIRE(right);
  }
}

TEST_CASE("slice cuts out rows, or places along any axis") {
  CHECK(slice(x23, 1, 2) == Tensor<float>{{4, 5, 6}});
  CHECK(slice(x23, 0, 2) == x23);
  CHECK(slice(x23, 1, 3, 1) == Tensor<float>{{2, 3}, {5, 6}});
  CHECK(slice(x23, 0, 1, -1) == Tensor<float>{{1}, {4}});
  CHECK(slice(x23, 1, 1).shape() == Shape{0, 3});
  CHECK(slice(x23, 2, 2).shape() == Shape{0, 3});
  CHECK(slice(Tensor<float>{}, 0, 0).shape() == Shape{0});
}

TEST_CASE("slice refuses places outside the axis") {
  CHECK_THROWS_WITH_AS(slice(x23, 1, 3), "minigrad: slice: 1 to 3 along axis 0 of a tensor of shape [2, 3]",
                       IndexError);
  CHECK_THROWS_WITH_AS(slice(x23, 2, 1, 1), "minigrad: slice: 2 to 1 along axis 1 of a tensor of shape [2, 3]",
                       IndexError);
  CHECK_THROWS_WITH_AS(slice(Tensor<float>::scalar(1), 0, 1),
                       "minigrad: slice: axis 0 of a tensor of shape [], which has 0 axes", IndexError);
}

TEST_CASE("unslice puts a slice back among zeros") {
  CHECK(unslice(Tensor<float>{{4, 5, 6}}, {2, 3}, 1) == Tensor<float>{{0, 0, 0}, {4, 5, 6}});
  CHECK(unslice(Tensor<float>{{1}, {4}}, {2, 3}, 2, 1) == Tensor<float>{{0, 0, 1}, {0, 0, 4}});
  CHECK(unslice(zeros({0, 3}), {2, 3}, 2) == zeros({2, 3}));
  CHECK(unslice(x23, {2, 3}, 0) == x23);
}

TEST_CASE("unslice refuses what does not fit") {
  CHECK_THROWS_WITH_AS(unslice(x23, {2, 3}, 1), "minigrad: unslice: [2, 3] does not fit into [2, 3] at 1 along axis 0",
                       ShapeError);
  CHECK_THROWS_WITH_AS(unslice(x23, {4, 4}, 0), "minigrad: unslice: [2, 3] does not fit into [4, 4] at 0 along axis 0",
                       ShapeError);
  CHECK_THROWS_WITH_AS(unslice(Tensor<float>{1}, {2, 3}, 0),
                       "minigrad: unslice: [1] does not fit into [2, 3] at 0 along axis 0", ShapeError);
  CHECK_THROWS_AS(unslice(zeros({0, 3}), {2, 3}, 3), ShapeError);
}

TEST_CASE("cut anywhere, unslice and concatenate put the pieces together again") {
  Rng rng(2);
  for (int round = 0; round < 200; ++round) {
    const auto x = random_tensor<float>(random_shape(rng), rng);
    if (x.rank() == 0) continue;
    const std::size_t k = rng.integer(x.rank()), extent = x.shape()[k], cut = rng.integer(extent + 1);
    const int axis = static_cast<int>(k);
    const auto left = slice(x, 0, cut, axis), right = slice(x, cut, extent, axis);
    REQUIRE(concatenate({left, right}, axis) == x);
    const auto a = unslice(left, x.shape(), 0, axis), b = unslice(right, x.shape(), cut, axis);
    bool same = true;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const bool is_left = index_of(i, x.shape())[k] < cut;
      same = same && a.data()[i] == (is_left ? x.data()[i] : 0) && b.data()[i] == (is_left ? 0 : x.data()[i]);
    }
    REQUIRE(same);
  }
}

TEST_CASE("concatenate puts tensors one after another along an axis") {
  const Tensor<float> row{{7, 8, 9}};
  CHECK(concatenate({x23, row}) == Tensor<float>{{1, 2, 3}, {4, 5, 6}, {7, 8, 9}});
  CHECK(concatenate({x23, x23}, 1) == Tensor<float>{{1, 2, 3, 1, 2, 3}, {4, 5, 6, 4, 5, 6}});
  CHECK(concatenate({x23, Tensor<float>{{10}, {20}}}, -1) == Tensor<float>{{1, 2, 3, 10}, {4, 5, 6, 20}});
  CHECK(concatenate(std::vector{row, row, row}).shape() == Shape{3, 3});
  CHECK(concatenate({x23}) == x23);
  CHECK(concatenate({zeros({0, 3}), x23, zeros({0, 3})}) == x23);
  CHECK(concatenate({Tensor<int>{1, 2}, Tensor<int>{3}}) == Tensor<int>{1, 2, 3});
}

TEST_CASE("concatenate refuses nothing, numbers, and tensors that differ along another axis") {
  CHECK_THROWS_WITH_AS(concatenate(std::vector<Tensor<float>>{}), "minigrad: concatenate: nothing to put together",
                       ValueError);
  CHECK_THROWS_WITH_AS(concatenate({x23, zeros({2, 2})}),
                       "minigrad: concatenate: [2, 3] and [2, 2]: extents differ along another axis", ShapeError);
  CHECK_THROWS_WITH_AS(concatenate({x23, zeros({3})}),
                       "minigrad: concatenate: [2, 3] and [3]: extents differ along another axis", ShapeError);
  CHECK_THROWS_WITH_AS(concatenate({Tensor<float>::scalar(1), Tensor<float>::scalar(2)}),
                       "minigrad: concatenate: axis 0 of a tensor of shape [], which has 0 axes", IndexError);
}

TEST_CASE("index_select picks rows, in any order and more than once") {
  CHECK(index_select(x23, Indices{1, 0, 1}) == Tensor<float>{{4, 5, 6}, {1, 2, 3}, {4, 5, 6}});
  CHECK(index_select(Tensor<float>{10, 20, 30}, Indices{2, 2}) == Tensor<float>{30, 30});
  CHECK(index_select(x23, Indices{}).shape() == Shape{0, 3});
  CHECK(index_select(zeros({0, 3}), Indices{}).shape() == Shape{0, 3});
  CHECK(index_select(zeros({2, 0}), Indices{1}).shape() == Shape{1, 0});
  CHECK(index_select(arange(8).reshape({2, 2, 2}), Indices{1}) == Tensor<float>{{{4, 5}, {6, 7}}});
}

TEST_CASE("index_select refuses rows that are not there") {
  CHECK_THROWS_WITH_AS(index_select(x23, Indices{0, 2}), "minigrad: index_select: row 2 of a tensor of shape [2, 3]",
                       IndexError);
  CHECK_THROWS_WITH_AS(index_select(x23, Indices{-1}), "minigrad: index_select: row -1 of a tensor of shape [2, 3]",
                       IndexError);
  CHECK_THROWS_WITH_AS(index_select(zeros({0, 3}), Indices{0}),
                       "minigrad: index_select: row 0 of a tensor of shape [0, 3]", IndexError);
  CHECK_THROWS_WITH_AS(index_select(Tensor<float>::scalar(1), Indices{0}), "minigrad: index_select: a number has no rows",
                       ShapeError);
  CHECK_THROWS_WITH_AS(index_select(x23, Indices{3}, 1),
                       "minigrad: index_select: index 3 along axis 1 of a tensor of shape [2, 3]", IndexError);
}

TEST_CASE("the axes of indices take the place of the axis from which they pick, and index_add undoes it") {
  CHECK(index_select(x23, Indices{2, 0}, 1) == Tensor<float>{{3, 1}, {6, 4}});
  CHECK(index_select(x23, Indices{{0}, {1}}) == Tensor<float>{{{1, 2, 3}}, {{4, 5, 6}}});
  CHECK(index_select(x23, Indices{{0, 2}, {1, 1}}, -1).shape() == Shape{2, 2, 2});
  CHECK(index_select(x23, Indices::scalar(1), 1) == Tensor<float>{2, 5});
  CHECK(index_add(Tensor<float>{{3, 1}, {6, 4}}, Indices{2, 0}, 3, 1) == Tensor<float>{{1, 0, 3}, {4, 0, 6}});
  CHECK(index_add(Tensor<float>{{{1, 2}}, {{3, 4}}}, Indices{{0}, {0}}, 2) == Tensor<float>{{4, 6}, {0, 0}});
  CHECK(index_add(Tensor<float>{2, 5}, Indices::scalar(1), 3, 1) == Tensor<float>{{0, 2, 0}, {0, 5, 0}});
  CHECK_THROWS_WITH_AS(index_add(zeros({2, 2}), Indices{{0}, {1}}, 2),
                       "minigrad: index_add: [2, 2] and [2, 1]: one index for each row is expected", ShapeError);
}

TEST_CASE("index_add adds rows up where they came from") {
  CHECK(index_add(Tensor<float>{{1, 2}, {3, 4}, {5, 6}}, Indices{2, 0, 2}, 3) ==
        Tensor<float>{{3, 4}, {0, 0}, {6, 8}});
  CHECK(index_add(zeros({0, 3}), Indices{}, 2) == zeros({2, 3}));
  CHECK(index_add(zeros({1, 0}), Indices{1}, 2).shape() == Shape{2, 0});
}

TEST_CASE("index_add refuses rows outside its result, and a number of indices that is not that of the rows") {
  CHECK_THROWS_WITH_AS(index_add(x23, Indices{0, 3}, 3), "minigrad: index_add: row 3 of a tensor of shape [3, 3]",
                       IndexError);
  CHECK_THROWS_WITH_AS(index_add(x23, Indices{0, -1}, 3),
                       "minigrad: index_add: row -1 of a tensor of shape [3, 3]", IndexError);
  CHECK_THROWS_WITH_AS(index_add(x23, Indices{0}, 3),
                       "minigrad: index_add: [2, 3] and [1]: one index for each row is expected", ShapeError);
  CHECK_THROWS_WITH_AS(index_add(Tensor<float>::scalar(1), Indices{0}, 3),
                       "minigrad: index_add: a number has no rows", ShapeError);
}

TEST_CASE("index_add is index_select transposed") {
  Rng rng(3);
  for (int round = 0; round < 100; ++round) {
    const std::size_t rows = 1 + rng.integer(40), width = rng.integer(40), n = rng.integer(60);
    const auto x = random_tensor<float>({rows, width}, rng), g = random_tensor<float>({n, width}, rng);
    auto indices = Indices::empty({n});
    for (auto& i : indices) i = static_cast<std::int64_t>(rng.integer(rows));
    const auto picked = index_select(x, indices), back = index_add(g, indices, rows);
    float forth = 0, and_back = 0;
    for (std::size_t i = 0; i < g.size(); ++i) forth += picked[i] * g[i];
    for (std::size_t i = 0; i < x.size(); ++i) and_back += x[i] * back[i];
    REQUIRE(forth == and_back);
  }
}

TEST_CASE("index_add adds at most 256 rows one after another, and then begins a new sum") {
  Rng rng(4);
  for (const std::size_t width : {0u, 2u, 5u, 16u, 37u, 70u})
    for (const std::size_t n : {255u, 256u, 257u, 1000u, 70'000u}) {
      const std::size_t rows = 1 + rng.integer(3);
      if (n > 1000 && (width > 5 || rows > 1)) continue;
      const auto x = uniform({n, width}, 0, 1, rng);
      auto indices = Indices::empty({n});
      for (auto& i : indices) i = static_cast<std::int64_t>(rng.integer(rows));
      std::vector<std::vector<float>> right(rows * width);  // of each sum: running sums, each of 256 of those below
      std::vector<std::vector<int>> count(rows * width);
      for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < width; ++j) {
          const std::size_t at = static_cast<std::size_t>(indices[i]) * width + j;
          float part = x(i, j);
          for (std::size_t level = 0;; ++level) {
            if (level == right[at].size()) right[at].push_back(0), count[at].push_back(0);
            right[at][level] += part;
            if (++count[at][level] < 256) break;
            part = std::exchange(right[at][level], 0.0f);
            count[at][level] = 0;
          }
        }
      const auto y = index_add(x, indices, rows);
      for (std::size_t at = 0; at < y.size(); ++at) {
        double all = 0;
        for (const float level : right[at]) all += static_cast<double>(level);
        REQUIRE(static_cast<double>(y[at]) == doctest::Approx(all).epsilon(n > 256 ? 3e-7 : 1e-12));
      }
    }
}

TEST_CASE("single numbers keep their digits, whether they are added at few rows, at many, or at few of many") {
  const auto check = []<class T>(const Tensor<T>& x, std::size_t rows, std::size_t used, double digits) {
    const std::size_t n = x.size();
    Rng rng(8);
    auto indices = Indices::empty({n});
    std::vector<long double> right(rows);
    for (std::size_t i = 0; i < n; ++i) {
      const std::size_t at = rng.integer(used) * (rows / used);
      indices[i] = static_cast<std::int64_t>(at);
      right[at] += static_cast<long double>(x[i]);
    }
    CAPTURE(rows);
    CAPTURE(used);
    const auto y = index_add(x, indices, rows);
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < rows; ++i)
      wrong += !(std::fabs(static_cast<double>(y[i] - right[i])) <= digits * static_cast<double>(right[i]));
    CHECK(wrong == 0);
    for (const std::int64_t row : {std::int64_t{-1}, static_cast<std::int64_t>(rows)})
      for (const std::size_t place : {std::size_t{0}, n / 2, n - 1}) {
        auto bad = indices;
        bad[place] = row;
        CHECK_THROWS_WITH_AS(index_add(x, bad, rows),
                             ("minigrad: index_add: row " + std::to_string(row) + " of a tensor of shape [" +
                              std::to_string(rows) + "]").c_str(),
                             IndexError);
      }
  };
  Rng rng(9);
  const std::size_t n = 200'000;
  const auto x = uniform({n}, 0, 1, rng);
  for (const std::size_t rows : {1u, 3u, 2000u, 49'999u, 50'001u, 1'000'000u})
    for (const std::size_t used : {1u, 20u, 1000u, 40'000u})
      if (used <= rows) {
        check(x, rows, used, 1e-6);
        check(x.to<double>(), rows, used, 2e-15);
      }
  check(uniform({700}, 0, 1, rng), 5, 5, 6e-8);
  check(uniform({257}, 0, 1, rng), 1, 1, 6e-8);
}

TEST_CASE("10^7 numbers that are added at few rows keep their digits, and whole numbers are exact") {
  const std::size_t n = 10'000'000;
  auto x = Tensor<float>::empty({n});
  auto indices = Indices::empty({n}), whole = Indices::empty({n});
  double right[3] = {};
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t row = i % 7 % 3;
    x.data()[i] = 0.1f + static_cast<float>(i % 11);
    right[row] += static_cast<double>(x.data()[i]);
    indices.data()[i] = static_cast<std::int64_t>(row);
    whole.data()[i] = 3;
  }
  const auto y = index_add(x, indices, 3);  // one after the other wrong by 2.6 %
  for (std::size_t row = 0; row < 3; ++row)
    CHECK(static_cast<double>(y[row]) == doctest::Approx(right[row]).epsilon(1e-5));
  CHECK(sum(index_add(whole, indices, 3)).item() == 30'000'000);
}

TEST_CASE("one_hot writes a 1 at each label") {
  CHECK(one_hot(Indices{2, 0}, 3) == Tensor<float>{{0, 0, 1}, {1, 0, 0}});
  CHECK(one_hot<double>(Indices{{0}, {1}}, 2) == Tensor<double>{{{1, 0}}, {{0, 1}}});
  CHECK(one_hot(Indices::scalar(1), 2) == Tensor<float>{0, 1});
  CHECK(one_hot(Indices{}, 3).shape() == Shape{0, 3});
  CHECK_THROWS_WITH_AS(one_hot(Indices{3}, 3), "minigrad: one_hot: label 3 with 3 classes: labels count from 0",
                       IndexError);
  CHECK_THROWS_WITH_AS(one_hot(Indices{-1}, 3), "minigrad: one_hot: label -1 with 3 classes: labels count from 0",
                       IndexError);
}

TEST_CASE("masks and whole numbers are moved like others") {
  const Tensor<bool> mask{{true, false}, {false, false}};
  CHECK(transpose(slice(mask, 0, 1)) == Tensor<bool>{{true}, {false}});
  CHECK(concatenate({mask, mask}, 1).shape() == Shape{2, 4});
  CHECK(index_select(mask, Indices{1}) == Tensor<bool>{{false, false}});
}
