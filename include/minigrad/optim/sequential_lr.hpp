// optim/sequential_lr.hpp - schedules one after another, such as a warm-up and then a decay.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <tuple>
#include <type_traits>
#include <vector>

#include "schedule.hpp"

namespace minigrad::inline MINIGRAD_ABI {

namespace detail {
template <class Schedule, class Optimizer>
void require_acts_on(const Schedule& schedule, const Optimizer& optimizer) {
  if (!schedule.acts_on(optimizer))
    fail<ValueError>({"SequentialLR: a schedule acts on another optimizer than this one"});
}
}  // namespace detail

/// Schedules one after another: the first runs from epoch 0, the next from the first milestone on, and so on. Each
/// begins from lr_0. Throws ValueError unless the milestones increase, and there is one less than there are schedules,
/// and all act on this optimizer.
///
///   SequentialLR schedule(optimizer, {10}, LinearLR(optimizer, {.total_iters = 10}),
///                         CosineAnnealingLR(optimizer, {.t_max = 90}));
template <class Optimizer, class... Schedules>
class SequentialLR {
 public:
  SequentialLR(Optimizer& optimizer, std::initializer_list<std::size_t> milestones, const Schedules&... schedules)
      : schedules_(schedules...) {
    if (milestones.size() + 1 != sizeof...(Schedules))
      detail::fail<ValueError>({"SequentialLR: ", sizeof...(Schedules), " schedules and ", milestones.size(),
                                " milestones: there must be one milestone between each schedule and the next"});
    for (const std::size_t milestone : milestones) {
      if (milestone <= begins_[used_])
        detail::fail<ValueError>(
            {"SequentialLR: milestone ", milestone, " after ", begins_[used_], ": milestones must increase"});
      begins_[++used_] = milestone;
    }
    detail::require_acts_on(*this, optimizer);
    if constexpr (requires { optimizer.groups(); }) {
      std::vector<double> before;
      for (std::size_t k = 0; k < detail::rate_count(optimizer); ++k) {
        before.push_back(detail::rate(optimizer, k));
        detail::set_rate(optimizer, k, detail::initial_rate(optimizer, k));
      }
      try {
        std::get<0>(schedules_).begin();
      } catch (...) {  // of the function of a LambdaLR
        for (std::size_t k = 0; k < before.size(); ++k) detail::set_rate(optimizer, k, before[k]);
        throw;
      }
    } else {  // which keeps no lr_0
      std::get<0>(schedules_).restart();
    }
  }

  void step() requires(!(detail::TakesMetric<Schedules> || ...)) {
    step_with([](auto& schedule) { schedule.step(); });
  }
  /// The same where one of the schedules takes a metric, as ReduceLROnPlateau does.
  void step(double metric) requires(detail::TakesMetric<Schedules> || ...) {
    step_with([metric](auto& schedule) {
      if constexpr (detail::TakesMetric<std::remove_cvref_t<decltype(schedule)>>)
        schedule.step(metric);
      else
        schedule.step();
    });
  }
  /// Begins anew, with the first schedule.
  void begin() { restart(); }
  void restart() {
    std::get<0>(schedules_).restart();
    epoch_ = 0;  // last, since restart() may throw
  }

  /// Whether all schedules set the rates of this optimizer.
  bool acts_on(const auto& optimizer) const {
    return std::apply([&](const auto&... schedule) { return (schedule.acts_on(optimizer) && ...); }, schedules_);
  }

  /// The epoch, and the state of each schedule: "schedules.0.last_epoch".
  StateDict state_dict() const {
    StateDict out;
    out.metadata("schedule", "SequentialLR");
    out.add("last_epoch", static_cast<std::int64_t>(epoch_));
    std::size_t k = 0;
    std::apply([&](auto&... schedule) { (out.add(place(k++), schedule.state_dict()), ...); }, schedules_);
    return out;
  }
  /// Throws ValueError, and changes nothing, if the state is not one of this class with these schedules.
  void load_state_dict(const StateDict& state) {
    detail::require_schedule(state, "SequentialLR");
    StateDict own = state;
    own.take("schedules.");
    std::size_t epoch = 0;
    detail::load_fields("SequentialLR", own, std::array<detail::StateField, 1>{{{"last_epoch", epoch}}});
    const auto load = [&](auto&... schedule) {
      std::size_t k = 0;
      (schedule.load_state_dict(state.part(place(k++))), ...);
    };
    auto copies = schedules_;  // what throws, throws here
    std::apply(load, copies);
    std::apply(load, schedules_);
    epoch_ = epoch;
  }

  /// "SequentialLR(LinearLR(...), 10: CosineAnnealingLR(...))".
  std::string describe() const {
    std::string out = "SequentialLR(";
    std::size_t k = 0;
    const auto add = [&](const auto& schedule) {
      if (k > 0) detail::append(out, {", ", begins_[k], ": "});
      out += schedule.describe();
      ++k;
    };
    std::apply([&](const auto&... schedule) { (add(schedule), ...); }, schedules_);
    return out + ")";
  }

 private:
  static std::string place(std::size_t k) { return detail::concat({"schedules.", k, "."}); }
  /// One step of the schedule of this epoch, or its begin.
  void step_with(const auto& step) {
    const std::size_t epoch = epoch_ + 1;
    std::size_t k = 0;
    const auto step_one = [&](auto& schedule) {
      const std::size_t place = k++;
      if (epoch < begins_[place] || (place < used_ && epoch >= begins_[place + 1])) return;
      if (place > 0 && epoch == begins_[place])
        schedule.restart();
      else
        step(schedule);
    };
    std::apply([&](auto&... schedule) { (step_one(schedule), ...); }, schedules_);
    epoch_ = epoch;  // last, since a step may throw
  }

  std::tuple<Schedules...> schedules_;
  std::size_t begins_[sizeof...(Schedules)] = {};  // the epoch from which each runs
  std::size_t used_ = 0, epoch_ = 0;
};

/// A warm-up before any schedule, which runs from epoch warm_up.total_iters on: LinearLR, and then the schedule.
///
///   auto schedule = with_warm_up(optimizer, {.start_factor = 0.1, .total_iters = 10},
///                                CosineAnnealingLR(optimizer, {.t_max = 90}));
template <class Optimizer, class Schedule>
auto with_warm_up(Optimizer& optimizer, const LinearLROptions& warm_up, const Schedule& schedule) {
  detail::require_acts_on(schedule, optimizer);  // before LinearLR sets the rates
  return SequentialLR(optimizer, {warm_up.total_iters}, LinearLR(optimizer, warm_up), schedule);
}

}  // namespace minigrad::inline MINIGRAD_ABI
