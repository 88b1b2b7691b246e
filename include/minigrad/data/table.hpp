// data/table.hpp - Table: named columns of text and numbers, with the place of each field in its file.
//
// A table keeps the file's text unchanged. It stores the position where each field begins, and reads the field's text,
// line and column from there on demand. So a filtered or reordered table shares the text with the original, and an
// error that is found later, such as in row 3 of the validation set, still names the place in the file.
#pragma once

#include <cmath>
#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../core/error.hpp"
#include "../tensor/tensor.hpp"
#include "field.hpp"

namespace minigrad::inline MINIGRAD_ABI {

namespace detail {

/// The data that a table and the tables derived from it share. The field in row r and column c begins at
/// text[cells[r * names.size() + c]].
struct TableContent {
  std::string file;
  std::string text;
  std::vector<std::string> names;
  std::vector<std::size_t> cells;
};

}  // namespace detail

/// Rows of fields in named columns, as read by read_csv. Copies are cheap and share the file's text.
///
/// An empty field, quoted or not, is a missing value. It is kept, and reading it as a number throws. Every function
/// that takes the name of a column throws DataError, with a list of the columns, if there is no such column. Every
/// function that takes a row throws IndexError if there is no such row.
class Table {
 public:
  /// One row, the argument of filter's predicate.
  class Row {
   public:
    Row(const Table& table, std::size_t index) : table_(table), index_(index) {}
    std::size_t index() const { return index_; }
    std::string text(std::string_view column) const { return table_.text(index_, column); }
    double number(std::string_view column) const { return table_.number(index_, column); }
    bool is_missing(std::string_view column) const { return table_.is_missing(index_, column); }

   private:
    const Table& table_;
    std::size_t index_;
  };

  /// All rows of a content; read_csv and parse_csv call it.
  explicit Table(detail::TableContent content)
      : content_(std::make_shared<const detail::TableContent>(std::move(content))) {
    if (!content_->names.empty()) rows_.resize(content_->cells.size() / content_->names.size());
    for (std::size_t row = 0; row < rows_.size(); ++row) rows_[row] = row;
  }

  std::size_t rows() const { return rows_.size(); }
  /// The names of the columns, in the file's order.
  const std::vector<std::string>& columns() const { return content_->names; }
  /// The file's name, as given to read_csv.
  const std::string& file() const { return content_->file; }

  bool has_column(std::string_view column) const { return find_column(column) < columns().size(); }
  /// The index of a column, from 0.
  std::size_t column_index(std::string_view column) const {
    const std::size_t index = find_column(column);
    if (index == columns().size()) fail_no_column(column);
    return index;
  }

  /// The text of a field, or of all fields of a column. A missing value is an empty text.
  std::string text(std::size_t row, std::string_view column) const { return field(row, column_index(column)); }
  std::vector<std::string> texts(std::string_view column) const {
    std::vector<std::string> out(rows());
    const std::size_t index = column_index(column);
    for (std::size_t row = 0; row < rows(); ++row) out[row] = field(row, index);
    return out;
  }

  bool is_missing(std::size_t row, std::string_view column) const { return text(row, column).empty(); }
  bool has_missing(std::string_view column) const { return count_missing(column) > 0; }
  std::size_t count_missing(std::string_view column) const {
    std::size_t count = 0;
    for (const std::string& value : texts(column))
      if (value.empty()) ++count;
    return count;
  }

  /// The number in a field, or in all fields of a column. Throws DataError, with the place and the text of the field,
  /// for a field that is missing or is not a finite number.
  double number(std::size_t row, std::string_view column) const {
    const std::string value = text(row, column);
    if (value.empty()) fail_in(row, column, {"missing value"});
    return to_number(row, column, value);
  }
  std::vector<double> numbers(std::string_view column) const {
    std::vector<double> out(rows());
    const std::size_t index = column_index(column);
    for (std::size_t row = 0; row < rows(); ++row) {
      const std::string value = field(row, index);
      if (value.empty())
        fail_in(row, column,
                {"missing value, the first of ", count_missing(column), " in ", rows(), " rows; drop_missing({",
                 detail::quoted(column), "}) keeps the other rows"});
      out[row] = to_number(row, column, value);
    }
    return out;
  }

  /// The place of a field in the file. It counts from the file's start, which is slow: for error messages only.
  Place place(std::size_t row, std::string_view column) const {
    return detail::place_of(content_->text, cell(row, column_index(column)));
  }

