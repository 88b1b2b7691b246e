// optim/adam_variants.hpp - NAdam, RAdam and Adamax: Adam with Nesterov's momentum, with a warm-up that follows from
// the variance of v, and with the largest gradient in place of the root of v. Included by name.
#pragma once

#include <cmath>
#include <cstddef>

#include "adam.hpp"

namespace minigrad::inline MINIGRAD_ABI {

/// Options of NAdam. lr, eps and weight_decay are at least 0.
struct NAdamOptions {
  double lr = 2e-3;  ///< about the size of a weight's step
  /// The share of the running averages of g and g^2 that each step keeps.
  double beta1 = 0.9, beta2 = 0.999;
  double eps = 1e-8;             ///< is added to the root, so that nothing is divided by 0
  double weight_decay = 0;       ///< adds weight_decay * w to the gradient
  double momentum_decay = 4e-3;  ///< how fast the momentum coefficient rises to beta1
  bool maximize = false;         ///< uses -g in place of g

  /// For the base class: the optimizer's name, the names and the number of the tensors that it keeps for a parameter,
  /// the options by name. require_valid() throws ValueError for an option out of range.
  static constexpr const char* name = "NAdam";
  static constexpr const char* state_names[] = {"exp_avg", "exp_avg_sq"};
  static constexpr const char* product_name = "mu_product";  ///< of mu_1 ... mu_t in the state of a parameter
  std::size_t states() const { return 2; }
  auto fields() { return detail::adam_fields(*this, detail::StateField{"momentum_decay", momentum_decay}); }
  void require_valid() const {
    detail::require_valid_adam(*this);
    detail::require_not_negative(name, "momentum_decay", momentum_decay);
  }
};

/// mu_t = beta1 (1 - 0.96^(t momentum_decay) / 2),  M_t = mu_1 mu_2 ... mu_t
/// m <- beta1 m + (1 - beta1) g,  v <- beta2 v + (1 - beta2) g^2
/// w <- w - lr ((1 - mu_t) g / (1 - M_t) + mu_(t+1) m / (1 - M_(t+1))) / (sqrt(v / (1 - beta2^t)) + eps)
/// Dozat, "Incorporating Nesterov momentum into Adam", 2016.
template <class V>
class NAdam : public detail::Optimizer<V, NAdamOptions> {
 public:
  using detail::Optimizer<V, NAdamOptions>::Optimizer;
  NAdam(detail::AnyArgument, ...) = delete;  // minigrad: no option has this name, or their order is another

  /// Updates every parameter that has a gradient, and keeps the gradients. Throws ValueError for an option out of range
  /// and a gradient that another optimizer used, ShapeError for a parameter whose shape changed.
  void step() {
    using T = typename NAdam::Number;
    for (auto& group : this->groups_for_step()) {
      const NAdamOptions& o = group.options;
      const T decay = static_cast<T>(o.weight_decay), eps = static_cast<T>(o.eps), sign = o.maximize ? -1 : 1;
      const T keep1 = static_cast<T>(o.beta1), take1 = static_cast<T>(1 - o.beta1);
      const T keep2 = static_cast<T>(o.beta2), take2 = static_cast<T>(1 - o.beta2);
      const auto mu_at = [&](double t) { return o.beta1 * (1 - 0.5 * std::pow(0.96, t * o.momentum_decay)); };
      const auto rule_at = [&](auto& slot) {
        const double t = static_cast<double>(slot.steps), mu = mu_at(t), next_mu = mu_at(t + 1);
        slot.product *= mu;
        const T of_g = static_cast<T>(o.lr * (1 - mu) / (1 - slot.product));
        const T of_m = static_cast<T>(o.lr * next_mu / (1 - slot.product * next_mu));
        const T scale = static_cast<T>(1 / std::sqrt(1 - std::pow(o.beta2, t)));
        return [=](auto& w, auto g, auto& m, auto& v) {
          g = sign * g + decay * w;
          m = keep1 * m + take1 * g;
          v = keep2 * v + take2 * g * g;
          w -= (of_g * g + of_m * m) / (sqrt(v) * scale + eps);
        };
      };
      this->template update<2>(group, rule_at);
    }
  }
};
template <class M>
NAdam(M&, NAdamOptions = {}) -> NAdam<detail::optimized_value<M>>;
template <class M>
NAdam(const M&, ...) -> NAdam<detail::optimized_value<M>>;
template <class V>
NAdam(std::vector<ParameterRef<V>>, NAdamOptions = {}) -> NAdam<V>;

/// Options of RAdam. lr, eps and weight_decay are at least 0.
struct RAdamOptions {
  double lr = 1e-3;  ///< the factor of each step
  /// The share of the running averages of g and g^2 that each step keeps.
  double beta1 = 0.9, beta2 = 0.999;
  double eps = 1e-8;        ///< is added to the root, so that nothing is divided by 0
  double weight_decay = 0;  ///< adds weight_decay * w to the gradient
  bool maximize = false;    ///< uses -g in place of g

  /// For the base class: the optimizer's name, the names and the number of the tensors that it keeps for a parameter,
  /// the options by name. require_valid() throws ValueError for an option out of range.
  static constexpr const char* name = "RAdam";
  static constexpr const char* state_names[] = {"exp_avg", "exp_avg_sq"};
  std::size_t states() const { return 2; }
  auto fields() { return detail::adam_fields(*this); }
  void require_valid() const { detail::require_valid_adam(*this); }
};

/// Adam's m, v and m' = m / (1 - beta1^t). rho_t estimates of how many gradients v is the average:
/// rho = 2 / (1 - beta2) - 1,  rho_t = rho - 2 t beta2^t / (1 - beta2^t)
/// rho_t > 5:  w <- w - lr r_t m' sqrt(1 - beta2^t) / (sqrt(v) + eps),
///             r_t^2 = (rho_t - 4) (rho_t - 2) rho / ((rho - 4) (rho - 2) rho_t)
/// else, since v is not to be trusted yet:  w <- w - lr m'
/// Liu et al., "On the variance of the adaptive learning rate and beyond", 2020.
template <class V>
class RAdam : public detail::Optimizer<V, RAdamOptions> {
 public:
  using detail::Optimizer<V, RAdamOptions>::Optimizer;
  RAdam(detail::AnyArgument, ...) = delete;  // minigrad: no option has this name, or their order is another

