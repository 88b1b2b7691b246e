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

// ---- what a loop reads: pointers where all has one shape, else strided operands ----

/// Appends the elements of the inputs of y, from `begin` on.
template <class V>
MINIGRAD_INLINE void append_elements(const Node<V>& y, const void** to, std::size_t begin = 0) {
  const Input<V>* const inputs = y.in;
  for (std::size_t k = 0; k < y.inputs; ++k) to[k] = inputs[k].node->value->data() + begin;
}
/// Appends the inputs of y, and returns the end.
template <class V>
StridedInput* append_inputs(const Node<V>& y, StridedInput* to) {
  static constexpr Shape one{};
  for (std::size_t k = 0; k < y.inputs; ++k)
    *to++ = y.input(k) ? strided_input(*y.input(k)->value) : StridedInput{&y.number(k), &one, sizeof(scalar_type<V>)};
  return to;
}
/// The same for what a rule reads, from g on.
template <class V>
StridedInput* append_rule_operands(const Node<V>& y, Reads reads, const StridedInput& g, const V& result,
                                   StridedInput* to) {
  *to++ = g;
  if (reads_result(reads)) *to++ = strided_input(result);
  return reads_inputs(reads) ? append_inputs(y, to) : to;
}

/// The shape to which the inputs of y broadcast. Throws ShapeError where they do not.
template <class V>
[[gnu::noinline]] Shape broadcast_inputs(const Node<V>& y) {
  StridedInput in[max_operands];
  return broadcast_all(y.name, {in, append_inputs(y, in)});
}
/// The same, and notes whether all inputs have one shape.
template <class V>
Shape elementwise_shape(Graph<V>&, Node<V>& y) {
  const Input<V>* const inputs = y.in;
  bool plain = inputs[0].node;
  for (std::size_t k = 1; k < y.inputs && plain; ++k)
    plain = inputs[k].node && inputs[k].node->value->shape() == inputs[0].node->value->shape();
  y.plain = plain;
  return plain ? inputs[0].node->value->shape() : broadcast_inputs(y);
}

/// The results of all elements, into memory of their shape.
template <class V>
void compute_elements(const Node<V>& y, V& to) {
  StridedInput in[max_operands];
  broadcast_loop(to, y.op->each, loop_function(y, value_function), Write::assign, {in, append_inputs(y, in)});
}
template <class V>
void elementwise_forward(Graph<V>&, Node<V>& y) {
  if (!y.plain) return compute_elements(y, y.own);
  const void* in[max_operands];
  append_elements(y, in);
  if (y.own.size()) y.op->each(loop_function(y, value_function), y.own.size(), y.own.data(), in, all_walk);
}

/// Runs the rule for input k over memory, straight into the gradient of the input unless that was broadcast from it.
template <class V>
void run_rule(Graph<V>& graph, const Node<V>& y, std::size_t k, const Shape& shape, std::span<const StridedInput> in) {
  Node<V>& x = *y.input(k);
  const InnerLoop each = y.op->vjp[k].each;
  if (x.value->shape() == shape) {
    const Write write = graph.nodes().begin_grad(x);
    return broadcast_loop(x.grad->value, each, loop_function(y, k), write, in);
  }
  V part = V::empty(shape);
  broadcast_loop(part, each, loop_function(y, k), Write::assign, in);
  add_gradient(graph, y, k, std::move(part));
}

/// The rule of one element for input k.
template <class V>
void elementwise_accumulate(Graph<V>& graph, Node<V>& y, std::size_t k) {
  Node<V>& x = *y.input(k);
  const Vjp<V>& vjp = y.op->vjp[k];
  const V& g = y.grad->value;
  if (!y.plain || has_gradient(x)) {
    StridedInput in[max_operands];
    return run_rule(graph, y, k, g.shape(), {in, append_rule_operands(y, vjp.reads, strided_input(g), y.own, in)});
  }
  graph.nodes().begin_grad(x);
  const void* in[max_operands] = {g.data()};
  const void** to = in + 1;
  if (reads_result(vjp.reads)) *to++ = y.own.data();
  if (reads_inputs(vjp.reads)) append_elements(y, to);
  if (g.size()) vjp.each(loop_function(y, k), g.size(), x.grad->value.data(), in, all_walk);
}

// ---- elementwise ops whose results are summed at once, and not kept ----

/// What a sum of `count` results is divided by.
template <class T, class V>
T divisor_of(const Node<V>& y, std::size_t count) {
  return y.op->reduction == Reduction::mean ? static_cast<T>(count) : T(1);
}
template <class V>
Shape reduced_shape(Graph<V>& graph, Node<V>& y) {
  elementwise_shape(graph, y);
  return {};
}
/// The sum of the results over operands of one shape, in pieces that stay in the nearest cache.
template <class V>
double sum_of_pieces(const Node<V>& y, std::size_t size) {
  using T = scalar_type<V>;
  constexpr std::size_t most = 1024;
  alignas(64) T elements[most];
  const void* in[max_operands];
  double total = 0;
  for (std::size_t begin = 0; begin < size; begin += most) {
    const std::size_t n = size - begin < most ? size - begin : most;
    append_elements(y, in, begin);
    y.op->each(loop_function(y, value_function), n, elements, in, all_walk);
    total += static_cast<double>(sum_row(n, elements));
  }
  return total;
}

template <class V>
void reduced_forward(Graph<V>&, Node<V>& y) {
  using T = scalar_type<V>;
  if (y.plain) {
    const std::size_t size = y.input(0)->value->size();
    *y.own.data() = static_cast<T>(sum_of_pieces(y, size) / divisor_of<double>(y, size));
    return;
  }
  StridedInput in[max_operands];
  const StridedInput* const end = append_inputs(y, in);
  const Shape shape = broadcast_inputs(y);
  const double total = sum_of_map<T>(y.op->each, loop_function(y, value_function), {in, end}, shape);
  *y.own.data() = static_cast<T>(total / divisor_of<double>(y, shape.size()));
}

/// Each element has the same part in the result. A rule that reads the results of the elements gets them computed again.
template <class V>
void reduced_accumulate(Graph<V>& graph, Node<V>& y, std::size_t k) {
  using T = scalar_type<V>;
  Node<V>& x = *y.input(k);
  const Vjp<V>& vjp = y.op->vjp[k];
  if (y.plain && vjp.reads == Reads::inputs && !has_gradient(x)) {
    graph.nodes().begin_grad(x);
    const std::size_t size = x.value->size();
    const T one = *y.grad->value.data() / divisor_of<T>(y, size);
    T part[unroll];
#pragma GCC unroll 32
    for (T& copy : part) copy = one;
    static constexpr std::size_t steps[max_operands] = {0, unroll, unroll, unroll, unroll, unroll};
    const void* in[max_operands] = {part};
    append_elements(y, in + 1);
    if (size) vjp.each(loop_function(y, k), size, x.grad->value.data(), in, steps);
    return;
  }
  const Shape shape = broadcast_inputs(y);
  const T part = *y.grad->value.data() / divisor_of<T>(y, shape.size());
  static constexpr Shape one{};
  V elements;
  if (reads_result(vjp.reads)) compute_elements(y, elements = V::empty(shape));
  StridedInput in[max_operands];
  run_rule(graph, y, k, shape, {in, append_rule_operands(y, vjp.reads, {&part, &one, sizeof(T)}, elements, in)});
}

}  // namespace minigrad::inline MINIGRAD_ABI::detail
