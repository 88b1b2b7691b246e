// ops/gather.hpp - ops that pick one number from each row of a matrix: for the losses of classes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "rearrange.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

/// Whole numbers, or a handle to them.
template <class Ids>
concept Indices = std::is_same_v<Ids, Tensor<std::int64_t>> || is_index_var<Ids>;

/// Checks that there is one label for each row, and that each label is the number of a column.
inline void require_labels(const char* op, const Shape& shape, const Tensor<std::int64_t>& labels) {
  if (shape.rank() != 2 || labels.shape() != Shape{shape[0]})
    fail<ShapeError>({op, ": scores ", shape, " and labels ", labels.shape(), ": [n, classes] and [n] are expected"});
  for (std::size_t i = 0; i < labels.size(); ++i)
    if (std::cmp_less(labels[i], 0) || std::cmp_greater_equal(labels[i], shape[1]))
      fail<IndexError>({op, ": label ", labels[i], " in row ", i, ", but there are ", shape[1], " classes"});
}

/// What a loss of labels is called in messages, and the labels.
struct LabelAttributes {
  const char* op;
  IndexRef labels;
  void describe(auto& list) const { list.indices("labels", *labels); }
};

/// y_i = x[i, labels_i]. dL/dx is g in those places and 0 elsewhere.
inline constexpr auto gather_op = record(
    "gather",
    []<class T>(const auto& a, const Tensor<T>& x) {
      require_labels(a.op, x.shape(), *a.labels);
      const std::size_t classes = x.shape()[1];
      auto y = Tensor<T>::empty(Shape{x.shape()[0]});
      for (std::size_t i = 0; i < y.size(); ++i)
        y.data()[i] = x.data()[i * classes + static_cast<std::size_t>((*a.labels).data()[i])];
      return y;
    },
    [](const auto& a, const auto& g, auto&&, const auto& x) { return scatter(g, a, shape_of(x)[1]); });
/// Its inverse: [n, columns], with x_i in place labels_i of row i, and 0 elsewhere.
inline constexpr auto scatter_op = record(
    "scatter",
    []<class T>(const auto& a, const Tensor<T>& x) {
      auto y = Tensor<T>::empty({x.size(), a.columns});
      y.fill(T{});
      for (std::size_t i = 0; i < x.size(); ++i)
        y.data()[i * a.columns + static_cast<std::size_t>((*a.labels).data()[i])] = x.data()[i];
      return y;
    },
    [](const auto& a, const auto& g) { return gather(g, a); });
template <class X>
auto gather(const X& x, const LabelAttributes& labels) {
  return gather_op.apply(labels, x);
}
struct ScatterAttributes : LabelAttributes {
  std::size_t columns;
};
template <class X>
auto scatter(const X& x, const LabelAttributes& labels, std::size_t columns) {
  return scatter_op.apply(ScatterAttributes{labels, columns}, x);
}

}  // namespace minigrad::detail
