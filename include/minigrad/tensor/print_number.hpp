// tensor/print_number.hpp - one number as text: its digits, and how they are written in a column.
#pragma once

#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <string>
#include <type_traits>

#include "../core/version.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

inline constexpr int print_decimals = 8;

// Little here depends on the number type: a program that prints a tensor should not compile much longer for it. What is
// a template of nothing is compiled only in a program that prints.

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

  template <class = void>
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
  template <class = void>
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

}  // namespace minigrad::detail
