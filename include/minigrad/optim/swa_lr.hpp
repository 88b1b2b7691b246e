// optim/swa_lr.hpp - SWALR: the rate for the last epochs of a training, whose weights are averaged. Included by name.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <string>

#include "per_group.hpp"
#include "schedule_base.hpp"

namespace minigrad::inline MINIGRAD_ABI {

/// Options of SWALR.
struct SWALROptions {
  PerGroup swa_lr = 0.0;           ///< must be given: the rate that it ends with
  std::size_t anneal_epochs = 10;  ///< epochs until then; 0: from the start
  bool linear = false;             ///< a straight line in place of half a cosine
  /// For the base class: the options by name. require_valid() throws ValueError for an option out of range.
  auto fields() {
    return std::array<detail::StateField, 2>{{{"anneal_epochs", anneal_epochs}, {"linear", linear}}};
  }
  void require_valid() const {
    for (const double rate : swa_lr.values) detail::require_option(rate > 0, "SWALR", "swa_lr", rate, "positive");
  }
};

/// The rate goes from what it is to swa_lr in anneal_epochs epochs, and stays there. For AveragedModel without a decay:
/// a rate that does not fall to 0 keeps the weights moving, so that their average is one of different models. In a
/// SequentialLR it goes on from the rate that it finds. Throws ValueError for options out of range.
/// Izmailov et al., "Averaging weights leads to wider optima and better generalization", 2018.
///
///   SequentialLR schedule(optimizer, {75}, CosineAnnealingLR(optimizer, {.t_max = 100}),
///                         SWALR(optimizer, {.swa_lr = 0.05}));
template <class Optimizer>
class SWALR : public detail::Schedule<SWALR<Optimizer>, Optimizer, SWALROptions> {
 public:
  static constexpr const char* name = "SWALR";  ///< in messages
  SWALR(Optimizer& optimizer, const SWALROptions& options) : SWALR::Schedule(optimizer, options) { set(); }

  /// Sets the rates for the next epoch, or the next update.
  void step() { this->count_step(), set(); }
  /// Begins from the rates that there are, and for SequentialLR by a step, as in PyTorch.
  void begin() { this->count_from_0(), set(); }
  void restart() { this->count_from_0(), step(); }
  /// The name and the options.
  std::string describe() const {
    std::string out = SWALR::Schedule::describe();
    out.pop_back();
    return out + ", " + detail::describe_per_group("swa_lr", this->o().swa_lr) + ")";
  }

 private:
  friend typename SWALR::Schedule;
  static void require_fit(const SWALROptions& o, Optimizer& optimizer) {
    detail::require_per_group(name, "swa_lr", o.swa_lr, detail::rate_count(optimizer), false);
  }
  /// lr = (1 - a) first + a swa_lr in epoch t, where `first` follows from the rate and the a of the epoch before, so
  /// that other schedules may also change lr.
  void set() {
    const SWALROptions& o = this->o();
    const double now = share(this->t()), before = this->t() > 0 ? share(this->t() - 1) : 0;
    std::size_t k = 0;
    this->for_each_rate([&](double lr, double) {
      const double swa_lr = o.swa_lr[k++], first = before < 1 ? (lr - before * swa_lr) / (1 - before) : swa_lr;
      return swa_lr * now + first * (1 - now);
    });
  }
  double share(std::size_t t) const {
    const std::size_t epochs = this->o().anneal_epochs;
    if (t >= epochs) return 1;
    const double part = static_cast<double>(t) / static_cast<double>(epochs);
    return this->o().linear ? part : (1 - std::cos(std::numbers::pi * part)) / 2;
  }
};

}  // namespace minigrad::inline MINIGRAD_ABI
