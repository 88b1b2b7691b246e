// data/csv_hints.hpp - the likely cause of what read_csv refuses, and the option that mends it. Only error messages
// call these functions: nothing is guessed while reading.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "../core/error.hpp"
#include "csv_options.hpp"
#include "field.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

/// What a separator is called in a message.
template <class = void>
[[gnu::cold]] std::string separator_name(const CsvOptions& options) {
  if (options.delim_whitespace) return "blank";
  const char sep = options.sep;
  return sep == ',' ? "comma" : sep == ';' ? "semicolon" : sep == '\t' ? "tab" : "'" + std::string(1, sep) + "'";
}

/// A character as it is written in a program.
template <class = void>
[[gnu::cold]] std::string char_literal(char c) {
  return c == '\t' ? "'\\t'" : c == '\0' ? "'\\0'" : c == '\'' ? "'\\''" : "'" + std::string(1, c) + "'";
}

/// The separator that a header of one field seems to have instead of options.sep, or '\0'.
template <class = void>
[[gnu::cold]] char likely_separator(std::string_view header, const CsvOptions& options) {
  for (const char sep : {';', '\t', '|', ','})
    if (!options.delim_whitespace && sep != options.sep && header.find(sep) != header.npos) return sep;
  return '\0';
}

/// What kind of file begins with these bytes, if it is no text in UTF-8.
template <class = void>
[[gnu::cold]] const char* foreign_file(std::string_view text) {
  if (text.substr(0, 2) == "\x1F\x8B")
    return "the file is compressed by gzip: unpack it, or #include <minigrad/io/gzip.hpp> and "
           "parse_csv(read_gzip(file), "
           "file)";
  if (text.substr(0, 4) == "PK\x03\x04") return "a zip archive or an Excel workbook; save the table as CSV";
  if (text.substr(0, 2) == "\xFF\xFE" || text.substr(0, 2) == "\xFE\xFF")
    return "the text is UTF-16; save the file as UTF-8";
  if (text.substr(0, 6) == "\xEF\xBB\xBF\xEF\xBB\xBF")
    return "two byte order marks; the second would be an invisible part of the first name";
  return nullptr;
}

/// What to say of names that may be data: nothing where options say which row has the names.
template <class = void>
[[gnu::cold]] const char* header_hint(const CsvOptions& options) {
  return options.header == infer_header && options.names.empty()
             ? "; the first row names the columns: where it is data, .header = no_header or .names = {...}"
             : "";
}

/// Why column `column` of `columns` may have no name.
template <class = void>
[[gnu::cold]] std::string no_name_hint(std::size_t column, std::size_t columns, bool only_empty_names_follow) {
  if (columns == 1) return "";
  if (column == 0)
    return ": row names, as pandas' to_csv and R's write.csv write them? .index_col = 0 takes them as such";
  return only_empty_names_follow ? ": does each line end with a separator? .trailing_sep = true skips it" : "";
}

/// Whether `text` holds several numbers with blanks between them.
template <class = void>
[[gnu::cold]] bool is_numbers_between_blanks(std::string_view text) {
  std::size_t count = 0;
  for (text = without_blanks(text); !text.empty(); text = without_blanks(text), ++count) {
    const std::size_t end = text.find_first_of(" \t");
    if (!is_decimal(text.substr(0, end))) return false;
    text.remove_prefix(end == text.npos ? text.size() : end);
  }
  return count > 1;
}

/// Whether `text` begins with a number, and goes on after a blank.
template <class = void>
[[gnu::cold]] bool begins_with_number(std::string_view text) {
  text = without_blanks(text);
  const std::size_t end = text.find_first_of(" \t");
  return end != text.npos && is_decimal(text.substr(0, end));
}

/// Whether `text` begins as dates do: 2021-03-04, 10/03/2004, 4.3.2021, 19-Sep-03.
template <class = void>
[[gnu::cold]] bool is_date_like(std::string_view text) {
  std::size_t digits = 0, letters = 0, separators = 0;
  for (const char c : text.substr(0, 11)) {
    if (c >= '0' && c <= '9')
      ++digits;
    else if (c == '-' || c == '/' || c == '.')
      ++separators;
    else if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'))
      ++letters;
    else
      break;
  }
  const bool numbers = letters == 0 && digits >= 4, month = letters == 3 && digits >= 3;
  return separators == 2 && (numbers || month) && text.front() >= '0' && text.front() <= '9';
}

/// Whether the first field of a row begins as comments do.
template <class = void>
[[gnu::cold]] bool begins_comment(std::string_view first, const CsvOptions& options) {
  return options.comment == '\0' && without_blanks(first).substr(0, 1) == "#";
}

