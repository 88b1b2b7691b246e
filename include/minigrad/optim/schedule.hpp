// optim/schedule.hpp - learning-rate schedules.
//
// A schedule refers to an optimizer, which must outlive it and must not be moved. Call step() once after each epoch, or
// once after each update to count in updates. step() computes the new lr of each group from its current lr. So several
// schedules may act on one optimizer, and lr may be changed between steps. lr_0 is the lr of a group when the first of
// them was made. restart(), for SequentialLR, sets lr to what the schedule begins with from lr_0. state_dict() has what
// step() changes, except lr, which is the optimizer's; describe() has the options. acts_on(optimizer) says whose rates
// it sets. More schedules are in more_schedules.hpp and cyclic_lr.hpp.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>

#include "schedule_base.hpp"

namespace minigrad::inline MINIGRAD_ABI {

/// Options of StepLR.
struct StepLROptions {
  std::size_t step_size = 0;  ///< must be given: epochs from one reduction to the next
  double gamma = 0.1;         ///< the factor of lr, at least 0

  /// For the base class: the options by name. require_valid() throws ValueError for an option out of range.
  template <class = void>
  auto fields() {
    return std::array<detail::StateField, 2>{{{"step_size", step_size}, {"gamma", gamma}}};
  }
  template <class = void>
  void require_valid() const {
    detail::require_count("StepLR", "step_size", step_size);
    detail::require_option(gamma >= 0, "StepLR", "gamma", gamma, "at least 0");
  }
};
/// Every step_size epochs: lr <- gamma lr. Throws ValueError for step_size 0 and gamma below 0.
template <class Optimizer>
class StepLR : public detail::Schedule<StepLR<Optimizer>, Optimizer, StepLROptions> {
 public:
  static constexpr const char* name = "StepLR";  ///< in messages
  StepLR(Optimizer& optimizer, const StepLROptions& options) : StepLR::Schedule(optimizer, options) {}

 private:
  friend typename StepLR::Schedule;
  double next(double lr, double) const { return this->t() % this->o().step_size == 0 ? lr * this->o().gamma : lr; }
};

/// Options of ExponentialLR.
struct ExponentialLROptions {
  double gamma = 0;  ///< must be given: the factor of lr in each epoch, above 0

  /// For the base class: the options by name. require_valid() throws ValueError for an option out of range.
  template <class = void>
  auto fields() {
    return std::array<detail::StateField, 1>{{{"gamma", gamma}}};
  }
  template <class = void>
  void require_valid() const {
    detail::require_option(gamma > 0, "ExponentialLR", "gamma", gamma, "positive");
  }
};
/// Every epoch: lr <- gamma lr. Throws ValueError unless gamma is positive.
template <class Optimizer>
class ExponentialLR : public detail::Schedule<ExponentialLR<Optimizer>, Optimizer, ExponentialLROptions> {
 public:
  static constexpr const char* name = "ExponentialLR";  ///< in messages
  ExponentialLR(Optimizer& optimizer, const ExponentialLROptions& options)
      : ExponentialLR::Schedule(optimizer, options) {}

 private:
  friend typename ExponentialLR::Schedule;
  double next(double lr, double) const { return lr * this->o().gamma; }
};

/// Options of CosineAnnealingLR.
struct CosineAnnealingLROptions {
  std::size_t t_max = 0;  ///< must be given: the number of epochs after which lr is eta_min
  double eta_min = 0;     ///< the smallest lr, at least 0

  /// For the base class: the options by name. require_valid() throws ValueError for an option out of range.
  template <class = void>
  auto fields() {
    return std::array<detail::StateField, 2>{{{"t_max", t_max}, {"eta_min", eta_min}}};
  }
  template <class = void>
  void require_valid() const {
    detail::require_count("CosineAnnealingLR", "t_max", t_max);
    detail::require_option(eta_min >= 0, "CosineAnnealingLR", "eta_min", eta_min, "at least 0");
  }
};
/// lr = eta_min + (lr_0 - eta_min) (1 + cos(pi t / t_max)) / 2 in epoch t: lr falls for t_max epochs and then rises
/// again. Throws ValueError for t_max 0 and eta_min below 0.
/// Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts", 2017.
template <class Optimizer>
class CosineAnnealingLR : public detail::Schedule<CosineAnnealingLR<Optimizer>, Optimizer, CosineAnnealingLROptions> {
 public:
  static constexpr const char* name = "CosineAnnealingLR";  ///< in messages
  CosineAnnealingLR(Optimizer& optimizer, const CosineAnnealingLROptions& options)
      : CosineAnnealingLR::Schedule(optimizer, options) {}

 private:
  friend typename CosineAnnealingLR::Schedule;
  /// Multiplies lr - eta_min by the ratio of this epoch's factor to the last one's, so that other schedules may also
  /// change lr.
  double next(double lr, double base) const {
    const std::size_t last = this->t() - 1, t_max = this->o().t_max;
    const double eta_min = this->o().eta_min;
    const bool at_bottom = last % (2 * t_max) == t_max;  // wave() is 0 there, so the ratio is undefined
    return at_bottom ? lr + (base - eta_min) * wave(t_max - 1) / 2
                     : wave(last + 1) / wave(last) * (lr - eta_min) + eta_min;
  }
  double wave(std::size_t t) const {
    return 1 + std::cos(std::numbers::pi * static_cast<double>(t) / static_cast<double>(this->o().t_max));
  }
};

/// Options of LinearLR.
struct LinearLROptions {
  double start_factor = 1.0 / 3;  ///< lr_0 times this is the first lr
  double end_factor = 1;          ///< lr_0 times this is the last
  std::size_t total_iters = 5;    ///< epochs from the first to the last

