// data/resolution.hpp - whether an element type can tell the numbers of a column apart.
//
// A float has 24 bits: seconds since 1970 are multiples of 128 in it, so that times one minute apart become equal.
#pragma once

#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "../core/error.hpp"
#include "../core/finite.hpp"
#include "names.hpp"
#include "order.hpp"

namespace minigrad::inline MINIGRAD_ABI {
namespace detail {

/// The element type of a tensor: its name, its machine epsilon, its smallest number above 0, and a double rounded to
/// it.
struct ElementType {
  const char* name;
  double epsilon, smallest;
  double (*round)(double);
};

template <class T>
inline constexpr ElementType element_type = {sizeof(T) == 4 ? "float" : "double",
                                             static_cast<double>(std::numeric_limits<T>::epsilon()),
                                             static_cast<double>(std::numeric_limits<T>::denorm_min()),
                                             [](double x) { return static_cast<double>(static_cast<T>(x)); }};

/// Two rows whose numbers differ and are equal in `type`, or {0, 0} if there are none that matter. It matters for whole
/// numbers, which count or name something; and for others if rounding moves them by more than 1/10,000 of the range of
/// the column. `differ(a, b)` compares rows whose doubles are equal.
template <class Differ>
std::pair<std::size_t, std::size_t> merged_rows(const std::vector<double>& values, const ElementType& type,
                                                const Differ& differ) {
  const double exact = 2 / type.epsilon;  // up to here all whole numbers are exact
  double largest = 0, low = infinity<double>, high = -low;
  for (const double v : values) {
    largest = (std::max)(largest, std::fabs(v));
    low = (std::min)(low, v);
    high = (std::max)(high, v);
  }
  const double rounding = (std::max)(largest * type.epsilon, type.smallest) / 2;
  const bool coarse = rounding > (high - low) / 10'000;
  if (values.empty() || (!coarse && largest <= exact)) return {};
  const std::vector<std::size_t> order =
      order_of(values.size(), [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  const auto is_whole = [&](double v) { return v == std::floor(v) && std::fabs(v) < 0x1p64; };
  for (std::size_t i = 1; i < order.size(); ++i) {
    const std::size_t a = order[i - 1], b = order[i];
    if (type.round(values[a]) != type.round(values[b])) continue;
    if (values[a] == values[b] ? std::fabs(values[a]) >= exact && is_whole(values[a]) && differ(a, b)
                               : coarse || (is_whole(values[a]) && is_whole(values[b])))
      return {a < b ? a : b, a < b ? b : a};
  }
  return {};
}

/// What helps where numbers are the same in `type`: `merged` is what they became.
[[gnu::cold]] inline const char* merged_advice(double merged, const ElementType& type) {
  if (type.epsilon < 1e-10) return merged == 0 ? "multiply them by a large number" : "subtract an offset";
  return merged == 0 ? "multiply them by a large number, or use double" : "subtract an offset, or use double";
}

/// Throws ValueError if two different values become equal in `type`.
template <class = void>
void require_told_apart(const std::string& op, const std::vector<double>& values, const ElementType& type) {
  const auto [a, b] = merged_rows(values, type, [](std::size_t, std::size_t) { return false; });
  if (a != b)
    fail<ValueError>({op, ": ", format_number(values[a], 17), " in row ", a, " and ", format_number(values[b], 17),
                      " in row ", b, " are the same ", type.name, ": ", merged_advice(type.round(values[a]), type)});
}

}  // namespace detail
}  // namespace minigrad::inline MINIGRAD_ABI
