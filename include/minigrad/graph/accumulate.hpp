// graph/accumulate.hpp - how a gradient reaches an input: stored or added, and summed where the input was broadcast.
//
// A rule gives a derivative in the shape of the op's result. An input that was broadcast to that shape contributed each
// of its elements many times, so that it gets the sum. This is done here, once for all ops; no rule mentions it.
#pragma once

#include <cstddef>
#include <utility>

#include "../tensor/reduce.hpp"
#include "graph.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

/// to += part, which may broadcast.
template <class V>
[[gnu::noinline]] void add_into(V& to, const V& part) {
  map_into(to, identity, Write::add, part);
}

/// Makes part, which has the shape of x, the gradient of x, or adds it to what is there.
template <class V, class Part>
void store_or_add(NodeStore<V>& nodes, Node<V>& x, Part&& part) {
  if (nodes.begin_grad(x) == Write::assign) x.grad->value = std::forward<Part>(part);
  else if constexpr (is_tensor<V>) add_into(x.grad->value, part);
  else x.grad->value = x.grad->value + part;
}

/// A derivative of y by its input x may be larger than x only as far as that was broadcast: to the shape of y or of
/// another input. Where x has not the shape of y, anything larger is summed, as in PyTorch, since x may have met a
/// larger tensor within the op, such as a loss that captured its target. check_grads() finds rules that are wrong
/// there.
template <class V>
[[gnu::noinline]] void check_rule(const Node<V>& y, const Node<V>& x, const Shape& derivative) {
  const Shape& input = x.value->shape();
  bool fits = input.rank() <= derivative.rank();
  for (std::size_t i = 0; i < derivative.rank(); ++i) {
    const std::size_t extent = derivative.from_right(i);
    if (input.from_right(i) == extent) continue;
    bool broadcast = input != y.own.shape();
    for (std::size_t j = 0; j < y.inputs && !broadcast; ++j)
      if (const Node<V>* other = y.input(j); other && other->value)
        broadcast = other->value->shape().from_right(i) == extent;
    fits = fits && input.from_right(i) == 1 && broadcast;
  }
  std::size_t k = 0;
  while (!fits && y.input(k) != &x) ++k;
  if (!fits)
    fail<ShapeError>({y.name, ": its rule gave a derivative of shape ", derivative, " for an input of shape ", input,
                      ": let the rule for input ", k, " give its shape, or the one to which it was broadcast"});
}

/// Adds what the rule of y gave for its input x.
template <class V>
[[gnu::noinline]] void add_gradient(Graph<V>& graph, const Node<V>& y, Node<V>& x, V part) {
  if constexpr (is_tensor<V>) {
    if (part.shape() != x.value->shape()) {
      check_rule(y, x, part.shape());
      part = sum_to(part, x.value->shape());
    }
  }
  store_or_add(graph.nodes(), x, std::move(part));
}

/// The gradient of x, which has one already, or is not of the shape of y's.
template <class V>
[[gnu::noinline]] void add_same(Graph<V>& graph, const Node<V>& y, Node<V>& x) {
  const V& g = y.grad->value;
  if (g.shape() == x.value->shape()) return store_or_add(graph.nodes(), x, g);
  check_rule(y, x, g.shape());
  store_or_add(graph.nodes(), x, sum_to(g, x.value->shape()));
}
/// The rule same_gradient: the gradient of x is that of y.
template <class V>
[[gnu::noinline]] void accumulate_same(Graph<V>& graph, Node<V>& y, std::size_t k) {
  Node<V>& x = *y.input(k);
  const V& g = y.grad->value;
  const Shape& shape = x.value->shape();
  const std::size_t size = x.value->size();
  const bool bias = g.size() && shape.rank() <= g.rank() &&
                    (size == 1 || (shape.rank() == 1 && g.shape().from_right(0) == size));
  if (has_gradient(x) || (!bias && g.shape() != shape)) return add_same(graph, y, x);
  graph.nodes().begin_grad(x);
  auto* const to = x.grad->value.data();
  if (g.size() == size) std::copy(g.begin(), g.end(), to);
  else if (size == 1) *to = sum_row(g.size(), g.data());  // one number, or the bias of one neuron
  else sum_columns(g.size() / size, size, g.data(), to);  // the sum of g's rows
}

}  // namespace minigrad::inline MINIGRAD_ABI::detail
