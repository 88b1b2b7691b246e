#include <doctest/doctest.h>

#include <cstring>

#include "../support/simd_functions.hpp"
#include "../support/ulps.hpp"

using namespace minigrad;

namespace {

template <class T>
void check_accuracy(const support::LaneFunction& f, void (*row)(std::size_t n, const T* x, T* y)) {
  static const std::vector<T> x = support::samples<T>(8191);
  const auto worst = support::worst_of(f.name, row, x);
  CAPTURE(f.name);
  CAPTURE(worst.x);
  CAPTURE(worst.y);
  CHECK(worst.off <= f.most_ulps);
}
template <Isa isa>
void check_accuracy() {
  for (const auto& f : all_functions<isa>()) {
    check_accuracy(f, f.on_floats);
    check_accuracy(f, f.on_doubles);
  }
}

/// Whether both are the same bits.
template <class T>
bool identical(T a, T b) {
  return std::memcmp(&a, &b, sizeof a) == 0;
}

template <class T>
void check_places(void (*f)(std::size_t n, const T* x, T* y)) {
  std::vector<T> x(80), y(80);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<T>(i) / 7 - 3;
  f(x.size(), x.data(), y.data());
  for (std::size_t begin : {0u, 1u, 5u})
    for (std::size_t n = 1; begin + n <= 40; ++n) {
      std::vector<T> part(n + 1, T{77}), in_place(x);
      f(n, x.data() + begin, part.data());
      f(n, in_place.data() + begin, in_place.data() + begin);
      CHECK(part[n] == 77);
      for (std::size_t i = 0; i < n; ++i) {
        REQUIRE(identical(part[i], y[begin + i]));
        REQUIRE(identical(in_place[begin + i], y[begin + i]));
      }
      for (std::size_t i = begin + n; i < x.size(); ++i) REQUIRE(in_place[i] == x[i]);
    }
}

}  // namespace

TEST_CASE("vector functions are right to the last places, from subnormal numbers to infinity") {
  check_accuracy<Isa::portable>();
}

TEST_CASE("vector functions are as right on AVX2") {
  if (detail::best_isa() >= Isa::avx2) check_accuracy<Isa::avx2>();
}

TEST_CASE("a vector function of one number is the same wherever the number stands in the row, in place or not") {
  for (const auto& f : all_functions<Isa::portable>()) {
    check_places(f.on_floats);
    check_places(f.on_doubles);
  }
  if (detail::best_isa() >= Isa::avx2)
    for (const auto& f : all_functions<Isa::avx2>()) {
      check_places(f.on_floats);
      check_places(f.on_doubles);
    }
}

TEST_CASE("functions of a single number are those of the standard library") {
  for (double x : {-2.0, -0.5, 0.3, 4.0}) {
    CHECK(simd::exp(x) == std::exp(x));
    CHECK(simd::expm1(x) == std::expm1(x));
    CHECK(simd::tanh(x) == std::tanh(x));
    CHECK(simd::log1p(x + 2) == std::log1p(x + 2));
    CHECK(simd::log(x * x) == std::log(x * x));
    CHECK(simd::sigmoid(x) == doctest::Approx(1 / (1 + std::exp(-x))));
  }
  static_assert(std::is_same_v<decltype(simd::sigmoid(1.0f)), float>);
}
