#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <minigrad/tensor/create.hpp>
#include <minigrad/tensor/gemm.hpp>
#include <vector>

using namespace minigrad;
using detail::MatrixView, detail::Write;

#if defined(__GNUC__)
/// The body that AVX-512 gets, compiled for the instructions of this program.
template <class T>
static void gemm_of_64_bytes(const MatrixView<T>& a, const MatrixView<T>& b, T* c, bool add) {
  detail::gemm_any<T, 64, 14>(a, b, c, add);
}
#endif

template <class T>
struct Path {
  const char* name;
  void (*gemm)(const MatrixView<T>&, const MatrixView<T>&, T*, bool add);
};

template <class T>
static std::vector<Path<T>> paths() {
  std::vector<Path<T>> out;
#if defined(__GNUC__)
  out.push_back({"portable", detail::gemm_portable<T>});
  out.push_back({"64 bytes", gemm_of_64_bytes<T>});
#if MINIGRAD_HAS_TARGETS
  if (detail::best_isa() >= Isa::avx2) out.push_back({"avx2", detail::gemm_avx2<T>});
  if (detail::best_isa() >= Isa::avx512) out.push_back({"avx512", detail::gemm_avx512<T>});
#endif
#endif
  return out;
}

/// The largest error in units of what rounding may do: sum |a| |b| times the spacing of numbers at 1, times k.
template <class T>
static double error_of(const Path<T>& path, std::size_t m, std::size_t n, std::size_t k, bool turn_a, bool turn_b,
                       Write write, Rng& rng) {
  const Tensor<T> a = uniform<T>(turn_a ? Shape{k, m} : Shape{m, k}, -1, 1, rng);
  const Tensor<T> b = uniform<T>(turn_b ? Shape{n, k} : Shape{k, n}, -1, 1, rng);
  auto A = MatrixView<T>::plain(a.data(), a.shape()[0], a.shape()[1]);
  auto B = MatrixView<T>::plain(b.data(), b.shape()[0], b.shape()[1]);
  if (turn_a) A = A.transposed();
  if (turn_b) B = B.transposed();
  const Tensor<T> before = uniform<T>({m, n}, -1, 1, rng);
  // A number behind the last one, and one before the first, must stay as they are.
  std::vector<T> c(m * n + 2, T(77));
  std::copy(before.begin(), before.end(), c.begin() + 1);
  Tensor<T> expected = before;
  gemm_reference(A, B, expected.data(), write);
  path.gemm(A, B, c.data() + 1, write == Write::add);
  CHECK(c.front() == T(77));
  CHECK(c.back() == T(77));
  double worst = 0;
  for (std::size_t i = 0; i < m * n; ++i)
    worst = std::fmax(worst, std::fabs(static_cast<double>(c[i + 1] - expected.data()[i])));
  return worst / (static_cast<double>(std::numeric_limits<T>::epsilon()) * static_cast<double>(k + 1));
}

TEST_CASE_TEMPLATE("gemm agrees with its definition for any shape, any form, on every path", T, float, double) {
  Rng rng(5);
  const std::size_t extents[] = {1, 2, 3, 4, 5, 7, 8, 13, 16, 17, 31, 33, 64, 70};
  const auto any_extent = [&] { return extents[rng.integer(std::size(extents))]; };
  for (const Path<T>& path : paths<T>())
    for (int trial = 0; trial < 300; ++trial) {
      const std::size_t m = any_extent(), n = any_extent(), k = any_extent();
      const bool turn_a = rng.integer(2) == 1, turn_b = rng.integer(2) == 1;
      const Write write = rng.integer(2) == 1 ? Write::add : Write::assign;
      CAPTURE(path.name);
      CAPTURE(m);
      CAPTURE(n);
      CAPTURE(k);
      CAPTURE(turn_a);
      CAPTURE(turn_b);
      CHECK(error_of(path, m, n, k, turn_a, turn_b, write, rng) < 1);
    }
}

TEST_CASE_TEMPLATE("gemm agrees with its definition where matrices are cut into pieces", T, float, double) {
  Rng rng(6);
  const std::size_t shapes[][3] = {{200, 40, 600}, {30, 300, 700}, {7, 2100, 20}, {1, 600, 600}, {600, 1, 600}};
  for (const Path<T>& path : paths<T>())
    for (const auto& [rows, columns, inner] : shapes)
      for (int form = 0; form < 4; ++form) {
        const std::size_t m = rows, n = columns, k = inner;
        CAPTURE(path.name);
        CAPTURE(m);
        CAPTURE(n);
        CAPTURE(k);
        CAPTURE(form);
        CHECK(error_of(path, m, n, k, form & 1, form & 2, form == 3 ? Write::add : Write::assign, rng) < 1);
      }
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
