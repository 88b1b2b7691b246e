#include <minigrad/data/csv.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#ifndef MINIGRAD_DATA_DIR
#define MINIGRAD_DATA_DIR "examples/data"
#endif

using minigrad::CsvOptions;
using minigrad::DataError;
using minigrad::parse_csv;
using minigrad::read_csv;
using minigrad::Table;

namespace {

using Strings = std::vector<std::string>;

/// The error that reading the text as "x.csv" throws; fails the test when there is none.
DataError refusal(const std::string& text, const CsvOptions& options = {}) {
  std::optional<DataError> error;
  try {
    parse_csv(text, "x.csv", options);
  } catch (const DataError& e) {
    error = e;
  }
  REQUIRE_MESSAGE(error.has_value(), text);
  CHECK(error->file == "x.csv");
  return *error;
}

void check_refused(const std::string& text, std::size_t line, std::size_t column, const std::string& why,
                   const CsvOptions& options = {}) {
  const DataError error = refusal(text, options);
  CHECK(error.line == line);
  CHECK(error.column == column);
  const std::string place = line == 0 ? "" : std::to_string(line) + ":" + std::to_string(column) + ":";
  CHECK(std::string(error.what()) == "minigrad: x.csv:" + place + " " + why);
}

/// A file that exists as long as this object.
struct TemporaryFile {
  std::string path;

  explicit TemporaryFile(const std::string& content)
      : path((std::filesystem::temp_directory_path() /
              ("minigrad_csv_test_" + std::to_string(reinterpret_cast<std::uintptr_t>(this)) + ".csv"))
                 .string()) {
    std::ofstream(path, std::ios::binary) << content;
  }
  ~TemporaryFile() {
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);  // Windows keeps what may not be written
    std::filesystem::remove(path);
  }
};

}  // namespace

const std::string hint = "; the first row names the columns: where it is data, .header = no_header or .names = {...}";

TEST_CASE("the first row names the columns, the others are the rows") {
  const Table table = parse_csv("pages,minutes\n61,108.567\n26,51.383\n");
  CHECK(table.columns() == Strings{"pages", "minutes"});
  CHECK(table.rows() == 2);
  CHECK(table.text(1, "minutes") == "51.383");
}

TEST_CASE("the last line may end with or without a line end, and blank lines may follow it") {
  for (const char* end : {"", "\n", "\r\n", "\n\n", "\r\n\r\n\n"}) {
    const Table table = parse_csv(std::string("a,b\n1,2") + end);
    CHECK(table.rows() == 1);
    CHECK(table.text(0, "b") == "2");
  }
}

TEST_CASE("lines end with LF or CRLF, even in one file") {
  const Table table = parse_csv("a,b\r\n1,2\n3,\"4\"\r\n5,6\n");
  CHECK(table.texts("a") == Strings{"1", "3", "5"});
  CHECK(table.texts("b") == Strings{"2", "4", "6"});
}

TEST_CASE("quotes hold commas, line ends and doubled quotes") {
  const Table table =
      parse_csv("title,n\n\"CNN, RNN\",1\n\"two\nlines\",2\n\"two\r\nlines\",3\n\"has \"\"Learning\"\"\",4\n");
  CHECK(table.texts("title") == Strings{"CNN, RNN", "two\nlines", "two\r\nlines", "has \"Learning\""});
  CHECK(table.texts("n") == Strings{"1", "2", "3", "4"});
}

TEST_CASE("a field may be nothing but quotes or commas") {
  const Table table = parse_csv("a,b\n\"\"\"\",\",\"\n\"\"\"\"\"\",\"\"\n");
  CHECK(table.texts("a") == Strings{"\"", "\"\""});
  CHECK(table.texts("b") == Strings{",", ""});
}

TEST_CASE("column names may be quoted, and blanks belong to a field") {
  const Table table = parse_csv("\"words, all\", pages\n 3 ,4\n");
  CHECK(table.columns() == Strings{"words, all", " pages"});
  CHECK(table.text(0, "words, all") == " 3 ");
}

