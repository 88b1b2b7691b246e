// tensor/reduce.hpp - sums, extremes and their positions, over all elements or along one axis or several.
//
// A tensor is seen as [outer, extent, inner] around the reduced axes. Sums have a fixed order, so that a result does
// not depend on anything but the numbers: see row_reduce.hpp, and pairwise.hpp for long ones.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

#include "axis_split.hpp"
#include "elementwise.hpp"
#include "row_reduce.hpp"

namespace minigrad::inline MINIGRAD_ABI {
namespace detail {

template <class T, class Less>
Tensor<T> extreme(const char* op, const Tensor<T>& x, const Axes& axes, bool keepdim, const Less& less) {
  const AxisSplit r(op, x.shape(), axes, keepdim);
  require_elements(op, r, x.shape());
  auto y = Tensor<T>::empty(r.more ? r.rest_of(x.shape()) : r.shape);
  const T* from = x.data();
  T* to = y.data();
  for (std::size_t o = 0; o < r.outer && r.inner > 0; ++o, from += r.extent * r.inner, to += r.inner) {
    if (r.inner == 1) *to = extreme_of_row(less, r.extent, from);
    else std::copy(from, from + r.inner, to);
    for (std::size_t k = 1; k < r.extent && r.inner > 1; ++k) keep_extremes(less, r.inner, to, from + k * r.inner);
  }
  if (r.more) return extreme(op, y, axes, keepdim, less);
  return y;
}

template <class T, class Less>
Tensor<std::int64_t> arg_extreme(const char* op, const Tensor<T>& x, Axis axis, bool keepdim, const Less& less) {
  const AxisSplit r(op, x.shape(), axis, keepdim);
  require_elements(op, r, x.shape());
  auto y = Tensor<std::int64_t>::empty(r.shape);
  for (std::size_t o = 0; o < r.outer; ++o)
    for (std::size_t i = 0; i < r.inner; ++i) {
      const T* line = x.data() + o * r.extent * r.inner + i;
      std::size_t best = 0;
      for (std::size_t k = 1; k < r.extent; ++k)
        if (beats(less, line[k * r.inner], line[best * r.inner])) best = k;
      y.data()[o * r.inner + i] = static_cast<std::int64_t>(best);
    }
  return y;
}

inline constexpr auto less_than = [](auto a, auto b) { return a < b; };
inline constexpr auto greater_than = [](auto a, auto b) { return a > b; };

/// to = the sums along the middle axis of [outer, extent, inner].
template <class T>
[[gnu::noinline]] void sum_groups(std::size_t outer, std::size_t extent, std::size_t inner, const T* from, T* to) {
#if MINIGRAD_OPENMP
  const std::size_t least = (std::size_t{1} << 16) / (extent * inner + 1) + 1;
  if (outer >= 2 * least && max_threads() > 1 && !omp_in_parallel())
    return parallel_for(outer, 1, least, [=](std::size_t begin, std::size_t end) {
      sum_groups(end - begin, extent, inner, from + begin * extent * inner, to + begin * inner);
    });
#endif
  for (; outer > 0; --outer, from += extent * inner, to += inner)
    if (inner == 1) *to = sum_row(extent, from);
    else sum_columns(extent, inner, from, to);
}

/// The sum along axes that is not computed yet.
template <class T>
struct SumExpression {
  const Tensor<T>& x;
  Axes axes;
  bool keepdim;

  Shape shape() const { return AxisSplit("sum", x.shape(), axes, keepdim).shape; }
  std::size_t size() const { return shape().size(); }
  void write(Tensor<T>& out, Write write) const {
    if (write == Write::add) return map_into(out, identity, Write::add, evaluate());
    const AxisSplit r("sum", x.shape(), axes, keepdim);
    if (r.more) {
      auto rest = Tensor<T>::empty(r.rest_of(x.shape()));
      sum_groups(r.outer, r.extent, r.inner, x.data(), rest.data());
      return SumExpression{rest, axes, keepdim}.write(out, write);
    }
    sum_groups(r.outer, r.extent, r.inner, x.data(), out.data());
  }
  Tensor<T> evaluate() const {
    auto out = Tensor<T>::empty(shape());
    write(out, Write::assign);
    return out;
  }
};
template <class T>
SumExpression<T> sum(const Unevaluated<T>& x, const Axes& axes, bool keepdim) {
  return {x.tensor, axes, keepdim};
}

/// x broadcast to a shape, not computed yet.
template <class T>
struct BroadcastExpression {
  const T* x;
  Shape from, to;

