#include <minigrad/data/csv.hpp>
#include <minigrad/io/write_csv.hpp>
#include <minigrad/train/read_history.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <limits>

using namespace minigrad;

TEST_CASE("a table comes back from its CSV with every field as it was") {
  const std::string text = "name,\"a,b\"\n\"x \"\"y\"\"\",\n\"two\nlines\", 3 \n";
  const Table table = parse_csv(text);
  CHECK(to_csv(table) == text);
  const Table one = parse_csv("x\n\"\"\n1\n");
  CHECK(to_csv(one) == "x\n\"\"\n1\n");
}

TEST_CASE("a table that was read with options comes back by read_csv without options") {
  CHECK(to_csv(parse_csv("a,b\n-999,NA\n1, null \n", "text", {.na_values = {"-999"}})) == "a,b\n,\n1,\n");
  CHECK(to_csv(parse_csv("a;b\n1.234;0,5\n-1.234.567,25;x,y\n", "text",
                         {.sep = ';', .thousands = '.', .decimal = ','})) == "a,b\n1234,0.5\n-1234567.25,\"x,y\"\n");
  CHECK(to_csv(parse_csv("a,b\nyes,true\nno,False\n", "text", {.true_values = {"yes"}, .false_values = {"no"}})) ==
        "a,b\ntrue,true\nfalse,False\n");
  CHECK(to_csv(parse_csv("a,b\n1,0\n0,1\n", "text", {.true_values = {"1"}, .false_values = {"0"}})) ==
        "a,b\ntrue,false\nfalse,true\n");
  CHECK(to_csv(parse_csv("'a';'b'\n'x';'it''s'\n", "text", {.sep = ';', .quotechar = '\''})) == "a,b\nx,it's\n");
}

TEST_CASE("the names of the rows are the first column of a table's CSV") {
  const Table named = parse_csv("x,who,y\n1,Ann,2\n3,Bob,\n", "text", {.index_col = "who"});
  CHECK(named.index_name() == "who");
  CHECK(to_csv(named) == "who,x,y\nAnn,1,2\nBob,3,\n");
  CHECK(to_csv(named.select({1})) == "who,x,y\nBob,3,\n");
  const Table without = parse_csv(",x\n7,1\n", "text", {.index_col = 0});
  CHECK(without.index_name().empty());
  CHECK(to_csv(without) == "index,x\n7,1\n");
  CHECK_THROWS_WITH_AS(parse_csv("x\n1\n").index_name(), "minigrad: text: no column names the rows; .index_col chooses it",
                       DataError);
}

TEST_CASE("names that read_csv would take for data are written in quotes") {
  const Table table = parse_csv("0,1\n1,0\n", "text", {.header = no_header});
  CHECK(to_csv(table) == "\"0\",\"1\"\n0,1\n1,0\n");
  CHECK(parse_csv(to_csv(table)).number(0, "1") == 1);
  for (const char* name : {"5", "a;b", "1 x", "\xEF\xBB\xBFx", "PK\x03\x04", "a\tb", " ", "x\ny"}) {
    CAPTURE(name);
    const Table back = parse_csv(to_csv(Tensor<double>{{2}}, {name}));
    CHECK(back.columns() == std::vector<std::string>{name});
    CHECK(back.number(0, name) == 2);
  }
}

TEST_CASE("what read_csv would read as something else is not written") {
  const Tensor<double> x{{1, 2}};
  CHECK_THROWS_WITH_AS(to_csv(x, {"a", "a"}), "minigrad: to_csv: two columns are named \"a\"", ValueError);
  CHECK_THROWS_WITH_AS(to_csv(x, {"a", ""}), "minigrad: to_csv: column 1 has no name", ValueError);
  CHECK_THROWS_WITH_AS(to_csv(x, {"a", "b\xFF"}),
                       "minigrad: to_csv: column 1: byte 0xFF is not UTF-8; save the file as UTF-8", ValueError);
  CHECK_THROWS_WITH_AS(to_csv(parse_csv("index,x,\n1,2,3\n", "text", {.index_col = 2})),
                       "minigrad: to_csv: two columns are named \"index\"", ValueError);
  CHECK_THROWS_WITH_AS(to_csv(parse_csv("c,x\nNA,2\n", "text", {.keep_default_na = false})),
                       "minigrad: to_csv: row 0, column \"c\": the text \"NA\" is a missing value for read_csv",
                       ValueError);
  CHECK_THROWS_WITH_AS(to_csv(parse_csv("c;x\n1;1.5\n", "text", {.sep = ';', .decimal = ','})),
                       "minigrad: to_csv: row 0, column \"x\": the text \"1.5\" is a number for read_csv", ValueError);
  CHECK_THROWS_WITH_AS(to_csv(parse_csv("c\na\nc\n", "text", {.header = 0})),
                       "minigrad: to_csv: row 1, column \"c\": the text is the name of the column, by which read_csv "
                       "recognizes a file without names",
                       ValueError);
}

