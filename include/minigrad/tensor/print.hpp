// tensor/print.hpp - tensors as text, laid out as NumPy's print does it.
//
// All numbers of a tensor are written alike, with their points below each other and at most 8 decimals; in scientific
// notation when the largest is 1e8 or more, the smallest but 0 is below 1e-4, or the one is over 1000 times the other.
// Lines break at 75 characters. Of more than 1000 elements only the three at each end of each axis are shown.
#pragma once

#include <algorithm>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <iosfwd>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include "tensor.hpp"

namespace minigrad {
namespace detail {

inline constexpr std::size_t print_width = 75, print_at_most = 1000, print_edge = 3;
inline constexpr int print_decimals = 8;

// Little here is a template: a program that prints a tensor should not compile much longer for it.

/// A number as its digits, digits[0].digits[1]... times ten to the exponent; or, if it is not finite, a word.
struct Decimal {
  char digits[44];
  int count = 0, exponent = 0;
  bool negative = false;
  const char* word = nullptr;

  /// From "-1.25e+10", "0.125" or "inf". That a number is finite is seen in its text, which -ffast-math cannot undo.
  [[gnu::cold]] explicit Decimal(const char* text) {
    negative = *text == '-';
    text += negative;
    if (*text == 'i' || *text == 'n') {
      word = *text == 'i' ? "inf" : "nan";
      negative = negative && *text == 'i';  // not "-nan"
      return;
    }
    bool after_point = false;
    int power = -1;
    for (; *text && *text != 'e'; ++text) {
      if (*text < '0') {  // a point, or without to_chars the comma of some locales
        after_point = true;
        continue;
      }
      const bool leading_zero = count == 0 && *text == '0';
      if (!leading_zero && count < 44) digits[count++] = *text;
      power += !after_point - leading_zero;
    }
    while (count > 0 && digits[count - 1] == '0') --count;
    if (count == 0) digits[count++] = '0';
    else exponent = power + (*text == 'e' ? std::atoi(text + 1) : 0);
  }

  /// Digits after the point, with a power of ten or without; less than 0 where zeros are missing before the point.
  int decimals(bool scientific) const { return count - 1 - (scientific ? 0 : exponent); }
};

/// How the numbers of a tensor are written, so that all take the same width.
struct NumberFormat {
  bool scientific = false;
  int whole = 0, decimals = 0, power_digits = 2, word = 0;  // the widest of each part

  [[gnu::cold]] void make_room_for(const Decimal& x) {
    if (x.word) {
      word = (std::max)(word, 3 + x.negative);
      return;
    }
    whole = (std::max)(whole, x.negative + 1 + (scientific ? 0 : (std::max)(0, x.exponent)));
    decimals = (std::max)(decimals, x.decimals(scientific));
    for (int limit = 100, n = 3; scientific && std::abs(x.exponent) >= limit; limit *= 10, ++n)
      power_digits = (std::max)(power_digits, n);
  }

  int width() const {
    return (std::max)(word, whole == 0 ? 0 : whole + 1 + decimals + (scientific ? 2 + power_digits : 0));
  }

  [[gnu::cold]] void write(const Decimal& x, std::string& out) const {
    const std::size_t start = out.size();
    if (x.negative) out += '-';
    if (x.word) {
      out += x.word;
    } else {
      const int point = scientific ? 0 : x.exponent;  // the point stands behind digit number `point`
      const auto add = [&](int i, char beyond) { out += i < 0 ? '0' : i < x.count ? x.digits[i] : beyond; };
      for (int i = (std::min)(point, 0); i <= point; ++i) add(i, '0');
      out += '.';
      for (int i = 1; i <= decimals; ++i) add(point + i, scientific ? '0' : ' ');
      if (scientific) write_power(x.exponent, out);
    }
    const std::size_t used = out.size() - start, all = static_cast<std::size_t>(width());
    if (used < all) out.insert(start, all - used, ' ');
  }

 private:
  void write_power(int exponent, std::string& out) const {
    out += exponent < 0 ? "e-" : "e+";
    int unit = 1;
    for (int i = 1; i < power_digits; ++i) unit *= 10;
    for (; unit > 0; unit /= 10) out += static_cast<char>('0' + std::abs(exponent) / unit % 10);
  }
};

/// `value` with so many decimals; -1 gives the fewest digits that give it back when they are read.
template <std::floating_point T>
Decimal to_decimal(T value, bool scientific, int decimals) {
  char buffer[128];
#ifdef __cpp_lib_to_chars
  const auto form = scientific ? std::chars_format::scientific : std::chars_format::fixed;
  char* const end = buffer + sizeof buffer - 1;
  *(decimals < 0 ? std::to_chars(buffer, end, value, form) : std::to_chars(buffer, end, value, form, decimals)).ptr = 0;
#else
  int digits = (std::max)(decimals, 0);
  do std::snprintf(buffer, sizeof buffer, scientific ? "%.*Le" : "%.*Lf", digits, static_cast<long double>(value));
  while (decimals < 0 && static_cast<T>(std::strtold(buffer, nullptr)) != value && ++digits < 40);
#endif
  return Decimal(buffer);
}

/// The digits of a number that stands in a column: its shortest, rounded where they are too many; and where there is
/// room for more, in front of the point or among the decimals of the column's widest number, its own and not zeros.
template <std::floating_point T>
Decimal to_decimal(T value, const NumberFormat& column) {
  const Decimal x = to_decimal(value, true, -1);
  const int has = x.decimals(column.scientific), wants = column.scientific ? column.decimals : 0;
  if (x.word || (has >= wants && has <= print_decimals)) return x;
  return to_decimal(value, column.scientific, has < wants ? wants : print_decimals);
}

/// An element standing alone, as in a tensor of rank 0: all its digits.
template <class T>
std::string write_alone(const T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    return value ? "True" : "False";
  } else if constexpr (std::floating_point<T>) {
    const double size = static_cast<double>(value < 0 ? -value : value);
    const Decimal x = to_decimal(value, true, -1);
    NumberFormat column;
    column.scientific = size != 0 && (size < 1e-4 || size >= 1e16);
    column.make_room_for(x);
    std::string out;
    column.write(x, out);
    if (!x.word && column.decimals == 0) {
      if (column.scientific) out.erase(out.find('.'), 1);
      else out += '0';
    }
    return out;
  } else {
    using std::to_string;
    return to_string(value);
  }
}

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

/// The elements of a tensor that are shown, and their place on the page.
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
  detail::PrintLayout layout(x.shape());
  return layout.text(detail::Column<T>(x.data(), layout.shown()));
}

template <class T>
std::ostream& operator<<(std::ostream& out, const Tensor<T>& x) {
  return out << to_string(x);
}

}  // namespace minigrad
