// io/write_csv.hpp - tables and tensors as CSV files, which read_csv without options reads back: the same texts, the
// same numbers, the same missing values. What it would read otherwise is refused, but for whole numbers above 2^53: the
// file has all their digits, and read_csv gives doubles. Not part of minigrad.hpp.
#pragma once

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "../data/table.hpp"
#include "../data/utf8.hpp"
#include "../tensor/tensor.hpp"
#include "file.hpp"

namespace minigrad::inline MINIGRAD_ABI {
namespace detail {

inline void append_in_quotes(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) out.append(c == '"' ? 2 : 1, c);
  out += '"';
}

/// Appends a field, in quotes where RFC 4180 asks for them, and where its row would else be a blank line.
inline void append_csv_field(std::string& out, std::string_view text, bool alone) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos && !(alone && text.empty())) out += text;
  else append_in_quotes(out, text);
}

/// The names of columns, in quotes where read_csv would else take them for data, or the file for one of another kind.
inline std::string csv_header(const char* op, const std::vector<std::string>& names) {
  const std::vector<std::size_t> order = order_by_name(names);
  for (std::size_t i = 1; i < names.size(); ++i)
    if (names[order[i]] == names[order[i - 1]])
      fail<ValueError>({op, ": two columns are named ", in_quotes(names[order[i]])});
  const bool alone = names.size() == 1;
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string& name = names[i];
    if (name.empty()) fail<ValueError>({op, ": column ", i, " has no name"});
    if (const Utf8Problem problem = find_utf8_problem(name); !problem.what.empty())
      fail<ValueError>({op, ": column ", i, ": ", problem.what});
    const bool like_data = parse_number(name).problem == nullptr ||
                           (alone && (likely_separator(name, {}) != '\0' || begins_with_number(name)));
    const bool like_another_file = i == 0 && (foreign_file(name) != nullptr || name.compare(0, 3, "\xEF\xBB\xBF") == 0);
    if (i) out += ',';
    if (like_data || like_another_file) append_in_quotes(out, name);
    else append_csv_field(out, name, alone);
  }
  return out + '\n';
}

/// The fields of a table in the words of read_csv without options.
class CsvFields {
 public:
  CsvFields(const char* op, const CsvOptions& options)
      : op_(op), format_{options.decimal, options.thousands}, as_read_(options), plain_(CsvOptions()) {}

  std::string operator()(std::size_t row, const std::string& column, std::string text) const {
    const FieldNumber is = as_read_.number(text), written = plain_.number(text);
    if (is.kind == FieldKind::missing) return "";
    if (is.kind != written.kind || (is.kind != FieldKind::other && is.value != written.value)) {
      if (is.kind == FieldKind::boolean) return is.value == 1 ? "true" : "false";
      if (is.kind == FieldKind::number) return plain_decimal(without_blanks(text), format_);
      fail<ValueError>({op_, ": row ", row, ", column ", in_quotes(column), ": the text ", in_quotes(text), " is a ",
                        written.kind == FieldKind::missing ? "missing value" : "number", " for read_csv"});
    }
    if (is.kind == FieldKind::other && text == column)
      fail<ValueError>({op_, ": row ", row, ", column ", in_quotes(column), ": the text is the name of the column, by ",
                        "which read_csv recognizes a file without names"});
    return text;
  }

 private:
  const char* op_;
  DecimalFormat format_;
  FieldReader<> as_read_, plain_;
};

/// As few digits as give back the same number of type T.
template <class T>
std::string csv_number(T value) {
  if constexpr (std::is_integral_v<T>)
    return concat({value});
  else {
    const double number = static_cast<double>(value);
    for (int digits = 6; sizeof(T) < sizeof(double) && digits < 9; ++digits) {
      char text[40];
      std::snprintf(text, sizeof text, "%.*g", digits, number);
      if (static_cast<T>(std::strtod(text, nullptr)) == value) return format_number(number, digits);
    }
    return sizeof(T) < sizeof(double) ? format_number(number, 9) : format_exact(number);
  }
}

inline std::string csv_text(const char* op, const Table& table) {
  const bool has_index = table.options().index_col.given;
  std::vector<std::string> names = table.columns();
  const std::vector<std::string> index = has_index ? table.index() : std::vector<std::string>();
  if (has_index) names.insert(names.begin(), table.index_name().empty() ? "index" : table.index_name());
  std::string out = csv_header(op, names);
  const CsvFields field(op, table.options());
  for (std::size_t row = 0; row < table.rows(); ++row) {
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (i) out += ',';
      std::string text = has_index && i == 0 ? index[row] : table.text(row, names[i]);
      append_csv_field(out, field(row, names[i], std::move(text)), names.size() == 1);
    }
    out += '\n';
  }
  return out;
}

template <class T>
std::string csv_text(const char* op, const Tensor<T>& x, const std::vector<std::string>& names) {
  if (x.rank() != 2 || names.empty() || x.shape()[1] != names.size())
    fail<ShapeError>({op, ": x ", x.shape(), " and ", names.size(),
                      " names: expected [rows, columns], and a name for each column"});
  std::string out = csv_header(op, names);
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (!is_finite(static_cast<double>(x[i])))
      fail<ValueError>({op, ": row ", i / names.size(), ", column ", in_quotes(names[i % names.size()]), ": ",
                        static_cast<double>(x[i]), " is not a finite number"});
    out += csv_number(x[i]);
    out += (i + 1) % names.size() == 0 ? '\n' : ',';
  }
  return out;
}

}  // namespace detail

/// A table as CSV, with the names of its columns in the first line. read_csv without options reads it back: a missing
/// value is an empty field, a number has a decimal point and no thousands separators, and a word of true_values is
/// true. The names of the rows are the first column, which .index_col = 0 makes names again; one without a name is
/// called index. Throws ValueError, which names the field, for a text that read_csv would read as a missing value, a number
/// or the name of its column; and for names as the other to_csv does.
inline std::string to_csv(const Table& table) { return detail::csv_text("to_csv", table); }

/// A tensor [rows, columns] as CSV, under the given names; numbers have as many digits as they need to come back the
/// same (those of whole numbers above 2^53 by a reader of whole numbers). Throws ShapeError unless there is one name
/// for each column, and ValueError for a number that is not finite, which read_csv would not read as a number, and for
/// names that are empty, occur twice or are not UTF-8.
template <class T>
std::string to_csv(const Tensor<T>& x, const std::vector<std::string>& names) {
  return detail::csv_text("to_csv", x, names);
}

/// Writes to_csv() to a file, whole or not at all. Throws what that throws, and DataError if the file cannot be
/// written.
inline void write_csv(const std::string& path, const Table& table) {
  detail::write_file("write_csv", path, detail::csv_text("write_csv", table));
}
template <class T>
void write_csv(const std::string& path, const Tensor<T>& x, const std::vector<std::string>& names) {
  detail::write_file("write_csv", path, detail::csv_text("write_csv", x, names));
}

}  // namespace minigrad
