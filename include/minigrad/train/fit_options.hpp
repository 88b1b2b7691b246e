// train/fit_options.hpp - the options of fit().
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "evaluation.hpp"

namespace minigrad::inline MINIGRAD_ABI {

/// Refers to a std::atomic<bool>, which the caller owns, by which another thread or a signal handler ends a training.
class StopFlag {
 public:
  StopFlag() = default;
  template <class Flag>
    requires requires(const Flag& flag) {
      { flag.load() } -> std::same_as<bool>;
    }
  StopFlag(const Flag* flag)
      : flag_(flag), load_([](const void* f) { return static_cast<const Flag*>(f)->load(); }) {}
  /// Whether the caller's flag is set; false without one.
  bool raised() const { return flag_ && load_(flag_); }

 private:
  const void* flag_ = nullptr;
  bool (*load_)(const void*) = nullptr;
};

/// Options of fit(). It throws ValueError for those that make no sense together, and for those that would do nothing.
struct FitOptions {
  std::size_t epochs = 100;     ///< passes over the training data
  std::size_t batch_size = 32;  ///< rows of a batch
  bool shuffle = true;          ///< in each epoch anew, from `seed`; false: the order of the data
  bool drop_last = false;       ///< leaves out a last batch with fewer rows
  double validation_split = 0;  ///< this share of the rows, drawn by `seed`, becomes the validation set; 0: none
  std::size_t patience = 0;     ///< stops after this number of epochs without a better validation loss; 0: never
  double min_delta = 0;         ///< the smallest decrease of the validation loss that counts as better
  std::string best_by{};        ///< the column to judge by, as "validation_accuracy"; none: the validation loss
  bool maximize = false;        ///< the largest number of best_by is the best; a metric of this library knows that itself
  bool restore_best = true;     ///< at the end, restores the weights and buffers of the best validation loss
  double clip_norm = 0;         ///< scales gradients down to this norm of all together; 0: leaves them
  std::size_t accumulate = 1;   ///< batches for each update, whose gradients become one; at least 1
  bool replay = false;          ///< records the loss of one batch, and runs it again for all batches of the same shape
  bool detect_anomaly = false;  ///< reports the first op whose value or gradient is not finite
  std::vector<Metric> metrics{};  ///< computed after each epoch on the validation set
  bool train_metrics = false;     ///< computes the metrics on the training set too
  bool progress = true;           ///< draws a progress bar, if standard error is a terminal
  std::uint64_t seed = 0;         ///< of the order of the batches and of the validation split
  std::string checkpoint{};  ///< the file that the training is written to, also at its end and when stopped; none: ""
  std::size_t checkpoint_every = 1;  ///< writes it after every so many epochs
  double checkpoint_minutes = 0;     ///< and after the step at which so many minutes have passed since; 0: never
  std::string resume{};              ///< goes on from this file, as if the training had not stopped; none: ""
  StopFlag stop{};                   ///< ends after the step in hand once this is true
};

namespace detail {

/// Throws ValueError for options that make no sense, or not without validation.
template <class = void>
void require_options(const FitOptions& options, bool has_validation) {
  if (options.patience > 0 && !has_validation && options.best_by.empty())
    fail<ValueError>({"fit: patience needs a validation set to judge by"});
  if (options.accumulate == 0) fail<ValueError>({"fit: accumulate is 0, and must be at least 1 batch"});
  const auto require_not_negative = [](const char* name, double value) {
    if (!(value >= 0)) fail<ValueError>({"fit: ", name, " is ", value, ", and must be at least 0"});
  };
  require_not_negative("min_delta", options.min_delta);
  require_not_negative("clip_norm", options.clip_norm);
  require_not_negative("checkpoint_minutes", options.checkpoint_minutes);
  if (options.min_delta > 0 && !has_validation && options.best_by.empty())
    fail<ValueError>({"fit: min_delta needs a validation set to judge by, or best_by"});
  if (options.checkpoint.empty() && (options.checkpoint_every != 1 || options.checkpoint_minutes > 0))
    fail<ValueError>({"fit: ", options.checkpoint_every != 1 ? "checkpoint_every" : "checkpoint_minutes",
                      " needs checkpoint, the file to write"});
  if (options.train_metrics && options.metrics.empty())
    fail<ValueError>({"fit: train_metrics needs metrics, which are then computed on the training set too"});
  if (!options.metrics.empty() && !has_validation && !options.train_metrics)
    fail<ValueError>({"fit: metrics need a validation set, or train_metrics = true"});
  require_metrics(options.metrics);
}

/// The columns of History for the metrics: validation_accuracy, train_accuracy.
template <class = void>
std::vector<std::string> metric_columns(const FitOptions& options, bool has_validation) {
  std::vector<std::string> out;
  for (const char* of : {"validation_", "train_"})
    if (of[0] == 'v' ? has_validation : options.train_metrics)
      for (const Metric& metric : options.metrics) out.push_back(of + metric.column());
  return out;
}

}  // namespace detail
}  // namespace minigrad
