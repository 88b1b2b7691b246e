#include <doctest/doctest.h>

#include <cmath>
#include <minigrad/diff/grad.hpp>
#include <minigrad/diff/check_grads.hpp>
#include <minigrad/ops/ops.hpp>
#include <string>
#include <type_traits>
#include <vector>

#include "../support/count_allocations.hpp"

using namespace minigrad;

// A user's op in a namespace of its own: its value and its derivative, in three lines.
namespace elsewhere {

template <minigrad::Operand X>
auto bump(const X& x) {
  return minigrad::elementwise("bump", [](auto v) { return std::exp(-v * v); },
                               [](auto g, auto y, auto v) { return -2 * g * v * y; })(x);
}

/// One that is about whole tensors: the sum of the products of two.
template <class A, class B>
auto dot(const A& a, const B& b) {
  return minigrad::record("dot", [](const auto& x, const auto& y) { return sum(x * y); },
                          [](const auto& g, auto&&, auto&&, const auto& y) { return g * y; },
                          [](const auto& g, auto&&, const auto& x, auto&&) { return g * x; })(a, b);
}

}  // namespace elsewhere

TEST_CASE("a user's op takes numbers, tensors, parameters and Vars") {
  const double at_half = std::exp(-0.25);
  CHECK(elsewhere::bump(0.5) == at_half);
  CHECK(elsewhere::bump(0.5f) == doctest::Approx(at_half));
  CHECK(elsewhere::bump(Tensor<double>{0.5, 0}) == Tensor<double>{at_half, 1});
  const Parameter<double> p(0.5);
  Graph<double> numbers;
  const auto x = numbers.variable(0.5);
  CHECK(elsewhere::bump(x).value() == at_half);
  CHECK(elsewhere::bump(operand(p, x)).value() == at_half);
  Graph<Tensor<double>> tensors;
  CHECK(elsewhere::bump(tensors.variable({0.5, 0})).value() == Tensor<double>{at_half, 1});
}

TEST_CASE("a user's op has derivatives of any order") {
  check_grads([](auto x) { return elsewhere::bump(x); }, {0.5}, 3);
  check_grads([](auto x) { return elsewhere::bump(x); }, {Tensor<double>{{0.5, -1}, {0.2, 2}}}, 3);
  check_grads([](auto x, auto y) { return elsewhere::dot(x, y); }, {Tensor<double>{1, 2}, Tensor<double>{3, -1}}, 3);
}

TEST_CASE("without a Var among its inputs an op is just its value") {
  const Tensor<float> x{1, 2};
  static_assert(std::is_same_v<decltype(elsewhere::bump(x)), Tensor<float>>);
  static_assert(std::is_same_v<decltype(elsewhere::bump(0.5f)), float>);
  static_assert(std::is_same_v<decltype(elsewhere::bump(0.5)), double>);
  static_assert(std::is_same_v<decltype(elsewhere::dot(x, x)), Tensor<float>>);
  static_assert(std::is_same_v<decltype(elsewhere::dot(Parameter<Tensor<float>>(x), x)), Tensor<float>>);
  CHECK(elsewhere::dot(x, x).item() == 5);
}

TEST_CASE("constants are kept with the op, so that they may change or go afterwards") {
  Graph<Tensor<double>> graph;
  const auto x = graph.variable({1, 2});
  Var<Tensor<double>> y;
  {
    Tensor<double> factor{10, 20};
    y = sum(x * factor);
    factor.fill(0);
  }
  backward(y);
  CHECK(x.grad() == Tensor<double>{10, 20});
}

