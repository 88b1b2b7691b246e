// tensor/elementwise.hpp - one function over every element of some tensors, in one pass, with broadcasting.
//
// map("add", add, a, b) is the tensor of add(a_i, b_i). Operands are tensors and numbers; they broadcast.
#pragma once

#include <array>
#include <cstddef>
#include <tuple>
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

inline constexpr std::size_t block = 32;

/// One operand of a row: consecutive numbers, or one number repeated. A block of it is `block` consecutive numbers in
/// either case, so that the loop over a block has one form, which compilers vectorise because its length is constant.
template <class T>
class RowSource {
 public:
  RowSource(const T* data, bool repeated, std::size_t n) : data_(data), repeated_(repeated) {
    if (repeated && n >= block)
      for (T& copy : copies_) copy = *data;
  }
  const T* at_block(std::size_t i) const { return repeated_ ? copies_ : data_ + i; }
  T at(std::size_t i) const { return repeated_ ? *data_ : data_[i]; }

 private:
  const T* data_;
  bool repeated_;
  T copies_[block];
};

/// write(out[i], f(x[i], ...)) for i in 0 .. n-1.
template <class Out, class F, class Write, class... T>
void map_row(std::size_t n, Out* out, const F& f, const Write& write, const RowSource<T>&... x) {
  std::size_t i = 0;
  for (; i + block <= n; i += block) {
    const auto one_block = [&](Out* __restrict y, const T*... p) {
      for (std::size_t j = 0; j < block; ++j) write(y[j], f(p[j]...));
    };
    one_block(out + i, x.at_block(i)...);
  }
  for (; i < n; ++i) write(out[i], f(x.at(i)...));
}

/// How N operands are read to fill an output shape: for each axis of the output its extent, and for each operand how
/// far one step along it moves (0 where the operand is stretched). Axes that every operand walks as one are merged.
template <std::size_t N>
struct BroadcastPlan {
  std::size_t rank = 0;  // axes[0] is the innermost
  std::array<std::size_t, Shape::max_rank> extents{};
  std::array<std::array<std::size_t, N>, Shape::max_rank> steps{};

  BroadcastPlan(const Shape& out, const std::array<Shape, N>& shapes) {
    std::array<std::size_t, N> stride;
    stride.fill(1);
    for (std::size_t axis = 0; axis < out.rank(); ++axis) {
      const std::size_t extent = out.from_right(axis);
      if (extent == 1) continue;
      std::array<std::size_t, N> step;
      bool merges = rank > 0;
      for (std::size_t k = 0; k < N; ++k) {
        const std::size_t own = shapes[k].from_right(axis);
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

template <class Out, class F, class Write, std::size_t... K, class... T>
void map_rows(std::index_sequence<K...>, const Shape& shape, Out* out, const F& f, const Write& write,
              const std::array<Shape, sizeof...(T)>& shapes, const T*... x) {
  const BroadcastPlan<sizeof...(T)> plan(shape, shapes);
  const std::size_t n = plan.extents[0];
  std::array<std::size_t, Shape::max_rank> index{};
  std::array<std::size_t, sizeof...(T)> at{};
  for (std::size_t done = 0, size = shape.size(); done < size; done += n) {
    map_row(n, out + done, f, write, RowSource<T>(x + at[K], plan.steps[0][K] == 0, n)...);
    for (std::size_t axis = 1; axis < plan.rank; ++axis) {  // the next row: an odometer over the outer axes
      ((at[K] += plan.steps[axis][K]), ...);
      if (++index[axis] < plan.extents[axis]) break;
      ((at[K] -= plan.steps[axis][K] * plan.extents[axis]), ...);
      index[axis] = 0;
    }
  }
}

template <class X>
auto operand_data(const X& x) {
  if constexpr (is_tensor<X>) return x.data();
  else return &x;
}

/// write(out_i, f(x_i, ...)) with every operand stretched to the shape of `out`.
template <class Out, class F, class Write, class... X>
void map_into(Tensor<Out>& out, const F& f, const Write& write, const X&... x) {
  const auto whole = [&](const auto& operand) {
    return !is_tensor<std::decay_t<decltype(operand)>> || shape_of(operand) == out.shape();
  };
  if ((whole(x) && ...)) {
    const std::size_t n = out.size();
    map_row(n, out.data(), f, write, RowSource(operand_data(x), !is_tensor<X>, n)...);
  } else {
    map_rows(std::index_sequence_for<X...>{}, out.shape(), out.data(), f, write, {shape_of(x)...},
             operand_data(x)...);
  }
}

inline constexpr auto assign = []<class T>(T& out, auto value) { out = static_cast<T>(value); };
inline constexpr auto accumulate = []<class T>(T& out, auto value) { out = static_cast<T>(out + value); };

template <class T>
T element(const Tensor<T>&);  // never called: names the type of an operand's elements
template <class T>
T element(const T&);

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

template <class T, class X>
decltype(auto) as_operand(const X& x) {
  if constexpr (is_tensor<X>) return (x);
  else return static_cast<T>(x);
}

}  // namespace detail

/// The tensor of f(x_i, ...) over operands that broadcast: at least one tensor, and numbers. It holds bools where f
/// gives bools, else the operands' own type. Throws ShapeError naming `op` when the shapes do not broadcast.
template <class F, class... X>
auto map(const char* op, const F& f, const X&... x) {
  using T = typename detail::Element<X...>::type;
  static_assert(((!is_tensor<X> || std::is_same_v<X, Tensor<T>> || std::is_same_v<X, Tensor<bool>>)&&...),
                "minigrad: the tensors hold different number types: convert one with x.to<double>()");
  const auto apply = [&](const auto&... operand) {
    using Result = std::decay_t<decltype(f(detail::element(operand)...))>;
    Shape shape;
    ((shape = is_tensor<X> ? broadcast_shapes(op, shape, shape_of(x)) : shape), ...);
    auto out = Tensor<std::conditional_t<std::is_same_v<Result, bool>, bool, T>>::empty(shape);
    detail::map_into(out, f, detail::assign, operand...);
    return out;
  };
  return apply(detail::as_operand<T>(x)...);
}

}  // namespace minigrad
