// results.hpp - the table that the whole story ends up in, printed line by line while it is told.
#pragma once

#include <string>
#include <vector>

namespace course_length {

/// What many trainings gave that differ in their seeds only: the middle one and the outermost.
struct Spread {
  double median = 0, lowest = 0, highest = 0;

  Spread() = default;
  explicit Spread(std::vector<double> values);
  /// "94 [84..97]"; below 10 with one decimal.
  std::string text() const;
};

std::string one_decimal(double value);
std::string with_sign(double value);
/// With as many decimals as make sense: "0.7", "94".
std::string rounded(double value);

/// One line of the table. Mean squared errors are in min^2, `answer` is what the function says about the final test, in
/// minutes, `lecture` is what the lecture reports. What there is not is left empty.
struct Row {
  std::string function, train, validation, answer, lecture;
};

/// A line of the table: a row with its number, or a heading or a note, which have none.
struct Line {
  int stage;  // 0: a heading or a note, which stands in row.function
  Row row;
};

class Results {
 public:
  // All of these print at once and remember.
  void heading(const std::string& text);
  void note(const std::string& text);
  /// Returns the stage's number, from 1.
  int add(const Row& row);
  const std::vector<Line>& lines() const { return lines_; }
  int stages() const { return stages_; }

 private:
  std::vector<Line> lines_;
  int stages_ = 0;
};

/// Prints a text in lines of at most 116 characters, each indented.
void print_wrapped(const std::string& text, std::size_t indent = 2);

}  // namespace course_length
