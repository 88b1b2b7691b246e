#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <limits>
#include <minigrad/core/simd.hpp>
#include <minigrad/core/random.hpp>
#include <type_traits>
#include <vector>

using namespace minigrad;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();

/// Uses every operation that Simd have; the same on numbers.
constexpr auto everything = [](auto a, auto b) {
  namespace m = simd;
  auto c = a + b * 2 - a / (1 + b * b);
  c += m::sqrt(m::abs(a));
  c -= m::larger(a, b);
  c *= m::smaller(-a, b);
  c /= 3;
  c = m::select(a < b, c, c + 1);
  c = m::select(a > b, c, -c);
  c = m::select(a <= 0, c, c + 2);
  c = m::select(a >= 1, c, c - a);
  c = m::select(b == 0, 5 - c, c);
  return m::select(b != a, c, a);
};

#if defined(__GNUC__)
template <class L>
void compare() {
  using T = typename L::Number;
  Rng rng(1);
  for (int time = 0; time < 100; ++time) {
    std::vector<T> a(L::count + 1), b(L::count + 1), y(L::count + 1, 7);
    for (std::size_t i = 0; i < a.size(); ++i) {
      a[i] = static_cast<T>(rng.integer(3) == 0 ? 1 : rng.normal());
      b[i] = rng.integer(3) == 0 ? static_cast<T>(rng.integer(2)) : static_cast<T>(rng.normal());
    }
    const std::size_t begin = rng.integer(2);  // any address will do
    const L result = everything(L::load(a.data() + begin), L::load(b.data() + begin));
    result.store(y.data() + begin);
    CHECK(y[begin == 0 ? L::count : 0] == 7);
    for (std::size_t i = 0; i < L::count; ++i) {
      CHECK(y[begin + i] == everything(a[begin + i], b[begin + i]));
      CHECK(result[i] == y[begin + i]);
    }
  }
}
#endif

}  // namespace

#if defined(__GNUC__)
TEST_CASE("what is written for numbers gives the same on lanes of any width, to the bit") {
  compare<simd::Simd<float, 16>>();
  compare<simd::Simd<double, 16>>();
  compare<simd::Simd<float, 32>>();
  compare<simd::Simd<double, 32>>();
  compare<simd::Simd<float, 64>>();
  compare<simd::Simd<double, 64>>();
}

TEST_CASE("on lanes too the root of a negative number is NaN, and of infinity infinity") {
  const float x[] = {-1, static_cast<float>(inf), 0, 4};
  const auto y = simd::sqrt(simd::Simd<float, 16>::load(x));
  CHECK(std::isnan(y[0]));
  CHECK(y[1] == x[1]);
  CHECK(y[2] == 0);
  CHECK(y[3] == 2);
}

TEST_CASE("the words of the op table mean the same for lanes") {
  using L = simd::Simd<double, 16>;
  const double numbers[] = {-2, 3};
  const L x = L::load(numbers);
  const L chosen = where(greater(x, 0), x, 0), other = where(less(x, 0), 1, x);
  CHECK(chosen[0] == 0);
  CHECK(chosen[1] == 3);
  CHECK(other[0] == 1);
  CHECK(other[1] == 3);
  static_assert(std::is_same_v<decltype(constant_like(x, 0.5)), double>);
  const double with_nan[] = {std::nan(""), 1};
  const L not_above = where(less_equal(L::load(with_nan), 1), L(5), 6);
  CHECK(not_above[0] == 6);
  CHECK(not_above[1] == 5);
}
#endif

TEST_CASE("larger() and smaller() are NaN where their second argument is") {
  const double nan = std::nan("");
  CHECK(std::isnan(simd::larger(1.0, nan)));
  CHECK(simd::larger(nan, 1.0) == 1);
  CHECK(simd::larger(2.0, 1.0) == 2);
  CHECK(std::isnan(simd::smaller(1.0, nan)));
  CHECK(simd::smaller(nan, 1.0) == 1);
  CHECK(simd::smaller(2.0, 1.0) == 1);
}

TEST_CASE("simd_fn() marks a function and changes nothing else about it") {
  constexpr auto twice = [](auto x) { return 2 * x; };
  constexpr auto marked = simd_fn(twice);
  static_assert(is_simd_fn<std::remove_const_t<decltype(marked)>> && !is_simd_fn<decltype(twice)>);
  static_assert(std::is_empty_v<decltype(marked)>);
  CHECK(marked(3) == 6);
}
