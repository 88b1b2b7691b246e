#include <minigrad/data/csv.hpp>
#include <minigrad/data/dataset.hpp>
#include <minigrad/data/features.hpp>
#include <minigrad/data/scaler.hpp>
#include <minigrad/data/table.hpp>

#include <doctest/doctest.h>

#include <iomanip>  // whose std::quoted is not taken for ours
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

using minigrad::constant_features;
using minigrad::DataError;
using minigrad::drop_features;
using minigrad::IndexError;
using minigrad::make_dataset;
using minigrad::parse_csv;
using minigrad::Place;
using minigrad::select_features;
using minigrad::Shape;
using minigrad::StandardScaler;
using minigrad::Table;
using minigrad::Tensor;
using minigrad::to_tensor;

namespace {

using Strings = std::vector<std::string>;
using Numbers = std::vector<double>;

Table lectures() {
  return parse_csv(
      "course,title,pages,words\n"
      "ML2021,\"CNN, in short\",35,1842\n"
      "GenAI2024,課程說明,27,\n"
      "ML2021,Meta Learning,57,1869\n"
      "ML2026,\"two\nlines\",28,\n"
      "GenAI2024,Transformer,27,999\n",
      "lectures.csv");
}

template <class Function>
DataError error_of(Function function) {
  std::optional<DataError> error;
  try {
    function();
  } catch (const DataError& e) {
    error = e;
  }
  REQUIRE(error.has_value());
  return *error;
}

}  // namespace

TEST_CASE("a column comes as texts or as numbers") {
  const Table table = lectures();
  CHECK(table.rows() == 5);
  CHECK(table.columns() == Strings{"course", "title", "pages", "words"});
  CHECK(table.texts("title") == Strings{"CNN, in short", "課程說明", "Meta Learning", "two\nlines", "Transformer"});
  CHECK(table.numbers("pages") == Numbers{35, 27, 57, 28, 27});
  CHECK(table.text(2, "title") == "Meta Learning");
  CHECK(table.number(2, "words") == 1869);
}

TEST_CASE("columns are found by name, and an unknown one is refused with a list of those there are") {
  const Table table = lectures();
  CHECK(table.column_index("course") == 0);
  CHECK(table.column_index("words") == 3);
  CHECK(table.has_column("pages"));
  CHECK_FALSE(table.has_column("Pages"));
  const char* message =
      "minigrad: lectures.csv: no column \"minutes\"; the columns are \"course\", \"title\", \"pages\", \"words\"; the "
      "first row names the columns: where it is data, .header = no_header or .names = {...}";
  CHECK_THROWS_WITH_AS(table.column_index("minutes"), message, DataError);
  CHECK_THROWS_WITH_AS(table.numbers("minutes"), message, DataError);
  CHECK_THROWS_WITH_AS(table.texts("minutes"), message, DataError);
  CHECK_THROWS_WITH_AS(table.text(0, "minutes"), message, DataError);
  CHECK_THROWS_WITH_AS(table.number(0, "minutes"), message, DataError);
  CHECK_THROWS_WITH_AS(table.is_missing(0, "minutes"), message, DataError);
  CHECK_THROWS_WITH_AS(table.has_missing("minutes"), message, DataError);
  CHECK_THROWS_WITH_AS(table.place(0, "minutes"), message, DataError);
  CHECK_THROWS_WITH_AS(table.where("minutes", "1"), message, DataError);
  CHECK_THROWS_WITH_AS(table.drop_missing({"pages", "minutes"}), message, DataError);
  CHECK_THROWS_WITH_AS(table.select({}).where("minutes", "1"), message, DataError);
  CHECK_THROWS_WITH_AS(table.select({}).drop_missing({"minutes"}), message, DataError);
  const DataError error = error_of([&] { table.column_index("minutes"); });
  CHECK(error.file == "lectures.csv");
  CHECK(error.line == 0);
}

