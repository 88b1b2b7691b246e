// data/table.hpp - Table: named columns of text and numbers, with the place of each field in its file.
//
// A table keeps the file's text, and the position where each field begins. So a filtered or reordered table shares
// the text with the original, and an error that is found later still names the place in the file.
#pragma once

#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../core/error.hpp"
#include "../core/ownership.hpp"
#include "table_content.hpp"

namespace minigrad::inline MINIGRAD_ABI {

/// Rows of fields in named columns, as read by read_csv. Copies are cheap and share the file's text.
///
/// An empty field, quoted or not, is a missing value, and so are the words of CsvOptions::na_values. It is kept, and
/// reading it as a number throws. Every function that takes the name of a column throws DataError, with a list of the
/// columns, if there is no such column. Every function that takes a row throws IndexError if there is no such row.
///
/// A template without a parameter, so that a program compiles only what it calls.
template <class = void>
class BasicTable {
 public:
  /// One row, the argument of filter's predicate.
  class Row {
   public:
    Row(const BasicTable& table, std::size_t index) : table_(table), index_(index) {}
    std::size_t index() const { return index_; }  ///< its number in the table, from 0
    /// The field of a column, as table.text(), table.number() and table.is_missing() give it.
    std::string text(std::string_view column) const { return table_.text(index_, column); }
    double number(std::string_view column) const { return table_.number(index_, column); }
    bool is_missing(std::string_view column) const { return table_.is_missing(index_, column); }

   private:
    const BasicTable& table_;
    std::size_t index_;
  };

  BasicTable(const BasicTable&) = default;  // and no move, after which a table would have no content
  BasicTable& operator=(const BasicTable&) = default;

  /// The number of rows.
  std::size_t rows() const { return rows_.size(); }
  /// The names of the columns, in the file's order.
  const std::vector<std::string>& columns() const { return content_->names; }
  /// The file's name, as given to read_csv, and how it was read.
  const std::string& file() const { return content_->file; }
  const CsvOptions& options() const { return content_->options; }

  /// The names of all columns but these: the features, if these are the targets.
  std::vector<std::string> columns_except(const std::vector<std::string>& names) const {
    std::vector<bool> left_out(columns().size());
    for (const std::size_t index : content_->indices_of(names)) left_out[index] = true;
    std::vector<std::string> out;
    for (std::size_t i = 0; i < columns().size(); ++i)
      if (!left_out[i]) out.push_back(columns()[i]);
    return out;
  }
  /// Whether there is a column of this name; and its index, from 0.
  bool has_column(std::string_view column) const { return content_->has(column); }
  std::size_t column_index(std::string_view column) const { return content_->index_of(column); }

  /// The text of a field, or of all fields of a column: of a missing value the word in the file, or an empty text.
  std::string text(std::size_t row, std::string_view column) const {
    std::string unquoted;
    return std::string(field(row, column_index(column), unquoted));
  }
  std::vector<std::string> texts(std::string_view column) const { return texts_at(column_index(column)); }
  /// The texts of the column that CsvOptions::index_col took as the names of the rows. Throws DataError without one.
  std::vector<std::string> index() const { return index_name(), texts_at(columns().size()); }
  /// The name of that column, which may be empty. Throws DataError without one.
  const std::string& index_name() const {
    if (!content_->has_index) detail::fail_at(file(), {}, {"no column names the rows; .index_col chooses it"});
    return content_->index_name;
  }
  /// Missing values: whether a field is one, whether a column has one, and how many it has.
  bool is_missing(std::size_t row, std::string_view column) const { return is_missing_at(row, column_index(column)); }
  bool has_missing(std::string_view column) const { return count_missing(column) > 0; }
  std::size_t count_missing(std::string_view column) const {
    std::size_t count = 0;
    const std::size_t index = column_index(column);
    for (std::size_t row = 0; row < rows(); ++row) count += is_missing_at(row, index);
    return count;
  }

  /// The number in a field, or in all fields of a column. A word of true_values is 1, and one of false_values 0. Throws
  /// DataError, with the place and the text of the field, for a field that is missing or is not a finite number, and
  /// for a column in which some fields are such words and others numbers.
  double number(std::size_t row, std::string_view column) const {
    std::string unquoted;
    const detail::FieldNumber read = content_->reader.number(field(row, column_index(column), unquoted));
    if (read.kind == detail::FieldKind::missing) fail_missing(row, column, {});
    if (read.kind == detail::FieldKind::other) fail_number(row, column, read.problem);
    return read.value;
  }
  std::vector<double> numbers(std::string_view column) const {
    std::vector<double> out(rows());
    std::string unquoted;
    const std::size_t index = column_index(column);
    std::size_t booleans = 0;
    for (std::size_t row = 0; row < rows(); ++row) {
      const detail::FieldNumber read = content_->reader.number(field(row, index, unquoted));
      if (read.kind == detail::FieldKind::missing)
        fail_missing(row, column,
                     {", the first of ", count_missing(column), " in ", rows(), " rows; drop_missing({",
                      detail::in_quotes(column), "}) keeps the other rows"});
      if (read.kind == detail::FieldKind::other) fail_number(row, column, read.problem);
      booleans += read.kind == detail::FieldKind::boolean;
      if (booleans != 0 && booleans != row + 1)
        fail_in(row, column,
                {detail::in_quotes(field(row, index, unquoted)), " in a column that holds words as ",
                 "true and false, and numbers too"});
      out[row] = read.value;
    }
    return out;
  }
  /// The numbers of several columns, row after row.
  std::vector<double> rows_of_numbers(const std::vector<std::string>& names) const {
    const std::vector<std::size_t> indices = content_->indices_of(names);
    std::vector<double> out;
    out.reserve(rows() * names.size());
    std::vector<bool> words(names.size());  // of the first row
    std::string unquoted;
    for (std::size_t row = 0; row < rows(); ++row)
      for (std::size_t i = 0; i < indices.size(); ++i) {
        const detail::FieldNumber read = content_->reader.number(field(row, indices[i], unquoted));
        const bool word = read.kind == detail::FieldKind::boolean;
        if (row == 0) words[i] = word;
        if (word != words[i] || read.kind > detail::FieldKind::boolean)
          for (const std::string& name : names) numbers(name);  // throws for the first column that it finds wrong
        out.push_back(read.value);
      }
    return out;
  }

