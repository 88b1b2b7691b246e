// predict.cpp - answers by the networks that the story ends with: stopped early, trained from eleven seeds.
#include "predict.hpp"

#include <algorithm>
#include <cstdio>

namespace course_length {

void predict(const Question& question, const std::string& file, std::uint64_t seed) {
  const Lectures lectures = read_lectures(file);
  const Tensor<double> asked = read_features(one_lecture(question.pages, question.words, question.title));
  const std::vector<std::string> wanted = features(question.has_title ? 5 : 3);
  const Trainings networks =
      train_networks(training_rows(lectures, wanted), validation_rows(lectures, wanted), {.patience = 100}, seed);
  const Data train = training_rows(lectures, networks.features),
             validation = validation_rows(lectures, networks.features);
  const Tensor<double> x = select_features(Data(asked, zeros<double>({1, 1}), all_features), networks.features).x;

  const Spread answer = networks.predict(x)[0];
  std::printf("%s minutes [%s..%s]\n", rounded(answer.median).c_str(), rounded(answer.lowest).c_str(),
              rounded(answer.highest).c_str());
  std::string names;
  for (const std::string& name : networks.features) names += (names.empty() ? "" : ", ") + name;
  std::printf("  the middle one of %zu networks, in brackets the lowest and the highest; they look at %s\n", trainings,
              names.c_str());

  std::vector<double> errors;
  const std::vector<Spread> predicted = networks.predict(validation.x);
  for (std::size_t row = 0; row < predicted.size(); ++row) errors.push_back(predicted[row].median - validation.y[row]);
  const auto [lowest, highest] = std::minmax_element(errors.begin(), errors.end());
  std::printf("  prediction - truth on the %zu validation lectures: %s to %s min, root mean square %s min\n",
              errors.size(), with_sign(*lowest).c_str(), with_sign(*highest).c_str(),
              one_decimal(root_mean_square(errors)).c_str());

  for (const std::string& name : networks.dropped)
    std::printf("  dropped: %s is the same in all training rows, so it can tell nothing apart\n", name.c_str());
  for (const std::string& name : constant_features(validation))
    std::printf("  never validated: %s is the same in all validation rows\n", name.c_str());
  for (const std::string& line : extrapolations(train, x)) std::printf("  %s\n", line.c_str());
}

}  // namespace course_length
