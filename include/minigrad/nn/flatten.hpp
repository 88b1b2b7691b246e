// nn/flatten.hpp - Flatten and Unflatten: from images to rows, and back.
#pragma once

#include <cstddef>
#include <string>

#include "../ops/rearrange.hpp"

namespace minigrad::inline MINIGRAD_ABI {

/// Axes start_dim .. end_dim as one: x [n, channels, height, width] gives [n, channels height width].
struct Flatten {
  int start_dim = 1, end_dim = -1;  ///< the first and the last of these axes; -1: the last of x
  auto operator()(const auto& x) const { return flatten(x, start_dim, end_dim); }
  /// How summary() shows it.
  std::string describe() const {
    if (start_dim == 1 && end_dim == -1) return "Flatten";
    return detail::concat({"Flatten(", start_dim, ", ", end_dim, ")"});
  }
};

/// Axis dim as several: Unflatten(1, {8, 4, 4}) makes [n, 8, 4, 4] of x [n, 128]. One extent may be -1. Throws
/// ShapeError where the extents do not make up the axis.
struct Unflatten {
  Axis dim;           ///< the axis of x
  TargetShape sizes;  ///< the extents that take its place
  Unflatten(Axis axis, const TargetShape& shape) : dim(axis), sizes(shape) {}

  auto operator()(const auto& x) const {
    const Shape& shape = shape_of(x);
    const std::size_t axis = dim.in("Unflatten", shape);
    const Shape parts = sizes.for_elements_of(Shape{shape[axis]});
    if (parts.size() != shape[axis])
      detail::fail<ShapeError>(
          {"Unflatten: x ", shape, ": ", sizes, " has ", parts.size(), " numbers, and axis ", axis, " ", shape[axis]});
    Shape out;
    for (std::size_t k = 0; k < shape.rank(); ++k)
      if (k == 0 && axis > 0 && shape.size() > 0)
        out.push_back(TargetShape::inferred);  // so that a recording does not tell how many rows there were
      else if (k != axis)
        out.push_back(shape[k]);
      else
        for (const std::size_t extent : parts) out.push_back(extent);
    return reshape(x, TargetShape(out));
  }
  /// The line of summary(): "Unflatten(1, [8, 4, 4])".
  std::string describe() const { return detail::concat({"Unflatten(", dim.index(), ", ", sizes, ")"}); }
};

}  // namespace minigrad::inline MINIGRAD_ABI
