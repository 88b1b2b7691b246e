// train/fit.hpp - the training loop, for those who do not want to write their own. Nothing here is hidden from them:
//
//   for (auto [x, y] : loader) {
//     graph.clear();
//     auto loss = mse_loss(model(graph.input(x)), y);
//     optimizer.zero_grad();
//     backward(loss);
//     optimizer.step();
//   }
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "../data/loader.hpp"
#include "../data/scaler.hpp"
#include "../graph/backward.hpp"
#include "../nn/checks.hpp"
#include "../nn/losses.hpp"
#include "../nn/module.hpp"
#include "../optim/clip.hpp"
#include "history.hpp"
#include "progress.hpp"

namespace minigrad {

struct FitOptions {
  std::size_t epochs = 100;
  std::size_t batch_size = 32;
  bool shuffle = true;       // anew at each epoch, from `seed`
  bool drop_last = false;    // leave out a last batch that is not full
  std::size_t patience = 0;  // stop after so many epochs without a better validation loss; 0: run all epochs
  double min_delta = 0;      // how much lower a validation loss must be to count as better
  bool restore_best = true;  // at the end, take the weights of the best validation loss
  double clip_norm = 0;      // scale gradients down to this norm; 0: leave them
  bool detect_anomaly = false;  // say which op was the first whose value or gradient is not finite
  bool progress = true;      // draw a progress bar, if standard error is a terminal
  std::uint64_t seed = 0;
};

namespace detail {

/// What fit() calls at the end of an epoch: a learning-rate schedule, of which some look at a loss, or a callback that
/// gets the epoch's record and may return false to stop.
template <class Hook>
bool run_hook(Hook& hook, const Epoch& epoch, double loss) {
  if constexpr (requires { hook.step(0.0); }) {
    hook.step(loss);
    return true;
  } else if constexpr (requires { hook.step(); }) {
    hook.step();
    return true;
  } else {
    static_assert(std::is_invocable_v<Hook&, const Epoch&>,
                  "minigrad: fit() takes, after its options, schedules and callables of const Epoch&");
    using Result = std::invoke_result_t<Hook&, const Epoch&>;
    static_assert(std::is_void_v<Result> || std::is_same_v<Result, bool>,
                  "minigrad: a callback of fit() returns nothing, or a bool: false to stop");
    if constexpr (std::is_void_v<Result>) return hook(epoch), true;
    else return hook(epoch);
  }
}

/// The feature that lies farthest from 0, in words: what makes gradient descent diverge is most often a large one.
/// Nothing where none is large.
template <class D>
std::string widest_feature(const D& data) {
  if (data.x.rank() != 2) return "";
  const std::size_t columns = data.x.shape()[1];
  std::size_t widest = 0;
  double reach = 0;
  for (std::size_t i = 0; i < data.x.size(); ++i)
    if (const double size = std::fabs(static_cast<double>(data.x.data()[i])); size > reach) {
      reach = size;
      widest = i % columns;
    }
  if (reach <= 10) return "";
  double low = reach, high = -reach;
  for (std::size_t i = widest; i < data.x.size(); i += columns) {
    low = (std::min)(low, static_cast<double>(data.x.data()[i]));
    high = (std::max)(high, static_cast<double>(data.x.data()[i]));
  }
  return detail::quoted(data.names()[widest]) + " goes from " + format_number(low) + " to " + format_number(high);
}

template <class D>
std::string not_finite_message(double loss, const Epoch& epoch, std::size_t updates, double norm, const D& data) {
  const std::string what = "minigrad: fit: the loss is " + format_number(loss), widest = widest_feature(data);
  if (updates == 0)
    return what + " before the first update: look for numbers that are not finite, or very large, in the data and the "
                  "weights" + (widest.empty() ? "" : " (" + widest + ")");
  return what + " in epoch " + std::to_string(epoch.epoch) + ", after " + std::to_string(updates) +
         (updates == 1 ? " update" : " updates") + " (learning rate " + format_number(epoch.lr) +
         ", last gradient norm " + format_number(norm) + "): try a learning rate ten times smaller" +
         (widest.empty() ? "" : ", or standardise the features (" + widest + ")");
}

/// backward(), and what anomaly mode says, if it is on and finds something.
template <class V>
std::string backward_or_anomaly(const Var<V>& loss) {
  try {
    backward(loss);
  } catch (const AnomalyError& error) {
    return error.what();
  }
  return "";
}

/// An optimizer made for a copy of the model would train that, and this one never. One of your own need not say.
template <class V, class Optimizer>
void require_updates(const Optimizer& optimizer, const std::vector<ParameterRef<V>>& weights) {
  if constexpr (requires { optimizer.updates(weights[0]); }) {
    for (const ParameterRef<V>& weight : weights)
      if (optimizer.updates(weight)) return;
    fail<ValueError>({"fit: the optimizer updates none of the model's parameters: it was made for another model, or "
                      "for a copy of this one"});
  }
}

/// Batches are averaged by their rows, which has a meaning only for losses that are means themselves.
template <class Loss>
void require_mean(const char* function, const Loss& loss) {
  if constexpr (requires { loss.reduction == Reduction::mean; })
    if (loss.reduction != Reduction::mean)
      fail<ValueError>({function, ": the loss must be the mean of its batch: Reduction::mean"});
}

}  // namespace detail

/// The mean loss of a model over a dataset, in batches, without recording anything. The loss is one that gives the mean
/// of its batch. Leaves the model in evaluation mode.
/// Throws ValueError for a dataset without rows.
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

namespace detail {

template <class Model, class Loss, class Optimizer, class D, class... Hooks>
History fit(Model& model, const Loss& loss, Optimizer& optimizer, const D& data, const D* validation,
            const FitOptions& options, Hooks&... hooks) {
  using V = parameter_value_of<Model>;
  if (options.patience > 0 && !validation) fail<ValueError>({"fit: patience needs a validation set to judge by"});
  if (validation && validation->size() == 0) fail<ValueError>({"fit: the validation set is empty"});
  if (data.size() == 0) fail<ValueError>({"fit: the training set is empty"});
  require_mean("fit", loss);
  if (!(options.min_delta >= 0))
    fail<ValueError>({"fit: min_delta is ", options.min_delta, ", and must be at least 0"});
  if (!(options.clip_norm >= 0))
    fail<ValueError>({"fit: clip_norm is ", options.clip_norm, ", and must be at least 0"});

  History history;
  const auto weights = parameters(model);
  require_updates(optimizer, weights);
  std::vector<V> best;
  const auto restore_best = [&] {
    for (std::size_t k = 0; k < best.size(); ++k) weights[k].value() = best[k];
  };

  Graph<V> graph;
  if (options.detect_anomaly) detect_anomaly(graph, model);
  const auto stop = [&](const std::string& message) {
    if (options.restore_best) restore_best();
    eval(model);
    throw TrainingError(message, std::move(history));
  };
  Rng rng(options.seed);
  DataLoader loader(data, {options.batch_size, options.shuffle, options.drop_last}, rng);
  Stopwatch watch;
  ProgressBar bar(options.epochs, options.progress);
  std::size_t updates = 0;
  double norm = 0;  // of the last gradient that was looked at

  for (std::size_t number = 1; number <= options.epochs; ++number) {
    Epoch epoch{.epoch = number, .lr = optimizer.lr()};
    train(model);
    double total = 0;
    std::size_t samples = 0, batch = 0;
    for (auto [x, y] : loader) {
      const std::size_t rows = x.shape()[0];
      graph.clear();
      const Var<V> batch_loss = loss(model(graph.input(std::move(x))), y);
      const double value = static_cast<double>(batch_loss.item());
      if (!is_finite(value)) {
        if (options.clip_norm == 0) norm = grad_norm(weights);  // of the last update: its gradients are still there
        std::string message = not_finite_message(value, epoch, updates, norm, data);
        if (options.detect_anomaly) message += "; " + backward_or_anomaly(batch_loss).substr(sizeof "minigrad: " - 1);
        stop(message);
      }
      optimizer.zero_grad();
      for (const auto& weight : weights) weight.zero_grad();  // the optimizer may have only some of them
      if (!options.detect_anomaly) backward(batch_loss);
      else if (const std::string anomaly = backward_or_anomaly(batch_loss); !anomaly.empty()) stop(anomaly);
      const bool last = ++batch == loader.batches();
      if (options.clip_norm > 0) norm = clip_grad_norm(weights, options.clip_norm);
      else if (last) norm = grad_norm(weights);
      optimizer.step();
      ++updates;
      total += value * static_cast<double>(rows);
      samples += rows;
    }
    epoch.updates = updates;
    epoch.grad_norm = norm;
    epoch.train_loss = total / static_cast<double>(samples);
    if (validation) epoch.validation_loss = evaluate(model, loss, *validation);
    epoch.seconds = watch.seconds();
    history.epochs.push_back(epoch);

    if (validation && is_finite(epoch.validation_loss) &&
        (history.best_epoch == 0 || epoch.validation_loss < history.best().validation_loss - options.min_delta)) {
      history.best_epoch = number;
      best.resize(weights.size());
      for (std::size_t k = 0; k < best.size(); ++k) best[k] = weights[k].value();
    }
    bool go_on = true;
    ((go_on = run_hook(hooks, epoch, validation ? epoch.validation_loss : epoch.train_loss) && go_on), ...);
    if (bar.visible())
      bar.show(number, samples, "loss " + format_number(epoch.train_loss, 4) +
                                    (validation ? ", validation " + format_number(epoch.validation_loss, 4) : ""));
    history.stopped_early = options.patience > 0 && number - history.best_epoch >= options.patience;
    if (!go_on || history.stopped_early) break;
  }
  if (options.restore_best) restore_best();
  eval(model);
  return history;
}

}  // namespace detail

/// Trains a model: for each epoch, for each batch, the loss, its gradients, a step of the optimizer; then the
/// validation loss, the hooks (schedules, callbacks of const Epoch&), and perhaps an early stop. Leaves the model in
/// evaluation mode, with the weights of the best validation loss where there is validation. Throws TrainingError when
/// the loss is no longer finite.
///
///   History history = fit(model, MSELoss(), optimizer, train, validation, {.epochs = 200, .patience = 10}, schedule,
///                         [](const Epoch& epoch) { std::printf("%zu %f\n", epoch.epoch, epoch.train_loss); });
template <class Model, class Loss, class Optimizer, class T, class Y, class... Hooks>
History fit(Model& model, const Loss& loss, Optimizer& optimizer, const Dataset<T, Y>& train,
            const Dataset<T, Y>& validation, const FitOptions& options = {}, Hooks&&... hooks) {
  return detail::fit(model, loss, optimizer, train, &validation, options, hooks...);
}

/// The same without validation.
template <class Model, class Loss, class Optimizer, class T, class Y, class... Hooks>
History fit(Model& model, const Loss& loss, Optimizer& optimizer, const Dataset<T, Y>& train,
            const FitOptions& options = {}, Hooks&&... hooks) {
  return detail::fit(model, loss, optimizer, train, static_cast<const Dataset<T, Y>*>(nullptr), options, hooks...);
}

}  // namespace minigrad
