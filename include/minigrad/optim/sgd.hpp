// optim/sgd.hpp - stochastic gradient descent, with or without momentum.
#pragma once

#include "optimizer.hpp"

namespace minigrad::inline MINIGRAD_ABI {

struct SGDOptions {
  double lr = 1e-3;
  double momentum = 0;      // the share of the previous step that is added to this one
  double dampening = 0;     // the share of the gradient that momentum leaves out
  double weight_decay = 0;  // adds weight_decay * w to the gradient (L2 regularization)
  bool nesterov = false;    // Nesterov's momentum

  static constexpr const char* name = "SGD";
  static constexpr const char* state_names[] = {"momentum_buffer"};
  std::size_t states() const { return momentum == 0 ? 0 : 1; }
  auto fields() {
    return std::array<detail::StateField, 5>{{{"lr", lr},
                                              {"momentum", momentum},
                                              {"dampening", dampening},
                                              {"weight_decay", weight_decay},
                                              {"nesterov", nesterov}}};
  }
  void require_valid() const {
    detail::require_not_negative(name, "momentum", momentum);
    if (nesterov && (momentum == 0 || dampening != 0))
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

  /// Updates every parameter that has a gradient, and keeps the gradients.
  void step() {
    using T = typename SGD::Number;
    const SGDOptions& o = this->options();
    const T lr = static_cast<T>(o.lr), decay = static_cast<T>(o.weight_decay);
    if (o.momentum == 0) {
      if (decay == 0) this->template update<0>([=](std::size_t) { return [=](auto& w, auto g) { w -= lr * g; }; });
      else this->template update<0>([=](std::size_t) { return [=](auto& w, auto g) { w -= lr * (g + decay * w); }; });
    } else {
      const T momentum = static_cast<T>(o.momentum);
      this->template update<1>([=, nesterov = o.nesterov, dampening = o.dampening](std::size_t t) {
        const T share = static_cast<T>(t == 1 ? 1 : 1 - dampening);
        return [=](auto& w, auto g, auto& b) {
          g += decay * w;
          b = momentum * b + share * g;
          w -= lr * (nesterov ? g + momentum * b : b);
        };
      });
    }
  }
};
template <class M>
SGD(M&, SGDOptions = {}) -> SGD<detail::optimized_value<M>>;
template <class V>
SGD(std::vector<ParameterRef<V>>, SGDOptions = {}) -> SGD<V>;

}  // namespace minigrad
