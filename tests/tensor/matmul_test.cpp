#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <minigrad/tensor/create.hpp>
#include <minigrad/tensor/matmul.hpp>
#include <minigrad/tensor/print.hpp>
#include <minigrad/tensor/rearrange.hpp>
#include <vector>

#include "../support/random_tensors.hpp"

using namespace minigrad;
using support::random_tensor;

namespace {

/// An extent at an edge of some kernel's blocks, or 0, or 1.
std::size_t random_extent(Rng& rng) {
  const std::vector<std::size_t> edges{0, 1, 2, 3, 4, 5, 6, 7, 8, 13, 14, 15, 16, 17, 31, 32, 33, 63, 64, 65, 97};
  return edges[rng.integer(edges.size())];
}

/// The definition: C_ij = sum over p of A_ip B_pj.
template <class T>
Tensor<T> multiply_plainly(const Tensor<T>& a, const Tensor<T>& b) {
  auto c = zeros<T>({a.shape()[0], b.shape()[1]});
  for (std::size_t i = 0; i < a.shape()[0]; ++i)
    for (std::size_t j = 0; j < b.shape()[1]; ++j)
      for (std::size_t p = 0; p < a.shape()[1]; ++p) c(i, j) = static_cast<T>(c(i, j) + a(i, p) * b(p, j));
  return c;
}

}  // namespace

TEST_CASE("matmul multiplies matrices") {
  const Tensor<float> a{{1, 2, 3}, {4, 5, 6}}, b{{7, 8}, {9, 10}, {11, 12}};
  CHECK(matmul(a, b) == Tensor<float>{{58, 64}, {139, 154}});
  CHECK(matmul_nt(a, transpose(b)) == Tensor<float>{{58, 64}, {139, 154}});
  CHECK(matmul_tn(transpose(a), b) == Tensor<float>{{58, 64}, {139, 154}});
  CHECK(matmul(a, eye(3)) == a);
  CHECK(matmul(eye(2), a) == a);
}

TEST_CASE("a product with an inner extent of 0 is zero, and one without rows or columns is empty") {
  CHECK(matmul(zeros({2, 0}), zeros({0, 3})) == zeros({2, 3}));
  CHECK(matmul_nt(zeros({2, 0}), zeros({3, 0})) == zeros({2, 3}));
  CHECK(matmul_tn(zeros({0, 2}), zeros({0, 3})) == zeros({2, 3}));
  CHECK(matmul(zeros({0, 4}), zeros({4, 3})).shape() == Shape{0, 3});
  CHECK(matmul(zeros({2, 4}), zeros({4, 0})).shape() == Shape{2, 0});
  CHECK(matmul_nt(zeros({2, 4}), zeros({0, 4})).shape() == Shape{2, 0});
  CHECK(matmul_tn(zeros({4, 0}), zeros({4, 0})).shape() == Shape{0, 0});
}

TEST_CASE("a matrix may be multiplied by itself") {
  Tensor<float> a{{1, 1}, {1, 0}};
  CHECK(matmul(a, a) == Tensor<float>{{2, 1}, {1, 1}});
  CHECK(matmul_nt(a, a) == Tensor<float>{{2, 1}, {1, 1}});
  CHECK(matmul_tn(a, a) == Tensor<float>{{2, 1}, {1, 1}});
  a = matmul(a, a);
  CHECK(a == Tensor<float>{{2, 1}, {1, 1}});
}

TEST_CASE("products of what does not fit are refused with both shapes") {
  CHECK_THROWS_WITH_AS(matmul(zeros({32, 3}), zeros({4, 8})),
                       "minigrad: matmul: [32, 3] and [4, 8]: inner extents differ", ShapeError);
  CHECK_THROWS_WITH_AS(matmul_nt(zeros({2, 3}), zeros({3, 2})),
                       "minigrad: matmul_nt: [2, 3] and [3, 2]: inner extents differ", ShapeError);
  CHECK_THROWS_WITH_AS(matmul_tn(zeros({2, 3}), zeros({3, 2})),
                       "minigrad: matmul_tn: [2, 3] and [3, 2]: inner extents differ", ShapeError);
  CHECK_THROWS_WITH_AS(matmul(zeros({2, 3}), zeros({2})), "minigrad: matmul: [2, 3] and [2]: inner extents differ",
                       ShapeError);
  CHECK_THROWS_WITH_AS(matmul(zeros({2, 2, 3}), zeros({3, 3, 2})),
                       "minigrad: matmul: [2, 2, 3] and [3, 3, 2]: axes before the last two do not broadcast",
                       ShapeError);
  CHECK_THROWS_WITH_AS(matmul_nt(zeros({2, 3}), zeros({1, 2, 2})),
                       "minigrad: matmul_nt: [2, 3] and [1, 2, 2]: inner extents differ", ShapeError);
  CHECK_THROWS_AS(matmul_tn(zeros({2, 2, 3}), zeros({2, 3})), ShapeError);
  CHECK_THROWS_WITH_AS(matmul(zeros({2, 3}), Tensor<float>::scalar(1)),
                       "minigrad: matmul: [2, 3] and []: numbers are multiplied by *", ShapeError);
}