TEST_CASE("of very many columns the error lists the first 20") {
  std::string header = "c1";
  for (int i = 2; i <= 25; ++i) header += ",c" + std::to_string(i);
  CHECK_THROWS_WITH_AS(
      parse_csv(header).column_index("x"),
      "minigrad: text: no column \"x\"; the columns are \"c1\", \"c2\", \"c3\", \"c4\", \"c5\", \"c6\", "
      "\"c7\", \"c8\", \"c9\", \"c10\", \"c11\", \"c12\", \"c13\", \"c14\", \"c15\", \"c16\", \"c17\", "
      "\"c18\", \"c19\", \"c20\" and 5 more; the first row names the columns: where it is data, "
      ".header = no_header or .names = {...}",
      DataError);
}

TEST_CASE("a row beyond the last is refused") {
  const Table table = lectures();
  const char* message = "minigrad: lectures.csv: row 5 of a table with 5 rows";
  CHECK_THROWS_WITH_AS(table.text(5, "title"), message, IndexError);
  CHECK_THROWS_WITH_AS(table.number(5, "pages"), message, IndexError);
  CHECK_THROWS_WITH_AS(table.is_missing(5, "pages"), message, IndexError);
  CHECK_THROWS_WITH_AS(table.place(5, "pages"), message, IndexError);
  CHECK_THROWS_WITH_AS(table.select({0, 5}), message, IndexError);
}

TEST_CASE("a missing value is kept, counted, and refused only as a number") {
  const Table table = lectures();
  CHECK(table.has_missing("words"));
  CHECK_FALSE(table.has_missing("pages"));
  CHECK(table.count_missing("words") == 2);
  CHECK(table.is_missing(1, "words"));
  CHECK_FALSE(table.is_missing(0, "words"));
  CHECK(table.text(1, "words") == "");
  CHECK_THROWS_WITH_AS(table.number(3, "words"), "minigrad: lectures.csv:6:11: column \"words\": missing value",
                       DataError);
  CHECK_THROWS_WITH_AS(table.numbers("words"),
                       "minigrad: lectures.csv:3:19: column \"words\": missing value, the first of 2 in 5 rows; "
                       "drop_missing({\"words\"}) keeps the other rows",
                       DataError);
  const DataError error = error_of([&] { table.numbers("words"); });
  CHECK(error.line == 3);
  CHECK(error.column == 19);
}

TEST_CASE("drop_missing keeps the rows that have a value in each named column") {
  const Table table = parse_csv("a,b,c\n1,,\n2,3,\n,4,5\n6,7,8\n");
  CHECK(table.drop_missing({"a"}).texts("a") == Strings{"1", "2", "6"});
  CHECK(table.drop_missing({"a", "b"}).texts("a") == Strings{"2", "6"});
  CHECK(table.drop_missing({"a", "b", "c"}).numbers("c") == Numbers{8});
  CHECK(table.drop_missing({}).rows() == 4);
}

TEST_CASE("a text that is not a number is refused with its file, line, column and text") {
  const Table table = parse_csv("title,minutes\nA,1\n課程,abc\nC,inf\nD,1e999\n", "lectures.csv");
  CHECK_THROWS_WITH_AS(table.numbers("minutes"),
                       "minigrad: lectures.csv:3:4: column \"minutes\": \"abc\" is not a number", DataError);
  CHECK_THROWS_WITH_AS(table.number(2, "minutes"),
                       "minigrad: lectures.csv:4:3: column \"minutes\": \"inf\" is not a finite number", DataError);
  CHECK_THROWS_WITH_AS(table.number(3, "minutes"),
                       "minigrad: lectures.csv:5:3: column \"minutes\": \"1e999\" is too large for a double",
                       DataError);
  const DataError error = error_of([&] { table.numbers("minutes"); });
  CHECK(error.file == "lectures.csv");
  CHECK(error.line == 3);
  CHECK(error.column == 4);
  CHECK(table.texts("minutes")[1] == "abc");
}

TEST_CASE("select takes rows in any order, and one more than once") {
  const Table table = lectures().select({4, 0, 0});
  CHECK(table.texts("title") == Strings{"Transformer", "CNN, in short", "CNN, in short"});
  CHECK(table.select({1}).texts("title") == Strings{"CNN, in short"});
  CHECK(table.select({}).rows() == 0);
  CHECK(table.select({}).columns() == lectures().columns());
}

