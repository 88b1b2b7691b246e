// The stored values were computed from the published definitions of SplitMix64 and xoshiro256++ by a Python program
// with whole-number arithmetic of its own, the normals from correctly rounded log, sqrt, sin and cos (mpmath).
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <minigrad/core/random.hpp>
#include <random>
#include <type_traits>
#include <vector>

using namespace minigrad;

namespace {

std::vector<std::uint64_t> first_bits(std::uint64_t seed, int n) {
  Rng rng(seed);
  std::vector<std::uint64_t> bits;
  for (int i = 0; i < n; ++i) bits.push_back(rng());
  return bits;
}

/// Are these the same double, or neighbours?
bool within_one_ulp(double a, double b) { return a == b || std::nextafter(a, b) == b; }

}  // namespace

TEST_CASE("a seed gives the stored bits") {
  using Bits = std::vector<std::uint64_t>;
  CHECK(first_bits(0, 4) == Bits{0x53175d61490b23df, 0x61da6f3dc380d507, 0x5c0fdf91ec9a7bfc, 0x02eebf8c3bbe5e1a});
  CHECK(first_bits(1, 4) == Bits{0xcfc5d07f6f03c29b, 0xbf424132963fe08d, 0x19a37d5757aaf520, 0xbf08119f05cd56d6});
  CHECK(first_bits(42, 4) == Bits{0xd0764d4f4476689f, 0x519e4174576f3791, 0xfbe07cfb0c24ed8c, 0xb37d9f600cd835b8});
  CHECK(first_bits(~std::uint64_t{0}, 2) == Bits{0x56ccf8ce948e27b2, 0xe68588432e5a5b90});
  CHECK(first_bits(42, 1000000).back() == 0x38d26b526dd02d0f);
}

TEST_CASE("without a seed the seed is 0") {
  Rng rng;
  CHECK(rng() == 0x53175d61490b23df);
}

TEST_CASE("a seed gives the stored uniforms, to the bit") {
  Rng rng(42);
  for (double u : {0x1.a0ec9a9e88ecdp-1, 0x1.467905d15dbccp-2, 0x1.f7c0f9f61849dp-1, 0x1.66fb3ec019b06p-1,
                   0x1.96463870e908dp-1, 0x1.2d1b3e009ca1bp-1})
    CHECK(rng.uniform() == u);
}

TEST_CASE("a seed gives the stored uniforms on an interval, to the bit") {
  Rng rng(42);
  for (double u : {0x1.c1d9353d11d9ap+1, -0x1.cc37d175121a0p-2, 0x1.37c0f9f61849dp+2, 0x1.4df67d803360cp+1})
    CHECK(rng.uniform(-3, 5) == u);
}

TEST_CASE("a seed gives the stored whole numbers") {
  Rng dice(42);
  for (std::uint64_t i : {1U, 5U, 0U, 4U, 5U, 1U, 2U, 0U, 3U, 4U, 2U, 5U}) CHECK(dice.integer(6) == i);

  // Here nearly half of all draws belong to the incomplete last round and are thrown away.
  Rng large(42);
  for (std::uint64_t i : {5797906573132458142U, 8926271879130705291U, 3710296902904329655U, 5414202205828049522U})
    CHECK(large.integer((std::uint64_t{1} << 63) + 1) == i);
}

TEST_CASE("a seed gives the stored normals, to 1 ulp") {
  Rng rng(42);
  for (double z : {-0x1.89b975220657ep-1, 0x1.aa86bd43707d8p+0, -0x1.bca4f7dbd8ae6p-1, -0x1.5e9c814c307c5p+1,
                   -0x1.82cf41a90fe1ap+0, -0x1.de15cbdecbf52p-1, -0x1.a28480e07fe7bp-2, -0x1.4526cc9b380bdp-2})
    CHECK(within_one_ulp(rng.normal(), z));
}

TEST_CASE("a seed gives the stored permutation") {
  CHECK(Rng(42).permutation(10) == std::vector<std::size_t>{6, 9, 7, 8, 0, 5, 3, 4, 2, 1});
}

TEST_CASE("uniforms lie in [0, 1) and have the moments of a uniform") {
  Rng rng(7);
  const int n = 100000;
  double sum = 0, squares = 0;
  bool inside = true;
  for (int i = 0; i < n; ++i) {
    const double u = rng.uniform();
    inside = inside && u >= 0 && u < 1;
    sum += u;
    squares += u * u;
  }
  CHECK(inside);
  CHECK(std::fabs(sum / n - 0.5) < 0.004);  // about four standard errors
  CHECK(std::fabs(squares / n - 1.0 / 3) < 0.004);
}

