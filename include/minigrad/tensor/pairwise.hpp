// tensor/pairwise.hpp - how long sums are cut, so that their rounding error does not grow with their length.
//
// A running sum of n numbers, one after another, has an error of up to n roundings. So no running sum here has more
// than a few hundred summands: a longer one is halved again and again, and the halves are added, which costs one
// rounding for each halving, log2 n in all: N. Higham, "The accuracy of floating point summation", 1993. Where a sum is
// cut depends on its length alone, and a short one is not cut.
#pragma once

#include <cstddef>

#include "pool.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

/// How many numbers a running sum along a row, or along a column, has at most. Results depend on it.
inline constexpr std::size_t longest_sum = 256;

/// The same in a product of matrices. Running sums are added one after another, of up to `longest_product` summands in
/// all; what is longer is halved.
inline constexpr std::size_t longest_piece = 1024, longest_product = 64 * longest_piece;

/// The first half of n summands, a multiple of `step`; n is at least twice as many.
constexpr std::size_t first_half(std::size_t n, std::size_t step) { return n / 2 / step * step; }

/// Sums that come one after another, added in pairs as a binary counter carries. L is a register.
template <class L>
class PairwiseSum {
 public:
  [[gnu::always_inline]] void add(L sum) {
    std::size_t k = 0;
    for (std::size_t n = count_++; n % 2 == 1; n /= 2) sum += L::load(sums_[k++]);
    sum.store(sums_[k]);
  }
  [[gnu::always_inline]] L total() const {
    L sum{};
    std::size_t k = 0;
    for (std::size_t n = count_; n > 0; n /= 2, ++k)
      if (n % 2 == 1) sum += L::load(sums_[k]);
    return sum;
  }

 private:
  std::size_t count_ = 0;
  typename L::Number sums_[40][L::count];  // number k is a sum of 2^k, where count_ has that bit
};

/// Memory from the pool for the time of one sum or product.
template <class T>
class Scratch {
 public:
  explicit Scratch(std::size_t count)
      : bytes_(count * sizeof(T)), data_(count ? static_cast<T*>(pool_take(bytes_)) : nullptr) {}
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    if (data_) pool_give(data_, bytes_);
  }
  T* data() const { return data_; }

 private:
  std::size_t bytes_;
  T* data_;
};

}  // namespace minigrad::detail
