#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <minigrad/diff/check_grads.hpp>
#include <minigrad/diff/checkpoint.hpp>
#include <minigrad/diff/derivatives.hpp>
#include <minigrad/diff/hooks.hpp>
#include <minigrad/tensor/create.hpp>
#include <minigrad/tensor/print.hpp>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

using namespace minigrad;
using doctest::Approx;
using T = Tensor<double>;

namespace {

const T a{{1, 2, 3}, {-1, 0.5, 2}};

/// [3] -> [2]
auto layer(const auto& x) { return tanh(reshape(matmul(a, reshape(x, {3, 1})), {2})); }

/// Rosenbrock's valley of numbers, in however many dimensions.
template <class X>
X valley(const std::vector<X>& x) {
  X total = square(1 - x[0]) + 100 * square(x[1] - square(x[0]));
  for (std::size_t i = 1; i + 1 < x.size(); ++i)
    total = total + square(1 - x[i]) + 100 * square(x[i + 1] - square(x[i]));
  return total;
}

void check_close(const T& value, const T& expected) {
  REQUIRE(value.shape() == expected.shape());
  for (std::size_t i = 0; i < value.size(); ++i) CHECK(value[i] == Approx(expected[i]).epsilon(1e-12));
}

}  // namespace

TEST_CASE("the Jacobian of [n] -> [m] is [m, n], each row the gradient of an output") {
  const T x{0.1, -0.2, 0.3};
  const T J = jacobian([](auto v) { return layer(v); }, x), y = layer(x);
  check_close(J, reshape(1 - y * y, {2, 1}) * a);
}

TEST_CASE("a Jacobian has the shape of the output followed by that of the input") {
  const auto x = ones<double>({2, 3});
  CHECK(jacobian([](auto v) { return matmul(v, transpose(v)); }, x).shape() == Shape{2, 2, 2, 3});
  CHECK(jacobian([](auto v) { return sum(v); }, x) == x);
  CHECK(jacobian([](auto v) { return square(v); }, T::scalar(3)) == T::scalar(6));
  CHECK(jacobian([](auto v) { return v * T{1, 2}; }, T::scalar(3)) == T{1, 2});
  CHECK(jacobian([](auto v) { return transpose(v); }, T{{1, 2}}) == T::from({2, 1, 1, 2}, {1, 0, 0, 1}));
  CHECK(jacobian([](auto v) { return v * v; }, T::empty({0})).shape() == Shape{0, 0});
  CHECK(jacobian([](auto v) { return sum(v, 0); }, T::empty({0, 2})).shape() == Shape{2, 0, 2});
}

TEST_CASE("the Jacobian by each of several inputs comes in an array") {
  const auto f = [](auto x, auto w) { return matmul(w, reshape(x, {2, 1})); };
  const auto [by_x, by_w] = jacobian(f, {T{1, 2}, T{{3, 4}, {5, 6}, {7, 8}}});
  CHECK(by_x == T::from({3, 1, 2}, {3, 4, 5, 6, 7, 8}));
  CHECK(by_w.shape() == Shape{3, 1, 3, 2});
  CHECK(by_w == T::from({3, 1, 3, 2}, {1, 2, 0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0, 0, 1, 2}));
}

TEST_CASE("derivatives by an input that f ignores are 0") {
  const auto f = [](auto x, auto) { return x * 2; };
  const auto [by_x, by_y] = jacobian(f, {T{1, 2}, T{3}});
  CHECK(by_x == T{{2, 0}, {0, 2}});
  CHECK(by_y == T{{0}, {0}});
  CHECK(vjp(f, {T{1, 2}, T{3}}, T{1, 1}).second[1] == T{0});
  CHECK(jvp(f, {T{1, 2}, T{3}}, {T{0, 0}, T{1}}).second == T{0, 0});
  CHECK(hessian([](auto x) { return sum(x); }, T{1, 2}) == T{{0, 0}, {0, 0}});
  CHECK(hvp([](auto x) { return sum(x); }, T{1, 2}, T{1, 1}).second == T{0, 0});
  const auto constant = [](auto x) { return x.graph().input(T{5, 6}); };
  CHECK(jacobian(constant, T{1}) == T{{0}, {0}});
  CHECK(jvp(constant, T{1}, T{1}).second == T{0, 0});
}

