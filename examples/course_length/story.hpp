// story.hpp - the lecture's story, one function for each stage, and what the pictures need to know of it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lectures.hpp"
#include "networks.hpp"
#include "results.hpp"

namespace course_length {

/// minutes = w * pages + b.
struct PageLine {
  std::string name;
  double w, b;
};

/// Where gradient descent stands after some updates.
struct Place {
  std::size_t updates;
  double w, b, loss;
};

/// The loss after every update of a training with batches of one size.
struct BatchCurve {
  std::size_t batch_size, updates_per_epoch;
  std::vector<double> losses;
};

/// A function of the pages alone, drawn: minutes[i] for pages[i].
struct Curve {
  std::vector<double> pages, minutes;
};

/// The same network trained on other parts of the lectures.
struct OtherSplit {
  std::string validation;
  Spread last_train, last_validation, last_answer, stopped_epoch, stopped_validation, stopped_answer;
};

struct Story {
  Lectures lectures;
  Data moments;
  std::uint64_t seed;

  std::vector<std::string> introduction{};  // which data, and why
  Results results{};
  std::vector<std::string> remarks{};  // what our numbers say, and where they say something else than the lecture's

  // For the pictures.
  std::vector<Place> crawl{}, jump{};  // gradient descent with a learning rate that works, and one that is too large
  PageLine closed_form{};
  std::vector<BatchCurve> batches{};
  std::vector<PageLine> lines{};
  double line_to_beat = 0;                 // its training error
  std::string plain_lines{}, hindsight{};  // what lines on other courses say, for the remarks
  Curve raw_hinges{}, good_hinges{};
  Trainings last{}, stopped{};  // three features: after all epochs, and stopped early
  std::vector<OtherSplit> splits{};
};

// Stages on the reconstructed points (descent.cpp).
void brute_force(Story& story);
void closed_form(Story& story);
void gradient_descent(Story& story);
void batches(Story& story);
// Straight lines on the real lectures (lines.cpp).
void other_training_data(Story& story);
void the_line_to_beat(Story& story);
// Networks (stages.cpp).
void hinges(Story& story);
void deep_networks(Story& story);
void early_stopping(Story& story);
void other_splits(Story& story);
void final_test(Story& story);

}  // namespace course_length
