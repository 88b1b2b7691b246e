// ops/rearrange.hpp - the table of ops that move numbers without changing them; the rule moves the gradient back.
#pragma once

#include <initializer_list>
#include <vector>

#include "../tensor/rearrange.hpp"
#include "../graph/record_many.hpp"
#include "reduce.hpp"

namespace minigrad {

template <detail::VarOrParameter X>
auto reshape(const X& x, const Shape& shape) {
  return record("reshape", inputs(x), [=](const auto& v) { return reshape(v, shape); },
                [](const auto& g, auto&&, const auto& v) { return reshape(g, shape_of(v)); });
}

template <detail::VarOrParameter X>
auto transpose(const X& x, Axis first = -2, Axis second = -1) {
  return record("transpose", inputs(x), [=](const auto& v) { return transpose(v, first, second); },
                [=](const auto& g, auto&&, auto&&) { return transpose(g, first, second); });
}

template <detail::VarOrParameter X>
auto slice(const X& x, std::size_t begin, std::size_t end, Axis axis = 0) {
  return record("slice", inputs(x), [=](const auto& v) { return slice(v, begin, end, axis); },
                [=](const auto& g, auto&&, const auto& v) { return unslice(g, shape_of(v), begin, axis); });
}
template <detail::VarOrParameter X>
auto unslice(const X& x, const Shape& shape, std::size_t begin, Axis axis = 0) {
  return record("unslice", inputs(x), [=](const auto& v) { return unslice(v, shape, begin, axis); },
                [=](const auto& g, auto&&, const auto& v) {
                  const std::size_t extent = shape_of(v)[axis.in("unslice", shape_of(v))];
                  return slice(g, begin, begin + extent, axis);
                });
}

template <detail::VarOrParameter X>
auto index_select(const X& x, const Tensor<std::int64_t>& indices) {
  return record("index_select", inputs(x), [&](const auto& v) { return index_select(v, indices); },
                [indices = Tensor<std::int64_t>(indices)](const auto& g, auto&&, const auto& v) {
                  return index_add(g, indices, shape_of(v)[0]);
                });
}
template <detail::VarOrParameter X>
auto index_add(const X& x, const Tensor<std::int64_t>& indices, std::size_t rows) {
  return record("index_add", inputs(x), [&](const auto& v) { return index_add(v, indices, rows); },
                [indices = Tensor<std::int64_t>(indices)](const auto& g, auto&&, auto&&) {
                  return index_select(g, indices);
                });
}

/// The tensors one after another along an axis. The gradient is cut into the same pieces.
template <class T>
Var<Tensor<T>> concatenate(std::span<const Var<Tensor<T>>> x, Axis axis = 0) {
  detail::PoolArray<std::size_t> starts;
  starts.push_back(0);
  for (const auto& one : x) {
    if (shape_of(one).rank() != shape_of(x[0]).rank())
      detail::shape_error("concatenate", shape_of(x[0]), shape_of(one), "extents differ along another axis");
    starts.push_back(starts[starts.size() - 1] + shape_of(one)[axis.in("concatenate", shape_of(one))]);
  }
  return record_many(
      "concatenate", x, [&](std::span<const Tensor<T>* const> values) { return concatenate<T>(values, axis); },
      [=](const auto& g, auto&&, std::size_t k) { return slice(g, starts[k], starts[k + 1], axis); });
}
template <class T>
Var<Tensor<T>> concatenate(std::initializer_list<Var<Tensor<T>>> x, Axis axis = 0) {
  return concatenate(std::span<const Var<Tensor<T>>>(x.begin(), x.size()), axis);
}
template <class T>
Var<Tensor<T>> concatenate(const std::vector<Var<Tensor<T>>>& x, Axis axis = 0) {
  return concatenate(std::span<const Var<Tensor<T>>>(x), axis);
}

namespace detail {
/// The shape with a new axis of extent 1, which may also come last.
inline Shape with_new_axis(const Shape& shape, Axis axis) {
  Shape longer = shape;
  longer.push_back(1);
  const std::size_t k = axis.in("stack", longer);
  Shape out = shape;
  out.insert(k, 1);
  return out;
}
}  // namespace detail

/// Tensors of one shape side by side along a new axis. Throws ShapeError when their shapes differ.
template <class X>
auto stack(std::span<const X> x, Axis axis = 0) {
  if (x.empty()) detail::fail<ValueError>({"stack: nothing to put together"});
  detail::PoolArray<X> parts;
  parts.reserve(x.size());
  for (const X& one : x) {
    if (shape_of(one) != shape_of(x[0]))
      detail::shape_error("stack", shape_of(x[0]), shape_of(one), "shapes must be equal");
    parts.push_back(reshape(one, detail::with_new_axis(shape_of(one), axis)));
  }
  return concatenate(std::span<const X>(parts.data(), parts.size()), axis);
}
template <class X>
auto stack(std::initializer_list<X> x, Axis axis = 0) {
  return stack(std::span<const X>(x.begin(), x.size()), axis);
}
template <class X>
auto stack(const std::vector<X>& x, Axis axis = 0) {
  return stack(std::span<const X>(x), axis);
}

}  // namespace minigrad
