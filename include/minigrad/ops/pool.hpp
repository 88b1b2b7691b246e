// ops/pool.hpp - the table of max_pool: the largest number in each window of an image.
//
// A window that lies partly in the padding has fewer numbers. The gradient goes to the largest, the first of equals; of
// a window with NaN the result is NaN.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "../core/simd.hpp"
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

/// The windows of a plane. Those along a row from `whole` to `whole_end` are as wide as the kernel, `stride` apart.
struct WindowGrid {
  PoolArray<Window> rows, columns;
  std::size_t width, taps, stride, whole = 0, whole_end = 0;

  WindowGrid(const WindowAttributes& a, const Shape& x, const Shape& y)
      : rows(x.rank() == 4 ? windows_of(a, 0, x[2], y[2]) : PoolArray<Window>(1)),
        columns(windows_of(a, x.rank() - 3, x[x.rank() - 1], y[x.rank() - 1])),
        width(x[x.rank() - 1]),
        taps(a.kernel[x.rank() - 3]),
        stride(a.stride[x.rank() - 3]) {
    if (x.from_right(0) * (x.rank() == 4 ? x[2] : 1) >= std::size_t{1} << 31) return;  // places are kept in 32 bits
    const auto is_whole = [&](const Window& w) { return w.end == w.begin + (taps - 1) * w.step + 1; };
    while (whole < columns.size() && !is_whole(columns[whole])) ++whole;
    for (whole_end = whole; whole_end < columns.size() && is_whole(columns[whole_end]);) ++whole_end;
  }
};

template <class T>
void max_of_window(const Window& down, const Window& along, std::size_t width, const T* x, T* y, std::int64_t* at) {
  std::size_t best = down.begin * width + along.begin;
  T largest = -infinity<T>;
  for (std::size_t r = down.begin; r < down.end; r += down.step)
    for (std::size_t c = along.begin; c < along.end; c += along.step) {
      const T value = x[r * width + c];
      const bool larger = (value > largest) | is_nan(value);
      largest = larger ? value : largest;
      best = larger ? r * width + c : best;
    }
  *y = largest;
  if (at) *at = static_cast<std::int64_t>(best);
}

#if defined(__GNUC__)
/// The same of a register of whole windows side by side, without a branch. Their numbers lie `steps` further on.
template <class L, class T = typename L::Number, class Places = typename L::Condition::Vector>
void max_of_windows(const Window& down, const Window& along, const WindowGrid& grid, const Places& steps, const T* x,
                    T* y, std::int64_t* at) {
  const auto number = [](std::size_t i) { return static_cast<typename L::Condition::Number>(i); };
  Places best = steps + number(down.begin * grid.width + along.begin);
  L largest(-infinity<T>);
  for (std::size_t r = down.begin; r < down.end; r += down.step)
    for (std::size_t tap = 0; tap < grid.taps; ++tap) {
      const std::size_t place = r * grid.width + along.begin + tap * along.step;
      const L value = L::load_apart(x + place, grid.stride);
      const Places is_nan = reinterpret_cast<Places>(value.absolute().v) > (Places{} + infinity_bits<T>);
      const Places larger = (value > largest).v | is_nan;
      largest = larger ? value.v : largest.v;
      best = larger ? steps + number(place) : best;
    }
  largest.store(y);
  if (at)
    for (std::size_t i = 0; i < L::count; ++i) at[i] = best[i];
}
#endif

/// The largest number of each window to y, and where it stands in its plane to `at`, unless that is null.
template <class T>
void max_pool_plane(const WindowGrid& grid, const T* x, T* y, std::int64_t* at) {
  const std::size_t n = grid.columns.size();
#if defined(__GNUC__)
  using L = simd::Simd<std::conditional_t<simd::has_simd<T>, T, float>, 16>;
  typename L::Condition::Vector steps{};
  for (std::size_t i = 0; i < L::count; ++i) steps[i] = static_cast<typename L::Condition::Number>(i * grid.stride);
#endif
  for (const Window& down : grid.rows) {
    for (std::size_t j = 0; j < n; ++j) {
#if defined(__GNUC__)
      if constexpr (simd::has_simd<T>) {
        if (j >= grid.whole && grid.whole + L::count <= grid.whole_end && j < grid.whole_end) {
          if (j + L::count > grid.whole_end) j = grid.whole_end - L::count;  // the last ones once more
          max_of_windows<L>(down, grid.columns[j], grid, steps, x, y + j, at ? at + j : nullptr);
          j += L::count - 1;
          continue;
        }
      }
#endif
      max_of_window(down, grid.columns[j], grid.width, x, y + j, at ? at + j : nullptr);
    }
    y += n;
    if (at) at += n;
  }
}

template <class T>
Tensor<T> max_pool_value(const WindowAttributes& a, const Tensor<T>& x, Tensor<std::int64_t>* positions) {
  const Shape shape = a.result(x.shape()), &from = x.shape();
  const WindowGrid grid(a, from, shape);
  auto y = Tensor<T>::empty(shape);
  if (positions && positions->shape() != shape) *positions = Tensor<std::int64_t>::empty(shape);
  const ChannelSplit in(a.op, from), out(a.op, shape);
  for_planes(in.n * in.channels, in.plane, [&](std::size_t begin, std::size_t end) {
    for (std::size_t k = begin; k < end; ++k)
      max_pool_plane(grid, x.data() + k * in.plane, y.data() + k * out.plane,
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
