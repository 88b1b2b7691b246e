// tensor/matmul.hpp - products of matrices: matmul = A B, matmul_nt = A B', matmul_tn = A' B.
//
// The transposed forms are there because backpropagation needs them: if Y = A B then dL/dA = G B' and dL/dB = A' G.
// They read their operands where they stand: nothing is transposed first. How they are computed is in gemm.hpp. An A of
// another rank than 2 is the matrix of its rows, all axes but the last taken as one; a vector is one row.
#pragma once

#include <cstddef>

#include "gemm.hpp"
#include "tensor.hpp"

namespace minigrad::inline MINIGRAD_ABI {
namespace detail {

/// The rows of a tensor as a matrix: its last axis, and all others as one.
template <class T>
MatrixView<T> matrix_of_rows(const Tensor<T>& x) {
  const std::size_t columns = x.shape()[x.rank() - 1];
  std::size_t rows = x.shape()[0];
  if (x.rank() != 2) {
    rows = 1;
    for (std::size_t axis = 0; axis + 1 < x.rank(); ++axis) rows *= x.shape()[axis];
  }
  return MatrixView<T>::plain(x.data(), rows, columns);
}

/// A product of matrices, A B or A B' or A' B, and A B + bias, that is not computed yet.
template <class T>
struct ProductExpression {
  const char* op;
  const Tensor<T>&a, &b;
  bool transpose_a = false, transpose_b = false;
  const Tensor<T>* bias = nullptr;

  MatrixView<T> left() const { return transpose_a ? matrix_of_rows(a).transposed() : matrix_of_rows(a); }
  MatrixView<T> right() const { return transpose_b ? matrix_of_rows(b).transposed() : matrix_of_rows(b); }

  /// The shape of the result. Throws ShapeError where the operands do not fit.
  Shape shape() const {
    if (bias) require_layer();
    if (a.rank() == 0 || b.rank() == 0) shape_error(op, a.shape(), b.shape(), "numbers are multiplied by *");
    if (b.rank() != 2 && !transpose_a)
      shape_error(op, a.shape(), b.shape(),
                  "the second must be a matrix; reshape a vector of n to [n, 1] or [1, n]");
    const MatrixView<T> A = left(), B = right();
    if (A.columns != B.rows) shape_error(op, a.shape(), b.shape(), "inner extents differ");
    if (!transpose_a) {
      Shape out = a.shape();
      out[a.rank() - 1] = B.columns;
      return out;
    }
    for (std::size_t axis = 0; axis + 1 < a.rank() || axis + 1 < b.rank(); ++axis)
      if (a.rank() != b.rank() || a.shape()[axis] != b.shape()[axis])
        shape_error(op, a.shape(), b.shape(), "all axes but the last must be the same");
    return {A.rows, B.columns};
  }
  std::size_t size() const { return left().rows * right().columns; }
  void write(Tensor<T>& out, Write write) const { gemm(left(), right(), out.data(), write, bias ? bias->data() : nullptr); }
  Tensor<T> evaluate() const {
    auto out = Tensor<T>::empty(shape());
    write(out, Write::assign);
    return out;
  }

 private:
  void require_layer() const {
    if (b.rank() != 2 || bias->shape() != Shape{b.shape()[0]})
      shape_error(op, b.shape(), bias->shape(), "weight must be [out, in] and bias [out]");
    if (const std::size_t in = b.shape()[1]; a.rank() == 0 || a.shape()[a.rank() - 1] != in)
      fail<ShapeError>({op, ": x ", a.shape(), " and weight ", b.shape(), ": the last extent of x must be ", in,
                        ", the weight's second"});
  }
};

}  // namespace detail

/// A B: [..., k] and [k, n] give [..., n]. Throws ShapeError unless B is a matrix and the inner extents agree.
template <class T>
Tensor<T> matmul(const Tensor<T>& a, const Tensor<T>& b) {
  return detail::ProductExpression<T>{"matmul", a, b}.evaluate();
}
/// A B': [..., k] and [n, k] give [..., n].
template <class T>
Tensor<T> matmul_nt(const Tensor<T>& a, const Tensor<T>& b) {
  return detail::ProductExpression<T>{"matmul_nt", a, b, false, true}.evaluate();
}
/// A' B: [..., m] and [..., n] give [m, n], the sum over all rows. Throws ShapeError unless all other axes agree.
template <class T>
Tensor<T> matmul_tn(const Tensor<T>& a, const Tensor<T>& b) {
  return detail::ProductExpression<T>{"matmul_tn", a, b, true, false}.evaluate();
}
/// x W' + b, a layer of neurons at once: x [..., in], weight [out, in], bias [out] give [..., out]. Throws ShapeError.
template <class T>
Tensor<T> linear(const Tensor<T>& x, const Tensor<T>& weight, const Tensor<T>& bias) {
  return detail::ProductExpression<T>{"linear", x, weight, false, true, &bias}.evaluate();
}

namespace detail {
// The same, to be computed into memory that is there.
template <class T>
ProductExpression<T> matmul(const Unevaluated<T>& a, const Unevaluated<T>& b) {
  return {"matmul", a.tensor, b.tensor};
}
template <class T>
ProductExpression<T> matmul_nt(const Unevaluated<T>& a, const Unevaluated<T>& b) {
  return {"matmul_nt", a.tensor, b.tensor, false, true};
}
template <class T>
ProductExpression<T> matmul_tn(const Unevaluated<T>& a, const Unevaluated<T>& b) {
  return {"matmul_tn", a.tensor, b.tensor, true, false};
}
template <class T>
ProductExpression<T> linear(const Unevaluated<T>& x, const Unevaluated<T>& weight, const Unevaluated<T>& bias) {
  return {"linear", x.tensor, weight.tensor, false, true, &bias.tensor};
}
}  // namespace detail

}  // namespace minigrad
