// tests/support/slopes.hpp - the derivative of a function of one number, computed in every way that the library has.
#pragma once

#include <doctest/doctest.h>

#include <cmath>
#include <minigrad/diff/grad.hpp>
#include <minigrad/ops/ops.hpp>
#include <minigrad/scalar/scalar_tape.hpp>
#include <string>

namespace support {

/// Whether both are the same number, both NaN, or both the same infinity.
inline bool same(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

/// dy/dx at x, by backward() and by grad(), on a number, on tensors long and short, and on a ScalarTape; checks that all
/// agree.
template <class F>
double slope(const F& f, double x) {
  minigrad::Graph<double> numbers;
  const auto v = numbers.variable(x);
  const auto y = f(v);
  minigrad::backward(y);
  const double expected = v.grad();
  CHECK(same(minigrad::grad(y, v).value(), expected));
  const auto on_tape = minigrad::ScalarTape<double>().value_and_grad(f, x);
  CHECK(same(on_tape.first, y.value()));
  CHECK(same(on_tape.second, expected));

  minigrad::Graph<minigrad::Tensor<double>> tensors;
  for (const int n : {1, 40}) {
    auto at_x = minigrad::Tensor<double>::empty({n});
    at_x.fill(x);
    const auto u = tensors.variable(at_x);
    const auto z = minigrad::sum(f(u));
    minigrad::backward(z);
    const auto by_grad = minigrad::grad(z, u);
    for (std::size_t i = 0; i < at_x.size(); ++i) {
      CHECK(same(u.grad()[i], expected));
      CHECK(same(by_grad.value()[i], expected));
    }
  }
  return expected;
}

/// d2y/dx2 at x, on a number and on a tensor.
template <class F>
double curvature(const F& f, double x) {
  minigrad::Graph<double> numbers;
  const auto v = numbers.variable(x);
  const double expected = minigrad::grad(minigrad::grad(f(v), v), v).value();
  minigrad::Graph<minigrad::Tensor<double>> tensors;
  const auto u = tensors.variable({x, x});
  const auto second = minigrad::grad(minigrad::sum(minigrad::grad(minigrad::sum(f(u)), u)), u);
  CHECK(same(second.value()[1], expected));
  return expected;
}

}  // namespace support