TEST_CASE("a byte order mark at the start is skipped, and only there") {
  const Table table = parse_csv("\xEF\xBB\xBFpages\n\xEF\xBB\xBF\n");
  CHECK(table.columns() == Strings{"pages"});
  CHECK(table.text(0, "pages") == "\xEF\xBB\xBF");
  CHECK(parse_csv("\xEF\xBB\xBF\"pages\"\n").columns() == Strings{"pages"});
  check_refused("\xEF\xBB\xBF,b\n", 1, 1,
                "column 1 has no name: row names, as pandas' to_csv and R's write.csv write them? .index_col = 0 takes "
                "them as such");
}

TEST_CASE("text in any script comes back as it was") {
  const Table table = parse_csv("題目,💡\n老師什麼時候要下課,é\n");
  CHECK(table.columns() == Strings{"題目", "💡"});
  CHECK(table.text(0, "題目") == "老師什麼時候要下課");
}

TEST_CASE("a file with only a header is a table without rows") {
  for (const char* text : {"a,b", "a,b\n", "a,b\r\n", "a,b\n\n"}) {
    const Table table = parse_csv(text);
    CHECK(table.rows() == 0);
    CHECK(table.columns() == Strings{"a", "b"});
    CHECK(table.numbers("b").empty());
  }
}

TEST_CASE("empty fields are kept as missing, quoted or not, also at the end of the file") {
  const Table table = parse_csv("a,b,c\n,2,\n\"\",\"\",3\n,,");
  CHECK(table.texts("a") == Strings{"", "", ""});
  CHECK(table.texts("b") == Strings{"2", "", ""});
  CHECK(table.texts("c") == Strings{"", "3", ""});
  CHECK(parse_csv("a\n\"\"\n1\n").texts("a") == Strings{"", "1"});
}

TEST_CASE("an empty file is refused") {
  check_refused("", 0, 0, "the file is empty");
  check_refused("\xEF\xBB\xBF", 0, 0, "the file is empty");
  check_refused("\n\n", 1, 1, "a blank line where the names of the columns belong");
  check_refused("\r\na,b\n", 1, 1, "a blank line where the names of the columns belong");
}

TEST_CASE("columns without a name and columns of the same name are refused") {
  check_refused("a,,c\n", 1, 3, "column 2 has no name");
  check_refused("a,b,\n1,2,3\n", 1, 5,
                "column 3 has no name: does each line end with a separator? .trailing_sep = true skips it");
  check_refused("\"\"\n", 1, 1, "column 1 has no name");
  check_refused("頁,b,頁,c\n", 1, 5, "a second column named \"頁\"" + hint);
  check_refused("a,\"a\"\n", 1, 3, "a second column named \"a\"" + hint);
  check_refused("b,c,b,a,c,b\n", 1, 3 + 2, "a second column named \"b\"" + hint);
}

TEST_CASE("a row with fewer fields than the header is refused where it ends") {
  check_refused("a,b,c\n1,2,3\n4,5\n", 3, 4,
                "the row ends after 2 fields, and the header has 3 columns; .fill_short_rows = true makes missing "
                "values of the others");
  check_refused("a,b\n1", 2, 2, "the row ends after 1 field, and the header has 2 columns");
  check_refused("a,b\n\"x\ny\"\r\n", 3, 3, "the row ends after 1 field, and the header has 2 columns");
}

TEST_CASE("a row with more fields than the header is refused at the first one too many") {
  check_refused("a,b\n課,2,3\n", 2, 5,
                "more fields than the 2 of the header; a field with a comma in it stands in quotes; are the first fields "
                "row names, as R's write.table writes them, without a name above? .names = {...}, .index_col = 0 and "
                ".skiprows = 1 read them");
  check_refused("a,b\n1,2\n課,2,3\n", 3, 5,
                "more fields than the 2 of the header; a field with a comma in it stands in quotes");
  CHECK(parse_csv("\"a\",\"b\"\n\"r1\",1,2\n", "x.csv", {.names = {"row", "a", "b"}, .index_col = 0, .skiprows = 1})
            .numbers("b") == std::vector<double>{2});
  check_refused(
      "a\n1,\n", 2, 3,
      "more fields than the 1 of the header; a field with a comma in it stands in quotes; .trailing_sep = true "
      "skips separators at the end of lines");
}

