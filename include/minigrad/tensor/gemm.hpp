// tensor/gemm.hpp - the product of two matrices at the speed of the machine.
//
// gemm_reference.hpp defines it, and everything else computes the same, faster: gemm_tiles.hpp has the innermost loops,
// gemm_dots.hpp those for results of few columns, gemm_pack.hpp copies, and gemm_blocked.hpp decides. Programs that are
// compiled with -DMINIGRAD_USE_BLAS call a BLAS instead: gemm_blas.hpp.
#pragma once

#include <cstddef>
#include <type_traits>

#include "gemm_blas.hpp"
#include "gemm_blocked.hpp"
#include "gemm_reference.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

/// C = A B, C += A B, or, where a bias is given, C_ij = bias_j + (A B)_ij. C is plain, is none of the others, and is null
/// if it has no elements.
template <class T>
[[gnu::always_inline]] inline void gemm(const MatrixView<T>& a, const MatrixView<T>& b, T* c, Write write,
                                        const T* bias = nullptr) {
#if MINIGRAD_BLAS
  if constexpr (std::is_same_v<T, float> || std::is_same_v<T, double>)
    if (gemm_blas(a, b, c, write, bias)) return;
#endif
#if defined(__GNUC__)
  if constexpr (std::is_same_v<T, float> || std::is_same_v<T, double>) {
    const std::size_t m = a.rows, n = b.columns, k = a.columns;
    const T* const start = write == Write::add ? c : bias;
    Product<T> x{m, n, k, a.data, a.row_step, a.column_step, b.data, b.row_step, b.column_step, start, bias ? 0 : n,
                 c, n};
    if (!c || !k) return gemm_of_nothing(x);
    if (n == 1 && m > 1) turn_column(x, bias);
    gemm_fast(isa(), x);
  } else
#endif
  {
    gemm_reference(a, b, c, write, bias);
  }
}

}  // namespace minigrad::detail
