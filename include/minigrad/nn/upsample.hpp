// nn/upsample.hpp - Upsample: images made larger, or smaller, by the nearest number or between two by their distance.
//
// Number i of m results lies at place (i + 1/2) n / m - 1/2 of the n numbers of x, or at i (n - 1) / (m - 1) where the
// corners are aligned. "nearest" takes number i n / m, rounded down. Names, defaults and rounding are PyTorch's.
#pragma once

#include <cstddef>
#include <cstring>
#include <string>

#include "../ops/resample.hpp"
#include "conv_options.hpp"

namespace minigrad::inline MINIGRAD_ABI {

/// Options of Upsample: either size or scale_factor must be given.
struct UpsampleOptions {
  PerAxis<2> size = 0;            ///< extents of the result, of [n, channels, length] the first; 0: by the factor
  double scale_factor = 0;        ///< the result has this many times the extents of x, rounded down
  double scale_factor_width = 0;  ///< the factor of the width; 0: scale_factor
  const char* mode = "nearest";   ///< or "linear", for one axis, and "bilinear", for two
  bool align_corners = false;     ///< the first and last numbers of x and of the result lie at the same places
};

/// x [n, channels, length] or [n, channels, height, width] in another size: Upsample({.scale_factor = 2}). Throws
/// ValueError unless either a size or a factor is given, and for another mode; called, ShapeError for an x of another
/// rank than the mode's.
class Upsample {
 public:
  [[gnu::noinline]] explicit Upsample(const UpsampleOptions& options) : options_(options) {  // GCC 12 warns inlined
    const UpsampleOptions& o = options_;
    detail::require_range("Upsample", "size", o.size);
    const bool factor = o.scale_factor > 0 && (o.scale_factor_width >= 0);
    const bool sized = o.size[0] > 0 && o.size[1] > 0, part_of_a_size = !sized && (o.size[0] > 0 || o.size[1] > 0);
    if (sized == factor || part_of_a_size || (sized && o.scale_factor != 0))
      detail::fail<ValueError>({"Upsample: either a size of at least 1 or a positive scale_factor must be given"});
    linear_ = is("linear") || is("bilinear");
    if (!linear_ && !is("nearest"))
      detail::fail<ValueError>({"Upsample: mode \"", o.mode, "\": must be \"nearest\", \"linear\" or \"bilinear\""});
    if (o.align_corners && !linear_)
      detail::fail<ValueError>({"Upsample: align_corners has a meaning for \"linear\" and \"bilinear\" only"});
  }

  auto operator()(const auto& x) const { return detail::resample(attributes(shape_of(x)), x); }
  /// The line of summary(): "Upsample(2, nearest)".
  std::string describe() const {
    std::string out = "Upsample(";
    if (options_.size[0]) out += to_string(options_.size.shape());
    else out += format_exact(options_.scale_factor);
    if (options_.scale_factor_width > 0) out += ", width " + format_exact(options_.scale_factor_width);
    return detail::concat({out, ", ", options_.mode, options_.align_corners ? ", align_corners)" : ")"});
  }

 private:
  bool is(const char* mode) const { return std::strcmp(options_.mode, mode) == 0; }

  detail::ResampleAttributes attributes(const Shape& x) const {
    const bool two = x.rank() == 4;
    if ((!two && x.rank() != 3) || (is("linear") && two) || (is("bilinear") && !two))
      detail::fail<ShapeError>({"Upsample: x ", x, ": must be ", is("linear") ? "" : "[n, channels, height, width]",
                                is("nearest") ? " or " : "", is("bilinear") ? "" : "[n, channels, length]", " in mode ",
                                options_.mode});
    detail::ResampleAttributes a{linear_ ? detail::Resample::upsample_linear : detail::Resample::upsample_nearest, {}};
    a.window.op = "Upsample";
    a.window.kernel = two ? Shape{1, 1} : Shape{1};
    a.align_corners = options_.align_corners;
    if (options_.size[0]) {
      a.output = two ? options_.size.shape() : Shape{options_.size[0]};
    } else {
      a.scale[0] = options_.scale_factor;
      a.scale[1] = options_.scale_factor_width > 0 ? options_.scale_factor_width : options_.scale_factor;
      if (!two) a.scale[1] = 0;
    }
    return a;
  }

  UpsampleOptions options_;
  bool linear_ = false;
};

}  // namespace minigrad::inline MINIGRAD_ABI
