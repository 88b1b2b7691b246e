// nn/class_losses.hpp - losses of classes with options: weights of the classes, rows that are left out, label
// smoothing; and kl_div. Not part of minigrad.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "../core/finite.hpp"
#include "class_targets.hpp"

namespace minigrad::inline MINIGRAD_ABI {

/// What cross_entropy_loss takes besides scores and targets. The mean is one weighted by the class weights of the
/// labels, as in PyTorch: the sum of the losses divided by the sum of the weights of the rows that are not left out.
struct CrossEntropyOptions {
  Tensor<double> weight{};                ///< a factor for each class, [classes]; none: 1
  std::int64_t ignore_index = -100;       ///< rows with this label are left out
  double label_smoothing = 0;             ///< this share of the label goes to all classes evenly
  Reduction reduction = Reduction::mean;  ///< of the losses; fit() takes the mean only
};
/// The same for nll_loss.
struct NLLOptions {
  Tensor<double> weight{};                ///< a factor for each class, [classes]; none: 1
  std::int64_t ignore_index = -100;       ///< rows with this label are left out
  Reduction reduction = Reduction::mean;  ///< of the losses; fit() takes the mean only
};

namespace detail {

template <class = void>
void require_class_options(const char* op, const Tensor<double>& weight, double smoothing) {
  for (std::size_t k = 0; k < weight.size(); ++k)
    if (const double one = weight.data()[k]; !(one >= 0) || !is_finite(one))
      fail<ValueError>({op, ": the weight of class ", k, " is ", one, ", and must be a finite number of at least 0"});
  if (!(smoothing >= 0 && smoothing <= 1))
    fail<ValueError>({op, ": label_smoothing is ", smoothing, ", and must lie in 0..1"});
}

template <class X, class Ids>
auto loss_of_classes(const char* op, const X& logs, const Ids& labels, const Tensor<double>& weight,
                     std::int64_t ignore_index, double smoothing, Reduction reduction, bool from_logs) {
  if constexpr (is_var<X> && is_index_var<Ids>) require_own_handle(op, logs, labels);
  require_class_options(op, weight, smoothing);
  const bool mean = reduction == Reduction::mean;
  const ClassTargets targets{op, labels, weight, ignore_index, smoothing, mean, from_logs};
  return reduce_loss(class_loss_op.apply(targets, logs), mean ? Reduction::sum : reduction);
}

/// A tensor of whole numbers that are not of the type of labels.
template <class Y>
concept OtherLabels = is_tensor<Y> && !Indices<Y> && std::is_integral_v<scalar_type<Y>>;
}  // namespace detail

/// As cross_entropy_loss(logits, labels), with options. For a row with label t, classes' weights w and smoothing s:
/// -(1 - s) w_t log p_t - s / classes * sum over k of w_k log p_k with p = softmax(logits). Throws as that does, for a
/// label_smoothing outside of 0..1, for weights that are negative or not finite, and for a mean over rows that are all
/// left out. Label smoothing: Szegedy and others, "Rethinking the Inception architecture for computer vision", 2016.
///
///   cross_entropy_loss(logits, labels, {.weight = {1, 5}, .label_smoothing = 0.1})
template <detail::TensorOperand X, detail::Indices Ids = Tensor<std::int64_t>>
auto cross_entropy_loss(const X& logits, const Ids& labels, const CrossEntropyOptions& o) {
  if (const Shape& shape = shape_of(logits); shape.rank() != 2)
    detail::require_labels("cross_entropy_loss", shape, *detail::IndexRef(labels));  // throws
  detail::require_classes("cross_entropy_loss", "logits", shape_of(logits));
  return detail::loss_of_classes("cross_entropy_loss", log_softmax(logits, 1), labels, o.weight, o.ignore_index,
                                 o.label_smoothing, o.reduction, false);
}
/// The same for labels of another integer type than std::int64_t.
template <detail::TensorOperand X, detail::TensorOperand Y>
  requires detail::OtherLabels<Y>
auto cross_entropy_loss(const X& logits, const Y& labels, const CrossEntropyOptions& o) {
  return cross_entropy_loss(logits, labels.template to<std::int64_t>(), o);
}
/// For targets that are probabilities: each is mixed with the even distribution, and multiplied by its class's weight.
/// The mean is that of the rows, and none is left out.
template <detail::TensorOperand X, detail::TensorOperand Y>
  requires(!detail::Indices<Y> && !detail::OtherLabels<Y>)
auto cross_entropy_loss(const X& logits, const Y& probabilities, const CrossEntropyOptions& o) {
  constexpr const char* op = "cross_entropy_loss";
  using T = detail::scalar_type<X>;
  detail::require_class_options(op, o.weight, o.label_smoothing);
  detail::require_not_labels(shape_of(logits), shape_of(probabilities));
  detail::require_same_shape(op, shape_of(logits), shape_of(probabilities));
  detail::require_classes(op, "logits", shape_of(logits));
  detail::require(detail::RequireProbabilities{op, true}, probabilities);
  const std::size_t classes = shape_of(logits)[1];
  if (o.weight.size() && o.weight.shape() != Shape{classes})
    detail::fail<ShapeError>({op, ": weight ", o.weight.shape(), " for scores ", shape_of(logits),
                              ": one number for each class is expected"});
  const Tensor<T> weight = o.weight.size() ? o.weight.template to<T>() : Tensor<T>::scalar(1);
  const auto q = probabilities * static_cast<T>(1 - o.label_smoothing) +
                 static_cast<T>(o.label_smoothing / static_cast<double>(classes));
  return detail::reduce_loss(-sum(q * weight * log_softmax(logits, 1), 1), o.reduction);
}

/// As nll_loss(log_probabilities, labels), with weights and a label to leave out: -w_t log p_t. Throws as that does.
template <detail::TensorOperand X, detail::Indices Ids = Tensor<std::int64_t>>
auto nll_loss(const X& log_probabilities, const Ids& labels, const NLLOptions& o) {
  detail::require_classes("nll_loss", "log probabilities", shape_of(log_probabilities));
  return detail::loss_of_classes("nll_loss", log_probabilities, labels, o.weight, o.ignore_index, 0, o.reduction, true);
}

namespace detail {
/// A check that numbers are logarithms of probabilities: at most 0.
struct RequireLogs {
  const char *op, *what;