TEST_CASE("the derivative for an input that needs none is never computed") {
  int for_x = 0, for_w = 0;
  const auto product = [&](const auto& x, const auto& w) {
    return record("product", [](const auto& a, const auto& b) { return a * b; },
                  [&](const auto& g, auto&&, auto&&, const auto& b) { ++for_x; return g * b; },
                  [&](const auto& g, auto&&, const auto& a, auto&&) { ++for_w; return g * a; })(x, w);
  };
  Graph<double> graph;
  const auto w = graph.variable(3);

  SUBCASE("a graph.input()") {
    const auto x = graph.input(2);
    backward(product(x, w));
    CHECK(for_x == 0);
    CHECK(for_w == 1);
    CHECK(w.grad() == 2);
  }
  SUBCASE("what was computed from such inputs alone") {
    const auto x = graph.input(2);
    backward(product(exp(x) + 1, w));
    CHECK(for_x == 0);
    CHECK(for_w == 1);
  }
  SUBCASE("a frozen parameter") {
    Parameter<double> p(2);
    p.requires_grad(false);
    backward(product(graph.parameter(p), w));
    CHECK(for_x == 0);
    CHECK(for_w == 1);
    CHECK(!p.has_grad());
  }
  SUBCASE("a constant") {
    backward(product(2.0, w));
    CHECK(for_x == 0);
    CHECK(for_w == 1);
  }
  SUBCASE("in grad(), whatever is not asked for") {
    const auto x = graph.variable(2);
    const auto y = product(x, w);
    CHECK(grad(y, w).value() == 2);
    CHECK(for_x == 0);
    CHECK(for_w == 1);
  }
}

TEST_CASE("nothing is passed back through what needs no gradient") {
  int calls = 0;
  Graph<double> graph;
  const auto x = graph.input(2), w = graph.variable(3);
  const auto y = elementwise("count", [](auto v) { return v; },
      [&](auto g, auto&&, auto&&) {
        ++calls;
        return g;
      })(x);
  backward(y * w);
  CHECK(calls == 0);
  CHECK(!graph.node(y.id()).needs_grad());
}

TEST_CASE("an input with no_rule gets no gradient, and the others theirs") {
  Graph<double> graph;
  const auto x = graph.variable(2), weight = graph.variable(3);
  const auto y = elementwise("weighted", [](auto v, auto w) { return v * w; },
                             [](auto g, auto&&, auto&&, auto w) { return g * w; }, no_rule)(x, weight);
  backward(y);
  CHECK(x.grad() == 3);
  CHECK_THROWS_AS(weight.grad(), GraphError);
}

TEST_CASE("same_gradient passes the gradient on as it is, also in an op on whole tensors of different shapes") {
  Graph<Tensor<double>> graph;
  const auto x = graph.variable({{1, 2}, {3, 4}});
  const auto other = graph.variable({1, 2, 3});
  const auto y = record("first", [](const auto& v, const auto&) { return v; }, same_gradient, no_rule)(x, other);
  backward(sum(y * y) + sum(x));
  CHECK(x.grad() == Tensor<double>{{3, 5}, {7, 9}});
}

TEST_CASE("a rule's derivative is summed over the axes along which its input was broadcast") {
  Graph<Tensor<double>> graph;
  const auto number = graph.variable(Tensor<double>::scalar(2)), row = graph.variable({1, 2, 3}),
             column = graph.variable({{1}, {2}}), matrix = graph.variable({{1, 2, 3}, {4, 5, 6}});
  backward(sum(number * row * column * matrix));
  CHECK(number.grad() == Tensor<double>::scalar(14 + 2 * (4 + 10 + 18)));
  CHECK(row.grad() == Tensor<double>{2 * (1 + 8), 2 * (2 + 10), 2 * (3 + 12)});
  CHECK(column.grad() == Tensor<double>{{2 * 14}, {2 * 32}});
  CHECK(matrix.grad() == Tensor<double>{{2, 4, 6}, {4, 8, 12}});
}

TEST_CASE("a rule that gives a derivative of the wrong shape is found out") {
  Graph<Tensor<double>> graph;
  const auto x = graph.variable({1, 2, 3});
  const auto total = record("total", [](const auto& v) { return sum(v); },
                            [](const auto& g, auto&&, auto&&) { return g; })(x);
  CHECK_THROWS_WITH_AS(backward(total),
                       "minigrad: total: its rule gave a derivative of shape [] for an input of shape [3]: let the rule for "
                       "input 0 give its shape, or the one to which it was broadcast; the parameters of this loss "
                       "have no gradient now, as after zero_grad(): mend the cause, then call backward() again",
                       ShapeError);
  CHECK_THROWS_WITH_AS(grad(total, x),
                       "minigrad: total: its rule gave a derivative of shape [] for an input of shape [3]: let the rule for "
                       "input 0 give its shape, or the one to which it was broadcast",
                       ShapeError);
  const auto matrix = graph.variable({{1, 2, 3}, {4, 5, 6}});
  const auto turned = record("turned", [](const auto& v) { return sum(v); },
                             [](const auto& g, auto&&, const auto& v) { return transpose(v) * g; })(matrix);
  CHECK_THROWS_WITH_AS(backward(turned),
                       "minigrad: turned: its rule gave a derivative of shape [3, 2] for an input of shape [2, 3]: let the rule "
                       "for input 0 give its shape, or the one to which it was broadcast; the parameters of this loss "
                       "have no gradient now, as after zero_grad(): mend the cause, then call backward() again",
                       ShapeError);
}

