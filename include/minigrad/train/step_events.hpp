// train/step_events.hpp - makes the Step of each update for the hooks of fit() that take one.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "../optim/clip.hpp"
#include "progress.hpp"
#include "run_hook.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

/// Of one epoch. Empty where no hook takes steps.
template <class V, bool wanted>
class StepEvents {
 public:
  StepEvents(const std::vector<ParameterRef<V>>&, std::size_t) {}
  void add(double, std::size_t, double) {}
  bool run(const auto&, double, bool, auto&...) { return true; }
};

template <class V>
class StepEvents<V, true> {
 public:
  StepEvents(const std::vector<ParameterRef<V>>& weights, std::size_t epoch) : weights_(weights), epoch_(epoch) {}

  /// Notes a batch, and the weight of its mean loss; one of weight 0 has none.
  void add(double loss, std::size_t rows, double weight) {
    rows_ += rows;
    if (weight == 0) return;
    loss_ = weight_ == 0 ? loss : (loss_ * weight_ + loss * weight) / (weight_ + weight);
    weight_ += weight;
  }
  /// Calls the hooks after the update by the batches that were noted. Returns false if one of them did.
  bool run(const auto& run, double lr, bool clipped, auto&... hooks) {
    all_rows_ += rows_;
    const double seconds = watch_.seconds();
    Step step{.epoch = epoch_, .step = run.updates, .rows = std::exchange(rows_, 0),
              .weight = std::exchange(weight_, 0), .loss = loss_, .lr = lr};
    step.seconds = run.seconds();
    step.rows_per_second = seconds > 0 ? static_cast<double>(all_rows_) / seconds : 0;
    step.known_norm = run.grad_norm;
    if (!clipped) step.weights = &weights_, step.compute_norm = norm;
    bool go_on = true;
    ((go_on = run_step_hook(hooks, step) && go_on), ...);
    return go_on;
  }

 private:
  static double norm(const void* weights) {
    return grad_norm(*static_cast<const std::vector<ParameterRef<V>>*>(weights));
  }

  const std::vector<ParameterRef<V>>& weights_;
  std::size_t epoch_, rows_ = 0, all_rows_ = 0;
  double loss_ = 0, weight_ = 0;
  Stopwatch watch_;
};

}  // namespace minigrad::detail
