// graph/operand.hpp - what ops take: numbers, Tensors, Parameters, Vars and masks, in any mix.
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

#include "graph.hpp"

namespace minigrad::inline MINIGRAD_ABI {

template <class T>
class ScalarVar;  // see scalar_var.hpp
/// Whether X is a ScalarVar.
template <class X>
inline constexpr bool is_scalar_var = detail::is_instance<X, ScalarVar>;

namespace detail {
template <class X>
inline constexpr bool is_operand =
    is_scalar<X> || is_tensor<X> || is_var<X> || is_parameter<X> || is_scalar_var<X> || is_mask_var<X>;
}  // namespace detail

/// What an op takes: a number, a Tensor, a Parameter, a Var, a ScalarVar or a mask.
template <class X>
concept Operand = detail::is_operand<std::remove_cvref_t<X>>;

/// The value behind an operand: of a Var, ScalarVar or Parameter what it holds, else the operand itself.
template <Operand X>
decltype(auto) value_of(const X& x) {
  if constexpr (is_var<X> || is_parameter<X> || is_scalar_var<X> || is_mask_var<X>) return x.value();
  else return (x);
}

/// A parameter as an operand of what x is an operand of: where x is a Var or a handle, a Var of its graph; where x is a
/// Tensor or a number, the parameter's value. With it a layer, a penalty or a tied weight is written once.
template <class V, class X>
decltype(auto) operand(const Parameter<V>& w, const X& x) {
  if constexpr (is_var<X> || is_index_var<X> || is_mask_var<X>) return x.graph().parameter(w);
  else return w.value();
}

namespace detail {

template <class V>
struct ScalarType<MaskVar<V>> {
  using type = bool;
};
template <class T>
struct ScalarType<ScalarVar<T>> {
  using type = T;
};
template <class X>
struct ScalarType<X&> : ScalarType<std::remove_cv_t<X>> {};
template <class X>
struct ScalarType<const X> : ScalarType<X> {};

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
template <class V, class... Rest>
struct FirstVar<MaskVar<V>, Rest...> {
  using type = V;
};

template <class X>
inline constexpr bool is_data = is_var<X> || is_mask_var<X> || is_scalar_var<X>;
template <class T>
inline constexpr bool is_data<Tensor<T>> = std::is_floating_point_v<T>;

/// Whether operands are numbers, and ScalarVars of one type.
template <class... X>
inline constexpr bool one_scalar_var = false;
template <class X, class... Rest>
inline constexpr bool one_scalar_var<X, Rest...> =
    is_scalar_var<X> ? ((is_scalar<Rest> || std::is_same_v<Rest, X>)&&...) : is_scalar<X> && one_scalar_var<Rest...>;

/// Refuses what is no operand, another number of them, and an op on Parameters that nothing ties to a graph: its result
/// would be a constant, and never be trained. Called by what the user calls, so that the compiler's message is short.
template <std::size_t inputs, class... X>
constexpr void require_operands() {
  constexpr bool operands = (is_operand<X> && ...), one_for_each = sizeof...(X) == inputs;
  constexpr bool parameters = (is_parameter<X> || ...), data = (is_data<X> || ...);
  static_assert(operands,
                "minigrad: an operand is a number, a Tensor, a Var or a Parameter: make a Tensor of a std::vector by "
                "Tensor<float>::from(shape, vector), and of a ParameterRef take its Parameter, or its value()");
  static_assert(one_for_each,
                "minigrad: an op needs one rule for each input, and takes as many operands: no_rule is that of an input "
                "without a derivative, and attributes go by op.with(a)(x)");
  if constexpr ((is_scalar_var<X> || ...))
    static_assert(one_scalar_var<X...>,
                  "minigrad: a ScalarVar meets numbers and ScalarVars of its own type, nothing else");
  static_assert(!operands || !parameters || data,
                "minigrad: an op on Parameters alone would be a constant that is never trained: take w.value() if that "
                "is meant, else graph.parameter(w), or operand(w, x), which is w in the graph of x");
}

/// An operand of an op on values of type V, whatever it is: so what is done with operands is compiled once for V.
template <class V>
struct OperandRef {
  enum class Kind : unsigned char { var, parameter, value, temporary, mask, number };
  Kind kind;
  union {
    const Var<V>* var;
    const Parameter<V>* parameter;
    const V* value;  // a Tensor
    V* temporary;    // one that nobody else refers to
    const Tensor<bool>* mask;
    scalar_type<V> number;
  };

  template <class X>
  explicit OperandRef(X&& operand) {
    using D = std::remove_cvref_t<X>;
    if constexpr (is_var<D>) {
      static_assert(std::is_same_v<D, Var<V>>, "minigrad: Vars of different types cannot meet in one op");
      kind = Kind::var, var = &operand;
    } else if constexpr (is_mask_var<D>) {
      static_assert(std::is_same_v<D, MaskVar<V>>, "minigrad: Vars of different types cannot meet in one op");
      kind = Kind::var, var = &operand.var();
    } else if constexpr (is_parameter<D>) {
      static_assert(std::is_same_v<D, Parameter<V>>,
                    "minigrad: a Parameter of another type than the Var cannot meet it");
      kind = Kind::parameter, parameter = &operand;
    } else if constexpr (is_tensor<D>) {
      static_assert(is_tensor<V>, "minigrad: a Tensor cannot meet a Var of a number graph");
      static_assert(std::is_same_v<D, V> || std::is_same_v<D, Tensor<bool>>,
                    "minigrad: the tensors hold different number types: convert one, by x.to<float>() or "
                    "x.to<double>()");
      if constexpr (std::is_same_v<X, V>) kind = Kind::temporary, temporary = &operand;
      else if constexpr (std::is_same_v<D, V>) kind = Kind::value, value = &operand;
      else kind = Kind::mask, mask = &operand;
    } else {
      kind = Kind::number, number = static_cast<scalar_type<V>>(operand);
    }
  }
};

/// The node of operand k, a constant tensor. It is copied where a rule reads it, or the step is to run again; else
/// `read_now` gets the node, which refers to it until the value of the op is computed.
template <class V>
[[gnu::noinline]] Node<V>& add_constant(Graph<V>& graph, const Op<V>& op, const OperandRef<V>* in, std::size_t count,
                                        std::size_t k, Node<V>** read_now, std::size_t& read_now_count) {
  using Kind = typename OperandRef<V>::Kind;
  if (in[k].kind == Kind::mask) return graph.add_leaf("input", in[k].mask->template to<scalar_type<V>>(), false);
  if (in[k].kind == Kind::temporary) return graph.add_leaf("input", std::move(*in[k].temporary), false);
  bool read = graph.keeps_constants();
  for (std::size_t j = 0; j < count; ++j)  // by the rule of an operand that is a Var or a Parameter
    read |= in[j].kind <= Kind::parameter && (op.readers >> (op.one_rule ? 0 : j)) % 2 != 0;
  if (read) return graph.add_leaf("input", *in[k].value, false);
  return *(read_now[read_now_count++] = &graph.nodes().refer("input", *in[k].value));
}

}  // namespace detail
}  // namespace minigrad
