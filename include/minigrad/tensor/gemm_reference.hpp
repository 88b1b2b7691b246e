// tensor/gemm_reference.hpp - what a product of matrices is, and how gemm is told where its operands lie.
#pragma once

#include <cstddef>

#include "broadcast_loop.hpp"
#include "pairwise.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

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

/// The sum of A_ip B_pj over `count` numbers p from `first` on: in pieces, and in halves where there are many.
template <class T>
T sum_of_products(MatrixView<T> a, MatrixView<T> b, std::size_t i, std::size_t j, std::size_t first,
                  std::size_t count) {
  if (count > longest_product) {
    const std::size_t half = first_half(count, longest_piece);
    return static_cast<T>(wrap_add(sum_of_products(a, b, i, j, first, half),
                                   sum_of_products(a, b, i, j, first + half, count - half)));
  }
  T total{};
  for (std::size_t p = first, end = first + count; p < end;) {
    T piece{};
    for (const std::size_t stop = end - p < longest_piece ? end : p + longest_piece; p < stop; ++p)
      piece = static_cast<T>(wrap_add(piece, wrap_mul(a(i, p), b(p, j))));
    total = static_cast<T>(wrap_add(total, piece));
  }
  return total;
}

/// The definition: C_ij = sum over p of A_ip B_pj, added to what stands in C, or to bias_j where a bias is given.
template <class T>
void gemm_reference(const MatrixView<T>& a, const MatrixView<T>& b, T* c, Write write, const T* bias = nullptr) {
  for (std::size_t i = 0; i < a.rows; ++i)
    for (std::size_t j = 0; j < b.columns; ++j) {
      T total = sum_of_products(a, b, i, j, 0, a.columns);
      T& out = c[i * b.columns + j];
      if (write == Write::add) total = static_cast<T>(wrap_add(out, total));
      out = bias ? static_cast<T>(wrap_add(bias[j], total)) : total;
    }
}

}  // namespace minigrad::detail
