#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <minigrad/diff/grad.hpp>
#include <minigrad/ops/ops.hpp>
#include <minigrad/tensor/create.hpp>
#include <minigrad/tensor/print.hpp>
#include <type_traits>
#include <utility>

using namespace minigrad;
using doctest::Approx;

namespace {

using T = Tensor<double>;
constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double NaN = std::numeric_limits<double>::quiet_NaN();

const T matrix{{1, 5, 3}, {4, 2, 6}};

/// The gradient of sum(f(x) * weights), which tells the rows and columns of f's derivative apart.
template <class F>
T gradient(const F& f, const T& x, const T& weights) {
  Graph<T> graph;
  const auto v = graph.variable(x);
  const auto y = f(v);
  CHECK(y.value().shape() == weights.shape());
  CHECK(y.value() == f(x));
  backward(sum(y * weights));
  return v.grad();
}

bool all_close(const T& a, const T& b) {
  if (a.shape() != b.shape()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (!(std::fabs(a[i] - b[i]) <= 1e-14 * std::fmax(1, std::fabs(b[i])))) return false;
  return true;
}

}  // namespace

TEST_CASE("the gradient of a sum is stretched over what was summed") {
  CHECK(gradient([](const auto& x) { return sum(x); }, matrix, T::scalar(7)) == T{{7, 7, 7}, {7, 7, 7}});
  CHECK(gradient([](const auto& x) { return sum(x, 0); }, matrix, {1, 2, 3}) == T{{1, 2, 3}, {1, 2, 3}});
  CHECK(gradient([](const auto& x) { return sum(x, 1); }, matrix, {1, 2}) == T{{1, 1, 1}, {2, 2, 2}});
  CHECK(gradient([](const auto& x) { return sum(x, -1, true); }, matrix, {{1}, {2}}) == T{{1, 1, 1}, {2, 2, 2}});
  CHECK(gradient([](const auto& x) { return sum(x, all_axes, true); }, matrix, {{7}}) == T{{7, 7, 7}, {7, 7, 7}});
}

TEST_CASE("a sum of nothing is 0, and of a number the number") {
  CHECK(gradient([](const auto& x) { return sum(x); }, T::empty({2, 0}), T::scalar(7)) == T::empty({2, 0}));
  CHECK(gradient([](const auto& x) { return sum(x); }, T::scalar(3), T::scalar(7)) == T::scalar(7));
  Graph<double> numbers;
  const auto x = numbers.variable(3);
  CHECK(sum(x).value() == 3);
  CHECK(sum(2.5f) == 2.5f);
}

TEST_CASE("the gradient of a mean is shared") {
  CHECK(mean(matrix).item() == 3.5);
  CHECK(gradient([](const auto& x) { return mean(x); }, matrix, T::scalar(6)) == T{{1, 1, 1}, {1, 1, 1}});
  CHECK(gradient([](const auto& x) { return mean(x, 0); }, matrix, {2, 4, 6}) == T{{1, 2, 3}, {1, 2, 3}});
  CHECK(gradient([](const auto& x) { return mean(x, 1, true); }, matrix, {{3}, {6}}) == T{{1, 1, 1}, {2, 2, 2}});
  CHECK(std::isnan(mean(T()).item()));
}

TEST_CASE("variance and standard deviation, with n - 1 or n below the line") {
  CHECK(var(matrix).item() == 3.5);
  CHECK(var(matrix, all_axes, false, 0).item() == Approx(35.0 / 12));
  CHECK(var(matrix, 1) == T{4, 4});
  CHECK(minigrad::std(matrix, 1, true) == T{{2}, {2}});
  CHECK(minigrad::std(matrix).item() == Approx(std::sqrt(3.5)));
  CHECK(std::isnan(var(T{5}).item()));
  CHECK(var(T{5}, all_axes, false, 0).item() == 0);
  CHECK(std::isnan(var(T()).item()));
  Graph<T> graph;
  const auto x = graph.variable(matrix);
  backward(var(x));
  CHECK(all_close(x.grad(), (matrix - 3.5) * 2 / 5));
}

TEST_CASE("of equal numbers the standard deviation is 0, and so are its slopes, for one column among others too") {
  Graph<T> graph;
  const auto x = graph.variable({2, 2, 2}), y = graph.variable({{1, 5}, {3, 5}});
  backward(minigrad::std(x) * 3);
  CHECK(x.grad() == T{0, 0, 0});
  const auto columns = minigrad::std(y, 0, false, 0);
  CHECK(columns.value() == T{1, 0});
  backward(sum(columns));
  CHECK(y.grad() == T{{-0.5, 0}, {0.5, 0}});
}

TEST_CASE("the gradient of an extreme goes to where it stands") {
  CHECK(gradient([](const auto& x) { return (max)(x); }, matrix, T::scalar(7)) == T{{0, 0, 0}, {0, 0, 7}});
  CHECK(gradient([](const auto& x) { return (min)(x); }, matrix, T::scalar(7)) == T{{7, 0, 0}, {0, 0, 0}});
  CHECK(gradient([](const auto& x) { return (max)(x, 0); }, matrix, {1, 2, 3}) == T{{0, 2, 0}, {1, 0, 3}});
  CHECK(gradient([](const auto& x) { return (min)(x, 1, true); }, matrix, {{1}, {2}}) == T{{1, 0, 0}, {0, 2, 0}});
}

TEST_CASE("equal extremes share the gradient evenly, along each line") {
  CHECK(gradient([](const auto& x) { return (max)(x); }, T{3, 1, 3, 3}, T::scalar(6)) == T{2, 0, 2, 2});
  CHECK(gradient([](const auto& x) { return (min)(x, 1); }, T{{1, 1}, {2, 3}}, {6, 8}) == T{{3, 3}, {8, 0}});
  CHECK(gradient([](const auto& x) { return (max)(x); }, T{-inf, -inf}, T::scalar(6)) == T{3, 3});
}

TEST_CASE("an extreme that is NaN passes no gradient on") {
  Graph<T> graph;
  const auto x = graph.variable({1, NaN, 3});
  const auto y = (max)(x);
  CHECK(std::isnan(y.item()));
  backward(y);
  CHECK(x.grad() == T{0, 0, 0});
}

TEST_CASE("an extreme of nothing is refused, unless there are none to be found") {
  Graph<T> graph;
  const auto none = graph.variable(T::empty({2, 0}));
  CHECK_THROWS_WITH_AS((max)(none), "minigrad: max: no elements to choose from in a tensor of shape [2, 0]",
                       ValueError);
  CHECK_THROWS_WITH_AS((min)(none, 1), "minigrad: min: no elements to choose from in a tensor of shape [2, 0]",
                       ValueError);
  CHECK((max)(none, 0).value() == T::empty({0}));
}

TEST_CASE("argmax and argmin of a Var are positions, without a derivative") {
  Graph<T> graph;
  const auto x = graph.variable(matrix);
  static_assert(std::is_same_v<decltype(argmax(x)), IndexVar<T>>);
  CHECK(argmax(x).item() == 5);
  CHECK(argmin(x, 0) == Tensor<std::int64_t>{0, 1, 0});
  CHECK(argmax(x, 1, true) == Tensor<std::int64_t>{{1}, {2}});
}

TEST_CASE("a standard deviation and its slopes are right where squares overflow or vanish, line by line") {
  Graph<T> graph;
  for (const double size : {1e200, 1e-170, 1e-310, 1.0}) {
    CAPTURE(size);
    const auto x = graph.variable({{1 * size, 3 * size}, {5, 7}, {2, 2}});
    const auto y = minigrad::std(x, 1);
    CHECK(y.value()[0] == Approx(std::sqrt(2) * size).scale(0).epsilon(1e-12));
    CHECK(y.value()[1] == Approx(std::sqrt(2)).epsilon(1e-15));
    CHECK(y.value()[2] == 0);
    const T slopes = grad(sum(y), x).value();
    const double expected[] = {-std::sqrt(0.5), std::sqrt(0.5), -std::sqrt(0.5), std::sqrt(0.5), 0, 0};
    for (std::size_t i = 0; i < 6; ++i) CHECK(slopes[i] == Approx(expected[i]).epsilon(1e-12));
  }
  CHECK(minigrad::std(Tensor<float>{1e-23f, 3e-23f}).item() == Approx(1.41421356e-23).scale(0).epsilon(1e-6));
}

TEST_CASE("variances, standard deviations and their derivatives keep the digits of floats far from 0") {
  const auto second_order = [](const auto& f, const auto& x) {
    using V = std::decay_t<decltype(x)>;
    Graph<V> graph;
    const auto v = graph.variable(x);
    const auto weights = sin(arange<typename V::value_type>(x.size())).reshape(x.shape());
    const auto first = grad(sum(f(v)), v);
    return std::pair(first.value().template to<double>(),
                     grad(sum(first * weights), v).value().template to<double>());
  };
  const auto check = [](const T& ours, const T& expected) {
    double largest = 0;
    for (const double e : expected) largest = (std::max)(largest, std::fabs(e));
    for (std::size_t i = 0; i < ours.size(); ++i) CHECK(std::fabs(ours[i] - expected[i]) <= 1e-5 * largest);
  };
  Tensor<float> numbers = Tensor<float>::empty({1000});
  for (std::size_t i = 0; i < 1000; ++i) numbers[i] = 1e6f + static_cast<float>(i % 2);
  CHECK(var(numbers).item() == Approx(250.0 / 999).epsilon(1e-6));
  for (const Shape& shape : {Shape{1000}, Shape{20, 50}}) {
    const auto x = numbers.reshape(shape);
    for (const Axis axis : {Axis(), Axis(0), Axis(-1)}) {
      const auto variance = [=](const auto& v) { return var(v, axis); };
      const auto deviation = [=](const auto& v) { return minigrad::std(v, axis); };
      check(variance(x).to<double>(), variance(x.to<double>()));
      check(deviation(x).to<double>(), deviation(x.to<double>()));
      const auto [slopes, curves] = second_order(variance, x);
      const auto [expected_slopes, expected_curves] = second_order(variance, x.to<double>());
      check(slopes, expected_slopes);
      check(curves, expected_curves);
      const auto [std_slopes, std_curves] = second_order(deviation, x);
      const auto [expected_std_slopes, expected_std_curves] = second_order(deviation, x.to<double>());
      check(std_slopes, expected_std_slopes);
      check(std_curves, expected_std_curves);
    }
  }
}

TEST_CASE_TEMPLATE("variances of rows, columns and several axes of any length follow the formula", N, float, double) {
  Rng rng(5);
  const double digits = std::is_same_v<N, float> ? 3e-6 : 1e-14;
  struct Line {
    Shape shape;
    Axes axes;
    std::size_t outer, extent, inner;
  };
  const Line lines[] = {{{7, 3}, 1, 7, 3, 1},        {{5, 10}, 1, 5, 10, 1},      {{3, 31}, 1, 3, 31, 1},
                        {{3, 32}, 1, 3, 32, 1},      {{2, 77}, 1, 2, 77, 1},      {{1, 8195}, 1, 1, 8195, 1},
                        {{40'000}, {}, 1, 40'000, 1}, {{4, 1000}, 0, 1, 4, 1000},  {{300, 5}, 0, 1, 300, 5},
                        {{1000, 37}, 0, 1, 1000, 37}, {{70, 130}, 0, 1, 70, 130},  {{3, 6, 9}, 1, 3, 6, 9},
                        {{3, 6, 9}, {1, 2}, 3, 54, 1}};
  for (const double center : {0.0, 3000.0})
    for (const Line& line : lines) {
      const auto x = normal<N>(line.shape, center, 2, rng);
      CAPTURE(line.shape);
      CAPTURE(center);
      const auto y = var(x, line.axes), biased = var(x, line.axes, false, 0);
      REQUIRE(y.size() == line.outer * line.inner);
      for (std::size_t k = 0; k < y.size(); ++k) {
        const auto at = [&, first = k / line.inner * line.extent * line.inner + k % line.inner](std::size_t i) {
          return static_cast<double>(x.data()[first + i * line.inner]);
        };
        double mean = 0, sum = 0;
        for (std::size_t i = 0; i < line.extent; ++i) mean += at(i) / static_cast<double>(line.extent);
        for (std::size_t i = 0; i < line.extent; ++i) sum += (at(i) - mean) * (at(i) - mean);
        const auto n = static_cast<double>(line.extent);
        REQUIRE(static_cast<double>(y.data()[k]) == Approx(sum / (n - 1)).epsilon(digits * (center > 0 ? 5 : 1)));
        REQUIRE(static_cast<double>(biased.data()[k]) == Approx(sum / n).epsilon(digits * (center > 0 ? 5 : 1)));
      }
    }
  const auto x = normal<N>({6, 5, 7, 4}, 10, 1, rng);
  const auto outer_axes = var(x, {0, 2}), as_one = var(permute(x, {1, 3, 0, 2}).reshape({5, 4, 42}), 2);
  for (std::size_t i = 0; i < as_one.size(); ++i)
    CHECK(static_cast<double>(outer_axes.data()[i]) ==
          Approx(static_cast<double>(as_one.data()[i])).epsilon(20 * digits));
  CHECK(var(x, {0, 2}, true).shape() == Shape{1, 5, 1, 4});
  const N infinity = std::numeric_limits<N>::infinity(), huge = (std::numeric_limits<N>::max)() / 4;
  CHECK(var(Tensor<N>{{3, 3, 3}, {1, 2, 3}}, 1) == Tensor<N>{0, 1});
  CHECK(std::isinf(var(Tensor<N>{-huge, huge}).item()));
  CHECK(std::isnan(var(Tensor<N>{1, infinity}).item()));
  CHECK(std::isnan(var(Tensor<N>{1}).item()));
  CHECK(std::isnan(var(Tensor<N>{1, std::numeric_limits<N>::quiet_NaN(), 2}).item()));
}

TEST_CASE("logsumexp is exact where exp would overflow or vanish") {
  CHECK(logsumexp(T{1, 2, 3}).item() == Approx(std::log(std::exp(1) + std::exp(2) + std::exp(3))).epsilon(1e-15));
  CHECK(logsumexp(T{1000, 1000}).item() == Approx(1000 + std::log(2)).epsilon(1e-15));
  CHECK(logsumexp(T{-1000, -1000}).item() == Approx(-1000 + std::log(2)).epsilon(1e-15));
  CHECK(logsumexp(T{0, -1000}).item() == 0);
  CHECK(logsumexp(matrix, 1).shape() == Shape{2});
  CHECK(logsumexp(matrix, 0, true).shape() == Shape{1, 3});
  CHECK(logsumexp(T::scalar(5)).item() == 5);
}

TEST_CASE("logsumexp of infinities, NaN and nothing") {
  CHECK(logsumexp(T{-inf, -inf}).item() == -inf);
  CHECK(logsumexp(T{-inf, 3}).item() == 3);
  CHECK(logsumexp(T{inf, 3}).item() == inf);
  CHECK(std::isnan(logsumexp(T{NaN, 3}).item()));
  CHECK(logsumexp(T()).item() == -inf);
  CHECK(logsumexp(T::empty({2, 0}), 1) == T{-inf, -inf});
}

TEST_CASE("softmax is positive and sums to 1 along its axis, whatever the size of the numbers") {
  for (const double shift : {0.0, 1000.0, -1000.0}) {
    const T p = softmax(matrix + shift, 1);
    CHECK(all_close(sum(p, 1), {1, 1}));
    const double z = std::exp(1) + std::exp(5) + std::exp(3);
    CHECK(p(0, 0) == Approx(std::exp(1) / z).epsilon(1e-12));
    CHECK(all_close(p, softmax(matrix, 1)));
    CHECK(all_close(log_softmax(matrix + shift, 1), log_softmax(matrix, 1)));
    CHECK(all_close(exp(log_softmax(matrix + shift, 0)), softmax(matrix + shift, 0)));
  }
  CHECK(softmax(T{0, -inf}, 0) == T{1, 0});
  CHECK(log_softmax(T{0, -inf}, 0) == T{0, -inf});
  CHECK(log_softmax(T{0, 1000}, 0) == T{-1000, 0});
  CHECK(softmax(T::empty({2, 0}), 1).shape() == Shape{2, 0});
}

TEST_CASE("softmax and log_softmax have the slopes of their formulas") {
  Graph<T> graph;
  const auto x = graph.variable({1, 2, 3});
  const auto p = softmax(x, 0);
  backward(sum(p * T{1, 0, 0}));
  const T q = p.value();
  CHECK(all_close(x.grad(), {q[0] * (1 - q[0]), -q[0] * q[1], -q[0] * q[2]}));
  CHECK(all_close(gradient([](const auto& v) { return log_softmax(v, 0); }, {1, 2, 3}, {1, 0, 0}),
                  {1 - q[0], -q[1], -q[2]}));
  CHECK(all_close(gradient([](const auto& v) { return logsumexp(v); }, {1, 2, 3}, T::scalar(1)), q));
}

TEST_CASE("broadcast_to and sum_to undo each other's shape, and each is the other's gradient") {
  Graph<T> graph;
  const auto x = graph.variable({{1}, {2}});
  const auto wide = broadcast_to(x, {2, 3});
  CHECK(wide.value() == T{{1, 1, 1}, {2, 2, 2}});
  CHECK(sum_to(wide, {2, 1}).value() == T{{3}, {6}});
  CHECK(sum_to(wide, {3}).value() == T{3, 3, 3});
  CHECK(sum_to(wide, Shape{}).value() == T::scalar(9));
  backward(sum(wide * T{{1, 2, 3}, {4, 5, 6}}));
  CHECK(x.grad() == T{{6}, {15}});
  CHECK_THROWS_WITH_AS(broadcast_to(x, {3, 3}), "minigrad: broadcast_to: [2, 1] and [3, 3]: shapes do not broadcast",
                       ShapeError);
  CHECK_THROWS_WITH_AS(sum_to(wide, {2, 2}),
                       "minigrad: sum_to: [2, 3] and [2, 2]: the second does not broadcast to the first", ShapeError);
}

TEST_CASE("an axis that a tensor does not have is named with the op") {
  Graph<T> graph;
  const auto x = graph.variable(matrix);
  CHECK_THROWS_WITH_AS(sum(x, 2), "minigrad: sum: axis 2 of a tensor of shape [2, 3], which has 2 axes", IndexError);
  CHECK_THROWS_WITH_AS(mean(x, -3), "minigrad: mean: axis -3 of a tensor of shape [2, 3], which has 2 axes",
                       IndexError);
  CHECK_THROWS_WITH_AS(var(x, 2), "minigrad: var: axis 2 of a tensor of shape [2, 3], which has 2 axes", IndexError);
  CHECK_THROWS_WITH_AS(minigrad::std(x, 2), "minigrad: std: axis 2 of a tensor of shape [2, 3], which has 2 axes",
                       IndexError);
  CHECK_THROWS_WITH_AS((max)(x, 2), "minigrad: max: axis 2 of a tensor of shape [2, 3], which has 2 axes", IndexError);
  CHECK_THROWS_WITH_AS((min)(x, 2), "minigrad: min: axis 2 of a tensor of shape [2, 3], which has 2 axes", IndexError);
  CHECK_THROWS_WITH_AS(argmax(x, 2), "minigrad: argmax: axis 2 of a tensor of shape [2, 3], which has 2 axes",
                       IndexError);
  CHECK_THROWS_WITH_AS(logsumexp(x, 2), "minigrad: logsumexp: axis 2 of a tensor of shape [2, 3], which has 2 axes",
                       IndexError);
  CHECK_THROWS_WITH_AS(softmax(x, 2), "minigrad: softmax: axis 2 of a tensor of shape [2, 3], which has 2 axes",
                       IndexError);
  CHECK_THROWS_WITH_AS(log_softmax(x, 2), "minigrad: log_softmax: axis 2 of a tensor of shape [2, 3], which has 2 axes",
                       IndexError);
  CHECK_THROWS_WITH_AS(sum(graph.variable({1, 2}), 1),
                       "minigrad: sum: axis 1 of a tensor of shape [2], which has 1 axis", IndexError);
}

TEST_CASE("a Parameter is reduced as a Var of a graph, and has its gradient") {
  Parameter<T> p(matrix);
  Graph<T> graph;
  const auto v = graph.parameter(p);
  CHECK(sum(v).item() == 21);
  CHECK(mean(v, 0).value() == T{2.5, 3.5, 4.5});
  CHECK((max)(v).item() == 6);
  CHECK(softmax(v, 1).value() == softmax(matrix, 1));
  backward(sum(v));
  CHECK(p.grad() == T{{1, 1, 1}, {1, 1, 1}});
}

TEST_CASE("the mean of a mask is the share of true elements, and that of whole numbers has a fraction") {
  CHECK(mean(equal(Tensor<float>{1, 2, 3, 4}, Tensor<float>{1, 2, 0, 4})).item() == 0.75);
  CHECK(mean(Tensor<std::int64_t>{1, 2}).item() == 1.5);
  CHECK(mean(Tensor<int>{{1, 2}, {4, 5}}, 0) == Tensor<double>{2.5, 3.5});
  CHECK(var(Tensor<int>{1, 2, 3, 4}, {}, false, 0).item() == 1.25);
}

TEST_CASE("means, deviations and gradients over 10^7 rows keep their digits") {
  using TF = Tensor<float>;
  const TF x = full({10'000'000, 2}, 1);
  CHECK(mean(x, 0) == TF{1, 1});
  CHECK(minigrad::std(x, 0) == TF{0, 0});
  Graph<TF> graph;
  const auto row = graph.variable(TF{1, 2});
  backward(sum(row * 0.1f * x));  // one after the other 1087937
  for (const float slope : row.grad()) CHECK(slope == doctest::Approx(1e6).epsilon(1e-5));
}
