#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <minigrad/optim/adaptive.hpp>
#include <minigrad/optim/cyclic_lr.hpp>
#include <minigrad/optim/more_schedules.hpp>
#include <minigrad/optim/swa_lr.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "../support/count_allocations.hpp"
#include "../support/follow_schedule.hpp"
#include "../support/message.hpp"

using namespace minigrad;
using support::follow_groups;
using support::follow_two;
using support::message;

namespace {

const support::Fixture fixture = support::read_fixture("optim.txt");

double inverse_time(std::size_t t) { return 1 / (1 + 0.1 * static_cast<double>(t)); }
double alternating(std::size_t t) { return t % 2 ? 0.97 : 0.99; }

constexpr auto W = [](auto& o) { return LinearLR(o, {.start_factor = 0.1, .total_iters = 10}); };
constexpr auto C = [](auto& o) { return CosineAnnealingLR(o, {.t_max = 30, .eta_min = 0.01}); };
constexpr auto E = [](auto& o) { return ExponentialLR(o, {.gamma = 0.95}); };
constexpr auto M = [](auto& o) { return MultiStepLR(o, {.milestones = {5, 12, 12, 40}, .gamma = 0.5}); };
constexpr auto K = [](auto& o) { return ConstantLR(o, {.factor = 0.25, .total_iters = 15}); };
constexpr auto P = [](auto& o) { return PolynomialLR(o, {.total_iters = 60, .power = 2}); };
constexpr auto R = [](auto& o) { return CosineAnnealingWarmRestarts(o, {.t_0 = 10, .t_mult = 2, .eta_min = 0.005}); };
constexpr auto L = [](auto& o) { return LambdaLR(o, inverse_time); };
constexpr auto X = [](auto& o) { return MultiplicativeLR(o, alternating); };
constexpr auto O = [](auto& o) { return OneCycleLR(o, {.max_lr = 0.5, .total_steps = 80}); };
constexpr auto V = [](auto& o) { return SWALR(o, {.swa_lr = 0.03, .anneal_epochs = 12}); };

}  // namespace

TEST_CASE("schedules act on each of two groups as in PyTorch over 100 epochs, and go on from a state") {
  const auto follow = [](const char* name, const auto& make) {
    follow_groups(fixture, name, [&](auto& o, const auto&) { return make(o); });
  };
  follow("step", [](auto& o) { return StepLR(o, {.step_size = 7, .gamma = 0.5}); });
  follow("exponential", E);
  follow("cosine", C);
  follow("linear", W);
  follow("multistep", [](auto& o) { return MultiStepLR(o, {.milestones = {0, 5, 12, 12, 40}, .gamma = 0.5}); });
  follow("constant", K);
  follow("constant_default", [](auto& o) { return ConstantLR(o); });
  follow("polynomial", P);
  follow("polynomial_default", [](auto& o) { return PolynomialLR(o); });
  follow("polynomial_root", [](auto& o) { return PolynomialLR(o, {.total_iters = 99, .power = 0.5}); });
  follow("restarts", [](auto& o) { return CosineAnnealingWarmRestarts(o, {.t_0 = 13, .eta_min = 0.001}); });
  follow("restarts_longer", [](auto& o) { return CosineAnnealingWarmRestarts(o, {.t_0 = 10, .t_mult = 2}); });
  follow("lambda", [](auto& o) {
    return LambdaLR(o, [](std::size_t t, std::size_t group) {
      return group == 0 ? inverse_time(t) : std::pow(0.95, static_cast<double>(t));
    });
  });
  follow("multiplicative", X);
  follow("swa", [](auto& o) { return SWALR(o, {.swa_lr = 0.05}); });
  follow("swa_lists", [](auto& o) {
    return SWALR(o, {.swa_lr = {0.05, 0.001}, .anneal_epochs = 30, .linear = true});
  });
  follow("swa_at_once", [](auto& o) { return SWALR(o, {.swa_lr = 0.05, .anneal_epochs = 0}); });
}

