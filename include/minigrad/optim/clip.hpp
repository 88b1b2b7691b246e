// optim/clip.hpp - the norm of the gradients, and clipping.
//
// All functions take a model or a list of parameters, and use the gradients that a step would use: those of parameters
// that are not frozen.
#pragma once

#include <cmath>
#include <cstddef>
#include <vector>

#include "optimizer.hpp"

namespace minigrad::inline MINIGRAD_ABI {
namespace detail {

/// The sum of term(x_i), in double and in a fixed order: sixteen partial sums, which compilers keep in SIMD registers.
template <class T, class Term>
double sum_terms(std::size_t n, const T* x, const Term& term) {
  constexpr std::size_t lanes = 16;
  double sums[lanes] = {};
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes)
    for (std::size_t j = 0; j < lanes; ++j) sums[j] += term(static_cast<double>(x[i + j]));
  double total = 0;
  for (const double sum : sums) total += sum;
  for (; i < n; ++i) total += term(static_cast<double>(x[i]));
  return total;
}

template <class V, class Visit>
void for_each_gradient(const std::vector<ParameterRef<V>>& parameters, const Visit& visit) {
  for (const ParameterRef<V>& parameter : parameters)
    if (takes_part(parameter)) visit(count_numbers(parameter.grad()), numbers(parameter.grad()));
}

}  // namespace detail

/// The norm of all gradients as one vector: (sum of |g|^p)^(1/p) with p = norm_type, or the largest |g| for p =
/// infinity. It is 0 if there are no gradients. Throws ValueError unless p > 0.
template <class M>
double grad_norm(M&& model, double norm_type = 2) {
  if (detail::is_nan(norm_type) || !(norm_type > 0))
    detail::fail<ValueError>({"grad_norm: norm_type is ", norm_type, ", and must be positive"});
  double total = 0;
  detail::for_each_gradient(detail::parameter_refs(model), [&](std::size_t n, const auto* g) {
    if (norm_type == 2) {
      total += detail::sum_terms(n, g, [](double x) { return x * x; });
    } else if (!detail::is_finite(norm_type)) {
      for (std::size_t i = 0; i < n; ++i) {
        const double size = std::fabs(static_cast<double>(g[i]));
        total = detail::better(detail::less_than, size, total);
      }
    } else {
      total += detail::sum_terms(n, g, [&](double x) { return std::pow(std::fabs(x), norm_type); });
    }
  });
  if (norm_type == 2) return std::sqrt(total);
  return !detail::is_finite(norm_type) ? total : std::pow(total, 1 / norm_type);
}

/// Multiplies all gradients by max_norm / (norm + 1e-6) if that is below 1, which keeps their direction. Returns the
/// norm before the scaling; the caller should check that it is finite. Throws ValueError for a negative max_norm.
template <class M>
double clip_grad_norm(M&& model, double max_norm, double norm_type = 2) {
  if (detail::is_nan(max_norm) || !(max_norm >= 0))
    detail::fail<ValueError>({"clip_grad_norm: max_norm is ", max_norm, ", and must be at least 0"});
  const auto& refs = detail::parameter_refs(model);
  const double norm = grad_norm(refs, norm_type);
  if (const double factor = max_norm / (norm + 1e-6); factor < 1)
    detail::for_each_gradient(refs, [&]<class T>(std::size_t n, T* g) {
      const T by = static_cast<T>(factor);
      detail::for_each_element<T>([by](auto& g_i, auto) { g_i *= by; }, n, g, g);
    });
  return norm;
}

/// Clamps every element of every gradient to [-limit, limit]. Throws ValueError for a negative limit.
template <class M>
void clip_grad_value(M&& model, double limit) {
  if (detail::is_nan(limit) || !(limit >= 0))
    detail::fail<ValueError>({"clip_grad_value: the limit is ", limit, ", and must be at least 0"});
  detail::for_each_gradient(detail::parameter_refs(model), [&]<class T>(std::size_t n, T* g) {
    const T high = static_cast<T>(limit);
    detail::for_each_element<T>(
        [high]<class X>(X& g_i, X) {
          g_i = simd::select(g_i > high, X(high), simd::select(g_i < -high, X(-high), g_i));
        },
        n, g, g);
  });
}

}  // namespace minigrad
