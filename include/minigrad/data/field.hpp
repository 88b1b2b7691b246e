// data/field.hpp - one field of a text file: its place, its text, and its number.
//
// Numbers are read in the same way in every locale and by every compiler: 84, -0.5, +3, .5, 5., 1e3, 2.5E-4. Decimal
// commas and thousands separators are read where DecimalFormat names them. These are not accepted: hexadecimal numbers,
// units, and nan and inf, which would make every sum nan or inf.
#pragma once

#include <charconv>
#include <clocale>
#include <cstddef>
#include <cstdlib>
#include <initializer_list>
#include <string>
#include <string_view>

#include "../core/error.hpp"
#include "../core/finite.hpp"

namespace minigrad::inline MINIGRAD_ABI {

/// A place in a file, as editors count: lines and characters (Unicode code points, not bytes) from 1. A line ends with
/// LF or CRLF. The place of a field is its first character, which is the opening quote of a quoted field.
struct Place {
  std::size_t line = 0;    ///< from 1
  std::size_t column = 0;  ///< from 1, in characters

  friend bool operator==(Place a, Place b) { return a.line == b.line && a.column == b.column; }
};

namespace detail {

/// The place of the byte text[at]. It counts from the start of the text, which is slow: for error messages only.
template <class = void>
Place place_of(std::string_view text, std::size_t at) {
  Place place{1, 1};
  for (const char c : text.substr(0, at)) {
    if (c == '\n')
      place = {place.line + 1, 1};
    else if ((static_cast<unsigned char>(c) & 0xC0) != 0x80)  // 10xxxxxx continues a character
      ++place.column;
  }
  return place;
}

/// Throws DataError "minigrad: file:line:column: ..." and sets its fields.
template <class = void>
[[noreturn, gnu::cold, gnu::noinline]] void fail_at(const std::string& file, Place place,
                                                    std::initializer_list<FormatArg> pieces) {
  std::string message = concat({"minigrad: ", file, ":"});
  if (place.line != 0) append(message, {place.line, ":", place.column, ":"});
  message += ' ';
  append(message, pieces);
  throw DataError(message, file, place.line, place.column);
}

/// The text in quotes for an error message: at most 40 characters of it, with line ends and control characters escaped.
template <class = void>
std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  int characters = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0) != 0x80 && ++characters > 40) return out + "...\"";
    if (byte >= 0x20 && byte != 0x7F)
      out += c;
    else if (c == '\n' || c == '\r' || c == '\t')
      out += c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t";
    else
      (out += "\\x") += {"0123456789ABCDEF"[byte >> 4], "0123456789ABCDEF"[byte & 15]};
  }
  return out + "\"";
}

/// A number read from a text, or the problem with the text: "is not a number".
struct ParsedNumber {
  double value = 0;
  const char* problem = nullptr;
};

/// Whether the text is [+-] digits [. digits] [e [+-] digits], with at least one digit before or after the point.
template <class = void>
bool is_decimal(std::string_view text) {
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

/// Whether the text is nan, inf or infinity in upper or lower case, with or without a sign.
template <class = void>
bool is_non_finite(std::string_view text) {
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) text.remove_prefix(1);
  std::string lower(text.substr(0, 9));
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower == "nan" || lower == "inf" || lower == "infinity";
}

/// The value of a text that is_decimal, by strtod. strtod expects the decimal point of the locale, so the point is
/// replaced by that first. This is slower than from_chars and is for standard libraries without it, and for numbers out
/// of range: too small a number becomes 0, too large a number inf.
template <class = void>
double decimal_by_strtod(std::string text) {
  if (const std::size_t point = text.find('.'); point != std::string::npos)
    text.replace(point, 1, std::localeconv()->decimal_point);
  return std::strtod(text.c_str(), nullptr);
}

template <class = void>
double decimal_value(std::string_view text) {
#ifdef __cpp_lib_to_chars
  double value = 0;
  const char* const first = text.data() + (text[0] == '+' ? 1 : 0);  // from_chars takes no plus sign
  if (std::from_chars(first, text.data() + text.size(), value).ec == std::errc{}) return value;
#endif
  return decimal_by_strtod(std::string(text));
}

/// How numbers are written: the decimal point, and what stands between groups of three digits ('\0' for nothing).
struct DecimalFormat {
  char decimal = '.';
  char thousands = '\0';
};

/// The text with a decimal point and without thousands separators. Text in which these stand at other places than in a
/// number is returned as something that is no number: the last group of digits has three, those before it two or three.
template <class = void>
std::string plain_decimal(std::string_view text, DecimalFormat format) {
  std::string out;
  bool fraction = false, grouped = false;
  std::size_t digits = 0;  // since the last separator
  for (const char c : text) {
    const bool digit = c >= '0' && c <= '9';
    if (c == format.thousands && c != '\0' && !fraction) {
      if (digits == 0 || digits > 3 || (grouped && digits < 2)) return {};
      grouped = true;
      digits = 0;
      continue;
    }
    if (grouped && !fraction && !digit && digits != 3) return {};
    if (c == '.' && format.decimal != '.') return {};
    if (!digit && (c == format.decimal || c == 'e' || c == 'E')) fraction = true;
    digits += digit;
    out += c == format.decimal ? '.' : c;
  }
  return grouped && !fraction && digits != 3 ? std::string() : out;
}

template <class = void>
std::string_view without_blanks(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// Reads a number with an exponent or without, in the same way in every locale. Blanks around it are skipped.
template <class = void>
ParsedNumber parse_number(std::string_view text, DecimalFormat format = {}) {
  text = without_blanks(text);
  std::string plain;
  if (format.decimal != '.' || format.thousands != '\0') {
    if (is_non_finite(text)) return {0, "is not a finite number"};
    text = plain = plain_decimal(text, format);
  }
  if (!is_decimal(text)) return {0, is_non_finite(text) ? "is not a finite number" : "is not a number"};
  const double value = decimal_value(text);
  return is_finite(value) ? ParsedNumber{value, nullptr} : ParsedNumber{0, "is too large for a double"};
}

}  // namespace detail
}  // namespace minigrad::inline MINIGRAD_ABI
