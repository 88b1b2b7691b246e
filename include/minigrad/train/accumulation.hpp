// train/accumulation.hpp - the gradient of several batches as one: what a large batch would give, in the memory of a
// small one.
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>
#include <vector>

#include "../optim/clip.hpp"

namespace minigrad::inline MINIGRAD_ABI {

/// Makes the gradients of several batches, each of the mean loss of its rows, the gradient of the mean over all rows.
///
///   GradientAccumulation accumulation(model, 4);
///   for (auto [x, y] : loader) {
///     graph.clear();
///     const auto loss = mse_loss(model(graph.input(x)), y);
///     if (accumulation.begin(x.shape()[0])) optimizer.zero_grad();
///     backward(loss);
///     if (accumulation.end()) optimizer.step();
///   }
///
/// Batches may have different numbers of rows. For a loss that is a weighted mean pass what it is divided by in place of
/// the rows: loss.weight_of(y), and leave out a batch where that is 0. The model must outlive it. Throws ValueError for 0
/// batches.
template <class V>
class GradientAccumulation {
 public:
  GradientAccumulation(std::vector<ParameterRef<V>> weights, std::size_t batches)
      : weights_(std::move(weights)), wanted_(batches) {
    if (batches == 0)
      detail::fail<ValueError>({"GradientAccumulation: 0 batches for an update: at least 1 is needed"});
  }
  template <class M>
  GradientAccumulation(M& model, std::size_t batches) : GradientAccumulation(parameters(model), batches) {}

  /// Before the backward() of a batch: its rows, or the weight of its loss. Returns true for the first of an update, whose
  /// gradients must be cleared. Throws ValueError for a batch of 0 rows, or of weight 0, whose loss has no mean.
  template <class Weight>
    requires std::is_arithmetic_v<Weight>
  bool begin(Weight batch_weight) {
    const double weight = static_cast<double>(batch_weight);
    if (!(weight > 0))
      detail::fail<ValueError>({"GradientAccumulation: a batch of ", weight, " rows: at least 1 is needed"});
    // The sum of weight_k g_k, in units of this batch's weight: backward() adds a g of factor 1.
    if (done_ > 0 && weight != last_) scale(last_ / weight);
    last_ = weight;
    total_ += weight;
    return done_++ == 0;
  }
  /// After the backward() of a batch. Returns true where it was the last of an update; `now` ends one that is not
  /// complete, at the end of the data, if it has any batch. The gradients are then those of the mean over all of its rows.
  bool end(bool now = false) {
    if (done_ == 0 || (done_ < wanted_ && !now)) return false;
    if (done_ > 1) scale(last_ / total_);
    done_ = 0, total_ = 0;
    return true;
  }

 private:
  void scale(double factor) {
    detail::for_each_gradient(weights_, [&]<class T>(std::size_t n, T* g) {
      const T by = static_cast<T>(factor);
      detail::for_each_element<T>([by](auto& g_i, auto) { g_i *= by; }, n, g, g);
    });
  }

  std::vector<ParameterRef<V>> weights_;
  std::size_t wanted_, done_ = 0;  // batches of an update
  double last_ = 0, total_ = 0;    // the weight of the last batch, and of all of this update
};
template <class M>
GradientAccumulation(M& model, std::size_t batches) -> GradientAccumulation<detail::parameter_value_of<M>>;

}  // namespace minigrad
