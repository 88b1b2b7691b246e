// data/field_reader.hpp - what a field means: its text between separators and quotes, a number, a missing value.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "csv_hints.hpp"
#include "csv_options.hpp"
#include "field.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

/// Throws ValueError for options that cannot have their meaning, and for two that contradict each other.
template <class = void>
void check_options(const CsvOptions& options) {
  const struct {
    const char* name;
    char c;
  } roles[] = {{".sep", options.delim_whitespace ? ' ' : options.sep},
               {".quotechar", options.quotechar},
               {".comment", options.comment},
               {".decimal", options.decimal},
               {".thousands", options.thousands}};
  for (const auto& role : roles) {
    const bool of_numbers = &role >= roles + 3;
    const bool letter = (role.c >= 'a' && role.c <= 'z') || (role.c >= 'A' && role.c <= 'Z');
    if (role.c == '\n' || role.c == '\r' || static_cast<unsigned char>(role.c) > 127)
      fail<ValueError>({"parse_csv: ", role.name, ": a line end or a part of a character"});
    if (of_numbers && (letter || role.c == '+' || role.c == '-' || (role.c >= '0' && role.c <= '9')))
      fail<ValueError>(
          {"parse_csv: ", role.name, " is ", char_literal(role.c), ": no digit, letter or sign can be that"});
    for (const auto& other : roles) {
      const bool quoted = &role == roles && &other >= roles + 3;  // "1,5" and "1,234", in quotes between commas
      if (&role < &other && role.c == other.c && role.c != '\0' && !quoted)
        fail<ValueError>({"parse_csv: ", role.name, " and ", other.name, " are both ", char_literal(role.c)});
    }
  }
  if (options.sep == '\0') fail<ValueError>({"parse_csv: .sep is '\\0': no text has that between its fields"});
  if (options.delim_whitespace && options.sep != ',')
    fail<ValueError>({"parse_csv: .sep = ", char_literal(options.sep), " and .delim_whitespace = true: one of them"});
  if (options.header < infer_header)
    fail<ValueError>({"parse_csv: .header is ", options.header, ": rows count from 0"});
  const auto require_apart = [](const char* name, const std::vector<std::string>& words, const char* other_name,
                                const std::vector<std::string>& others) {
    for (const std::string& word : words)
      for (const std::string& other : others)
        if (word == other) fail<ValueError>({"parse_csv: ", name, " and ", other_name, " both have ", in_quotes(word)});
  };
  const std::vector<std::string> none;
  const std::vector<std::string>& missing = options.keep_default_na ? default_na_values() : none;
  const std::vector<std::string>&yes = options.true_values, &no = options.false_values;
  require_apart(".true_values", yes, ".false_values", no);
  require_apart(".true_values", yes, ".na_values", options.na_values);
  require_apart(".false_values", no, ".na_values", options.na_values);
  require_apart(".true_values", yes, "the default words for false", {"False", "FALSE", "false"});
  require_apart(".false_values", no, "the default words for true", {"True", "TRUE", "true"});
  require_apart(".true_values", yes, ".keep_default_na", missing);
  require_apart(".false_values", no, ".keep_default_na", missing);
}

/// What a field holds when a number is asked for. A word of true_values or false_values is the number 1 or 0.
enum class FieldKind { number, boolean, missing, other };

struct FieldNumber {
  FieldKind kind;
  double value = 0;
  const char* problem = nullptr;  ///< of kind other: "is not a number"
};