TEST_CASE("a blank line is refused unless only blank lines follow it") {
  const std::string blank_line =
      "a blank line; leave it out, say .skip_blank_lines = true, or write \"\" for a missing value";
  check_refused("a,b\n1,2\n\n3,4\n", 3, 1, blank_line);
  check_refused("a\n1\n\r\n2\n", 3, 1, blank_line);
}

TEST_CASE("a quote that is never closed is refused where it opens") {
  check_refused("a,b\n1,\"two\n3,4\n", 2, 3, "this quote is never closed");
  check_refused("a,b\n1,\"", 2, 3, "this quote is never closed");
  check_refused("a,b\n1,\"\"\"", 2, 3, "this quote is never closed");
  check_refused("\"", 1, 1, "this quote is never closed");
}

TEST_CASE("text after a closing quote is refused") {
  const std::string why =
      "text after the closing quote; a comma or the end of the line belongs here, and a quote within a field is "
      "written "
      "twice";
  check_refused("a,b\n\"說\"x,2\n", 2, 4, why);
  check_refused("a,b\n\"1\" ,2\n", 2, 4, why);
  check_refused("a,b\n1,\"has \"Learning\"\"\n", 2, 9, why);
}

TEST_CASE("a quote within a field that does not begin with one is refused") {
  check_refused(
      "a,b\n1,has \"Learning\"\n", 2, 7,
      "a quote within a field; put the field in quotes, and write each quote in it twice; or say .quotechar = "
      "'\\0' if quotes are text");
  check_refused("a,b\n1, \"2\"\n", 2, 4,
                "a quote within a field; the blank before it belongs to the field unless .skipinitialspace = true");
}

TEST_CASE("a carriage return alone is refused outside quotes and kept within them") {
  const std::string why = "a carriage return without a line feed; save the file with line ends LF or CRLF";
  check_refused("a,b\r1,2\r", 1, 4, why);
  check_refused("a,b\n1,2\r", 2, 4, why);
  check_refused("a,b\n1,\"2\"\r", 2, 6, why);
  check_refused("a,b\n1\r,2\n", 2, 2, why);
  check_refused("\ra\n", 1, 1, why);
  CHECK(parse_csv("a\n\"x\ry\"\n").text(0, "a") == "x\ry");
}

TEST_CASE("a NUL byte is refused, and with it UTF-16") {
  check_refused(std::string("a,b\n1,\0", 7), 2, 3, "a NUL byte: this is not a text in UTF-8");
  check_refused(std::string("a\0,\0b\0", 6), 1, 2, "a NUL byte: this is not a text in UTF-8");
  check_refused(
      "\xFF\xFE"
      "a",
      0, 0, "the text is UTF-16; save the file as UTF-8");
  check_refused("\xFE", 1, 1, "byte 0xFE is not UTF-8; save the file as UTF-8");
}

