// 12 the threshold classifier
// All three steps for a question with two answers: will a class take longer than an hour? The loss is the share of
// wrong answers, the functions say "yes" if there are more than h pages, and the best h is found by trying them. The
// more functions there are to choose from, the smaller the training loss, and the less it tells.
//
//   g++ -std=c++20 -O2 -Iinclude examples/12_threshold.cpp -o 12_threshold && ./12_threshold
//
// The data are real: lectures of Hung-yi Lee's courses, their slides counted (see data/README.md).

#include <cmath>
#include <cstdio>
#include <vector>

#include <minigrad/minigrad.hpp>

#include "find_data.hpp"

using namespace minigrad;

using X = Tensor<double>;

// For each function a row, for each lecture a column: 1 where the function is wrong about the lecture, else 0.
X errors_of(const Tensor<bool>& said, const X& minutes) {
  return not_equal(said, transpose(greater(minutes, 60))).to<double>();
}

// What thresholds h say: [functions, 1] against [1, lectures].
X errors_of_thresholds(const X& h, const X& pages, const X& minutes) {
  return errors_of(greater(transpose(pages), h.reshape({h.size(), 1})), minutes);
}

void try_thresholds(const X& pages, const X& minutes) {
  const X h = arange<double>(1, 71), wrong = sum(errors_of_thresholds(h, pages, minutes), 1);
  std::printf("Longer than an hour? Yes, if more than h pages. The loss on all %zu lectures:\n\n", pages.size());
  std::printf("   h  wrong  loss\n");
  for (const int at : {1, 10, 20, 30, 33, 40, 50, 60, 70})
    std::printf("  %2d  %5.0f  %2.0f %%\n", at, wrong[at - 1], 100 * wrong[at - 1] / static_cast<double>(pages.size()));
  std::printf("\nOf 1, 2, ... 70 the best is %.0f. (The loss moves in jumps and has no slope: there is no gradient\n",
              h[argmin(wrong).item()]);
  std::printf("to descend, but with so few candidates none is needed.)\n\n");
}

// 20 ways to take some of the lectures for training: 1 where a lecture (row) is taken in a split (column), else 0.
X random_splits(std::size_t lectures, std::size_t training, Rng& rng) {
  X in_training = zeros<double>({lectures, 20});
  for (std::size_t split = 0; split < 20; ++split) {
    const std::vector<std::size_t> order = rng.permutation(lectures);
    for (std::size_t i = 0; i < training; ++i) in_training(order[i], split) = 1;
  }
  return in_training;
}

// In each split choose the function with the smallest training loss, the first of equals. Returns its training loss and
// its loss on the other lectures, each as the mean over the splits.
X choose(const X& errors, const X& in_training) {
  const X in_others = 1 - in_training;
  const X training = matmul(errors, in_training) / sum(in_training, 0);
  const X others = matmul(errors, in_others) / sum(in_others, 0);
  const auto best = argmin(training, 0);
  X losses = zeros<double>({2});
  for (std::size_t split = 0; split < best.size(); ++split)
    losses += X{training(best[split], split), others(best[split], split)};
  return losses / best.size();
}

void print_choice(const X& losses) {
  std::printf("   %8.1f  %6.1f  %4.1f", 100 * losses[0], 100 * losses[1], 100 * (losses[1] - losses[0]));
}

// Coin flips are functions, too: each says something random about each lecture, and always the same.
void choose_from_more_and_more(const X& pages, const X& minutes, std::size_t training) {
  std::printf("Chosen by %zu random lectures, judged by the other %zu: loss in %%, mean of 2000 times\n\n", training,
              pages.size() - training);
  std::printf("              thresholds               coin flips\n");
  std::printf("  functions   training  others   gap   training  others   gap   bound\n");
  Rng rng(1);
  const X candidates[] = {{40}, {20, 40, 60}, arange<double>(10, 71, 10), arange<double>(5, 71, 5),
                          arange<double>(1, 71), arange<double>(0.05, 70, 0.1)};
  for (const X& h : candidates) {
    X of_thresholds = zeros<double>({2}), of_coins = zeros<double>({2});
    for (int i = 0; i < 100; ++i) {
      const X in_training = random_splits(pages.size(), training, rng);
      of_thresholds += choose(errors_of_thresholds(h, pages, minutes), in_training) / 100;
      const auto heads = less(uniform<double>({h.size(), pages.size()}, 0, 1, rng), 0.5);
      of_coins += choose(errors_of(heads, minutes), in_training) / 100;
    }
    std::printf("  %9zu", h.size());
    print_choice(of_thresholds);
    print_choice(of_coins);
    const double functions = static_cast<double>(h.size()), rows = static_cast<double>(training);
    std::printf("   %5.0f\n", 100 * std::sqrt(std::log(2 * functions / 0.05) / (2 * rows)));
  }
  std::printf("\n");
}

void story(int argc, char** argv) {
  const Table all = read_csv(find_data(argc, argv, "lectures.csv"));
  const Table lectures = all.where("course", {"ML2021", "GenAI2024", "ML2026"});
  const X pages = to_tensor<double>(lectures, {"pages"}), minutes = to_tensor<double>(lectures, {"minutes"});
  try_thresholds(pages, minutes);
  choose_from_more_and_more(pages, minutes, 10);
  choose_from_more_and_more(pages, minutes, 19);
  std::printf("The more functions, the wider the gap: there is always one that suits the training rows by chance.\n");
  std::printf("With coin flips it goes on widening. With thresholds it stops, because 10 rows can be cut in 11 ways\n");
  std::printf("only: finer thresholds are no new functions. More training rows narrow it in both cases.\n\n");
  std::printf("The bound holds for all functions and all data, and so is far from tight: of H functions, none has a\n");
  std::printf("gap wider than sqrt(ln(2 H / 0.05) / (2 N)) after N training rows, in 95 of 100 cases (Hoeffding).\n");
}

int main(int argc, char** argv) { return run(argc, argv, story); }
