// train/evaluate.hpp - evaluate(): the loss of a model over a dataset.
#pragma once

#include <cstddef>

#include "../data/loader.hpp"
#include "../graph/node.hpp"
#include "../nn/module.hpp"

namespace minigrad::inline MINIGRAD_ABI {
namespace detail {

/// Throws ValueError for a loss with another reduction than the mean: the losses of batches are averaged, weighted by
/// their rows, which is correct only for means.
template <class Loss>
void require_mean(const char* function, const Loss& loss) {
  if constexpr (requires { loss.reduction == Reduction::mean; })
    if (loss.reduction != Reduction::mean)
      fail<ValueError>({function, ": the loss must be the mean of its batch: Reduction::mean"});
}

}  // namespace detail

/// The mean loss of a model over a dataset, in batches, without a graph. The loss must be the mean of its batch. Leaves
/// the model in evaluation mode. Throws ValueError for a dataset without rows and for a loss with another reduction.
template <class Model, class Loss, class T, class Y>
double evaluate(Model& model, const Loss& loss, const Dataset<T, Y>& data, std::size_t batch_size = 1024) {
  if (data.size() == 0) detail::fail<ValueError>({"evaluate: the dataset is empty"});
  detail::require_mean("evaluate", loss);
  eval(model);
  double total = 0;
  for (auto [x, y] : DataLoader(data, {.batch_size = batch_size, .shuffle = false}))
    total += static_cast<double>(loss(model(x), y).item()) * static_cast<double>(x.shape()[0]);
  return total / static_cast<double>(data.size());
}

}  // namespace minigrad
