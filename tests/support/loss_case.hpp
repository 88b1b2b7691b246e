// tests/support/loss_case.hpp - compares losses of several tensors with fixtures/more_losses.txt.
#pragma once

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <minigrad/diff/grad.hpp>
#include <minigrad/graph/capture.hpp>
#include <minigrad/nn/losses.hpp>
#include <minigrad/tensor/create.hpp>
#include <string>
#include <utility>
#include <vector>

#include "count_allocations.hpp"
#include "fixture.hpp"

namespace support {

using minigrad::Reduction;
using minigrad::Shape;
using minigrad::Tensor;
using Doubles = Tensor<double>;

/// Whether all numbers agree to 12 digits, in float to 5, counted from the largest of them.
template <class N>
void check_agrees(const Tensor<N>& ours, const std::vector<double>& expected) {
  constexpr double tolerance = sizeof(N) == 8 ? 1e-12 : 1e-5;
  REQUIRE(ours.size() == expected.size());
  double largest = 1e-3;
  for (const double value : expected) largest = (std::max)(largest, std::fabs(value));
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CAPTURE(i);
    CAPTURE(ours[i]);
    CAPTURE(expected[i]);
    CHECK(std::fabs(static_cast<double>(ours[i]) - expected[i]) <= tolerance * largest);
  }
}

/// L = sum over k of (k + 1) / 4 * loss_k, as in the fixtures; a single loss is L itself.
template <class X>
auto total(const X& losses) {
  const Shape shape = minigrad::shape_of(losses);
  auto upstream = Doubles::empty(shape);
  for (std::size_t k = 0; k < upstream.size(); ++k) upstream[k] = shape.rank() ? static_cast<double>(k + 1) / 4 : 1;
  return sum(losses * upstream);
}

/// Compares value and gradients of loss(x..., reduction, case) with all cases of that name; then replays a captured step
/// on other numbers, which must give what a fresh one gives and take no memory.
template <std::size_t N, class Loss>
void compare_losses(const std::string& prefix, std::size_t count, const Loss& loss) {
  static const Fixture fixture = read_fixture("more_losses.txt");
  const std::size_t compared = for_each_case(fixture, prefix, [&](const std::string& name, const Case& one) {
    CAPTURE(name);
    const std::string word = one.word("reduction");
    const Reduction reduction = word == "mean" ? Reduction::mean : word == "sum" ? Reduction::sum : Reduction::none;
    REQUIRE(one.number("inputs") == N);
    std::vector<Doubles> x;
    for (std::size_t k = 0; k < N; ++k) {
      Shape shape;
      for (const double extent : one.numbers("shape_" + std::to_string(k)))
        shape.push_back(static_cast<std::size_t>(extent));
      x.push_back(Doubles::from(shape, one.numbers("x_" + std::to_string(k))));
    }
    [&]<std::size_t... K>(std::index_sequence<K...>) {
      check_agrees(loss(x[K]..., reduction, one), one.numbers("value"));
      check_agrees(loss(x[K].template to<float>()..., reduction, one), one.numbers("value"));
      minigrad::Graph<Doubles> graph;
      const minigrad::Var<Doubles> vars[] = {one.has("grad_" + std::to_string(K)) ? graph.variable(x[K])
                                                                                  : graph.input(x[K])...};
      const auto value = loss(vars[K]..., reduction, one);
      check_agrees(value.value(), one.numbers("value"));
      backward(total(value));
      for (std::size_t k = 0; k < N; ++k)
        if (const std::string key = "grad_" + std::to_string(k); one.has(key))
          check_agrees(vars[k].grad(), one.numbers(key));

      minigrad::Parameter<Doubles> scale(minigrad::ones<double>({}));
      auto step = minigrad::capture(
          [&](const auto& first, const auto&... rest) { return total(loss(first * scale, rest..., reduction, one)); },
          x[K]...);
      const auto run = [&](const Doubles& first) {
        x[0] = first;
        step(x[K]...);
        scale.zero_grad();
        step.backward();
        return step.value().item();
      };
      const Doubles first = x[0], other = x[0] * 0.75;
      const double before = step.value().item(), then = run(other);
      CHECK(then == total(loss(x[K]..., reduction, one)).item());
      CHECK(run(first) == before);
      run(other);
      run(first);
      const std::size_t taken = allocations();
      run(other);
      CHECK(allocations() == taken);
    }(std::make_index_sequence<N>());
  });
  CHECK(compared == count);
}

/// The message of an error without "minigrad: ".
template <class Action>
std::string refusal(const Action& action) {
  try {
    action();
  } catch (const minigrad::Error& error) {
    return std::string(error.what()).substr(10);
  }
  return "none";
}

}  // namespace support
