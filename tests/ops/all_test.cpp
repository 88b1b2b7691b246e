// The ops that are included by name: replayed, on whole numbers and masks, on handles and parameters, and their errors.
// Their values and derivatives are compared with PyTorch's in torch_tensors_test.cpp.
#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <minigrad/diff/grad.hpp>
#include <minigrad/graph/capture.hpp>
#include <minigrad/ops/all.hpp>
#include <minigrad/tensor/create.hpp>
#include <minigrad/tensor/print.hpp>
#include <string>
#include <vector>

#include "../support/count_allocations.hpp"

using namespace minigrad;

namespace {

using T = Tensor<double>;
using I = Tensor<std::int64_t>;
using B = Tensor<bool>;
constexpr double inf = std::numeric_limits<double>::infinity(), NaN = std::numeric_limits<double>::quiet_NaN();

T numbers(const Shape& shape, std::size_t step) {
  auto x = T::empty(shape);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<double>(i * step % 13) / 5 - 1.1;
  return x;
}

struct Entry {
  const char* op;
  Var<T> (*f)(const Var<T>&);
};
#define OP(name, ...) {name, [](const Var<T>& x) -> Var<T> { return __VA_ARGS__; }}
/// Functions of a [3, 3] matrix.
const std::vector<Entry> table = {
    OP("reduce", sum(x, {0, 1}) * var(x, {1, 0}) + logsumexp(x, {0, 1}) + (max)(x, {0, 1})),
    OP("permute", permute(x, {1, 0})),
    OP("matmul", matmul(reshape(x, {3, 1, 3}), reshape(x, {1, 3, 3}))),
    OP("matmul of a vector", matmul(x, sum(x, 0))),
    OP("einsum", einsum("ij,kj,ii->ik", x, x, x)),
    OP("outer", outer(sum(x, 0), sum(x, 1))),
    OP("index", index(x, {Slice(0, 3, 2), -1})),
    OP("index_select", index_select(x, I{{2, 0}, {1, 1}}, 1)),
    OP("gather", gather(x, argsort(x), 1)),
    OP("take_along_dim", take_along_dim(x, I{{2}, {0}, {1}}, 1)),
    OP("scatter_add", scatter_add(x, I{{0, 0, 1}, {2, 1, 1}}, slice(x, 0, 2), 1)),
    OP("masked_fill", masked_fill(x, greater(x, 0), 2)),
    OP("tril", tril(x) * triu(x)),
    OP("pad", pad(x, {1, 2}) * pad(x, {1, 2}, PadMode::reflect)),
    OP("cumsum", cumsum(x, 1)),
    OP("cumprod", cumprod(x, 0)),
    OP("prod", prod(x, {0, 1}) + prod(x)),
    OP("sort", sort(x, 0).first),
    OP("topk", topk(x, 2).first),
    OP("split", split(x, 2)[0] * chunk(x, 2)[0]),
    OP("repeat", repeat(x, {2, 1}) * tile(x, {2, 1})),
    OP("flip", flip(x, 0) * roll(x, 1)),
    OP("norm", norm(x, 3, 0) * norm(x) * norm(x, 1) * norm(x, inf)),
};
#undef OP

/// What a call throws.
template <class F>
std::string message(const F& f) {
  try {
    f();
  } catch (const std::exception& error) {
    return std::string(error.what()).substr(std::string("minigrad: ").size());
  }
  return "no error";
}

}  // namespace

TEST_CASE("a recorded step computes each op anew from other numbers, and a warm one allocates nothing") {
  const T first = numbers({3, 3}, 5), second = numbers({3, 3}, 7);
  for (const Entry& entry : table) {
    CAPTURE(std::string(entry.op));
    Parameter<T> w(ones<double>({3, 3}));
    const auto loss = [&](auto x) { return sum(square(entry.f(x * w))); };
    auto step = capture(loss, first);
    const auto run = [&](const T& x) {
      const double value = step(x).item();
      w.zero_grad();
      step.backward();
      return value;
    };
    for (const T& x : {second, first, second}) {
      Graph<T> graph;
      const auto v = graph.variable(ones<double>({3, 3}));
      const auto eager = sum(square(entry.f(graph.input(x) * v)));
      CHECK(run(x) == eager.item());
      CHECK(w.grad() == grad(eager, v).value());
    }
    const std::size_t before = support::allocations();
    run(first);
    run(second);
    CHECK(support::allocations() == before);
  }
}

