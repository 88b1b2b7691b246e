// 11 the lazy function
// Step 2: which functions to choose from? If all of them, then one has no training loss at all and has learned nothing:
// it looks up what it has seen. Validation exposes it. But validation, looked at often enough, can be deceived as well.
//
//   g++ -std=c++20 -O2 -Iinclude examples/11_lazy.cpp -o 11_lazy && ./11_lazy
//
// The data are real: lectures of Hung-yi Lee's courses, their slides counted (see data/README.md).

#include <cstdio>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <minigrad/minigrad.hpp>

#include "find_data.hpp"

using namespace minigrad;

using X = Tensor<double>;

struct Lectures {
  Table train, validation, unseen;
};

// As in 10, in the order of time. ML2026 came later still, and plays the rest of the world: nothing is chosen by it.
Lectures read_lectures(const std::string& file) {
  const Table all = read_csv(file), known = all.where("course", {"ML2021", "GenAI2024"});
  std::vector<std::size_t> first, last;
  for (std::size_t row = 0; row < known.rows(); ++row) (row + 5 < known.rows() ? first : last).push_back(row);
  return {known.select(first), known.select(last), all.where("course", "ML2026")};
}

X minutes_of(const Table& lectures) { return to_tensor<double>(lectures, {"minutes"}); }

// The lazy function: a deck that it has seen takes as long as it took, any other takes 0 minutes. It knows a deck by
// its pages and words, since two of the training decks have the same number of pages.
class LazyFunction {
 public:
  explicit LazyFunction(const Table& lectures) {
    for (std::size_t row = 0; row < lectures.rows(); ++row)
      seen_[deck(lectures, row)] = lectures.number(row, "minutes");
  }

  X operator()(const Table& lectures) const {
    X minutes = zeros<double>({lectures.rows(), 1});
    for (std::size_t row = 0; row < lectures.rows(); ++row)
      if (const auto known = seen_.find(deck(lectures, row)); known != seen_.end()) minutes[row] = known->second;
    return minutes;
  }

 private:
  using Deck = std::pair<std::string, std::string>;
  static Deck deck(const Table& lectures, std::size_t row) {
    return {lectures.text(row, "pages"), lectures.text(row, "words")};
  }
  std::map<Deck, double> seen_;
};

// `function` takes the rows of a table and gives their minutes, [rows, 1].
template <class Function>
void print_losses(const char* name, const Function& function, const Lectures& lectures) {
  std::printf("  %-24s", name);
  for (const Table* rows : {&lectures.train, &lectures.validation, &lectures.unseen})
    std::printf("  %10.1f", mse_loss(function(*rows), minutes_of(*rows)).item());
  std::printf("\n");
}

X with_ones(const Table& lectures) {
  return concatenate({to_tensor<double>(lectures, {"pages"}), ones<double>({lectures.rows(), 1})}, 1);
}

void learn_by_heart(const Lectures& lectures) {
  const X minutes = minutes_of(lectures.train), line = lstsq(with_ones(lectures.train), minutes);
  const X mean_minutes = mean(minutes, 0, true);
  const auto average = [&](const Table& rows) { return broadcast_to(mean_minutes, {rows.rows(), 1}); };
  std::printf("MSE (min^2)                     training  validation      ML2026\n");
  print_losses("the lazy function", LazyFunction(lectures.train), lectures);
  print_losses("always the average", average, lectures);
  print_losses("the best line (03)", [&](const Table& rows) { return matmul(with_ones(rows), line); }, lectures);
  std::printf("\nNo loss is smaller than 0, so step 3 picks the lazy function. On other decks it is worse than to\n");
  std::printf("say the average. Only other rows can show that, and only fewer functions to choose from prevent it.\n\n");
}

// There are many lazy functions, since they may say anything about decks that they have not seen: here something random
// between the shortest and the longest class. All have training loss 0. Keep the one that is best in validation.
struct Found {
  double validation, unseen;
};
std::vector<Found> look_often(const Lectures& lectures, int most_looks, Rng& rng) {
  const X minutes = minutes_of(lectures.train), validation = minutes_of(lectures.validation);
  const X unseen = minutes_of(lectures.unseen);
  const double shortest = (min)(minutes).item(), longest = (max)(minutes).item();
  std::vector<Found> best_so_far;  // after 1, 10, 100, ... looks
  Found best{};
  for (int looks = 1, report = 1; looks <= most_looks; ++looks) {
    const double loss = mse_loss(uniform<double>(validation.shape(), shortest, longest, rng), validation).item();
    const double unseen_loss = mse_loss(uniform<double>(unseen.shape(), shortest, longest, rng), unseen).item();
    if (looks == 1 || loss < best.validation) best = {loss, unseen_loss};
    if (looks != report) continue;
    best_so_far.push_back(best);
    report *= 10;
  }
  return best_so_far;
}

void look_at_validation(const Lectures& lectures) {
  Rng rng(1);
  std::vector<std::vector<Found>> searches;
  for (int i = 0; i < 3; ++i) searches.push_back(look_often(lectures, 100'000, rng));
  std::printf("Lazy functions that guess: three searches for the best in validation, and the same one on ML2026\n\n");
  std::printf("    looks   validation  ML2026   validation  ML2026   validation  ML2026\n");
  for (std::size_t row = 0, looks = 1; row < searches[0].size(); ++row, looks *= 10) {
    std::printf("  %7zu", looks);
    for (const auto& search : searches) std::printf("   %10.0f  %6.0f", search[row].validation, search[row].unseen);
    std::printf("\n");
  }
  std::printf("\nAfter enough looks, pure chance is better in validation than the networks of 10, which have about\n");
  std::printf("100. It has learned nothing, and on ML2026 it is no better than before. A loss by which something\n");
  std::printf("was chosen is no measure of it any more: so it is with a validation set, and with a test set that is\n");
  std::printf("asked again and again. Look rarely, and keep some rows for the end that nothing was chosen by.\n");
}

void story(int argc, char** argv) {
  const Lectures lectures = read_lectures(find_data(argc, argv, "lectures.csv"));
  learn_by_heart(lectures);
  look_at_validation(lectures);
}

int main(int argc, char** argv) { return run(argc, argv, story); }
