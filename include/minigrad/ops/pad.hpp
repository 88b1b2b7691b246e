// ops/pad.hpp - the op table: a border around a tensor. Not part of minigrad.hpp.
//
// Of an axis of n elements, padded by a before and b after, place i of the result is place i - a of x where there is one.
// Else it is
//   constant   a number, 0 unless told otherwise
//   reflect    the place as far on this side of the edge:  2 1 0 1 2 3 2 1   (the edge itself is not repeated)
//   replicate  the edge                                    0 0 0 1 2 3 3 3
//   circular   the place from the other end                2 3 0 1 2 3 0 1
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>

#include "../tensor/create.hpp"
#include "rearrange.hpp"

namespace minigrad::inline MINIGRAD_ABI {

/// What pad() writes to the border: a number, x mirrored, the edge of x, or x from the other end.
enum class PadMode { constant, reflect, replicate, circular };

/// How many places come before and after each axis, the last axis first: {left, right, top, bottom}, as in PyTorch's
/// F.pad. Negative numbers cut off.
class Padding {
 public:
  template <std::integral... Places>
    requires(sizeof...(Places) % 2 == 0 && sizeof...(Places) <= 2 * Shape::max_rank)
  constexpr Padding(Places... places) : count_(sizeof...(Places)) {
    std::size_t i = 0;
    ((places_[i++] = static_cast<double>(places)), ...);
  }
  /// The first `count` of these places.
  constexpr Padding(const double* places, std::size_t count) : count_(count) {
    for (std::size_t i = 0; i < count; ++i) places_[i] = places[i];
  }
  /// Of how many axes.
  constexpr std::size_t axes() const { return count_ / 2; }
  /// How many places come before and after the axis that is `from_right` from the last; 0 for one that is not padded.
  constexpr std::ptrdiff_t before(std::size_t from_right) const {
    return from_right < axes() ? static_cast<std::ptrdiff_t>(places_[2 * from_right]) : 0;
  }
  constexpr std::ptrdiff_t after(std::size_t from_right) const {
    return from_right < axes() ? static_cast<std::ptrdiff_t>(places_[2 * from_right + 1]) : 0;
  }
  /// All of them, the last axis first.
  constexpr const double* numbers() const { return places_; }
  /// What cuts it off again.
  constexpr Padding inverse() const {
    Padding out = *this;
    for (double& places : out.places_) places = -places;
    return out;
  }
  friend std::string to_string(const Padding& padding) {
    std::string out = "{";
    for (std::size_t i = 0; i < padding.count_; ++i) out += (i ? ", " : "") + detail::concat({padding.places_[i]});
    return out + "}";
  }

 private:
  double places_[2 * Shape::max_rank] = {};
  std::size_t count_;
};

namespace detail {

/// The shape of x with a border. Throws ShapeError where nothing would be left, and for more axes than x has.
inline Shape padded_shape(const Shape& shape, const Padding& padding) {
  if (padding.axes() > shape.rank())
    fail<ShapeError>({"pad: ", to_string(padding), " pads ", padding.axes(), " axes, and ", shape, " has ", shape.rank()});
  Shape out = shape;
  for (std::size_t i = 0; i < padding.axes(); ++i) {
    const auto n = static_cast<std::ptrdiff_t>(shape.from_right(i));
    const std::ptrdiff_t extent = n + padding.before(i) + padding.after(i);
    if (extent < 0 || n + padding.before(i) < 0 || n + padding.after(i) < 0)
      fail<ShapeError>({"pad: ", shape, " by ", to_string(padding), ": more is cut off along axis ", shape.rank() - 1 - i,
                        " than there is"});
    out[shape.rank() - 1 - i] = static_cast<std::size_t>(extent);
  }
  return out;
}

/// Writes the border, and what stays of x within it, from the first place of y to the last.
template <class T>
struct PadCopy {
  T value;
  std::size_t rank, before[Shape::max_rank], count[Shape::max_rank], after[Shape::max_rank];
  Steps from, to;

