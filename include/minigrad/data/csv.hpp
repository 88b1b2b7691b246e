// data/csv.hpp - reads a table from a CSV file. An error message says where the file is wrong and why.
//
// The format is that of RFC 4180: commas between fields, one row per line, the names of the columns in the first row. A
// field that contains a comma, a quote or a line end is enclosed in quotes, and a quote in it is written twice. Lines
// end with LF or CRLF; the last line end may be missing. The text is UTF-8, and a byte order mark at its start is
// skipped. Blanks are part of their field. CsvOptions describes files that are written in another way.
//
// What the RFC leaves open is an error, since a guess could train a model on wrong numbers: a quote within an unquoted
// field, a carriage return alone, a row with more or fewer fields than the header, a number among the names of the
// first row, and a blank line unless only blank lines follow it. The whole file is checked before a table is made.
#pragma once

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <utility>

#include "csv_parser.hpp"
#include "table.hpp"

namespace minigrad::inline MINIGRAD_ABI {

/// The table in a text in memory; `name` replaces the file's name in messages. Throws DataError as read_csv does, and
/// ValueError for options that contradict each other.
template <class = void>
Table parse_csv(std::string text, std::string name = "text", const CsvOptions& options = {}) {
  detail::check_options(options);
  if (text.size() > options.limits.file_bytes)
    detail::fail_at(name, {}, {"larger than ", options.limits.file_bytes, " bytes (CsvLimits::file_bytes)"});
  if (const char* kind = detail::foreign_file(text)) detail::fail_at(name, {}, {kind});
  if (text.compare(0, 3, "\xEF\xBB\xBF") == 0) text.erase(0, 3);
  detail::TableContent<> content(std::move(name), std::move(text), options);
  return detail::CsvParser<>(content).parse();
}

/// Reads a CSV file: read_csv("file.csv"), or read_csv("file.csv", {.sep = ';', .decimal = ','}). Throws DataError if
/// the file cannot be opened or read, and DataError with line and column if its content is not CSV as described at the
/// top of this header.
template <class = void>
Table read_csv(const std::string& path, const CsvOptions& options = {}) {
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
    if (text.size() > options.limits.file_bytes) break;  // parse_csv throws for it
  }
  if (std::ferror(file.handle)) fail("read");
  return parse_csv(std::move(text), path, options);
}

}  // namespace minigrad::inline MINIGRAD_ABI