  /// For the base class: the options by name. require_valid() throws ValueError for an option out of range.
  template <class = void>
  auto fields() {
    return std::array<detail::StateField, 3>{
        {{"start_factor", start_factor}, {"end_factor", end_factor}, {"total_iters", total_iters}}};
  }
  template <class = void>
  void require_valid() const {
    detail::require_option(start_factor > 0, "LinearLR", "start_factor", start_factor, "positive");
    detail::require_option(end_factor >= 0, "LinearLR", "end_factor", end_factor, "at least 0");
    detail::require_count("LinearLR", "total_iters", total_iters);
  }
};
/// Warm-up: lr changes linearly from start_factor lr to end_factor lr in total_iters epochs, and is constant after
/// that. The constructor sets the first value. Throws ValueError for a start_factor that is not positive, an end_factor
/// below 0, and total_iters 0.
template <class Optimizer>
class LinearLR : public detail::Schedule<LinearLR<Optimizer>, Optimizer, LinearLROptions> {
 public:
  static constexpr const char* name = "LinearLR";  ///< in messages
  LinearLR(Optimizer& optimizer, const LinearLROptions& options = {}) : LinearLR::Schedule(optimizer, options) {
    this->begin();
  }

 private:
  friend typename LinearLR::Schedule;
  double first(double base) const { return base * this->o().start_factor; }
  double next(double lr, double) const {
    const LinearLROptions& o = this->o();
    if (this->t() > o.total_iters) return lr;
    const double n = static_cast<double>(o.total_iters), last = static_cast<double>(this->t() - 1);
    const double rise = o.end_factor - o.start_factor;
    return lr * (1 + rise / (n * o.start_factor + last * rise));
  }
};

/// Options of ReduceLROnPlateau.
struct ReduceLROnPlateauOptions {
  double factor = 0.1;        ///< of lr in each reduction, at least 0 and less than 1
  std::size_t patience = 10;  ///< the number of epochs without improvement that are tolerated
  double threshold = 1e-4;    ///< the smallest change that counts as an improvement, at least 0
  bool relative = true;       ///< threshold is a share of the best value so far; false: an amount
  std::size_t cooldown = 0;   ///< the number of epochs after a reduction that are not counted
  double min_lr = 0;          ///< lr does not fall below it
  double eps = 1e-8;          ///< smaller changes of lr are not made
  bool maximize = false;      ///< for a metric that should increase

  /// For the base class: the options by name. require_valid() throws ValueError for an option out of range.
  template <class = void>
  auto fields() {
    return std::array<detail::StateField, 8>{{{"factor", factor},
                                              {"patience", patience},
                                              {"threshold", threshold},
                                              {"relative", relative},
                                              {"cooldown", cooldown},
                                              {"min_lr", min_lr},
                                              {"eps", eps},
                                              {"maximize", maximize}}};
  }
  template <class = void>
  void require_valid() const {
    detail::require_fraction("ReduceLROnPlateau", "factor", factor);
    detail::require_not_negative("ReduceLROnPlateau", "threshold", threshold);
    detail::require_not_negative("ReduceLROnPlateau", "min_lr", min_lr);
    detail::require_not_negative("ReduceLROnPlateau", "eps", eps);
  }
};
/// lr <- factor lr when a metric, such as the validation loss, has stopped improving for more than `patience` epochs.
/// Throws ValueError unless 0 <= factor < 1.
template <class Optimizer>
class ReduceLROnPlateau : public detail::Schedule<ReduceLROnPlateau<Optimizer>, Optimizer, ReduceLROnPlateauOptions> {
 public:
  static constexpr const char* name = "ReduceLROnPlateau";  ///< in messages
  ReduceLROnPlateau(Optimizer& optimizer, const ReduceLROnPlateauOptions& options = {})
      : ReduceLROnPlateau::Schedule(optimizer, options) {}

  /// Call this after each epoch with its metric. NaN is not an improvement.
  void step(double metric) {
    this->require_same_groups();
    const ReduceLROnPlateauOptions& o = this->o();
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
    if (waited_ <= o.patience) return;
    waited_ = 0;
    resting_ = o.cooldown;
    this->for_each_rate([&](double lr, double) {
      const double lower = lr * o.factor > o.min_lr ? lr * o.factor : o.min_lr;
      return lr - lower > o.eps ? lower : lr;
    });
  }
  /// Begins anew from the base rates; for SequentialLR.
  void begin() { restart(); }
  void restart() {
    has_best_ = false;
    waited_ = resting_ = 0;
    this->for_each_rate([](double, double base) { return base; });
  }

 private:
  friend typename ReduceLROnPlateau::Schedule;
  auto own_fields() {
    return std::array<detail::StateField, 4>{
        {{"best", best_}, {"has_best", has_best_}, {"num_bad_epochs", waited_}, {"cooldown_counter", resting_}}};
  }
  bool improves(double metric) const {
    const ReduceLROnPlateauOptions& o = this->o();
    if (!has_best_) return !detail::is_nan(metric);
    const double sign = o.maximize ? -1 : 1;
    const double bar = o.relative ? best_ * (1 - sign * o.threshold) : best_ - sign * o.threshold;
    return o.maximize ? metric > bar : metric < bar;
  }
  double best_ = 0;
  bool has_best_ = false;
  std::size_t waited_ = 0, resting_ = 0;
};

}  // namespace minigrad::inline MINIGRAD_ABI
