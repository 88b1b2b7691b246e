// optim/optimizer.hpp - the base class of all optimizers: groups of parameters, their options and state, the loop.
//
// An optimizer adds an update rule: a function of one weight w, its gradient g and its state, written for numbers; see
// sgd.hpp. The base class applies it to all elements of all parameters.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "../tensor/inner_loop.hpp"
#include "group_state.hpp"

namespace minigrad::inline MINIGRAD_ABI {
namespace detail {

/// The number of optimizers made in this program, from which each optimizer takes its identity.
inline constinit AtomicNumber<std::size_t> optimizers_made{0};

/// The base of all optimizers. It holds references to the parameters and keeps their values alive, so the model may be
/// moved while it is trained; when it has ended, step() throws GraphError. Parts that are added to the model later are
/// not trained. The constructors and add_group() throw ValueError for options out of range, for a model without
/// parameters, and for a parameter that is there already.
template <class V, class Options>
class Optimizer {
 public:
  using value_type = V;
  using optimizer_options = Options;
  using Group = ParameterGroup<V, Options>;

  explicit Optimizer(const std::vector<ParameterRef<V>>& parameters, const Options& options = {}) : defaults_(options) {
    append_group(parameters, options);
  }
  template <class M>
    requires(!std::is_base_of_v<Optimizer, M> && !std::is_same_v<M, std::vector<ParameterRef<V>>>)
  explicit Optimizer(M& model, const Options& options = {}) : Optimizer(minigrad::parameters(model), options) {}

  /// Adds a model, or a list of parameters, as a group with options of its own; without options, with those that the
  /// optimizer was made with. Returns the group, which the next add_group() may move.
  ///
  ///   SGD optimizer(model.body, {.lr = 0.001, .momentum = 0.9});
  ///   optimizer.add_group(model.head).options.lr = 0.01;
  template <class M>
  Group& add_group(M&& model) {
    return add_group(parameter_refs(model), Options(defaults_));
  }
  template <class M>
    requires(!std::is_same_v<std::remove_cvref_t<M>, std::vector<ParameterRef<V>>>)
  Group& add_group(M& model, const Options& options) { return add_group(minigrad::parameters(model), options); }
  Group& add_group(const std::vector<ParameterRef<V>>& parameters, const Options& options) {
    require_groups();
    return append_group(parameters, options);
  }

  /// The groups, in the order in which they were added. Throws ValueError for an optimizer that was moved from.
  ///
  ///   optimizer.groups()[1].options.lr = 0.1;
  std::span<Group> groups() {
    require_groups();
    return {groups_.data(), groups_.size()};
  }
  std::span<const Group> groups() const {
    require_groups();
    return {groups_.data(), groups_.size()};
  }

  /// Clears the gradients of all parameters. step() does not clear them, and backward() adds to them.
  void zero_grad() {
    require_groups();
    for (const Group& group : groups_)
      for (const auto& slot : group.slots) slot.parameter.zero_grad();
  }

  /// Whether this optimizer updates the parameter.
  bool updates(const ParameterRef<V>& parameter) const {
    require_groups();
    return has(parameter);
  }

  /// The learning rate of the first group.
  double lr() const { return groups()[0].options.lr; }
  /// Sets the learning rate. It may be changed between steps. Throws ValueError unless it is at least 0 and finite, and
  /// for an optimizer of several groups, each of which has a rate of its own.
  void lr(double value) {
    if (groups().size() > 1)
      fail<ValueError>(
          {Options::name, ": lr(", value, ") for ", groups_.size(), " groups: set groups()[k].options.lr of each"});
    require_not_negative(Options::name, "lr", value);
    groups_[0].options.lr = value;
  }

  /// The learning rate of the first group when the first schedule was made, from which schedules count. They call this.
  double initial_lr() {
    for (Group& group : groups())
      if (group.initial_lr < 0) group.initial_lr = group.options.lr;
    return groups_[0].initial_lr;
  }

  /// The options of the first group.
  const Options& options() const { return groups()[0].options; }

  /// The options of each group, and the steps and moments of each parameter, by PyTorch's names: "param_groups.0.lr",
  /// "state.0.exp_avg". A parameter that has not taken part in a step has no state.
  StateDict state_dict() const { return groups_to_state(groups()); }
  /// Continues from a state of an optimizer of the same kind, for groups of parameters of the same shapes. Its options
  /// replace those of this optimizer. Throws ValueError, with all that differs, and then changes nothing.
  void load_state_dict(const StateDict& state) { groups_ = groups_from_state(std::as_const(*this).groups(), state); }

 protected:
  using Number = scalar_type<V>;

  /// The groups, for a step. What a step cannot take is refused here, before it changes anything: throws ValueError for
  /// options out of range and for a gradient that another optimizer has used, ShapeError if a parameter's shape
  /// changed, GraphError if its model is gone.
  [[gnu::noinline]] PoolArray<Group>& groups_for_step() {
    require_groups();
    for (const Group& group : groups_) {
      require_options(group.options);
      for (const OptimizerSlot<V>& slot : group.slots)
        if (!is_usable(slot)) refuse(slot);
    }
    return groups_;
  }

