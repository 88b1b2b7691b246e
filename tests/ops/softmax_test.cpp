// Derivatives of softmax, its logarithm and the logarithm of its sum, where scores are large. Their values are in
// reduce_test.cpp and ../tensor/softmax_test.cpp.
#include <doctest/doctest.h>

#include <cfenv>
#include <cmath>
#include <limits>
#include <minigrad/core/random.hpp>
#include <minigrad/diff/grad.hpp>
#include <minigrad/nn/losses.hpp>
#include <vector>

using namespace minigrad;

namespace {

/// The probabilities of a row of scores, in long double.
template <class T>
std::vector<long double> probabilities(const Tensor<T>& x) {
  std::vector<long double> p(x.begin(), x.end());
  long double largest = p[0], sum = 0;
  for (const long double v : p) largest = (std::max)(largest, v);
  for (long double& v : p) sum += v = std::exp(v - largest);
  for (long double& v : p) v /= sum;
  return p;
}

/// Rows of 1 to 40 scores of a spread, all of them shifted.
template <class T, class F>
void for_each_row(const F& f) {
  Rng rng(1);
  for (const double shift : {0.0, 1e3, -1e6, 1e7})
    for (const double spread : {0.01, 3.0, 40.0})
      for (std::size_t n = 1; n <= 40; n += 3) {
        auto x = Tensor<T>::empty({n});
        for (T& v : x) v = static_cast<T>(shift + rng.uniform(-spread, spread));
        f(x);
      }
}

/// How far two numbers may be apart that depend on exp of a difference rounded to T: in parts of the expected one.
template <class T>
long double allowed(long double p) {
  return (6 - std::log(p)) * static_cast<long double>(std::numeric_limits<T>::epsilon());
}

template <class T>
void check_slopes() {
  for_each_row<T>([](const Tensor<T>& x) {
    const auto p = probabilities(x);
    const std::size_t n = x.size();
    Graph<Tensor<T>> graph;
    const auto v = graph.variable(x), sum_slope = grad(logsumexp(v), v);
    const auto log_slope = grad(sum(slice(log_softmax(v, 0), 0, 1)), v), curvature = grad(slice(sum_slope, 0, 1), v);
    for (std::size_t i = 0; i < n; ++i) {
      const long double own = i == 0 ? 1 : 0, most = allowed<T>(p[i]);
      CHECK(std::fabs(sum_slope.value()[i] - p[i]) <= p[i] * most);
      // Of sums the largest term counts.
      CHECK(std::fabs(log_slope.value()[i] - (own - p[i])) <= (own + p[i]) * most);
      CHECK(std::fabs(curvature.value()[i] - p[0] * (own - p[i])) <=
            p[0] * (own + p[i]) * (most + allowed<T>(p[0])) + 2 * std::numeric_limits<T>::min());
    }
  });
}

}  // namespace

TEST_CASE("logsumexp has the derivatives of its formula where scores are so large that its value is rounded") {
  Graph<Tensor<float>> graph;
  const auto x = graph.variable({-1000000.f, -1000001.f, -1000002.f}), y = graph.variable({1e7f, 1e7f});
  backward(logsumexp(x));
  CHECK(x.grad()[0] == doctest::Approx(0.66524096).epsilon(1e-6));
  CHECK(x.grad()[1] == doctest::Approx(0.24472847).epsilon(1e-6));
  CHECK(x.grad()[2] == doctest::Approx(0.09003057).epsilon(1e-6));
  backward(logsumexp(y));
  CHECK(y.grad() == Tensor<float>{0.5, 0.5});
  CHECK(grad(sum(square(grad(logsumexp(y), y))), y).value() == Tensor<float>{0, 0});
}

TEST_CASE("softmax and its kin have derivatives right to the digits of the differences between scores, twice") {
  check_slopes<float>();
  check_slopes<double>();
}

TEST_CASE("the derivative of logsumexp has the shape of its input along every axis, also over nothing") {
  Graph<Tensor<double>> graph;
  const auto x = graph.variable({{1, 2, 3}, {4, 5, 6}}), nothing = graph.variable(Tensor<double>::empty({2, 0}));
  for (const Axis axis : {all_axes, Axis(0), Axis(1)}) {
    const auto slope = grad(sum(logsumexp(x, axis)), x).value();
    CHECK(slope.shape() == Shape{2, 3});
    CHECK(sum(slope).item() == doctest::Approx(axis.all() ? 1 : axis.in("test", {2, 3}) == 0 ? 3 : 2));
    CHECK(grad(sum(logsumexp(nothing, axis)), nothing).value().shape() == Shape{2, 0});
  }
}

TEST_CASE("rows of any length raise no floating-point exception") {
  for_each_row<float>([](const Tensor<float>& scores) {
    const auto x = reshape(scores, {1, scores.size()});
    std::feclearexcept(FE_ALL_EXCEPT);
    Graph<Tensor<float>> graph;
    const auto v = graph.variable(x);
    backward(sum(log_softmax(v, 1)) + sum(softmax(v, 1)) + logsumexp(v));
    if (scores.size() > 1) backward(cross_entropy_loss(v, Tensor<std::int64_t>{0}));
    CHECK(std::fetestexcept(FE_INVALID | FE_DIVBYZERO | FE_OVERFLOW) == 0);
  });
}
