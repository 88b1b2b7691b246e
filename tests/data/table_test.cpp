#include <minigrad/data/csv.hpp>
#include <minigrad/data/table.hpp>

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <vector>

using minigrad::DataError;
using minigrad::IndexError;
using minigrad::parse_csv;
using minigrad::Place;
using minigrad::Shape;
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
      "minigrad: lectures.csv: no column \"minutes\"; the columns are \"course\", \"title\", \"pages\", \"words\"";
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
      "\"c18\", \"c19\", \"c20\" and 5 more",
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
  const Table table = parse_csv("title,minutes\nA,1\n課程,abc\nC,nan\nD,1e999\n", "lectures.csv");
  CHECK_THROWS_WITH_AS(table.numbers("minutes"),
                       "minigrad: lectures.csv:3:4: column \"minutes\": \"abc\" is not a number", DataError);
  CHECK_THROWS_WITH_AS(table.number(2, "minutes"),
                       "minigrad: lectures.csv:4:3: column \"minutes\": \"nan\" is not a finite number", DataError);
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
                       "minigrad: lectures.csv:5:8: column \"title\": \"two\\nlines\" is not a number", DataError);
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

TEST_CASE("a table without columns has no rows") {
  const minigrad::Table table(minigrad::detail::TableContent{});
  CHECK(table.rows() == 0);
  CHECK(table.columns().empty());
}
