// data/csv_parser.hpp - finds the columns of a CSV text and the start of each of its fields. See csv.hpp for the
// format.
#pragma once

#include <cstddef>
#include <cstring>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../core/error.hpp"
#include "csv_columns.hpp"
#include "csv_hints.hpp"
#include "table.hpp"
#include "utf8.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

/// Fills names and cells of a content from its text, and makes a table of it.
template <class = void>
class CsvParser {
 public:
  explicit CsvParser(TableContent<>& content)
      : content_(content), text_(content.text), options_(content.options), reader_(content.reader) {}

  /// Leaves nothing in the content.
  Table parse() {
    if (const Utf8Problem problem = find_utf8_problem(text_); !problem.what.empty()) fail(problem.at, {problem.what});
    if (text_.empty()) fail_at(content_.file, {}, {"the file is empty"});
    skip_lines();
    if (options_.header == no_header || (options_.header == infer_header && !options_.names.empty())) {
      std::size_t first = at_;
      columns_.origin = "list of names";
      if (rows_end(first)) fail_at(content_.file, {}, {"no rows, and so no columns"});
      read_row(first, options_.names.size());
      if (options_.fill_short_rows && row_.size() < options_.names.size()) row_.resize(options_.names.size(), row_end_);
      columns_ = CsvColumns<>(content_, row_, false);
    } else {
      for (int row = 0; row < options_.header; ++row, at_ = line_end(at_)) {
        if (rows_end(at_)) fail_header(row);
        read_row(at_, 0);
      }
      if (options_.header > 0 && rows_end(at_)) fail_header(options_.header);
      if (rows_end(at_) || line_end(at_) > at_) fail(at_, {"a blank line where the names of the columns belong"});
      read_row(at_, 0);
      columns_ = CsvColumns<>(content_, row_, true);
      at_ = line_end(at_);
    }
    read_rows();
    if (options_.header == infer_header && options_.names.empty()) check_names_are_no_data();
    return Table(std::move(content_));
  }

 private:
  [[noreturn, gnu::cold]] void fail(std::size_t at, std::initializer_list<FormatArg> pieces) const {
    fail_at(content_.file, place_of(text_, at), pieces);
  }

  /// A file of words without a header shows it where a word of the first row comes again. A number in quotes is a name,
  /// and no word, where the column has numbers without.
  void check_names_are_no_data() {
    for (std::size_t row = 0; row < content_.cells.size(); row += content_.width())
      for (std::size_t column = 0; column < content_.names.size(); ++column) {
        const std::string& name = content_.names[column];
        const std::size_t at = content_.cells[row + column];
        if ((text_.compare(at, name.size(), name) == 0 || reader_.is_quoted(text_, at)) && field(at) == name &&
            (reader_.is_quoted(text_, at) || parse_number(name).problem != nullptr))
          fail(at, {"column ", detail::in_quotes(name), ": its name comes again as a value: where the first row is data, "
                    ".header = no_header or .names = {...}; .header = 0 takes it as names"});
      }
  }

  [[noreturn, gnu::cold]] void fail_header(int rows) const {
    fail_at(content_.file, {}, {".header = ", options_.header, ": the file has ", rows, rows == 1 ? " row" : " rows"});
  }

  std::string_view field(std::size_t at) { return reader_.field(text_, at, unquoted_); }

  void skip_lines() {
    for (std::size_t line = 0; line < options_.skiprows; ++line) {
      const std::size_t end = text_.find('\n', at_);
      if (end == text_.npos) fail_at(content_.file, {}, {".skiprows = ", options_.skiprows, ": no line is left"});
      at_ = end + 1;
    }
  }

  /// Moves `at` over lines that are skipped. Whether only blank lines follow.
  bool rows_end(std::size_t& at) const {
    for (;;) {
      if (options_.comment != '\0') {
        const std::size_t mark = text_.find_first_not_of(" \t", at);
        if (mark != text_.npos && text_[mark] == options_.comment) {
          at = (std::min)(text_.find('\n', mark), text_.size() - 1) + 1;
          continue;
        }
      }
      const std::size_t next = line_end(at);
      if (next == at || !options_.skip_blank_lines) break;
      at = next;
    }
    std::size_t rest = at;
    while (line_end(rest) > rest) rest = line_end(rest);
    return rest == text_.size();
  }

  void read_rows() {
    const char sep = options_.sep;
    const std::size_t columns = columns_.count;
    std::size_t fields = 1;
    for (const char c : text_) fields += c == sep || c == '\n';
    content_.cells.reserve(fields);
    for (std::size_t row = 0; !rows_end(at_); ++row, at_ = line_end(at_)) {
      if (row == options_.limits.rows) fail(at_, {"more than ", row, " rows (CsvLimits::rows)"});
      if (line_end(at_) > at_)
        fail(at_, {"a blank line; leave it out, say .skip_blank_lines = true, or write \"\" for a missing value"});
      read_row(at_, columns);
      if (row_.size() < columns) {
        if (!options_.fill_short_rows)
          fail(at_, {"the row ends after ", row_.size(), row_.size() == 1 ? " field" : " fields", ", and the ",
                     columns_.origin, " has ", columns, columns == 1 ? " column" : " columns",
                     short_row_hint(row_.size(), field(row_[0]), options_)});
        row_.resize(columns, row_end_);  // where an empty field would begin
        if (content_.cells.size() > options_.limits.file_bytes)
          fail(at_,
               {"more than ", options_.limits.file_bytes, " fields, with those filled in (CsvLimits::file_bytes)"});
      }
      for (const std::size_t column : columns_.kept) content_.cells.push_back(row_[column]);
    }
  }

