// optim/schedule.hpp - learning-rate schedules.
//
// A schedule refers to an optimizer, which must outlive it and must not be moved. Call step() once after each epoch, or
// once after each update to count in updates. step() computes the new lr from the optimizer's current lr. So several
// schedules may act on one optimizer, and lr may be changed between steps. lr_0 is the lr when the first of them was
// made. restart(), for SequentialLR, sets lr to what the schedule begins with from lr_0. state_dict() has what step()
// changes, except lr, which is the optimizer's; describe() has the options.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>

#include "../core/error.hpp"
#include "../tensor/load_state.hpp"

namespace minigrad::inline MINIGRAD_ABI {
namespace detail {

/// lr_0, or, for an optimizer that does not keep it, the current lr.
template <class Optimizer>
double initial_lr(Optimizer& optimizer) {
  if constexpr (requires { optimizer.initial_lr(); })
    return optimizer.initial_lr();
  else
    return optimizer.lr();
}

/// Sets lr to a value that rounding may have made negative.
template <class Optimizer>
void set_lr(Optimizer& optimizer, double value) {
  optimizer.lr(value < 0 ? 0 : value);
}

}  // namespace detail

struct StepLROptions {
  std::size_t step_size = 0;  // must be given
  double gamma = 0.1;
};
/// Every step_size epochs: lr <- gamma lr. Throws ValueError for step_size 0 and gamma below 0.
template <class Optimizer>
class StepLR : public detail::HasFields<StepLR<Optimizer>> {
 public:
  StepLR(Optimizer& optimizer, const StepLROptions& options)
      : optimizer_(optimizer), o_(options), lr_0_(detail::initial_lr(optimizer)) {
    if (o_.step_size == 0) detail::fail<ValueError>({"StepLR: step_size is 0, and must be at least 1"});
    if (!(o_.gamma >= 0)) detail::fail<ValueError>({"StepLR: gamma is ", o_.gamma, ", and must be at least 0"});
  }
  void step() {
    if (++epoch_ % o_.step_size == 0) optimizer_.lr(optimizer_.lr() * o_.gamma);
  }
  void restart() { epoch_ = 0, optimizer_.lr(lr_0_); }

  std::string describe() const {
    return detail::concat({"StepLR(step_size=", o_.step_size, ", gamma=", format_exact(o_.gamma), ")"});
  }

 private:
  friend detail::HasFields<StepLR>;
  auto fields() { return std::array<detail::StateField, 2>{{{"base_lr", lr_0_}, {"last_epoch", epoch_}}}; }
  Optimizer& optimizer_;
  StepLROptions o_;
  double lr_0_;
  std::size_t epoch_ = 0;
};

struct ExponentialLROptions {
  double gamma = 0;  // must be given
};
/// Every epoch: lr <- gamma lr. Throws ValueError unless gamma is positive.
template <class Optimizer>
class ExponentialLR : public detail::HasFields<ExponentialLR<Optimizer>> {
 public:
  ExponentialLR(Optimizer& optimizer, const ExponentialLROptions& options)
      : optimizer_(optimizer), o_(options), lr_0_(detail::initial_lr(optimizer)) {
    if (!(o_.gamma > 0)) detail::fail<ValueError>({"ExponentialLR: gamma is ", o_.gamma, ", and must be positive"});
  }
  void step() { optimizer_.lr(optimizer_.lr() * o_.gamma); }
  void restart() { optimizer_.lr(lr_0_); }

  std::string describe() const { return detail::concat({"ExponentialLR(gamma=", format_exact(o_.gamma), ")"}); }

