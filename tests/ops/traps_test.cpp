// No reduction, product or loss raises a floating-point exception at ordinary numbers: programs run with traps enabled.
// GCC keeps to that; clang gives no promise about the flags, so that its result is only reported.
#include <doctest/doctest.h>

#include <cfenv>
#include <cmath>
#include <cstdint>
#include <minigrad/diff/grad.hpp>
#include <minigrad/nn/losses.hpp>
#include <minigrad/tensor/create.hpp>
#include <minigrad/tensor/print.hpp>
#include <string>

using namespace minigrad;

namespace {

/// Numbers of all sizes whose squares and products stay within a float, zeros and subnormal ones among them.
template <class T>
Tensor<T> numbers(const Shape& shape, Rng& rng) {
  auto out = Tensor<T>::empty(shape);
  for (T& v : out) {
    const double size = std::pow(10.0, rng.uniform(-42, 16));
    v = static_cast<T>(rng.integer(8) == 0 ? 0 : size * (rng.integer(2) ? 1 : -1));
  }
  return out;
}

/// Whether f(x...) and its derivatives of the first order raise FE_INVALID, FE_DIVBYZERO or FE_OVERFLOW.
template <class T, class F>
void check(const char* name, const F& f, const Tensor<T>& a, const Tensor<T>& b) {
  Graph<Tensor<T>> graph;
  const auto x = graph.variable(a), y = graph.variable(b);
  std::feclearexcept(FE_ALL_EXCEPT);
  backward(sum(f(x, y)));
  const int raised = std::fetestexcept(FE_INVALID | FE_DIVBYZERO | FE_OVERFLOW);
  CAPTURE(std::string(name));
  CAPTURE(a.shape());
  CAPTURE(sizeof(T));
#if defined(__clang__)
  if (raised != 0) MESSAGE(name, " raises a floating-point exception");
#else
  CHECK(raised == 0);
#endif
}

template <class T>
void check_reductions() {
  Rng rng(3);
  for (const Shape& shape : {Shape{1, 1}, Shape{7, 3}, Shape{3, 33}, Shape{130, 5}, Shape{2, 1100}}) {
    const auto x = numbers<T>(shape, rng);
    for (const Axis axis : {all_axes, Axis(0), Axis(1)}) {
      const bool several = axis.all() ? shape.size() > 1 : shape[axis.in("test", shape)] > 1;
      check<T>("sum", [=](auto v, auto) { return sum(v, axis); }, x, x);
      check<T>("mean", [=](auto v, auto) { return mean(v, axis); }, x, x);
      check<T>("max", [=](auto v, auto) { return (max)(v, axis); }, x, x);
      check<T>("min", [=](auto v, auto) { return (min)(v, axis); }, x, x);
      check<T>("logsumexp", [=](auto v, auto) { return logsumexp(v, axis); }, x, x);
      if (several) check<T>("var", [=](auto v, auto) { return var(v, axis); }, x, x);
      if (several) check<T>("std", [=](auto v, auto) { return minigrad::std(v, axis); }, x, x);
      if (axis.all()) continue;
      check<T>("softmax", [=](auto v, auto) { return softmax(v, axis); }, x, x);
      check<T>("log_softmax", [=](auto v, auto) { return log_softmax(v, axis); }, x, x);
    }
    check<T>("sum_to", [=](auto v, auto) { return sum_to(v, {1, shape[1]}); }, x, x);
  }
}

template <class T>
void check_products() {
  Rng rng(4);
  for (const std::size_t n : {1u, 3u, 8u, 17u, 61u})
    for (const std::size_t k : {1u, 2u, 9u, 40u, 270u}) {
      const auto a = numbers<T>({n, k}, rng), b = numbers<T>({k, 5}, rng);
      check<T>("matmul", [](auto x, auto y) { return matmul(x, y); }, a, b);
      check<T>("matmul_nt", [](auto x, auto y) { return matmul_nt(x, y); }, a, numbers<T>({11, k}, rng));
      check<T>("matmul_tn", [](auto x, auto y) { return matmul_tn(x, y); }, a, numbers<T>({n, 4}, rng));
      check<T>("one column", [](auto x, auto y) { return matmul(x, y); }, a, numbers<T>({k, 1}, rng));
    }
}

template <class T>
void check_losses() {
  Rng rng(5);
  for (const std::size_t n : {1u, 6u, 67u}) {
    const auto p = numbers<T>({n, 3}, rng), t = numbers<T>({n, 3}, rng);
    const auto probability = softmax(normal<T>({n, 3}, 0, 1, rng), 1);
    auto labels = Tensor<std::int64_t>::empty(Shape{n});
    for (std::int64_t& label : labels) label = static_cast<std::int64_t>(rng.integer(3));
    check<T>("mse_loss", [](auto x, auto y) { return mse_loss(x, y); }, p, t);
    check<T>("l1_loss", [](auto x, auto y) { return l1_loss(x, y); }, p, t);
    check<T>("huber_loss", [](auto x, auto y) { return huber_loss(x, y); }, p, t);
    check<T>("bce_with_logits_loss", [](auto x, auto y) { return bce_with_logits_loss(x, y); }, p, probability);
    check<T>("cross_entropy_loss", [](auto x, auto y) { return cross_entropy_loss(x, y); }, p, probability);
    check<T>("labels", [&](auto x, auto) { return cross_entropy_loss(x, labels); }, p, t);
    check<T>("nll_loss", [&](auto x, auto) { return nll_loss(log_softmax(x, 1), labels); }, p, t);
  }
}

}  // namespace

TEST_CASE("reductions raise no floating-point exception, nor do their derivatives") {
  check_reductions<float>();
  check_reductions<double>();
}

TEST_CASE("products raise no floating-point exception, nor do their derivatives") {
  check_products<float>();
  check_products<double>();
}

TEST_CASE("losses raise no floating-point exception, nor do their derivatives") {
  check_losses<float>();
  check_losses<double>();
}
