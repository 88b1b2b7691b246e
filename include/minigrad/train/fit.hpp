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
#include "../data/split.hpp"
#include "../graph/backward.hpp"
#include "../nn/checks.hpp"
#include "../nn/losses.hpp"
#include "../nn/module.hpp"
#include "../optim/clip.hpp"
#include "accumulation.hpp"
#include "batch_step.hpp"
#include "best_weights.hpp"
#include "divergence.hpp"
#include "evaluation.hpp"
#include "fit_options.hpp"
#include "history.hpp"
#include "metrics.hpp"
#include "progress.hpp"
#include "require_training.hpp"
#include "run_hook.hpp"
#include "step_events.hpp"
#include "training_state.hpp"

namespace minigrad::inline MINIGRAD_ABI {
namespace detail {

/// `split` has the rows of a split that fit() has made itself.
template <class Model, class Loss, class Optimizer, class D, class... Hooks>
History fit(Model& model, const Loss& loss, Optimizer& optimizer, const D& data, const D* validation,
            const SplitRows* split, const FitOptions& options, Hooks&... hooks) {
  using V = parameter_value_of<Model>;
  require_options(options, validation != nullptr);
  require_data(data, validation);
  const auto weights = parameters(model);
  require_training(model, weights, loss, optimizer, hooks...);
  require_whole<Optimizer>(options, data.size());

  FitProgress<> run;
  History& history = run.history;
  history.metric_names = metric_columns(options, validation != nullptr);
  const Selection<> selection(history, options, validation != nullptr);
  BestWeights<Model> best(model);
  Rng rng(options.seed);
  DataLoader loader(data, {options.batch_size, options.shuffle, options.drop_last}, rng);
  TrainingState<> state;
  if (!options.checkpoint.empty() || !options.resume.empty()) {
    state.add_training(model, optimizer, data, validation, options, history.metric_names, hooks...);
    state.add("loader", loader, true);
    state.add("best", best, true);
    state.add("run", run, true);
  }
  if (!options.checkpoint.empty()) AtomicFile("fit: checkpoint", options.checkpoint);  // throws where it cannot be written
  if (resumes(options)) state.load(options.resume);

  // Without a gradient in the first step a parameter is never trained, by mistake, unless it is frozen.
  const auto require_trained = [&] {
    require_all_trained("fit: the loss", model, [](const ParameterRef<V>& weight) { return weight.has_grad(); });
  };
  BatchStep<Model, Loss, typename D::Features, typename D::Targets> step(model, loss, options.replay);
  if (options.detect_anomaly) detect_anomaly(step.graph(), model);
  const auto fail_training = [&](const std::string& message) { throw TrainingError(message, std::move(history)); };
  const RowNames of_validation{split ? " of the dataset" : " of the validation set", split ? &split->validation : nullptr};
  Stopwatch since_checkpoint;
  const auto save = [&](const Epoch& epoch, bool stops, bool judged = false) {
    if (options.checkpoint.empty() && !stops) return;
    std::string fault = broken_message(model, best, epoch, run, data);
    if (fault.empty() && judged) fault = never_finite_message(history, selection, validation != nullptr, data);
    if (!fault.empty()) fail_training(fault);
    if (options.checkpoint.empty()) return;
    state.save(options.checkpoint);
    since_checkpoint = Stopwatch();
  };
  const auto is_due = [&] {
    return options.checkpoint_minutes > 0 && since_checkpoint.seconds() >= 60 * options.checkpoint_minutes;
  };
  const auto stopped = [&] { return options.stop.raised(); };
  ProgressBar bar(options.epochs, options.progress);
  GradientAccumulation<V> accumulation(weights, options.accumulate);
  const std::size_t first_update = run.updates;
  const auto note_norm = [&] {  // of the last update: not cleared yet
    if (options.clip_norm == 0 && run.updates > first_update) run.grad_norm = grad_norm(weights);
  };
  EndOfTraining<Model, V> at_end{model, weights, options.restore_best ? &best : nullptr};
  (begin_hook(hooks, history), ...);

  for (std::size_t number = history.epochs.size() + 1; number <= options.epochs && !run.finished; ++number) {
    if (run.samples == 0 || run.lr < 0) run.lr = optimizer.lr();  // else the epoch is resumed
    Epoch epoch{.epoch = number, .lr = run.lr};
    StepEvents<V, (takes_steps<Hooks>() || ... || false)> events(weights, number);
    train(model);
    step.begin_epoch();
    require_updates(model, weights, optimizer);  // a hook may have freed some
    bool go_on = true;
    std::size_t batch = run.samples / options.batch_size;  // not 0 where an epoch is resumed
    for (auto [x, y] : loader) {
      [[maybe_unused]] const auto kept = keep_batch<Optimizer>(x, y);
      const std::size_t rows = x.shape()[0];
      const double weight = batch_weight("fit", loss, rows, y);  // 0: all rows are left out
      double value = 0;
      if (weight > 0) {
        const Var<V> batch_loss = with_rows(loader, batch, " of the training set", [&, &inputs = x, &targets = y] {
          return step(std::move(inputs), std::move(targets));
        });
        value = static_cast<double>(batch_loss.item());
        if (!is_finite(value)) {
          note_norm();
          std::string message = not_finite_message(value, epoch, run.updates, run.grad_norm, data,
                                                   {" of the dataset", split ? &split->train : nullptr});
          if (options.detect_anomaly)
            append(message, {"; ", backward_or_anomaly(batch_loss).substr(sizeof "minigrad: " - 1)});
          fail_training(message);
        }
        if (accumulation.begin(weight)) {
          optimizer.zero_grad();
          for (const auto& one : weights) one.zero_grad();  // the optimizer may update only some of them
        }
        if (run.updates == 0 && !batch_loss.graph().node(batch_loss.id()).needs_grad()) require_trained();
        if (!options.detect_anomaly) backward(batch_loss);
        else if (const std::string anomaly = backward_or_anomaly(batch_loss); !anomaly.empty()) fail_training(anomaly);
        if (run.updates == 0) require_trained();
      }
      run.total_loss += value * weight;
      run.weight += weight;
      run.samples += rows;
      events.add(value, rows, weight);
      const bool last = ++batch == loader.batches();
      if (!accumulation.end(last)) continue;  // also where the last batch has weight 0
      if (options.clip_norm > 0) run.grad_norm = clip_grad_norm(weights, options.clip_norm);
      const double lr = optimizer.lr();
      step_on_batch(optimizer, step, value, kept);
      ++run.updates;
      go_on = events.run(run, lr, options.clip_norm > 0, hooks...);
      history.interrupted = !last && go_on && stopped();
      if (last || !go_on) break;
      if (!history.interrupted && !is_due()) continue;
      note_norm();
      save(epoch, history.interrupted);
      if (!history.interrupted) continue;
      at_end.restore();
      return std::move(history);
    }
    note_norm();
    eval(model);  // for the hooks too
    if (run.weight == 0) fail_no_weight("fit", data.size(), " of the training set");
    epoch.updates = run.updates;
    epoch.grad_norm = run.grad_norm;
    epoch.train_loss = run.total_loss / run.weight;
    if (validation)
      epoch.validation_loss =
          evaluate_into("fit", epoch, model, loss, *validation, options.metrics, " of the validation set");
    if (const std::string fault = validation ? validation_fault(epoch.validation_loss, *validation, of_validation) : "";
        !fault.empty())
      fail_training(fault);
    if (options.train_metrics) evaluate_into("fit", epoch, model, loss, data, options.metrics, " of the training set");
    epoch.seconds = run.seconds();
    history.epochs.push_back(epoch);
    selection.take_last(history, best);
    ((go_on = run_hook(hooks, epoch, validation ? epoch.validation_loss : epoch.train_loss) && go_on), ...);
    show_progress(bar, epoch, run.samples, options.metrics);
    history.stopped_early = options.patience > 0 && number - history.best_epoch >= options.patience;
    run.finished = !go_on || history.stopped_early;
    run.total_loss = run.weight = 0, run.samples = 0;
    const bool last = run.finished || number == options.epochs;
    history.interrupted = !last && stopped();
    const bool every = options.checkpoint_every > 0 && number % options.checkpoint_every == 0;
    if (last || history.interrupted || every || is_due()) save(epoch, last || history.interrupted, last);
    if (history.interrupted) break;
  }
  at_end.restore();
  return std::move(history);
}

}  // namespace detail

/// Trains a model. Each epoch computes, for each batch, the loss and its gradients and calls the optimizer's step().
/// Then it computes the validation loss and calls the hooks: schedules, and callbacks that take a const Epoch& and may
/// return false to stop. Callbacks that take a const Step&, and schedules in each_step(), are called after each step;
/// false ends the training there. Leaves the model in evaluation mode and without gradients, also where something
/// throws, and with the weights and buffers of the best epoch unless restore_best is false. Means over batches are
/// weighted as by evaluate(); no loss is computed where the weight is 0. LBFGS makes one step per epoch, on all rows.
/// Throws ValueError for options, data, an optimizer or schedules that do not fit, and for parameters that are not
/// frozen and that the optimizer lacks, or on which the loss of the first batch does not depend, TrainingError if the
/// loss or, at the end, a weight is not finite, or if the validation loss or the column of best_by never was, and the
/// loss's error for a target that it does not take, with its row.
///
/// With replay the loss of the first batch is recorded, by capture(), and run again for all batches of the same shape,
/// which gives the same bits. The first run of each epoch is checked: throws GraphError for a model that does something
/// else than when it was recorded, or writes to a buffer itself. The loss must be one of this library, or have their
/// member takes_handles.
///
/// With a checkpoint the whole training is written to a file: the model, the optimizer, the order of the rows and the
/// place in it, schedules and other hooks with state_dict() and load_state_dict(), the history and the best weights.
/// With resume it goes on from there, at whatever step that was, and gives the same bits as if it had not stopped; more
/// epochs may be asked for. Throws DataError, with all that differs, and changes nothing, if the file is of another
/// training: another model or optimizer, other data or options. A missing file is a DataError, unless it is the
/// checkpoint of this training: then it begins anew. The loss and callbacks without state are not compared.
///
///   History history = fit(model, MSELoss(), optimizer, train, validation, {.epochs = 200, .patience = 10}, schedule,
///                         [](const Epoch& epoch) { std::printf("%zu %f\n", epoch.epoch, epoch.train_loss); });
template <class Model, class Loss, class Optimizer, class T, class Y, class... Hooks>
History fit(Model& model, const Loss& loss, Optimizer& optimizer, const Dataset<T, Y>& train,
            const Dataset<T, Y>& validation, const FitOptions& options = {}, Hooks&&... hooks) {
  if (options.validation_split != 0)
    detail::fail<ValueError>({"fit: there is a validation set, and validation_split is ", options.validation_split,
                              ": give one of the two"});
  if constexpr (!detail::can_train<Model, Loss, T, Y>()) return {};
  else return detail::fit(model, loss, optimizer, train, &validation, nullptr, options, hooks...);
}

/// The same without a validation set: the model keeps its last weights. With validation_split = 0.2 a fifth of the rows,
/// drawn by the seed, becomes one.
template <class Model, class Loss, class Optimizer, class T, class Y, class... Hooks>
History fit(Model& model, const Loss& loss, Optimizer& optimizer, const Dataset<T, Y>& train,
            const FitOptions& options = {}, Hooks&&... hooks) {
  if constexpr (!detail::can_train<Model, Loss, T, Y>()) {
    return {};
  } else {
    const Dataset<T, Y>* none = nullptr;
    if (options.validation_split == 0)
      return detail::fit(model, loss, optimizer, train, none, nullptr, options, hooks...);
    Rng rng(options.seed);
    const SplitRows rows = train_test_split(train.size(), options.validation_split, rng);
    const Dataset<T, Y> first = train.subset(rows.train), second = train.subset(rows.validation);
    try {
      return detail::fit(model, loss, optimizer, first, &second, &rows, options, hooks...);
    } catch (const detail::RowError& error) {  // its row in `train`
      error.throw_again((error.of_validation ? rows.validation : rows.train)[error.row], " of the dataset");
      throw;  // never
    }
  }
}

}  // namespace minigrad
