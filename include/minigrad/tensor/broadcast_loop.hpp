// tensor/broadcast_loop.hpp - passes over memory: a function over rows of elements, each operand stretched to one shape.
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
#include "inner_loop.hpp"

namespace minigrad::detail {

/// One operand of a pass: a tensor's elements, or a number, of rank 0.
struct StridedInput {
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

/// A whole elementwise pass with its types erased: the kernel, its function, and where it writes.
struct Pass {
  InnerLoop kernel;
  const void* f;
  void (*add)(std::size_t n, void* sum, const void* part);
  char* out;
  std::size_t out_bytes;  // of one element
  Write write;

  static constexpr std::size_t buffer_bytes = 4096;

  /// One row to `row`. Sums are made piece by piece, by way of a buffer that stays in the nearest cache.
  void run(std::size_t n, char* row, const void* const* in, const std::size_t* steps, std::span<const StridedInput> s) const {
    if (write == Write::assign) kernel(f, n, row, in, steps);
    else run_and_add(n, row, in, steps, s);
  }

 private:
  [[gnu::noinline]] void run_and_add(std::size_t n, char* row, const void* const* in, const std::size_t* steps,
                                     std::span<const StridedInput> s) const {
    alignas(64) char buffer[buffer_bytes];
    const void* at[max_operands];
    std::copy(in, in + s.size(), at);
    const std::size_t most = sizeof buffer / out_bytes;
    for (std::size_t done = 0; done < n; done += most) {
      const std::size_t count = n - done < most ? n - done : most;
      kernel(f, count, buffer, at, steps);
      add(count, row + done * out_bytes, buffer);
      for (std::size_t k = 0; k < s.size(); ++k)
        if (steps[k]) at[k] = static_cast<const char*>(at[k]) + count * s[k].element_bytes;
    }
  }
};

/// A few elements of an operand, written out as often as it is stretched.
struct alignas(64) Copies {
  static constexpr std::size_t most = 8 * block, most_bytes = 16;  // how many, and the size of each
  char bytes[most * most_bytes];

  /// `rows` rows of n elements; a step along a row moves by `along` bytes, one to the next row by `down`.
  [[gnu::noinline]] void fill(const char* from, std::size_t element_bytes, std::size_t rows, std::size_t n,
                              std::size_t down, std::size_t along) {
    with_size(element_bytes, [=, this](auto size) {
      char* to = bytes;
      for (std::size_t i = 0; i < rows; ++i)
        for (std::size_t j = 0; j < n; ++j, to += size) std::memcpy(to, from + i * down + j * along, size);
    });
  }

  /// One number, `block` times.
  [[gnu::noinline]] void fill(const char* number, std::size_t element_bytes) {
    with_size(element_bytes, [=, this](auto size) {
      char one[most_bytes];
      std::memcpy(one, number, size);
      for (std::size_t i = 0; i < block; ++i) std::memcpy(bytes + i * size, one, size);
    });
  }

 private:
  template <class F>
  static void with_size(std::size_t element_bytes, const F& f) {
    if (element_bytes == 4) f(std::integral_constant<std::size_t, 4>{});
    else if (element_bytes == 8) f(std::integral_constant<std::size_t, 8>{});
    else f(element_bytes);
  }
};

[[gnu::noinline]] inline Shape broadcast_all(const char* op, std::span<const StridedInput> in) {
  Shape out = *in[0].shape;
  for (const StridedInput& one : in)
    if (one.shape->rank() > 0 && *one.shape != out) out = broadcast_shapes(op, out, *one.shape);
  return out;
}

/// How up to six operands are read to fill a shape: for each axis its extent, and for each operand how many bytes one
/// step along it moves (0 where it is stretched). Axes that every operand walks as one are merged. There is
/// more than one element, or `large` ones.
struct BroadcastPlan {
  bool large = false;    // a number type is too large to be written out: then rows are single elements
  std::size_t rank = 0;  // axis 0 is the innermost
  std::array<std::size_t, Shape::max_rank + 1> extents{};
  std::array<std::array<std::size_t, max_operands>, Shape::max_rank + 1> steps{};

