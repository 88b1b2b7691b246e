// diff/derivatives.hpp - derivatives of functions: vjp, jvp, jacobian, hessian, hvp.
//
// Let J be the Jacobian of f at x, all outputs by all inputs, and H the Hessian of an f that gives a single number.
//
//   vjp(f, x, v)     f(x) and v'J   one sweep, which costs about as much as f itself
//   jvp(f, x, v)     f(x) and J v   two sweeps that are recorded, each of which costs more than f does
//   jacobian(f, x)   J              one sweep for each output
//   hessian(f, x)    H              one that is recorded, and one for each input
//   hvp(f, x, v)     f(x) and H v   one that is recorded, and one: H is never built
//
// f is a function of Vars. Where it is differentiated is x: one value, a Tensor or a number, for f(x); several in
// braces for f(x, y, ...); or a std::vector of numbers for an f of a std::vector of Vars, which gives a Var or a
// std::vector of them. What belongs to x comes in the same form. Parameters that f uses are constants here, and their
// gradients stay as they are. Names and order of arguments are those of JAX and torch.autograd.functional.
//
//   const auto f = [&](auto x) { return tanh(matmul(a, x)); };
//   auto J = jacobian(f, x);                        // shape of f(x), then shape of x
//   auto [y, Jv] = jvp(f, x, v);
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "argument_forms.hpp"
#include "recorded_function.hpp"

namespace minigrad::inline MINIGRAD_ABI {
namespace detail {

/// What f gives on arguments in this form.
template <class F, class Arguments, class Vars = std::vector<Var<typename Arguments::Value>>>
using GivenBy = std::decay_t<decltype(Arguments::call(std::declval<const F&>(), std::declval<const Vars&>()))>;

/// f, a function of arguments in the form of X. What is wrong with them the compiler says once: the rest is then
/// compiled for a number, and never runs.
template <class F, class X>
struct Differentiated {
  static constexpr bool right_input = Differentiable<typename ArgumentsOf<X>::type::Value>;
  static_assert(right_input,
                "minigrad: x is a Tensor or number (2.0 in place of 2), several in braces, or a std::vector of "
                "numbers");
  using Arguments = typename ArgumentsOf<std::conditional_t<right_input, X, double>>::type;
  using V = typename Arguments::Value;
  using Vars = std::vector<Var<V>>;
  using Given = GivenBy<F, Arguments>;
  static constexpr bool right = right_input && GivesVars<Given>;
  static_assert(right || !right_input, "minigrad: the function must give a Var, or a std::vector of Vars of numbers");
  using Result = ResultOf<std::conditional_t<right, Given, Var<V>>>;
  using result_type = typename Result::type;
  static constexpr bool of_vector = std::is_same_v<Arguments, VectorOfNumbers<V>>;
  static_assert(of_vector || std::is_same_v<result_type, V>,
                "minigrad: a function that gives a std::vector of numbers must take one");

  static RecordedFunction<V> at(const char* op, const F& f, const X& x) {
    if constexpr (right) {
      const auto call = [](const void* g, const Vars& in) {
        return Result::vars(Arguments::call(*static_cast<const F*>(g), in));
      };
      return RecordedFunction<V>(op, &f, call, Arguments::list(x));
    } else {
      return RecordedFunction<V>(op, nullptr, nullptr, {});
    }
  }

  static auto vjp(const F& f, const X& x, const result_type& v) {
    auto recorded = at("vjp", f, x);
    return std::pair(Result::pack(recorded.values()), Arguments::pack(recorded.vjp(Result::list(v))));
  }
  static auto jvp(const F& f, const X& x, std::span<const V> v) {
    auto recorded = at("jvp", f, x);
    return std::pair(Result::pack(recorded.values()), Result::pack(recorded.jvp(v)));
  }
  static auto hvp(const F& f, const X& x, std::span<const V> v) {
    auto recorded = at("hvp", f, x);
    auto product = recorded.hvp(v);  // which checks that there is one value
    return std::pair(V(recorded.values()[0]), Arguments::pack(std::move(product)));
  }
  static auto jacobian(const F& f, const X& x) {
    auto blocks = at("jacobian", f, x).jacobian();
    if constexpr (of_vector) {
      Shape shape{x.size()};
      if (!std::is_same_v<result_type, V>) shape.insert(0, blocks.size());
      return as_tensor(blocks, shape);
    } else {
      return Arguments::pack(std::move(blocks[0]));
    }
  }
  static auto hessian(const F& f, const X& x) {
    auto blocks = at("hessian", f, x).hessian();
    if constexpr (of_vector) {
      return as_tensor(blocks, {x.size(), x.size()});
    } else {
      std::vector<decltype(Arguments::pack(std::move(blocks[0])))> rows;
      for (auto& row : blocks) rows.push_back(Arguments::pack(std::move(row)));
      return Arguments::pack(std::move(rows));
    }
  }

