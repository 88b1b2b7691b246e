// ops/rearrange.hpp - the table of ops that move numbers without changing them; the rule moves the gradient back.
#pragma once

#include <initializer_list>
#include <vector>

#include "../tensor/rearrange.hpp"
#include "../tensor/strided.hpp"
#include "compare.hpp"

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
void require_own_handle(const char* op, const Var<V>& x, const IndexVar<V>& indices) {
  if (&x.graph() != &indices.graph() && !x.graph().nested())
    fail<GraphError>({op, ": the operands belong to different graphs"});
}

/// f(x), where a handle makes a Parameter or Tensor an operand of its graph.
template <class X, class Ids, class F>
auto with_handle([[maybe_unused]] const char* op, const X& x, [[maybe_unused]] const Ids& indices, const F& f) {
  if constexpr (is_index_var<Ids> && is_var<X>) require_own_handle(op, x, indices);
  if constexpr (is_index_var<Ids> && is_parameter<X>) return f(indices.graph().parameter(x));
  else if constexpr (is_index_var<Ids> && is_tensor<X>) return f(indices.graph().input(x));
  else if constexpr (is_parameter<X>) return require_operands<1, X>(), f(x.value());
  else return f(x);
}

struct AxisAttribute {
  Axis axis;
  void describe(auto& list) const { list("axis", axis); }
};
struct AxesAttribute {
  Axes axis;
  void describe(auto& list) const { list("axis", axis); }
};
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
struct TransposeAttributes {
  Axis first, second;
  void describe(auto& list) const {
    list("first", first);
    list("second", second);
  }
};
struct PermuteAttribute {
  Axes perm;
  void describe(auto& list) const { list("perm", perm); }
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
struct IndexAttributes {
  IndexRef indices;
  Axis axis;
  void describe(auto& list) const {
    list.indices("indices", *indices);
    list("axis", axis);
  }
};
struct IndexAddAttributes : IndexAttributes {
  std::size_t rows;
  void describe(auto& list) const {
    IndexAttributes::describe(list);
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
/// Neighbouring axes as one.
inline constexpr auto flatten_op = record(
    "flatten", [](const auto& a, const auto& x) { return flatten(x, a.start_dim, a.end_dim); },
    [](const auto&, const auto& g, auto&&, const auto& x) { return reshape(g, shape_of(x)); });
template <detail::VarOrParameter X>
auto flatten(const X& x, Axis start_dim = 0, Axis end_dim = -1) {
  return flatten_op.apply(detail::FlattenAttributes{start_dim, end_dim}, x);
}

/// Two axes exchanged; the gradient gets them back.
inline constexpr auto transpose_op = record(
    "transpose", [](const auto& a, const auto& x) { return transpose(x, a.first, a.second); },
    [](const auto& a, const auto& g) { return transpose(g, a.first, a.second); });
template <detail::VarOrParameter X>
auto transpose(const X& x, Axis first = -2, Axis second = -1) {
  return transpose_op.apply(detail::TransposeAttributes{first, second}, x);
}

/// The axes in another order; the gradient gets them back in the old one. (A template, so that it is compiled where it is
/// used.)
template <class = void>
inline constexpr auto permute_op = record(
    "permute", [](const auto& a, const auto& x) { return permute(x, a.perm); },
    [](const auto& a, const auto& g) { return permute(g, detail::inverse_permutation(a.perm)); });
template <detail::VarOrParameter X>
auto permute(const X& x, const Axes& perm) {
  return permute_op<>.apply(detail::PermuteAttribute{perm}, x);
}

/// Places along an axis, and zeros with x at such places. Each is the other's rule.
inline constexpr auto slice_op = record(
    "slice", [](const auto& a, const auto& x) { return slice(x, a.begin, a.end, a.axis); },
    [](const auto& a, const auto& g, auto&&, const auto& x) { return unslice(g, shape_of(x), a.begin, a.axis); });
template <detail::VarOrParameter X>
auto slice(const X& x, std::size_t begin, std::size_t end, Axis axis = 0) {
  return slice_op.apply(detail::SliceAttributes{begin, end, axis}, x);
}
/// Zeros with x at some places along an axis. dL/dx is g at those places.
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

/// Row indices[i] of x as row i, or the same along another axis; its inverse, which adds row i of x to row indices[i] of
/// zeros. Each is the other's rule.
inline constexpr auto index_select_op = record(
    "index_select", [](const auto& a, const auto& x) { return index_select(x, *a.indices, a.axis); },
    [](const auto& a, const auto& g, auto&&, const auto& x) {
      return index_add(g, a.indices, shape_of(x)[a.axis.in("index_select", shape_of(x))], a.axis);
    });
inline constexpr auto index_add_op = record(
    "index_add", [](const auto& a, const auto& x) { return index_add(x, *a.indices, a.rows, a.axis); },
    [](const auto& a, const auto& g) { return index_select(g, a.indices, a.axis); });

template <class X, class Ids>
  requires(detail::VarOrParameter<X> || (is_tensor<X> && !std::is_same_v<Ids, Tensor<std::int64_t>>))
auto index_select(const X& x, const Ids& indices, Axis axis = 0) {
  return detail::with_handle("index_select", x, indices, [&](const auto& v) {
    return index_select_op.apply(detail::IndexAttributes{indices, axis}, v);
  });
}
template <class X, class Ids>
  requires(detail::VarOrParameter<X> || (is_tensor<X> && !std::is_same_v<Ids, Tensor<std::int64_t>>))
auto index_add(const X& x, const Ids& indices, std::size_t rows, Axis axis = 0) {
  return detail::with_handle("index_add", x, indices, [&](const auto& v) {
    return index_add_op.apply(detail::IndexAddAttributes{{indices, axis}, rows}, v);
  });
}

}  // namespace minigrad::inline MINIGRAD_ABI