TEST_CASE("the gradient of an element that is gathered a million times keeps its digits") {
  const std::size_t n = 1'000'000;
  const auto g = full<float>({n, 2}, 0.1f);
  for (const bool flat : {true, false}) {
    const auto at = flat ? zeros<std::int64_t>({n}) : zeros<std::int64_t>({n, 2});
    const auto x = flat ? zeros({3}) : zeros({3, 2});
    const auto y = scatter_add(x, at, flat ? full({n}, 0.1f) : g, 0);  // one after the other 100958
    CHECK(y[0] == doctest::Approx(0.1f * 1e6).epsilon(1e-5));
    CHECK(sum(y).item() == doctest::Approx(flat ? 0.1f * 1e6 : 0.1f * 2e6).epsilon(1e-5));
    Graph<Tensor<float>> graph;
    const auto v = graph.variable(x);
    backward(sum(gather(v, at, 0) * 0.1f));
    CHECK(v.grad()[0] == doctest::Approx(0.1f * 1e6).epsilon(1e-5));
  }
}

TEST_CASE("whole numbers and masks are moved, picked, sorted and added up like all numbers") {
  const I m{{3, 1, 2}, {-1, 5, 0}};
  const B mask{{true, false, true}, {false, false, true}};
  CHECK(permute(m, {1, 0}) == I{{3, -1}, {1, 5}, {2, 0}});
  CHECK(sum(mask, {0, 1}).item() == 3);
  CHECK((max)(m, {0, 1}).item() == 5);
  CHECK(index(mask, {0, Slice(0, 3, 2)}) == B{true, true});
  CHECK(index_select(mask, I{1}, 1) == B{{false}, {false}});
  CHECK(gather(m, I{{2}, {0}}, 1) == I{{2}, {-1}});
  CHECK(scatter_add(m, I{{0, 0}}, I{{1, 1}}, 1) == I{{5, 1, 2}, {-1, 5, 0}});
  CHECK(masked_fill(m, mask, 7) == I{{7, 1, 7}, {-1, 5, 7}});
  CHECK(tril(m) == I{{3, 0, 0}, {-1, 5, 0}});
  CHECK(triu(mask, 1) == B{{false, false, true}, {false, false, true}});
  CHECK(pad(m, {1, 0}, PadMode::constant, 9) == I{{9, 3, 1, 2}, {9, -1, 5, 0}});
  CHECK(cumsum(mask, 1) == I{{1, 1, 2}, {0, 0, 1}});
  CHECK(cumsum(Tensor<std::uint8_t>{200, 100}, 0) == I{200, 300});
  CHECK(prod(Tensor<int>{100000, 100000}).item() == 10000000000);
  CHECK(cumprod(m, 1) == I{{3, 3, 6}, {-1, -5, 0}});
  CHECK(sort(m).first == I{{1, 2, 3}, {-1, 0, 5}});
  CHECK(sort(mask, 1, true).second == I{{0, 2, 1}, {2, 0, 1}});
  CHECK(sort(Tensor<std::uint64_t>{0x8000000000000000u, 1}).second == I{1, 0});
  CHECK(topk(m, 1).second == I{{0}, {1}});
  CHECK(flip(m, 1) == I{{2, 1, 3}, {0, 5, -1}});
  CHECK(flip(m) == I{{0, 5, -1}, {2, 1, 3}});
  CHECK(flip(m, {}) == m);  // as torch.flip(m, [])
  CHECK(flip(I::scalar(1)) == I::scalar(1));
  CHECK(sum(m, {}) == sum(m));     // as torch.sum(m, [])
  CHECK(roll(m, 1, {}) == roll(m, 1));  // as torch.roll(m, 1, [])
  CHECK_THROWS_AS(permute(m, {}), IndexError);
  CHECK(roll(m, 1, 1) == I{{2, 3, 1}, {0, -1, 5}});
  CHECK(repeat(mask, {1, 2}).shape() == Shape{2, 6});
  CHECK(split(m, 2, 1)[1] == I{{2}, {0}});
  CHECK(norm(I{3, 4}).item() == 5);
  CHECK(einsum("ij,ij->i", m, m) == I{14, 26});
  CHECK(outer(I{1, 2}, I{3, 4}) == I{{3, 4}, {6, 8}});
}

