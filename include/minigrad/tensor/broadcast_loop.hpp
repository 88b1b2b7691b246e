// tensor/broadcast_loop.hpp - the elementwise loop over whole tensors, each operand broadcast to one shape.
//
// The walk over rows is the same for every function and type, and is compiled once, with the types erased. Only the
// inner loop, over one row, exists once for each function.
#pragma once

#include <array>
#include <cstddef>
#include <cstring>
#include <span>
#include <type_traits>
#include <utility>

#include "../core/shape.hpp"
#include "inner_loop.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

/// One operand: a tensor's elements, or a number, of rank 0.
struct StridedInput {
  const void* data;
  const Shape* shape;
  std::size_t element_bytes;
};

/// Whether results are stored, or added to what is there.
enum class Write : bool { assign, add };

/// sum[i] += part[i] for n > 0 elements.
template <class T>
void add_erased(std::size_t n, void* sum, const void* part) {
  constexpr auto add = [](T a, T b) { return static_cast<T>(a + b); };
  const void* const in[] = {sum, part};
  const std::size_t steps[] = {1, 1};
  inner_loop_scalar<T, std::remove_const_t<decltype(add)>, T, T>(&add, n, sum, in, steps, std::index_sequence<0, 1>());
}
template <class T>
void add_row(std::size_t n, T* sum, const T* part) {
  if (n > 0) add_erased<T>(n, sum, part);
}

/// Runs a loop on operands of which some are one number, which it gets repeated.
[[gnu::noinline]] inline void run_with_numbers(InnerLoop loop, const void* f, std::size_t n, void* out,
                                               const void* const* in, const std::size_t* steps,
                                               std::span<const StridedInput> s) {
  alignas(16) char copies[max_operands][16 * unroll];
  const void* at[max_operands];
  for (std::size_t k = 0; k < s.size(); ++k) {
    const std::size_t bytes = s[k].element_bytes;
    at[k] = in[k];
    if (steps[k] || bytes > 16) continue;  // of larger types a loop takes one at a time
    char one[16];
    const auto repeat = [&](auto size) {
      std::memcpy(one, in[k], size);
      for (std::size_t j = 0; j < unroll; ++j) std::memcpy(copies[k] + j * size, one, size);
    };
    if (bytes == 4)
      repeat(std::integral_constant<std::size_t, 4>{});
    else if (bytes == 8)
      repeat(std::integral_constant<std::size_t, 8>{});
    else
      repeat(bytes);
    at[k] = copies[k];
  }
  loop(f, n, out, at, steps);
}

/// An elementwise loop with its types erased: the inner loop, its function, and where it writes.
struct Pass {
  InnerLoop kernel;
  const void* f;
  void (*add)(std::size_t n, void* sum, const void* part);
  char* out;
  std::size_t out_bytes;  // of one element
  Write write;

  static constexpr std::size_t buffer_bytes = 4096;

  /// One row to `row`. Sums are made piece by piece, by way of a buffer that stays in the nearest cache.
  void run(std::size_t n, char* row, const void* const* in, const std::size_t* steps,
           std::span<const StridedInput> s) const {
    if (write == Write::assign)
      store(n, row, in, steps, s);
    else
      run_and_add(n, row, in, steps, s);
  }

 private:
  void store(std::size_t n, char* row, const void* const* in, const std::size_t* steps,
             std::span<const StridedInput> s) const {
    bool walk = true;
    for (std::size_t k = 0; k < s.size(); ++k) walk = walk && steps[k];
    if (walk) kernel(f, n, row, in, steps);
    else run_with_numbers(kernel, f, n, row, in, steps, s);
  }
  [[gnu::noinline]] void run_and_add(std::size_t n, char* row, const void* const* in, const std::size_t* steps,
                                     std::span<const StridedInput> s) const {
    alignas(64) char buffer[buffer_bytes];
    const void* at[max_operands];
    for (std::size_t k = 0; k < s.size(); ++k) at[k] = in[k];
    const std::size_t most = sizeof buffer / out_bytes;
    for (std::size_t done = 0; done < n; done += most) {
      const std::size_t count = n - done < most ? n - done : most;
      store(count, buffer, at, steps, s);
      add(count, row + done * out_bytes, buffer);
      for (std::size_t k = 0; k < s.size(); ++k)
        if (steps[k]) at[k] = static_cast<const char*>(at[k]) + count * s[k].element_bytes;
    }
  }
};

