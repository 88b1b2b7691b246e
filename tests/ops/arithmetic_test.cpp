#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <minigrad/diff/grad.hpp>
#include <minigrad/graph/capture.hpp>
#include <minigrad/ops/ops.hpp>
#include <minigrad/tensor/print.hpp>
#include <type_traits>

#include "../support/values.hpp"

using namespace minigrad;
using support::check_values;
using support::everywhere;
using support::inf;
using support::NaN;

TEST_CASE("neg and clamp have the values of their formulas") {
  check_values("neg", [](const auto& x) { return neg(x); }, [](auto x) { return -x; }, everywhere);
  check_values("clamp", [](const auto& x) { return clamp(x, -1, 2); },
               [](auto x) { return x < -1 ? -1 : x > 2 ? 2 : x; }, everywhere);
}

TEST_CASE("maximum and minimum choose, and do not lose a NaN") {
  CHECK(maximum(2.0, 3.0) == 3);
  CHECK(minimum(2.0, 3.0) == 2);
  CHECK(maximum(-inf, 3.0) == 3);
  CHECK(std::isnan(maximum(NaN, 3.0)));
  CHECK(std::isnan(maximum(3.0, NaN)));
  CHECK(std::isnan(minimum(NaN, 3.0)));
  CHECK(std::isnan(minimum(3.0, NaN)));
  CHECK(maximum(Tensor<float>{-1, 2}, 0) == Tensor<float>{0, 2});
  CHECK(minimum(0, Tensor<float>{-1, 2}) == Tensor<float>{-1, 0});
}

TEST_CASE("comparisons give masks, whatever they compare") {
  Graph<Tensor<double>> graph;
  const Tensor<double> x{1, 2, NaN};
  const auto v = graph.variable(x);
  CHECK(equal(x, 2) == Tensor<bool>{false, true, false});
  CHECK(not_equal(x, 2) == Tensor<bool>{true, false, true});
  CHECK(less(x, 2) == Tensor<bool>{true, false, false});
  CHECK(less_equal(x, 2) == Tensor<bool>{true, true, false});
  CHECK(greater(x, 1) == Tensor<bool>{false, true, false});
  CHECK(greater_equal(x, 1) == Tensor<bool>{true, true, false});
  CHECK(less(v, 2) == Tensor<bool>{true, false, false});
  CHECK(less(1, v) == Tensor<bool>{false, true, false});
  CHECK(less(v, x) == Tensor<bool>{false, false, false});
  CHECK(equal(Parameter<Tensor<double>>(x), v) == Tensor<bool>{true, true, false});
  CHECK(less(x, Tensor<double>{{0}, {3}}) == Tensor<bool>{{false, false, false}, {true, true, false}});
  Graph<float> numbers;
  static_assert(std::is_same_v<decltype(less(numbers.input(1), 2)), MaskVar<float>>);
  CHECK(less(numbers.input(1), 2));
  CHECK(less(1, 1.5));
  CHECK(!less(1.5f, 1));
}

TEST_CASE("logical_and, logical_or and logical_not make masks of masks, and of numbers that are 0 or not") {
  const Tensor<double> x{1, 2, 3, NaN};
  CHECK(logical_and(greater(x, 1), less(x, 3)) == Tensor<bool>{false, true, false, false});
  CHECK(logical_or(less(x, 2), greater(x, 2)) == Tensor<bool>{true, false, true, false});
  CHECK(logical_not(less(x, 2)) == Tensor<bool>{false, true, true, true});
  CHECK(logical_and(Tensor<double>{0, -0.0, 0.5, NaN}, true) == Tensor<bool>{false, false, true, true});
  CHECK(logical_or(Tensor<std::int64_t>{0, 2}, Tensor<bool>{{false}, {true}}) == Tensor<bool>{{false, true}, {true, true}});
  CHECK(logical_not(Tensor<std::int64_t>{0, 2}) == Tensor<bool>{true, false});
  CHECK(logical_and(true, 2));
  CHECK(!logical_or(0.0, false));
  CHECK(!logical_not(3));
  CHECK_THROWS_WITH_AS(logical_and(less(x, 2), Tensor<bool>{true, false}),
                       "minigrad: logical_and: [4] and [2]: shapes do not broadcast", ShapeError);
}