  BroadcastPlan(const Shape& out, std::span<const StridedInput> in) {
    std::array<std::size_t, max_operands> stride{}, step{};
    for (std::size_t k = 0; k < in.size(); ++k) {
      stride[k] = in[k].element_bytes;
      large = large || in[k].element_bytes > Copies::most_bytes;
    }
    if (large) extents[rank++] = 1;
    for (std::size_t axis = 0; axis < out.rank(); ++axis) {
      const std::size_t extent = out.from_right(axis);
      if (extent == 1) continue;
      bool merges = rank > (large ? 1 : 0);
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
  }
};

/// Runs a pass over an output that some operands are stretched to. Short rows are taken several at a time, so that the
/// kernel has work: what of an operand does not lie together then is copied together.
[[gnu::noinline]] inline void broadcast_general(const Pass& pass, const Shape& shape, std::span<const StridedInput> sources) {
  const BroadcastPlan plan(shape, sources);
  const std::size_t n = plan.extents[0], size = shape.size();
  const std::size_t down = plan.rank > 1 ? plan.extents[1] : 1;
  bool stretches = false;  // whether some operand's numbers become parts of rows, which is more work than rows are
  for (std::size_t k = 0; k < sources.size(); ++k)
    stretches = stretches || (plan.steps[0][k] == 0 && plan.steps[1][k] != 0);
  const bool short_rows = n < block || (n <= Copies::most / 4 && !stretches);
  const std::size_t together = short_rows && !plan.large ? Copies::most / n : 1;
  Copies copies[max_operands];
  const char* filled_from[max_operands] = {};
  const void* in[max_operands];
  std::size_t steps[max_operands];
  const char* at[max_operands];
  for (std::size_t k = 0; k < sources.size(); ++k) at[k] = static_cast<const char*>(sources[k].data);

  std::array<std::size_t, Shape::max_rank + 1> index{};
  for (std::size_t done = 0; done < size;) {
    const std::size_t left = down - index[1], rows = left < together ? left : together;
    for (std::size_t k = 0; k < sources.size(); ++k) {
      const std::size_t along = plan.steps[0][k], next = rows > 1 ? plan.steps[1][k] : along * n;
      const bool number = along == 0 && next == 0;
      steps[k] = number ? 0 : block;
      if ((next == along * n && !number) || rows * n == 1) {
        in[k] = at[k];
        continue;
      }
      in[k] = copies[k].bytes;
      if (filled_from[k] == at[k] && next == 0) continue;  // as before, when there were at least as many rows
      if (number) copies[k].fill(at[k], sources[k].element_bytes);
      else copies[k].fill(at[k], sources[k].element_bytes, rows, n, next, along);
      filled_from[k] = at[k];
    }
    pass.run(rows * n, pass.out + done * pass.out_bytes, in, steps, sources);
    done += rows * n;
    std::size_t walked = rows;
    for (std::size_t axis = 1; axis < plan.rank; ++axis, walked = 1) {  // an odometer over the outer axes
      index[axis] += walked;
      const bool wraps = index[axis] == plan.extents[axis];
      for (std::size_t k = 0; k < sources.size(); ++k) {
        at[k] += plan.steps[axis][k] * walked;
        if (wraps) at[k] -= plan.steps[axis][k] * plan.extents[axis];
      }
      if (!wraps) break;
      index[axis] = 0;
    }
  }
}

/// Runs a pass over the whole output, each operand stretched to its shape.
[[gnu::noinline]] inline void broadcast_rows(const Pass& pass, const Shape& shape, std::span<const StridedInput> sources) {
  const std::size_t size = shape.size();
  if (size == 0) return;
  Copies copies[max_operands];
  const void* in[max_operands];
  std::size_t steps[max_operands];
  for (std::size_t k = 0; k < sources.size(); ++k) {
    const StridedInput& source = sources[k];
    in[k] = source.data;
    steps[k] = block;
    if (*source.shape == shape) continue;
    if (source.shape->size() != 1 || source.element_bytes > Copies::most_bytes)
      return broadcast_general(pass, shape, sources);
    steps[k] = 0;
    in[k] = copies[k].bytes;
    copies[k].fill(static_cast<const char*>(source.data), source.element_bytes);
  }
  pass.run(size, pass.out, in, steps, sources);
}

}  // namespace minigrad::detail