TEST_CASE("equal elements keep their order in sort, NaN is the largest, and long lines are sorted as short ones") {
  const auto sorted = sort(T{2, NaN, -inf, 1, 2, inf, -0.0, 0});
  CHECK(sorted.second == I{2, 6, 7, 3, 0, 4, 5, 1});
  CHECK(std::isnan(sorted.first[7]));
  CHECK(argsort(T{2, NaN, 1, 2}, 0, true) == I{1, 0, 3, 2});
  CHECK(topk(T{2, NaN, 1, 2}, 3).second == I{1, 0, 3});
  for (const std::size_t n : {1u, 63u, 64u, 1000u, 3000u}) {
    CAPTURE(n);
    auto x = Tensor<float>::empty({n, 2});
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i * 7919 % 101) - 50;
    const auto [values, order] = sort(x, 0);
    const auto few = topk(x, n / 20, 0, false);
    bool ascending = true, stable = true, moved = true;
    for (std::size_t i = 2; i < values.size(); ++i) {
      ascending = ascending && values[i - 2] <= values[i];
      stable = stable && (values[i - 2] < values[i] || order[i - 2] < order[i]);
    }
    for (std::size_t i = 0; i < values.size(); ++i) moved = moved && values[i] == x(order[i], i % 2);
    CHECK(ascending);
    CHECK(stable);
    CHECK(moved);
    CHECK(few.first == slice(values, 0, n / 20));
    CHECK(few.second == slice(order, 0, n / 20));
  }
}

TEST_CASE("ops take handles of indices and parameters in any mix") {
  Graph<T> graph;
  const T m{{3, 1, 2}, {-1, 5, 0}};
  Parameter<T> w(m);
  const auto at = graph.input(I{{2}, {0}});
  const auto x = graph.variable(m);
  CHECK(gather(x, at, 1).value() == T{{2}, {-1}});
  backward(sum(gather(w, at, 1)) + sum(matmul(x, graph.parameter(w).value()(0, 0) * ones<double>({3}))) +
           einsum("ij,ij->", x, w) + sum(matmul(x, reshape(graph.parameter(w), {3, 2}))));
  CHECK(w.grad() == T{{3 + 2, 1 + 2, 2 + 1 + 6}, {-1 + 1 + 6, 5 + 2, 0 + 2}});
  CHECK(scatter_add(x, at, T{{1}, {1}}, 1).value() == T{{3, 1, 3}, {0, 5, 0}});
  CHECK(isclose(x, w) == B{{true, true, true}, {true, true, true}});
}

TEST_CASE("isclose allows for rounding as NumPy does, and allclose asks it of all") {
  CHECK(isclose(T{1, 2, inf, NaN}, T{1.000001, 2.1, inf, NaN}) == B{true, false, true, false});
  CHECK(allclose(T{NaN}, T{NaN}, {.equal_nan = true}));
  CHECK(allclose(T{{1, 2}, {1, 2}}, T{1, 2}));
  CHECK_FALSE(allclose(T{1}, T{1.001}));
  CHECK(allclose(T{1}, T{1.001}, {.rtol = 0.01}));
  CHECK_FALSE(allclose(inf, -inf));
  CHECK(allclose(1.0, 1.0 + 1e-9));
  CHECK_FALSE(allclose(1e300, inf));
}

TEST_CASE("a constant that the elements do not hold is refused, not cut off or wrapped") {
  using Bytes = Tensor<std::uint8_t>;
  const I m{{1, 2}};
  const Bytes bytes{{1, 2}};
  for (const double bad : {2.5, NaN, inf, 1e30}) {
    CAPTURE(bad);
    CHECK_THROWS_AS(pad(m, {1, 1}, PadMode::constant, bad), ValueError);
    CHECK_THROWS_AS(masked_fill(m, greater(m, 1), bad), ValueError);
  }
  for (const double bad : {-1.0, 300.0}) {
    CHECK_THROWS_AS(pad(bytes, {1, 1}, PadMode::constant, bad), ValueError);
    CHECK_THROWS_AS(masked_fill(bytes, greater(bytes, 1), bad), ValueError);
  }
  CHECK(message([&] { masked_fill(bytes, greater(bytes, 1), 300); }) ==
        "masked_fill: 300: the elements are whole numbers from 0 to 255, as the number must be: convert them first");
  CHECK(pad(bytes, {0, 1}, PadMode::constant, 255) == Bytes{{1, 2, 255}});
  CHECK(masked_fill(T{1, 2}, B{true, false}, -inf) == T{-inf, 2});
}

