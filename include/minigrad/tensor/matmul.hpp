// tensor/matmul.hpp - products of matrices: matmul = A B, matmul_nt = A B', matmul_tn = A' B.
//
// The transposed forms are there because backpropagation needs them: if Y = A B then dL/dA = G B' and dL/dB = A' G.
// They read their operands where they stand: nothing is transposed first. How they are computed is in gemm.hpp. An A of
// another rank than 2 is the matrix of its rows, all axes but the last taken as one; a vector is one row.
#pragma once

#include <cstddef>

#include "gemm.hpp"
#include "tensor.hpp"

namespace minigrad {
namespace detail {

/// The rows of a tensor as a matrix: its last axis, and all others as one.
template <class T>
MatrixView<T> matrix_of_rows(const Tensor<T>& x) {
  const std::size_t last = x.rank() - 1;
  std::size_t rows = 1;
  for (std::size_t axis = 0; axis < last; ++axis) rows *= x.shape()[axis];
  return MatrixView<T>::plain(x.data(), rows, x.shape()[last]);
}

template <class T>
Tensor<T> matmul(const char* op, const Tensor<T>& a, bool transpose_a, const Tensor<T>& b, bool transpose_b) {
  if (a.rank() == 0 || b.rank() == 0) shape_error(op, a.shape(), b.shape(), "numbers are multiplied by *");
  if (b.rank() != 2 && !transpose_a)
    shape_error(op, a.shape(), b.shape(),
                "the second must be a matrix; reshape a vector of n to [n, 1] or [1, n]");
  MatrixView<T> A = matrix_of_rows(a), B = matrix_of_rows(b);
  if (transpose_a) A = A.transposed();
  if (transpose_b) B = B.transposed();
  if (A.columns != B.rows) shape_error(op, a.shape(), b.shape(), "inner extents differ");
  Shape shape{A.rows, B.columns};
  if (!transpose_a && a.rank() != 2) {
    shape = a.shape();
    shape[a.rank() - 1] = B.columns;
  }
  auto c = Tensor<T>::empty(shape);
  gemm(A, B, c.data(), Write::assign);
  return c;
}

}  // namespace detail

/// A B: [..., k] and [k, n] give [..., n]. Throws ShapeError unless B is a matrix and the inner extents agree.
template <class T>
Tensor<T> matmul(const Tensor<T>& a, const Tensor<T>& b) {
  return detail::matmul("matmul", a, false, b, false);
}

/// A B': [..., k] and [n, k] give [..., n].
template <class T>
Tensor<T> matmul_nt(const Tensor<T>& a, const Tensor<T>& b) {
  return detail::matmul("matmul_nt", a, false, b, true);
}

/// A' B: [..., m] and [..., n] give [m, n]: the sum over all rows, of which both have the same number.
template <class T>
Tensor<T> matmul_tn(const Tensor<T>& a, const Tensor<T>& b) {
  return detail::matmul("matmul_tn", a, true, b, false);
}

/// x W' + b, a layer of neurons at once: x [..., in], weight [out, in], bias [out] give [..., out]. Throws ShapeError.
template <class T>
Tensor<T> linear(const Tensor<T>& x, const Tensor<T>& weight, const Tensor<T>& bias) {
  if (weight.rank() != 2 || bias.shape() != Shape{weight.shape()[0]})
    detail::shape_error("linear", weight.shape(), bias.shape(), "weight must be [out, in] and bias [out]");
  const std::size_t out = weight.shape()[0], in = weight.shape()[1];
  if (x.rank() == 0 || x.shape()[x.rank() - 1] != in)
    detail::fail<ShapeError>({"linear: x ", x.shape(), " and weight ", weight.shape(),
                              ": the last extent of x must be ", in, ", the weight's second"});
  Shape shape = x.shape();
  shape[x.rank() - 1] = out;
  auto y = Tensor<T>::empty(shape);
  detail::gemm(detail::matrix_of_rows(x), detail::matrix_of_rows(weight).transposed(), y.data(), detail::Write::assign,
               bias.data());
  return y;
}

}  // namespace minigrad
