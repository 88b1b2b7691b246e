// graph/record.hpp - what an op is made of: its value, and one derivative rule for each input.
//
//   rule(g, y, inputs...)  is  dL/d(input),  where g = dL/dy and y is the op's own result.
//
// Rules are generic. backward() runs them on values; grad() runs the same rules on Vars, which records the derivative
// as nodes of the graph, so that it can be differentiated again, to any order. Broadcasting is undone for all of them
// in pass_back.hpp.
#pragma once

#include <cstddef>
#include <new>
#include <span>
#include <type_traits>
#include <utility>

#include "op_node.hpp"

namespace minigrad {

/// The inputs of an op, to be passed on to record() or elementwise().
template <class... X>
class Inputs {
 public:
  explicit Inputs(const X&... x) : x_{&x...} {}

  /// f(inputs...)
  template <class F>
  decltype(auto) pass_to(const F& f) const {
    return spread(f, std::index_sequence_for<X...>{});
  }

 private:
  template <class F, std::size_t... K>
  decltype(auto) spread(const F& f, std::index_sequence<K...>) const {
    return f(*static_cast<const X*>(x_[K])...);
  }
  const void* x_[sizeof...(X)];
};
template <class X>
inline constexpr bool is_inputs = false;
template <class... X>
inline constexpr bool is_inputs<Inputs<X...>> = true;

template <Operand... X>
Inputs<X...> inputs(const X&... x) {
  return Inputs<X...>(x...);
}

namespace detail {

/// Records a value that is already computed.
template <class V>
[[gnu::noinline]] Var<V> record_value(const char* op, V&& value, const OperandRef<V>* in, const OpCalls<V>& calls,
                                      void* rules) {
  Graph<V>& graph = graph_of(in);
  NodeId ids[max_operands];
  for (std::size_t k = 0; k < calls.inputs; ++k) ids[k] = node_of(op, graph, in[k]);
  return add_op(graph, op, std::move(value), ids, in, calls, rules, not_summed);
}

/// Computes a value by one pass over memory, and records it. With a divisor the value is the sum over all elements by
/// it.
template <class V>
[[gnu::noinline]] Var<V> record_pass(const char* op, InnerLoop kernel, const void* f, const OperandRef<V>* in,
                                     const OpCalls<V>& calls, void* rules, double divisor) {
  using T = scalar_type<V>;
  static constexpr Shape one{};
  Graph<V>& graph = graph_of(in);
  NodeId ids[max_operands];
  StridedInput sources[max_operands];
  for (std::size_t k = 0; k < calls.inputs; ++k) {
    ids[k] = node_of(op, graph, in[k]);
    sources[k] = ids[k] == no_node ? StridedInput{&in[k].number, &one, sizeof(T)} : strided_input(graph.node(ids[k]).value());
  }
  const std::span<const StridedInput> operands(sources, calls.inputs);
  V value = divisor < 0 ? map_new<T>(op, kernel, f, operands) : map_and_sum<T>(op, kernel, f, operands, divisor);
  return add_op(graph, op, std::move(value), ids, in, calls, rules, divisor);
}

/// Of numbers, and of operands that become numbers.
template <class T, class F, class... X>
auto on_numbers(const F& f, const X&... x) {
  static_assert((is_scalar<X> && ...), "minigrad: a Tensor cannot meet a Var of a number graph");
  return f(static_cast<T>(x)...);
}

}  // namespace detail

/// An op on elements: y_i = value(inputs_i...), with broadcasting, and one rule for each input, which is that of one
/// element too. It is called like a function: numbers give a number, Tensors a Tensor, and with a Var among the inputs
/// the result is a Var. Made by elementwise().
template <class Value, class... R>
struct Elementwise {
  static_assert(sizeof...(R) + 2 <= detail::max_operands, "minigrad: an elementwise op takes at most four inputs");
  const char* op;
  Value value;
  detail::Rules<R...> rules;

  template <class... X>
  MINIGRAD_INLINE auto operator()(const X&... x) const {
    return call(detail::not_summed, x...);
  }

