// train/evaluation.hpp - what fit() does with an evaluation: it becomes an entry of the history, and may be the best.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "../core/error.hpp"
#include "../core/finite.hpp"
#include "../data/field.hpp"
#include "../nn/losses.hpp"
#include "evaluate.hpp"
#include "history.hpp"
#include "progress.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

/// Throws ValueError for metrics of one name, and for one named as a column that each history has.
template <class = void>
void require_metrics(const std::vector<Metric>& metrics) {
  for (const Metric& metric : metrics) {
    std::size_t same = 0;
    for (const Metric& other : metrics) same += other.column() == metric.column();
    if (same > 1 || metric.column() == "loss")
      fail<ValueError>({"fit: a metric named ", detail::in_quotes(metric.column()), ": the history has ",
                        same > 1 ? "another" : "a column", " of this name already"});
  }
}

/// Throws ValueError for a metric of labels of one column that MSELoss has trained: it nears the labels, and is no
/// logit.
template <class = void>
void require_logits(const Metric& metric, const Tensor<double>& predictions) {
  const bool own = metric.direction == 0;  // it may know what it does
  if (!own && !metric.of_scores && !metric.of_numbers && predictions.size() == predictions.shape()[0])
    fail<ValueError>({"fit: metric ", metric.name,
                      ": one column counts as class 1 above 0, as logits do, and MSELoss trains numbers or "
                      "probabilities: leave Sigmoid out and take BCEWithLogitsLoss, or give a metric of your own"});
}

/// The value of a metric. Its error also says where the metric was given, and when it was computed.
template <class Loss, class Y>
double metric_value(const char* function, std::size_t entry, const Metric& metric, const Loss& loss,
                    const Tensor<double>& predictions, const Y& y) {
  const auto note = [&](const Error& error) {
    const bool of_fit = std::string_view(function) == "fit";
    return concat({error.what(), "; the metric ", in_quotes(metric.name), " was given in ",
                   of_fit ? "FitOptions" : "StepEvaluationOptions", "::metrics, and computed after ",
                   of_fit ? "epoch " : "evaluation ", entry, ": give one that fits the targets"});
  };
  try {
    std::int64_t label = 0;
    const std::int64_t* ignored = nullptr;
    if constexpr (requires { loss.ignore_index; }) label = loss.ignore_index, ignored = &label;
    const double value = compute_metric(metric, predictions, y, ignored);
    if constexpr (std::is_same_v<Loss, MSELoss>) require_logits(metric, predictions);
    return value;
  } catch (const ShapeError& error) {
    throw ShapeError(note(error));
  } catch (const ValueError& error) {
    throw ValueError(note(error));
  }
}

/// The mean loss of a dataset. Its metrics are added to the epoch.
template <class Model, class Loss, class D>
double evaluate_into(const char* function, Epoch& epoch, Model& model, const Loss& loss, const D& data,
                     const std::vector<Metric>& metrics, const char* of) {
  Tensor<double> predictions;
  const double mean = evaluate(function, model, loss, data, 1024, of, metrics.empty() ? nullptr : &predictions);
  for (const Metric& metric : metrics)
    epoch.metrics.push_back(metric_value(function, epoch.epoch, metric, loss, predictions, data.y));
  return mean;
}

/// Shows an epoch that has ended.
template <class = void>
void show_progress(ProgressBar& bar, const Epoch& epoch, std::size_t rows, const std::vector<Metric>& metrics) {
  if (!bar.visible()) return;
  std::string note = concat({"loss ", format_number(epoch.train_loss, 4)});
  if (!is_nan(epoch.validation_loss)) append(note, {", validation ", format_number(epoch.validation_loss, 4)});
  for (std::size_t k = 0; k < metrics.size(); ++k)
    append(note, {", ", metrics[k].name, " ", format_number(epoch.metrics[k], 4)});
  bar.show(epoch.epoch, rows, note);
}

/// Which entry of a history is the best: by the validation loss, or by another column, whose largest number may be the
/// best one.
template <class = void>
class Selection {
 public:
  /// Of options with best_by, maximize, min_delta and metrics. Throws ValueError for a column that the history does not
  /// have, and for maximize without a column, or with a loss or a metric whose smallest number is best.
  template <class Options>
  Selection(const History& history, const Options& o, bool has_validation)
      : Selection(history, o.best_by, o.maximize, o.metrics, o.min_delta, has_validation) {}

  /// Whether there is anything to judge by.
  bool judges() const { return judges_; }

  /// The column that is judged, and its number in an entry.
  const std::string& column() const { return name_; }
  double of(const Epoch& e) const {
    return column_ == 0 ? e.train_loss : column_ == 1 ? e.validation_loss : e.metrics[column_ - 2];
  }

  /// If the last entry is better than the best one so far, it becomes that, and its weights are kept. Weights that are
  /// not finite are never the best: train_loss is of those before the last update.
  template <class Weights>
  void take_last(History& history, Weights& weights) const {
    if (!judges_) return;
    const double now = sign_ * of(history.epochs.back());
    if (!is_finite(now)) return;
    if (history.best_epoch > 0 && !(now < sign_ * of(history.best()) - min_delta_)) return;
    if (weights.broken()) return;
    history.best_epoch = history.epochs.size();
    weights.keep();
  }

 private:
  Selection(const History& history, const std::string& column, bool maximize, const std::vector<Metric>& metrics,
            double min_delta, bool has_validation)
      : sign_(maximize ? -1 : 1),
        min_delta_(min_delta),
        judges_(has_validation || !column.empty()),
        name_(column.empty() ? "validation_loss" : column) {
    if (maximize && column.empty())
      fail<ValueError>({"fit: maximize needs best_by, the column whose largest number is best"});
    std::vector<std::string> columns{"train_loss"};
    if (has_validation) columns.push_back("validation_loss");
    for (const std::string& name : history.metric_names) columns.push_back(name);
    std::size_t k = 0;
    while (k < columns.size() && columns[k] != name_) ++k;
    if (judges_ && k == columns.size())
      fail<ValueError>({"fit: best_by is ", detail::in_quotes(name_), ", and the columns are ", quoted_list(columns)});
    column_ = k + (k > 0 && !has_validation ? 1 : 0);
    const std::size_t losses = has_validation ? 2 : 1;  // the columns of all metrics follow, once or twice
    const int direction = !judges_ ? 0 : k < losses ? -1 : metrics[(k - losses) % metrics.size()].direction;
    if (maximize && direction < 0)
      fail<ValueError>({"fit: maximize: the smallest ", detail::in_quotes(name_), " is the best"});
    if (direction != 0) sign_ = -direction;
  }
  double sign_, min_delta_;
  bool judges_;
  std::string name_;
  std::size_t column_ = 0;
};

}  // namespace minigrad::detail
