// tensor/tensor.hpp - Tensor<T>: a value that owns its numbers, contiguous and row-major.
//
// The last axis varies fastest: element (i, j) of a [rows, columns] tensor is number i * columns + j. Copying copies
// the numbers, moving steals them; there are no views, so nothing can dangle.
#pragma once

#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <limits>
#include <span>
#include <type_traits>
#include <utility>

#include "../core/convert.hpp"
#include "../core/shape.hpp"
#include "nested.hpp"
#include "pool.hpp"

namespace minigrad::inline MINIGRAD_ABI {

template <class T>
class Tensor;

namespace detail {
template <class T>
class ForeignTensor;  // see borrow.hpp

template <class T>
concept Arithmetic = std::is_arithmetic_v<T>;
}  // namespace detail

/// An array of numbers with a shape. T is float or double; other trivially copyable number types work too.
template <class T>
class Tensor {
  static_assert(std::is_trivially_copyable_v<T> && !std::is_const_v<T>,
                "minigrad: a Tensor holds numbers: its element type must be trivially copyable");
  static_assert(alignof(T) <= static_cast<std::size_t>(detail::buffer_alignment),
                "minigrad: a Tensor's element type may be aligned to 64 bytes at most");

 public:
  using value_type = T;

  /// No elements: shape [0].
  Tensor() noexcept : shape_(0) {}

  /// Braces are data: {1, 2} has shape [2], {{1, 2}, {3, 4}} has shape [2, 2]. Throws ShapeError when rows differ in
  /// length or depth.
  Tensor(std::initializer_list<detail::Nested<T>> items) : Tensor(empty(detail::nested_shape<T>(items))) {
    detail::copy_nested(items, shape_, 0, data_);
  }

  /// A tensor whose elements are not yet written.
  [[gnu::noinline]] static Tensor empty(const Shape& shape) { return Tensor(shape, checked_size(shape)); }

  /// A tensor of rank 0: a number.
  static Tensor scalar(T value) {
    Tensor out = empty(Shape{});
    *out.data_ = value;
    return out;
  }

  /// The given values in row-major order. Throws ShapeError when their number is not shape.size().
  static Tensor from(const Shape& shape, std::span<const T> values) {
    if (values.size() != shape.size())
      detail::fail<ShapeError>({"Tensor::from: shape ", shape, " has ", shape.size(), " elements, but ", values.size(),
                                values.size() == 1 ? " value is" : " values are", " given"});
    Tensor out = empty(shape);
    std::copy(values.begin(), values.end(), out.data_);
    return out;
  }
  static Tensor from(const Shape& shape, std::initializer_list<T> values) {
    return from(shape, std::span<const T>(values.begin(), values.size()));
  }

  [[gnu::noinline]] Tensor(const Tensor& other) : Tensor(empty(other.shape_)) {
    std::copy(other.begin(), other.end(), data_);
  }
  [[gnu::noinline]] Tensor(Tensor&& other) noexcept
      : shape_(std::exchange(other.shape_, Shape(0))),
        size_(std::exchange(other.size_, 0)),
        data_(std::exchange(other.data_, nullptr)) {}
  [[gnu::noinline]] Tensor& operator=(const Tensor& other) {
    if (this == &other) return *this;
    if (size_ != other.size_) return *this = Tensor(other);
    shape_ = other.shape_;
    std::copy(other.begin(), other.end(), data_);
    return *this;
  }
  [[gnu::noinline]] Tensor& operator=(Tensor&& other) noexcept {
    const Shape shape = std::exchange(other.shape_, Shape(0));
    const std::size_t size = std::exchange(other.size_, 0);
    T* const data = std::exchange(other.data_, nullptr);
    if (data_) detail::pool_give(data_, size_ * sizeof(T));
    shape_ = shape;
    size_ = size;
    data_ = data;
    return *this;
  }
  ~Tensor() {
    if (data_) detail::pool_give(data_, size_ * sizeof(T));
  }

  const Shape& shape() const noexcept { return shape_; }       ///< The extents, outermost first.
  std::size_t rank() const noexcept { return shape_.rank(); }  ///< The number of axes; 0 for a number.
  std::size_t size() const noexcept { return size_; }          ///< The number of elements.

  /// The elements in row-major order, from data() = begin() to end(); null where there are none.
  T* data() noexcept { return data_; }
  const T* data() const noexcept { return data_; }
  T* begin() noexcept { return data_; }
  T* end() noexcept { return data_ + size_; }
  const T* begin() const noexcept { return data_; }
  const T* end() const noexcept { return data_ + size_; }

  /// The i-th number in row-major order, whatever the shape. Throws IndexError beyond the last.
  T& operator[](std::integral auto i) { return data_[checked(i)]; }
  const T& operator[](std::integral auto i) const { return data_[checked(i)]; }

  /// The element at one index for each axis: x(row, column). Throws IndexError outside the shape.
  template <std::integral... Indices>
  T& operator()(Indices... indices) {
    return data_[offset(indices...)];
  }
  template <std::integral... Indices>
  const T& operator()(Indices... indices) const {
    return data_[offset(indices...)];
  }

  /// The number in a tensor that holds exactly one. Throws ShapeError for any other.
  T item() const {
    if (size_ != 1)
      detail::fail<ShapeError>({"item: a tensor of shape ", shape_, " has ", size_, " elements, ",
                                "and only one is a number"});
    return *data_;
  }