TEST_CASE("the same input twice gets both derivatives") {
  Graph<Tensor<double>> graph;
  const auto x = graph.variable({2, 3});
  backward(sum(x * x));
  CHECK(x.grad() == Tensor<double>{4, 6});
  graph.clear();
  const auto y = graph.variable({2, 3});
  backward(sum(y - y));
  CHECK(y.grad() == Tensor<double>{0, 0});
}

TEST_CASE("recording an op on numbers takes no memory of its own once the graph is warm") {
  Graph<double> graph;
  const auto step = [&] {
    graph.clear();
    const auto x = graph.variable(0.5);
    backward(elsewhere::bump(x) * 2);
  };
  step();
  const std::size_t before = support::allocations();
  step();
  CHECK(support::allocations() == before);
}

namespace {

/// What a rule may capture: something that fails while it is moved to its node.
struct Slippery {
  int left;  // so many moves work
  explicit Slippery(int moves) : left(moves) {}
  Slippery(const Slippery&) = default;
  Slippery(Slippery&& other) : left(other.left - 1) {
    if (left < 0) throw 1;
  }
  ~Slippery() {}
};

}  // namespace

TEST_CASE("a rule that cannot be kept leaves no node and no memory behind") {
  const auto work = [] {
    Graph<Tensor<double>> graph;
    const auto x = graph.variable(Tensor<double>{1, 2, 3});
    Slippery slippery(0);
    const std::size_t nodes = graph.size();
    CHECK_THROWS_AS(record("slips", [](const auto& v) { return v * 2; },
                           [slippery](const auto& g, auto&&, auto&&) { return g * (2 + 0 * slippery.left); })(x),
                    int);
    CHECK(graph.size() == nodes);
  };
  work();
  release_memory();
  const std::size_t taken = support::allocations(), given = support::deallocations();
  work();
  release_memory();
  CHECK(support::allocations() - taken == support::deallocations() - given);
}

TEST_CASE("graphs compute in long double too") {
  Graph<Tensor<long double>> graph;
  const auto x = graph.variable(Tensor<long double>{1, 2});
  backward(sum(square(x) * 3));
  CHECK(x.grad() == Tensor<long double>{6, 12});
}

TEST_CASE("a rule that gives a number for an input of shape [1, 1] is named") {
  constexpr auto wrong = record("wrong", [](const auto& x) { return sum(x); }, [](const auto& g) { return g; });
  Graph<Tensor<double>> graph;
  const auto x = graph.variable({{1}});
  const char* const message =
      "minigrad: wrong: its rule gave a derivative of shape [] for an input of shape [1, 1]: let the rule for input 0 "
      "give its shape, or the one to which it was broadcast";
  CHECK_THROWS_WITH_AS(grad(wrong(x), x), message, ShapeError);
  try {
    backward(wrong(x));
    CHECK(false);
  } catch (const ShapeError& error) {
    CHECK(std::string(error.what()).find(message) == 0);
  }
}

