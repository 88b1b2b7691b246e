// optim/optimizer.hpp - the base class of all optimizers: the parameters, their state, the learning rate, the loop.
//
// An optimizer adds an update rule: a function of one weight w, its gradient g and its state, written for numbers; see
// sgd.hpp. The base class applies it to all elements of all parameters.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "../nn/state_dict.hpp"
#include "../tensor/inner_loop.hpp"
#include "optimized.hpp"

namespace minigrad::inline MINIGRAD_ABI {
namespace detail {

/// The number of optimizers made in this program, from which each optimizer takes its identity.
inline constinit AtomicNumber<std::size_t> optimizers_made{0};

/// The base of all optimizers. It holds references to the parameters and keeps them alive, so the model may be moved
/// while it is trained. Parts that are added to the model later are not trained. The constructors throw ValueError for
/// options out of range and for a model without parameters.
template <class V, class Options>
class Optimizer {
 public:
  using value_type = V;
  using optimizer_options = Options;

  explicit Optimizer(const std::vector<ParameterRef<V>>& parameters, const Options& options = {}) : options_(options) {
    require_options(options);
    if (parameters.empty()) fail<ValueError>({Options::name, ": the model has no parameters to optimise"});
    for (const ParameterRef<V>& parameter : parameters) {
      if (!updates(parameter)) slots_.push_back(Slot{parameter});  // a parameter that is listed twice gets one slot
    }
  }
  template <class M>
    requires(!std::is_base_of_v<Optimizer, M> && !std::is_same_v<M, std::vector<ParameterRef<V>>>)
  explicit Optimizer(M& model, const Options& options = {}) : Optimizer(minigrad::parameters(model), options) {}

  /// Clears the gradients of all parameters. step() does not clear them, and backward() adds to them.
  void zero_grad() {
    for (const Slot& slot : slots_) slot.parameter.zero_grad();
  }

  /// Whether this optimizer updates the parameter.
  bool updates(const ParameterRef<V>& parameter) const {
    for (const Slot& slot : slots_)
      if (slot.parameter == parameter) return true;
    return false;
  }

  /// The learning rate. It may be changed between steps, as schedules do. Throws ValueError unless it is at least 0 and
  /// finite.
  double lr() const { return options_.lr; }
  void lr(double value) {
    require_not_negative(Options::name, "lr", value);
    options_.lr = value;
  }

  /// The learning rate when the first schedule was made, from which schedules count. They call this.
  double initial_lr() {
    if (initial_lr_ < 0) initial_lr_ = options_.lr;
    return initial_lr_;
  }

  const Options& options() const { return options_; }

  /// The options, and the steps and moments of each parameter, by PyTorch's names: "param_groups.0.lr",
  /// "state.0.exp_avg". A parameter that has not taken part in a step has no state.
  StateDict state_dict() const {
    StateDict moments, out;
    for (std::size_t i = 0; i < slots_.size(); ++i) {
      const Slot& slot = slots_[i];
      if (slot.steps == 0) continue;
      moments.add(state_name(i, "step"), static_cast<std::int64_t>(slot.steps));
      for (std::size_t k = 0; k < options_.states(); ++k) {
        const StateTarget from = state_target(state_name(i, Options::state_names[k]), const_cast<V&>(slot.state[k]));
        moments.add(from.name, from.dtype, from.shape, from.to);
      }
    }
    Options options = options_;
    out.metadata("optimizer", Options::name);
    out.add("param_groups.0.", fields_to_state(options.fields()));
    if (initial_lr_ >= 0) out.add("param_groups.0.initial_lr", initial_lr_);
    out.add("state.", moments);
    return out;
  }
  /// Continues from a state of an optimizer of the same kind, for parameters of the same shapes. Its options replace
  /// those of this optimizer. Throws ValueError, with all that differs, and then changes nothing.
  void load_state_dict(const StateDict& state) {
    if (const std::string kind = state.metadata("optimizer"); kind != Options::name)
      fail<ValueError>({Options::name, ": load_state_dict: this is ",
                        kind.empty() ? "not the state of an optimizer" : "the state of " + kind});
    Options options = options_;
    StateDict group = state.part("param_groups.0.");
    const StateDict initial = group.take("initial_lr"), moments = state.part("state.");
    load_fields(Options::name, group, options.fields());
    require_options(options);
    const double initial_lr = initial.size() ? initial.get<double>("").item() : -1;
    if (initial.size()) require_not_negative(Options::name, "initial_lr", initial_lr);

    PoolArray<Slot> slots;
    std::vector<std::int64_t> steps(slots_.size());
    std::vector<StateTarget> targets;
    slots.reserve(slots_.size());
    for (std::size_t i = 0; i < slots_.size(); ++i) {
      slots.push_back(Slot{slots_[i].parameter});
      if (!moments.find(state_name(i, "step"))) continue;
      begin_state(slots[i], options.states(), {});
      targets.push_back(state_target(state_name(i, "step"), steps[i]));
      for (std::size_t k = 0; k < options.states(); ++k)
        targets.push_back(state_target(state_name(i, Options::state_names[k]), slots[i].state[k]));
    }
    require_same(Options::name, differences(moments, targets));
    copy_to(targets, moments);
    for (std::size_t i = 0; i < slots.size(); ++i) {
      if (steps[i] < 0) fail<ValueError>({Options::name, ": load_state_dict: ", steps[i], " steps"});
      slots[i].steps = static_cast<std::size_t>(steps[i]);
    }
    options_ = options;
    initial_lr_ = initial_lr;
    slots_ = std::move(slots);
  }

