// optim/adam.hpp - Adam and AdamW: the step of each weight is about the learning rate, whatever the scale of its
// gradients is.
#pragma once

#include "optimizer.hpp"

namespace minigrad::inline MINIGRAD_ABI {
namespace detail {

/// Adam's rule. `weight_decay` * w is added to the gradient; `shrink_by` multiplies the weight itself.
template <class V, class Options>
class AdamBase : public Optimizer<V, Options> {
 public:
  using Optimizer<V, Options>::Optimizer;

 protected:
  using Group = typename Optimizer<V, Options>::Group;

  void step_with(Group& group, double weight_decay, double shrink_by) {
    using T = typename AdamBase::Number;
    const Options& o = group.options;
    const T decay = static_cast<T>(weight_decay), shrink = static_cast<T>(shrink_by), eps = static_cast<T>(o.eps);
    const T keep1 = static_cast<T>(o.beta1), take1 = static_cast<T>(1 - o.beta1), sign = o.maximize ? -1 : 1;
    const T keep2 = static_cast<T>(o.beta2), take2 = static_cast<T>(1 - o.beta2);
    const T amsgrad = o.amsgrad ? 1 : 0;
    const auto rule_at = [&](auto& slot) {
      const double t = static_cast<double>(slot.steps);
      const T lr = static_cast<T>(o.lr / (1 - std::pow(o.beta1, t)));
      const T scale = static_cast<T>(1 / std::sqrt(1 - std::pow(o.beta2, t)));
      return [=](auto& w, auto g, auto& m, auto& v, auto& largest_v) {
        g = sign * g + decay * w;
        w *= shrink;
        m = keep1 * m + take1 * g;
        v = keep2 * v + take2 * g * g;
        largest_v = larger(amsgrad * largest_v, v);  // without amsgrad, largest_v refers to v
        w -= lr * m / (sqrt(largest_v) * scale + eps);
      };
    };
    this->template update<3>(group, rule_at, {}, o.states());
  }
};

template <class Options>
void require_valid_adam(const Options& o) {
  require_fraction(Options::name, "beta1", o.beta1);
  require_fraction(Options::name, "beta2", o.beta2);
  require_not_negative(Options::name, "eps", o.eps);
}
/// The options that all variants have, with those that only some have.
template <class Options, class... Own>
auto adam_fields(Options& o, const Own&... own) {
  return std::array<StateField, 6 + sizeof...(Own)>{{{"lr", o.lr},
                                                     {"beta1", o.beta1},
                                                     {"beta2", o.beta2},
                                                     {"eps", o.eps},
                                                     {"weight_decay", o.weight_decay},
                                                     own...,
                                                     {"maximize", o.maximize}}};
}

}  // namespace detail

/// Options of Adam. lr, eps and weight_decay are at least 0.
struct AdamOptions {
  double lr = 1e-3;  ///< about the size of a weight's step
  /// The share of the running averages of g and g^2 that each step keeps.
  double beta1 = 0.9, beta2 = 0.999;
  double eps = 1e-8;        ///< is added to the root, so that nothing is divided by 0
  double weight_decay = 0;  ///< adds weight_decay * w to the gradient
  bool amsgrad = false;     ///< divides by the root of the largest v so far
  bool maximize = false;    ///< uses -g in place of g