TEST_CASE("where keeps the rows with one text, or with one of several") {
  const Table table = lectures();
  CHECK(table.where("course", "ML2021").numbers("pages") == Numbers{35, 57});
  CHECK(table.where("course", {"ML2021", "ML2026"}).numbers("pages") == Numbers{35, 57, 28});
  CHECK(table.where("course", {"ML2026"}).rows() == 1);
  CHECK(table.where("course", std::string("ML2026")).rows() == 1);
  CHECK(table.where("course", "ML").rows() == 0);
  CHECK(table.where("words", "").rows() == 2);
}

TEST_CASE("filter keeps the rows of which the predicate is true") {
  const Table table = lectures();
  const auto longer = [](auto row) { return row.number("pages") > 30; };
  CHECK(table.filter(longer).texts("course") == Strings{"ML2021", "ML2021"});
  CHECK(table.where("course", "ML2021").filter([](Table::Row row) { return row.index() == 1; }).number(0, "pages") ==
        57);
  CHECK(
      table.filter([](auto row) { return row.is_missing("words") && row.text("course") != "ML2026"; }).texts("title") ==
      Strings{"課程說明"});
}

TEST_CASE("errors of a derived table point at the original file") {
  const Table table = lectures().filter([](auto row) { return row.text("course") != "ML2021"; }).select({1, 0});
  CHECK(table.file() == "lectures.csv");
  CHECK(table.place(0, "title") == Place{5, 8});
  CHECK(table.place(0, "words") == Place{6, 11});
  CHECK_THROWS_WITH_AS(table.numbers("title"),
                       "minigrad: lectures.csv:5:8: column \"title\": \"two\\nlines\" is not a number: "
                       "class_labels(table, \"title\") makes classes of a column of words",
                       DataError);
  CHECK_THROWS_WITH_AS(table.numbers("words"),
                       "minigrad: lectures.csv:6:11: column \"words\": missing value, the first of 2 in 2 rows; "
                       "drop_missing({\"words\"}) keeps the other rows",
                       DataError);
}

TEST_CASE("a derived table outlives the one it came from") {
  std::optional<Table> table = lectures();
  const Table kept = table->where("course", "ML2026");
  table.reset();
  CHECK(kept.text(0, "title") == "two\nlines");
}

TEST_CASE("a check of one's own reports the place of a field as the library does") {
  CHECK_THROWS_WITH_AS(lectures().fail_in(2, "pages", {"57 pages are more than ", 50}),
                       "minigrad: lectures.csv:4:22: column \"pages\": 57 pages are more than 50", DataError);
}

TEST_CASE("named columns become a tensor of shape [rows, columns] in the order of the names") {
  const Table table = lectures().drop_missing({"words"});
  const auto x = to_tensor(table, {"words", "pages"});
  CHECK(x == Tensor<float>{{1842, 35}, {1869, 57}, {999, 27}});
  const Tensor<double> y = to_tensor<double>(table, {"pages"});
  CHECK(y == Tensor<double>{{35}, {57}, {27}});
  CHECK(to_tensor(table, {}).shape() == Shape{3, 0});
  CHECK(to_tensor(table.select({}), {"pages", "words"}).shape() == Shape{0, 2});
}

TEST_CASE("a tensor is refused missing values, texts, and numbers beyond its type") {
  CHECK_THROWS_WITH_AS(to_tensor(lectures(), {"pages", "words"}),
                       "minigrad: lectures.csv:3:19: column \"words\": missing value, the first of 2 in 5 rows; "
                       "drop_missing({\"words\"}) keeps the other rows",
                       DataError);
  const Table table = parse_csv("a\n3.4e38\n-1e39\n", "x.csv");
  CHECK_THROWS_WITH_AS(to_tensor<float>(table, {"a"}),
                       "minigrad: x.csv:3:1: column \"a\": \"-1e39\" is too large for a float", DataError);
  CHECK(to_tensor<double>(table, {"a"})(1, 0) == -1e39);
}

static_assert(!std::is_constructible_v<Table, minigrad::detail::TableContent<>>);  // which only the parser fills