TEST_CASE("OneCycleLR sets the rates and the momentum of two groups as in PyTorch over 100 steps") {
  const auto plain = [](auto& o, const auto& one) {
    return OneCycleLR(o, {.max_lr = 0.5,
                          .total_steps = static_cast<std::size_t>(one.number("total_steps")),
                          .pct_start = one.number("pct_start", 0.3),
                          .cycle_momentum = one.number("cycle_momentum") != 0,
                          .three_phase = one.number("three_phase", 0) != 0});
  };
  follow_groups(fixture, "one_cycle", plain);
  follow_groups<Adam>(fixture, "one_cycle_adam", plain);
  follow_groups(fixture, "one_cycle_three_phase", plain);
  follow_groups<Adam>(fixture, "one_cycle_rate_only", plain);
  follow_groups(fixture, "one_cycle_lists", [](auto& o, const auto&) {
    return OneCycleLR(o, {.max_lr = {0.5, 0.05},
                          .total_steps = 103,
                          .pct_start = 0.25,
                          .linear = true,
                          .base_momentum = {0.7, 0.6},
                          .max_momentum = {0.9, 0.8},
                          .div_factor = 10,
                          .final_div_factor = 100});
  });
}

TEST_CASE("CyclicLR sets the rates and the momentum of two groups as in PyTorch over 100 steps") {
  follow_groups(fixture, "cyclic",
                [](auto& o, const auto&) { return CyclicLR(o, {.base_lr = 0.01, .max_lr = 0.1, .step_size_up = 7}); });
  follow_groups(fixture, "cyclic_lists", [](auto& o, const auto&) {
    return CyclicLR(o, {.base_lr = {0.01, 0.001},
                        .max_lr = {0.1, 0.02},
                        .step_size_up = 5,
                        .step_size_down = 9,
                        .mode = CyclicMode::triangular2,
                        .base_momentum = {0.7, 0.6},
                        .max_momentum = {0.9, 0.8}});
  });
  follow_groups(fixture, "cyclic_exp", [](auto& o, const auto&) {
    return CyclicLR(o, {.base_lr = 0.01,
                        .max_lr = 0.1,
                        .step_size_up = 10,
                        .mode = CyclicMode::exp_range,
                        .gamma = 0.98,
                        .cycle_momentum = false});
  });
}

TEST_CASE("further schedules compose as in PyTorch over 100 epochs: together, and one after another") {
  const auto Y = [](auto& o) {
    return CyclicLR(o, {.base_lr = 0.02, .max_lr = 0.1, .step_size_up = 4, .cycle_momentum = false});
  };
  follow_two(fixture, "together", "WM", W, M);
  follow_two(fixture, "together", "KC", K, C);
  follow_two(fixture, "together", "PX", P, X);
  follow_two(fixture, "together", "RX", R, X);
  follow_two(fixture, "together", "LE", L, E);
  follow_two(fixture, "sequence", "WM", W, M);
  follow_two(fixture, "sequence", "WK", W, K);
  follow_two(fixture, "sequence", "WP", W, P);
  follow_two(fixture, "sequence", "WR", W, R);
  follow_two(fixture, "sequence", "WL", W, L);
  follow_two(fixture, "sequence", "WX", W, X);
  follow_two(fixture, "sequence", "WY", W, Y);
  follow_two(fixture, "sequence", "MP", M, P);
  follow_two(fixture, "sequence", "XK", X, K);
  follow_two(fixture, "sequence", "RL", R, L);
  follow_two(fixture, "sequence", "LC", L, C);
  follow_two(fixture, "sequence", "KR", K, R);
  follow_two(fixture, "together", "VE", V, E);
  follow_two(fixture, "sequence", "CV", C, V);
  follow_two(fixture, "sequence", "WV", W, V);
  follow_two(fixture, "sequence", "VC", V, C);
}

