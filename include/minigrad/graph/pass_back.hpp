// graph/pass_back.hpp - how a gradient reaches an input: added to what is there, and summed where broadcasting
// stretched.
//
// A rule gives a derivative in the shape of the op's result. An input that was stretched to that shape contributed each
// of its elements many times, so that it gets the sum. This is done here, once for all ops; no rule mentions it.
#pragma once

#include <cstddef>
#include <optional>
#include <utility>

#include "../tensor/reduce.hpp"
#include "graph.hpp"

namespace minigrad::detail {

/// A derivative may be larger than its input only as far as the input was stretched.
inline void check_rule(const char* op, const Shape& derivative, const Shape& input) {
  bool fits = input.rank() <= derivative.rank() || input.size() == 1;
  for (std::size_t i = 0; i < derivative.rank(); ++i)
    fits = fits && (input.from_right(i) == 1 || input.from_right(i) == derivative.from_right(i));
  if (!fits)
    fail<ShapeError>({op, ": its rule gave a derivative of shape ", derivative, " for an input of shape ", input});
}

/// Adds what a rule gave to an input's adjoint, summed over the axes along which the input was stretched.
template <class V>
[[gnu::noinline]] void pass_back(const char* op, std::optional<V>& slot, V part, const V& input) {
  if (part.shape() != input.shape()) {
    check_rule(op, part.shape(), input.shape());
    part = sum_to(part, input.shape());
  }
  if (slot)
    add_to(*slot, part);
  else
    slot = std::move(part);
}
template <class V>
  requires(is_scalar<V>)
void pass_back(const char*, std::optional<V>& slot, V part, const V&) { slot = slot ? *slot + part : part; }
template <class V>
[[gnu::noinline]] void pass_back(const char* op, std::optional<Var<V>>& slot, Var<V> part, const V& input) {
  if constexpr (is_tensor<V>) {
    if (part.value().shape() != input.shape()) {
      check_rule(op, part.value().shape(), input.shape());
      part = sum_to(part, input.shape());
    }
  }
  slot = slot ? *slot + part : part;
}

/// The same for a gradient that goes to the input as it is.
template <class V>
[[gnu::noinline]] void pass_back_copy(const char* op, std::optional<V>& slot, const V& g, const V& input) {
  if constexpr (is_tensor<V>) {
    if (g.shape() != input.shape()) {
      check_rule(op, g.shape(), input.shape());
      return pass_back(op, slot, sum_to(g, input.shape()), input);
    }
    if (slot) return add_to(*slot, g);
  }
  pass_back(op, slot, V(g), input);
}

/// Where the rule of one element writes its results for an input of some shape: into the input's adjoint, or, if the
/// input was stretched, into `part`, which is then to be summed.
template <class V>
[[gnu::noinline]] V& destination(std::optional<V>& slot, V& part, const Shape& shape, const Shape& input,
                                 Write& write) {
  write = Write::assign;
  if (shape != input) return part = V::empty(shape);
  if (slot)
    write = Write::add;
  else
    slot = V::empty(shape);
  return *slot;
}

}  // namespace minigrad::detail