TEST_CASE("vjp() gives f(x) and v'J") {
  const T x{0.1, -0.2, 0.3}, v{2, -3};
  const auto f = [](auto u) { return layer(u); };
  const auto [y, product] = vjp(f, x, v);
  CHECK(y == layer(x));
  check_close(product, reshape(matmul(reshape(v, {1, 2}), jacobian(f, x)), {3}));
  const auto [of_braces, gradient] = vjp([](auto u) { return u * u; }, T{1, 2}, {10, 1});
  CHECK(of_braces == T{1, 4});
  CHECK(gradient == T{20, 4});
}

TEST_CASE("jvp() gives f(x) and J v") {
  const T x{0.1, -0.2, 0.3}, v{2, -3, 0.5};
  const auto f = [](auto u) { return layer(u); };
  const auto [y, product] = jvp(f, x, v);
  CHECK(y == layer(x));
  check_close(product, reshape(matmul(jacobian(f, x), reshape(v, {3, 1})), {2}));
}

TEST_CASE("jvp() of several inputs sums over them") {
  const auto f = [](auto x, auto y) { return sin(x) * y; };
  const T x{1, 2}, y{3, 4}, dx{0.1, 0.2}, dy{-1, 1};
  const auto [value, product] = jvp(f, {x, y}, {dx, dy});
  check_close(value, sin(x) * y);
  check_close(product, cos(x) * y * dx + sin(x) * dy);
}

TEST_CASE("every kind of rule serves jvp(): the columns it gives are those of the Jacobian") {
  const auto check = [](const auto& f, const T& x) {
    const T J = jacobian(f, x);
    const std::size_t n = x.size();
    for (std::size_t j = 0; j < n; ++j) {
      T v = zeros_like(x);
      v[j] = 1;
      const T column = jvp(f, x, v).second;
      for (std::size_t i = 0; i < column.size(); ++i) CHECK(column[i] == Approx(J[i * n + j]).epsilon(1e-12));
    }
  };
  const T x{{0.3, -1.2, 2}, {1, 0.5, -0.7}};
  check([](auto v) { return relu(v) + abs(v) * maximum(v, 0.1) - minimum(v, v * v); }, x);
  check([](auto v) { return softmax(v, 1) / (1 + sum(exp(v), 0)); }, x);
  check([](auto v) { return (max)(v, 1) * logsumexp(v, 1) + minigrad::std(v, 1); }, x);
  check([](auto v) { return concatenate({slice(v, 0, 1, 1), transpose(reshape(v, {3, 2})), v}, 1); }, x);
  check([](auto v) { return matmul_nt(v, v) + matmul(v, transpose(v)); }, x);
  check([](auto v) { return where(greater(v, 0), v * v, pow(v, 3)); }, x);
  check([](auto v) { return index_select(v, Tensor<std::int64_t>{1, 0, 1}) * erf(mean(v)); }, x);
}

TEST_CASE("the Hessian has the shape of x twice, and is symmetric") {
  const auto f = [](auto x) { return sum(x * x * x) + x.graph().input(T::scalar(0)); };
  CHECK(hessian(f, T{1, 2, 3}) == T{{6, 0, 0}, {0, 12, 0}, {0, 0, 18}});
  CHECK(hessian(f, T{{1, 2}}).shape() == Shape{1, 2, 1, 2});
  CHECK(hessian(f, T::scalar(2)) == T::scalar(12));
  CHECK(hessian(f, T::empty({0})).shape() == Shape{0, 0});
  const T x{0.1, -0.2, 0.3};
  const T H = hessian([](auto v) { return logsumexp(layer(v) * 3); }, x);
  check_close(H, transpose(H));
  check_close(H, jacobian([](auto v) { return grad(logsumexp(layer(v) * 3), v); }, x));
}

TEST_CASE("the Hessian of several inputs comes in blocks") {
  const auto f = [](auto x, auto y) { return sum(x * x) * sum(y); };
  const auto H = hessian(f, {T{1, 2}, T{3}});
  CHECK(H[0][0] == T{{6, 0}, {0, 6}});
  CHECK(H[0][1] == T{{2}, {4}});
  CHECK(H[1][0] == T{{2, 4}});
  CHECK(H[1][1] == T{{0}});
}

