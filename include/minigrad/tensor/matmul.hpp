// tensor/matmul.hpp - products of matrices: matmul = A B, matmul_nt = A B', matmul_tn = A' B.
//
// The transposed forms are there because backpropagation needs them: if Y = A B then dL/dA = G B' and dL/dB = A' G.
// They read their operands where they stand: nothing is transposed first. How they are computed is in gemm.hpp.
#pragma once

#include <cstddef>

#include "gemm.hpp"
#include "tensor.hpp"

namespace minigrad {
namespace detail {

template <class T>
Tensor<T> matmul(const char* op, const Tensor<T>& a, bool transpose_a, const Tensor<T>& b, bool transpose_b) {
  if (a.rank() != 2 || b.rank() != 2)
    shape_error(op, a.shape(), b.shape(), "both must be matrices; reshape a vector of n to [n, 1] or [1, n]");
  auto A = MatrixView<T>::plain(a.data(), a.shape()[0], a.shape()[1]);
  auto B = MatrixView<T>::plain(b.data(), b.shape()[0], b.shape()[1]);
  if (transpose_a) A = A.transposed();
  if (transpose_b) B = B.transposed();
  if (A.columns != B.rows) shape_error(op, a.shape(), b.shape(), "inner extents differ");
  auto c = Tensor<T>::empty({A.rows, B.columns});
  gemm(A, B, c.data(), Write::assign);
  return c;
}

}  // namespace detail

/// A B: [m, k] and [k, n] give [m, n]. Throws ShapeError unless both are matrices and the inner extents agree.
template <class T>
Tensor<T> matmul(const Tensor<T>& a, const Tensor<T>& b) {
  return detail::matmul("matmul", a, false, b, false);
}

/// A B': [m, k] and [n, k] give [m, n].
template <class T>
Tensor<T> matmul_nt(const Tensor<T>& a, const Tensor<T>& b) {
  return detail::matmul("matmul_nt", a, false, b, true);
}

/// A' B: [k, m] and [k, n] give [m, n].
template <class T>
Tensor<T> matmul_tn(const Tensor<T>& a, const Tensor<T>& b) {
  return detail::matmul("matmul_tn", a, true, b, false);
}

/// x W' + b, a layer of neurons at once: x [..., in], weight [out, in], bias [out] give [..., out]. Throws ShapeError.
template <class T>
Tensor<T> affine(const Tensor<T>& x, const Tensor<T>& weight, const Tensor<T>& bias) {
  if (weight.rank() != 2 || bias.shape() != Shape{weight.shape()[0]})
    detail::shape_error("affine", weight.shape(), bias.shape(), "weight must be [out, in] and bias [out]");
  const std::size_t out = weight.shape()[0], in = weight.shape()[1];
  if (x.rank() == 0 || x.shape()[x.rank() - 1] != in)
    detail::fail<ShapeError>({"affine: x ", x.shape(), " and weight ", weight.shape(),
                              ": the last extent of x must be ", in, ", the weight's second"});
  Shape shape = x.shape();
  shape[x.rank() - 1] = out;
  auto y = Tensor<T>::empty(shape);
  const std::size_t rows = out ? y.size() / out : 0;
  detail::gemm(detail::MatrixView<T>::plain(x.data(), rows, in),
               detail::MatrixView<T>::plain(weight.data(), out, in).transposed(), y.data(), detail::Write::assign,
               bias.data());
  return y;
}

}  // namespace minigrad
