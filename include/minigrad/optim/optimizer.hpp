// optim/optimizer.hpp - what all optimizers share: the parameters, their state, the learning rate, the loop.
//
// An optimizer then is one function of one weight w, its gradient g and its state, written for numbers; see sgd.hpp. It
// is run over all elements of all parameters here.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <utility>
#include <vector>

#include "../nn/module.hpp"
#include "lanes.hpp"

namespace minigrad {
namespace detail {

template <class M>
concept HasParameters = !std::is_void_v<parameter_value_of<M>>;

/// What optimizers and clipping accept: a model, or a list of its parameters.
template <HasParameters M>
auto parameter_refs(M& model) {
  return parameters(model);
}
template <class V>
const std::vector<ParameterRef<V>>& parameter_refs(const std::vector<ParameterRef<V>>& list) {
  return list;
}

/// The numbers of a value: those of a Tensor, or the one that it is itself.
template <class V>
auto* numbers(V& value) {
  if constexpr (is_tensor<std::remove_const_t<V>>) return value.data();
  else return &value;
}
template <class V>
std::size_t count_numbers(const V& value) {
  if constexpr (is_tensor<V>) return value.size();
  else return 1;
}

/// Whether a step changes this parameter: not while it is frozen, nor where no loss has reached it.
template <class V>
bool takes_part(const ParameterRef<V>& parameter) {
  return parameter.has_grad() && parameter.requires_grad();
}

/// Throws ValueError for NaN, and unless the condition holds: "SGD: lr is -1, and must be at least 0".
[[gnu::noinline]] inline void require_option(bool holds, const char* optimizer, const char* option, double value,
                                             const char* must) {
  if (!holds || is_nan(value)) fail<ValueError>({optimizer, ": ", option, " is ", value, ", and must be ", must});
}
inline void require_not_negative(const char* optimizer, const char* option, double value) {
  require_option(value >= 0, optimizer, option, value, "at least 0");
  require_option(is_finite(value), optimizer, option, value, "finite");
}
inline void require_fraction(const char* optimizer, const char* option, double value) {
  require_option(value >= 0 && value < 1, optimizer, option, value, "at least 0 and less than 1");
}

/// In the whole program, so that each gets a number of its own.
inline std::atomic<std::size_t> optimizers_made{0};

/// The base of all optimizers. It refers to the parameters and keeps them alive: the model may move, or grow by
/// std::vector::push_back, and goes on being trained; parts that it gains later are not.
template <class V, class Options>
class Optimizer {
  static_assert(!std::is_void_v<V>, "minigrad: this model has no parameters: its parts() should list them");

 public:
  using value_type = V;

  explicit Optimizer(const std::vector<ParameterRef<V>>& parameters, const Options& options = {}) : options_(options) {
    require_not_negative(Options::name, "lr", options.lr);
    require_not_negative(Options::name, "weight_decay", options.weight_decay);
    options.require_valid();
    if (parameters.empty()) fail<ValueError>({Options::name, ": the model has no parameters to optimise"});
    for (const ParameterRef<V>& parameter : parameters) {
      if (!updates(parameter)) slots_.push_back(Slot{parameter});  // one that is listed twice is still one
    }
  }
  template <HasParameters M>
  explicit Optimizer(M& model, const Options& options = {}) : Optimizer(minigrad::parameters(model), options) {}

  /// Forgets the gradients of all parameters. step() keeps them, and backward() adds to what is there.
  void zero_grad() {
    for (const Slot& slot : slots_) slot.parameter.zero_grad();
  }

  /// Whether this is one of the parameters that it was made for.
  bool updates(const ParameterRef<V>& parameter) const {
    for (const Slot& slot : slots_)
      if (slot.parameter == parameter) return true;
    return false;
  }

  /// The learning rate, which may be changed between steps; schedules do. Throws ValueError for a negative one.
  double lr() const { return options_.lr; }
  void lr(double value) {
    require_not_negative(Options::name, "lr", value);
    options_.lr = value;
  }

  const Options& options() const { return options_; }

 protected:
  using Number = scalar_type<V>;

  /// Runs rule_at(t)(w, g, state...) over all elements of each parameter that takes part, where t counts the steps of
  /// that parameter from 1. The rule has `States` numbers of state for each weight, which begin as `start`; where only
  /// the first `kept` of them are to be kept, the others are the last of these.
  template <std::size_t States, class RuleAt>
  void update(const RuleAt& rule_at, double start = 0, std::size_t kept = States) {
    static_assert(States <= max_state);
    require_usable(kept > 0);  // before anything changes
    for (Slot& slot : slots_) {
      if (!takes_part(slot.parameter)) continue;
      if (slot.steps == 0) begin_state(slot, kept, static_cast<Number>(start));
      ++slot.steps;
      slot.parameter.updated_by(identity_);
      V& w = slot.parameter.value();
      const V& g = slot.parameter.grad();
      [&]<std::size_t... At>(std::index_sequence<At...>) {
        for_each_element<Number>(rule_at(slot.steps), count_numbers(w), numbers(w), numbers(g),
                                 numbers(slot.state[At < kept ? At : kept - 1])...);
      }(std::make_index_sequence<States>{});
    }
  }

 private:
  static constexpr std::size_t max_state = 3;
  /// A parameter, its state, which gets its shape at the first step, and how many steps it has made.
  struct Slot {
    ParameterRef<V> parameter;
    V state[max_state] = {};
    std::size_t steps = 0;
  };

  /// Throws where a parameter's shape has changed, or another optimizer has used its gradient.
  [[gnu::noinline]] void require_usable(bool has_state) const {
    for (const Slot& slot : slots_) {
      if (!takes_part(slot.parameter)) continue;
      if (const std::size_t other = slot.parameter.updated_by(); other != 0 && other != identity_)
        fail<ValueError>({Options::name, ": parameter ", &slot - slots_.data(), " was updated by this gradient "
                          "already, by another optimizer: give each parameter to one, or call zero_grad() before the "
                          "next backward()"});
      const Shape &w = shape_of(slot.parameter.value()), &g = shape_of(slot.parameter.grad());
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
    V state[max_state] = {};  // first of all, since that may throw
    for (std::size_t i = 0; i < count; ++i) {
      state[i] = zeros_like_value(slot.parameter.value());
      std::fill_n(numbers(state[i]), count_numbers(state[i]), start);
    }
    for (std::size_t i = 0; i < count; ++i) slot.state[i] = std::move(state[i]);
  }

  Options options_;
  PoolArray<Slot> slots_;
  std::size_t identity_ = ++optimizers_made;  // a copy has the same: it goes on for this
};

}  // namespace detail
}  // namespace minigrad
