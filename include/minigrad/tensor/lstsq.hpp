// tensor/lstsq.hpp - least squares: the x with the smallest ||A x - b||, the closed form of linear regression.
//
// Setting the derivative of ||A x - b||^2 to zero gives the normal equations A'A x = A'b. Solving those would square
// how sensitive the answer is to rounding, so A itself is brought to triangular form instead. A reflection keeps every
// length, so that
//
//   H_n ... H_2 H_1 A = [R]     and     ||A x - b|| = || [R] x - [c] ||     with     H_n ... H_2 H_1 b = [c]
//                       [0]                           || [0]     [d] ||                                  [d]
//
// x can make R x = c, since R is triangular with nothing but zeros below its diagonal; what remains is ||d||.
// The algorithms are 5.1.1 and 5.2.1 of Golub and Van Loan, "Matrix Computations" (4th edition, 2013).
#pragma once

#include <cmath>
#include <concepts>
#include <cstddef>
#include <limits>

#include "rearrange.hpp"
#include "reduce.hpp"

namespace minigrad::inline MINIGRAD_ABI {
namespace detail {

/// ||x||. Where the squares overflow or lose digits to underflow, they are taken of x / (the largest of x) instead.
template <class T>
T norm(std::size_t n, const T* x) {
  const T sum = dot_row(n, x, x);
  if (!(sum < (std::numeric_limits<T>::min)() * static_cast<T>(0x1p60)) && !(sum > (std::numeric_limits<T>::max)()))
    return std::sqrt(sum);
  T largest = 0, scaled = 0;
  for (std::size_t i = 0; i < n; ++i) largest = (std::max)(largest, std::abs(x[i]));
  for (std::size_t i = 0; i < n; ++i) scaled += (x[i] / largest) * (x[i] / largest);
  return largest == 0 ? 0 : largest * std::sqrt(scaled);
}

/// H = I - scale v v', the reflection that takes a given x to (r, 0, ..., 0). v_0 is 1; the rest of v takes x's place.
template <class T>
struct Reflection {
  const T* v;
  T scale;
  T r;

  /// Reflecting x to r e_0 means reflecting along x - r e_0, here divided by its first element x_0 - r. Of r = ||x||
  /// and r = -||x|| the one is taken whose sign is not x_0's, so that the subtraction cancels nothing.
  Reflection(std::size_t n, T* x) : v(x) {
    const T length = norm(n, x);
    r = x[0] > 0 ? -length : length;
    scale = (r - x[0]) / r;
    for (std::size_t i = 1; i < n; ++i) x[i] /= x[0] - r;
  }

  /// y becomes H y = y - scale v (v'y).
  void apply(std::size_t n, T* y) const {
    const T product = scale * (y[0] + dot_row(n - 1, v + 1, y + 1));
    y[0] -= product;
    for (std::size_t i = 1; i < n; ++i) y[i] -= product * v[i];
  }
};

}  // namespace detail

/// The x that minimises ||A x - b||: A is [m, n] with m >= n, and b [m] or, for k problems at once, [m, k]; x is [n] or
/// [n, k]. Throws ShapeError for other shapes, and ValueError when A's columns are not independent up to rounding: then
/// many x are equally good. NaN in, NaN out.
template <std::floating_point T>
Tensor<T> lstsq(const Tensor<T>& A, const Tensor<T>& b) {
  if (A.rank() != 2 || (b.rank() != 1 && b.rank() != 2) || A.shape()[0] != b.shape()[0])
    detail::shape_error("lstsq", A.shape(), b.shape(), "expected [m, n] and [m] or [m, k]");
  const std::size_t m = A.shape()[0], n = A.shape()[1], k = b.rank() == 1 ? 1 : b.shape()[1];
  if (m < n) detail::shape_error("lstsq", A.shape(), b.shape(), "fewer equations than unknowns: no unique solution");

  // Column j of A is row j of `columns`, so that it is contiguous; so for b.
  Tensor<T> columns = transpose(A), sides = transpose(b.reshape({m, k}));
  Tensor<T> diagonal = Tensor<T>::empty({n});
  for (std::size_t j = 0; j < n; ++j) {
    T* column = columns.data() + j * m;
    const T whole = detail::norm(m, column), rest = detail::norm(m - j, column + j);
    if (whole == 0) detail::fail<ValueError>({"lstsq: column ", j, " is all zeros: no unique solution"});
    // What is left of a column that depends on those before it is rounding error, which grows as the root of m.
    if (rest <= 10 * std::sqrt(static_cast<T>(m)) * std::numeric_limits<T>::epsilon() * whole)
      detail::fail<ValueError>({"lstsq: column ", j, " depends on the columns before it: no unique solution"});
    const detail::Reflection<T> reflection(m - j, column + j);
    diagonal[j] = reflection.r;
    for (std::size_t c = j + 1; c < n; ++c) reflection.apply(m - j, columns.data() + c * m + j);
    for (std::size_t c = 0; c < k; ++c) reflection.apply(m - j, sides.data() + c * m + j);
  }

  // R x = c from the last unknown to the first. R_ij is columns(j, i) above the diagonal.
  Tensor<T> x = Tensor<T>::empty({n, k});
  for (std::size_t c = 0; c < k; ++c)
    for (std::size_t i = n; i-- > 0;) {
      T value = sides(c, i);
      for (std::size_t j = i + 1; j < n; ++j) value -= columns(j, i) * x(j, c);
      x(i, c) = value / diagonal[i];
    }
  return b.rank() == 1 ? std::move(x).reshape({n}) : x;
}

}  // namespace minigrad
