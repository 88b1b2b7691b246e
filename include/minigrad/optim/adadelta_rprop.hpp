// optim/adadelta_rprop.hpp - Adadelta and Rprop: step sizes that follow from the gradients, and need no learning rate
// to be chosen. Included by name.
#pragma once

#include <array>
#include <cstddef>
#include <type_traits>

#include "optimizer.hpp"

namespace minigrad::inline MINIGRAD_ABI {

/// Options of Adadelta. lr, eps and weight_decay are at least 0.
struct AdadeltaOptions {
  double lr = 1;            ///< the factor of each step
  double rho = 0.9;         ///< the share of the running averages of g^2 and of the squared steps that each step keeps
  double eps = 1e-6;        ///< is added under both roots, so that the first step is not 0
  double weight_decay = 0;  ///< adds weight_decay * w to the gradient
  bool maximize = false;    ///< uses -g in place of g

  /// For the base class: the optimizer's name, the names and the number of the tensors that it keeps for a parameter,
  /// the options by name. require_valid() throws ValueError for an option out of range.
  static constexpr const char* name = "Adadelta";
  static constexpr const char* state_names[] = {"square_avg", "acc_delta"};
  std::size_t states() const { return 2; }
  auto fields() {
    return std::array<detail::StateField, 5>{
        {{"lr", lr}, {"rho", rho}, {"eps", eps}, {"weight_decay", weight_decay}, {"maximize", maximize}}};
  }
  void require_valid() const {
    detail::require_option(rho >= 0 && rho <= 1, name, "rho", rho, "at least 0 and at most 1");
    detail::require_not_negative(name, "eps", eps);
  }
};

/// s <- rho s + (1 - rho) g^2,  d = sqrt(a + eps) / sqrt(s + eps) g,  a <- rho a + (1 - rho) d^2,  w <- w - lr d
/// The root of a, the average of the squared steps so far, takes the place of a learning rate, and gives the step the
/// unit of w. Zeiler, "ADADELTA: an adaptive learning rate method", 2012.
template <class V>
class Adadelta : public detail::Optimizer<V, AdadeltaOptions> {
 public:
  using detail::Optimizer<V, AdadeltaOptions>::Optimizer;
  Adadelta(detail::AnyArgument, ...) = delete;  // minigrad: no option has this name, or their order is another

  /// Updates every parameter that has a gradient, and keeps the gradients. Throws ValueError for an option out of range
  /// and a gradient that another optimizer used, ShapeError for a parameter whose shape changed.
  void step() {
    using T = typename Adadelta::Number;
    for (auto& group : this->groups_for_step()) {
      const AdadeltaOptions& o = group.options;
      const T lr = static_cast<T>(o.lr), decay = static_cast<T>(o.weight_decay), eps = static_cast<T>(o.eps);
      const T keep = static_cast<T>(o.rho), take = static_cast<T>(1 - o.rho), sign = o.maximize ? -1 : 1;
      this->template update<2>(group, [&](auto&) {
        return [=](auto& w, auto g, auto& s, auto& a) {
          g = sign * g + decay * w;
          s = keep * s + take * g * g;
          const auto d = sqrt(a + eps) / sqrt(s + eps) * g;
          a = keep * a + take * d * d;
          w -= lr * d;
        };
      });
    }
  }
};
template <class M>
Adadelta(M&, AdadeltaOptions = {}) -> Adadelta<detail::optimized_value<M>>;
template <class M>
Adadelta(const M&, ...) -> Adadelta<detail::optimized_value<M>>;
template <class V>
Adadelta(std::vector<ParameterRef<V>>, AdadeltaOptions = {}) -> Adadelta<V>;

/// Options of Rprop. lr is at least 0.
struct RpropOptions {
  double lr = 0.01;  ///< the first step size of each weight
  /// The factors of the step size where the sign of the gradient changes, and where it does not.
  double etaminus = 0.5, etaplus = 1.2;
  /// The limits of the step size.
  double step_size_min = 1e-6, step_size_max = 50;
  bool maximize = false;  ///< uses -g in place of g

  /// For the base class: the optimizer's name, the names and the number of the tensors that it keeps for a parameter,
  /// the options by name. require_valid() throws ValueError for an option out of range.
  static constexpr const char* name = "Rprop";
  static constexpr const char* state_names[] = {"prev", "step_size"};
  std::size_t states() const { return 2; }
  auto fields() {
    return std::array<detail::StateField, 6>{{{"lr", lr},
                                              {"etaminus", etaminus},
                                              {"etaplus", etaplus},
                                              {"step_size_min", step_size_min},
                                              {"step_size_max", step_size_max},
                                              {"maximize", maximize}}};
  }
  void require_valid() const {
    detail::require_option(etaminus > 0 && etaminus < 1, name, "etaminus", etaminus, "above 0 and less than 1");
    detail::require_option(etaplus > 1, name, "etaplus", etaplus, "above 1");
    detail::require_not_negative(name, "step_size_min", step_size_min);
    detail::require_option(step_size_max >= step_size_min, name, "step_size_max", step_size_max,
                           "at least step_size_min");
  }
};

/// Each weight has a step size d, and uses the sign of its gradient only: w <- w - d sign(g). If g has the sign of the
/// gradient before, d <- etaplus d; if it has the other, d <- etaminus d, and the weight rests in this step. For the
/// gradients of whole datasets, since those of batches change their signs by chance.
/// Riedmiller and Braun, "A direct adaptive method for faster backpropagation learning: the RPROP algorithm", 1993.
template <class V>
class Rprop : public detail::Optimizer<V, RpropOptions> {
 public:
  using detail::Optimizer<V, RpropOptions>::Optimizer;
  Rprop(detail::AnyArgument, ...) = delete;  // minigrad: no option has this name, or their order is another

  /// Updates every parameter that has a gradient, and keeps the gradients. Throws ValueError for an option out of range
  /// and a gradient that another optimizer used, ShapeError for a parameter whose shape changed.
  void step() {
    using T = typename Rprop::Number;
    using detail::larger, simd::smaller, simd::select;
    for (auto& group : this->groups_for_step()) {
      const RpropOptions& o = group.options;
      const T minus = static_cast<T>(o.etaminus), plus = static_cast<T>(o.etaplus), sign = o.maximize ? -1 : 1;
      const T least = static_cast<T>(o.step_size_min), most = static_cast<T>(o.step_size_max), zero{}, one{1};
      const auto rule = [=](auto& w, auto g, auto& before, auto& d) {
        using X = std::remove_cvref_t<decltype(w)>;
        g = sign * g;
        const X agreement = g * before;
        d *= select(agreement > X(zero), X(plus), select(agreement < X(zero), X(minus), X(one)));
        d = smaller(larger(d, X(least)), X(most));
        g = select(agreement < X(zero), X(zero), g);
        w -= select(g > X(zero), X(one), select(g < X(zero), X(-one), X(g - g))) * d;  // NaN stays NaN
        before = g;
      };
      this->template update<2>(group, [&](auto&) { return rule; }, {0, o.lr});
    }
  }
};
template <class M>
Rprop(M&, RpropOptions = {}) -> Rprop<detail::optimized_value<M>>;
template <class M>
Rprop(const M&, ...) -> Rprop<detail::optimized_value<M>>;
template <class V>
Rprop(std::vector<ParameterRef<V>>, RpropOptions = {}) -> Rprop<V>;

}  // namespace minigrad::inline MINIGRAD_ABI