  /// Updates every parameter that has a gradient, and keeps the gradients. Throws ValueError for an option out of range
  /// and a gradient that another optimizer used, ShapeError for a parameter whose shape changed.
  void step() {
    using T = typename RAdam::Number;
    for (auto& group : this->groups_for_step()) {
      const RAdamOptions& o = group.options;
      const T decay = static_cast<T>(o.weight_decay), eps = static_cast<T>(o.eps), sign = o.maximize ? -1 : 1;
      const T keep1 = static_cast<T>(o.beta1), take1 = static_cast<T>(1 - o.beta1);
      const T keep2 = static_cast<T>(o.beta2), take2 = static_cast<T>(1 - o.beta2);
      const double rho = 2 / (1 - o.beta2) - 1;
      const auto rule_at = [&](auto& slot) {
        const double t = static_cast<double>(slot.steps), kept = std::pow(o.beta2, t);
        const double rho_t = rho - 2 * t * kept / (1 - kept), lr = o.lr / (1 - std::pow(o.beta1, t));
        const bool rectified = rho_t > 5;
        const double r = std::sqrt((rho_t - 4) * (rho_t - 2) * rho / ((rho - 4) * (rho - 2) * rho_t));
        const T rate = static_cast<T>(rectified ? lr * r * std::sqrt(1 - kept) : lr);
        return [=](auto& w, auto g, auto& m, auto& v) {
          g = sign * g + decay * w;
          m = keep1 * m + take1 * g;
          v = keep2 * v + take2 * g * g;
          w -= rectified ? rate * m / (sqrt(v) + eps) : rate * m;
        };
      };
      this->template update<2>(group, rule_at);
    }
  }
};
template <class M>
RAdam(M&, RAdamOptions = {}) -> RAdam<detail::optimized_value<M>>;
template <class M>
RAdam(const M&, ...) -> RAdam<detail::optimized_value<M>>;
template <class V>
RAdam(std::vector<ParameterRef<V>>, RAdamOptions = {}) -> RAdam<V>;

/// Options of Adamax. lr, eps and weight_decay are at least 0.
struct AdamaxOptions {
  double lr = 2e-3;  ///< about the size of a weight's step
  /// The share of m, and of the largest gradient u, that each step keeps.
  double beta1 = 0.9, beta2 = 0.999;
  double eps = 1e-8;        ///< is added to |g|, so that u is not 0
  double weight_decay = 0;  ///< adds weight_decay * w to the gradient
  bool maximize = false;    ///< uses -g in place of g

  /// For the base class: the optimizer's name, the names and the number of the tensors that it keeps for a parameter,
  /// the options by name. require_valid() throws ValueError for an option out of range.
  static constexpr const char* name = "Adamax";
  static constexpr const char* state_names[] = {"exp_avg", "exp_inf"};
  std::size_t states() const { return 2; }
  auto fields() { return detail::adam_fields(*this); }
  void require_valid() const { detail::require_valid_adam(*this); }
};

/// m <- beta1 m + (1 - beta1) g,  u <- max(beta2 u, |g| + eps),  w <- w - lr m / ((1 - beta1^t) u)
/// Kingma and Ba, "Adam: a method for stochastic optimization", 2015, section 7.1.
template <class V>
class Adamax : public detail::Optimizer<V, AdamaxOptions> {
 public:
  using detail::Optimizer<V, AdamaxOptions>::Optimizer;
  Adamax(detail::AnyArgument, ...) = delete;  // minigrad: no option has this name, or their order is another

  /// Updates every parameter that has a gradient, and keeps the gradients. Throws ValueError for an option out of range
  /// and a gradient that another optimizer used, ShapeError for a parameter whose shape changed.
  void step() {
    using T = typename Adamax::Number;
    using detail::larger;
    for (auto& group : this->groups_for_step()) {
      const AdamaxOptions& o = group.options;
      const T decay = static_cast<T>(o.weight_decay), eps = static_cast<T>(o.eps), sign = o.maximize ? -1 : 1;
      const T keep1 = static_cast<T>(o.beta1), take1 = static_cast<T>(1 - o.beta1), keep2 = static_cast<T>(o.beta2);
      const auto rule_at = [&](auto& slot) {
        const T lr = static_cast<T>(o.lr / (1 - std::pow(o.beta1, static_cast<double>(slot.steps))));
        return [=](auto& w, auto g, auto& m, auto& u) {
          g = sign * g + decay * w;
          m = keep1 * m + take1 * g;
          u = larger(keep2 * u, simd::abs(g) + eps);
          w -= lr * m / u;
        };
      };
      this->template update<2>(group, rule_at);
    }
  }
};
template <class M>
Adamax(M&, AdamaxOptions = {}) -> Adamax<detail::optimized_value<M>>;
template <class M>
Adamax(const M&, ...) -> Adamax<detail::optimized_value<M>>;
template <class V>
Adamax(std::vector<ParameterRef<V>>, AdamaxOptions = {}) -> Adamax<V>;

}  // namespace minigrad::inline MINIGRAD_ABI
