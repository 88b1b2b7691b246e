// core/axes.hpp - several axes at once: of a reduction, or in another order.
#pragma once

#include <concepts>
#include <cstddef>
#include <string>

#include "shape.hpp"

namespace minigrad::inline MINIGRAD_ABI {

/// The axes of a reduction: one, several, or all of them: sum(x, 1), sum(x, {0, 2}), sum(x). Negative ones count from
/// the last. {} is all axes too, as in torch.sum(x, []); NumPy's axis=() is none, for which there is no word here.
class Axes {
 public:
  /// All axes.
  constexpr Axes() = default;
  Axes(Axis axis) {
    if (!axis.all()) push_back(axis);
  }
  template <std::integral Index>
  Axes(Index axis) : Axes(Axis(axis)) {}
  template <std::integral First, std::integral... More>
    requires(sizeof...(More) > 0 && sizeof...(More) < Shape::max_rank)
  Axes(First first, More... more) {
    push_back(Axis(first));
    (push_back(Axis(more)), ...);
  }
  /// Not from bool or a fraction, as an Axis is not.
  Axes(bool) = delete;
  Axes(std::floating_point auto) = delete;

  /// Whether no axis is named, which means all axes of a shape.
  bool all() const { return count_ == 0; }
  /// Whether more than one axis is named.
  bool several() const { return count_ > 1; }
  /// The number of axes that are named; 0 where all are meant.
  std::size_t size() const { return count_; }
  /// The i-th axis as it was named: negative ones count from the last.
  int operator[](std::size_t i) const { return axes_[i]; }

  /// Adds one. Throws ShapeError for more than a shape can have.
  void push_back(Axis axis) {
    if (count_ == Shape::max_rank) detail::fail<ShapeError>({"Axes: more than ", Shape::max_rank, " axes"});
    axes_[count_++] = static_cast<short>(axis.index());
  }

  /// For each axis of a shape whether it is one of these.
  struct Marks {
    bool of[Shape::max_rank] = {};  ///< by axis, outermost first
    bool operator[](std::size_t axis) const { return of[axis]; }
  };
  /// Marks the axes that are meant in a shape. Throws IndexError, naming `op`, for one that the shape does not have or
  /// that is named twice.
  Marks in(const char* op, const Shape& shape) const {
    Marks out;
    for (std::size_t i = 0; i < shape.rank(); ++i) out.of[i] = all();
    for (std::size_t i = 0; i < size(); ++i) {
      const std::size_t axis = Axis(axes_[i]).in(op, shape);
      if (out.of[axis]) named_twice(op, axis, shape);
      out.of[axis] = true;
    }
    return out;
  }

 private:
  [[noreturn, gnu::cold]] static void named_twice(const char* op, std::size_t axis, const Shape& shape) {
    detail::fail<IndexError>({op, ": axis ", axis, " of a tensor of shape ", shape, " is named twice"});
  }
  short axes_[Shape::max_rank] = {};
  unsigned char count_ = 0;
};

/// "[0, 2]".
inline std::string to_string(const Axes& axes) {
  std::string out = "[";
  for (std::size_t i = 0; i < axes.size(); ++i) {
    if (i) out += ", ";
    detail::FormatArg(axes[i]).append_to(out);
  }
  out += ']';
  return out;
}

}  // namespace minigrad
