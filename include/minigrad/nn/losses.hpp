// nn/losses.hpp - how far a prediction is from the target: the number that training makes small.
//
// Each loss is written for one element, or one row, with its derivative beside it; the reduction then makes one number
// of all of them. Both sides must have the same shape: [n, 1] against [n] would silently broadcast to [n, n].
#pragma once

#include <cmath>
#include <cstdint>

#include "../ops/ops.hpp"

namespace minigrad {

/// What becomes of the losses of all elements: their mean, their sum, or nothing.
enum class Reduction { mean, sum, none };

namespace detail {

template <class X>
X reduce_loss(const X& losses, Reduction reduction) {
  if constexpr (TensorOperand<X>)
    return reduction == Reduction::none ? losses : reduction == Reduction::sum ? sum(losses) : mean(losses);
  else
    return losses;
}

/// The losses of all elements, reduced.
template <class Op, class P, class... X>
auto reduced_loss(const Op& op, Reduction reduction, const P& prediction, const X&... x) {
  using T = scalar_type<P>;
  if constexpr (std::is_floating_point_v<T> && TensorOperand<P>) {
    if (reduction == Reduction::none) return op(prediction, x...);
    return op.summed(reduction == Reduction::sum ? 1 : shape_of(prediction).size(), prediction, x...);
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

/// (p - t)^2, the mean squared error. dL/dp = 2 g (p - t).
inline constexpr auto mse_loss_op = elementwise(
    "mse_loss", simd_fn([](auto p, auto t) { return (p - t) * (p - t); }),
    simd_fn([](auto g, auto&&, auto p, auto t) { return g * 2 * (p - t); }),
    simd_fn([](auto g, auto&&, auto p, auto t) { return g * 2 * (t - p); }));
template <Operand P, Operand Y>
auto mse_loss(const P& prediction, const Y& target, Reduction reduction = Reduction::mean) {
  detail::require_same_shape("mse_loss", shape_of(prediction), shape_of(target));
  return detail::reduced_loss(mse_loss_op, reduction, prediction, target);
}

/// |p - t|, the mean absolute error. dL/dp = g sign(p - t).
inline constexpr auto l1_loss_op = elementwise("l1_loss", [](auto p, auto t) { return abs(p - t); },
                                               [](auto g, auto&&, auto p, auto t) { return g * sign(p - t); },
                                               [](auto g, auto&&, auto p, auto t) { return g * sign(t - p); });
template <Operand P, Operand Y>
auto l1_loss(const P& prediction, const Y& target, Reduction reduction = Reduction::mean) {
  detail::require_same_shape("l1_loss", shape_of(prediction), shape_of(target));
  return detail::reduced_loss(l1_loss_op, reduction, prediction, target);
}

namespace detail {
/// dL/de of huber_loss for an error e: g e, held between -delta and delta.
template <class G, class Difference, class D>
auto huber_rule(const G& g, const Difference& e, const D& delta) {
  return g * where(less(abs(e), delta), e, delta * sign(e));
}
}  // namespace detail

/// e^2 / 2 for an error |e| <= delta, and delta (|e| - delta / 2) beyond: squares that outliers do not rule. dL/dp is
/// g e, held between -delta and delta. Huber, "Robust estimation of a location parameter", 1964.
inline constexpr auto huber_loss_op = elementwise(
    "huber_loss",
    [](auto p, auto t, auto d) {
      const auto size = abs(p - t);
      return size <= d ? size * size / 2 : d * (size - d / 2);
    },
    [](auto g, auto&&, auto p, auto t, auto d) { return detail::huber_rule(g, p - t, d); },
    [](auto g, auto&&, auto p, auto t, auto d) { return detail::huber_rule(g, t - p, d); }, no_rule);
template <Operand P, Operand Y>
auto huber_loss(const P& prediction, const Y& target, double delta = 1, Reduction reduction = Reduction::mean) {
  detail::require_same_shape("huber_loss", shape_of(prediction), shape_of(target));
  if (!(delta > 0)) detail::fail<ValueError>({"huber_loss: delta is ", delta, ", and must be positive"});
  return detail::reduced_loss(huber_loss_op, reduction, prediction, target, delta);
}

/// -t log s - (1 - t) log(1 - s) with s = sigmoid(x), for x of any size: x (1 - t) + log(1 + e^-x) for x > 0, and
/// -x t + log(1 + e^x) below, so that nothing cancels for either class.
/// dL/dx = g (s - t).
inline constexpr auto bce_with_logits_loss_op = elementwise(
    "bce_with_logits_loss",
    simd_fn([](auto x, auto t) {
      return simd::select(x > 0, x * (1 - t), -(x * t)) + simd::log1p(simd::exp(-simd::abs(x)));
    }),
    simd_fn([](auto g, auto&&, auto x, auto t) { return g * (sigmoid(x) - t); }),
    [](auto g, auto&&, auto x, auto&&) { return -(g * x); });
template <Operand X, Operand Y>
auto bce_with_logits_loss(const X& logits, const Y& target, Reduction reduction = Reduction::mean) {
  detail::require_same_shape("bce_with_logits_loss", shape_of(logits), shape_of(target));
  return detail::reduced_loss(bce_with_logits_loss_op, reduction, logits, target);
}

namespace detail {

/// Checks that there is one label for each row, and that each names a column.
inline void require_labels(const char* op, const Shape& shape, const Tensor<std::int64_t>& labels) {
  if (shape.rank() != 2 || labels.shape() != Shape{shape[0]})
    fail<ShapeError>({op, ": scores ", shape, " and labels ", labels.shape(), ": [n, classes] and [n] are expected"});
  for (std::size_t i = 0; i < labels.size(); ++i)
    if (std::cmp_less(labels[i], 0) || std::cmp_greater_equal(labels[i], shape[1]))
      fail<IndexError>({op, ": label ", labels[i], " in row ", i, ", but there are ", shape[1], " classes"});
}

/// y_i = x[i, labels_i]. dL/dx is g in those places and 0 elsewhere.
template <TensorOperand X>
auto gather(const X& x, const Tensor<std::int64_t>& labels) {
  using T = scalar_type<X>;
  const std::size_t classes = shape_of(x)[1];
  return record(
      "gather", inputs(x),
      [&](const auto& v) {
        auto y = Tensor<T>::empty(labels.shape());
        for (std::size_t i = 0; i < labels.size(); ++i)
          y.data()[i] = v.data()[i * classes + static_cast<std::size_t>(labels.data()[i])];
        return y;
      },
      [labels = Tensor<std::int64_t>(labels), classes](const auto& g, auto&&, auto&&) {
        return reshape(g, {labels.size(), 1}) * one_hot<T>(labels, classes);
      });
}

}  // namespace detail

/// -log p of the right class: log_probabilities [n, classes], labels [n] in 0 .. classes-1. Throws ShapeError,
/// IndexError.
template <detail::TensorOperand X>
auto nll_loss(const X& log_probabilities, const Tensor<std::int64_t>& labels, Reduction reduction = Reduction::mean) {
  detail::require_labels("nll_loss", shape_of(log_probabilities), labels);
  return detail::reduce_loss(-detail::gather(log_probabilities, labels), reduction);
}

/// -log softmax(logits) of the right class: logits [n, classes], labels [n] in 0 .. classes-1. Throws ShapeError,
/// IndexError.
template <detail::TensorOperand X>
auto cross_entropy_loss(const X& logits, const Tensor<std::int64_t>& labels, Reduction reduction = Reduction::mean) {
  detail::require_labels("cross_entropy_loss", shape_of(logits), labels);
  return detail::reduce_loss(-detail::gather(log_softmax(logits, 1), labels), reduction);
}

namespace detail {
template <class X, class Y>
auto cross_entropy_of_probabilities(const X& logits, const Y& probabilities, Reduction reduction) {
  if (shape_of(probabilities).rank() < shape_of(logits).rank())
    fail<ShapeError>({"cross_entropy_loss: logits ", shape_of(logits), " and target ", shape_of(probabilities),
                      ": class labels must be a Tensor<std::int64_t> of shape [n], as by y.to<std::int64_t>()"});
  require_same_shape("cross_entropy_loss", shape_of(logits), shape_of(probabilities));
  if (shape_of(logits).rank() != 2 || shape_of(logits)[1] < 2)
    fail<ShapeError>({"cross_entropy_loss: logits ", shape_of(logits), ": [n, classes] is expected, with at least two "
                      "classes; for one column of yes and no there is bce_with_logits_loss"});
  return reduce_loss(-sum(probabilities * log_softmax(logits, 1), 1), reduction);
}
}  // namespace detail

/// - sum over classes of t log softmax(logits), for targets that are probabilities: both [n, classes]. Whole numbers of
/// another type than std::int64_t are labels as well.
template <detail::TensorOperand X, detail::TensorOperand Y>
  requires(!std::is_same_v<Y, Tensor<std::int64_t>>)
auto cross_entropy_loss(const X& logits, const Y& probabilities, Reduction reduction = Reduction::mean) {
  if constexpr (is_tensor<Y> && std::is_integral_v<detail::scalar_type<Y>>)
    return cross_entropy_loss(logits, probabilities.template to<std::int64_t>(), reduction);
  else
    return detail::cross_entropy_of_probabilities(logits, probabilities, reduction);
}

// The same as objects, to be handed to fit().

struct MSELoss {
  Reduction reduction = Reduction::mean;
  auto operator()(const auto& prediction, const auto& target) const { return mse_loss(prediction, target, reduction); }
};
struct L1Loss {
  Reduction reduction = Reduction::mean;
  auto operator()(const auto& prediction, const auto& target) const { return l1_loss(prediction, target, reduction); }
};
struct HuberLoss {
  double delta = 1;
  Reduction reduction = Reduction::mean;
  auto operator()(const auto& prediction, const auto& target) const {
    return huber_loss(prediction, target, delta, reduction);
  }
};
struct BCEWithLogitsLoss {
  Reduction reduction = Reduction::mean;
  auto operator()(const auto& logits, const auto& target) const {
    return bce_with_logits_loss(logits, target, reduction);
  }
};
struct CrossEntropyLoss {
  Reduction reduction = Reduction::mean;
  auto operator()(const auto& logits, const auto& target) const {
    return cross_entropy_loss(logits, target, reduction);
  }
};
struct NLLLoss {
  Reduction reduction = Reduction::mean;
  auto operator()(const auto& log_probabilities, const auto& labels) const {
    return nll_loss(log_probabilities, labels, reduction);
  }
};

}  // namespace minigrad
