// optim/group_state.hpp - the state of an optimizer's groups, by PyTorch's names, taken out and put back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "group.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

/// Whether an optimizer keeps a number for each parameter besides tensors: NAdam's "mu_product".
template <class Options>
concept HasProduct = requires {
  Options::product_name;
};

template <class = void>
std::string state_name(std::size_t place, const char* what) {
  return concat({place, ".", what});
}

/// The shapes of a group's parameters: "[8, 4] [8]".
template <class Group>
std::string shapes_of_group(const Group& group) {
  std::string out;
  for (const auto& slot : group.slots) append(out, {out.empty() ? "" : " ", shape_of(slot.parameter.value())});
  return out;
}
/// The name of its text in the metadata of a state.
template <class = void>
std::string shapes_name(std::size_t group) {
  return concat({"param_groups.", group, ".shapes"});
}

template <class V, class Options>
StateDict groups_to_state(std::span<const ParameterGroup<V, Options>> groups) {
  StateDict moments, out;
  out.metadata("optimizer", Options::name);
  std::size_t place = 0, number = 0;
  for (const auto& group : groups) {
    std::vector<std::int64_t> places;
    for (const OptimizerSlot<V>& slot : group.slots) {
      const std::size_t i = place++;
      places.push_back(static_cast<std::int64_t>(i));
      if (slot.steps == 0) continue;
      moments.add(state_name(i, "step"), static_cast<std::int64_t>(slot.steps));
      if constexpr (HasProduct<Options>) moments.add(state_name(i, Options::product_name), slot.product);
      for (std::size_t k = 0; k < slot.kept; ++k) {
        const StateTarget from = state_target(state_name(i, Options::state_names[k]), const_cast<V&>(slot.state[k]));
        moments.add(from.name, from.dtype, from.shape, from.to);
      }
    }
    out.metadata(shapes_name(number), shapes_of_group(group));
    const std::string name = concat({"param_groups.", number++, "."});
    Options options = group.options;
    out.add(name, fields_to_state(options.fields()));
    if (group.initial_lr >= 0) out.add(name + "initial_lr", group.initial_lr);
    out.add(name + "params", DType::i64, Shape{places.size()}, places.data());
  }
  out.add("state.", moments);
  return out;
}

/// The groups with the options and the state of a state dict. Throws ValueError for one that does not fit them.
template <class V, class Options>
PoolArray<ParameterGroup<V, Options>> groups_from_state(std::span<const ParameterGroup<V, Options>> groups,
                                                          const StateDict& state) {
  using Group = ParameterGroup<V, Options>;
  if (const std::string kind = state.metadata("optimizer"); kind != Options::name)
    fail<ValueError>({Options::name, ": load_state_dict: this is ",
                      kind.empty() ? "not the state of an optimizer" : "the state of " + kind});
  StateDict all = state.part("param_groups.");
  const StateDict moments = state.part("state.");
  PoolArray<Group> loaded;
  std::vector<std::int64_t> steps;  // one for each parameter
  std::vector<StateTarget> targets;
  for (const auto& group : groups) steps.resize(steps.size() + group.slots.size());
  std::size_t place = 0;
  for (const Group& group : groups) {
    StateDict own = all.take(concat({loaded.size(), "."}));
    const StateDict initial = own.take("initial_lr"), places = own.take("params");
    const std::size_t count = places.size() ? places.get<std::int64_t>("").size() : 0;
    if (count != group.slots.size())
      fail<ValueError>({Options::name, ": load_state_dict: group ", loaded.size(), " has ", count,
                        " parameters in the state, and ", group.slots.size(), " here"});
    loaded.push_back(Group{group.options, -1.0, {}});
    Group& to = loaded.back();
    load_fields(Options::name, own, to.options.fields());
    require_options(to.options);
    if (initial.size()) {
      to.initial_lr = initial.get<double>("").item();
      require_not_negative(Options::name, "initial_lr", to.initial_lr);
    }
    to.slots.reserve(count);  // so that their addresses stay
    for (const OptimizerSlot<V>& slot : group.slots) {
      to.slots.push_back(OptimizerSlot<V>{slot.parameter});
      OptimizerSlot<V>& own_slot = to.slots[to.slots.size() - 1];
      const std::size_t i = place++;
      if (!moments.find(state_name(i, "step"))) continue;
      targets.push_back(state_target(state_name(i, "step"), steps[i]));
      if constexpr (HasProduct<Options>)
        targets.push_back(state_target(state_name(i, Options::product_name), own_slot.product));
      // Options that were changed since the last step may need tensors that do not exist yet, or may not need them now.
      std::size_t found = Options().states();
      while (found < std::size(Options::state_names) && moments.find(state_name(i, Options::state_names[found])))
        ++found;
      own_slot.make_state(found, {});
      own_slot.fresh = false;
      for (std::size_t k = 0; k < found; ++k)
        targets.push_back(state_target(state_name(i, Options::state_names[k]), own_slot.state[k]));
    }
  }
  if (all.size())
    fail<ValueError>({Options::name, ": load_state_dict: the state has more groups than the ", loaded.size(), " here"});
  require_same(Options::name, differences(moments, targets));
  // Groups in another order would get each other's options, where they have no tensors yet.
  for (std::size_t k = 0; k < loaded.size(); ++k)
    if (const std::string theirs = state.metadata(shapes_name(k)), ours = shapes_of_group(loaded[k]);
        !theirs.empty() && theirs != ours)
      fail<ValueError>({Options::name, ": load_state_dict: group ", k, " has parameters ", theirs, " in the state, and ",
                        ours, " here: are the groups in another order?"});
  copy_to(targets, moments);
  place = 0;
  for (Group& group : loaded)
    for (OptimizerSlot<V>& slot : group.slots) {
      const std::int64_t count = steps[place++];
      if (count < 0) fail<ValueError>({Options::name, ": load_state_dict: ", count, " steps"});
      slot.steps = static_cast<std::size_t>(count);
    }
  return loaded;
}

}  // namespace minigrad::inline MINIGRAD_ABI::detail
