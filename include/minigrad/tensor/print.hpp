// tensor/print.hpp - tensors as text, laid out as NumPy's print does it.
//
// All numbers of a tensor are written alike, with their points below each other and at most 8 decimals; in scientific
// notation when the largest is 1e8 or more, the smallest but 0 is below 1e-4, or the one is over 1000 times the other.
// Lines break at 75 characters. Of more than 1000 elements only the three at each end of each axis are shown.
#pragma once

#include <concepts>
#include <cstddef>
#include <iosfwd>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include "print_number.hpp"
#include "tensor.hpp"

namespace minigrad::inline MINIGRAD_ABI {
namespace detail {

inline constexpr std::size_t print_width = 75, print_at_most = 1000, print_edge = 3;

/// The shown elements as texts of the same width.
template <class T>
class Column {
 public:
  Column(const T* x, const std::vector<std::size_t>& shown) : x_(x), width_(std::is_same_v<T, bool> ? 5 : 0) {
    for (std::size_t i : shown) width_ = (std::max)(width_, write_alone(x[i]).size());
  }
  std::size_t width() const { return width_; }
  void write(std::size_t i, std::string& out) const {
    const std::string word = write_alone(x_[i]);
    out.append(width_ - word.size(), ' ');
    out += word;
  }

 private:
  const T* x_;
  std::size_t width_;
};

template <std::floating_point T>
class Column<T> {
 public:
  Column(const T* x, const std::vector<std::size_t>& shown) : x_(x) {
    T largest = 0, smallest = (std::numeric_limits<T>::max)();
    for (std::size_t i : shown) {
      const T size = x[i] < 0 ? -x[i] : x[i];
      if (size == 0 || to_decimal(size, true, -1).word) continue;
      largest = largest < size ? size : largest;
      smallest = size < smallest ? size : smallest;
    }
    format_.scientific = largest >= 1e8 || smallest < 1e-4 || largest / smallest > 1000;
    for (std::size_t i : shown) format_.make_room_for(to_decimal(x[i], format_));
  }
  std::size_t width() const { return static_cast<std::size_t>(format_.width()); }
  void write(std::size_t i, std::string& out) const { format_.write(to_decimal(x_[i], format_), out); }

 private:
  const T* x_;
  NumberFormat format_;
};

/// The elements of a tensor that are shown, and their place on the page. A template only so that a program that prints
/// nothing does not compile it.
template <class = void>
class PrintLayout {
 public:
  [[gnu::cold]] explicit PrintLayout(const Shape& shape) : shape_(shape), shortened_(shape.size() > print_at_most) {
    find_shown(0, 0);
  }

  const std::vector<std::size_t>& shown() const { return shown_; }

  /// The shown elements as the column writes them, between brackets.
  template <class T>
  std::string text(const Column<T>& column) {
    column_ = &column;
    write_ = [](const void* erased, std::size_t i, std::string& out) {
      static_cast<const Column<T>*>(erased)->write(i, out);
    };
    add_axis(shown_.data(), column.width(), 0);
    return text_;
  }

 private:
  bool gap_before(std::size_t axis, std::size_t i) const {
    return shortened_ && i == print_edge && shape_[axis] > 2 * print_edge;
  }

  [[gnu::cold]] void find_shown(std::size_t axis, std::size_t at) {
    if (axis == shape_.rank()) return shown_.push_back(at);
    for (std::size_t i = 0; i < shape_[axis]; ++i) {
      if (gap_before(axis, i)) i = shape_[axis] - print_edge;
      find_shown(axis + 1, at * shape_[axis] + i);
    }
  }

  /// Returns the first of the shown elements that is not yet written.
  [[gnu::cold]] const std::size_t* add_axis(const std::size_t* next, std::size_t width, std::size_t axis) {
    if (axis == shape_.rank()) {
      make_room(width);
      write_(column_, *next, text_);
      return next + 1;
    }
    text_ += '[';
    for (std::size_t i = 0; i < shape_[axis]; ++i) {
      if (i > 0) separate(axis);
      if (gap_before(axis, i)) {
        make_room(3);
        text_ += "...";
        separate(axis);
        i = shape_[axis] - print_edge;
      }
      next = add_axis(next, width, axis + 1);
    }
    text_ += ']';
    return next;
  }

  void separate(std::size_t axis) {
    if (axis + 1 == shape_.rank()) text_ += ' ';
    else break_line(shape_.rank() - 1 - axis, axis + 1);
  }

  /// A word that would run into the right margin, where room is left for the brackets, goes to the next line.
  void make_room(std::size_t width) {
    const std::size_t used = text_.size() - line_;
    if (used + width > print_width - shape_.rank() && used > shape_.rank()) break_line(1, shape_.rank());
  }

  [[gnu::cold]] void break_line(std::size_t lines, std::size_t indent) {
    text_.erase(text_.find_last_not_of(' ') + 1);
    text_.append(lines, '\n');
    line_ = text_.size();
    text_.append(indent, ' ');
  }

  const Shape shape_;
  const bool shortened_;
  std::vector<std::size_t> shown_;
  const void* column_ = nullptr;
  void (*write_)(const void* column, std::size_t i, std::string& out) = nullptr;
  std::string text_;
  std::size_t line_ = 0;  // where the current line begins
};

}  // namespace detail

/// The tensor as NumPy's str() writes it: [[1. 2.]
///                                         [3. 4.]], or [] when it has no elements, or just the number for rank 0.
template <class T>
std::string to_string(const Tensor<T>& x) {
  if (x.size() == 0) return "[]";
  if (x.rank() == 0) return detail::write_alone(*x.data());
  detail::PrintLayout<> layout(x.shape());
  return layout.text(detail::Column<T>(x.data(), layout.shown()));
}

template <class T>
std::ostream& operator<<(std::ostream& out, const Tensor<T>& x) {
  return out << to_string(x);
}
/// A shape as messages write it: [2, 3].
template <class S>
  requires(std::is_same_v<S, Shape>)
std::ostream& operator<<(std::ostream& out, const S& shape) {
  return out << to_string(shape);
}

}  // namespace minigrad