 private:
  friend detail::HasFields<ExponentialLR>;
  auto fields() { return std::array<detail::StateField, 1>{{{"base_lr", lr_0_}}}; }
  Optimizer& optimizer_;
  ExponentialLROptions o_;
  double lr_0_;
};

struct CosineAnnealingLROptions {
  std::size_t t_max = 0;  // must be given: the number of epochs after which lr is eta_min
  double eta_min = 0;
};
/// lr = eta_min + (lr_0 - eta_min) (1 + cos(pi t / t_max)) / 2 in epoch t: lr falls for t_max epochs and then rises
/// again. Throws ValueError for t_max 0 and eta_min below 0.
/// Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts", 2017.
template <class Optimizer>
class CosineAnnealingLR : public detail::HasFields<CosineAnnealingLR<Optimizer>> {
 public:
  CosineAnnealingLR(Optimizer& optimizer, const CosineAnnealingLROptions& options)
      : optimizer_(optimizer), o_(options), lr_0_(detail::initial_lr(optimizer)) {
    if (o_.t_max == 0) detail::fail<ValueError>({"CosineAnnealingLR: t_max is 0, and must be at least 1"});
    if (!(o_.eta_min >= 0))
      detail::fail<ValueError>({"CosineAnnealingLR: eta_min is ", o_.eta_min, ", and must be at least 0"});
  }
  /// Multiplies lr - eta_min by the ratio of this epoch's factor to the last one's, so that other schedules may also
  /// change lr.
  void step() {
    const bool at_bottom = epoch_ % (2 * o_.t_max) == o_.t_max;  // wave() is 0 there, so the ratio is undefined
    const double last = wave(epoch_), lr = optimizer_.lr();
    ++epoch_;
    detail::set_lr(optimizer_, at_bottom ? lr + (lr_0_ - o_.eta_min) * wave(o_.t_max - 1) / 2
                                         : wave(epoch_) / last * (lr - o_.eta_min) + o_.eta_min);
  }
  void restart() { epoch_ = 0, optimizer_.lr(lr_0_); }

  std::string describe() const {
    return detail::concat({"CosineAnnealingLR(t_max=", o_.t_max, ", eta_min=", format_exact(o_.eta_min), ")"});
  }

 private:
  friend detail::HasFields<CosineAnnealingLR>;
  auto fields() { return std::array<detail::StateField, 2>{{{"base_lr", lr_0_}, {"last_epoch", epoch_}}}; }
  double wave(std::size_t t) const {
    return 1 + std::cos(std::numbers::pi * static_cast<double>(t) / static_cast<double>(o_.t_max));
  }
  Optimizer& optimizer_;
  CosineAnnealingLROptions o_;
  double lr_0_;
  std::size_t epoch_ = 0;
};

struct LinearLROptions {
  double start_factor = 1.0 / 3;
  double end_factor = 1;
  std::size_t total_iters = 5;
};
/// Warm-up: lr changes linearly from start_factor lr to end_factor lr in total_iters epochs, and is constant after
/// that. The constructor sets the first value. Throws ValueError for a start_factor that is not positive, an end_factor
/// below 0, and total_iters 0.
template <class Optimizer>
class LinearLR : public detail::HasFields<LinearLR<Optimizer>> {
 public:
  LinearLR(Optimizer& optimizer, const LinearLROptions& options = {})
      : optimizer_(optimizer), o_(options), lr_0_(detail::initial_lr(optimizer)) {
    if (!(o_.start_factor > 0))
      detail::fail<ValueError>({"LinearLR: start_factor is ", o_.start_factor, ", and must be positive"});
    if (!(o_.end_factor >= 0))
      detail::fail<ValueError>({"LinearLR: end_factor is ", o_.end_factor, ", and must be at least 0"});
    if (o_.total_iters == 0) detail::fail<ValueError>({"LinearLR: total_iters is 0, and must be at least 1"});
    optimizer.lr(optimizer.lr() * o_.start_factor);
  }
  void step() {
    if (epoch_ == o_.total_iters) return;
    const double n = static_cast<double>(o_.total_iters), t = static_cast<double>(epoch_++);
    const double rise = o_.end_factor - o_.start_factor;
    detail::set_lr(optimizer_, optimizer_.lr() * (1 + rise / (n * o_.start_factor + t * rise)));
  }
  void restart() { epoch_ = 0, optimizer_.lr(lr_0_ * o_.start_factor); }

