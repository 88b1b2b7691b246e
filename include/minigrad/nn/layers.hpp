// nn/layers.hpp - Linear, Embedding, the activations as layers, and Dropout.
//
// A layer is called on a Tensor for inference and on a Var for training, with the same code.
#pragma once

#include <cmath>
#include <cstddef>
#include <string>
#include <tuple>

#include "init.hpp"
#include "module.hpp"

namespace minigrad::inline MINIGRAD_ABI {

/// Options of Linear.
struct LinearOptions {
  bool bias = true;  ///< adds b; false: the layer has no bias
};

/// y = x W' + b: x [..., in] gives y [..., out]. weight is [out, in], bias is [out], and there is none with {.bias =
/// false}. Both are initialized from U(-1/sqrt(in), 1/sqrt(in)), as in PyTorch. Throws ValueError if in or out is below 1;
/// called, ShapeError unless the last extent of x is in.
template <class T = float>
struct Linear {
  Parameter<Tensor<T>> weight, bias;  ///< [out, in], and [out] or empty

  Linear(std::size_t in, std::size_t out, Rng& rng, const LinearOptions& options = {})
      : weight(Tensor<T>::empty(checked(in, out))), bias(Tensor<T>::empty({options.bias ? out : 0})) {
    const double bound = 1 / std::sqrt(static_cast<double>(in));
    init::uniform_(weight.edit(), -bound, bound, rng);
    init::uniform_(bias.edit(), -bound, bound, rng);
  }

  auto operator()(const auto& x) const& {
    if (bias.value().size() > 0) return linear(x, weight, bias);
    detail::require_inputs("linear", shape_of(x), weight.value().shape());
    const auto& w = operand(weight, x);
    return detail::matmul_nt_rows(x, w);
  }
  /// Of a temporary layer: a compile error.
  template <class V>
  void operator()(const Var<V>&) && {
    detail::refuse_temporary<V>();
  }

  /// The parameters with their names, and the line of summary(): "Linear(2, 8)".
  auto parts() { return std::tie(weight, bias); }
  static constexpr const char* part_names[] = {"weight", "bias"};
  std::string describe() const {
    const Shape& shape = weight.value().shape();
    return detail::concat({"Linear(", shape[1], ", ", shape[0], bias.value().size() == 0 ? ", no bias)" : ")"});
  }

 private:
  static Shape checked(std::size_t in, std::size_t out) {
    const auto i = detail::size_as_given(in), o = detail::size_as_given(out);
    if (i < 1 || o < 1)
      detail::fail<ValueError>({"Linear: ", i, " inputs and ", o, " outputs: both must be at least 1"});
    return {out, in};
  }
};

/// Row x_i of weight for each whole number x_i: x [n] gives y [n, width]. weight is [count, width], initialized from
/// N(0, 1), as in PyTorch. Called on a Tensor<std::int64_t> for inference, and on a handle, graph.input(x), for
/// training. Throws ValueError if count or width is below 1, and IndexError for a number outside 0 .. count-1.
template <class T = float>
struct Embedding {
  Parameter<Tensor<T>> weight;  ///< [count, width]

  Embedding(std::size_t count, std::size_t width, Rng& rng) : weight(Tensor<T>::empty(checked(count, width))) {
    init::normal_(weight.edit(), 0, 1, rng);
  }

  /// Throws IndexError for an index of no row, naming where it stands.
  template <detail::Indices X>
  auto operator()(const X& x) const& {
    detail::require_rows("Embedding", weight.value().shape()[0], *detail::IndexRef(x));
    return index_select(operand(weight, x), x);
  }
  /// Of a temporary layer: a compile error.
  template <class V>
  void operator()(const IndexVar<V>&) && {
    detail::refuse_temporary<V>();
  }

  /// The parameter with its name, and the line of summary(): "Embedding(100, 8)".
  auto parts() { return std::tie(weight); }
  static constexpr const char* part_names[] = {"weight"};
  std::string describe() const {
    const Shape& shape = weight.value().shape();
    return detail::concat({"Embedding(", shape[0], ", ", shape[1], ")"});
  }

