// graph/elementwise_node.hpp - nodes of elementwise ops on tensors: one loop over memory for the value, one for each
// gradient. All ops share these functions; what differs is the inner loop, in the op's table.
#pragma once

#include <cstddef>
#include <span>
#include <utility>

#include "accumulate.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

/// How far each operand of an inner loop moves, where none is one number.
inline constexpr std::size_t all_walk[max_operands] = {unroll, unroll, unroll, unroll, unroll, unroll};

/// The function object of a loop: one that holds nothing is never read.
template <class V>
const void* loop_function(const Node<V>& y, std::size_t k) {
  return y.op->function ? y.op->function(y.captured, k) : &y;
}
inline constexpr std::size_t value_function = max_inputs;

/// The operands of a loop over the inputs of y, behind `first` others that are there already.
template <class V>
std::size_t append_inputs(Graph<V>& graph, const Node<V>& y, StridedInput* to, std::size_t first = 0) {
  static constexpr Shape one{};
  const Input<V>* in = graph.nodes().inputs(y);
  for (std::size_t k = 0; k < y.inputs; ++k)
    to[first + k] = in[k].node ? strided_input(*in[k].node->value) : StridedInput{&in[y.inputs + k].number, &one, sizeof(scalar_type<V>)};
  return first + y.inputs;
}

/// The shape to which the inputs of y broadcast. Throws ShapeError where they do not.
template <class V>
[[gnu::noinline]] Shape broadcast_inputs(Graph<V>& graph, const Node<V>& y) {
  StridedInput in[max_operands];
  const std::size_t count = append_inputs(graph, y, in);
  return broadcast_all(y.name, {in, count});
}
/// The same, and notes whether all inputs have one shape.
template <class V>
Shape elementwise_shape(Graph<V>& graph, Node<V>& y) {
  const Input<V>* const inputs = graph.nodes().inputs(y);
  bool plain = inputs[0].node;
  for (std::size_t k = 1; k < y.inputs && plain; ++k)
    plain = inputs[k].node && inputs[k].node->value->shape() == inputs[0].node->value->shape();
  y.plain = plain;
  return plain ? inputs[0].node->value->shape() : broadcast_inputs(graph, y);
}

template <class V>
[[gnu::noinline]] void broadcast_forward(Graph<V>& graph, Node<V>& y) {
  StridedInput in[max_operands];
  const std::size_t count = append_inputs(graph, y, in);
  broadcast_loop(y.own, y.op->each, loop_function(y, value_function), Write::assign, {in, count});
}
template <class V>
void elementwise_forward(Graph<V>& graph, Node<V>& y) {
  if (!y.plain) return broadcast_forward(graph, y);
  const Input<V>* const inputs = graph.nodes().inputs(y);
  const void* in[max_operands];
  for (std::size_t k = 0; k < y.inputs; ++k) in[k] = inputs[k].node->value->data();
  if (y.own.size()) y.op->each(loop_function(y, value_function), y.own.size(), y.own.data(), in, all_walk);
}

/// The operands that a rule reads, from g on.
template <class V>
std::size_t rule_operands(Graph<V>& graph, const Node<V>& y, Reads reads, const StridedInput& g, const StridedInput& result,
                          StridedInput* in) {
  std::size_t count = 1;
  in[0] = g;
  if (reads == Reads::result || reads == Reads::all) in[count++] = result;
  if (reads == Reads::inputs || reads == Reads::all) count = append_inputs(graph, y, in, count);
  return count;
}

/// Runs the rule for input k over memory, straight into the gradient of the input unless that was broadcast from it.
template <class V>
void run_rule(Graph<V>& graph, const Node<V>& y, std::size_t k, const Shape& shape, std::span<const StridedInput> in) {
  Node<V>& x = *graph.nodes().input(y, k);
  const InnerLoop each = y.op->vjp[k].each;
  if (x.value->shape() == shape) {
    const Write write = graph.nodes().begin_grad(x);
    return broadcast_loop(x.grad->value, each, loop_function(y, k), write, in);
  }
  V part = V::empty(shape);
  broadcast_loop(part, each, loop_function(y, k), Write::assign, in);
  add_gradient(graph, y, x, std::move(part));
}

/// The rule of one element for input k.
template <class V>
[[gnu::noinline]] void broadcast_accumulate(Graph<V>& graph, Node<V>& y, std::size_t k) {
  const V& g = y.grad->value;
  StridedInput in[max_operands];
  const std::size_t count = rule_operands(graph, y, y.op->vjp[k].reads, strided_input(g), strided_input(y.own), in);
  run_rule(graph, y, k, g.shape(), {in, count});
}
template <class V>
void elementwise_accumulate(Graph<V>& graph, Node<V>& y, std::size_t k) {
  Node<V>& x = *graph.nodes().input(y, k);
  if (!y.plain || has_gradient(x)) return broadcast_accumulate(graph, y, k);
  const Vjp<V>& vjp = y.op->vjp[k];
  const V& g = y.grad->value;
  graph.nodes().begin_grad(x);
  const void* in[max_operands] = {g.data()};
  std::size_t count = 1;
  if (vjp.reads == Reads::result || vjp.reads == Reads::all) in[count++] = y.own.data();
  if (vjp.reads >= Reads::inputs) {
    const Input<V>* const inputs = graph.nodes().inputs(y);
    for (std::size_t j = 0; j < y.inputs; ++j) in[count++] = inputs[j].node->value->data();
  }
  if (g.size()) vjp.each(loop_function(y, k), g.size(), x.grad->value.data(), in, all_walk);
}

