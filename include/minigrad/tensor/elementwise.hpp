// tensor/elementwise.hpp - one function over every element of some tensors, in one pass, with broadcasting.
//
// map("add", add, a, b) is the tensor of add(a_i, b_i). Operands are tensors and numbers; they broadcast.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <type_traits>
#include <utility>

#include "tensor.hpp"

namespace minigrad {

/// Number types: what a Tensor holds and what mixes with tensors. Specialise for a type of your own.
template <class X>
inline constexpr bool is_number = std::is_arithmetic_v<X>;
template <class X>
inline constexpr bool is_tensor = false;
template <class T>
inline constexpr bool is_tensor<Tensor<T>> = true;

inline Shape shape_of(const auto&) { return {}; }
template <class T>
const Shape& shape_of(const Tensor<T>& x) {
  return x.shape();
}

namespace detail {

inline constexpr std::size_t block = 32, max_operands = 6;

/// One operand of a row: consecutive numbers, or one number repeated.
struct RowSource {
  const void* data;
  bool repeated;
};

/// A function over one row of elements: out[i] = f(x[i], ...). The rest of this file is compiled once for all
/// functions; only this kernel exists once for each.
using RowKernel = void (*)(const void* f, std::size_t n, void* out, const RowSource* in);

/// The numbers of an operand as seen block by block: a repeated number is written out once, so that the loop over a
/// block has one form, which compilers vectorise because its length is constant.
template <class T>
class RowReader {
 public:
  RowReader(const RowSource& source, std::size_t n)
      : data_(static_cast<const T*>(source.data)), step_(!source.repeated) {
    if (source.repeated && n >= block)
      for (T& copy : copies_) copy = *data_;
  }
  const T* block_at(std::size_t i) const { return step_ ? data_ + i : copies_; }
  T at(std::size_t i) const { return data_[i * step_]; }

 private:
  const T* data_;
  std::size_t step_;
  T copies_[block];
};

template <class Out, class F, class... T>
[[gnu::always_inline]] inline void map_blocks(const F& f, std::size_t n, Out* out, const RowReader<T>&... x) {
  std::size_t i = 0;
  for (; i + block <= n; i += block) {
    Out y[block];  // so that out may be one of the operands
    const auto compute = [&](const T*... p) {
      for (std::size_t j = 0; j < block; ++j) y[j] = static_cast<Out>(f(p[j]...));
    };
    compute(x.block_at(i)...);
    for (std::size_t j = 0; j < block; ++j) out[i + j] = y[j];
  }
  for (; i < n; ++i) out[i] = static_cast<Out>(f(x.at(i)...));
}

template <class Out, class F, class... T, std::size_t... K>
[[gnu::always_inline]] inline void read_and_map(const F& f, std::size_t n, Out* out, const RowSource* in,
                                                std::index_sequence<K...>) {
  map_blocks(f, n, out, RowReader<T>(in[K], n)...);
}
template <class Out, class F, class... T>
[[gnu::noinline]] void row_kernel(const void* f, std::size_t n, void* out, const RowSource* in) {
  read_and_map<Out, F, T...>(*static_cast<const F*>(f), n, static_cast<Out*>(out), in, std::index_sequence_for<T...>{});
}

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
  RowKernel kernel;
  const void* f;
  void (*add)(std::size_t n, void* sum, const void* part);
  char* out;
  std::size_t out_bytes;  // of one element
  Write write;

  /// One row to `out`. Sums are made piece by piece, by way of a buffer that stays in the nearest cache.
  void run(std::size_t n, char* row, RowSource* in, std::size_t operands, const std::size_t* element_bytes) const {
    if (write == Write::assign) return kernel(f, n, row, in);
    constexpr std::size_t buffer_bytes = 4096;
    alignas(64) char buffer[buffer_bytes];
    const std::size_t most = buffer_bytes / out_bytes;
    RowSource piece[max_operands];
    std::copy(in, in + operands, piece);
    for (std::size_t done = 0; done < n; done += most) {
      const std::size_t count = n - done < most ? n - done : most;
      kernel(f, count, buffer, piece);
      add(count, row + done * out_bytes, buffer);
      for (std::size_t k = 0; k < operands; ++k)
        if (!piece[k].repeated) piece[k].data = static_cast<const char*>(piece[k].data) + count * element_bytes[k];
    }
  }
};

[[gnu::noinline]] inline Shape broadcast_all(const char* op, std::span<const Shape* const> shapes) {
  Shape out = *shapes[0];
  for (const Shape* shape : shapes) out = broadcast_shapes(op, out, *shape);
  return out;
}

/// How up to six operands are read to fill a shape: for each axis its extent, and for each operand how many bytes one
/// step along it moves (0 where the operand is stretched; `element_bytes` is 0 for a number). Axes that every operand
/// walks as one are merged.
struct BroadcastPlan {
  std::size_t rank = 0;  // axis 0 is the innermost
  std::array<std::size_t, Shape::max_rank> extents{};
  std::array<std::array<std::size_t, max_operands>, Shape::max_rank> steps{};

