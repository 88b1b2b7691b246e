// nn/norm.hpp - BatchNorm1d and BatchNorm2d.
//
//   y = (x - mean) / sqrt(var + eps) * weight + bias
//
// for each channel. In training mode mean and var are those of the batch, and the running statistics move towards them;
// in evaluation mode they are the running statistics. Names, defaults and state are PyTorch's. Ioffe and Szegedy,
// "Batch normalization", 2015.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>

#include "../ops/batch_norm.hpp"
#include "init.hpp"
#include "module.hpp"

namespace minigrad::inline MINIGRAD_ABI {

/// Options of BatchNorm1d and BatchNorm2d.
struct BatchNormOptions {
  double eps = 1e-5;  ///< is added to the variance, so that nothing is divided by 0; at least 0
  /// running = (1 - momentum) running + momentum batch; std::nullopt is the average of all batches. In 0..1.
  std::optional<double> momentum = 0.1;
  bool affine = true;               ///< whether there are weight and bias
  bool track_running_stats = true;  ///< without, evaluation mode uses the statistics of the batch too
};

namespace detail {

template <class T, std::size_t Axes>
class BatchNorm {
  using V = Tensor<T>;

 public:
  Parameter<V> weight, bias;
  mutable V running_mean, running_var;
  mutable Tensor<std::int64_t> num_batches_tracked;  // a single number
  bool training = true;

  V operator()(const V& x) const& {
    V saved;
    return uses_batch() ? of_batch(x, nullptr, saved) : of_running(x, running_mean, running_var);
  }
  Var<V> operator()(const Var<V>& x) const& {
    x.graph().note_mode(training);
    if (uses_batch()) return of_batch(x, &x.graph(), x.graph().saved());
    // Rules read a copy of the mean, as a call in training mode would move it before they run. None reads the variance.
    return of_running(x, stop_gradient(x.graph().borrow(running_mean)), x.graph().borrow(running_var));
  }
  /// Of another number type: a compile error.
  template <class X>
    requires(Operand<X> && !std::is_same_v<scalar_type<X>, T>)
  void operator()(const X&) const& {
    static_assert(std::is_same_v<scalar_type<X>, T>,
                  "minigrad: the layer and its input hold different number types: convert one, as by x.to<float>()");
  }
  /// Of a temporary layer: a compile error.
  template <std::same_as<V> X>
  void operator()(const Var<X>&) && {
    detail::refuse_temporary<X>();
  }

  auto parts() { return std::tie(weight, bias, running_mean, running_var, num_batches_tracked); }
  static constexpr const char* part_names[] = {"weight", "bias", "running_mean", "running_var", "num_batches_tracked"};
  std::string describe() const {
    std::string out = concat({name_, "(", channels_});
    if (options_.eps != 1e-5) append(out, {", eps ", format_exact(options_.eps)});
    if (!options_.momentum)
      out += ", cumulative";
    else if (*options_.momentum != 0.1)
      append(out, {", momentum ", format_exact(*options_.momentum)});
    if (!options_.affine) out += ", not affine";
    if (!options_.track_running_stats) out += ", no running statistics";
    return out + ")";
  }

 protected:
  BatchNorm(const char* name, std::size_t channels, const BatchNormOptions& options)
      : weight(V()), bias(V()), name_(name), channels_(channels), options_(options) {
    const auto filled = [&](double value) {
      V out = V::empty({channels});
      out.fill(static_cast<T>(value));
      return out;
    };
    if (const auto n = size_as_given(channels); n < 1)
      fail<ValueError>({name, ": ", n, " channels: there must be at least 1"});
    if (!(options.eps >= 0) || (options.momentum && !(*options.momentum >= 0 && *options.momentum <= 1)))
      fail<ValueError>({name, ": eps ", options.eps, " and momentum ", options.momentum.value_or(0),
                        ": eps must be at least 0, and momentum 0 .. 1"});
    if (options.affine) weight = Parameter<V>(filled(1)), bias = Parameter<V>(filled(0));
    if (!options.track_running_stats) return;
    running_mean = filled(0), running_var = filled(1), num_batches_tracked = Tensor<std::int64_t>::scalar(0);
  }

 private:
  bool uses_batch() const { return training || !options_.track_running_stats; }

  void require_shape(const Shape& x) const {
    const bool fits = x.rank() == Axes + 2 || (Axes == 1 && x.rank() == 2);
    if (!fits || x[1] != channels_)
      fail<ShapeError>({name_, ": x ", x, ": must be [n, ", channels_,
                        Axes == 2 ? ", height, width]" : "] or [n, channels, length]", ", with ", channels_,
                        " channels"});
  }
  template <class X>
  auto of_batch(const X& x, Graph<V>* graph, V& saved) const {
    require_shape(shape_of(x));
    const bool moves = training && options_.track_running_stats;
    const BatchNormAttributes<V> a{name_,
                                   options_.eps,
                                   graph,
                                   &saved,
                                   moves ? &running_mean : nullptr,
                                   moves ? &running_var : nullptr,
                                   options_.momentum.value_or(-1),
                                   moves ? &num_batches_tracked : nullptr};
    if (options_.affine) return batch_norm_op.apply(a, x, weight, bias);
    V ones = V::empty({channels_}), zeros = ones;
    ones.fill(1), zeros.fill(0);
    return batch_norm_op.apply(a, x, ones, zeros);
  }
  template <class X, class M>
  auto of_running(const X& x, const M& mean, const M& variance) const {
    require_shape(shape_of(x));
    Shape aligned{channels_};  // [channels, 1, 1]
    for (std::size_t axis = 2; axis < shape_of(x).rank(); ++axis) aligned.push_back(1);
    const auto r = reciprocal(sqrt(variance + static_cast<T>(options_.eps)));
    if (!options_.affine) return x * reshape(r, aligned) - reshape(mean * r, aligned);
    const auto scale = r * operand(weight, x);
    return x * reshape(scale, aligned) + reshape(operand(bias, x) - mean * scale, aligned);
  }

  const char* name_;
  std::size_t channels_;
  BatchNormOptions options_;
};

}  // namespace detail

/// x [n, channels] or [n, channels, length], and x [n, channels, height, width]. weight is 1 and bias 0 at first, both
/// [channels]; the buffers running_mean, running_var and num_batches_tracked are part of the state. Two threads may
/// call one layer in evaluation mode only. Throw ShapeError for an x of another shape and, in training, for one number
/// for each channel.
template <class T = float>
struct BatchNorm1d : detail::BatchNorm<T, 1> {
  explicit BatchNorm1d(std::size_t channels, const BatchNormOptions& options = {})
      : detail::BatchNorm<T, 1>("BatchNorm1d", channels, options) {}
};
/// The same for images: x [n, channels, height, width].
template <class T = float>
struct BatchNorm2d : detail::BatchNorm<T, 2> {
  explicit BatchNorm2d(std::size_t channels, const BatchNormOptions& options = {})
      : detail::BatchNorm<T, 2>("BatchNorm2d", channels, options) {}
};

}  // namespace minigrad::inline MINIGRAD_ABI
