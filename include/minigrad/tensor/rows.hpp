// tensor/rows.hpp - passes over memory: a function over rows of elements, each operand stretched to one shape.
//
// What a pass does is the same for every function and type: it walks over rows and merges axes where it can. All of
// that is compiled once, with types erased; only the kernel, the loop over a row, exists once for each function.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <span>
#include <type_traits>
#include <utility>

#include "../core/shape.hpp"
#include "row_kernel.hpp"

namespace minigrad::detail {

/// One operand of a pass: a tensor's elements, or a number, of rank 0.
struct Source {
  const void* data;
  const Shape* shape;
  std::size_t element_bytes;
};

/// What becomes of the results: stored, or added to what stands there.
enum class Write : bool { assign, add };

/// sum[i] += part[i]
template <class T>
[[gnu::noinline]] void add_row(std::size_t n, T* sum, const T* part) {
  std::size_t i = 0;
  for (; i + block <= n; i += block) {
    T y[block];
    for (std::size_t j = 0; j < block; ++j) y[j] = static_cast<T>(sum[i + j] + part[i + j]);
    for (std::size_t j = 0; j < block; ++j) sum[i + j] = y[j];
  }
  for (; i < n; ++i) sum[i] = static_cast<T>(sum[i] + part[i]);
}

template <class T>
void add_erased(std::size_t n, void* sum, const void* part) {
  add_row(n, static_cast<T*>(sum), static_cast<const T*>(part));
}

/// One operand of a row: consecutive elements, or one that is repeated.
struct RowSource {
  const char* data;
  std::size_t element_bytes;
  bool repeated;
};

/// A number written out `block` times.
struct alignas(64) Copies {
  static constexpr std::size_t most_bytes = 16;
  char bytes[block * most_bytes];

  void fill(const char* number, std::size_t element_bytes, std::size_t count) {
    const auto copy = [&](auto size) {
      for (std::size_t i = 0; i < count; ++i) std::memcpy(bytes + i * size, number, size);
    };
    if (element_bytes == 4)
      copy(std::integral_constant<std::size_t, 4>{});
    else if (element_bytes == 8)
      copy(std::integral_constant<std::size_t, 8>{});
    else
      copy(element_bytes);
  }
};

/// A whole elementwise pass with its types erased: the kernel, its function, and where it writes.
struct Pass {
  RowKernel kernel;
  const void* f;
  void (*add)(std::size_t n, void* sum, const void* part);
  char* out;
  std::size_t out_bytes;  // of one element
  Write write;

  static constexpr std::size_t buffer_bytes = 4096;

  /// One row to `row`. Sums are made piece by piece, by way of a buffer that stays in the nearest cache.
  void run(std::size_t n, char* row, const RowSource* in, std::size_t operands) const {
    Copies copies[max_operands];
    const void* at[max_operands];
    std::size_t steps[max_operands];
    bool fits = true;
    for (std::size_t k = 0; k < operands; ++k) {
      at[k] = in[k].data;
      steps[k] = block;
      if (!in[k].repeated || n == 1) continue;
      steps[k] = 0;
      fits = fits && in[k].element_bytes <= Copies::most_bytes;
      if (fits) at[k] = copies[k].bytes, copies[k].fill(in[k].data, in[k].element_bytes, n < block ? n : block);
    }
    if (!fits) return run_one_by_one(n, row, in, operands);
    if (write == Write::assign) return kernel(f, n, row, at, steps);
    alignas(64) char buffer[buffer_bytes];
    const std::size_t most = sizeof buffer / out_bytes;
    for (std::size_t done = 0; done < n; done += most) {
      const std::size_t count = n - done < most ? n - done : most;
      kernel(f, count, buffer, at, steps);
      add(count, row + done * out_bytes, buffer);
      for (std::size_t k = 0; k < operands; ++k)
        if (steps[k]) at[k] = static_cast<const char*>(at[k]) + count * in[k].element_bytes;
    }
  }

 private:
  /// For a user's own number type that is too large to be written out.
  void run_one_by_one(std::size_t n, char* row, const RowSource* in, std::size_t operands) const {
    RowSource one[max_operands];
    std::copy(in, in + operands, one);
    for (std::size_t i = 0; i < n; ++i, row += out_bytes) {
      run(1, row, one, operands);
      for (std::size_t k = 0; k < operands; ++k)
        if (!one[k].repeated) one[k].data += one[k].element_bytes;
    }
  }
};

[[gnu::noinline]] inline Shape broadcast_all(const char* op, std::span<const Source> in) {
  Shape out = *in[0].shape;
  for (const Source& one : in) out = broadcast_shapes(op, out, *one.shape);
  return out;
}

/// How up to six operands are read to fill a shape: for each axis its extent, and for each operand how many bytes one
/// step along it moves (0 where it is stretched). Axes that every operand walks as one are merged.
struct BroadcastPlan {
  std::size_t rank = 0;  // axis 0 is the innermost
  std::array<std::size_t, Shape::max_rank> extents{};
  std::array<std::array<std::size_t, max_operands>, Shape::max_rank> steps{};

  BroadcastPlan(const Shape& out, std::span<const Source> in) {
    std::array<std::size_t, max_operands> stride{}, step{};
    for (std::size_t k = 0; k < in.size(); ++k) stride[k] = in[k].element_bytes;
    for (std::size_t axis = 0; axis < out.rank(); ++axis) {
      const std::size_t extent = out.from_right(axis);
      if (extent == 1) continue;
      bool merges = rank > 0;
      for (std::size_t k = 0; k < in.size(); ++k) {
        const std::size_t own = in[k].shape->from_right(axis);
        step[k] = own == 1 ? 0 : stride[k];
        stride[k] *= own;
        merges = merges && step[k] == steps[rank - 1][k] * extents[rank - 1];
      }
      if (merges) {
        extents[rank - 1] *= extent;
      } else {
        extents[rank] = extent;
        steps[rank++] = step;
      }
    }
    if (rank == 0) {  // one element
      extents[0] = 1;
      rank = 1;
    }
  }
};

/// Runs a pass over all rows of the output, each operand stretched to its shape.
[[gnu::noinline]] inline void map_rows(const Pass& pass, const Shape& shape, std::span<const Source> sources) {
  const std::size_t size = shape.size(), operands = sources.size();
  RowSource in[max_operands];
  bool whole = true;  // every operand has the output's shape, or is a number
  for (std::size_t k = 0; k < operands; ++k) {
    const Source& source = sources[k];
    in[k] = {static_cast<const char*>(source.data), source.element_bytes, source.shape->rank() == 0};
    whole = whole && (in[k].repeated || *source.shape == shape);
  }
  if (size == 0) return;
  if (whole) return pass.run(size, pass.out, in, operands);

  const BroadcastPlan plan(shape, sources);
  const std::size_t n = plan.extents[0];
  std::array<std::size_t, Shape::max_rank> index{};
  for (std::size_t k = 0; k < operands; ++k) in[k].repeated = plan.steps[0][k] == 0;
  for (std::size_t done = 0; done < size; done += n) {
    pass.run(n, pass.out + done * pass.out_bytes, in, operands);
    for (std::size_t axis = 1; axis < plan.rank; ++axis) {  // the next row: an odometer over the outer axes
      const bool wraps = ++index[axis] == plan.extents[axis];
      for (std::size_t k = 0; k < operands; ++k) {
        in[k].data += plan.steps[axis][k];
        if (wraps) in[k].data -= plan.steps[axis][k] * plan.extents[axis];
      }
      if (!wraps) break;
      index[axis] = 0;
    }
  }
}

}  // namespace minigrad::detail
