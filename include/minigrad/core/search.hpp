// core/search.hpp - the few algorithms on lists that the library needs, beside those that come with <vector>:
// copy, fill and equal, min and max of two.
#pragma once

#include <cstddef>
#include <utility>

#include "version.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

/// Sorts n values so that none comes before another that should stand before(it). A heap sort: std::sort is several
/// times as much to compile.
template <class T, class Before>
void sort(T* x, std::size_t n, const Before& before) {
  const auto sink = [&](std::size_t i, std::size_t end) {
    for (std::size_t child = 2 * i + 1; child < end; child = 2 * i + 1) {
      if (child + 1 < end && before(x[child], x[child + 1])) ++child;
      if (!before(x[i], x[child])) return;
      std::swap(x[i], x[child]);
      i = child;
    }
  };
  for (std::size_t i = n / 2; i-- > 0;) sink(i, n);
  for (std::size_t end = n; end > 1;) {
    std::swap(x[0], x[--end]);
    sink(0, end);
  }
}

/// The number of the first of 0 .. n-1 for which before(i) is false, or n, where it is true for all that stand before:
/// the place of a value in a sorted list, by bisection.
template <class Before>
std::size_t first_not(std::size_t n, const Before& before) {
  std::size_t begin = 0;
  while (begin < n) {
    const std::size_t middle = begin + (n - begin) / 2;
    if (before(middle))
      begin = middle + 1;
    else
      n = middle;
  }
  return begin;
}

/// The index of the first element of a list that is `value`, or the list's size.
template <class List, class X>
std::size_t index_of(const List& list, const X& value) {
  std::size_t i = 0;
  while (i < list.size() && !(list[i] == value)) ++i;
  return i;
}

}  // namespace minigrad::inline MINIGRAD_ABI::detail
