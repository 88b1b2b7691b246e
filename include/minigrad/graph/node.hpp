// graph/node.hpp - what a computation graph is made of: nodes, and the table that says what an op is.
//
// A node is a value and where it came from. What all nodes of one op share is data in a constant, the Op: how the value
// is computed, and for each input how a gradient passes back to it. There is one kind of node.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

#include "../tensor/elementwise.hpp"
#include "parameter.hpp"
#include "rules.hpp"

namespace minigrad::inline MINIGRAD_ABI {

template <class V>
class Var;
template <class V>
class Graph;

/// The number of a node in its graph: nodes are numbered from 0 in the order in which they were recorded.
using NodeId = std::uint32_t;
/// The id that no node has.
inline constexpr NodeId no_node = (std::numeric_limits<NodeId>::max)();

/// What becomes of the results of all elements: their mean, their sum, or nothing.
enum class Reduction { mean, sum, none };

namespace detail {

template <class X>
struct ScalarType : ElementOf<X> {};
template <class V>
struct ScalarType<Var<V>> : ElementOf<V> {};
template <class V>
struct ScalarType<Parameter<V>> : ElementOf<V> {};

/// The number type of an operand: T for Tensor<T>, Var<Tensor<T>>, T itself.
template <class X>
using scalar_type = typename ScalarType<X>::type;

inline constexpr std::size_t max_inputs = 4;
inline constexpr std::size_t held_unit = 64;  // bytes

template <class V>
struct Node;
template <class V>
class RecordedSweep;  // see diff/grad.hpp

/// How the gradient of one input follows from that of the result: "vector-Jacobian product". On values `accumulate`
/// adds it to the input's gradient; on Vars `record` computes it by ops, so that it can be differentiated again.
/// `record` is null for an input without a derivative; `accumulate` is also null where Op::backward runs all rules.
template <class V>
struct Vjp {
  void (*accumulate)(Graph<V>&, Node<V>& y, std::size_t k) = nullptr;
  Var<V> (*record)(Graph<V>&, NodeId y, std::size_t k, const Var<V>& g) = nullptr;
  InnerLoop each = nullptr;  // a rule of one element
  Reads reads = Reads::gradient;
  bool non_differentiable = false;  // there is no rule, and none is missing
};

/// What all nodes of an op share.
template <class V>
struct Op {
  bool one_rule = false;                              // vjp[0], and bit 0 of the masks, stand for all inputs
  unsigned differentiable = 0;                        // bit k: vjp[k] is there
  unsigned readers = 0;                               // bit k: the rule for input k reads the inputs
  Reduction reduction = Reduction::none;              // what becomes of the results of an elementwise op
  Shape (*shape)(Graph<V>&, Node<V>&) = nullptr;      // checks the inputs; the shape of the result, if forward needs it
  void (*forward)(Graph<V>&, Node<V>&) = nullptr;     // computes the value into the node's memory
  InnerLoop each = nullptr;                           // a function of one element
  Vjp<V> vjp[max_inputs] = {};
  void (*backward)(Graph<V>&, Node<V>&) = nullptr;    // all rules at once: numbers, checkpoint, many inputs
  void (*record_all)(RecordedSweep<V>&, Graph<V>&, NodeId y, const Var<V>& g) = nullptr;  // the same on Vars
  std::size_t held_bytes = 0;                         // of what value and rules hold
  void (*hold)(void* memory, void* functions) = nullptr;  // moves them there
  void (*release)(void* held) = nullptr;
  const void* (*function)(const void* held, std::size_t k) = nullptr;  // rule k, or the value for k = max_inputs
  void (*describe)(const void* held, const AttributeList&) = nullptr;
};

/// An input of an op is a node or, where that is null, a number. A node of n inputs has n of these, and n more for the
/// numbers where there are any: number k stands at n + k.
template <class V>
union Input {
  Node<V>* node;
  scalar_type<V> number;
};

/// A place of the graph. Its address never changes; clear() forgets it, and keeps its memory for the next node there.
template <class V>
struct Node {
  const Op<V>* op = nullptr;
  const char* name = nullptr;
  const V* value = nullptr;            // its own, or one that is read where it stands: a parameter's, a borrowed one
  Gradient<V>* grad = nullptr;         // a parameter's, or memory lent by the graph for as long as it is needed
  ParameterState<V>* parameter = nullptr;
  void* held = nullptr;                // what value and rules hold
  const Input<V>* in = nullptr;
  NodeId id = 0;
  NodeId previous_op = no_node;           // the op recorded before, to which backward() goes next
  std::uint32_t inputs = 0;
  std::uint16_t held_units = 0;        // of memory that is there
  std::uint8_t passes = 0;             // bit k: the gradient of this passes to input k
  bool needs_grad : 1 = false, was_loss : 1 = false;
  bool keeps_grad : 1 = false;         // a leaf, or one that is retained: its gradient stays after backward()
  bool hooked : 1 = false;
  bool plain : 1 = false;              // an elementwise op on operands of one shape
  V own{};

  Node() = default;
  Node(const Node&) = delete;
  ~Node() {
    if (held_units) pool_give(held, held_units * held_unit);
  }
  /// Memory for what value and rules hold.
  void* reserve(std::size_t bytes) {
    const std::size_t units = (bytes + held_unit - 1) / held_unit;
    if (units <= held_units) return held;
    if (held_units) pool_give(held, held_units * held_unit);
    held_units = 0;
    held = pool_take(units * held_unit);
    held_units = static_cast<std::uint16_t>(units);
    return held;
  }

  /// Input k; null where that is number(k).
  Node* input(std::size_t k) const { return in[k].node; }
  const scalar_type<V>& number(std::size_t k) const { return in[inputs + k].number; }
};

/// Whether a gradient has reached x in this sweep, or is kept from an earlier one.
template <class V>
bool has_gradient(const Node<V>& x) {
  return x.grad && x.grad->present;
}

/// A number that tells values apart: FNV-1a over the bytes.
template <class V>
std::uint64_t hash_of(const V& value) {
  std::uint64_t hash = 0xcbf29ce484222325;
  const auto add = [&](const auto& number) {
    unsigned char bytes[sizeof number];
    std::memcpy(bytes, &number, sizeof number);
    for (const unsigned char byte : bytes) hash = (hash ^ byte) * 0x100000001b3;
  };
  if constexpr (is_tensor<V>)
    for (const auto& number : value) add(number);
  else
    add(value);
  return hash;
}

/// Gives x another shape. The old memory is given back first, and the values are not set.
template <class V>
[[gnu::noinline]] void reshape_memory(V& x, const Shape& shape) {
  x = V();
  x = V::empty(shape);
}

template <class V>
V zeros_like_value(const V& value) {
  if constexpr (is_tensor<V>) {
    V zeros = V::empty(value.shape());
    zeros.fill(0);
    return zeros;
  } else {
    return V(0);
  }
}

}  // namespace detail
}  // namespace minigrad
