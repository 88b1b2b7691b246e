// data/tensors.hpp - a dataset of several features or several targets: an image and a table, a class and a position.
// Not part of minigrad.hpp.
//
//   const Dataset data(Tensors(images, numbers), labels);        // Dataset<Tensors<float, float>, std::int64_t>
//   fit(model, loss, optimizer, data);
//
// Loaders, splits, evaluate() and fit() take it as any other. fit() calls model(x_0, x_1) and loss(prediction, y_0, y_1).
#pragma once

#include <cstddef>
#include <cstdint>
#include <tuple>
#include <utility>

#include "dataset.hpp"

namespace minigrad::inline MINIGRAD_ABI {

/// Tensors of T_0, T_1, ... with the same number of rows.
template <class... T>
struct Tensors {
  std::tuple<Tensor<T>...> all;  ///< the tensors, in their order

  Tensors() = default;
  /// Throws ShapeError unless all have the same number of rows.
  explicit Tensors(Tensor<T>... tensors) : all(std::move(tensors)...) {
    std::apply([&](const auto&... x) { (require_rows(x.shape()), ...); }, all);
  }

  /// The shape of the first, and the number of its axes.
  const Shape& shape() const { return std::get<0>(all).shape(); }
  std::size_t rank() const { return shape().rank(); }

 private:
  void require_rows(const Shape& other) const {
    if (rank() == 0 || other.rank() == 0 || other[0] != shape()[0])
      detail::fail<ShapeError>({"Tensors: ", shape(), " and ", other, ": all need the same number of rows"});
  }
};

/// Some rows of each.
template <class... T>
Tensors<T...> slice(const Tensors<T...>& x, std::size_t begin, std::size_t end) {
  return std::apply([&](const auto&... one) { return Tensors<T...>(slice(one, begin, end)...); }, x.all);
}
template <class... T>
Tensors<T...> index_select(const Tensors<T...>& x, const Tensor<std::int64_t>& rows) {
  return std::apply([&](const auto&... one) { return Tensors<T...>(index_select(one, rows)...); }, x.all);
}

namespace detail {
template <class... T>
struct RowsOf<Tensors<T...>> {
  using type = Tensors<T...>;
};
}  // namespace detail

template <class... T, class Y>
Dataset(Tensors<T...>, Tensor<Y>) -> Dataset<Tensors<T...>, Y>;
template <class T, class... Y>
Dataset(Tensor<T>, Tensors<Y...>) -> Dataset<T, Tensors<Y...>>;
template <class... T, class... Y>
Dataset(Tensors<T...>, Tensors<Y...>) -> Dataset<Tensors<T...>, Tensors<Y...>>;

}  // namespace minigrad
