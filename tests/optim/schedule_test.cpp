#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <minigrad/graph/parameter.hpp>
#include <minigrad/nn/layers.hpp>
#include <minigrad/optim/cyclic_lr.hpp>
#include <minigrad/optim/more_schedules.hpp>
#include <minigrad/optim/sequential_lr.hpp>
#include <minigrad/optim/sgd.hpp>
#include <string>
#include <vector>

#include "../support/fixture.hpp"

using namespace minigrad;

namespace {

const support::Fixture fixture = support::read_fixture("optim.txt");

/// All that a schedule needs of an optimizer.
class Rate {
 public:
  explicit Rate(double value) : value_(value) {}
  double lr() const { return value_; }
  void lr(double value) { value_ = value; }

 private:
  double value_;
};

std::size_t count(const support::Case& one, const std::string& key, std::size_t otherwise = 0) {
  return static_cast<std::size_t>(one.number(key, static_cast<double>(otherwise)));
}

/// Follows the rates of every case whose name begins with `prefix`: make(optimizer, case), then step(schedule, epoch).
template <class Make, class Step>
void follow(const std::string& prefix, std::size_t cases, const Make& make, const Step& step) {
  const auto follow_case = [&](const std::string& name, const support::Case& one) {
    CAPTURE(name);
    Rate optimizer(0.1);
    auto schedule = make(optimizer, one);
    const std::vector<double> rates = one.numbers("lr");
    REQUIRE(rates.size() == 100);
    for (std::size_t epoch = 0; epoch < rates.size(); ++epoch) {
      CAPTURE(epoch);
      CHECK(std::fabs(optimizer.lr() - rates[epoch]) <= 1e-12 * rates[epoch] + 1e-17);
      step(schedule, one, epoch);
    }
  };
  const std::size_t followed = support::for_each_case(fixture, prefix, follow_case);
  CHECK(followed == cases);
}
constexpr auto plain_step = [](auto& schedule, const support::Case&, std::size_t) { schedule.step(); };

}  // namespace

TEST_CASE("StepLR agrees with PyTorch over 100 epochs") {
  follow(
      "step/", 2,
      [](Rate& rate, const support::Case& one) {
        return StepLR(rate,
                      {.step_size = count(one, "step_size"), .gamma = one.number("gamma", StepLROptions{}.gamma)});
      },
      plain_step);
}

TEST_CASE("ExponentialLR agrees with PyTorch over 100 epochs") {
  follow(
      "exponential/", 2,
      [](Rate& rate, const support::Case& one) { return ExponentialLR(rate, {.gamma = one.number("gamma")}); },
      plain_step);
}

TEST_CASE("CosineAnnealingLR agrees with PyTorch over 100 epochs, also beyond t_max") {
  follow(
      "cosine/", 3,
      [](Rate& rate, const support::Case& one) {
        return CosineAnnealingLR(rate, {.t_max = count(one, "T_max"), .eta_min = one.number("eta_min", 0)});
      },
      plain_step);
}

TEST_CASE("LinearLR, the warm-up, agrees with PyTorch over 100 epochs") {
  follow(
      "warmup/", 4,
      [](Rate& rate, const support::Case& one) {
        const LinearLROptions d;
        return LinearLR(rate, {.start_factor = one.number("start_factor", d.start_factor),
                               .end_factor = one.number("end_factor", d.end_factor),
                               .total_iters = count(one, "total_iters", d.total_iters)});
      },
      plain_step);
}

