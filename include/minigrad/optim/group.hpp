// optim/group.hpp - a parameter group: parameters that share options, and the state of each.
#pragma once

#include <array>
#include <cstddef>
#include <utility>
#include <vector>

#include "../nn/state_dict.hpp"
#include "../tensor/pool_array.hpp"
#include "optimized.hpp"
#include "option_checks.hpp"

namespace minigrad::inline MINIGRAD_ABI {
namespace detail {

inline constexpr std::size_t max_state = 3;

/// A parameter, and what an optimizer keeps of its gradients: tensors of the parameter's shape, which are made at the
/// first step that needs them.
template <class V>
struct OptimizerSlot {
  ParameterRef<V> parameter;
  V state[max_state] = {};
  std::size_t kept = 0;   // the number of tensors that exist
  std::size_t steps = 0;  // the number of steps that this parameter took part in
  double product = 1;     // of NAdam's momentum coefficients
  bool fresh = false;     // the state was made in this step

  /// Makes the tensors up to `count`, filled with the numbers of `start`.
  [[gnu::cold, gnu::noinline]] void make_state(std::size_t count, const std::array<double, max_state>& start) {
    fresh = kept < count;
    for (; kept < count; ++kept) {
      V values = zeros_like_value(parameter.value());
      using T = scalar_type<V>;
      for (std::size_t i = 0; i < count_numbers(values); ++i) numbers(values)[i] = static_cast<T>(start[kept]);
      state[kept] = std::move(values);
    }
  }
};

template <class Options>
void require_options(const Options& options) {
  require_not_negative(Options::name, "lr", options.lr);
  if constexpr (requires { options.weight_decay; })
    require_not_negative(Options::name, "weight_decay", options.weight_decay);
  options.require_valid();
}

}  // namespace detail

/// A group of an optimizer. Its options may be changed at any time; the next step checks them, and uses them.
template <class V, class Options>
struct ParameterGroup {
  Options options;         ///< those of the optimizer, but for this group
  double initial_lr = -1;  ///< the rate from which schedules count: that when the first schedule saw it; before, -1

  /// The parameters of the group, in the order in which they were added.
  std::vector<ParameterRef<V>> parameters() const {
    std::vector<ParameterRef<V>> out;
    for (const auto& slot : slots) out.push_back(slot.parameter);
    return out;
  }

  detail::PoolArray<detail::OptimizerSlot<V>> slots;  ///< for optimizers
};

}  // namespace minigrad::inline MINIGRAD_ABI