TEST_CASE("logical ops of handles are handles, which a captured step computes again") {
  const auto between = [](const auto& x, const auto& a, const auto& b) {
    return logical_and(logical_not(less(x, a)), logical_or(less(x, b), equal(x, 9)));
  };
  auto step = capture(
      [&](const auto& x) {
        const auto mask = between(x, 1, 3);
        static_assert(std::is_same_v<std::remove_const_t<decltype(mask)>, MaskVar<Tensor<double>>>);
        return sum(where(mask, x, 0));
      },
      Tensor<double>{0, 1, 2, 3});
  CHECK(step.value() == Tensor<double>::scalar(3));
  CHECK(step(Tensor<double>{9, 5, 2, -1}) == Tensor<double>::scalar(11));
  Graph<Tensor<double>> graph;
  const auto x = graph.variable({0, 1, 2, 3});
  backward(sum(where(between(x, 1, 3), square(x), x)));
  CHECK(x.grad() == Tensor<double>{1, 2, 4, 1});
  CHECK(logical_and(less(x, 2), Tensor<bool>{true, false, true, true}) == Tensor<bool>{true, false, false, false});
  Graph<double> numbers;
  const auto y = numbers.variable(2);
  CHECK(between(y, 1, 3));
  CHECK(!between(y, 3, 4));
}

TEST_CASE("where takes masks and bools, and numbers, tensors and Vars") {
  Graph<Tensor<double>> graph;
  const Tensor<bool> mask{true, false};
  const Tensor<double> x{1, 2};
  const auto v = graph.variable(x);
  CHECK(where(mask, x, 0) == Tensor<double>{1, 0});
  CHECK(where(mask, 0, x) == Tensor<double>{0, 2});
  CHECK(where(mask, v, -x).value() == Tensor<double>{1, -2});
  CHECK(where(mask, 7, v).value() == Tensor<double>{7, 2});
  CHECK(where(true, v, 0).value() == x);
  CHECK(where(Tensor<bool>{{true}, {false}}, x, 0) == Tensor<double>{{1, 2}, {0, 0}});
  CHECK(where(true, 1.5, 2) == 1.5);
  CHECK(where(mask, true, false) == mask);
  static_assert(std::is_same_v<decltype(where(mask, 1.5, 0)), Tensor<double>>);
  CHECK(where(mask, 1.5, 0) == Tensor<double>{1.5, 0});
  Graph<double> numbers;
  CHECK(where(false, numbers.variable(1), 4).value() == 4);
}

TEST_CASE("a mask among the operands counts as 0 and 1") {
  const Tensor<bool> mask{true, false};
  CHECK(Tensor<float>{3, 4} * mask == Tensor<float>{3, 0});
  CHECK(mask * 2.5 == Tensor<double>{2.5, 0});
  CHECK(1 - mask == Tensor<int>{0, 1});
  Graph<Tensor<double>> graph;
  const auto x = graph.variable({3, 4});
  backward(sum(x * mask));
  CHECK(x.grad() == Tensor<double>{1, 0});
}

TEST_CASE("values stretch as in NumPy, and shapes that do not fit are named with the op") {
  Graph<Tensor<double>> graph;
  const auto x = graph.variable({{1, 2, 3}, {4, 5, 6}}), pair = graph.variable({1, 2});
  CHECK((x + Tensor<double>{{10}, {20}}).value() == Tensor<double>{{11, 12, 13}, {24, 25, 26}});
  CHECK_THROWS_WITH_AS(x + pair, "minigrad: add: [2, 3] and [2]: shapes do not broadcast", ShapeError);
  CHECK_THROWS_WITH_AS(pair - x, "minigrad: sub: [2] and [2, 3]: shapes do not broadcast", ShapeError);
  CHECK_THROWS_WITH_AS(x * pair, "minigrad: mul: [2, 3] and [2]: shapes do not broadcast", ShapeError);
  CHECK_THROWS_WITH_AS(x / pair, "minigrad: div: [2, 3] and [2]: shapes do not broadcast", ShapeError);
  CHECK_THROWS_WITH_AS(maximum(x, pair), "minigrad: maximum: [2, 3] and [2]: shapes do not broadcast", ShapeError);
  CHECK_THROWS_WITH_AS(minimum(x, pair), "minigrad: minimum: [2, 3] and [2]: shapes do not broadcast", ShapeError);
  CHECK_THROWS_WITH_AS(pow(x, pair), "minigrad: pow: [2, 3] and [2]: shapes do not broadcast", ShapeError);
  CHECK_THROWS_WITH_AS(where(Tensor<bool>{true, false}, x, 0),
                       "minigrad: where: [2] and [2, 3]: shapes do not broadcast", ShapeError);
  CHECK_THROWS_WITH_AS(less(x, pair), "minigrad: less: [2, 3] and [2]: shapes do not broadcast", ShapeError);
}

