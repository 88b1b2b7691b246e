#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <limits>
#include <minigrad/core/random.hpp>
#include <minigrad/tensor/row_reduce.hpp>
#include <vector>

using namespace minigrad;

namespace {

template <class T>
std::vector<T> random_row(std::size_t n, Rng& rng) {
  std::vector<T> x(n);
  for (T& value : x) value = static_cast<T>(rng.normal());
  return x;
}

/// Every kernel beside the definition, to the bit: the order of the additions is the same.
template <class T>
void compare_sums() {
  Rng rng(1);
  for (std::size_t n = detail::running_sums; n <= 20 * detail::running_sums; n += detail::running_sums) {
    const std::vector<T> x = random_row<T>(n + 1, rng);
    const T expected = detail::sum_of_blocks_by_number(n, x.data() + 1);
#if defined(__GNUC__) && !defined(__FAST_MATH__)
    for (Isa isa : {Isa::portable, detail::best_isa()})
      REQUIRE(detail::on_isa<detail::SumOfBlocks>(isa, n, x.data() + 1) == expected);
#endif
    REQUIRE(detail::sum_row(n, x.data() + 1) == expected);
  }
}

/// The definition: what is too long for a running sum is halved, and the halves are added.
template <class T>
std::vector<T> sum_columns_by_number(std::size_t rows, std::size_t n, const T* x) {
  std::vector<T> y(n);
  if (rows <= detail::longest_sum) {
    detail::add_columns_by_number(rows, n, x, y.data());
    return y;
  }
  const std::size_t half = detail::first_half(rows, detail::running_sums);
  y = sum_columns_by_number(half, n, x);
  const std::vector<T> rest = sum_columns_by_number(rows - half, n, x + half * n);
  for (std::size_t i = 0; i < n; ++i) y[i] += rest[i];
  return y;
}

/// The same of columns.
template <class T>
void compare_column_sums() {
  Rng rng(2);
  for (const std::size_t rows : {0u, 1u, 2u, 5u, 31u, 32u, 33u, 70u, 257u, 600u})
    for (std::size_t n = 1; n < 3 * detail::running_sums; n += rows > 70 ? 11 : 1) {
      const std::vector<T> x = random_row<T>(rows * n + 1, rng);
      std::vector<T> expected = sum_columns_by_number(rows, n, x.data()), y(n + 1, T{7});
      detail::sum_columns(rows, n, x.data(), y.data());
      REQUIRE(y[n] == T{7});
      y.pop_back();
      REQUIRE(y == expected);
#if defined(__GNUC__)
      if (rows > detail::longest_sum) continue;
      y.assign(n, T{});
      detail::on_isa<detail::AddColumns>(Isa::portable, rows, n, x.data(), y.data());
      REQUIRE(y == expected);
#endif
    }
}

constexpr auto less = [](auto a, auto b) { return a < b; };
constexpr auto greater = [](auto a, auto b) { return a > b; };

template <class T, class Less>
void compare_extremes(const Less& order) {
  Rng rng(1);
  for (std::size_t n = 1; n <= 200; ++n) {
    std::vector<T> x = random_row<T>(n, rng);
    T best = x[0];
    for (T value : x)
      if (order(best, value)) best = value;
    REQUIRE(detail::extreme_of_row(order, n, x.data()) == best);
    auto y = random_row<T>(n, rng), before = y;
    detail::keep_extremes(order, n, y.data(), x.data());
    for (std::size_t i = 0; i < n; ++i) REQUIRE(y[i] == (order(before[i], x[i]) ? x[i] : before[i]));
    x[rng.integer(n)] = std::numeric_limits<T>::quiet_NaN();
    REQUIRE(std::isnan(detail::extreme_of_row(order, n, x.data())));
    detail::keep_extremes(order, n, before.data(), x.data());
    for (std::size_t i = 0; i < n; ++i) REQUIRE(std::isnan(before[i]) == std::isnan(x[i]));
  }
}

}  // namespace

TEST_CASE("sums have one order on all instruction sets") {
  compare_sums<float>();
  compare_sums<double>();
  compare_column_sums<float>();
  compare_column_sums<double>();
}

TEST_CASE("the sum of a row is that of its numbers, for any length and type") {
  for (std::size_t n : {0u, 1u, 5u, 31u, 32u, 33u, 100u, 8192u, 8193u, 20000u}) {
    std::vector<int> whole(n);
    std::vector<float> floats(n);
    long long total = 0;
    for (std::size_t i = 0; i < n; ++i) {
      whole[i] = static_cast<int>(i % 7) - 2;
      floats[i] = static_cast<float>(whole[i]);
      total += whole[i];
    }
    CHECK(detail::sum_row(n, whole.data()) == total);
    CHECK(detail::sum_row(n, floats.data()) == static_cast<float>(total));
  }
}

TEST_CASE("the rounding error of a long sum does not grow with its length") {
  const std::vector<float> x(1 << 20, 0.1f);
  CHECK(detail::sum_row(x.size(), x.data()) == doctest::Approx(0.1 * static_cast<double>(x.size())).epsilon(1e-5));
}

TEST_CASE("dot_row is the sum of the products") {
  Rng rng(2);
  for (std::size_t n : {0u, 3u, 32u, 77u, 8193u, 20000u}) {
    const auto x = random_row<double>(n, rng), y = random_row<double>(n, rng);
    double total = 0;
    for (std::size_t i = 0; i < n; ++i) total += x[i] * y[i];
    CHECK(detail::dot_row(n, x.data(), y.data()) == doctest::Approx(total).epsilon(1e-13));
  }
}

TEST_CASE("the extreme of a row is found whatever its length, and NaN is not lost") {
  compare_extremes<float>(less);
  compare_extremes<double>(less);
  compare_extremes<float>(greater);
  compare_extremes<double>(greater);
}

TEST_CASE("the dot product of two long rows loses no more digits than a sum") {
  const std::vector<float> x(3'000'000, 0.1f), y(x.size(), 1);
  CHECK(detail::dot_row(x.size(), x.data(), y.data()) == detail::sum_row(x.size(), x.data()));
}
