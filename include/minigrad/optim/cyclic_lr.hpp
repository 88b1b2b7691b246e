// optim/cyclic_lr.hpp - OneCycleLR and CyclicLR: rate and momentum by the number of updates. Included by name.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <string>

#include "per_group.hpp"
#include "schedule_base.hpp"

namespace minigrad::inline MINIGRAD_ABI {

namespace detail {
/// The momentum of an optimizer's options, or beta1; null if they have none.
template <class Options>
double* momentum_of(Options& options) {
  if constexpr (requires { options.momentum; })
    return &options.momentum;
  else if constexpr (requires { options.beta1; })
    return &options.beta1;
  else
    return nullptr;
}
/// Calls f(rate, momentum, k) for each group k, where momentum is null if the optimizer has none.
template <class Optimizer, class F>
void for_each_rate_and_momentum(Optimizer& optimizer, const F& f) {
  if constexpr (requires { optimizer.groups(); }) {
    std::size_t k = 0;
    for (auto& group : optimizer.groups()) f(group.options.lr, momentum_of(group.options), k++);
  } else {
    double lr = optimizer.lr();
    f(lr, static_cast<double*>(nullptr), 0);
    optimizer.lr(lr);
  }
}

/// Throws ValueError for an optimizer without momentum.
template <class Optimizer>
void require_momentum(const char* of, Optimizer& optimizer) {
  for_each_rate_and_momentum(optimizer, [&](double&, double* momentum, std::size_t) {
    if (!momentum)
      fail<ValueError>({of, ": cycle_momentum: the optimizer has no momentum: set cycle_momentum = false"});
  });
}
}  // namespace detail

/// Options of OneCycleLR. Momentum falls from max_momentum to base_momentum while the rate rises.
struct OneCycleLROptions {
  PerGroup max_lr = 0.0;        ///< must be given: the largest rate
  std::size_t total_steps = 0;  ///< must be given: epochs times batches, where step() is called after each update
  double pct_start = 0.3;       ///< the share of the steps in which the rate rises
  bool linear = false;          ///< straight lines in place of half cosines
  bool cycle_momentum = true;   ///< momentum, or beta1, falls where the rate rises
  PerGroup base_momentum = 0.85, max_momentum = 0.95;  ///< momentum at the largest rate, and at the smallest
  double div_factor = 25;                              ///< the first rate is max_lr / div_factor
  double final_div_factor = 1e4;                       ///< the last rate is the first / final_div_factor
  bool three_phase = false;  ///< falls to the first rate as long as it rose, and then to the last
  /// For the base class: the options by name. require_valid() throws ValueError for an option out of range.
  auto fields() {
    return std::array<detail::StateField, 7>{{{"total_steps", total_steps},
                                              {"pct_start", pct_start},
                                              {"linear", linear},
                                              {"cycle_momentum", cycle_momentum},
                                              {"div_factor", div_factor},
                                              {"final_div_factor", final_div_factor},
                                              {"three_phase", three_phase}}};
  }
  void require_valid() const {
    detail::require_count("OneCycleLR", "total_steps", total_steps);
    detail::require_option(pct_start >= 0 && pct_start <= 1, "OneCycleLR", "pct_start", pct_start,
                           "at least 0 and at most 1");
    detail::require_option(div_factor > 0, "OneCycleLR", "div_factor", div_factor, "positive");
    detail::require_option(final_div_factor > 0, "OneCycleLR", "final_div_factor", final_div_factor, "positive");
    for (const double rate : max_lr.values) detail::require_option(rate > 0, "OneCycleLR", "max_lr", rate, "positive");
  }
};

/// One cycle for a whole training: the rate rises from max_lr / div_factor to max_lr, and falls to almost nothing;
/// momentum does the contrary. It sets both, whatever they were, and its first rate becomes the lr_0 of the optimizer's
/// other schedules, as in PyTorch. Throws ValueError for options out of range, for an optimizer without momentum unless
/// cycle_momentum is false, and in step() after total_steps.
/// Smith and Topin, "Super-convergence: very fast training of neural networks using large learning rates", 2018.
template <class Optimizer>
class OneCycleLR : public detail::Schedule<OneCycleLR<Optimizer>, Optimizer, OneCycleLROptions> {
 public:
  static constexpr const char* name = "OneCycleLR";  ///< in messages
  OneCycleLR(Optimizer& optimizer, const OneCycleLROptions& options) : OneCycleLR::Schedule(optimizer, options) {
    set();
    if constexpr (requires { optimizer.groups(); })
      for (std::size_t k = 0; k < optimizer.groups().size(); ++k)
        optimizer.groups()[k].initial_lr = options.max_lr[k] / options.div_factor;
  }

