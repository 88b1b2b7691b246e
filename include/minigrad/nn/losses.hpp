// nn/losses.hpp - losses: the difference between prediction and target, which training minimizes.
//
// Each loss is defined for one element, or one row, with its derivative beside it. The reduction then computes one
// number from all of them. Prediction and target must have the same shape: [n, 1] and [n] would silently broadcast to
// [n, n].
#pragma once

#include <cmath>
#include <cstdint>

#include "../ops/ops.hpp"

namespace minigrad::inline MINIGRAD_ABI {

namespace detail {

template <class X>
X reduce_loss(const X& losses, Reduction reduction) {
  if constexpr (TensorOperand<X>)
    return reduction == Reduction::none ? losses : reduction == Reduction::sum ? sum(losses) : mean(losses);
  else
    return losses;
}

/// The losses of all elements, reduced. For floating-point tensors op.mean() and op.sum() compute losses and reduction
/// in one op.
template <class Op, class P, class... X>
auto reduced_loss(const Op& op, Reduction reduction, P&& prediction, X&&... x) {
  using T = scalar_type<P>;
  if constexpr (std::is_floating_point_v<T> && TensorOperand<std::remove_cvref_t<P>>) {
    if (reduction == Reduction::none) return op(std::forward<P>(prediction), std::forward<X>(x)...);
    if (reduction == Reduction::sum) return op.sum(std::forward<P>(prediction), std::forward<X>(x)...);
    return op.mean(std::forward<P>(prediction), std::forward<X>(x)...);
  } else {
    return reduce_loss(op(prediction, x...), reduction);
  }
}

[[gnu::noinline]] inline void require_same_shape(const char* op, const Shape& p, const Shape& t) {
  if (p == t) return;
  if (p.size() == t.size())
    fail<ShapeError>({op, ": prediction ", p, " and target ", t, ": shapes differ; reshape the target to ", p});
  fail<ShapeError>({op, ": prediction ", p, " and target ", t, ": shapes differ"});
}

}  // namespace detail

/// (p - t)^2, the mean squared error. dL/dp = 2 g (p - t). Throws ShapeError unless p and t have one shape.
inline constexpr auto mse_loss_op = elementwise(
    "mse_loss", simd_fn([](auto p, auto t) { return (p - t) * (p - t); }),
    simd_fn([](auto g, auto p, auto t) { return g * 2 * (p - t); }),
    simd_fn([](auto g, auto p, auto t) { return g * 2 * (t - p); }));
template <Operand P, Operand Y>
auto mse_loss(P&& prediction, Y&& target, Reduction reduction = Reduction::mean) {
  detail::require_same_shape("mse_loss", shape_of(prediction), shape_of(target));
  return detail::reduced_loss(mse_loss_op, reduction, std::forward<P>(prediction), std::forward<Y>(target));
}

/// |p - t|, the mean absolute error. dL/dp = g sign(p - t). Throws ShapeError unless p and t have one shape.
inline constexpr auto l1_loss_op = elementwise("l1_loss", [](auto p, auto t) { return abs(p - t); },
                                               [](auto g, auto p, auto t) { return g * sign(p - t); },
                                               [](auto g, auto p, auto t) { return g * sign(t - p); });
template <Operand P, Operand Y>
auto l1_loss(P&& prediction, Y&& target, Reduction reduction = Reduction::mean) {
  detail::require_same_shape("l1_loss", shape_of(prediction), shape_of(target));
  return detail::reduced_loss(l1_loss_op, reduction, std::forward<P>(prediction), std::forward<Y>(target));
}

namespace detail {
struct Delta {
  double delta;
  void describe(auto& list) const { list("delta", delta); }
};

/// dL/de of huber_loss for an error e: g e, held between -delta and delta.
template <class G, class Difference, class D>
auto huber_rule(const G& g, const Difference& e, const D& delta) {
  return g * where(less(abs(e), delta), e, delta * sign(e));
}
}  // namespace detail

/// With e = p - t: e^2 / 2 for |e| <= delta, and delta (|e| - delta / 2) otherwise, which limits the influence of
/// outliers. dL/dp = g e with e clamped to [-delta, delta]. Throws ShapeError unless p and t have one shape, ValueError
/// unless delta > 0. Huber, "Robust estimation of a location parameter", 1964.
inline constexpr auto huber_loss_op = elementwise(
    "huber_loss",
    [](const auto& a, auto p, auto t) {
      const auto size = abs(p - t), d = constant_like(p, a.delta);
      return size <= d ? size * size / 2 : d * (size - d / 2);
    },
    [](const auto& a, auto g, auto p, auto t) { return detail::huber_rule(g, p - t, constant_like(p, a.delta)); },
    [](const auto& a, auto g, auto p, auto t) { return detail::huber_rule(g, t - p, constant_like(p, a.delta)); });
template <Operand P, Operand Y>
auto huber_loss(const P& prediction, const Y& target, double delta = 1, Reduction reduction = Reduction::mean) {
  detail::require_same_shape("huber_loss", shape_of(prediction), shape_of(target));
  if (!(delta > 0)) detail::fail<ValueError>({"huber_loss: delta is ", delta, ", and must be positive"});
  return detail::reduced_loss(huber_loss_op.with(detail::Delta{delta}), reduction, prediction, target);
}

/// -t log s - (1 - t) log(1 - s) with s = sigmoid(x), computed as x (1 - t) + log(1 + e^-x) for x > 0 and as
/// -x t + log(1 + e^x) otherwise. So no exponential overflows and no digits cancel, whatever x and t are.
/// dL/dx = g (s - t). Throws ShapeError unless x and t have one shape, and ValueError for a target outside of 0..1,
/// naming its row.
inline constexpr auto bce_with_logits_loss_op = elementwise(
    "bce_with_logits_loss",
    simd_fn([](auto x, auto t) {
      return simd::select(x > 0, x * (1 - t), -(x * t)) + simd::log1p(simd::exp(-simd::abs(x)));
    }),
    simd_fn([](auto g, auto x, auto t) { return g * (sigmoid(x) - t); }),
    [](auto g, auto x, auto&&) { return -(g * x); });
template <Operand X, Operand Y>
auto bce_with_logits_loss(const X& logits, const Y& target, Reduction reduction = Reduction::mean) {
  detail::require_same_shape("bce_with_logits_loss", shape_of(logits), shape_of(target));
  detail::require(detail::RequireProbabilities{"bce_with_logits_loss"}, target);
  return detail::reduced_loss(bce_with_logits_loss_op, reduction, logits, target);
}

/// -log p of the right class: log_probabilities [n, classes], labels [n] in 0 .. classes-1, or a handle to them. Throws
/// ShapeError, also for one column, IndexError for a label out of range, and ValueError for a logarithm above 0; both
/// name the row.
template <detail::TensorOperand X, detail::Indices Ids = Tensor<std::int64_t>>
auto nll_loss(const X& log_probabilities, const Ids& labels, Reduction reduction = Reduction::mean) {
  if constexpr (is_var<X> && is_index_var<Ids>) detail::require_own_handle("nll_loss", log_probabilities, labels);
  detail::require_classes("nll_loss", "log probabilities", shape_of(log_probabilities));
  const detail::LabelAttributes at{"nll_loss", labels, true};
  detail::require_labels("nll_loss", shape_of(log_probabilities), *at.labels);
  return detail::reduce_loss(-detail::gather(log_probabilities, at), reduction);
}

/// -log softmax(logits) of the right class: logits [n, classes], labels [n] in 0 .. classes-1, or a handle to them.
/// Throws ShapeError, also for one column, and IndexError for a label out of range, naming its row.
template <detail::TensorOperand X, detail::Indices Ids = Tensor<std::int64_t>>
auto cross_entropy_loss(const X& logits, const Ids& labels, Reduction reduction = Reduction::mean) {
  if constexpr (is_var<X> && is_index_var<Ids>) detail::require_own_handle("cross_entropy_loss", logits, labels);
  detail::require_classes("cross_entropy_loss", "logits", shape_of(logits));
  const detail::LabelAttributes at{"cross_entropy_loss", labels};
  detail::require_labels("cross_entropy_loss", shape_of(logits), *at.labels);
  return detail::reduce_loss(-detail::gather(log_softmax(logits, 1), at), reduction);
}

namespace detail {
/// Floating-point labels have the shape of labels, which tells what is wrong.
[[gnu::noinline]] inline void require_not_labels(const Shape& logits, const Shape& target) {
  const bool column = logits.rank() == 2 && logits[1] > 1 && target == Shape{logits[0], 1};
  if (target.rank() < logits.rank() || column)
    fail<ShapeError>({"cross_entropy_loss: logits ", logits, " and target ", target,
                      ": class labels must be a Tensor<std::int64_t> of shape [n], as by y",
                      column ? concat({".reshape({", logits[0], "})"}) : std::string(), ".to<std::int64_t>()"});
}
template <class X, class Y>
auto cross_entropy_of_probabilities(const X& logits, const Y& probabilities, Reduction reduction) {
  require_not_labels(shape_of(logits), shape_of(probabilities));
  require_same_shape("cross_entropy_loss", shape_of(logits), shape_of(probabilities));
  if (shape_of(logits).rank() != 2 || shape_of(logits)[1] < 2)
    refuse_classes("cross_entropy_loss", "logits", shape_of(logits));
  require(RequireProbabilities{"cross_entropy_loss", true}, probabilities);
  return reduce_loss(-sum(probabilities * log_softmax(logits, 1), 1), reduction);
}
}  // namespace detail

/// - sum over classes of t log softmax(logits), for targets t that are probabilities. Both are [n, classes]. A target
/// of another integer type than std::int64_t holds labels, as above. Throws ShapeError for other shapes, and ValueError
/// for targets outside of 0..1 and rows that do not sum to 1 (within 0.01), naming the row.
template <detail::TensorOperand X, detail::TensorOperand Y>
  requires(!detail::Indices<Y>)
auto cross_entropy_loss(const X& logits, const Y& probabilities, Reduction reduction = Reduction::mean) {
  if constexpr (is_tensor<Y> && std::is_integral_v<detail::scalar_type<Y>>)
    return cross_entropy_loss(logits, probabilities.template to<std::int64_t>(), reduction);
  else
    return detail::cross_entropy_of_probabilities(logits, probabilities, reduction);
}

namespace detail {
/// Whether a loss is one of numbers, and takes no labels.
template <class Loss>
inline constexpr bool compares_numbers = requires { typename Loss::compares_numbers; };
/// The target of a loss of numbers. Refuses labels: an IndexVar, or whole numbers beside a prediction that has fractions.
template <class P, class Y>
const auto& numbers(const P& prediction, const Y& target) {
  constexpr bool labels = [] {
    if constexpr (is_index_var<Y>) return true;
    else return is_tensor<Y> && std::is_integral_v<scalar_type<Y>> && !std::is_integral_v<scalar_type<P>>;
  }();
  static_assert(!labels, "this loss compares numbers, and its target holds labels, which are whole numbers: a target of "
                         "the prediction's type and shape is expected, as by y.to<float>().reshape({n, 1}); labels of "
                         "classes go to CrossEntropyLoss");
  if constexpr (labels) return prediction;
  else return target;
}
}  // namespace detail

// The same losses as function objects, for fit(), which records the loss once and runs it again if it takes_handles.

/// mse_loss as a function object: (prediction - target)^2.
struct MSELoss {
  using compares_numbers = void;               ///< for fit(): the target holds no labels
  static constexpr bool takes_handles = true;  ///< for fit(): the target may be a Var or an IndexVar
  Reduction reduction = Reduction::mean;       ///< of the losses; fit() takes the mean only
  auto operator()(const auto& prediction, const auto& target) const {
    return mse_loss(prediction, detail::numbers(prediction, target), reduction);
  }
};
/// l1_loss as a function object: |prediction - target|.
struct L1Loss {
  using compares_numbers = void;               ///< for fit(): the target holds no labels
  static constexpr bool takes_handles = true;  ///< for fit(): the target may be a Var or an IndexVar
  Reduction reduction = Reduction::mean;       ///< of the losses; fit() takes the mean only
  auto operator()(const auto& prediction, const auto& target) const {
    return l1_loss(prediction, detail::numbers(prediction, target), reduction);
  }
};
/// huber_loss as a function object: quadratic for errors up to delta, linear above.
struct HuberLoss {
  using compares_numbers = void;               ///< for fit(): the target holds no labels
  static constexpr bool takes_handles = true;  ///< for fit(): the target may be a Var or an IndexVar
  double delta = 1;                            ///< where the loss becomes linear in the error, above 0
  Reduction reduction = Reduction::mean;       ///< of the losses; fit() takes the mean only
  auto operator()(const auto& prediction, const auto& target) const {
    return huber_loss(prediction, detail::numbers(prediction, target), delta, reduction);
  }
};
/// bce_with_logits_loss as a function object: the cross-entropy of yes and no, from logits of any shape.
struct BCEWithLogitsLoss {
  using compares_numbers = void;               ///< for fit(): the target holds no labels
  static constexpr bool takes_handles = true;  ///< for fit(): the target may be a Var or an IndexVar
  Reduction reduction = Reduction::mean;       ///< of the losses; fit() takes the mean only
  auto operator()(const auto& logits, const auto& target) const {
    return bce_with_logits_loss(logits, detail::numbers(logits, target), reduction);
  }
};
/// cross_entropy_loss as a function object: logits [n, classes], and labels [n] or probabilities [n, classes].
struct CrossEntropyLoss {
  static constexpr bool takes_handles = true;  ///< for fit(): the target may be a Var or an IndexVar
  Reduction reduction = Reduction::mean;       ///< of the losses; fit() takes the mean only
  auto operator()(const auto& logits, const auto& target) const {
    return cross_entropy_loss(logits, target, reduction);
  }
};
/// nll_loss as a function object: log probabilities [n, classes] and labels [n].
struct NLLLoss {
  static constexpr bool takes_handles = true;  ///< for fit(): the target may be a Var or an IndexVar
  Reduction reduction = Reduction::mean;       ///< of the losses; fit() takes the mean only
  auto operator()(const auto& log_probabilities, const auto& labels) const {
    return nll_loss(log_probabilities, labels, reduction);
  }
};

}  // namespace minigrad
