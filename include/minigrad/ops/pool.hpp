// ops/pool.hpp - the table of max_pool: the largest number in each window of an image.
//
// A window that lies partly in the padding has fewer numbers. The gradient goes to the largest, the first of equals; of
// a window with NaN the result is NaN.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "../core/parallel.hpp"
#include "channels.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

/// Where windows stand along the axes of an image; a window has kernel numbers, `dilation` apart.
struct WindowAttributes {
  const char* op;
  Shape kernel, stride, padding, dilation;
  bool ceil_mode = false;

  void describe(auto& list) const {
    list("kernel", kernel);
    list("stride", stride);
    list("padding", padding);
    list("dilation", dilation);
    list("ceil_mode", ceil_mode);
  }
  /// How many windows there are along an axis. With ceil_mode the last may reach beyond the end, but not begin there.
  std::size_t count(std::size_t axis, std::size_t extent) const {
    const std::size_t reach = (kernel[axis] - 1) * dilation[axis] + 1, room = extent + 2 * padding[axis];
    if (room < reach) return ceil_mode && room + stride[axis] > reach ? 1 : 0;
    std::size_t n = (room - reach + (ceil_mode ? stride[axis] - 1 : 0)) / stride[axis] + 1;
    if (ceil_mode && (n - 1) * stride[axis] >= extent + padding[axis]) --n;
    return n;
  }
  /// The shape of the result for x [n, channels, ...]. Throws ShapeError where no window fits.
  Shape result(const Shape& x) const {
    if (x.rank() != kernel.rank() + 2)
      fail<ShapeError>(
          {op, ": x ", x, ": must be [n, channels, ", kernel.rank() == 2 ? "height, width" : "length", "]"});
    Shape y{x[0], x[1]};
    for (std::size_t k = 0; k < kernel.rank(); ++k) {
      y.push_back(count(k, x[k + 2]));
      if (y[k + 2] == 0 || x[k + 2] == 0)
        fail<ShapeError>({op, ": x ", x, ": a window of ", kernel, " does not fit into it: take a smaller one"});
    }
    return y;
  }
};

/// The part of a window that lies in the image: numbers begin, begin + step, ... below end.
struct Window {
  std::size_t begin = 0, end = 1, step = 1;
};

/// The windows along an axis of an image. The rows of an image with one axis are one.
inline PoolArray<Window> windows_of(const WindowAttributes& a, std::size_t axis, std::size_t extent,
                                    std::size_t count) {
  PoolArray<Window> out(count);
  const std::size_t padding = a.padding[axis], step = a.dilation[axis];
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t from = i * a.stride[axis], past = from + (a.kernel[axis] - 1) * step + 1;
    const std::size_t begin = from >= padding ? from - padding : (step - (padding - from) % step) % step;
    out[i] = {begin, (std::min)(extent, past > padding ? past - padding : 0), step};
  }
  return out;
}

/// The largest number of each window to y, and where it stands in its plane to `at`, unless that is null.
template <class T>
void max_pool_plane(const PoolArray<Window>& rows, const PoolArray<Window>& columns, std::size_t width, const T* x,
                    T* y, std::int64_t* at) {
  for (const Window& down : rows)
    for (const Window& along : columns) {
      std::size_t best = down.begin * width + along.begin;
      T largest = -infinity<T>;
      for (std::size_t r = down.begin; r < down.end; r += down.step)
        for (std::size_t c = along.begin; c < along.end; c += along.step) {
          const T value = x[r * width + c];
          const bool larger = (value > largest) | is_nan(value);
          largest = larger ? value : largest;
          best = larger ? r * width + c : best;
        }
      *y++ = largest;
      if (at) *at++ = static_cast<std::int64_t>(best);
    }
}

/// f(first, last) for the planes of images, on several threads where they are many.
template <class F>
void for_planes(std::size_t planes, std::size_t numbers, const F& f) {
  constexpr std::size_t enough = 100'000;  // numbers that are worth a thread's while
  parallel_for(planes, 1, 1 + enough / (numbers + 1), f);
}