 private:
  static Tensor<V> as_tensor(const std::vector<std::vector<V>>& rows, const Shape& shape) {
    auto out = Tensor<V>::empty(shape);
    V* to = out.data();
    for (const auto& row : rows)
      for (const V& element : row) *to++ = element;
    return out;
  }
};

/// Values in braces as values of type V, so that {1, 2} will do for numbers.
template <class V, class W, std::size_t N>
auto values_as(const W (&v)[N]) {
  if constexpr (std::is_same_v<V, W>) {
    return std::span<const V>(v);
  } else {
    std::array<V, N> out;
    for (std::size_t k = 0; k < N; ++k) out[k] = static_cast<V>(v[k]);
    return out;
  }
}

}  // namespace detail

/// f(x) and v'J, for v in the shape of f(x): the vector-Jacobian product, a pair. It is in the form of x: for {x, y} an
/// array. Throws ShapeError for a v of another shape.
template <class F, class X>
auto vjp(const F& f, const X& x, const typename detail::Differentiated<F, X>::result_type& v) {
  return detail::Differentiated<F, X>::vjp(f, x, v);
}
template <class F, class V, std::size_t N>
auto vjp(const F& f, const V (&x)[N], const typename detail::Differentiated<F, V[N]>::result_type& v) {
  return detail::Differentiated<F, V[N]>::vjp(f, x, v);
}

/// f(x) and J v, for v in the form and shapes of x: the Jacobian-vector product, or derivative of f along v, a pair. It
/// is computed by reverse mode twice: u'J is recorded for some u, and differentiated by u. So it needs rules that can
/// be differentiated, and costs several times what f does, however many inputs and outputs there are. Throws ShapeError
/// for a v of another shape.
template <class F, class X>
auto jvp(const F& f, const X& x, const std::type_identity_t<X>& v) {
  return detail::Differentiated<F, X>::jvp(f, x, detail::ArgumentsOf<X>::type::list(v));
}
template <class F, class V, class W, std::size_t N>
auto jvp(const F& f, const V (&x)[N], const W (&v)[N]) {
  return detail::Differentiated<F, V[N]>::jvp(f, x, detail::values_as<V>(v));
}

/// The derivatives of all outputs by all inputs: the shape of f(x) followed by that of x, so [m, n] for an f: [n] ->
/// [m]. For {x, y} an array of these; for a std::vector of n numbers a Tensor [n], or [m, n] where f gives m.
/// Throws ShapeError where the result would have more than 6 axes.
template <class F, class X>
auto jacobian(const F& f, const X& x) {
  return detail::Differentiated<F, X>::jacobian(f, x);
}
template <class F, class V, std::size_t N>
auto jacobian(const F& f, const V (&x)[N]) {
  return detail::Differentiated<F, V[N]>::jacobian(f, x);
}

/// The second derivatives of an f that gives a single number: the shape of x twice, so [n, n] for an x of [n]. For
/// {x, y} an array of arrays: out[0][1] is d2f/dx dy, the shape of x followed by that of y; for a std::vector of n
/// numbers a Tensor [n, n]. Throws GraphError where f gives more than one number.
template <class F, class X>
auto hessian(const F& f, const X& x) {
  return detail::Differentiated<F, X>::hessian(f, x);
}
template <class F, class V, std::size_t N>
auto hessian(const F& f, const V (&x)[N]) {
  return detail::Differentiated<F, V[N]>::hessian(f, x);
}

/// f(x) and H v, for v in the form and shapes of x, a pair: the gradient's derivative along v. H is not built, so that
/// this costs a few times what f does, whatever the size of x. Pearlmutter, "Fast exact multiplication by the Hessian",
/// 1994. Throws GraphError where f gives more than one number, ShapeError for a v of another shape.
template <class F, class X>
auto hvp(const F& f, const X& x, const std::type_identity_t<X>& v) {
  return detail::Differentiated<F, X>::hvp(f, x, detail::ArgumentsOf<X>::type::list(v));
}
template <class F, class V, class W, std::size_t N>
auto hvp(const F& f, const V (&x)[N], const W (&v)[N]) {
  return detail::Differentiated<F, V[N]>::hvp(f, x, detail::values_as<V>(v));
}

}  // namespace minigrad