TEST_CASE("OneCycleLR and CyclicLR before and after others are as in PyTorch: they say from which rate these count") {
  const auto Y = [](auto& o) {
    return CyclicLR(o, {.base_lr = 0.02, .max_lr = 0.1, .step_size_up = 4, .cycle_momentum = false});
  };
  follow_two(fixture, "sequence", "WO", W, O);
  follow_two(fixture, "sequence", "CO", C, O);
  follow_two(fixture, "sequence", "LO", L, O);
  follow_two(fixture, "sequence", "RO", R, O);
  follow_two(fixture, "sequence", "OW", O, W);
  follow_two(fixture, "sequence", "OC", O, C);
  follow_two(fixture, "sequence", "OL", O, L);
  follow_two(fixture, "sequence", "OV", O, V);
  follow_two(fixture, "sequence", "YW", Y, W);
  follow_two(fixture, "sequence", "YC", Y, C);
  follow_two(fixture, "sequence", "LY", L, Y);
}

TEST_CASE("further schedules say which option they cannot take, and change nothing") {
  auto optimizer = support::optimizer_of_two_groups<SGD>();
  const auto& o = optimizer;
  const auto refused = [&](const auto& make) { return message([&] { make(optimizer); }); };
  CHECK(refused([](auto& s) { MultiStepLR(s, {}); }) == "minigrad: MultiStepLR: there are no milestones");
  CHECK(refused([](auto& s) { MultiStepLR(s, {.milestones = {1}, .gamma = -1}); }) ==
        "minigrad: MultiStepLR: gamma is -1, and must be at least 0");
  CHECK(refused([](auto& s) { ConstantLR(s, {.factor = 2}); }) ==
        "minigrad: ConstantLR: factor is 2, and must be above 0 and at most 1");
  CHECK(refused([](auto& s) { ConstantLR(s, {.total_iters = 0}); }) ==
        "minigrad: ConstantLR: total_iters is 0, and must be at least 1");
  CHECK(refused([](auto& s) { PolynomialLR(s, {.total_iters = 0}); }) ==
        "minigrad: PolynomialLR: total_iters is 0, and must be at least 1");
  CHECK(refused([](auto& s) { PolynomialLR(s, {.power = -1}); }) ==
        "minigrad: PolynomialLR: power is -1, and must be at least 0");
  CHECK(refused([](auto& s) { CosineAnnealingWarmRestarts(s, {}); }) ==
        "minigrad: CosineAnnealingWarmRestarts: t_0 is 0, and must be at least 1");
  CHECK(refused([](auto& s) { CosineAnnealingWarmRestarts(s, {.t_0 = 1, .t_mult = 0}); }) ==
        "minigrad: CosineAnnealingWarmRestarts: t_mult is 0, and must be at least 1");
  CHECK(refused([](auto& s) { LambdaLR(s, [](std::size_t) { return -1; }); }) ==
        "minigrad: LambdaLR: the factor that the function gives is -1, and must be at least 0");
  CHECK(refused([](auto& s) { OneCycleLR(s, {.max_lr = 1}); }) ==
        "minigrad: OneCycleLR: total_steps is 0, and must be at least 1");
  CHECK(refused([](auto& s) { OneCycleLR(s, {.total_steps = 9}); }) ==
        "minigrad: OneCycleLR: max_lr is 0, and must be positive");
  CHECK(refused([](auto& s) {
          OneCycleLR(s, {.max_lr = {1, 1, 1}, .total_steps = 9});
        }) == "minigrad: OneCycleLR: max_lr has 3 values for 2 groups");
  CHECK(refused([](auto& s) { OneCycleLR(s, {.max_lr = 1, .total_steps = 9, .pct_start = 2}); }) ==
        "minigrad: OneCycleLR: pct_start is 2, and must be at least 0 and at most 1");
  CHECK(refused([](auto& s) { OneCycleLR(s, {.max_lr = 1, .total_steps = 9, .max_momentum = 1}); }) ==
        "minigrad: OneCycleLR: max_momentum is 1, and must be at least 0 and less than 1");
  CHECK(refused([](auto& s) { OneCycleLR(s, {.max_lr = 1, .total_steps = 9, .div_factor = 0}); }) ==
        "minigrad: OneCycleLR: div_factor is 0, and must be positive");
  CHECK(refused([](auto& s) { OneCycleLR(s, {.max_lr = 1, .total_steps = 9, .final_div_factor = -1}); }) ==
        "minigrad: OneCycleLR: final_div_factor is -1, and must be positive");
  CHECK(refused([](auto& s) { OneCycleLR(s, {.max_lr = 1, .total_steps = 9, .base_momentum = -1}); }) ==
        "minigrad: OneCycleLR: base_momentum is -1, and must be at least 0 and less than 1");
  CHECK(refused([](auto& s) { CyclicLR(s, {.base_lr = 1, .max_lr = 1, .step_size_up = 0}); }) ==
        "minigrad: CyclicLR: step_size_up is 0, and must be at least 1");
  CHECK(refused([](auto& s) { CyclicLR(s, {.base_lr = 1, .max_lr = 1, .gamma = 0}); }) ==
        "minigrad: CyclicLR: gamma is 0, and must be positive");
  CHECK(refused([](auto& s) { CyclicLR(s, {.base_lr = 1, .max_lr = 1, .base_momentum = 1}); }) ==
        "minigrad: CyclicLR: base_momentum is 1, and must be at least 0 and less than 1");
  CHECK(refused([](auto& s) { CyclicLR(s, {.base_lr = 1, .max_lr = 1, .max_momentum = 1}); }) ==
        "minigrad: CyclicLR: max_momentum is 1, and must be at least 0 and less than 1");
  CHECK(refused([](auto& s) { CyclicLR(s, {.base_lr = {1, 1, 1}, .max_lr = 1}); }) ==
        "minigrad: CyclicLR: base_lr has 3 values for 2 groups");
  CHECK(refused([](auto& s) { CosineAnnealingWarmRestarts(s, {.t_0 = 1, .eta_min = -1}); }) ==
        "minigrad: CosineAnnealingWarmRestarts: eta_min is -1, and must be at least 0");
  CHECK(refused([](auto& s) { MultiplicativeLR(s, [](std::size_t) { return -1; }).step(); }) ==
        "minigrad: MultiplicativeLR: the factor that the function gives is -1, and must be at least 0");
  CHECK(refused([](auto& s) { SWALR(s, {}); }) == "minigrad: SWALR: swa_lr is 0, and must be positive");
  CHECK(refused([](auto& s) { SWALR(s, {.swa_lr = {1, -1}}); }) ==
        "minigrad: SWALR: swa_lr is -1, and must be positive");
  CHECK(refused([](auto& s) { SWALR(s, {.swa_lr = {1, 1, 1}}); }) == "minigrad: SWALR: swa_lr has 3 values for 2 groups");
  CHECK(refused([](auto& s) { CyclicLR(s, {.base_lr = 1}); }) ==
        "minigrad: CyclicLR: max_lr is 0, and must be positive");
  CHECK(refused([](auto& s) { CyclicLR(s, {.base_lr = -1, .max_lr = 1}); }) ==
        "minigrad: CyclicLR: base_lr is -1, and must be at least 0");
  CHECK(o.groups()[0].options.lr == 0.1);
  CHECK(o.groups()[1].options.lr == 0.02);
  CHECK(o.groups()[0].options.momentum == 0.5);
}

