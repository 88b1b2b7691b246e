// tests/support/follow_schedule.hpp - schedules of two groups, to be compared with those of fixtures/optim.py.
#pragma once

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <minigrad/graph/parameter.hpp>
#include <minigrad/optim/adam.hpp>
#include <minigrad/optim/sequential_lr.hpp>
#include <minigrad/optim/sgd.hpp>
#include <string>
#include <vector>

#include "fixture.hpp"

namespace support {

inline bool same_rate(double a, double b) { return std::fabs(a - b) <= 1e-12 * b + 1e-16; }

/// Two groups with the rates 0.1 and 0.02, and SGD's momentum 0.5.
template <template <class> class Optimizer>
auto optimizer_of_two_groups() {
  const minigrad::Parameter<double> a(1.0), b(1.0);
  Optimizer<double> optimizer(std::vector{a.ref()}, {.lr = 0.1});
  optimizer.add_group(std::vector{b.ref()}).options.lr = 0.02;
  for (auto& group : optimizer.groups())
    if constexpr (requires { group.options.momentum; }) group.options.momentum = 0.5;
  return optimizer;
}

/// Compares rates and momentum of both groups with a case over 100 epochs. After half of them the schedule is replaced
/// by another one, which goes on from its state, with an optimizer that goes on from the state of the first.
template <template <class> class Optimizer = minigrad::SGD, class Make>
void follow_groups(const Fixture& fixture, const std::string& name, const Make& make) {
  CAPTURE(name);
  const Case& one = fixture.at("groups/" + name);
  auto first = optimizer_of_two_groups<Optimizer>(), second = optimizer_of_two_groups<Optimizer>();
  auto schedule = make(first, one), resumed = make(second, one);
  CHECK(schedule.describe().find(one.word("schedule") + "(") == 0);
  for (std::size_t epoch = 0; epoch < 100; ++epoch) {
    CAPTURE(epoch);
    if (epoch == 50) {
      second.load_state_dict(first.state_dict());
      resumed.load_state_dict(schedule.state_dict());
    }
    auto& optimizer = epoch < 50 ? first : second;
    for (std::size_t k = 0; k < 2; ++k) {
      const std::string suffix = k == 0 ? "" : "_1";
      const auto& options = optimizer.groups()[k].options;
      REQUIRE(same_rate(options.lr, one.numbers("lr" + suffix)[epoch]));
      if (!one.has("momentum")) continue;
      if constexpr (requires { options.momentum; })
        REQUIRE(same_rate(options.momentum, one.numbers("momentum" + suffix)[epoch]));
      else
        REQUIRE(same_rate(options.beta1, one.numbers("momentum" + suffix)[epoch]));
    }
    epoch < 50 ? schedule.step() : resumed.step();
  }
}

/// Compares schedules A and B, of which a(optimizer) and b(optimizer) make one each, with the case KIND/NAME.
template <class A, class B>
void follow_two(const Fixture& fixture, const std::string& kind, const std::string& name, const A& a, const B& b) {
  CAPTURE(kind);
  CAPTURE(name);
  const minigrad::Parameter<double> w(1.0);
  minigrad::SGD optimizer(std::vector{w.ref()}, {.lr = 0.1});
  auto first = a(optimizer);
  auto second = b(optimizer);
  const auto compare = [&](const auto& step) {
    const std::vector<double> rates = fixture.at(kind + "/" + name).numbers("lr");
    REQUIRE(rates.size() == 100);
    for (std::size_t epoch = 0; epoch < rates.size(); ++epoch, step()) {
      CAPTURE(epoch);
      REQUIRE(same_rate(optimizer.lr(), rates[epoch]));
      if (fixture.at(kind + "/" + name).has("momentum"))
        REQUIRE(same_rate(optimizer.options().momentum, fixture.at(kind + "/" + name).numbers("momentum")[epoch]));
    }
  };
  if (kind == "sequence") {
    minigrad::SequentialLR all(optimizer, {25}, first, second);
    compare([&] { all.step(); });
  } else {
    compare([&] { first.step(), second.step(); });
  }
}

}  // namespace support
