#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <minigrad/diff/grad.hpp>
#include <minigrad/ops/ops.hpp>
#include <minigrad/ops/scatter.hpp>
#include <minigrad/tensor/print.hpp>
#include <type_traits>

using namespace minigrad;

TEST_CASE("operands of all kinds meet in one op, on either side") {
  Graph<Tensor<double>> graph;
  const auto x = graph.variable({1, 2});
  const Tensor<double> tensor{10, 20};
  Parameter<Tensor<double>> parameter(Tensor<double>{3, 4});
  for (const auto& y : {x * 2, 2 * x, x * 2.0, 2.0f * x}) CHECK(y.value() == Tensor<double>{2, 4});
  for (const auto& y : {x * tensor, tensor * x}) CHECK(y.value() == Tensor<double>{10, 40});
  for (const auto& y : {x * parameter, parameter * x}) CHECK(y.value() == Tensor<double>{3, 8});
  CHECK((x - 1).value() == Tensor<double>{0, 1});
  CHECK((1 - x).value() == Tensor<double>{0, -1});
  CHECK((tensor / x).value() == Tensor<double>{10, 10});
  CHECK((x / tensor).value() == Tensor<double>{0.1, 0.1});
  CHECK((parameter - x).value() == Tensor<double>{2, 2});
  CHECK((x - parameter).value() == Tensor<double>{-2, -2});
  static_assert(std::is_same_v<decltype(parameter * tensor), Tensor<double>>);
  CHECK(parameter * tensor == Tensor<double>{30, 80});
  CHECK(2 * tensor == Tensor<double>{20, 40});

  backward(sum(x * tensor * parameter + x));
  CHECK(x.grad() == Tensor<double>{31, 81});
  CHECK(parameter.grad() == Tensor<double>{10, 40});
}

TEST_CASE("numbers too meet parameters and Vars, on either side") {
  Graph<double> graph;
  const auto x = graph.variable(3);
  Parameter<double> p(5);
  for (const auto& y : {x + p, p + x, x + 5, 5 + x, x + 5.0f}) CHECK(y.value() == 8);
  for (const auto& y : {x - p, x - 5}) CHECK(y.value() == -2);
  for (const auto& y : {p - x, 5 - x}) CHECK(y.value() == 2);
  for (const auto& y : {x / p, x / 5}) CHECK(y.value() == 0.6);
  CHECK((operand(p, x) * p).value() == 25);
  CHECK(operand(p, 1.0) * 2 == 10);
  CHECK(exp(operand(p, x)).value() == std::exp(5));
  backward(x * p);
  CHECK(p.grad() == 3);
}

TEST_CASE("a number takes the number type of what it meets") {
  Graph<float> numbers;
  const auto x = numbers.variable(3);
  CHECK((x * 0.1).value() == 3 * 0.1f);
  static_assert(std::is_same_v<std::decay_t<decltype((x * 0.1).value())>, float>);
  static_assert(std::is_same_v<decltype(Tensor<float>{1, 2} * 0.1), Tensor<float>>);
}

TEST_CASE("compound assignment gives a Var's name to a new node") {
  Graph<double> graph;
  const auto x = graph.variable(3);
  auto y = x;
  y += 1;
  y *= x;
  y -= x;
  y /= 2;
  CHECK(y.value() == 4.5);
  CHECK(x.value() == 3);
  backward(y);  // ((x + 1) x - x) / 2 = x^2 / 2
  CHECK(x.grad() == 3);
}

TEST_CASE("Vars of different graphs cannot meet") {
  Graph<double> one, other;
  const auto x = one.variable(1), y = other.variable(2);
  CHECK_THROWS_WITH_AS(x + y, "minigrad: add: the operands belong to different graphs", GraphError);
  CHECK_THROWS_WITH_AS(pow(x, y), "minigrad: pow: the operands belong to different graphs", GraphError);
  Graph<Tensor<float>> first, second;
  const auto a = first.variable({{1, 2}, {3, 4}}), b = second.variable({{1, 2}, {3, 4}});
  CHECK_THROWS_WITH_AS(matmul(a, b), "minigrad: matmul: the operands belong to different graphs", GraphError);
  CHECK_THROWS_WITH_AS(concatenate({a, b}), "minigrad: concatenate: the operands belong to different graphs",
                       GraphError);
}

TEST_CASE("a Var and a handle of another graph cannot meet, and the message names the op") {
  Graph<Tensor<float>> first, second;
  const auto x = first.variable({{1, 2}, {3, 4}});
  const auto labels = second.input(Tensor<std::int64_t>{0, 1}), pairs = second.input(Tensor<std::int64_t>{{0}, {1}});
  const auto message = [](const char* op) {
    return detail::concat({"minigrad: ", op, ": the operands belong to different graphs"});
  };
  CHECK_THROWS_WITH_AS(index_select(x, labels), message("index_select").c_str(), GraphError);
  CHECK_THROWS_WITH_AS(index_add(x, labels, 3), message("index_add").c_str(), GraphError);
  CHECK_THROWS_WITH_AS(gather(x, pairs, 1), message("gather").c_str(), GraphError);
  CHECK_THROWS_WITH_AS(scatter_add(x, pairs, index_select(x, Tensor<std::int64_t>{0}, 1), 1),
                       message("scatter_add").c_str(), GraphError);
}

TEST_CASE("value_of looks behind an operand") {
  Graph<Tensor<float>> graph;
  const Tensor<float> x{1, 2};
  const Parameter<Tensor<float>> p(x);
  const auto v = graph.input(x);
  CHECK(&value_of(x) == &x);
  CHECK(&value_of(p) == &p.value());
  CHECK(&value_of(v) == &v.value());
}
