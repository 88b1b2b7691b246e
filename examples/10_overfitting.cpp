// 10 overfitting
// Step 2: which functions to choose from? More features, more parameters: the best function fits the training rows ever
// better. The step after the three, validation, tells when that stops being an improvement.
//
//   g++ -std=c++20 -O2 -Iinclude examples/10_overfitting.cpp -o 10_overfitting && ./10_overfitting
//
// The data are real: lectures of Hung-yi Lee's courses, their slides counted (see data/README.md).

#include <cstdio>
#include <string>
#include <vector>

#include <minigrad/minigrad.hpp>

#include "find_data.hpp"

using namespace minigrad;

using X = Tensor<double>;
using Data = Dataset<double>;

// The title's length counts characters, not bytes: in UTF-8 all bytes of a character but its first begin with the
// bits 10.
int title_length(const std::string& title) {
  int characters = 0;
  for (const char c : title)
    if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) ++characters;
  return characters;
}

// Pages, words, words per page, the title's length, whether it has "Learning".
Data five_features(const Table& lectures) {
  std::vector<double> length, learning;
  for (const std::string& title : lectures.texts("title")) {
    length.push_back(title_length(title));
    learning.push_back(title.find("Learning") < title.size() || title.find("learning") < title.size() ? 1 : 0);
  }
  const Data counted = with_ratio(make_dataset<double>(lectures, {"pages", "words"}, "minutes"), "words", "pages");
  return with_feature(with_feature(counted, "title length", length), "has \"Learning\"", learning);
}

struct Lectures {
  Data train, validation, test;

  Lectures with(const std::vector<std::string>& features) const {
    return {select_features(train, features), select_features(validation, features), select_features(test, features)};
  }
};

// In the order of time: all lectures up to a day for training, the five that followed for validation. The test is the
// lecture that asks how long it will be itself. It had 84 pages and took 107 minutes, which we knew: so this is an
// illustration and no blind test.
Lectures read_lectures(const std::string& file) {
  const Table all = read_csv(file), known = all.where("course", {"ML2021", "GenAI2024"});
  std::vector<std::size_t> first, last;
  for (std::size_t row = 0; row < known.rows(); ++row) (row + 5 < known.rows() ? first : last).push_back(row);
  return {five_features(known.select(first)), five_features(known.select(last)),
          five_features(all.where("course", "GenAI-ML2025"))};
}

// The best function that is linear in these features, by its closed form (03).
void closed_form(const std::string& name, const Lectures& data) {
  const auto table = [](const Data& rows) { return concatenate({rows.x, ones<double>({rows.size(), 1})}, 1); };
  const X weights = lstsq(table(data.train), data.train.y);
  const auto loss = [&](const Data& rows) { return mse_loss(matmul(table(rows), weights), rows.y).item(); };
  std::printf("  %-18s  %10zu  %8.1f  %10.1f  %8.0f\n", name.c_str(), weights.size(), loss(data.train),
              loss(data.validation), matmul(table(data.test), weights).item());
}

void more_parameters(const Lectures& lectures) {
  std::printf("                                         MSE (min^2)       says for\n");
  std::printf("  features            parameters  training  validation  the test\n");
  std::vector<std::string> features;
  for (const std::string& name : lectures.train.names()) {
    features.push_back(name);
    closed_form((features.size() > 1 ? "+ " : "") + name, lectures.with(features));
  }
  std::printf("\nEach feature lowers the training loss, even the title's length. Validation is best without.\n\n");
}

// The lecture's network: pages, words and words per page, two layers of 64. Validation tells when to stop: fit() keeps
// the weights with the best validation loss, gives up after `patience` epochs without a better one, and puts them back.
void stop_early(const Lectures& lectures) {
  const Lectures three = lectures.with({"pages", "words", "words/pages"});
  StandardScaler<double> x_scale, y_scale;
  const Data train(x_scale.fit_transform(three.train.x), y_scale.fit_transform(three.train.y));
  const Data validation(x_scale.transform(three.validation.x), y_scale.transform(three.validation.y));
  const double unit = y_scale.scale().item() * y_scale.scale().item();  // of standardised losses, in min^2

  const auto minutes = [&](const Sequential<double>& network) {
    return y_scale.inverse_transform(network(x_scale.transform(three.test.x))).item();
  };

  const auto train_for = [&](Sequential<double>& network, const FitOptions& options) {
    Adam optimizer(network, {.lr = 0.001});
    return fit(network, MSELoss(), optimizer, train, validation, options);
  };

  for (const std::uint64_t seed : {1u, 2u, 3u, 4u, 5u}) {
    Rng rng(seed);
    Sequential network{Linear<double>(3, 64, rng), ReLU(), Linear<double>(64, 64, rng), ReLU(),
                       Linear<double>(64, 1, rng)};
    Sequential stopped = network;
    const History history = train_for(network, {.epochs = 1000, .batch_size = train.size(), .restore_best = false});
    const Epoch best = train_for(stopped, {.epochs = 1000, .batch_size = train.size(), .patience = 100}).best();
    if (seed == 1) {
      std::printf("A network on the first three features, as it trains:\n\n  epoch  training  validation\n");
      for (const std::size_t i : {9u, 29u, 99u, 299u, 999u})
        std::printf("  %5zu  %8.0f  %10.0f\n", history.epochs[i].epoch, unit * history.epochs[i].train_loss,
                    unit * history.epochs[i].validation_loss);
      std::printf("\nFive such networks, trained for 1000 epochs (left) and stopped early (right, patience 100):\n\n");
      std::printf("  training  validation  the test     best epoch  training  validation  the test\n");
    }
    std::printf("  %8.0f  %10.0f  %8.0f", unit * evaluate(network, MSELoss(), train),
                unit * evaluate(network, MSELoss(), validation), minutes(network));
    std::printf("     %10zu  %8.0f  %10.0f  %8.0f\n", best.epoch, unit * evaluate(stopped, MSELoss(), train),
                unit * best.validation_loss, minutes(stopped));
  }
  std::printf("\nThe test took 107 minutes. Our five validation rows are few: small differences mean little. (The\n");
  std::printf("lecture, on its own table: 22 in training, 1307 in validation; stopped at epoch 23, about 11.)\n");
}

void story(int argc, char** argv) {
  const Lectures lectures = read_lectures(find_data(argc, argv, "lectures.csv"));
  std::printf("%zu lectures for training, the %zu that followed for validation\n\n", lectures.train.size(),
              lectures.validation.size());
  more_parameters(lectures);
  stop_early(lectures);
}

int main(int argc, char** argv) { return run(argc, argv, story); }