TEST_CASE("the errors of ops name op, shapes and index") {
  const T m = ones<double>({2, 3});
  CHECK(message([&] { sum(m, {0, -2}); }) == "sum: axis 0 of a tensor of shape [2, 3] is named twice");
  CHECK(message([&] { permute(m, {0}); }) == "permute: [0] is no order of the axes of [2, 3]: each must be named once");
  CHECK(message([&] { permute(m, {0, 2}); }) == "permute: axis 2 of a tensor of shape [2, 3], which has 2 axes");
  CHECK(message([&] { index(m, {2}); }) == "index: place 2 along axis 0 of a tensor of shape [2, 3]");
  CHECK(message([&] { index(m, {ellipsis, Slice(1, 5)}); }) == "index: 1 to 5 along axis 1 of a tensor of shape [2, 3]");
  CHECK(message([&] { index(m, {ellipsis, 1, ellipsis}); }) ==
        "index: 2 ellipses: which axes would each stand for? Take one");
  CHECK(message([&] { index(m, {0, 0, 0}); }) == "index: 3 indices into a tensor of shape [2, 3]");
  CHECK(message([&] { index(m, {Slice(0, 2, 0)}); }) ==
        "index: step 0 along axis 0 of a tensor of shape [2, 3]: steps are 1 or more; flip() turns an axis");
  CHECK(message([&] { gather(m, I{{0, 3}}, 1); }) ==
        "gather: index 3 at (0, 1) along axis 1 of a tensor of shape [2, 3]");
  CHECK(message([&] { gather(m, I{{0}, {1}, {1}}, 1); }) ==
        "gather: [2, 3] and indices [3, 1] along axis 1: the indices must have the same axes, and no other may be longer");
  CHECK(message([&] { take_along_dim(m, I{0}, 1); }) ==
        "take_along_dim: [2, 3] and [1]: the indices must have as many axes");
  CHECK(message([&] { scatter_add(m, I{{0}}, T{{1, 2}}, 1); }) ==
        "scatter_add: source [1, 2] and indices [1, 1]: one index for each element is expected");
  CHECK(message([&] { tril(T{1, 2}); }) == "tril: a tensor of shape [2] is no matrix");
  CHECK(message([&] { pad(m, {-2, -2}); }) == "pad: [2, 3] by {-2, -2}: more is cut off along axis 1 than there is");
  CHECK(message([&] { pad(m, {3, 0}, PadMode::reflect); }) ==
        "pad: [2, 3] by {3, 0}: axis 1 has too few places for reflect");
  CHECK(message([&] { pad(T{1}, {1, 1, 1, 1}); }) == "pad: {1, 1, 1, 1} pads 2 axes, and [1] has 1");
  CHECK(message([&] { cumsum(m, 2); }) == "cumsum: axis 2 of a tensor of shape [2, 3], which has 2 axes");
  CHECK(message([&] { prod(m, {0, 2}); }) == "prod: axis 2 of a tensor of shape [2, 3], which has 2 axes");
  CHECK(message([&] { sort(m, 2); }) == "sort: axis 2 of a tensor of shape [2, 3], which has 2 axes");
  CHECK(message([&] { argsort(m, 2); }) == "argsort: axis 2 of a tensor of shape [2, 3], which has 2 axes");
  CHECK(message([&] { topk(m, 4); }) ==
        "topk: k is 4, and must be 0 .. 3, the elements along axis 1 of a tensor of shape [2, 3]");
  CHECK(message([&] { topk(m, static_cast<std::size_t>(-1)); }) ==
        "topk: k is -1, and must be 0 .. 3, the elements along axis 1 of a tensor of shape [2, 3]");
  CHECK(message([&] { split(m, 0); }) == "split: [2, 3] into pieces of 0 places: 1 or more are expected");
  CHECK(message([&] { split(m, {1, 3}, 1); }) ==
        "split: the pieces have 4 places together, and axis 1 of [2, 3] has 3");
  CHECK(message([&] { chunk(m, 0); }) == "chunk: [2, 3] into 0 pieces: 1 or more are expected");
  CHECK(message([&] { repeat(m, {2}); }) == "repeat: [2] times a tensor of shape [2, 3]: one number for each axis");
  CHECK(message([&] { flip(m, 2); }) == "flip: axis 2 of a tensor of shape [2, 3], which has 2 axes");
  CHECK(message([&] { norm(m, NaN); }) == "norm: p is NaN");
  for (double p : {0.0, 1.0, 2.0, 3.0, inf})
    CHECK(message([&] { norm(m, p, 2); }) == "norm: axis 2 of a tensor of shape [2, 3], which has 2 axes");
  CHECK(message([&] { einsum("ij,jk->ik", m, m); }) == "einsum: \"ij,jk->ik\" of [2, 3], [2, 3] has j for extents 3 and 2");
  CHECK(message([&] { einsum("ijk", m); }) == "einsum: \"ijk\" of [2, 3] names 3 axes of operand 0, which has 2");
  CHECK(message([&] { einsum("ij->k", m); }) == "einsum: \"ij->k\" of [2, 3] has k in the result, and in no operand");
  CHECK(message([&] { outer(m, m); }) == "outer: [2, 3] and [2, 3]: two vectors are expected");
}

