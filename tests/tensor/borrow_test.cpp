#include <doctest/doctest.h>

#include <cstdint>
#include <minigrad/graph/backward.hpp>
#include <minigrad/ops/ops.hpp>
#include <minigrad/tensor/borrow.hpp>
#include <type_traits>
#include <utility>
#include <vector>

#include "../support/count_allocations.hpp"

using namespace minigrad;

namespace {

/// How often f() asks the system for memory, when it is called for the second time.
template <class F>
std::size_t allocations_of(const F& f) {
  f();
  const std::size_t before = support::allocations();
  f();
  return support::allocations() - before;
}

bool requires_star(auto&& x) {
  return requires { *std::forward<decltype(x)>(x); };
}

}  // namespace

TEST_CASE("a borrowed vector is a tensor in the vector's memory, and nothing is copied") {
  const std::vector<float> values{1, 2, 3, 4, 5, 6};
  float total = 0;
  CHECK(allocations_of([&] {
          const auto x = borrow(values, {2, 3});
          CHECK((*x).data() == values.data());
          CHECK(x->shape() == Shape{2, 3});
          total = sum(*x).item();
        }) == 0);
  CHECK(total == 21);
  static_assert(!std::is_invocable_v<decltype([](auto&& v) -> decltype(borrow(std::forward<decltype(v)>(v), {6})) {
                  return borrow(std::forward<decltype(v)>(v), {6});
                }),
                                     std::vector<float>>);
  CHECK_THROWS_WITH_AS(borrow(values, {2, 2}), "minigrad: borrow: shape [2, 2] has 4 elements, but the vector has 6",
                       ShapeError);
}

TEST_CASE("a graph computes on borrowed memory where it stands") {
  std::vector<float> values{1, 2, 3};
  const auto x = borrow(values.data(), {3});
  Graph<Tensor<float>> graph;
  const auto w = graph.variable({1, 1, 1});
  const auto v = graph.borrow(*x);
  CHECK(v.value().data() == values.data());
  backward(sum(w * v));
  CHECK(w.grad() == Tensor<float>{1, 2, 3});
}

TEST_CASE("an image with padding behind its rows is borrowed row by row, or copied without the padding") {
  std::vector<std::uint8_t> image{1, 2, 3, 4, 99, 99, 5, 6, 7, 8, 99, 99};  // 2 rows of 2 pixels of 2 channels
  const auto x = borrow(image.data(), {2, 2, 2}, {6, 2, 1});
  CHECK(allocations_of([&] {
          const auto row = x[1];
          CHECK((*row).data() == image.data() + 6);
          CHECK(*row == *borrow(image.data() + 6, {2, 2}));
        }) == 0);
  CHECK(x.copy() == Tensor<std::uint8_t>{{{1, 2}, {3, 4}}, {{5, 6}, {7, 8}}});
  CHECK_THROWS_WITH_AS(
      *x, "minigrad: borrow: numbers of shape [2, 2, 2] with gaps are no tensor: take copy(), or one row by [i]",
      ValueError);
  x.assign(Tensor<std::uint8_t>{{{0, 0}, {0, 0}}, {{9, 9}, {9, 9}}});
  CHECK(image == std::vector<std::uint8_t>{0, 0, 0, 0, 99, 99, 9, 9, 9, 9, 99, 99});
  CHECK_THROWS_WITH_AS(x.assign(Tensor<std::uint8_t>{1}), "minigrad: borrow: [1] and [2, 2, 2]: assign() takes the same shape",
                       ShapeError);
  CHECK_THROWS_WITH_AS(x[2], "minigrad: borrow: place 2 of the first axis of shape [2, 2, 2]", IndexError);
  CHECK_THROWS_WITH_AS(borrow(image.data(), {2, 2}, {6}), "minigrad: borrow: 1 strides for shape [2, 2]: one for each axis",
                       ShapeError);
}

