#include <doctest/doctest.h>

#include <cstddef>
#include <minigrad/core/random.hpp>
#include <minigrad/tensor/inner_loop.hpp>
#include <utility>
#include <vector>

using namespace minigrad;

namespace {

// Whole numbers, so that the results are exact however they are rounded.
constexpr auto combine = [](auto a, auto b, auto c) { return simd::select(a > b, a * b + c, b - 2 * c); };
constexpr auto on_simd = simd_fn(combine);

/// The kernel beside its definition, on rows of every length, where each operand may be a number, and out one of them.
/// Rows of less than `least` elements are given to it as such rows are.
template <class T>
void compare(detail::InnerLoop loop, std::size_t least = 1) {
  const auto kernel = [=](const void* f, std::size_t n, void* out, const void* const* in, const std::size_t* steps) {
    if (n < least) detail::run_short_row<T>(loop, f, n, out, in, steps, 3);
    else loop(f, n, out, in, steps);
  };
  Rng rng(1);
  for (std::size_t n = 1; n <= 100; ++n)
    for (int time = 0; time < 8; ++time) {
      std::vector<T> operands[3];
      const void* in[3];
      std::size_t steps[3];
      for (std::size_t k = 0; k < 3; ++k) {
        const bool number = rng.integer(3) == 0;
        for (std::size_t i = 0; i < (number ? 1 : n); ++i) operands[k].push_back(static_cast<T>(rng.integer(17)) - 8);
        if (number) operands[k].assign(detail::unroll, operands[k][0]);
        in[k] = operands[k].data();
        steps[k] = number ? 0 : 1;
      }
      std::vector<T> expected(n), out(n + 1, T{99});
      for (std::size_t i = 0; i < n; ++i) {
        const auto at = [&](std::size_t k) { return operands[k][steps[k] ? i : 0]; };
        expected[i] = combine(at(0), at(1), at(2));
      }
      kernel(&on_simd, n, out.data(), in, steps);
      CHECK(out[n] == 99);
      out.pop_back();
      REQUIRE(out == expected);
      for (std::size_t k = 0; k < 3; ++k) {
        if (!steps[k]) continue;
        const std::vector<T> before = operands[k];
        kernel(&on_simd, n, operands[k].data(), in, steps);
        REQUIRE(operands[k] == expected);
        operands[k] = before;
      }
    }
}

template <class T>
void compare_all() {
  using F = std::remove_const_t<decltype(on_simd)>;
  using All = std::index_sequence<0, 1, 2>;
  compare<T>(detail::inner_loop<T, F, T, T, T>);
  compare<T>(detail::inner_loop<T, std::remove_const_t<decltype(combine)>, T, T, T>);  // on numbers
#if defined(__GNUC__)
  using SimdLoop = detail::SimdLoop<T, F, All>;
  constexpr std::size_t least = detail::least_row<T>;
  compare<T>([](const void* f, std::size_t n, void* out, const void* const* in, const std::size_t* steps) {
    detail::on_isa<SimdLoop>(Isa::portable, f, n, out, in, steps);
  }, least);
  if (detail::best_isa() == Isa::portable) return;
  compare<T>([](const void* f, std::size_t n, void* out, const void* const* in, const std::size_t* steps) {
    detail::on_isa<SimdLoop>(Isa::avx2, f, n, out, in, steps);
  }, least);
#endif
}

/// A rule that uses every operation of the optimizers.
constexpr auto rule = [](auto& w, auto g, auto& s, auto& t) {
  using simd::sqrt, simd::larger;
  g += 2 * w;
  s *= 0.5f;
  s += g * g;
  t = larger(t, s);
  w -= g / (sqrt(t) + 1) - (g - 3) * 0.25f;
};
using Rule = std::remove_const_t<decltype(rule)>;

/// A kernel from element 0 on, and the definition for what it leaves over: less than a register of floats, or all.
template <class T, class Kernel>
void compare_updates(const Kernel& kernel, bool leaves_all) {
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
    detail::update_scalar<T>(rule, 0, n, w1.data(), g1.data(), state1, std::index_sequence<0, 1>{});
    const std::size_t done = kernel(n, w.data(), g.data(), state);
    CHECK(n - done < (leaves_all ? n + 1 : 8));
    for (std::size_t i = done; i < n; ++i) rule(w[i], g[i], s[i], t[i]);
    REQUIRE(w == w1);
    REQUIRE(g == g1);
    REQUIRE(s == s1);
    REQUIRE(t == t1);
  }
}

}  // namespace

TEST_CASE("every kernel of a row gives what the function gives number by number, for any length and mix of operands") {
  compare_all<float>();
  compare_all<double>();
}

TEST_CASE("operands of several types go through the function number by number") {
  const bool mask[] = {true, false, true};
  const float x[] = {1, 2, 3};
  float y[3];
  constexpr auto choose = simd_fn([](auto m, auto v) { return m ? v : -v; });
  const void* in[] = {mask, x};
  const std::size_t steps[] = {1, 1};
  detail::inner_loop<float, std::remove_const_t<decltype(choose)>, bool, float>(&choose, 3, y, in, steps);
  CHECK(y[0] == 1);
  CHECK(y[1] == -2);
  CHECK(y[2] == 3);
}

// A compiler that may fuse or reorder operations does so here and not there.
#if defined(__GNUC__) && !defined(__FMA__) && !defined(__FAST_MATH__)
template <class T>
void compare_update_kernels() {
  for (Isa isa : {Isa::portable, Isa::avx2, Isa::avx512})
    if (isa <= detail::best_isa())
      compare_updates<T>(
          [=](std::size_t n, T* w, const T* g, T* const* state) {
            return detail::on_isa<detail::UpdateLoop<Rule, std::index_sequence<0, 1>>>(isa, rule, std::size_t{}, n, w,
                                                                                       g, state);
          },
          isa == Isa::portable && MINIGRAD_HAS_TARGETS);
}
TEST_CASE("an update gives the same bits in registers as number by number, for any number of elements") {
  compare_update_kernels<float>();
  compare_update_kernels<double>();
}
#endif

TEST_CASE("an update may begin at any address, and nothing beside the elements is touched") {
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

TEST_CASE("number types that no register holds take the plain loop") {
  struct Half {
    float value;
    Half& operator-=(Half other) { return value -= other.value, *this; }
  };
  static_assert(!simd::has_simd<Half> && !simd::has_simd<long double>);
  std::vector<Half> w{{1}, {2}, {3}}, g{{1}, {1}, {1}};
  detail::for_each_element<Half>([](auto& x, auto y) { x -= y; }, 3, w.data(), g.data());
  CHECK(w[2].value == 2);
}