// ---- elementwise ops whose results are summed at once, and not kept ----

template <class V>
double divisor_of(const Node<V>& y, const Shape& shape) {
  return y.op->reduction == Reduction::mean ? static_cast<double>(shape.size()) : 1;
}
template <class V>
Shape reduced_shape(Graph<V>& graph, Node<V>& y) {
  elementwise_shape(graph, y);
  return {};
}
template <class V>
[[gnu::noinline]] void reduced_broadcast_forward(Graph<V>& graph, Node<V>& y) {
  using T = scalar_type<V>;
  StridedInput in[max_operands];
  const std::size_t count = append_inputs(graph, y, in);
  const Shape shape = broadcast_inputs(graph, y);
  const double total = sum_of_map<T>(y.op->each, loop_function(y, value_function), {in, count}, shape);
  *y.own.data() = static_cast<T>(total / divisor_of(y, shape));
}
/// The results over operands of one shape are made and added in pieces that stay in the nearest cache.
template <class V>
void reduced_forward(Graph<V>& graph, Node<V>& y) {
  using T = scalar_type<V>;
  if (!y.plain) return reduced_broadcast_forward(graph, y);
  constexpr std::size_t most = 1024;
  alignas(64) T elements[most];
  const Input<V>* const inputs = graph.nodes().inputs(y);
  const std::size_t size = inputs[0].node->value->size();
  const void* in[max_operands];
  for (std::size_t k = 0; k < y.inputs; ++k) in[k] = inputs[k].node->value->data();
  double total = 0;
  for (std::size_t rest = size, n; rest > 0; rest -= n) {
    if (rest < size)
      for (std::size_t k = 0; k < y.inputs; ++k) in[k] = static_cast<const T*>(in[k]) + most;
    n = rest < most ? rest : most;
    y.op->each(loop_function(y, value_function), n, elements, in, all_walk);
    total += static_cast<double>(sum_row(n, elements));
  }
  if (y.op->reduction == Reduction::mean) total /= static_cast<double>(static_cast<std::ptrdiff_t>(size));
  *y.own.data() = static_cast<T>(total);
}

/// Each element has the same part in the result. A rule that reads the results of the elements gets them computed again.
template <class V>
[[gnu::noinline]] void reduced_broadcast_accumulate(Graph<V>& graph, Node<V>& y, std::size_t k) {
  using T = scalar_type<V>;
  const Vjp<V>& vjp = y.op->vjp[k];
  const Shape shape = broadcast_inputs(graph, y);
  const T part = *y.grad->value.data() / static_cast<T>(divisor_of(y, shape));
  static constexpr Shape one{};
  StridedInput in[max_operands];
  V elements;
  if (vjp.reads == Reads::result || vjp.reads == Reads::all) {
    elements = V::empty(shape);
    const std::size_t count = append_inputs(graph, y, in);
    broadcast_loop(elements, y.op->each, loop_function(y, value_function), Write::assign, {in, count});
  }
  const std::size_t count = rule_operands(graph, y, vjp.reads, {&part, &one, sizeof(T)}, strided_input(elements), in);
  run_rule(graph, y, k, shape, {in, count});
}
template <class V>
void reduced_accumulate(Graph<V>& graph, Node<V>& y, std::size_t k) {
  using T = scalar_type<V>;
  Node<V>& x = *graph.nodes().input(y, k);
  const Vjp<V>& vjp = y.op->vjp[k];
  if (!y.plain || vjp.reads != Reads::inputs || has_gradient(x)) return reduced_broadcast_accumulate(graph, y, k);
  graph.nodes().begin_grad(x);
  const std::size_t size = x.value->size();
  const T one = *y.grad->value.data() / (y.op->reduction == Reduction::mean ? static_cast<T>(size) : T(1));
  T part[unroll];
#pragma GCC unroll 32
  for (T& copy : part) copy = one;
  static constexpr std::size_t steps[max_operands] = {0, unroll, unroll, unroll, unroll, unroll};
  const Input<V>* const inputs = graph.nodes().inputs(y);
  const void* in[max_operands];
  in[0] = part;
  for (std::size_t j = 0; j < y.inputs; ++j) in[1 + j] = inputs[j].node->value->data();
  if (size) vjp.each(loop_function(y, k), size, x.grad->value.data(), in, steps);
}

}  // namespace minigrad::detail
