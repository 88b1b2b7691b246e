// train/divergence.hpp - what fit() says of a loss that is not finite.
#pragma once

#include <cmath>
#include <cstddef>
#include <string>
#include <type_traits>
#include <vector>

#include "../core/finite.hpp"
#include "../data/dataset.hpp"
#include "../data/field.hpp"
#include "../diff/anomaly.hpp"
#include "../graph/backward.hpp"
#include "../nn/module.hpp"
#include "best_weights.hpp"
#include "history.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

/// What rows of a dataset are called in messages: " of the validation set"; of a part that fit() has split off itself,
/// the numbers that its rows have in the whole.
struct RowNames {
  const char* of;
  const std::vector<std::size_t>* numbers = nullptr;
};

/// What in a dataset is NaN or infinite: "the target in row 3 of the dataset is nan". Empty if nothing is.
template <class D>
std::string not_finite_number(const D& data, const RowNames& rows) {
  std::string out;
  const auto describe = [&](const char* what, const auto& x) {
    const std::size_t i = first_not_finite(x);
    if (i == x.size() || !out.empty()) return;
    const std::size_t row = i / (x.size() / x.shape()[0]);
    out = concat({what, " in row ", rows.numbers ? (*rows.numbers)[row] : row, rows.of, " is ",
                  static_cast<double>(x.data()[i])});
  };
  with_tensors([&](const auto&... y) { (describe("the target", y), ...); }, data.y);
  with_tensors([&](const auto&... x) { (describe("a feature", x), ...); }, data.x);
  return out;
}

/// A description of the feature with the largest absolute value, since a large feature is the most frequent reason why
/// gradient descent diverges. Empty if no feature is large.
template <class D, class T>
std::string widest_feature(const D& data, const Tensor<T>& x) {
  if (x.rank() != 2) return "";
  const std::size_t columns = x.shape()[1];
  std::size_t widest = 0;
  double reach = 0;
  for (std::size_t i = 0; i < x.size(); ++i)
    if (const double size = std::fabs(static_cast<double>(x.data()[i])); size > reach) {
      reach = size;
      widest = i % columns;
    }
  if (reach <= 10) return "";
  double low = reach, high = -reach;
  for (std::size_t i = widest; i < x.size(); i += columns) {
    low = (std::min)(low, static_cast<double>(x.data()[i]));
    high = (std::max)(high, static_cast<double>(x.data()[i]));
  }
  return concat({in_quotes(data.names()[widest]), " goes from ", low, " to ", high});
}

template <class D>
std::string widest_feature(const D& data) {
  if constexpr (!is_tensor<typename D::Features>) return "";
  else return widest_feature(data, data.x);
}

/// "WHAT in epoch 2, after 3 updates (...): try a learning rate ten times smaller".
template <class D>
std::string divergence_message(const std::string& what, const Epoch& epoch, std::size_t updates, double norm,
                               const D& data) {
  const std::string widest = widest_feature(data);
  const char* const anomaly = is_nan(norm) ? "detect_anomaly = true names the op with such a gradient, or " : "";
  std::string out = concat({what, " in epoch ", epoch.epoch, ", after ", updates, updates == 1 ? " update" : " updates",
                            " (learning rate ", epoch.lr, ", last gradient norm ", norm, "): ", anomaly,
                            "try a learning rate ten times smaller"});
  if (!widest.empty()) append(out, {", or standardise the features (", widest, ")"});
  return out;
}

template <class D>
std::string not_finite_message(double loss, const Epoch& epoch, std::size_t updates, double norm, const D& data,
                               const RowNames& rows) {
  std::string what = concat({"minigrad: fit: the loss is ", loss});
  if (const std::string number = not_finite_number(data, rows); !number.empty()) return concat({what, ": ", number});
  if (updates > 0) return divergence_message(what, epoch, updates, norm, data);
  append(what, {" before the first update: look for numbers that are not finite, or very large, in the data and the "
                "weights"});
  if (const std::string widest = widest_feature(data); !widest.empty()) append(what, {" (", widest, ")"});
  return what;
}

/// What fit() says, at its end and before it writes a checkpoint, of a parameter that the last update has broken, which
/// no loss has shown yet. Empty if there is none.
template <class Model, class D>
std::string broken_message(Model& model, const BestWeights<Model>& best, const Epoch& epoch, const auto& run,
                           const D& data) {
  const auto* const broken = best.broken();
  if (!broken) return "";
  std::string what = "minigrad: fit: the parameter";
  for (const auto& one : named_parameters(model)) {
    if (!(one.parameter == *broken)) continue;
    const auto& value = broken->value();
    append(what, {" ", one.name});
    if constexpr (is_tensor<std::remove_cvref_t<decltype(value)>>)
      append(what, {" is ", value.data()[first_not_finite(value)]});
  }
  return divergence_message(what, epoch, run.updates, run.grad_norm, data);
}

/// What fit() says at the end of a training whose validation loss, or the column of best_by, was never finite. Empty if
/// they were.
template <class D>
std::string never_finite_message(const History& history, const auto& selection, bool validated, const D& data) {
  bool loss = !validated, judged = !selection.judges();  // whether it was finite
  for (const Epoch& epoch : history.epochs) {
    loss = loss || is_finite(epoch.validation_loss);
    judged = judged || is_finite(selection.of(epoch));
  }
  if (loss && judged) return "";
  const Epoch& last = history.epochs.back();
  if (loss)
    return concat({"minigrad: fit: best_by is ", in_quotes(selection.column()), ", which was never finite, and is ",
                   selection.of(last), " in epoch ", last.epoch,
                   ": judge by another column, or give a metric that is finite"});
  return divergence_message(
      concat({"minigrad: fit: the validation loss was never finite, and is ", last.validation_loss}), last,
      last.updates, last.grad_norm, data);
}

/// What fit() says of a validation loss that is not finite because of numbers in the validation set. Empty if it is
/// finite, or because of the model: then it is no better than any other.
template <class D>
std::string validation_fault(double loss, const D& data, const RowNames& rows) {
  if (is_finite(loss)) return "";
  const std::string number = not_finite_number(data, rows);
  return number.empty() ? "" : concat({"minigrad: fit: the validation loss is ", loss, ": ", number});
}

/// Calls backward() and returns the message of an AnomalyError, or an empty text.
template <class V>
std::string backward_or_anomaly(const Var<V>& loss) {
  try {
    backward(loss);
  } catch (const AnomalyError& error) {
    const std::string message = error.what();  // without what is for those who call backward() themselves
    return message.substr(0, message.find("; the parameters of this loss have no gradient now"));
  }
  return "";
}

}  // namespace minigrad::detail
