#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <minigrad/tensor/create.hpp>
#include <minigrad/tensor/gemm.hpp>
#include <string>
#include <vector>

using namespace minigrad;
using detail::MatrixView, detail::Write;

/// The sets of instructions that this processor has, or the one that is asked for.
static std::vector<Isa> paths() {
  if (std::getenv("MINIGRAD_ISA")) return {isa()};
  std::vector<Isa> out{Isa::portable};
  if (detail::best_isa() >= Isa::avx2) out.push_back(Isa::avx2);
  if (detail::best_isa() >= Isa::avx512) out.push_back(Isa::avx512);
  return out;
}

enum class To { nothing, c, bias };  // what a product is added to

struct Case {
  std::size_t m, n, k;
  bool turn_a, turn_b;
  To to;
};

/// The largest error in units of what rounding may do: the spacing of numbers at 1, times the summands.
template <class T>
static double error_of(Isa isa, const Case& x, Rng& rng) {
  const auto [m, n, k, turn_a, turn_b, to] = x;
  const Tensor<T> a = uniform<T>(turn_a ? Shape{k, m} : Shape{m, k}, -1, 1, rng);
  const Tensor<T> b = uniform<T>(turn_b ? Shape{n, k} : Shape{k, n}, -1, 1, rng);
  const Tensor<T> bias = uniform<T>({n}, -1, 1, rng), before = uniform<T>({m, n}, -1, 1, rng);
  auto A = MatrixView<T>::plain(a.data(), a.shape()[0], a.shape()[1]);
  auto B = MatrixView<T>::plain(b.data(), b.shape()[0], b.shape()[1]);
  if (turn_a) A = A.transposed();
  if (turn_b) B = B.transposed();
  // A number behind the last one, and one before the first, must stay as they are.
  std::vector<T> c(m * n + 2, T(77));
  std::copy(before.begin(), before.end(), c.begin() + 1);
  Tensor<T> expected = before;
  gemm_reference(A, B, expected.data(), to == To::c ? Write::add : Write::assign,
                 to == To::bias ? bias.data() : nullptr);
#if defined(__GNUC__)
  T* const out = c.data() + 1;
  detail::Product<T> product{m,
                             n,
                             k,
                             A.data,
                             A.row_step,
                             A.column_step,
                             B.data,
                             B.row_step,
                             B.column_step,
                             to == To::c      ? out
                             : to == To::bias ? bias.data()
                                              : nullptr,
                             to == To::c ? n : 0,
                             out,
                             n};
  gemm_fast(isa, product);
#else
  gemm(A, B, c.data() + 1, to == To::c ? Write::add : Write::assign, to == To::bias ? bias.data() : nullptr);
#endif
  CHECK(c.front() == T(77));
  CHECK(c.back() == T(77));
  double worst = 0;
  for (std::size_t i = 0; i < m * n; ++i)
    worst = std::fmax(worst, std::fabs(static_cast<double>(c[i + 1] - expected.data()[i])));
  return worst / (static_cast<double>(std::numeric_limits<T>::epsilon()) * static_cast<double>(k + 2));
}

template <class T>
static void check(Isa isa, const Case& x, Rng& rng) {
  INFO(std::string(to_string(isa)), ": m ", x.m, ", n ", x.n, ", k ", x.k, ", turn_a ", x.turn_a, ", turn_b ", x.turn_b,
       ", to ", static_cast<int>(x.to));
  CHECK(error_of<T>(isa, x, rng) < 1);
}

TEST_CASE_TEMPLATE("gemm agrees with its definition for any shape, any form, on every path", T, float, double) {
  Rng rng(5);
  const std::size_t extents[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 16, 17, 20, 31, 32, 33, 47, 64, 70, 100};
  const auto any_extent = [&] { return extents[rng.integer(std::size(extents))]; };
  for (Isa isa : paths())
    for (int trial = 0; trial < 1000; ++trial)
      check<T>(isa,
               {any_extent(), any_extent(), any_extent(), rng.integer(2) == 1, rng.integer(2) == 1,
                static_cast<To>(rng.integer(3))},
               rng);
}

TEST_CASE_TEMPLATE("gemm agrees with its definition where matrices are cut into pieces" * doctest::test_suite("long"),
                   T, float, double) {
  Rng rng(6);
  const std::size_t shapes[][3] = {{200, 40, 800}, {193, 90, 20},  {260, 70, 20}, {30, 300, 850},
                                   {7, 2050, 20},  {1, 2100, 400}, {600, 1, 600}, {40, 3, 900},
                                   {3, 5, 2000},   {40, 512, 20},  {40, 20, 1024}, {195, 520, 20},
                                   {37, 520, 390}, {37, 2100, 20}};
  for (Isa isa : paths())
    for (const auto& [m, n, k] : shapes)
      for (int form = 0; form < 4; ++form)
        for (To to : {To::nothing, To::c, To::bias})
          check<T>(isa, {m, n, k, (form & 1) != 0, (form & 2) != 0, to}, rng);
}

TEST_CASE_TEMPLATE("gemm reads matrices whose rows and columns are both apart", T, float, double) {
  Rng rng(7);
  for (Isa isa : paths())
    for (const auto& [m, n, k] :
         {std::array<std::size_t, 3>{5, 40, 9}, {1, 40, 9}, {40, 1, 9}, {30, 2, 9}, {2, 2, 9}}) {
      const auto a = uniform<T>({m, k, 2}, -1, 1, rng), b = uniform<T>({k, n, 3}, -1, 1, rng);
      const MatrixView<T> A{a.data(), m, k, 2 * k, 2}, B{b.data(), k, n, 3 * n, 3};
      Tensor<T> expected = uniform<T>({m, n}, -1, 1, rng), c = expected;
      gemm_reference(A, B, expected.data(), Write::assign);
#if defined(__GNUC__)
      detail::Product<T> product{
          m, n, k, A.data, A.row_step, A.column_step, B.data, B.row_step, B.column_step, nullptr, 0, c.data(), n};
      gemm_fast(isa, product);
#else
      gemm(A, B, c.data(), Write::assign);
#endif
      for (std::size_t i = 0; i < m * n; ++i)
        CHECK(std::fabs(c[i] - expected[i]) < 10 * std::numeric_limits<T>::epsilon());
    }
}

TEST_CASE("a product over no numbers is the bias") {
  std::vector<float> c{1, 2, 3, 4};
  const std::vector<float> bias{5, 6};
  const float none = 0;
  gemm(MatrixView<float>::plain(&none, 2, 0), MatrixView<float>::plain(&none, 0, 2), c.data(), Write::assign,
       bias.data());
  CHECK(c == std::vector<float>{5, 6, 5, 6});
}

TEST_CASE("a product over no numbers is 0, or changes nothing") {
  std::vector<float> c{1, 2};
  const float none = 0;
  const auto a = MatrixView<float>::plain(&none, 1, 0), b = MatrixView<float>::plain(&none, 0, 2);
  gemm(a, b, c.data(), Write::add);
  CHECK(c == std::vector<float>{1, 2});
  gemm(a, b, c.data(), Write::assign);
  CHECK(c == std::vector<float>{0, 0});
}

TEST_CASE("gemm takes other number types") {
  const std::vector<int> a{1, 2, 3, 4}, b{5, 6, 7, 8};
  std::vector<int> c(4);
  gemm(MatrixView<int>::plain(a.data(), 2, 2), MatrixView<int>::plain(b.data(), 2, 2), c.data(), Write::assign);
  CHECK(c == std::vector<int>{19, 22, 43, 50});
}
