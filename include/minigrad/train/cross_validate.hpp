// train/cross_validate.hpp - how good is a way of training? Trains once for each fold, and judges by the rows that were
// left out. Not part of minigrad.hpp.
#pragma once

#include <cmath>
#include <cstddef>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "../core/finite.hpp"
#include "../data/split.hpp"
#include "history.hpp"

namespace minigrad::inline MINIGRAD_ABI {

/// What cross_validate() gives: a number for each fold.
struct CrossValidation {
  std::vector<double> scores;      ///< of the folds, in their order
  std::vector<History> histories;  ///< where the training gives one

  /// The mean of the scores; NaN of none.
  double mean() const {
    double total = 0;
    for (const double score : scores) total += score;
    return total / static_cast<double>(scores.size());
  }
  /// The standard deviation of the folds, with n - 1; NaN of fewer than two.
  double deviation() const {
    if (scores.size() < 2) return detail::not_a_number<double>;
    double total = 0;
    for (const double score : scores) total += (score - mean()) * (score - mean());
    return std::sqrt(total / static_cast<double>(scores.size() - 1));
  }
};

namespace detail {
/// A column of the entry that a training ended with: the best one's where there is one, else the last one's.
template <class = void>
double score_of(const History& history, const std::string& column) {
  if (history.epochs.empty()) fail<ValueError>({"cross_validate: a training of no epochs"});
  const std::size_t at = history.best_epoch > 0 ? history.best_epoch - 1 : history.epochs.size() - 1;
  if (column == "train_loss") return history.epochs[at].train_loss;
  if (column != "validation_loss") return history.metric(column)[at];
  if (is_nan(history.epochs[at].validation_loss))
    fail<ValueError>({"cross_validate: there is no validation loss: give fit() the second dataset"});
  return history.epochs[at].validation_loss;
}
}  // namespace detail

/// Calls train(training rows, validation rows) for each of the folds, which k_fold, stratified_k_fold and group_k_fold
/// make. It begins anew each time: with a fresh model, and a scaler fitted to the training rows alone. It returns a
/// score, or the History of fit(), whose score is `column` in its best epoch. Throws ValueError for no folds.
///
///   const auto result = cross_validate(data, k_fold(data.size(), 5, rng), [&](const auto& train, const auto& validation) {
///     Rng rng(0);
///     Linear model(3, 1, rng);
///     Adam optimizer(model);
///     return fit(model, MSELoss(), optimizer, train, validation, {.epochs = 50});
///   });
///   std::printf("%.3f +- %.3f\n", result.mean(), result.deviation());
template <class T, class Y, class Train>
CrossValidation cross_validate(const Dataset<T, Y>& data, const std::vector<SplitRows>& folds, const Train& train,
                               const std::string& column = "validation_loss") {
  if (folds.empty()) detail::fail<ValueError>({"cross_validate: there are no folds"});
  CrossValidation out;
  for (const SplitRows& rows : folds) {
    auto [first, second] = detail::take(data, rows);
    auto result = train(std::as_const(first), std::as_const(second));
    if constexpr (std::is_same_v<decltype(result), History>) {
      out.scores.push_back(detail::score_of(result, column));
      out.histories.push_back(std::move(result));
    } else {
      out.scores.push_back(static_cast<double>(result));
    }
  }
  return out;
}

}  // namespace minigrad
