#include <doctest/doctest.h>

#include <minigrad/diff/grad.hpp>
#include <minigrad/ops/ops.hpp>
#include <minigrad/tensor/print.hpp>
#include <type_traits>

using namespace minigrad;

namespace {

using T = Tensor<double>;
const T a{{1, 2, 3}, {4, 5, 6}}, b{{1, 0}, {2, 1}, {0, 3}}, g{{1, 2}, {3, 4}};

}  // namespace

TEST_CASE("the gradients of a product of matrices are products of matrices") {
  Graph<T> graph;
  const auto x = graph.variable(a), y = graph.variable(b);
  const auto z = matmul(x, y);
  CHECK(z.value() == matmul(a, b));
  backward(sum(z * g));
  CHECK(x.grad() == matmul(g, transpose(b)));
  CHECK(y.grad() == matmul(transpose(a), g));
}

TEST_CASE("the transposed forms equal products with a transposed matrix, and so do their gradients") {
  Graph<T> graph;
  const auto x = graph.variable(a), y = graph.variable(b);
  const auto yt = graph.variable(transpose(b)), xt = graph.variable(transpose(a));
  CHECK(matmul_nt(x, yt).value() == matmul(a, b));
  CHECK(matmul_tn(xt, y).value() == matmul(a, b));
  backward(sum(matmul_nt(x, yt) * g));
  CHECK(x.grad() == matmul(g, transpose(b)));
  CHECK(yt.grad() == matmul(transpose(g), a));
  backward(sum(matmul_tn(xt, y) * g));
  CHECK(xt.grad() == matmul(b, transpose(g)));
  CHECK(y.grad() == matmul(transpose(a), g));
}

TEST_CASE("a matrix times itself gets the gradient of both sides") {
  Graph<T> graph;
  const auto x = graph.variable(g);
  backward(sum(matmul(x, x)));
  const T ones{{1, 1}, {1, 1}};
  CHECK(x.grad() == matmul(ones, transpose(g)) + matmul(transpose(g), ones));
}

TEST_CASE("matrices meet tensors and parameters, on either side") {
  Graph<T> graph;
  const auto x = graph.variable(a);
  const Parameter<T> p(b);
  for (const auto& z : {matmul(x, b), matmul(x, p)}) CHECK(z.value() == matmul(a, b));
  CHECK(matmul(transpose(b), transpose(x)).value() == transpose(matmul(a, b)));
  backward(sum(matmul(x, p)));
  CHECK(p.grad() == T{{5, 5}, {7, 7}, {9, 9}});
  static_assert(std::is_same_v<decltype(matmul(p, a)), T>);
  static_assert(std::is_same_v<decltype(matmul_nt(a, p)), T>);
}

TEST_CASE("products with an extent of 0 are zeros, and have gradients of zeros") {
  Graph<T> graph;
  const auto x = graph.variable(T::empty({2, 0})), y = graph.variable(T::empty({0, 3}));
  const auto z = matmul(x, y);
  CHECK(z.value() == T{{0, 0, 0}, {0, 0, 0}});
  backward(sum(z));
  CHECK(x.grad() == T::empty({2, 0}));
  CHECK(y.grad() == T::empty({0, 3}));
}

TEST_CASE("matrices that do not fit are named with the op") {
  Graph<T> graph;
  const auto x = graph.variable(a), pair = graph.variable({1, 2});
  CHECK_THROWS_WITH_AS(matmul(x, a), "minigrad: matmul: [2, 3] and [2, 3]: inner extents differ", ShapeError);
  CHECK_THROWS_WITH_AS(matmul_nt(x, b), "minigrad: matmul_nt: [2, 3] and [3, 2]: inner extents differ", ShapeError);
  CHECK_THROWS_WITH_AS(matmul_tn(x, b), "minigrad: matmul_tn: [2, 3] and [3, 2]: inner extents differ", ShapeError);
  CHECK_THROWS_WITH_AS(matmul(x, pair), "minigrad: matmul: [2, 3] and [2]: inner extents differ", ShapeError);
}

TEST_CASE("linear is a product and a sum in one, for rows, for many rows, and for one") {
  const T weight{{1, 2, 3}, {0, 1, 0}}, bias{10, 20};
  for (const Shape& rows : {Shape{3}, Shape{2, 3}, Shape{2, 1, 3}, Shape{0, 3}}) {
    CAPTURE(to_string(rows));
    auto values = T::empty(rows);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>(i);
    const T as_rows = reshape(values, {rows.size() / 3, 3});

    Graph<T> graph;
    const auto x = graph.variable(values), w = graph.variable(weight), c = graph.variable(bias);
    const auto y = linear(x, w, c);
    CHECK(y.value() == linear(values, weight, bias));
    CHECK(reshape(y.value(), {rows.size() / 3, 2}) == matmul_nt(as_rows, weight) + bias);

    const T weights_of_y = y.value() * 0.5 + 1;
    backward(sum(y * weights_of_y));
    const T rows_of_g = reshape(weights_of_y, {rows.size() / 3, 2});
    CHECK(x.grad() == reshape(matmul(rows_of_g, weight), rows));
    CHECK(w.grad() == matmul_tn(rows_of_g, as_rows));
    CHECK(c.grad() == sum(rows_of_g, 0));
  }
}

TEST_CASE("linear with no inputs gives the bias, with no outputs nothing, and both have gradients") {
  Graph<T> graph;
  const auto none = graph.variable(T::empty({2, 0})), w = graph.variable(T::empty({3, 0})),
             c = graph.variable({1, 2, 3});
  const auto y = linear(none, w, c);
  CHECK(y.value() == T{{1, 2, 3}, {1, 2, 3}});
  backward(sum(y));
  CHECK(none.grad() == T::empty({2, 0}));
  CHECK(w.grad() == T::empty({3, 0}));
  CHECK(c.grad() == T{2, 2, 2});

  const auto x = graph.variable(a);
  const auto nothing = linear(x, graph.variable(T::empty({0, 3})), graph.variable(T()));
  CHECK(nothing.value() == T::empty({2, 0}));
  backward(sum(nothing));
  CHECK(x.grad() == T{{0, 0, 0}, {0, 0, 0}});
}

TEST_CASE("a layer whose shapes do not fit is named") {
  Graph<T> graph;
  const auto x = graph.variable(a), w = graph.variable({{1, 2}}), c = graph.variable({1});
  CHECK_THROWS_WITH_AS(
      linear(x, w, c),
      "minigrad: linear: x [2, 3] and weight [1, 2]: the last extent of x must be 2, the weight's second", ShapeError);
  CHECK_THROWS_WITH_AS(linear(x, w, graph.variable({1, 2})),
                       "minigrad: linear: [1, 2] and [2]: weight must be [out, in] and bias [out]", ShapeError);
}