TEST_CASE("write_csv names itself in its messages") {
  const std::string path = "/no such folder/x.csv";
  CHECK_THROWS_WITH_AS(write_csv(path, Tensor<double>{{1, 2}}, {"a", "a"}),
                       "minigrad: write_csv: two columns are named \"a\"", ValueError);
  CHECK_THROWS_WITH_AS(write_csv(path, parse_csv("c\nNA\n", "text", {.keep_default_na = false})),
                       "minigrad: write_csv: row 0, column \"c\": the text \"NA\" is a missing value for read_csv",
                       ValueError);
}

TEST_CASE("the numbers of a tensor come back from CSV to the bit") {
  const Tensor<double> x{{0.1, 1.0 / 3}, {1e300, -0x1p-1074}};
  const Table table = parse_csv(to_csv(x, {"a", "b"}));
  for (std::size_t row = 0; row < 2; ++row) {
    CHECK(table.number(row, "a") == x(row, 0));
    CHECK(table.number(row, "b") == x(row, 1));
  }
  CHECK(to_csv(Tensor<float>{{0.1f, 16777217.0f, 1.0f / 3}}, {"a", "b", "c"}) == "a,b,c\n0.1,16777216,0.33333334\n");
  CHECK(to_csv(Tensor<std::int64_t>{{-3}, {9007199254740993}}, {"n"}) == "n\n-3\n9007199254740993\n");
}

TEST_CASE("what CSV cannot give back is refused") {
  CHECK_THROWS_WITH_AS(to_csv(Tensor<double>{{1, std::numeric_limits<double>::infinity()}}, {"a", "b"}),
                       "minigrad: to_csv: row 0, column \"b\": inf is not a finite number", ValueError);
  CHECK_THROWS_WITH_AS(to_csv(Tensor<float>{{1, 2}}, {"a"}),
                       "minigrad: to_csv: x [1, 2] and 1 names: expected [rows, columns], and a name for each column",
                       ShapeError);
  CHECK_THROWS_AS(write_csv("/no such folder/x.csv", Tensor<float>{{1}}, {"a"}), DataError);
}

TEST_CASE("a history comes back from its file") {
  const auto path = (std::filesystem::temp_directory_path() / "minigrad_history.csv").string();
  History history;
  for (std::size_t i = 1; i <= 3; ++i) {
    Epoch epoch;
    epoch.epoch = i, epoch.updates = 10 * i, epoch.train_loss = 0.5, epoch.lr = 0.1, epoch.seconds = 2;
    if (i > 1) epoch.validation_loss = i == 2 ? 0.25 : std::numeric_limits<double>::infinity();
    history.epochs.push_back(epoch);
  }
  history.write_csv(path);
  const History found = read_history(path);
  CHECK(found.to_csv() == history.to_csv());
  CHECK(found.best_epoch == 2);
  CHECK(std::isnan(found.epochs[0].validation_loss));
  detail::write_file("test", path, "epoch,updates,train_loss,validation_loss,lr,grad_norm,seconds\n1.5,1,1,,1,1,1\n");
  CHECK_THROWS_WITH_AS(read_history(path), ("minigrad: " + path + ":2:1: epoch must be a whole number").c_str(),
                       DataError);
  detail::write_file("test", path, "epoch,updates\n1,1\n");
  CHECK_THROWS_AS(read_history(path), DataError);
  std::remove(path.c_str());
}
