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

inline constexpr std::size_t print_width = 75, print_at_most = 1000, print_edge = 3, print_decimals = 8;

/// One number on its way into a column: whole.fraction times ten to the exponent, or, if it is not finite, a word.
struct PrintedNumber {
  std::string whole, fraction;
  int exponent = 0;
  bool finite = true;

  /// From "-1.25e+10", "-12.5" or "inf". That a number is finite is seen in its text, which -ffast-math cannot undo.
  explicit PrintedNumber(const std::string& text) {
    const std::size_t e = text.find('e');
    if (e != text.npos) exponent = std::atoi(text.c_str() + e + 1);
    whole = text.substr(0, e);
    finite = whole.find('n') == whole.npos;
    if (!finite && whole.find('i') == whole.npos) whole = "nan";  // not "-nan"
    const std::size_t point = whole.find('.');
    if (point == whole.npos) return;
    fraction = whole.substr(point + 1);
    whole.resize(point);
    while (!fraction.empty() && fraction.back() == '0') fraction.pop_back();
  }

  /// Moves the point so that there is no power of ten left.
  void shift_point() {
    if (exponent < 0) {
      fraction.insert(0, std::string(static_cast<std::size_t>(-exponent - 1), '0') + whole.back());
      whole.back() = '0';
    } else {
      const std::size_t n = static_cast<std::size_t>(exponent);
      if (fraction.size() < n) fraction.resize(n, '0');
      whole += fraction.substr(0, n);
      fraction.erase(0, n);
    }
    exponent = 0;
  }

  /// "e+05", with at least so many digits.
  std::string power(std::size_t digits) const {
    const std::string number = std::to_string(exponent < 0 ? -exponent : exponent);
    return (exponent < 0 ? "e-" : "e+") + std::string(digits - (std::min)(digits, number.size()), '0') + number;
  }
};

/// `value` with so many decimals; -1 writes the fewest digits that give it back when they are read.
template <std::floating_point T>
std::string write_number(T value, bool scientific, int decimals) {
  char buffer[128];
#ifdef __cpp_lib_to_chars
  const auto form = scientific ? std::chars_format::scientific : std::chars_format::fixed;
  char* const end = buffer + sizeof buffer;
  return std::string(buffer, decimals < 0 ? std::to_chars(buffer, end, value, form).ptr
                                          : std::to_chars(buffer, end, value, form, decimals).ptr);
#else
  int digits = (std::max)(decimals, 0);
  do std::snprintf(buffer, sizeof buffer, scientific ? "%.*Le" : "%.*Lf", digits, static_cast<long double>(value));
  while (decimals < 0 && static_cast<T>(std::strtold(buffer, nullptr)) != value && ++digits < 40);
  std::string out = buffer;
  std::replace(out.begin(), out.end(), ',', '.');  // the decimal point of some locales
  return out;
#endif
}

/// A number standing alone, as in a tensor of rank 0: all its digits.
template <class T>
std::string write_alone(const T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    return value ? "True" : "False";
  } else if constexpr (std::floating_point<T>) {
    PrintedNumber number(write_number(value, true, -1));
    if (!number.finite) return number.whole;
    const double size = static_cast<double>(value < 0 ? -value : value);
    if (size == 0 || (size >= 1e-4 && size < 1e16)) {
      number.shift_point();
      return number.whole + "." + (number.fraction.empty() ? "0" : number.fraction);
    }
    return number.whole + (number.fraction.empty() ? "" : ".") + number.fraction + number.power(2);
  } else {
    using std::to_string;
    return to_string(value);
  }
}

/// Texts of the same width, the shorter ones moved to the right.
inline void align_right(std::vector<std::string>& words, std::size_t width = 0) {
  for (const std::string& word : words) width = (std::max)(width, word.size());
  for (std::string& word : words) word.insert(0, width - word.size(), ' ');
}

/// The numbers as texts of the same width: a column.
template <class T>
std::vector<std::string> write_column(const std::vector<const T*>& values) {
  std::vector<std::string> words;
  for (const T* value : values) words.push_back(write_alone(*value));
  align_right(words, std::is_same_v<T, bool> ? 5 : 0);
  return words;
}

