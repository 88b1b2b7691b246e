// ops/concatenate.hpp - the ops of as many inputs as there are.
#pragma once

#include <initializer_list>
#include <span>
#include <vector>

#include "../graph/record_many.hpp"
#include "rearrange.hpp"

namespace minigrad::inline MINIGRAD_ABI {

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
      "concatenate", With{detail::AxisAttribute{axis}, [](const auto& a, std::span<const Tensor<T>* const> values) {
        return concatenate<T>(values, a.axis);
      }},
      [=](const auto& g, auto&&, std::size_t k) { return slice(g, starts[k], starts[k + 1], axis); })(x);
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
/// One of several operands between braces, of which one at least is a Var.
template <class T>
class VarOrTensor {
 public:
  VarOrTensor(const Var<Tensor<T>>& x) : var_(&x) {}
  VarOrTensor(const Tensor<T>& x) : tensor_(&x) {}
  VarOrTensor(const Parameter<Tensor<T>>& x) : parameter_(&x) {}

  /// All as Vars of the graph of the first Var. Throws GraphError if there is none.
  static std::vector<Var<Tensor<T>>> as_vars(const char* op, std::initializer_list<VarOrTensor> x) {
    const VarOrTensor* first = x.begin();
    while (first != x.end() && !first->var_) ++first;
    if (first == x.end())
      fail<GraphError>({op, ": a Parameter meets no Var here: take its value(), or graph.parameter(it)"});
    Graph<Tensor<T>>& graph = first->var_->graph();
    std::vector<Var<Tensor<T>>> out;
    for (const VarOrTensor& one : x)
      out.push_back(one.var_ ? *one.var_ : one.tensor_ ? graph.input(*one.tensor_) : graph.parameter(*one.parameter_));
    return out;
  }

 private:
  const Var<Tensor<T>>* var_ = nullptr;
  const Tensor<T>* tensor_ = nullptr;
  const Parameter<Tensor<T>>* parameter_ = nullptr;
};
}  // namespace detail

/// The same of Vars, Tensors and Parameters, in any mix: concatenate({x, ones({2, 3})}). (Templates, with bodies
/// that depend on T, only so that they are compiled where they are called.)
template <class T = float>
Var<Tensor<float>> concatenate(std::initializer_list<detail::VarOrTensor<float>> x, Axis axis = 0) {
  return concatenate(detail::VarOrTensor<T>::as_vars("concatenate", x), axis);
}
template <class T = double>
Var<Tensor<double>> concatenate(std::initializer_list<detail::VarOrTensor<double>> x, Axis axis = 0) {
  return concatenate(detail::VarOrTensor<T>::as_vars("concatenate", x), axis);
}

namespace detail {
/// The shape with a new axis of extent 1, which may also come last. (A template, so that it is compiled where it is used.)
template <class = void>
Shape with_new_axis(const Shape& shape, Axis axis) {
  const int rank = static_cast<int>(shape.rank()) + 1;
  if (axis.index() < -rank || axis.index() >= rank)
    fail<IndexError>({"stack: axis ", axis.index(), " of the result: tensors of shape ", shape, " and a new axis are ",
                      rank, rank == 1 ? " axis" : " axes"});
  Shape out = shape;
  out.insert(static_cast<std::size_t>(axis.index() < 0 ? axis.index() + rank : axis.index()), 1);
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

template <class T = float>
Var<Tensor<float>> stack(std::initializer_list<detail::VarOrTensor<float>> x, Axis axis = 0) {
  return stack(detail::VarOrTensor<T>::as_vars("stack", x), axis);
}
template <class T = double>
Var<Tensor<double>> stack(std::initializer_list<detail::VarOrTensor<double>> x, Axis axis = 0) {
  return stack(detail::VarOrTensor<T>::as_vars("stack", x), axis);
}

}  // namespace minigrad::inline MINIGRAD_ABI
