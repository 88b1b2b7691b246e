#include <doctest/doctest.h>

#include <cstdint>
#include <minigrad/diff/grad.hpp>
#include <minigrad/graph/capture.hpp>
#include <minigrad/ops/ops.hpp>
#include <minigrad/tensor/create.hpp>
#include <minigrad/tensor/print.hpp>
#include <type_traits>
#include <vector>

using namespace minigrad;

namespace {

using T = Tensor<double>;
const T matrix{{1, 2, 3}, {4, 5, 6}};

/// The gradient of sum(f(x) * weights), which tells where each number went.
template <class F>
T gradient(const F& f, const T& x, const T& weights) {
  Graph<T> graph;
  const auto v = graph.variable(x);
  const auto y = f(v);
  CHECK(y.value() == f(x));
  CHECK(y.value().shape() == weights.shape());
  backward(sum(y * weights));
  CHECK(grad(sum(y * weights), v).value() == v.grad());
  return v.grad();
}

}  // namespace

TEST_CASE("reshape lays the gradient out as the input was") {
  CHECK(gradient([](const auto& x) { return reshape(x, {3, 2}); }, matrix, {{1, 2}, {3, 4}, {5, 6}}) == matrix);
  CHECK(gradient([](const auto& x) { return reshape(x, Shape{}); }, T{{7}}, T::scalar(2)) == T{{2}});
  Graph<T> graph;
  CHECK_THROWS_WITH_AS(reshape(graph.variable(matrix), {4}),
                       "minigrad: reshape: [2, 3] to [4]: 6 elements do not fill 4", ShapeError);
}

TEST_CASE("an extent of -1 and the axes of flatten stay attributes of the graph") {
  CHECK(gradient([](const auto& x) { return reshape(x, {-1, 2}); }, matrix, {{1, 2}, {3, 4}, {5, 6}}) == matrix);
  CHECK(gradient([](const auto& x) { return flatten(x); }, matrix, {1, 2, 3, 4, 5, 6}) == matrix);
  Graph<T> graph;
  const auto x = graph.variable(ones<double>({2, 3, 4}));
  const auto text = [&](const Var<T>& y) {
    std::string out = graph.node(y.id()).op();
    for (const auto& attribute : graph.node(y.id()).attributes()) out += " " + attribute.name + "=" + attribute.text;
    return out;
  };
  CHECK(text(reshape(x, {-1, 8})) == "reshape shape=[-1, 8]");
  CHECK(text(flatten(x, 1)) == "flatten start_dim=1");
  CHECK(text(flatten(x, 0, 1)) == "flatten start_dim=0 end_dim=1");
  CHECK(graph.node(reshape(x, {-1, 8}).id()).attributes()[0].numbers == std::vector<double>{-1, 8});
  CHECK_THROWS_WITH_AS(reshape(x, {-1, -1}), "minigrad: reshape: [2, 3, 4] to [-1, -1]: only one extent may be -1",
                       ShapeError);
}

TEST_CASE("reshape with -1 and flatten run again in a recorded step, and on a batch of nothing") {
  const auto loss = [](const auto& x) { return sum(square(flatten(reshape(x, {-1, 2, 3}), 1))); };
  auto step = capture(loss, ones<double>({4, 3}));
  Rng rng(1);
  for (int run = 0; run < 2; ++run) {
    const auto x = normal<double>({4, 3}, 0, 1, rng);
    CHECK(step(x) == loss(x));
  }
  Graph<T> graph;
  const auto nothing = graph.variable(T::empty({0, 3, 4}));
  const auto y = flatten(reshape(nothing, {-1, 4, 3}), 1);
  CHECK(y.value().shape() == Shape{0, 12});
  backward(sum(y));
  CHECK(nothing.grad().shape() == Shape{0, 3, 4});
}

TEST_CASE("transpose exchanges two axes, and their exchange is the gradient's way back") {
  CHECK(gradient([](const auto& x) { return transpose(x); }, matrix, {{1, 4}, {2, 5}, {3, 6}}) == matrix);
  const T cube{{{1, 2}, {3, 4}, {5, 6}}};
  CHECK(gradient([](const auto& x) { return transpose(x, 0, 2); }, cube, T{{{1}, {3}, {5}}, {{2}, {4}, {6}}}) == cube);
  CHECK(gradient([](const auto& x) { return transpose(x, 1, 1); }, matrix, matrix) == matrix);
  Graph<T> graph;
  CHECK_THROWS_WITH_AS(transpose(graph.variable({1, 2})),
                       "minigrad: transpose: axis -2 of a tensor of shape [2], which has 1 axis", IndexError);
}

