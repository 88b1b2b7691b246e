// train/require_training.hpp - refuses what fit() cannot train, before anything changes.
#pragma once

#include <vector>

#include "../nn/module.hpp"
#include "evaluate.hpp"
#include "run_hook.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

/// Throws ValueError if the optimizer updates none of the weights, as one that was made for a copy of the model does.
/// Optimizers without updates() are not checked.
template <class V, class Optimizer>
void require_updates(const Optimizer& optimizer, const std::vector<ParameterRef<V>>& weights) {
  if constexpr (requires { optimizer.updates(weights[0]); }) {
    for (const ParameterRef<V>& weight : weights)
      if (optimizer.updates(weight)) return;
    fail<ValueError>({"fit: the optimizer updates none of the model's parameters: it was made for another model, or "
                      "for a copy of this one, or was moved from"});
  }
}

/// Refuses a model, an optimizer and hooks that do not belong together, before anything changes.
template <class V, class Loss, class Optimizer, class... Hooks>
void require_training(const std::vector<ParameterRef<V>>& weights, const Loss& loss, const Optimizer& optimizer,
                      const Hooks&... hooks) {
  require_mean("fit", loss);
  if (weights.empty()) fail<ValueError>({"fit: the model has no parameters: it was moved from, or has only layers "
                                         "without any"});
  require_updates(optimizer, weights);
  (require_schedule_of(hooks, optimizer), ...);
}

/// Refuses datasets that do not belong together.
template <class D>
void require_data(const D& data, const D* validation) {
  if (validation && validation->size() == 0) fail<ValueError>({"fit: the validation set is empty"});
  if (validation && !data.feature_names.empty() && !validation->feature_names.empty() &&
      data.feature_names != validation->feature_names)
    fail<ValueError>({"fit: the validation set has other features than the training set, or in another order: "
                      "select_features(validation, train.names()) gives those of the training set"});
  if (data.size() == 0) fail<ValueError>({"fit: the training set is empty"});
}

}  // namespace minigrad::detail
