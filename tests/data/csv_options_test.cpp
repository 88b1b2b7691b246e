#include <minigrad/data/classes.hpp>
#include <minigrad/data/csv.hpp>
#include <minigrad/data/csv_options.hpp>

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <vector>

using minigrad::CsvOptions;
using minigrad::DataError;
using minigrad::no_header;
using minigrad::parse_csv;
using minigrad::Table;
using minigrad::ValueError;

namespace {

using Strings = std::vector<std::string>;
using Numbers = std::vector<double>;

/// The message that reading the text as "x.csv" gives, without "minigrad: x.csv:", or "" if it gives a table.
std::string message(const std::string& text, const CsvOptions& options = {}) {
  try {
    parse_csv(text, "x.csv", options);
  } catch (const DataError& error) {
    return std::string(error.what()).substr(16);
  }
  return "";
}

/// The same for the numbers of a column.
std::string number_message(const std::string& text, const std::string& column, const CsvOptions& options = {}) {
  const Table table = parse_csv(text, "x.csv", options);
  try {
    table.numbers(column);
  } catch (const DataError& error) {
    return std::string(error.what()).substr(16);
  }
  return "";
}

const std::string air = "Date;CO;T;;\n10/03/2004;2,6;13,6;;\n11/03/2004;-200;11,25;;\n;;;;\n";

const std::string header_hint =
    "; the first row names the columns: where it is data, .header = no_header or .names = {...}";

}  // namespace

TEST_CASE("a first row of words of which one comes again in its column is no header without being told so") {
  const std::string again = ": its name comes again as a value: where the first row is data, .header = no_header or "
                            ".names = {...}; .header = 0 takes it as names";
  const std::string text = "setosa,red\nvirginica,blue\n\"setosa\",white\n";
  CHECK(message(text) == "3:1: column \"setosa\"" + again);
  CHECK(message("a,b\nx,y\nz,b\n") == "3:3: column \"b\"" + again);
  CHECK(message("a,b\nx,y\nz,\"b\"\n") == "3:3: column \"b\"" + again);
  CHECK(parse_csv(text, "x.csv", {.header = no_header}).texts("0") == Strings{"setosa", "virginica", "setosa"});
  CHECK(parse_csv(text, "x.csv", {.names = {"species", "color"}}).texts("color") == Strings{"red", "blue", "white"});
  CHECK(parse_csv(text, "x.csv", {.header = 0}).texts("setosa") == Strings{"virginica", "setosa"});
  CHECK(parse_csv("a,b\nb,a\nab,ba\n\"\",\n").rows() == 3);            // in another column, or a part of a word
  CHECK(parse_csv("n,b\nn,1\n", "x.csv", {.index_col = "n"}).rows() == 1);  // not among the names of rows
  CHECK(parse_csv("a,b\nx,b\n", "x.csv", {.usecols = {"a"}}).rows() == 1);  // nor where it is left out
}

TEST_CASE("a header of one field with semicolons, tabs or bars in it names the separator") {
  CHECK(message(air) == "1:1: one column, named \"Date;CO;T;;\": is .sep = ';'? .header = 0 takes the name as it is");
  CHECK(message("a\tb\n1\t2\n") ==
        "1:1: one column, named \"a\\tb\": is .sep = '\\t'? .header = 0 takes the name as it is");
  CHECK(message("a|b\n1|2\n").find(".sep = '|'") != std::string::npos);
  CHECK(message("a,b\n1,2\n", {.sep = ';'}).find(".sep = ','") != std::string::npos);
  CHECK(parse_csv("a;b\n1\n", "x.csv", {.header = 0}).columns() == Strings{"a;b"});
  CHECK(parse_csv("\"a;b\"\n1\n").columns() == Strings{"a;b"});
}

