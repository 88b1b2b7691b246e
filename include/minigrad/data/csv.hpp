// data/csv.hpp - reads a table from a CSV file. An error message says where the file is wrong and why.
//
// The format is that of RFC 4180: commas between fields, one row per line, the names of the columns in the first row. A
// field that contains a comma, a quote or a line end is enclosed in quotes, and a quote in it is written twice. Lines
// end with LF or CRLF; the last line end may be missing. The text is UTF-8, and a byte order mark at its start is
// skipped. Blanks are part of their field.
//
// What the RFC leaves open is an error, since a guess could train a model on wrong numbers: a quote within an unquoted
// field, a carriage return alone, a row with more or fewer fields than the header, and a blank line unless only blank
// lines follow it. The whole file is checked before a table is made.
#pragma once

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../core/error.hpp"
#include "order.hpp"
#include "table.hpp"

namespace minigrad::inline MINIGRAD_ABI {

/// The limits of read_csv, which throws DataError for a larger file. A table takes at most 13 times the memory of its
/// file.
struct CsvLimits {
  std::size_t file_bytes = 256u << 20;
  std::size_t rows = 10'000'000;
  std::size_t fields = 65'536;  // in a row
  std::size_t field_bytes = 1u << 20;
};

namespace detail {

/// The number of bytes of the UTF-8 character at text[at], or 0 if it is not valid: a lone continuation byte, a
/// truncated character, an overlong form, a surrogate, or a character beyond U+10FFFF.
inline std::size_t utf8_length(std::string_view text, std::size_t at) {
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

/// Finds the start of each field of a text.
class CsvParser {
 public:
  CsvParser(const std::string& file, const std::string& text, const CsvLimits& limits)
      : file_(file), text_(text), limits_(limits) {}

  /// The start of every field, row after row; `columns` is set to the number of fields of each row.
  std::vector<std::size_t> parse(std::size_t& columns) const {
    check_characters();
    if (text_.empty()) fail_at(file_, {}, {"the file is empty"});
    std::vector<std::size_t> starts;
    starts.reserve(1 + static_cast<std::size_t>(
                           std::count_if(text_.begin(), text_.end(), [](char c) { return c == ',' || c == '\n'; })));
    columns = 0;
    for (std::size_t at = 0, row = 0; !only_line_ends_follow(at) || row == 0; ++row) {
      if (row > limits_.rows) fail(at, {"more than ", limits_.rows, " rows (CsvLimits::rows)"});
      if (line_end(at) > at)
        fail(at, {row == 0 ? "a blank line where the names of the columns belong"
                           : "a blank line; leave it out, or write \"\" for a missing value"});
      const std::size_t count = read_row(at, columns, starts);
      if (row == 0)
        columns = count;
      else if (count < columns)
        fail(at, {"the row ends after ", count, count == 1 ? " field" : " fields", ", and the header has ", columns,
                  " columns"});
      at = line_end(at);
    }
    return starts;
  }

 private:
  [[noreturn]] void fail(std::size_t at, std::initializer_list<FormatArg> pieces) const {
    fail_at(file_, place_of(text_, at), pieces);
  }

  void check_characters() const {
    for (std::size_t at = 0; at < text_.size();) {
      if (text_[at] == '\0') fail(at, {"a NUL byte: this is not a text in UTF-8"});
      const std::size_t length = utf8_length(text_, at);
      if (length == 0) {
        const auto byte = static_cast<unsigned char>(text_[at]);
        const char digits[] = "0123456789ABCDEF";
        fail(at,
             {"byte 0x", std::string{digits[byte >> 4], digits[byte & 15]}, " is not UTF-8; save the file as UTF-8"});
      }
      at += length;
    }
  }

  /// Reads the fields of one row and moves `at` to its line end. `columns` is 0 for the header, which sets the number.
  std::size_t read_row(std::size_t& at, std::size_t columns, std::vector<std::size_t>& starts) const {
    for (std::size_t count = 1;; ++count, ++at) {
      if (count > limits_.fields) fail(at, {"more than ", limits_.fields, " fields in a row (CsvLimits::fields)"});
      if (columns != 0 && count > columns)
        fail(at, {"more fields than the ", columns, " of the header; a field with a comma in it stands in quotes"});
      starts.push_back(at);
      at = field_end(at);
      if (at - starts.back() > limits_.field_bytes)
        fail(starts.back(), {"a field of more than ", limits_.field_bytes, " bytes (CsvLimits::field_bytes)"});
      if (at == text_.size() || text_[at] != ',') return count;
    }
  }

  /// The end of the field that begins at `at`: the position of a comma, a line end, or the end of the text.
  std::size_t field_end(std::size_t at) const {
    const std::size_t start = at;
    if (at == text_.size() || text_[at] != '"') {
      at = (std::min)(text_.find_first_of(",\r\n\"", at), text_.size());
      if (at < text_.size() && text_[at] == '"')
        fail(at, {"a quote within a field; put the field in quotes, and write each quote in it twice"});
    } else {
      do {
        at = text_.find('"', at + 1);
        if (at == std::string::npos) fail(start, {"this quote is never closed"});
        ++at;
      } while (at < text_.size() && text_[at] == '"');
      if (at < text_.size() && text_[at] != ',' && text_[at] != '\r' && text_[at] != '\n')
        fail(at, {"text after the closing quote; a comma or the end of the line belongs here, and a quote within a ",
                  "field is written twice"});
    }
    if (at < text_.size() && text_[at] == '\r' && line_end(at) == at)
      fail(at, {"a carriage return without a line feed; save the file with line ends LF or CRLF"});
    return at;
  }

  /// The position after the line end at `at`, or `at` if there is none.
  std::size_t line_end(std::size_t at) const {
    if (text_.compare(at, 1, "\n") == 0) return at + 1;
    return text_.compare(at, 2, "\r\n") == 0 ? at + 2 : at;
  }

  bool only_line_ends_follow(std::size_t at) const {
    while (line_end(at) > at) at = line_end(at);
    return at == text_.size();
  }

  const std::string& file_;
  const std::string& text_;
  const CsvLimits& limits_;
};

/// Moves the first `columns` cells to the names of the columns. Throws DataError for a name that is empty or not
/// unique.
inline void take_header(TableContent& content, std::size_t columns) {
  for (std::size_t column = 0; column < columns; ++column) {
    content.names.push_back(field_text(content.text, content.cells[column]));
    if (content.names.back().empty())
      fail_at(content.file, place_of(content.text, content.cells[column]), {"column ", column + 1, " has no name"});
  }
  const std::vector<std::string>& names = content.names;
  const auto order = order_of(columns, [&](std::size_t a, std::size_t b) { return names[a] < names[b]; });
  for (std::size_t i = 1; i < columns; ++i)
    if (names[order[i]] == names[order[i - 1]])
      fail_at(content.file, place_of(content.text, content.cells[order[i]]),
              {"a second column named ", detail::quoted(names[order[i]])});
  content.cells.erase(content.cells.begin(), content.cells.begin() + static_cast<std::ptrdiff_t>(columns));
}

}  // namespace detail

/// The table in a text in memory; `name` replaces the file's name in messages. Throws DataError as read_csv does.
inline Table parse_csv(std::string text, std::string name = "text", const CsvLimits& limits = {}) {
  if (text.size() > limits.file_bytes)
    detail::fail_at(name, {}, {"larger than ", limits.file_bytes, " bytes (CsvLimits::file_bytes)"});
  if (text.compare(0, 3, "\xEF\xBB\xBF") == 0) text.erase(0, 3);
  detail::TableContent content{std::move(name), std::move(text), {}, {}};
  std::size_t columns = 0;
  content.cells = detail::CsvParser(content.file, content.text, limits).parse(columns);
  detail::take_header(content, columns);
  return Table(std::move(content));
}

/// Reads a CSV file whose first row names the columns. Throws DataError if the file cannot be opened or read, and
/// DataError with line and column if its content is not CSV as described at the top of this header.
inline Table read_csv(const std::string& path, const CsvLimits& limits = {}) {
  struct File {
    std::FILE* handle;
    ~File() {
      if (handle != nullptr) std::fclose(handle);
    }
  };
  const auto fail = [&](const char* what) {
    const std::string reason = std::strerror(errno);
    throw DataError("minigrad: read_csv: cannot " + std::string(what) + " \"" + path + "\": " + reason, path);
  };
  const File file{std::fopen(path.c_str(), "rb")};
  if (file.handle == nullptr) fail("open");
  std::string text;
  char buffer[16384];
  for (std::size_t n; (n = std::fread(buffer, 1, sizeof buffer, file.handle)) > 0;) {
    text.append(buffer, n);
    if (text.size() > limits.file_bytes) break;  // parse_csv throws for it
  }
  if (std::ferror(file.handle)) fail("read");
  return parse_csv(std::move(text), path, limits);
}

}  // namespace minigrad
