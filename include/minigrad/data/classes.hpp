// data/classes.hpp - a column of words as classes, numbered from 0.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../tensor/tensor.hpp"
#include "table.hpp"

namespace minigrad::inline MINIGRAD_ABI {

/// The classes of the rows of a table: row i belongs to names[codes[i]].
struct ClassLabels {
  std::string column;              ///< where they are from
  Tensor<std::int64_t> codes;      ///< [rows], as the losses for classes take them
  std::vector<std::string> names;  ///< of the classes
};

namespace detail {

/// The distinct texts in a sorted order: that of the numbers if all are numbers, otherwise that of their bytes.
template <class = void>
std::vector<std::string> sorted_classes(const std::vector<std::string>& texts) {
  std::vector<std::string> out;
  std::vector<double> numbers;
  for (const std::size_t i : order_by_name(texts))
    if (out.empty() || out.back() != texts[i]) out.push_back(texts[i]);
  for (const std::string& name : out) {
    const ParsedNumber number = parse_number(name);
    if (number.problem != nullptr) return out;
    numbers.push_back(number.value);
  }
  std::vector<std::string> by_number;
  for (const std::size_t i :
       order_of(out.size(), [&](std::size_t a, std::size_t b) { return numbers[a] < numbers[b]; }))
    by_number.push_back(out[i]);
  return by_number;
}

/// An i such that names[i] and names[i - 1] are the same number, if all sorted classes are numbers; 0 if there is none.
template <class = void>
std::size_t same_numbers(const std::vector<std::string>& names) {
  std::size_t found = 0;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const ParsedNumber number = parse_number(names[i]);
    if (number.problem != nullptr) return 0;
    if (found == 0 && i > 0 && number.value == parse_number(names[i - 1]).value) found = i;
  }
  return found;
}

}  // namespace detail

/// The classes of a column whose names are given, such as those of the training rows: row i belongs to class c if its
/// text is names[c]. Throws DataError, with the place of the field, for a missing value and for a text that is not
/// among the names, and ValueError for a name that is given twice.
template <class = void>
ClassLabels class_labels(const Table& table, std::string_view column, std::vector<std::string> names) {
  const std::vector<std::size_t> order = detail::order_by_name(names);
  for (std::size_t i = 1; i < order.size(); ++i)
    if (names[order[i]] == names[order[i - 1]])
      detail::fail<ValueError>({"class_labels: the class ", detail::in_quotes(names[order[i]]), " is named twice"});
  const std::vector<std::string> texts = table.texts(column);
  auto codes = Tensor<std::int64_t>::empty(Shape{texts.size()});
  for (std::size_t row = 0; row < texts.size(); ++row) {
    const std::size_t code = detail::find_name(names, order, texts[row]);
    if (code == names.size()) {
      if (table.is_missing(row, column))
        table.fail_in(row, column,
                      {"missing value ", detail::in_quotes(texts[row]), "; drop_missing({", detail::in_quotes(column),
                       "}) keeps the other rows"});
      table.fail_in(row, column, {detail::in_quotes(texts[row]), " is none of the classes ", detail::quoted_list(names)});
    }
    codes[row] = static_cast<std::int64_t>(code);
  }
  return {std::string(column), std::move(codes), std::move(names)};
}

/// The classes of a column, named by its texts: in the order of the numbers if all texts are numbers, otherwise in that
/// of the alphabet (of their bytes). Throws DataError, with the place of the field, for a missing value, and for two
/// texts that differ only by blanks around them, or where all are numbers are the same one (1 and 1.0).
///
///   const ClassLabels species = class_labels(table, "species");
///   const ClassLabels later = class_labels(other_table, "species", species.names);
template <class = void>
ClassLabels class_labels(const Table& table, std::string_view column) {
  const std::vector<std::string> texts = table.texts(column);
  for (std::size_t row = 0; row < texts.size(); ++row)
    if (table.is_missing(row, column))
      table.fail_in(row, column,
                    {"missing value ", detail::in_quotes(texts[row]), "; drop_missing({", detail::in_quotes(column),
                     "}) keeps the other rows",
                     detail::is_default_na(texts[row]) && table.options().keep_default_na
                         ? ", and .keep_default_na = false takes words such as NA as text"
                         : ""});
  std::vector<std::string> names = detail::sorted_classes(texts), bare;
  for (const std::string& name : names) bare.emplace_back(detail::without_blanks(name));
  const std::vector<std::size_t> order = detail::order_by_name(bare);
  for (std::size_t i = 1; i < order.size(); ++i)
    if (bare[order[i]] == bare[order[i - 1]])
      detail::fail_at(table.file(), {},
                      {"column ", detail::in_quotes(column), ": the classes ", detail::in_quotes(names[order[i - 1]]),
                       " and ", detail::in_quotes(names[order[i]]),
                       " differ by blanks only; .skipinitialspace = true leaves out those before a "
                       "field"});
  if (const std::size_t i = detail::same_numbers(names))
    detail::fail_at(table.file(), {},
                    {"column ", detail::in_quotes(column), ": the classes ", detail::in_quotes(names[i - 1]), " and ",
                     detail::in_quotes(names[i]),
                     " are the same number: make_dataset with the name of the column and "
                     "std::int64_t as type of the targets reads numbers, and a list of names takes both as classes"});
  return class_labels(table, column, std::move(names));
}

}  // namespace minigrad::inline MINIGRAD_ABI