TEST_CASE("each message about a file with semicolons and decimal commas leads to the next option, and to the numbers") {
  CHECK(message(air, {.sep = ';'}) ==
        "1:11: column 4 has no name: does each line end with a separator? .trailing_sep = true skips it");
  CHECK(number_message(air, "CO", {.sep = ';', .trailing_sep = true}) ==
        "2:12: column \"CO\": \"2,6\" is not a number: .decimal = ',' reads a decimal comma");
  CHECK(number_message(air, "CO", {.sep = ';', .trailing_sep = true, .decimal = ','}) ==
        "4:2: column \"CO\": missing value, the first of 1 in 3 rows; drop_missing({\"CO\"}) keeps the other rows");
  const Table table =
      parse_csv(air, "x.csv", {.sep = ';', .trailing_sep = true, .na_values = {"-200"}, .decimal = ','});
  CHECK(table.drop_missing({"CO", "T"}).numbers("CO") == Numbers{2.6});
  CHECK(table.drop_missing({"T"}).numbers("T") == Numbers{13.6, 11.25});
  CHECK(table.count_missing("CO") == 2);
}

TEST_CASE("separators at the end of lines are skipped when asked, and nothing else is") {
  const CsvOptions trailing{.trailing_sep = true};
  CHECK(parse_csv("a,b,\n1,2,\n", "x.csv", trailing).numbers("b") == Numbers{2});
  CHECK(parse_csv("a,b\n1,2,\n3,4,,\n", "x.csv", trailing).numbers("b") == Numbers{2, 4});
  CHECK(parse_csv("a,b,\n1,\n", "x.csv", trailing).is_missing(0, "b"));
  CHECK(message("a,b,\n1,2,3\n", trailing) ==
        "2:5: more fields than the 2 of the header; a field with a comma in it stands in quotes; are the first fields row "
        "names, as R's write.table writes them, without a name above? .names = {...}, .index_col = 0 and .skiprows = 1 "
        "read them");
  CHECK(message("a,,b,\n1,2,3\n", trailing) == "1:3: column 2 has no name");
  CHECK(parse_csv("1,2,,\n", "x.csv", {.trailing_sep = true, .names = {"a", "b", "c"}}).columns().size() == 3);
}

TEST_CASE("row names are left out of the columns, and can be read") {
  const std::string text = ",TV,sales\nx,230.1,22.1\ny,44.5,10.4\n";
  CHECK(message(text) ==
        "1:1: column 1 has no name: row names, as pandas' to_csv and R's write.csv write them? "
        ".index_col = 0 takes them as such");
  const Table table = parse_csv(text, "x.csv", {.index_col = 0});
  CHECK(table.columns() == Strings{"TV", "sales"});
  CHECK(table.numbers("sales") == Numbers{22.1, 10.4});
  CHECK(table.select({1}).index() == Strings{"y"});
  CHECK(parse_csv(text, "x.csv", {.header = 0, .index_col = "TV", .usecols = {"sales", 1}}).columns() ==
        Strings{"sales"});
  CHECK_THROWS_WITH_AS(parse_csv("a\n1\n").index(), "minigrad: text: no column names the rows; .index_col chooses it",
                       DataError);
  CHECK(message(text, {.index_col = "id"}).find(" .index_col: no column \"id\"; the columns are \"\", \"TV\"") == 0);
  CHECK(message(text, {.index_col = 3}) == " .index_col: column 3, and the file has 3");
  CHECK(message("a\n1\n", {.index_col = 0}) == " no column is left beside .index_col");
  CHECK(parse_csv(text, "x.csv", {.index_col = ""}).index() == Strings{"x", "y"});  // the column without a name
  CHECK(parse_csv("a,,c\n1,x,3\n", "x.csv", {.index_col = std::string()}).index() == Strings{"x"});
  CHECK(message("a,b\n1,2\n", {.index_col = ""}).find(" .index_col: no column \"\"; the columns are \"a\", \"b\"; ") == 0);
  CHECK(message("a,b\n1,2\n", {.usecols = {"b", ""}}).find(" .usecols: no column \"\"; the columns are \"a\", \"b\"; ") == 0);
}

