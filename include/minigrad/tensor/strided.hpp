// tensor/strided.hpp - the elements of a tensor in another order: permute, and what else steps through memory.
//
// The result is written from its first number to its last. For each of its axes a plan says how far one step along it
// moves in the source: y[i, j, ...] = x[start + i step_0 + j step_1 + ...]. A step may be negative, or 0.
#pragma once

#include <cstddef>

#include "../core/axes.hpp"
#include "../core/parallel.hpp"
#include "pack.hpp"
#include "tensor.hpp"

namespace minigrad::inline MINIGRAD_ABI {
namespace detail {

/// Extents and steps, outermost first. An axis that continues the one before it is merged with it.
struct StridedPlan {
  std::size_t rank = 0;
  std::size_t extents[Shape::max_rank];
  std::ptrdiff_t steps[Shape::max_rank];

  void add(std::size_t extent, std::ptrdiff_t step) {
    if (extent == 1) return;
    if (rank > 0 && steps[rank - 1] == static_cast<std::ptrdiff_t>(extent) * step) {
      extents[rank - 1] *= extent;
      steps[rank - 1] = step;
    } else {
      extents[rank] = extent;
      steps[rank++] = step;
    }
  }
};

/// How far one step along each axis moves in a tensor of this shape.
struct Steps {
  std::ptrdiff_t of[Shape::max_rank] = {};
  explicit Steps(const Shape& shape) {
    std::size_t step = 1;
    for (std::size_t i = shape.rank(); i-- > 0; step *= shape[i]) of[i] = static_cast<std::ptrdiff_t>(step);
  }
};

/// Rows of n numbers whose columns lie together in the source: some columns at a time, so that what is read stays in the
/// cache.
template <class T>
void copy_turned(std::size_t rows, std::size_t n, std::ptrdiff_t along, const T* from, T* to) {
  constexpr std::size_t side = 16;
  for (std::size_t j = 0, some; j < n; j += some, from += static_cast<std::ptrdiff_t>(some) * along) {
    some = n - j < side ? n - j : side;
#if defined(__GNUC__)
    if constexpr (simd::has_simd<T>) {
      if (along > 0) {
        pack(from, 1, static_cast<std::size_t>(along), rows, some, to + j, n);
        continue;
      }
    }
#endif
    for (std::size_t r = 0; r < rows; ++r)
      for (std::size_t c = 0; c < some; ++c)
        to[r * n + j + c] = from[static_cast<std::ptrdiff_t>(r) + static_cast<std::ptrdiff_t>(c) * along];
  }
}

/// to[i] = from[-i].
template <class T>
void copy_backwards(std::size_t n, const T* from, T* to) {
  constexpr std::size_t some = 8;  // at a time, so that compilers load them together
  for (; n >= some; n -= some, to += some, from -= some) {
    T numbers[some];
    for (std::size_t k = 0; k < some; ++k) numbers[k] = *(from - k);
    for (std::size_t k = 0; k < some; ++k) to[k] = numbers[k];
  }
  for (std::size_t i = 0; i < n; ++i) to[i] = *(from - i);
}

/// The elements of the plan's axes from `axis` on; returns the end of what is written.
template <class T>
T* copy_axes(const StridedPlan& plan, std::size_t axis, const T* from, T* to) {
  if (plan.rank == 0) return *to = *from, to + 1;
  const std::size_t n = plan.extents[axis];
  const std::ptrdiff_t step = plan.steps[axis];
  if (axis + 1 == plan.rank) {
    if (step == 1) {
      for (std::size_t i = 0; i < n; ++i) to[i] = from[i];
      return to + n;
    }
    if (step == -1) return copy_backwards(n, from, to), to + n;
    for (std::size_t i = 0; i < n; ++i) to[i] = from[static_cast<std::ptrdiff_t>(i) * step];
    return to + n;
  }
  if (axis + 2 == plan.rank && step == 1) {
    copy_turned(n, plan.extents[axis + 1], plan.steps[axis + 1], from, to);
    return to + n * plan.extents[axis + 1];
  }
  for (std::size_t i = 0; i < n; ++i) to = copy_axes(plan, axis + 1, from + static_cast<std::ptrdiff_t>(i) * step, to);
  return to;
}

/// A tensor of a shape, filled by a plan for it.
template <class T>
Tensor<T> copy_strided(const StridedPlan& plan, const T* from, const Shape& shape) {
  auto y = Tensor<T>::empty(shape);
  if (y.size() == 0) return y;
  if (plan.rank < 2) return copy_axes(plan, 0, from, y.data()), y;
  const std::size_t outer = plan.extents[0], inner = y.size() / outer;
  parallel_for(outer, 1, (std::size_t{1} << 15) / inner + 1, [&](std::size_t begin, std::size_t end) {
    StridedPlan part = plan;
    part.extents[0] = end - begin;
    copy_axes(part, 0, from + static_cast<std::ptrdiff_t>(begin) * plan.steps[0], y.data() + begin * inner);
  });
  return y;
}

/// The permutation that undoes another.
template <class = void>
Axes inverse_permutation(const Axes& perm) {
  const int rank = static_cast<int>(perm.size());
  Axes out;
  for (int i = 0; i < rank; ++i)
    for (int k = 0; k < rank; ++k)
      if ((perm[static_cast<std::size_t>(k)] + rank) % rank == i) out.push_back(k);
  return out;
}

}  // namespace detail

/// x with its axes in another order: axis i of the result is axis perm[i] of x. permute(x, {0, 2, 3, 1}) makes images
/// [n, c, h, w] to [n, h, w, c]. Throws IndexError unless each axis is named once.
template <class T>
Tensor<T> permute(const Tensor<T>& x, const Axes& perm) {
  Shape shape = x.shape();
  if (perm.size() != shape.rank())
    detail::fail<IndexError>({"permute: ", to_string(perm), " is no order of the axes of ", shape,
                              ": each must be named once"});
  perm.in("permute", shape);
  const detail::Steps steps(shape);
  detail::StridedPlan plan;
  for (std::size_t i = 0; i < shape.rank(); ++i) {
    const std::size_t axis = Axis(perm[i]).in("permute", x.shape());
    shape[i] = x.shape()[axis];
    plan.add(shape[i], steps.of[axis]);
  }
  return detail::copy_strided(plan, x.data(), shape);
}

}  // namespace minigrad
