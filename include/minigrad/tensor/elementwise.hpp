// tensor/elementwise.hpp - one function over every element of some tensors, in one pass, with broadcasting.
//
// map("add", add, a, b) is the tensor of add(a_i, b_i). Operands are tensors and numbers; they broadcast.
#pragma once

#include <cstddef>
#include <span>
#include <type_traits>
#include <utility>

#include "broadcast_loop.hpp"
#include "tensor.hpp"

namespace minigrad::inline MINIGRAD_ABI {

/// Number types: what a Tensor holds and what mixes with tensors. Specialise for a type of your own.
template <class X>
inline constexpr bool is_scalar = std::is_arithmetic_v<X>;
/// Whether X is a Tensor of any element type.
template <class X>
inline constexpr bool is_tensor = false;
template <class T>
inline constexpr bool is_tensor<Tensor<T>> = true;

/// The shape of an operand: that of a Tensor, and [] of a number.
inline Shape shape_of(const auto&) { return {}; }
template <class T>
const Shape& shape_of(const Tensor<T>& x) {
  return x.shape();
}

namespace detail {

inline constexpr auto identity = [](auto value) { return value; };

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

template <class X>
StridedInput strided_input(const X& x) {
  static constexpr Shape number{};
  if constexpr (is_tensor<X>)
    return {x.data(), &x.shape(), sizeof(element_of<X>)};
  else
    return {&x, &number, sizeof(X)};
}

template <class Out>
[[gnu::noinline]] void broadcast_loop(Tensor<Out>& out, InnerLoop kernel, const void* f, Write write,
                                std::span<const StridedInput> in) {
  static_assert(sizeof(Out) <= Pass::buffer_bytes);
  broadcast_rows({kernel, f, add_erased<Out>, reinterpret_cast<char*>(out.data()), sizeof(Out), write}, out.shape(), in);
}

/// out = f(x, ...) or out += f(x, ...) for every element, each operand broadcast to the shape of `out`.
template <class Out, class F, class... X>
void map_into(Tensor<Out>& out, const F& f, Write write, const X&... x) {
  static_assert(sizeof...(X) <= max_operands);
  const StridedInput in[] = {strided_input(x)...};
  broadcast_loop(out, inner_loop<Out, F, element_of<X>...>, &f, write, in);
}

template <class Out>
[[gnu::noinline]] Tensor<Out> map_new(const char* op, InnerLoop kernel, const void* f, std::span<const StridedInput> in) {
  auto out = Tensor<Out>::empty(broadcast_all(op, in));
  broadcast_loop(out, kernel, f, Write::assign, in);
  return out;
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

/// The result of a call that does not compile: it becomes whatever is wanted of it, so that there is one error, not two.
struct Refused {
  template <class X>
  operator X() const;
  template <class... X>
  Refused operator()(X&&...) const;
};

template <class T, class X>
decltype(auto) as_operand([[maybe_unused]] const char* op, const X& x) {
  static_assert(is_tensor<X> || std::is_same_v<T, bool> || !std::is_integral_v<T> || !std::is_floating_point_v<X>,
                "minigrad: a tensor of whole numbers meets a fraction, which it would cut off: convert it first, as by "
                "x.to<float>()");
  if constexpr (is_tensor<X> || std::is_same_v<X, bool>)
    return (x);
  else
    return scalar_as<T>(op, x);
}

}  // namespace detail

/// The tensor of f(x_i, ...) over operands that broadcast: at least one tensor, and numbers. It holds bools where f
/// gives bools, else the tensors' own type, or, where they are masks, the numbers'. Throws ShapeError naming `op` when
/// the shapes do not broadcast, and ValueError for a number that tensors of whole numbers do not hold.
template <class F, class... X>
auto map(const char* op, const F& f, const X&... x) {
  using T = typename detail::ElementOfAll<typename detail::Element<X...>::type, X...>::type;
  constexpr bool one_type = ((!is_tensor<X> || std::is_same_v<X, Tensor<T>> || std::is_same_v<X, Tensor<bool>>)&&...);
  static_assert(one_type, "minigrad: the tensors hold different number types: convert one, by x.to<float>() or "
                "x.to<double>()");
  const auto apply = [&](const auto&... operand) {
    using Result = decltype(f(std::declval<detail::element_of<std::decay_t<decltype(operand)>>>()...));
    using Out = std::conditional_t<std::is_same_v<Result, bool>, bool, T>;
    const detail::StridedInput in[] = {detail::strided_input(operand)...};
    return detail::map_new<Out>(op, detail::inner_loop<Out, F, detail::element_of<std::decay_t<decltype(operand)>>...>,
                                &f, in);
  };
  if constexpr (one_type) return apply(detail::as_operand<T>(op, x)...);
  else return detail::Refused();
}

}  // namespace minigrad
