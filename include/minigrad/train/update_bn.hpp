// train/update_bn.hpp - running statistics of BatchNorm for weights that were not trained: averages, or weights that were
// changed by hand. Included by name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "../data/loader.hpp"
#include "../nn/evaluation_mode.hpp"
#include "../nn/state_dict.hpp"

namespace minigrad::inline MINIGRAD_ABI {
namespace detail {

/// The running statistics of a model, which begin anew. At the end each has the number of its batches.
template <class Model>
class FreshStatistics {
 public:
  explicit FreshStatistics(Model& model) {
    for (const StateTarget& one : state_targets(model)) {
      if (is(one, "running_mean")) set(one, 0);
      if (is(one, "running_var")) set(one, 1);
      if (!is(one, "num_batches_tracked")) continue;
      counts_.push_back(one);
      set(one, -1);
    }
  }
  FreshStatistics(const FreshStatistics&) = delete;
  FreshStatistics& operator=(const FreshStatistics&) = delete;
  ~FreshStatistics() {
    for (const StateTarget& one : counts_) with(one, [](auto& count) { count = -1 - count; });
  }
  /// Whether the model has any.
  bool any() const { return !counts_.empty(); }

 private:
  static bool is(const StateTarget& one, const std::string& last) {
    return one.name == last || one.name.ends_with("." + last);
  }
  /// f(x) for each number.
  template <class F>
  static void with(const StateTarget& one, const F& f) {
    const auto each = [&]<class T>(T* numbers) {
      for (std::size_t i = 0; i < one.shape.size(); ++i) f(numbers[i]);
    };
    if (one.dtype == DType::f32) each(static_cast<float*>(one.to));
    if (one.dtype == DType::f64) each(static_cast<double*>(one.to));
    if (one.dtype == DType::i64) each(static_cast<std::int64_t*>(one.to));
  }
  static void set(const StateTarget& one, int value) {
    with(one, [value]<class T>(T& x) { x = static_cast<T>(value); });
  }
  std::vector<StateTarget> counts_;
};

}  // namespace detail

/// Gives the BatchNorm layers of a model the statistics of these batches: each is the mean over the batches, whatever its
/// momentum. Call it once with averages of weights: their running statistics are still those of other weights. The loader
/// gives batches of x and y, of which the model gets x, in training mode; afterwards each layer has its mode back. A model
/// without BatchNorm is left alone, and no batch is taken. Izmailov et al., "Averaging weights leads to wider optima and
/// better generalization", 2018.
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