 private:
  static Shape checked(std::size_t count, std::size_t width) {
    const auto n = detail::size_as_given(count), w = detail::size_as_given(width);
    if (n < 1 || w < 1)
      detail::fail<ValueError>({"Embedding: ", n, " rows of width ", w, ": both must be at least 1"});
    return {count, width};
  }
};

namespace detail {
/// "Softmax", and "Softmax(0)" where the axis is not the last.
inline std::string with_axis(const char* layer, int axis) {
  return axis == -1 ? layer : concat({layer, "(", axis, ")"});
}
}  // namespace detail

/// relu(x) = max(0, x) for each element of x of any shape.
struct ReLU {
  auto operator()(const auto& x) const { return relu(x); }
  /// The line of summary().
  std::string describe() const { return "ReLU"; }
};
/// leaky_relu(x): x for x > 0, and slope x otherwise, for each element.
struct LeakyReLU {
  double slope = 0.01;  ///< the factor of negative numbers
  auto operator()(const auto& x) const { return leaky_relu(x, slope); }
  /// The line of summary().
  std::string describe() const { return detail::concat({"LeakyReLU(", format_exact(slope), ")"}); }
};
/// elu(x): x for x > 0, and alpha (e^x - 1) otherwise, for each element.
struct ELU {
  double alpha = 1;  ///< for x far below 0 the result is -alpha
  auto operator()(const auto& x) const { return elu(x, alpha); }
  /// The line of summary().
  std::string describe() const { return detail::concat({"ELU(", format_exact(alpha), ")"}); }
};
/// tanh(x) for each element.
struct Tanh {
  auto operator()(const auto& x) const { return tanh(x); }
  /// The line of summary().
  std::string describe() const { return "Tanh"; }
};
/// sigmoid(x) = 1 / (1 + e^-x) for each element.
struct Sigmoid {
  auto operator()(const auto& x) const { return sigmoid(x); }
  /// The line of summary().
  std::string describe() const { return "Sigmoid"; }
};
/// softplus(x) = log(1 + e^x) for each element.
struct Softplus {
  auto operator()(const auto& x) const { return softplus(x); }
  /// The line of summary().
  std::string describe() const { return "Softplus"; }
};
/// gelu(x) = x P(x) with the standard normal distribution P, for each element.
struct GELU {
  auto operator()(const auto& x) const { return gelu(x); }
  /// The line of summary().
  std::string describe() const { return "GELU"; }
};
/// silu(x) = x sigmoid(x) for each element.
struct SiLU {
  auto operator()(const auto& x) const { return silu(x); }
  /// The line of summary().
  std::string describe() const { return "SiLU"; }
};
/// softmax(x): e^x / sum of e^x along an axis. Throws IndexError where x has no such axis.
struct Softmax {
  int axis = -1;  ///< the axis whose results sum to 1; -1: the last
  auto operator()(const auto& x) const { return softmax(x, axis); }
  /// The line of summary().
  std::string describe() const { return detail::with_axis("Softmax", axis); }
};
/// log_softmax(x): x - log of the sum of e^x along an axis. Throws IndexError where x has no such axis.
struct LogSoftmax {
  int axis = -1;  ///< the axis of the sum; -1: the last
  auto operator()(const auto& x) const { return log_softmax(x, axis); }
  /// The line of summary().
  std::string describe() const { return detail::with_axis("LogSoftmax", axis); }
};

/// In training mode each element becomes 0 with probability p, and is divided by 1 - p otherwise, so that its
/// expectation does not change; see dropout(). In evaluation mode the layer returns its input. The layer has its own
/// random stream, seeded from `rng`. Throws ValueError unless 0 <= p < 1.
class Dropout {
 public:
  bool training = true;  ///< the mode, which train() and eval() set

  Dropout(double p, Rng& rng) : p_(p), rng_(rng()) { detail::require_probability("Dropout", p); }

  template <class X>
  X operator()(const X& x) const {
    if constexpr (is_var<X>) x.graph().note_mode(training);
    return training && p_ > 0 ? dropout(x, p_, rng_) : x;
  }
  /// The random generator with its name, and the line of summary(): "Dropout(0.5)".
  auto parts() { return std::tie(rng_); }
  static constexpr const char* part_names[] = {"generator"};
  std::string describe() const { return detail::concat({"Dropout(", format_exact(p_), ")"}); }

 private:
  double p_;
  mutable Rng rng_;
};

}  // namespace minigrad
