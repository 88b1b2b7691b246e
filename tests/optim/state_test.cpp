// The state of optimizers and schedules: a training that goes on from it takes the same steps.
#include <minigrad/minigrad.hpp>

#include <doctest/doctest.h>

#include <string>

#include "../support/message.hpp"

using namespace minigrad;
using support::message;

namespace {

/// A model, its optimizer, and some steps of it.
template <template <class> class Optimizer, class Options>
struct Training {
  Sequential<double> model;
  Optimizer<Tensor<double>> optimizer;

  Training(std::uint64_t seed, const Options& options) : model(make(seed)), optimizer(model, options) {}
  static Sequential<double> make(std::uint64_t seed) {
    Rng rng(seed);
    return Sequential{Linear<double>(3, 4, rng), Tanh(), Linear<double>(4, 1, rng)};
  }
  void run(int steps) {
    Rng rng(9);
    const auto x = normal<double>({8, 3}, 0, 1, rng);
    for (; steps > 0; --steps) {
      Graph<Tensor<double>> graph;
      optimizer.zero_grad();
      backward(mean(square(model(graph.input(x)))));
      optimizer.step();
    }
  }
};

template <template <class> class Optimizer, class Options>
void check_resumes(const Options& options, const Options& others) {
  Training<Optimizer, Options> whole(1, options), resumed(2, others);
  whole.run(3);
  load_state_dict(resumed.model, state_dict(whole.model));
  resumed.optimizer.load_state_dict(whole.optimizer.state_dict());
  whole.run(3);
  resumed.run(3);
  const auto a = parameters(whole.model), b = parameters(resumed.model);
  for (std::size_t i = 0; i < a.size(); ++i) CHECK(a[i].value() == b[i].value());
}

std::string names(const StateDict& state) {
  std::string out;
  for (const StateEntry& entry : state) out += (out.empty() ? "" : " ") + entry.name + to_string(entry.shape);
  return out;
}

}  // namespace

TEST_CASE("every optimizer goes on from a state as if it had not stopped") {
  check_resumes<SGD, SGDOptions>({.lr = 0.1}, {.lr = 0.2, .momentum = 0.5});
  check_resumes<SGD, SGDOptions>({.lr = 0.1, .momentum = 0.9, .dampening = 0.2}, {});
  check_resumes<SGD, SGDOptions>({.lr = 0.1, .momentum = 0.9, .nesterov = true}, {});
  check_resumes<Adagrad, AdagradOptions>({.lr = 0.1, .lr_decay = 0.1, .initial_accumulator_value = 0.5}, {});
  check_resumes<RMSprop, RMSpropOptions>({.lr = 0.1}, {.centered = true});
  check_resumes<RMSprop, RMSpropOptions>({.lr = 0.1, .momentum = 0.5, .centered = true}, {});
  check_resumes<Adam, AdamOptions>({.lr = 0.1, .beta1 = 0.8, .weight_decay = 0.1}, {.amsgrad = true});
  check_resumes<AdamW, AdamWOptions>({.lr = 0.1, .amsgrad = true}, {});
}

TEST_CASE("the state of an optimizer has PyTorch's names") {
  Training<Adam, AdamOptions> training(1, {.lr = 0.25});
  training.model.get<Linear<double>>(0).weight.requires_grad(false);
  training.run(2);
  const StateDict state = training.optimizer.state_dict();
  CHECK(names(state) ==
        "param_groups.0.lr[] param_groups.0.beta1[] param_groups.0.beta2[] param_groups.0.eps[] "
        "param_groups.0.weight_decay[] param_groups.0.amsgrad[] param_groups.0.maximize[] "
        "param_groups.0.params[4] state.1.step[] state.1.exp_avg[4] state.1.exp_avg_sq[4] state.2.step[] state.2.exp_avg[1, 4] state.2.exp_avg_sq[1, 4] state.3.step[] "
        "state.3.exp_avg[1] state.3.exp_avg_sq[1]");
  CHECK(state.get<double>("param_groups.0.lr").item() == 0.25);
  CHECK(state.get<std::int64_t>("state.1.step").item() == 2);
}

TEST_CASE("a state that does not fit is refused as a whole") {
  Training<Adam, AdamOptions> training(1, {.lr = 0.25});
  training.run(1);
  const StateDict before = training.optimizer.state_dict();
  SGD sgd(training.model);
  CHECK(message([&] { training.optimizer.load_state_dict(sgd.state_dict()); }) ==
        "minigrad: Adam: load_state_dict: this is the state of SGD");
  CHECK(message([&] { training.optimizer.load_state_dict(StateDict()); }) ==
        "minigrad: Adam: load_state_dict: this is not the state of an optimizer");

  Rng rng(0);
  Sequential smaller{Linear<double>(3, 1, rng)};
  Adam other(smaller);
  CHECK(message([&] { other.load_state_dict(before); }) ==
        "minigrad: Adam: load_state_dict: group 0 has 4 parameters in the state, and 2 here");
  Sequential narrower{Linear<double>(3, 4, rng), Linear<double>(4, 2, rng)};
  Adam of_narrower(narrower);
  CHECK(message([&] { of_narrower.load_state_dict(before); }) ==
        "minigrad: Adam: the state does not fit: 2.exp_avg is F64 [1, 4] in the state, and F64 [2, 4] here, "
        "2.exp_avg_sq is F64 [1, 4] in the state, and F64 [2, 4] here, 3.exp_avg is F64 [1] in the state, and F64 [2] "
        "here, 3.exp_avg_sq is F64 [1] in the state, and F64 [2] here");
  StateDict bad;
  bad.metadata("optimizer", "Adam");
  for (const StateEntry& entry : before)
    if (entry.name == "param_groups.0.lr") bad.add(entry.name, -1.0);
    else bad.add(entry);
  CHECK(message([&] { training.optimizer.load_state_dict(bad); }) ==
        "minigrad: Adam: lr is -1, and must be at least 0");
  CHECK(other.lr() == AdamOptions{}.lr);
  CHECK(training.optimizer.lr() == 0.25);
}

