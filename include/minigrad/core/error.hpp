// core/error.hpp - the error family, and how its messages are put together.
//
// Every message starts with "minigrad: " and names the function, what it was given, and what is wrong with that.
#pragma once

#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <utility>

#include "format.hpp"

namespace minigrad {

/// The base of everything that minigrad throws.
struct Error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Shapes that do not fit the operation.
struct ShapeError : Error {
  using Error::Error;
};

/// An index, row or axis outside its range.
struct IndexError : Error {
  using Error::Error;
};

/// An argument outside the values that the function accepts.
struct ValueError : Error {
  using Error::Error;
};

/// A graph used in a way that has no meaning: a Var after clear(), a loss that is not a single number.
struct GraphError : Error {
  using Error::Error;
};

/// A derivative that disagrees with finite differences; see check_grads.
struct GradientError : Error {
  using Error::Error;
};

/// A file whose content is not what was asked for. `line` and `column` count from 1; 0 means "not about one place".
struct DataError : Error {
  DataError(const std::string& message, std::string file_name, std::size_t line_number = 0,
            std::size_t column_number = 0)
      : Error(message), file(std::move(file_name)), line(line_number), column(column_number) {}

  std::string file;
  std::size_t line;
  std::size_t column;
};

namespace detail {

/// One part of a message: a text, a number, or whatever has a to_string, such as a Shape.
struct Piece {
  std::string text;

  Piece(const char* part) : text(part) {}
  Piece(std::string part) : text(std::move(part)) {}
  Piece(std::integral auto part) : text(std::to_string(part)) {}
  Piece(std::floating_point auto part) : text(format_number(static_cast<double>(part))) {}
  template <class Part>
    requires requires(const Part& part) { to_string(part); }
  Piece(const Part& part) : text(to_string(part)) {}
};

/// Throws E with "minigrad: " and the pieces; kept out of line so that a check costs its caller one branch.
template <class E>
[[noreturn, gnu::cold, gnu::noinline]] void fail(std::initializer_list<Piece> pieces) {
  std::string message = "minigrad: ";
  for (const Piece& piece : pieces) message += piece.text;
  throw E(message);
}

}  // namespace detail
}  // namespace minigrad
