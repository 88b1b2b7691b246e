#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <limits>
#include <minigrad/core/random.hpp>
#include <minigrad/tensor/softmax.hpp>
#include <vector>

using namespace minigrad;
using detail::Softmax;

#if defined(__GNUC__)
namespace {

template <class T>
using Rows = void (*)(std::size_t rows, std::size_t n, const T* x, T* y);

template <class T>
std::vector<T> run(Rows<T> kernel, Softmax kind, std::size_t n, const std::vector<T>& x) {
  const std::size_t rows = x.size() / n, results = kind == Softmax::log_of_sum ? rows : x.size();
  std::vector<T> y(results + 1, T{99});
  kernel(rows, n, x.data(), y.data());
  CHECK(y.back() == 99);
  y.pop_back();
  return y;
}

/// Rows of many lengths, the last in several running sums, beside the formulas in long double.
template <class T>
void compare(Rows<T> probabilities, Rows<T> logarithms, Rows<T> log_of_sum) {
  Rng rng(1);
  const double eps = static_cast<double>(std::numeric_limits<T>::epsilon());
  constexpr std::size_t longest = 5003;
  for (std::size_t n = 1; n <= longest; n = n == 70 ? longest : n + 1) {
    const std::size_t rows = 3;
    std::vector<T> x(rows * n);
    for (T& value : x) value = static_cast<T>(rng.integer(20) == 0 ? rng.uniform(-300, 300) : 4 * rng.normal());
    const auto p = run(probabilities, Softmax::probabilities, n, x), l = run(logarithms, Softmax::logarithms, n, x),
               s = run(log_of_sum, Softmax::log_of_sum, n, x);
    for (std::size_t i = 0; i < rows; ++i) {
      long double largest = x[i * n], sum = 0;
      for (std::size_t j = 0; j < n; ++j) largest = std::fmax(largest, static_cast<long double>(x[i * n + j]));
      for (std::size_t j = 0; j < n; ++j) sum += std::exp(static_cast<long double>(x[i * n + j]) - largest);
      const auto close = [&](T value, long double expected, double size) {
        return std::fabs(static_cast<double>(static_cast<long double>(value) - expected)) <= 8 * eps * size;
      };
      const double size = 1 + std::fabs(static_cast<double>(largest));
      REQUIRE(close(s[i], largest + std::log(sum), size));
      for (std::size_t j = 0; j < n; ++j) {
        const long double shifted = static_cast<long double>(x[i * n + j]) - largest;
        REQUIRE(close(p[i * n + j], std::exp(shifted) / sum, 1));
        REQUIRE(close(l[i * n + j], shifted - std::log(sum), 1 + std::fabs(static_cast<double>(shifted))));
      }
    }
  }
}

template <class T>
void check_extremes(Rows<T> probabilities, Rows<T> logarithms, Rows<T> log_of_sum) {
  constexpr T inf = std::numeric_limits<T>::infinity(), nan = std::numeric_limits<T>::quiet_NaN();
  for (std::size_t n : {2u, 7u, 8u, 21u})
    for (std::size_t place : {std::size_t{}, n / 2, n - 1}) {
      std::vector<T> x(n, -inf);
      CHECK(run(log_of_sum, Softmax::log_of_sum, n, x)[0] == -inf);  // of nothing
      x[place] = 3;
      auto p = run(probabilities, Softmax::probabilities, n, x), l = run(logarithms, Softmax::logarithms, n, x);
      CHECK(run(log_of_sum, Softmax::log_of_sum, n, x)[0] == 3);
      for (std::size_t j = 0; j < n; ++j) {
        CHECK(p[j] == (j == place ? 1 : 0));
        CHECK(l[j] == (j == place ? 0 : -inf));
      }
      x.assign(n, 0);
      x[place] = inf;
      CHECK(run(log_of_sum, Softmax::log_of_sum, n, x)[0] == inf);
      x[place] = nan;
      CHECK(std::isnan(run(log_of_sum, Softmax::log_of_sum, n, x)[0]));
      p = run(probabilities, Softmax::probabilities, n, x);
      l = run(logarithms, Softmax::logarithms, n, x);
      for (std::size_t j = 0; j < n; ++j) {
        CHECK(std::isnan(p[j]));
        CHECK(std::isnan(l[j]));
      }
    }
}

template <Softmax kind, Isa isa, class T>
void rows_on(std::size_t rows, std::size_t n, const T* x, T* y) {
  if (n <= 256 && n % 2 == 0) detail::on_isa<detail::SoftmaxRows<kind, false>>(isa, rows, n, x, y);
  else detail::on_isa<detail::SoftmaxRows<kind, true>>(isa, rows, n, x, y);
}
template <Isa isa, class T>
void check_on() {
  compare<T>(rows_on<Softmax::probabilities, isa, T>, rows_on<Softmax::logarithms, isa, T>,
             rows_on<Softmax::log_of_sum, isa, T>);
  check_extremes<T>(rows_on<Softmax::probabilities, isa, T>, rows_on<Softmax::logarithms, isa, T>,
                    rows_on<Softmax::log_of_sum, isa, T>);
}

}  // namespace

TEST_CASE("softmax of rows of any length follows its formula, and overflows nowhere") {
  check_on<Isa::portable, float>();
  check_on<Isa::portable, double>();
}

TEST_CASE("softmax of rows follows its formula on AVX2") {
  if (detail::best_isa() == Isa::portable) return;
  check_on<Isa::avx2, float>();
  check_on<Isa::avx2, double>();
}
#endif

#if defined(__GNUC__)
TEST_CASE("the sum of 10^7 exponentials keeps its digits") {
  std::vector<float> x(10'000'003, -0.1f), y(x.size());
  x[5] = 0;
  const double sum = 1 + 10'000'002.0 * std::exp(static_cast<double>(-0.1f));
  detail::softmax_rows<Softmax::probabilities>(1, x.size(), x.data(), y.data());
  CHECK(static_cast<double>(y[5]) * sum == doctest::Approx(1).epsilon(3e-5));
  detail::softmax_rows<Softmax::log_of_sum>(1, x.size(), x.data(), y.data());
  CHECK(static_cast<double>(y[0]) == doctest::Approx(std::log(sum)).epsilon(3e-6));
}
#endif
