// io/json.hpp - a strict reader of JSON (RFC 8259), for headers of files. It goes from value to value of a text, and
// allocates nothing but the strings that it is asked for.
//
//   json.begin('{');
//   for (bool first = true; json.more('}', first);) {
//     const std::string key = json.key();
//     ... json.count(), json.text(), json.skip() ...
//   }
//   json.end();
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "../data/utf8.hpp"
#include "file.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

template <class = void>
class JsonReader {
 public:
  /// Throws DataError, as all functions do, if the text is not UTF-8. `op` and `name` stand in the messages.
  JsonReader(const char* op, std::string name, std::string_view text) : op_(op), name_(std::move(name)), text_(text) {
    for (; at_ < text_.size(); at_ += utf8_length(text_, at_))
      if (utf8_length(text_, at_) == 0) fail({"invalid UTF-8"});
    at_ = 0;
  }

  /// Enters an object, '{', or an array, '['.
  void begin(char bracket) { expect(bracket); }
  /// Whether another element follows; if not, leaves the object or array, which `close` ends.
  bool more(char close, bool& first) {
    if (peek() == close) return ++at_, false;
    if (!first) expect(',');
    first = false;
    return true;
  }
  /// The key of the element that follows.
  std::string key() {
    std::string out = text();
    expect(':');
    return out;
  }

  std::string text() {
    std::string out;
    string(&out);
    return out;
  }
  /// A whole number that is not negative, written without a fraction or exponent.
  std::uint64_t count() {
    const char first = peek();
    if (!is_digit(first)) fail({"a whole number belongs here"});
    std::uint64_t out = 0;
    while (is_digit(here())) {
      const auto digit = static_cast<unsigned>(text_[at_++] - '0');
      if (out > ((std::numeric_limits<std::uint64_t>::max)() - digit) / 10) fail({"a number of more than 64 bits"});
      out = out * 10 + digit;
      if (first == '0') break;
    }
    if (is_digit(here()) || here() == '.' || here() == 'e' || here() == 'E') fail({"a whole number belongs here"});
    return out;
  }
  /// Any value, with at most 64 levels of objects and arrays.
  void skip(int depth = 0) {
    switch (peek()) {
      case '{':
      case '[': {
        if (depth == 64) fail({"more than 64 levels"});
        const bool object = text_[at_++] == '{';
        for (bool first = true; more(object ? '}' : ']', first); skip(depth + 1)) {
          if (!object) continue;
          string(nullptr);
          expect(':');
        }
        return;
      }
      case '"':
        return string(nullptr);
      case 't':
        return word("true");
      case 'f':
        return word("false");
      case 'n':
        return word("null");
      default:
        number();
    }
  }
  /// Nothing but white space may follow.
  void end() {
    blanks();
    if (at_ < text_.size()) fail({"text after the end"});
  }

  [[noreturn]] void fail(std::initializer_list<FormatArg> pieces) const {
    fail_file(op_, name_, {"JSON, byte ", at_, ": ", concat(pieces)});
  }

 private:
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }
  char here() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void blanks() {
    while (here() == ' ' || here() == '\n' || here() == '\r' || here() == '\t') ++at_;
  }
  char peek() {
    blanks();
    return here();
  }
  void expect(char c) {
    if (peek() != c) fail({"'", std::string(1, c), "' belongs here"});
    ++at_;
  }
  void word(std::string_view wanted) {
    if (text_.substr(at_, wanted.size()) != wanted) fail({"a value belongs here"});
    at_ += wanted.size();
  }
  void digits() {
    if (!is_digit(here())) fail({"a digit belongs here"});
    while (is_digit(here())) ++at_;
  }
  void number() {
    if (here() == '-')
      ++at_;
    else if (!is_digit(here()))
      fail({"a value belongs here"});
    if (here() == '0')
      ++at_;
    else
      digits();
    if (here() == '.') ++at_, digits();
    if (here() != 'e' && here() != 'E') return;
    ++at_;
    if (here() == '+' || here() == '-') ++at_;
    digits();
  }

  void string(std::string* out) {
    expect('"');
    for (;;) {
      if (at_ == text_.size()) fail({"a string without an end"});
      const char c = text_[at_++];
      if (c == '"') return;
      if (static_cast<unsigned char>(c) < 0x20) --at_, fail({"a control character in a string"});
      if (c == '\\')
        escape(out);
      else if (out)
        *out += c;
    }
  }
  void escape(std::string* out) {
    constexpr std::string_view letters = "\"\\/bfnrt", meant = "\"\\/\b\f\n\r\t";
    const char c = here();
    ++at_;
    if (const std::size_t i = letters.find(c); c != '\0' && i != std::string_view::npos) {
      if (out) *out += meant[i];
      return;
    }
    if (c != 'u') --at_, fail({"an unknown escape in a string"});
    unsigned code = hex();
    if (code >= 0xDC00 && code < 0xE000) fail({"half of a surrogate pair"});
    if (code >= 0xD800 && code < 0xDC00) {
      if (text_.substr(at_, 2) != "\\u") fail({"half of a surrogate pair"});
      at_ += 2;
      const unsigned low = hex();
      if (low < 0xDC00 || low >= 0xE000) fail({"half of a surrogate pair"});
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
    if (out) append_utf8(*out, code);
  }
  unsigned hex() {
    unsigned out = 0;
    for (int i = 0; i < 4; ++i) {
      const std::size_t digit = std::string_view("0123456789abcdef0123456789ABCDEF").find(here());
      if (at_ == text_.size() || digit == std::string_view::npos) fail({"four hexadecimal digits belong here"});
      out = out * 16 + static_cast<unsigned>(digit % 16);
      ++at_;
    }
    return out;
  }
  static void append_utf8(std::string& out, unsigned code) {
    const auto byte = [&](unsigned bits) { out += static_cast<char>(bits); };
    if (code < 0x80) return byte(code);
    if (code < 0x800)
      byte(0xC0 | code >> 6);
    else {
      if (code < 0x10000)
        byte(0xE0 | code >> 12);
      else
        byte(0xF0 | code >> 18), byte(0x80 | (code >> 12 & 0x3F));
      byte(0x80 | (code >> 6 & 0x3F));
    }
    byte(0x80 | (code & 0x3F));
  }

  const char* op_;
  std::string name_;
  std::string_view text_;
  std::size_t at_ = 0;
};

/// Appends a text as a JSON string. The text must be UTF-8.
template <class = void>
void append_json(std::string& out, std::string_view text) {
  constexpr std::string_view meant = "\"\\\b\f\n\r\t", letters = "\"\\bfnrt";
  out += '"';
  for (const char c : text) {
    if (const std::size_t i = meant.find(c); i != std::string_view::npos)
      (out += '\\') += letters[i];
    else if (static_cast<unsigned char>(c) < 0x20) {
      (out += "\\u00") += {"01"[c >> 4], "0123456789abcdef"[c & 15]};
    } else
      out += c;
  }
  out += '"';
}

}  // namespace minigrad::detail