TEST_CASE("slice gives the gradient to what it cut out, and 0 to the rest") {
  CHECK(gradient([](const auto& x) { return slice(x, 1, 2); }, matrix, {{7, 8, 9}}) == T{{0, 0, 0}, {7, 8, 9}});
  CHECK(gradient([](const auto& x) { return slice(x, 0, 2, 1); }, matrix, {{1, 2}, {3, 4}}) == T{{1, 2, 0}, {3, 4, 0}});
  CHECK(gradient([](const auto& x) { return slice(x, 1, 1); }, matrix, T::empty({0, 3})) == T{{0, 0, 0}, {0, 0, 0}});
  Graph<T> graph;
  CHECK_THROWS_WITH_AS(slice(graph.variable(matrix), 1, 3),
                       "minigrad: slice: 1 to 3 along axis 0 of a tensor of shape [2, 3]", IndexError);
}

TEST_CASE("unslice puts a tensor among zeros, from where slice takes the gradient") {
  CHECK(unslice(T{7, 8}, {4}, 1) == T{0, 7, 8, 0});
  CHECK(gradient([](const auto& x) { return unslice(x, {4}, 1); }, T{7, 8}, {1, 2, 3, 4}) == T{2, 3});
}

TEST_CASE("index_select adds up the gradients of a row that was picked more than once") {
  const Tensor<std::int64_t> rows{1, 0, 1};
  CHECK(gradient([&](const auto& x) { return index_select(x, rows); }, matrix, {{1, 1, 1}, {2, 2, 2}, {3, 4, 5}}) ==
        T{{2, 2, 2}, {4, 5, 6}});
  CHECK(gradient([&](const auto& x) { return index_select(x, rows); }, T{7, 8}, {1, 2, 3}) == T{2, 4});
  Graph<T> graph;
  const auto x = graph.variable(matrix);
  CHECK_THROWS_WITH_AS(index_select(x, Tensor<std::int64_t>{2}),
                       "minigrad: index_select: row 2 of a tensor of shape [2, 3]", IndexError);
  CHECK_THROWS_WITH_AS(index_select(x, Tensor<std::int64_t>{-1}),
                       "minigrad: index_select: row -1 of a tensor of shape [2, 3]", IndexError);
}

TEST_CASE("index_add adds rows up, and its gradient is what stands where they went") {
  const Tensor<std::int64_t> rows{1, 0, 1};
  CHECK(index_add(T{{1, 2}, {3, 4}, {5, 6}}, rows, 3) == T{{3, 4}, {6, 8}, {0, 0}});
  CHECK(gradient([&](const auto& x) { return index_add(x, rows, 2); }, T{1, 2, 3}, {10, 20}) == T{20, 10, 20});
}

TEST_CASE("the indices of index_select are kept with the op") {
  Graph<T> graph;
  const auto x = graph.variable(matrix);
  Tensor<std::int64_t> rows{1};
  const auto y = sum(index_select(x, rows));
  rows[0] = 0;
  backward(y);
  CHECK(x.grad() == T{{0, 0, 0}, {1, 1, 1}});
}

TEST_CASE("concatenate cuts the gradient into the pieces that were put together") {
  Graph<T> graph;
  const auto x = graph.variable({{1, 2}}), y = graph.variable({{3, 4}, {5, 6}}),
             none = graph.variable(T::empty({0, 2}));
  const auto rows = concatenate({x, none, y});
  CHECK(rows.value() == T{{1, 2}, {3, 4}, {5, 6}});
  backward(sum(rows * T{{1, 2}, {3, 4}, {5, 6}}));
  CHECK(x.grad() == T{{1, 2}});
  CHECK(y.grad() == T{{3, 4}, {5, 6}});
  CHECK(none.grad() == T::empty({0, 2}));

  const auto a = graph.variable({{1}, {2}}), b = graph.variable({{3, 4}, {5, 6}});
  const auto columns = concatenate(std::vector<Var<T>>{a, b}, -1);
  CHECK(columns.value() == T{{1, 3, 4}, {2, 5, 6}});
  backward(sum(columns * T{{1, 2, 3}, {4, 5, 6}}));
  CHECK(a.grad() == T{{1}, {4}});
  CHECK(b.grad() == T{{2, 3}, {5, 6}});
}

TEST_CASE("the same tensor may be concatenated with itself, and with data") {
  Graph<T> graph;
  const auto x = graph.variable({1, 2}), data = graph.input({5});
  backward(sum(concatenate({x, data, x}) * T{1, 2, 3, 4, 5}));
  CHECK(x.grad() == T{1 + 4, 2 + 5});
  CHECK_THROWS_AS(data.grad(), GraphError);
}