TEST_CASE("a function that refuses one of the groups, or throws, leaves all rates and the count as they were") {
  const auto fails_at_2 = [](std::size_t t, std::size_t group) -> double {
    if (t == 2 && group == 1) throw std::runtime_error("no");
    return t == 3 && group == 1 ? -1 : 0.5;
  };
  const auto check = [&](const auto& make) {
    auto optimizer = support::optimizer_of_two_groups<SGD>();
    auto schedule = make(optimizer);
    schedule.step();
    const auto& o = optimizer;
    const double first = o.groups()[0].options.lr, second = o.groups()[1].options.lr;
    const auto count = [&] { return schedule.state_dict().template get<std::int64_t>("last_epoch").item(); };
    CHECK_THROWS_AS(schedule.step(), std::runtime_error);
    CHECK_THROWS_AS(schedule.step(), std::runtime_error);
    CHECK(count() == 1);
    CHECK(o.groups()[0].options.lr == first);
    CHECK(o.groups()[1].options.lr == second);
  };
  check([&](auto& s) { return LambdaLR(s, fails_at_2); });
  check([&](auto& s) { return MultiplicativeLR(s, fails_at_2); });
}

TEST_CASE("no step of a schedule allocates, also where it begins anew in a sequence") {
  const auto check = [](const char* name, const auto& make) {
    CAPTURE(std::string(name));
    auto optimizer = support::optimizer_of_two_groups<SGD>();
    auto schedule = make(optimizer);
    const std::size_t before = support::allocations();
    for (int k = 0; k < 20; ++k) {
      if constexpr (requires { schedule.step(0.5); }) schedule.step(0.5);
      else schedule.step();
    }
    CHECK(support::allocations() == before);
  };
  check("StepLR", [](auto& o) { return StepLR(o, {.step_size = 3}); });
  check("ExponentialLR", E);
  check("CosineAnnealingLR", C);
  check("LinearLR", W);
  check("ReduceLROnPlateau", [](auto& o) { return ReduceLROnPlateau(o, {.patience = 2}); });
  check("MultiStepLR", M);
  check("ConstantLR", K);
  check("PolynomialLR", P);
  check("CosineAnnealingWarmRestarts", R);
  check("LambdaLR", L);
  check("MultiplicativeLR", X);
  check("OneCycleLR", O);
  check("CyclicLR", [](auto& o) { return CyclicLR(o, {.base_lr = 0.01, .max_lr = 0.1, .step_size_up = 4}); });
  check("SWALR", V);
  check("SequentialLR", [](auto& o) { return SequentialLR(o, {3, 6, 9}, W(o), C(o), O(o), V(o)); });
}