/// Reads the fields of a file that is written as the options say.
template <class = void>
class FieldReader {
 public:
  explicit FieldReader(const CsvOptions& options)
      : quote_(options.quotechar),
        format_{options.decimal, options.thousands},
        true_({"True", "TRUE", "true"}),
        false_({"False", "FALSE", "false"}) {
    ends_field_[index('\r')] = ends_field_[index('\n')] = true;
    if (options.comment != '\0') ends_field_[index(options.comment)] = true;
    if (options.delim_whitespace)
      ends_field_[index(' ')] = ends_field_[index('\t')] = true;
    else
      ends_field_[index(options.sep)] = true;
    if (options.keep_default_na) missing_ = default_na_values();
    for (const std::string& word : options.na_values) {
      missing_.emplace_back(without_blanks(word));
      const ParsedNumber number = parse_number(word);
      if (number.problem == nullptr) missing_numbers_.push_back(number.value);
    }
    for (const std::string& word : missing_)
      if (!word.empty()) begins_missing_[index(word[0])] = true;
    for (const std::string& word : options.true_values) true_.push_back(word);
    for (const std::string& word : options.false_values) false_.push_back(word);
    for (const std::vector<std::string>* words : {&missing_, &true_, &false_})
      for (const std::string& word : *words)
        if (is_decimal(word)) words_may_be_numbers_ = true;
  }

  /// Whether a field begins with an opening quote at text[at].
  bool is_quoted(std::string_view text, std::size_t at) const {
    return quote_ != '\0' && at < text.size() && text[at] == quote_;
  }

  /// The end of the field without quotes that begins at text[at]: a separator, a line end, a comment, or the end.
  std::size_t plain_end(std::string_view text, std::size_t at) const {
    while (at < text.size() && !ends_field_[index(text[at])]) ++at;
    return at;
  }

  /// The text of the field that begins at text[at], without its quotes; two quotes in it are one. It refers to `text`,
  /// or to `unquoted` if that had to be changed. parse_csv has checked that every quote is closed.
  std::string_view field(std::string_view text, std::size_t at, std::string& unquoted) const {
    if (!is_quoted(text, at)) return text.substr(at, plain_end(text, at) - at);
    std::size_t quote = text.find(quote_, ++at);
    if (quote + 1 == text.size() || text[quote + 1] != quote_) return text.substr(at, quote - at);
    unquoted.clear();
    for (;; quote = text.find(quote_, at)) {
      unquoted.append(text, at, quote - at);
      at = quote + 1;
      if (at == text.size() || text[at] != quote_) return unquoted;
      unquoted += quote_;
      ++at;
    }
  }

  /// Whether a field is empty, or is a word for a missing value. Blanks around it do not count.
  bool is_missing(std::string_view field) const {
    field = without_blanks(field);
    if (field.empty() || (begins_missing_[index(field[0])] && contains(missing_, field))) return true;
    if (missing_numbers_.empty()) return false;
    const ParsedNumber number = parse_number(field, format_);
    return number.problem == nullptr && is_missing_number(number.value);
  }

  FieldNumber number(std::string_view field) const {
    ParsedNumber parsed = {0, "is not a number"};
    if (!words_may_be_numbers_) {
      parsed = parse_number(field, format_);
      if (parsed.problem == nullptr) return {FieldKind::number, parsed.value};
    }
    if (is_missing(field)) return {FieldKind::missing};
    const std::string_view word = without_blanks(field);
    if (contains(true_, word)) return {FieldKind::boolean, 1};
    if (contains(false_, word)) return {FieldKind::boolean, 0};
    if (words_may_be_numbers_) parsed = parse_number(field, format_);
    return {parsed.problem ? FieldKind::other : FieldKind::number, parsed.value, parsed.problem};
  }

 private:
  static std::size_t index(char c) { return static_cast<unsigned char>(c); }

  static bool contains(const std::vector<std::string>& words, std::string_view word) {
    for (const std::string& each : words)
      if (each == word) return true;
    return false;
  }

  bool is_missing_number(double value) const {
    for (const double each : missing_numbers_)
      if (each == value) return true;
    return false;
  }

  char quote_;
  DecimalFormat format_;
  bool ends_field_[256] = {}, begins_missing_[256] = {};  // by character
  std::vector<std::string> missing_, true_, false_;
  std::vector<double> missing_numbers_;
  bool words_may_be_numbers_ = false;
};

}  // namespace minigrad::inline MINIGRAD_ABI::detail
