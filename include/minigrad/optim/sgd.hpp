// optim/sgd.hpp - stochastic gradient descent, with or without momentum.
#pragma once

#include "optimizer.hpp"

namespace minigrad::inline MINIGRAD_ABI {

/// Options of SGD. lr, momentum and weight_decay are at least 0.
struct SGDOptions {
  double lr = 1e-3;         ///< the learning rate: the factor of each step
  double momentum = 0;      ///< the share of the previous step that is added to this one; 0: none
  double dampening = 0;     ///< the share of the gradient that momentum leaves out
  double weight_decay = 0;  ///< adds weight_decay * w to the gradient (L2 regularization)
  bool nesterov = false;    ///< Nesterov's momentum: needs momentum above 0, and dampening 0
  bool maximize = false;    ///< uses -g in place of g

  /// For the base class: the optimizer's name, the names and the number of the tensors that it keeps for a parameter,
  /// the options by name. require_valid() throws ValueError for an option out of range.
  static constexpr const char* name = "SGD";
  static constexpr const char* state_names[] = {"momentum_buffer"};
  std::size_t states() const { return momentum == 0 ? 0 : 1; }
  template <class = void>
  auto fields() {
    return std::array<detail::StateField, 6>{{{"lr", lr},
                                              {"momentum", momentum},
                                              {"dampening", dampening},
                                              {"weight_decay", weight_decay},
                                              {"nesterov", nesterov},
                                              {"maximize", maximize}}};
  }
  template <class = void>
  void require_valid() const {
    detail::require_not_negative(name, "momentum", momentum);
    detail::require_option(dampening == dampening, name, "dampening", dampening, "a number");
    if (nesterov && (momentum == 0 || dampening != 0)) refuse_nesterov();
  }

 private:
  template <class = void>
  [[noreturn, gnu::cold, gnu::noinline]] void refuse_nesterov() const {
    detail::fail<ValueError>(
        {"SGD: nesterov needs momentum above 0 and dampening 0, but they are ", momentum, " and ", dampening});
  }
};

/// Plain:          w <- w - lr g
/// With momentum:  b <- momentum b + (1 - dampening) g,  w <- w - lr b
/// Nesterov's:     the same b,  w <- w - lr (g + momentum b)
/// The initial b is the first g. Polyak, "Some methods of speeding up the convergence of iteration methods", 1964;
/// Sutskever, Martens, Dahl and Hinton, "On the importance of initialization and momentum in deep learning", 2013.
///
///   SGD optimizer(model, {.lr = 0.1, .momentum = 0.9});
template <class V>
class SGD : public detail::Optimizer<V, SGDOptions> {
 public:
  using detail::Optimizer<V, SGDOptions>::Optimizer;
  SGD(detail::AnyArgument, ...) = delete;  // minigrad: no option has this name, or their order is another

  /// Updates every parameter that has a gradient, and keeps the gradients. Throws ValueError for an option out of range
  /// and a gradient that another optimizer used, ShapeError for a parameter whose shape changed.
  void step() {
    for (auto& group : this->groups_for_step()) {
      if (group.options.momentum == 0)
        plain_step(group);
      else
        momentum_step(group);
    }
  }

 private:
  using T = typename detail::Optimizer<V, SGDOptions>::Number;
  using Group = typename detail::Optimizer<V, SGDOptions>::Group;

  void plain_step(Group& group) {
    const SGDOptions& o = group.options;
    T lr = static_cast<T>(o.lr), decay = static_cast<T>(o.weight_decay);
    if (o.maximize) lr = -lr, decay = -decay;
    if (decay == 0)
      this->template update<0>(group, [=](auto&) { return [=](auto& w, auto g) { w -= lr * g; }; });
    else
      this->template update<0>(group, [=](auto&) { return [=](auto& w, auto g) { w -= lr * (g + decay * w); }; });
  }
  void momentum_step(Group& group) {
    const SGDOptions& o = group.options;
    const T lr = static_cast<T>(o.lr), decay = static_cast<T>(o.weight_decay), sign = o.maximize ? -1 : 1;
    const T momentum = static_cast<T>(o.momentum);
    this->template update<1>(group, [=, nesterov = o.nesterov, dampening = o.dampening](auto& slot) {
      const T share = static_cast<T>(slot.fresh ? 1 : 1 - dampening);
      return [=](auto& w, auto g, auto& b) {
        g = sign * g + decay * w;
        b = momentum * b + share * g;
        w -= lr * (nesterov ? g + momentum * b : b);
      };
    });
  }
};
template <class M>
SGD(M&, SGDOptions = {}) -> SGD<detail::optimized_value<M>>;
template <class M>
SGD(const M&, ...) -> SGD<detail::optimized_value<M>>;
template <class V>
SGD(std::vector<ParameterRef<V>>, SGDOptions = {}) -> SGD<V>;

}  // namespace minigrad::inline MINIGRAD_ABI