TEST_CASE("a number in the first row is refused instead of becoming a name") {
  const std::string iris = "5.1,3.5,Iris-setosa\n4.9,3.0,Iris-setosa\n";
  const std::string why =
      " is a number: a file without a header takes .header = no_header or .names = {...}, a line before the header "
      ".skiprows = 1, and numbers that are names .header = 0";
  CHECK(message(iris) == "1:1: the first row names the columns, and \"5.1\"" + why);
  CHECK(message("country,1990\nTW,1\n") == "1:9: the first row names the columns, and \"1990\"" + why);
  CHECK(parse_csv("country,1990\nTW,1\n", "x.csv", {.header = 0}).numbers("1990") == Numbers{1});
  CHECK(parse_csv("country,\"1990\"\nTW,1\n").numbers("1990") == Numbers{1});  // a number in quotes is a text
  const Table table = parse_csv(iris, "x.csv", {.header = no_header});
  CHECK(table.columns() == Strings{"0", "1", "2"});
  CHECK(table.numbers("0") == Numbers{5.1, 4.9});
  const Table named = parse_csv(iris, "x.csv", {.names = {"length", "width", "species"}});
  CHECK(named.rows() == 2);
  CHECK(named.numbers("width") == Numbers{3.5, 3.0});
  const std::string scikit = "150,4,setosa,versicolor\n5.1,3.5,0,1\n";  // a first line that is no header
  CHECK(message(scikit) == "1:1: the first row names the columns, and \"150\"" + why);
  const Table skipped = parse_csv(scikit, "x.csv", {.names = {"a", "b", "y", "z"}, .skiprows = 1});
  CHECK(skipped.numbers("a") == Numbers{5.1});
  CHECK(skipped.place(0, "b") == minigrad::Place{2, 5});
}

TEST_CASE("names stand for a missing header, and in the place of one that is there") {
  CHECK(message("1,2\n", {.names = {"a"}}) ==
        "1:3: more fields than the 1 of the list of names; a field with a comma in it stands in quotes");
  CHECK(message("1\n", {.names = {"a", "b"}}) == "1:1: .names has 2 names, and this row 1 field");
  CHECK(message("x,y\n1,2\n", {.header = 0, .names = {"a"}}) == "1:1: .names has 1 name, and this row 2 fields");
  CHECK(parse_csv("x,x\n1,2\n", "x.csv", {.header = 0, .names = {"a", "b"}}).numbers("b") == Numbers{2});
  CHECK(message("1,2\n", {.names = {"a", "a"}}) == " a second column named \"a\"");
  CHECK(message("", {.header = no_header}) == " the file is empty");
  CHECK(message("\n", {.header = no_header}) == " no rows, and so no columns");
}

TEST_CASE("the header may be a later row, and lines before it are skipped") {
  CHECK(parse_csv("by us\na,b\n1,2\n", "x.csv", {.header = 1}).numbers("b") == Numbers{2});
  CHECK(parse_csv("a \"quote\n\na,b\n1,2\n", "x.csv", {.skiprows = 2}).numbers("b") == Numbers{2});
  CHECK(message("a\n1\n", {.header = 2}) == " .header = 2: the file has 2 rows");
  CHECK(message("a\n", {.skiprows = 2}) == " .skiprows = 2: no line is left");
}

TEST_CASE("only the columns to use are kept, and only they need names") {
  const std::string text = "a,,b,b\n1,2,3,4\n5,6,7,8\n";
  const Table table = parse_csv(text, "x.csv", {.usecols = {2, "a"}});
  CHECK(table.columns() == Strings{"a", "b"});  // in the order of the file, as in pandas
  CHECK(table.numbers("b") == Numbers{3, 7});
  CHECK(message(text, {.usecols = {0, 2, 3}}) == "1:6: a second column named \"b\"" + header_hint);
  CHECK(message("a, b\n1,2\n", {.usecols = {"b"}}) ==
        " .usecols: no column \"b\"; the columns are \"a\", \" b\"; \" b\" has blanks: .skipinitialspace = true leaves "
        "those before a field out" +
            header_hint);
}

