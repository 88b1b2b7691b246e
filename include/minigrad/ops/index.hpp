// ops/index.hpp - the op table: parts of a tensor along several axes at once. Not part of minigrad.hpp.
//
//   index(x, {Slice(0, 6, 2), 1, ellipsis, Slice(1, to_end)})   is x[0:6:2, 1, ..., 1:] of NumPy and PyTorch.
#pragma once

#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <string>

#include "rearrange.hpp"

namespace minigrad::inline MINIGRAD_ABI {

/// In place of the end of a Slice: the end of the axis.
struct ToEnd {};
inline constexpr ToEnd to_end{};
/// In a list of indices: all axes for which it names none.
struct Ellipsis {};
inline constexpr Ellipsis ellipsis{};

/// The places begin, begin + step, ... before end of an axis; all of them unless told otherwise. Negative ones count from
/// the end of the axis, so that Slice(-2, to_end) is the last two.
struct Slice {
  std::ptrdiff_t begin = 0, end = 0, step = 1;  ///< the first place, the one behind the last, and how far apart
  bool has_end = false;  ///< false: to the end of the axis

  constexpr Slice() = default;
  constexpr Slice(std::integral auto first, ToEnd, std::integral auto by)
      : begin(static_cast<std::ptrdiff_t>(first)), step(static_cast<std::ptrdiff_t>(by)) {}
  constexpr Slice(std::integral auto first, ToEnd) : Slice(first, to_end, 1) {}
  constexpr Slice(std::integral auto first, std::integral auto last, std::integral auto by)
      : begin(static_cast<std::ptrdiff_t>(first)),
        end(static_cast<std::ptrdiff_t>(last)),
        step(static_cast<std::ptrdiff_t>(by)),
        has_end(true) {}
  constexpr Slice(std::integral auto first, std::integral auto last) : Slice(first, last, 1) {}
};

namespace detail {

/// What stands for one axis in index(): a place, of which the axis disappears, a Slice, or an ellipsis.
struct AxisIndex {
  Slice slice;
  bool is_place = false, is_ellipsis = false;
  constexpr AxisIndex(std::integral auto place) : slice(place, to_end), is_place(true) {}
  constexpr AxisIndex(const Slice& s) : slice(s) {}
  constexpr AxisIndex(Ellipsis) : is_ellipsis(true) {}
};

/// The places begin[i] + k step[i] of each axis i of a shape, for k below the extent of the part.
struct StridedPart {
  Shape whole, part;
  std::size_t begin[Shape::max_rank] = {}, step[Shape::max_rank] = {};

  explicit StridedPart(const Shape& shape) : whole(shape), part(shape) {
    for (std::size_t& one : step) one = 1;
  }
  /// Throws IndexError for places that the axis does not have.
  void set(const char* op, std::size_t axis, const Slice& slice, bool is_place) {
    const auto n = static_cast<std::ptrdiff_t>(whole[axis]);
    const auto from_begin = [n](std::ptrdiff_t place) { return place < 0 ? place + n : place; };
    const std::ptrdiff_t first = from_begin(slice.begin);
    const std::ptrdiff_t last = is_place ? first + 1 : slice.has_end ? from_begin(slice.end) : n;
    if (is_place && (first < 0 || first >= n))
      fail<IndexError>({op, ": place ", slice.begin, " along axis ", axis, " of a tensor of shape ", whole});
    if (slice.step < 1)
      fail<ValueError>({op, ": step ", slice.step, " along axis ", axis, " of a tensor of shape ", whole,
                        ": steps are 1 or more; flip() turns an axis"});
    if (first < 0 || first > last || last > n)
      fail<IndexError>({op, ": ", slice.begin, " to ", slice.has_end ? slice.end : n, " along axis ", axis,
                        " of a tensor of shape ", whole});
    begin[axis] = static_cast<std::size_t>(first);
    step[axis] = static_cast<std::size_t>(slice.step);
    part[axis] = static_cast<std::size_t>((last - first + slice.step - 1) / slice.step);
  }

