// Every optimizer, schedule, average and layer with randomness or state, in float and double: a training that is stopped
// at 20 random steps and resumed gives the same bits as one that was not. A row of tests/matrix.sh.
#include <minigrad/minigrad.hpp>
#include <minigrad/nn/images.hpp>
#include <minigrad/optim/adadelta_rprop.hpp>
#include <minigrad/optim/adam_variants.hpp>
#include <minigrad/optim/averaging.hpp>
#include <minigrad/optim/cyclic_lr.hpp>
#include <minigrad/optim/lbfgs.hpp>
#include <minigrad/optim/more_schedules.hpp>
#include <minigrad/optim/swa_lr.hpp>
#include <minigrad/train/step_evaluation.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <vector>

#include "../support/resume.hpp"

using namespace minigrad;
using support::Stopping;

namespace {

/// Hooks of any types as one, so that fit() is compiled once for all of them.
class Hooks {
 public:
  /// Keeps the hook.
  template <class Hook>
  void add(Hook hook) {
    all_.push_back(std::make_unique<Holder<Hook>>(std::move(hook)));
  }
  bool on_epoch(const Epoch& epoch) {
    bool go_on = true;
    for (const auto& one : all_) go_on = one->on_epoch(epoch) && go_on;
    return go_on;
  }
  bool on_step(const Step& step) {
    bool go_on = true;
    for (const auto& one : all_) go_on = one->on_step(step) && go_on;
    return go_on;
  }
  StateDict state_dict() const {
    StateDict out;
    for (std::size_t k = 0; k < all_.size(); ++k) out.add(place(k), all_[k]->state_dict());
    return out;
  }
  void load_state_dict(const StateDict& state) {
    for (std::size_t k = 0; k < all_.size(); ++k) all_[k]->load_state_dict(state.part(place(k)));
  }

 private:
  struct Base {
    virtual ~Base() = default;
    virtual bool on_epoch(const Epoch& epoch) = 0;
    virtual bool on_step(const Step& step) = 0;
    virtual StateDict state_dict() const = 0;
    virtual void load_state_dict(const StateDict& state) = 0;
  };
  template <class Hook>
  struct Holder final : Base {
    Hook hook;
    explicit Holder(Hook&& h) : hook(std::move(h)) {}
    bool on_epoch(const Epoch& epoch) override { return detail::run_hook(hook, epoch, epoch.validation_loss); }
    bool on_step(const Step& step) override { return detail::run_step_hook(hook, step); }
    StateDict state_dict() const override { return hook.state_dict(); }
    void load_state_dict(const StateDict& state) override { hook.load_state_dict(state); }
  };
  static std::string place(std::size_t k) { return detail::concat({k, "."}); }

