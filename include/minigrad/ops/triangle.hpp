// ops/triangle.hpp - the op table: triangles of matrices, and what a mask covers. Not part of minigrad.hpp.
//
//   tril   y_ij = x_ij where j <= i + diagonal, else 0
//   triu   y_ij = x_ij where j >= i + diagonal, else 0
//
// The matrices are the last two axes. The gradient is the same triangle of g.
#pragma once

#include <algorithm>
#include <cstddef>

#include "../tensor/create.hpp"
#include "arithmetic.hpp"
#include "rearrange.hpp"

namespace minigrad::inline MINIGRAD_ABI {
namespace detail {

struct TriangleAttributes {
  bool upper;
  std::ptrdiff_t diagonal;
  void describe(auto& list) const {
    list("upper", upper);
    list("k", diagonal);  // ONNX's word
  }
};

inline constexpr auto triangle_op = record(
    "triangle",
    []<class T>(const auto& a, const Tensor<T>& x) {
      if (x.rank() < 2)
        fail<ShapeError>({a.upper ? "triu" : "tril", ": a tensor of shape ", x.shape(), " is no matrix"});
      const auto rows = static_cast<std::ptrdiff_t>(x.shape().from_right(1));
      const auto columns = static_cast<std::ptrdiff_t>(x.shape().from_right(0));
      auto y = Tensor<T>::empty(x.shape());
      for (std::ptrdiff_t row = 0, at = 0; at < static_cast<std::ptrdiff_t>(x.size()); ++row, at += columns) {
        const std::ptrdiff_t cut = row % rows + a.diagonal + (a.upper ? 0 : 1);  // the first column of the upper part
        const std::ptrdiff_t first = cut < 0 ? 0 : cut > columns ? columns : cut;
        const T* const from = x.data() + at;
        T* const to = y.data() + at;
        if (a.upper) std::copy(from + first, from + columns, std::fill_n(to, first, T{}));
        else std::fill(std::copy(from, from + first, to), to + columns, T{});
      }
      return y;
    },
    [](const auto& a, const auto& g) { return a.upper ? triu(g, a.diagonal) : tril(g, a.diagonal); });

}  // namespace detail

/// The lower triangle of matrices: all below and on the diagonal; or on another one, `diagonal` above it. Throws
/// ShapeError for less than two axes.
template <detail::TensorOperand X>
auto tril(const X& x, std::ptrdiff_t diagonal = 0) {
  return detail::triangle_op.apply(detail::TriangleAttributes{false, diagonal}, x);
}
/// The upper triangle of matrices: all above and on the diagonal, likewise. Throws ShapeError for less than two axes.
template <detail::TensorOperand X>
auto triu(const X& x, std::ptrdiff_t diagonal = 0) {
  return detail::triangle_op.apply(detail::TriangleAttributes{true, diagonal}, x);
}

/// A number where the mask is true, else x. The mask broadcasts. dL/dx is g where the mask is false. Throws ShapeError
/// where the shapes do not broadcast, and ValueError for a value that the elements do not hold.
template <Operand X, Operand M>
auto masked_fill(const X& x, const M& mask, double value) {
  if constexpr (requires { mask.var(); }) broadcast_shapes("masked_fill", shape_of(x), shape_of(mask.var()));
  else broadcast_shapes("masked_fill", shape_of(x), shape_of(mask));
  return where(mask, detail::constant_as<detail::scalar_type<X>>("masked_fill", value), x);
}

}  // namespace minigrad