TEST_CASE("what cannot be concatenated is named") {
  Graph<T> graph;
  const auto x = graph.variable({{1, 2}}), y = graph.variable({{1, 2, 3}}), row = graph.variable({1, 2});
  CHECK_THROWS_WITH_AS(concatenate({x, y}),
                       "minigrad: concatenate: [1, 2] and [1, 3]: extents differ along another axis", ShapeError);
  CHECK_THROWS_WITH_AS(concatenate({x, row}),
                       "minigrad: concatenate: [1, 2] and [2]: extents differ along another axis", ShapeError);
  CHECK_THROWS_WITH_AS(concatenate({x, x}, 2),
                       "minigrad: concatenate: axis 2 of a tensor of shape [1, 2], which has 2 axes", IndexError);
  CHECK_THROWS_WITH_AS(concatenate(std::vector<Var<T>>()), "minigrad: concatenate: nothing to put together",
                       ValueError);
  CHECK_THROWS_WITH_AS(concatenate(std::vector<T>()), "minigrad: concatenate: nothing to put together", ValueError);
}

TEST_CASE("stack puts tensors side by side along a new axis, of Vars as of tensors") {
  const T a{1, 2}, b{3, 4};
  CHECK(stack({a, b}) == T{{1, 2}, {3, 4}});
  CHECK(stack({a, b}, 1) == T{{1, 3}, {2, 4}});
  CHECK(stack({a, b}, -1) == T{{1, 3}, {2, 4}});
  CHECK(stack({T::scalar(1), T::scalar(2)}) == T{1, 2});
  CHECK(stack(std::vector<T>{a}).shape() == Shape{1, 2});
  Graph<T> graph;
  const auto x = graph.variable(a), y = graph.variable(b);
  const auto z = stack({x, y}, 1);
  CHECK(z.value() == T{{1, 3}, {2, 4}});
  backward(sum(z * T{{1, 2}, {3, 4}}));
  CHECK(x.grad() == T{1, 3});
  CHECK(y.grad() == T{2, 4});
}

TEST_CASE("what cannot be stacked is named") {
  const T a{1, 2};
  CHECK_THROWS_WITH_AS(stack({a, T{1, 2, 3}}), "minigrad: stack: [2] and [3]: shapes must be equal", ShapeError);
  CHECK_THROWS_WITH_AS(stack({a, a}, 2), "minigrad: stack: axis 2 of the result: tensors of shape [2] and a new axis are 2 axes",
                       IndexError);
  CHECK_THROWS_WITH_AS(stack(std::vector<T>()), "minigrad: stack: nothing to put together", ValueError);
}

TEST_CASE("a Parameter is rearranged in the graph of a Var, and has its gradient") {
  Parameter<T> p(matrix);
  Graph<T> graph;
  const auto x = graph.variable({1, 2, 3, 4, 5, 6});
  backward(sum(reshape(operand(p, x), {6}) * x));
  CHECK(p.grad() == T{{1, 2, 3}, {4, 5, 6}});
  CHECK(reshape(operand(p, matrix), {6}) == T{1, 2, 3, 4, 5, 6});
}

TEST_CASE("concatenate and stack take Vars, Tensors and Parameters between braces, in any mix") {
  Graph<T> graph;
  const auto v = graph.variable({1, 2});
  const T x{3, 4};
  Parameter<T> p(T{5, 6});
  const auto line = concatenate({v, x, p}), rows = stack({x, v}), columns = stack({p, v}, 1);
  CHECK(line.value() == T{1, 2, 3, 4, 5, 6});
  CHECK(rows.value() == T{{3, 4}, {1, 2}});
  CHECK(columns.value() == T{{5, 1}, {6, 2}});
  backward(sum(square(line)) + sum(rows * 10) + sum(columns * 100));
  CHECK(v.grad() == T{2 + 110, 4 + 110});
  CHECK(p.grad() == T{10 + 100, 12 + 100});
  CHECK(concatenate({x, T{7}}) == T{3, 4, 7});
  CHECK_THROWS_WITH_AS(stack({x, v, T{1}}), "minigrad: stack: [2] and [1]: shapes must be equal", ShapeError);
  CHECK_THROWS_WITH_AS(concatenate({p, p}), "minigrad: concatenate: a Parameter meets no Var here: take its value(), or "
                                            "graph.parameter(it)", GraphError);
}
