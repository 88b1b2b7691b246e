// lines.cpp - straight lines on the real lectures: what the training data have to do with the answer.
#include <cmath>

#include "story.hpp"

namespace course_length {
namespace {

/// minutes = w . features + b by least squares: the closed form.
struct LinearModel {
  Tensor<double> w;  // [features, 1]
  double b;
  Tensor<double> operator()(const Tensor<double>& x) const { return matmul(x, w) + b; }
};

LinearModel fit_line(const Data& data) {
  const Tensor<double> ones = minigrad::ones<double>({data.size(), 1});
  const std::size_t features = data.x.shape()[1];
  try {
    const Tensor<double> wb = lstsq(concatenate({data.x, ones}, 1), data.y);
    return {slice(wb, 0, features), wb[features]};
  } catch (const ValueError& error) {  // lstsq knows columns by their numbers
    std::string names;
    for (const std::string& name : data.names()) names += (names.empty() ? "" : ", ") + name;
    throw ValueError("course_length: a line on " + names + ": " + error.what());
  }
}

std::string formula(const PageLine& line) {
  return format_fixed(line.w, 3) + " pages " + (line.b < 0 ? "- " : "+ ") + format_fixed(std::fabs(line.b), 2);
}

}  // namespace

/// The lecture trains a line on one course, validates on another, and then changes the training course.
void other_training_data(Story& story) {
  const Lectures& lectures = story.lectures;
  const Data ml2021 = dataset(lectures.ml2021, features(1)), genai2024 = dataset(lectures.genai2024, features(1));
  const Data ml2026 = dataset(lectures.ml2026, features(1)), test = dataset(lectures.test, features(1));
  double before = 0, after = 0;
  const auto stage = [&](const std::string& name, const Data& train, const std::string& lecture) {
    const LinearModel line = fit_line(train);
    story.lines.push_back({name, line.w[0], line.b});
    before = after;
    after = mean_squared_error(line, ml2026);
    story.results.heading("trained on " + name + ", validated on ML2026");
    story.results.add({"line: " + formula(story.lines.back()), one_decimal(mean_squared_error(line, train)),
                       one_decimal(after), one_decimal(line(test.x).item()), lecture});
  };
  stage("ML2021", ml2021, "240 / 1143");
  stage("GenAI2024", genai2024, "71 / 122");
  const LinearModel later = fit_line(ml2026);
  story.lines.push_back({"ML2026", later.w[0], later.b});
  story.remarks.push_back("Lines: with GenAI2024 for training instead of ML2021 the validation error goes from " +
                          format_fixed(before, 0) + " to " + format_fixed(after, 0) +
                          "; the lecture's went from 1143 to 122, a tenth. GenAI2024's decks end at " +
                          format_number((max)(genai2024.x).item()) + " pages, and ML2026 has decks of " +
                          format_number((max)(ml2026.x).item()) + ".");

  story.results.heading("trained on GenAI2024, validated on ML2021");
  const Data all = dataset(lectures.genai2024, all_features);
  const std::vector<std::string> constant = constant_features(all), kept = drop_features(all, constant).names();
  const Data train = select_features(all, kept);
  const LinearModel line = fit_line(train);
  story.results.add({"line, " + std::to_string(kept.size()) + " features", one_decimal(mean_squared_error(line, train)),
                     one_decimal(mean_squared_error(line, dataset(lectures.ml2021, kept))),
                     one_decimal(line(dataset(lectures.test, kept).x).item()), ""});
  for (const std::string& name : constant)
    story.results.note("dropped: " + name + " is the same in all rows of GenAI2024, so it can tell nothing apart");
}

/// The line that every network has to beat: a network that does worse has been trained badly, for the line is among the
/// functions it can choose from.
void the_line_to_beat(Story& story) {
  const Lectures& lectures = story.lectures;
  story.results.heading("trained on ML2021 and the first half of GenAI2024, validated on the second half of GenAI2024");
  const Data train = training_rows(lectures, features(1));
  const LinearModel line = fit_line(train);
  const Data validation = validation_rows(lectures, features(1)), test = dataset(lectures.test, features(1));
  story.line_to_beat = mean_squared_error(line, train);
  story.results.add({"line: " + formula({"", line.w[0], line.b}), one_decimal(story.line_to_beat),
                     one_decimal(mean_squared_error(line, validation)), one_decimal(line(test.x).item()), ""});
  // Two lines on nearer courses, to compare the networks with in the end.
  const LinearModel first_half = fit_line(dataset(lectures.first_half, features(1)));
  const LinearModel ml2026 = fit_line(dataset(lectures.ml2026, features(1)));
  story.plain_lines = "trained on the first half of GenAI2024 alone " +
                      rounded(mean_squared_error(first_half, validation)) + ", on ML2026 " +
                      rounded(mean_squared_error(ml2026, validation));
  story.hindsight = "ML2026's line says " + one_decimal(ml2026(test.x).item());
}

}  // namespace course_length
