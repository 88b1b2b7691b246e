// core/shape.hpp - the extents of a tensor, and the rule by which two shapes broadcast.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>

#include "error.hpp"

namespace minigrad::inline MINIGRAD_ABI {

/// The extents of a tensor, outermost first: {32, 3} is 32 rows of 3. Shape{} has rank 0 and is the shape of a number.
class Shape {
 public:
  static constexpr std::size_t max_rank = 6;  ///< the most axes that a shape has

  constexpr Shape() = default;

  /// From extents of any integer type, so that Shape{n, v.size()} needs no casts. Throws ShapeError for a negative
  /// extent; more than max_rank of them do not compile.
  template <std::integral... Extents>
    requires(sizeof...(Extents) > 0 && sizeof...(Extents) <= max_rank)
  constexpr Shape(Extents... extents) {
    (push_back(extents), ...);
  }
  /// From anything else: a compile error.
  template <class... Extents>
    requires((std::is_arithmetic_v<Extents> && ...) && !((std::integral<Extents> && ...) && sizeof...(Extents) <= max_rank))
  constexpr Shape(Extents...) {
    static_assert((std::integral<Extents> && ...), "minigrad: the extents of a shape are whole numbers");
    static_assert(sizeof...(Extents) <= max_rank, "minigrad: a shape has at most 6 axes");
  }

  constexpr std::size_t rank() const { return rank_; }  ///< The number of axes, 0 to max_rank.
  /// The extent of one axis, counted from 0. Throws IndexError when there is no such axis.
  constexpr std::size_t operator[](std::integral auto axis) const { return extents_[checked(axis)]; }
  constexpr std::size_t& operator[](std::integral auto axis) { return extents_[checked(axis)]; }
  constexpr const std::size_t* begin() const { return extents_.data(); }         ///< The first extent, for loops.
  constexpr const std::size_t* end() const { return extents_.data() + rank_; }  ///< One past the last extent.

  /// The number of elements: the product of the extents, 1 for rank 0.
  constexpr std::size_t size() const {
    std::size_t n = 1;
    for (std::size_t extent : *this) n *= extent;
    return n;
  }

  /// The extent counted from the right, 1 beyond the first axis: how broadcasting sees a shape.
  constexpr std::size_t from_right(std::size_t i) const { return i < rank_ ? extents_[rank_ - 1 - i] : 1; }

  /// Adds an innermost axis. Throws ShapeError for a negative extent, and for more than max_rank axes.
  constexpr void push_back(std::integral auto extent) {
    if (rank_ == max_rank) detail::fail<ShapeError>({"Shape: more than ", max_rank, " axes"});
    if (std::cmp_less(extent, 0))
      detail::fail<ShapeError>({"Shape: extent ", extent, " is negative, and none is inferred"});
    if (std::cmp_greater(extent, (std::numeric_limits<std::size_t>::max)()))
      detail::fail<ShapeError>({"Shape: extent ", extent, " is more than memory can hold"});
    extents_[rank_++] = static_cast<std::size_t>(extent);
  }

  /// Takes one axis out, or puts one of extent `extent` in before `axis`, which may be rank(). Both throw IndexError.
  constexpr void erase(std::size_t axis) {
    if (axis >= rank_) no_axis(axis);
    for (std::size_t i = axis; i + 1 < rank_; ++i) extents_[i] = extents_[i + 1];
    extents_[--rank_] = 0;
  }
  constexpr void insert(std::size_t axis, std::size_t extent) {
    if (axis > rank_) no_axis(axis);
    push_back(extent);
    for (std::size_t i = rank_ - 1; i > axis; --i) extents_[i] = extents_[i - 1];
    extents_[axis] = extent;
  }

  friend constexpr bool operator==(const Shape& a, const Shape& b) {
    const std::size_t *x = a.begin(), *y = b.begin();
    if ((a.rank_ ^ b.rank_) | (x[0] ^ y[0]) | (x[1] ^ y[1])) return false;  // what is beyond the last axis is 0
    for (std::size_t i = 2; i < a.rank_; ++i)
      if (x[i] != y[i]) return false;
    return true;
  }

 private:
  constexpr std::size_t checked(std::integral auto axis) const {
    if (std::cmp_less(axis, 0) || std::cmp_greater_equal(axis, rank_)) no_axis(axis);
    return static_cast<std::size_t>(axis);
  }
  [[noreturn, gnu::cold]] void no_axis(const detail::FormatArg& axis) const;

  std::array<std::size_t, max_rank> extents_{};
  std::size_t rank_ = 0;
};

/// "[32, 3]", and "[]" for the shape of a number.
[[gnu::noinline]] inline std::string to_string(const Shape& shape) {
  std::string out;
  const char* before = "[";
  for (const std::size_t extent : shape) detail::append(out, {std::exchange(before, ", "), extent});
  detail::append(out, {shape.rank() ? "]" : "[]"});
  return out;
}

[[noreturn, gnu::cold]] inline void Shape::no_axis(const detail::FormatArg& axis) const {
  detail::fail<IndexError>({"Shape: no axis ", axis, " in ", *this, ": axes are counted from 0 to rank() - 1"});
}

namespace detail {
/// "(1, 2)", the place of the i-th number of a shape.
inline std::string place_of(const Shape& shape, std::size_t i) {
  std::string indices;
  for (std::size_t axis = shape.rank(); axis-- > 0; i /= shape[axis])
    indices = concat({i % shape[axis], indices.empty() ? "" : ", ", indices});
  return concat({"(", indices, ")"});
}
}  // namespace detail

/// The shape that reshape() is asked for: one extent may be -1, and then follows from the number of elements. {-1, 8}
/// is rows of 8, however many there are.
class TargetShape {
 public:
  constexpr TargetShape() = default;
  constexpr TargetShape(const Shape& shape) : extents_(shape) {}
  template <std::integral... Extents>
    requires(sizeof...(Extents) > 0 && sizeof...(Extents) <= Shape::max_rank)
  constexpr TargetShape(Extents... extents) {
    (push_back(extents), ...);
  }

