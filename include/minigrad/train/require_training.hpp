// train/require_training.hpp - refuses what fit() cannot train, before anything changes.
#pragma once

#include <exception>
#include <type_traits>
#include <utility>
#include <vector>

#include "../nn/losses.hpp"
#include "../nn/module.hpp"
#include "best_weights.hpp"
#include "evaluate.hpp"
#include "run_hook.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

/// Whether step() takes a closure that computes the loss again: LBFGS.
template <class Optimizer>
concept TakesClosure = requires(Optimizer& optimizer) {
  optimizer.step([] { return 0.0; });
};

/// Throws ValueError if the optimizer updates none of the weights, as one that was made for a copy of the model does, and
/// for weights that are not frozen and that it does not update, by name. Optimizers without updates() are not checked.
template <class Model, class V, class Optimizer>
[[gnu::noinline]] void require_updates(Model& model, const std::vector<ParameterRef<V>>& weights, const Optimizer& optimizer) {
  if constexpr (requires { optimizer.updates(weights[0]); }) {
    bool all = true, none = true;
    for (const ParameterRef<V>& weight : weights)
      if (optimizer.updates(weight)) none = false;
      else if (weight.requires_grad()) all = false;
    if (none)
      fail<ValueError>({"fit: the optimizer updates none of the model's parameters: it was made for another model, or "
                        "for a copy of this one, or was moved from"});
    if (all) return;
    std::string names;
    for (const auto& one : named_parameters(model))
      if (one.parameter.requires_grad() && !optimizer.updates(one.parameter))
        append(names, {names.empty() ? "" : ", ", one.name});
    fail<ValueError>({"fit: the optimizer does not update the parameters ", names, ": add them to it by add_group(), or "
                      "freeze them by requires_grad(false)"});
  }
}

/// Throws ValueError where an optimizer that computes the loss several times in a step would see only some of the rows.
template <class Optimizer, class Options>
void require_whole(const Options& options, std::size_t rows) {
  if constexpr (TakesClosure<Optimizer>)
    if (options.batch_size < rows || options.accumulate != 1 || options.clip_norm > 0)
      fail<ValueError>({"fit: ", Optimizer::optimizer_options::name, " computes the loss of all rows several times in a "
                        "step: batch_size must be at least ", rows, ", the rows of the training set, accumulate 1 and "
                        "clip_norm 0"});
}

/// Refuses a model, an optimizer and hooks that do not belong together, before anything changes.
template <class Model, class V, class Loss, class Optimizer, class... Hooks>
void require_training(Model& model, const std::vector<ParameterRef<V>>& weights, const Loss& loss,
                      const Optimizer& optimizer, const Hooks&... hooks) {
  require_mean("fit", loss);
  if (weights.empty()) fail<ValueError>({"fit: the model has no parameters: it was moved from, or has only layers "
                                         "without any"});
  require_updates(model, weights, optimizer);
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

/// At the end of fit(), also where an exception ends it: gives the model its best weights, unless `best` is null, sets it
/// to evaluation mode, and clears the gradients, to which a backward() that follows would add.
template <class Model, class V>
struct EndOfTraining {
  Model& model;
  const std::vector<ParameterRef<V>>& weights;
  BestWeights<Model>* best;
  void restore() {
    if (auto* const now = std::exchange(best, nullptr)) now->restore();
  }
  ~EndOfTraining() {
    try {
      restore();
    } catch (const std::exception&) {  // a callback that threw may have moved the model away
    }
    eval(model);
    for (const ParameterRef<V>& weight : weights) weight.zero_grad();
  }
};

/// Whether a loss compares numbers, and gets labels.
template <class Loss, class Y>
inline constexpr bool refuses_labels = compares_numbers<Loss> && std::is_integral_v<Y>;

}  // namespace minigrad::inline MINIGRAD_ABI::detail