  T* operator()(const T* x, T* y, std::size_t axis) const {
    if (axis == rank) return *y = *x, y + 1;
    const std::size_t step = static_cast<std::size_t>(to.of[axis]);
    y = std::fill_n(y, before[axis] * step, value);
    if (axis + 1 == rank) y = std::copy(x, x + count[axis], y);
    else
      for (std::size_t k = 0; k < count[axis]; ++k, x += from.of[axis]) y = (*this)(x, y, axis + 1);
    return std::fill_n(y, after[axis] * step, value);
  }
};

template <class T>
Tensor<T> padded(const Tensor<T>& x, const Padding& padding, T value) {
  const Shape shape = padded_shape(x.shape(), padding);
  auto y = Tensor<T>::empty(shape);
  if (x.size() == 0 || y.size() == 0) return y.fill(value), y;
  PadCopy<T> copy{value, x.rank(), {}, {}, {}, Steps(x.shape()), Steps(shape)};
  const T* from = x.data();
  const auto positive = [](std::ptrdiff_t n) { return n > 0 ? static_cast<std::size_t>(n) : std::size_t{0}; };
  for (std::size_t i = 0; i < x.rank(); ++i) {
    const std::ptrdiff_t before = padding.before(x.rank() - 1 - i), after = padding.after(x.rank() - 1 - i);
    copy.before[i] = positive(before);
    copy.after[i] = positive(after);
    copy.count[i] = x.shape()[i] - positive(-before) - positive(-after);
    from += static_cast<std::ptrdiff_t>(positive(-before)) * copy.from.of[i];
  }
  if (x.rank() < 2 || copy.before[0] + copy.after[0] > 0) return copy(from, y.data(), 0), y;
  const auto step_from = static_cast<std::size_t>(copy.from.of[0]), step_to = static_cast<std::size_t>(copy.to.of[0]);
  parallel_for(copy.count[0], 1, (std::size_t{1} << 15) / step_to + 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t k = begin; k < end; ++k) copy(from + k * step_from, y.data() + k * step_to, 1);
  });
  return y;
}

/// The places of x along an axis of n that make the padded axis.
inline Tensor<std::int64_t> padded_places(const Shape& shape, const Padding& padding, std::size_t i, PadMode mode) {
  const auto n = static_cast<std::ptrdiff_t>(shape.from_right(i));
  const std::ptrdiff_t before = padding.before(i), after = padding.after(i), most = before > after ? before : after;
  if (most > 0 && (n == 0 || (mode == PadMode::reflect && most >= n) || (mode == PadMode::circular && most > n)))
    fail<ShapeError>({"pad: ", shape, " by ", to_string(padding), ": axis ", shape.rank() - 1 - i, " has too few places for ",
                      mode == PadMode::reflect ? "reflect" : mode == PadMode::circular ? "circular" : "replicate"});
  auto out = Tensor<std::int64_t>::empty(Shape{n + before + after});
  for (std::ptrdiff_t k = 0; k < n + before + after; ++k) {
    std::ptrdiff_t place = k - before;
    if (mode == PadMode::replicate) place = place < 0 ? 0 : place < n ? place : n - 1;
    else if (mode == PadMode::circular) place = (place + n) % n;
    else place = place < 0 ? -place : place < n ? place : 2 * (n - 1) - place;
    out.data()[k] = place;
  }
  return out;
}

struct PadAttributes {
  Padding pads;
  double value;
  void describe(auto& list) const {
    list("mode", "constant");
    list.list("pads", to_string(pads), pads.numbers(), 2 * pads.axes());
    list("value", value);
  }
};

template <class X>
auto pad_constant(const X& x, const Padding& padding, double value);

/// The border of one number. The gradient loses it again.
inline constexpr auto pad_op = record(
    "pad",
    []<class T>(const auto& a, const Tensor<T>& x) { return padded(x, a.pads, static_cast<T>(a.value)); },
    [](const auto& a, const auto& g) { return detail::pad_constant(g, a.pads.inverse(), 0.0); });
template <class X>
auto pad_constant(const X& x, const Padding& padding, double value) {
  return pad_op.apply(PadAttributes{padding, value}, x);
}

}  // namespace detail

/// x with a border: pad(x, {1, 1}) along the last axis, pad(x, {1, 1, 2, 2}) along the last two. Throws ShapeError where
/// an axis has too few places to reflect or to cut off, and ValueError for a value that the elements do not hold.
template <detail::TensorOperand X>
auto pad(const X& x, const Padding& padding, PadMode mode = PadMode::constant, double value = 0) {
  const Shape shape = shape_of(x);
  static_cast<void>(detail::padded_shape(shape, padding));
  if constexpr (is_parameter<X>) {
    detail::require_operands<1, X>();
    return pad(x.value(), padding, mode, value);
  } else {
    if (mode == PadMode::constant) {
      static_cast<void>(detail::constant_as<detail::scalar_type<X>>("pad", value));
      return detail::pad_constant(x, padding, value);
    }
    X y = x;
    for (std::size_t i = 0; i < padding.axes(); ++i)
      if (padding.before(i) != 0 || padding.after(i) != 0)
        y = index_select(y, detail::padded_places(shape, padding, i, mode), static_cast<int>(shape.rank() - 1 - i));
    return y;
  }
}

}  // namespace minigrad
