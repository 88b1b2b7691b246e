// data/parse_number.hpp - text to number, the same in every locale and on every compiler.
//
// The texts are those that spreadsheets and programs write: 84, -0.5, +3, .5, 5., 1e3, 2.5E-4. Not numbers here: a
// decimal comma, thousands separators, hexadecimal, units, and nan and inf, which as data would poison every sum.
#pragma once

#include <bit>
#include <charconv>
#include <clocale>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace minigrad::detail {

/// A number read from a text, or what is wrong with the text ("is not a number").
struct ParsedNumber {
  double value = 0;
  const char* problem = nullptr;
};

/// Is the text [+-] digits [. digits] [e [+-] digits], with a digit before or after the point?
inline bool is_decimal(std::string_view text) {
  std::size_t at = 0;
  const auto sign = [&] {
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
  };
  const auto digits = [&] {
    const std::size_t first = at;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
    return at - first;
  };
  sign();
  std::size_t mantissa = digits();
  if (at < text.size() && text[at] == '.') mantissa += (++at, digits());
  if (mantissa == 0) return false;
  if (at == text.size()) return true;
  if (text[at] != 'e' && text[at] != 'E') return false;
  ++at;
  sign();
  return digits() > 0 && at == text.size();
}

/// Is the text a number that no data can mean: nan, inf or infinity in any case, with or without a sign?
inline bool is_non_finite(std::string_view text) {
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) text.remove_prefix(1);
  std::string lower(text.substr(0, 9));
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower == "nan" || lower == "inf" || lower == "infinity";
}

/// The value of a text that is_decimal, by strtod, which reads the point of the locale: so it is given that point.
/// The slow way, for standard libraries that lack from_chars. Rounds too small a number to 0, too large a one to inf.
inline double decimal_by_strtod(std::string text) {
  if (const std::size_t point = text.find('.'); point != std::string::npos)
    text.replace(point, 1, std::localeconv()->decimal_point);
  return std::strtod(text.c_str(), nullptr);
}

inline double decimal_value(std::string_view text) {
#ifdef __cpp_lib_to_chars
  double value = 0;
  const char* const first = text.data() + (text[0] == '+' ? 1 : 0);  // from_chars takes no plus sign
  if (std::from_chars(first, text.data() + text.size(), value).ec == std::errc{}) return value;
#endif
  return decimal_by_strtod(std::string(text));
}

/// Reads a number the way pandas does: decimal point and exponent, whatever the locale; blanks around it do not count.
inline ParsedNumber parse_number(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  if (is_non_finite(text)) return {0, "is not a finite number"};
  if (!is_decimal(text)) return {0, "is not a number"};
  const double value = decimal_value(text);
  const bool finite = (std::bit_cast<std::uint64_t>(value) >> 52 & 0x7FF) != 0x7FF;  // also under -ffast-math
  return finite ? ParsedNumber{value, nullptr} : ParsedNumber{0, "is too large for a double"};
}

}  // namespace minigrad::detail
