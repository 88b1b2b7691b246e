// 14 a classifier
// All three steps for a question with several answers: from which of three growers does a wine come? The functions give
// a score for each grower, and the largest is the answer. The loss is cross entropy, which has a slope where the share
// of wrong answers (12) has none. How good the answers are, metrics say.
//
//   g++ -std=c++20 -O2 -Iinclude examples/14_classifier.cpp -o 14_classifier && ./14_classifier
//
// The data are real: chemical analyses of Italian wines (see data/README.md).

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include <minigrad/minigrad.hpp>

#include "find_data.hpp"

using namespace minigrad;

using Labels = Tensor<std::int64_t>;

double macro_f1(const Labels& labels, const Labels& predicted) { return f1_score(labels, predicted, Average::macro); }

// Of each grower's wines (row), how many were said to be from which grower (column).
void print_confusion(const Labels& labels, const Labels& predicted) {
  const Labels counts = confusion_matrix(labels, predicted, 3);
  std::printf("  true        predicted 0   1   2\n");
  for (std::size_t row = 0; row < 3; ++row) {
    std::printf("  grower %zu           ", row);
    for (std::size_t column = 0; column < 3; ++column) std::printf(" %3d", static_cast<int>(counts(row, column)));
    std::printf("\n");
  }
  std::printf("\n");
}

void story(int argc, char** argv) {
  const Table wines = read_csv(find_data(argc, argv, "wine.csv"));
  std::vector<std::string> features = wines.columns();
  features.pop_back();  // the last column is the label
  const auto data = make_dataset<float, std::int64_t>(wines, features, "cultivar");
  Rng rng(1);
  auto [train, validation] = train_test_split(data, 0.5, rng);
  const StandardScaler<float> scaler = StandardScaler<float>().fit(train.x);
  train.x = scaler.transform(train.x);
  validation.x = scaler.transform(validation.x);
  std::printf("%zu wines, %zu features; %zu for training, the other %zu for validation\n\n", data.size(),
              features.size(), train.size(), validation.size());

  Sequential model{Linear(features.size(), 16, rng), ReLU(), Linear(16, 3, rng)};
  Adam optimizer(model, {.lr = 0.01});
  const FitOptions options{.epochs = 30, .metrics = {{"accuracy", accuracy_score}, {"f1", macro_f1}}};
  std::printf("  epoch  training loss  validation loss  accuracy  F1\n");
  fit(model, CrossEntropyLoss(), optimizer, train, validation, options, [](const Epoch& e) {
    if (e.epoch == 1 || e.epoch == 3 || e.epoch == 10 || e.epoch == 30)
      std::printf("  %5zu  %13.3f  %15.3f  %8.3f  %.3f\n", e.epoch, e.train_loss, e.validation_loss, e.metrics[0],
                  e.metrics[1]);
  });

  const Labels predicted = argmax(model(validation.x), 1);
  std::printf("\n");
  print_confusion(validation.y, predicted);
  const Labels always_1 = full<std::int64_t>(validation.y.shape(), 1);  // the grower with the most wines
  std::printf("                    accuracy  F1\n");
  std::printf("  the network       %8.3f  %.3f\n", accuracy_score(validation.y, predicted),
              macro_f1(validation.y, predicted));
  std::printf("  always grower 1   %8.3f  %.3f\n\n", accuracy_score(validation.y, always_1),
              macro_f1(validation.y, always_1));
  std::printf("The F1 of a grower is the harmonic mean of two shares: of the right ones among the wines said to be\n");
  std::printf("his, and of those found among the wines that are his. Here it is the mean over the growers: one who\n");
  std::printf("is never named costs a third, however few his wines are.\n");
}

int main(int argc, char** argv) { return run(argc, argv, story); }
