// ops/resample.hpp - the table of ops that are a weighted sum along each axis of an image: averages and upsampling.
//
//   y[i, j] = sum over r, c of  rows[i, r] columns[j, c] x[r, c]
//
// The weights of an axis are few: a window of the same weight for an average, one or two neighbours for upsampling. The
// op is linear, and its rule is the sum the other way round.
#pragma once

#include <cmath>
#include <cstddef>

#include "pool.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

/// One result along an axis: `count` numbers from `begin` on, of which the first weighs `first` and the others `rest`;
/// their sum is divided by `divisor`.
struct ResampleTap {
  std::size_t begin = 0, count = 1;
  double first = 1, rest = 1, divisor = 1;
};

/// What is summed: windows of one weight, or of adaptive extents, or the nearest number, or two by their distance.
enum class Resample : unsigned char { avg_pool, adaptive_avg_pool, upsample_nearest, upsample_linear };

struct ResampleAttributes {
  Resample kind;
  WindowAttributes window;        // of avg_pool, and the name of all
  bool count_include_pad = true;  // of avg_pool
  std::size_t divisor = 0;        // of avg_pool: in place of the numbers of a window, or 0
  Shape output{};                 // of the other kinds: the extents of the result, unless `scale` says them
  double scale[2] = {0, 0};       // of upsampling: a factor, or 0
  bool align_corners = false;

  void describe(auto& list) const {
    if (kind == Resample::avg_pool) {
      window.describe(list);
      list("count_include_pad", count_include_pad);
      if (divisor) list("divisor_override", divisor);
      return;
    }
    if (output.rank()) list("output", output);
    if (scale[0] > 0) list("scale", scale[0]);
    if (scale[1] > 0 && scale[1] != scale[0]) list("scale_width", scale[1]);
    if (kind == Resample::upsample_linear) list("align_corners", align_corners);
  }

  const char* name() const {
    constexpr const char* names[] = {"avg_pool", "adaptive_avg_pool", "upsample_nearest", "upsample_linear"};
    return names[static_cast<std::size_t>(kind)];
  }
  std::size_t axes() const { return window.kernel.rank(); }

  Shape result(const Shape& x) const {
    if (kind == Resample::avg_pool) return window.result(x);
    Shape y{0, 0};
    if (x.rank() != axes() + 2)
      fail<ShapeError>(
          {window.op, ": x ", x, ": must be [n, channels, ", axes() == 2 ? "height, width" : "length", "]"});
    y[0] = x[0], y[1] = x[1];
    for (std::size_t k = 0; k < axes(); ++k) {
      y.push_back(output.rank() ? output[k] : static_cast<std::size_t>(static_cast<double>(x[k + 2]) * scale[k]));
      if (x[k + 2] == 0 || y[k + 2] == 0)
        fail<ShapeError>({window.op, ": x ", x, ": a result of ", y[k + 2], " numbers of ", x[k + 2], " along axis ",
                          k + 2, ": both must be at least 1"});
    }
    return y;
  }

  /// The weights along an axis from x numbers to y.
  ResampleTap tap(std::size_t axis, std::size_t x, std::size_t y, std::size_t i) const {
    const double n = static_cast<double>(x), place = static_cast<double>(i);
    if (kind == Resample::adaptive_avg_pool) {
      const std::size_t begin = i * x / y, count = ((i + 1) * x + y - 1) / y - begin;
      return {begin, count, 1, 1, static_cast<double>(count)};
    }
    if (kind == Resample::upsample_nearest) {  // in float, as PyTorch
      const float step =
          scale[axis] > 0 ? static_cast<float>(1 / scale[axis]) : static_cast<float>(x) / static_cast<float>(y);
      const auto at = static_cast<std::size_t>(static_cast<float>(i) * step);
      return {(std::min)(at, x - 1)};
    }
    if (kind == Resample::upsample_linear) {
      double at;
      if (align_corners)
        at = y > 1 ? place * ((n - 1) / static_cast<double>(y - 1)) : 0;
      else
        at = (std::max)(0.0, (scale[axis] > 0 ? 1 / scale[axis] : n / static_cast<double>(y)) * (place + 0.5) - 0.5);
      const std::size_t begin = (std::min)(static_cast<std::size_t>(at), x - 1);
      const double part = (std::min)(1.0, (std::max)(0.0, at - static_cast<double>(begin)));
      return {begin, begin + 1 < x ? std::size_t{2} : std::size_t{1}, begin + 1 < x ? 1 - part : 1, part, 1};
    }
    const std::size_t from = i * window.stride[axis], padding = window.padding[axis];
    const std::size_t past = (std::min)(from + window.kernel[axis], x + 2 * padding);
    const std::size_t begin = from > padding ? from - padding : 0,
                      end = (std::min)(x, past > padding ? past - padding : 0);
    const std::size_t count = end > begin ? end - begin : 0;
    std::size_t by = count_include_pad ? past - from : (std::max)(count, std::size_t{1});
    if (divisor) by = axis == 0 ? divisor : 1;
    return {begin, count, 1, 1, static_cast<double>(by)};
  }
  PoolArray<ResampleTap> taps(std::size_t axis, std::size_t x, std::size_t y) const {
    PoolArray<ResampleTap> out(y);
    for (std::size_t i = 0; i < y; ++i) out[i] = tap(axis, x, y, i);
    return out;
  }
};