TEST_CASE("schedules go on from a state") {
  Rng rng(0);
  Sequential model{Linear(1, 1, rng)};
  SGD a(model, {.lr = 1}), b(model, {.lr = 1});
  const auto check = [&](auto first, auto second, auto step) {
    for (int i = 0; i < 4; ++i) step(first, i);
    b.lr(a.lr());
    second.load_state_dict(first.state_dict());
    for (int i = 4; i < 9; ++i) {
      step(first, i);
      step(second, i);
      CHECK(a.lr() == b.lr());
    }
  };
  const auto step = [](auto& schedule, int) { schedule.step(); };
  check(StepLR(a, {.step_size = 3}), StepLR(b, {.step_size = 3}), step);
  check(CosineAnnealingLR(a, {.t_max = 6}), CosineAnnealingLR(b, {.t_max = 6}), step);
  check(LinearLR(a, {.total_iters = 6}), LinearLR(b, {.total_iters = 6}), step);
  check(ExponentialLR(a, {.gamma = 0.5}), ExponentialLR(b, {.gamma = 0.5}), step);
  check(SequentialLR(a, {2, 6}, LinearLR(a), CosineAnnealingLR(a, {.t_max = 3}), StepLR(a, {.step_size = 1})),
        SequentialLR(b, {2, 6}, LinearLR(b), CosineAnnealingLR(b, {.t_max = 3}), StepLR(b, {.step_size = 1})), step);
  check(ReduceLROnPlateau(a, {.patience = 2, .cooldown = 1}), ReduceLROnPlateau(b, {.patience = 2, .cooldown = 1}),
        [](auto& schedule, int i) { schedule.step(i < 3 ? 1.0 / (1 + i) : 0.5); });

  StepLR schedule(a, {.step_size = 3});
  StateDict negative;
  negative.metadata("schedule", "StepLR");
  negative.add("base_lrs", Tensor<double>{1});
  negative.add("last_epoch", std::int64_t{-1});
  CHECK(message([&] { schedule.load_state_dict(negative); }) == "minigrad: StepLR: the state has -1 as last_epoch");
  CHECK(message([&] { schedule.load_state_dict(StateDict()); }) ==
        "minigrad: StepLR: load_state_dict: this is not the state of a schedule");
}

TEST_CASE("the state of another schedule is refused by name") {
  Rng rng(0);
  Sequential model{Linear(1, 1, rng)};
  SGD optimizer(model, {.lr = 1});
  StepLR steps(optimizer, {.step_size = 3});
  CosineAnnealingLR cosine(optimizer, {.t_max = 6});
  auto warm = with_warm_up(optimizer, {}, cosine);
  const auto of_steps = with_warm_up(optimizer, {}, steps);
  CHECK(message([&] { cosine.load_state_dict(steps.state_dict()); }) ==
        "minigrad: CosineAnnealingLR: load_state_dict: this is the state of StepLR");
  CHECK(message([&] { cosine.load_state_dict(warm.state_dict()); }) ==
        "minigrad: CosineAnnealingLR: load_state_dict: this is the state of SequentialLR");
  CHECK(message([&] { warm.load_state_dict(cosine.state_dict()); }) ==
        "minigrad: SequentialLR: load_state_dict: this is the state of CosineAnnealingLR");
  CHECK(message([&] { warm.load_state_dict(of_steps.state_dict()); }) ==
        "minigrad: CosineAnnealingLR: load_state_dict: this is the state of StepLR");
  CHECK(message([&] { cosine.load_state_dict(optimizer.state_dict()); }) ==
        "minigrad: CosineAnnealingLR: load_state_dict: this is not the state of a schedule");
  CHECK(message([&] { optimizer.load_state_dict(cosine.state_dict()); }) ==
        "minigrad: SGD: load_state_dict: this is not the state of an optimizer");
}

TEST_CASE("the state of a schedule of other groups is refused") {
  Rng rng(0);
  Linear body(1, 1, rng), head(1, 1, rng);
  SGD one(body, {.lr = 1}), two(body, {.lr = 1});
  two.add_group(head);
  StepLR of_one(one, {.step_size = 3}), of_two(two, {.step_size = 3});
  CHECK(message([&] { of_one.load_state_dict(of_two.state_dict()); }) ==
        "minigrad: StepLR: load_state_dict: the state has 2 base rates, and the optimizer 1 groups");
}