TEST_CASE("hvp() gives f(x) and the Hessian times a vector, for one input and for several") {
  const T x{0.1, -0.2, 0.3}, v{1, -2, 0.5};
  const auto f = [](auto u) { return logsumexp(layer(u) * 3); };
  const auto [y, product] = hvp(f, x, v);
  CHECK(y == logsumexp(layer(x) * 3));
  check_close(product, reshape(matmul(hessian(f, x), reshape(v, {3, 1})), {3}));
  const auto g = [](auto p, auto q) { return sum(p * p) * sum(q); };
  const auto [value, products] = hvp(g, {T{1, 2}, T{3}}, {T{1, 0}, T{10}});
  CHECK(value == T::scalar(15));
  CHECK(products[0] == T{6 + 20, 40});
  CHECK(products[1] == T{2});
}

TEST_CASE("hvp() records a number of nodes that does not depend on the size of x") {
  const auto nodes = [](std::size_t n) {
    std::size_t count = 0;
    hvp([&](auto x) {
      register_hook(x, [&count, &graph = x.graph()](const auto&) { count = graph.size(); });
      return sum(tanh(x) * x);
    }, ones<double>({n}), ones<double>({n}));
    return count;
  };
  CHECK(nodes(3) > 0);
  CHECK(nodes(3) == nodes(1000));
}

TEST_CASE("functions of numbers: one, several, or a vector of them") {
  const auto cube = [](auto x) { return x * x * x; };
  CHECK(jacobian(cube, 2.0) == 12);
  CHECK(hessian(cube, 2.0) == 12);
  CHECK(vjp(cube, 2.0, 10) == std::pair(8.0, 120.0));
  CHECK(jvp(cube, 2.0, 10) == std::pair(8.0, 120.0));
  CHECK(hvp(cube, 2.0, 10) == std::pair(8.0, 120.0));

  const auto f = [](auto x, auto y) { return x * x * y; };
  CHECK(jacobian(f, {2.0, 3.0}) == std::array{12.0, 4.0});
  CHECK(hessian(f, {2.0, 3.0}) == std::array{std::array{6.0, 4.0}, std::array{4.0, 0.0}});
  CHECK(vjp(f, {2.0, 3.0}, 10) == std::pair(12.0, std::array{120.0, 40.0}));
  CHECK(jvp(f, {2.0, 3.0}, {1, 10}) == std::pair(12.0, 52.0));
  CHECK(hvp(f, {2.0, 3.0}, {1, 10}) == std::pair(12.0, std::array{46.0, 4.0}));
}

TEST_CASE("of a vector of numbers the Hessian is a matrix, and hvp() its product: Rosenbrock's valley") {
  const auto f = [](const auto& x) { return valley(x); };
  const std::vector<double> at{-1.2, 1, 0.5}, v{1, 2, 3};
  const T H = hessian(f, at);
  check_close(H, T{{2 + 1200 * 1.44 - 400, 480, 0}, {480, 200 + 2 + 1200 - 200, -400}, {0, -400, 200}});
  const auto [value, product] = hvp(f, at, v);
  CHECK(value == Approx(valley(at)));
  check_close(T::from({3}, product), reshape(matmul(H, T{{1}, {2}, {3}}), {3}));
  const T J = jacobian(f, at);
  CHECK(J.shape() == Shape{3});
  CHECK(vjp(f, at, 1).second == std::vector<double>(J.begin(), J.end()));
}

