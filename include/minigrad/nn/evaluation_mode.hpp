// nn/evaluation_mode.hpp - a model in evaluation mode, or in training mode, for a while.
#pragma once

#include <cstddef>
#include <vector>

#include "parts.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

/// Sets a model to evaluation mode, or to training mode, and gives each module its mode back at the end, also where an
/// exception is thrown. Where all have the wanted mode it does nothing, and allocates nothing.
template <class M>
class EvaluationMode {
 public:
  explicit EvaluationMode(M& model, bool training = false) : model_(model), wanted_(training) {
    const auto look = [](void* to, bool was) {
      EvaluationMode& self = *static_cast<EvaluationMode*>(to);
      self.changes_ = self.changes_ || was != self.wanted_;
      return was;
    };
    set_training(model_, {false, look, this});
    if (!changes_) return;
    const auto keep = [](void* self, bool was) { return static_cast<EvaluationMode*>(self)->modes_.push_back(was), was; };
    set_training(model_, {false, keep, this});
    set_training(model_, {training});
  }
  EvaluationMode(const EvaluationMode&) = delete;
  EvaluationMode& operator=(const EvaluationMode&) = delete;
  ~EvaluationMode() {
    if (!changes_) return;
    const auto give_back = [](void* to, bool) {
      EvaluationMode& self = *static_cast<EvaluationMode*>(to);
      return static_cast<bool>(self.modes_[self.at_++]);
    };
    set_training(model_, {false, give_back, this});
  }

 private:
  M& model_;
  bool wanted_, changes_ = false;
  std::vector<bool> modes_;  // in the order of parts()
  std::size_t at_ = 0;
};

}  // namespace minigrad::inline MINIGRAD_ABI::detail
