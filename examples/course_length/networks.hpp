// networks.hpp - functions with unknown parameters that can bend, and many trainings of each.
//
// One training is one anecdote: the first weights are random, and on 23 rows they matter. So every network is trained
// from several seeds, and all of them are reported: the middle one and the outermost.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "lectures.hpp"
#include "results.hpp"

namespace course_length {

inline constexpr std::size_t trainings = 11;  // seeds: the given one and the ten that follow it

/// Step 2 of the lecture, which functions to choose from:
/// y = b + sum of 100 hinges c relu(w x + b'), and a network with two hidden layers of 64.
Sequential<double> sum_of_hinges(std::size_t inputs, Rng& rng);
Sequential<double> deep_network(std::size_t inputs, Rng& rng);

/// Step 3, how to pick the best. Adam with these settings, all rows in each update, so one update an epoch.
struct Recipe {
  Sequential<double> (*network)(std::size_t inputs, Rng& rng) = deep_network;
  double lr = 0.001;
  std::size_t epochs = 1000;
  std::size_t patience = 0;  // stop after so many epochs without a better validation loss, and go back to the best
  std::string checkpoint{};  // the file that keeps the training, and from which it goes on
  const std::atomic<bool>* stop = nullptr;  // once true, the training ends
};

/// Features in, minutes out: standardised on the way in, brought back to minutes on the way out.
struct Regressor {
  StandardScaler<double> x_scale, y_scale;
  Sequential<double> network;
  Tensor<double> operator()(const Tensor<double>& x) const {
    return y_scale.inverse_transform(network(x_scale.transform(x)));
  }
};

struct Training {
  Regressor regressor;
  History history;  // its losses are of standardised minutes: times loss_unit they are in min^2
  double loss_unit;
};

/// The trainings of one recipe from seed, seed + 1, ...
struct Trainings {
  std::vector<std::string> features, dropped;
  std::vector<Training> runs;
  Spread train, validation, epoch;  // mean squared errors in min^2, and the epoch that was best on validation

  /// What each of them says about each row of x [rows, features]: row by row, the spread over the runs.
  std::vector<Spread> predict(const Tensor<double>& x) const;
};

Training train_network(const Data& train, const Data& validation, const Recipe& recipe, std::uint64_t seed);
/// Leaves out features that are the same in all training rows, and says so in `dropped`.
Trainings train_networks(const Data& train, const Data& validation, const Recipe& recipe, std::uint64_t seed);

/// The mean squared error of any function of [rows, features] to minutes, in min^2.
template <class Function>
double mean_squared_error(const Function& function, const Data& data) {
  return mse_loss(function(data.x), data.y).item();
}

/// The square root of the mean of the squares.
double root_mean_square(const std::vector<double>& errors);

}  // namespace course_length
