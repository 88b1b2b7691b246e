// train/step_evaluation.hpp - evaluates a model after every so many steps, where epochs are long. Not part of
// minigrad.hpp.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "best_weights.hpp"
#include "divergence.hpp"
#include "evaluation.hpp"
#include "step.hpp"

namespace minigrad::inline MINIGRAD_ABI {

/// Options of StepEvaluation.
struct StepEvaluationOptions {
  std::size_t every = 100;        ///< steps from one evaluation to the next, at least 1
  std::vector<Metric> metrics{};  ///< computed with the loss
  std::size_t patience = 0;       ///< stops after this number of evaluations without a better one; 0: never
  double min_delta = 0;           ///< the smallest change that counts as better
  std::string best_by{};          ///< the column to judge by, as "validation_accuracy"; none: validation_loss
  bool maximize = false;          ///< the largest number of best_by is the best, as in FitOptions
};

/// A hook of fit(), and of a loop of your own, that calls on_step() or the object. Entries of history() are evaluations:
/// `epoch` counts them, and `train_loss` is the mean over the rows since the last one. It keeps the weights of the best.
/// Model and data must outlive it. The constructor throws ValueError for options that make no sense.
///
///   StepEvaluation evaluation(model, loss, validation, {.every = 500, .patience = 10});
///   fit(model, loss, optimizer, train, {.epochs = 3}, evaluation);
///   evaluation.restore_best();
template <class Model, class Loss, class D>
class StepEvaluation {
 public:
  StepEvaluation(Model& model, const Loss& loss, const D& validation, StepEvaluationOptions options = {})
      : model_(model),
        loss_(loss),
        data_(validation),
        o_(std::move(options)),
        history_(named(o_.metrics)),
        selection_(history_, o_, true),
        best_(model) {
    if (o_.every == 0) detail::fail<ValueError>({"StepEvaluation: every is 0, and must be at least 1 step"});
    if (validation.size() == 0) detail::fail<ValueError>({"StepEvaluation: the validation set is empty"});
    detail::require_mean("StepEvaluation", loss);
    detail::require_metrics(o_.metrics);
  }

  /// Notes a step, and evaluates the model where it is the turn; each layer then has its mode back. Returns false if the
  /// patience has run out. Throws ValueError for a step of 0 rows.
  bool on_step(const Step& step) {
    if (step.rows == 0) detail::fail<ValueError>({"StepEvaluation: a step of 0 rows: at least 1 is needed"});
    const double weight = step.weight > 0 ? step.weight : static_cast<double>(step.rows);
    total_loss_ += step.loss * weight;
    weight_ += weight;
    if (step.step % o_.every != 0) return true;
    Epoch entry{.epoch = history_.epochs.size() + 1, .updates = step.step};
    entry.train_loss = total_loss_ / weight_;
    entry.lr = step.lr;
    entry.grad_norm = step.grad_norm();
    entry.validation_loss =
        detail::evaluate_into("StepEvaluation", entry, model_, loss_, data_, o_.metrics, " of the validation set");
    if (const std::string fault = detail::validation_fault(entry.validation_loss, data_, {" of the validation set"});
        !fault.empty())
      throw TrainingError(fault, history_);
    entry.seconds = step.seconds;
    history_.epochs.push_back(std::move(entry));
    total_loss_ = 0, weight_ = 0;
    selection_.take_last(history_, best_);
    history_.stopped_early = o_.patience > 0 && history_.epochs.size() - history_.best_epoch >= o_.patience;
    return !history_.stopped_early;
  }

  /// The evaluations so far, and which was the best.
  const History& history() const { return history_; }

  /// Gives the model the weights and buffers of the best evaluation; nothing, if there is none.
  void restore_best() { best_.restore(); }

  /// For a checkpoint: the options, and the evaluations, the weights of the best and the sums since the last.
  std::string describe() const {
    return detail::concat({"StepEvaluation(every=", o_.every, ", patience=", o_.patience, ", best_by=",
                           o_.best_by.empty() ? "validation_loss" : o_.best_by, ")"});
  }
  StateDict state_dict() const {
    StateDict out;
    out.add("total_loss", total_loss_);
    out.add("weight", weight_);
    out.add("history.", history_.state_dict());
    out.add("best.", best_.state_dict());
    return out;
  }
  /// Throws ValueError, and changes nothing, for the state of something else.
  void load_state_dict(const StateDict& state) {
    StateDict rest = state;
    History history;
    history.load_state_dict(rest.take("history."));
    if (history.metric_names != history_.metric_names)
      detail::fail<ValueError>({"StepEvaluation: load_state_dict: the state has other metrics"});
    const StateDict best = rest.take("best.");
    double total_loss = 0;
    double weight = 0;
    if (!rest.find("weight"))  // a file of an earlier version has the rows
      if (const StateDict rows = rest.take("rows"); const StateEntry* const count = rows.find(""))
        rest.add("weight", static_cast<double>(count->template to<std::int64_t>().item()));
    detail::load_fields("StepEvaluation: load_state_dict", rest,
                        std::array<detail::StateField, 2>{{{"total_loss", total_loss}, {"weight", weight}}});
    best_.load_state_dict(best);  // the last that can fail
    total_loss_ = total_loss, weight_ = weight;
    history_ = std::move(history);
  }

 private:
  static History named(const std::vector<Metric>& metrics) {
    History out;
    for (const Metric& metric : metrics) out.metric_names.push_back("validation_" + metric.column());
    return out;
  }

  Model& model_;
  Loss loss_;
  const D& data_;
  StepEvaluationOptions o_;
  History history_;
  detail::Selection<> selection_;
  detail::BestWeights<Model> best_;
  double total_loss_ = 0, weight_ = 0;  // since the last evaluation
};

}  // namespace minigrad
