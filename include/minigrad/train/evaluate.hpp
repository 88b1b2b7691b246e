// train/evaluate.hpp - evaluate(): the loss of a model over a dataset.
#pragma once

#include <cstddef>
#include <type_traits>

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

/// Calls f(), which computes the loss of a batch. An error about a row of the batch is thrown with the row of the data.
template <class Loader, class F>
std::invoke_result_t<const F&> with_rows(const Loader& loader, std::size_t batch, const char* of, const F& f) {
  try {
    return f();
  } catch (const RowError& error) {
    error.throw_again(loader.row(batch, error.row), of);
    throw;  // never
  }
}

template <class Model, class Loss, class D>
double evaluate(Model& model, const Loss& loss, const D& data, std::size_t batch_size, const char* of) {
  eval(model);
  double total = 0;
  std::size_t batch = 0;
  const DataLoaderOptions options{.batch_size = batch_size, .shuffle = false};
  DataLoader loader(data, options);
  for (auto [x, y] : loader) {
    const double rows = static_cast<double>(x.shape()[0]);
    total += rows * with_rows(loader, batch++, of, [&, &x = x, &y = y] {
      return static_cast<double>(loss(model(x), y).item());
    });
  }
  return total / static_cast<double>(data.size());
}

}  // namespace detail

/// The mean loss of a model over a dataset, in batches, without a graph. The loss must be the mean of its batch. Leaves
/// the model in evaluation mode. Throws ValueError for a dataset without rows and for a loss with another reduction.
template <class Model, class Loss, class T, class Y>
double evaluate(Model& model, const Loss& loss, const Dataset<T, Y>& data, std::size_t batch_size = 1024) {
  if (data.size() == 0) detail::fail<ValueError>({"evaluate: the dataset is empty"});
  detail::require_mean("evaluate", loss);
  return detail::evaluate(model, loss, data, batch_size, " of the dataset");
}

}  // namespace minigrad
