// tensor/gemm.hpp - the product of two matrices at the speed of the machine.
//
// C is made tile by tile. A tile's sums stay in registers while p runs over the
// inner extent: for each p a few vectors of B are loaded once and multiplied by
// one number from each row of A, so that a load serves many multiplications.
// For large matrices the inner extent is cut into pieces, and the piece of B
// that a tile reads is copied to where it lies together, so that it stays in
// the nearest cache: Goto and van de Geijn, "Anatomy of high-performance matrix
// multiplication", 2008. The definition is gemm_reference; everything else here
// computes the same, faster.
#pragma once

#include <cstddef>
#include <cstring>
#include <type_traits>

#include "../core/cpu.hpp"
#include "pool.hpp"
#include "rows.hpp"

namespace minigrad::detail {

/// A matrix as gemm reads it: element (i, j) is data[i * row_step + j *
/// column_step].
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

/// The definition: C_ij = sum over p of A_ip B_pj, or C_ij += that.
template <class T>
void gemm_reference(const MatrixView<T>& a, const MatrixView<T>& b, T* c, Write write) {
  for (std::size_t i = 0; i < a.rows; ++i)
    for (std::size_t j = 0; j < b.columns; ++j) {
      T total{};
      for (std::size_t p = 0; p < a.columns; ++p) total = static_cast<T>(total + a(i, p) * b(p, j));
      T& out = c[i * b.columns + j];
      out = write == Write::add ? static_cast<T>(out + total) : total;
    }
}

#if defined(__GNUC__)
inline namespace MINIGRAD_KERNELS {

template <class T, std::size_t Bytes>
struct VectorType {
  typedef T Register __attribute__((vector_size(Bytes)));
  typedef T Memory __attribute__((vector_size(Bytes), aligned(alignof(T)), may_alias));
};

/// Memory from the pool for the time of one product.
template <class T>
class Scratch {
 public:
  explicit Scratch(std::size_t count) : bytes_(count * sizeof(T)), data_(static_cast<T*>(pool_take(bytes_))) {}
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() { pool_give(data_, bytes_); }
  T* data() const { return data_; }

 private:
  std::size_t bytes_;
  T* data_;
};

/// A tile of C: Rows x Vectors registers. Row i of A begins at a + i * a_step
/// and runs on by 1, or, where RowsAdjacent, the rows' numbers stand side by
/// side, and a step of p moves by a_step.
template <class T, std::size_t Bytes, std::size_t Rows, std::size_t Vectors, bool RowsAdjacent>
[[gnu::always_inline]] inline void gemm_tile(std::size_t k, const T* a, std::size_t a_step, const T* b,
                                             std::size_t b_step, T* c, std::size_t c_step, bool add) {
  using Register = typename VectorType<T, Bytes>::Register;
  using Memory = typename VectorType<T, Bytes>::Memory;
  constexpr std::size_t lanes = Bytes / sizeof(T);
  Register sum[Rows][Vectors];
#pragma GCC unroll 16
  for (std::size_t i = 0; i < Rows; ++i)
#pragma GCC unroll 4
    for (std::size_t j = 0; j < Vectors; ++j)
      sum[i][j] = add ? *reinterpret_cast<const Memory*>(c + i * c_step + j * lanes) : Memory{};
  for (std::size_t p = 0; p < k; ++p) {
    Register row[Vectors];
#pragma GCC unroll 4
    for (std::size_t j = 0; j < Vectors; ++j) row[j] = *reinterpret_cast<const Memory*>(b + j * lanes);
#pragma GCC unroll 16
    for (std::size_t i = 0; i < Rows; ++i) {
      const T factor = RowsAdjacent ? a[i] : a[i * a_step];
#pragma GCC unroll 4
      for (std::size_t j = 0; j < Vectors; ++j) sum[i][j] += factor * row[j];
    }
    a += RowsAdjacent ? a_step : 1;
    b += b_step;
  }
#pragma GCC unroll 16
  for (std::size_t i = 0; i < Rows; ++i)
#pragma GCC unroll 4
    for (std::size_t j = 0; j < Vectors; ++j) *reinterpret_cast<Memory*>(c + i * c_step + j * lanes) = sum[i][j];
}

/// The square of numbers at `from` that 16-byte registers hold, 4 x 4 or 2 x 2,
/// to `to`, the other way round.
template <class T>
inline constexpr std::size_t square = 16 / sizeof(T);
template <class T>
[[gnu::always_inline]] inline void transpose_square(const T* from, std::size_t from_step, T* to, std::size_t to_step) {
  typename VectorType<T, 16>::Register r[square<T>];
#pragma GCC unroll 4
  for (std::size_t i = 0; i < square<T>; ++i) std::memcpy(&r[i], from + i * from_step, 16);
  if constexpr (square<T> == 4) {
    const auto low01 = __builtin_shufflevector(r[0], r[1], 0, 4, 1, 5);
    const auto high01 = __builtin_shufflevector(r[0], r[1], 2, 6, 3, 7);
    const auto low23 = __builtin_shufflevector(r[2], r[3], 0, 4, 1, 5);
    const auto high23 = __builtin_shufflevector(r[2], r[3], 2, 6, 3, 7);
    r[0] = __builtin_shufflevector(low01, low23, 0, 1, 4, 5);
    r[1] = __builtin_shufflevector(low01, low23, 2, 3, 6, 7);
    r[2] = __builtin_shufflevector(high01, high23, 0, 1, 4, 5);
    r[3] = __builtin_shufflevector(high01, high23, 2, 3, 6, 7);
  } else {
    const auto low = __builtin_shufflevector(r[0], r[1], 0, 2);
    r[1] = __builtin_shufflevector(r[0], r[1], 1, 3);
    r[0] = low;
  }
#pragma GCC unroll 4
  for (std::size_t i = 0; i < square<T>; ++i) std::memcpy(to + i * to_step, &r[i], 16);
}

/// Copies a [rows, columns] piece so that its rows lie `width` apart, filled up
/// with zeros.
template <class T>
[[gnu::noinline]] void pack(const T* from, std::size_t row_step, std::size_t column_step, std::size_t rows,
                            std::size_t columns, T* to, std::size_t width) {
  constexpr std::size_t side = square<T>;
  std::size_t i = 0;
  if (row_step == 1 && column_step != 1)
    for (; i + side <= rows; i += side) {
      std::size_t j = 0;
      for (; j + side <= columns; j += side)
        transpose_square(from + i + j * column_step, column_step, to + i * width + j, width);
      for (std::size_t r = i; r < i + side; ++r)
        for (std::size_t rest = j; rest < width; ++rest)
          to[r * width + rest] = rest < columns ? from[r + rest * column_step] : T{};
    }
  for (; i < rows; ++i) {
    const T* row = from + i * row_step;
    T* out = to + i * width;
    if (column_step == 1)
      std::memcpy(out, row, columns * sizeof(T));
    else
      for (std::size_t j = 0; j < columns; ++j) out[j] = row[j * column_step];
    for (std::size_t j = columns; j < width; ++j) out[j] = T{};
  }
}

/// C = A B or C += A B with tiles of Rows x 2 vectors, or 1 where C has no more
/// columns.
template <class T, std::size_t Bytes, std::size_t Rows>
[[gnu::always_inline]] inline void gemm_blocked(const MatrixView<T>& a, const MatrixView<T>& b, T* c, bool add) {
  constexpr std::size_t lanes = Bytes / sizeof(T), width = 2 * lanes, rows = Rows;
  constexpr std::size_t most_k = 1024 / sizeof(T), most_m = 2 * 6 * 14,
                        most_n = 2048;  // of a piece; most_m: whole tiles
  const std::size_t m = a.rows, n = b.columns, k_all = a.columns;
  const bool large = m > most_m || n > 256 || k_all > 2 * most_k;
  const std::size_t k_piece = large ? most_k : k_all;
  const bool b_in_place = b.column_step == 1 && (m <= 4 * rows || (!large && b.row_step * sizeof(T) % 2048 != 0));
  const bool a_adjacent = a.row_step == 1 && a.column_step != 1,
             a_in_place = !large && (a.row_step == 1 || a.column_step == 1);

  const std::size_t n_piece = n < most_n ? n : most_n, m_piece = m < most_m ? m : most_m;
  const std::size_t b_width = (n_piece + width - 1) / width * width;
  const std::size_t k_most = k_all < k_piece ? k_all : k_piece, a_apart = k_most + 16;
  Scratch<T> scratch(b_width * k_most + (m_piece + 2 * rows) * a_apart);
  T* const b_packed = scratch.data();
  T* const a_packed = b_packed + b_width * k_most;
  T edge[rows * width];

  for (std::size_t j0 = 0; j0 < n; j0 += n_piece) {
    const std::size_t columns = n - j0 < n_piece ? n - j0 : n_piece;
    for (std::size_t p0 = 0; p0 < k_all; p0 += k_piece) {
      const std::size_t k = k_all - p0 < k_piece ? k_all - p0 : k_piece;
      const bool sums = add || p0 > 0;
      for (std::size_t j = 0; j < columns; j += width) {
        const std::size_t count = columns - j < width ? columns - j : width;
        if (!b_in_place || count < width)
          pack(b.at(p0, j0 + j), b.row_step, b.column_step, k, count, b_packed + j * k, width);
      }
      for (std::size_t i0 = 0; i0 < m; i0 += m_piece) {
        const std::size_t height = m - i0 < m_piece ? m - i0 : m_piece;
        for (std::size_t i = 0; i < height; i += rows) {
          const std::size_t count = height - i < rows ? height - i : rows;
          T* to = a_packed + i * a_apart;
          if (count < rows || !(a_in_place || !a_adjacent)) {
            pack(a.at(i0 + i, p0), a.column_step, a.row_step, k, count, to, rows);
          } else if (!a_in_place) {
            pack(a.at(i0 + i, p0), a.row_step, a.column_step, rows, k, to, a_apart);
          }
        }
        for (std::size_t j = 0; j < columns; j += width) {
          const std::size_t wide = columns - j < width ? columns - j : width;
          const bool placed = b_in_place && wide == width;
          const T* b_at = placed ? b.at(p0, j0 + j) : b_packed + j * k;
          const std::size_t b_step = placed ? b.row_step : width;
          for (std::size_t i = 0; i < height; i += rows) {
            const std::size_t high = height - i < rows ? height - i : rows;
            const bool adjacent = high < rows || a_adjacent;
            const bool from_a = a_in_place && high == rows;
            const T* a_at = from_a ? a.at(i0 + i, p0) : a_packed + i * a_apart;
            const std::size_t a_step = from_a ? (adjacent ? a.column_step : a.row_step) : adjacent ? rows : a_apart;
            T* c_at = c + (i0 + i) * n + j0 + j;
            const bool whole = high == rows && (wide == width || wide == lanes);
            T* out = whole ? c_at : edge;
            const std::size_t out_step = whole ? n : width;
            const bool out_add = whole && sums;
            if (wide > lanes) {
              if (adjacent)
                gemm_tile<T, Bytes, Rows, 2, true>(k, a_at, a_step, b_at, b_step, out, out_step, out_add);
              else
                gemm_tile<T, Bytes, Rows, 2, false>(k, a_at, a_step, b_at, b_step, out, out_step, out_add);
            } else {
              if (adjacent)
                gemm_tile<T, Bytes, Rows, 1, true>(k, a_at, a_step, b_at, b_step, out, out_step, out_add);
              else
                gemm_tile<T, Bytes, Rows, 1, false>(k, a_at, a_step, b_at, b_step, out, out_step, out_add);
            }
            if (whole) continue;
            for (std::size_t y = 0; y < high; ++y)
              for (std::size_t x = 0; x < wide; ++x) {
                T& to = c_at[y * n + x];
                to = sums ? to + edge[y * width + x] : edge[y * width + x];
              }
          }
        }
      }
    }
  }
}

/// y_i = sum over p of M_ip x_p for rows of M that are `step` apart: four at a
/// time, so that x is loaded once for them.
template <class T, std::size_t Bytes>
[[gnu::always_inline]] inline void gemv_dot(std::size_t rows, std::size_t k, const T* m, std::size_t step, const T* x,
                                            T* y, bool add) {
  using Register = typename VectorType<T, Bytes>::Register;
  using Memory = typename VectorType<T, Bytes>::Memory;
  constexpr std::size_t lanes = Bytes / sizeof(T), few_lanes = 16 / sizeof(T);
  for (std::size_t i = 0; i < rows; i += 4) {
    const std::size_t high = rows - i < 4 ? rows - i : 4;
    const T* row[4];
#pragma GCC unroll 4
    for (std::size_t r = 0; r < 4; ++r) row[r] = m + (i + (r < high ? r : 0)) * step;
    Register sum[4] = {};
    std::size_t p = 0;
    for (; p + lanes <= k; p += lanes) {
      const Register value = *reinterpret_cast<const Memory*>(x + p);
#pragma GCC unroll 4
      for (std::size_t r = 0; r < 4; ++r) sum[r] += value * *reinterpret_cast<const Memory*>(row[r] + p);
    }
    T part[4][lanes];
    std::memcpy(part, sum, sizeof part);
    for (std::size_t r = 0; r < high; ++r) {
      T total{};
      for (std::size_t q = p; q < k; ++q) total += row[r][q] * x[q];
      T few[few_lanes];
      for (std::size_t q = 0; q < few_lanes; ++q) few[q] = part[r][q];
      for (std::size_t q = few_lanes; q < lanes; q += few_lanes)
        for (std::size_t v = 0; v < few_lanes; ++v) few[v] += part[r][q + v];
      for (std::size_t v = 0; v < few_lanes; ++v) total += few[v];
      y[i + r] = add ? y[i + r] + total : total;
    }
  }
}

/// y_j = sum over p of x_p M_pj for rows of M that are `step` apart: four
/// vectors of y at a time.
template <class T, std::size_t Bytes>
[[gnu::always_inline]] inline void gemv_rows(std::size_t k, std::size_t n, const T* x, const T* m, std::size_t step,
                                             T* y, bool add) {
  using Register = typename VectorType<T, Bytes>::Register;
  using Memory = typename VectorType<T, Bytes>::Memory;
  constexpr std::size_t lanes = Bytes / sizeof(T), wide = 4 * lanes;
  std::size_t j = 0;
  for (; j + wide <= n; j += wide) {
    Register sum[4] = {};
    for (std::size_t p = 0; p < k; ++p) {
#pragma GCC unroll 4
      for (std::size_t v = 0; v < 4; ++v)
        sum[v] += x[p] * *reinterpret_cast<const Memory*>(m + p * step + j + v * lanes);
    }
#pragma GCC unroll 4
    for (std::size_t v = 0; v < 4; ++v) {
      Memory* out = reinterpret_cast<Memory*>(y + j + v * lanes);
      if (add)
        *out += sum[v];
      else
        *out = sum[v];
    }
  }
  for (; j + lanes <= n; j += lanes) {
    Register sum{};
    for (std::size_t p = 0; p < k; ++p) sum += x[p] * *reinterpret_cast<const Memory*>(m + p * step + j);
    Memory* out = reinterpret_cast<Memory*>(y + j);
    if (add)
      *out += sum;
    else
      *out = sum;
  }
  for (; j < n; ++j) {
    T total{};
    for (std::size_t p = 0; p < k; ++p) total += x[p] * m[p * step + j];
    y[j] = add ? y[j] + total : total;
  }
}

/// One product on one set of instructions. Views have columns or rows that are
/// contiguous.
template <class T, std::size_t Bytes, std::size_t Rows>
[[gnu::always_inline]] inline void gemm_any(const MatrixView<T>& a, const MatrixView<T>& b, T* c, bool add) {
  // A product with a vector x is one of a matrix M, whose rows are contiguous:
  // M x or x M.
  const bool row = a.rows == 1 && a.column_step == 1, column = b.columns == 1 && b.row_step == 1;
  if (row || column) {
    const MatrixView<T> m = row ? b.transposed() : a;
    const T* x = row ? a.data : b.data;
    if (m.column_step == 1) return gemv_dot<T, Bytes>(m.rows, m.columns, m.data, m.row_step, x, c, add);
    return gemv_rows<T, Bytes>(m.columns, m.rows, x, m.data, m.column_step, c, add);
  }
  gemm_blocked<T, Bytes, Rows>(a, b, c, add);
}

template <class T>
[[gnu::noinline]] void gemm_portable(const MatrixView<T>& a, const MatrixView<T>& b, T* c, bool add) {
  gemm_any<T, 16, 6>(a, b, c, add);
}
#if MINIGRAD_HAS_TARGETS
template <class T>
MINIGRAD_TARGET_AVX2 [[gnu::noinline]] void gemm_avx2(const MatrixView<T>& a, const MatrixView<T>& b, T* c, bool add) {
  gemm_any<T, 32, 6>(a, b, c, add);
}
template <class T>
MINIGRAD_TARGET_AVX512 [[gnu::noinline]] void gemm_avx512(const MatrixView<T>& a, const MatrixView<T>& b, T* c,
                                                          bool add) {
  gemm_any<T, 64, 14>(a, b, c, add);
}
#endif

}  // namespace MINIGRAD_KERNELS
#endif

/// C = A B or C += A B, where C is plain, and of A and B the rows or the
/// columns are contiguous.
template <class T>
void gemm(const MatrixView<T>& a, const MatrixView<T>& b, T* c, Write write) {
#if defined(__GNUC__)
  if constexpr (std::is_same_v<T, float> || std::is_same_v<T, double>) {
    if (a.rows == 0 || a.columns == 0 || b.columns == 0) return gemm_reference(a, b, c, write);
    const bool add = write == Write::add;
#if MINIGRAD_HAS_TARGETS
    if (isa() == Isa::avx512) return gemm_avx512(a, b, c, add);
    if (isa() == Isa::avx2) return gemm_avx2(a, b, c, add);
#endif
    return gemm_portable(a, b, c, add);
  }
#endif
  gemm_reference(a, b, c, write);
}

}  // namespace minigrad::detail