TEST_CASE("ReduceLROnPlateau agrees with PyTorch over 100 epochs") {
  follow(
      "plateau/", 12,
      [](Rate& rate, const support::Case& one) {
        const ReduceLROnPlateauOptions d;
        return ReduceLROnPlateau(rate, {.factor = one.number("factor", d.factor),
                                        .patience = count(one, "patience", d.patience),
                                        .threshold = one.number("threshold", d.threshold),
                                        .relative = !one.has("threshold_mode") || one.word("threshold_mode") == "rel",
                                        .cooldown = count(one, "cooldown", d.cooldown),
                                        .min_lr = one.number("min_lr", d.min_lr),
                                        .eps = one.number("eps", d.eps),
                                        .maximize = one.has("mode") && one.word("mode") == "max"});
      },
      [](auto& schedule, const support::Case& one, std::size_t epoch) {
        schedule.step(fixture.at("metrics").numbers(one.word("metrics"))[epoch]);
      });
}

namespace {

/// Follows the rates of a case with several schedules, which make(optimizer, f) makes in their order and hands to f.
template <class Make>
void follow_composed(const std::string& name, const Make& make) {
  CAPTURE(name);
  const Parameter w(1.0);
  SGD optimizer(std::vector{w.ref()}, {.lr = 0.1});
  const std::vector<double> rates = fixture.at(name).numbers("lr");
  REQUIRE(rates.size() == 100);
  const std::string kind = name.substr(0, name.find('/'));
  make(optimizer, [&](auto&... schedule) {
    const auto compare = [&](std::size_t epoch) {
      CAPTURE(epoch);
      CHECK(std::fabs(optimizer.lr() - rates[epoch]) <= 1e-12 * rates[epoch] + 1e-16);
    };
    if (kind == "sequence") {
      if constexpr (sizeof...(schedule) == 2) {
        SequentialLR all(optimizer, {25}, schedule...);
        for (std::size_t epoch = 0; epoch < 100; ++epoch, all.step()) compare(epoch);
      } else {
        SequentialLR all(optimizer, {25, 50}, schedule...);
        for (std::size_t epoch = 0; epoch < 100; ++epoch, all.step()) compare(epoch);
      }
      return;
    }
    for (std::size_t epoch = 0; epoch < 100; ++epoch) {
      compare(epoch);
      std::size_t k = 0;
      ((kind == "together" || k++ == (epoch < 25 ? 0u : 1u) ? schedule.step() : void()), ...);
    }
  });
}

constexpr auto W = [](auto& o) { return LinearLR(o, {.start_factor = 0.1, .total_iters = 10}); };
constexpr auto S = [](auto& o) { return StepLR(o, {.step_size = 7, .gamma = 0.5}); };
constexpr auto E = [](auto& o) { return ExponentialLR(o, {.gamma = 0.95}); };
constexpr auto C = [](auto& o) { return CosineAnnealingLR(o, {.t_max = 30, .eta_min = 0.01}); };
constexpr auto D = [](auto& o) { return CosineAnnealingLR(o, {.t_max = 30}); };
constexpr auto Z = [](auto& o) { return LinearLR(o, {.start_factor = 1, .end_factor = 0, .total_iters = 20}); };

/// All kinds of composition of two schedules that the fixture has.
template <class A, class B>
std::size_t follow_pair(const std::string& names, const A& a, const B& b) {
  std::size_t followed = 0;
  for (const char* kind : {"together/", "after/", "sequence/"}) {
    if (!fixture.contains(kind + names)) continue;
    ++followed;
    follow_composed(kind + names, [&](auto& optimizer, const auto& use) {
      auto first = a(optimizer);
      auto second = b(optimizer);
      use(first, second);
    });
  }
  return followed;
}

}  // namespace

TEST_CASE("schedules on one optimizer, together and one after another, agree with PyTorch over 100 epochs") {
  CHECK(follow_pair("WC", W, C) + follow_pair("CW", C, W) + follow_pair("WS", W, S) + follow_pair("SW", S, W) +
            follow_pair("WE", W, E) + follow_pair("EW", E, W) + follow_pair("SC", S, C) + follow_pair("CS", C, S) +
            follow_pair("EC", E, C) + follow_pair("CE", C, E) + follow_pair("SE", S, E) + follow_pair("ZC", Z, C) +
            follow_pair("CZ", C, Z) + follow_pair("SD", S, D) + follow_pair("ED", E, D) + follow_pair("ZD", Z, D) ==
        23);
  follow_composed("sequence/WCS", [](auto& optimizer, const auto& use) {
    auto first = W(optimizer);
    auto second = C(optimizer);
    auto third = S(optimizer);
    use(first, second, third);
  });
  follow_composed("sequence/WOC", [](auto& optimizer, const auto& use) {
    auto first = W(optimizer);
    auto second = OneCycleLR(optimizer, {.max_lr = 0.5, .total_steps = 80});
    auto third = C(optimizer);
    use(first, second, third);
  });
}

