// The standard library has functions of our names, such as std::quoted of <iomanip>. Arguments of its types make them
// candidates for unqualified calls, whichever header the user includes first.
#include <algorithm>
#include <filesystem>
#include <iomanip>
#include <numeric>
#include <valarray>

#include <minigrad/minigrad.hpp>

#include <doctest/doctest.h>

using namespace minigrad;

TEST_CASE("tables and features work where <iomanip> was included first") {
  const Table table = parse_csv("pages,words,minutes\n10,200,20\n30,900,50\n");
  const Dataset<double> data = with_ratio(make_dataset<double>(table, {"pages", "words"}, "minutes"), "words", "pages");
  CHECK(data.x == Tensor<double>{{10, 200, 20}, {30, 900, 30}});
  CHECK_THROWS_WITH_AS(parse_csv("a,a\n1,2\n", "x.csv"), "minigrad: x.csv:1:3: a second column named \"a\"; the first row names the columns: where it is data, "
                       ".header = no_header or .names = {...}",
                       DataError);
  CHECK_THROWS_WITH_AS(data.feature_index("title"),
                       "minigrad: no feature \"title\"; the features are \"pages\", \"words\", \"words/pages\"", ValueError);
}
