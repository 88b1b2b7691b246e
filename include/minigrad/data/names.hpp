// data/names.hpp - finds names among many, and lists them in messages.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "../core/error.hpp"
#include "field.hpp"
#include "order.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

/// The indices of the names in their alphabetical order; equal ones in the order in which they stand.
template <class = void>
std::vector<std::size_t> order_by_name(const std::vector<std::string>& names) {
  return order_of(names.size(), [&](std::size_t a, std::size_t b) { return names[a] < names[b]; });
}

/// The index of a name, the first of several, or names.size(). `order` is order_by_name(names).
template <class = void>
std::size_t find_name(const std::vector<std::string>& names, const std::vector<std::size_t>& order,
                      std::string_view name) {
  const std::size_t place = first_not(order.size(), [&](std::size_t i) { return names[order[i]].compare(name) < 0; });
  return place < order.size() && names[order[place]] == name ? order[place] : names.size();
}

/// The default name of a column: x0, x1, ...
template <class = void>
std::string x_name(std::size_t column) {
  return concat({"x", column});
}

/// "pages", "words", ...: at most 20 names, for error messages.
template <class = void>
[[gnu::cold]] std::string quoted_list(const std::vector<std::string>& names) {
  constexpr std::size_t shown = 20;
  std::string list;
  for (std::size_t i = 0; i < names.size() && i < shown; ++i) append(list, {i ? ", " : "", detail::in_quotes(names[i])});
  if (names.size() > shown) append(list, {" and ", names.size() - shown, " more"});
  return list;
}

/// What to say after 'no column "minutes"': which columns there are, and whether one differs by blanks only.
template <class = void>
[[gnu::cold]] std::string list_columns(const std::vector<std::string>& names, std::string_view wanted) {
  std::string list = "; the columns are " + quoted_list(names);
  if (names.size() == 1 && names[0].find(wanted) != std::string::npos)
    list += "; if blanks separate them, .delim_whitespace = true";
  for (const std::string& name : names)
    if (name.size() == wanted.size() + 2 && name.front() == '\'' && name.back() == '\'' && name.find(wanted) == 1)
      list += "; names are quoted otherwise: .quotechar = '\\''";
  for (const std::string& name : names)
    if (name != wanted && without_blanks(name) == wanted)
      append(list,
             {"; ", detail::in_quotes(name), " has blanks: .skipinitialspace = true leaves those before a field out"});
  return list;
}

}  // namespace minigrad::inline MINIGRAD_ABI::detail
