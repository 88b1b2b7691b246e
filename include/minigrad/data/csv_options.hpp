// data/csv_options.hpp - how a text file is written: separators, header, missing values. The names, and what they mean,
// are those of pandas' read_csv where it has them.
#pragma once

#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../core/version.hpp"

namespace minigrad::inline MINIGRAD_ABI {

/// The largest file that read_csv takes; it throws DataError for a larger one. A table takes at most 13 times the
/// memory of its file.
struct CsvLimits {
  std::size_t file_bytes = 256u << 20;  ///< of the whole file
  std::size_t rows = 10'000'000;        ///< of the table
  std::size_t fields = 65'536;          ///< in a row
  std::size_t field_bytes = 1u << 20;   ///< of one field
};

/// A column of a file, by its name or by its number from 0.
struct CsvColumn {
  std::string name;        ///< may be none: pandas' to_csv writes row names without
  std::size_t number = 0;  ///< from 0
  bool by_number = false;  ///< the number counts, not the name
  bool given = true;       ///< false: no column

  CsvColumn() : given(false) {}
  CsvColumn(const char* column) : name(column) {}
  CsvColumn(std::string column) : name(std::move(column)) {}
  CsvColumn(std::integral auto column) : number(static_cast<std::size_t>(column)), by_number(true) {}
};

/// CsvOptions::header: names in the first row, unless `names` gives them; and no row of names.
inline constexpr int infer_header = -2, no_header = -1;

/// read_csv("file.csv", {.sep = ';', .decimal = ','}). Options are given in the order in which they stand here.
struct CsvOptions {
  char sep = ',';                             ///< between fields; a tab for TSV
  bool delim_whitespace = false;              ///< any number of blanks and tabs between fields, instead of `sep`
  bool trailing_sep = false;                  ///< skips empty fields at the end of a line, beyond those with names
  bool fill_short_rows = false;               ///< fields that a row lacks at its end are missing values
  int header = infer_header;                  ///< the row that names the columns, from 0; rows before it are skipped
  std::vector<std::string> names = {};        ///< of all columns: without a header, or in its place if .header is given
  CsvColumn index_col = {};                   ///< names the rows: Table::index() has it, Table::columns() has not
  std::vector<CsvColumn> usecols = {};        ///< the columns to keep, in the file's order; all by default
  std::vector<std::string> true_values = {};  ///< read as the number 1, as are True, TRUE, true
  std::vector<std::string> false_values = {};  ///< read as the number 0, as are False, FALSE, false
  bool skipinitialspace = false;               ///< blanks at the beginning of a field do not belong to it
  std::size_t skiprows = 0;                    ///< lines to skip at the beginning of the file
  std::vector<std::string> na_values = {};     ///< more words for a missing value; a number stands for all equal ones
  bool keep_default_na = true;                 ///< NA, nan, null, ... are missing values: see default_na_values()
  bool skip_blank_lines = false;               ///< skips blank lines instead of refusing them
  char thousands = '\0';                       ///< between groups of digits: ',' in 1,234,567
  char decimal = '.';                          ///< the decimal point
  char quotechar = '"';                        ///< around a field that contains separators; '\0' for none
  char comment = '\0';                         ///< begins a comment, which ends with the line
  CsvLimits limits = {};                       ///< the largest file
};

/// The words that stand for a missing value in every column, those of pandas 2. An empty field is one too.
template <class = void>
const std::vector<std::string>& default_na_values() {
  static const std::vector<std::string> words = {"#N/A", "#N/A N/A", "#NA",     "-1.#IND", "-1.#QNAN", "-NaN",
                                                 "-nan", "1.#IND",   "1.#QNAN", "<NA>",    "N/A",      "NA",
                                                 "NULL", "NaN",      "None",    "n/a",     "nan",      "null"};
  return words;
}

namespace detail {
[[gnu::cold]] inline bool is_default_na(std::string_view word) {
  for (const std::string& each : default_na_values())
    if (each == word) return true;
  return false;
}
}  // namespace detail

}  // namespace minigrad::inline MINIGRAD_ABI
