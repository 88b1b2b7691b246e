// A libFuzzer program for the CSV reader; not part of the build:
//
//   clang++ -std=c++20 -O1 -g -fsanitize=fuzzer,address,undefined -Iinclude tests/fuzz/csv_fuzz.cpp -o csv_fuzz
//   ./csv_fuzz -max_total_time=60 -dict=tests/fuzz/csv.dict
//
// The first four bytes choose the options. Whatever the bytes: the reader throws DataError with a message on one line,
// or it gives a table of which every field can be read, which comes back the same after it is written and read again,
// and whose numbers are finite; classes and dates are read or refused.
#include <minigrad/data/classes.hpp>
#include <minigrad/data/csv.hpp>
#include <minigrad/data/dates.hpp>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

std::string in_quotes(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? "\"\"" : std::string(1, c);
  return out + "\"";
}

std::string written(const minigrad::Table& table) {
  std::string out;
  for (std::size_t column = 0; column < table.columns().size(); ++column)
    out += (column ? "," : "") + in_quotes(table.columns()[column]);
  for (std::size_t row = 0; row < table.rows(); ++row)
    for (std::size_t column = 0; column < table.columns().size(); ++column)
      out += (column ? "," : "\r\n") + in_quotes(table.text(row, table.columns()[column]));
  return out;
}

void check_message(const minigrad::DataError& error) {
  const std::string what = error.what();
  require(what.rfind("minigrad: f.csv:", 0) == 0 && what.find('\n') == std::string::npos && error.file == "f.csv");
  require((error.line == 0) == (error.column == 0));
}

void check_numbers(const minigrad::Table& table, const std::string& column) {
  for (std::size_t row = 0; row < table.rows(); ++row) {
    const std::string text = table.text(row, column);
    require(table.is_missing(row, column) || !text.empty());
    if (minigrad::detail::is_decimal(text))
      require(minigrad::detail::decimal_value(text) == minigrad::detail::decimal_by_strtod(text));
    try {
      require(std::isfinite(table.number(row, column)));
    } catch (const minigrad::DataError& error) {
      check_message(error);
      require(minigrad::Place{error.line, error.column} == table.place(row, column));
    }
  }
  const auto try_out = [](const auto& function) {
    try {
      function();
    } catch (const minigrad::DataError& error) {
      check_message(error);
    }
  };
  try_out([&] { require(table.numbers(column).size() == table.rows()); });
  try_out([&] {
    const auto labels = minigrad::class_labels(table, column);
    for (std::size_t row = 0; row < table.rows(); ++row)
      require(labels.names.at(static_cast<std::size_t>(labels.codes[row])) == table.text(row, column));
  });
  try_out([&] {
    for (const double day : minigrad::to_days(table, column)) require(std::isfinite(day));
  });
  try_out([&] {
    for (const double second : minigrad::to_seconds(table, column, "%d/%b/%y %H:%M:%S")) require(std::isfinite(second));
  });
}

}  // namespace

namespace {

minigrad::CsvOptions options_of(const std::uint8_t* bytes) {
  minigrad::CsvOptions options;
  const unsigned a = bytes[0], b = bytes[1], c = bytes[2], d = bytes[3];
  options.sep = ",,;\t| :a"[a % 8];
  options.delim_whitespace = a / 8 % 8 == 1;
  options.trailing_sep = a / 64 % 2;
  options.skipinitialspace = a / 128;
  options.fill_short_rows = b / 16 % 2 != 0;
  options.header = static_cast<int>(b % 8) < 5 ? static_cast<int>(b % 8) - 2 : minigrad::infer_header;
  if (b / 8 % 4 == 1) options.names = {"x", "y"};
  if (b / 32 % 4 == 1) options.index_col = b / 128;
  if (b / 32 % 4 == 2) options.index_col = "a";
  if (c % 4 == 1) options.usecols = {1, 0};
  if (c % 4 == 2) options.usecols = {"a", 2};
  options.skiprows = c / 4 % 8 == 1 ? c / 32 % 4 : 0;
  options.keep_default_na = c / 128;
  if (d % 4 == 1) options.na_values = {"?", "-1"};
  if (d % 4 == 2) options.true_values = {"1", "ja"};
  options.skip_blank_lines = d / 4 % 2;
  options.thousands = "\0\0,."[d / 8 % 4];
  options.decimal = "..,."[d / 32 % 4];
  options.quotechar = "\"\"'\0"[c / 32 % 4];
  options.comment = d / 128 ? '#' : '\0';
  return options;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4) return 0;
  try {
    const std::string text(data + 4, data + size);
    const minigrad::Table table = minigrad::parse_csv(text, "f.csv", options_of(data));
    const minigrad::Table again = minigrad::parse_csv(written(table), "f.csv", {.header = 0});
    require(again.columns() == table.columns() && again.rows() == table.rows());
    for (const std::string& column : table.columns()) {
      require(again.texts(column) == table.texts(column));
      check_numbers(table, column);
    }
    try {
      require(table.index().size() == table.rows());
    } catch (const minigrad::DataError& error) {
      check_message(error);
    }
  } catch (const minigrad::DataError& error) {
    check_message(error);
  } catch (const minigrad::ValueError&) {  // options that contradict each other
  }
  return 0;
}