TEST_CASE("words for missing values are those of pandas, and others are added") {
  for (const char* word : {"", "NA", "nan", "NaN", "NULL", "null", "n/a", "N/A", "<NA>", "None", "#N/A", " ", " NA "}) {
    const Table table = parse_csv(std::string("a,b\n1,\"") + word + "\"\n2,3\n");
    CHECK_MESSAGE(table.is_missing(0, "b"), word);
    CHECK(table.text(0, "b") == word);
    CHECK(table.drop_missing({"b"}).numbers("b") == Numbers{3});
  }
  CHECK(
      number_message("a,b\n1,NA\n", "b") ==
      "2:3: column \"b\": missing value \"NA\", the first of 1 in 1 rows; drop_missing({\"b\"}) keeps the other rows");
  CHECK(number_message("b\n?\n3\n", "b") ==
        "2:1: column \"b\": \"?\" is not a number: .na_values = {\"?\"} if that stands for a missing value");
  const Table table = parse_csv("b\n?\n-999.0\n3\n", "x.csv", {.na_values = {"?", "-999"}});
  CHECK(table.drop_missing({"b"}).numbers("b") == Numbers{3});
  CHECK_FALSE(parse_csv("b\nNA\n", "x.csv", {.keep_default_na = false}).has_missing("b"));
  CHECK(parse_csv("b\n\"\"\n", "x.csv", {.keep_default_na = false}).has_missing("b"));
}

TEST_CASE("words for true and false are the numbers 1 and 0, but not beside other numbers") {
  CHECK(parse_csv("b\nTrue\nFALSE\ntrue\n").numbers("b") == Numbers{1, 0, 1});
  CHECK(parse_csv("b\nyes\nno\n", "x.csv", {.true_values = {"yes"}, .false_values = {"no"}}).numbers("b") ==
        Numbers{1, 0});
  CHECK(parse_csv("b\n1\n2\n", "x.csv", {.true_values = {"2"}, .false_values = {"1"}}).numbers("b") == Numbers{0, 1});
  CHECK(number_message("b\nTrue\n3\n", "b") ==
        "3:1: column \"b\": \"3\" in a column that holds words as true and false, and numbers too");
}

TEST_CASE("decimal commas and thousands separators are read when named, and named by the message otherwise") {
  const CsvOptions german{.sep = ';', .thousands = '.', .decimal = ','};
  CHECK(parse_csv("a;b\n1.234,5;0,25\n-2;3e-1\n", "x.csv", german).numbers("a") == Numbers{1234.5, -2});
  CHECK(parse_csv("a;b\n1.234,5;0,25\n-2;3e-1\n", "x.csv", german).numbers("b") == Numbers{0.25, 0.3});
  CHECK(number_message("a;b\n1;2.5\n", "b", {.sep = ';', .decimal = ','}).find("\"2.5\" is not a number") !=
        std::string::npos);
  CHECK(number_message("a\n\"1,234\"\n", "a") ==
        "2:1: column \"a\": \"1,234\" is not a number: .decimal = ',' reads a "
        "decimal comma, .thousands = ',' skips one between thousands");
  CHECK(number_message("a\n\"1,234,567.5\"\n", "a") ==
        "2:1: column \"a\": \"1,234,567.5\" is not a number: .thousands = ',' skips commas between thousands");
  CHECK(number_message("a\n\"1.234,5\"\n", "a") ==
        "2:1: column \"a\": \"1.234,5\" is not a number: .thousands = '.', .decimal = ',' read such numbers");
  CHECK(parse_csv("a\n\"1,234,567.5\"\n", "x.csv", {.thousands = ','}).numbers("a") == Numbers{1234567.5});
  // The advice fits the options that are given.
  CHECK(number_message("a;b\n1;1.2345\n", "b", german) ==
        "2:3: column \"b\": \"1.2345\" is not a number: '.' is .thousands, and stands between groups of three digits");
  CHECK(number_message("a\n\"12,34.5\"\n", "a", {.thousands = ','}) ==
        "2:1: column \"a\": \"12,34.5\" is not a number: ',' is .thousands, and stands between groups of three digits");
  CHECK(number_message("a\n\"1,5\"\n", "a", {.thousands = ','}) ==
        "2:1: column \"a\": \"1,5\" is not a number: .thousands = '.', .decimal = ',' read such numbers");
  CHECK(number_message("a;b\n1;1,234.5\n", "b", german) ==
        "2:3: column \"b\": \"1,234.5\" is not a number: .thousands = ',', .decimal = '.' read such numbers");
  CHECK(number_message("a;b\n1;1.234\n", "b", {.sep = ';', .decimal = ','}) ==
        "2:3: column \"b\": \"1.234\" is not a number: .thousands = '.', .decimal = ',' read such numbers");
  CHECK(number_message("a;b\n1;2.5\n", "b", {.sep = ';', .decimal = ','}) ==
        "2:3: column \"b\": \"2.5\" is not a number: .decimal is ','");
  CHECK(number_message("a;b\n1;4.3.2021\n", "b", german).find("to_days") != std::string::npos);
}

