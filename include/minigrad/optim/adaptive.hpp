// optim/adaptive.hpp - Adagrad and RMSprop: a learning rate per weight, which is smaller for larger gradients.
#pragma once

#include "optimizer.hpp"

namespace minigrad::inline MINIGRAD_ABI {

/// Options of Adagrad. All numbers are at least 0.
struct AdagradOptions {
  double lr = 0.01;                      ///< the learning rate: the factor of each step
  double lr_decay = 0;                   ///< the rate at step t is lr / (1 + (t - 1) lr_decay)
  double weight_decay = 0;               ///< adds weight_decay * w to the gradient
  double initial_accumulator_value = 0;  ///< the sum of squares before the first step
  double eps = 1e-10;                    ///< is added to the root, so that nothing is divided by 0
  bool maximize = false;                 ///< uses -g in place of g

  /// For the base class: the optimizer's name, the names and the number of the tensors that it keeps for a parameter,
  /// the options by name. require_valid() throws ValueError for an option out of range.
  static constexpr const char* name = "Adagrad";
  static constexpr const char* state_names[] = {"sum"};
  std::size_t states() const { return 1; }
  template <class = void>
  auto fields() {
    return std::array<detail::StateField, 6>{{{"lr", lr},
                                              {"lr_decay", lr_decay},
                                              {"weight_decay", weight_decay},
                                              {"initial_accumulator_value", initial_accumulator_value},
                                              {"eps", eps},
                                              {"maximize", maximize}}};
  }
  template <class = void>
  void require_valid() const {
    detail::require_not_negative(name, "lr_decay", lr_decay);
    detail::require_not_negative(name, "initial_accumulator_value", initial_accumulator_value);
    detail::require_not_negative(name, "eps", eps);
  }
};

/// s <- s + g^2,  w <- w - lr g / (sqrt(s) + eps). The initial s is initial_accumulator_value.
/// Duchi, Hazan and Singer, "Adaptive subgradient methods for online learning and stochastic optimization", 2011.
template <class V>
class Adagrad : public detail::Optimizer<V, AdagradOptions> {
 public:
  using detail::Optimizer<V, AdagradOptions>::Optimizer;
  Adagrad(detail::AnyArgument, ...) = delete;  // minigrad: no option has this name, or their order is another

  /// Updates every parameter that has a gradient, and keeps the gradients. Throws ValueError for an option out of range
  /// and a gradient that another optimizer used, ShapeError for a parameter whose shape changed.
  void step() {
    using T = typename Adagrad::Number;
    for (auto& group : this->groups_for_step()) {
      const AdagradOptions& o = group.options;
      const T decay = static_cast<T>(o.weight_decay), eps = static_cast<T>(o.eps), sign = o.maximize ? -1 : 1;
      const auto rule_at = [&](auto& slot) {
        const T lr = static_cast<T>(o.lr / (1 + static_cast<double>(slot.steps - 1) * o.lr_decay));
        return [=](auto& w, auto g, auto& s) {
          g = sign * g + decay * w;
          s += g * g;
          w -= lr * g / (sqrt(s) + eps);
        };
      };
      this->template update<1>(group, rule_at, {o.initial_accumulator_value});
    }
  }
};
template <class M>
Adagrad(M&, AdagradOptions = {}) -> Adagrad<detail::optimized_value<M>>;
template <class M>
Adagrad(const M&, ...) -> Adagrad<detail::optimized_value<M>>;
template <class V>
Adagrad(std::vector<ParameterRef<V>>, AdagradOptions = {}) -> Adagrad<V>;

/// Options of RMSprop. All numbers are at least 0, and alpha is less than 1.
struct RMSpropOptions {
  double lr = 0.01;         ///< the learning rate: the factor of each step
  double alpha = 0.99;      ///< the share of the running averages that each step keeps
  double eps = 1e-8;        ///< is added to the root, so that nothing is divided by 0
  double weight_decay = 0;  ///< adds weight_decay * w to the gradient
  double momentum = 0;      ///< the share of the previous step that is added to this one; 0: none
  bool centered = false;    ///< divides by the standard deviation of g instead of its root mean square
  bool maximize = false;    ///< uses -g in place of g

