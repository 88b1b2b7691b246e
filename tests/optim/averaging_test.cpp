#include <doctest/doctest.h>

#include <memory>
#include <minigrad/diff/grad.hpp>
#include <minigrad/graph/capture.hpp>
#include <minigrad/nn/layers.hpp>
#include <minigrad/nn/losses.hpp>
#include <minigrad/optim/averaging.hpp>
#include <minigrad/optim/sgd.hpp>
#include <minigrad/tensor/create.hpp>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "../support/count_allocations.hpp"
#include "../support/fixture.hpp"
#include "../support/message.hpp"
#include "../support/optimizer_case.hpp"

using namespace minigrad;
using support::message;

namespace {

const support::Fixture fixture = support::read_fixture("optim.txt");

template <class T>
struct Net {
  Parameter<Tensor<T>> weight{zeros<T>({2, 3})};
  Tensor<T> mean = zeros<T>({2});
  auto parts() { return std::tie(weight, mean); }

  /// What the fixture's model has in step s.
  void set(int s) {
    const auto value = [s](int i) { return static_cast<T>(((i * 37 + s * 11) % 23 - 11) / 7.0); };
    for (int i = 0; i < 6; ++i) weight.edit()[i] = value(i);
    for (int i = 6; i < 8; ++i) mean[i - 6] = value(i);
  }
};

}  // namespace

TEST_CASE("averages of weights and buffers agree with PyTorch over 100 steps, also where they go on from a state") {
  const auto follow = [](const std::string& name, const support::Case& one) {
    CAPTURE(name);
    const bool use_buffers = one.has("mean_1");
    Net<double> model, resumed;
    const AveragedModelOptions options{.decay = one.number("decay", 0), .use_buffers = use_buffers};
    AveragedModel first(model, options), second(resumed, options);
    for (int s = 1; s <= 100; ++s) {
      CAPTURE(s);
      if (s == 30) second.load_state_dict(first.state_dict());
      Net<double>& net = s < 30 ? model : resumed;
      auto& average = s < 30 ? first : second;
      net.set(s);
      average.step();
      const std::string at = "_" + std::to_string(s);
      if (!one.has("weight" + at)) continue;
      const Tensor<double> weight = net.weight.value(), mean = net.mean;
      {
        const auto in = average.swap_in();
        for (std::size_t i = 0; i < 6; ++i)
          CHECK(support::agrees(net.weight.value()[i], one.numbers("weight" + at)[i]));
        for (std::size_t i = 0; use_buffers && i < 2; ++i)
          CHECK(support::agrees(net.mean[i], one.numbers("mean" + at)[i]));
        if (!use_buffers) CHECK(net.mean == mean);
      }
      CHECK(net.weight.value() == weight);
      CHECK(net.mean == mean);
    }
    CHECK(second.steps() == 100);
  };
  CHECK(support::for_each_case(fixture, "average/", follow) == 4);
}

TEST_CASE("averages may stay in the model, and are kept from what would spoil them while they are there") {
  Net<float> model;
  AveragedModel ema(model, {.decay = 0.5});
  CHECK(message([&] { ema.swap(); }) == "minigrad: AveragedModel: swap: there is no average before the first step()");
  model.set(1);
  ema.step();
  const auto version = model.weight.version();
  ema.swap();
  CHECK(ema.is_in());
  CHECK(model.weight.version() > version);
  CHECK(message([&] { ema.step(); }) ==
        "minigrad: AveragedModel: step: the averages are in the model: give it back its own weights by swap() first");
  CHECK(message([&] { ema.state_dict(); }) ==
        "minigrad: AveragedModel: state_dict: the averages are in the model: give it back its own weights by swap() "
        "first");
  CHECK(message([&] { const auto in = ema.swap_in(); }) ==
        "minigrad: AveragedModel: swap_in: the averages are in the model: give it back its own weights by swap() first");
  CHECK(ema.is_in());
  ema.swap();
  CHECK(!ema.is_in());
}

TEST_CASE("averages that are swapped in for a block are not swapped in again in it, which would take them out") {
  Net<float> model;
  AveragedModel ema(model, {.decay = 0.5});
  model.set(1);
  ema.step();
  model.set(2);
  const auto own = model.weight.value();
  {
    const auto in = ema.swap_in();
    const auto average = model.weight.value();
    CHECK(average != own);
    CHECK(message([&] { const auto again = ema.swap_in(); }) ==
          "minigrad: AveragedModel: swap_in: the averages are in the model: give it back its own weights by swap() "
          "first");
    CHECK(model.weight.value() == average);
  }
  CHECK(model.weight.value() == own);
}

TEST_CASE("averages that were moved from say so, and those that were in the model stay with the new owner") {
  Net<float> model;
  AveragedModel ema(model, {.decay = 0.5});
  model.set(1);
  ema.step();
  model.set(2);
  const auto own = model.weight.value();
  {
    const auto in = ema.swap_in();
    AveragedModel other = std::move(ema);
    CHECK(!ema.is_in());
    CHECK(other.is_in());
    other.swap();
    CHECK(model.weight.value() == own);
  }
  CHECK(model.weight.value() == own);
  const std::string why = ": it was moved from, or its model has no parameters";
  CHECK(message([&] { ema.step(); }) == "minigrad: AveragedModel: step" + why);
  CHECK(message([&] { ema.swap(); }) == "minigrad: AveragedModel: swap" + why);
  CHECK(message([&] { ema.state_dict(); }) == "minigrad: AveragedModel: state_dict" + why);
}

