#include <minigrad/data/field.hpp>

#include <doctest/doctest.h>

#include <clocale>
#include <limits>
#include <string>

using minigrad::Place;
using minigrad::detail::decimal_by_strtod;
using minigrad::detail::decimal_value;
using minigrad::detail::is_decimal;
using minigrad::detail::DecimalFormat;
using minigrad::detail::parse_number;
using minigrad::detail::place_of;

namespace {

double number(const std::string& text) {
  const auto parsed = parse_number(text);
  REQUIRE_MESSAGE(parsed.problem == nullptr, text);
  return parsed.value;
}

std::string problem(const std::string& text) {
  const auto parsed = parse_number(text);
  return parsed.problem == nullptr ? "" : parsed.problem;
}

}  // namespace

TEST_CASE("numbers are read in every form that spreadsheets and programs write") {
  CHECK(number("84") == 84);
  CHECK(number("-0.5") == -0.5);
  CHECK(number("+3") == 3);
  CHECK(number("+.5e+1") == 5);
  CHECK(number(".5") == 0.5);
  CHECK(number("5.") == 5);
  CHECK(number("1e3") == 1000);
  CHECK(number("2.5E-4") == 2.5e-4);
  CHECK(number("007") == 7);
  CHECK(number("0.1") == 0.1);
  CHECK(number("108.567") == 108.567);
  CHECK(number("123456789012345678901234567890") == 123456789012345678901234567890.0);
  CHECK(number("1.7976931348623157e308") == (std::numeric_limits<double>::max)());
  CHECK(number("5e-324") == std::numeric_limits<double>::denorm_min());
}

TEST_CASE("blanks and tabs around a number do not count, as in pandas") {
  CHECK(number("  84") == 84);
  CHECK(number("84 \t") == 84);
  CHECK(problem("8 4") == "is not a number");
  CHECK(problem("84\n") == "is not a number");
}

TEST_CASE("a number too small for a double is 0, and one too large is refused") {
  CHECK(number("1e-400") == 0);
  CHECK(number("-1e-99999999999999999999") == 0);
  CHECK(number("0e99999999999999999999") == 0);
  CHECK(problem("1e400") == "is too large for a double");
  CHECK(problem("-1e99999999999999999999") == "is too large for a double");
  CHECK(problem(std::string(400, '9')) == "is too large for a double");
}

TEST_CASE("nan and inf are refused as not finite, however they are written") {
  for (const char* text : {"nan", "NaN", "-nan", "inf", "-Inf", "+INF", "Infinity", " infinity "})
    CHECK_MESSAGE(problem(text) == "is not a finite number", text);
}

TEST_CASE("whatever else is not a decimal number is refused whole, not read in part") {
  for (const char* text :
       {"abc", "",  " ",   "12 min", "1,5",   "1_000", "0x10",   "1e",      "1e+",       "e5",   ".",
        "-",   "+", "+-1", "--1",    "1.2.3", "1e2.5", "nan(1)", "infinit", "infinityx", "１２", "1d3"})
    CHECK_MESSAGE(problem(text) == "is not a number", text);
}

TEST_CASE("the fast and the slow way to read a number agree to the bit") {
  for (const char* text :
       {"0", "-0.0", "+1", "84.", ".25", "3388", "107.000", "1e22", "1e23", "8.5e-17", "2.2250738585072014e-308",
        "4.9e-324", "2.4e-324", "0.1", "0.30000000000000004", "9007199254740993", "1e400", "1e-400"}) {
    REQUIRE(is_decimal(text));
    CHECK_MESSAGE(decimal_value(text) == decimal_by_strtod(text), text);
  }
}

TEST_CASE("a locale with a decimal comma changes nothing") {
  const std::string before = std::setlocale(LC_ALL, nullptr);
  const char* found = nullptr;
  for (const char* name : {"de_DE.UTF-8", "de_DE.utf8", "de_DE", "fr_FR.UTF-8", "nl_NL.UTF-8", "German"})
    if (found == nullptr) found = std::setlocale(LC_ALL, name);
  if (found == nullptr || std::string(std::localeconv()->decimal_point) != ",") {
    MESSAGE("not tested: no locale with a decimal comma is installed");
  } else {
    CHECK(number("-0.5") == -0.5);
    CHECK(decimal_by_strtod("1234.25e1") == 12342.5);
    CHECK(problem("0,5") == "is not a number");
  }
  std::setlocale(LC_ALL, before.c_str());
}

TEST_CASE("a place counts lines and characters from 1, a character of several bytes once") {
  const std::string text = "ab\n課,x\r\ny";
  CHECK(place_of(text, 0) == Place{1, 1});
  CHECK(place_of(text, 2) == Place{1, 3});
  CHECK(place_of(text, text.find(',')) == Place{2, 2});
  CHECK(place_of(text, text.find('x')) == Place{2, 3});
  CHECK(place_of(text, text.find('y')) == Place{3, 1});
  CHECK(place_of(text, text.size()) == Place{3, 2});
}

TEST_CASE("an error message shows a text on one line, and at most 40 characters of it") {
  CHECK(minigrad::detail::in_quotes("") == "\"\"");
  CHECK(minigrad::detail::in_quotes("a\r\n\tb") == "\"a\\r\\n\\tb\"");
  CHECK(minigrad::detail::in_quotes("\x1b[31m\x7f") == "\"\\x1B[31m\\x7F\"");
  std::string forty;
  for (int i = 0; i < 40; ++i) forty += "課";
  CHECK(minigrad::detail::in_quotes(forty) == "\"" + forty + "\"");
  CHECK(minigrad::detail::in_quotes(forty + "!") == "\"" + forty + "...\"");
}

TEST_CASE("decimal commas and thousands separators are read where the format names them") {
  const auto read = [](const char* text, DecimalFormat format) {
    const auto parsed = parse_number(text, format);
    REQUIRE_MESSAGE(parsed.problem == nullptr, text);
    return parsed.value;
  };
  CHECK(read("2,6", {',', '\0'}) == 2.6);
  CHECK(read(" -0,5e-3 ", {',', '\0'}) == -0.5e-3);
  CHECK(read("1.234.567,25", {',', '.'}) == 1234567.25);
  CHECK(read("1,234", {'.', ','}) == 1234);
  CHECK(read("12,34,567", {'.', ','}) == 1234567);  // as in India
  CHECK(read("1'234.5e2", {'.', '\''}) == 123450);
  CHECK(read("123", {'.', ','}) == 123);
}

TEST_CASE("separators at places where no number has them are refused") {
  for (const char* text :
       {"1,2", "1234,567", ",123", "1,,234", "1,234,", "1,234,56", "1,2,345", "1,23.4", "1.2,345", "-,5"})
    CHECK_MESSAGE(parse_number(text, {'.', ','}).problem != nullptr, text);
  for (const char* text : {"2.6", "2,6,1", ",", "1.234,5"})
    CHECK_MESSAGE(parse_number(text, {',', '\0'}).problem != nullptr, text);
  CHECK(std::string(parse_number("nan", {',', '\0'}).problem) == "is not a finite number");
}
