// core/format.hpp - numbers as text, the same in every locale and on every compiler.
#pragma once

#include <charconv>
#include <cmath>
#include <cstdio>
#include <string>

namespace minigrad {

/// `value` with at most `digits` significant digits and no trailing zeros, as printf's %g writes it: 0.1, 1e-05, 240.
/// Always with a decimal point, whatever the locale.
inline std::string format_number(double value, int digits = 6) {
  char buffer[64];
#ifdef __cpp_lib_to_chars
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::general, digits).ptr;
  return std::string(buffer, end);
#else
  std::snprintf(buffer, sizeof buffer, "%.*g", digits, value);
  std::string out = buffer;
  for (char& c : out)
    if (c == ',') c = '.';
  return out;
#endif
}

/// `value` with exactly `decimals` digits after the point, as printf's %.*f writes it; a large value falls back to
/// format_number.
inline std::string format_fixed(double value, int decimals) {
  if (!(std::fabs(value) < 1e15)) return format_number(value);
  char buffer[64];
#ifdef __cpp_lib_to_chars
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed, decimals).ptr;
  return std::string(buffer, end);
#else
  std::snprintf(buffer, sizeof buffer, "%.*f", decimals, value);
  std::string out = buffer;
  for (char& c : out)
    if (c == ',') c = '.';
  return out;
#endif
}

}  // namespace minigrad