TEST_CASE("no schedule makes a rate negative") {
  for (const std::size_t total : {1u, 3u, 4u, 7u, 49u, 1000u}) {
    Rate rate(0.3);
    LinearLR schedule(rate, {.start_factor = 1.0 / 3, .end_factor = 0, .total_iters = total});
    for (std::size_t epoch = 0; epoch < total + 2; ++epoch) {
      schedule.step();
      CHECK(rate.lr() >= 0);
    }
    CHECK(rate.lr() < 1e-15);
  }
  Rate rate(1);  // below eta_min by another schedule, while the wave rises
  CosineAnnealingLR schedule(rate, {.t_max = 4, .eta_min = 0.5});
  for (int epoch = 0; epoch < 20; ++epoch) {
    rate.lr(0.01);
    schedule.step();
    CHECK(rate.lr() >= 0);
  }
}

TEST_CASE("a sequence of schedules needs a milestone between each two, and these increase") {
  Rate rate(1);
  const StepLR steps(rate, {.step_size = 1});
  CHECK_THROWS_WITH_AS(SequentialLR(rate, {}, steps, steps),
                       "minigrad: SequentialLR: 2 schedules and 0 milestones: there must be one milestone between each "
                       "schedule and the next",
                       ValueError);
  CHECK_THROWS_WITH_AS(SequentialLR(rate, {5, 5}, steps, steps, steps),
                       "minigrad: SequentialLR: milestone 5 after 5: milestones must increase", ValueError);
  CHECK_THROWS_WITH_AS(SequentialLR(rate, {0}, steps, steps),
                       "minigrad: SequentialLR: milestone 0 after 0: milestones must increase", ValueError);
}

TEST_CASE("a schedule sets the rate of a real optimizer, and two of them act together") {
  const Parameter w(1.0);
  SGD optimizer(std::vector{w.ref()}, {.lr = 0.8});
  LinearLR warm_up(optimizer, {.start_factor = 0.25, .total_iters = 3});
  StepLR steps(optimizer, {.step_size = 4, .gamma = 0.5});
  const double expected[] = {0.2, 0.4, 0.6, 0.8, 0.4, 0.4, 0.4, 0.4, 0.2};
  for (const double lr : expected) {
    CHECK(optimizer.lr() == doctest::Approx(lr).epsilon(1e-12));
    warm_up.step();
    steps.step();
  }
}

TEST_CASE("a rate that the user sets in between is what a schedule goes on from") {
  Rate rate(1);
  ExponentialLR schedule(rate, {.gamma = 0.5});
  schedule.step();
  rate.lr(8);
  schedule.step();
  CHECK(rate.lr() == 4);
}

TEST_CASE("a plateau counts NaN as no improvement, even as the first metric") {
  Rate rate(1);
  ReduceLROnPlateau schedule(rate, {.factor = 0.5, .patience = 1});
  schedule.step(std::nan(""));
  CHECK(rate.lr() == 1);
  schedule.step(std::nan(""));
  CHECK(rate.lr() == 0.5);
  schedule.step(3);  // the first number is the best so far
  schedule.step(2);
  schedule.step(std::nan(""));
  CHECK(rate.lr() == 0.5);
  schedule.step(5);
  CHECK(rate.lr() == 0.25);
}