TEST_CASE("a tensor is updated in place, also by itself and by what stretches to its shape") {
  Tensor<double> x{{1, 2}, {3, 4}};
  const double* const place = x.data();
  x += Tensor<double>{10, 20};
  CHECK(x == Tensor<double>{{11, 22}, {13, 24}});
  CHECK(x.data() == place);
  x -= 1;
  x *= 2;
  x /= Tensor<double>{{2}, {4}};
  CHECK(x == Tensor<double>{{10, 21}, {6, 11.5}});
  const Tensor<double>& itself = x;
  x += itself;
  CHECK(x == Tensor<double>{{20, 42}, {12, 23}});
  x /= itself;
  CHECK(x == Tensor<double>{{1, 1}, {1, 1}});
  x -= x + 1;
  CHECK(x == Tensor<double>{{-1, -1}, {-1, -1}});
  Tensor<double> row{1, 2};
  CHECK_THROWS_WITH_AS(
      row += x, "minigrad: +=: [2] and [2, 2]: the right side does not broadcast to the left side's shape", ShapeError);
  CHECK_THROWS_WITH_AS(row *= (Tensor<double>{1, 2, 3}), "minigrad: *=: [2] and [3]: shapes do not broadcast",
                       ShapeError);
}

TEST_CASE("constant_like and zeros_like follow what they are like") {
  Graph<float> graph;
  const auto x = graph.variable(2);
  static_assert(std::is_same_v<decltype(constant_like(x, 0.5)), float>);
  static_assert(std::is_same_v<decltype(constant_like(Tensor<double>{1}, 0.5)), double>);
  CHECK(constant_like(x, 0.1) == 0.1f);
  CHECK(zeros_like(x).value() == 0);
  CHECK(zeros_like(2.5) == 0);
  Graph<Tensor<float>> tensors;
  CHECK(zeros_like(tensors.variable({{1, 2}})).value() == Tensor<float>{{0, 0}});
}

TEST_CASE("clamp to limits in the wrong order gives the upper one, as in NumPy") {
  CHECK(clamp(Tensor<float>{0, 2, 4}, 3, 1) == Tensor<float>{1, 1, 1});
}

TEST_CASE("a number that a tensor of whole numbers does not hold is refused by every op, and not made another one") {
  using U = Tensor<std::uint8_t>;
  using I = Tensor<std::int32_t>;
  const U u{200};
  const I i{5};
  constexpr std::int64_t large = 5'000'000'000;
  CHECK_THROWS_WITH_AS(less(u, -1), "minigrad: less: -1: the elements are whole numbers from 0 to 255, as the number "
                                    "must be: convert them first", ValueError);
  CHECK_THROWS_AS(equal(U{44}, 300), ValueError);
  CHECK_THROWS_AS(greater(i, large), ValueError);
  CHECK_THROWS_AS(maximum(u, -1), ValueError);
  CHECK_THROWS_AS(clamp(u, -1, 200), ValueError);
  CHECK_THROWS_AS(clamp(u, 0, 300), ValueError);
  CHECK_THROWS_AS(where(Tensor<bool>{true}, u, 300), ValueError);
  CHECK_THROWS_AS(u + 300, ValueError);
  CHECK_THROWS_AS(300 + u, ValueError);
  CHECK_THROWS_AS(u - 300, ValueError);
  CHECK_THROWS_AS(large * i, ValueError);
  I sum = i;
  CHECK_THROWS_AS(sum += large, ValueError);
  CHECK(sum == i);
  CHECK((u + 55 == U{255}));
  CHECK((u + 56 == U{0}));  // a sum wraps around
  CHECK((-5 * i == I{-25}));
  CHECK(less(i, 6) == Tensor<bool>{true});
}
