// data/csv_columns.hpp - which columns a file has, what they are called, and which of them a table keeps.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <vector>

#include "../core/error.hpp"
#include "csv_hints.hpp"
#include "names.hpp"
#include "table_content.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

/// The columns of a file. The constructor sets the names of a content, and throws DataError for names that are missing
/// or not unique, and for a first row that seems to be no header.
template <class = void>
class CsvColumns {
 public:
  CsvColumns() = default;
  /// From the starts of the fields of the first row, which is a header or not.
  CsvColumns(TableContent<>& content, const std::vector<std::size_t>& first_row, bool header)
      : count(first_row.size()),
        origin(header                          ? "header"
               : content.options.names.empty() ? "first row"
                                               : "list of names") {
    const CsvOptions& options = content.options;
    if (header) starts_ = first_row;
    if (!options.names.empty()) {
      names_ = options.names;
      if (names_.size() != count)
        fail_at(content.file, place_of(content.text, first_row[0]),
                {".names has ", names_.size(), names_.size() == 1 ? " name" : " names", ", and this row ", count,
                 count == 1 ? " field" : " fields",
                 count < names_.size() && !header ? short_row_hint(count, "", options) : ""});
    } else {
      std::string unquoted;
      for (std::size_t column = 0; column < count; ++column)
        names_.push_back(header ? std::string(content.reader.field(content.text, first_row[column], unquoted))
                                : concat({column}));
      if (options.header == infer_header) check_header(content);
    }
    choose(content);
    check_names(content);
  }

  std::size_t count = 0;          // the number of columns of the file
  const char* origin = "header";  // where that is from
  std::vector<std::size_t> kept;  // those of the table; last the one that names the rows, if there is one

 private:
  [[noreturn, gnu::cold]] void fail_name(const TableContent<>& content, std::size_t column,
                                         std::initializer_list<FormatArg> pieces) const {
    fail_at(content.file, starts_.empty() ? Place{} : place_of(content.text, starts_[column]), pieces);
  }

  /// What a first row shows that is no header, or has other separators.
  void check_header(const TableContent<>& content) const {
    const char sep = count == 1 ? likely_separator(names_[0], content.options) : '\0';
    if (sep != '\0' && !content.reader.is_quoted(content.text, starts_[0]))
      fail_name(content, 0,
                {"one column, named ", detail::in_quotes(names_[0]), ": is .sep = ", char_literal(sep),
                 "? .header = 0 takes the name as it is"});
    if (count == 1 && begins_with_number(names_[0]) && !content.reader.is_quoted(content.text, starts_[0]))
      fail_name(content, 0,
                {"one column, named ", detail::in_quotes(names_[0]),
                 ": do blanks separate the fields? .delim_whitespace = "
                 "true reads them, with .header = no_header or .names = {...} if there is no header; .header = 0 takes "
                 "the name as it is"});
    for (std::size_t column = 0; column < count; ++column)
      if (!content.reader.is_quoted(content.text, starts_[column]) && parse_number(names_[column]).problem == nullptr)
        fail_name(content, column,
                  {"the first row names the columns, and ", detail::in_quotes(names_[column]),
                   " is a number: a file without a header takes .header = no_header or .names = {...}, a line before "
                   "the header .skiprows = 1, and numbers that are names .header = 0"});
  }

  void choose(TableContent<>& content) {
    const CsvOptions& options = content.options;
    std::vector<bool> chosen(count, options.usecols.empty());
    by_name_ = order_by_name(names_);
    for (const CsvColumn& column : options.usecols) chosen[find(content, ".usecols", column)] = true;
    std::size_t index = count;
    if (options.index_col.given) {
      index = find(content, ".index_col", options.index_col);
      chosen[index] = false;
    }
    for (std::size_t column = 0; column < count; ++column)
      if (chosen[column]) kept.push_back(column);
    if (kept.empty()) fail_at(content.file, {}, {"no column is left beside .index_col"});
    for (const std::size_t column : kept) content.names.push_back(names_[column]);
    content.has_index = index < count;
    if (content.has_index) kept.push_back(index), content.index_name = names_[index];
  }

  std::size_t find(const TableContent<>& content, const char* option, const CsvColumn& column) const {
    const CsvOptions& options = content.options;
    if (column.by_number) {
      if (column.number >= count)
        fail_at(content.file, {},
                {option, ": column ", static_cast<std::ptrdiff_t>(column.number), ", and the file has ", count});
      return column.number;
    }
    const std::size_t found = find_name(names_, by_name_, column.name);
    if (found == count)
      fail_at(content.file, {},
              {option, ": no column ", detail::in_quotes(column.name), list_columns(names_, column.name),
               header_hint(options)});
    return found;
  }

  void check_names(TableContent<>& content) const {
    const std::vector<std::string>& names = content.names;
    std::size_t named = count;  // no names from here on
    while (named > 0 && names_[named - 1].empty()) --named;
    for (std::size_t i = 0; i < names.size(); ++i)
      if (names[i].empty())
        fail_name(content, kept[i],
                  {"column ", kept[i] + 1, " has no name", no_name_hint(kept[i], count, kept[i] >= named)});
    content.by_name = order_by_name(names);
    for (std::size_t i = 1; i < names.size(); ++i)
      if (names[content.by_name[i]] == names[content.by_name[i - 1]])
        fail_name(content, kept[content.by_name[i]],
                  {"a second column named ", detail::in_quotes(names[content.by_name[i]]), header_hint(content.options)});
  }

  std::vector<std::string> names_;    // of all columns of the file
  std::vector<std::size_t> by_name_;  // their order
  std::vector<std::size_t> starts_;   // where the header has them
};

}  // namespace minigrad::inline MINIGRAD_ABI::detail
