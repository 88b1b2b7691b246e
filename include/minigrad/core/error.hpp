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

namespace minigrad::inline MINIGRAD_ABI {

/// The base of everything that minigrad throws.
class Error : public std::runtime_error {
 public:
  explicit Error(const std::string& message) : std::runtime_error(message), message_(message) {}
  const char* what() const noexcept override { return message_.c_str(); }
  /// Adds to the message of an error on its way.
  void append(const char* more) { message_ += more; }

 private:
  std::string message_;
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

/// A value or a gradient that is not finite; see detect_anomaly.
struct AnomalyError : Error {
  using Error::Error;
};

/// A file whose content is not what was asked for. `line` and `column` count from 1; 0 means "not about one place".
struct DataError : Error {
  DataError(const std::string& message, std::string file_name, std::size_t line_number = 0,
            std::size_t column_number = 0)
      : Error(message), file(std::move(file_name)), line(line_number), column(column_number) {}

  std::string file;    ///< the name of the file, as it was given
  std::size_t line;    ///< from 1; 0 for none
  std::size_t column;  ///< from 1, within the line; 0 for none
};

namespace detail {

/// One part of a message: a text, a number, or whatever has a to_string, such as a Shape. It only refers to that, so
/// that a check costs its caller next to nothing until it fails.
class FormatArg {
 public:
  FormatArg(const char* text) : source_(text), append_(append_chars) {}
  FormatArg(const std::string& text) : source_(&text), append_(append_string) {}
  FormatArg(std::unsigned_integral auto number) : unsigned_(number), append_(append_unsigned) {}
  FormatArg(std::signed_integral auto number) : signed_(number), append_(append_signed) {}
  FormatArg(std::floating_point auto number) : real_(static_cast<double>(number)), append_(append_real) {}
  template <class Part>
    requires requires(const Part& part) { to_string(part); }
  FormatArg(const Part& part)
      : source_(&part),
        append_([](std::string& out, const FormatArg& p) {
          const std::string text = to_string(*static_cast<const Part*>(p.source_));
          detail::append_text(out, text.data(), text.size());
        }) {}

  void append_to(std::string& out) const { append_(out, *this); }

 private:
  static void append_chars(std::string& out, const FormatArg& p) {
    const char* const text = static_cast<const char*>(p.source_);
    append_text(out, text, std::char_traits<char>::length(text));
  }
  static void append_string(std::string& out, const FormatArg& p) {
    const std::string& text = *static_cast<const std::string*>(p.source_);
    append_text(out, text.data(), text.size());
  }
  static void append_unsigned(std::string& out, const FormatArg& p) { append_number(out, p.unsigned_); }
  static void append_signed(std::string& out, const FormatArg& p) {
    const auto number = static_cast<unsigned long long>(p.signed_);
    append_number(out, p.signed_ < 0 ? 0 - number : number, p.signed_ < 0);
  }
  static void append_real(std::string& out, const FormatArg& p) {
    const std::string text = format_number(p.real_);
    append_text(out, text.data(), text.size());
  }

  union {
    const void* source_;
    unsigned long long unsigned_;
    long long signed_;
    double real_;
  };
  void (*append_)(std::string& out, const FormatArg& piece);
};

/// Appends the pieces to a text.
[[gnu::noinline]] inline void append(std::string& out, std::initializer_list<FormatArg> pieces) {
  for (const FormatArg& piece : pieces) piece.append_to(out);
}

/// The pieces as one text.
[[gnu::noinline]] inline std::string concat(std::initializer_list<FormatArg> pieces) {
  std::string out;
  append(out, pieces);
  return out;
}

/// Throws a Kind of error with "minigrad: " and the pieces.
template <class Kind>
[[noreturn, gnu::cold, gnu::noinline]] void fail(std::initializer_list<FormatArg> pieces) {
  std::string message("minigrad: ");
  append(message, pieces);
  throw Kind(message);
}

/// Throws the exception on its way again. If it is an Error that does not begin with the name of the op in which it arose,
/// such as one of an op that this op calls, it names that too.
[[noreturn, gnu::cold, gnu::noinline]] inline void rethrow_with(const char* doing, const char* op) {
  try {
    throw;
  } catch (Error& error) {
    if (std::string(error.what()).rfind(concat({"minigrad: ", op, ":"}), 0) != 0)
      error.append(concat({"; while ", doing, " ", op}).c_str());
    throw;
  }
}

/// A variable that has another value as long as this lives, whatever is thrown, and then the value from before.
template <class T>
class ScopedValue {
 public:
  ScopedValue(T& variable, T value) : variable_(variable), before_(std::exchange(variable, value)) {}
  ScopedValue(const ScopedValue&) = delete;
  ScopedValue& operator=(const ScopedValue&) = delete;
  ~ScopedValue() { variable_ = before_; }

 private:
  T& variable_;
  T before_;
};
struct ScopedFlag : ScopedValue<bool> {
  explicit ScopedFlag(bool& flag) : ScopedValue(flag, true) {}
};

/// The first parameter of a deleted constructor X(AnyArgument, ...). Braces with an unknown option, such as
/// {.learning_rate = 0.1}, fit `...` alone, so that such a call chooses it, and no other call does. Without it a compiler
/// lists all constructors.
struct AnyArgument {
  template <class X>
  AnyArgument(const X&);
};

}  // namespace detail
}  // namespace minigrad
