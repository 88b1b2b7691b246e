// Values and derivative rules of float ops compute in float: a double among them would cost speed, and make a float
// network's numbers depend on where the compiler rounds. So this file must compile with -Wdouble-promotion as an error,
// which tells of every float that becomes a double on the way.
#pragma GCC diagnostic error "-Wdouble-promotion"
#pragma GCC diagnostic error "-Wconversion"

#include <minigrad/diff/grad.hpp>
#include <minigrad/ops/ops.hpp>
#include <minigrad/nn/losses.hpp>

using namespace minigrad;

namespace {

/// Every elementwise op once, summed; x between 0 and 1. Of a float and an int the C++ library's functions make doubles.
auto everything(const auto& x) {
  auto y = x + x - x * x / (x + 1) + 2 * x - x / 3 + 1 / x - (-x);
  y = y + maximum(x, x) + minimum(x, 2) + clamp(x, 0, 1) + where(greater(x, 0), x, 0) + where(less_equal(x, 0), 1, x);
  y = y + sign(x) + abs(x) + square(x) + sqrt(x) + reciprocal(x) + exp(x) + expm1(x) + log(x) + log1p(x);
  y = y + pow(x, x) + minigrad::pow(x, 2) + minigrad::pow(2, x) + sin(x) + cos(x) + tan(x) + atan(x) + erf(x) + tanh(x) + sigmoid(x);
  y = y + floor(x) + ceil(x) + log2(x) + log10(x) + asin(x) + acos(x) + minigrad::atan2(x, 2);
  y = y + minigrad::atan2(2, x) + minigrad::hypot(x, 1);
  y = y + sinh(x) + cosh(x) + asinh(x) + acosh(1 + x) + atanh(x);
  y = y + relu(x) + leaky_relu(x) + elu(x) + softplus(x) + silu(x) + gelu(x);
  return y + mse_loss(x, x) + l1_loss(x, x) + bce_with_logits_loss(x, x);
}

}  // namespace

// What follows may promote; the ops that it calls stand above.
#pragma GCC diagnostic ignored "-Wdouble-promotion"
#include <doctest/doctest.h>

#include <type_traits>

TEST_CASE("ops on float numbers, and their derivatives, compute in float") {
  static_assert(std::is_same_v<decltype(everything(0.5f)), float>);
  Graph<float> graph;
  const auto x = graph.variable(0.5f);
  const auto y = everything(x);
  backward(y);
  const auto slope = grad(y, x);
  CHECK(slope.value() == doctest::Approx(x.grad()));
  CHECK(y.value() == doctest::Approx(everything(0.5f)));
}

TEST_CASE("ops on float tensors, and their derivatives, compute in float") {
  Graph<Tensor<float>> graph;
  const auto x = graph.variable({{0.25f, 0.5f}, {0.75f, 0.3f}});
  auto y = sum(everything(x)) + mean(softmax(x, 1)) + sum(log_softmax(x, 0)) + logsumexp(x) + (max)(x) + var(x) +
           minigrad::std(x) + sum(linear(matmul(x, x), matmul_nt(x, x), slice(reshape(x, {4}), 0, 2)));
  y = y + cross_entropy_loss(matmul_tn(x, x), softmax(x, 1)) + huber_loss(x, x + 2, 0.5);
  backward(y);
  CHECK(x.grad().shape() == Shape{2, 2});
  const auto slope = grad(y, x);
  for (std::size_t i = 0; i < 4; ++i) CHECK(slope.value()[i] == doctest::Approx(x.grad()[i]).epsilon(1e-4));
}