 protected:
  using Number = scalar_type<V>;

  /// Calls rule_at(t)(w, g, state...) for all elements of each parameter that takes part, where t counts the steps of
  /// that parameter from 1. The rule takes `States` state arguments for each weight. The first `kept` of them have
  /// memory of their own, which is initialized to `start`. The other arguments refer to the memory of the last of these
  /// `kept`.
  template <std::size_t States, class RuleAt>
  void update(const RuleAt& rule_at, double start = 0, std::size_t kept = States) {
    static_assert(States <= max_state);
    require_usable(kept > 0);  // before anything changes
    for (Slot& slot : slots_) {
      ParameterState<V>& p = slot.parameter.state();
      if (!takes_part(p)) continue;
      if (slot.steps == 0) begin_state(slot, kept, static_cast<Number>(start));
      ++slot.steps;
      p.updated_by = identity_;
      ++p.version;
      V& w = p.value;
      const V& g = p.grad.value;
      [&]<std::size_t... At>(std::index_sequence<At...>) {
        for_each_element<Number>(rule_at(slot.steps), count_numbers(w), numbers(w), numbers(g),
                                 numbers(slot.state[At < kept ? At : kept - 1])...);
      }(std::make_index_sequence<States>{});
    }
  }

 private:
  static constexpr std::size_t max_state = 3;
  /// A parameter, its state, and the number of its steps. The first step gives the state the parameter's shape.
  struct Slot {
    ParameterRef<V> parameter;
    V state[max_state] = {};
    std::size_t steps = 0;
  };

  static void require_options(const Options& options) {
    require_not_negative(Options::name, "lr", options.lr);
    require_not_negative(Options::name, "weight_decay", options.weight_decay);
    options.require_valid();
  }
  static std::string state_name(std::size_t slot, const char* what) { return concat({slot, ".", what}); }

  /// Throws ShapeError if a parameter's shape has changed, and ValueError if another optimizer has used its gradient.
  [[gnu::noinline]] void require_usable(bool has_state) const {
    for (const Slot& slot : slots_) {
      const ParameterState<V>& p = slot.parameter.state();
      if (!takes_part(p)) continue;
      if (const std::size_t other = p.updated_by; other != 0 && other != identity_)
        fail<ValueError>({Options::name, ": parameter ", &slot - slots_.data(), " was updated by this gradient "
                          "already, by another optimizer: give each parameter to one, or call zero_grad() before the "
                          "next backward()"});
      const Shape &w = shape_of(p.value), &g = shape_of(p.grad.value);
      if (w != g)
        fail<ShapeError>({Options::name, ": parameter ", &slot - slots_.data(), " has shape ", w, " and its gradient ",
                          g, ": shapes differ"});
      if (!has_state || slot.steps == 0) continue;
      if (const Shape& before = shape_of(slot.state[0]); w != before)
        fail<ShapeError>({Options::name, ": parameter ", &slot - slots_.data(), " had shape ", before,
                          " at its first step and has ", w, " now: make a new optimizer"});
    }
  }

  [[gnu::noinline]] static void begin_state(Slot& slot, std::size_t count, Number start) {
    V state[max_state] = {};  // before the slot changes, since this may throw
    for (std::size_t i = 0; i < count; ++i) {
      state[i] = zeros_like_value(slot.parameter.value());
      std::fill_n(numbers(state[i]), count_numbers(state[i]), start);
    }
    for (std::size_t i = 0; i < count; ++i) slot.state[i] = std::move(state[i]);
  }

  Options options_;
  double initial_lr_ = -1;  // not known yet
  PoolArray<Slot> slots_;
  std::size_t identity_ = optimizers_made.fetch_add(1) + 1;  // a copy has the same number, since it continues the work of the original
};

}  // namespace detail
}  // namespace minigrad
