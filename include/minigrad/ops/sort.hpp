// ops/sort.hpp - the op table: sorted elements and the largest ones, along an axis. Not part of minigrad.hpp.
//
//   sort    y[i] = x[order[i]], so dL/dx is g, brought back by the order
//   topk    the same of the first k
//
// Equal elements keep their order, and NaN is the largest, as in PyTorch and NumPy. Elements are sorted as whole numbers
// that have the same order, one byte after another: D. Knuth, "The Art of Computer Programming 3", 1998, section 5.2.5.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

#include "scatter.hpp"

namespace minigrad::inline MINIGRAD_ABI {
namespace detail {

template <class T>
using SortKey = std::conditional_t<sizeof(T) <= 4, std::uint32_t, std::uint64_t>;

/// A whole number that grows with the value; -0 and 0 have the same, and NaN the largest.
template <class T>
SortKey<T> sort_key(T value, bool descending) {
  static_assert(std::is_arithmetic_v<T> && sizeof(T) <= 8, "minigrad: sort takes float, double, whole numbers and bools");
  using Key = SortKey<T>;
  constexpr Key sign = Key{1} << (8 * sizeof(Key) - 1);
  Key key;
  if constexpr (std::is_floating_point_v<T>) {
    if (value == 0) value = 0;
    std::memcpy(&key, &value, sizeof key);
    key = is_nan(value) ? ~Key{0} : key & sign ? ~key : key | sign;
  } else {
    key = static_cast<Key>(static_cast<std::conditional_t<sizeof(Key) == 4, std::int32_t, std::int64_t>>(value));
    if constexpr (std::is_signed_v<T>) key ^= sign;
  }
  return descending ? ~key : key;
}

template <class Key>
struct SortEntry {
  Key key;
  std::uint32_t index;
  friend bool operator<(const SortEntry& a, const SortEntry& b) {
    return a.key < b.key || (a.key == b.key && a.index < b.index);
  }
};

/// Sorts n entries by their keys, of which bytes that all have in common are passed over. Needs room for n more.
template <class Key>
void sort_entries(std::size_t n, SortEntry<Key>* entries, SortEntry<Key>* room) {
  constexpr std::size_t bytes = sizeof(Key);
  if (n < 64) return std::sort(entries, entries + n);
  std::uint32_t count[bytes][256] = {};
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t b = 0; b < bytes; ++b) ++count[b][(entries[i].key >> (8 * b)) & 255];
  SortEntry<Key>*from = entries, *to = room;
  for (std::size_t b = 0; b < bytes; ++b) {
    if (count[b][(from[0].key >> (8 * b)) & 255] == n) continue;
    std::uint32_t place = 0;
    for (std::uint32_t& one : count[b]) place += std::exchange(one, place);
    for (std::size_t i = 0; i < n; ++i) to[count[b][(from[i].key >> (8 * b)) & 255]++] = from[i];
    std::swap(from, to);
  }
  if (from != entries) std::copy(from, from + n, entries);
}

/// Of n values the k first, sorted: what comes before the last of the best so far is put into its place. `best` has the
/// first k already.
template <class T, class ValueOf>
void keep_first(std::size_t k, SortEntry<SortKey<T>>* best, std::size_t n, bool descending, const ValueOf& value_of) {
  std::sort(best, best + k);
  T last = k > 0 ? value_of(best[k - 1].index) : T{};
  for (std::size_t i = k; i < n && k > 0; ++i) {
    const T value = value_of(i);
    if (!MINIGRAD_FAST_MATH && (descending ? value <= last : value >= last)) continue;  // most; NaN is compared by its key
    const SortEntry<SortKey<T>> next{sort_key(value, descending), static_cast<std::uint32_t>(i)};
    if (!(next.key < best[k - 1].key)) continue;  // of equal ones the first stays
    auto* const at = std::upper_bound(best, best + k - 1, next);
    std::move_backward(at, best + k - 1, best + k);
    *at = next;
    last = value_of(best[k - 1].index);
  }
}

/// What to sort: along an axis, the k first of each line.
struct SortOrder {
  Axis axis;
  bool descending;
  std::size_t k;
};

/// The k first elements of each line, and where they stand.
template <class T>
std::pair<Tensor<T>, Tensor<std::int64_t>> sorted_lines(const char* op, const Tensor<T>& x, const SortOrder& order) {
  using Entry = SortEntry<SortKey<T>>;
  const AxisSplit split(op, x.shape(), order.axis, true);
  const std::size_t n = split.extent, inner = split.inner, k = order.k;
  if (n > (std::numeric_limits<std::uint32_t>::max)()) fail<ShapeError>({op, ": ", x.shape(), " is too long to sort"});
  Shape shape = x.shape();
  shape[order.axis.in(op, shape)] = k;
  std::pair<Tensor<T>, Tensor<std::int64_t>> out(Tensor<T>::empty(shape), Tensor<std::int64_t>::empty(shape));
  if (out.first.size() == 0) return out;
  parallel_for(split.outer * inner, 1, (std::size_t{1} << 12) / n + 1, [&](std::size_t begin, std::size_t end) {
    const Scratch<Entry> room(2 * n);
    for (std::size_t line = begin; line < end; ++line) {
      const T* const from = x.data() + line / inner * n * inner + line % inner;
      Entry* const entries = room.data();
      const bool few = k < n / 16 && k <= 256;
      for (std::size_t i = 0; i < (few ? k : n); ++i)
        entries[i] = {sort_key(from[i * inner], order.descending), static_cast<std::uint32_t>(i)};
      if (few) keep_first<T>(k, entries, n, order.descending, [=](std::size_t i) { return from[i * inner]; });
      else sort_entries(n, entries, entries + n);
      const std::size_t at = line / inner * k * inner + line % inner;
      for (std::size_t i = 0; i < k; ++i) {
        const std::size_t index = room.data()[i].index;
        out.first.data()[at + i * inner] = from[index * inner];
        out.second.data()[at + i * inner] = static_cast<std::int64_t>(index);
      }
    }
  });
  return out;
}

struct SortAttributes {
  SortOrder order;
  Tensor<std::int64_t>* to;
  void describe(auto& list) const {
    list("axis", order.axis);
    list("descending", order.descending);
  }
};
struct TopkAttributes : SortAttributes {
  void describe(auto& list) const {
    list("k", order.k);
    list("axis", order.axis);
    list("largest", order.descending);
  }
};

/// Both have two results: the elements, and where they stand.
inline constexpr auto sorted_value = []<class T>(const char* op, const auto& a, const Tensor<T>& x) {
  auto [values, indices] = sorted_lines(op, x, a.order);
  *a.to = std::move(indices);
  return std::move(values);
};
inline constexpr auto sort_op = record(
    "sort", [](const auto& a, const auto& x) { return detail::sorted_value("sort", a, x); },
    [](const auto& a, const auto& g, auto&&, const auto& x) {
      return detail::scatter_zeros(g, {{IndexRef::live(*a.to), a.order.axis}, shape_of(x)});
    });
inline constexpr auto topk_op = record(
    "topk", [](const auto& a, const auto& x) { return detail::sorted_value("topk", a, x); },
    [](const auto& a, const auto& g, auto&&, const auto& x) {
      return detail::scatter_zeros(g, {{IndexRef::live(*a.to), a.order.axis}, shape_of(x)});
    });

inline SortOrder topk_order(const Shape& shape, std::size_t k, Axis axis, bool largest) {
  if (shape.rank() == 0) fail<ShapeError>({"topk: a number has no axis to choose from"});
  if (const std::size_t n = shape[axis.in("topk", shape)]; k > n)
    fail<ValueError>({"topk: k is ", static_cast<std::ptrdiff_t>(k), ", and must be 0 .. ", n,
                      ", the elements along axis ", axis.in("topk", shape), " of a tensor of shape ", shape});
  return {axis, largest, k};
}
inline SortOrder sort_order(const char* op, const Shape& shape, Axis axis, bool descending) {
  if (shape.rank() == 0) fail<ShapeError>({op, ": a number has no axis to sort along"});
  return {axis, descending, shape[axis.in(op, shape)]};
}

}  // namespace detail

