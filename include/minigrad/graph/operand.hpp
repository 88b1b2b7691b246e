// graph/operand.hpp - what ops take: numbers, Tensors, Parameters and Vars, in any mix.
#pragma once

#include <cstddef>
#include <type_traits>

#include "../tensor/elementwise.hpp"
#include "graph.hpp"

namespace minigrad {

template <class X>
inline constexpr bool is_var = false;
template <class V>
inline constexpr bool is_var<Var<V>> = true;
template <class X>
inline constexpr bool is_parameter = false;
template <class V>
inline constexpr bool is_parameter<Parameter<V>> = true;

/// What an op takes: a number, a Tensor, a Parameter or a Var, and of several at least one that is more than a number.
template <class X>
concept Operand = is_number<X> || is_tensor<X> || is_var<X> || is_parameter<X>;
template <class... X>
concept Operands = (Operand<X> && ...) && (!is_number<X> || ...);

/// The value behind an operand: of a Var or Parameter what it holds, else the operand itself.
template <Operand X>
const auto& value_of(const X& x) {
  if constexpr (is_var<X> || is_parameter<X>) return x.value();
  else return x;
}

namespace detail {

template <class X>
struct NumberOf {
  using type = X;
};
template <class T>
struct NumberOf<Tensor<T>> {
  using type = T;
};
template <class V>
struct NumberOf<Var<V>> : NumberOf<V> {};
template <class V>
struct NumberOf<Parameter<V>> : NumberOf<V> {};

/// The number type of an operand: T for Tensor<T>, Var<Tensor<T>>, T itself.
template <class X>
using number_of = typename NumberOf<X>::type;

template <class... X>
struct FirstVar {
  using type = void;
};
template <class X, class... Rest>
struct FirstVar<X, Rest...> : FirstVar<Rest...> {};
template <class V, class... Rest>
struct FirstVar<Var<V>, Rest...> {
  using type = V;
};

/// The graph of the first Var among some operands.
template <class X, class... Rest>
auto& common_graph(const X& x, const Rest&... rest) {
  if constexpr (is_var<X>) return x.graph();
  else return common_graph(rest...);
}

struct NotConstant {};

/// The node of an operand that has one. Numbers and Tensors have none: they are constants, kept in the op itself.
template <class V, class X>
NodeId node_of(const char* op, Graph<V>& graph, const X& x) {
  if constexpr (is_var<X>) {
    static_assert(std::is_same_v<X, Var<V>>, "minigrad: Vars of different types cannot meet in one op");
    if (!graph.owns(x)) fail<GraphError>({op, ": the operands belong to different graphs"});
    return x.id();
  } else if constexpr (is_parameter<X>) {
    static_assert(std::is_same_v<X, Parameter<V>>, "minigrad: a Parameter of another type than the Var cannot meet it");
    return graph.parameter(x).id();
  } else {
    return no_node;
  }
}

template <class V, class X>
auto constant_of(const X& x) {
  if constexpr (is_var<X> || is_parameter<X>) {
    return NotConstant{};
  } else if constexpr (is_tensor<X>) {
    return X(x);
  } else if constexpr (std::is_same_v<X, bool>) {
    return x;
  } else {
    return static_cast<number_of<V>>(x);
  }
}

}  // namespace detail
}  // namespace minigrad