TEST_CASE("many matrices are multiplied at once, and the axes before the last two broadcast") {
  const auto a = reshape(arange(12.f), {2, 2, 3}), b = reshape(arange(18.f), {2, 3, 3});
  const auto c = matmul(a, b), turned = matmul_nt(a, transpose(b)), shared = matmul(a, slice(b, 1, 2));
  for (int i = 0; i < 2; ++i) {
    const auto one = [&](const auto& x, int k) { return slice(x, std::size_t(k), std::size_t(k) + 1); };
    const auto left = reshape(one(a, i), {2, 3});
    CHECK(reshape(one(c, i), {2, 3}) == matmul(left, reshape(one(b, i), {3, 3})));
    CHECK(reshape(one(shared, i), {2, 3}) == matmul(left, reshape(one(b, 1), {3, 3})));
  }
  CHECK(turned == c);
  CHECK(matmul(reshape(a, {2, 1, 2, 3}), b).shape() == Shape{2, 2, 2, 3});
  CHECK(matmul(zeros({0, 2, 3}), zeros({1, 3, 4})).shape() == Shape{0, 2, 4});
  CHECK(matmul(zeros({2, 2, 0}), zeros({2, 0, 3})) == zeros({2, 2, 3}));
}

TEST_CASE("a vector is a row on the left of a product and a column on the right") {
  const Tensor<float> x{1, 2, 3}, m{{1, 0, 1}, {0, 1, 1}};
  CHECK(matmul(m, x) == Tensor<float>{4, 5});
  CHECK(matmul(x, transpose(m)) == Tensor<float>{4, 5});
  CHECK(matmul(x, x) == Tensor<float>::scalar(14));
  CHECK(matmul(reshape(m, {1, 2, 3}), x) == Tensor<float>{{4, 5}});
  CHECK(matmul(x, reshape(transpose(m), {1, 3, 2})) == Tensor<float>{{4, 5}});
  CHECK(matmul(Tensor<std::int64_t>{{1, 2}}, Tensor<std::int64_t>{3, 4}) == Tensor<std::int64_t>{11});
}

TEST_CASE("the rows of a tensor of any rank are multiplied by a matrix") {
  const auto rows = reshape(arange(24.f), {2, 4, 3}), b = reshape(arange(15.f), {3, 5});
  const auto as_matrix = reshape(rows, {8, 3});
  CHECK(matmul(rows, b) == reshape(matmul(as_matrix, b), {2, 4, 5}));
  CHECK(matmul_nt(rows, transpose(b)) == reshape(matmul(as_matrix, b), {2, 4, 5}));
  CHECK(matmul_tn(rows, rows) == matmul_tn(as_matrix, as_matrix));
  CHECK(matmul(Tensor<float>{1, 0, 2}, b) == Tensor<float>{20, 23, 26, 29, 32});
  CHECK(matmul_tn(Tensor<float>{1, 2}, Tensor<float>{3, 4, 5}) == Tensor<float>{{3, 4, 5}, {6, 8, 10}});
  CHECK(matmul(zeros({2, 0, 3}), b).shape() == Shape{2, 0, 5});
  CHECK(matmul(zeros({2, 4, 0}), zeros({0, 5})) == zeros({2, 4, 5}));
}

