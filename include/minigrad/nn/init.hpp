// nn/init.hpp - initial values of weights. They keep the variance of values and of gradients the same in all layers.
//
// A weight of shape [out, in] sums `in` numbers in the forward pass (its fan in) and `out` in the backward pass (its
// fan out). In the weight of a convolution, [out, in, kernel...], each number of the kernel counts.
#pragma once

#include <cmath>
#include <cstddef>

#include "../core/random.hpp"
#include "../graph/parameter.hpp"
#include "../tensor/tensor.hpp"

namespace minigrad::inline MINIGRAD_ABI {

namespace detail {
/// A size of a layer as the program gave it: a negative number has become a large one.
constexpr std::ptrdiff_t size_as_given(std::size_t size) { return static_cast<std::ptrdiff_t>(size); }
}  // namespace detail

namespace init {

/// Set all elements of x: to one value, to 0, to draws of U(low, high), and to draws of N(mean, stddev^2).
/// constant_ throws ValueError for a value that T does not hold.
template <class T>
void constant_(Tensor<T>& x, double value) {
  x.fill(detail::constant_as<T>("constant_", value));
}
template <class T>
void zeros_(Tensor<T>& x) {
  x.fill(T{});
}
template <class T>
[[gnu::noinline]] void uniform_(Tensor<T>& x, double low, double high, Rng& rng) {
  for (T& value : x) value = static_cast<T>(rng.uniform(low, high));
}
template <class T>
void normal_(Tensor<T>& x, double mean, double stddev, Rng& rng) {
  for (T& value : x) value = static_cast<T>(rng.normal(mean, stddev));
}

/// How many numbers of x one output sums, and how many outputs one number of x goes to; of a weight.
struct Fans {
  double in, out;  ///< numbers that one output sums; outputs of one number
};
/// The fans of a weight [out, in] or [out, in, kernel...]. Throws ShapeError for a smaller rank.
template <class T>
Fans fans(const char* op, const Tensor<T>& weight) {
  if (weight.rank() < 2)
    detail::fail<ShapeError>({op, ": a weight has shape [out, in] or [out, in, kernel...], but this one has ",
                              weight.shape()});
  double kernel = 1;
  for (std::size_t axis = 2; axis < weight.rank(); ++axis) kernel *= static_cast<double>(weight.shape()[axis]);
  return {static_cast<double>(weight.shape()[1]) * kernel, static_cast<double>(weight.shape()[0]) * kernel};
}

/// U(-b, b) with b = gain sqrt(6 / (in + out)), and N(0, s^2) with s = gain sqrt(2 / (in + out)): for tanh and sigmoid.
/// Throws ShapeError for a weight of rank below 2. Glorot and Bengio, "Understanding the difficulty of training deep
/// feedforward neural networks", 2010.
template <class T>
void xavier_uniform_(Tensor<T>& weight, Rng& rng, double gain = 1) {
  const Fans f = fans("xavier_uniform_", weight);
  const double bound = gain * std::sqrt(6 / (f.in + f.out));
  uniform_(weight, -bound, bound, rng);
}
template <class T>
void xavier_normal_(Tensor<T>& weight, Rng& rng, double gain = 1) {
  const Fans f = fans("xavier_normal_", weight);
  normal_(weight, 0, gain * std::sqrt(2 / (f.in + f.out)), rng);
}

/// U(-b, b) with b = sqrt(6 / ((1 + a^2) in)), and N(0, s^2) with s = sqrt(2 / ((1 + a^2) in)): for relu (a = 0) and
/// leaky_relu of slope a. Throws ShapeError for a weight of rank below 2. He, Zhang, Ren and Sun, "Delving deep into
/// rectifiers", 2015.
template <class T>
void kaiming_uniform_(Tensor<T>& weight, Rng& rng, double a = 0) {
  const double bound = std::sqrt(6 / ((1 + a * a) * fans("kaiming_uniform_", weight).in));
  uniform_(weight, -bound, bound, rng);
}
template <class T>
void kaiming_normal_(Tensor<T>& weight, Rng& rng, double a = 0) {
  normal_(weight, 0, std::sqrt(2 / ((1 + a * a) * fans("kaiming_normal_", weight).in)), rng);
}

}  // namespace init
}  // namespace minigrad::inline MINIGRAD_ABI
