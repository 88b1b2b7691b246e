// ops/rearrange.hpp - the table of ops that move numbers without changing them; the rule moves the gradient back.
#pragma once

#include <initializer_list>
#include <vector>

#include "../tensor/rearrange.hpp"
#include "reduce.hpp"

namespace minigrad::inline MINIGRAD_ABI {

namespace detail {

/// Whole numbers that an op reads: its own, or those of a handle, which a replayed step may change.
class IndexRef {
 public:
  IndexRef(const Tensor<std::int64_t>& constant) : constant_(constant) {}
  template <class V>
  IndexRef(const IndexVar<V>& handle) : live_(&handle.value()) {}
  /// Those of an op's own result, which stays where it is.
  static IndexRef live(const Tensor<std::int64_t>& indices) {
    IndexRef out;
    out.live_ = &indices;
    return out;
  }
  const Tensor<std::int64_t>& operator*() const { return live_ ? *live_ : constant_; }

 private:
  IndexRef() = default;
  Tensor<std::int64_t> constant_{};
  const Tensor<std::int64_t>* live_ = nullptr;
};

/// Throws GraphError for a handle of another graph than that of x. The function of a checkpoint, which is computed in a
/// graph of its own, may use handles of the outer graph.
template <class V>
void require_own_handle(const Var<V>& x, const IndexVar<V>& indices) {
  if (&x.graph() != &indices.graph() && !x.graph().nested())
    fail<GraphError>({"an op of whole numbers: the operands belong to different graphs"});
}

/// f(x), where a handle makes a Parameter or Tensor an operand of its graph.
template <class X, class Ids, class F>
auto with_handle(const X& x, [[maybe_unused]] const Ids& indices, const F& f) {
  if constexpr (is_index_var<Ids> && is_var<X>) require_own_handle(x, indices);
  if constexpr (is_index_var<Ids> && is_parameter<X>) return f(indices.graph().parameter(x));
  else if constexpr (is_index_var<Ids> && is_tensor<X>) return f(indices.graph().input(x));
  else if constexpr (is_parameter<X>) return require_graph<X>(), f(x.value());
  else return f(x);
}

struct TargetShapeAttribute {
  TargetShape shape;
  void describe(auto& list) const { list("shape", shape); }
};
struct FlattenAttributes {
  Axis start_dim, end_dim;
  void describe(auto& list) const {
    list("start_dim", start_dim);
    if (end_dim.index() != -1) list("end_dim", end_dim);
  }
};
struct AxesAttribute {
  Axis first, second;
  void describe(auto& list) const {
    list("first", first);
    list("second", second);
  }
};
struct SliceAttributes {
  std::size_t begin, end;
  Axis axis;
  void describe(auto& list) const {
    list("begin", begin);
    list("end", end);
    list("axis", axis);
  }
};
struct UnsliceAttributes {
  Shape shape;
  std::size_t begin;
  Axis axis;
  void describe(auto& list) const {
    list("shape", shape);
    list("begin", begin);
    list("axis", axis);
  }
};
struct IndexAttribute {
  IndexRef indices;
  void describe(auto& list) const { list.indices("indices", *indices); }
};
struct IndexAddAttributes {
  IndexRef indices;
  std::size_t rows;
  void describe(auto& list) const {
    list.indices("indices", *indices);
    list("rows", rows);
  }
};

}  // namespace detail

/// Another shape of the same size. A -1 stays one in the graph, so that the shape does not tell how many rows there were.
inline constexpr auto reshape_op = record(
    "reshape", [](const auto& a, const auto& x) { return reshape(x, a.shape); },
    [](const auto&, const auto& g, auto&&, const auto& x) { return reshape(g, shape_of(x)); });
template <detail::VarOrParameter X>
auto reshape(const X& x, const TargetShape& shape) {
  return reshape_op.apply(detail::TargetShapeAttribute{shape}, x);
}
inline constexpr auto flatten_op = record(
    "flatten", [](const auto& a, const auto& x) { return flatten(x, a.start_dim, a.end_dim); },
    [](const auto&, const auto& g, auto&&, const auto& x) { return reshape(g, shape_of(x)); });
template <detail::VarOrParameter X>
auto flatten(const X& x, Axis start_dim = 0, Axis end_dim = -1) {
  return flatten_op.apply(detail::FlattenAttributes{start_dim, end_dim}, x);
}

inline constexpr auto transpose_op = record(
    "transpose", [](const auto& a, const auto& x) { return transpose(x, a.first, a.second); },
    [](const auto& a, const auto& g) { return transpose(g, a.first, a.second); });
template <detail::VarOrParameter X>
auto transpose(const X& x, Axis first = -2, Axis second = -1) {
  return transpose_op.apply(detail::AxesAttribute{first, second}, x);
}

inline constexpr auto slice_op = record(
    "slice", [](const auto& a, const auto& x) { return slice(x, a.begin, a.end, a.axis); },
    [](const auto& a, const auto& g, auto&&, const auto& x) { return unslice(g, shape_of(x), a.begin, a.axis); });
template <detail::VarOrParameter X>
auto slice(const X& x, std::size_t begin, std::size_t end, Axis axis = 0) {
  return slice_op.apply(detail::SliceAttributes{begin, end, axis}, x);
}
inline constexpr auto unslice_op = record(
    "unslice", [](const auto& a, const auto& x) { return unslice(x, a.shape, a.begin, a.axis); },
    [](const auto& a, const auto& g, auto&&, const auto& x) {
      const std::size_t extent = shape_of(x)[a.axis.in("unslice", shape_of(x))];
      return slice(g, a.begin, a.begin + extent, a.axis);
    });
template <detail::VarOrParameter X>
auto unslice(const X& x, const Shape& shape, std::size_t begin, Axis axis = 0) {
  return unslice_op.apply(detail::UnsliceAttributes{shape, begin, axis}, x);
}

/// Row indices[i] of x as row i; its inverse, which adds row i of x to row indices[i] of zeros. Each is the other's
/// rule.
inline constexpr auto index_select_op = record(
    "index_select", [](const auto& a, const auto& x) { return index_select(x, *a.indices); },
    [](const auto& a, const auto& g, auto&&, const auto& x) { return index_add(g, a.indices, shape_of(x)[0]); });
inline constexpr auto index_add_op = record(
    "index_add", [](const auto& a, const auto& x) { return index_add(x, *a.indices, a.rows); },
    [](const auto& a, const auto& g) { return index_select(g, a.indices); });

template <class X, class Ids>
  requires(detail::VarOrParameter<X> || (is_tensor<X> && !std::is_same_v<Ids, Tensor<std::int64_t>>))
auto index_select(const X& x, const Ids& indices) {
  return detail::with_handle(x, indices, [&](const auto& v) {
    return index_select_op.apply(detail::IndexAttribute{indices}, v);
  });
}
template <class X, class Ids>
  requires(detail::VarOrParameter<X> || (is_tensor<X> && !std::is_same_v<Ids, Tensor<std::int64_t>>))
auto index_add(const X& x, const Ids& indices, std::size_t rows) {
  return detail::with_handle(x, indices, [&](const auto& v) {
    return index_add_op.apply(detail::IndexAddAttributes{indices, rows}, v);
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

/// The same of Vars, Tensors and Parameters, in any mix: concatenate({x, ones({2, 3})}). (Templates only so that they
/// are compiled where they are called.)
template <int = 0>
Var<Tensor<float>> concatenate(std::initializer_list<detail::VarOrTensor<float>> x, Axis axis = 0) {
  return concatenate(detail::VarOrTensor<float>::as_vars("concatenate", x), axis);
}
template <int = 0>
Var<Tensor<double>> concatenate(std::initializer_list<detail::VarOrTensor<double>> x, Axis axis = 0) {
  return concatenate(detail::VarOrTensor<double>::as_vars("concatenate", x), axis);
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

template <int = 0>
Var<Tensor<float>> stack(std::initializer_list<detail::VarOrTensor<float>> x, Axis axis = 0) {
  return stack(detail::VarOrTensor<float>::as_vars("stack", x), axis);
}
template <int = 0>
Var<Tensor<double>> stack(std::initializer_list<detail::VarOrTensor<double>> x, Axis axis = 0) {
  return stack(detail::VarOrTensor<double>::as_vars("stack", x), axis);
}

}  // namespace minigrad
