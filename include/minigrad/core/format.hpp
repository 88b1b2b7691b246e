// core/format.hpp - numbers as text, the same in every locale and on every compiler.
#pragma once

#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "finite.hpp"

namespace minigrad::inline MINIGRAD_ABI {

namespace detail {
/// Appends a text. (What std::string inlines is much code at each place that appends.)
[[gnu::noinline]] inline void append_text(std::string& out, const char* text, std::size_t size) {
  out.append(text, size);
}

/// Appends a whole number. (With std::to_string this is twice the code.)
[[gnu::noinline]] inline void append_number(std::string& out, unsigned long long number, bool negative = false) {
  char digits[21];
  std::size_t first = sizeof digits;
  for (; first == sizeof digits || number > 0; number /= 10) digits[--first] = static_cast<char>('0' + number % 10);
  if (negative) digits[--first] = '-';
  append_text(out, digits + first, sizeof digits - first);
}

/// `value` as printf writes it with %.*g or %.*f; always with a decimal point, and NaN without a sign.
inline std::string format_as(double value, bool fixed, int digits) {
  if (is_nan(value)) return "nan";
  char buffer[512];  // 309 digits before the point, and up to 100 behind it
  digits = digits < 0 ? 0 : digits > 100 ? 100 : digits;
#ifdef __cpp_lib_to_chars
  const auto format = fixed ? std::chars_format::fixed : std::chars_format::general;
  return std::string(buffer, std::to_chars(buffer, buffer + sizeof buffer, value, format, digits).ptr);
#else
  std::snprintf(buffer, sizeof buffer, fixed ? "%.*f" : "%.*g", digits, value);
  std::string out = buffer;
  for (char& c : out)
    if (c == ',') c = '.';
  return out;
#endif
}
}  // namespace detail

/// `value` with at most `digits` significant digits and no trailing zeros, as printf's %g writes it: 0.1, 1e-05, 240.
inline std::string format_number(double value, int digits = 6) { return detail::format_as(value, false, digits); }

/// `value` with as few digits, but at least 6 if it has them, as give back the same double.
inline std::string format_exact(double value) {
  int digits = 6;
  for (char text[40]; digits < 17; ++digits) {  // both functions ask the locale, for the same decimal point
    std::snprintf(text, sizeof text, "%.*g", digits, value);
    if (std::strtod(text, nullptr) == value) break;
  }
  return format_number(value, digits);
}

/// `value` with exactly `decimals` digits after the point, as printf's %.*f writes it; from 10^15 on as format_number.
inline std::string format_fixed(double value, int decimals) {
  if (!(std::fabs(value) < 1e15)) return format_number(value);
  return detail::format_as(value, true, decimals);
}

}  // namespace minigrad
