// ops/scatter.hpp - the op table: elements picked and added one by one along an axis. Not part of minigrad.hpp.
//
//   gather        y[i, j] = x[i, index[i, j]]          along axis 1
//   scatter_add   y[i, index[i, j]] += source[i, j]    along axis 1
//
// Each is the other's derivative.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "arithmetic.hpp"
#include "gather.hpp"
#include "rearrange.hpp"

namespace minigrad::inline MINIGRAD_ABI {
namespace detail {

inline bool is_below(std::int64_t index, std::size_t extent) { return static_cast<std::uint64_t>(index) < extent; }
[[noreturn, gnu::cold, gnu::noinline]] inline void refuse_index(const char* op, const Tensor<std::int64_t>& indices,
                                                                std::size_t i, std::size_t axis, const Shape& shape) {
  fail<IndexError>({op, ": index ", indices.data()[i], " at ", place_of(indices.shape(), i), " along axis ", axis,
                    " of a tensor of shape ", shape});
}

/// Where each index points to in a tensor of another shape of the same rank.
class PlacesAlong {
 public:
  /// Throws ShapeError unless the indices have the tensor's axes, none of them longer but for the one along which they
  /// point.
  PlacesAlong(const char* op, const Shape& whole, const Tensor<std::int64_t>& indices, Axis axis)
      : op_(op), whole_(whole), indices_(indices), axis_(axis.in(op, whole)), steps_(whole) {
    bool fits = indices.rank() == whole.rank();
    for (std::size_t i = 0; fits && i < whole.rank(); ++i) fits = i == axis_ || indices.shape()[i] <= whole[i];
    if (!fits)
      fail<ShapeError>({op, ": ", whole, " and indices ", indices.shape(), " along axis ", axis_,
                        ": the indices must have the same axes, and no other may be longer"});
  }

  /// Whether each row of indices points into a row of its own.
  bool rows_apart() const { return axis_ + 1 == whole_.rank(); }

  /// run(first place in the tensor, number of the row) for all rows of indices; where `split` on several threads.
  template <class Run>
  void for_rows(bool split, const Run& run) const {
    const Shape& shape = indices_.shape();
    const std::size_t last = whole_.rank() - 1, n = shape[last], rows = n ? indices_.size() / n : 0;
    const std::size_t least = split ? (std::size_t{1} << 13) / (n + 1) + 1 : rows + 1;
    parallel_for(rows, 1, least, [&](std::size_t begin, std::size_t end) {
      for (std::size_t row = begin; row < end; ++row) {
        std::size_t base = 0, rest = row;
        for (std::size_t i = last; i-- > 0; rest /= shape[i])
          if (i != axis_) base += rest % shape[i] * static_cast<std::size_t>(steps_.of[i]);
        run(base, row);
      }
    });
  }

  /// move(place in the tensor, number of the index) for all indices; where `split` on several threads, by rows.
  template <class Move>
  void for_all(bool split, const Move& move) const {
    for_rows(split, [&](std::size_t base, std::size_t row) {
      const Move to = move;  // here, so that compilers keep all of it in registers
      const std::size_t last = whole_.rank() - 1, columns = indices_.shape()[last];
      const std::size_t extent = whole_[axis_], step = static_cast<std::size_t>(steps_.of[axis_]);
      const std::int64_t* const index = indices_.data() + row * columns;
      const auto place = [&](std::size_t j) {
        if (!is_below(index[j], extent)) refuse_index(op_, indices_, row * columns + j, axis_, whole_);
        return static_cast<std::size_t>(index[j]);
      };
      if (axis_ == last)
        for (std::size_t j = 0; j < columns; ++j) to(base + place(j), row * columns + j);
      else
        for (std::size_t j = 0; j < columns; ++j) to(base + place(j) * step + j, row * columns + j);
    });
  }

  /// y[place] += source, where each row of indices points into a row of its own, at most `most` times to one place.
  template <class T>
  void add_by_rows(const T* source, T* y, std::size_t most) const {
    const std::size_t n = indices_.shape()[axis_];
    for_rows(true, [&](std::size_t base, std::size_t row) {
      const std::size_t first = row * n;
      const std::size_t added = add_rows_at(n, indices_.data() + first, source + first, whole_[axis_], 1, y + base, most);
      if (added < n) refuse_index(op_, indices_, first + added, axis_, whole_);
    });
  }

