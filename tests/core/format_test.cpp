#include <doctest/doctest.h>

#include <clocale>
#include <limits>
#include <minigrad/core/format.hpp>

using namespace minigrad;

TEST_CASE("format_number writes at most six significant digits and no trailing zeros") {
  CHECK(format_number(0) == "0");
  CHECK(format_number(0.1) == "0.1");
  CHECK(format_number(240) == "240");
  CHECK(format_number(-2.50) == "-2.5");
  CHECK(format_number(1.0 / 3) == "0.333333");
  CHECK(format_number(2.0 / 3) == "0.666667");
  CHECK(format_number(123456) == "123456");
  CHECK(format_number(1234567) == "1.23457e+06");
  CHECK(format_number(0.0001) == "0.0001");
  CHECK(format_number(0.00001) == "1e-05");
  CHECK(format_number(1e300) == "1e+300");
}

TEST_CASE("format_number takes the number of digits") {
  CHECK(format_number(1.0 / 3, 3) == "0.333");
  CHECK(format_number(24.70408163265306, 4) == "24.7");
  CHECK(format_number(0.1, 17) == "0.10000000000000001");
}

TEST_CASE("format_number writes what is not a finite number as a word") {
  const double infinity = std::numeric_limits<double>::infinity();
  CHECK(format_number(infinity) == "inf");
  CHECK(format_number(-infinity) == "-inf");
  CHECK(format_number(std::numeric_limits<double>::quiet_NaN()) == "nan");
}

TEST_CASE("format_fixed writes exactly the decimals asked for") {
  CHECK(format_fixed(1.666666, 2) == "1.67");
  CHECK(format_fixed(240, 1) == "240.0");
  CHECK(format_fixed(-0.5, 3) == "-0.500");
  CHECK(format_fixed(1.25, 0) == "1");
  CHECK(format_fixed(0, 4) == "0.0000");
}

TEST_CASE("format_fixed leaves numbers too large for it, and what is not finite, to format_number") {
  CHECK(format_fixed(1e14, 1) == "100000000000000.0");
  CHECK(format_fixed(1e15, 1) == "1e+15");
  CHECK(format_fixed(std::numeric_limits<double>::infinity(), 2) == "inf");
  CHECK(format_fixed(std::numeric_limits<double>::quiet_NaN(), 2) == "nan");
}

TEST_CASE("numbers have a decimal point in every locale") {
  // Whichever of these is installed; where none is, nothing is lost but the test.
  for (const char* name : {"de_DE.UTF-8", "fr_FR.UTF-8", "nl_NL.UTF-8"})
    if (std::setlocale(LC_ALL, name)) break;
  CHECK(format_number(0.5) == "0.5");
  CHECK(format_fixed(0.5, 2) == "0.50");
  std::setlocale(LC_ALL, "C");
}