TEST_CASE("comments end with their line, and a line of only a comment is none") {
  const Table table =
      parse_csv("# from a logger\na,b # units: m\n1,2#x\n  # y\n3,\"4#\"# z, \"\n#\n\n", "x.csv", {.comment = '#'});
  CHECK(table.columns() == Strings{"a", "b "});
  CHECK(table.texts("a") == Strings{"1", "3"});
  CHECK(table.text(0, "b ") == "2");
}

TEST_CASE("a comment after a quoted field and a blank is refused, as is all text there") {
  CHECK(message("a,b\n3,\"4\" # z\n", {.comment = '#'}).find("text after the closing quote") != std::string::npos);
}

TEST_CASE("a row that is too short is filled when asked, and the likely cause is named otherwise") {
  const std::string text = "version,released,end,more\n1.1,1996-06-17,1997-06-05\n1.2,1996-12-12#,\n2,,,x";
  CHECK(message(text) ==
        "2:26: the row ends after 3 fields, and the header has 4 columns; .fill_short_rows = true makes "
        "missing values of the others");
  const Table table = parse_csv(text, "x.csv", {.fill_short_rows = true, .comment = '#'});
  CHECK(table.texts("end") == Strings{"1997-06-05", "", ""});
  CHECK(table.texts("more") == Strings{"", "", "x"});
  CHECK(table.count_missing("more") == 2);
  CHECK(table.place(1, "more") == minigrad::Place{3, 15});
  CHECK(message("a,b\n1;2\n") == "2:4: the row ends after 1 field, and the header has 2 columns; is .sep = ';'?");
  CHECK(message("a,b\n1\n") == "2:2: the row ends after 1 field, and the header has 2 columns");
}

TEST_CASE("filling short rows does not take memory without a limit") {
  std::string text = "c0";
  for (int i = 1; i < 1000; ++i) text += ",c" + std::to_string(i);
  for (int i = 0; i < 100; ++i) text += "\n1";
  CHECK(message(text, {.fill_short_rows = true, .limits = {.file_bytes = 6000}})
            .find("more than 6000 fields, with those filled in") != std::string::npos);
  CHECK(parse_csv(text, "x.csv", {.fill_short_rows = true}).drop_missing().rows() == 0);
}

TEST_CASE("a title or a comment before the header is named as the likely cause") {
  CHECK(message("# from a shop\na,b\n1,2\n") ==
        "2:3: more fields than the 1 of the header; a field with a comma in it "
        "stands in quotes; if the first row is a comment, .comment = '#'");
  CHECK(message("Our sales\na,b\n1,2\n").find("if the first row is a title, .skiprows = 1") != std::string::npos);
}

TEST_CASE("names in other quotes lead to the option that reads them") {
  CHECK_THROWS_WITH_AS(parse_csv("'age','vote'\n1,2\n").numbers("vote"),
                       ("minigrad: text: no column \"vote\"; the columns are \"'age'\", \"'vote'\"; names are quoted "
                        "otherwise: .quotechar = '\\''" + header_hint).c_str(),
                       DataError);
  CHECK(parse_csv("'age','vote'\n1,2\n", "x.csv", {.quotechar = '\''}).numbers("vote") == Numbers{2});
}

