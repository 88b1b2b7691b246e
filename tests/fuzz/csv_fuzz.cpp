// A libFuzzer program for the CSV reader; not part of the build:
//
//   clang++ -std=c++20 -O1 -g -fsanitize=fuzzer,address,undefined -Iinclude tests/fuzz/csv_fuzz.cpp -o csv_fuzz
//   ./csv_fuzz -max_total_time=60 -dict=tests/fuzz/csv.dict
//
// Whatever the bytes: the reader throws DataError with a message on one line, or it gives a table of which every field
// can be read, which comes back the same after it is written and read again, and whose numbers are finite.
#include <minigrad/data/csv.hpp>

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
    require(table.is_missing(row, column) == text.empty());
    if (minigrad::detail::is_decimal(text))
      require(minigrad::detail::decimal_value(text) == minigrad::detail::decimal_by_strtod(text));
    try {
      require(std::isfinite(table.number(row, column)));
    } catch (const minigrad::DataError& error) {
      check_message(error);
      require(minigrad::Place{error.line, error.column} == table.place(row, column));
    }
  }
  try {
    require(table.numbers(column).size() == table.rows());
  } catch (const minigrad::DataError& error) {
    check_message(error);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + size);
  try {
    const minigrad::Table table = minigrad::parse_csv(text, "f.csv");
    const minigrad::Table again = minigrad::parse_csv(written(table), "f.csv");
    require(again.columns() == table.columns() && again.rows() == table.rows());
    for (const std::string& column : table.columns()) {
      require(again.texts(column) == table.texts(column));
      check_numbers(table, column);
    }
  } catch (const minigrad::DataError& error) {
    check_message(error);
  }
  return 0;
}
