// nn/dropout2d.hpp - Dropout2d: whole channels of an image become 0, since neighbours in one channel say nearly the
// same.
//
// Tompson et al., "Efficient object localization using convolutional networks", 2015.
#pragma once

#include <string>
#include <tuple>

#include "layers.hpp"

namespace minigrad::inline MINIGRAD_ABI {
namespace detail {

/// [n, channels, 1, ...]: one number for each channel of each image.
inline Shape channel_mask_shape(const Shape& x) {
  if (x.rank() < 3)
    fail<ShapeError>({"Dropout2d: x ", x, ": must be [n, channels, height, width]; Dropout is for rows of numbers"});
  Shape out = x;
  for (std::size_t axis = 2; axis < x.rank(); ++axis) out[axis] = 1;
  return out;
}

inline constexpr auto dropout_channels_op = record(
    "dropout_channels",
    [](const auto& a, const auto& x) {
      draw_dropout_mask(*a.mask, channel_mask_shape(x.shape()), a.p, a.graph->random(*a.rng));
      return x * *a.mask;
    },
    [](const auto& a, const auto& g) { return g * saved_mask(g, a); });

}  // namespace detail

/// x [n, channels, ...]. In training mode each channel of each image becomes 0 with probability p, and is divided by
/// 1 - p otherwise. In evaluation mode the layer returns its input. The layer has its own random stream, seeded from
/// `rng`. Throws ValueError unless 0 <= p < 1; called, ShapeError for an x of fewer than 3 axes.
class Dropout2d {
 public:
  bool training = true;  ///< the mode, which train() and eval() set

  Dropout2d(double p, Rng& rng) : p_(p), rng_(rng()) { detail::require_probability("Dropout2d", p); }

  template <class X>
  X operator()(const X& x) const {
    if constexpr (is_var<X>) x.graph().note_mode(training);
    const Shape shape = detail::channel_mask_shape(shape_of(x));
    if (!training || p_ == 0) return x;
    if constexpr (is_var<X>) {
      using V = typename X::value_type;
      return detail::dropout_channels_op.apply(detail::DropoutAttributes<V>{p_, &x.graph(), &rng_, &x.graph().saved()},
                                               x);
    } else {
      X mask;
      detail::draw_dropout_mask(mask, shape, p_, rng_);
      return x * mask;
    }
  }
  /// The random generator with its name, and the line of summary(): "Dropout2d(0.5)".
  auto parts() { return std::tie(rng_); }
  static constexpr const char* part_names[] = {"generator"};
  std::string describe() const { return detail::concat({"Dropout2d(", format_exact(p_), ")"}); }

 private:
  double p_;
  mutable Rng rng_;
};

}  // namespace minigrad::inline MINIGRAD_ABI