  /// Sets every element to one value. Throws ValueError for a number that T does not hold.
  void fill(T value) { std::fill(begin(), end(), value); }
  template <detail::Arithmetic A>
    requires(!std::is_same_v<A, T>)
  void fill(A value) { fill(detail::constant_as<T>("fill", value)); }

  /// The same numbers as another type: x.to<double>(). Throws ValueError for NaN and numbers out of range where U is a
  /// type of whole numbers; fractions are cut off.
  template <class U>
  Tensor<U> to() const {
    Tensor<U> out = Tensor<U>::empty(shape_);
    for (std::size_t i = 0; i < size_; ++i) out.data()[i] = detail::convert<U>(data_[i]);
    return out;
  }

  /// The same numbers under another shape of the same size, of which one extent may be -1: x.reshape({-1, 8}). Of a
  /// temporary, without a copy. Throws ShapeError.
  Tensor reshape(const TargetShape& shape) const& { return Tensor(*this).reshape(shape); }
  Tensor reshape(const TargetShape& target) && {
    const Shape shape = target.for_elements_of(shape_);
    if (checked_size(shape) != size_)
      detail::fail<ShapeError>({"reshape: ", shape_, " to ", shape, ": ", size_, " elements do not fill ",
                                shape.size()});
    shape_ = shape;
    return std::move(*this);
  }

  /// Whole tensors: the same shape and the same numbers. `equal` compares element by element.
  friend bool operator==(const Tensor& a, const Tensor& b) {
    return a.shape_ == b.shape_ && std::equal(a.begin(), a.end(), b.begin());
  }

 private:
  friend class detail::ForeignTensor<T>;

  Tensor(const Shape& shape, std::size_t size)
      : shape_(shape), size_(size), data_(size ? static_cast<T*>(detail::pool_take(size * sizeof(T))) : nullptr) {}

  // A product of large extents may wrap around, so it is taken in floating point as well.
  static constexpr bool has_64_bits = sizeof(std::size_t) >= 8;
  static std::size_t checked_size(const Shape& shape) {
    std::size_t size = 1, any_bit = 0;
    for (const std::size_t extent : shape) {
      size *= extent;
      any_bit |= extent;
    }
    static_assert(Shape::max_rank <= 6);  // so that a product of extents below 2^9 is below 2^54, below 2^4 below 2^24
    if (any_bit >> (has_64_bits ? 9 : 4)) check_size(shape);
    return size;
  }
  [[gnu::noinline]] static void check_size(const Shape& shape) {
    double elements = 1;
    for (const std::size_t extent : shape) elements *= static_cast<double>(extent);
    if (elements * sizeof(T) > (has_64_bits ? 0x1p62 : 0x1p31))
      detail::fail<ShapeError>({"Tensor: shape ", shape, " has more elements than memory can hold"});
  }

  std::size_t checked(std::integral auto i) const {
    if (std::cmp_less(i, 0) || std::cmp_greater_equal(i, size_))
      detail::fail<IndexError>({"Tensor: element ", i, " of a tensor of shape ", shape_});
    return static_cast<std::size_t>(i);
  }

  template <class... Indices>
  std::size_t offset(Indices... indices) const {
    if (sizeof...(Indices) != rank()) bad_index({indices...});
    std::size_t at = 0, axis = 0;
    bool inside = true;
    [[maybe_unused]] const auto step = [&](auto i) {  // not used for rank 0
      inside = inside && std::cmp_greater_equal(i, 0) && std::cmp_less(i, shape_[axis]);
      at = at * shape_[axis++] + static_cast<std::size_t>(i);
    };
    (step(indices), ...);
    if (!inside) bad_index({indices...});
    return at;
  }

  [[noreturn, gnu::cold]] void bad_index(std::initializer_list<detail::FormatArg> indices) const {
    std::string list;
    for (const detail::FormatArg& index : indices) {
      if (!list.empty()) list += ", ";
      index.append_to(list);
    }
    detail::fail<IndexError>({"Tensor: element (", list, ") of a tensor of shape ", shape_});
  }

  Shape shape_;
  std::size_t size_ = 0;
  T* data_ = nullptr;
};

// Tensor{{1.0, 2.0}, {3.0, 4.0}} finds its T in the innermost braces; Tensor{1.0f, 2} takes the common type.
template <detail::Arithmetic T>
Tensor(std::initializer_list<T>) -> Tensor<T>;
template <detail::Arithmetic A, detail::Arithmetic... More>
  requires(!(std::is_same_v<A, More> && ...))
Tensor(A, More...) -> Tensor<std::common_type_t<A, More...>>;
template <detail::Arithmetic T>
Tensor(std::initializer_list<std::initializer_list<T>>) -> Tensor<T>;
template <detail::Arithmetic T>
Tensor(std::initializer_list<std::initializer_list<std::initializer_list<T>>>) -> Tensor<T>;

namespace detail {
/// A tensor as an operand of a function whose result is not computed yet: matmul() and others then give an expression
/// with shape(), size(), and write(), which computes it into memory that is there.
template <class T>
struct Unevaluated {
  const Tensor<T>& tensor;
};
}  // namespace detail

}  // namespace minigrad
