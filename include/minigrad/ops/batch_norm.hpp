// ops/batch_norm.hpp - the table of batch_norm: each channel brought to mean 0 and variance 1, then scaled and shifted.
//
//   y = z weight + bias,   z = (x - mean) r,   r = 1 / sqrt(var + eps)
//
// mean and var are those of a channel over all images and places, n numbers. With means over these numbers,
//
//   dL/dx = weight r (g - mean(g) - z mean(g z)),   dL/dweight = sum(g z),   dL/dbias = sum(g).
//
// Ioffe and Szegedy, "Batch normalization", 2015.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "functions.hpp"
#include "pool.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {
inline namespace MINIGRAD_KERNELS {

/// y = a x + b z + c, with numbers a, b and c.
struct Combine {
  template <std::size_t Bytes, class T>
  MINIGRAD_INLINE static void run(std::size_t n, T a, const T* x, T b, const T* z, T c, T* y) {
    using L = simd::Simd<T, Bytes>;
    std::size_t i = 0;
    for (; i + L::count <= n; i += L::count)
      multiply_add(L(a), L::load(x + i), multiply_add(L(b), L::load(z + i), L(c))).store(y + i);
    for (; i < n; ++i) y[i] = a * x[i] + (b * z[i] + c);
  }
};
/// The sum of (x - p) (z - q), in running sums that are added in the end.
struct DotOfDeviations {
  template <std::size_t Bytes, class T>
  MINIGRAD_INLINE static T run(std::size_t n, const T* x, T p, const T* z, T q) {
    using L = simd::Simd<T, Bytes>;
    constexpr std::size_t lanes = running_sums;
    L sums[lanes / L::count];
    std::size_t i = 0;
    for (; i + lanes <= n; i += lanes)
#pragma GCC unroll 8
      for (std::size_t k = 0; k < lanes / L::count; ++k)
        sums[k] = multiply_add(L::load(x + i + k * L::count) - L(p), L::load(z + i + k * L::count) - L(q), sums[k]);
    T each[lanes];
    for (std::size_t k = 0; k < lanes / L::count; ++k) sums[k].store(each + k * L::count);
    for (std::size_t step = lanes / 2; step > 0; step /= 2)
      for (std::size_t k = 0; k < step; ++k) each[k] += each[k + step];
    for (; i < n; ++i) each[0] += (x[i] - p) * (z[i] - q);
    return each[0];
  }
};
}  // namespace MINIGRAD_KERNELS

template <class T>
T dot_of_deviations(std::size_t n, const T* x, T p, const T* z, T q) {
  if (n > longest_sum * running_sums) {
    const std::size_t half = first_half(n, running_sums);
    return dot_of_deviations(half, x, p, z, q) + dot_of_deviations(n - half, x + half, p, z + half, q);
  }
  return on_best_isa<DotOfDeviations>(n, x, p, z, q);
}

/// What batch_norm keeps for its rules, and the running statistics that it moves.
template <class V>
struct BatchNormAttributes {
  const char* op;  // what the layer is called in messages
  double eps;
  Graph<V>* graph;        // null without one
  V* saved;               // mean and r of each channel, one after the other
  V *mean, *var;          // the running statistics, or null
  double momentum;        // the share of the new batch; below 0 that of an average over all batches
  Tensor<std::int64_t>* count;
  void describe(auto& list) const { list("eps", eps), list.state(mean); }
};

/// running = (1 - momentum) running + momentum batch; of the variance, with n - 1 in place of n. A count below 0 is that
/// of update_bn(), -1 - batches, and makes the average of these whatever momentum is.
template <class T>
void move_statistics(const BatchNormAttributes<Tensor<T>>& a, const T* mean, const T* variance, std::size_t n) {
  auto& count = *a.count->data();
  count < 0 ? --count : ++count;
  if (n == 0) return;
  const double batches = static_cast<double>(count < 0 ? -1 - count : count);
  const T share = static_cast<T>(count < 0 || a.momentum < 0 ? 1 / batches : a.momentum);
  const T unbiased = static_cast<T>(n) / static_cast<T>(n - 1);
  for (std::size_t c = 0; c < a.mean->size(); ++c) {
    T &m = a.mean->data()[c], &v = a.var->data()[c];
    m = (1 - share) * m + share * mean[c];
    v = (1 - share) * v + share * variance[c] * unbiased;
  }
}

