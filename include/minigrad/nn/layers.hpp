// nn/layers.hpp - Linear, the activations as layers, and Dropout.
//
// A layer is called on a Tensor for inference and on a Var for training; the same line serves both.
#pragma once

#include <string>

#include "init.hpp"
#include "module.hpp"

namespace minigrad {

/// y = x W' + b: x [..., in] gives y [..., out]. weight is [out, in], bias [out]; both start as U(-1/sqrt(in),
/// 1/sqrt(in)), as in PyTorch.
template <class T = float>
struct Linear {
  Parameter<Tensor<T>> weight, bias;

  Linear(std::size_t in, std::size_t out, Rng& rng)
      : weight(Tensor<T>::empty({out, in})), bias(Tensor<T>::empty({out})) {
    if (in == 0 || out == 0)
      detail::fail<ValueError>({"Linear: ", in, " inputs and ", out, " outputs: both must be at least 1"});
    const double bound = 1 / std::sqrt(static_cast<double>(in));
    init::uniform_(weight.value(), -bound, bound, rng);
    init::uniform_(bias.value(), -bound, bound, rng);
  }

  auto operator()(const auto& x) const& { return linear(x, weight, bias); }
  /// A layer must live until backward() is done, which one that is made for this call does not.
  template <class V>
  void operator()(const Var<V>& x) && = delete;

  auto parts() { return std::tie(weight, bias); }
  static constexpr const char* part_names[] = {"weight", "bias"};
  std::string describe() const {
    const Shape& shape = weight.value().shape();
    return detail::concat({"Linear(", shape[1], ", ", shape[0], ")"});
  }
};

struct ReLU {
  auto operator()(const auto& x) const { return relu(x); }
  std::string describe() const { return "ReLU"; }
};
struct LeakyReLU {
  double slope = 0.01;
  auto operator()(const auto& x) const { return leaky_relu(x, slope); }
  std::string describe() const { return detail::concat({"LeakyReLU(", slope, ")"}); }
};
struct ELU {
  double alpha = 1;
  auto operator()(const auto& x) const { return elu(x, alpha); }
  std::string describe() const { return detail::concat({"ELU(", alpha, ")"}); }
};
struct Tanh {
  auto operator()(const auto& x) const { return tanh(x); }
  std::string describe() const { return "Tanh"; }
};
struct Sigmoid {
  auto operator()(const auto& x) const { return sigmoid(x); }
  std::string describe() const { return "Sigmoid"; }
};
struct Softplus {
  auto operator()(const auto& x) const { return softplus(x); }
  std::string describe() const { return "Softplus"; }
};
struct GELU {
  auto operator()(const auto& x) const { return gelu(x); }
  std::string describe() const { return "GELU"; }
};
struct SiLU {
  auto operator()(const auto& x) const { return silu(x); }
  std::string describe() const { return "SiLU"; }
};
struct Softmax {
  int axis = -1;
  auto operator()(const auto& x) const { return softmax(x, axis); }
  std::string describe() const { return "Softmax"; }
};
struct LogSoftmax {
  int axis = -1;
  auto operator()(const auto& x) const { return log_softmax(x, axis); }
  std::string describe() const { return "LogSoftmax"; }
};

/// In training mode each element is 0 with probability p, else divided by 1 - p, so that its expectation stays; in
/// evaluation mode nothing happens. Srivastava et al., "Dropout", 2014. The layer has a random stream of its own, begun
/// from `rng`. Throws ValueError unless 0 <= p < 1.
class Dropout {
 public:
  bool training = true;

  Dropout(double p, Rng& rng) : p_(p), rng_(rng()) {
    if (detail::is_nan(p) || !(p >= 0 && p < 1))
      detail::fail<ValueError>({"Dropout: p is ", p, ", and must be at least 0 and less than 1"});
  }

  template <class X>
  X operator()(const X& x) const {
    if (!training || p_ == 0) return x;
    auto mask = std::decay_t<decltype(value_of(x))>::empty(shape_of(x));
    using T = typename decltype(mask)::value_type;
    for (T& keep : mask) keep = static_cast<T>(rng_.uniform() < p_ ? 0 : 1 / (1 - p_));
    return x * mask;
  }
  std::string describe() const { return detail::concat({"Dropout(", p_, ")"}); }

 private:
  double p_;
  mutable Rng rng_;
};

}  // namespace minigrad