  /// Sets rate and momentum for the next update.
  void step() {
    if (this->t() >= this->o().total_steps)
      detail::fail<ValueError>({"OneCycleLR: step ", this->t() + 1, " of total_steps = ", this->o().total_steps});
    this->count_step();
    set();
  }
  /// Begins anew; for SequentialLR.
  void begin() { restart(); }
  void restart() { this->count_from_0(), set(); }
  /// The name and the options.
  std::string describe() const {
    const OneCycleLROptions& o = this->o();
    std::string out = OneCycleLR::Schedule::describe();
    out.pop_back();
    return out + ", " + detail::describe_per_group("max_lr", o.max_lr) + ", " +
           detail::describe_per_group("base_momentum", o.base_momentum) + ", " +
           detail::describe_per_group("max_momentum", o.max_momentum) + ")";
  }

 private:
  friend typename OneCycleLR::Schedule;
  static void require_fit(const OneCycleLROptions& o, Optimizer& optimizer) {
    const std::size_t groups = detail::rate_count(optimizer);
    detail::require_per_group(name, "max_lr", o.max_lr, groups, false);
    detail::require_per_group(name, "base_momentum", o.base_momentum, groups, true);
    detail::require_per_group(name, "max_momentum", o.max_momentum, groups, true);
    if (o.cycle_momentum) detail::require_momentum(name, optimizer);
  }
  void set() {
    const OneCycleLROptions& o = this->o();
    const double total = static_cast<double>(o.total_steps), t = static_cast<double>(this->t());
    // The phases end at these steps. Each goes from one of the three levels first, max and last to another.
    const double ends[] = {o.pct_start * total - 1, o.three_phase ? 2 * o.pct_start * total - 2 : total - 1, total - 1};
    const std::size_t phases = o.three_phase ? 3 : 2;
    std::size_t phase = 0;
    while (phase + 1 < phases && t > ends[phase]) ++phase;
    const double begin = phase == 0 ? 0 : ends[phase - 1], length = ends[phase] - begin;
    const double share = length > 0 || length < 0 ? (t - begin) / length : 1;  // a phase of one step is at its end
    const auto between = [&](double from, double to) {
      if (o.linear) return (to - from) * share + from;
      return to + (from - to) / 2 * (std::cos(std::numbers::pi * share) + 1);
    };
    detail::for_each_rate_and_momentum(this->optimizer(), [&](double& lr, double* momentum, std::size_t k) {
      const double most = o.max_lr[k], first = most / o.div_factor, last = first / o.final_div_factor;
      const double slow = o.base_momentum[k], fast = o.max_momentum[k];
      if (phase == 0)
        lr = between(first, most);
      else if (phase == 1)
        lr = between(most, o.three_phase ? first : last);
      else
        lr = between(first, last);
      if (momentum && o.cycle_momentum)
        *momentum = phase == 0 ? between(fast, slow) : phase == 1 ? between(slow, fast) : fast;
    });
  }
};

/// How the height of the triangles of a CyclicLR changes: not at all, halved after each, or times gamma^step.
enum class CyclicMode { triangular, triangular2, exp_range };

/// Options of CyclicLR. The rate rises from base_lr to max_lr, momentum falls from max_momentum to base_momentum.
struct CyclicLROptions {
  PerGroup base_lr = 0.0, max_lr = 0.0;              ///< must be given: the smallest rate and the largest
  std::size_t step_size_up = 2000;                   ///< the updates in which the rate rises
  std::size_t step_size_down = 0;                    ///< the updates in which it falls; 0: as many as it rises
  CyclicMode mode = CyclicMode::triangular;          ///< how the height of the triangles changes
  double gamma = 1;                                  ///< for CyclicMode::exp_range
  bool cycle_momentum = true;                        ///< momentum falls where the rate rises
  PerGroup base_momentum = 0.8, max_momentum = 0.9;  ///< momentum at the largest rate, and at the smallest
  /// For the base class: the options by name. require_valid() throws ValueError for an option out of range.
  auto fields() {
    return std::array<detail::StateField, 4>{{{"step_size_up", step_size_up},
                                              {"step_size_down", step_size_down},
                                              {"gamma", gamma},
                                              {"cycle_momentum", cycle_momentum}}};
  }
  void require_valid() const {
    detail::require_count("CyclicLR", "step_size_up", step_size_up);
    detail::require_option(gamma > 0, "CyclicLR", "gamma", gamma, "positive");
    for (const double rate : max_lr.values) detail::require_option(rate > 0, "CyclicLR", "max_lr", rate, "positive");
  }
};

/// The rate rises from base_lr to max_lr and falls again, in straight lines, and so on; momentum does the contrary. It
/// sets both, whatever they were; base_lr becomes lr_0 where this is the optimizer's first schedule, as in PyTorch.
/// Throws ValueError for options out of range, and for an optimizer without momentum unless cycle_momentum is false.
/// Smith, "Cyclical learning rates for training neural networks", 2017.
template <class Optimizer>
class CyclicLR : public detail::Schedule<CyclicLR<Optimizer>, Optimizer, CyclicLROptions> {
 public:
  static constexpr const char* name = "CyclicLR";  ///< in messages
  CyclicLR(Optimizer& optimizer, const CyclicLROptions& options)
      : CyclicLR::Schedule(at_base_rates(optimizer, options), options) {
    set();
  }

