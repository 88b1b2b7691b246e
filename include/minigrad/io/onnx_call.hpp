// io/onnx_call.hpp - one call of an ONNX op on values of type X: a Tensor, or a Var of one. Not part of minigrad.hpp.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../ops/ops.hpp"
#include "onnx_file.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

/// A value of a graph that runs: numbers, or whole numbers, which are constants, inputs or, of a Var graph, a handle.
template <class X>
struct OnnxValue {
  const X* real = nullptr;
  const Tensor<std::int64_t>* whole = nullptr;
  const IndexVar<X>* handle = nullptr;
};
template <class V>
struct OnnxValue<Var<V>> {
  const Var<V>* real = nullptr;
  const Tensor<std::int64_t>* whole = nullptr;
  const IndexVar<V>* handle = nullptr;
};

/// A node with its inputs. What the file says wrong throws ValueError, which names the node.
template <class X>
struct OnnxCall {
  using Whole = Tensor<std::int64_t>;
  using List = std::vector<std::int64_t>;

  const OnnxNode& node;
  const PoolArray<OnnxValue<X>>& values;
  const std::vector<std::size_t>& places;  // of the inputs; no_place for one that is left out
  std::int64_t opset;
  Graph<Tensor<scalar_type<X>>>* graph;  // of a Var
  std::size_t part = 0, parts = 1;       // which output of how many is computed
  static constexpr std::size_t no_place = static_cast<std::size_t>(-1);

  [[noreturn]] void fail(std::initializer_list<FormatArg> why) const {
    detail::fail<ValueError>({"load_onnx: node ", node.outputs[0], ", ", node.op, ": ", concat(why)});
  }
  bool has(std::size_t k) const { return k < places.size() && places[k] != no_place; }
  std::size_t size() const { return places.size(); }
  const OnnxValue<X>& value(std::size_t k) const {
    if (!has(k)) fail({"it has no input ", k});
    return values[places[k]];
  }
  /// Input k.
  const X& operator[](std::size_t k) const {
    if (!value(k).real) fail({"whole numbers as input ", k, " are not supported"});
    return *value(k).real;
  }
  /// Numbers that do not come from an input.
  X constant(const Tensor<scalar_type<X>>& numbers) const {
    if constexpr (is_var<X>)
      return graph->input(numbers);
    else
      return numbers;
  }
  const Whole& whole(std::size_t k) const {
    if (!value(k).whole) fail({"input ", k, " must be whole numbers that are a constant"});
    return *value(k).whole;
  }
  double real(const char* name, double otherwise) const {
    const OnnxAttribute* found = node.find(name);
    return found ? static_cast<double>(found->real) : otherwise;
  }
  std::int64_t integer(const char* name, std::int64_t otherwise) const {
    const OnnxAttribute* found = node.find(name);
    return found ? found->integer : otherwise;
  }
  std::string text(const char* name, const char* otherwise) const {
    const OnnxAttribute* found = node.find(name);
    return found ? found->text : otherwise;
  }
  /// A list that is an attribute in one opset and input k in another; empty where it is neither.
  List list(const char* name, std::size_t k) const {
    if (has(k)) return List(whole(k).begin(), whole(k).end());
    const OnnxAttribute* found = node.find(name);
    return found ? found->integers : List();
  }
  std::size_t axis_in(const Shape& shape, std::int64_t axis) const {
    const auto rank = static_cast<std::int64_t>(shape.rank());
    if (axis < -rank || axis >= rank) fail({"axis ", axis, " of a tensor of shape ", shape});
    return static_cast<std::size_t>(axis < 0 ? axis + rank : axis);
  }
  /// The places from `begin` to `end` of so many, where negative ones count from the end.
  std::pair<std::size_t, std::size_t> range_in(std::size_t count, std::int64_t begin, std::int64_t end) const {
    const auto n = static_cast<std::int64_t>(count);
    const auto within = [&](std::int64_t i) { return std::clamp<std::int64_t>(i < 0 ? i + n : i, 0, n); };
    return {static_cast<std::size_t>(within(begin)), static_cast<std::size_t>((std::max)(within(begin), within(end)))};
  }
  /// The axes, without repetition, from the last to the first.
  std::vector<std::size_t> axes_in(const Shape& shape, const List& axes) const {
    std::vector<std::size_t> out;
    for (const std::int64_t axis : axes) out.push_back(axis_in(shape, axis));
    std::sort(out.rbegin(), out.rend());
    if (std::adjacent_find(out.begin(), out.end()) != out.end()) fail({"an axis is named twice"});
    return out;
  }
  /// A shape from the file, whose number of elements is one that memory can hold; -1 where an extent is inferred.
  Shape shape_of_list(const List& list) const {
    if (list.size() > Shape::max_rank) fail({"a shape of ", list.size(), " axes is not supported"});
    Shape out;
    std::int64_t product = 1;
    for (const std::int64_t extent : list) {
      const std::int64_t factor = extent < 1 ? 1 : extent;
      if (extent < -1 || product > (std::int64_t{1} << 48) / factor) fail({"a shape with an extent of ", extent});
      product *= factor;
      out.push_back(static_cast<std::size_t>(extent));
    }
    return out;
  }
  /// x in another shape. The number of rows stays free where it stays the same, so that it is no constant of a
  /// recording.
  X reshaped(const X& x, Shape shape) const {
    if (shape.rank() > 0 && shape_of(x).rank() > 0 && shape.size() > 0 && shape[0] == shape_of(x)[0])
      shape[0] = TargetShape::inferred;
    return reshape(x, TargetShape(shape));
  }
};

/// An ONNX op: how many inputs it takes, the attributes that are understood, and what it computes.
template <class X, class Result = X>
struct OnnxRule {
  const char* op;
  std::size_t fewest, most;
  const char* attributes;  // names, each followed by a space
  Result (*compute)(const OnnxCall<X>&);

  bool knows(const std::string& attribute) const {
    return std::string_view(attributes).find(attribute + ' ') != std::string_view::npos;
  }
};
/// Rules::all is an array of rules.
template <class Rules>
struct OnnxTable {
  /// The rule of an op, or null.
  static const auto* find(std::string_view op) {
    for (const auto& rule : Rules::all)
      if (op == rule.op) return &rule;
    return static_cast<decltype(&Rules::all[0])>(nullptr);
  }
};

/// The numbers of a value that no input changes.
template <class T>
const Tensor<T>& constant_value(const Tensor<T>& x) {
  return x;
}
template <class V>
const V& constant_value(const Var<V>& x) {
  return x.value();
}

/// A mask as ones and zeros.
template <class T>
Tensor<T> onnx_mask(const Tensor<bool>& mask, const Tensor<T>&) {
  return mask.template to<T>();
}
template <class V>
Var<V> onnx_mask(const MaskVar<V>& mask, const Var<V>&) {
  return mask.var();
}

}  // namespace minigrad::inline MINIGRAD_ABI::detail
