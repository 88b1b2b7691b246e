// optim/strong_wolfe.hpp - a line search for a step length t along a direction d that lowers the loss enough, and the
// slope enough: the strong Wolfe conditions.
//
//   f(t) <= f(0) + c1 t f'(0)     and     |f'(t)| <= c2 |f'(0)|
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "../core/finite.hpp"
#include "../tensor/tensor.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

/// A point on the line: the loss, its slope along d, and its gradient.
template <class T>
struct LinePoint {
  double t = 0, f = 0, slope = 0;
  Tensor<T> gradient{};
};

/// The minimum of the cubic polynomial through two points with their slopes, clamped to [low, high]; the middle of
/// these where it has none. Nocedal and Wright, "Numerical optimization", 2006, equation 3.59.
template <class T>
double cubic_minimum(const LinePoint<T>& one, const LinePoint<T>& two, double low, double high) {
  const LinePoint<T>&a = one.t <= two.t ? one : two, &b = one.t <= two.t ? two : one;
  const double d1 = one.slope + two.slope - 3 * (one.f - two.f) / (one.t - two.t);
  const double square = d1 * d1 - one.slope * two.slope;
  if (is_nan(square) || !(square >= 0)) return (low + high) / 2;
  const double d2 = std::sqrt(square);
  double t = b.t - (b.t - a.t) * ((b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2));
  if (is_nan(t)) return (low + high) / 2;
  t = t < low ? low : t;
  return t > high ? high : t;
}

/// Searches from start = {0, f(0), f'(0)} with the first step length t, for at most 25 steps. evaluate(t, point)
/// computes loss, slope and gradient at t. `size` is the largest |d_i|: a bracket whose length times this is below
/// `tolerance_change` ends the search. The result is one of `points`, which are memory to work in, or start.
///
/// First t grows until an interval is known to have such a point in it; then the interval shrinks around it.
/// Nocedal and Wright, algorithms 3.5 and 3.6, with the safeguards of M. Schmidt's minFunc.
template <class T, class Evaluate>
LinePoint<T>& strong_wolfe(const Evaluate& evaluate, LinePoint<T>& start, double t, double size,
                           double tolerance_change, LinePoint<T> (&points)[3]) {
  constexpr double c1 = 1e-4, c2 = 0.9;
  constexpr std::size_t most = 25;
  const auto too_high = [&](const LinePoint<T>& point) { return point.f > start.f + c1 * point.t * start.slope; };
  const auto is_flat = [&](const LinePoint<T>& point) { return std::fabs(point.slope) <= -c2 * start.slope; };
  const auto unused = [&](const LinePoint<T>* a, const LinePoint<T>* b) {
    LinePoint<T>* out = points;
    while (out == a || out == b) ++out;
    return out;
  };

  LinePoint<T>*before = &start, *now = &points[0];
  evaluate(t, *now);
  std::size_t count = 0;
  for (; count < most; ++count) {
    if (too_high(*now) || (count > 1 && now->f >= before->f)) break;
    if (is_flat(*now)) return *now;
    if (now->slope >= 0) break;
    t = cubic_minimum(*before, *now, now->t + 0.01 * (now->t - before->t), now->t * 10);
    LinePoint<T>* const next = unused(before, now);
    before = now, now = next;
    evaluate(t, *now);
  }
  if (count == most) before = &start;

  LinePoint<T>* ends[] = {before, now};
  bool close_before = false;  // the last step was close to an end, and moved little
  std::size_t low = ends[0]->f <= ends[1]->f ? 0 : 1;
  for (; count < most; ++count) {
    const LinePoint<T>&left = ends[0]->t < ends[1]->t ? *ends[0] : *ends[1],
          &right = &left == ends[0] ? *ends[1] : *ends[0];
    if ((right.t - left.t) * size < tolerance_change) break;
    t = cubic_minimum(*ends[0], *ends[1], left.t, right.t);
    const double margin = 0.1 * (right.t - left.t);
    const bool close = (std::min)(right.t - t, t - left.t) < margin,
               move = close && (close_before || t >= right.t || t <= left.t);
    if (move) t = std::fabs(t - right.t) < std::fabs(t - left.t) ? right.t - margin : left.t + margin;
    close_before = close && !move;

    LinePoint<T>* const trial = unused(ends[0], ends[1]);
    evaluate(t, *trial);
    const std::size_t high = 1 - low;
    if (too_high(*trial) || trial->f >= ends[low]->f) {
      ends[high] = trial;
      low = ends[0]->f <= ends[1]->f ? 0 : 1;
      continue;
    }
    if (is_flat(*trial)) return *trial;
    if (trial->slope * (ends[high]->t - ends[low]->t) >= 0) ends[high] = ends[low];
    ends[low] = trial;
  }
  return *ends[low];
}

}  // namespace minigrad::inline MINIGRAD_ABI::detail
