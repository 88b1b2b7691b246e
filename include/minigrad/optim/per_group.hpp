// optim/per_group.hpp - an option of a schedule that may differ from group to group.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <vector>

#include "option_checks.hpp"

namespace minigrad::inline MINIGRAD_ABI {

/// A number for all groups of an optimizer, or a list of one for each: .max_lr = 0.1, .max_lr = {0.1, 0.01}.
struct PerGroup {
  std::vector<double> values;  ///< one, or one for each group

  PerGroup(double value) : values{value} {}
  PerGroup(std::initializer_list<double> list) : values(list) {}
  double operator[](std::size_t group) const { return values.size() == 1 ? values[0] : values[group]; }
};

namespace detail {

/// Throws ValueError unless each value is in the range, and there is one for all groups or one for each.
template <class = void>
void require_per_group(const char* of, const char* option, const PerGroup& given, std::size_t groups,
                       bool is_momentum) {
  if (given.values.size() != 1 && given.values.size() != groups)
    fail<ValueError>({of, ": ", option, " has ", given.values.size(), " values for ", groups, " groups"});
  for (const double value : given.values)
    is_momentum ? require_fraction(of, option, value) : require_not_negative(of, option, value);
}
template <class = void>
std::string describe_per_group(const char* name, const PerGroup& given) {
  std::string out = std::string(name) + "={";
  for (const double& value : given.values) out += (&value == given.values.data() ? "" : ", ") + format_exact(value);
  return out + "}";
}

}  // namespace detail
}  // namespace minigrad::inline MINIGRAD_ABI