TEST_CASE_TEMPLATE("the three products agree with their definition on random shapes", T, float, double) {
  Rng rng(1);
  for (int round = 0; round < 300; ++round) {
    const std::size_t m = random_extent(rng), k = random_extent(rng), n = random_extent(rng);
    const auto a = random_tensor<T>({m, k}, rng), b = random_tensor<T>({k, n}, rng);
    const auto expected = multiply_plainly(a, b);
    CAPTURE(m);
    CAPTURE(k);
    CAPTURE(n);
    REQUIRE(matmul(a, b) == expected);
    REQUIRE(matmul_nt(a, transpose(b)) == expected);
    REQUIRE(matmul_tn(transpose(a), b) == expected);
  }
}

TEST_CASE_TEMPLATE("gemm adds to C what its reference adds, for every way that A and B may lie", T, float, double) {
  using View = detail::MatrixView<T>;
  Rng rng(2);
  for (int round = 0; round < 200; ++round) {
    const std::size_t m = 1 + random_extent(rng), k = 1 + random_extent(rng), n = 1 + random_extent(rng);
    const auto a = random_tensor<T>({m, k}, rng), b = random_tensor<T>({k, n}, rng), c = random_tensor<T>({m, n}, rng);
    const auto at = transpose(a), bt = transpose(b);
    const View views_of_a[] = {View::plain(a.data(), m, k), View::plain(at.data(), k, m).transposed()};
    const View views_of_b[] = {View::plain(b.data(), k, n), View::plain(bt.data(), n, k).transposed()};
    Tensor<T> expected = c;
    detail::gemm_reference(views_of_a[0], views_of_b[0], expected.data(), detail::Write::add);
    for (const View& va : views_of_a)
      for (const View& vb : views_of_b) {
        Tensor<T> fast = c, slow = c;
        detail::gemm(va, vb, fast.data(), detail::Write::add);
        detail::gemm_reference(va, vb, slow.data(), detail::Write::add);
        REQUIRE(fast == expected);
        REQUIRE(slow == expected);
      }
  }
}

TEST_CASE("rounding in a product is no worse than that of the plain loop") {
  Rng rng(3);
  const auto a = uniform({70, 300}, -1, 1, rng), b = uniform({300, 50}, -1, 1, rng);
  const auto exact = multiply_plainly(a.to<double>(), b.to<double>());
  const auto size = multiply_plainly(full<double>({70, 300}, 1), full<double>({300, 50}, 1));
  for (const auto& product : {matmul(a, b), matmul_nt(a, transpose(b)), matmul_tn(transpose(a), b)})
    for (std::size_t i = 0; i < product.size(); ++i)
      REQUIRE(std::abs(static_cast<double>(product[i]) - exact[i]) <= 300 * 0x1p-24 * size[i]);
}

TEST_CASE("NaN and infinity are not lost, though they are multiplied by zero") {
  const float infinity = std::numeric_limits<float>::infinity();
  for (std::size_t n : {std::size_t{1}, std::size_t{40}}) {
    auto a = zeros({1, 2}), b = ones({2, n});
    for (std::size_t j = 0; j < n; ++j) b(0, j) = infinity;
    a(0, 1) = 1;
    for (float value : matmul(a, b)) REQUIRE(std::isnan(value));
    for (float value : matmul_nt(a, transpose(b))) REQUIRE(std::isnan(value));
    for (float value : matmul_tn(transpose(a), b)) REQUIRE(std::isnan(value));
  }
}

TEST_CASE_TEMPLATE("matmul works for every type of number", T, int, std::int64_t, long double, std::int8_t) {
  Rng rng(4);
  const auto a = random_tensor<T>({3, 40}, rng), b = random_tensor<T>({40, 5}, rng);
  CHECK(matmul(a, b) == multiply_plainly(a, b));
  CHECK(matmul_nt(a, transpose(b)) == multiply_plainly(a, b));
  CHECK(matmul_tn(transpose(a), b) == multiply_plainly(a, b));
}

TEST_CASE("linear is x W' + b over the last axis") {
  const Tensor<float> weight{{1, 2, 3}, {4, 5, 6}}, bias{10, 20};
  CHECK(linear(Tensor<float>{{1, 0, 0}, {0, 1, 1}}, weight, bias) == Tensor<float>{{11, 24}, {15, 31}});
  CHECK(linear(Tensor<float>{1, 1, 1}, weight, bias) == Tensor<float>{16, 35});
  CHECK(linear(zeros({4, 5, 3}), weight, bias).shape() == Shape{4, 5, 2});
  CHECK(linear(zeros({0, 3}), weight, bias).shape() == Shape{0, 2});
  CHECK(linear(zeros({2, 0}), zeros({2, 0}), bias) == Tensor<float>{{10, 20}, {10, 20}});
  CHECK(linear(zeros({2, 3}), zeros({0, 3}), zeros({0})).shape() == Shape{2, 0});
}

