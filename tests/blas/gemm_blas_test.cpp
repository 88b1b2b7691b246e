#include <cblas.h>
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <minigrad/tensor/create.hpp>
#include <minigrad/tensor/matmul.hpp>
#include <vector>

using namespace minigrad;
using detail::MatrixView, detail::Write;

enum class To { nothing, c, bias };  // what a product is added to

/// Checks gemm against its definition for matrices that lie `row_a` and `row_b` numbers apart per step along a row.
template <class T>
static void check(std::size_t m, std::size_t n, std::size_t k, bool turn_a, bool turn_b, To to, std::size_t spread,
                  Rng& rng) {
  const auto a = uniform<T>({m * k * spread + 1}, -1, 1, rng), b = uniform<T>({k * n * spread + 1}, -1, 1, rng);
  MatrixView<T> A{a.data(), m, k, k * spread, spread}, B{b.data(), k, n, n * spread, spread};
  if (turn_a) A = MatrixView<T>{a.data(), k, m, m * spread, spread}.transposed();
  if (turn_b) B = MatrixView<T>{b.data(), n, k, k * spread, spread}.transposed();
  const auto bias = uniform<T>({n}, -1, 1, rng);
  Tensor<T> c = uniform<T>({m, n}, -1, 1, rng), expected = c;
  const Write write = to == To::c ? Write::add : Write::assign;
  detail::gemm_reference(A, B, expected.data(), write, to == To::bias ? bias.data() : nullptr);
  detail::gemm(A, B, c.data(), write, to == To::bias ? bias.data() : nullptr);
  INFO("m ", m, ", n ", n, ", k ", k, ", turn_a ", turn_a, ", turn_b ", turn_b, ", to ", static_cast<int>(to));
  const double most = static_cast<double>(std::numeric_limits<T>::epsilon()) * static_cast<double>(k + 2);
  double worst = 0;
  for (std::size_t i = 0; i < m * n; ++i)
    worst = std::fmax(worst, std::fabs(static_cast<double>(c.data()[i] - expected.data()[i])));
  CHECK(worst < most);
}

TEST_CASE_TEMPLATE("gemm by a BLAS agrees with its definition for any shape and any form", T, float, double) {
  Rng rng(8);
  const std::size_t extents[] = {0, 1, 2, 3, 5, 8, 17, 33, 64, 100};
  const auto any_extent = [&] { return extents[rng.integer(std::size(extents))]; };
  for (int trial = 0; trial < 1000; ++trial)
    check<T>(any_extent(), any_extent(), any_extent(), rng.integer(2) == 1, rng.integer(2) == 1,
             static_cast<To>(rng.integer(3)), 1 + rng.integer(8) / 7, rng);
}

TEST_CASE("a BLAS takes rows or columns that are contiguous, as far as int counts") {
  const float x = 0;
  const auto taken = [&](MatrixView<float> view) { return detail::BlasView(view).possible; };
  const auto order = [&](MatrixView<float> view) { return detail::BlasView(view).order; };
  CHECK(order({&x, 3, 4, 4, 1}) == CblasNoTrans);
  CHECK(order({&x, 3, 4, 9, 1}) == CblasNoTrans);
  CHECK(order({&x, 3, 4, 1, 3}) == CblasTrans);
  CHECK(order({&x, 3, 1, 1, 1}) == CblasNoTrans);
  for (const MatrixView<float>& view :
       {MatrixView<float>{&x, 3, 4, 4, 1}, {&x, 3, 4, 1, 3}, {&x, 1, 4, 0, 1}, {&x, 3, 1, 1, 0}})
    CHECK(taken(view));
  CHECK_FALSE(taken({&x, 3, 4, 8, 2}));             // neither step is 1
  CHECK_FALSE(taken({&x, 3, 4, 2, 1}));             // rows that overlap
  CHECK_FALSE(taken({&x, 3, 4, 0, 1}));             // one row for all
  const std::size_t beyond = std::size_t{1} << 31;  // of int
  CHECK_FALSE(taken({&x, 3, 4, beyond, 1}));
  CHECK_FALSE(taken({&x, beyond, 4, 4, 1}));
  CHECK_FALSE(taken({&x, 3, beyond, beyond, 1}));
  CHECK_FALSE(taken({&x, 3, beyond, 1, 3}));
}

TEST_CASE("what a BLAS cannot take is not touched by it") {
  std::vector<float> a(6, 1), c(4, 7);
  const MatrixView<float> apart{a.data(), 2, 2, 3, 2}, none = MatrixView<float>::plain(a.data(), 2, 0);
  CHECK_FALSE(detail::gemm_blas(apart, apart, c.data(), Write::assign, {}));
  CHECK_FALSE(detail::gemm_blas(none, MatrixView<float>::plain(a.data(), 0, 2), c.data(), Write::assign, {}));
  CHECK(c == std::vector<float>(4, 7));
}
