// results.cpp - how the table looks on the terminal.
#include "results.hpp"

#include <algorithm>
#include <cstdio>

#include <minigrad/core/format.hpp>

namespace course_length {

Spread::Spread(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t n = values.size();
  median = (values[(n - 1) / 2] + values[n / 2]) / 2;
  lowest = values.front();
  highest = values.back();
}

std::string Spread::text() const {
  const int decimals = median < 10 ? 1 : 0;
  return minigrad::format_fixed(median, decimals) + " [" + minigrad::format_fixed(lowest, decimals) + ".." +
         minigrad::format_fixed(highest, decimals) + "]";
}

std::string one_decimal(double value) { return minigrad::format_fixed(value, 1); }
std::string with_sign(double value) { return std::string(value < 0 ? "" : "+") + one_decimal(value); }
std::string rounded(double value) { return minigrad::format_fixed(value, value < 10 ? 1 : 0); }

namespace {

void print_row(const std::string& stage, const Row& row) {
  char line[512];
  std::snprintf(line, sizeof line, "%3s  %-42s %15s %17s %15s  %s", stage.c_str(), row.function.c_str(),
                row.train.c_str(), row.validation.c_str(), row.answer.c_str(), row.lecture.c_str());
  std::string text = line;
  text.erase(text.find_last_not_of(' ') + 1);
  std::printf("%s\n", text.c_str());
  std::fflush(stdout);  // each line as soon as its stage is done
}

}  // namespace

void Results::heading(const std::string& text) {
  if (lines_.empty())
    print_row("", {"function", "training MSE", "validation MSE", "the final test", "the lecture's MSE"});
  std::printf("\n     %s\n", text.c_str());
  lines_.push_back({0, {text, "", "", "", ""}});
}

void Results::note(const std::string& text) {
  print_wrapped(text, 5);
  lines_.push_back({0, {text, "", "", "", ""}});
}

int Results::add(const Row& row) {
  lines_.push_back({++stages_, row});
  print_row(std::to_string(stages_), row);
  return stages_;
}

void print_wrapped(const std::string& text, std::size_t indent) {
  const std::size_t width = 116;
  std::size_t column = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = (std::min)(text.find(' ', at), text.size());
    if (column > 0 && column + 1 + end - at > width) {
      std::printf("\n");
      column = 0;
    }
    std::printf("%s%s", column == 0 ? std::string(indent, ' ').c_str() : " ", text.substr(at, end - at).c_str());
    column += (column == 0 ? indent : 1) + end - at;
    at = end + 1;
  }
  std::printf("\n");
}

}  // namespace course_length
