// diff/argument_forms.hpp - the forms in which a function takes its arguments and gives its results: see
// derivatives.hpp.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "../graph/operand.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

// How f is called, and in which form there is something for each of its arguments: for one value just that.
template <class V>
struct OneArgument {
  using Value = V;
  static auto call(const auto& f, const std::vector<Var<V>>& x) { return f(x[0]); }
  static std::span<const V> list(const V& x) { return {&x, 1}; }
  template <class W>
  static W pack(std::vector<W>&& each) {
    return std::move(each[0]);
  }
};

/// For several values in braces an array.
template <class V, std::size_t N>
struct SeveralArguments {
  using Value = V;
  static auto call(const auto& f, const std::vector<Var<V>>& x) {
    return [&]<std::size_t... K>(std::index_sequence<K...>) { return f(x[K]...); }
    (std::make_index_sequence<N>{});
  }
  static std::span<const V> list(const V (&x)[N]) { return x; }
  template <class W>
  static std::array<W, N> pack(std::vector<W>&& each) {
    std::array<W, N> out;
    for (std::size_t k = 0; k < N; ++k) out[k] = std::move(each[k]);
    return out;
  }
};

/// For a std::vector of numbers a std::vector.
template <class T>
struct VectorOfNumbers {
  using Value = T;
  static auto call(const auto& f, const std::vector<Var<T>>& x) { return f(x); }
  static std::span<const T> list(const std::vector<T>& x) { return x; }
  static std::vector<T> pack(std::vector<T>&& each) { return std::move(each); }
};

template <class X>
struct ArgumentsOf {
  using type = OneArgument<X>;
};
template <class T>
struct ArgumentsOf<std::vector<T>> {
  using type = VectorOfNumbers<T>;
};
template <class V, std::size_t N>
struct ArgumentsOf<V[N]> {
  using type = SeveralArguments<V, N>;
};

/// What f gives: a value as a Var, or numbers as a std::vector of Vars.
template <class R>
struct ResultOf;
template <class V>
struct ResultOf<Var<V>> : OneArgument<V> {
  using type = V;
  static std::vector<Var<V>> vars(const Var<V>& y) { return {y}; }
};
template <class T>
  requires(is_scalar<T>)
struct ResultOf<std::vector<Var<T>>> : VectorOfNumbers<T> {
  using type = std::vector<T>;
  static std::vector<Var<T>> vars(const std::vector<Var<T>>& y) { return y; }
};

template <class V>
concept Differentiable = (is_scalar<V> || is_tensor<V>)&&!std::is_integral_v<scalar_type<V>>;
template <class R>
concept GivesVars = requires {
  typename ResultOf<R>::type;
};

}  // namespace minigrad::inline MINIGRAD_ABI::detail