TEST_CASE("different whole numbers that are the same float are refused with both lines and what to do") {
  std::string text = "t,y\n", seconds = "t\n";
  for (int i = 0; i < 200; ++i) {
    text += std::to_string(1609459200 + 60 * i) + "," + std::to_string(i) + "\n";
    seconds += std::to_string(1609459200 + i) + "\n";
  }
  const Table table = parse_csv(text, "x.csv");
  CHECK_THROWS_WITH_AS(to_tensor(table, {"t", "y"}),
                       "minigrad: x.csv:3:1: column \"t\": \"1609459260\" and \"1609459200\" in line 2 are the same "
                       "float, 1609459200: subtract an offset, or use double; with_feature(data, \"t\", values) takes "
                       "numbers that are computed",
                       DataError);
  CHECK_THROWS_AS(to_tensor(parse_csv(seconds), {"t"}), DataError);
  CHECK(to_tensor<double>(table, {"t"})(199, 0) == 1609459200 + 60 * 199);
  CHECK_THROWS_AS(to_tensor(parse_csv("id\n16777216\n0\n16777217\n"), {"id"}), DataError);
  CHECK_THROWS_AS(to_tensor<double>(parse_csv("id\n9007199254740992\n9007199254740993\n"), {"id"}), DataError);
  CHECK_THROWS_WITH_AS(to_tensor(parse_csv("c\n1e-50\n2e-50\n", "x.csv"), {"c"}),
                       "minigrad: x.csv:3:1: column \"c\": \"2e-50\" and \"1e-50\" in line 2 are the same float, 0: "
                       "multiply them by a large number, or use double; with_feature(data, \"c\", values) takes "
                       "numbers that are computed",
                       DataError);
  CHECK(to_tensor(parse_csv("c\n1e-50\n0\n1\n"), {"c"}) == Tensor<float>{{0}, {0}, {1}});
  CHECK_THROWS_AS(to_tensor(parse_csv("p\n101325.001\n101325.002\n101325.003\n"), {"p"}), DataError);
}

TEST_CASE("numbers that rounding to float does not change by much are taken") {
  CHECK(to_tensor(parse_csv("x\n0.1\n0.10000000001\n5\n"), {"x"}).shape() == Shape{3, 1});
  CHECK(to_tensor(parse_csv("x\n16777216\n16777216\n1e10\n"), {"x"}).shape() == Shape{3, 1});
  CHECK(to_tensor(parse_csv("x\n1609459200\n1609459200\n"), {"x"}).shape() == Shape{2, 1});  // constant, as it says
  CHECK(to_tensor(parse_csv("x\n1e30\n-2e30\n1.5e-30\n"), {"x"}).shape() == Shape{3, 1});
}

TEST_CASE("the columns but some are the features") {
  CHECK(lectures().columns_except({"title", "course"}) == Strings{"pages", "words"});
  CHECK(lectures().columns_except({}) == lectures().columns());
  CHECK_THROWS_AS(lectures().columns_except({"minutes"}), DataError);
}

TEST_CASE("drop_missing without names looks at all columns") {
  CHECK(parse_csv("a,b\n1,NA\n2,3\nNULL,4\n5,\" \"\n").drop_missing().texts("a") == Strings{"2"});
}

TEST_CASE("of very many columns each operation takes time that grows as their number") {
  // 20,000 columns: with a search through all names for each column, this takes minutes.
  std::string text;
  const int columns = 20'000, rows = 10;
  for (int row = -1; row < rows; ++row)
    for (int column = 0; column < columns; ++column)
      text += (row < 0 ? "c" : "") + std::to_string(row < 0 ? column : (row * column) % 97) +
              (column + 1 < columns ? "," : "\n");
  const Table table = parse_csv(text).drop_missing().drop_missing(parse_csv(text).columns());
  CHECK(table.rows() == rows);
  const auto data = make_dataset<double>(table, table.columns_except({"c7"}), "c7");
  CHECK(data.x.shape() == Shape{rows, columns - 1});
  CHECK(data.x(3, columns - 2) == (3 * (columns - 1)) % 97);
  const auto varying = drop_features(data, constant_features(data));
  CHECK(varying.x.shape()[1] == data.x.shape()[1] - 207);  // multiples of 97
  CHECK(select_features(varying, varying.names()).x == varying.x);
  const Table some = parse_csv(text, "x.csv", {.usecols = {table.columns().begin(), table.columns().end()}});
  CHECK(some.columns() == table.columns());
  StandardScaler<double> scaler;
  CHECK(scaler.fit_transform(varying.x, varying.names()).shape() == varying.x.shape());
}
