// ops/random.hpp - ops that draw random numbers: anew in each forward, recorded or replayed.
#pragma once

#include "../core/random.hpp"
#include "arithmetic.hpp"

namespace minigrad::inline MINIGRAD_ABI {
namespace detail {

inline void require_probability(const char* op, double p) {
  if (is_nan(p) || !(p >= 0 && p < 1))
    fail<ValueError>({op, ": p is ", p, ", and must be at least 0 and less than 1"});
}

/// The attributes of dropout: its probability, the stream it draws from, and where the node keeps its mask.
template <class V>
struct DropoutAttributes {
  double p;
  Graph<V>* graph;
  Rng* rng;
  V* mask;
  void describe(auto& list) const { list("p", p), list.state(rng); }
};

/// Each element 0 with probability p, else 1 / (1 - p).
template <class T>
void draw_dropout_mask(Tensor<T>& mask, const Shape& shape, double p, Rng& rng) {
  if (mask.shape() != shape) mask = Tensor<T>::empty(shape);
  for (T& element : mask) element = static_cast<T>(rng.uniform() < p ? 0 : 1 / (1 - p));
}

template <class V>
const V& saved_mask(const V&, const DropoutAttributes<V>& a) {
  return *a.mask;
}
template <class V>
Var<V> saved_mask(const Var<V>& g, const DropoutAttributes<V>& a) {
  return g.graph().borrow(*a.mask);
}

inline constexpr auto dropout_op = record(
    "dropout",
    [](const auto& a, const auto& x) {
      draw_dropout_mask(*a.mask, x.shape(), a.p, a.graph->random(*a.rng));
      return x * *a.mask;
    },
    [](const auto& a, const auto& g) { return g * saved_mask(g, a); });

}  // namespace detail

/// x, of which each element is 0 with probability p, else divided by 1 - p, so that its expectation stays. dL/dx is g
/// times the same factors. Srivastava et al., "Dropout", 2014. Each forward draws anew from `rng`, which must outlive
/// the step; checkpoint() draws the same numbers again. Throws ValueError unless 0 <= p < 1.
template <class X>
auto dropout(const X& x, double p, Rng& rng) {
  detail::require_probability("dropout", p);
  if constexpr (is_var<X>) {
    using V = typename X::value_type;
    return detail::dropout_op.apply(detail::DropoutAttributes<V>{p, &x.graph(), &rng, &x.graph().saved()}, x);
  } else {
    X mask;
    detail::draw_dropout_mask(mask, x.shape(), p, rng);
    return x * mask;
  }
}

}  // namespace minigrad