TEST_CASE("numbers that lie column after column are borrowed turned, and copied straight") {
  const double columns[] = {1, 4, 2, 5, 3, 6};  // [2, 3]
  CHECK(borrow(columns, {2, 3}, {1, 2}).copy() == Tensor<double>{{1, 2, 3}, {4, 5, 6}});
  CHECK(*borrow(columns, {3, 2}) == Tensor<double>{{1, 4}, {2, 5}, {3, 6}});
  CHECK(borrow(columns + 5, {6}, {-1}).copy() == Tensor<double>{6, 3, 5, 2, 4, 1});
  CHECK((*borrow(columns, {1, 3, 2}, {77, 2, 1})).shape() == Shape{1, 3, 2});  // one element has no steps
}

TEST_CASE("an adopted vector is a tensor in the vector's memory, and is given back as it was") {
  std::vector<float> values{1, 2, 3, 4};
  const float* const data = values.data();
  const std::size_t before = support::allocations();
  auto x = adopt(std::move(values), {2, 2});
  CHECK((*x).data() == data);
  auto moved = std::move(x);
  CHECK((*moved).data() == data);
  CHECK((*x).size() == 0);
  moved.data()[3] = 7;
  CHECK((*moved)(1, 1) == 7);
  const std::vector<float> back = moved.release();
  CHECK(back.data() == data);
  CHECK(support::allocations() == before);
  CHECK_THROWS_WITH_AS(adopt(std::vector<float>{1, 2}, {3}), "minigrad: adopt: shape [3] has 3 elements, but the vector has 2",
                       ShapeError);
}

TEST_CASE("the tensor of a temporary cannot be borrowed by a graph, and an adopted one must have a name") {
  const auto can_borrow = [](auto& graph, auto&& x) { return requires { graph.borrow(*std::forward<decltype(x)>(x)); }; };
  std::vector<float> values{1, 2, 3};
  Graph<Tensor<float>> graph;
  auto named = borrow(values, {3});
  CHECK(can_borrow(graph, named));
  CHECK(!can_borrow(graph, borrow(values, {3})));
  CHECK(!can_borrow(graph, borrow(values, {1, 3})[0]));
  auto owner = adopt(std::vector<float>{1, 2}, {2});
  CHECK(can_borrow(graph, owner));
  CHECK(!can_borrow(graph, adopt(std::vector<float>{1, 2}, {2})));
  CHECK(!requires_star(adopt(std::vector<float>{1, 2}, {2})));
  CHECK(sum(*borrow(values, {1, 3})[0]).item() == 6);  // within a statement it is there
  CHECK(*borrow(values, {3}) + *borrow(values, {3}) == Tensor<float>{2, 4, 6});
  CHECK(exp(*borrow(values, {3})).size() == 3);
  const Tensor<float> copy = *borrow(values, {3});
  CHECK(copy.data() != values.data());
  CHECK(values == std::vector<float>{1, 2, 3});
}

TEST_CASE("a null pointer to elements and a vector that is released twice are errors") {
  CHECK_THROWS_WITH_AS(borrow(static_cast<float*>(nullptr), {2, 3}),
                       "minigrad: borrow: a null pointer to the 6 elements of shape [2, 3]", ValueError);
  CHECK((*borrow(static_cast<float*>(nullptr), {0, 3})).size() == 0);
  auto x = adopt(std::vector<float>{1, 2}, {2});
  auto y = std::move(x);
  CHECK_THROWS_WITH_AS(x.release(), "minigrad: adopt: the vector is already released", ValueError);
  CHECK(y.release().size() == 2);
  CHECK_THROWS_WITH_AS(y.release(), "minigrad: adopt: the vector is already released", ValueError);
}

TEST_CASE("a copy of a borrowed tensor has memory of its own") {
  std::vector<float> values{1, 2};
  Tensor<float> copy;
  {
    const auto x = borrow(values.data(), {2});
    copy = *x;
  }
  values[0] = 9;
  CHECK(copy == Tensor<float>{1, 2});
}