  BroadcastPlan(const Shape& out, std::span<const Shape* const> shapes, const std::size_t* element_bytes) {
    std::array<std::size_t, max_operands> stride{}, step{};
    for (std::size_t k = 0; k < shapes.size(); ++k) stride[k] = element_bytes[k];
    for (std::size_t axis = 0; axis < out.rank(); ++axis) {
      const std::size_t extent = out.from_right(axis);
      if (extent == 1) continue;
      bool merges = rank > 0;
      for (std::size_t k = 0; k < shapes.size(); ++k) {
        const std::size_t own = shapes[k]->from_right(axis);
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
[[gnu::noinline]] inline void map_rows(const Pass& pass, const Shape& shape, std::span<const Shape* const> shapes,
                                       const std::size_t* element_bytes, RowSource* in) {
  const std::size_t size = shape.size(), operands = shapes.size();
  bool whole = true;  // every operand has the output's shape, or is a number
  for (std::size_t k = 0; k < operands; ++k) whole = whole && (element_bytes[k] == 0 || *shapes[k] == shape);
  if (whole) return pass.run(size, pass.out, in, operands, element_bytes);

  const BroadcastPlan plan(shape, shapes, element_bytes);
  const std::size_t n = plan.extents[0];
  std::array<std::size_t, Shape::max_rank> index{};
  for (std::size_t k = 0; k < operands; ++k) in[k].repeated = plan.steps[0][k] == 0;
  const auto move = [&](std::size_t axis, std::size_t k, std::size_t times, bool forward) {
    const char* at = static_cast<const char*>(in[k].data);
    const std::size_t distance = plan.steps[axis][k] * times;
    in[k].data = forward ? at + distance : at - distance;
  };
  for (std::size_t done = 0; done < size; done += n) {
    pass.run(n, pass.out + done * pass.out_bytes, in, operands, element_bytes);
    for (std::size_t axis = 1; axis < plan.rank; ++axis) {  // the next row: an odometer over the outer axes
      for (std::size_t k = 0; k < operands; ++k) move(axis, k, 1, true);
      if (++index[axis] < plan.extents[axis]) break;
      for (std::size_t k = 0; k < operands; ++k) move(axis, k, plan.extents[axis], false);
      index[axis] = 0;
    }
  }
}

inline constexpr auto identity = [](auto value) { return value; };

template <class X>
RowSource row_source(const X& x) {
  if constexpr (is_tensor<X>) return {x.data(), false};
  else return {&x, true};
}
template <class X>
const Shape& operand_shape(const X& x) {
  static constexpr Shape number{};
  if constexpr (is_tensor<X>) return x.shape();
  else return number;
}

template <class X>
struct ElementOf {
  using type = X;
};
template <class T>
struct ElementOf<Tensor<T>> {
  using type = T;
};
template <class X>
using element_of = typename ElementOf<X>::type;

/// out = f(x, ...) or out += f(x, ...) for every element, each operand stretched to the shape of `out`.
template <class Out, class F, class... X>
void map_into(Tensor<Out>& out, const F& f, Write write, const X&... x) {
  static_assert(sizeof...(X) <= max_operands);
  const Pass pass{row_kernel<Out, F, element_of<X>...>, &f,        add_erased<Out>,
                  reinterpret_cast<char*>(out.data()),  sizeof(Out), write};
  RowSource in[] = {row_source(x)...};
  const Shape* const shapes[] = {&operand_shape(x)...};
  static constexpr std::size_t element_bytes[] = {(is_tensor<X> ? sizeof(element_of<X>) : 0)...};
  map_rows(pass, out.shape(), shapes, element_bytes, in);
}

/// The element type of an operation: that of its tensors, where masks (Tensor<bool>) give way to numbers.
template <class... X>
struct Element {
  using type = bool;
};
template <class X, class... Rest>
struct Element<X, Rest...> : Element<Rest...> {};
template <class T, class... Rest>
struct Element<Tensor<T>, Rest...> {
  using type = std::conditional_t<std::is_same_v<T, bool>, typename Element<Rest...>::type, T>;
};

/// Of masks and numbers it is that of the numbers.
template <class T, class... X>
struct ElementOfAll {
  using type = T;
};
template <class... X>
struct ElementOfAll<bool, X...> {
  using type = std::common_type_t<bool, std::conditional_t<is_tensor<X>, bool, X>...>;
};

template <class T, class X>
decltype(auto) as_operand(const X& x) {
  static_assert(is_tensor<X> || std::is_same_v<T, bool> || !std::is_integral_v<T> || !std::is_floating_point_v<X>,
                "minigrad: a tensor of whole numbers meets a fraction, which it would cut off: convert it first, as by "
                "x.to<float>()");
  if constexpr (is_tensor<X> || std::is_same_v<X, bool>) return (x);
  else return static_cast<T>(x);
}

}  // namespace detail

/// The tensor of f(x_i, ...) over operands that broadcast: at least one tensor, and numbers. It holds bools where f
/// gives bools, else the tensors' own type, or, where they are masks, the numbers'. Throws ShapeError naming `op` when
/// the shapes do not broadcast.
template <class F, class... X>
auto map(const char* op, const F& f, const X&... x) {
  using T = typename detail::ElementOfAll<typename detail::Element<X...>::type, X...>::type;
  static_assert(((!is_tensor<X> || std::is_same_v<X, Tensor<T>> || std::is_same_v<X, Tensor<bool>>)&&...),
                "minigrad: the tensors hold different number types: convert one with x.to<double>()");
  const auto apply = [&](const auto&... operand) {
    using Result = decltype(f(std::declval<detail::element_of<std::decay_t<decltype(operand)>>>()...));
    using Out = std::conditional_t<std::is_same_v<Result, bool>, bool, T>;
    const Shape* const shapes[] = {&detail::operand_shape(operand)...};
    auto out = Tensor<Out>::empty(detail::broadcast_all(op, shapes));
    detail::map_into(out, f, detail::Write::assign, operand...);
    return out;
  };
  return apply(detail::as_operand<T>(x)...);
}

}  // namespace minigrad