TEST_CASE("a rise of one step is the largest rate at once, where PyTorch divides by 0") {
  auto optimizer = support::optimizer_of_two_groups<SGD>();
  OneCycleLR schedule(optimizer, {.max_lr = 1, .total_steps = 10, .pct_start = 0.1});
  CHECK(optimizer.groups()[0].options.lr == 1);
  CHECK(optimizer.groups()[0].options.momentum == 0.85);
  auto other = support::optimizer_of_two_groups<SGD>();
  OneCycleLR rise(other, {.max_lr = 1, .total_steps = 4, .pct_start = 1});
  for (int step = 0; step < 3; ++step) rise.step();
  CHECK(other.groups()[0].options.lr == 1);
  rise.step();
  CHECK(other.groups()[0].options.lr == 1 / 25.0 / 1e4);
}

TEST_CASE("OneCycleLR ends with its total_steps") {
  auto optimizer = support::optimizer_of_two_groups<SGD>();
  OneCycleLR schedule(optimizer, {.max_lr = 1, .total_steps = 2});
  schedule.step();
  schedule.step();
  CHECK(message([&] { schedule.step(); }) == "minigrad: OneCycleLR: step 3 of total_steps = 2");
}

TEST_CASE("further schedules describe their options") {
  auto optimizer = support::optimizer_of_two_groups<SGD>();
  CHECK(M(optimizer).describe() == "MultiStepLR(milestones={5, 12, 12, 40}, gamma=0.5)");
  CHECK(R(optimizer).describe() == "CosineAnnealingWarmRestarts(t_0=10, t_mult=2, eta_min=0.005)");
  CHECK(CyclicLR(optimizer, {.base_lr = 0, .max_lr = {1, 2}}).describe() ==
        "CyclicLR(step_size_up=2000, step_size_down=0, gamma=1, cycle_momentum=true, mode=triangular, base_lr={0}, "
        "max_lr={1, 2}, base_momentum={0.8}, max_momentum={0.9})");
  CHECK(SWALR(optimizer, {.swa_lr = {1, 2}}).describe() == "SWALR(anneal_epochs=10, linear=false, swa_lr={1, 2})");
  CHECK(OneCycleLR(optimizer, {.max_lr = 1, .total_steps = 5}).describe() ==
        "OneCycleLR(total_steps=5, pct_start=0.3, linear=false, cycle_momentum=true, div_factor=25, "
        "final_div_factor=10000, three_phase=false, max_lr={1}, base_momentum={0.85}, max_momentum={0.95})");
}