  /// The rows with these indices, in this order. An index may occur more than once.
  Table select(const std::vector<std::size_t>& indices) const {
    Table out = *this;
    out.rows_.resize(indices.size());
    for (std::size_t i = 0; i < indices.size(); ++i) out.rows_[i] = rows_[checked(indices[i])];
    return out;
  }

  /// The rows for which keep(row) is true: table.filter([](auto row) { return row.number("pages") > 20; }).
  template <std::predicate<Row> Predicate>
  Table filter(Predicate keep) const {
    std::vector<std::size_t> kept;
    for (std::size_t row = 0; row < rows(); ++row)
      if (keep(Row(*this, row))) kept.push_back(row);
    return select(kept);
  }

  /// The rows whose text in `column` is `value`, or one of `values`.
  Table where(std::string_view column, std::string_view value) const { return where(column, {value}); }
  Table where(std::string_view column, std::initializer_list<std::string_view> values) const {
    column_index(column);  // an unknown column is an error even in a table without rows
    return filter([&](Row row) {
      const std::string text = row.text(column);
      for (const std::string_view value : values)
        if (text == value) return true;
      return false;
    });
  }

  /// The rows without missing values in these columns.
  Table drop_missing(const std::vector<std::string>& names) const {
    for (const std::string& name : names) column_index(name);
    return filter([&](Row row) {
      for (const std::string& name : names)
        if (row.is_missing(name)) return false;
      return true;
    });
  }

  /// Throws DataError "minigrad: file:line:column: column "name": ..." for a field; for the user's own checks.
  [[noreturn, gnu::cold, gnu::noinline]] void fail_in(std::size_t row, std::string_view column,
                                                      std::initializer_list<detail::FormatArg> pieces) const {
    detail::fail_at(file(), place(row, column),
                    {"column ", detail::quoted(column), ": ", detail::concat(pieces)});
  }

 private:
  std::size_t find_column(std::string_view column) const {
    std::size_t index = 0;
    while (index < columns().size() && columns()[index] != column) ++index;
    return index;
  }

  [[noreturn, gnu::cold, gnu::noinline]] void fail_no_column(std::string_view column) const {
    constexpr std::size_t shown = 20;
    std::string list;
    for (std::size_t i = 0; i < columns().size() && i < shown; ++i)
      detail::append(list, {i ? ", " : "", detail::quoted(columns()[i])});
    if (columns().size() > shown) detail::append(list, {" and ", columns().size() - shown, " more"});
    detail::fail_at(file(), {}, {"no column ", detail::quoted(column), "; the columns are ", list});
  }

  std::size_t checked(std::size_t row) const {
    if (row >= rows()) detail::fail<IndexError>({file(), ": row ", row, " of a table with ", rows(), " rows"});
    return row;
  }

  std::size_t cell(std::size_t row, std::size_t column) const {
    return content_->cells[rows_[checked(row)] * columns().size() + column];
  }

  std::string field(std::size_t row, std::size_t column) const {
    return detail::field_text(content_->text, cell(row, column));
  }

  double to_number(std::size_t row, std::string_view column, const std::string& value) const {
    const detail::ParsedNumber parsed = detail::parse_number(value);
    if (parsed.problem != nullptr) fail_in(row, column, {detail::quoted(value), " ", parsed.problem});
    return parsed.value;
  }

  std::shared_ptr<const detail::TableContent> content_;
  std::vector<std::size_t> rows_;  // row r of this table is row rows_[r] of the file
};

/// The numbers of the named columns: [rows, columns], also for one column. Throws as Table::numbers does, and DataError
/// for a number beyond T's range.
template <std::floating_point T = float>
Tensor<T> to_tensor(const Table& table, const std::vector<std::string>& names) {
  auto out = Tensor<T>::empty(Shape{table.rows(), names.size()});
  for (std::size_t column = 0; column < names.size(); ++column) {
    const std::vector<double> values = table.numbers(names[column]);
    for (std::size_t row = 0; row < values.size(); ++row) {
      if (std::fabs(values[row]) > static_cast<double>((std::numeric_limits<T>::max)()))
        table.fail_in(row, names[column],
                      {detail::quoted(table.text(row, names[column])), " is too large for a float"});
      out[row * names.size() + column] = static_cast<T>(values[row]);
    }
  }
  return out;
}

}  // namespace minigrad