  template <class T>
  void operator()(const Tensor<T>& x) const {
    const std::size_t i = first_outside(x.size(), x.data(), -infinity<double>, probability_rounding);
    if (i == x.size()) return;
    fail_in_row<ValueError>(x.rank() ? i / (x.size() / x.shape()[0]) : 0, {op, ": ", what, " ", x.data()[i]},
                            {" is above 0: logarithms of probabilities are expected, as log_softmax gives them"});
  }
};
}  // namespace detail

/// t (log t - x), and 0 for t = 0: the elements of kl_div. dL/dx = -g t, dL/dt = g (log t + 1 - x).
inline constexpr auto kl_div_op = elementwise(
    "kl_div",
    [](auto x, auto t) {
      using std::log;
      return t > 0 ? t * (log(t) - x) : t * 0;
    },
    [](auto g, auto&&, auto t) { return -(g * t); }, [](auto g, auto x, auto t) { return g * (log(t) + 1 - x); });

/// The Kullback-Leibler divergence of probabilities t from predicted ones, whose logarithms x are, element by element:
/// t (log t - x), or e^t (t - x) with log_target, where the targets are logarithms too. Reduction::mean is that over all
/// elements, as in PyTorch; the divergence itself is the sum, divided by the rows. Throws ShapeError, and ValueError for
/// an x above 0 and a target that is no probability (or its logarithm), naming the row.
template <detail::TensorOperand X, detail::TensorOperand Y>
auto kl_div(const X& log_probabilities, const Y& target, Reduction reduction = Reduction::mean,
            bool log_target = false) {
  detail::require_same_shape("kl_div", shape_of(log_probabilities), shape_of(target));
  detail::require(detail::RequireLogs{"kl_div", "input"}, log_probabilities);
  if (log_target) {
    detail::require(detail::RequireLogs{"kl_div", "target"}, target);
    return detail::reduce_loss(exp(target) * (target - log_probabilities), reduction);
  }
  detail::require(detail::RequireProbabilities{"kl_div"}, target);
  return detail::reduced_loss(kl_div_op, reduction, log_probabilities, target);
}

namespace detail {
/// weight_of() of a loss of labels with options; of other targets, the number of rows. Rows whose weights sum to 0 have a
/// loss nevertheless where labels are smoothed: then this is above 0, and the loss refuses them.
template <class Y>
double weight_of_labels(const char* op, const Y& target, const Tensor<double>& weight, std::int64_t ignore_index,
                        double smoothing) {
  require_class_options(op, weight, smoothing);
  if constexpr (std::is_same_v<Y, Tensor<std::int64_t>>) {
    const double total = sum_of_weights(target, weight, ignore_index);
    return total == 0 && smoothing > 0 ? sum_of_weights(target, {}, ignore_index) : total;
  } else if constexpr (is_tensor<Y> && std::is_integral_v<scalar_type<Y>>) {
    return weight_of_labels(op, target.template to<std::int64_t>(), weight, ignore_index, smoothing);
  } else {
    return static_cast<double>(target.shape()[0]);
  }
}
}  // namespace detail

/// For fit(): CrossEntropyLoss with options: CrossEntropyLossWith({.label_smoothing = 0.1}).
struct CrossEntropyLossWith : CrossEntropyOptions {
  static constexpr bool takes_handles = true;  ///< for fit(): the target may be a Var or an IndexVar
  explicit CrossEntropyLossWith(CrossEntropyOptions o) : CrossEntropyOptions(std::move(o)) {}
  auto operator()(const auto& logits, const auto& target) const { return cross_entropy_loss(logits, target, *this); }
  /// What the mean of a batch is divided by: the sum of the weights of its labels, without rows that are left out.
  double weight_of(const auto& target) const {
    return detail::weight_of_labels("cross_entropy_loss", target, weight, ignore_index, label_smoothing);
  }
};
/// For fit(): NLLLoss with options.
struct NLLLossWith : NLLOptions {
  static constexpr bool takes_handles = true;  ///< for fit(): the target may be a Var or an IndexVar
  explicit NLLLossWith(NLLOptions o) : NLLOptions(std::move(o)) {}
  auto operator()(const auto& log_probabilities, const auto& labels) const {
    return nll_loss(log_probabilities, labels, *this);
  }
  /// What the mean of a batch is divided by: the sum of the weights of its labels, without rows that are left out.
  double weight_of(const auto& labels) const {
    return detail::weight_of_labels("nll_loss", labels, weight, ignore_index, 0);
  }
};
/// For fit(): kl_div as a function object.
struct KLDivLoss {
  static constexpr bool takes_handles = true;  ///< for fit(): the target may be a Var or an IndexVar
  Reduction reduction = Reduction::mean;       ///< of the elements; fit() takes the mean only
  bool log_target = false;                     ///< targets are logarithms of probabilities
  auto operator()(const auto& log_probabilities, const auto& target) const {
    return kl_div(log_probabilities, target, reduction, log_target);
  }
};

}  // namespace minigrad