namespace {
/// Ops that are made of others.
template <class X>
void check_messages_of(const X& m) {
  const X none = slice(m, 0, 0);
  CHECK(message([&] { take_along_dim(m, I{{0, 3}}, 1); }) ==
        "take_along_dim: index 3 at (0, 1) along axis 1 of a tensor of shape [2, 3]");
  CHECK(message([&] { take_along_dim(m, I{0, 6}); }) ==
        "take_along_dim: index 6 at (1) of the 6 elements of a tensor of shape [2, 3]");
  CHECK(message([&] { take_along_dim(m, I{{0, 1, 1, 0}}, 0); }) ==
        "take_along_dim: [2, 3] and [1, 4]: shapes do not broadcast along the other axes");
  CHECK(message([&] { slice(m, 0, 2, 0, 0); }) ==
        "slice: step 0 along axis 0 of a tensor of shape [2, 3]: steps are 1 or more; flip() turns an axis");
  CHECK(message([&] { slice(m, 0, 4, 1, 2); }) == "slice: 0 to 4 along axis 1 of a tensor of shape [2, 3]");
  CHECK(message([&] { masked_fill(m, B{true, false}, 0); }) ==
        "masked_fill: [2, 3] and [2]: shapes do not broadcast");
  CHECK(message([&] { argsort(m, 2); }) == "argsort: axis 2 of a tensor of shape [2, 3], which has 2 axes");
  CHECK(message([&] { argsort(sum(m)); }) == "argsort: a number has no axis to sort along");
  for (const double p : {0.0, 0.5, 1.0, 2.0, inf, -inf})
    CHECK(message([&] { norm(m, p, {0, 2}); }) == "norm: axis 2 of a tensor of shape [2, 3], which has 2 axes");
  CHECK(message([&] { norm(none, -inf); }) == "norm: no elements to choose from in a tensor of shape [0, 3]");
  CHECK(message([&] { minigrad::std(m, 2); }) == "std: axis 2 of a tensor of shape [2, 3], which has 2 axes");
  CHECK(message([&] { max_with_indices(m, 2); }) ==
        "max_with_indices: axis 2 of a tensor of shape [2, 3], which has 2 axes");
  CHECK(message([&] { max_with_indices(none, 0); }) ==
        "max_with_indices: no elements to choose from in a tensor of shape [0, 3]");
  CHECK(message([&] { allclose(m, transpose(m)); }) == "allclose: [2, 3] and [3, 2]: shapes do not broadcast");
  CHECK(message([&] { stack({m, m}, 3); }) ==
        "stack: axis 3 of the result: tensors of shape [2, 3] and a new axis are 3 axes");
  CHECK(message([&] { index_add(m, I{0, 1}, 4, 2); }) == "index_add: axis 2 of a tensor of shape [2, 3], which has 2 axes");
  CHECK(message([&] { cumsum(m, Axis()); }) == "cumsum: of a tensor of shape [2, 3] one axis must be named");
}
}  // namespace

TEST_CASE("an error names the op that was called, where it is made of others, and its own shapes") {
  const T m = ones<double>({2, 3});
  check_messages_of(m);
  Graph<T> graph;
  check_messages_of(graph.variable(m));
}

