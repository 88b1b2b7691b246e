// tensor/gemm_blas.hpp - products of matrices by a BLAS, in programs compiled with -DMINIGRAD_USE_BLAS.
//
// It replaces minigrad's own kernels. How many threads it uses, and whether results depend on them, is up to the BLAS.
#pragma once

#include "../core/cpu.hpp"

#if MINIGRAD_BLAS
#include <cblas.h>

#include <cstddef>
#include <limits>
#include <type_traits>

#include "gemm_reference.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {
inline namespace MINIGRAD_KERNELS {

/// A matrix as a BLAS reads it: contiguous rows or contiguous columns, and the distance between two of them, as an int.
struct BlasView {
  bool possible;
  CBLAS_TRANSPOSE order;
  int apart;

  template <class T>
  explicit BlasView(const MatrixView<T>& x) {
    const bool by_rows = x.column_step == 1 && (x.row_step >= x.columns || x.rows == 1);
    const bool by_columns = x.row_step == 1 && (x.column_step >= x.rows || x.columns == 1);
    const std::size_t step = by_rows ? x.row_step : x.column_step, least = by_rows ? x.columns : x.rows;
    constexpr auto most = static_cast<std::size_t>((std::numeric_limits<int>::max)());
    possible = (by_rows || by_columns) && x.rows <= most && x.columns <= most && step <= most;
    order = by_rows ? CblasNoTrans : CblasTrans;
    apart = possible ? static_cast<int>(step > least ? step : least) : 0;
  }
};

/// gemm() by a BLAS. Returns false, and does nothing, where that cannot take the operands.
template <class T>
bool gemm_blas(const MatrixView<T>& a, const MatrixView<T>& b, T* c, Write write, const T* bias) {
  if (a.rows == 0 || b.columns == 0 || a.columns == 0) return false;
  const BlasView A(a), B(b), C(MatrixView<T>::plain(c, a.rows, b.columns));
  if (!A.possible || !B.possible || !C.possible) return false;
  const int m = static_cast<int>(a.rows), n = static_cast<int>(b.columns), k = static_cast<int>(a.columns);
  if (bias)
    for (std::size_t i = 0; i < a.rows; ++i)
      for (std::size_t j = 0; j < b.columns; ++j) c[i * b.columns + j] = bias[j];
  const T add = bias || write == Write::add ? T{1} : T{0};
  if constexpr (std::is_same_v<T, float>)
    cblas_sgemm(CblasRowMajor, A.order, B.order, m, n, k, 1, a.data, A.apart, b.data, B.apart, add, c, C.apart);
  else
    cblas_dgemm(CblasRowMajor, A.order, B.order, m, n, k, 1, a.data, A.apart, b.data, B.apart, add, c, C.apart);
  return true;
}

}  // namespace MINIGRAD_KERNELS
}  // namespace minigrad::detail
#endif
