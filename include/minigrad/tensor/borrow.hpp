// tensor/borrow.hpp - memory of others as tensors, without a copy. Not part of minigrad.hpp.
//
// A Tensor owns its numbers. A Borrowed refers to numbers that somebody else owns, who must keep them where they are for
// as long as it lives; an Adopted owns a std::vector. Both give a `const Tensor<T>&` by *, for every function that reads
// tensors, and for graph.borrow(). That tensor has their memory, so a copy of it has not.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <type_traits>
#include <utility>
#include <vector>

#include "strided.hpp"

namespace minigrad::inline MINIGRAD_ABI {
namespace detail {

/// A Tensor around memory that it does not own.
template <class T>
class ForeignTensor {
 public:
  ForeignTensor() = default;
  ForeignTensor(const ForeignTensor&) = delete;
  ForeignTensor& operator=(const ForeignTensor&) = delete;
  ~ForeignTensor() { set(nullptr, Shape(0)); }
  /// The memory is read only, since only a const Tensor is given out.
  void set(const T* data, const Shape& shape) {
    tensor_.shape_ = shape;
    tensor_.size_ = data ? shape.size() : 0;
    tensor_.data_ = tensor_.size_ ? const_cast<T*>(data) : nullptr;
  }
  const Tensor<T>& operator*() const { return tensor_; }

 private:
  Tensor<T> tensor_;
};

}  // namespace detail

/// How far one step along each axis moves, in elements, outermost first; any sign.
class Strides {
 public:
  Strides(std::initializer_list<std::ptrdiff_t> steps) {
    for (const std::ptrdiff_t step : steps) push_back(step);
  }
  /// Those of numbers without gaps, row after row.
  explicit Strides(const Shape& shape) {
    const detail::Steps steps(shape);
    for (std::size_t i = 0; i < shape.rank(); ++i) push_back(steps.of[i]);
  }
  std::size_t rank() const { return rank_; }  ///< The number of axes.
  std::ptrdiff_t operator[](std::size_t axis) const { return steps_[axis]; }
  /// Those of the axes after the first.
  Strides without_first() const {
    Strides out{};
    for (std::size_t i = 1; i < rank_; ++i) out.push_back(steps_[i]);
    return out;
  }

 private:
  void push_back(std::ptrdiff_t step) {
    if (rank_ == Shape::max_rank) detail::fail<ShapeError>({"Strides: more than ", Shape::max_rank, " axes"});
    steps_[rank_++] = step;
  }
  std::ptrdiff_t steps_[Shape::max_rank] = {};
  std::size_t rank_ = 0;
};

/// Numbers that somebody else owns. T may be const. Made by borrow().
template <class T>
class Borrowed {
  using Value = std::remove_const_t<T>;

 public:
  /// Throws ShapeError unless there is one step for each axis, and ValueError for a null pointer to elements.
  Borrowed(T* data, const Shape& shape, const Strides& strides) : data_(data), shape_(shape), strides_(strides) {
    if (strides.rank() != shape.rank())
      detail::fail<ShapeError>({"borrow: ", strides.rank(), " strides for shape ", shape, ": one for each axis"});
    if (!data && shape.size() > 0)
      detail::fail<ValueError>({"borrow: a null pointer to the ", shape.size(), " elements of shape ", shape});
    if (is_contiguous()) tensor_.set(data, shape);
  }
  Borrowed(const Borrowed&) = delete;

  const Shape& shape() const { return shape_; }  ///< The extents, whatever the strides.
  T* data() const { return data_; }              ///< The memory that was given: the first element.
  /// Whether the numbers lie row after row without gaps. An axis of one element has no steps.
  bool is_contiguous() const {
    const Strides wanted(shape_);
    for (std::size_t i = 0; i < shape_.rank(); ++i)
      if (shape_[i] != 1 && strides_[i] != wanted[i] && shape_.size() > 0) return false;
    return true;
  }

  /// The numbers as a tensor, which lies in their memory. Throws ValueError for numbers with gaps between them.
  const Tensor<Value>& operator*() const& {
    if (!is_contiguous())
      detail::fail<ValueError>({"borrow: numbers of shape ", shape_, " with gaps are no tensor: take copy(), or one row "
                                "by [i]"});
    return *tensor_;
  }
  /// That of a temporary is there until the end of the statement: sum(*x[1]). So graph.borrow() refuses it.
  const Tensor<Value>&& operator*() const&& { return static_cast<const Tensor<Value>&&>(**this); }
  const Tensor<Value>* operator->() const { return &**this; }