TEST_CASE("a rule that gives more than an input of the result's shape is found out, and what was broadcast is summed") {
  Graph<Tensor<double>> graph;
  const auto x = graph.variable({1, 2, 3});
  const Tensor<double> rows{{1, 1, 1}, {2, 2, 2}};
  const auto wrong = record("wrong", [](const auto& v) { return v * 2; },
                            [](const auto& g) { return g * Tensor<double>{{1, 1, 1}, {2, 2, 2}}; });
  const char* const message =
      "minigrad: wrong: its rule gave a derivative of shape [2, 3] for an input of shape [3]: let the rule for input 0 "
      "give its shape, or the one to which it was broadcast";
  CHECK_THROWS_WITH_AS(grad(sum(wrong(x)), x), message, ShapeError);
  CHECK_THROWS_WITH_AS(backward(sum(wrong(x))),
                       (std::string(message) + "; the parameters of this loss have no gradient now, as after "
                                               "zero_grad(): mend the cause, then call backward() again")
                           .c_str(),
                       ShapeError);
  const auto many = record_many("many", [](auto values) { return *values[0]; },
                                [](const auto& g, auto&&, std::size_t) {
                                  return g * Tensor<double>{{1, 1, 1}, {2, 2, 2}};
                                });
  const std::vector<Var<Tensor<double>>> one{x};
  CHECK_THROWS_AS(backward(sum(many(one))), ShapeError);
  CHECK_THROWS_AS(grad(sum(many(one)), x), ShapeError);

  // x has the shape of the result, and was broadcast to that of the other input.
  const auto columns = record("columns", [](const auto& v, const auto& w) { return sum(v * w, 0); },
                              [](const auto& g, auto&&, auto&&, const auto& w) { return g * w; },
                              [](const auto& g, auto&&, const auto& v, const auto& w) {
                                return broadcast_to(g * v, shape_of(w));
                              });
  const auto y = sum(columns(x, rows));
  CHECK(grad(y, x).value() == Tensor<double>{3, 3, 3});
  backward(y);
  CHECK(x.grad() == Tensor<double>{3, 3, 3});
}

TEST_CASE("where no_rule stops every gradient, the message names the op and the input") {
  const auto weighted = elementwise("weighted", [](auto v, auto w) { return v * w; },
                                    [](auto g, auto&&, auto&&, auto w) { return g * w; }, no_rule);
  const std::string missing =
      " has no derivative rule for its input 1: give it one in place of no_rule, if it has that derivative";
  Graph<double> graph;
  const auto x = graph.variable(2), weight = graph.variable(3);
  const auto only = weighted(graph.input(2), exp(weight));
  CHECK_THROWS_WITH_AS(backward(2 * only), ("minigrad: backward: the op weighted (node 4)" + missing).c_str(), GraphError);
  CHECK_THROWS_WITH_AS(only.grad(),
                       ("minigrad: grad: no gradient reaches this Var: the op weighted (node 4)" + missing).c_str(),
                       GraphError);
  const auto both = weighted(x, exp(weight));
  backward(both);
  CHECK(x.grad() == std::exp(3.0));
  CHECK_THROWS_WITH_AS(weight.grad(),
                       ("minigrad: grad: no gradient reaches this Var: the op weighted (node 7)" + missing).c_str(),
                       GraphError);
  CHECK_THROWS_WITH_AS(graph.input(1).grad(),
                       "minigrad: grad: this Var (input) needs no gradient: make it by graph.variable()", GraphError);

  Graph<Tensor<double>> tensors;
  const Parameter<Tensor<double>> w(Tensor<double>{1, 2});
  CHECK_THROWS_WITH_AS(backward(sum(greater(tensors.parameter(w), 1).var())),
                       "minigrad: backward: the op greater (node 1) passes no gradient to its input 0, so that there is "
                       "nothing to differentiate",
                       GraphError);
}

TEST_CASE("an error in an op that a user's op calls names the user's op too") {
  Graph<Tensor<double>> graph;
  const auto x = graph.variable({1, 2});
  const Tensor<double> row({{1, 2}});
  const auto wrong_value = record("own_value", [&](const auto& v) { return matmul(v, row); }, same_gradient);
  CHECK_THROWS_WITH_AS(wrong_value(x),
                       "minigrad: matmul: [2] and [1, 2]: inner extents differ; while computing own_value", ShapeError);
  CHECK(graph.size() == 1);

  const auto wrong_rule = record("own_rule", [](const auto& v) { return v * 2; },
                                 [&](const auto& g) { return matmul(g, row); });
  const auto y = sum(wrong_rule(x));
  const std::string message =
      "minigrad: matmul: [2] and [1, 2]: inner extents differ; while passing a gradient through own_rule";
  CHECK_THROWS_WITH_AS(grad(y, x), message.c_str(), ShapeError);
  CHECK_THROWS_WITH_AS(backward(y),
                       (message + "; the parameters of this loss have no gradient now, as after zero_grad(): mend the "
                                  "cause, then call backward() again")
                           .c_str(),
                       ShapeError);
  CHECK_THROWS_WITH_AS(matmul(x, graph.input(row)), "minigrad: matmul: [2] and [1, 2]: inner extents differ",
                       ShapeError);
}