  /// The extents, in which that to infer is `inferred`.
  constexpr const Shape& extents() const { return extents_; }
  static constexpr auto inferred = static_cast<std::size_t>(-1);  ///< stands for the extent -1 in extents()

  /// The shape for the elements of a tensor of shape `from`. Throws ShapeError for a second -1, where the elements do
  /// not fill the other extents, and where any extent in place of -1 would do, since the others hold no elements.
  Shape for_elements_of(const Shape& from) const;

  /// "[-1, 8]".
  [[gnu::noinline]] friend std::string to_string(const TargetShape& shape) {
    std::string out;
    const char* before = "[";
    for (const std::size_t extent : shape.extents_)
      detail::append(out, {std::exchange(before, ", "),
                           extent == inferred ? detail::FormatArg("-1") : detail::FormatArg(extent)});
    detail::append(out, {shape.extents_.rank() ? "]" : "[]"});
    return out;
  }

 private:
  constexpr void push_back(std::integral auto extent) {
    if (std::cmp_less(extent, -1))
      detail::fail<ShapeError>({"reshape: extent ", extent, " is negative, and only -1 is inferred"});
    if (std::cmp_equal(extent, -1)) extents_.push_back(inferred);
    else extents_.push_back(extent);
  }
  Shape extents_{};
};

inline Shape TargetShape::for_elements_of(const Shape& from) const {
  Shape out = extents_;
  std::size_t others = 1, axis = out.rank();
  for (std::size_t i = 0; i < out.rank(); ++i) {
    if (out[i] != inferred) others *= out[i];
    else if (axis == out.rank()) axis = i;
    else detail::fail<ShapeError>({"reshape: ", from, " to ", *this, ": only one extent may be -1"});
  }
  if (axis == out.rank()) return out;
  if (others == 0 && from.size() == 0)
    detail::fail<ShapeError>({"reshape: ", from, " to ", *this, ": any extent in place of -1 would do: write it out"});
  if (others == 0 || from.size() % others != 0)
    detail::fail<ShapeError>({"reshape: ", from, " to ", *this, ": ", from.size(), " elements are no multiple of ",
                              others});
  out[axis] = from.size() / others;
  return out;
}

/// An axis of a reduction: a number, negative ones counted from the last, or all of them (`all_axes`).
class Axis {
 public:
  constexpr Axis() = default;
  /// From any integer type. Throws IndexError for a number that is an axis of no shape.
  template <std::integral Index>
  constexpr Axis(Index index) : index_(static_cast<int>(index)) {
    if (std::cmp_less(index, -most) || std::cmp_greater(index, most))
      detail::fail<IndexError>({"Axis: ", index, " is an axis of no shape; x.rank() - 1 is the last axis of x, and an "
                                "unsigned difference below 0 becomes a large number"});
  }
  /// Not from bool or a fraction: sum(x, true) would be the sum along axis 1, where sum(x, {}, true) is meant, and
  /// max(x, 0.5) the maximum along axis 0, where maximum(x, 0.5) is meant. Neither compiles.
  Axis(bool) = delete;
  Axis(std::floating_point auto) = delete;

  constexpr bool all() const { return index_ == everything; }  ///< Whether all axes are meant.
  constexpr int index() const { return index_; }                ///< The number as given: negative from the last axis.

  /// The axis as an index into a shape of this rank. Throws IndexError when there is no such axis.
  constexpr std::size_t in(const char* op, const Shape& shape) const {
    const int rank = static_cast<int>(shape.rank());
    if (all()) detail::fail<IndexError>({op, ": of a tensor of shape ", shape, " one axis must be named"});
    if (index_ < -rank || index_ >= rank)
      detail::fail<IndexError>({op, ": axis ", index_, " of a tensor of shape ", shape, ", which has ", rank,
                               rank == 1 ? " axis" : " axes"});
    return static_cast<std::size_t>(index_ < 0 ? index_ + rank : index_);
  }

 private:
  static constexpr int most = 1 << 14;  // more than any rank, and less than an int of 16 bits
  static constexpr int everything = (std::numeric_limits<int>::min)();
  int index_ = everything;
};

/// All axes: what a reduction takes by default.
inline constexpr Axis all_axes{};

namespace detail {
[[noreturn, gnu::cold, gnu::noinline]] inline void shape_error(const char* op, const Shape& a, const Shape& b,
                                                               const char* why) {
  fail<ShapeError>({op, ": ", a, " and ", b, ": ", why});
}
}  // namespace detail

/// The shape of an elementwise operation on shapes a and b: aligned at the right, an extent of 1 (or a missing one)
/// broadcasts to the other's. Throws ShapeError naming `op` when two extents differ and neither is 1.
[[gnu::noinline]] inline Shape broadcast_shapes(const char* op, const Shape& a, const Shape& b) {
  if (a == b) return a;
  Shape out = a.rank() >= b.rank() ? a : b;
  for (std::size_t i = 0; i < out.rank(); ++i) {
    const std::size_t m = a.from_right(i), n = b.from_right(i);
    if (m != n && m != 1 && n != 1) detail::shape_error(op, a, b, "shapes do not broadcast");
    out[out.rank() - 1 - i] = m == 1 ? n : m;
  }
  return out;
}

}  // namespace minigrad