TEST_CASE("schedules say which option they cannot take") {
  Rate rate(1);
  CHECK_THROWS_WITH_AS(StepLR(rate, {.gamma = 0.5}), "minigrad: StepLR: step_size is 0, and must be at least 1",
                       ValueError);
  CHECK_THROWS_WITH_AS(StepLR(rate, {.step_size = 1, .gamma = -1}),
                       "minigrad: StepLR: gamma is -1, and must be at least 0", ValueError);
  CHECK_THROWS_WITH_AS(ExponentialLR(rate, {}), "minigrad: ExponentialLR: gamma is 0, and must be positive",
                       ValueError);
  CHECK_THROWS_WITH_AS(CosineAnnealingLR(rate, {}), "minigrad: CosineAnnealingLR: t_max is 0, and must be at least 1",
                       ValueError);
  CHECK_THROWS_WITH_AS(CosineAnnealingLR(rate, {.t_max = 5, .eta_min = -1}),
                       "minigrad: CosineAnnealingLR: eta_min is -1, and must be at least 0", ValueError);
  CHECK_THROWS_WITH_AS(LinearLR(rate, {.start_factor = 0}),
                       "minigrad: LinearLR: start_factor is 0, and must be positive", ValueError);
  CHECK_THROWS_WITH_AS(LinearLR(rate, {.end_factor = -1}),
                       "minigrad: LinearLR: end_factor is -1, and must be at least 0", ValueError);
  CHECK_THROWS_WITH_AS(LinearLR(rate, {.total_iters = 0}),
                       "minigrad: LinearLR: total_iters is 0, and must be at least 1", ValueError);
  CHECK_THROWS_WITH_AS(ReduceLROnPlateau(rate, {.factor = 1}),
                       "minigrad: ReduceLROnPlateau: factor is 1, and must be at least 0 and less than 1", ValueError);
  CHECK(rate.lr() == 1);  // a schedule that could not be made has changed nothing
}

TEST_CASE("a schedule describes its options, as a checkpoint compares them") {
  Rng rng(1);
  Linear<double> model(1, 1, rng);
  SGD optimizer(model, {.lr = 1});
  CHECK(StepLR(optimizer, {.step_size = 3}).describe() == "StepLR(step_size=3, gamma=0.1)");
  CHECK(ExponentialLR(optimizer, {.gamma = 0.5}).describe() == "ExponentialLR(gamma=0.5)");
  CHECK(CosineAnnealingLR(optimizer, {.t_max = 9}).describe() == "CosineAnnealingLR(t_max=9, eta_min=0)");
  const LinearLR linear(optimizer, {.start_factor = 0.25, .total_iters = 7});
  CHECK(linear.describe() == "LinearLR(start_factor=0.25, end_factor=1, total_iters=7)");
  CHECK(ReduceLROnPlateau(optimizer, {.maximize = true}).describe() ==
        "ReduceLROnPlateau(factor=0.1, patience=10, threshold=0.0001, relative=true, cooldown=0, min_lr=0, eps=1e-08, "
        "maximize=true)");
  CHECK(SequentialLR(optimizer, {4}, linear, ExponentialLR(optimizer, {.gamma = 0.5})).describe() ==
        "SequentialLR(LinearLR(start_factor=0.25, end_factor=1, total_iters=7), 4: ExponentialLR(gamma=0.5))");
}

TEST_CASE("a schedule acts on every group by its own base rate, also on one that is added later") {
  const Parameter a(1.0), b(1.0), c(1.0);
  SGD optimizer(std::vector{a.ref()}, {.lr = 1});
  optimizer.add_group(std::vector{b.ref()}).options.lr = 0.1;
  auto schedule = with_warm_up(optimizer, {.start_factor = 0.5, .total_iters = 2},
                               CosineAnnealingLR(optimizer, {.t_max = 2, .eta_min = 0.02}));
  const auto rates = [&](std::size_t k) { return optimizer.groups()[k].options.lr; };
  const double shares[] = {0.5, 0.75, 1};
  for (const double share : shares) {
    CHECK(rates(0) == doctest::Approx(share));
    CHECK(rates(1) == doctest::Approx(0.1 * share));
    schedule.step();
  }
  CHECK(rates(0) == doctest::Approx(0.51));
  CHECK(rates(1) == doctest::Approx(0.06));
  optimizer.add_group(std::vector{c.ref()}).options.lr = 0.01;
  schedule.restart();
  CHECK(rates(0) == 0.5);
  CHECK(rates(1) == 0.05);
  CHECK(rates(2) == 0.005);
}