TEST_CASE("normals have the moments of a normal, and one in twenty lies beyond 1.96") {
  Rng rng(7);
  const int n = 100000;
  double sum = 0, squares = 0, cubes = 0;
  int beyond = 0;
  for (int i = 0; i < n; ++i) {
    const double z = rng.normal();
    sum += z;
    squares += z * z;
    cubes += z * z * z;
    beyond += std::fabs(z) > 1.959964;
  }
  CHECK(std::fabs(sum / n) < 0.013);
  CHECK(std::fabs(squares / n - 1) < 0.018);
  CHECK(std::fabs(cubes / n) < 0.05);
  CHECK(std::abs(beyond - n / 20) < 280);
}

TEST_CASE("normals take a mean and a standard deviation") {
  Rng plain(3), moved(3);
  for (int i = 0; i < 5; ++i) {
    const double z = plain.normal();
    CHECK(moved.normal(10, 2) == doctest::Approx(10 + 2 * z).epsilon(1e-15));
  }
  CHECK(Rng(3).normal(4, 0) == 4);
}

TEST_CASE("whole numbers are all below n and equally often") {
  Rng rng(7);
  std::array<int, 6> count{};
  const int n = 60000;
  for (int i = 0; i < n; ++i) ++count.at(static_cast<std::size_t>(rng.integer(6)));
  double chi2 = 0;
  for (int c : count) chi2 += (c - 10000.0) * (c - 10000.0) / 10000.0;
  CHECK(chi2 < 20.5);  // 5 degrees of freedom: one seed in a thousand is worse
  CHECK(Rng(1).integer(1) == 0);
}

TEST_CASE("a whole number below 0 does not exist") {
  Rng rng(1);
  CHECK_THROWS_WITH_AS(rng.integer(0), "minigrad: Rng::integer: n is 0, and no number lies in 0 .. n-1", ValueError);
}

TEST_CASE("a permutation holds every number once") {
  Rng rng(5);
  for (std::size_t n : {0U, 1U, 2U, 3U, 100U}) {
    std::vector<std::size_t> order = rng.permutation(n);
    CHECK(order.size() == n);
    std::sort(order.begin(), order.end());
    for (std::size_t i = 0; i < n; ++i) CHECK(order[i] == i);
  }
}

TEST_CASE("every order of three is equally likely") {
  Rng rng(5);
  std::array<int, 6> count{};
  for (int i = 0; i < 60000; ++i) {
    const auto order = rng.permutation(3);
    ++count.at(order[0] * 2 + (order[1] > order[2] ? 1 : 0));
  }
  double chi2 = 0;
  for (int c : count) chi2 += (c - 10000.0) * (c - 10000.0) / 10000.0;
  CHECK(chi2 < 20.5);
}

TEST_CASE("shuffle moves the items as permutation moves their numbers") {
  std::vector<char> letters{'a', 'b', 'c', 'd', 'e'};
  const std::vector<char> before = letters;
  Rng(9).shuffle(letters);
  const auto order = Rng(9).permutation(5);
  for (std::size_t i = 0; i < 5; ++i) CHECK(letters[i] == before[order[i]]);

  std::array<int, 2> pair{1, 2};
  Rng(1).shuffle(pair);
  CHECK(pair[0] + pair[1] == 3);
}

TEST_CASE("a copy of an Rng goes on from the same place, the kept normal included") {
  Rng rng(11);
  rng.normal();
  Rng copy = rng;
  CHECK(copy.normal() == rng.normal());
  CHECK(copy.normal() == rng.normal());
  CHECK(copy() == rng());
}

TEST_CASE("an Rng drives the standard library's algorithms") {
  static_assert(std::is_same_v<Rng::result_type, std::uint64_t>);
  static_assert((Rng::min)() == 0 && (Rng::max)() == ~std::uint64_t{0});
  Rng rng(1);
  std::vector<int> items{1, 2, 3, 4};
  std::shuffle(items.begin(), items.end(), rng);
  std::sort(items.begin(), items.end());
  CHECK(items == std::vector<int>{1, 2, 3, 4});
}

TEST_CASE("a generator goes on from a state, with the normal number that it kept") {
  Rng rng(3), other(4);
  rng.normal();
  const Rng::State state = rng.get_state();
  other.set_state(state);
  CHECK(other.get_state() == state);
  for (int i = 0; i < 3; ++i) CHECK(other.normal() == rng.normal());
  CHECK(other() == rng());

  const Rng::State before = other.get_state();
  CHECK_THROWS_WITH_AS(other.set_state({}), "minigrad: Rng: set_state: these numbers are not the state of an Rng",
                       ValueError);  // a generator of zeros would give zeros for ever
  CHECK_THROWS_AS(other.set_state({1, 2, 3, 4, 0x7ff0000000000000u, 1}), ValueError);
  CHECK_THROWS_AS(other.set_state({1, 2, 3, 4, 0, 2}), ValueError);
  CHECK(other.get_state() == before);
}