TEST_CASE("a function of a vector of numbers may give a vector: its Jacobian is a matrix") {
  const auto polar = [](const auto& p) { return std::vector{p[0] * cos(p[1]), p[0] * sin(p[1])}; };
  const std::vector<double> at{2, 0.5};
  const double c = std::cos(0.5), s = std::sin(0.5);
  check_close(jacobian(polar, at), T{{c, -2 * s}, {s, 2 * c}});
  const auto [value, back] = vjp(polar, at, {3, 4});
  CHECK(value == std::vector<double>{2 * c, 2 * s});
  check_close(T::from({2}, back), T{3 * c + 4 * s, -6 * s + 8 * c});
  const auto [same, forth] = jvp(polar, at, {3, 4});
  check_close(T::from({2}, forth), T{3 * c - 8 * s, 3 * s + 8 * c});
  CHECK(jacobian([](const auto& x) { return std::vector{x[0]}; }, at) == T{{1, 0}});
  const auto nothing = [](const auto& x) { return std::decay_t<decltype(x)>(); };
  CHECK(jacobian(nothing, at).shape() == Shape{0, 2});
  CHECK(jvp(nothing, at, {1, 2}).second.empty());
  CHECK(vjp(nothing, at, {}).second == std::vector<double>{0, 0});
}

TEST_CASE("float derivatives are computed in float") {
  const Tensor<float> x{1, 2};
  static_assert(std::is_same_v<decltype(jacobian([](auto v) { return v * v; }, x)), Tensor<float>>);
  static_assert(std::is_same_v<decltype(hessian([](auto v) { return v * v; }, 1.5f)), float>);
  CHECK(jacobian([](auto v) { return v * v; }, x) == Tensor<float>{{2, 0}, {0, 4}});
  CHECK(hvp([](auto v) { return sum(v * v * v); }, x, {1, 0}).second == Tensor<float>{6, 0});
}

TEST_CASE("parameters that the function uses are constants, and get no gradient") {
  Parameter<T> w(T{1, 2});
  const auto f = [&](auto x) { return sum(x * x * w); };
  CHECK(jacobian(f, T{3, 4}) == T{6, 16});
  CHECK(hessian(f, T{3, 4}) == T{{2, 0}, {0, 4}});
  CHECK(hvp(f, T{3, 4}, {1, 1}).second == T{2, 4});
  CHECK(vjp(f, T{3, 4}, T::scalar(1)).second == T{6, 16});
  CHECK(jvp(f, T{3, 4}, {1, 1}).second == T::scalar(22));
  CHECK(!w.has_grad());
}

TEST_CASE("derivatives nest: the Jacobian of a function that differentiates is one order more") {
  const auto slope = [](auto x) { return grad(sum(x * x * x * x), x); };
  CHECK(jacobian(slope, T{1, 2}) == T{{12, 0}, {0, 48}});
  CHECK(hessian([&](auto x) { return sum(slope(x)); }, T{1, 2}) == T{{24, 0}, {0, 48}});
}

TEST_CASE("a v of another shape is refused with both shapes") {
  const auto f = [](auto x) { return x * x; };
  CHECK_THROWS_WITH_AS(
      vjp(f, T{1, 2}, T{1, 2, 3}),
      "minigrad: vjp: v has shape [3] and the function's result has [2]: shapes must be equal", ShapeError);
  CHECK_THROWS_WITH_AS(jvp(f, T{1, 2}, T{{1, 2}}),
                       "minigrad: jvp: v has shape [1, 2] and the input has [2]: shapes must be equal", ShapeError);
  CHECK_THROWS_WITH_AS(hvp([](auto x) { return sum(x); }, T{1, 2}, T{1}),
                       "minigrad: hvp: v has shape [1] and the input has [2]: shapes must be equal", ShapeError);
  CHECK_THROWS_WITH_AS(vjp([](const auto& x) { return x; }, std::vector<double>{1, 2}, {1}),
                       "minigrad: vjp: v has 1 numbers and the function's result has 2: there must be as many",
                       ShapeError);
}

TEST_CASE("the Hessian of several numbers is refused, and so is a result of another graph") {
  CHECK_THROWS_WITH_AS(hessian([](auto x) { return x * x; }, T{1, 2}),
                       "minigrad: hessian: the loss has shape [2], and only a single number has a gradient: take its "
                       "sum() or mean()",
                       GraphError);
  CHECK_THROWS_WITH_AS(hvp([](const auto& x) { return x; }, std::vector<double>{1, 2}, {1, 1}),
                       "minigrad: hvp: the function gives 2 numbers, and must give one", GraphError);
  Graph<double> other;
  const auto elsewhere = other.variable(1);
  CHECK_THROWS_WITH_AS(jacobian([&](auto) { return elsewhere; }, 2.0),
                       "minigrad: jacobian: the function's result belongs to another graph", GraphError);
}

