// io/write_csv.hpp - tables and tensors as CSV files, which read_csv reads back: the same fields, the same numbers. Not
// part of minigrad.hpp.
#pragma once

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "../data/table.hpp"
#include "../tensor/tensor.hpp"
#include "file.hpp"

namespace minigrad::inline MINIGRAD_ABI {
namespace detail {

/// Appends a field, in quotes where RFC 4180 asks for them, and where its row would else be a blank line.
inline void append_csv_field(std::string& out, std::string_view text, bool alone) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos && !(alone && text.empty())) {
    out += text;
    return;
  }
  out += '"';
  for (const char c : text) out.append(c == '"' ? 2 : 1, c);
  out += '"';
}

inline std::string csv_header(const std::vector<std::string>& names) {
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i) out += ',';
    append_csv_field(out, names[i], names.size() == 1);
  }
  return out + '\n';
}

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

}  // namespace detail

/// A table as CSV, with the names of its columns in the first line. A missing value is an empty field.
inline std::string to_csv(const Table& table) {
  std::string out = detail::csv_header(table.columns());
  const bool alone = table.columns().size() == 1;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    for (std::size_t column = 0; column < table.columns().size(); ++column) {
      if (column) out += ',';
      detail::append_csv_field(out, table.text(row, table.columns()[column]), alone);
    }
    out += '\n';
  }
  return out;
}

/// A tensor [rows, columns] as CSV, under the given names; numbers have as many digits as they need to come back the
/// same. Throws ShapeError unless there is one name for each column, and ValueError for a number that is not finite,
/// which read_csv would not read as a number.
template <class T>
std::string to_csv(const Tensor<T>& x, const std::vector<std::string>& names) {
  if (x.rank() != 2 || names.empty() || x.shape()[1] != names.size())
    detail::fail<ShapeError>({"to_csv: x ", x.shape(), " and ", names.size(),
                              " names: expected [rows, columns], and a "
                              "name for each column"});
  std::string out = detail::csv_header(names);
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (!detail::is_finite(static_cast<double>(x[i])))
      detail::fail<ValueError>({"to_csv: row ", i / names.size(), ", column ", detail::in_quotes(names[i % names.size()]),
                                ": ", static_cast<double>(x[i]), " is not a finite number"});
    out += detail::csv_number(x[i]);
    out += (i + 1) % names.size() == 0 ? '\n' : ',';
  }
  return out;
}

/// Writes to_csv() to a file, whole or not at all. Throws DataError if the file cannot be written.
inline void write_csv(const std::string& path, const Table& table) {
  detail::write_file("write_csv", path, to_csv(table));
}
template <class T>
void write_csv(const std::string& path, const Tensor<T>& x, const std::vector<std::string>& names) {
  detail::write_file("write_csv", path, to_csv(x, names));
}

}  // namespace minigrad
