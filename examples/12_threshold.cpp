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

// For each threshold of h a row, for each lecture a column: 1 where the function is wrong about the lecture, else 0.
X errors_of(const X& h, const X& pages, const X& minutes) {
  const Tensor<bool> said = greater(transpose(pages), h.reshape({h.size(), 1})), right = transpose(greater(minutes, 60));
  return not_equal(said, right).to<double>();
}

void try_thresholds(const X& pages, const X& minutes) {
  const X h = arange<double>(1, 71), wrong = sum(errors_of(h, pages, minutes), 1);
  std::printf("Longer than an hour? Yes, if more than h pages. The loss on all %zu lectures:\n\n", pages.size());
  std::printf("   h  wrong  loss\n");
  for (const int at : {1, 10, 20, 30, 33, 40, 50, 60, 70})
    std::printf("  %2d  %5.0f  %2.0f %%\n", at, wrong[at - 1], 100 * wrong[at - 1] / static_cast<double>(pages.size()));
  std::printf("\nOf 1, 2, ... 70 the best is %.0f. (The loss moves in jumps and has no slope: there is no gradient\n",
              h[argmin(wrong).item()]);
  std::printf("to descend, but with so few candidates none is needed.)\n\n");
}

// Chooses the threshold with the smallest loss on 10 lectures at random, the first of equals. Returns its loss on these
// and on all others.
X choose(const X& errors, Rng& rng) {
  const std::size_t lectures = errors.shape()[1];
  const std::vector<std::size_t> order = rng.permutation(lectures);
  X in_training = zeros<double>({lectures, 1});
  for (std::size_t i = 0; i < 10; ++i) in_training[order[i]] = 1;
  const X training = matmul(errors, in_training), others = matmul(errors, 1 - in_training);
  const auto best = argmin(training).item();
  return {training[best] / 10, others[best] / static_cast<double>(lectures - 10)};
}

void choose_from_more_and_more(const X& pages, const X& minutes) {
  std::printf("Chosen by 10 random lectures, judged by the other %zu: loss in %%, mean of 2000 times\n\n",
              pages.size() - 10);
  std::printf("  functions  training  others   gap  bound\n");
  Rng rng(1);
  const X candidates[] = {{40}, {20, 40, 60}, arange<double>(10, 71, 10), arange<double>(5, 71, 5),
                          arange<double>(1, 71), arange<double>(0.05, 70, 0.1)};
  for (const X& h : candidates) {
    const X errors = errors_of(h, pages, minutes);
    X losses = zeros<double>({2});
    for (int i = 0; i < 2000; ++i) losses += choose(errors, rng);
    const X mean = losses / 20;  // in %
    const double bound = 100 * std::sqrt(std::log(2 * static_cast<double>(h.size()) / 0.05) / (2 * 10));
    std::printf("  %9zu  %8.1f  %6.1f  %4.1f  %5.0f\n", h.size(), mean[0], mean[1], mean[1] - mean[0], bound);
  }
}

void story(int argc, char** argv) {
  const Table all = read_csv(find_data(argc, argv, "lectures.csv"));
  const Table lectures = all.where("course", {"ML2021", "GenAI2024", "ML2026"});
  const X pages = to_tensor<double>(lectures, {"pages"}), minutes = to_tensor<double>(lectures, {"minutes"});
  try_thresholds(pages, minutes);
  choose_from_more_and_more(pages, minutes);
  std::printf("\nThe more functions, the smaller the training loss and the wider the gap: there is always one that\n");
  std::printf("suits the training rows by chance. It stops widening, because 10 rows can be cut in 11 ways only: finer\n");
  std::printf("thresholds are no new functions.\n\n");
  std::printf("The bound holds for all functions and all data, and so is far from tight: of H functions, none has a\n");
  std::printf("gap wider than sqrt(ln(2 H / 0.05) / (2 N)) after N training rows, in 95 of 100 cases (Hoeffding).\n");
}

int main(int argc, char** argv) { return run(argc, argv, story); }
