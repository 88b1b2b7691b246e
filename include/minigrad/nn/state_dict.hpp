// nn/state_dict.hpp - the state of a model: its parameters and buffers by name, taken out and put back.
#pragma once

#include <string>
#include <type_traits>
#include <vector>

#include "../tensor/load_state.hpp"
#include "module.hpp"

namespace minigrad::inline MINIGRAD_ABI {
namespace detail {

/// The parameters and buffers of a model, in the order of parts().
template <class M>
std::vector<StateTarget> state_targets(M& model) {
  static_assert(!std::is_const_v<M>, "minigrad: this model is const, and its parts() are there to be changed");
  using V = first_not_void<value_of_model<M>, Tensor<float>>;
  std::vector<StateTarget> out;
  const auto parameter = [](void* to, Parameter<V>& p, const PartPlace& place) {
    ParameterState<V>& state = p.ref().state();
    auto& list = *static_cast<std::vector<StateTarget>*>(to);
    list.push_back(state_target(place.text(), state.value));
    list.back().version = &state.version;
  };
  const auto buffer = [](void* to, V& value, const PartPlace& place) {
    static_cast<std::vector<StateTarget>*>(to)->push_back(state_target(place.text(), value));
  };
  const auto counts = [](void* to, Tensor<std::int64_t>& value, const PartPlace& place) {
    static_cast<std::vector<StateTarget>*>(to)->push_back(state_target(place.text(), value));
  };
  visit_parts(model, {}, PartVisitor<V>{&out, parameter, buffer, nullptr, counts});
  return out;
}

/// A random generator of a model, and its name.
struct NamedGenerator {
  std::string name;
  Rng* generator;
};
template <class M>
PoolArray<NamedGenerator> named_generators(M& model) {
  using V = first_not_void<value_of_model<M>, Tensor<float>>;
  PoolArray<NamedGenerator> out;
  const auto append = [](void* to, Rng& generator, const PartPlace& place) {
    static_cast<PoolArray<NamedGenerator>*>(to)->push_back({place.text(), &generator});
  };
  visit_parts(model, {}, PartVisitor<V>{&out, nullptr, nullptr, append});
  return out;
}

}  // namespace detail

/// The values of all parameters and buffers of a model, by the names that PyTorch gives them in a model of the same
/// structure: "0.weight", "hidden.bias". One that is listed twice, such as a tied weight, appears under both names. Random
/// generators, such as Dropout's, are not among them: see generator_state_dict().
template <class M>
StateDict state_dict(const M& model) {
  return detail::copy_from(detail::state_targets(detail::without_const(model)));
}

/// Gives a model's parameters and buffers the values of a state. Throws ValueError, with the names of all that is
/// missing, unexpected, or of another type or shape, if the state and the model differ; the model is then unchanged.
template <class M>
void load_state_dict(M& model, const StateDict& state) {
  const auto targets = detail::state_targets(model);
  detail::require_same("load_state_dict", detail::differences(state, targets));
  detail::copy_to(targets, state);
}

/// The same for a state that need not fit: what has the same name, type and shape in both is copied, and the rest is
/// returned.
struct NotStrict {};
inline constexpr NotStrict not_strict{};
template <class M>
[[nodiscard]] StateDifferences load_state_dict(M& model, const StateDict& state, NotStrict) {
  const auto targets = detail::state_targets(model);
  StateDifferences found = detail::differences(state, targets);
  detail::copy_to(targets, state);
  return found;
}

/// The states of the random generators of a model's layers, such as Dropout, by name: "2.generator". A training that
/// goes on with them draws the same numbers.
template <class M>
StateDict generator_state_dict(const M& model) {
  StateDict out;
  for (const auto& [name, generator] : detail::named_generators(detail::without_const(model)))
    detail::add_generator(out, name, *generator);
  return out;
}
/// Throws ValueError, and changes nothing, if the state is not one of these generators.
template <class M>
void load_generator_state_dict(M& model, const StateDict& state) {
  const auto generators = detail::named_generators(model);
  std::vector<detail::StateTarget> targets;
  for (const auto& one : generators) targets.push_back(detail::generator_target(one.name));
  detail::require_same("load_generator_state_dict", detail::differences(state, targets));
  detail::PoolArray<Rng> loaded;
  for (const auto& one : generators) loaded.push_back(detail::read_generator(state, one.name));
  for (std::size_t i = 0; i < loaded.size(); ++i) *generators[i].generator = loaded[i];
}

}  // namespace minigrad
