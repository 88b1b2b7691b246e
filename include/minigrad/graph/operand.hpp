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

template <class T>
class ScalarVar;  // see scalar_tape.hpp
template <class X>
inline constexpr bool is_scalar_var = false;
template <class T>
inline constexpr bool is_scalar_var<ScalarVar<T>> = true;

/// What an op takes: a number, a Tensor, a Parameter, a Var or a ScalarVar, and of several at least one that is more
/// than a number.
template <class X>
concept Operand = is_scalar<X> || is_tensor<X> || is_var<X> || is_parameter<X> || is_scalar_var<X>;
template <class... X>
concept Operands = (Operand<X> && ...) && (!is_scalar<X> || ...);

/// No argument, as the last parameter of the functions that <cmath> has too. For plain numbers it makes them the second
/// choice: after `using namespace minigrad`, sqrt(2) is the one of <math.h>, which would else fit as well.
template <class>
concept LowPriority = false;

/// The value behind an operand: of a Var, ScalarVar or Parameter what it holds, else the operand itself.
template <Operand X>
const auto& value_of(const X& x) {
  if constexpr (is_var<X> || is_parameter<X> || is_scalar_var<X>) return x.value();
  else return x;
}

/// Whole numbers, alone or in a Tensor, as doubles; all else as it is. For functions whose results are not whole.
template <class X>
decltype(auto) to_floating(const X& x) {
  constexpr bool whole = std::is_integral_v<typename detail::ScalarType<X>::type>;
  if constexpr (whole && is_scalar<X>) return static_cast<double>(x);
  else if constexpr (whole && is_tensor<X>) return x.template to<double>();
  else return (x);
}

namespace detail {

template <class T>
struct ScalarType<ScalarVar<T>> {
  using type = T;
};

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

/// An operand of an op on values of type V, whatever it is: so what is done with operands is compiled once for V.
template <class V>
struct OperandRef {
  enum class Kind : unsigned char { var, parameter, value, mask, number };
  Kind kind;
  union {
    const Var<V>* var;
    const Parameter<V>* parameter;
    const V* value;  // a Tensor
    const Tensor<bool>* mask;
    scalar_type<V> number;
  };

  template <class X>
  explicit OperandRef(const X& x) {
    if constexpr (is_var<X>) {
      static_assert(std::is_same_v<X, Var<V>>, "minigrad: Vars of different types cannot meet in one op");
      kind = Kind::var, var = &x;
    } else if constexpr (is_parameter<X>) {
      static_assert(std::is_same_v<X, Parameter<V>>,
                    "minigrad: a Parameter of another type than the Var cannot meet it");
      kind = Kind::parameter, parameter = &x;
    } else if constexpr (is_tensor<X>) {
      static_assert(is_tensor<V>, "minigrad: a Tensor cannot meet a Var of a number graph");
      static_assert(std::is_same_v<X, V> || std::is_same_v<X, Tensor<bool>>,
                    "minigrad: the tensors hold different number types: convert one with x.to<double>()");
      if constexpr (std::is_same_v<X, V>) kind = Kind::value, value = &x;
      else kind = Kind::mask, mask = &x;
    } else {
      kind = Kind::number, number = static_cast<scalar_type<V>>(x);
    }
  }
};

/// The graph of the first Var among the operands of an op, which are not all something else.
template <class V>
Graph<V>& graph_of(const OperandRef<V>* in) {
  while (in->kind != OperandRef<V>::Kind::var) ++in;
  return in->var->graph();
}

/// The node of an operand. A Tensor becomes an input of the graph, a mask one of zeros and ones; a number
/// has no node, and is kept by the op's.
template <class V>
NodeId node_of(const char* op, Graph<V>& graph, const OperandRef<V>& x) {
  using Kind = typename OperandRef<V>::Kind;
  if (x.kind == Kind::number) return no_node;
  if (x.kind == Kind::parameter) return graph.parameter(*x.parameter).id();
  if (x.kind == Kind::value) return graph.input(*x.value).id();
  if constexpr (is_tensor<V>) {
    if (x.kind == Kind::mask) return graph.input(x.mask->template to<scalar_type<V>>()).id();
  }
  graph.require_own(op, *x.var);
  return x.var->id();
}

}  // namespace detail
}  // namespace minigrad