  /// Reads one row into row_, and moves `at` to its line end. `columns` is 0 where their number is not known yet.
  void read_row(std::size_t& at, std::size_t columns) {
    row_.clear();
    for (;; ++at) {
      skip_blanks(at);
      if (options_.delim_whitespace && is_row_end(at) && !row_.empty()) break;  // blanks before the line end
      if (row_.size() == options_.limits.fields)
        fail(at, {"more than ", row_.size(), " fields in a row (CsvLimits::fields)"});
      row_.push_back(at);
      at = field_end(at);
      if (at - row_.back() > options_.limits.field_bytes)
        fail(row_.back(), {"a field of more than ", options_.limits.field_bytes, " bytes (CsvLimits::field_bytes)"});
      if (columns != 0 && row_.size() > columns) pass_over_extra(at, columns);
      if (is_row_end(at)) break;
    }
    row_end_ = at;
    if (options_.comment != '\0' && at < text_.size() && text_[at] == options_.comment)
      at = (std::min)(text_.find('\n', at), text_.size());
    if (columns == 0 && options_.trailing_sep)
      while (row_.size() > 1 && field(row_.back()).empty()) row_.pop_back();
  }

  void skip_blanks(std::size_t& at) const {
    if (options_.skipinitialspace || options_.delim_whitespace)
      while (at < text_.size() && (text_[at] == ' ' || (text_[at] == '\t' && options_.delim_whitespace))) ++at;
  }

  bool is_row_end(std::size_t at) const {
    return at == text_.size() || text_[at] == '\n' || text_[at] == '\r' ||
           (text_[at] == options_.comment && options_.comment != '\0');
  }

  /// The last field of row_ is beyond the last column: it is skipped, or refused.
  void pass_over_extra(std::size_t end, std::size_t columns) {
    if (const bool empty = field(row_.back()).empty(); !options_.trailing_sep || !empty) {
      std::string first;
      const bool last = is_row_end(end), named = options_.header == infer_header && options_.names.empty();
      const std::string hint =
          long_row_hint(columns, content_.names.empty() ? "" : content_.names[0], reader_.field(text_, row_[0], first),
                        options_, last && empty, last && named && content_.cells.empty());
      fail(row_.back(), {"more fields than the ", columns, " of the ", columns_.origin, "; a field with a ",
                         separator_name(options_), " in it stands in quotes", hint});
    }
    row_.pop_back();
  }

  /// The end of the field that begins at `at`: the position of a separator, a line end, a comment, or the end.
  std::size_t field_end(std::size_t at) const {
    const std::size_t start = at;
    const char quote = options_.quotechar;
    if (!reader_.is_quoted(text_, at)) {
      at = reader_.plain_end(text_, at);
      if (const void* inner = quote ? std::memchr(text_.data() + start, quote, at - start) : nullptr)
        fail_at_quote(start, static_cast<std::size_t>(static_cast<const char*>(inner) - text_.data()));
    } else {
      do {
        at = text_.find(quote, at + 1);
        if (at == text_.npos) fail(start, {"this quote is never closed"});
        ++at;
      } while (reader_.is_quoted(text_, at));
      if (at < text_.size() && reader_.plain_end(text_, at) != at)
        fail(at, {"text after the closing quote; a ", separator_name(options_),
                  " or the end of the line belongs here, and a quote within a field is written twice"});
    }
    if (at < text_.size() && text_[at] == '\r' && line_end(at) == at)
      fail(at, {"a carriage return without a line feed; save the file with line ends LF or CRLF"});
    return at;
  }

  [[noreturn, gnu::cold]] void fail_at_quote(std::size_t start, std::size_t at) const {
    const bool after_blanks = without_blanks(text_.substr(start, at - start)).empty();
    fail(at, {"a quote within a field; ",
              after_blanks ? "the blank before it belongs to the field unless .skipinitialspace = true"
                           : "put the field in quotes, and write each quote in it twice; or say .quotechar = '\\0' if "
                             "quotes are text"});
  }

  /// The position after the line end at `at`, or `at` if there is none.
  std::size_t line_end(std::size_t at) const {
    if (at < text_.size() && text_[at] == '\n') return at + 1;
    return text_.compare(at, 2, "\r\n") == 0 ? at + 2 : at;
  }

  TableContent<>& content_;
  const std::string_view text_;
  const CsvOptions& options_;
  const FieldReader<>& reader_;
  std::size_t at_ = 0;            // the next row
  std::vector<std::size_t> row_;  // the starts of the fields of the last row
  std::size_t row_end_ = 0;       // where they end: before a comment
  CsvColumns<> columns_;
  std::string unquoted_;
};

}  // namespace minigrad::inline MINIGRAD_ABI::detail