  /// For the base class: the optimizer's name, the names and the number of the tensors that it keeps for a parameter,
  /// the options by name. require_valid() throws ValueError for an option out of range.
  static constexpr const char* name = "RMSprop";
  static constexpr const char* state_names[] = {"square_avg", "grad_avg", "momentum_buffer"};
  std::size_t states() const { return momentum != 0 || centered ? 3 : 1; }
  template <class = void>
  auto fields() {
    return std::array<detail::StateField, 7>{{{"lr", lr},
                                              {"alpha", alpha},
                                              {"eps", eps},
                                              {"weight_decay", weight_decay},
                                              {"momentum", momentum},
                                              {"centered", centered},
                                              {"maximize", maximize}}};
  }
  template <class = void>
  void require_valid() const {
    detail::require_fraction(name, "alpha", alpha);
    detail::require_not_negative(name, "eps", eps);
    detail::require_not_negative(name, "momentum", momentum);
  }
};

/// s <- alpha s + (1 - alpha) g^2,  w <- w - lr g / (sqrt(s) + eps).
/// centered: a <- alpha a + (1 - alpha) g, and s - a^2 replaces s under the root.
/// With momentum: b <- momentum b + g / (...),  w <- w - lr b.
/// Hinton, "Neural networks for machine learning", lecture 6, 2012; centered: Graves, "Generating sequences with
/// recurrent neural networks", 2013.
template <class V>
class RMSprop : public detail::Optimizer<V, RMSpropOptions> {
 public:
  using detail::Optimizer<V, RMSpropOptions>::Optimizer;
  RMSprop(detail::AnyArgument, ...) = delete;  // minigrad: no option has this name, or their order is another

  /// Updates every parameter that has a gradient, and keeps the gradients. Throws ValueError for an option out of range
  /// and a gradient that another optimizer used, ShapeError for a parameter whose shape changed.
  void step() {
    using T = typename RMSprop::Number;
    using detail::larger;
    for (auto& group : this->groups_for_step()) {
      const RMSpropOptions& o = group.options;
      const T lr = static_cast<T>(o.lr), decay = static_cast<T>(o.weight_decay), eps = static_cast<T>(o.eps);
      const T keep = static_cast<T>(o.alpha), take = static_cast<T>(1 - o.alpha), sign = o.maximize ? -1 : 1;
      const T momentum = static_cast<T>(o.momentum), zero{};
      const auto rule = [=, centered = o.centered](auto& w, auto g, auto& s, auto& a, auto& b) {
        g = sign * g + decay * w;
        s = keep * s + take * g * g;
        if (centered) a = keep * a + take * g;
        const auto variance = larger(std::decay_t<decltype(w)>(zero), s - a * a);  // rounding may make it negative
        b = momentum * b + g / (sqrt(variance) + eps);
        w -= lr * b;
      };
      if (o.states() == 3) {
        this->template update<3>(group, [&](auto&) { return rule; });
      } else {
        this->template update<1>(group, [&](auto&) {
          return [=](auto& w, auto g, auto& s) {
            std::decay_t<decltype(w)> a(zero), b(zero);
            rule(w, g, s, a, b);
          };
        });
      }
    }
  }
};
template <class M>
RMSprop(M&, RMSpropOptions = {}) -> RMSprop<detail::optimized_value<M>>;
template <class M>
RMSprop(const M&, ...) -> RMSprop<detail::optimized_value<M>>;
template <class V>
RMSprop(std::vector<ParameterRef<V>>, RMSpropOptions = {}) -> RMSprop<V>;

}  // namespace minigrad::inline MINIGRAD_ABI
