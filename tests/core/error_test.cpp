#include <doctest/doctest.h>

#include <minigrad/core/error.hpp>
#include <minigrad/core/shape.hpp>
#include <string>
#include <type_traits>

using namespace minigrad;

TEST_CASE("every error is a minigrad::Error, which is a std::runtime_error") {
  static_assert(std::is_base_of_v<std::runtime_error, Error>);
  static_assert(std::is_base_of_v<Error, ShapeError>);
  static_assert(std::is_base_of_v<Error, IndexError>);
  static_assert(std::is_base_of_v<Error, ValueError>);
  static_assert(std::is_base_of_v<Error, GraphError>);
  static_assert(std::is_base_of_v<Error, GradientError>);
  static_assert(std::is_base_of_v<Error, DataError>);
  CHECK_THROWS_AS(detail::fail<ShapeError>({"x"}), Error);
}

TEST_CASE("a message is put together from texts, numbers and shapes") {
  const std::string op = "matmul";
  CHECK_THROWS_WITH_AS(detail::fail<ShapeError>({op, ": ", Shape{32, 3}, " and ", Shape{4, 8}, ": inner extents differ"}),
                       "minigrad: matmul: [32, 3] and [4, 8]: inner extents differ", ShapeError);
  CHECK_THROWS_WITH_AS(detail::fail<ValueError>({"p is ", 1.5, ", ", 0.25f, ", ", -3, ", ", std::size_t{7}}),
                       "minigrad: p is 1.5, 0.25, -3, 7", ValueError);
  CHECK_THROWS_WITH_AS(detail::fail<GraphError>({}), "minigrad: ", GraphError);
}

TEST_CASE("a DataError knows the place in the file") {
  const DataError here("minigrad: a.csv:3:7: \"x\" is not a number", "a.csv", 3, 7);
  CHECK(std::string(here.what()) == "minigrad: a.csv:3:7: \"x\" is not a number");
  CHECK(here.file == "a.csv");
  CHECK(here.line == 3);
  CHECK(here.column == 7);
}

TEST_CASE("a DataError about a whole file has line and column 0") {
  const DataError here("minigrad: a.csv: no such file", "a.csv");
  CHECK(here.line == 0);
  CHECK(here.column == 0);
}