  std::string describe() const {
    return detail::concat({"LinearLR(start_factor=", format_exact(o_.start_factor),
                           ", end_factor=", format_exact(o_.end_factor), ", total_iters=", o_.total_iters, ")"});
  }

 private:
  friend detail::HasFields<LinearLR>;
  auto fields() { return std::array<detail::StateField, 2>{{{"base_lr", lr_0_}, {"last_epoch", epoch_}}}; }
  Optimizer& optimizer_;
  LinearLROptions o_;
  double lr_0_;
  std::size_t epoch_ = 0;
};

struct ReduceLROnPlateauOptions {
  double factor = 0.1;
  std::size_t patience = 10;  // the number of epochs without improvement that are tolerated
  double threshold = 1e-4;    // the smallest change that counts as an improvement: this share of the best value if
  bool relative = true;       //   `relative`, else this amount
  std::size_t cooldown = 0;   // the number of epochs after a reduction that are not counted
  double min_lr = 0;
  double eps = 1e-8;      // smaller changes of lr are not made
  bool maximize = false;  // for a metric that should increase
};
/// lr <- factor lr when a metric, such as the validation loss, has stopped improving for more than `patience` epochs.
/// Throws ValueError unless 0 <= factor < 1.
template <class Optimizer>
class ReduceLROnPlateau : public detail::HasFields<ReduceLROnPlateau<Optimizer>> {
 public:
  ReduceLROnPlateau(Optimizer& optimizer, const ReduceLROnPlateauOptions& options = {})
      : optimizer_(optimizer), o_(options) {
    if (!(o_.factor >= 0 && o_.factor < 1))
      detail::fail<ValueError>(
          {"ReduceLROnPlateau: factor is ", o_.factor, ", and must be at least 0 and less than 1"});
  }
  /// Call this after each epoch with its metric. NaN is not an improvement.
  void step(double metric) {
    if (improves(metric)) {
      best_ = metric;
      has_best_ = true;
      waited_ = 0;
    } else {
      ++waited_;
    }
    if (resting_ > 0) {
      --resting_;
      waited_ = 0;
    }
    if (waited_ <= o_.patience) return;
    waited_ = 0;
    resting_ = o_.cooldown;
    const double lr = optimizer_.lr(), lower = lr * o_.factor > o_.min_lr ? lr * o_.factor : o_.min_lr;
    if (lr - lower > o_.eps) optimizer_.lr(lower);
  }

  std::string describe() const {
    return detail::concat({"ReduceLROnPlateau(factor=", format_exact(o_.factor), ", patience=", o_.patience,
                           ", threshold=", format_exact(o_.threshold), ", relative=", (o_.relative ? "true" : "false"),
                           ", cooldown=", o_.cooldown, ", min_lr=", format_exact(o_.min_lr),
                           ", eps=", format_exact(o_.eps), ", maximize=", (o_.maximize ? "true" : "false"), ")"});
  }

 private:
  friend detail::HasFields<ReduceLROnPlateau>;
  auto fields() {
    return std::array<detail::StateField, 4>{
        {{"best", best_}, {"has_best", has_best_}, {"num_bad_epochs", waited_}, {"cooldown_counter", resting_}}};
  }
  bool improves(double metric) const {
    if (!has_best_) return !detail::is_nan(metric);
    const double sign = o_.maximize ? -1 : 1;
    const double bar = o_.relative ? best_ * (1 - sign * o_.threshold) : best_ - sign * o_.threshold;
    return o_.maximize ? metric > bar : metric < bar;
  }
  Optimizer& optimizer_;
  ReduceLROnPlateauOptions o_;
  double best_ = 0;
  bool has_best_ = false;
  std::size_t waited_ = 0, resting_ = 0;
};

}  // namespace minigrad::inline MINIGRAD_ABI
