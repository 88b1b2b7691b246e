#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <minigrad/core/random.hpp>
#include <minigrad/optim/lanes.hpp>
#include <utility>
#include <vector>

using namespace minigrad;

namespace {

/// A rule that uses every operation of the optimizers.
constexpr auto rule = [](auto& w, auto g, auto& s, auto& t) {
  using simd::sqrt, detail::larger;
  g += 2 * w;
  s *= 0.5f;
  s += g * g;
  t = larger(t, s);
  w -= g / (sqrt(t) + 1) - (g - 3) * 0.25f;
};
using Rule = std::remove_const_t<decltype(rule)>;

/// A kernel from element 0 on, and the definition for what it leaves over.
template <class T, class Kernel>
void compare(const Kernel& kernel) {
  Rng rng(1);
  for (std::size_t n = 0; n <= 70; ++n) {
    std::vector<T> w(n + 1), g(n + 1), s(n + 1), t(n + 1);  // one more, which nobody may touch
    for (std::size_t i = 0; i <= n; ++i) {
      w[i] = static_cast<T>(rng.normal());
      g[i] = static_cast<T>(rng.normal());
      s[i] = static_cast<T>(rng.uniform());
      t[i] = static_cast<T>(rng.uniform(0, 3));
    }
    auto w1 = w, s1 = s, t1 = t;
    const auto g1 = g;
    T* const state[] = {s.data(), t.data()};
    T* const state1[] = {s1.data(), t1.data()};
    detail::update_numbers(rule, 0, n, w1.data(), g1.data(), state1, std::index_sequence<0, 1>{});
    const std::size_t done = kernel(n, w.data(), g.data(), state);
    CHECK(n - done < 8);
    for (std::size_t i = done; i < n; ++i) rule(w[i], g[i], s[i], t[i]);
    REQUIRE(w == w1);
    REQUIRE(g == g1);
    REQUIRE(s == s1);
    REQUIRE(t == t1);
  }
}

}  // namespace

// A compiler that may fuse or reorder operations does so here and not there.
#if defined(__GNUC__) && !defined(__FMA__) && !defined(__FAST_MATH__)
template <class T>
void compare_portable() {
  compare<T>([](std::size_t n, T* w, const T* g, T* const* state) {
    detail::update_lanes(rule, 0, n, w, g, state, std::index_sequence<0, 1>{});
    return n;
  });
}
TEST_CASE("a rule gives the same on lanes as number by number, to the bit, for any number of elements") {
  compare_portable<float>();
  compare_portable<double>();
}
#endif

#if MINIGRAD_HAS_TARGETS && !defined(__FMA__) && !defined(__FAST_MATH__)
template <class T>
void compare_avx2() {
  compare<T>([](std::size_t n, T* w, const T* g, T* const* state) {
    return detail::update_avx2(rule, 0, n, w, g, state, std::index_sequence<0, 1>{});
  });
}
TEST_CASE("a rule gives the same bits on AVX2") {
  if (detail::best_isa() == Isa::portable) return;
  compare_avx2<float>();
  compare_avx2<double>();
}
#endif

TEST_CASE("lanes may begin at any address, and nothing beside the elements is touched") {
  std::vector<float> w(30, 1), g(30, 1);
  for (std::size_t begin = 0; begin < 9; ++begin) {
    w.assign(30, 1);
    detail::for_each_element<float>([](auto& x, auto y) { x -= y; }, 19, w.data() + begin, g.data() + 1);
    for (std::size_t i = 0; i < 30; ++i) CHECK(w[i] == (i >= begin && i < begin + 19 ? 0 : 1));
  }
}

TEST_CASE("one vector of state may have two names") {
  std::vector<double> w(11, 1), g(11, 1), s(11, 2);
  detail::for_each_element<double>(
      [](auto& x, auto, auto& a, auto& b) {
        a += x;
        b = a;
      },
      11, w.data(), g.data(), s.data(), s.data());
  for (double value : s) CHECK(value == 3);
}

TEST_CASE("number types without lanes take the plain loop") {
  struct Half {
    float value;
    Half& operator-=(Half other) { return value -= other.value, *this; }
  };
  static_assert(!simd::has_simd<Half> && !simd::has_simd<long double>);
  std::vector<Half> w{{1}, {2}, {3}}, g{{1}, {1}, {1}};
  detail::for_each_element<Half>([](auto& x, auto y) { x -= y; }, 3, w.data(), g.data());
  CHECK(w[2].value == 2);
}