/// [n, channels, few] as [1, channels, n few], and back: so that the numbers of a channel lie together.
inline bool is_scattered(const ChannelSplit& s) { return s.n > 1 && s.plane < 8; }
template <class T>
Tensor<T> gather_channels(const ChannelSplit& s, const Tensor<T>& x) {
  auto out = Tensor<T>::empty({1, s.channels, s.n * s.plane});
  for (std::size_t k = 0; k < s.n; ++k)
    for (std::size_t c = 0; c < s.channels; ++c)
      std::copy_n(x.data() + (k * s.channels + c) * s.plane, s.plane, out.data() + (c * s.n + k) * s.plane);
  return out;
}
template <class T>
Tensor<T> scatter_channels(const ChannelSplit& s, const Tensor<T>& x, const Shape& shape) {
  auto out = Tensor<T>::empty(shape);
  for (std::size_t k = 0; k < s.n; ++k)
    for (std::size_t c = 0; c < s.channels; ++c)
      std::copy_n(x.data() + (c * s.n + k) * s.plane, s.plane, out.data() + (k * s.channels + c) * s.plane);
  return out;
}

template <class T>
Tensor<T> batch_norm_value(const BatchNormAttributes<Tensor<T>>& a, const Tensor<T>& x, const Tensor<T>& w,
                           const Tensor<T>& b) {
  const ChannelSplit s("batch_norm", x.shape());
  const std::size_t n = s.n * s.plane;
  if (n == 1)
    fail<ShapeError>({a.op, ": x ", x.shape(),
                      ": the variance of one number for each channel is 0: train on more "
                      "than one, or call eval() first; in fit() a last batch of one row: .drop_last = true"});
  if (w.size() != s.channels || b.size() != s.channels)
    fail<ShapeError>({a.op, ": x ", x.shape(), " has ", s.channels, " channels, and the layer ", w.size()});
  const T divisor = static_cast<T>((std::max)(n, std::size_t{1}));  // no image is no mean: 0 stands for it
  if (is_scattered(s)) return scatter_channels(s, batch_norm_value(a, gather_channels(s, x), w, b), x.shape());
  if (a.saved->size() != 2 * s.channels) *a.saved = Tensor<T>::empty({2 * s.channels});
  const Scratch<T> variance(s.channels);
  auto y = Tensor<T>::empty(x.shape());
  T *const mean = a.saved->data(), *const r = mean + s.channels;
  for_planes(s.channels, n, [&](std::size_t begin, std::size_t end) {
    for (std::size_t c = begin; c < end; ++c) {
      const auto at = [&](std::size_t image) { return (image * s.channels + c) * s.plane; };
      const auto in = [&](std::size_t image) { return x.data() + at(image); };
      mean[c] = sum_of_images<T>(0, s.n, [&](std::size_t k) { return sum_row(s.plane, in(k)); }) / divisor;
      variance.data()[c] =
          sum_of_images<T>(0, s.n,
                           [&](std::size_t k) { return dot_of_deviations(s.plane, in(k), mean[c], in(k), mean[c]); }) /
          divisor;
      r[c] = 1 / std::sqrt(variance.data()[c] + static_cast<T>(a.eps));
      const T scale = r[c] * w.data()[c], shift = b.data()[c] - mean[c] * scale;
      for (std::size_t k = 0; k < s.n; ++k)
        on_best_isa<Combine>(s.plane, scale, in(k), T{}, in(k), shift, y.data() + at(k));
    }
  });
  if (a.mean && !(a.graph && a.graph->recomputes())) move_statistics(a, mean, variance.data(), n);
  return y;
}

