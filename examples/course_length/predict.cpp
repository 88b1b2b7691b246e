// predict.cpp - answers by the networks that the story ends with: stopped early, trained from eleven seeds.
#include "predict.hpp"

#include <algorithm>
#include <cstdio>

namespace course_length {

void predict(const Question& question, const std::string& file, std::uint64_t seed) {
  const Lectures lectures = read_lectures(file);
  const Tensor<double> asked = read_features(one_lecture(question.pages, question.words, question.title));
  const Data all = training_rows(lectures, features(question.has_title ? 5 : 3));
  const std::vector<std::string> constant = constant_features(all);
  const Data train = drop_features(all, constant), validation = validation_rows(lectures, train.names());
  const Tensor<double> x = select_features(Data(asked, zeros<double>({1, 1}), all_features), train.names()).x;
  const Trainings networks = train_networks(train, validation, {.patience = 100}, seed);

  const Spread answer = networks.predict(x)[0];
  std::printf("%s minutes [%s..%s]\n", format_fixed(answer.median, 0).c_str(), format_fixed(answer.lowest, 0).c_str(),
              format_fixed(answer.highest, 0).c_str());
  std::vector<double> errors;
  const std::vector<Spread> predicted = networks.predict(validation.x);
  for (std::size_t row = 0; row < predicted.size(); ++row) errors.push_back(predicted[row].median - validation.y[row]);
  const auto [lowest, highest] = std::minmax_element(errors.begin(), errors.end());
  std::string names;
  for (const std::string& name : train.names()) names += (names.empty() ? "" : ", ") + name;
  std::printf("  the median of %zu networks, and the lowest and highest in brackets; features: %s\n", trainings,
              names.c_str());
  std::printf(
      "  on %zu lectures that they were not trained on they were off by %s min (root mean square), by %s to %s min\n",
      errors.size(), format_fixed(root_mean_square(errors), 1).c_str(), format_fixed(*lowest, 1).c_str(),
      format_fixed(*highest, 1).c_str());
  for (const std::string& name : constant)
    std::printf("  dropped: %s is the same in all training rows\n", name.c_str());
  for (const std::string& name : constant_features(validation))
    std::printf("  never validated: %s is the same in all validation rows\n", name.c_str());
  for (const std::string& line : extrapolations(train, x)) std::printf("  %s\n", line.c_str());
}

}  // namespace course_length
