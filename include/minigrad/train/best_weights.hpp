// train/best_weights.hpp - the weights and buffers of the best epoch so far.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "../nn/module.hpp"
#include "../nn/state_dict.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

/// A copy of a model's weights and buffers, or of none before keep(). The model must outlive it.
template <class Model>
class BestWeights {
  using V = parameter_value_of<Model>;

 public:
  explicit BestWeights(Model& model) : model_(model), parameters_(parameters(model)) {}

  void keep() {
    values_.resize(parameters_.size());
    for (std::size_t k = 0; k < values_.size(); ++k) values_[k] = parameters_[k].value();
    buffers_.clear();
    for (const V* buffer : buffers(model_)) buffers_.push_back(*buffer);
  }
  /// Gives the model what was kept.
  void restore() {
    for (std::size_t k = 0; k < values_.size(); ++k) parameters_[k].set_value(values_[k]);
    for (std::size_t k = 0; k < buffers_.size(); ++k) *buffers(model_)[k] = buffers_[k];
  }

  /// "parameters.0", "buffers.0", ...; empty before keep().
  StateDict state_dict() const {
    BestWeights copy = *this;
    return copy_from(copy.targets());
  }
  /// Throws ValueError, and changes nothing, if the state is of other weights.
  void load_state_dict(const StateDict& state) {
    BestWeights loaded(model_);
    if (state.size() > 0) loaded.keep();
    const auto targets = loaded.targets();
    require_same("best weights", differences(state, targets));
    copy_to(targets, state);
    values_ = std::move(loaded.values_), buffers_ = std::move(loaded.buffers_);
  }

 private:
  std::vector<StateTarget> targets() {
    std::vector<StateTarget> out;
    const auto list = [&](const char* kind, std::vector<V>& values) {
      for (std::size_t k = 0; k < values.size(); ++k) out.push_back(state_target(concat({kind, k}), values[k]));
    };
    list("parameters.", values_);
    list("buffers.", buffers_);
    return out;
  }

  Model& model_;
  std::vector<ParameterRef<V>> parameters_;
  std::vector<V> values_, buffers_;
};

}  // namespace minigrad::detail
