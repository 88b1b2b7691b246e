// Bad options of every optimizer: one clear error each.
#include <doctest/doctest.h>

#include <limits>
#include <minigrad/optim/adadelta_rprop.hpp>
#include <minigrad/optim/adam.hpp>
#include <minigrad/optim/adam_variants.hpp>
#include <minigrad/optim/adaptive.hpp>
#include <minigrad/optim/lbfgs.hpp>
#include <minigrad/optim/sgd.hpp>
#include <string>
#include <vector>

#include "../support/message.hpp"

using namespace minigrad;

namespace {

/// What the constructor of an optimizer says to options.
template <template <class> class Optimizer, class Options>
std::string refusal(const Options& options) {
  const Parameter<double> w(1);
  return support::message([&] { Optimizer<double>(std::vector{w.ref()}, options); });
}

}  // namespace

TEST_CASE("no optimizer takes NaN, or a negative number, for any of its options") {
  const auto check = []<template <class> class Optimizer, class Options>(Optimizer<double>*, const Options&) {
    Options options;
    for (const detail::StateField& field : options.fields()) {
      if (field.dtype != DType::f64) continue;
      double& value = *static_cast<double*>(field.at);
      const double right = value;
      for (const double wrong : {std::numeric_limits<double>::quiet_NaN(), -1.0}) {
        if (wrong < 0 && std::string(field.name) == "dampening") continue;
        value = wrong;
        const std::string expected = detail::concat({"minigrad: ", Options::name, ": ", field.name, " is ", wrong, ", and must be "});
        CHECK(refusal<Optimizer>(options).substr(0, expected.size()) == expected);
      }
      value = right;
    }
    CHECK(refusal<Optimizer>(options) == "no error");
  };
  check(static_cast<SGD<double>*>(nullptr), SGDOptions());
  check(static_cast<Adagrad<double>*>(nullptr), AdagradOptions());
  check(static_cast<RMSprop<double>*>(nullptr), RMSpropOptions());
  check(static_cast<Adam<double>*>(nullptr), AdamOptions());
  check(static_cast<AdamW<double>*>(nullptr), AdamWOptions());
  check(static_cast<NAdam<double>*>(nullptr), NAdamOptions());
  check(static_cast<RAdam<double>*>(nullptr), RAdamOptions());
  check(static_cast<Adamax<double>*>(nullptr), AdamaxOptions());
  check(static_cast<Adadelta<double>*>(nullptr), AdadeltaOptions());
  check(static_cast<Rprop<double>*>(nullptr), RpropOptions());
  check(static_cast<LBFGS<double>*>(nullptr), LBFGSOptions());
}

TEST_CASE("every optimizer refuses every option that is out of range, by name") {
  const double nan = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();
  const struct {
    std::string said, expected;
  } table[] = {
      {refusal<SGD>(SGDOptions{.lr = -1}), "SGD: lr is -1, and must be at least 0"},
      {refusal<SGD>(SGDOptions{.lr = nan}), "SGD: lr is nan, and must be at least 0"},
      {refusal<SGD>(SGDOptions{.lr = inf}), "SGD: lr is inf, and must be finite"},
      {refusal<SGD>(SGDOptions{.momentum = -1}), "SGD: momentum is -1, and must be at least 0"},
      {refusal<SGD>(SGDOptions{.dampening = nan}), "SGD: dampening is nan, and must be a number"},
      {refusal<SGD>(SGDOptions{.weight_decay = -1}), "SGD: weight_decay is -1, and must be at least 0"},
      {refusal<SGD>(SGDOptions{.nesterov = true}),
       "SGD: nesterov needs momentum above 0 and dampening 0, but they are 0 and 0"},
      {refusal<Adagrad>(AdagradOptions{.lr = -1}), "Adagrad: lr is -1, and must be at least 0"},
      {refusal<Adagrad>(AdagradOptions{.lr_decay = -1}), "Adagrad: lr_decay is -1, and must be at least 0"},
      {refusal<Adagrad>(AdagradOptions{.initial_accumulator_value = -1}),
       "Adagrad: initial_accumulator_value is -1, and must be at least 0"},
      {refusal<Adagrad>(AdagradOptions{.eps = nan}), "Adagrad: eps is nan, and must be at least 0"},
      {refusal<RMSprop>(RMSpropOptions{.alpha = 1}), "RMSprop: alpha is 1, and must be at least 0 and less than 1"},
      {refusal<RMSprop>(RMSpropOptions{.momentum = -1}), "RMSprop: momentum is -1, and must be at least 0"},
      {refusal<Adam>(AdamOptions{.beta1 = 1}), "Adam: beta1 is 1, and must be at least 0 and less than 1"},
      {refusal<Adam>(AdamOptions{.beta2 = 1}), "Adam: beta2 is 1, and must be at least 0 and less than 1"},
      {refusal<AdamW>(AdamWOptions{.beta1 = -1}), "AdamW: beta1 is -1, and must be at least 0 and less than 1"},
      {refusal<AdamW>(AdamWOptions{.weight_decay = -1}), "AdamW: weight_decay is -1, and must be at least 0"},
      {refusal<NAdam>(NAdamOptions{.beta1 = 1}), "NAdam: beta1 is 1, and must be at least 0 and less than 1"},
      {refusal<NAdam>(NAdamOptions{.momentum_decay = -1}), "NAdam: momentum_decay is -1, and must be at least 0"},
      {refusal<RAdam>(RAdamOptions{.beta2 = 1}), "RAdam: beta2 is 1, and must be at least 0 and less than 1"},
      {refusal<RAdam>(RAdamOptions{.eps = -1}), "RAdam: eps is -1, and must be at least 0"},
      {refusal<Adamax>(AdamaxOptions{.beta2 = 2}), "Adamax: beta2 is 2, and must be at least 0 and less than 1"},
      {refusal<Adamax>(AdamaxOptions{.weight_decay = -1}), "Adamax: weight_decay is -1, and must be at least 0"},
      {refusal<Adadelta>(AdadeltaOptions{.lr = -1}), "Adadelta: lr is -1, and must be at least 0"},
      {refusal<Adadelta>(AdadeltaOptions{.rho = 1.5}), "Adadelta: rho is 1.5, and must be at least 0 and at most 1"},
      {refusal<Rprop>(RpropOptions{.lr = -1}), "Rprop: lr is -1, and must be at least 0"},
      {refusal<Rprop>(RpropOptions{.etaminus = 1}), "Rprop: etaminus is 1, and must be above 0 and less than 1"},
      {refusal<Rprop>(RpropOptions{.etaplus = 1}), "Rprop: etaplus is 1, and must be above 1"},
      {refusal<Rprop>(RpropOptions{.step_size_min = 2, .step_size_max = 1}),
       "Rprop: step_size_max is 1, and must be at least step_size_min"},
  };
  for (const auto& row : table) CHECK(row.said == "minigrad: " + row.expected);
}