TEST_CASE("a column that is a part of the only name leads to the separator") {
  CHECK_THROWS_WITH_AS(parse_csv("a b\n1 2\n").numbers("b"),
                       "minigrad: text: no column \"b\"; the columns are \"a b\"; if blanks separate them, "
                       ".delim_whitespace = true; the first row names the columns: where it is data, "
                       ".header = no_header or .names = {...}",
                       DataError);
}

TEST_CASE("blank lines are skipped when asked") {
  CHECK(parse_csv("\na\n\n1\n\n\n2\n\n", "x.csv", {.skip_blank_lines = true}).numbers("a") == Numbers{1, 2});
}

TEST_CASE("blanks before a field are left out when asked, also before quotes") {
  const Table table = parse_csv("a, b\n1,  \"x, y\"\n 2, z\n", "x.csv", {.skipinitialspace = true});
  CHECK(table.columns() == Strings{"a", "b"});
  CHECK(table.texts("b") == Strings{"x, y", "z"});
  CHECK(table.texts("a") == Strings{"1", "2"});
}

TEST_CASE("fields between blanks are separated when asked, however many there are") {
  const Table table = parse_csv(" a  b\tc \n1 2   3\n\t4 \"5 6\" 7\t\n", "x.csv", {.delim_whitespace = true});
  CHECK(table.columns() == Strings{"a", "b", "c"});
  CHECK(table.texts("b") == Strings{"2", "5 6"});
  CHECK(table.numbers("c") == Numbers{3, 7});
  CHECK(
      number_message("a b\n1 2.5\n", "a b") ==
      "2:1: column \"a b\": \"1 2.5\" is not a number: fields between blanks? .delim_whitespace = true separates them");
}

TEST_CASE("quotes may be another character, or text like any other") {
  CHECK(parse_csv("a,b\n'1,5',\"x\n", "x.csv", {.quotechar = '\''}).texts("a") == Strings{"1,5"});
  CHECK(parse_csv("a,b\n6\"2,\"x\n", "x.csv", {.quotechar = '\0'}).texts("b") == Strings{"\"x"});
}

TEST_CASE("files that are no text in UTF-8 are named") {
  CHECK(message("\x1F\x8B\x08") ==
        " the file is compressed by gzip: unpack it, or #include <minigrad/io/gzip.hpp> and "
        "parse_csv(read_gzip(file), file)");
  CHECK(message("PK\x03\x04") == " a zip archive or an Excel workbook; save the table as CSV");
  CHECK(message("\xEF\xBB\xBF\xEF\xBB\xBF"
                "a\n1\n") == " two byte order marks; the second would be an invisible part of the first name");
}

TEST_CASE("dates and words in a column of numbers lead to what reads them") {
  CHECK(number_message("t\n2021-03-04\n", "t") ==
        "2:1: column \"t\": \"2021-03-04\" is not a number: to_days(table, "
        "\"t\") and to_seconds read dates");
  CHECK(
      number_message("species\nsetosa\nversicolor\n", "species") ==
      "2:1: column \"species\": \"setosa\" is not a number: class_labels(table, \"species\") makes classes of a column "
      "of words");
  CHECK(number_message("x\n1\nabc\n", "x") == "3:1: column \"x\": \"abc\" is not a number");
}

