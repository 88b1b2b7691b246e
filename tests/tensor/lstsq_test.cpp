#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <minigrad/data/csv.hpp>
#include <minigrad/data/to_tensor.hpp>
#include <minigrad/tensor/create.hpp>
#include <minigrad/tensor/lstsq.hpp>
#include <minigrad/tensor/matmul.hpp>
#include <minigrad/tensor/print.hpp>
#include <minigrad/tensor/rearrange.hpp>
#include <string>
#include <type_traits>
#include <utility>

#include "../support/random_tensors.hpp"

using namespace minigrad;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

template <class T>
T largest_difference(const Tensor<T>& a, const Tensor<T>& b) {
  REQUIRE(a.shape() == b.shape());
  T largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::abs(a[i] - b[i]));
  return largest;
}

template <class T>
Tensor<T> hilbert(std::size_t m, std::size_t n) {
  auto x = Tensor<T>::empty({m, n});
  for (std::size_t i = 0; i < m; ++i)
    for (std::size_t j = 0; j < n; ++j) x(i, j) = 1 / static_cast<T>(i + j + 1);
  return x;
}

/// Column j is the j-th power of x.
template <class T>
Tensor<T> powers(const Tensor<T>& x, std::size_t n) {
  auto out = ones<T>({x.size(), n});
  for (std::size_t i = 0; i < x.size(); ++i)
    for (std::size_t j = 1; j < n; ++j) out(i, j) = out(i, j - 1) * x[i];
  return out;
}

struct Line {
  double w, b, mse;
};

/// The line through the lectures' pages and minutes.
template <class T>
Line fit_line(const Table& lectures) {
  const auto pages = to_tensor<T>(lectures, {"pages"}), minutes = to_tensor<T>(lectures, {"minutes"});
  const auto solution = lstsq(concatenate({pages, ones_like(pages)}, 1), minutes);
  const double w = static_cast<double>(solution[0]), b = static_cast<double>(solution[1]);
  double total = 0;
  for (std::size_t i = 0; i < pages.size(); ++i) {
    const double error = w * static_cast<double>(pages[i]) + b - static_cast<double>(minutes[i]);
    total += error * error;
  }
  return {w, b, total / static_cast<double>(pages.size())};
}

}  // namespace

TEST_CASE("a square system is solved") {
  const Tensor<double> A{{2, 1}, {1, 3}}, b{5, 10};
  CHECK(largest_difference(lstsq(A, b), Tensor<double>{1, 3}) < 1e-15);
  CHECK(largest_difference(lstsq(eye<double>(4), arange<double>(4)), arange<double>(4)) < 1e-15);
  CHECK(lstsq(Tensor<double>{{-4}}, Tensor<double>{2}) == Tensor<double>{-0.5});
}

TEST_CASE("more equations than unknowns are solved as well as they can be") {
  // y = 1, 2, 2 at x = 0, 1, 2: the line is y = x / 2 + 7 / 6
  const Tensor<double> A{{0, 1}, {1, 1}, {2, 1}}, b{1, 2, 2};
  CHECK(largest_difference(lstsq(A, b), Tensor<double>{0.5, 7.0 / 6}) < 1e-15);
  CHECK(largest_difference(lstsq(ones<double>({5, 1}), Tensor<double>{1, 2, 3, 4, 10}), Tensor<double>{4}) < 1e-14);
}

TEST_CASE("several right-hand sides are solved at once, each as it would be alone") {
  Rng rng(1);
  const auto A = normal<double>({40, 5}, 0, 1, rng), b = normal<double>({40, 3}, 0, 1, rng);
  const auto x = lstsq(A, b);
  CHECK(x.shape() == Shape{5, 3});
  for (std::size_t k = 0; k < 3; ++k)
    CHECK(slice(x, k, k + 1, 1).reshape({5}) == lstsq(A, slice(b, k, k + 1, 1).reshape({40})));
}

TEST_CASE("what remains is orthogonal to every column") {
  Rng rng(2);
  for (int round = 0; round < 100; ++round) {
    const std::size_t n = 1 + rng.integer(8), m = n + rng.integer(70);
    const auto A = normal<double>({m, n}, 1, 2, rng), b = normal<double>({m, 1}, 0, 10, rng);
    auto rest = matmul(A, lstsq(A, b));
    for (std::size_t i = 0; i < m; ++i) rest[i] -= b[i];
    const double scale = detail::norm(A.size(), A.data()) * detail::norm(m, b.data());
    for (double value : matmul_tn(A, rest)) REQUIRE(std::abs(value) < 1e-13 * scale);
  }
}