template <class T>
Tensor<T> max_pool_value(const WindowAttributes& a, const Tensor<T>& x, Tensor<std::int64_t>* positions) {
  const Shape shape = a.result(x.shape()), &from = x.shape();
  const bool two = shape.rank() == 4;
  const auto rows = two ? windows_of(a, 0, from[2], shape[2]) : PoolArray<Window>(1);
  const auto columns = windows_of(a, two ? 1 : 0, from[shape.rank() - 1], shape[shape.rank() - 1]);
  auto y = Tensor<T>::empty(shape);
  if (positions && positions->shape() != shape) *positions = Tensor<std::int64_t>::empty(shape);
  const ChannelSplit in(a.op, from), out(a.op, shape);
  for_planes(in.n * in.channels, in.plane, [&](std::size_t begin, std::size_t end) {
    for (std::size_t k = begin; k < end; ++k)
      max_pool_plane(rows, columns, from[shape.rank() - 1], x.data() + k * in.plane, y.data() + k * out.plane,
                     positions ? positions->data() + k * out.plane : nullptr);
  });
  return y;
}

/// The numbers of each plane of x that stand at positions; and planes of zeros to which the numbers of g are added
/// there. Each is the other's rule.
struct PlaneAttributes {
  IndexRef positions;
  Shape shape;  // of x
  void describe(auto& list) const {
    list.indices("positions", *positions);
    list("shape", shape);
  }
};
template <class X>
auto plane_gather(const PlaneAttributes& a, const X& x);
template <class X>
auto plane_scatter(const PlaneAttributes& a, const X& x);
inline constexpr auto plane_gather_op = record(
    "plane_gather",
    []<class T>(const auto& a, const Tensor<T>& x) {
      const Tensor<std::int64_t>& at = *a.positions;
      const ChannelSplit in("plane_gather", x.shape()), out("plane_gather", at.shape());
      auto y = Tensor<T>::empty(at.shape());
      for (std::size_t k = 0, i = 0; k < in.n * in.channels; ++k)
        for (std::size_t j = 0; j < out.plane; ++j, ++i)
          y.data()[i] = x.data()[k * in.plane + static_cast<std::size_t>(at.data()[i])];
      return y;
    },
    [](const auto& a, const auto& g) { return plane_scatter(a, g); });
inline constexpr auto plane_scatter_op = record(
    "plane_scatter",
    []<class T>(const auto& a, const Tensor<T>& g) {
      const Tensor<std::int64_t>& at = *a.positions;
      const ChannelSplit in("plane_scatter", g.shape()), out("plane_scatter", a.shape);
      auto y = Tensor<T>::empty(a.shape);
      for_planes(in.n * in.channels, out.plane, [&](std::size_t begin, std::size_t end) {
        for (std::size_t k = begin; k < end; ++k) {
          T* plane = y.data() + k * out.plane;
          std::fill_n(plane, out.plane, T{});
          for (std::size_t i = k * in.plane; i < (k + 1) * in.plane; ++i)
            plane[static_cast<std::size_t>(at.data()[i])] += g.data()[i];
        }
      });
      return y;
    },
    [](const auto& a, const auto& g) { return plane_gather(a, g); });
template <class X>
auto plane_gather(const PlaneAttributes& a, const X& x) {
  return plane_gather_op.apply(a, x);
}
template <class X>
auto plane_scatter(const PlaneAttributes& a, const X& x) {
  return plane_scatter_op.apply(a, x);
}

/// The attributes of max_pool on a Var, which keeps the positions: those that its rule reads.
struct MaxPoolAttributes : WindowAttributes {
  Tensor<std::int64_t>* positions;
  Shape shape;  // of x
};
inline constexpr auto max_pool_op = record(
    "max_pool", [](const auto& a, const auto& x) { return max_pool_value(a, x, a.positions); },
    [](const auto& a, const auto& g) {
      return plane_scatter(PlaneAttributes{IndexRef::live(*a.positions), a.shape}, g);
    });

template <class X>
auto max_pool(const WindowAttributes& a, const X& x) {
  if constexpr (is_var<X>)
    return max_pool_op.apply(MaxPoolAttributes{a, &x.graph().indices().edit(), shape_of(x)}, x);
  else
    return max_pool_value(a, x, nullptr);
}

}  // namespace minigrad::inline MINIGRAD_ABI::detail
