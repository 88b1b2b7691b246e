// text.hpp - a text that a function gives to JavaScript: JSON, put together piece by piece.
#pragma once

#include <cmath>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

/// The text that was returned last; it lives until the next call.
inline const char* give(std::string text) {
  static std::string kept;
  kept = std::move(text);
  return kept.c_str();
}

/// A number as JSON has it: null where it is not finite.
inline std::string json(double x) { return std::isfinite(x) ? minigrad::format_exact(x) : "null"; }

inline std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n') out += "\\n";
    else out += c;
  }
  return out + '"';
}

/// What somebody typed and is not understood: a text of text.js by its name, what it speaks of, and the column, from 1;
/// 0: none.
struct Problem : std::runtime_error {
  explicit Problem(const std::string& key, std::string about = "", std::size_t column = 0)
      : std::runtime_error(key), json("{\"key\":" + quoted(key) + ",\"what\":" + quoted(about) + ",\"column\":" +
                                      std::to_string(column) + "}") {}
  std::string json;
};

/// Whether a training has left the ground: its loss is not finite, or a million times what it was at first.
inline bool diverges(double loss, double first) { return !(loss <= 1e6 * first) || !std::isfinite(loss); }

/// [f(0), f(1), ...]
template <class F>
std::string list(std::size_t n, const F& f) {
  std::string out = "[";
  for (std::size_t i = 0; i < n; ++i) out += (i ? "," : "") + f(i);
  return out + "]";
}
