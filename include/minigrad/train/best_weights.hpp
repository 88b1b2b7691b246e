// train/best_weights.hpp - the weights and buffers of the best epoch so far.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "../core/finite.hpp"
#include "../nn/module.hpp"
#include "../nn/state_dict.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

/// The index of the first element that is not finite, or the number of elements.
template <class X>
std::size_t first_not_finite(const X& x) {
  std::size_t i = 0;
  if constexpr (is_tensor<X>)
    while (i < x.size() && is_finite(static_cast<double>(x.data()[i]))) ++i;
  return i;
}
template <class X>
bool all_finite(const X& x) {
  if constexpr (is_tensor<X>) return first_not_finite(x) == x.size();
  else return true;
}

/// The buffers of whole numbers of a model, in the order of parts(). One that is listed twice appears once.
template <class Model>
std::vector<Tensor<std::int64_t>*> count_buffers(Model& model) {
  using Count = Tensor<std::int64_t>;
  std::vector<Count*> out;
  const auto append = [](void* to, Count& buffer, const PartPlace&) {
    auto& list = *static_cast<std::vector<Count*>*>(to);
    for (const Count* known : list)
      if (known == &buffer) return;
    list.push_back(&buffer);
  };
  visit_parts(model, {}, PartVisitor<model_value<Model>>{&out, nullptr, nullptr, nullptr, append});
  return out;
}

/// A copy of a model's weights and buffers, or of none before keep(). The model must outlive it.
template <class Model>
class BestWeights {
  using V = parameter_value_of<Model>;

 public:
  explicit BestWeights(Model& model) : model_(model), parameters_(parameters(model)) {
    for (const auto& one : parameters_) was_finite_.push_back(all_finite(one.value()));
  }

  /// The parameter that an update has broken: it was finite when this was made, and is no longer. Null if there is none.
  const ParameterRef<V>* broken() const {
    for (std::size_t k = 0; k < parameters_.size(); ++k)
      if (was_finite_[k] && !all_finite(parameters_[k].value())) return &parameters_[k];
    return nullptr;
  }
  void keep() {
    values_.resize(parameters_.size());
    for (std::size_t k = 0; k < values_.size(); ++k) values_[k] = parameters_[k].value();
    buffers_.clear(), counts_.clear();
    for (const V* buffer : buffers(model_)) buffers_.push_back(*buffer);
    for (const auto* buffer : count_buffers(model_)) counts_.push_back(*buffer);
  }
  /// Gives the model what was kept.
  void restore() {
    for (std::size_t k = 0; k < values_.size(); ++k) parameters_[k].set_value(values_[k]);
    for (std::size_t k = 0; k < buffers_.size(); ++k) *buffers(model_)[k] = buffers_[k];
    for (std::size_t k = 0; k < counts_.size(); ++k) *count_buffers(model_)[k] = counts_[k];
  }

  /// "parameters.0", "buffers.0", "counts.0", ...; empty before keep().
  StateDict state_dict() const {
    BestWeights copy = *this;
    return copy_from(copy.targets(true));
  }
  /// Throws ValueError, and changes nothing, if the state is of other weights. A file of an earlier version has no
  /// buffers of whole numbers: those of the model, which were read before, take their place.
  void load_state_dict(const StateDict& state) {
    BestWeights loaded(model_);
    if (state.size() > 0) loaded.keep();
    const auto targets = loaded.targets(state.find("counts.0") != nullptr);
    require_same("best weights", differences(state, targets));
    copy_to(targets, state);
    values_ = std::move(loaded.values_), buffers_ = std::move(loaded.buffers_), counts_ = std::move(loaded.counts_);
  }

 private:
  std::vector<StateTarget> targets(bool with_counts) {
    std::vector<StateTarget> out;
    const auto list = [&](const char* kind, auto& values) {
      for (std::size_t k = 0; k < values.size(); ++k) out.push_back(state_target(concat({kind, k}), values[k]));
    };
    list("parameters.", values_);
    list("buffers.", buffers_);
    if (with_counts) list("counts.", counts_);
    return out;
  }

  Model& model_;
  std::vector<ParameterRef<V>> parameters_;
  std::vector<bool> was_finite_;
  std::vector<V> values_, buffers_;
  std::vector<Tensor<std::int64_t>> counts_;
};

}  // namespace minigrad::detail
