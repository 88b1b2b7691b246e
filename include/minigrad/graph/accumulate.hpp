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

/// A derivative may be larger than its input only as far as the input was broadcast.
[[gnu::noinline]] inline void check_rule(const char* op, const Shape& derivative, const Shape& input) {
  bool fits = input.rank() <= derivative.rank();
  for (std::size_t i = 0; i < derivative.rank(); ++i)
    fits = fits && (input.from_right(i) == 1 || input.from_right(i) == derivative.from_right(i));
  if (!fits)
    fail<ShapeError>({op, ": its rule gave a derivative of shape ", derivative, " for an input of shape ", input});
}

/// to += part, which may broadcast.
template <class V>
[[gnu::noinline]] void add_into(V& to, const V& part) {
  map_into(to, identity, Write::add, part);
}

/// Adds what the rule of y gave for x, a tensor of its own.
template <class V>
[[gnu::noinline]] void add_gradient(Graph<V>& graph, const Node<V>& y, Node<V>& x, V part) {
  if constexpr (is_tensor<V>) {
    if (part.shape() != x.value->shape()) {
      check_rule(y.name, part.shape(), x.value->shape());
      part = sum_to(part, x.value->shape());
    }
    if (graph.nodes().begin_grad(x) == Write::assign)
      x.grad->value = std::move(part);
    else
      add_into(x.grad->value, part);
  } else {
    if (graph.nodes().begin_grad(x) == Write::assign)
      x.grad->value = part;
    else
      x.grad->value = x.grad->value + part;
  }
}

/// The gradient of x, which has one already, or is not of the shape of y's.
template <class V>
[[gnu::noinline]] void add_same(Graph<V>& graph, const Node<V>& y, Node<V>& x) {
  const V& g = y.grad->value;
  if (g.shape() != x.value->shape()) {
    check_rule(y.name, g.shape(), x.value->shape());
    return add_gradient(graph, y, x, sum_to(g, x.value->shape()));
  }
  graph.nodes().begin_grad(x);
  add_into(x.grad->value, g);
}
/// The rule same_gradient: the gradient of x is that of y.
template <class V>
[[gnu::noinline]] void accumulate_same(Graph<V>& graph, Node<V>& y, std::size_t k) {
  Node<V>& x = *graph.nodes().input(y, k);
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
