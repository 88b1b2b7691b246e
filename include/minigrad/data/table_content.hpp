// data/table_content.hpp - what a table has read from its file.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "csv_hints.hpp"
#include "field_reader.hpp"
#include "names.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

template <class>
class CsvParser;

/// The data that a table and the tables derived from it share. The field in row r and column c begins at
/// text[cells[r * width() + c]]; after the named columns comes the one that names the rows, if there is one.
template <class = void>
struct TableContent {
  TableContent(std::string file_name, std::string content, const CsvOptions& how)
      : file(std::move(file_name)), text(std::move(content)), options(how), reader(how) {}

  std::size_t width() const { return names.size() + (has_index ? 1 : 0); }

  bool has(std::string_view column) const { return find_name(names, by_name, column) < names.size(); }
  /// The index of a column, and of several. Throws DataError, with a list of the columns, if there is none.
  std::size_t index_of(std::string_view column) const {
    const std::size_t index = find_name(names, by_name, column);
    if (index == names.size())
      fail_at(file, {}, {"no column ", detail::in_quotes(column), list_columns(names, column), header_hint(options)});
    return index;
  }
  std::vector<std::size_t> indices_of(const std::vector<std::string>& columns) const {
    std::vector<std::size_t> out;
    for (const std::string& column : columns) out.push_back(index_of(column));
    return out;
  }

  std::string file;
  std::string text;
  CsvOptions options;
  FieldReader<> reader;
  std::vector<std::string> names;
  std::vector<std::size_t> by_name;  // order_by_name(names)
  bool has_index = false;
  std::string index_name;  // of the column that names the rows
  std::vector<std::size_t> cells;
};

}  // namespace minigrad::inline MINIGRAD_ABI::detail
