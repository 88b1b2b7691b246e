// nn/class_targets.hpp - the op of the losses of classes with options, and what their mean is divided by.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "losses.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

/// What the mean of a loss of labels is divided by: the sum of the weights of the labels that are not left out. A label
/// of no class, which the loss refuses, counts 1.
inline double sum_of_weights(const Tensor<std::int64_t>& labels, const Tensor<double>& weight,
                             std::int64_t ignore_index) {
  double total = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const std::int64_t label = labels.data()[i];
    if (label == ignore_index) continue;
    const bool known = weight.size() > 0 && std::cmp_greater_equal(label, 0) && std::cmp_less(label, weight.size());
    total += known ? weight.data()[static_cast<std::size_t>(label)] : 1;
  }
  return total;
}

/// A distribution over the classes for each row, made of labels; q in the formulas below. It is 0 in rows that are left
/// out, and divided by the sum of the weights of the others for a mean.
struct ClassTargets {
  const char* op;
  IndexRef labels;
  Tensor<double> weight;
  std::int64_t ignore_index;
  double smoothing;
  bool mean, from_logs;

  void describe(auto& list) const {
    list.indices("labels", *labels);
    list("label_smoothing", smoothing);
    list("ignore_index", ignore_index);
    list("mean", mean);
    list("from_logs", from_logs);
    if (weight.size()) list.list("weight", weight.shape(), weight.data(), weight.size());
  }
  bool takes(std::size_t row) const { return (*labels).data()[row] != ignore_index; }
  double weight_of(std::size_t k) const { return weight.size() ? weight.data()[k] : 1; }

  /// Throws ShapeError for labels that do not fit, and IndexError for a label out of range.
  void require_fit(const Shape& x) const {
    if (x.rank() != 2 || (*labels).shape() != Shape{x[0]}) return require_labels(op, x, *labels);  // throws
    if (weight.size() && weight.shape() != Shape{x[1]})
      fail<ShapeError>({op, ": weight ", weight.shape(), " for scores ", x, ": one number for each class is expected"});
    for (std::size_t i = 0; i < x[0]; ++i)
      if (const std::int64_t label = (*labels).data()[i];
          takes(i) && (std::cmp_less(label, 0) || std::cmp_greater_equal(label, x[1])))
        fail_in_row<IndexError>(i, {op, ": label ", label},
                                {", but there are ", x[1], " classes, and the index to leave out is ", ignore_index});
  }
  /// What the losses are divided by. Throws ValueError for a mean of no rows.
  double divisor(std::size_t rows) const {
    if (!mean) return 1;
    const double total = sum_of_weights(*labels, weight, ignore_index);
    if (total == 0 && rows > 0)
      fail<ValueError>({op, ": the mean over ", rows, " rows that are all left out, by their label ", ignore_index,
                        " or a weight of 0: leave such a batch out, or take Reduction::sum"});
    return total;
  }
  /// visit(row, class, q) where q may be other than 0.
  template <class Visit>
  void for_each(const Shape& x, const Visit& visit) const {
    const double by = divisor(x[0]), even = smoothing / static_cast<double>(x[1]);
    for (std::size_t i = 0; i < x[0]; ++i) {
      if (!takes(i)) continue;
      const auto label = static_cast<std::size_t>((*labels).data()[i]);
      if (smoothing == 0) visit(i, label, weight_of(label) / by);
      else
        for (std::size_t k = 0; k < x[1]; ++k)
          visit(i, k, weight_of(k) * ((k == label ? 1 - smoothing : 0) + even) / by);
    }
  }
};

/// y_i = - sum over classes of q_ik x_ik, for log probabilities x. dL/dx_ik = -g_i q_ik.
inline constexpr auto class_loss_op = record(
    "class_loss",
    []<class T>(const auto& a, const Tensor<T>& x) {
      a.require_fit(x.shape());
      if (a.from_logs) require_logs(a.op, x);
      auto y = Tensor<T>::empty(Shape{x.shape()[0]});
      y.fill(T{});
      a.for_each(x.shape(), [&](std::size_t i, std::size_t k, double q) {
        y.data()[i] -= static_cast<T>(q) * x.data()[i * x.shape()[1] + k];
      });
      return y;
    },
    [](const auto& a, const auto& g, auto&&, const auto& x) { return class_loss_rule(a, g, shape_of(x)[1]); });
struct ClassTargetsOfColumns : ClassTargets {
  std::size_t columns;
};
/// Its rule, which is linear in g: y_ik = -g_i q_ik. dL/dg_i = - sum over classes of q_ik h_ik for a gradient h.
inline constexpr auto class_loss_rule_op = record(
    "class_loss_rule",
    []<class T>(const auto& a, const Tensor<T>& g) {
      auto y = Tensor<T>::empty({g.size(), a.columns});
      y.fill(T{});
      a.for_each(y.shape(), [&](std::size_t i, std::size_t k, double q) {
        y.data()[i * a.columns + k] = -static_cast<T>(q) * g.data()[i];
      });
      return y;
    },
    [](const auto& a, const auto& h) {
      ClassTargets of_gradients = a;
      of_gradients.from_logs = false;
      return class_loss_op.apply(of_gradients, h);
    });
template <class G>
auto class_loss_rule(const ClassTargets& targets, const G& g, std::size_t columns) {
  return class_loss_rule_op.apply(ClassTargetsOfColumns{targets, columns}, g);
}

}  // namespace minigrad::inline MINIGRAD_ABI::detail