  Shape shape() const {
    if (broadcast_shapes("broadcast_to", from, to) != to)
      shape_error("broadcast_to", from, to, "the first does not broadcast to the second");
    return to;
  }
  std::size_t size() const { return to.size(); }
  void write(Tensor<T>& out, Write write) const {
    const StridedInput in[] = {{x, &from, sizeof(T)}};
    broadcast_loop(out, inner_loop<T, std::decay_t<decltype(identity)>, T>, &identity, write, in);
  }
  Tensor<T> evaluate() const {
    auto out = Tensor<T>::empty(shape());
    write(out, Write::assign);
    return out;
  }
};
template <class T>
BroadcastExpression<T> broadcast_to(const Unevaluated<T>& x, const Shape& shape) {
  return {x.tensor.data(), x.tensor.shape(), shape};
}

/// The sum of f over all elements of a shape to which the operands broadcast. The elements are kept only as long as it
/// takes to add them, where each operand has that shape or is one number.
template <class T>
[[gnu::noinline]] double sum_of_map(InnerLoop loop, const void* f, std::span<const StridedInput> in, const Shape& shape) {
  constexpr std::size_t most = 1024;
  const std::size_t size = shape.size();
  double total = 0;
  Tensor<T> all;
  bool pieces = true;
  for (const StridedInput& one : in) pieces = pieces && (one.shape->rank() == 0 || *one.shape == shape);
  if (!pieces) {
    all = Tensor<T>::empty(shape);
    broadcast_loop(all, loop, f, Write::assign, in);
  }
  alignas(64) T elements[most];
  StridedInput part[max_operands];
  for (std::size_t begin = 0; begin < size; begin += most) {
    const Shape piece(size - begin < most ? size - begin : most);
    if (!pieces) {
      total += static_cast<double>(sum_row(piece[0], all.data() + begin));
      continue;
    }
    for (std::size_t k = 0; k < in.size(); ++k) {
      part[k] = in[k];
      if (!in[k].shape->rank()) continue;
      part[k].data = static_cast<const char*>(in[k].data) + begin * in[k].element_bytes;
      part[k].shape = &piece;
    }
    broadcast_rows({loop, f, add_erased<T>, reinterpret_cast<char*>(elements), sizeof(T), Write::assign}, piece,
                   {part, in.size()});
    total += static_cast<double>(sum_row(piece[0], elements));
  }
  return total;
}

/// The sum or the mean over all elements of f.
template <class F, class... X>
auto map_and_sum(const char* op, bool mean, const F& f, const X&... x) {
  using T = typename ElementOfAll<typename Element<X...>::type, X...>::type;
  const auto apply = [&](const auto&... operand) {
    const StridedInput in[] = {strided_input(operand)...};
    const Shape shape = broadcast_all(op, in);
    const double total = sum_of_map<T>(inner_loop<T, F, element_of<std::decay_t<decltype(operand)>>...>, &f, in, shape);
    return Tensor<T>::scalar(static_cast<T>(total / (mean ? static_cast<double>(shape.size()) : 1)));
  };
  return apply(as_operand<T>(op, x)...);
}

}  // namespace detail

/// The sum of all elements (0 of none), or along axes, which disappear unless keepdim: sum(x, 1), sum(x, {0, 2}). Whole
/// numbers of less than 64 bits, and masks, of which it counts the true, are added up as std::int64_t. Throws IndexError
/// for an axis that x does not have, or that is named twice.
template <class T>
auto sum(const Tensor<T>& x, const Axes& axes = {}, bool keepdim = false) {
  if constexpr (std::is_integral_v<T> && sizeof(T) < sizeof(std::int64_t))
    return detail::SumExpression<std::int64_t>{x.template to<std::int64_t>(), axes, keepdim}.evaluate();
  else
    return detail::SumExpression<T>{x, axes, keepdim}.evaluate();
}

/// The largest or smallest element, of all or along axes; NaN if there is one. Throws ValueError for no elements.
template <class T>
Tensor<T>(max)(const Tensor<T>& x, const Axes& axes = {}, bool keepdim = false) {
  return detail::extreme("max", x, axes, keepdim, detail::less_than);
}
template <class T>
Tensor<T>(min)(const Tensor<T>& x, const Axes& axes = {}, bool keepdim = false) {
  return detail::extreme("min", x, axes, keepdim, detail::greater_than);
}

/// Where the largest or smallest element stands, the first of equals: a row-major index, or one along the axis. Throws
/// ValueError for no elements, IndexError for an axis that x does not have.
template <class T>
Tensor<std::int64_t> argmax(const Tensor<T>& x, Axis axis = {}, bool keepdim = false) {
  return detail::arg_extreme("argmax", x, axis, keepdim, detail::less_than);
}
template <class T>
Tensor<std::int64_t> argmin(const Tensor<T>& x, Axis axis = {}, bool keepdim = false) {
  return detail::arg_extreme("argmin", x, axis, keepdim, detail::greater_than);
}

/// The inverse pair of broadcasting. broadcast_to broadcasts x to a shape; sum_to sums x down to one, over the axes
/// that broadcast_to would add or repeat. Each is the other's derivative. Throws ShapeError where that is not possible.
template <class T>
Tensor<T> broadcast_to(const Tensor<T>& x, const Shape& shape) {
  return detail::BroadcastExpression<T>{x.data(), x.shape(), shape}.evaluate();
}
template <class T>
Tensor<T> sum_to(const Tensor<T>& x, const Shape& shape) {
  if (x.shape() == shape) return x;
  Tensor<T> y;
  if (shape.size() == 1 && shape.rank() <= x.rank()) {
    y = Tensor<T>::empty(shape);
    *y.data() = detail::sum_row(x.size(), x.data());
    return y;
  }
  const Tensor<T>* part = &x;
  if (x.rank() > shape.rank()) {  // the axes that shape does not have, all at once
    Shape rest;
    std::size_t rows = 1;
    for (std::size_t axis = 0; axis < x.rank(); ++axis)
      if (axis < x.rank() - shape.rank()) rows *= x.shape()[axis];
      else rest.push_back(x.shape()[axis]);
    y = Tensor<T>::empty(rest);
    detail::sum_columns(rows, y.size(), x.data(), y.data());
    part = &y;
  }
  std::size_t outer = 1;
  for (std::size_t axis = 0; axis < shape.rank(); outer *= shape[axis++]) {
    if (axis < part->rank() && shape[axis] == part->shape()[axis]) continue;
    if (axis >= part->rank() || shape[axis] != 1)
      detail::shape_error("sum_to", x.shape(), shape, "the second does not broadcast to the first");
    Shape rest = part->shape();
    const std::size_t extent = rest[axis];
    rest[axis] = 1;
    auto sums = Tensor<T>::empty(rest);
    detail::sum_groups(outer, extent, outer ? rest.size() / outer : 0, part->data(), sums.data());
    y = std::move(sums);
    part = &y;
  }
  return y;
}

}  // namespace minigrad
