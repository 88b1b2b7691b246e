// data/order.hpp - sorts indices by the values that they refer to.
#pragma once

#include <cstddef>
#include <vector>

#include "../core/search.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

/// Sorts indices by less, and equal ones by their size. All callers share this function.
template <class = void>
void sort_indices(std::size_t* first, std::size_t* end, bool (*less)(const void*, std::size_t, std::size_t),
                  const void* context) {
  sort(first, static_cast<std::size_t>(end - first), [=](std::size_t a, std::size_t b) {
    return less(context, a, b) || (!less(context, b, a) && a < b);
  });
}

/// The indices 0 .. n-1, sorted by less(a, b).
template <class Less>
std::vector<std::size_t> order_of(std::size_t n, const Less& less) {
  std::vector<std::size_t> indices(n);
  for (std::size_t i = 0; i < n; ++i) indices[i] = i;
  const auto call = [](const void* f, std::size_t a, std::size_t b) { return (*static_cast<const Less*>(f))(a, b); };
  sort_indices(indices.data(), indices.data() + n, call, &less);
  return indices;
}

}  // namespace minigrad::inline MINIGRAD_ABI::detail