TEST_CASE("averages of numbers, bad options, and states that do not fit") {
  std::vector<Parameter<double>> numbers;
  numbers.emplace_back(1.0);
  AveragedModel mean(numbers);
  mean.step();
  numbers[0].set_value(2);
  mean.step();
  mean.swap();
  CHECK(numbers[0].value() == 1.5);
  mean.swap();
  CHECK(mean.describe() == "AveragedModel(decay=0, use_buffers=false)");

  CHECK(message([&] { AveragedModel(numbers, {.decay = 1}); }) ==
        "minigrad: AveragedModel: decay is 1, and must be at least 0 and less than 1");
  CHECK(message([&] { AveragedModel(numbers, {.decay = -0.5}); }) ==
        "minigrad: AveragedModel: decay is -0.5, and must be at least 0 and less than 1");
  Net<double> model;
  AveragedModel of_model(model);
  CHECK(message([&] { of_model.load_state_dict(mean.state_dict()); }) ==
        "minigrad: AveragedModel: the state does not fit: averages.0 is F64 [] in the state, and F64 [2, 3] here");
  CHECK(message([&] { of_model.load_state_dict(StateDict()); }) ==
        "minigrad: AveragedModel: load_state_dict: this is not the state of an AveragedModel");
  CHECK(of_model.steps() == 0);
  of_model.load_state_dict(AveragedModel(model).state_dict());
  CHECK(of_model.steps() == 0);
}

TEST_CASE("averages of a captured step are those of an eager one, and captured steps see what is swapped in") {
  Rng rng(1);
  const auto x = normal({8, 3}, 0, 1, rng), y = normal({8, 1}, 0, 1, rng);
  Linear eager(3, 1, rng), captured(eager);
  SGD a(eager, {.lr = 0.1}), b(captured, {.lr = 0.1});
  AveragedModel of_eager(eager, {.decay = 0.8}), of_captured(captured, {.decay = 0.8});
  auto step = capture([&](auto u, auto v) { return mse_loss(captured(u), v); }, x, y);
  auto predict = capture([&](auto u) { return captured(u); }, x);
  Graph<Tensor<float>> graph;
  for (int k = 0; k < 5; ++k) {
    graph.clear();
    const auto loss = mse_loss(eager(graph.input(x)), y);
    a.zero_grad();
    backward(loss);
    a.step();
    of_eager.step();
    step(x, y);
    CHECK(step.result().item() == loss.item());
    b.zero_grad();
    step.backward();
    b.step();
    of_captured.step();
    const auto in = of_captured.swap_in(), same = of_eager.swap_in();
    CHECK(captured.weight.value() == eager.weight.value());
    CHECK(predict(x) == eager(x));
  }
  CHECK(predict(x) == eager(x));
  const std::size_t before = support::allocations();
  for (int k = 0; k < 3; ++k) {
    step(x, y);
    b.zero_grad();
    step.backward();
    b.step();
    of_captured.step();
    const auto in = of_captured.swap_in();
    predict(x);
  }
  CHECK(support::allocations() == before);
}

TEST_CASE("a warm step of an average, and swapping, allocate nothing") {
  Net<float> model;
  AveragedModel ema(model, {.decay = 0.9, .use_buffers = true});
  ema.step();
  const std::size_t before = support::allocations();
  ema.step();
  ema.swap();
  ema.swap();
  CHECK(support::allocations() == before);
}

TEST_CASE("an average of a model that was replaced says so, and can still end") {
  using Model = std::vector<Parameter<Tensor<float>>>;
  Model model(1, Parameter(Tensor<float>{1, 2}));
  AveragedModel<Model> ema(model);
  ema.step();
  {
    const auto in = ema.swap_in();
    model = Model(1, Parameter(Tensor<float>{3, 4}));
  }
  const std::string why =
      "minigrad: AveragedModel: a parameter of shape [2] belongs to no model now: its model ended, or was assigned "
      "another, which replaces a std::vector of layers and a layer that cannot be assigned; make a new AveragedModel "
      "after that, or give the model its values by load_state_dict(model, state_dict(other))";
  CHECK(message<GraphError>([&] { ema.step(); }) == why);
  CHECK(message<GraphError>([&] { ema.swap(); }) == why);
  CHECK(model[0].value() == Tensor<float>{3, 4});
  AveragedModel<Model> fresh(model);
  model = Model(1, Parameter(Tensor<float>{5, 6}));
  CHECK(message<GraphError>([&] { fresh.step(); }) == why);  // the first step too
  CHECK(fresh.steps() == 0);
}

TEST_CASE("an average goes with the parameters of a model that was moved, and takes a state") {
  auto first = std::make_unique<Net<float>>();
  first->set(1);
  AveragedModel ema(*first, {.decay = 0.5});
  ema.step();
  first->set(3);
  Net<float> second = std::move(*first);
  first.reset();
  const StateDict state = ema.state_dict();
  ema.step();
  const auto in_two_steps = [&] {
    const auto in = ema.swap_in();
    return second.weight.value();
  };
  const auto after = in_two_steps();
  ema.load_state_dict(state);
  CHECK(ema.steps() == 1);
  ema.step();
  CHECK(in_two_steps() == after);
}

TEST_CASE("a model whose parameter got another shape while it had the averages gets its own weights back all the same") {
  std::vector<Parameter<Tensor<float>>> model(1, Parameter(Tensor<float>{1, 2}));
  AveragedModel ema(model);
  ema.step();
  {
    const auto in = ema.swap_in();
    model[0].set_value({5, 6, 7});
  }
  CHECK(model[0].value() == Tensor<float>{1, 2});
  CHECK_THROWS_AS(ema.swap(), ShapeError);
}
