// tests/support/optimizer_case.hpp - the small problem of fixtures/optim.py, to be followed by an optimizer.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <minigrad/diff/grad.hpp>
#include <minigrad/optim/optimizer.hpp>
#include <string>
#include <vector>

#include "fixture.hpp"

namespace support {

using minigrad::Graph;
using minigrad::Parameter;
using minigrad::ParameterRef;
using minigrad::Tensor;

/// Adds g to the parameter's gradient, to the bit: backward() of sum(w * g).
template <class V>
void add_gradient(const Parameter<V>& parameter, const V& g) {
  Graph<V> graph;
  const auto product = graph.parameter(parameter) * g;
  if constexpr (minigrad::is_tensor<V>)
    backward(sum(product));
  else
    backward(product);
}

inline double start_of(int i) { return (i * 5 % 8 - 3.5) / 2; }
inline double gradient_of(int i, int step, double w) {
  return i == 7 ? 0 : (i + 1) / 8.0 * w + ((i * 37 + step * 11) % 23 - 11) / 7.0;
}

/// Whether a is b to 12 digits; numbers below 1e-3 count as 1e-3.
inline bool agrees(double a, double b, double tolerance = 1e-12) {
  return std::fabs(a - b) <= tolerance * (std::max)(std::fabs(b), 1e-3);
}

/// Sets the options that a case has under `prefix` and their names. PyTorch has some of them in pairs.
template <class Options>
void read_options(Options& options, const Case& one, const std::string& prefix = "") {
  struct Pair {
    std::string name, pair;
    std::size_t place;
  };
  static const Pair pairs[] = {{"beta1", "betas", 0},
                               {"beta2", "betas", 1},
                               {"etaminus", "etas", 0},
                               {"etaplus", "etas", 1},
                               {"step_size_min", "step_sizes", 0},
                               {"step_size_max", "step_sizes", 1}};
  for (const minigrad::detail::StateField& field : options.fields()) {
    std::string key = prefix + field.name;
    std::size_t place = 0;
    for (const Pair& pair : pairs)
      if (pair.name == field.name) key = prefix + pair.pair, place = pair.place;
    if (!one.has(key)) continue;
    const double value = one.numbers(key)[place];
    if (field.dtype == minigrad::DType::boolean)
      *static_cast<bool*>(field.at) = value != 0;
    else
      *static_cast<double*>(field.at) = value;
  }
}
template <class Options>
Options options_of(const Case& one, const std::string& prefix = "") {
  Options options;
  read_options(options, one, prefix);
  return options;
}

/// Whether the options have PyTorch's defaults.
template <class Options>
void check_defaults(const Case& defaults) {
  Options ours, theirs;
  for (const minigrad::detail::StateField& field : theirs.fields())
    if (field.dtype == minigrad::DType::f64) *static_cast<double*>(field.at) = -1;
  read_options(theirs, defaults);
  const auto a = ours.fields(), b = theirs.fields();
  for (std::size_t i = 0; i < a.size(); ++i) {
    CAPTURE(a[i].name);
    if (a[i].dtype == minigrad::DType::boolean)
      CHECK(*static_cast<bool*>(a[i].at) == *static_cast<bool*>(b[i].at));
    else
      CHECK(*static_cast<double*>(a[i].at) == *static_cast<double*>(b[i].at));
  }
}

/// Follows a case for 100 steps with make(parameters, case), and compares at its checkpoints: to 12 digits, or in float
/// to 5 of the largest number.
template <class N, class Make>
void follow_case(const std::string& name, const Case& expected, const Make& make) {
  CAPTURE(name);
  using T = Tensor<N>;
  T w = T::empty({2, 3}), b = T::empty({2});
  for (int i = 0; i < 6; ++i) w[i] = static_cast<N>(start_of(i));
  for (int i = 6; i < 8; ++i) b[i - 6] = static_cast<N>(start_of(i));
  const Parameter<T> weight(w), bias(b);
  const bool grouped = name.compare(0, 6, "group/") == 0;
  std::vector<ParameterRef<T>> list{weight.ref()}, second{bias.ref()};
  if (!grouped) list.push_back(bias.ref());
  auto optimizer = make(list, expected);
  if (grouped) read_options(optimizer.add_group(second).options, expected, "bias.");
  const double gamma = expected.number("lr_gamma", 1);
  const int bias_every = static_cast<int>(expected.number("bias_every", 1));
  int compared = 0;
  for (int step = 1; step <= 100; ++step) {
    if (grouped) read_options(optimizer.groups()[1].options, expected, "bias_at_" + std::to_string(step) + ".");
    T gw = T::empty({2, 3}), gb = T::empty({2});
    const auto gradient = [step](int i, N at) { return static_cast<N>(gradient_of(i, step, static_cast<double>(at))); };
    for (int i = 0; i < 6; ++i) gw[i] = gradient(i, weight.value()[i]);
    for (int i = 6; i < 8; ++i) gb[i - 6] = gradient(i, bias.value()[i - 6]);
    optimizer.zero_grad();
    add_gradient(weight, gw);
    if (step % bias_every == 0) add_gradient(bias, gb);
    optimizer.step();
    REQUIRE(weight.grad() == gw);  // a step only reads it
    if (gamma != 1) optimizer.lr(optimizer.lr() * gamma);
    const std::string key = "step_" + std::to_string(step);
    if (!expected.has(key)) continue;
    const std::vector<double> values = expected.numbers(key);
    REQUIRE(values.size() == 8);
    CAPTURE(step);
    double largest = 0;
    for (const double value : values) largest = (std::max)(largest, std::fabs(value));
    for (std::size_t i = 0; i < 8; ++i) {
      CAPTURE(i);
      const double ours = static_cast<double>(i < 6 ? weight.value()[i] : bias.value()[i - 6]);
      CAPTURE(ours);
      CAPTURE(values[i]);
      if constexpr (sizeof(N) == 8)
        CHECK(agrees(ours, values[i]));
      else
        CHECK(std::fabs(ours - values[i]) <= 1e-5 * largest);
    }
    ++compared;
  }
  CHECK(compared == 6);
}

/// Follows all cases whose names begin with `prefix`, of which there are `count`, in double and in float.
template <class Make>
void follow(const std::string& prefix, std::size_t count, const Make& make) {
  const std::size_t followed =
      for_each_case(read_fixture("optim.txt"), prefix, [&](const std::string& name, const Case& one) {
        follow_case<double>(name, one, make);
        follow_case<float>(name, one, make);
      });
  CHECK(followed == count);
}

}  // namespace support