/// The elements along an axis from the smallest to the largest, or the other way round, and where they stood:
/// {values, indices}. Equal ones keep their order. The indices of a Var are a handle. Throws IndexError for an axis
/// that x does not have.
template <class T>
std::pair<Tensor<T>, Tensor<std::int64_t>> sort(const Tensor<T>& x, Axis axis = -1, bool descending = false) {
  return detail::sorted_lines("sort", x, detail::sort_order("sort", x.shape(), axis, descending));
}
template <class T>
std::pair<Var<Tensor<T>>, IndexVar<Tensor<T>>> sort(const Var<Tensor<T>>& x, Axis axis = -1, bool descending = false) {
  const IndexVar<Tensor<T>> at = x.graph().indices();
  const auto order = detail::sort_order("sort", shape_of(x), axis, descending);
  return {detail::sort_op.apply(detail::SortAttributes{order, &at.edit()}, x), at};
}

/// Where the elements stand that sort() would give. Throws IndexError for an axis that x does not have.
template <class X>
auto argsort(const X& x, Axis axis = -1, bool descending = false) {
  detail::sort_order("argsort", shape_of(x), axis, descending);
  return sort(x, axis, descending).second;
}

/// The k largest elements along an axis, the largest first, or the k smallest, and where they stand: {values, indices}.
/// Of equal ones the first. Throws ValueError for more than there are.
template <class T>
std::pair<Tensor<T>, Tensor<std::int64_t>> topk(const Tensor<T>& x, std::size_t k, Axis axis = -1, bool largest = true) {
  return detail::sorted_lines("topk", x, detail::topk_order(x.shape(), k, axis, largest));
}
template <class T>
std::pair<Var<Tensor<T>>, IndexVar<Tensor<T>>> topk(const Var<Tensor<T>>& x, std::size_t k, Axis axis = -1,
                                                    bool largest = true) {
  const IndexVar<Tensor<T>> at = x.graph().indices();
  const auto order = detail::topk_order(shape_of(x), k, axis, largest);
  return {detail::topk_op.apply(detail::TopkAttributes{{order, &at.edit()}}, x), at};
}

}  // namespace minigrad