  /// The part at one place of the first axis, such as a row of an image. Throws IndexError.
  Borrowed operator[](std::size_t place) const {
    if (shape_.rank() == 0 || place >= shape_[0])
      detail::fail<IndexError>({"borrow: place ", place, " of the first axis of shape ", shape_});
    Shape part = shape_;
    part.erase(0);
    return Borrowed(data_ + static_cast<std::ptrdiff_t>(place) * strides_[0], part, strides_.without_first());
  }

  /// A tensor of its own, with gaps left out.
  Tensor<Value> copy() const { return detail::copy_strided<Value>(plan(), data_, shape_); }
  /// Writes the elements of a tensor to the memory. Throws ShapeError for another shape.
  void assign(const Tensor<Value>& x) const
    requires(!std::is_const_v<T>)
  {
    if (x.shape() != shape_) detail::shape_error("borrow", x.shape(), shape_, "assign() takes the same shape");
    if (x.size()) write(0, x.data(), data_);
  }

 private:
  detail::StridedPlan plan() const {
    detail::StridedPlan out;
    for (std::size_t i = 0; i < shape_.rank(); ++i) out.add(shape_[i], strides_[i]);
    return out;
  }
  const Value* write(std::size_t axis, const Value* from, T* to) const {
    if (axis == shape_.rank()) return *to = *from, from + 1;
    for (std::size_t i = 0; i < shape_[axis]; ++i, to += strides_[axis]) from = write(axis + 1, from, to);
    return from;
  }

  T* data_;
  Shape shape_;
  Strides strides_;
  detail::ForeignTensor<Value> tensor_;
};

/// Numbers that somebody else owns, row after row, or with the given strides, without a copy. They must stay where they
/// are for as long as the result lives, and the tensor * of it lives no longer than it. Throws ShapeError unless there is
/// one stride for each axis, and ValueError for a null pointer to elements.
template <class T>
Borrowed<T> borrow(T* data, const Shape& shape) {
  return Borrowed<T>(data, shape, Strides(shape));
}
template <class T>
Borrowed<T> borrow(T* data, const Shape& shape, const Strides& strides) {
  return Borrowed<T>(data, shape, strides);
}
/// Those of a vector. Throws ShapeError unless their number is shape.size().
template <class T>
Borrowed<const T> borrow(const std::vector<T>& values, const Shape& shape) {
  if (values.size() != shape.size())
    detail::fail<ShapeError>({"borrow: shape ", shape, " has ", shape.size(), " elements, but the vector has ", values.size()});
  return Borrowed<const T>(values.data(), shape, Strides(shape));
}
template <class T>
Borrowed<const T> borrow(const std::vector<T>&& dies_too_early, const Shape& shape) = delete;

/// A std::vector as a tensor. Made by adopt().
template <class T>
class Adopted {
  static_assert(!std::is_same_v<T, bool>, "minigrad: a std::vector<bool> holds bits and no bools: copy it");

 public:
  /// Throws ShapeError unless the number of values is shape.size().
  Adopted(std::vector<T>&& values, const Shape& shape) {
    if (values.size() != shape.size())
      detail::fail<ShapeError>({"adopt: shape ", shape, " has ", shape.size(), " elements, but the vector has ", values.size()});
    values_ = std::move(values);
    tensor_.set(values_.data(), shape);
  }
  Adopted(Adopted&& other) noexcept : Adopted(std::exchange(other.values_, {}), other.forget()) {
    owns_ = std::exchange(other.owns_, false);
  }

  const Tensor<T>& operator*() const& { return *tensor_; }
  /// Deleted: the tensor would die with the temporary.
  const Tensor<T>& operator*() const&& = delete;
  const Tensor<T>* operator->() const { return &*tensor_; }
  T* data() { return values_.data(); }  ///< The numbers, row-major, to be written in place.
  /// Gives the vector back. Throws ValueError where it was given back before, or moved to another one.
  std::vector<T> release() {
    if (!std::exchange(owns_, false)) detail::fail<ValueError>({"adopt: the vector is already released"});
    forget();
    return std::move(values_);
  }

 private:
  Shape forget() {
    const Shape shape = (*tensor_).shape();
    tensor_.set(nullptr, Shape(0));
    return shape;
  }
  std::vector<T> values_;
  bool owns_ = true;
  detail::ForeignTensor<T> tensor_;
};

/// The memory of a vector as a tensor, without a copy: const auto x = adopt(std::move(values), {2, 3}), and *x is the
/// tensor, which lives as long as x. Throws ShapeError unless the
/// number of values is shape.size().
template <class T>
Adopted<T> adopt(std::vector<T>&& values, const Shape& shape) {
  return Adopted<T>(std::move(values), shape);
}

}  // namespace minigrad
