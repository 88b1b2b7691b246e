// ops/cumulative.hpp - the op table: running sums and products along an axis, and products. Not part of minigrad.hpp.
//
//   cumsum    y_k = x_0 + ... + x_k      dL/dx_k = g_k + g_{k+1} + ...
//   cumprod   y_k = x_0 ... x_k          dL/dx_k = e_k s_k, where e_k = x_0 ... x_{k-1} and s_k = g_k + x_{k+1} s_{k+1}
//   prod      y = x_0 ... x_{n-1}        dL/dx_k = g (x_0 ... x_{k-1}) (x_{k+1} ... x_{n-1})
//
// Nothing is divided by x, so that derivatives of any order are right where elements are 0. Floats are added up and
// multiplied in double, and whole numbers of less than 64 bits, and masks, as std::int64_t.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "reduce.hpp"

namespace minigrad::inline MINIGRAD_ABI {
namespace detail {

template <class T>
using Accumulator = std::conditional_t<std::is_same_v<T, float>, double, T>;

/// One walk along some lines side by side, from place `at` on: `line` is the distance from one to the next, and `by` that
/// from one element to the next, backwards where it wraps around.
template <std::size_t most, class T, class Step>
void walk_side_by_side(std::size_t lines, std::size_t line, std::size_t n, std::size_t by, T first, std::size_t at, T* y,
                       const Step& one_step) {
  const Step step = one_step;  // here, so that compilers keep all of it in registers
  Accumulator<T> running[most];
  for (Accumulator<T>& one : running) one = static_cast<Accumulator<T>>(first);
  for (std::size_t k = 0, before = at; k < n; ++k, before = at, at += by) {
#pragma GCC unroll 8
    for (std::size_t i = 0; i < (most > 8 ? lines : most); ++i)
      y[at + i * line] = static_cast<T>(step(running[i], at + i * line, before + i * line, k == 0));
  }
}

/// y_k = step(running, place of k, place of the element before it, whether it is the first) along each line, from the
/// first element to the last, or back. `running` begins as `first`. Lines are walked side by side: they do not wait for
/// one another.
template <class T, class Step>
Tensor<T> walk_lines(const char* op, const Tensor<T>& x, Axis axis, bool reverse, T first, const Step& step) {
  const AxisSplit split(op, x.shape(), Axis(axis.in(op, x.shape())), true);
  auto y = Tensor<T>::empty(x.shape());
  if (y.size() == 0) return y;
  const std::size_t n = split.extent, inner = split.inner, most = inner == 1 ? 8 : 64;
  const std::size_t lines = inner == 1 ? split.outer : inner, outer = inner == 1 ? 1 : split.outer;
  const std::size_t width = lines < most ? lines : most, blocks = (lines + width - 1) / width;
  const std::size_t by = reverse ? 0 - inner : inner, start = reverse ? (n - 1) * inner : 0;
  parallel_for(outer * blocks, 1, (std::size_t{1} << 15) / (n * width) + 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t block = begin; block < end; ++block) {
      const std::size_t from = block % blocks * width, count = lines - from < width ? lines - from : width;
      if (inner > 1) {
        walk_side_by_side<64>(count, 1, n, by, first, block / blocks * n * inner + from + start, y.data(), step);
      } else if (count == 8) {
        walk_side_by_side<8>(8, n, n, by, first, from * n + start, y.data(), step);
      } else {
        for (std::size_t i = 0; i < count; ++i)
          walk_side_by_side<1>(1, n, n, by, first, (from + i) * n + start, y.data(), step);
      }
    }
  });
  return y;
}

struct CumulativeAttributes {
  Axis axis;
  bool exclusive, reverse;
  void describe(auto& list) const {
    list("axis", axis);
    list("exclusive", exclusive);
    list("reverse", reverse);
  }
};

/// y_k = op(... op(first, x_0) ..., x_k), or without x_k where exclusive.
template <class T, class Op>
Tensor<T> cumulate(const char* name, const Tensor<T>& x, const CumulativeAttributes& a, T first, const Op& op) {
  const auto walk = [&](auto exclusive) {
    return walk_lines(name, x, a.axis, a.reverse, first, [op, from = x.data()](auto& running, std::size_t at, auto&&...) {
      const auto before = running;
      running = op(running, static_cast<Accumulator<T>>(from[at]));
      return decltype(exclusive)::value ? before : running;
    });
  };
  return a.exclusive ? walk(std::true_type()) : walk(std::false_type());
}

struct ScanAttributes {
  Axis axis;
  bool reverse, lagged;
  void describe(auto& list) const {
    list("axis", axis);
    list("reverse", reverse);
    list("lagged", lagged);
  }
};

/// Element k - 1 as element k, and 0 as the first; or, in reverse, element k + 1, and 0 as the last.
template <class X>
auto previous(const X& x, Axis axis, bool reverse) {
  const Shape shape = shape_of(x);
  const std::size_t n = shape[axis.in("cumprod", shape)], from = reverse ? 1 : 0;
  const std::size_t begin = n < from ? n : from, end = n == 0 ? 0 : n - 1 + from;
  return unslice(slice(x, begin, end, axis), shape, n == 0 ? 0 : 1 - from, axis);
}

template <class B, class X>
auto scan(const B& b, const X& x, const ScanAttributes& a);

