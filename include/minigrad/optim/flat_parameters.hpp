// optim/flat_parameters.hpp - all parameters of a model as one vector: for methods of numerical analysis, such as
// L-BFGS, and for your own. Included by name.
#pragma once

#include <algorithm>
#include <cstddef>
#include <type_traits>
#include <vector>

#include "../graph/backward.hpp"
#include "../tensor/inner_loop.hpp"
#include "../tensor/tensor.hpp"
#include "optimized.hpp"

namespace minigrad::inline MINIGRAD_ABI {

/// The numbers of all parameters of a model, or of a list of parameters, one after another in its order. It holds
/// references and keeps the values alive. Throws ValueError for a model without parameters.
///
///   FlatParameters flat(model);
///   flat.set_values(flat.values() - 0.1 * flat.gradients());      // a step of gradient descent
template <class V>
class FlatParameters {
  using T = detail::scalar_type<V>;

 public:
  /// `user` is who speaks in error messages.
  explicit FlatParameters(const std::vector<ParameterRef<V>>& parameters, const char* user = "FlatParameters")
      : parameters_(parameters), user_(user) {
    if (parameters_.empty()) detail::fail<ValueError>({user_, ": the model has no parameters to optimise"});
    for (std::size_t i = 0; i < parameters_.size(); ++i)
      for (std::size_t k = 0; k < i; ++k)
        if (parameters_[i] == parameters_[k])
          detail::fail<ValueError>({user_, ": parameters ", k, " and ", i, " are the same: list each once"});
  }
  template <class M>
    requires(!std::is_same_v<M, FlatParameters> && !std::is_same_v<M, std::vector<ParameterRef<V>>>)
  explicit FlatParameters(M& model) : FlatParameters(minigrad::parameters(model)) {}

  /// How many numbers there are.
  std::size_t size() const {
    std::size_t out = 0;
    for (const ParameterRef<V>& p : parameters()) out += detail::count_numbers(p.value());
    return out;
  }
  /// Throws ValueError after a move.
  const std::vector<ParameterRef<V>>& parameters() const {
    if (parameters_.empty()) detail::fail<ValueError>({user_, ": used after it was moved from"});
    return parameters_;
  }

  /// All values, [size].
  Tensor<T> values() const {
    auto out = Tensor<T>::empty({size()});
    read_values(out.data());
    return out;
  }
  /// All gradients, [size]: 0 where a parameter has none, or is frozen.
  Tensor<T> gradients() const {
    auto out = Tensor<T>::empty({size()});
    read_gradients(out.data());
    return out;
  }
  /// Throws ShapeError unless the values are [size].
  void set_values(const Tensor<T>& values) const {
    if (values.shape() != Shape{size()})
      detail::fail<ShapeError>({"FlatParameters: set_values: ", values.shape(), " for ", size(), " numbers"});
    const T* from = values.data();
    for (const ParameterRef<V>& p : parameters()) {
      V& w = p.edit();
      const std::size_t n = detail::count_numbers(w);
      std::copy(from, from + n, detail::numbers(w));
      from += n;
    }
  }

  /// The same into memory, and from it, for `size()` numbers.
  void read_values(T* to) const {
    for (const ParameterRef<V>& p : parameters()) to = copy(p.value(), to);
  }
  void read_gradients(T* to) const {
    for (const ParameterRef<V>& p : parameters()) {
      const std::size_t n = detail::count_numbers(p.value());
      if (!detail::takes_part(p)) {
        to = std::fill_n(to, n, T{});
        continue;
      }
      if (const std::size_t given = detail::count_numbers(p.grad()); given != n)
        detail::fail<ShapeError>({"FlatParameters: a parameter has ", n, " numbers and its gradient ", given});
      to = copy(p.grad(), to);
    }
  }
  /// Clears the gradients of all parameters.
  void zero_grad() const {
    for (const ParameterRef<V>& p : parameters()) p.zero_grad();
  }
  /// The loss that a closure computes, and its gradients into memory for `size()` numbers. The closure records the loss
  /// and returns its Var; or it computes the gradients itself, after zero_grad(), and returns the loss as a number.
  template <class Closure>
  double evaluate(Closure& closure, T* gradients) const {
    double loss;
    if constexpr (std::is_arithmetic_v<std::remove_cvref_t<decltype(closure())>>) {
      loss = static_cast<double>(closure());
    } else {
      const auto recorded = closure();
      loss = static_cast<double>(recorded.item());
      zero_grad();
      backward(recorded);
    }
    read_gradients(gradients);
    return loss;
  }
  /// The same. Where it throws, the parameters get the values x, [size], back.
  template <class Closure>
  double evaluate(Closure& closure, T* gradients, const Tensor<T>& x) const {
    try {
      return evaluate(closure, gradients);
    } catch (...) {
      set_values(x);
      throw;
    }
  }

  /// Throws ValueError while averages are in the model, whose parameters are not to be changed, GraphError when the model
  /// has ended, or was assigned another.
  void require_own_values() const {
    for (const ParameterRef<V>& p : parameters()) {
      detail::require_model(user_, p.state());
      if (p.requires_grad()) detail::require_own_value(user_, p.state());
    }
  }
  /// Sets the values of parameters that are not frozen to x + t d. Throws as require_own_values() does.
  void set_along(const T* x, T t, const T* d) const {
    require_own_values();
    for (const ParameterRef<V>& p : parameters()) {
      const std::size_t n = detail::count_numbers(p.value());
      if (p.requires_grad()) {
        T* const w = detail::numbers(p.edit());
        std::copy(x, x + n, w);
        detail::for_each_element<T>([t](auto& w_i, auto d_i) { w_i += t * d_i; }, n, w, d);
      }
      x += n, d += n;
    }
  }

 private:
  static T* copy(const V& from, T* to) {
    const T* const numbers = detail::numbers(from);
    return std::copy(numbers, numbers + detail::count_numbers(from), to);
  }
  std::vector<ParameterRef<V>> parameters_;
  const char* user_;
};
template <class M>
FlatParameters(M&) -> FlatParameters<detail::optimized_value<M>>;
template <class V>
FlatParameters(std::vector<ParameterRef<V>>) -> FlatParameters<V>;

}  // namespace minigrad::inline MINIGRAD_ABI
