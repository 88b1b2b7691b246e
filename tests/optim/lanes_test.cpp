#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <limits>
#include <minigrad/core/random.hpp>
#include <minigrad/optim/lanes.hpp>
#include <vector>

using namespace minigrad;

namespace {

/// A rule that uses every operation of Lanes.
constexpr auto rule = [](auto& w, auto g, auto& s, auto& t) {
  using std::sqrt, detail::larger;
  g += 2 * w;
  s *= 0.5f;
  s += g * g;
  t = larger(t, s);
  w -= g / (sqrt(t) + 1) - (g - 3) * 0.25f;
};

template <class T>
void compare() {
  Rng rng(1);
  for (std::size_t n = 0; n <= 70; ++n) {
    std::vector<T> w(n), g(n), s(n), t(n);
    for (std::size_t i = 0; i < n; ++i) {
      w[i] = static_cast<T>(rng.normal());
      g[i] = static_cast<T>(rng.normal());
      s[i] = static_cast<T>(rng.uniform());
      t[i] = static_cast<T>(rng.uniform(0, 3));
    }
    auto w1 = w, s1 = s, t1 = t;
    const auto g1 = g;
    for (std::size_t i = 0; i < n; ++i) rule(w1[i], g1[i], s1[i], t1[i]);
    detail::for_each_element<T>(rule, n, w.data(), g.data(), s.data(), t.data());
    REQUIRE(w == w1);
    REQUIRE(g == g1);
    REQUIRE(s == s1);
    REQUIRE(t == t1);
  }
}

}  // namespace

TEST_CASE("a rule gives the same on lanes as number by number, to the bit, for any number of elements") {
  compare<float>();
  compare<double>();
}

TEST_CASE("lanes may begin at any address, and nothing beside the elements is touched") {
  std::vector<float> w(20, 1), g(20, 1);
  for (std::size_t begin = 0; begin < 5; ++begin) {
    w.assign(20, 1);
    detail::for_each_element<float>([](auto& x, auto y) { x -= y; }, 10, w.data() + begin, g.data() + 1);
    for (std::size_t i = 0; i < 20; ++i) CHECK(w[i] == (i >= begin && i < begin + 10 ? 0 : 1));
  }
}

TEST_CASE("the root of a negative number is NaN, and of infinity infinity, on lanes too") {
  const float inf = std::numeric_limits<float>::infinity();
  std::vector<float> w{-1, inf, 0, 4, -1, inf, 0, 4, 9};
  detail::for_each_element<float>(
      [](auto& x, auto) {
        using std::sqrt;
        x = sqrt(x);
      },
      w.size(), w.data(), w.data());
  for (std::size_t i : {0u, 4u}) {
    CHECK(std::isnan(w[i]));
    CHECK(w[i + 1] == inf);
    CHECK(w[i + 2] == 0);
    CHECK(w[i + 3] == 2);
  }
  CHECK(w[8] == 3);
}

TEST_CASE("larger() is NaN where its second argument is") {
  const double nan = std::nan("");
  CHECK(std::isnan(detail::larger(1.0, nan)));
  CHECK(detail::larger(nan, 1.0) == 1);
  CHECK(detail::larger(2.0, 1.0) == 2);
}

TEST_CASE("number types without lanes take the plain loop") {
  struct Half {
    float value;
    Half& operator-=(Half other) { return value -= other.value, *this; }
  };
  static_assert(!detail::has_lanes<Half> && !detail::has_lanes<long double>);
  std::vector<Half> w{{1}, {2}, {3}}, g{{1}, {1}, {1}};
  detail::for_each_element<Half>([](auto& x, auto y) { x -= y; }, 3, w.data(), g.data());
  CHECK(w[2].value == 2);
}
