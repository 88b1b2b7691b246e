// tests/support/torch_case.hpp - a case of fixtures/ops.txt and its like: an op's value, gradient and second derivative beside
// PyTorch's.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <minigrad/diff/grad.hpp>
#include <set>
#include <string>
#include <vector>

#include "fixture.hpp"

namespace support {

using namespace minigrad;

/// What a case calls: its name's second part, with its options.
struct Options {
  const Case& one;
  Axis axis() const { return one.has("axis") ? Axis(static_cast<int>(one.number("axis"))) : all_axes; }
  bool keepdim() const { return one.number("keepdim", 0) != 0; }
  int correction() const { return static_cast<int>(one.number("correction")); }
  std::size_t size(const std::string& key) const { return static_cast<std::size_t>(one.number(key)); }
  Shape shape(const std::string& key = "shape") const {
    Shape out;
    for (const double extent : one.numbers(key)) out.push_back(static_cast<std::size_t>(extent));
    return out;
  }
  Tensor<std::int64_t> indices() const {
    const auto numbers = one.numbers("indices");
    return Tensor<std::int64_t>::from({numbers.size()}, std::vector<std::int64_t>(numbers.begin(), numbers.end()));
  }
};

template <class V>
using Vars = std::vector<Var<V>>;
template <class V>
using Function = Var<V> (*)(const Vars<V>&, const Options&);

template <class T>
std::vector<Tensor<T>> inputs_of(const Case& one) {
  const Options options{one};
  std::vector<Tensor<T>> out;
  for (std::size_t k = 0; one.has("in" + std::to_string(k)); ++k) {
    auto x = Tensor<double>::empty(options.shape("in" + std::to_string(k)));
    if (one.has("range")) {
      const double low = one.numbers("range")[0], high = one.numbers("range")[1];
      for (std::size_t i = 0; i < x.size(); ++i)
        x[i] = low + (high - low) * static_cast<double>((i * 37 + k * 11 + 5) % 101) / 101;
    } else {
      x = Tensor<double>::from(x.shape(), one.numbers("x" + std::to_string(k)));
    }
    out.push_back(x.to<T>());
  }
  return out;
}

/// sum_k ((begin + k) % period + 1) / divisor * y_k
template <class T>
Var<Tensor<T>> weighted(const Var<Tensor<T>>& y, std::size_t begin, std::size_t period, int divisor) {
  auto weights = Tensor<T>::empty(y.value().shape());
  for (std::size_t k = 0; k < weights.size(); ++k)
    weights[k] = static_cast<T>((begin + k) % period + 1) / static_cast<T>(divisor);
  return sum(y * weights);
}

/// Counts what agrees; what does not fails, unless it is a deviation that is listed.
struct Comparison {
  std::map<std::string, std::string> deviations;
  std::size_t records = 0, numbers = 0;
  std::set<std::string> deviating;

  template <class T>
  void operator()(const std::string& record, const Tensor<T>& ours, const std::vector<double>& expected,
                  double tolerance, double smallest) {
    ++records;
    REQUIRE(ours.size() == expected.size());
    double largest = smallest;
    for (const double value : expected)
      if (std::isfinite(value)) largest = (std::max)(largest, std::fabs(value));
    for (std::size_t i = 0; i < expected.size(); ++i) {
      ++numbers;
      const double a = static_cast<double>(ours[i]), b = expected[i];
      // At an edge each number has a size of its own.
      const double size = record.find("/edge") == record.npos ? largest : (std::max)(std::fabs(b), smallest);
      if (a == b || (std::isnan(a) && std::isnan(b)) || std::fabs(a - b) <= tolerance * size) continue;
      const std::string where = record + " " + std::to_string(i);
      if (deviations.count(where)) {
        deviating.insert(where);
        continue;
      }
      FAIL_CHECK(where << ": " << a << ", PyTorch: " << b);
    }
  }
};

template <class T>
void compare(const std::string& name, const Case& one, Function<Tensor<T>> f, bool second, double tolerance,
             Comparison& agrees) {
  CAPTURE(name);
  using V = Tensor<T>;
  REQUIRE(static_cast<bool>(f));
  Graph<V> graph;
  std::vector<Var<V>> x;
  for (const V& input : inputs_of<T>(one)) x.push_back(graph.variable(input));
  const auto y = f(x, {one});
  const double smallest = sizeof(T) == 8 ? 1e-3 : 0.1;
  CHECK(y.value().shape() == Options{one}.shape("y_shape"));
  agrees(name + " y", y.value(), one.numbers("y"), tolerance, smallest);
  const auto loss = weighted(y, 0, 7, 4);
  backward(loss);
  for (std::size_t k = 0; k < x.size(); ++k) {
    const std::string key = "g" + std::to_string(k);
    agrees(name + " " + key, x[k].grad(), one.numbers(key), tolerance, smallest);
  }
  if (!second || !one.has("h0")) return;
  Var<V> total = graph.input(V::scalar(0));
  std::size_t begin = 0;
  for (const Var<V>& input : x) {
    const auto g = grad(loss, input);
    total = total + weighted(g, begin, 5, 3);
    begin += g.value().size();
  }
  for (std::size_t k = 0; k < x.size(); ++k) {
    const std::string key = "h" + std::to_string(k);
    agrees(name + " " + key, grad(total, x[k]).value(), one.numbers(key), tolerance, smallest);
  }
}

}  // namespace support