template <std::floating_point T>
std::vector<std::string> write_column(const std::vector<const T*>& values) {
  std::vector<PrintedNumber> numbers;
  T largest = 0, smallest = std::numeric_limits<T>::max();
  for (const T* value : values) {
    const PrintedNumber& number = numbers.emplace_back(write_number(*value, true, -1));
    const T size = *value < 0 ? -*value : *value;
    if (!number.finite || size == 0) continue;
    largest = (std::max)(largest, size);
    smallest = (std::min)(smallest, size);
  }
  const bool scientific = largest >= 1e8 || smallest < 1e-4 || largest / smallest > 1000;

  const auto rewrite = [&](std::size_t i, std::size_t decimals) {
    numbers[i] = PrintedNumber(write_number(*values[i], scientific, static_cast<int>(decimals)));
  };

  std::size_t decimals = 0, power_digits = 2;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (!numbers[i].finite) continue;
    if (!scientific) numbers[i].shift_point();
    if (numbers[i].fraction.size() > print_decimals) rewrite(i, print_decimals);
    decimals = (std::max)(decimals, numbers[i].fraction.size());
    if (scientific) power_digits = (std::max)(power_digits, numbers[i].power(0).size() - 2);
  }

  // Where the column leaves room for more digits than the shortest ones, they are the number's own and not zeros.
  std::vector<std::string> words;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (numbers[i].finite && scientific && numbers[i].fraction.size() < decimals) rewrite(i, decimals);
    if (numbers[i].finite && !scientific && numbers[i].fraction.empty()) rewrite(i, 0);
    PrintedNumber& number = numbers[i];
    std::string word = number.whole;
    if (number.finite) {
      number.fraction.resize(decimals, scientific ? '0' : ' ');
      word += "." + number.fraction + (scientific ? number.power(power_digits) : "");
    }
    words.push_back(word);
  }
  align_right(words);
  return words;
}

/// The elements of a tensor that are shown, and their place on the page.
class PrintLayout {
 public:
  explicit PrintLayout(const Shape& shape) : shape_(shape), shortened_(shape.size() > print_at_most) {}

  /// Calls visit(i) for each element that is shown; i counts in row-major order.
  template <class Visit>
  void for_each_shown(const Visit& visit, std::size_t axis = 0, std::size_t at = 0) const {
    if (axis == shape_.rank()) return visit(at);
    for (std::size_t i = 0; i < shape_[axis]; ++i) {
      if (gap_before(axis, i)) i = shape_[axis] - print_edge;
      for_each_shown(visit, axis + 1, at * shape_[axis] + i);
    }
  }

  /// The text of those elements, between brackets.
  std::string text(const std::vector<std::string>& words) {
    auto word = words.begin();
    add_axis(word, 0);
    return text_;
  }

 private:
  bool gap_before(std::size_t axis, std::size_t i) const {
    return shortened_ && i == print_edge && shape_[axis] > 2 * print_edge;
  }

  void add_axis(std::vector<std::string>::const_iterator& word, std::size_t axis) {
    if (axis == shape_.rank()) return add_word(*word++);
    text_ += '[';
    for (std::size_t i = 0; i < shape_[axis]; ++i) {
      if (i > 0) separate(axis);
      if (gap_before(axis, i)) {
        add_word("...");
        separate(axis);
        i = shape_[axis] - print_edge;
      }
      add_axis(word, axis + 1);
    }
    text_ += ']';
  }

  void separate(std::size_t axis) {
    if (axis + 1 == shape_.rank()) text_ += ' ';
    else break_line(shape_.rank() - 1 - axis, axis + 1);
  }

  /// A word that would run into the right margin, where room is left for the brackets, goes to the next line.
  void add_word(const std::string& word) {
    const std::size_t used = text_.size() - line_;
    if (used + word.size() > print_width - shape_.rank() && used > shape_.rank()) break_line(1, shape_.rank());
    text_ += word;
  }

  void break_line(std::size_t lines, std::size_t indent) {
    text_.erase(text_.find_last_not_of(' ') + 1);
    text_.append(lines, '\n');
    line_ = text_.size();
    text_.append(indent, ' ');
  }

  const Shape shape_;
  const bool shortened_;
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
  std::vector<const T*> shown;
  layout.for_each_shown([&](std::size_t i) { shown.push_back(x.data() + i); });
  return layout.text(detail::write_column(shown));
}

template <class T>
std::ostream& operator<<(std::ostream& out, const Tensor<T>& x) {
  return out << to_string(x);
}

}  // namespace minigrad