/// The sums of g and g (x - mean).
template <class T>
struct TwoSums {
  T g, gx;
  friend TwoSums operator+(const TwoSums& a, const TwoSums& b) { return {a.g + b.g, a.gx + b.gx}; }
  TwoSums& operator+=(const TwoSums& other) { return *this = *this + other; }
};
/// dL/dx on values: from sums over each channel, in which x - mean stands for z.
template <class T>
Tensor<T> batch_norm_dx(const BatchNormAttributes<Tensor<T>>& a, const Tensor<T>& g, const Tensor<T>& x,
                        const Tensor<T>& w) {
  const ChannelSplit s("batch_norm", x.shape());
  if (is_scattered(s))
    return scatter_channels(s, batch_norm_dx(a, gather_channels(s, g), gather_channels(s, x), w), x.shape());
  const T n = static_cast<T>(s.n * s.plane), *mean = a.saved->data(), *r = mean + s.channels;
  auto out = Tensor<T>::empty(x.shape());
  for_planes(s.channels, s.n * s.plane, [&](std::size_t begin, std::size_t end) {
    for (std::size_t c = begin; c < end; ++c) {
      const auto at = [&](std::size_t image) { return (image * s.channels + c) * s.plane; };
      const auto sums = sum_of_images<TwoSums<T>>(0, s.n, [&](std::size_t k) {
        return TwoSums<T>{sum_row(s.plane, g.data() + at(k)),
                          dot_of_deviations(s.plane, g.data() + at(k), T{}, x.data() + at(k), mean[c])};
      });
      const T mean_g = sums.g / n, mean_gx = sums.gx / n;
      const T of_g = w.data()[c] * r[c], of_x = -of_g * r[c] * r[c] * mean_gx, shift = -of_g * mean_g - of_x * mean[c];
      for (std::size_t k = 0; k < s.n; ++k)
        on_best_isa<Combine>(s.plane, of_g, g.data() + at(k), of_x, x.data() + at(k), shift, out.data() + at(k));
    }
  });
  return out;
}
/// dL/dweight on values.
template <class T>
Tensor<T> batch_norm_dw(const BatchNormAttributes<Tensor<T>>& a, const Tensor<T>& g, const Tensor<T>& x) {
  const ChannelSplit s("batch_norm", x.shape());
  if (is_scattered(s)) return batch_norm_dw(a, gather_channels(s, g), gather_channels(s, x));
  auto out = Tensor<T>::empty({s.channels});
  for_planes(s.channels, s.n * s.plane, [&](std::size_t begin, std::size_t end) {
    for (std::size_t c = begin; c < end; ++c)
      out.data()[c] = a.saved->data()[s.channels + c] * sum_of_images<T>(0, s.n, [&](std::size_t k) {
                        const std::size_t at = (k * s.channels + c) * s.plane;
                        return dot_of_deviations(s.plane, g.data() + at, T{}, x.data() + at, a.saved->data()[c]);
                      });
  });
  return out;
}

/// The same on Vars: z and r are computed again, by ops.
template <class V>
struct Normalized {
  Var<V> z, r;
  scalar_type<V> n;
  Normalized(const Var<V>& x, double eps) {
    const ChannelSplit s("batch_norm", shape_of(x));
    n = static_cast<scalar_type<V>>((std::max)(s.n * s.plane, std::size_t{1}));
    const Var<V> deviation = x - channel_expand(channel_sum(x) / n, shape_of(x));
    r = reciprocal(sqrt(channel_sum(square(deviation)) / n + static_cast<scalar_type<V>>(eps)));
    z = deviation * channel_expand(r, shape_of(x));
  }
};
template <class V>
Var<V> batch_norm_dx(const BatchNormAttributes<V>& a, const Var<V>& g, const Var<V>& x, const Var<V>& w) {
  const Normalized<V> of(x, a.eps);
  const auto mean = [&](const Var<V>& v) { return channel_expand(channel_sum(v) / of.n, shape_of(x)); };
  return channel_expand(w * of.r, shape_of(x)) * (g - mean(g) - of.z * mean(g * of.z));
}
template <class V>
Var<V> batch_norm_dw(const BatchNormAttributes<V>& a, const Var<V>& g, const Var<V>& x) {
  return channel_sum(g * Normalized<V>(x, a.eps).z);
}

inline constexpr auto batch_norm_op = record(
    "batch_norm",
    [](const auto& a, const auto& x, const auto& w, const auto& b) { return batch_norm_value(a, x, w, b); },
    [](const auto& a, const auto& g, const auto& x, const auto& w, auto&&) { return batch_norm_dx(a, g, x, w); },
    [](const auto& a, const auto& g, const auto& x, auto&&, auto&&) { return batch_norm_dw(a, g, x); },
    [](const auto&, const auto& g) { return channel_sum(g); });

}  // namespace minigrad::inline MINIGRAD_ABI::detail