 private:
  const char* op_;
  const Shape& whole_;
  const Tensor<std::int64_t>& indices_;
  std::size_t axis_;
  Steps steps_;
};

/// The values of both ops. Where an element can get many summands, they are added as long sums are: see sums_at.hpp.
template <class T>
Tensor<T> gathered(const Tensor<T>& x, const Tensor<std::int64_t>& indices, Axis axis) {
  const PlacesAlong places("gather", x.shape(), indices, axis);
  auto y = Tensor<T>::empty(indices.shape());
  places.for_all(true, [from = x.data(), to = y.data()](std::size_t at, std::size_t i) { to[i] = from[at]; });
  return y;
}
template <class T>
Tensor<T> with_added(Tensor<T> y, const Tensor<std::int64_t>& indices, const Tensor<T>& source, Axis axis) {
  if (source.shape() != indices.shape())
    fail<ShapeError>({"scatter_add: source ", source.shape(), " and indices ", indices.shape(),
                      ": one index for each element is expected"});
  const PlacesAlong places("scatter_add", y.shape(), indices, axis);
  if (const std::size_t most = indices.shape()[axis.in("scatter_add", y.shape())]; most > longest_sum) {
    if (places.rows_apart()) return places.add_by_rows(source.data(), y.data(), most), y;
    const Scratch<std::int64_t> to(indices.size());
    places.for_all(true,
                   [at = to.data()](std::size_t place, std::size_t i) { at[i] = static_cast<std::int64_t>(place); });
    add_rows_at(indices.size(), to.data(), source.data(), y.size(), 1, y.data(), most);
    return y;
  }
  places.for_all(places.rows_apart(), [from = source.data(), to = y.data()](std::size_t at, std::size_t i) {
    to[at] = static_cast<T>(detail::wrap_add(to[at], from[i]));
  });
  return y;
}

struct GatherAttributes : IndexAttributes {
  Shape shape;  // of what scatter_add adds to
};

template <class X>
auto scatter_zeros(const X& source, const GatherAttributes& a);
}  // namespace detail

/// Elements at indices along an axis. dL/dx is g added at those places to zeros.
inline constexpr auto gather_op = record(
    "gather", [](const auto& a, const auto& x) { return detail::gathered(x, *a.indices, a.axis); },
    [](const auto& a, const auto& g, auto&&, const auto& x) {
      return detail::scatter_zeros(g, {{a.indices, a.axis}, shape_of(x)});
    });
/// Zeros of a shape, to which the source is added.
inline constexpr auto scatter_add_op = record(
    "scatter_add",
    []<class T>(const auto& a, const Tensor<T>& source) {
      auto zeros = Tensor<T>::empty(a.shape);
      zeros.fill(T{});
      return detail::with_added(std::move(zeros), *a.indices, source, a.axis);
    },
    [](const auto& a, const auto& g) { return gather_op.apply(detail::IndexAttributes{a.indices, a.axis}, g); });

namespace detail {
template <class X>
auto scatter_zeros(const X& source, const GatherAttributes& a) {
  return scatter_add_op.apply(a, source);
}
}  // namespace detail

/// The elements of x at indices along an axis, in the shape of the indices: y[i, j] = x[i, index[i, j]] along axis 1, and
/// x[index[i, j], j] along axis 0. Throws IndexError for an index that x does not have.
template <detail::TensorOperand X, detail::Indices Ids>
auto gather(const X& x, const Ids& indices, Axis axis) {
  if constexpr (is_tensor<X> && is_tensor<Ids>) return detail::gathered(x, indices, axis);
  else
    return detail::with_handle("gather", x, indices, [&](const auto& v) {
      return gather_op.apply(detail::IndexAttributes{indices, axis}, v);
    });
}

/// The same, where x and the indices broadcast along all other axes; of all elements, where no axis is given. Throws
/// ShapeError where they do not broadcast, IndexError for an index that x does not have.
template <detail::TensorOperand X>
auto take_along_dim(const X& x, const Tensor<std::int64_t>& indices, Axis axis = {}) {
  const Shape of_x = shape_of(x), of_indices = indices.shape();
  const std::size_t k = axis.all() ? 0 : axis.in("take_along_dim", of_x);
  const std::size_t extent = axis.all() ? of_x.size() : of_x[k];
  for (std::size_t i = 0; i < indices.size(); ++i) {
    if (detail::is_below(indices.data()[i], extent)) continue;
    if (!axis.all()) detail::refuse_index("take_along_dim", indices, i, k, of_x);
    detail::fail<IndexError>({"take_along_dim: index ", indices.data()[i], " at ", detail::place_of(of_indices, i), " of the ",
                              extent, " elements of a tensor of shape ", of_x});
  }
  if (axis.all()) return gather(reshape(x, {-1}), reshape(indices, {-1}), 0);
  if (of_indices.rank() != of_x.rank())
    detail::shape_error("take_along_dim", of_x, of_indices, "the indices must have as many axes");
  Shape all = of_x, wanted = of_indices;
  for (std::size_t i = 0; i < of_x.rank(); ++i) {
    if (i == k) continue;
    if (of_x[i] != of_indices[i] && of_x[i] != 1 && of_indices[i] != 1)
      detail::shape_error("take_along_dim", of_x, of_indices, "shapes do not broadcast along the other axes");
    all[i] = wanted[i] = of_x[i] == 1 ? of_indices[i] : of_x[i];
  }
  return gather(broadcast_to(x, all), broadcast_to(indices, wanted), axis);
}

/// x with the elements of the source added at indices along an axis: y[i, index[i, j]] += source[i, j] along axis 1. An
/// index may occur many times. Throws IndexError for an index that x does not have, ShapeError unless there is one for
/// each element of the source.
template <detail::TensorOperand X, detail::Indices Ids, detail::TensorOperand S>
auto scatter_add(const X& x, const Ids& indices, const S& source, Axis axis) {
  if constexpr (is_tensor<X> && is_tensor<Ids> && is_tensor<S>) return detail::with_added(x, indices, source, axis);
  else
    return x + detail::with_handle("scatter_add", source, indices, [&](const auto& v) {
             return detail::scatter_zeros(v, {{indices, axis}, shape_of(x)});
           });
}

}  // namespace minigrad
