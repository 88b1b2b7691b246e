// data/to_tensor.hpp - columns of a table as a tensor.
#pragma once

#include <cmath>
#include <concepts>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include "../tensor/tensor.hpp"
#include "resolution.hpp"
#include "table.hpp"

namespace minigrad::inline MINIGRAD_ABI {
namespace detail {

/// Throws DataError if two different numbers of a column become equal in `type`.
template <class = void>
void require_told_apart(const Table& table, const std::string& column, const std::vector<double>& values,
                        const ElementType& type) {
  const auto digits_differ = [&](std::size_t a, std::size_t b) {  // whole numbers that are equal doubles already
    const std::string one = table.text(a, column), other = table.text(b, column);
    return one != other && (one + other).find_first_not_of("0123456789") == std::string::npos;
  };
  const auto [a, b] = merged_rows(values, type, digits_differ);
  if (a != b)
    table.fail_in(b, column,
                  {detail::in_quotes(table.text(b, column)), " and ", detail::in_quotes(table.text(a, column)),
                   " in line ", table.place(a, column).line, " are the same ", type.name, ", ",
                   format_number(type.round(values[a]), 17), ": ", merged_advice(type.round(values[a]), type),
                   "; with_feature(data, ", detail::in_quotes(column), ", values) takes numbers that are computed"});
}

}  // namespace detail

/// The numbers of the named columns: [rows, columns], also for one column. Throws as Table::numbers does, and DataError
/// for a number beyond T's range, and for different whole numbers of a column that are the same number in T, such as
/// seconds since 1970 in float. Other numbers may be rounded to the same, unless that takes away more than 1/10,000 of
/// the column's range.
template <std::floating_point T = float>
Tensor<T> to_tensor(const Table& table, const std::vector<std::string>& names) {
  const std::vector<double> numbers = table.rows_of_numbers(names);
  auto out = Tensor<T>::empty(Shape{table.rows(), names.size()});
  std::vector<double> column(table.rows());
  for (std::size_t i = 0; i < names.size(); ++i) {
    for (std::size_t row = 0; row < column.size(); ++row) {
      column[row] = numbers[row * names.size() + i];
      if (std::fabs(column[row]) > static_cast<double>((std::numeric_limits<T>::max)()))
        table.fail_in(row, names[i], {detail::in_quotes(table.text(row, names[i])), " is too large for a float"});
      out[row * names.size() + i] = static_cast<T>(column[row]);
    }
    detail::require_told_apart(table, names[i], column, detail::element_type<T>);
  }
  return out;
}

}  // namespace minigrad::inline MINIGRAD_ABI
