// tensor/rearrange.hpp - the same numbers in another place: reshape, transpose, slice, concatenate, stack, gather, one-hot.
//
// Those that have a derivative come with its partner: what slice cuts out, unslice puts back among zeros; what
// index_select picks, index_add adds back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <vector>

#include "pool_array.hpp"
#include "sums_at.hpp"
#include "tensor.hpp"

namespace minigrad::inline MINIGRAD_ABI {

/// The same numbers under another shape of the same size, of which one extent may be -1: reshape(x, {-1, 8}). Throws
/// ShapeError when the sizes differ, and where -1 cannot be inferred.
template <class T>
Tensor<T> reshape(Tensor<T> x, const TargetShape& shape) {
  return std::move(x).reshape(shape);
}

namespace detail {
/// The shape in which the axes start_dim to end_dim are one.
inline Shape flat_shape(const Shape& shape, Axis start_dim, Axis end_dim) {
  const Shape axes = shape.rank() == 0 ? Shape{1} : shape;
  const std::size_t first = start_dim.in("flatten", axes), last = end_dim.in("flatten", axes);
  if (first > last)
    fail<ShapeError>({"flatten: ", shape, ": start_dim ", start_dim.index(), " comes after end_dim ", end_dim.index()});
  Shape out;
  for (std::size_t i = 0; i < axes.rank(); ++i) {
    if (i <= first || i > last) out.push_back(axes[i]);
    else out[first] *= axes[i];
  }
  return out;
}
}  // namespace detail

/// The same numbers, where the axes from start_dim to end_dim have become one: [n, 3, 4] is [n, 12] by flatten(x, 1). A
/// number becomes [1]. Throws IndexError for an axis that x does not have, ShapeError when start_dim > end_dim.
template <class T>
Tensor<T> flatten(Tensor<T> x, Axis start_dim = 0, Axis end_dim = -1) {
  const Shape shape = detail::flat_shape(x.shape(), start_dim, end_dim);
  return std::move(x).reshape(shape);
}

/// x with two of its axes exchanged; by default the last two. Throws IndexError for an axis that x does not have.
template <class T>
Tensor<T> transpose(const Tensor<T>& x, Axis first = -2, Axis second = -1) {
  std::size_t a = first.in("transpose", x.shape()), b = second.in("transpose", x.shape());
  if (a > b) std::swap(a, b);
  Shape shape = x.shape();
  std::swap(shape[a], shape[b]);
  auto y = Tensor<T>::empty(shape);
  // x is [outer, A, middle, B, inner] and y is [outer, B, middle, A, inner].
  std::size_t outer = 1, middle = 1, inner = 1;
  const std::size_t A = x.shape()[a], B = x.shape()[b];
  for (std::size_t i = 0; i < a; ++i) outer *= shape[i];
  for (std::size_t i = a + 1; i < b; ++i) middle *= shape[i];
  for (std::size_t i = b + 1; i < shape.rank(); ++i) inner *= shape[i];
  if (a == b) return x;
  T* out = y.data();
  for (std::size_t o = 0; o < outer; ++o)
    for (std::size_t j = 0; j < B; ++j)
      for (std::size_t m = 0; m < middle; ++m)
        for (std::size_t i = 0; i < A; ++i) {
          const T* in = x.data() + (((o * A + i) * middle + m) * B + j) * inner;
          out = std::copy(in, in + inner, out);
        }
  return y;
}

namespace detail {

/// Copies a [outer, part, inner] tensor to or from places begin .. begin + part of a [outer, whole, inner] one.
template <class Whole, class Part, class Move>
void for_each_piece(const Shape& whole, std::size_t axis, std::size_t begin, std::size_t part, Whole* big, Part* piece,
                    const Move& move) {
  std::size_t outer = 1, inner = 1;
  for (std::size_t i = 0; i < axis; ++i) outer *= whole[i];
  for (std::size_t i = axis + 1; i < whole.rank(); ++i) inner *= whole[i];
  for (std::size_t o = 0; o < outer; ++o)
    move(big + (o * whole[axis] + begin) * inner, piece + o * part * inner, part * inner);
}

}  // namespace detail

/// Places begin .. end-1 along an axis; by default rows. Throws IndexError unless begin <= end <= extent.
template <class T>
Tensor<T> slice(const Tensor<T>& x, std::size_t begin, std::size_t end, Axis axis = 0) {
  const std::size_t k = axis.in("slice", x.shape());
  if (begin > end || end > x.shape()[k])
    detail::fail<IndexError>({"slice: ", static_cast<std::ptrdiff_t>(begin), " to ", static_cast<std::ptrdiff_t>(end),
                              " along axis ", k, " of a tensor of shape ", x.shape()});
  Shape shape = x.shape();
  shape[k] = end - begin;
  auto y = Tensor<T>::empty(shape);
  detail::for_each_piece(x.shape(), k, begin, end - begin, x.data(), y.data(),
                         [](const T* from, T* to, std::size_t n) { std::copy(from, from + n, to); });
  return y;
}

/// The inverse of slice: zeros of the given shape, with x at the places from `begin` along the axis. Throws ShapeError
/// when x does not fit there.
template <class T>
Tensor<T> unslice(const Tensor<T>& x, const Shape& shape, std::size_t begin, Axis axis = 0) {
  const std::size_t k = axis.in("unslice", shape);
  Shape piece = shape;
  piece[k] = x.rank() == shape.rank() ? x.shape()[k] : 0;
  if (x.shape() != piece || begin > shape[k] || piece[k] > shape[k] - begin)
    detail::fail<ShapeError>({"unslice: ", x.shape(), " does not fit into ", shape, " at ", begin, " along axis ", k});
  auto y = Tensor<T>::empty(shape);
  y.fill(T{});
  detail::for_each_piece(shape, k, begin, x.shape()[k], y.data(), x.data(),
                         [](T* to, const T* from, std::size_t n) { std::copy(from, from + n, to); });
  return y;
}

/// The tensors one after another along an axis that they have. Throws ShapeError when they differ along another axis.
template <class T>
Tensor<T> concatenate(std::span<const Tensor<T>* const> x, Axis axis = 0) {
  if (x.empty()) detail::fail<ValueError>({"concatenate: nothing to put together"});
  Shape shape = x[0]->shape();
  const std::size_t k = axis.in("concatenate", shape);
  shape[k] = 0;
  for (const Tensor<T>* part : x) {
    Shape expected = shape;
    if (part->rank() == shape.rank()) expected[k] = part->shape()[k];
    if (part->shape() != expected)
      detail::shape_error("concatenate", x[0]->shape(), part->shape(), "extents differ along another axis");
    shape[k] += expected[k];
  }
  auto y = Tensor<T>::empty(shape);
  std::size_t begin = 0;
  for (const Tensor<T>* part : x) {
    const std::size_t extent = part->shape()[k];
    detail::for_each_piece(shape, k, begin, extent, y.data(), part->data(),
                           [](T* to, const T* from, std::size_t n) { std::copy(from, from + n, to); });
    begin += extent;
  }
  return y;
}

template <class T>
Tensor<T> concatenate(std::span<const Tensor<T>> x, Axis axis = 0) {
  detail::PoolArray<const Tensor<T>*> parts;
  for (const Tensor<T>& part : x) parts.push_back(&part);
  return concatenate<T>(std::span<const Tensor<T>* const>(parts.data(), parts.size()), axis);
}
template <class T>
Tensor<T> concatenate(std::initializer_list<Tensor<T>> x, Axis axis = 0) {
  return concatenate(std::span<const Tensor<T>>(x.begin(), x.size()), axis);
}
template <class T>
Tensor<T> concatenate(const std::vector<Tensor<T>>& x, Axis axis = 0) {
  return concatenate(std::span<const Tensor<T>>(x), axis);
}

namespace detail {

/// The place of an index along an axis. Throws IndexError where there is none.
inline std::size_t checked_index(const char* op, std::int64_t index, const Shape& shape, std::size_t axis) {
  if (std::cmp_less(index, 0) || std::cmp_greater_equal(index, shape[axis])) {
    if (axis == 0) fail<IndexError>({op, ": row ", index, " of a tensor of shape ", shape});
    fail<IndexError>({op, ": index ", index, " along axis ", axis, " of a tensor of shape ", shape});
  }
  return static_cast<std::size_t>(index);
}

/// A tensor of shape [outer, extent, inner] around one axis, and the axes of indices in its place.
struct IndexedAxis {
  std::size_t axis, outer = 1, inner = 1;
  Shape whole, picked;