TEST_CASE("a problem whose normal equations are singular in double is solved to the last digit") {
  const double e = 1e-9;  // A'A = [[1 + e^2, 1], [1, 1 + e^2]], and 1 + e^2 == 1
  CHECK(largest_difference(lstsq(Tensor<double>{{1, 1}, {e, 0}, {0, e}}, Tensor<double>{2, e, e}), ones<double>({2})) <
        1e-15);
}

TEST_CASE("ill-conditioned problems lose no more digits than their condition costs") {
  for (const auto& [n, limit] : {std::pair<std::size_t, double>{4, 1e-11}, {6, 1e-8}, {8, 1e-5}, {10, 1e-2}}) {
    const auto A = hilbert<double>(n + 4, n);
    CHECK(largest_difference(lstsq(A, matmul(A, ones<double>({n, 1}))), ones<double>({n, 1})) < limit);
  }
  const auto A = powers(linspace<double>(0, 1, 30), 12);
  CHECK(largest_difference(lstsq(A, matmul(A, ones<double>({12, 1}))), ones<double>({12, 1})) < 1e-7);
  const auto F = hilbert<float>(8, 4);
  CHECK(largest_difference(lstsq(F, matmul(F, ones({4, 1}))), ones({4, 1})) < 1e-2f);
}

TEST_CASE("columns of very different sizes do not disturb each other") {
  // Powers of page numbers, up to 84^6 = 3.5e11.
  const auto A = powers(arange<double>(10, 90, 4), 7);
  const auto x = lstsq(A, matmul(A, ones<double>({7, 1})));
  CHECK(std::abs(x[6] - 1) < 1e-13);
  CHECK(std::abs(x[0] - 1) < 1e-2);
  Rng rng(3);
  auto B = normal<double>({20, 2}, 0, 1, rng);
  for (std::size_t i = 0; i < 20; ++i) B(i, 1) *= 1e-20;
  const auto y = lstsq(B, matmul(B, Tensor<double>{{3}, {5e20}}));
  CHECK(std::abs(y[0] - 3) < 1e-13);
  CHECK(std::abs(y[1] - 5e20) < 1e8);
}

TEST_CASE("numbers near the ends of their type's range neither overflow nor vanish") {
  for (double scale : {1e300, 1e-300}) {
    const Tensor<double> A{{2 * scale, 1 * scale}, {1 * scale, 3 * scale}, {0, 0}}, b{5 * scale, 10 * scale, scale};
    CHECK(largest_difference(lstsq(A, b), Tensor<double>{1, 3}) < 1e-14);
  }
  const Tensor<float> A{{2e30f, 1e30f}, {1e30f, 3e30f}}, b{5e30f, 10e30f};
  CHECK(largest_difference(lstsq(A, b), Tensor<float>{1, 3}) < 1e-5f);
}

TEST_CASE("the arguments stay as they are") {
  const Tensor<double> A{{2, 1}, {1, 3}}, b{5, 10};
  const auto A_before = A, b_before = b;
  static_cast<void>(lstsq(A, b));
  CHECK(A == A_before);
  CHECK(b == b_before);
  CHECK(largest_difference(lstsq(A, A), eye<double>(2)) < 1e-15);  // the same tensor on both sides
}

TEST_CASE("no unknowns, or no right-hand sides, give an empty result") {
  CHECK(lstsq(zeros({3, 0}), ones({3})).shape() == Shape{0});
  CHECK(lstsq(zeros({0, 0}), zeros({0})).shape() == Shape{0});
  CHECK(lstsq(ones({3, 1}), zeros({3, 0})).shape() == Shape{1, 0});
}

TEST_CASE("a column that depends on those before it is refused by its number") {
  CHECK_THROWS_WITH_AS(lstsq(Tensor<double>{{1, 2}, {2, 4}, {3, 6}}, Tensor<double>{1, 2, 3}),
                       "minigrad: lstsq: column 1 depends on the columns before it: no unique solution", ValueError);
  CHECK_THROWS_WITH_AS(lstsq(Tensor<float>{{1, 0, 1}, {0, 1, 1}, {1, 1, 2}, {2, 1, 3}}, ones({4})),
                       "minigrad: lstsq: column 2 depends on the columns before it: no unique solution", ValueError);
  CHECK_THROWS_WITH_AS(lstsq(Tensor<double>{{1, 0}, {2, 0}}, Tensor<double>{1, 2}),
                       "minigrad: lstsq: column 1 is all zeros: no unique solution", ValueError);
  CHECK_THROWS_WITH_AS(lstsq(zeros({2, 1}), ones({2})), "minigrad: lstsq: column 0 is all zeros: no unique solution",
                       ValueError);
}

