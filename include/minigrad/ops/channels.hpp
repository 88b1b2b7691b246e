// ops/channels.hpp - the table of ops on channels, the second axis of [n, channels, ...].
#pragma once

#include <algorithm>
#include <cstddef>

#include "../core/parallel.hpp"
#include "rearrange.hpp"
#include "reduce.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

/// A tensor of images: n of them, `channels`, each a plane of `plane` numbers.
struct ChannelSplit {
  std::size_t n, channels, plane;
  ChannelSplit(const char* op, const Shape& shape) : n(0), channels(0), plane(1) {
    if (shape.rank() < 2) fail<ShapeError>({op, ": x ", shape, ": has no channels: it must be [n, channels, ...]"});
    n = shape[0], channels = shape[1];
    for (std::size_t axis = 2; axis < shape.rank(); ++axis) plane *= shape[axis];
  }
};

/// f(first, last) for the planes of images, on several threads where they are many.
template <class F>
void for_planes(std::size_t planes, std::size_t numbers, const F& f) {
  constexpr std::size_t enough = 100'000;  // numbers that are worth a thread's while
  parallel_for(planes, 1, 1 + enough / (numbers + 1), f);
}

/// The sum of one(image) over all images: in halves, so that no running sum is long.
template <class T, class F>
T sum_of_images(std::size_t begin, std::size_t end, const F& one) {
  if (end - begin > 16) {
    const std::size_t half = begin + first_half(end - begin, 8);
    return sum_of_images<T>(begin, half, one) + sum_of_images<T>(half, end, one);
  }
  T total{};
  for (std::size_t image = begin; image < end; ++image) total += one(image);
  return total;
}

template <class X>
auto channel_sum(const X& x);
template <class X>
auto channel_expand(const X& x, const Shape& shape);

/// The sums over all but the channels, [n, channels, ...] to [channels]; and one number for each channel, repeated to
/// such a shape. Each is the other's rule.
inline constexpr auto channel_sum_op = record(
    "channel_sum",
    []<class T>(const Tensor<T>& x) {
      const ChannelSplit s("channel_sum", x.shape());
      auto y = Tensor<T>::empty({s.channels});
      for_planes(s.channels, s.n * s.plane, [&](std::size_t begin, std::size_t end) {
        for (std::size_t c = begin; c < end; ++c)
          y.data()[c] = sum_of_images<T>(0, s.n, [&](std::size_t image) {
            return sum_row(s.plane, x.data() + (image * s.channels + c) * s.plane);
          });
      });
      return y;
    },
    [](const auto& g, auto&&, const auto& x) { return channel_expand(g, shape_of(x)); });
inline constexpr auto channel_expand_op = record(
    "channel_expand",
    []<class T>(const auto& a, const Tensor<T>& x) {
      const ChannelSplit s("channel_expand", a.shape);
      auto y = Tensor<T>::empty(a.shape);
      for (std::size_t i = 0; i < s.n * s.channels; ++i)
        std::fill_n(y.data() + i * s.plane, s.plane, x.data()[i % s.channels]);
      return y;
    },
    [](const auto&, const auto& g) { return channel_sum(g); });
template <class X>
auto channel_sum(const X& x) {
  return channel_sum_op(x);
}
template <class X>
auto channel_expand(const X& x, const Shape& shape) {
  return channel_expand_op.apply(ShapeAttribute{shape}, x);
}

}  // namespace minigrad::inline MINIGRAD_ABI::detail