TEST_CASE("a Jacobian is computed by one sweep for each output") {
  int sweeps = 0;
  jacobian([&](auto x) {
    const auto y = layer(x);
    register_hook(y, [&](const T&) { ++sweeps; });
    return y;
  }, T{0.1, -0.2, 0.3});
  CHECK(sweeps == 2);
}

TEST_CASE("grad() and what is built on it refuse an x that the result depends on by an op with no_rule alone") {
  const auto weighted = elementwise("weighted", [](auto v, auto w) { return v * w; },
                                    [](auto g, auto&&, auto&&, auto w) { return g * w; }, no_rule);
  const auto missing = [](const std::string& node) {
    return "minigrad: grad: the op weighted (node " + node +
           ") has no derivative rule for its input 1: give it one in place of no_rule, if it has that derivative";
  };
  Graph<double> graph;
  const auto x = graph.variable(2), w = graph.variable(3);
  const auto y = weighted(x, exp(w));
  CHECK(grad(y, x).value() == std::exp(3.0));
  CHECK_THROWS_WITH_AS(grad(y, w), missing("3").c_str(), GraphError);
  const auto twice = weighted(x, weighted(x, w));
  CHECK_THROWS_WITH_AS(grad(twice, w), missing(std::to_string(twice.id())).c_str(), GraphError);
  CHECK(grad(y + w, w).value() == 1);  // by another way
  const Parameter<double> p(3);
  CHECK_THROWS_AS(grad(weighted(x, 2 * graph.parameter(p)), graph.parameter(p)), GraphError);

  const auto f = [&](const auto& v) { return sum(weighted(2, square(v))); };
  CHECK_THROWS_WITH_AS(value_and_grad(f, 3.0), missing("2").c_str(), GraphError);
  const Tensor<double> at{1, 2};
  CHECK_THROWS_AS(value_and_grad(f, at), GraphError);
  CHECK_THROWS_AS(vjp(f, at, Tensor<double>::scalar(1)), GraphError);
  CHECK_THROWS_AS(jvp(f, at, at), GraphError);
  CHECK_THROWS_AS(jacobian(f, at), GraphError);
  CHECK_THROWS_AS(hessian(f, at), GraphError);
  CHECK_THROWS_AS(hvp(f, at, at), GraphError);

  const auto within = [&](auto v, auto u) { return checkpoint([&](auto c, auto d) { return weighted(c, d); }, v, u); };
  CHECK(grad(within(x, w), x).value() == 3);
  CHECK_THROWS_AS(grad(within(x, w), w), GraphError);
  CHECK(grad(within(x, w) + w, w).value() == 1);
  const auto with_parameter = checkpoint([&](auto v) { return weighted(v, p); }, x);
  CHECK(grad(with_parameter, x).value() == 3);
  CHECK_THROWS_AS(grad(with_parameter, graph.parameter(p)), GraphError);
}

TEST_CASE("along an input that is non_differentiable the derivative is 0") {
  Graph<double> graph;
  const auto x = graph.variable(2), w = graph.variable(3);
  const auto masked = elementwise("masked", [](auto v, auto m) { return m > 1 ? v : 0 * v; },
                                  [](auto g, auto&&, auto&&, auto m) { return where(greater(m, 1), g, 0); }, non_differentiable);
  CHECK(grad(masked(x, w), w).value() == 0);
  CHECK(grad(masked(x, stop_gradient(w)) + greater(w, 1).var() + x, w).value() == 0);
  CHECK(grad(x, w).value() == 0);
  CHECK(value_and_grad([](auto v) { return stop_gradient(v); }, 3.0) == std::pair(3.0, 0.0));
  CHECK(hessian([](const auto& v) { return sum(where(greater(v, 0), 2 * v, v)); }, Tensor<double>{1, -1}) ==
        Tensor<double>{{0, 0}, {0, 0}});
  const auto no_rule_of_mask = elementwise("weighted", [](auto v, auto m) { return v * m; },
                                           [](auto g, auto&&, auto&&, auto m) { return g * m; }, no_rule);
  CHECK(grad(no_rule_of_mask(x, stop_gradient(w)), w).value() == 0);
}
