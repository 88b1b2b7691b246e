// 01 the function
// Step 1: what do I want? A function from a slide deck to the length of its class, and a number that says how bad a
// given function is: the loss.
//
//   g++ -std=c++20 -O2 -Iinclude examples/01_function.cpp -o 01_function && ./01_function
//
// The data are real: lectures of Hung-yi Lee's courses, their slides counted (see data/README.md).

#include <cmath>
#include <cstdio>
#include <numbers>
#include <string>

#include <minigrad/minigrad.hpp>

#include "find_data.hpp"

using namespace minigrad;

// A feature is whatever a computer can measure about a deck. The title's length counts characters, not bytes: in UTF-8
// all bytes of a character but its first begin with the bits 10.
int title_length(const std::string& title) {
  int characters = 0;
  for (const char c : title)
    if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) ++characters;
  return characters;
}

// In titles it is written both ways.
bool has_learning(const std::string& title) {
  return title.find("Learning") != std::string::npos || title.find("learning") != std::string::npos;
}

// The function: y = w x + b. The feature x goes in, a guess at the label y comes out. w and b are the parameters: this
// line is not one function but infinitely many, one for each (w, b).
Tensor<double> minutes_of(const Tensor<double>& pages, double w, double b) { return w * pages + b; }

// An evaluation metric is what we care about in the end, here: how many classes are told to within ten minutes? It is
// made for people. It counts, so it moves in jumps, and its slope says nothing about where a better function lies.
double within_ten_minutes(const Tensor<double>& guess, const Tensor<double>& truth) {
  return mean(less_equal(abs(guess - truth), 10).to<double>()).item();
}

// An objective is a number to make large. If lengths scatter around the line like a normal distribution of standard
// deviation s, then this is how likely the data are under (w, b), as a logarithm. It is a constant minus n / (2 s^2)
// times the mean squared error: whoever makes the loss small makes the likelihood large, and the other way round.
double log_likelihood(const Tensor<double>& guess, const Tensor<double>& truth) {
  const double s = 15, n = static_cast<double>(truth.size());
  return -n * std::log(s * std::sqrt(2 * std::numbers::pi)) - n * mse_loss(guess, truth).item() / (2 * s * s);
}

void story(int argc, char** argv) {
  const Table lectures = read_csv(find_data(argc, argv, "lectures.csv")).where("course", "ML2021");

  std::printf("The slide decks of ML2021 as a computer sees them:\n\n");
  std::printf("  pages  words  title length  has \"Learning\"  minutes\n");
  for (std::size_t row = 0; row < lectures.rows(); ++row) {
    const std::string title = lectures.text(row, "title");
    std::printf("  %5.0f  %5.0f  %12d  %14s  %7.1f\n", lectures.number(row, "pages"), lectures.number(row, "words"),
                title_length(title), has_learning(title) ? "yes" : "no", lectures.number(row, "minutes"));
  }

  const Tensor<double> pages = to_tensor<double>(lectures, {"pages"});
  const Tensor<double> minutes = to_tensor<double>(lectures, {"minutes"});

  // One function: one minute a page, and a quarter of an hour for the rest. How far off is it?
  const Tensor<double> guess = minutes_of(pages, 1, 15);
  std::printf("\nminutes = 1 * pages + 15, tried on the first four:\n\n");
  std::printf("  pages  guess  minutes  error  error^2\n");
  for (std::size_t row = 0; row < 4 && row < minutes.size(); ++row) {
    const double error = guess(row, 0) - minutes(row, 0);
    std::printf("  %5.0f  %5.1f  %7.1f  %5.1f  %7.1f\n", pages(row, 0), guess(row, 0), minutes(row, 0), error,
                error * error);
  }
  std::printf("\nThe loss is one number for all %zu. Two ways to make it of the errors:\n\n", minutes.size());
  std::printf("  mean absolute error  %6.1f min     every minute counts the same\n", l1_loss(guess, minutes).item());
  std::printf("  mean squared error   %6.1f min^2   one error of 20 weighs as much as four of 10\n",
              mse_loss(guess, minutes).item());

  // Loss and objective tell the same story, one upside down. The metric agrees on the whole, and not in detail.
  std::printf("\nFive functions, judged by each:\n\n");
  std::printf("     w    b   metric: within 10 min   loss: MSE   objective: log likelihood\n");
  std::printf("              (for people)            (minimise)  (maximise)\n");
  const double candidates[][2] = {{1, 15}, {1.5, 5}, {2, 0}, {2, -5}, {2.5, -20}};
  for (const auto& [w, b] : candidates) {
    const Tensor<double> y = minutes_of(pages, w, b);
    std::printf("  %4.1f  %3.0f   %19.0f %%   %10.1f  %26.1f\n", w, b, 100 * within_ten_minutes(y, minutes),
                mse_loss(y, minutes).item(), log_likelihood(y, minutes));
  }

  // What a nudge to w does: the loss answers it, so it shows the way down. The metric mostly does not.
  const Tensor<double> before = minutes_of(pages, 2, 0), after = minutes_of(pages, 1.999, 0);
  std::printf("\nFrom w = 2 to w = 1.999, with b = 0, the loss changes by %.2f and the metric by %.2f %%.\n",
              mse_loss(after, minutes).item() - mse_loss(before, minutes).item(),
              100 * (within_ten_minutes(after, minutes) - within_ten_minutes(before, minutes)));
  std::printf("So we train with the loss, and report the metric.\n");
}

int main(int argc, char** argv) { return run(argc, argv, story); }