TEST_CASE("a norm is right where squares overflow or vanish") {
  CHECK(norm(T{3e200, 4e200}).item() == doctest::Approx(5e200).epsilon(1e-14));
  CHECK(norm(T{3e-200, 4e-200}).item() == doctest::Approx(5e-200).scale(0).epsilon(1e-14));
  CHECK(norm(T{}, 2).item() == 0);
  CHECK(norm(T{{3, 0}, {0, 0}}, 0, 1) == T{1, 0});
}

TEST_CASE("masked_fill and pad refuse a number that floats do not hold") {
  const Tensor<float> x{1, 2};
  CHECK_THROWS_WITH_AS(masked_fill(x, greater(x, 1), 1e39),
                       "minigrad: masked_fill: 1e+39: the elements are numbers up to 3.40282e+38", ValueError);
  CHECK_THROWS_WITH_AS(pad(x, {1, 1}, PadMode::constant, -1e39),
                       "minigrad: pad: -1e+39: the elements are numbers up to 3.40282e+38", ValueError);
  CHECK(masked_fill(x, greater(x, 1), -inf)[1] == -std::numeric_limits<float>::infinity());
}

namespace {
template <class T>
void check_wrapping() {
  using Limits = std::numeric_limits<T>;
  const T largest = (Limits::max)(), smallest = (Limits::min)();
  const Tensor<T> high{largest, 1}, low{smallest, smallest};
  CHECK(high + 1 == Tensor<T>{smallest, 2});
  CHECK(1 + high == Tensor<T>{smallest, 2});
  CHECK((low - 1)[0] == largest);
  CHECK((high * 2)[0] == static_cast<T>(-2));
  CHECK((-low) == low);
  CHECK(abs(low) == low);
  CHECK(square(high)[0] == 1);
  Tensor<T> y = high;
  y += high, y -= low, y *= high;
  CHECK(y[1] == static_cast<T>(smallest + 2));
  CHECK(matmul(full<T>({1, 2}, largest), full<T>({2, 1}, largest))(0, 0) == 2);
  CHECK(sum(high * high).item() == 2);
  const auto many = full<T>({3, 2000}, largest);
  CHECK(matmul(many, full<T>({2000, 1}, largest))(2, 0) == static_cast<T>(2000));
  CHECK(matmul(many, full<T>({2000, 1}, 1))(0, 0) == static_cast<T>(-2000));
  const auto rows = index_add(full<T>({4, 3}, largest), {0, 0, 1, 0}, 2);
  CHECK(rows(0, 0) == static_cast<T>(largest - 2));
  CHECK(index_add(full<T>({4}, largest), {0, 0, 1, 0}, 2)[0] == static_cast<T>(largest - 2));
}
}  // namespace

TEST_CASE("sums, differences and products of whole numbers wrap around, as those of NumPy and PyTorch") {
  check_wrapping<std::int64_t>();
  check_wrapping<std::int32_t>();
  const std::int64_t largest = (std::numeric_limits<std::int64_t>::max)(), smallest = -largest - 1;
  CHECK(sum(Tensor<std::int64_t>{largest, 1}).item() == smallest);
  for (const std::size_t n : {3u, 40u, 1000u, 20'000u}) {
    const auto wrapped = static_cast<std::int64_t>(0 - static_cast<std::uint64_t>(n) + (n % 2 ? 1ull << 63 : 0));
    CHECK(sum(full<std::int64_t>({n}, largest)).item() == wrapped);
    CHECK(sum(full<std::int64_t>({n, 2}, largest), 0)[1] == wrapped);
    CHECK(sum(full<std::int64_t>({2, n}, largest), 1)[1] == wrapped);
  }
  CHECK(prod(Tensor<std::int64_t>{largest, largest, 3}).item() == 3);
  CHECK(cumprod(Tensor<std::int64_t>{largest, 2}, 0)[1] == -2);
  CHECK(cumsum(Tensor<std::int64_t>{largest, 1}, 0)[1] == smallest);
  CHECK(square(Tensor<std::uint16_t>{65535})[0] == 1);
  CHECK(matmul(Tensor<std::uint16_t>{{65535}}, Tensor<std::uint16_t>{{65535}})(0, 0) == 1);
  CHECK(scatter_add(Tensor<std::int64_t>{largest}, Tensor<std::int64_t>{0}, Tensor<std::int64_t>{1}, 0)[0] == smallest);
}
