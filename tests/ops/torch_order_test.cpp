// The indices of sort, argsort, topk, argmax and argmin beside PyTorch's, of a Tensor and of a Var, and what isclose and
// allclose say: fixtures/order.txt.
#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <minigrad/ops/all.hpp>
#include <minigrad/tensor/print.hpp>
#include <string>
#include <vector>

#include "../support/fixture.hpp"

using namespace minigrad;

namespace {

using V = Tensor<double>;
using Indices = Tensor<std::int64_t>;
using support::Case;
const support::Fixture fixture = support::read_fixture("order.txt");

Shape shape_of_record(const Case& one, const std::string& key) {
  Shape out;
  for (const double extent : one.numbers(key)) out.push_back(static_cast<std::size_t>(extent));
  return out;
}
V operand(const Case& one, const std::string& k) {
  return V::from(shape_of_record(one, "in" + k), one.numbers("x" + k));
}
Axis axis_of(const Case& one) { return one.has("axis") ? Axis(static_cast<int>(one.number("axis"))) : all_axes; }

template <class T>
Tensor<T> expected(const Case& one, const std::string& key) {
  const auto numbers = one.numbers(key);
  return Tensor<T>::from(shape_of_record(one, "y_shape"), std::vector<T>(numbers.begin(), numbers.end()));
}
bool same(const V& a, const V& b) {
  return a.shape() == b.shape() && allclose(a, b, {.rtol = 0, .atol = 0, .equal_nan = true});
}

/// {values, indices} of f(x), which is called with a Tensor and with a Var.
template <class F>
void compare_pair(const Case& one, const F& f) {
  const V x = operand(one, "0");
  const auto [values, indices] = f(x);
  CHECK(indices == expected<std::int64_t>(one, "y"));
  CHECK(same(values, expected<double>(one, "values")));
  Graph<V> graph;
  const auto [recorded, handle] = f(graph.variable(x));
  CHECK(handle.value() == indices);
  CHECK(same(recorded.value(), values));
}
template <class F>
void compare_indices(const Case& one, const F& f) {
  const V x = operand(one, "0");
  CHECK(f(x) == expected<std::int64_t>(one, "y"));
  Graph<V> graph;
  CHECK(f(graph.variable(x)).value() == f(x));
}

}  // namespace

TEST_CASE("sort and argsort give PyTorch's elements and indices, of equal elements and NaN too") {
  CHECK(support::for_each_case(fixture, "sort/", [](const std::string& name, const Case& one) {
          CAPTURE(name);
          const bool descending = one.number("descending") != 0;
          compare_pair(one, [&](const auto& x) { return sort(x, axis_of(one), descending); });
          compare_indices(one, [&](const auto& x) { return argsort(x, axis_of(one), descending); });
        }) == 84);
}

TEST_CASE("topk gives PyTorch's elements and indices") {
  CHECK(support::for_each_case(fixture, "topk/", [](const std::string& name, const Case& one) {
          CAPTURE(name);
          const auto k = static_cast<std::size_t>(one.number("k"));
          compare_pair(one, [&](const auto& x) { return topk(x, k, axis_of(one), one.number("largest") != 0); });
        }) == 186);
}

TEST_CASE("argmax and argmin give PyTorch's indices: the first of equal elements, and the first NaN") {
  const auto keepdim = [](const Case& one) { return one.number("keepdim", 0) != 0; };
  CHECK(support::for_each_case(fixture, "argmax/", [&](const std::string& name, const Case& one) {
          CAPTURE(name);
          compare_indices(one, [&](const auto& x) { return argmax(x, axis_of(one), keepdim(one)); });
        }) == 93);
  CHECK(support::for_each_case(fixture, "argmin/", [&](const std::string& name, const Case& one) {
          CAPTURE(name);
          compare_indices(one, [&](const auto& x) { return argmin(x, axis_of(one), keepdim(one)); });
        }) == 93);
}

TEST_CASE("isclose and allclose say what PyTorch's say, of NaN, infinities and operands that broadcast too") {
  CHECK(support::for_each_case(fixture, "close/", [](const std::string& name, const Case& one) {
          CAPTURE(name);
          const V a = operand(one, "0"), b = operand(one, "1");
          const Tolerance how{.rtol = one.number("rtol", 1e-5), .atol = one.number("atol", 1e-8),
                              .equal_nan = one.number("equal_nan", 0) != 0};
          CHECK(isclose(a, b, how).to<std::int64_t>() == expected<std::int64_t>(one, "y"));
          CHECK(allclose(a, b, how) == (one.number("all") != 0));
          Graph<V> graph;
          CHECK(isclose(graph.variable(a), b, how) == isclose(a, b, how));
        }) == 66);
}
