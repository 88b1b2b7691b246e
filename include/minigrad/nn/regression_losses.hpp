// nn/regression_losses.hpp - losses of predicted numbers that few programs need: smooth_l1_loss, poisson_nll_loss,
// gaussian_nll_loss. Not part of minigrad.hpp.
#pragma once

#include <cmath>
#include <cstddef>
#include <numbers>

#include "losses.hpp"

namespace minigrad::inline MINIGRAD_ABI {
namespace detail {

/// A check that every element of a tensor is at least `least`, or, if `more`, greater than it.
struct RequireAtLeast {
  const char* op;
  const char* what;      // "target"
  const char* expected;  // "counts are at least 0"
  double least = 0;
  bool more = false;

  void operator()(double x) const { inspect(&x, 1, 1); }
  template <class T>
  void operator()(const Tensor<T>& x) const {
    const std::size_t rows = x.rank() ? x.shape()[0] : 1;
    inspect(x.data(), x.size(), rows && x.size() ? x.size() / rows : 1);
  }

 private:
  template <class T>
  void inspect(const T* x, std::size_t n, std::size_t columns) const {
    for (std::size_t i = 0; i < n; ++i)
      if (const auto value = static_cast<double>(x[i]); value < least || (more && value == least))
        fail_in_row<ValueError>(i / columns, {op, ": ", what, " ", value}, {": ", expected});
  }
};

struct Beta {
  double beta;
  void describe(auto& list) const { list("beta", beta); }
};
/// dL/de of smooth_l1_loss for an error e: g e / beta, held between -1 and 1.
template <class G, class Difference, class B>
auto smooth_l1_rule(const G& g, const Difference& e, const B& beta) {
  return g * where(less(abs(e), beta), e / beta, sign(e));
}

}  // namespace detail

/// With e = p - t: e^2 / (2 beta) for |e| < beta, and |e| - beta / 2 otherwise: huber_loss / beta with delta = beta.
/// dL/dp = g e / beta, clamped to [-g, g]. beta = 0 is l1_loss. Throws ShapeError unless p and t have one shape, and
/// ValueError for a negative beta. Girshick, "Fast R-CNN", 2015.
inline constexpr auto smooth_l1_loss_op = elementwise(
    "smooth_l1_loss",
    [](const auto& a, auto p, auto t) {
      const auto size = abs(p - t), b = constant_like(p, a.beta);
      return size < b ? size * size / (2 * b) : size - b / 2;
    },
    [](const auto& a, auto g, auto p, auto t) { return detail::smooth_l1_rule(g, p - t, constant_like(p, a.beta)); },
    [](const auto& a, auto g, auto p, auto t) { return detail::smooth_l1_rule(g, t - p, constant_like(p, a.beta)); });
template <Operand P, Operand Y>
auto smooth_l1_loss(const P& prediction, const Y& target, double beta = 1, Reduction reduction = Reduction::mean) {
  detail::require_same_shape("smooth_l1_loss", shape_of(prediction), shape_of(target));
  if (!(beta >= 0)) detail::fail<ValueError>({"smooth_l1_loss: beta is ", beta, ", and must be at least 0"});
  return detail::reduced_loss(smooth_l1_loss_op.with(detail::Beta{beta}), reduction, prediction, target);
}

namespace detail {
/// log(t!) for t > 1 by Stirling's formula, t log t - t + log(2 pi t) / 2, and 0 otherwise.
template <class Y>
auto stirling(const Y& t) {
  const auto n = where(greater(t, 1), t, constant_like(t, 1));
  return where(greater(t, 1), n * log(n) - n + log(n * constant_like(t, 2 * std::numbers::pi)) / 2, 0);
}
}  // namespace detail

/// What poisson_nll_loss takes besides prediction and target.
struct PoissonNLLOptions {
  bool log_input = true;                  ///< the prediction x is the logarithm of the rate, else the rate
  bool full = false;                      ///< adds log(t!), by Stirling's formula for t > 1, which does not depend on x
  double eps = 1e-8;                      ///< is added to a rate before its logarithm is taken
  Reduction reduction = Reduction::mean;  ///< of the losses; fit() takes the mean only
};
/// -log of the probability of a count t by a Poisson distribution, up to log(t!): e^x - t x where x is the logarithm of
/// the rate, else x - t log(x + eps). Throws ShapeError unless x and t have one shape, and ValueError for a negative
/// target or rate, naming its row.
template <Operand X, Operand Y>
auto poisson_nll_loss(const X& prediction, const Y& target, const PoissonNLLOptions& o = {}) {
  constexpr const char* op = "poisson_nll_loss";
  detail::require_same_shape(op, shape_of(prediction), shape_of(target));
  if (!(o.eps >= 0)) detail::fail<ValueError>({op, ": eps is ", o.eps, ", and must be at least 0"});
  detail::require(detail::RequireAtLeast{op, "target", "counts are at least 0"}, target);
  if (!o.log_input)
    detail::require(detail::RequireAtLeast{op, "prediction", "rates are at least 0; of their logarithms say log_input = true"},
                    prediction);
  const auto loss = [&] {
    if (o.log_input) return exp(prediction) - target * prediction;
    return prediction - target * log(prediction + constant_like(prediction, o.eps));
  }();
  return detail::reduce_loss(o.full ? loss + detail::stirling(target) : loss, o.reduction);
}

namespace detail {
struct Eps {
  double eps;
  void describe(auto& list) const { list("eps", eps); }
};
/// The variance, at least eps.
template <class S, class Number>
auto held_variance(const S& variance, const Number& eps) {
  return where(less(variance, eps), eps, variance);
}
}  // namespace detail

/// (log v + (p - t)^2 / v) / 2 with v = max(variance, eps): -log of the density of t in a normal distribution, up to a
/// constant. As in PyTorch, dL/dv is that at the v which is used, also where that is eps.
inline constexpr auto gaussian_nll_loss_op = elementwise(
    "gaussian_nll_loss",
    [](const auto& a, auto p, auto t, auto variance) {
      using std::log;
      const auto v = variance < constant_like(p, a.eps) ? constant_like(p, a.eps) : variance;
      return (log(v) + (p - t) * (p - t) / v) / 2;
    },
    [](const auto& a, auto g, auto p, auto t, auto s) {
      return g * (p - t) / detail::held_variance(s, constant_like(p, a.eps));
    },
    [](const auto& a, auto g, auto p, auto t, auto s) {
      return g * (t - p) / detail::held_variance(s, constant_like(p, a.eps));
    },
    [](const auto& a, auto g, auto p, auto t, auto s) {
      const auto v = detail::held_variance(s, constant_like(p, a.eps)), e = p - t;
      return g * (v - e * e) / (2 * v * v);
    });
/// What gaussian_nll_loss takes besides prediction, target and variance.
struct GaussianNLLOptions {
  bool full = false;                      ///< adds the constant log(2 pi) / 2
  double eps = 1e-6;                      ///< the smallest variance, for stability
  Reduction reduction = Reduction::mean;  ///< of the losses; fit() takes the mean only
};
/// -log of the density of the target in a normal distribution with the predicted mean and variance. The variance has the
/// shape of the mean, or 1 as its last extent. Throws ShapeError, and ValueError for a negative variance, naming its
/// row, and unless eps > 0. Nix and Weigend, "Estimating the mean and variance of the target probability distribution",
/// 1994.
template <Operand P, Operand Y, Operand S>
auto gaussian_nll_loss(const P& prediction, const Y& target, const S& variance, const GaussianNLLOptions& o = {}) {
  constexpr const char* op = "gaussian_nll_loss";
  detail::require_same_shape(op, shape_of(prediction), shape_of(target));
  Shape column = shape_of(prediction);
  if (column.rank() > 0) column[column.rank() - 1] = 1;
  if (const Shape shape = shape_of(variance); shape != shape_of(prediction) && shape != column)
    detail::fail<ShapeError>({op, ": prediction ", shape_of(prediction), " and variance ", shape,
                              ": the variance has the shape of the prediction, or ", column});
  if (!(o.eps > 0)) detail::fail<ValueError>({op, ": eps is ", o.eps, ", and must be positive"});
  detail::require(detail::RequireAtLeast{op, "variance", "variances are at least 0; exp() or softplus() of a layer's output is"},
                  variance);
  const auto loss = gaussian_nll_loss_op.apply(detail::Eps{o.eps}, prediction, target, variance);
  if (!o.full) return detail::reduce_loss(loss, o.reduction);
  return detail::reduce_loss(loss + constant_like(loss, std::log(2 * std::numbers::pi) / 2), o.reduction);
}

// The same losses as function objects, for fit().

/// smooth_l1_loss as a function object: quadratic for errors below beta, |error| above.
struct SmoothL1Loss {
  static constexpr bool takes_handles = true;  ///< for fit(): the target may be a Var
  double beta = 1;                             ///< where the loss becomes linear in the error, at least 0
  Reduction reduction = Reduction::mean;       ///< of the losses; fit() takes the mean only
  auto operator()(const auto& prediction, const auto& target) const {
    return smooth_l1_loss(prediction, target, beta, reduction);
  }
};
/// poisson_nll_loss as a function object: predicted rates, or their logarithms, and counts.
struct PoissonNLLLoss : PoissonNLLOptions {
  static constexpr bool takes_handles = true;  ///< for fit(): the target may be a Var
  explicit PoissonNLLLoss(const PoissonNLLOptions& o = {}) : PoissonNLLOptions(o) {}
  auto operator()(const auto& prediction, const auto& target) const {
    return poisson_nll_loss(prediction, target, *this);
  }
};
/// gaussian_nll_loss as a function object: predicted means and variances, for a model that gives both.
struct GaussianNLLLoss : GaussianNLLOptions {
  static constexpr bool takes_handles = true;  ///< for fit(): the target may be a Var
  explicit GaussianNLLLoss(const GaussianNLLOptions& o = {}) : GaussianNLLOptions(o) {}
  auto operator()(const auto& prediction, const auto& target, const auto& variance) const {
    return gaussian_nll_loss(prediction, target, variance, *this);
  }
};

}  // namespace minigrad
