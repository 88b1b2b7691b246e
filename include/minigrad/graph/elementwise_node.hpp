// graph/elementwise_node.hpp - nodes of elementwise ops on tensors: one loop over memory for the value, one for each
// gradient. All ops share these functions; what differs is the inner loop, in the op's table.
#pragma once

#include <cstddef>
#include <utility>

#include "accumulate.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

/// How far an inner loop moves along each operand for `unroll` elements, where none is one number for all.
inline constexpr std::size_t walk_all[max_operands] = {unroll, unroll, unroll, unroll, unroll, unroll};

/// The function object of a loop: one that holds nothing is never read.
template <class V>
const void* loop_function(const Node<V>& y, std::size_t k) {
  return y.op->function ? y.op->function(y.held, k) : &y;
}
inline constexpr std::size_t value_function = max_inputs;

// ---- what a loop reads: pointers where all has one shape, else strided operands ----

/// Appends the elements of the inputs of y.
template <class V>
MINIGRAD_INLINE void append_elements(const Node<V>& y, const void** to) {
  const Input<V>* const inputs = y.in;
  for (std::size_t k = 0; k < y.inputs; ++k) to[k] = inputs[k].node->value->data();
}
/// Appends the inputs of y, and returns the end.
template <class V>
StridedInput* append_inputs(const Node<V>& y, StridedInput* to) {
  static constexpr Shape one{};
  for (std::size_t k = 0; k < y.inputs; ++k)
    *to++ = y.input(k) ? strided_input(*y.input(k)->value) : StridedInput{&y.number(k), &one, sizeof(scalar_type<V>)};
  return to;
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
[[gnu::noinline]] void broadcast_forward(const Node<V>& y, V& to) {
  StridedInput in[max_operands];
  broadcast_loop(to, y.op->each, loop_function(y, value_function), Write::assign, {in, append_inputs(y, in)});
}
template <class V>
void elementwise_forward(Graph<V>&, Node<V>& y) {
  if (!y.plain) return broadcast_forward(y, y.own);
  const void* in[max_operands];
  append_elements(y, in);
  if (y.own.size()) y.op->each(loop_function(y, value_function), y.own.size(), y.own.data(), in, walk_all);
}

/// Runs the rule for input k on g, and on what else it reads, straight into the gradient of the input unless that was
/// broadcast from it.
template <class V>
[[gnu::noinline]] void broadcast_accumulate(Graph<V>& graph, const Node<V>& y, std::size_t k, const Shape& shape,
                                            const StridedInput& g, const V& result) {
  Node<V>& x = *y.input(k);
  const Vjp<V>& vjp = y.op->vjp[k];
  StridedInput in[max_operands] = {g};
  StridedInput* end = in + 1;
  if (reads_result(vjp.reads)) *end++ = strided_input(result);
  if (reads_inputs(vjp.reads)) end = append_inputs(y, end);
  if (x.value->shape() == shape) {
    const Write write = graph.nodes().begin_grad(x);
    return broadcast_loop(x.grad->value, vjp.each, loop_function(y, k), write, {in, end});
  }
  V part = V::empty(shape);
  broadcast_loop(part, vjp.each, loop_function(y, k), Write::assign, {in, end});
  add_gradient(graph, y, x, std::move(part));
}
/// The rule of one element for input k.
template <class V>
void elementwise_accumulate(Graph<V>& graph, Node<V>& y, std::size_t k) {
  Node<V>& x = *y.input(k);
  const V& g = y.grad->value;
  if (!y.plain || has_gradient(x)) return broadcast_accumulate(graph, y, k, g.shape(), strided_input(g), y.own);
  const Vjp<V>& vjp = y.op->vjp[k];
  graph.nodes().begin_grad(x);
  const void* in[max_operands] = {g.data()};
  const void** end = in + 1;
  if (reads_result(vjp.reads)) *end++ = y.own.data();
  if (reads_inputs(vjp.reads)) append_elements(y, end);
  if (g.size()) vjp.each(loop_function(y, k), g.size(), x.grad->value.data(), in, walk_all);
}

// ---- elementwise ops whose results are summed at once, and not kept ----

/// What a sum of `count` results is divided by.
template <class T, class V>
T divisor_of(const Node<V>& y, std::size_t count) {
  if (y.op->reduction != Reduction::mean) return 1;
  return static_cast<T>(static_cast<std::ptrdiff_t>(count));  // a signed number converts in fewer instructions
}
template <class V>
Shape reduced_shape(Graph<V>& graph, Node<V>& y) {
  elementwise_shape(graph, y);
  return {};
}
template <class V>
[[gnu::noinline]] void reduced_broadcast_forward(Node<V>& y) {
  using T = scalar_type<V>;
  StridedInput in[max_operands];
  const StridedInput* const end = append_inputs(y, in);
  const Shape shape = broadcast_inputs(y);
  const double total = sum_of_map<T>(y.op->each, loop_function(y, value_function), {in, end}, shape);
  *y.own.data() = static_cast<T>(total / divisor_of<double>(y, shape.size()));
}
/// The results over operands of one shape are made and added in pieces that stay in the nearest cache.
template <class V>
void reduced_forward(Graph<V>&, Node<V>& y) {
  using T = scalar_type<V>;
  if (!y.plain) return reduced_broadcast_forward(y);
  constexpr std::size_t most = 1024;
  alignas(64) T elements[most];
  const std::size_t size = y.input(0)->value->size();
  const void* in[max_operands];
  append_elements(y, in);
  double total = 0;
  for (std::size_t rest = size, n; rest > 0; rest -= n) {
    if (rest < size)
      for (std::size_t k = 0; k < y.inputs; ++k) in[k] = static_cast<const T*>(in[k]) + most;
    n = rest < most ? rest : most;
    y.op->each(loop_function(y, value_function), n, elements, in, walk_all);
    total += static_cast<double>(sum_row(n, elements));
  }
  *y.own.data() = static_cast<T>(total / divisor_of<double>(y, size));
}

/// Each element has the same part in the result. A rule that reads the results of the elements gets them computed again.
template <class V>
[[gnu::noinline]] void reduced_broadcast_accumulate(Graph<V>& graph, const Node<V>& y, std::size_t k) {
  using T = scalar_type<V>;
  static constexpr Shape one{};
  const Shape shape = broadcast_inputs(y);
  const T part = *y.grad->value.data() / divisor_of<T>(y, shape.size());
  V elements;
  if (reads_result(y.op->vjp[k].reads)) broadcast_forward(y, elements = V::empty(shape));
  broadcast_accumulate(graph, y, k, shape, {&part, &one, sizeof(T)}, elements);
}
template <class V>
void reduced_accumulate(Graph<V>& graph, Node<V>& y, std::size_t k) {
  using T = scalar_type<V>;
  Node<V>& x = *y.input(k);
  const Vjp<V>& vjp = y.op->vjp[k];
  if (!y.plain || vjp.reads != Reads::inputs || has_gradient(x)) return reduced_broadcast_accumulate(graph, y, k);
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
}

}  // namespace minigrad::inline MINIGRAD_ABI::detail
