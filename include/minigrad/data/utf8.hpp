// data/utf8.hpp - whether a text is UTF-8.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "../core/version.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

/// The number of bytes of the UTF-8 character at text[at], or 0 if it is not valid: a lone continuation byte, a
/// truncated character, an overlong form, a surrogate, or a character beyond U+10FFFF.
template <class = void>
std::size_t utf8_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0u; };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0;
  // The bounds of the second byte exclude overlong forms, surrogates and characters beyond U+10FFFF.
  const unsigned lowest = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
  const unsigned highest = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
  if (length == 0 || byte(1) < lowest || byte(1) > highest) return 0;
  for (std::size_t i = 2; i < length; ++i)
    if ((byte(i) & 0xC0) != 0x80) return 0;
  return length;
}

/// What keeps a text from being UTF-8, and the byte where; an empty text if nothing does.
struct Utf8Problem {
  std::string what;
  std::size_t at = 0;
};

/// The first byte that is 0 or does not belong to UTF-8.
template <class = void>
Utf8Problem find_utf8_problem(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    std::uint64_t eight;  // bytes of ASCII, none of them 0, are passed over together
    if (text.size() - at >= sizeof eight) {
      std::memcpy(&eight, text.data() + at, sizeof eight);
      if (((eight | (eight - 0x0101010101010101u)) & 0x8080808080808080u) == 0) {
        at += sizeof eight;
        continue;
      }
    }
    if (text[at] == '\0') return {"a NUL byte: this is not a text in UTF-8", at};
    const std::size_t length = utf8_length(text, at);
    if (length == 0) {
      const auto byte = static_cast<unsigned char>(text[at]);
      const char digits[] = "0123456789ABCDEF";
      const std::string code{digits[byte >> 4], digits[byte & 15]};
      return {"byte 0x" + code + " is not UTF-8; save the file as UTF-8", at};
    }
    at += length;
  }
  return {};
}

}  // namespace minigrad::inline MINIGRAD_ABI::detail
