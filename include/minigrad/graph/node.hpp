// graph/node.hpp - what a computation graph is made of: nodes, and the table that says what an op is.
//
// A node is a value and where it came from. What all nodes of one op share is data in a constant, the Op: how the value
// is computed, and for each input how a gradient passes back to it. There is one kind of node.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "../core/axes.hpp"
#include "../tensor/elementwise.hpp"
#include "parameter.hpp"

namespace minigrad::inline MINIGRAD_ABI {

template <class V>
class Var;
template <class V>
class Graph;

/// The number of a node in its graph: nodes are numbered from 0 in the order in which they were recorded.
using NodeId = std::uint32_t;
/// The id that no node has.
inline constexpr NodeId no_node = (std::numeric_limits<NodeId>::max)();

/// One attribute of an op: the axis of a sum, the slope of a leaky_relu. `numbers` holds the value, one number or the
/// extents of a shape; `text` is how messages and pictures write it.
struct Attribute {
  std::string name, text;       ///< as "axis", and as messages write its value
  std::vector<double> numbers;  ///< the value: one number, or the extents of a shape
};

/// Takes the attributes of an op: list("axis", axis), list("keepdim", true). A value is a bool, a number, a Shape, an
/// Axis, Axes or a C string. It hands each to a function of whoever asks for them, so that an op with attributes
/// compiles no strings.
class AttributeList {
 public:
  /// Add takes one attribute; `to` is what the list was made with.
  using Add = void (*)(void* to, const char* name, const detail::FormatArg& text, const double* numbers, std::size_t count);
  /// See takes the indices that an op reads, which are no attributes: there may be many.
  using See = void (*)(void* to, const char* name, const Tensor<std::int64_t>& values);
  AttributeList(Add function, void* to, See see = nullptr) : add_(function), see_(see), to_(to) {}

  void operator()(const char* name, bool value) const { add(name, value ? "true" : "false", value ? 1 : 0); }
  template <class N>
    requires(std::is_arithmetic_v<N>)
  void operator()(const char* name, N value) const {
    add(name, value, static_cast<double>(value));
  }
  void operator()(const char* name, const Shape& value) const {
    double numbers[Shape::max_rank];
    for (std::size_t i = 0; i < value.rank(); ++i) numbers[i] = static_cast<double>(value[i]);
    add_(to_, name, value, numbers, value.rank());
  }
  void operator()(const char* name, const TargetShape& value) const {
    double numbers[Shape::max_rank];
    std::size_t count = 0;
    for (const std::size_t extent : value.extents())
      numbers[count++] = extent == TargetShape::inferred ? -1.0 : static_cast<double>(extent);
    add_(to_, name, to_string(value), numbers, count);
  }
  void operator()(const char* name, const char* value) const { add_(to_, name, value, nullptr, 0); }
  void operator()(const char* name, Axis axis) const {
    if (axis.all()) (*this)(name, "all");
    else (*this)(name, axis.index());
  }
  /// One axis as a number, several as a list.
  void operator()(const char* name, const Axes& axes) const {
    if (axes.all()) return (*this)(name, "all");
    if (!axes.several()) return (*this)(name, axes[0]);
    double numbers[Shape::max_rank];
    for (std::size_t i = 0; i < axes.size(); ++i) numbers[i] = axes[i];
    list(name, to_string(axes), numbers, axes.size());
  }
  /// Several numbers, and how they are written.
  void list(const char* name, const detail::FormatArg& text, const double* numbers, std::size_t count) const {
    add_(to_, name, text, numbers, count);
  }
  /// Shows the indices that an op reads to who asked for them.
  void indices(const char* name, const Tensor<std::int64_t>& values) const {
    if (see_) see_(to_, name, values);
  }

 private:
  void add(const char* name, const detail::FormatArg& text, double number) const { add_(to_, name, text, &number, 1); }
  Add add_;
  See see_;
  void* to_;
};

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
inline constexpr std::size_t captured_unit = 64;  // bytes

template <class V>
struct Node;
template <class V>
class RecordedSweep;  // see diff/grad.hpp

/// What a derivative rule reads besides the gradient g of the op's result y. It takes g; or g and y; or g and all
/// inputs (where there are several); or g, y and all inputs.
enum class Reads : unsigned char { gradient, result, inputs, all, unknown };
constexpr bool reads_result(Reads reads) { return reads == Reads::result || reads == Reads::all; }
constexpr bool reads_inputs(Reads reads) { return reads == Reads::inputs || reads == Reads::all; }

/// How the gradient of one input follows from that of the result: "vector-Jacobian product". On values `accumulate` adds
/// it to the input's gradient; on Vars `record` computes it by ops, so that it can be differentiated again. `record` is null
/// for an input without a derivative; `accumulate` is also null where Op::backward runs all rules.
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
  bool one_rule = false;                              // vjp[0], and bit 0 of `rules` and `readers`, stand for all inputs
  unsigned rules = 0;                                 // bit k: vjp[k] is there
  unsigned readers = 0;                               // bit k: the rule for input k reads the inputs
  Reduction reduction = Reduction::none;              // what becomes of the results of an elementwise op
  Shape (*shape)(Graph<V>&, Node<V>&) = nullptr;      // checks the inputs; the shape of the result, if forward needs it
  void (*forward)(Graph<V>&, Node<V>&) = nullptr;     // computes the value into the node's memory
  InnerLoop each = nullptr;                           // a function of one element
  Vjp<V> vjp[max_inputs] = {};
  void (*backward)(Graph<V>&, Node<V>&) = nullptr;    // all rules at once: numbers, checkpoint, many inputs
  void (*record_all)(RecordedSweep<V>&, Graph<V>&, NodeId y, const Var<V>& g) = nullptr;  // the same on Vars
  std::size_t captured_bytes = 0;                     // of what value and rules hold
  void (*capture)(void* memory, void* functions) = nullptr;  // moves them there
  void (*release)(void* captured) = nullptr;
  const void* (*function)(const void* captured, std::size_t k) = nullptr;  // rule k, or the value for k = max_inputs
  void (*describe)(const void* captured, const AttributeList&) = nullptr;
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
  void* captured = nullptr;            // what value and rules hold
  const Input<V>* in = nullptr;
  NodeId id = 0;
  NodeId previous = no_node;           // the op recorded before, to which backward() goes next
  std::uint32_t inputs = 0;
  std::uint16_t captured_units = 0;    // of memory that is there
  std::uint8_t passes = 0;             // bit k: the gradient of this passes to input k
  bool needs_grad : 1 = false, was_loss : 1 = false;
  bool keeps_grad : 1 = false;         // a leaf, or one that is retained: its gradient stays after backward()
  bool hooked : 1 = false;
  bool plain : 1 = false;              // an elementwise op on operands of one shape
  V own{};

  Node() = default;
  Node(const Node&) = delete;
  ~Node() {
    if (captured_units) pool_give(captured, captured_units * captured_unit);
  }
  /// Memory for what value and rules hold.
  void* reserve(std::size_t bytes) {
    const std::size_t units = (bytes + captured_unit - 1) / captured_unit;
    if (units <= captured_units) return captured;
    if (captured_units) pool_give(captured, captured_units * captured_unit);
    captured_units = 0;
    captured = pool_take(units * captured_unit);
    captured_units = static_cast<std::uint16_t>(units);
    return captured;
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