/// Copies `rows` rows of n elements; a step along a row moves by `along` bytes, one to the next row by `down`.
[[gnu::noinline]] inline void copy_rows(char* to, const char* from, std::size_t element_bytes, std::size_t rows,
                                        std::size_t n, std::size_t down, std::size_t along) {
  auto copy = [=](auto size) mutable {
    for (std::size_t i = 0; i < rows; ++i)
      for (std::size_t j = 0; j < n; ++j, to += size) std::memcpy(to, from + i * down + j * along, size);
  };
  if (element_bytes == 4)
    copy(std::integral_constant<std::size_t, 4>{});
  else if (element_bytes == 8)
    copy(std::integral_constant<std::size_t, 8>{});
  else
    copy(element_bytes);
}

[[gnu::noinline]] inline Shape broadcast_all(const char* op, std::span<const StridedInput> in) {
  Shape out = *in[0].shape;
  for (const StridedInput& one : in)
    if (one.shape->rank() > 0 && *one.shape != out) out = broadcast_shapes(op, out, *one.shape);
  return out;
}

/// How operands are read to fill a shape of more than one element: for each axis its extent, and for each operand how
/// many bytes one step along it moves, 0 where the operand is broadcast. Axes that every operand walks as one are
/// merged.
struct BroadcastPlan {
  std::size_t rank = 0;  // axis 0 is the innermost
  std::array<std::size_t, Shape::max_rank> extents{};
  std::array<std::array<std::size_t, max_operands>, Shape::max_rank> steps{};

  BroadcastPlan(const Shape& out, std::span<const StridedInput> in) {
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
  }
};

/// Fills an output of more than one element to which some operands are broadcast. In each operand a row is contiguous,
/// or one number. Short rows are taken several at a time, so that the kernel has work: operands whose elements
/// do not lie together then are copied together.
[[gnu::noinline]] inline void broadcast_general(const Pass& pass, const Shape& shape,
                                                std::span<const StridedInput> sources) {
  constexpr std::size_t buffer_bytes = 1024;  // for the copies of each operand
  alignas(64) char copies[max_operands][buffer_bytes];
  const BroadcastPlan plan(shape, sources);
  const std::size_t n = plan.extents[0], down = plan.rank > 1 ? plan.extents[1] : 1, size = shape.size();
  std::size_t largest = 4;
  bool repeats = false;  // whether single numbers of an operand become parts of rows, which is more work than rows are
  for (std::size_t k = 0; k < sources.size(); ++k) {
    largest = (std::max)(largest, sources[k].element_bytes);
    repeats = repeats || (plan.steps[0][k] == 0 && plan.steps[1][k] != 0);
  }
  const std::size_t most = buffer_bytes / largest;
  const bool short_rows = n < 32 || (n <= 64 && !repeats);
  const std::size_t together = short_rows && n < most ? most / n : 1;
  const char* copied_from[max_operands] = {};
  const void* in[max_operands];
  std::size_t steps[max_operands];
  const char* at[max_operands];
  for (std::size_t k = 0; k < sources.size(); ++k) at[k] = static_cast<const char*>(sources[k].data);

  std::array<std::size_t, Shape::max_rank> index{};
  for (std::size_t done = 0; done < size;) {
    const std::size_t rows = (std::min)(down - index[1], together);
    for (std::size_t k = 0; k < sources.size(); ++k) {
      const std::size_t along = plan.steps[0][k], next = rows > 1 ? plan.steps[1][k] : along * n;
      steps[k] = along != 0 || next != 0;
      in[k] = at[k];
      if (next == along * n) continue;
      in[k] = copies[k];
      if (copied_from[k] == at[k] && next == 0) continue;  // as before, when there were at least as many rows
      copy_rows(copies[k], at[k], sources[k].element_bytes, rows, n, next, along);
      copied_from[k] = at[k];
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

/// Fills the whole output, each operand broadcast to its shape.
[[gnu::noinline]] inline void broadcast_rows(const Pass& pass, const Shape& shape,
                                             std::span<const StridedInput> sources) {
  const std::size_t size = shape.size();
  if (size == 0) return;
  const void* in[max_operands];
  std::size_t steps[max_operands];
  for (std::size_t k = 0; k < sources.size(); ++k) {
    in[k] = sources[k].data;
    steps[k] = *sources[k].shape == shape;
    if (!steps[k] && sources[k].shape->size() != 1) return broadcast_general(pass, shape, sources);
  }
  pass.run(size, pass.out, in, steps, sources);
}

}  // namespace minigrad::detail
