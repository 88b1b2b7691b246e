#include <minigrad/data/csv.hpp>
#include <minigrad/data/dates.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

using minigrad::DataError;
using minigrad::parse_csv;
using minigrad::to_days;
using minigrad::to_seconds;

namespace {

double days(const std::string& text, const std::string& format = "") {
  return to_days(parse_csv("t\n\"" + text + "\"\n", "x.csv"), "t", format)[0];
}

double seconds(const std::string& text, const std::string& format = "") {
  return to_seconds(parse_csv("t\n\"" + text + "\"\n", "x.csv"), "t", format)[0];
}

}  // namespace

// The values are those of Python's datetime.
TEST_CASE("dates of ISO 8601 are days since 1970") {
  CHECK(days("1970-01-01") == 0);
  CHECK(days("2021-03-04") == 18690);
  CHECK(days("2000-02-29") == 11016);
  CHECK(days("1969-12-31") == -1);
  CHECK(days("1600-03-01") == -135080);
  CHECK(days("0001-01-01") == -719162);
  CHECK(days("9999-12-31") == 2932896);
  CHECK(days("2021-03-04 12:00") == 18690.5);
}

TEST_CASE("times of ISO 8601 are seconds since 1970, with an offset from UTC or without") {
  CHECK(seconds("2021-03-04 05:06:07") == 1614834367);
  CHECK(seconds("2021-03-04T05:06:07Z") == 1614834367);
  CHECK(seconds("2021-03-04T05:06:07.25") == 1614834367.25);
  CHECK(seconds("2021-03-04T05:06:07+01:00") == 1614834367 - 3600);
  CHECK(seconds("2021-03-04T05:06:07-0530") == 1614834367 + 5.5 * 3600);
  CHECK(seconds("1969-12-31 23:59:59") == -1);
}

TEST_CASE("other dates are read by a format") {
  CHECK(days("10/03/2004", "%d/%m/%Y") == 12487);
  CHECK(days("3/10/04", "%m/%d/%y") == 12487);
  CHECK(days("10-Mar-69", "%d-%b-%y") == -297);
  CHECK(seconds("10/03/2004 18.00.00", "%d/%m/%Y %H.%M.%S") == 1078941600);
  CHECK(seconds("10032004 +0100", "%d%m%Y %z") == 1078876800 - 3600);
}

TEST_CASE("what is no date is refused with its place and what a date looks like") {
  CHECK_THROWS_WITH_AS(
      days("10/03/2004"),
      "minigrad: x.csv:2:1: column \"t\": \"10/03/2004\" is not a date such as 2021-03-04 or 2021-03-04 "
      "05:06:07; others need a format, such as \"%d/%m/%Y\"",
      DataError);
  CHECK_THROWS_WITH_AS(days("2004-03-10", "%d/%m/%Y"),
                       "minigrad: x.csv:2:1: column \"t\": \"2004-03-10\" is not a date in the format \"%d/%m/%Y\"",
                       DataError);
  CHECK_THROWS_WITH_AS(days("NA"),
                       "minigrad: x.csv:2:1: column \"t\": missing value; drop_missing({\"t\"}) keeps the other rows",
                       DataError);
  for (const char* text : {"2021-02-29", "2021-13-01", "2021-00-01", "2021-01-00", "2021-04-31", "2021-01-01T",
                           "2021-01-01 24:00", "2021-01-01 10:60", "2021-01-01 10:00:60", "2021-01-01x", "21-01-01",
                           "2021-01-01T10:00:00+1", "2021-01-01 10:00:00.", "0000-01-01", "1900-02-29"})
    CHECK_THROWS_AS_MESSAGE(days(text), DataError, text);
  CHECK_THROWS_AS(days("1", "%Q"), DataError);
  CHECK_THROWS_AS(days("10/03/2004x", "%d/%m/%Y"), DataError);
}
