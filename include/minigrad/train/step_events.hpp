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
  void add(double, std::size_t) {}
  bool run(const auto&, double, bool, auto&...) { return true; }
};

template <class V>
class StepEvents<V, true> {
 public:
  StepEvents(const std::vector<ParameterRef<V>>& weights, std::size_t epoch) : weights_(weights), epoch_(epoch) {}

  /// Notes a batch.
  void add(double loss, std::size_t rows) {
    loss_ = rows_ == 0 ? loss : (loss_ * static_cast<double>(rows_) + loss * static_cast<double>(rows)) /
                                    static_cast<double>(rows_ + rows);
    rows_ += rows;
  }
  /// Calls the hooks after the update by the batches that were noted. Returns false if one of them did.
  bool run(const auto& run, double lr, bool clipped, auto&... hooks) {
    all_rows_ += rows_;
    const double seconds = watch_.seconds();
    Step step{.epoch = epoch_, .step = run.updates, .rows = std::exchange(rows_, 0), .loss = loss_, .lr = lr};
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
  double loss_ = 0;
  Stopwatch watch_;
};

}  // namespace minigrad::detail
