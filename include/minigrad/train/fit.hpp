// train/fit.hpp - fit(): a training loop, with validation, early stopping and a history. Its core is this loop:
//
//   for (auto [x, y] : loader) {
//     graph.clear();
//     auto loss = mse_loss(model(graph.input(x)), y);
//     optimizer.zero_grad();
//     backward(loss);
//     optimizer.step();
//   }
#pragma once

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
#include "batch_step.hpp"
#include "divergence.hpp"
#include "evaluate.hpp"
#include "history.hpp"
#include "metrics.hpp"
#include "progress.hpp"

namespace minigrad::inline MINIGRAD_ABI {

struct FitOptions {
  std::size_t epochs = 100;
  std::size_t batch_size = 32;
  bool shuffle = true;       // in each epoch anew, from `seed`
  bool drop_last = false;    // leave out a last batch with fewer rows
  std::size_t patience = 0;  // stop after this number of epochs without a better validation loss; 0: run all epochs
  double min_delta = 0;      // the smallest decrease of the validation loss that counts as better
  bool restore_best = true;  // at the end, restore the weights and buffers of the best validation loss
  double clip_norm = 0;      // scale gradients down to this norm; 0: leave them
  bool replay = false;       // record the loss of one batch, and run it again for all batches of the same shape
  bool detect_anomaly = false;  // report the first op whose value or gradient is not finite
  std::vector<Metric> metrics{};  // computed after each epoch on the validation set, and
  bool train_metrics = false;     //   on the training set
  bool progress = true;      // draw a progress bar, if standard error is a terminal
  std::uint64_t seed = 0;
};

namespace detail {

/// Calls a hook of fit() at the end of an epoch: a learning-rate schedule, with the loss if its step() takes one, or a
/// callback with the epoch's entry. Returns false if the callback did, which stops the training.
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

/// Throws ValueError if the optimizer updates none of the weights, as one that was made for a copy of the model does.
/// Optimizers without updates() are not checked.
template <class V, class Optimizer>
void require_updates(const Optimizer& optimizer, const std::vector<ParameterRef<V>>& weights) {
  if constexpr (requires { optimizer.updates(weights[0]); }) {
    for (const ParameterRef<V>& weight : weights)
      if (optimizer.updates(weight)) return;
    fail<ValueError>({"fit: the optimizer updates none of the model's parameters: it was made for another model, or "
                      "for a copy of this one"});
  }
}

/// Clears the gradients at the end of fit(), also where an exception ends it: a backward() that follows would add to
/// those of the last batch.
template <class V>
struct ClearGradients {
  const std::vector<ParameterRef<V>>& weights;
  ~ClearGradients() {
    for (const ParameterRef<V>& weight : weights) weight.zero_grad();
  }
};

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

  if (!options.metrics.empty() && !validation && !options.train_metrics)
    fail<ValueError>({"fit: metrics need a validation set, or train_metrics = true"});

  History history;
  for (const char* of : {"validation_", "train_"})
    if (of[0] == 'v' ? validation != nullptr : options.train_metrics)
      for (const Metric& metric : options.metrics) history.metric_names.push_back(of + metric.column());
  const auto weights = parameters(model);
  require_updates(optimizer, weights);
  const ClearGradients<V> at_end{weights};
  std::vector<V> best, best_buffers;
  const auto restore_best = [&] {
    for (std::size_t k = 0; k < best.size(); ++k) weights[k].set_value(best[k]);
    for (std::size_t k = 0; k < best_buffers.size(); ++k) *buffers(model)[k] = best_buffers[k];
  };

  // Without a gradient in the first step a parameter is never trained, by mistake, unless it is frozen.
  const auto require_trained = [&] {
    require_all_trained("fit: the loss", model, [](const ParameterRef<V>& weight) { return weight.has_grad(); });
  };
  BatchStep<Model, Loss, decltype(data.x), decltype(data.y)> step(model, loss, options.replay);
  if (options.detect_anomaly) detect_anomaly(step.graph(), model);
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
  double norm = 0;  // of the last gradient whose norm was computed