TEST_CASE("a schedule refuses to go on with a group that was added after it was made, and then changes nothing") {
  const Parameter a(1.0), b(1.0);
  const auto refuses = [&](const std::string& name, const auto& make, const auto& step) {
    CAPTURE(name);
    SGD optimizer(std::vector{a.ref()}, {.lr = 1});
    auto schedule = make(optimizer);
    step(schedule);
    const double rate = optimizer.lr();
    optimizer.add_group(std::vector{b.ref()}).options.lr = 1;
    const auto expected = "minigrad: " + name +
                          ": step: the optimizer has 2 groups, and had 1 when this schedule was made: make schedules "
                          "after all groups";
    for (int i = 0; i < 2; ++i) {
      CHECK_THROWS_WITH_AS(step(schedule), expected.c_str(), ValueError);
      CHECK(optimizer.groups()[0].options.lr == rate);
      CHECK(optimizer.groups()[1].options.lr == 1);
    }
    schedule.restart();  // begins anew, with all groups
    step(schedule);
    CHECK(optimizer.groups()[0].options.lr == rate);
    CHECK(optimizer.groups()[1].options.lr == rate);
  };
  const auto plain = [](auto& schedule) { schedule.step(); };
  refuses("StepLR", [](auto& o) { return StepLR(o, {.step_size = 1}); }, plain);
  refuses("LinearLR", [](auto& o) {
    return with_warm_up(o, {.start_factor = 0.01, .total_iters = 3}, StepLR(o, {.step_size = 9}));
  }, plain);
  refuses("LambdaLR", [](auto& o) { return LambdaLR(o, [](std::size_t t) { return 1 / (1.0 + static_cast<double>(t)); }); },
          plain);
  refuses("CyclicLR", [](auto& o) {
    return CyclicLR(o, {.base_lr = 0.1, .max_lr = 1, .step_size_up = 4, .cycle_momentum = false});
  }, plain);
  refuses("OneCycleLR", [](auto& o) {
    return OneCycleLR(o, {.max_lr = 1, .total_steps = 9, .cycle_momentum = false});
  }, plain);
  refuses("ReduceLROnPlateau", [](auto& o) { return ReduceLROnPlateau(o, {.patience = 0}); },
          [](auto& schedule) { schedule.step(7); });
}

TEST_CASE("a warm-up stands before any schedule, also before one that takes a metric") {
  Rate rate(1);
  auto schedule = with_warm_up(rate, {.start_factor = 0.25, .total_iters = 3},
                               ReduceLROnPlateau(rate, {.factor = 0.5, .patience = 0}));
  const double expected[] = {0.25, 0.5, 0.75, 1, 1, 0.5, 0.25};
  for (const double lr : expected) {
    CHECK(rate.lr() == doctest::Approx(lr));
    schedule.step(7);
  }
}

TEST_CASE("a schedule knows its optimizer, and a sequence refuses those of another") {
  Rate rate(1), other(1);
  const StepLR steps(rate, {.step_size = 1});
  CHECK(steps.acts_on(rate));
  CHECK(!steps.acts_on(other));
  CHECK(with_warm_up(rate, {}, steps).acts_on(rate));
  CHECK_THROWS_WITH_AS(with_warm_up(other, {}, steps),
                       "minigrad: SequentialLR: a schedule acts on another optimizer than this one", ValueError);
}