  /// For the base class: the optimizer's name, the names and the number of the tensors that it keeps for a parameter,
  /// the options by name. require_valid() throws ValueError for an option out of range.
  static constexpr const char* name = "Adam";
  static constexpr const char* state_names[] = {"exp_avg", "exp_avg_sq", "max_exp_avg_sq"};
  std::size_t states() const { return amsgrad ? 3 : 2; }
  template <class = void>
  auto fields() {
    return detail::adam_fields(*this, detail::StateField{"amsgrad", amsgrad});
  }
  template <class = void>
  void require_valid() const {
    detail::require_valid_adam(*this);
  }
};

/// m <- beta1 m + (1 - beta1) g
/// v <- beta2 v + (1 - beta2) g^2
/// w <- w - lr m' / (sqrt(v') + eps),  m' = m / (1 - beta1^t),  v' = v / (1 - beta2^t) at step t
/// m' and v' correct the bias of averages that start from 0. Kingma and Ba, "Adam: a method for stochastic
/// optimization", 2015; amsgrad: Reddi, Kale and Kumar, "On the convergence of Adam and beyond", 2018.
///
///   Adam optimizer(model, {.lr = 0.01});
template <class V>
class Adam : public detail::AdamBase<V, AdamOptions> {
 public:
  using detail::AdamBase<V, AdamOptions>::AdamBase;
  Adam(detail::AnyArgument, ...) = delete;  // minigrad: no option has this name, or their order is another

  /// Updates every parameter that has a gradient, and keeps the gradients. Throws ValueError for an option out of range
  /// and a gradient that another optimizer used, ShapeError for a parameter whose shape changed.
  void step() {
    for (auto& group : this->groups_for_step()) this->step_with(group, group.options.weight_decay, 1);
  }
};
template <class M>
Adam(M&, AdamOptions = {}) -> Adam<detail::optimized_value<M>>;
template <class M>
Adam(const M&, ...) -> Adam<detail::optimized_value<M>>;
template <class V>
Adam(std::vector<ParameterRef<V>>, AdamOptions = {}) -> Adam<V>;

/// Options of AdamW. lr, eps and weight_decay are at least 0.
struct AdamWOptions {
  double lr = 1e-3;  ///< about the size of a weight's step
  /// The share of the running averages of g and g^2 that each step keeps.
  double beta1 = 0.9, beta2 = 0.999;
  double eps = 1e-8;           ///< is added to the root, so that nothing is divided by 0
  double weight_decay = 1e-2;  ///< each step subtracts lr * weight_decay * w from w
  bool amsgrad = false;        ///< divides by the root of the largest v so far
  bool maximize = false;       ///< uses -g in place of g

  /// For the base class: the optimizer's name, the names and the number of the tensors that it keeps for a parameter,
  /// the options by name. require_valid() throws ValueError for an option out of range.
  static constexpr const char* name = "AdamW";
  static constexpr const char* state_names[] = {"exp_avg", "exp_avg_sq", "max_exp_avg_sq"};
  std::size_t states() const { return amsgrad ? 3 : 2; }
  template <class = void>
  auto fields() {
    return detail::adam_fields(*this, detail::StateField{"amsgrad", amsgrad});
  }
  template <class = void>
  void require_valid() const {
    detail::require_valid_adam(*this);
  }
};

/// w <- w - lr weight_decay w, then Adam's step. The decay is not divided by sqrt(v').
/// Loshchilov and Hutter, "Decoupled weight decay regularization", 2019.
template <class V>
class AdamW : public detail::AdamBase<V, AdamWOptions> {
 public:
  using detail::AdamBase<V, AdamWOptions>::AdamBase;
  AdamW(detail::AnyArgument, ...) = delete;  // minigrad: no option has this name, or their order is another

  /// Updates every parameter that has a gradient, and keeps the gradients. Throws ValueError for an option out of range
  /// and a gradient that another optimizer used, ShapeError for a parameter whose shape changed.
  void step() {
    for (auto& group : this->groups_for_step())
      this->step_with(group, 0, 1 - group.options.lr * group.options.weight_decay);
  }
};
template <class M>
AdamW(M&, AdamWOptions = {}) -> AdamW<detail::optimized_value<M>>;
template <class M>
AdamW(const M&, ...) -> AdamW<detail::optimized_value<M>>;
template <class V>
AdamW(std::vector<ParameterRef<V>>, AdamWOptions = {}) -> AdamW<V>;

}  // namespace minigrad::inline MINIGRAD_ABI