  for (std::size_t number = 1; number <= options.epochs; ++number) {
    Epoch epoch{.epoch = number, .lr = optimizer.lr()};
    train(model);
    step.begin_epoch();
    double total = 0;
    std::size_t samples = 0, batch = 0;
    for (auto [x, y] : loader) {
      const std::size_t rows = x.shape()[0];
      const Var<V> batch_loss = with_rows(loader, batch, " of the training set", [&, &x = x, &y = y] {
        return step(std::move(x), std::move(y));
      });
      const double value = static_cast<double>(batch_loss.item());
      if (!is_finite(value)) {
        if (options.clip_norm == 0) norm = grad_norm(weights);  // of the last update: not cleared yet
        std::string message = not_finite_message(value, epoch, updates, norm, data);
        if (options.detect_anomaly) message += "; " + backward_or_anomaly(batch_loss).substr(sizeof "minigrad: " - 1);
        stop(message);
      }
      optimizer.zero_grad();
      for (const auto& weight : weights) weight.zero_grad();  // the optimizer may update only some of them
      if (updates == 0 && !batch_loss.graph().node(batch_loss.id()).needs_grad()) require_trained();
      if (!options.detect_anomaly) backward(batch_loss);
      else if (const std::string anomaly = backward_or_anomaly(batch_loss); !anomaly.empty()) stop(anomaly);
      if (updates == 0) require_trained();
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
    Tensor<double> predictions;
    const auto evaluated = [&](const D& set, bool metrics, const char* of) {
      const double mean = detail::evaluate(model, loss, set, 1024, of, metrics ? &predictions : nullptr);
      for (std::size_t k = 0; metrics && k < options.metrics.size(); ++k)
        epoch.metrics.push_back(compute_metric(options.metrics[k], predictions, set.y));
      return mean;
    };
    if (validation) epoch.validation_loss = evaluated(*validation, !options.metrics.empty(), " of the validation set");
    if (options.train_metrics) evaluated(data, true, " of the training set");
    epoch.seconds = watch.seconds();
    history.epochs.push_back(epoch);

    if (validation && is_finite(epoch.validation_loss) &&
        (history.best_epoch == 0 || epoch.validation_loss < history.best().validation_loss - options.min_delta)) {
      history.best_epoch = number;
      best.resize(weights.size());
      for (std::size_t k = 0; k < best.size(); ++k) best[k] = weights[k].value();
      best_buffers.clear();
      for (const V* buffer : buffers(model)) best_buffers.push_back(*buffer);
    }
    bool go_on = true;
    ((go_on = run_hook(hooks, epoch, validation ? epoch.validation_loss : epoch.train_loss) && go_on), ...);
    if (bar.visible()) {
      std::string note = "loss " + format_number(epoch.train_loss, 4);
      if (validation) note += ", validation " + format_number(epoch.validation_loss, 4);
      for (std::size_t k = 0; k < options.metrics.size(); ++k)
        append(note, {", ", options.metrics[k].name, " ", format_number(epoch.metrics[k], 4)});
      bar.show(number, samples, note);
    }
    history.stopped_early = options.patience > 0 && number - history.best_epoch >= options.patience;
    if (!go_on || history.stopped_early) break;
  }
  if (options.restore_best) restore_best();
  eval(model);
  return history;
}

}  // namespace detail

/// Trains a model. Each epoch computes, for each batch, the loss and its gradients and calls the optimizer's step().
/// Then it computes the validation loss and calls the hooks: schedules, and callbacks that take a const Epoch& and may
/// return false to stop. Leaves the model in evaluation mode, with the weights and buffers of the best validation loss
/// unless restore_best is false, and without gradients. Throws ValueError for options or data that do not fit, and for
/// parameters that are not frozen and on which the loss of the first batch does not depend, TrainingError if the loss is
/// not finite, and the loss's error for a target that it does not take, with its row in the dataset.
///
/// With replay the loss of the first batch is recorded, by capture(), and run again for all batches of the same shape,
/// which gives the same bits. The first run of each epoch is checked: throws GraphError for a model that does something
/// else than when it was recorded, or writes to a buffer itself. The loss must be one of this library, or have their
/// member takes_handles.
///
///   History history = fit(model, MSELoss(), optimizer, train, validation, {.epochs = 200, .patience = 10}, schedule,
///                         [](const Epoch& epoch) { std::printf("%zu %f\n", epoch.epoch, epoch.train_loss); });
template <class Model, class Loss, class Optimizer, class T, class Y, class... Hooks>
History fit(Model& model, const Loss& loss, Optimizer& optimizer, const Dataset<T, Y>& train,
            const Dataset<T, Y>& validation, const FitOptions& options = {}, Hooks&&... hooks) {
  return detail::fit(model, loss, optimizer, train, &validation, options, hooks...);
}

/// The same without validation. The model keeps its last weights.
template <class Model, class Loss, class Optimizer, class T, class Y, class... Hooks>
History fit(Model& model, const Loss& loss, Optimizer& optimizer, const Dataset<T, Y>& train,
            const FitOptions& options = {}, Hooks&&... hooks) {
  return detail::fit(model, loss, optimizer, train, static_cast<const Dataset<T, Y>*>(nullptr), options, hooks...);
}

}  // namespace minigrad
