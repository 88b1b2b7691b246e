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

/// The running statistics of a model, which begin anew. After finish() each has the number of its batches; without it,
/// what they were before is back at the end.
template <class Model>
class FreshStatistics {
 public:
  explicit FreshStatistics(Model& model) {
    for (const StateTarget& one : state_targets(model))
      if (is(one, "running_mean") || is(one, "running_var") || is(one, "num_batches_tracked")) all_.push_back(one);
    before_ = copy_from(all_);
    for (const StateTarget& one : all_) set(one, is(one, "running_mean") ? 0 : is(one, "running_var") ? 1 : -1);
  }
  FreshStatistics(const FreshStatistics&) = delete;
  FreshStatistics& operator=(const FreshStatistics&) = delete;
  ~FreshStatistics() { copy_to(all_, before_); }  // nothing after finish()
  /// Whether the model has any.
  bool any() const { return !all_.empty(); }
  /// Keeps the new ones.
  void finish() {
    for (const StateTarget& one : all_)
      if (is(one, "num_batches_tracked")) with(one, [](auto& count) { count = -1 - count; });
    before_ = {};
  }

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
  std::vector<StateTarget> all_;
  StateDict before_;
};

}  // namespace detail

/// Gives the BatchNorm layers of a model the statistics of these batches: each is the mean over the batches, whatever
/// its momentum. Call it once with averages of weights: their running statistics are still those of other weights. The
/// loader gives batches of x and y, of which the model gets x, in training mode; afterwards each layer has its mode
/// back. A model without BatchNorm is left alone, and no batch is taken. Throws ValueError for a loader without
/// batches; after it, and after any other exception, the statistics are what they were. Izmailov et al., "Averaging
/// weights leads to wider optima and better generalization", 2018.
///
///   swa.swap();                                                   // the model has the averages
///   update_bn(DataLoader(train, {.batch_size = 256}, rng), model);
template <class Loader, class Model>
void update_bn(Loader&& loader, Model& model) {
  detail::FreshStatistics<Model> statistics(model);
  if (!statistics.any()) return;
  const detail::EvaluationMode<Model> mode(model, true);
  bool none = true;
  for (auto [x, y] : loader) {
    detail::with_tensors([&](const auto&... xs) { static_cast<void>(model(xs...)); }, x);
    none = false;
  }
  if (none) detail::fail<ValueError>({"update_bn: the loader has no batches"});
  statistics.finish();
}

}  // namespace minigrad::inline MINIGRAD_ABI
