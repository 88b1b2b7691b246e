// optim/schedule_base.hpp - what all learning-rate schedules share: the optimizer's groups and their base rates, the
// number of steps, the state.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "../tensor/load_state.hpp"
#include "../tensor/pool_array.hpp"
#include "option_checks.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

/// How schedules see an optimizer: rates, one for each of its groups. An optimizer without groups, such as your own,
/// has one rate: lr() reads it, and lr(value) sets it.
template <class Optimizer>
std::size_t rate_count(const Optimizer& optimizer) {
  if constexpr (requires { optimizer.groups(); })
    return optimizer.groups().size();
  else
    return 1;
}
template <class Optimizer>
double rate(const Optimizer& optimizer, std::size_t k) {
  if constexpr (requires { optimizer.groups(); })
    return optimizer.groups()[k].options.lr;
  else
    return optimizer.lr();
}
/// Sets a rate to a value that rounding may have made negative.
template <class Optimizer>
void set_rate(Optimizer& optimizer, std::size_t k, double value) {
  value = value < 0 ? 0 : value;
  if constexpr (requires { optimizer.groups(); })
    optimizer.groups()[k].options.lr = value;
  else
    optimizer.lr(value);
}
/// lr_0 of group k: its rate when the first schedule was made, or what a schedule that has its own begin has set; the
/// current rate, if the optimizer does not keep that.
template <class Optimizer>
double initial_rate(Optimizer& optimizer, std::size_t k) {
  if constexpr (requires { optimizer.groups(); })
    return optimizer.initial_lr(), optimizer.groups()[k].initial_lr;
  else
    return optimizer.lr();
}

/// Whether step() takes the metric of an epoch.
template <class Schedule>
concept TakesMetric = requires(Schedule& schedule) {
  schedule.step(0.0);
};

/// "StepLR(step_size=3, gamma=0.1)"
template <class = void>
std::string describe_fields(const char* name, StateFields fields) {
  std::string out = name;
  const char* before = "(";
  for (const StateField& field : fields) {
    append(out, {before, field.name, "="});
    if (field.dtype == DType::f64)
      out += format_exact(*static_cast<const double*>(field.at));
    else if (field.dtype == DType::i64)
      append(out, {*static_cast<const std::size_t*>(field.at)});
    else
      out += *static_cast<const bool*>(field.at) ? "true" : "false";
    before = ", ";
  }
  return out + ")";
}

/// Throws ValueError unless the state is that of a schedule of this name.
template <class = void>
void require_schedule(const StateDict& state, const char* name) {
  if (const std::string kind = state.metadata("schedule"); kind != name)
    fail<ValueError>(
        {name, ": load_state_dict: this is ", kind.empty() ? "not the state of a schedule" : "the state of " + kind});
}

/// The base of schedules. Derived has `static constexpr const char* name`, Options with fields() and require_valid(),
/// and `double next(double lr, double base) const`: the rate of a group after step number t(), from its rate before and
/// its base rate. first(base) is the rate that it begins with. State of its own is listed by own_fields().
template <class Derived, class Optimizer, class Options>
class Schedule {
 public:
  /// Sets the rates for the next epoch, or the next update. Throws ValueError, and changes nothing, where groups were
  /// added since the schedule was made: it counts from its first step, and would begin in the middle for them.
  void step() {
    count_step();
    for_each_rate([this](double lr, double base) { return self().next(lr, base); });
  }
  /// Begins from the rates that there are, as the constructor does; for the first schedule of a SequentialLR.
  void begin() {
    count_from_0();
    for_each_rate([this](double lr, double) { return self().first(lr); });
  }
  /// Begins anew from the base rates, with all groups that there are now; for SequentialLR.
  void restart() {
    count_from_0();
    for_each_rate([this](double, double base) { return self().first(base); });
  }

  /// Whether it sets the rates of this optimizer.
  bool acts_on(const auto& optimizer) const { return static_cast<const void*>(optimizer_) == &optimizer; }

  /// The number of steps, and the base rates of the groups. The rates themselves belong to the optimizer's state.
  StateDict state_dict() const {
    Derived copy = self();
    StateDict out = fields_to_state(copy.all_fields());
    out.metadata("schedule", Derived::name);
    out.add("base_lrs", DType::f64, Shape{base_lrs_.size()}, base_lrs_.data());
    return out;
  }
  /// Throws ValueError, and changes nothing, if the state is that of another schedule, or for other groups.
  void load_state_dict(const StateDict& state) {
    require_schedule(state, Derived::name);
    StateDict rest = state;
    const StateDict rates = rest.take("base_lrs");
    const auto base = rates.size() ? rates.get<double>("") : Tensor<double>();
    if (base.size() != rate_count(*optimizer_))
      fail<ValueError>({Derived::name, ": load_state_dict: the state has ", base.size(),
                        " base rates, and the optimizer ", rate_count(*optimizer_), " groups"});
    Derived copy = self();  // what throws, throws here
    load_fields(Derived::name, rest, copy.all_fields());
    load_fields(Derived::name, rest, all_fields());
    base_lrs_.assign(base.begin(), base.end());
  }

  /// The name and the options.
  std::string describe() const {
    Options options = o_;
    return describe_fields(Derived::name, options.fields());
  }

 protected:
  /// Keeps the base rates. Throws ValueError for options out of range, or that do not fit the optimizer, before anything
  /// changes.
  Schedule(Optimizer& optimizer, const Options& options) : optimizer_(&optimizer), o_(options) {
    o_.require_valid();
    Derived::require_fit(o_, optimizer);
    keep_base_rates();
  }
  /// Throws ValueError for options that do not fit the optimizer. Derived may have its own.
  static void require_fit(const Options&, Optimizer&) {}
  std::size_t t() const { return t_; }
  const Options& o() const { return o_; }
  Optimizer& optimizer() const { return *optimizer_; }
  const std::vector<double>& base_lrs() const { return base_lrs_; }

  void count_step() {
    require_same_groups();
    ++t_;
  }
  void count_from_0() {
    Derived::require_fit(o_, *optimizer_);
    keep_base_rates();
    t_ = 0;
  }
  void require_same_groups() const {
    if (const std::size_t groups = rate_count(*optimizer_); groups != base_lrs_.size())
      fail<ValueError>({Derived::name, ": step: the optimizer has ", groups, " groups, and had ", base_lrs_.size(),
                        " when this schedule was made: make schedules after all groups"});
  }

  /// Sets each rate to f(rate, base rate).
  template <class F>
  void for_each_rate(const F& f) {
    keep_base_rates();
    for (std::size_t k = 0; k < base_lrs_.size(); ++k) set_rate(*optimizer_, k, f(rate(*optimizer_, k), base_lrs_[k]));
  }

  double first(double base) const { return base; }
  std::array<StateField, 0> own_fields() { return {}; }

 private:
  const Derived& self() const { return static_cast<const Derived&>(*this); }

  PoolArray<StateField> all_fields() {
    PoolArray<StateField> out;
    out.push_back({"last_epoch", t_});
    for (const StateField& field : static_cast<Derived*>(this)->own_fields()) out.push_back(field);
    return out;
  }
  /// Those of groups that have none yet.
  void keep_base_rates() {
    for (std::size_t k = base_lrs_.size(); k < rate_count(*optimizer_); ++k)
      base_lrs_.push_back(initial_rate(*optimizer_, k));
  }

  Optimizer* optimizer_;
  Options o_;
  std::vector<double> base_lrs_;
  std::size_t t_ = 0;
};

}  // namespace minigrad::inline MINIGRAD_ABI::detail