TEST_CASE("a schedule that is refused changes nothing of the optimizer") {
  const auto refused = [](const auto& make, const std::string& why) {
    auto optimizer = support::optimizer_of_two_groups<SGD>();
    CAPTURE(why);
    CHECK(message([&] { make(optimizer); }).find(why) != std::string::npos);
    for (std::size_t k = 0; k < 2; ++k) {
      const auto& group = optimizer.groups()[k];
      CHECK(group.initial_lr == -1);
      CHECK(group.options.lr == (k == 0 ? 0.1 : 0.02));
      CHECK(group.options.momentum == 0.5);
    }
  };
  const PerGroup three{1, 2, 3};
  refused([&](auto& o) { OneCycleLR(o, {.max_lr = three, .total_steps = 5}); }, "max_lr has 3 values for 2 groups");
  refused([&](auto& o) { OneCycleLR(o, {.max_lr = 1, .total_steps = 5, .base_momentum = 2}); }, "base_momentum is 2");
  refused([&](auto& o) { CyclicLR(o, {.base_lr = three, .max_lr = 1}); }, "base_lr has 3 values for 2 groups");
  refused([&](auto& o) { SWALR(o, {.swa_lr = three}); }, "swa_lr has 3 values for 2 groups");
  refused([&](auto& o) { LambdaLR(o, [](std::size_t) { return -1.0; }); }, "is -1");
  refused([&](auto& o) { LambdaLR(o, [](std::size_t) -> double { throw ValueError("no factor"); }); }, "no factor");
  refused([&](auto& o) {
    auto other = support::optimizer_of_two_groups<SGD>();
    with_warm_up(o, {.total_iters = 3}, StepLR(other, {.step_size = 2}));
  }, "acts on another optimizer");

  Parameter<Tensor<double>> w(Tensor<double>{1, 2});
  Adagrad without(std::vector{w.ref()});
  CHECK(message([&] { OneCycleLR(without, {.max_lr = 1, .total_steps = 5}); }).find("no momentum") != std::string::npos);
  CHECK(without.groups()[0].initial_lr < 0);
}

TEST_CASE("a SequentialLR whose first schedule throws leaves the rates, and one that begins anew its epoch") {
  auto optimizer = support::optimizer_of_two_groups<SGD>();
  bool throws = false;
  const auto factor = [&throws](std::size_t epoch) {
    if (throws) throw ValueError("no factor");
    return 1.0 / static_cast<double>(epoch + 1);
  };
  const LambdaLR first(optimizer, factor);
  const StepLR second(optimizer, {.step_size = 1});
  optimizer.groups()[0].options.lr = 7;
  throws = true;
  CHECK(message([&] { SequentialLR(optimizer, {3}, first, second); }) == "no factor");
  CHECK(optimizer.groups()[0].options.lr == 7);
  throws = false;
  SequentialLR all(optimizer, {3}, first, second);
  all.step();
  throws = true;
  const double rate = optimizer.groups()[0].options.lr;
  CHECK(message([&] { all.restart(); }) == "no factor");
  CHECK(optimizer.groups()[0].options.lr == rate);
  CHECK(all.state_dict().get<std::int64_t>("last_epoch").item() == 1);
}
