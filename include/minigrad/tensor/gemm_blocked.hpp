// tensor/gemm_blocked.hpp - which part of a product is computed when, by which kernel, and what is copied before.
//
// C is made panel by panel: a panel is as many columns as a tile has, over all rows. B is read where it stands if its
// rows are contiguous and a cache holds them until they are needed again. Otherwise the inner extent is cut into
// pieces, and each piece of B copied, so that the part that belongs to a panel lies together: Goto and van de Geijn,
// "Anatomy of high-performance matrix multiplication", 2008. A is copied too where it is read often enough, or where a
// cache would lose it. All of this is compiled once, for all sets of instructions, and what only calls the kernels of
// large products for size: cold.
#pragma once

#include <cstddef>

#include "../core/parallel.hpp"
#include "broadcast_loop.hpp"
#include "gemm_dots.hpp"
#include "gemm_pack.hpp"
#include "gemm_tiles.hpp"

#if defined(__GNUC__)
namespace minigrad::inline MINIGRAD_ABI::detail {
inline namespace MINIGRAD_KERNELS {

/// How many rows a copied panel of B has at most. One that is read in place has at most twice as many.
inline constexpr std::size_t gemm_most_k = 384;

/// Less than this is not worth a thread's while.
inline constexpr std::size_t gemm_least_flops = 500'000;

/// A product of at least as many columns as a vector has, in panels of `width` columns, of which B's begin `b_step`
/// numbers apart, or, for 0, side by side. Changes the product into that of the last panel.
template <class T>
void gemm_panels(Isa isa, Product<T>& panel, std::size_t width, std::size_t b_step) {
  const std::size_t lanes = gemm_lanes<T>(isa);
  const Product<T>* const x = &panel;
  if (!panel.start) panel.start = gemm_zeros<T>, panel.start_row = 0;
  for (std::size_t left = panel.n;; left -= panel.n) {
    panel.n = panel_width(left, width, lanes);
    const bool narrow = panel.n == lanes;
    if (width > 2 * lanes) on_isa<GemmRow>(isa, x);
    else if (narrow && !panel.packed && isa != Isa::avx512) on_isa<GemmNarrowPanel>(isa, x);
    else on_isa<GemmPanel<2>>(narrow && !panel.packed ? Isa::avx2 : isa, x);
    if (left == panel.n) return;
    panel.b += b_step ? b_step : panel.n;
    panel.c += panel.n;
    if (panel.start != gemm_zeros<T>) panel.start += panel.n;
  }
}

/// How many of `count` rows or columns of C, each of which takes `flops`, are enough for a part: at least `step`. Where
/// each part `copies` operands anew there are no more parts than threads, until a part has 1024 rows or columns.
inline std::size_t gemm_least(std::size_t count, std::size_t step, std::size_t flops, bool copies) {
  constexpr std::size_t enough = 1024;
  std::size_t least = gemm_least_flops / flops;
  if (least < step) least = step;
  if (!copies) return least;
  const std::size_t share = count / max_threads(), wanted = share < enough ? share : enough;
  return least < wanted ? wanted : least;
}

template <class T>
void gemm_fast(Isa isa, Product<T>& x);

/// A product of more than `longest` summands: piece by piece, or two halves and their sum. These are made for so many
/// rows at a time that the second half, which needs memory of its own, is not much of it.
template <class T>
[[gnu::cold, gnu::noinline]] void gemm_long(Isa isa, const Product<T>& x, std::size_t longest) {
  constexpr std::size_t most_rows = 4096;
  if (x.k <= longest_product) {
    for (std::size_t p = 0; p < x.k; p += longest) {
      Product<T> piece = summands_of(x, p, x.k - p < longest ? x.k - p : longest);
      if (p > 0) piece.start = x.c, piece.start_row = x.c_row;
      gemm_fast(isa, piece);
    }
    return;
  }
  const std::size_t half = first_half(x.k, longest_piece);
  for (std::size_t i = 0; i < x.m; i += most_rows) {
    const Product<T> rows = rows_of(x, i, x.m - i < most_rows ? x.m - i : most_rows);
    const Scratch<T> sums(rows.m * x.n);
    Product<T> first = summands_of(rows, 0, half), second = summands_of(rows, half, x.k - half);
    second.start = nullptr, second.c = sums.data(), second.c_row = x.n;
    gemm_fast(isa, first);
    gemm_fast(isa, second);
    for (std::size_t row = 0; row < rows.m; ++row) add_row(x.n, rows.c + row * x.c_row, sums.data() + row * x.n);
  }
}

/// Calls make(part) for parts of a product, on several threads where it is large: for columns, at least `width` of
/// them, or for rows, in multiples of what tiles have, whichever makes more parts. An element of C is made in the same
/// way in whatever part it is.
template <class T, class Make>
[[gnu::always_inline]] inline void gemm_in_parts(const Product<T>& x, std::size_t width, bool copies,
                                                 const Make& make) {
  constexpr std::size_t height = 24;
  if constexpr (!has_threads) make(x);
  else if (x.n / width >= x.m / height)
    parallel_for(x.n, width, gemm_least(x.n, width, 2 * x.m * x.k, copies),
                 [&](std::size_t begin, std::size_t end) { make(columns_of(x, begin, end - begin)); });
  else
    parallel_for(x.m, height, gemm_least(x.m, height, 2 * x.n * x.k, copies),
                 [&](std::size_t begin, std::size_t end) { make(rows_of(x, begin, end - begin)); });
}

/// Whether the numbers of a row of A, or its rows, lie so far apart that a cache, which has few places for addresses
/// that are a multiple of a power of two apart, holds only few of them.
template <class T>
bool is_steep(const Product<T>& x) {
  return x.a_column * sizeof(T) >= 512 || (x.a_column == 1 && x.a_row * sizeof(T) % 4096 == 0);
}

/// A product whose B is first copied, in pieces that stay in caches, and its A too where that pays: it is read once for
/// each panel.
template <class T>
[[gnu::cold, gnu::noinline]] void gemm_in_pieces(Isa isa, const Product<T>& whole, std::size_t width) {
  constexpr std::size_t most_m = 768 / sizeof(T), most_n = 2048, most_k = gemm_most_k;  // of a piece
  const std::size_t m = whole.m, n = whole.n, k = whole.k;
  const std::size_t longest = k < most_k ? k : most_k;
  const Scratch<T> copy(((n < most_n ? n : most_n) + width) * longest);
  const bool copy_a = m > 1 && (n >= 16 * width || is_steep(whole));
  const Scratch<T> a_copy(copy_a ? ((m < most_m ? m : most_m) + 3) * longest : 0);
  for (std::size_t j0 = 0, columns; j0 < n; j0 += columns) {
    columns = panel_width(n - j0, most_n, gemm_lanes<T>(isa));
    for (std::size_t p0 = 0; p0 < k; p0 += most_k) {
      Product<T> piece = whole;
      piece.n = columns;
      piece.k = k - p0 < most_k ? k - p0 : most_k;
      piece.b += p0 * whole.b_row + j0 * whole.b_column;
      pack_panels(piece, width, gemm_lanes<T>(isa), copy.data());
      if (p0 > 0) piece.start = whole.c, piece.start_row = whole.c_row;
      for (std::size_t i0 = 0; i0 < m; i0 += most_m) {
        Product<T> rows = piece;
        rows.m = m - i0 < most_m ? m - i0 : most_m;
        rows.a += i0 * whole.a_row + p0 * whole.a_column;
        if (copy_a) {
          pack_tiles(rows, gemm_rows(isa), a_copy.data());
          rows.a = a_copy.data();
          rows.packed = true;
        }
        rows.b = copy.data();
        rows.b_row = width;
        if (rows.start) rows.start += i0 * rows.start_row + j0;
        rows.c += i0 * whole.c_row + j0;
        gemm_panels(isa, rows, width, width * rows.k);
      }
    }
  }
}

template <class T>
void gemm_by_dots(Isa isa, Product<T>& product);
template <class T>
[[gnu::cold, gnu::noinline]] void gemm_by_dots_of_copies(Isa isa, Product<T>& product) {
  const Scratch<T> columns(product.n * product.k);
  pack(product.b, product.b_column, product.b_row, product.n, product.k, columns.data(), product.k);
  product.b = columns.data();
  product.b_row = 1;
  product.b_column = product.k;
  gemm_by_dots(isa, product);
}
/// By inner products, where the rows of A are contiguous; the columns of B are copied if they are not.
template <class T>
[[gnu::noinline]] void gemm_by_dots(Isa isa, Product<T>& product) {
  constexpr std::size_t longest = 8 * longest_piece;  // which the lanes of a register share
  if (product.k > longest) return gemm_long(isa, product, longest);
  if (product.b_row != 1) return gemm_by_dots_of_copies(isa, product);
  if (product.m == 1) return on_isa<GemmDotsOfRow>(isa, static_cast<const Product<T>*>(&product));
  gemm_in_parts(product, product.n, false, [=](const Product<T>& part) { on_isa<GemmDots>(isa, &part); });
}

/// Makes it the product C' = S' + B' A', where rows of S' are `start_row` apart and C' is m wide.
template <class T>
[[gnu::always_inline]] inline void transpose(Product<T>& x, std::size_t start_row) {
  std::swap(x.m, x.n);
  std::swap(x.a, x.b);
  std::swap(x.a_row, x.b_column);
  std::swap(x.a_column, x.b_row);
  x.start_row = start_row;
  x.c_row = x.n;
}

/// The best set of instructions whose vectors are no longer than a row of C.
template <class T>
[[gnu::always_inline]] inline Isa gemm_isa(Isa isa, std::size_t n) {
  if (n >= gemm_lanes<T>(Isa::avx512)) return isa;
  while (isa != Isa::portable && gemm_lanes<T>(isa) > n) isa = static_cast<Isa>(static_cast<int>(isa) - 1);
  return isa;
}

/// A product of more than one summand, and one of short rows.
template <class T>
[[gnu::noinline]] void gemm_general(Isa best, Product<T>& x) {
  const Isa isa = gemm_isa<T>(best, x.n);
  const std::size_t lanes = gemm_lanes<T>(isa), width = (x.m == 1 ? 4 : 2) * lanes;
  const bool fits = x.n >= lanes && (isa == best || x.m < 16);
  const bool b_stays = x.k <= 2 * gemm_most_k && x.b_row * sizeof(T) % 2048 != 0;  // a panel of it, in a cache
  if (fits && x.b_column == 1 && (x.m <= 32 || (x.m <= 256 && b_stays))) {
    if (x.k > longest_piece) return gemm_long(best, x, longest_piece);
    const bool copy_a = x.m > 1 && x.n > 4 * width && is_steep(x);
    const Scratch<T> a_copy(copy_a ? x.m * x.k : 0);
    if (copy_a) gather_rows_of_a(x, a_copy.data());
    return gemm_in_parts(x, width, false, [=](Product<T> part) { gemm_panels(isa, part, width, 0); });
  }
  if (x.k > longest_product) return gemm_long(best, x, longest_product);
  if (fits)
    return gemm_in_parts(x, width, true, [=](const Product<T>& part) { gemm_in_pieces(isa, part, width); });
  if (x.a_column == 1 && x.k >= 4) return gemm_by_dots(best, x);
  if (x.m >= gemm_lanes<T>(Isa::portable)) {
    const Scratch<T> c(x.m * x.n);
    if (x.start) pack(x.start, 1, x.start_row, x.n, x.m, c.data(), x.m);
    Product<T> turned = x;
    transpose(turned, x.m);
    turned.start = x.start ? c.data() : nullptr;
    turned.c = c.data();
    gemm_fast(best, turned);
    return pack(c.data(), 1, x.m, x.m, x.n, x.c, x.c_row);
  }
  gemm_by_numbers(x);
}

/// Makes a product of one column, which is contiguous, that of a row.
template <class T>
[[gnu::noinline]] void turn_column(Product<T>& x, const T* bias) {
  if (bias) {
    x.one_start = x.k == 1 && x.a_row == 1 && x.m >= gemm_lanes<T>(Isa::portable);
    if (!x.one_start) fill_row(x.m, x.c, *bias), x.start = x.c;
  }
  transpose(x, 0);
}

/// Any product of one or more rows, columns and summands, the way that fits its shape; a column is given as a row. Those
/// of small networks are found at once: inner products with one row, and products with one summand. Changes x.
template <class T>
[[gnu::noinline]] void gemm_fast(Isa isa, Product<T>& x) {
  if (x.k == 1) {
    if (const Isa fit = gemm_isa<T>(isa, x.n); x.b_column == 1 && x.n >= gemm_lanes<T>(Isa::portable))
      return gemm_in_parts(x, (x.m == 1 ? 4 : 2) * gemm_lanes<T>(fit), false, [=](const Product<T>& part) {
        const bool long_rows = part.n > gemm_outer_columns<T>(fit);
        if (long_rows || part.start == part.c || part.one_start) on_isa<GemmOuterRows>(fit, &part);
        else on_isa<GemmOuter>(fit, &part);
      });
  } else if (x.m == 1 && x.b_row == 1) {
    if (x.n > 1 || x.a_column != 1) transpose(x, 1);
    return gemm_by_dots(isa, x);
  }
  gemm_general(isa, x);
}

}  // namespace MINIGRAD_KERNELS
}  // namespace minigrad::detail
#endif
