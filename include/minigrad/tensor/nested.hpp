// tensor/nested.hpp - numbers in braces, as a Tensor is written: {{1, 2}, {3, 4}}.
#pragma once

#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <type_traits>

#include "../core/convert.hpp"
#include "../core/shape.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

/// What stands between braces: a number, or a list of what stands between braces.
template <class T>
struct Nested {
  T number{};
  std::initializer_list<Nested> list{};
  bool is_list = false;

  template <class Number>
    requires(std::is_arithmetic_v<Number> || std::same_as<Number, T>)
  constexpr Nested(Number value) : number(constant_as<T>("Tensor", value)) {}
  constexpr Nested(std::initializer_list<Nested> items) : list(items), is_list(true) {}
};

template <class T>
Shape nested_shape(std::initializer_list<Nested<T>> items) {
  Shape shape(items.size());
  for (const auto* level = &items; level->size() && level->begin()->is_list; level = &level->begin()->list)
    shape.push_back(level->begin()->list.size());
  return shape;
}

/// Copies the numbers to `out`, from the given axis on, and returns where they end.
template <class T>
T* copy_nested(std::initializer_list<Nested<T>> items, const Shape& shape, std::size_t axis, T* out) {
  const bool innermost = axis + 1 == shape.rank();
  if (items.size() != shape[axis])
    fail<ShapeError>({"Tensor: rows of different lengths in braces: ", items.size(), " where ", shape[axis],
                      shape[axis] == 1 ? " is" : " are", " expected"});
  for (const Nested<T>& item : items) {
    if (item.is_list == innermost) fail<ShapeError>({"Tensor: numbers and lists are mixed in braces"});
    if (innermost)
      *out++ = item.number;
    else
      out = copy_nested(item.list, shape, axis + 1, out);
  }
  return out;
}

}  // namespace minigrad::inline MINIGRAD_ABI::detail
