// lectures.cpp - reads the data, refuses what no lecture can be, and computes the features.
#include "lectures.hpp"

#include <algorithm>

namespace course_length {
namespace {

[[noreturn]] void refuse(const std::string& file, const std::string& why) {
  throw DataError("course_length: " + file + ": " + why, file);
}

/// The numbers of this column, each greater than 0; where words are missing, the slides were not seen.
void check_numbers(const Table& table, const std::string& column) {
  for (std::size_t row = 0; row < table.rows(); ++row) {
    if (column == "words" && table.is_missing(row, column)) continue;
    if (!(table.number(row, column) > 0))
      table.fail_in(row, column, {table.text(row, column), " must be greater than 0"});
  }
}

void check_course(const Table& lectures, const std::string& course, std::size_t at_least, bool has_words) {
  const Table rows = lectures.where("course", course);
  if (rows.rows() == 0) refuse(lectures.file(), "no row of course \"" + course + "\"");
  if (rows.rows() < at_least)
    refuse(lectures.file(), "course \"" + course + "\" has " + std::to_string(rows.rows()) + " rows, and at least " +
                                std::to_string(at_least) + " are needed");
  for (const std::string column : {"pages", "words", "minutes"}) {
    if (column == "words" && !has_words) continue;
    const std::vector<double> numbers = rows.numbers(column);  // refuses missing values
    if (at_least > 1 && std::count(numbers.begin(), numbers.end(), numbers[0]) == std::ssize(numbers))
      refuse(lectures.file(), "column \"" + column + "\" is constant (" + format_number(numbers[0]) + ") in course \"" +
                                  course + "\": nothing can be learned from it");
  }
}

/// Characters, not bytes: in UTF-8 all bytes of a character but its first begin with the bits 10.
double title_length(const std::string& title) {
  return static_cast<double>(std::count_if(title.begin(), title.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

double has_learning(std::string title) {
  for (char& c : title)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return title.find("learning") == std::string::npos ? 0 : 1;
}

}  // namespace

std::vector<std::string> features(std::size_t count) {
  return {all_features.begin(), all_features.begin() + static_cast<std::ptrdiff_t>(count)};
}

Lectures read_lectures(const std::string& file) {
  const Table all = read_csv(file);
  for (const char* column : {"course", "title", "pages", "words", "minutes"}) all.column_index(column);
  if (all.rows() < 2)
    refuse(file, all.rows() == 0 ? "no rows: there is nothing to learn from"
                                 : "only one row: any function through it would be right");
  for (const char* column : {"pages", "words", "minutes"}) check_numbers(all, column);
  check_course(all, "ML2021", 2, true);
  check_course(all, "GenAI2024", 8, true);  // stage 7 fits up to six numbers to them
  check_course(all, "ML2026", 2, false);
  check_course(all, "GenAI-ML2025", 1, true);
  if (all.where("course", "GenAI-ML2025").rows() > 1)
    refuse(file, "course \"GenAI-ML2025\" is the final test: one row");

  const Table genai2024 = all.where("course", "GenAI2024");
  std::vector<std::size_t> first, second;
  for (std::size_t row = 0; row < genai2024.rows(); ++row) (2 * row < genai2024.rows() ? first : second).push_back(row);
  return {file,
          all.where("course", "ML2021"),
          genai2024,
          all.where("course", "ML2026"),
          genai2024.select(first),
          genai2024.select(second),
          all.where("course", "GenAI-ML2025")};
}

Data read_moments(const std::string& file) {
  const Table table = read_csv(file);
  for (const char* column : {"pages", "minutes"}) check_numbers(table, column);
  if (table.rows() < 2) refuse(file, std::to_string(table.rows()) + " rows, and a line needs at least 2");
  const Data data = make_dataset<double>(table, {"pages"}, "minutes");
  if (!constant_features(data).empty()) refuse(file, "column \"pages\" is constant: every line would do");
  return data;
}

Tensor<double> read_features(const Table& lectures) {
  const Tensor<double> counted = with_ratio(to_tensor<double>(lectures, {"pages", "words"}), 1, 0);
  auto from_title = Tensor<double>::empty({lectures.rows(), 2});
  for (std::size_t row = 0; row < lectures.rows(); ++row) {
    const std::string title = lectures.text(row, "title");
    from_title(row, 0) = title_length(title);
    from_title(row, 1) = has_learning(title);
  }
  return concatenate({counted, from_title}, 1);
}

Data dataset(const Table& lectures, const std::vector<std::string>& features) {
  const bool slides_seen = !lectures.has_missing("words");
  if (!slides_seen) return select_features(make_dataset<double>(lectures, {"pages"}, "minutes"), features);
  return select_features(Data(read_features(lectures), to_tensor<double>(lectures, {"minutes"}), all_features),
                         features);
}

Data join(const Data& a, const Data& b) {
  return Data(concatenate({a.x, b.x}), concatenate({a.y, b.y}), a.feature_names);
}

Data training_rows(const Lectures& lectures, const std::vector<std::string>& features) {
  return join(dataset(lectures.ml2021, features), dataset(lectures.first_half, features));
}

Data validation_rows(const Lectures& lectures, const std::vector<std::string>& features) {
  return dataset(lectures.second_half, features);
}

std::vector<std::string> extrapolations(const Data& train, const Tensor<double>& x) {
  std::vector<std::string> lines;
  const Tensor<double> low = (min)(train.x, 0), high = (max)(train.x, 0);
  for (std::size_t k = 0; k < x.size(); ++k)
    if (x[k] < low[k] || x[k] > high[k])
      lines.push_back("extrapolation: " + train.names()[k] + " " + format_number(x[k], 4) +
                      ", the training rows have " + format_number(low[k], 4) + " to " + format_number(high[k], 4));
  return lines;
}

Table one_lecture(std::size_t pages, std::size_t words, const std::string& title) {
  std::string quoted;
  for (const char c : title) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return parse_csv(
      "pages,words,title\n" + std::to_string(pages) + "," + std::to_string(words) + ",\"" + quoted + "\"\n", "--title");
}

}  // namespace course_length
