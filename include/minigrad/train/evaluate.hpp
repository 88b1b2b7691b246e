// train/evaluate.hpp - the loss and the metrics of a model over a dataset.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>

#include "../core/finite.hpp"
#include "../data/loader.hpp"
#include "../graph/node.hpp"
#include "../nn/evaluation_mode.hpp"
#include "../ops/rearrange.hpp"
#include "../tensor/reduce.hpp"
#include "metrics.hpp"

namespace minigrad::inline MINIGRAD_ABI {

/// A metric that fit() computes after each epoch: a name, and one of the functions above, or a function like these.
/// Where the model has one column of scores, labels are predicted as 1 above 0, else by argmax. roc_auc_score gets the
/// scores of class 1: the one column, or the second of two minus the first. precision_score, recall_score and f1_score
/// are of class 1 too, unless an Average follows. So one column holds logits: of a model that ends in Sigmoid all rows
/// would be class 1. Leave Sigmoid out and take BCEWithLogitsLoss, or give a metric of your own. Of one column that
/// MSELoss has trained, metrics of this library that take labels throw ValueError. Metrics of labels and of scores
/// leave out rows whose label is the loss's member ignore_index, if it has one, and throw ValueError where none
/// remains.
///
///   {.metrics = {{"accuracy", accuracy_score}, {"auc", roc_auc_score}, {"f1", f1_score, Average::macro}}}
struct Metric {
  /// The form of accuracy_score.
  using OfLabels = double (*)(const Tensor<std::int64_t>& y_true, const Tensor<std::int64_t>& y_pred);
  /// The form of f1_score.
  using OfAveragedLabels = double (*)(const Tensor<std::int64_t>& y_true, const Tensor<std::int64_t>& y_pred, Average);
  using OfScores = double (*)(const Tensor<std::int64_t>& y_true, const Tensor<double>& y_score);  ///< of roc_auc_score
  using OfNumbers = double (*)(const Tensor<double>& y_true, const Tensor<double>& y_pred);        ///< of r2_score

  std::string name;  ///< the end of its columns in History, as in validation_accuracy and train_accuracy
  /// The function: the one of these that is not null; of_averaged_labels gets `average` too.
  OfLabels of_labels = nullptr;
  OfAveragedLabels of_averaged_labels = nullptr;
  Average average = Average::binary;
  OfScores of_scores = nullptr;
  OfNumbers of_numbers = nullptr;
  /// 1 where the largest number is the best, -1 where the smallest is; 0, of your own functions, where
  /// FitOptions::maximize says which.
  int direction = 0;

  template <class = void>
  Metric(std::string metric, OfLabels f)
      : name(std::move(metric)), of_labels(f), direction(f == OfLabels(accuracy_score<>)) {}
  template <class = void>
  Metric(std::string metric, OfAveragedLabels f, Average how = Average::binary)
      : name(std::move(metric)), of_averaged_labels(f), average(how) {
    for (const OfAveragedLabels known : {precision_score<>, recall_score<>, f1_score<>})
      if (f == known) direction = 1;
  }
  template <class = void>
  Metric(std::string metric, OfScores f)
      : name(std::move(metric)), of_scores(f), direction(f == OfScores(roc_auc_score<double>)) {}
  template <class = void>
  Metric(std::string metric, OfNumbers f)
      : name(std::move(metric)), of_numbers(f), direction(f == OfNumbers(r2_score<double>)) {
    for (const OfNumbers known :
         {mean_absolute_error<double>, mean_squared_error<double>, root_mean_squared_error<double>})
      if (f == known) direction = -1;
  }