TEST_CASE("linear refuses shapes that do not fit") {
  CHECK_THROWS_WITH_AS(
      linear(zeros({4, 2}), zeros({2, 3}), zeros({2})),
      "minigrad: linear: x [4, 2] and weight [2, 3]: the last extent of x must be 3, the weight's second", ShapeError);
  CHECK_THROWS_WITH_AS(
      linear(Tensor<float>::scalar(1), zeros({2, 3}), zeros({2})),
      "minigrad: linear: x [] and weight [2, 3]: the last extent of x must be 3, the weight's second", ShapeError);
  CHECK_THROWS_WITH_AS(linear(zeros({4, 3}), zeros({2, 3}), zeros({3})),
                       "minigrad: linear: [2, 3] and [3]: weight must be [out, in] and bias [out]", ShapeError);
  CHECK_THROWS_WITH_AS(linear(zeros({4, 3}), zeros({3}), zeros({3})),
                       "minigrad: linear: [3] and [3]: weight must be [out, in] and bias [out]", ShapeError);
}

TEST_CASE("linear agrees with matmul and addition on random shapes") {
  Rng rng(5);
  for (int round = 0; round < 100; ++round) {
    const std::size_t n = random_extent(rng), in = random_extent(rng), out = random_extent(rng);
    const auto x = random_tensor<float>({n, in}, rng), weight = random_tensor<float>({out, in}, rng),
               bias = random_tensor<float>({out}, rng);
    auto expected = matmul_nt(x, weight);
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < out; ++j) expected(i, j) += bias(j);
    REQUIRE(linear(x, weight, bias) == expected);
  }
}

TEST_CASE("the rounding error of a product of 10^7 summands is that of a few thousand, for every way that A and B lie") {
  using View = detail::MatrixView<float>;
  const std::vector<float> a(4'000'000, 0.1f), b(a.size(), 1);
  const double each = static_cast<double>(0.1f), bound = 2000 * 0x1p-24;
  const auto check = [&](const View& A, const View& B) {
    CAPTURE(A.rows);
    CAPTURE(B.columns);
    Tensor<float> c = ones({A.rows, B.columns});
    detail::gemm(A, B, c.data(), detail::Write::add);
    for (const float value : c)
      REQUIRE(std::abs((static_cast<double>(value) - 1) / (each * static_cast<double>(A.columns)) - 1) < bound);
  };
  // Steps of 0 repeat the same numbers, which makes a matrix of any size of a few.
  const std::size_t most = 10'000'000;
  check({a.data(), 1, most, 0, 0}, {b.data(), most, 1, 0, 0});
  check({a.data(), 2, most, 1, 0}, {b.data(), most, 3, 0, 1});          // A' B of few columns
  check({a.data(), 1, a.size(), 0, 1}, {b.data(), a.size(), 1, 1, 0});  // by inner products
  for (const std::size_t m : {1u, 5u, 40u})
    for (const std::size_t n : {2u, 9u, 40u}) {
      const std::size_t k = 50'000;
      check(View::plain(a.data(), m, k), View::plain(b.data(), k, n));
      check(View::plain(a.data(), m, k), View::plain(b.data(), n, k).transposed());
      check(View::plain(a.data(), k, m).transposed(), View::plain(b.data(), k, n));
    }
}

TEST_CASE("a long product is the same in other rows and columns, and beside the definition") {
  Rng rng(6);
  for (const std::size_t k : {1024u, 1025u, 3000u, 8192u, 8193u, 20'000u, 70'000u}) {
    const auto a = random_tensor<float>({3, k}, rng), b = random_tensor<float>({k, 5}, rng);
    CAPTURE(k);
    REQUIRE(matmul(a, b) == multiply_plainly(a, b));
    REQUIRE(matmul_nt(a, transpose(b)) == multiply_plainly(a, b));
    REQUIRE(matmul_tn(transpose(a), b) == multiply_plainly(a, b));
  }
}