/// The taps of both axes from x to y; the rows of an image with one axis are one.
struct ResamplePlan {
  PoolArray<ResampleTap> rows, columns;
  std::size_t height, width;  // of a plane of x
  ResamplePlan(const ResampleAttributes& a, const Shape& x, const Shape& y) {
    const bool two = a.axes() == 2;
    height = two ? x[2] : 1, width = x[x.rank() - 1];
    rows = two ? a.taps(0, height, y[2]) : PoolArray<ResampleTap>(1);
    columns = a.taps(two ? 1 : 0, width, y[x.rank() - 1]);
  }
  std::size_t places() const { return rows.size() * columns.size(); }
};

template <class T>
Tensor<T> resample_value(const ResampleAttributes& a, const Tensor<T>& x) {
  const Shape shape = a.result(x.shape());
  auto out = Tensor<T>::empty(shape);
  const ResamplePlan plan(a, x.shape(), shape);
  for_planes(shape[0] * shape[1], plan.places(), [&](std::size_t first, std::size_t last) {
    const Scratch<T> row(plan.width);
    T *const sum = row.data(), *y = out.data() + first * plan.places();
    for (std::size_t k = first; k < last; ++k)
      for (const ResampleTap& down : plan.rows) {
        const T* from = x.data() + (k * plan.height + down.begin) * plan.width;
        std::fill_n(sum, plan.width, T{});
        for (std::size_t r = 0; r < down.count; ++r, from += plan.width) {
          const T weight = static_cast<T>(r ? down.rest : down.first);
          for (std::size_t c = 0; c < plan.width; ++c) sum[c] += weight * from[c];
        }
        for (const ResampleTap& along : plan.columns) {
          T rest{};
          for (std::size_t c = 1; c < along.count; ++c) rest += sum[along.begin + c];
          if (along.count) rest = static_cast<T>(along.first) * sum[along.begin] + static_cast<T>(along.rest) * rest;
          *y++ = rest / static_cast<T>(down.divisor * along.divisor);
        }
      }
  });
  return out;
}
/// The sum the other way round: y to x of a shape.
template <class T>
Tensor<T> resample_transpose_value(const ResampleAttributes& a, const Tensor<T>& y, const Shape& shape) {
  auto out = Tensor<T>::empty(shape);
  out.fill(T{});
  const ResamplePlan plan(a, shape, y.shape());
  for_planes(shape[0] * shape[1], plan.places(), [&](std::size_t first, std::size_t last) {
    const Scratch<T> row(plan.width);
    T* const sum = row.data();
    const T* from = y.data() + first * plan.places();
    for (std::size_t k = first; k < last; ++k)
      for (const ResampleTap& down : plan.rows) {
        std::fill_n(sum, plan.width, T{});
        for (const ResampleTap& along : plan.columns) {
          const T g = *from++ / static_cast<T>(down.divisor * along.divisor);
          for (std::size_t c = 0; c < along.count; ++c)
            sum[along.begin + c] += static_cast<T>(c ? along.rest : along.first) * g;
        }
        T* x = out.data() + (k * plan.height + down.begin) * plan.width;
        for (std::size_t r = 0; r < down.count; ++r, x += plan.width) {
          const T weight = static_cast<T>(r ? down.rest : down.first);
          for (std::size_t c = 0; c < plan.width; ++c) x[c] += weight * sum[c];
        }
      }
  });
  return out;
}

struct ResampleTransposeAttributes : ResampleAttributes {
  Shape shape;  // of x
};
template <class X>
auto resample(const ResampleAttributes& a, const X& x);
template <class Y>
auto resample_transpose(const ResampleTransposeAttributes& a, const Y& y);
/// Recorded under the name of its kind.
inline constexpr auto resample_op = record(
    "resample", [](const auto& a, const auto& x) { return resample_value(a, x); },
    [](const auto& a, const auto& g, auto&&, const auto& x) {
      return resample_transpose(ResampleTransposeAttributes{a, shape_of(x)}, g);
    });
inline constexpr auto resample_transpose_op = record(
    "resample_transpose", [](const auto& a, const auto& y) { return resample_transpose_value(a, y, a.shape); },
    [](const auto& a, const auto& g) { return resample(a, g); });
template <class X>
auto resample(const ResampleAttributes& a, const X& x) {
  auto op = resample_op.with(a);
  op.name = a.name();
  return op(x);
}
template <class Y>
auto resample_transpose(const ResampleTransposeAttributes& a, const Y& y) {
  return resample_transpose_op.apply(a, y);
}

}  // namespace minigrad::inline MINIGRAD_ABI::detail