  /// The sum over all elements by a divisor, which keeps none of them: for losses. Operands have one shape, or are
  /// numbers.
  template <class... X>
  auto summed(std::size_t divisor, const X&... x) const {
    return call(static_cast<double>(divisor), x...);
  }

 private:
  template <class... X>
  MINIGRAD_INLINE auto call(double divisor, const X&... x) const {
    static_assert(sizeof...(X) == sizeof...(R), "minigrad: an op needs one rule for each input");
    using V = typename detail::FirstVar<X...>::type;
    if constexpr ((is_scalar_var<X> || ...)) return on_tape(op, value, rules, x...);  // see scalar_tape.hpp
    else if constexpr (std::is_void_v<V>) return compute(divisor, value_of(x)...);
    else return record<V>(divisor, x...);
  }

  template <class... X>
  auto compute([[maybe_unused]] double divisor, const X&... x) const {
    if constexpr ((is_scalar<X> && ...)) {
      return detail::on_numbers<std::common_type_t<X...>>(value, x...);
    } else {
      if constexpr (std::is_floating_point_v<typename detail::Element<X...>::type>) {
        if (divisor >= 0) return detail::map_and_sum(op, divisor, value, x...);
      }
      return map(op, value, x...);
    }
  }

  template <class V, class... X>
  Var<V> record([[maybe_unused]] double divisor, const X&... x) const {
    using Rest = detail::OpRest<V, true, R...>;
    using T = detail::scalar_type<V>;
    const detail::OperandRef<V> in[] = {detail::OperandRef<V>(x)...};
    detail::Rules<R...> kept = rules;
    if constexpr (is_tensor<V>) {
      constexpr detail::InnerLoop kernel = detail::inner_loop<T, Value, std::enable_if_t<(sizeof(X) > 0), T>...>;
      return detail::record_pass<V>(op, kernel, &value, in, Rest::calls, &kept, divisor);
    } else {
      return detail::record_value<V>(op, detail::on_numbers<V>(value, value_of(x)...), in, Rest::calls, &kept);
    }
  }
};

/// An op on elements, to be called like a function:
///
///   inline constexpr auto cube = elementwise("cube", [](auto x) { return x * x * x; },
///                                            [](auto g, auto y, auto x) { return g * 3 * x * x; });
template <class Value, class... R>
  requires(!is_inputs<Value>)
constexpr auto elementwise(const char* op, const Value& value, const R&... rules) {
  return Elementwise<Value, R...>{op, value, {rules...}};
}

/// The same, made and called at once.
template <class Value, class... X, class... R>
auto elementwise(const char* op, const Inputs<X...>& in, const Value& value, const R&... rules) {
  return in.pass_to(elementwise(op, value, rules...));
}

/// y = value(inputs...), with a derivative rule for each input, on whole values: matmul, sum, a loss. Without a Var
/// among the inputs it is just the value. Throws GraphError for Vars of different graphs.
template <class Value, class... X, class... R>
auto record(const char* op, const Inputs<X...>& in, const Value& value, const R&... rules) {
  static_assert(sizeof...(X) == sizeof...(R), "minigrad: an op needs one rule for each input");
  using V = typename detail::FirstVar<X...>::type;
  return in.pass_to([&](const X&... x) {
    if constexpr ((is_scalar_var<X> || ...)) {
      return on_tape(op, value, detail::Rules<R...>{rules...}, x...);
    } else if constexpr (std::is_void_v<V>) {
      return value(value_of(x)...);
    } else {
      static_assert(!is_tensor<V> || (!is_scalar<X> && ...),
                    "minigrad: record() on tensors takes no numbers as inputs: capture them in value and rules");
      using Rest = detail::OpRest<V, false, R...>;
      const detail::OperandRef<V> operands[] = {detail::OperandRef<V>(x)...};
      V y(value(value_of(x)...));
      detail::Rules<R...> kept{rules...};
      return detail::record_value<V>(op, std::move(y), operands, Rest::calls, &kept);
    }
  });
}

}  // namespace minigrad
