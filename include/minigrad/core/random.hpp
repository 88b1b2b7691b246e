// core/random.hpp - random numbers that are the same everywhere: one seed, one stream.
//
// The distributions are our own because the standard's differ between standard libraries. Integers and uniforms are the
// same to the bit on every compiler and platform; normals to 1 ulp, as far as std::log, std::sqrt, std::cos agree.
#pragma once

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <vector>

#include "error.hpp"

namespace minigrad::inline MINIGRAD_ABI {

/// A stream of random numbers from a seed. The generator is xoshiro256++ (Blackman and Vigna, "Scrambled linear
/// pseudorandom number generators", 2021), its state filled by SplitMix64, as its authors advise.
/// Copying an Rng copies its place in the stream. Not for cryptography.
class Rng {
 public:
  using result_type = std::uint64_t;  ///< what operator() gives, as the standard library asks

  explicit Rng(std::uint64_t seed = 0) {
    for (std::uint64_t& word : state_) word = splitmix64(seed);
  }

  /// 64 random bits; with min() and max() this makes Rng a UniformRandomBitGenerator for the standard's algorithms.
  std::uint64_t operator()() {
    const std::uint64_t out = std::rotl(state_[0] + state_[3], 23) + state_[0];
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return out;
  }
  static constexpr std::uint64_t(min)() { return 0; }
  static constexpr std::uint64_t(max)() { return ~std::uint64_t{0}; }

  /// Uniform on [0, 1), a multiple of 2^-53.
  double uniform() { return static_cast<double>((*this)() >> 11) * 0x1p-53; }

  /// Uniform on [low, high), or low where no double lies between the two. To the bit as well, also where the compiler
  /// fuses multiply and add.
  double uniform(double low, double high) {
    const double value = std::fma(high - low, uniform(), low);
    return value < high ? value : low;
  }

  /// A whole number, uniform on 0 .. n-1, without bias: draws from the incomplete last round are thrown away.
  /// Throws ValueError for n = 0.
  std::uint64_t integer(std::uint64_t n) {
    if (n == 0) detail::fail<ValueError>({"Rng::integer: n is 0, and no number lies in 0 .. n-1"});
    const std::uint64_t unfair = (0 - n) % n;  // 2^64 mod n
    std::uint64_t bits = (*this)();
    while (bits < unfair) bits = (*this)();
    return bits % n;
  }

  /// Normal with mean 0 and standard deviation 1, by Box and Muller's transform; the second of each pair is kept.
  double normal() {
    if (has_spare_) {
      has_spare_ = false;
      return spare_;
    }
    const double radius = std::sqrt(-2 * std::log(1 - uniform()));  // 1 - u is in (0, 1]: the log is finite
    const double angle = 2 * std::numbers::pi * uniform();
    spare_ = radius * std::sin(angle);
    has_spare_ = true;
    return radius * std::cos(angle);
  }

  /// Normal with the given mean and standard deviation.
  double normal(double mean, double stddev) { return std::fma(stddev, normal(), mean); }

  /// Puts the items in random order, every order equally likely (Fisher and Yates' shuffle).
  template <class Container>
  void shuffle(Container& items) {
    using std::swap;
    for (std::size_t i = items.size(); i > 1; --i) swap(items[i - 1], items[static_cast<std::size_t>(integer(i))]);
  }

  /// The place in the stream as numbers: the four words of the generator, the bits of the normal number that is kept,
  /// and 1 if there is one. After set_state() with these numbers, another Rng continues with the same stream.
  using State = std::array<std::uint64_t, 6>;
  /// The place in the stream; see State.
  State get_state() const {
    return {state_[0], state_[1], state_[2], state_[3], __builtin_bit_cast(std::uint64_t, spare_), has_spare_ ? 1u : 0u};
  }
  /// Goes on from such a place. Throws ValueError for numbers that get_state() cannot give; the Rng is then unchanged.
  void set_state(const State& state) {
    const double spare = __builtin_bit_cast(double, state[4]);
    if ((state[0] | state[1] | state[2] | state[3]) == 0 || state[5] > 1 || !detail::is_finite(spare))
      detail::fail<ValueError>({"Rng: set_state: these numbers are not the state of an Rng"});
    for (std::size_t i = 0; i < 4; ++i) state_[i] = state[i];
    spare_ = spare;
    has_spare_ = state[5] == 1;
  }

  /// The numbers 0 .. n-1 in random order.
  template <class = void>
  std::vector<std::size_t> permutation(std::size_t n) {
    std::vector<std::size_t> order(n);
    for (std::size_t i = 0; i < n; ++i) order[i] = i;
    shuffle(order);
    return order;
  }

 private:
  static std::uint64_t splitmix64(std::uint64_t& seed) {
    std::uint64_t z = (seed += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

  std::uint64_t state_[4];
  double spare_ = 0;
  bool has_spare_ = false;
};

}  // namespace minigrad::inline MINIGRAD_ABI