  std::size_t offset() const {
    std::size_t out = 0;
    for (std::size_t i = 0; i < whole.rank(); ++i) out = out * whole[i] + begin[i];
    return out;
  }
  StridedPlan plan() const {
    const Steps steps(whole);
    StridedPlan out;
    for (std::size_t i = 0; i < whole.rank(); ++i) out.add(part[i], steps.of[i] * static_cast<std::ptrdiff_t>(step[i]));
    return out;
  }
  /// In the words of ONNX.
  void describe(auto& list) const {
    double starts[Shape::max_rank], ends[Shape::max_rank], steps[Shape::max_rank];
    std::string text[3];
    for (std::size_t i = 0; i < whole.rank(); ++i) {
      starts[i] = static_cast<double>(begin[i]);
      ends[i] = static_cast<double>(part[i] ? begin[i] + (part[i] - 1) * step[i] + 1 : begin[i]);
      steps[i] = static_cast<double>(step[i]);
      for (int k = 0; k < 3; ++k) text[k] += concat({i ? ", " : "[", (k == 0 ? starts : k == 1 ? ends : steps)[i]});
    }
    list.list("starts", text[0] + "]", starts, whole.rank());
    list.list("ends", text[1] + "]", ends, whole.rank());
    list.list("steps", text[2] + "]", steps, whole.rank());
  }
};

/// Writes the elements of a part to their places.
template <class T>
const T* spread_axes(const StridedPlan& plan, std::size_t axis, const T* from, T* to) {
  if (axis == plan.rank) return *to = *from, from + 1;
  for (std::size_t i = 0; i < plan.extents[axis]; ++i)
    from = spread_axes(plan, axis + 1, from, to + static_cast<std::ptrdiff_t>(i) * plan.steps[axis]);
  return from;
}

template <class X>
auto strided_unslice(const X& x, const StridedPart& part);

/// Every step-th place along each axis; and zeros with the elements of x there. Each is the other's rule.
inline constexpr auto strided_slice_op = record(
    "strided_slice",
    []<class T>(const auto& a, const Tensor<T>& x) { return copy_strided(a.plan(), x.data() + a.offset(), a.part); },
    [](const auto& a, const auto& g) { return detail::strided_unslice(g, a); });
inline constexpr auto strided_unslice_op = record(
    "strided_unslice",
    []<class T>(const auto& a, const Tensor<T>& x) {
      auto y = Tensor<T>::empty(a.whole);
      y.fill(T{});
      if (x.size()) spread_axes(a.plan(), 0, x.data(), y.data() + a.offset());
      return y;
    },
    [](const auto& a, const auto& g) { return strided_slice_op.apply(a, g); });
template <class X>
auto strided_unslice(const X& x, const StridedPart& part) {
  return strided_unslice_op.apply(part, x);
}

}  // namespace detail

/// The part of x at some places of each axis: a number picks one place, and its axis disappears; a Slice picks many; an
/// ellipsis stands for the axes that are not named, which else are the last ones. Throws IndexError, naming the axis, for
/// places that are not there, where NumPy would give fewer, and for two ellipses.
template <detail::TensorOperand X>
auto index(const X& x, std::initializer_list<detail::AxisIndex> indices) {
  detail::StridedPart part(shape_of(x));
  std::size_t named = 0, axis = 0;
  for (const detail::AxisIndex& one : indices) named += one.is_ellipsis ? 0 : 1;
  if (indices.size() > named + 1)
    detail::fail<IndexError>({"index: ", indices.size() - named, " ellipses: which axes would each stand for? Take one"});
  if (named > part.whole.rank())
    detail::fail<IndexError>({"index: ", named, " indices into a tensor of shape ", part.whole});
  Shape shape = part.whole;
  bool dropped[Shape::max_rank] = {}, any = false;
  for (const detail::AxisIndex& one : indices) {
    if (one.is_ellipsis) {
      axis += part.whole.rank() - named;
      continue;
    }
    part.set("index", axis, one.slice, one.is_place);
    any = any || one.is_place;
    dropped[axis++] = one.is_place;
  }
  shape = Shape{};
  for (std::size_t i = 0; i < part.whole.rank(); ++i)
    if (!dropped[i]) shape.push_back(part.part[i]);
  auto y = detail::strided_slice_op.apply(part, x);
  if (!any) return y;
  if (!dropped[0] && shape.size() > 0) shape[0] = TargetShape::inferred;  // so that a recording tells no number of rows
  return reshape(y, TargetShape(shape));
}

/// Places begin, begin + step, ... before end along an axis. Throws IndexError for places that x does not have.
template <detail::TensorOperand X>
auto slice(const X& x, std::size_t begin, std::size_t end, Axis axis, std::size_t step) {
  detail::StridedPart part(shape_of(x));
  part.set("slice", axis.in("slice", part.whole), Slice(begin, end, step), false);
  return detail::strided_slice_op.apply(part, x);
}

}  // namespace minigrad