/// What may be wrong with a row of fewer fields than there are columns.
template <class = void>
[[gnu::cold]] std::string short_row_hint(std::size_t fields, std::string_view first, const CsvOptions& options) {
  if (begins_comment(first, options)) return "; .comment = '#' skips comments";
  const char sep = fields == 1 ? likely_separator(first, options) : '\0';
  if (sep != '\0') return "; is .sep = " + char_literal(sep) + "?";
  return fields > 1 ? "; .fill_short_rows = true makes missing values of the others" : "";
}

/// What may be wrong with a row of more fields than there are columns. `names_it`: it is the first, with one more.
template <class = void>
[[gnu::cold]] std::string long_row_hint(std::size_t columns, std::string_view first_name, std::string_view first,
                                        const CsvOptions& options, bool ends_in_separator, bool names_it) {
  if (begins_comment(first, options)) return "; .comment = '#' skips comments";
  if (ends_in_separator) return "; .trailing_sep = true skips separators at the end of lines";
  if (columns != 1 && names_it)
    return "; are the first fields row names, as R's write.table writes them, without a name above? .names = {...}, "
           ".index_col = 0 and .skiprows = 1 read them";
  if (columns != 1 || first_name.empty()) return "";
  return first_name.substr(0, 1) == "#" ? "; if the first row is a comment, .comment = '#'"
                                        : "; if the first row is a title, .skiprows = 1";
}

/// Whether the text is a number before a percent sign, or before or after a sign of a currency.
template <class = void>
[[gnu::cold]] bool has_unit(std::string_view text) {
  for (const std::string_view unit : {"%", "$", "\u20AC", "\u00A3"}) {
    const std::size_t rest = text.size() < unit.size() ? 0 : text.size() - unit.size();
    if (text.substr(rest) == unit && is_decimal(without_blanks(text.substr(0, rest)))) return true;
    if (text.substr(0, unit.size()) == unit && is_decimal(without_blanks(text.substr(unit.size())))) return true;
  }
  return false;
}

/// What may make a number, or a missing value, of a field that is neither. `all_texts`: no field of the column is a
/// number.
template <class = void>
[[gnu::cold]] std::string number_hint(std::string_view field, std::string_view column, const CsvOptions& options,
                                      bool all_texts) {
  const std::string_view text = without_blanks(field);
  if (begins_comment(text, options)) return ": .comment = '#' skips comments";
  if (is_numbers_between_blanks(text)) return ": fields between blanks? .delim_whitespace = true separates them";
  const auto is_number = [](std::string_view one, DecimalFormat format) {
    return parse_number(one, format).problem == nullptr;
  };
  const bool comma = is_number(text, {',', '\0'}) && options.decimal != ',' && options.thousands != ',';
  const bool commas = is_number(text, {'.', ','}) && options.thousands != ',' && text.find(',') != text.npos;
  if (comma && commas) return ": .decimal = ',' reads a decimal comma, .thousands = ',' skips one between thousands";
  if (comma) return ": .decimal = ',' reads a decimal comma";
  if (commas && options.decimal == ',') return ": .thousands = ',', .decimal = '.' read such numbers";
  if (commas) return ": .thousands = ',' skips commas between thousands";
  for (const char thousands : {'.', '\'', ' '})
    if (is_number(text, {',', thousands}))
      return ": .thousands = " + char_literal(thousands) + ", .decimal = ',' read such numbers";
  if (is_date_like(text)) return concat({": to_days(table, ", detail::in_quotes(column), ") and to_seconds read dates"});
  std::string joined(text);  // its groups of digits
  if (std::erase(joined, options.thousands) > 0 && is_number(joined, {options.decimal, '\0'}))
    return concat({": ", char_literal(options.thousands), " is .thousands, and stands between groups of three digits"});
  if (is_number(text, {})) return concat({": .decimal is ", char_literal(options.decimal)});
  for (const char* word : {"?", "-", "--", ".", "*", "missing", "Missing", "unknown", "none", "N.A.", "na", "Null"})
    if (text == word || (!options.keep_default_na && is_default_na(text)))
      return concat({": .na_values = {", detail::in_quotes(text), "} if that stands for a missing value"});
  if (has_unit(text))
    return concat({": a number with a unit: compute numbers from table.texts(", detail::in_quotes(column),
                   "), and with_feature adds them to a dataset"});
  if (all_texts && !is_decimal(text))
    return concat({": class_labels(table, ", detail::in_quotes(column), ") makes classes of a column of words"});
  return "";
}

}  // namespace minigrad::inline MINIGRAD_ABI::detail
