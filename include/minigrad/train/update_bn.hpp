// train/update_bn.hpp - running statistics of BatchNorm for weights that were not trained: averages, or weights that were
// changed by hand. Included by name.
#pragma once

#include <string>
#include <utility>

#include "../data/dataset.hpp"
#include "../nn/evaluation_mode.hpp"
#include "../nn/module.hpp"

namespace minigrad::inline MINIGRAD_ABI {
namespace detail {

/// The running statistics of a model, which begin anew. At the end each has the number of its batches.
template <class Model>
class FreshStatistics {
 public:
  explicit FreshStatistics(Model& model) : buffers_(named_buffers(model)) {
    for (const auto& one : buffers_) {
      if (is(one.name, "running_mean")) one.buffer->fill(0);
      if (is(one.name, "running_var")) one.buffer->fill(1);
      if (is(one.name, "num_batches_tracked")) one.buffer->fill(-1), any_ = true;
    }
  }
  FreshStatistics(const FreshStatistics&) = delete;
  FreshStatistics& operator=(const FreshStatistics&) = delete;
  ~FreshStatistics() {
    for (const auto& one : buffers_)
      if (is(one.name, "num_batches_tracked")) one.buffer->fill(-1 - one.buffer->item());
  }
  /// Whether the model has any.
  bool any() const { return any_; }

 private:
  static bool is(const std::string& name, const std::string& last) {
    return name == last || (name.size() > last.size() && name.ends_with("." + last));
  }
  decltype(named_buffers(std::declval<Model&>())) buffers_;
  bool any_ = false;
};

}  // namespace detail

/// Gives the BatchNorm layers of a model the statistics of these batches: each is the mean over the batches, whatever its
/// momentum. Call it once with averages of weights, whose own statistics nobody has seen. The loader gives batches of x
/// and y, of which the model gets x, in training mode; afterwards each layer has its mode back. A model without BatchNorm
/// is left alone, and no batch is taken. Izmailov et al., 2018, section 3.2.
///
///   swa.swap();                                                   // the model has the averages
///   update_bn(DataLoader(train, {.batch_size = 256}, rng), model);
template <class Loader, class Model>
void update_bn(Loader&& loader, Model& model) {
  const detail::FreshStatistics<Model> statistics(model);
  if (!statistics.any()) return;
  const detail::EvaluationMode<Model> mode(model, true);
  for (auto [x, y] : loader) detail::with_tensors([&](const auto&... xs) { static_cast<void>(model(xs...)); }, x);
}

}  // namespace minigrad::inline MINIGRAD_ABI