  /// Sets rate and momentum for the next update.
  void step() { this->count_step(), set(); }
  /// Begins anew; for SequentialLR.
  void begin() { restart(); }
  void restart() { this->count_from_0(), set(); }
  /// The name and the options.
  std::string describe() const {
    static constexpr const char* modes[] = {"triangular", "triangular2", "exp_range"};
    const CyclicLROptions& o = this->o();
    std::string out = CyclicLR::Schedule::describe();
    out.pop_back();
    return out + ", mode=" + modes[static_cast<std::size_t>(o.mode)] + ", " +
           detail::describe_per_group("base_lr", o.base_lr) + ", " + detail::describe_per_group("max_lr", o.max_lr) +
           ", " + detail::describe_per_group("base_momentum", o.base_momentum) + ", " +
           detail::describe_per_group("max_momentum", o.max_momentum) + ")";
  }

 private:
  friend typename CyclicLR::Schedule;
  static void require_fit(const CyclicLROptions& o, Optimizer& optimizer) {
    const std::size_t groups = detail::rate_count(optimizer);
    detail::require_per_group(name, "base_lr", o.base_lr, groups, false);
    detail::require_per_group(name, "max_lr", o.max_lr, groups, false);
    detail::require_per_group(name, "base_momentum", o.base_momentum, groups, true);
    detail::require_per_group(name, "max_momentum", o.max_momentum, groups, true);
    if (o.cycle_momentum) detail::require_momentum(name, optimizer);
  }
  /// Before the base class keeps them.
  static Optimizer& at_base_rates(Optimizer& optimizer, const CyclicLROptions& o) {
    o.require_valid();
    require_fit(o, optimizer);
    for (std::size_t k = 0; k < detail::rate_count(optimizer); ++k) detail::set_rate(optimizer, k, o.base_lr[k]);
    return optimizer;
  }
  void set() {
    const CyclicLROptions& o = this->o();
    const double up = static_cast<double>(o.step_size_up), t = static_cast<double>(this->t());
    const double total = up + (o.step_size_down ? static_cast<double>(o.step_size_down) : up), peak = up / total;
    const double cycle = std::floor(1 + t / total), x = 1 + t / total - cycle;
    double height = x <= peak ? x / peak : (x - 1) / (peak - 1);
    if (o.mode == CyclicMode::triangular2) height /= std::pow(2.0, cycle - 1);
    if (o.mode == CyclicMode::exp_range) height *= std::pow(o.gamma, t);
    detail::for_each_rate_and_momentum(this->optimizer(), [&](double& lr, double* momentum, std::size_t k) {
      lr = o.base_lr[k] + (o.max_lr[k] - o.base_lr[k]) * height;
      if (lr < 0) lr = 0;
      if (momentum && o.cycle_momentum)
        *momentum = o.max_momentum[k] - (o.max_momentum[k] - o.base_momentum[k]) * height;
    });
  }
};

}  // namespace minigrad::inline MINIGRAD_ABI