TEST_CASE("a text that is not UTF-8 is refused at the first wrong byte") {
  check_refused("a,b\n頁,caf\xE9\n", 2, 6, "byte 0xE9 is not UTF-8; save the file as UTF-8");
  check_refused("\xA4\xE9\n", 1, 1, "byte 0xA4 is not UTF-8; save the file as UTF-8");
  for (const char* bytes : {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC2", "\xC2 ", "\xE0\x80\x80", "\xE0\x9F\xBF",
                            "\xE8\xAA", "\xED\xA0\x80", "\xED\xBF\xBF", "\xF0\x80\x80\x80", "\xF0\x8F\xBF\xBF",
                            "\xF0\x9F\x92", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFE"})
    CHECK(refusal(bytes).column == 1);
  for (const char* bytes : {"\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
                            "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"})
    CHECK(parse_csv(bytes).columns() == Strings{bytes});
}

TEST_CASE("a file beyond the limits is refused, one at the limits is read") {
  CHECK(parse_csv("a,b\n12,3\n4,\"5\"\n", "x.csv",
                  {.limits = {.file_bytes = 15, .rows = 2, .fields = 2, .field_bytes = 3}})
            .rows() == 2);
  check_refused("a,b\n1,2\n", 0, 0, "larger than 7 bytes (CsvLimits::file_bytes)", {.limits = {.file_bytes = 7}});
  check_refused("a\n1\n2\n", 3, 1, "more than 1 rows (CsvLimits::rows)", {.limits = {.rows = 1}});
  check_refused("a,b,c\n", 1, 5, "more than 2 fields in a row (CsvLimits::fields)", {.limits = {.fields = 2}});
  check_refused("a,b\n1,\"22\"\n", 2, 3, "a field of more than 3 bytes (CsvLimits::field_bytes)",
                {.limits = {.field_bytes = 3}});
  check_refused("pages\n", 1, 1, "a field of more than 4 bytes (CsvLimits::field_bytes)",
                {.limits = {.field_bytes = 4}});
}

TEST_CASE("a file of very many columns is read in time that does not grow with their square") {
  std::string text = "c0";
  for (int i = 1; i < 65536; ++i) text += ",c" + std::to_string(i);
  CHECK(parse_csv(text).columns().size() == 65536);
  check_refused(text + ",c65536", 1, text.size() + 2, "more than 65536 fields in a row (CsvLimits::fields)");
}

TEST_CASE("read_csv reads a file as parse_csv reads its text") {
  std::string text = "number,title\r\n";
  for (int i = 0; i < 5000; ++i) text += std::to_string(i) + ",\"課, " + std::to_string(i) + "\"\r\n";
  const TemporaryFile file(text);
  const Table table = read_csv(file.path);
  CHECK(table.rows() == 5000);
  CHECK(table.file() == file.path);
  CHECK(table.text(4999, "title") == "課, 4999");
  CHECK(table.texts("title") == parse_csv(text).texts("title"));
  CHECK_THROWS_WITH_AS(read_csv(file.path, {.limits = {.file_bytes = 70000}}),
                       ("minigrad: " + file.path + ": larger than 70000 bytes (CsvLimits::file_bytes)").c_str(),
                       DataError);
}

TEST_CASE("a file that cannot be opened or read is refused with the system's reason") {
  CHECK_THROWS_WITH_AS(read_csv("no/such/file.csv"),
                       "minigrad: read_csv: cannot open \"no/such/file.csv\": No such file or directory", DataError);
  try {
    read_csv("no/such/file.csv");
  } catch (const DataError& error) {
    CHECK(error.file == "no/such/file.csv");
    CHECK(error.line == 0);
    CHECK(error.column == 0);
  }
  CHECK_THROWS_WITH_AS(read_csv(""), "minigrad: read_csv: cannot open \"\": No such file or directory", DataError);
#ifdef __linux__
  CHECK_THROWS_WITH_AS(read_csv("/"), "minigrad: read_csv: cannot read \"/\": Is a directory", DataError);
#endif
}

TEST_CASE("a file without the right to read it is refused") {
  const TemporaryFile file("a\n1\n");
  std::filesystem::permissions(file.path, std::filesystem::perms::none);
  if (std::FILE* opened = std::fopen(file.path.c_str(), "rb")) {
    std::fclose(opened);
    MESSAGE("skipped: this user may read every file");
    return;
  }
  CHECK_THROWS_WITH_AS(read_csv(file.path),
                       ("minigrad: read_csv: cannot open \"" + file.path + "\": Permission denied").c_str(), DataError);
}

namespace {

struct Line {
  double w, b, mse;
};

/// The least-squares line minutes = w * pages + b.
Line fit_line(const Table& table) {
  const std::vector<double> x = table.numbers("pages"), y = table.numbers("minutes");
  const auto n = static_cast<double>(x.size());
  double mean_x = 0, mean_y = 0, xx = 0, xy = 0, mse = 0;
  for (std::size_t i = 0; i < x.size(); ++i) mean_x += x[i] / n, mean_y += y[i] / n;
  for (std::size_t i = 0; i < x.size(); ++i)
    xx += (x[i] - mean_x) * (x[i] - mean_x), xy += (x[i] - mean_x) * (y[i] - mean_y);
  const double w = xy / xx, b = mean_y - w * mean_x;
  for (std::size_t i = 0; i < x.size(); ++i) mse += (w * x[i] + b - y[i]) * (w * x[i] + b - y[i]) / n;
  return {w, b, mse};
}

void check_line(const Table& table, std::size_t rows, double w, double b, double mse, double mse_digit) {
  CHECK(table.rows() == rows);
  const Line line = fit_line(table);
  CHECK(std::abs(line.w - w) <= (mse_digit == 1 ? 0.005 : 0.0005));
  CHECK(std::abs(line.b - b) <= 0.005);
  CHECK(std::abs(line.mse - mse) <= mse_digit / 2);
}

}  // namespace

TEST_CASE("lectures.csv gives the least-squares figures of its README") {
  const Table lectures = read_csv(MINIGRAD_DATA_DIR "/lectures.csv");
  CHECK(lectures.rows() == 39);
  CHECK(lectures.columns() ==
        Strings{"course", "lecture", "title", "pages", "words", "minutes", "pages_from", "minutes_from"});
  check_line(lectures.where("course", "ML2021"), 18, 2.094, -4.98, 267.0, 0.1);
  check_line(lectures.where("course", "GenAI2024"), 10, 0.490, 18.66, 29.0, 0.1);
  check_line(lectures.where("course", "ML2026"), 10, 1.010, 17.47, 72.8, 0.1);
  check_line(lectures.where("course", {"ML2021", "GenAI2024"}), 28, 1.994, -10.71, 434.0, 0.1);
}

TEST_CASE("lectures.csv has no word counts for ML2026, and its titles hold commas and Chinese") {
  const Table lectures = read_csv(MINIGRAD_DATA_DIR "/lectures.csv");
  CHECK(lectures.count_missing("words") == 10);
  CHECK_FALSE(lectures.where("course", {"ML2021", "GenAI2024", "GenAI-ML2025"}).has_missing("words"));
  CHECK_THROWS_WITH_AS(lectures.numbers("words"),
                       "minigrad: " MINIGRAD_DATA_DIR
                       "/lectures.csv:31:52: column \"words\": missing value, the first of 10 in 39 rows; "
                       "drop_missing({\"words\"}) keeps the other rows",
                       DataError);
  CHECK(lectures.text(6, "title") == "【機器學習2021】卷積神經網路 (Convolutional Neural Networks, CNN)");
  const Table test = lectures.where("course", "GenAI-ML2025");
  CHECK(test.rows() == 1);
  CHECK(test.number(0, "pages") == 84);
  CHECK(test.number(0, "words") == 3388);
  CHECK(test.number(0, "minutes") == 107);
}

TEST_CASE("lecture_moments.csv gives the lecture's closed form") {
  check_line(read_csv(MINIGRAD_DATA_DIR "/lecture_moments.csv"), 20, 1.67, 4.85, 240, 1);
}

TEST_CASE("a first row of a number and more between blanks is not taken for a name") {
  CHECK_THROWS_WITH_AS(parse_csv("5.1 a\n4.9 a\n", "f.csv"),
                       "minigrad: f.csv:1:1: one column, named \"5.1 a\": do blanks separate the fields? "
                       ".delim_whitespace = true reads them, with .header = no_header or .names = {...} if there is no "
                       "header; .header = 0 takes the name as it is",
                       DataError);
  CHECK(parse_csv("5.1 a\n4.9 a\n", "f.csv", {.delim_whitespace = true, .header = minigrad::no_header}).rows() == 2);
  CHECK(parse_csv("2020 sales\n7\n", "f.csv", {.header = 0}).number(0, "2020 sales") == 7);
}

TEST_CASE("a table that was moved from is as it was") {
  Table table = parse_csv("a\n1\n");
  const Table moved = std::move(table);
  CHECK(moved.rows() == 1);
  CHECK(table.columns().size() == 1);  // NOLINT: what is tested
}