  /// The name, if it can be that of a column of a CSV file. Throws ValueError.
  template <class = void>
  const std::string& column() const {
    if (name.empty()) detail::fail<ValueError>({"fit: a metric has the name \"\": give it one, for its columns"});
    for (const char c : name)
      if (c == ',' || c == '"' || c == '\n' || c == '\r')
        detail::fail<ValueError>({"fit: metric \"", name,
                                  "\": the name is a column of a CSV file: letters, digits and _ "
                                  "are expected"});
    return name;
  }
};

namespace detail {

/// Throws ValueError for a loss with another reduction than the mean: the losses of batches are averaged, which is
/// correct only for means.
template <class Loss>
void require_mean(const char* function, const Loss& loss) {
  if constexpr (requires { loss.reduction == Reduction::mean; })
    if (loss.reduction != Reduction::mean)
      fail<ValueError>({function, ": the loss must be the mean of its batch: Reduction::mean"});
}

[[noreturn, gnu::cold, gnu::noinline]] inline void fail_weight(const char* function, double weight) {
  fail<ValueError>({function, ": weight_of() of the loss is ", weight, ", and must be a finite number of at least 0"});
}
[[noreturn, gnu::cold, gnu::noinline]] inline void fail_no_weight(const char* function, std::size_t rows, const char* of) {
  fail<ValueError>({function, ": the loss leaves out all ", rows, " rows", of, ": it has no mean"});
}

/// What the mean loss of a batch is divided by: loss.weight_of(targets...), or the number of rows for a loss that does
/// not say. So the mean loss of several batches is the sum of weight * loss, divided by the sum of the weights. Throws
/// ValueError for a weight that is not finite, or below 0.
template <class Loss, class Y>
double batch_weight(const char* function, const Loss& loss, std::size_t rows, const Y& y) {
  const auto of_targets = [&](const auto&... ys) {
    if constexpr (requires { loss.weight_of(ys...); }) return static_cast<double>(loss.weight_of(ys...));
    else return static_cast<double>(rows);
  };
  const double weight = with_tensors(of_targets, y);
  if (!(weight >= 0) || !is_finite(weight)) fail_weight(function, weight);
  return weight;
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

/// Copies the predictions of a batch to their rows, from `first` on.
template <class V>
void keep_predictions(const V&, std::size_t, std::size_t, std::size_t, Tensor<double>&) {
  fail<ValueError>({"fit: metrics are for models that give one tensor"});
}
template <class T>
void keep_predictions(const Tensor<T>& batch, std::size_t batch_rows, std::size_t first, std::size_t rows, Tensor<double>& to) {
  Shape shape = batch.shape();
  if (shape.rank() == 0 || shape[0] != batch_rows)
    fail<ShapeError>({"fit: metrics: the model gives predictions ", shape, " for ", batch_rows, " rows"});
  shape[0] = rows;
  if (first == 0) to = Tensor<double>::empty(shape);
  if (shape != to.shape()) fail<ShapeError>({"fit: metrics: the model gives predictions of different shapes"});
  double* out = to.data() + first * (batch.size() / batch_rows);
  for (std::size_t i = 0; i < batch.size(); ++i) out[i] = static_cast<double>(batch.data()[i]);
}

/// The mean loss in evaluation mode, and, if wanted, the predictions for all rows. The loss of a batch of weight 0 is not
/// computed.
template <class Model, class Loss, class D>
double evaluate(const char* function, Model& model, const Loss& loss, const D& data, std::size_t batch_size,
                const char* of, Tensor<double>* predictions = nullptr) {
  static_assert(!std::is_const_v<Model>, "minigrad: evaluate() of a const model could not set its mode");
  const DataLoaderOptions options{.batch_size = batch_size, .shuffle = false};
  DataLoader loader(data, options);  // before anything changes: it may refuse the options
  const EvaluationMode<Model> mode(model);
  double total = 0, total_weight = 0;
  std::size_t batch = 0, first = 0;
  for (auto [x, y] : loader) {
    const std::size_t rows = x.shape()[0];
    const auto prediction = with_tensors([&](const auto&... xs) { return model(xs...); }, x);
    if (predictions) keep_predictions(prediction, rows, first, data.size(), *predictions);
    first += rows;
    const std::size_t number = batch++;
    const double weight = batch_weight(function, loss, rows, y);
    if (weight == 0) continue;
    const double mean = with_rows(loader, number, of, [&, &targets = y] {
      const auto of_targets = [&](const auto&... ys) { return static_cast<double>(loss(prediction, ys...).item()); };
      return with_tensors(of_targets, targets);
    });
    total += weight * mean;
    total_weight += weight;
  }
  if (total_weight == 0) fail_no_weight(function, data.size(), of);
  return total / total_weight;
}

/// Class labels from targets [n] or [n, 1].
template <class Y>
Tensor<std::int64_t> labels_of_targets(const std::string& metric, const Tensor<Y>& y) {
  if (y.size() != y.shape()[0])
    fail<ShapeError>({"fit: metric ", metric, ": targets ", y.shape(), ": class labels [n] or [n, 1] are expected"});
  for (std::size_t i = 0; i < y.size(); ++i)
    if (!holds<std::int64_t>(static_cast<double>(y.data()[i])))
      fail<ValueError>({"fit: metric ", metric, ": target ", y.data()[i], " in row ", i, " is no class label"});
  return y.template to<std::int64_t>().reshape({y.size()});
}
/// Class labels from scores: the largest of several columns; 1 where the one column is above 0.
template <class = void>
Tensor<std::int64_t> predicted_labels(const Tensor<double>& scores) {
  if (scores.size() != scores.shape()[0]) return argmax(scores, 1);
  auto labels = Tensor<std::int64_t>::empty({scores.size()});
  for (std::size_t i = 0; i < scores.size(); ++i) labels.data()[i] = scores.data()[i] > 0 ? 1 : 0;
  return labels;
}
/// The score of class 1 of two.
template <class = void>
Tensor<double> scores_of_class_1(const std::string& metric, const Tensor<double>& scores) {
  const std::size_t rows = scores.shape()[0];
  if (scores.size() == rows) return scores.reshape({rows});
  if (scores.shape() != Shape{rows, 2})
    fail<ShapeError>({"fit: metric ", metric, ": scores ", scores.shape(), ": it is for two classes"});
  auto difference = Tensor<double>::empty({rows});
  for (std::size_t i = 0; i < rows; ++i) difference.data()[i] = scores.data()[2 * i + 1] - scores.data()[2 * i];
  return difference;
}
/// The rows with another label than `ignored`.
template <class = void>
Tensor<std::int64_t> rows_to_judge(const std::string& metric, const Tensor<std::int64_t>& labels,
                                   std::int64_t ignored) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) kept += labels.data()[i] != ignored;
  if (kept == 0)
    fail<ValueError>({"fit: metric ", metric, ": all ", labels.size(), " rows have the label ", ignored,
                      ", which is the ignore_index of the loss: rows with other labels are needed"});
  auto rows = Tensor<std::int64_t>::empty({kept});
  for (std::size_t i = labels.size(); i-- > 0;)
    if (labels.data()[i] != ignored) rows.data()[--kept] = static_cast<std::int64_t>(i);
  return rows;
}
double compute_metric(const Metric& metric, const auto&, const auto&, const std::int64_t* = nullptr) {
  fail<ValueError>({"fit: metric ", metric.name, ": metrics are for data with one target"});
}
template <class Y>
double compute_metric(const Metric& metric, const auto& predictions, const Tensor<Y>& y,
                      const std::int64_t* ignored = nullptr) {
  if (metric.of_numbers) return metric.of_numbers(y.template to<double>(), predictions);
  const Tensor<std::int64_t> labels = labels_of_targets(metric.name, y);
  if (ignored) {  // index_select of types that depend on arguments: otherwise each program would compile it
    const Tensor<std::int64_t> rows = rows_to_judge(metric.name, labels, *ignored);
    return compute_metric(metric, index_select(predictions, rows), index_select(y, rows));
  }
  if (metric.of_scores) return metric.of_scores(labels, scores_of_class_1(metric.name, predictions));
  const Tensor<std::int64_t> predicted = predicted_labels(predictions);
  if (metric.of_averaged_labels) return metric.of_averaged_labels(labels, predicted, metric.average);
  return metric.of_labels(labels, predicted);
}

}  // namespace detail

/// The mean loss of a model over a dataset, in batches, without a graph. The loss must be the mean of its batch: of the
/// rows, or a weighted one that tells its divisor by weight_of(targets...), as CrossEntropyLossWith does. A batch of
/// weight 0 counts for nothing. The model is in evaluation mode meanwhile, and then each layer has its mode back, also
/// where something throws. Throws ValueError for a dataset without rows, or whose weight is 0, and for a loss with
/// another reduction.
template <class Model, class Loss, class T, class Y>
double evaluate(Model& model, const Loss& loss, const Dataset<T, Y>& data, std::size_t batch_size = 1024) {
  if (data.size() == 0) detail::fail<ValueError>({"evaluate: the dataset is empty"});
  detail::require_mean("evaluate", loss);
  return detail::evaluate("evaluate", model, loss, data, batch_size, " of the dataset");
}

}  // namespace minigrad::inline MINIGRAD_ABI