  IndexedAxis(const char* op, const Shape& shape, const Shape& indices, Axis at) : whole(shape) {
    if (shape.rank() == 0) fail<ShapeError>({op, ": a number has no rows"});
    axis = at.in(op, shape);
    for (std::size_t i = 0; i < axis; ++i) outer *= shape[i], picked.push_back(shape[i]);
    for (const std::size_t extent : indices) picked.push_back(extent);
    for (std::size_t i = axis + 1; i < shape.rank(); ++i) inner *= shape[i], picked.push_back(shape[i]);
  }
};

}  // namespace detail

/// Row indices[i] of x as row i, for each i; or the same along another axis. The axes of the indices, of which there may
/// be any number, take the place of that axis, as in NumPy's take. Throws IndexError for an index that x does not have.
template <class T>
Tensor<T> index_select(const Tensor<T>& x, const Tensor<std::int64_t>& indices, Axis axis = 0) {
  const detail::IndexedAxis at("index_select", x.shape(), indices.shape(), axis);
  auto y = Tensor<T>::empty(at.picked);
  T* out = y.data();
  for (std::size_t o = 0; o < at.outer; ++o) {
    const T* const from = x.data() + o * at.whole[at.axis] * at.inner;
    for (std::int64_t i : indices) {
      const T* row = from + detail::checked_index("index_select", i, at.whole, at.axis) * at.inner;
      out = std::copy(row, row + at.inner, out);
    }
  }
  return y;
}

/// The inverse of index_select: zeros with `rows` rows, to which row i of x is added at row indices[i]; or the same
/// along another axis. Throws IndexError for a row beyond those, ShapeError unless there is one index for each row of x.
template <class T>
Tensor<T> index_add(const Tensor<T>& x, const Tensor<std::int64_t>& indices, std::size_t rows, Axis axis = 0) {
  Shape shape;  // of x, with one axis in place of those of the indices
  while (shape.rank() + indices.rank() < x.rank() + 1) shape.push_back(rows);
  const std::size_t k = shape.rank() ? axis.in("index_add", indices.rank() == 1 ? x.shape() : shape) : 0;
  for (std::size_t i = 0; i < shape.rank(); ++i)
    if (i != k) shape[i] = x.shape()[i < k ? i : i + indices.rank() - 1];
  const detail::IndexedAxis at("index_add", shape, indices.shape(), axis);
  if (at.picked != x.shape())
    detail::shape_error("index_add", x.shape(), indices.shape(), "one index for each row is expected");
  auto y = Tensor<T>::empty(shape);
  y.fill(T{});
  const std::size_t n = indices.size(), step = rows * at.inner;
  for (std::size_t o = 0; o < at.outer; ++o) {
    const std::size_t added = detail::add_rows_at(n, indices.data(), x.data() + o * n * at.inner, rows, at.inner,
                                                  y.data() + o * step, n);
    if (added < n) detail::checked_index("index_add", indices.data()[added], shape, k);
  }
  return y;
}

/// [n, classes], row i holding 1 at labels[i] and 0 elsewhere. Throws IndexError for a label outside 0 .. classes-1.
template <class T = float>
Tensor<T> one_hot(const Tensor<std::int64_t>& labels, std::size_t classes) {
  Shape shape = labels.shape();
  shape.push_back(classes);
  auto y = Tensor<T>::empty(shape);
  y.fill(T{});
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (std::cmp_less(labels[i], 0) || std::cmp_greater_equal(labels[i], classes))
      detail::fail<IndexError>({"one_hot: label ", labels[i], " with ", classes, " classes: labels count from 0"});
    y.data()[i * classes + static_cast<std::size_t>(labels[i])] = T{1};
  }
  return y;
}

}  // namespace minigrad
