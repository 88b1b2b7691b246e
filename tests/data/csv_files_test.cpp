// Each file of tests/data/files is of a kind that people have, and is read by the options for it.
#include <minigrad/data/classes.hpp>
#include <minigrad/data/csv.hpp>
#include <minigrad/data/dates.hpp>

#include <doctest/doctest.h>

#include <filesystem>
#include <string>
#include <vector>

using minigrad::class_labels;
using minigrad::CsvOptions;
using minigrad::Table;

namespace {

using Strings = std::vector<std::string>;
using Numbers = std::vector<double>;

Table read(const std::string& name, const CsvOptions& options) {
  const auto path = std::filesystem::path(__FILE__).parent_path() / "files" / name;
  return minigrad::read_csv(path.string(), options);
}

}  // namespace

TEST_CASE("semicolons, decimal commas, separators at the end, a number for missing values") {
  const Table table = read("semicolons.csv",
                           {.sep = ';', .trailing_sep = true, .na_values = {"-200"}, .thousands = '.', .decimal = ','});
  CHECK(table.drop_missing({"CO(GT)"}).numbers("CO(GT)") == Numbers{2.6, 2.2});
  CHECK(table.drop_missing({"T"}).numbers("T") == Numbers{13.6, 13.3, 1011.9});
  CHECK(to_days(table.drop_missing({"Date"}), "Date", "%d/%m/%Y") == Numbers{12487, 12487, 12487});
}

TEST_CASE("no header") {
  const Table table = read("no_header.csv", {.names = {"length", "width", "species"}});
  CHECK(table.drop_missing().numbers("width") == Numbers{3.5, 3.0, 3.2});
  CHECK(class_labels(table, "species").names == Strings{"Iris-setosa", "Iris-versicolor", "Iris-virginica"});
}

TEST_CASE("a first line that counts, instead of a header") {
  CHECK(read("counts_first.csv", {.header = minigrad::no_header, .skiprows = 1}).numbers("0") ==
        Numbers{5.1, 7.0, 4.9});
}

TEST_CASE("row names as R writes them") {
  const Table table = read("row_names.csv", {.index_col = 0});
  CHECK(table.drop_missing().numbers("sales") == Numbers{22.1, 10.4});
  CHECK(table.index() == Strings{"1", "2", "3"});
}

TEST_CASE("a separator at the end of each line") {
  CHECK(read("trailing.csv", {.trailing_sep = true}).numbers("c") == Numbers{3, 6});
}

TEST_CASE("comments and blank lines") {
  CHECK(read("comments.csv", {.skip_blank_lines = true, .comment = '#'}).numbers("temperature") == Numbers{20.5, 21.0});
}

TEST_CASE("fields between blanks and tabs") {
  const Table table = read("blanks.txt", {.delim_whitespace = true, .na_values = {"?"}});
  CHECK(table.numbers("mpg") == Numbers{18, 25});
  CHECK(table.drop_missing({"horsepower"}).texts("name") == Strings{"chevelle malibu"});
}

TEST_CASE("a blank after each comma") {
  const Table table = read("blank_after_comma.csv", {.skipinitialspace = true, .na_values = {"?"}});
  CHECK(class_labels(table, "income").names == Strings{"<=50K", ">50K"});
  CHECK(table.drop_missing().texts("workclass") == Strings{"State-gov", "Private, local"});
}

TEST_CASE("tabs, thousands, words for yes and no, a column that is not wanted") {
  const Table table = read("tabs.tsv", {.sep = '\t',
                                        .usecols = {"member", "population"},
                                        .true_values = {"yes"},
                                        .false_values = {"no"},
                                        .na_values = {"unknown"},
                                        .thousands = ','});
  CHECK(table.columns() == Strings{"population", "member"});
  CHECK(table.numbers("member") == Numbers{1, 0, 1});
  CHECK(table.drop_missing().numbers("population") == Numbers{1402112, 83240});
}

TEST_CASE("bars and other quotes") {
  const Table table = read("bars.csv", {.sep = '|', .quotechar = '\''});
  CHECK(table.texts("name") == Strings{"A|B", "it's"});
  CHECK(table.numbers("price") == Numbers{1250.5, 99});
}

TEST_CASE("rows without the separators of their missing values") {
  const Table table = read("short_rows.csv", {.fill_short_rows = true});
  CHECK(table.count_missing("eol") == 2);
  CHECK(to_days(table.drop_missing({"created"}), "created") == Numbers{8628, 18853});
}

TEST_CASE("quotes and words for missing values that are text") {
  const Table table = read("quotes_are_text.csv", {.keep_default_na = false, .quotechar = '\0'});
  CHECK(table.texts("size") == Strings{"5\"", "7\""});
  CHECK(class_labels(table, "code").names == Strings{"NA", "null"});
}

TEST_CASE("a title above the header, and years as names") {
  CHECK(read("title.csv", {.header = 1}).numbers("1991") == Numbers{2, 4});
}