/// t_k = b_k + x_k t_{k-1}; or, lagged, t_k = b_k + x_{k-1} t_{k-1}; in reverse with k + 1 in place of k - 1. The gradient
/// of b is the other of the two in the other direction.
inline constexpr auto scan_op = record(
    "scan",
    []<class T>(const auto& a, const Tensor<T>& b, const Tensor<T>& x) {
      return walk_lines("scan", b, a.axis, a.reverse, T{}, [&](auto& running, std::size_t at, std::size_t before, bool first) {
        const auto factor = first ? T{} : x.data()[a.lagged ? before : at];
        return running = b.data()[at] + factor * running;
      });
    },
    [](const auto& a, const auto& g, auto&&, const auto& x) {
      return detail::scan(g, x, {a.axis, !a.reverse, !a.lagged});
    },
    [](const auto& a, const auto& g, const auto& t, auto&&, const auto& x) {
      const auto s = detail::scan(g, x, {a.axis, !a.reverse, !a.lagged});
      return a.lagged ? previous(s, a.axis, !a.reverse) * t : s * previous(t, a.axis, a.reverse);
    });
template <class B, class X>
auto scan(const B& b, const X& x, const ScanAttributes& a) {
  return scan_op.apply(a, b, x);
}

template <class T>
inline constexpr bool becomes_int64 = std::is_integral_v<T> && sizeof(T) < sizeof(std::int64_t);

}  // namespace detail

template <detail::TensorOperand X>
auto cumsum(const X& x, Axis axis, bool exclusive = false, bool reverse = false);
template <detail::TensorOperand X>
auto cumprod(const X& x, Axis axis, bool exclusive = false, bool reverse = false);

/// Running sums. dL/dx is the running sum of g from the other end.
inline constexpr auto cumsum_op = record(
    "cumsum",
    []<class T>(const auto& a, const Tensor<T>& x) {
      return detail::cumulate("cumsum", x, a, T{}, [](auto running, auto element) { return detail::wrap_add(running, element); });
    },
    [](const auto& a, const auto& g) { return cumsum(g, a.axis, a.exclusive, !a.reverse); });

/// Running products. The rule divides by no element.
inline constexpr auto cumprod_op = record(
    "cumprod",
    []<class T>(const auto& a, const Tensor<T>& x) {
      return detail::cumulate("cumprod", x, a, T{1}, [](auto running, auto element) { return detail::wrap_mul(running, element); });
    },
    [](const auto& a, const auto& g, const auto& y, const auto& x) {
      const auto scan = [&](const auto& b) { return detail::scan(b, x, {a.axis, !a.reverse, true}); };
      if (a.exclusive) return y * scan(detail::previous(g, a.axis, !a.reverse));
      return cumprod(x, a.axis, true, a.reverse) * scan(g);
    });

/// The sum of the elements up to each one along an axis; without it, where exclusive; from the last one back, where
/// reverse. Throws IndexError for an axis that x does not have.
template <detail::TensorOperand X>
auto cumsum(const X& x, Axis axis, bool exclusive, bool reverse) {
  if constexpr (detail::becomes_int64<detail::scalar_type<X>>)
    return cumsum(x.template to<std::int64_t>(), axis, exclusive, reverse);
  else return cumsum_op.apply(detail::CumulativeAttributes{axis, exclusive, reverse}, x);
}
/// The product of the elements up to each one, likewise. Throws IndexError for an axis that x does not have.
template <detail::TensorOperand X>
auto cumprod(const X& x, Axis axis, bool exclusive, bool reverse) {
  if constexpr (detail::becomes_int64<detail::scalar_type<X>>)
    return cumprod(x.template to<std::int64_t>(), axis, exclusive, reverse);
  else return cumprod_op.apply(detail::CumulativeAttributes{axis, exclusive, reverse}, x);
}

/// The product along one axis.
inline constexpr auto prod_op = record(
    "prod",
    []<class T>(const auto& a, const Tensor<T>& x) {
      const detail::AxisSplit split("prod", x.shape(), a.axis, a.keepdim);
      auto y = Tensor<T>::empty(split.shape);
      for (std::size_t i = 0; i < y.size(); ++i) {
        const T* const from = x.data() + i / split.inner * split.extent * split.inner + i % split.inner;
        detail::Accumulator<T> product{1};
        for (std::size_t k = 0; k < split.extent; ++k) product = detail::wrap_mul(product, from[k * split.inner]);
        y.data()[i] = static_cast<T>(product);
      }
      return y;
    },
    [](const auto& a, const auto& g, auto&&, const auto& x) {
      const Axis axis(a.axis[0]);
      return detail::expand(g, x, a.axis) * (cumprod(x, axis, true) * cumprod(x, axis, true, true));
    });

/// The product of all elements (1 of none), or along axes, which disappear unless keepdim. Throws IndexError for an
/// axis that x does not have.
template <detail::TensorOperand X>
auto prod(const X& x, const Axes& axes = {}, bool keepdim = false) {
  if constexpr (is_parameter<X>) {
    return detail::require_operands<1, X>(), prod(x.value(), axes, keepdim);
  } else if constexpr (detail::becomes_int64<detail::scalar_type<X>>) {
    return prod(x.template to<std::int64_t>(), axes, keepdim);
  } else {
    const Shape shape = shape_of(x);
    const auto reduced = axes.in("prod", shape);
    X y = x;
    if (axes.all()) {  // in one pass, which rounds once
      y = prod_op.apply(detail::ReduceAttributes{0, false}, reshape(x, {-1}));
      Shape ones = shape;
      for (std::size_t i = 0; i < shape.rank(); ++i) ones[i] = 1;
      return keepdim ? X(reshape(y, ones)) : y;
    }
    for (std::size_t i = shape.rank(); i-- > 0;)  // the last first, so that the axes before it keep their numbers
      if (reduced[i]) y = prod_op.apply(detail::ReduceAttributes{static_cast<int>(i), keepdim}, y);
    return y;
  }
}

}  // namespace minigrad