TEST_CASE_TEMPLATE("dependence is seen through rounding, whatever the columns' sizes", T, float, double) {
  Rng rng(4);
  for (int round = 0; round < 500; ++round) {
    const std::size_t n = 2 + rng.integer(6), m = n + rng.integer(100), last = 1 + rng.integer(n - 1);
    auto A = normal<T>({m, n}, 1, 1, rng);
    for (std::size_t j = 0; j < n; ++j) {
      const T scale = static_cast<T>(std::pow(10.0, rng.uniform(-3, 3)));
      for (std::size_t i = 0; i < m; ++i) A(i, j) *= scale;
    }
    const auto weights = normal<T>({last}, 0, 1, rng);
    for (std::size_t i = 0; i < m; ++i) {
      T total = 0;
      for (std::size_t j = 0; j < last; ++j) total += weights[j] * A(i, j);
      A(i, last) = total;
    }
    const std::string expected =
        "minigrad: lstsq: column " + std::to_string(last) + " depends on the columns before it: no unique solution";
    REQUIRE_THROWS_WITH_AS(lstsq(A, ones<T>({m})), expected.c_str(), ValueError);
  }
}

TEST_CASE("shapes that are no such problem are refused") {
  CHECK_THROWS_WITH_AS(lstsq(ones({2, 3}), ones({2})),
                       "minigrad: lstsq: [2, 3] and [2]: fewer equations than unknowns: no unique solution",
                       ShapeError);
  CHECK_THROWS_WITH_AS(lstsq(ones({3, 2}), ones({2})),
                       "minigrad: lstsq: [3, 2] and [2]: expected [m, n] and [m] or [m, k]", ShapeError);
  CHECK_THROWS_WITH_AS(lstsq(ones({3}), ones({3})), "minigrad: lstsq: [3] and [3]: expected [m, n] and [m] or [m, k]",
                       ShapeError);
  CHECK_THROWS_AS(lstsq(ones({3, 1}), ones({3, 1, 1})), ShapeError);
  CHECK_THROWS_AS(lstsq(ones({3, 1}), Tensor<float>::scalar(1)), ShapeError);
}

TEST_CASE("what is not finite gives NaN") {
  for (double bad : {infinity, -infinity, std::nan("")}) {
    for (double value : lstsq(Tensor<double>{{1, bad}, {2, 1}, {3, 3}}, Tensor<double>{1, 2, 3}))
      CHECK(std::isnan(value));
    CHECK(std::isnan(lstsq(Tensor<double>{{bad}, {bad}}, Tensor<double>{1, 2})[0]));
    CHECK_FALSE(std::isfinite(lstsq(Tensor<double>{{1}, {2}}, Tensor<double>{1, bad})[0]));
  }
}

TEST_CASE("lstsq computes in its own type") {
  static_assert(std::is_same_v<decltype(lstsq(ones({1, 1}), ones({1}))), Tensor<float>>);
  const auto A = hilbert<long double>(10, 6);
  CHECK(largest_difference(lstsq(A, matmul(A, ones<long double>({6, 1}))), ones<long double>({6, 1})) <
        1e6L * std::numeric_limits<long double>::epsilon() * 100);
}

TEST_CASE_TEMPLATE("the lectures' lines have the slopes, intercepts and errors of their courses", T, float, double) {
  const Table lectures = read_csv(MINIGRAD_DATA_DIR "/lectures.csv");
  const auto check = [](const Line& line, double w, double b, double mse) {
    CHECK(line.w == doctest::Approx(w).epsilon(0.0005 / w));
    CHECK(std::abs(line.b - b) < 0.006);
    CHECK(std::abs(line.mse - mse) < 0.06);
  };
  check(fit_line<T>(lectures.where("course", "ML2021")), 2.094, -4.98, 267.0);
  check(fit_line<T>(lectures.where("course", "GenAI2024")), 0.490, 18.66, 29.0);
  check(fit_line<T>(lectures.where("course", "ML2026")), 1.010, 17.47, 72.8);
  check(fit_line<T>(lectures.where("course", {"ML2021", "GenAI2024"})), 1.994, -10.71, 434.0);
}

TEST_CASE_TEMPLATE("lecture_moments.csv gives the lecture's closed form: w 1.67, b 4.85, MSE 240", T, float, double) {
  const Line line = fit_line<T>(read_csv(MINIGRAD_DATA_DIR "/lecture_moments.csv"));
  CHECK(std::abs(line.w - 1.67) < 0.005);
  CHECK(std::abs(line.b - 4.85) < 0.005);
  CHECK(std::abs(line.mse - 240) < 0.5);
}
