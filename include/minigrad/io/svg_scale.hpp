// io/svg_scale.hpp - what pictures need: from numbers to pixels along an axis, the round numbers beside it, and texts.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "../core/error.hpp"
#include "../core/finite.hpp"

namespace minigrad::inline MINIGRAD_ABI {

/// An end of an axis that the data decide.
inline constexpr double by_data = detail::not_a_number<double>;

/// A number beside an axis.
struct Tick {
  double at;         ///< in units of the axis
  std::string text;  ///< what stands there
};

namespace detail {

/// A text as it may stand in SVG and HTML. Control characters become blanks.
template <class = void>
std::string escape_svg(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&') out += "&amp;";
    else if (c == '<') out += "&lt;";
    else if (c == '>') out += "&gt;";
    else if (c == '"') out += "&quot;";
    else out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return out;
}

/// About how wide a text is, in pixels: wide characters, such as Chinese ones, count as two.
template <class = void>
double text_width(std::string_view text, double font_size) {
  double characters = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0) != 0x80) characters += byte >= 0xE3 ? 2 : 1;
  }
  return 0.55 * font_size * characters;
}

/// One axis: its range, linear or logarithmic, and where it lies.
template <class = void>
class SvgScale {
 public:
  /// NaN for an end that the data decide.
  SvgScale(const char* name, double least, double most, bool logarithmic)
      : name_(name), least_(least), most_(most), given_least_(!is_nan(least)), given_most_(!is_nan(most)),
        log_(logarithmic) {}

  /// Whether a number has a place.
  bool takes(double value) const { return is_finite(value) && (!log_ || value > 0); }

  void include(const std::vector<double>& values) {
    for (const double value : values) {
      if (!takes(value)) continue;
      if (!given_least_ && !(least_ <= value)) least_ = value;
      if (!given_most_ && !(most_ >= value)) most_ = value;
    }
  }
  /// Once all is included: some room at the ends that were not given. Throws ValueError for an empty range.
  void finish() {
    if (is_nan(least_) && is_nan(most_) && !log_) least_ = 0, most_ = 1;
    if (!takes(least_) || !takes(most_) || least_ > most_ || (least_ == most_ && given_least_ && given_most_))
      fail<ValueError>({"SvgAxes: the ", name_, " axis reaches from ", least_, " to ", most_,
                        log_ ? ": a logarithmic axis needs positive numbers" : ": there is nothing to draw"});
    const double low = position(least_), high = position(most_);
    const double room = high > low ? 0.04 * (high - low)
                        : log_     ? 0.5
                        : low == 0 ? 1
                                   : (std::max)(0.1 * std::fabs(low), (std::numeric_limits<double>::min)());
    if (!given_least_) least_ = within_doubles(number(low - room));
    if (!given_most_) most_ = within_doubles(number(high + room));
  }
  /// The pixels of the ends.
  void place(double from, double to) { from_ = from, to_ = to; }
  double from() const { return from_; }
  double to() const { return to_; }

  bool holds(double value) const { return takes(value) && value >= least_ && value <= most_; }
  double operator()(double value) const {
    if (!takes(value)) value = least_;
    const double low = position(least_), range = position(most_) - low;
    if (range < 1e300) return from_ + (to_ - from_) * (position(value) - low) / range;
    return from_ + (to_ - from_) * ((value / 4 - least_ / 4) / (most_ / 4 - least_ / 4));  // where that would overflow
  }

  /// Round numbers within the range: 1, 2 or 5 times a power of ten apart; of many decades the powers alone.
  std::vector<Tick> ticks() const {
    std::vector<Tick> out;
    if (log_ && most_ / least_ > 4) {
      const int first = static_cast<int>(std::floor(std::log10(least_))), last = static_cast<int>(std::ceil(std::log10(most_)));
      const int stride = (std::max)(1, (last - first) / 7);
      for (int decade = first; decade <= last; decade += stride)
        for (const double factor : {1.0, 2.0, 5.0})
          if (factor == 1 || most_ / least_ < 300) add(out, factor * std::pow(10.0, decade), 6);
      return out;
    }
    const double range = most_ - least_, fifth = is_finite(range) ? range / 5 : most_ / 5 - least_ / 5;
    const double power = std::pow(10.0, std::floor(std::log10(fifth))), share = fifth / power;
    const double step = power * (share < 1.5   ? 1
                                 : share < 3.5 ? 2
                                 : share < 7.5 ? 5
                                               : 10),
                 first = std::ceil(least_ / step);
    // At most 9 fit. Where the range is a few units in the last place, k more may be the same number.
    for (int k = 0; k < 12 && (first + k) * step <= most_; ++k)
      if (out.empty() || out.back().at < (first + k) * step) add(out, (first + k) * step, 6);
    return out;
  }

 private:
  void add(std::vector<Tick>& out, double value, int digits) const {
    if (holds(value)) out.push_back({value + 0.0, format_number(value + 0.0, digits)});  // 0 for -0
  }
  double position(double value) const { return log_ ? std::log10(value) : value; }
  double number(double position) const { return log_ ? std::pow(10.0, position) : position; }
  /// An end with its room, which may be beyond the numbers that there are.
  double within_doubles(double end) const {
    return (std::min)((std::max)(end, log_ ? std::numeric_limits<double>::denorm_min() : -largest), largest);
  }
  static constexpr double largest = (std::numeric_limits<double>::max)();

  const char* name_;
  double least_, most_;
  bool given_least_, given_most_, log_;
  double from_ = 0, to_ = 1;
};

}  // namespace detail
}  // namespace minigrad
