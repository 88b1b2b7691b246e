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
constexpr auto on_lanes = simd_fn(combine);

using Kernel = void (*)(const void* f, std::size_t n, void* out, const void* const* in, const std::size_t* steps,
                        std::index_sequence<0, 1, 2>);

/// The kernel beside its definition, on rows of every length, where each operand may be a number, and out one of them.
template <class T>
void compare(Kernel kernel) {
  Rng rng(1);
  for (std::size_t n = 1; n <= 100; ++n)
    for (int time = 0; time < 8; ++time) {
      std::vector<T> operands[3];
      const void* in[3];
      std::size_t steps[3];
      for (std::size_t k = 0; k < 3; ++k) {
        const bool number = rng.integer(3) == 0;
        for (std::size_t i = 0; i < n || i < detail::block; ++i)
          operands[k].push_back(number && i > 0 ? operands[k][0] : static_cast<T>(rng.integer(17)) - 8);
        in[k] = operands[k].data();
        steps[k] = number ? 0 : detail::block;
      }
      std::vector<T> expected(n), out(n + 1, T{99});
      for (std::size_t i = 0; i < n; ++i) {
        const auto at = [&](std::size_t k) { return operands[k][steps[k] ? i : 0]; };
        expected[i] = combine(at(0), at(1), at(2));
      }
      kernel(&on_lanes, n, out.data(), in, steps, {});
      CHECK(out[n] == 99);
      out.pop_back();
      REQUIRE(out == expected);
      for (std::size_t k = 0; k < 3; ++k) {
        if (!steps[k]) continue;
        const std::vector<T> before = operands[k];
        kernel(&on_lanes, n, operands[k].data(), in, steps, {});
        for (std::size_t i = 0; i < operands[k].size(); ++i)
          REQUIRE(operands[k][i] == (i < n ? expected[i] : before[i]));
        operands[k] = before;
      }
    }
}

template <class T>
void compare_all() {
  using F = std::remove_const_t<decltype(on_lanes)>;
  compare<T>(detail::inner_loop_scalar<T, F, T, T, T>);
#if defined(__GNUC__)
  compare<T>(detail::inner_loop_simd<T, F>);
#endif
#if MINIGRAD_HAS_TARGETS
  if (detail::best_isa() >= Isa::avx2) compare<T>(detail::inner_loop_avx2<T, F>);
#endif
  compare<T>([](const void* f, std::size_t n, void* out, const void* const* in, const std::size_t* steps,
                std::index_sequence<0, 1, 2>) { detail::inner_loop<T, F, T, T, T>(f, n, out, in, steps); });
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
  const std::size_t steps[] = {detail::block, detail::block};
  detail::inner_loop<float, std::remove_const_t<decltype(choose)>, bool, float>(&choose, 3, y, in, steps);
  CHECK(y[0] == 1);
  CHECK(y[1] == -2);
  CHECK(y[2] == 3);
}