  std::vector<std::unique_ptr<Base>> all_;
};

/// Stochastic weight averaging: once in each epoch.
template <class Model>
struct EachEpoch {
  std::unique_ptr<AveragedModel<Model>> average;
  void on_epoch(const Epoch&) { average->step(); }
  StateDict state_dict() const { return average->state_dict(); }
  void load_state_dict(const StateDict& state) { average->load_state_dict(state); }
};
/// An exponential moving average.
template <class Model>
struct EachUpdate {
  std::unique_ptr<AveragedModel<Model>> average;
  void on_step(const Step&) { average->step(); }
  StateDict state_dict() const { return average->state_dict(); }
  void load_state_dict(const StateDict& state) { average->load_state_dict(state); }
};

/// A network with every layer that draws numbers or has buffers, for rows of 16 numbers.
template <class T>
Sequential<T> make_network() {
  Rng rng(5);
  return Sequential{Unflatten(1, {1, 4, 4}), Conv2d<T>(1, 4, 3, rng, {.padding = 1}), BatchNorm2d<T>(4), ReLU(),
                    Dropout2d(0.2, rng), Flatten(), Linear<T>(64, 6, rng), BatchNorm1d<T>(6), Tanh(),
                    Dropout(0.3, rng), support::Noisy<T>(), Linear<T>(6, 1, rng)};
}

/// Trains it by an optimizer of these settings. make_schedule(optimizer) is a hook, kept beside two averages and an
/// evaluation of its own.
template <class T, class Optimizer, class Settings, class MakeSchedule>
void check(const Settings& settings, const MakeSchedule& make_schedule, bool in_groups = false) {
  const Dataset<T> own = support::make_data<T>(7, 16, 4);
  const auto make_model = [] { return make_network<T>(); };
  const auto make_optimizer = [&](auto& model) {
    if (!in_groups) return Stopping<Optimizer>(model, settings);
    return Stopping<Optimizer>(parameters(model.template get<Linear<T>>(6)), settings);
  };
  const auto make_hooks = [&](auto& optimizer, auto& model) {
    if (in_groups) {
      auto other = settings;
      other.lr /= 2;
      optimizer.add_group(model.template get<Conv2d<T>>(1), other);
      optimizer.add_group(model.template get<Linear<T>>(11));
      optimizer.add_group(model.template get<BatchNorm2d<T>>(2));
      optimizer.add_group(model.template get<BatchNorm1d<T>>(7));
      optimizer.add_group(model.template get<support::Noisy<T>>(10));
    }
    using Model = Sequential<T>;
    Hooks hooks;
    hooks.add(make_schedule(static_cast<Optimizer&>(optimizer)));
    hooks.add(EachUpdate<Model>{std::make_unique<AveragedModel<Model>>(
        model, AveragedModelOptions{.decay = 0.9, .use_buffers = true})});
    hooks.add(EachEpoch<Model>{std::make_unique<AveragedModel<Model>>(model)});
    hooks.add(StepEvaluation(model, MSELoss(), own, {.every = 5}));
    return hooks;
  };
  support::ResumedTraining<T, decltype(make_model), decltype(make_optimizer), decltype(make_hooks)>{
      16, make_model, make_optimizer, make_hooks}
      .check();
}

template <class T>
void check_optimizers() {
  using V = Tensor<T>;
  const auto constant = [](auto& optimizer) { return StepLR(optimizer, {.step_size = 2}); };
  check<T, SGD<V>>(SGDOptions{.lr = 0.1}, constant);
  check<T, SGD<V>>(SGDOptions{.lr = 0.1, .momentum = 0.9, .nesterov = true}, constant);
  check<T, SGD<V>>(SGDOptions{.lr = 0.1, .momentum = 0.9, .dampening = 0.1, .weight_decay = 0.01}, constant, true);
  check<T, SGD<V>>(SGDOptions{.lr = 1e-4, .momentum = 0.5, .maximize = true}, constant);
  check<T, RMSprop<V>>(RMSpropOptions{.lr = 0.05}, constant);
  check<T, RMSprop<V>>(RMSpropOptions{.lr = 0.05, .weight_decay = 0.01, .momentum = 0.5, .centered = true}, constant);
  check<T, Adagrad<V>>(AdagradOptions{.lr = 0.1, .lr_decay = 0.1, .initial_accumulator_value = 0.1}, constant, true);
  check<T, Adam<V>>(AdamOptions{.lr = 0.05}, constant);
  check<T, Adam<V>>(AdamOptions{.lr = 0.05, .weight_decay = 0.01, .amsgrad = true}, constant, true);
  check<T, AdamW<V>>(AdamWOptions{.lr = 0.05, .weight_decay = 0.1}, constant);
  check<T, AdamW<V>>(AdamWOptions{.lr = 0.05, .amsgrad = true}, constant);
  check<T, NAdam<V>>(NAdamOptions{.lr = 0.05, .weight_decay = 0.01}, constant, true);
  check<T, RAdam<V>>(RAdamOptions{.lr = 0.05}, constant);
  check<T, Adamax<V>>(AdamaxOptions{.lr = 0.05}, constant);
  check<T, Adadelta<V>>(AdadeltaOptions{}, constant);
  check<T, Rprop<V>>(RpropOptions{}, constant);
}

/// Each schedule by the epoch, and those that count updates by the step.
template <class T>
void check_schedules() {
  using Optimizer = SGD<Tensor<T>>;
  const auto with = [](const auto& make_schedule) {
    check<T, Optimizer>(SGDOptions{.lr = 0.1, .momentum = 0.9}, make_schedule, true);
  };
  with([](auto& o) { return StepLR(o, {.step_size = 2}); });
  with([](auto& o) { return ExponentialLR(o, {.gamma = 0.7}); });
  with([](auto& o) { return CosineAnnealingLR(o, {.t_max = 3, .eta_min = 0.01}); });
  with([](auto& o) { return LinearLR(o, {.total_iters = 3}); });
  with([](auto& o) { return ReduceLROnPlateau(o, {.factor = 0.5, .patience = 0, .cooldown = 1}); });
  with([](auto& o) {
    return SequentialLR(o, {1, 3}, LinearLR(o), CosineAnnealingLR(o, {.t_max = 3}), StepLR(o, {.step_size = 1}));
  });
  with([](auto& o) { return with_warm_up(o, {.total_iters = 2}, ExponentialLR(o, {.gamma = 0.5})); });
  with([](auto& o) { return MultiStepLR(o, {.milestones = {1, 3}}); });
  with([](auto& o) { return ConstantLR(o, {.total_iters = 2}); });
  with([](auto& o) { return PolynomialLR(o, {.total_iters = 4, .power = 2}); });
  with([](auto& o) { return LambdaLR(o, [](std::size_t t) { return 1 / (1.0 + static_cast<double>(t)); }); });
  with([](auto& o) { return MultiplicativeLR(o, [](std::size_t) { return 0.9; }); });
  with([](auto& o) { return each_step(CosineAnnealingWarmRestarts(o, {.t_0 = 3, .t_mult = 2})); });
  with([](auto& o) { return each_step(OneCycleLR(o, {.max_lr = 0.1, .total_steps = 30, .three_phase = true})); });
  with([](auto& o) { return each_step(CyclicLR(o, {.base_lr = 0.01, .max_lr = 0.1, .step_size_up = 4})); });
  with([](auto& o) { return SWALR(o, {.swa_lr = 0.03, .anneal_epochs = 3}); });
  with([](auto& o) { return each_step(ReduceLROnPlateau(o, {.factor = 0.9, .patience = 1})); });
}

/// The numbers of a training by LBFGS in a loop of its own; stopped after some steps, and resumed from a file.
template <class T>
StateDict train_by_lbfgs(const LBFGSOptions& options, std::size_t stop_at) {
  const support::File file("minigrad_resume_lbfgs.safetensors");
  const Dataset<T> data = support::make_data<T>(22, 3, 1);
  for (const bool first : {true, false}) {
    if (first && stop_at == 0) continue;
    Rng rng(5);
    Sequential model{Linear<T>(3, 6, rng), Tanh(), Linear<T>(6, 1, rng)};
    LBFGS optimizer(model, options);
    StepLR schedule(optimizer, {.step_size = 10});
    StateDict state;
    std::size_t step = 0;
    if (!first && stop_at > 0) {
      state = read_safetensors(file.path);
      load_state_dict(model, state.part("model."));
      optimizer.load_state_dict(state.part("optimizer."));
      schedule.load_state_dict(state.part("schedule."));
      step = stop_at;
    }
    Graph<Tensor<T>> graph;
    for (; step < (first ? stop_at : 25); ++step) {
      optimizer.step([&] {
        graph.clear();
        return mse_loss(model(graph.input(data.x)), data.y);
      });
      schedule.step();
    }
    state = StateDict();
    state.add("model.", state_dict(model));
    state.add("optimizer.", optimizer.state_dict());
    state.add("schedule.", schedule.state_dict());
    if (!first) return state;
    write_safetensors(file.path, state);
  }
  return {};
}

template <class T>
void check_lbfgs() {
  Rng rng(9);
  for (const std::size_t history : {3u, 100u})
    for (const bool search : {false, true}) {
      const LBFGSOptions options{.lr = search ? 1.0 : 0.1, .max_iter = 2, .history_size = history, .strong_wolfe = search};
      const StateDict whole = train_by_lbfgs<T>(options, 0);
      for (int k = 0; k < 20; ++k) {
        const std::size_t stop_at = 1 + static_cast<std::size_t>(rng.integer(24));
        const StateDict resumed = train_by_lbfgs<T>(options, stop_at);
        REQUIRE(resumed.size() == whole.size());
        for (const StateEntry& entry : whole) {
          CAPTURE(entry.name);
          CHECK_MESSAGE(detail::same_elements(entry, *resumed.find(entry.name)), "stopped at step ", stop_at);
        }
      }
    }
}

}  // namespace

TEST_CASE("a training by any optimizer in float is resumed with the same bits") { check_optimizers<float>(); }
TEST_CASE("a training by any optimizer in double is resumed with the same bits") { check_optimizers<double>(); }
TEST_CASE("a training with any schedule in float is resumed with the same bits") { check_schedules<float>(); }
TEST_CASE("a training with any schedule in double is resumed with the same bits") { check_schedules<double>(); }
TEST_CASE("a training by L-BFGS in float is resumed with the same bits") { check_lbfgs<float>(); }
TEST_CASE("a training by L-BFGS in double is resumed with the same bits") { check_lbfgs<double>(); }
