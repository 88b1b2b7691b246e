// ops/extremes.hpp - the op table: the largest and the smallest element, and where they stand.
#pragma once

#include <cstdint>
#include <utility>

#include "reduce.hpp"

namespace minigrad::inline MINIGRAD_ABI {

namespace detail {
/// A mask as ones and zeros, to compute with.
template <class T>
Tensor<T> ones_and_zeros(const Tensor<bool>& mask, const Tensor<T>&) {
  return mask.template to<T>();
}
template <class V>
Var<V> ones_and_zeros(const MaskVar<V>& mask, const Var<V>&) {
  return mask.var();
}

/// g for the elements that are the extreme; where several are, each gets an equal part.
template <class G, class Y, class X>
auto extreme_rule(const G& g, const Y& y, const X& x, const Axes& axis) {
  const auto mask = equal(x, expand(y, x, axis));
  const auto share = expand(g, x, axis) / sum(ones_and_zeros(mask, x), axis, true);
  return where(mask, share, 0);
}
}  // namespace detail

/// The largest or smallest element, of all or along axes (amax and amin of PyTorch). The gradient goes to it; equal ones
/// share it. Throws ValueError for no elements, IndexError for an axis that x does not have.
inline constexpr auto max_op = record(
    "max", [](const auto& a, const auto& x) { return (max)(x, a.axis, a.keepdim); },
    [](const auto& a, const auto& g, const auto& y, const auto& x) { return detail::extreme_rule(g, y, x, a.axis); });
template <detail::VarOrParameter X>
auto(max)(const X& x, const Axes& axes = {}, bool keepdim = false) {
  return max_op.apply(detail::ReduceAttributes{axes, keepdim}, x);
}
inline constexpr auto min_op = record(
    "min", [](const auto& a, const auto& x) { return (min)(x, a.axis, a.keepdim); },
    [](const auto& a, const auto& g, const auto& y, const auto& x) { return detail::extreme_rule(g, y, x, a.axis); });
template <detail::VarOrParameter X>
auto(min)(const X& x, const Axes& axes = {}, bool keepdim = false) {
  return min_op.apply(detail::ReduceAttributes{axes, keepdim}, x);
}

namespace detail {
/// The attributes of a reduction that gives positions: where they go. (The ops below are templates, so that they are
/// compiled where they are used.)
struct IndexResult {
  Axis axis;
  bool keepdim;
  Tensor<std::int64_t>* to;
  void describe(auto& list) const { ReduceAttributes{axis, keepdim}.describe(list); }
};
template <class = void>
inline constexpr auto argmax_op = record(
    "argmax",
    []<class T>(const auto& a, const Tensor<T>& x) {
      *a.to = argmax(x, a.axis, a.keepdim);
      return Tensor<T>();
    },
    non_differentiable);
template <class = void>
inline constexpr auto argmin_op = record(
    "argmin",
    []<class T>(const auto& a, const Tensor<T>& x) {
      *a.to = argmin(x, a.axis, a.keepdim);
      return Tensor<T>();
    },
    non_differentiable);
}  // namespace detail

/// Where the extreme stands: a handle, which has no derivative.
template <class T>
IndexVar<Tensor<T>> argmax(const Var<Tensor<T>>& x, Axis axis = {}, bool keepdim = false) {
  const IndexVar<Tensor<T>> at = x.graph().indices();
  detail::argmax_op<>.apply(detail::IndexResult{axis, keepdim, &at.edit()}, x);
  return at;
}
template <class T>
IndexVar<Tensor<T>> argmin(const Var<Tensor<T>>& x, Axis axis = {}, bool keepdim = false) {
  const IndexVar<Tensor<T>> at = x.graph().indices();
  detail::argmin_op<>.apply(detail::IndexResult{axis, keepdim, &at.edit()}, x);
  return at;
}

namespace detail {
/// The places of a reduction along an axis: element i of the result stands at number index_of(i) of the input.
struct Places {
  AxisSplit split;
  const Tensor<std::int64_t>& positions;
  std::size_t index_of(std::size_t i) const {
    const std::size_t outer = i / split.inner, inner = i % split.inner;
    return (outer * split.extent + static_cast<std::size_t>(positions.data()[i])) * split.inner + inner;
  }
};

/// The attributes of an op that reads positions along an axis, and those of its inverse.
struct SelectAttributes : ReduceAttributes {
  IndexRef positions;
  void describe(auto& list) const {
    ReduceAttributes::describe(list);
    list.indices("positions", *positions);
  }
};
struct ScatterAlongAttributes : SelectAttributes {
  Shape shape;
  void describe(auto& list) const {
    SelectAttributes::describe(list);
    list("shape", shape);
  }
};

/// The elements of x at positions along an axis; and zeros with the elements of g there. Each is the other's rule.
template <class = void>
inline constexpr auto select_along_op = record(
    "select_along",
    []<class T>(const auto& a, const Tensor<T>& x) {
      const Places at{{"select_along", x.shape(), a.axis, a.keepdim}, *a.positions};
      auto y = Tensor<T>::empty(at.split.shape);
      for (std::size_t i = 0; i < y.size(); ++i) y.data()[i] = x.data()[at.index_of(i)];
      return y;
    },
    [](const auto& a, const auto& g, auto&&, const auto& x) { return scatter_along(g, a, shape_of(x)); });
template <class = void>
inline constexpr auto scatter_along_op = record(
    "scatter_along",
    []<class T>(const auto& a, const Tensor<T>& x) {
      const Places at{{"scatter_along", a.shape, a.axis, a.keepdim}, *a.positions};
      auto y = Tensor<T>::empty(a.shape);
      y.fill(T{});
      for (std::size_t i = 0; i < x.size(); ++i) y.data()[at.index_of(i)] = x.data()[i];
      return y;
    },
    [](const auto& a, const auto& g) { return select_along(g, a); });
template <class X>
auto select_along(const X& x, const SelectAttributes& a) {
  return select_along_op<>.apply(a, x);
}
template <class X>
auto scatter_along(const X& x, const SelectAttributes& a, const Shape& shape) {
  return scatter_along_op<>.apply(ScatterAlongAttributes{a, shape}, x);
}

/// An op with two outputs: its value, and the positions that its rule reads.
template <class = void>
inline constexpr auto max_with_indices_op = record(
    "max_with_indices",
    []<class T>(const auto& a, const Tensor<T>& x) {
      *a.to = arg_extreme("max_with_indices", x, a.axis, a.keepdim, less_than);
      return select_along(x, SelectAttributes{{a.axis, a.keepdim}, *a.to});
    },
    [](const auto& a, const auto& g, auto&&, const auto& x) {
      return scatter_along(g, SelectAttributes{{a.axis, a.keepdim}, IndexRef::live(*a.to)}, shape_of(x));
    });
}  // namespace detail

/// The largest elements along an axis, or of all, and where they stand, the first of equals: {values, positions}. The
/// gradient goes to that one element. Throws ValueError for no elements.
template <class T>
std::pair<Tensor<T>, Tensor<std::int64_t>> max_with_indices(const Tensor<T>& x, Axis axis = {}, bool keepdim = false) {
  return {detail::extreme("max_with_indices", x, axis, keepdim, detail::less_than), argmax(x, axis, keepdim)};
}
template <class T>
std::pair<Var<Tensor<T>>, IndexVar<Tensor<T>>> max_with_indices(const Var<Tensor<T>>& x, Axis axis = {},
                                                                bool keepdim = false) {
  const IndexVar<Tensor<T>> at = x.graph().indices();
  return {detail::max_with_indices_op<>.apply(detail::IndexResult{axis, keepdim, &at.edit()}, x), at};
}

}  // namespace minigrad