  /// Calls rule_at(slot)(w, g, state...) for all elements of each parameter of a group that takes part. slot.steps
  /// counts the steps of the parameter from 1. The rule takes `States` state arguments for each weight. The first
  /// `kept` of them have memory of their own, which is initialized to `start`. The other arguments refer to the memory
  /// of the last of these `kept`.
  template <std::size_t States, class RuleAt>
  void update(Group& group, const RuleAt& rule_at, const std::array<double, max_state>& start = {},
              std::size_t kept = States) {
    static_assert(States <= max_state);
    for (OptimizerSlot<V>& slot : group.slots) {
      ParameterState<V>& p = slot.parameter.state();
      if (!takes_part(p)) continue;
      if constexpr (States > 0)
        if (slot.kept < kept || slot.fresh) slot.make_state(kept, start);
      ++slot.steps;
      p.updated_by = identity_;
      ++p.version;
      V& w = p.value;
      const V& g = p.grad.value;
      [&]<std::size_t... At>(std::index_sequence<At...>) {
        for_each_element<Number>(rule_at(slot), count_numbers(w), numbers(w), numbers(g),
                                 numbers(slot.state[At < kept ? At : kept - 1])...);
      }
      (std::make_index_sequence<States>{});
    }
  }

 private:
  bool has(const ParameterRef<V>& parameter) const {
    for (const Group& group : groups_)
      for (const auto& slot : group.slots)
        if (slot.parameter == parameter) return true;
    return false;
  }
  void require_groups() const {
    if (groups_.empty()) fail<ValueError>({Options::name, ": used after it was moved from"});
  }
  [[gnu::cold, gnu::noinline]]
  Group& append_group(const std::vector<ParameterRef<V>>& parameters, const Options& options) {
    require_options(options);
    if (parameters.empty()) {
      if (groups_.empty()) fail<ValueError>({Options::name, ": the model has no parameters to optimise"});
      fail<ValueError>({Options::name, ": group ", groups_.size(), " has no parameters to optimise"});
    }
    Group group{options, -1, {}};
    group.slots.reserve(parameters.size());
    for (const ParameterRef<V>& parameter : parameters) {
      bool listed = has(parameter);
      for (const ParameterRef<V>* before = parameters.data(); before != &parameter; ++before)
        listed = listed || *before == parameter;
      if (listed)
        fail<ValueError>({Options::name, ": parameter ", &parameter - parameters.data(), " of group ", groups_.size(),
                          " is in this optimizer already: list each parameter once"});
      group.slots.emplace_back(parameter);
    }
    groups_.emplace_back(std::move(group));
    return groups_.back();
  }

  /// Whether a step can take the parameter; it may have no gradient, and is then left out, unless its model is gone.
  bool is_usable(const OptimizerSlot<V>& slot) const {
    const ParameterState<V>& p = slot.parameter.state();
    const auto same_shape = [&p](const V& x) { return shape_of(p.value) == shape_of(x); };
    if (!takes_part(p)) return !p.abandoned;
    return !p.has_average && (p.updated_by == 0 || p.updated_by == identity_) && same_shape(p.grad.value) &&
           (slot.kept == 0 || same_shape(slot.state[0]));
  }
  [[gnu::cold, gnu::noinline]] void refuse(const OptimizerSlot<V>& slot) const {
    const ParameterState<V>& p = slot.parameter.state();
    std::size_t place = 0;
    for (const Group& group : groups_)
      for (const OptimizerSlot<V>& other : group.slots) {
        if (&other == &slot) return refuse(slot, p, place);
        ++place;
      }
  }
  void refuse(const OptimizerSlot<V>& slot, const ParameterState<V>& p, std::size_t place) const {
    if (!takes_part(p)) require_model(Options::name, p);
    require_own_value(Options::name, p);
    if (const std::size_t other = p.updated_by; other != 0 && other != identity_)
      fail<ValueError>({Options::name, ": parameter ", place,
                        " was updated by this gradient already, by another "
                        "optimizer: give each parameter to one, or call zero_grad() before the next backward()"});
    const Shape &w = shape_of(p.value), &g = shape_of(p.grad.value);
    if (w != g)
      fail<ShapeError>(
          {Options::name, ": parameter ", place, " has shape ", w, " and its gradient ", g, ": shapes differ"});
    fail<ShapeError>({Options::name, ": parameter ", place, " had shape ", shape_of(slot.state[0]),
                      " at its first step and has ", w, " now: make a new optimizer"});
  }

  Options defaults_;  // of groups that are added without options
  PoolArray<Group> groups_;
  std::size_t identity_ = optimizers_made.fetch_add(1) + 1;  // a copy has the same number, since it continues the work of the original
};

}  // namespace detail
}  // namespace minigrad::inline MINIGRAD_ABI