  /// The place of a field in the file. It counts from the file's start, which is slow: for error messages only.
  Place place(std::size_t row, std::string_view column) const {
    return detail::place_of(content_->text, cell(checked(row), column_index(column)));
  }

  /// The rows with these indices, in this order. An index may occur more than once.
  BasicTable select(const std::vector<std::size_t>& indices) const {
    BasicTable out = *this;
    out.rows_.resize(indices.size());
    for (std::size_t i = 0; i < indices.size(); ++i) out.rows_[i] = rows_[checked(indices[i])];
    return out;
  }

  /// The rows for which keep(row) is true: table.filter([](auto row) { return row.number("pages") > 20; }).
  template <std::predicate<Row> Predicate>
  BasicTable filter(Predicate keep) const {
    std::vector<std::size_t> kept;
    for (std::size_t row = 0; row < rows(); ++row)
      if (keep(Row(*this, row))) kept.push_back(row);
    return select(kept);
  }

  /// The rows whose text in `column` is `value`, or one of `values`.
  BasicTable where(std::string_view column, std::string_view value) const { return where(column, {value}); }
  BasicTable where(std::string_view column, std::initializer_list<std::string_view> values) const {
    const std::size_t index = column_index(column);
    std::string unquoted;
    return filter([&](Row row) {
      const std::string_view text = field(row.index(), index, unquoted);
      for (const std::string_view value : values)
        if (text == value) return true;
      return false;
    });
  }

  /// The rows without missing values in these columns, or in all columns.
  BasicTable drop_missing(const std::vector<std::string>& names) const {
    const std::vector<std::size_t> indices = content_->indices_of(names);
    return filter([&](Row row) {
      for (const std::size_t index : indices)
        if (is_missing_at(row.index(), index)) return false;
      return true;
    });
  }
  BasicTable drop_missing() const { return drop_missing(columns()); }

  /// Throws DataError "minigrad: file:line:column: column "name": ..." for a field; for the user's own checks.
  [[noreturn, gnu::cold, gnu::noinline]] void fail_in(std::size_t row, std::string_view column,
                                                      std::initializer_list<detail::FormatArg> pieces) const {
    detail::fail_at(file(), place(row, column), {"column ", detail::in_quotes(column), ": ", detail::concat(pieces)});
  }

 private:
  friend detail::CsvParser<void>;

  /// All rows of a content.
  explicit BasicTable(detail::TableContent<> content)
      : content_(detail::Shared<const detail::TableContent<>>::make(std::move(content))) {
    rows_.resize(content_->cells.size() / content_->width());
    for (std::size_t row = 0; row < rows_.size(); ++row) rows_[row] = row;
  }

  [[noreturn, gnu::cold, gnu::noinline]] void fail_missing(std::size_t row, std::string_view column,
                                                           std::initializer_list<detail::FormatArg> pieces) const {
    const std::string word = text(row, column);
    fail_in(row, column, {"missing value", word.empty() ? "" : " " + detail::in_quotes(word), detail::concat(pieces)});
  }

  [[noreturn, gnu::cold, gnu::noinline]] void fail_number(std::size_t row, std::string_view column,
                                                          const char* problem) const {
    const std::string word = text(row, column);
    bool all_texts = true;
    for (const std::string& each : texts(column))
      all_texts = all_texts && content_->reader.number(each).kind != detail::FieldKind::number;
    const std::string hint = detail::number_hint(word, column, content_->options, all_texts);
    fail_in(row, column, {detail::in_quotes(word), " ", problem, hint});
  }

  std::size_t checked(std::size_t row) const {
    if (row >= rows()) detail::fail<IndexError>({file(), ": row ", row, " of a table with ", rows(), " rows"});
    return row;
  }

  std::size_t cell(std::size_t row, std::size_t column) const {
    return content_->cells[rows_[row] * content_->width() + column];
  }
  std::string_view field(std::size_t row, std::size_t column, std::string& unquoted) const {
    return content_->reader.field(content_->text, cell(checked(row), column), unquoted);
  }
  std::vector<std::string> texts_at(std::size_t column) const {
    std::vector<std::string> out(rows());
    std::string unquoted;
    for (std::size_t row = 0; row < rows(); ++row) out[row] = field(row, column, unquoted);
    return out;
  }
  bool is_missing_at(std::size_t row, std::size_t column) const {
    std::string unquoted;
    return content_->reader.is_missing(field(row, column, unquoted));
  }

  detail::Shared<const detail::TableContent<>> content_;
  std::vector<std::size_t> rows_;  // row r of this table is row rows_[r] of the file
};

/// The table that programs use; see BasicTable.
using Table = BasicTable<>;

}  // namespace minigrad::inline MINIGRAD_ABI
