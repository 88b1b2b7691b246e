// tensor/matmul.hpp - products of matrices: matmul = A B, matmul_nt = A B', matmul_tn = A' B.
//
// The transposed forms are there because backpropagation needs them: if Y = A B then dL/dA = G B' and dL/dB = A' G.
// They read their operands where they stand, or write one out the other way round where that is the smaller work.
#pragma once

#include <cstddef>

#include "reduce.hpp"

namespace minigrad {
namespace detail {

/// A matrix as gemm reads it: element (i, j) is data[i * row_step + j * column_step].
template <class T>
struct MatrixView {
  const T* data;
  std::size_t rows, columns, row_step, column_step;

  static MatrixView plain(const T* data, std::size_t rows, std::size_t columns) {
    return {data, rows, columns, columns, 1};
  }
  MatrixView transposed() const { return {data, columns, rows, column_step, row_step}; }
  const T* at(std::size_t i, std::size_t j) const { return data + i * row_step + j * column_step; }
  T operator()(std::size_t i, std::size_t j) const { return *at(i, j); }
};

/// The definition: C_ij += sum over p of A_ip B_pj.
template <class T>
void gemm_reference(const MatrixView<T>& a, const MatrixView<T>& b, T* c) {
  for (std::size_t i = 0; i < a.rows; ++i)
    for (std::size_t j = 0; j < b.columns; ++j) {
      T total{};
      for (std::size_t p = 0; p < a.columns; ++p) total = static_cast<T>(total + a(i, p) * b(p, j));
      c[i * b.columns + j] = static_cast<T>(c[i * b.columns + j] + total);
    }
}

/// sum over p of x_p y_p by 32 running sums.
template <class T>
T dot_row(std::size_t n, const T* x, const T* y) {
  T lanes[block] = {};
  std::size_t p = 0;
  for (; p + block <= n; p += block)
    for (std::size_t j = 0; j < block; ++j) lanes[j] = static_cast<T>(lanes[j] + x[p + j] * y[p + j]);
  T total = n >= block ? sum_row(block, lanes) : T{};
  for (; p < n; ++p) total = static_cast<T>(total + x[p] * y[p]);
  return total;
}

/// y_i += scale * x_i, block by block, as compilers vectorise it.
template <class T>
void add_scaled_row(std::size_t n, T* __restrict y, T scale, const T* x) {
  std::size_t i = 0;
  for (; i + block <= n; i += block)
    for (std::size_t j = 0; j < block; ++j) y[i + j] = static_cast<T>(y[i + j] + scale * x[i + j]);
  for (; i < n; ++i) y[i] = static_cast<T>(y[i] + scale * x[i]);
}

/// The same matrix in row-major order, in memory of its own.
template <class T>
Tensor<T> written_out(const MatrixView<T>& b) {
  auto plain = Tensor<T>::empty({b.rows, b.columns});
  for (std::size_t j = 0; j < b.columns; ++j)
    for (std::size_t p = 0; p < b.rows; ++p) plain.data()[p * b.columns + j] = b(p, j);
  return plain;
}

/// C += A B, where C is plain. Rows of C are built from rows of B. Where B's columns are what is contiguous, a small C
/// is built from dot products; for a larger one B is written out plainly first, which then is the smaller work.
template <class T>
void gemm(const MatrixView<T>& a, const MatrixView<T>& b, T* c) {
  const std::size_t n = b.columns;
  if (b.column_step != 1 && a.rows >= 2 && n >= 8) {
    const Tensor<T> plain = written_out(b);
    return gemm(a, MatrixView<T>::plain(plain.data(), b.rows, n), c);
  }
  for (std::size_t i = 0; i < a.rows; ++i) {
    T* row = c + i * n;
    if (b.column_step == 1) {
      for (std::size_t p = 0; p < a.columns; ++p) {
        const T scale = a(i, p);
        add_scaled_row(n, row, scale, b.at(p, 0));
      }
    } else if (b.row_step == 1 && a.column_step == 1) {
      for (std::size_t j = 0; j < n; ++j) row[j] = static_cast<T>(row[j] + dot_row(a.columns, a.at(i, 0), b.at(0, j)));
    } else {
      gemm_reference(MatrixView<T>{a.at(i, 0), 1, a.columns, a.row_step, a.column_step}, b, row);
    }
  }
}

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
  c.fill(T{});
  gemm(A, B, c.data());
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
  for (std::size_t i = 0; i < rows; ++i) std::copy(bias.begin(), bias.end(), y.data() + i * out);
  detail::gemm(detail::MatrixView<T>::plain(x.data(), rows, in),
               detail::MatrixView<T>::plain(weight.data(), out, in).transposed(), y.data());
  return y;
}

}  // namespace minigrad