TEST_CASE("options that contradict each other are refused") {
  const auto why = [](const CsvOptions& options) -> std::string {
    try {
      parse_csv("a\n1\n", "x.csv", options);
    } catch (const ValueError& error) {
      return error.what();
    }
    return "";
  };
  CHECK(why({.sep = '"'}) == "minigrad: parse_csv: .sep and .quotechar are both '\"'");
  CHECK(why({.sep = '\n'}) == "minigrad: parse_csv: .sep: a line end or a part of a character");
  CHECK(why({.quotechar = '\xC2'}) == "minigrad: parse_csv: .quotechar: a line end or a part of a character");
  CHECK(why({.thousands = '.'}) == "minigrad: parse_csv: .decimal and .thousands are both '.'");
  CHECK(why({.sep = ';', .delim_whitespace = true}) ==
        "minigrad: parse_csv: .sep = ';' and .delim_whitespace = true: one of them");
  for (const char c : {'e', 'E', 'x', '7', '-', '+'}) {
    const std::string quoted = std::string("'") + c + "': no digit, letter or sign can be that";
    CHECK(why({.decimal = c}) == "minigrad: parse_csv: .decimal is " + quoted);
    CHECK(why({.thousands = c}) == "minigrad: parse_csv: .thousands is " + quoted);
  }
  CHECK(why({.true_values = {"yes"}, .false_values = {"no", "yes"}}) ==
        "minigrad: parse_csv: .true_values and .false_values both have \"yes\"");
  CHECK(why({.true_values = {"yes"}, .na_values = {"yes"}}) ==
        "minigrad: parse_csv: .true_values and .na_values both have \"yes\"");
  CHECK(why({.false_values = {"-"}, .na_values = {"-"}}) ==
        "minigrad: parse_csv: .false_values and .na_values both have \"-\"");
  CHECK(why({.true_values = {"False"}}) ==
        "minigrad: parse_csv: .true_values and the default words for false both have \"False\"");
  CHECK(why({.false_values = {"true"}}) ==
        "minigrad: parse_csv: .false_values and the default words for true both have \"true\"");
  CHECK(why({.false_values = {"NA"}}) == "minigrad: parse_csv: .false_values and .keep_default_na both have \"NA\"");
  CHECK(parse_csv("a\nNA\n", "text", {.false_values = {"NA"}, .keep_default_na = false}).number(0, "a") == 0);
  CHECK(why({.sep = '\0'}) == "minigrad: parse_csv: .sep is '\\0': no text has that between its fields");
  CHECK(why({.header = -3}) == "minigrad: parse_csv: .header is -3: rows count from 0");
  CHECK(why({.decimal = ','}) == "");  // in quotes
}

TEST_CASE("a number that no column has is named as it was given") {
  CHECK(message("a,b\n1,2\n", {.usecols = {-1}}) == " .usecols: column -1, and the file has 2");
  CHECK(message("a,b\n1,2\n", {.index_col = -1}) == " .index_col: column -1, and the file has 2");
  CHECK(message("a,b\n1,2\n", {.usecols = {2}}) == " .usecols: column 2, and the file has 2");
}

TEST_CASE("a comment among the rows leads to the option that skips it") {
  const std::string hint = "; .comment = '#' skips comments";
  CHECK(message("a,b\n1,2\n# a note\n3,4\n") ==
        "3:9: the row ends after 1 field, and the header has 2 columns" + hint);
  CHECK(message("a,b\n1,2\n # a note, of, words\n") ==
        "3:15: more fields than the 2 of the header; a field with a comma in it stands in quotes" + hint);
  CHECK(number_message("a,b\n1,2\n# one, two\n", "a") ==
        "3:1: column \"a\": \"# one\" is not a number: .comment = '#' skips comments");
}

TEST_CASE("numbers that cannot be read as such are not taken for classes") {
  CHECK(number_message("a\n1e400\n2e400\n", "a") == "2:1: column \"a\": \"1e400\" is too large for a double");
  for (const char* text : {"50%", "7.5 %", "$3", "3 \u20AC"})
    CHECK(number_message(std::string("a\n") + text + "\n", "a") ==
          std::string("2:1: column \"a\": \"") + text + "\" is not a number: a number with a unit: compute numbers from "
          "table.texts(\"a\"), and with_feature adds them to a dataset");
  CHECK(number_message("a,b\nNA,1\n", "a", {.keep_default_na = false}) ==
        "2:1: column \"a\": \"NA\" is not a number: .na_values = {\"NA\"} if that stands for a missing value");
}

TEST_CASE("a short first row is filled as well, where the names are given") {
  const Table table = parse_csv("1,2\n3,4,5\n", "x.csv", {.fill_short_rows = true, .names = {"a", "b", "c"}});
  CHECK(table.texts("c") == Strings{"", "5"});
  CHECK(message("1,2\n", {.names = {"a", "b", "c"}}) ==
        "1:1: .names has 3 names, and this row 2 fields; .fill_short_rows = true makes missing values of the others");
}
