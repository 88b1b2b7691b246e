// core/attributes.hpp - how an op tells its attributes, such as the axis of a sum, to messages, pictures and files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

#include "axes.hpp"

namespace minigrad::inline MINIGRAD_ABI {

template <class T>
class Tensor;

/// One attribute of an op: the axis of a sum, the slope of a leaky_relu. `numbers` holds the value, one number or the
/// extents of a shape; `text` is how messages and pictures write it.
struct Attribute {
  std::string name, text;       ///< as "axis", and as messages write its value
  std::vector<double> numbers;  ///< the value: one number, or the extents of a shape
};

/// Takes the attributes of an op: list("axis", axis), list("keepdim", true). A value is a bool, a number, a text, a
/// Shape, a TargetShape, an Axis or Axes. It hands each to a function of whoever asks for them, so that an op with
/// attributes compiles no strings.
class AttributeList {
 public:
  /// Add takes one attribute; `to` is what the list was made with.
  using Add = void (*)(void* to, const char* name, const detail::FormatArg& text, const double* numbers, std::size_t count);
  /// See takes the indices that an op reads, which are no attributes: there may be many.
  using See = void (*)(void* to, const char* name, const Tensor<std::int64_t>& values);
  /// State takes the address of what outlives the graph, and the op reads and moves: a random generator, a buffer.
  using State = void (*)(void* to, const void* address);
  AttributeList(Add function, void* to, See see = nullptr, State meet = nullptr)
      : add_(function), see_(see), state_(meet), to_(to) {}

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
  void operator()(const char* name, const std::string& value) const { add_(to_, name, value, nullptr, 0); }
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
  /// Shows what outlives the graph to who asked for it.
  void state(const void* address) const {
    if (state_) state_(to_, address);
  }

 private:
  void add(const char* name, const detail::FormatArg& text, double number) const { add_(to_, name, text, &number, 1); }
  Add add_;
  See see_;
  State state_;
  void* to_;
};

}  // namespace minigrad::inline MINIGRAD_ABI
