// train/step.hpp - what a hook of fit() sees after each step of the optimizer, and schedules by the step.
#pragma once

#include <cstddef>
#include <string>
#include <type_traits>
#include <utility>

#include "../core/finite.hpp"
#include "../tensor/state_dict.hpp"

namespace minigrad::inline MINIGRAD_ABI {

/// One update of the weights.
struct Step {
  std::size_t epoch = 0;       ///< from 1
  std::size_t step = 0;        ///< from 1: the steps of the optimizer since the start of fit()
  std::size_t rows = 0;        ///< of the batches that it was made of
  double weight = 0;           ///< what the mean `loss` is divided by: the rows, or weight_of() of the loss; 0: rows
  double loss = 0;             ///< the mean over these rows, before the update
  double lr = 0;               ///< the learning rate of the update; of groups, the first's
  double seconds = 0;          ///< since the start of fit()
  double rows_per_second = 0;  ///< in this epoch, so far
  double known_norm = detail::not_a_number<double>;              ///< grad_norm() where it is known
  double (*compute_norm)(const void* weights) = nullptr;         ///< computes it from `weights`
  const void* weights = nullptr;                                 ///< for compute_norm

  /// The norm of the gradient, before clipping. It is computed by this call, so a hook that does not ask costs nothing.
  double grad_norm() const { return compute_norm ? compute_norm(weights) : known_norm; }
};

namespace detail {
template <class X>
inline constexpr bool is_optimizer = requires(X& x) { x.zero_grad(), x.step(); };
template <class X>
inline constexpr bool is_average = requires(X& x) { x.swap_in(), x.step(); };
}  // namespace detail

/// A schedule, or an AveragedModel, that goes on with each step of the optimizer, in place of each epoch; see each_step().
template <class Schedule>
class EachStep {
  static_assert(!detail::is_optimizer<std::remove_reference_t<Schedule>>,
                "minigrad: an optimizer is no hook: fit() calls its step() itself");

 public:
  explicit EachStep(Schedule&& schedule) : schedule_(std::forward<Schedule>(schedule)) {}

  /// The hook of fit(): calls the schedule's step(), with the loss if it takes a metric.
  void on_step(const Step& step) {
    if constexpr (requires { schedule_.step(0.0); }) schedule_.step(step.loss);
    else schedule_.step();
  }
  /// As the schedule's function of this name: whose rates it sets, its name and options, its state for a checkpoint.
  bool acts_on(const auto& optimizer) const
    requires requires(const std::remove_reference_t<Schedule>& s) { s.acts_on(optimizer); }
  {
    return schedule_.acts_on(optimizer);
  }
  std::string describe() const { return "each step: " + schedule_.describe(); }
  StateDict state_dict() const { return schedule_.state_dict(); }
  void load_state_dict(const StateDict& state) { schedule_.load_state_dict(state); }

 private:
  Schedule schedule_;
};

/// A hook of fit() that calls the schedule's step() after each step of the optimizer. It owns a temporary, and refers to
/// a schedule with a name.
///
///   fit(model, MSELoss(), optimizer, data, {.epochs = 10}, each_step(CosineAnnealingLR(optimizer, {.t_max = 500})));
template <class Schedule>
EachStep<Schedule> each_step(Schedule&& schedule) {
  return EachStep<Schedule>(std::forward<Schedule>(schedule));
}

}  // namespace minigrad
