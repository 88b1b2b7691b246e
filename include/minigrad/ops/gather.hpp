// ops/gather.hpp - ops that pick one number from each row of a matrix: for the losses of classes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "rearrange.hpp"
#include "targets.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

/// Whole numbers, or a handle to them.
template <class Ids>
concept Indices = std::is_same_v<Ids, Tensor<std::int64_t>> || is_index_var<Ids>;

/// What a loss of labels is called in messages, the labels, and whether what they pick from must be logarithms.
struct LabelAttributes {
  const char* op;
  IndexRef labels;
  bool from_logs = false;
  void describe(auto& list) const { list.indices("labels", *labels); }
};

/// y_i = x[i, labels_i]. dL/dx is g in those places and 0 elsewhere. (These ops are templates, so that they are compiled
/// where they are used.)
template <class = void>
inline constexpr auto gather_op = record(
    "gather_labels",
    []<class T>(const auto& a, const Tensor<T>& x) {
      require_labels(a.op, x.shape(), *a.labels);
      if (a.from_logs) require_logs(a.op, x);
      const std::size_t classes = x.shape()[1];
      auto y = Tensor<T>::empty(Shape{x.shape()[0]});
      for (std::size_t i = 0; i < y.size(); ++i)
        y.data()[i] = x.data()[i * classes + static_cast<std::size_t>((*a.labels).data()[i])];
      return y;
    },
    [](const auto& a, const auto& g, auto&&, const auto& x) { return scatter(g, LabelAttributes{a.op, a.labels}, shape_of(x)[1]); });
/// Its inverse: [n, columns], with x_i in place labels_i of row i, and 0 elsewhere.
template <class = void>
inline constexpr auto scatter_op = record(
    "scatter_labels",
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
  return gather_op<>.apply(labels, x);
}
struct ScatterAttributes : LabelAttributes {
  std::size_t columns;
};
template <class X>
auto scatter(const X& x, const LabelAttributes& labels, std::size_t columns) {
  return scatter_op<>.apply(ScatterAttributes{labels, columns}, x);
}

}  // namespace minigrad::detail
