// What changes in a training, such as an optimizer's momentum, is resumed too, and is no difference from the program.
#include <minigrad/minigrad.hpp>
#include <minigrad/optim/averaging.hpp>
#include <minigrad/optim/cyclic_lr.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <filesystem>
#include <string>

using namespace minigrad;

namespace {

const std::string path = (std::filesystem::temp_directory_path() / "minigrad_resume_changes_test.safetensors").string();

/// A program that is stopped after some epochs and started again: make_hook(model, optimizer) is its hook.
struct Program {
  AdamOptions adam{.lr = 0.05};
  FitOptions options{.batch_size = 4, .progress = false};

  StateDict run(std::size_t epochs, const auto& make_hook) const {
    Rng rng(5);
    const Tensor<float> x = normal({22, 3}, 0, 1, rng);
    const Dataset<float> data(x, sum(x, 1, true));
    Sequential<float> model{Linear<float>(3, 4, rng), Tanh(), Linear<float>(4, 1, rng)};
    Adam optimizer(model, adam);
    auto hook = make_hook(model, optimizer);
    FitOptions o = options;
    o.epochs = epochs;
    fit(model, MSELoss(), optimizer, data, o, hook);
    StateDict out = state_dict(model);
    out.add("beta1", optimizer.options().beta1);
    return out;
  }
  /// The same in one go, or stopped after 2 of 5 epochs.
  StateDict run_resumed(const auto& make_hook) {
    std::filesystem::remove(path);
    options.checkpoint = options.resume = path;
    run(2, make_hook);
    run(3, make_hook);
    StateDict out = run(5, make_hook);
    return out;
  }
};

bool same(const StateDict& a, const StateDict& b) {
  for (const StateEntry& entry : a)
    if (!b.find(entry.name) || !detail::same_elements(entry, *b.find(entry.name))) return false;
  return a.size() == b.size();
}

template <class Action>
std::string refusal(const Action& action) {
  try {
    action();
  } catch (const DataError& error) {
    const std::string text = error.what();
    return text.substr(text.find("safetensors\": ") + 14);
  }
  return "none";
}

}  // namespace

TEST_CASE("a training whose schedule changes the momentum is resumed with the same bits") {
  const auto one_cycle = [](auto&, auto& optimizer) {
    return each_step(OneCycleLR(optimizer, {.max_lr = 0.1, .total_steps = 30}));
  };
  const auto cyclic = [](auto&, auto& optimizer) {
    return each_step(CyclicLR(optimizer, {.base_lr = 0.01, .max_lr = 0.1, .step_size_up = 8}));
  };
  CHECK(same(Program().run_resumed(one_cycle), Program().run(5, one_cycle)));
  CHECK(same(Program().run_resumed(cyclic), Program().run(5, cyclic)));
}

TEST_CASE("a training whose callback changes an option of the optimizer is resumed, and another program is refused") {
  const auto change = [](auto&, auto& optimizer) {
    return [&optimizer](const Epoch& epoch) {
      if (epoch.epoch == 2) optimizer.groups()[0].options.beta1 = 0.8;
    };
  };
  Program program;
  const StateDict whole = program.run(5, change);
  CHECK(same(program.run_resumed(change), whole));
  CHECK(whole.get<double>("beta1").item() == 0.8);
  program.adam.beta1 = 0.7;
  CHECK(refusal([&] { program.run(9, change); }) == "this is another training: beta1 is 0.9 in the file, and 0.7 here");
  std::filesystem::remove(path);
}

TEST_CASE("an optimizer that a training has changed goes on with it in the same program") {
  Rng rng(5);
  const Dataset<float> data(normal({8, 3}, 0, 1, rng), normal({8, 1}, 0, 1, rng));
  Linear<float> model(3, 1, rng);
  Adam optimizer(model);
  std::filesystem::remove(path);
  const auto go_on = [&](std::size_t epochs, auto& of) {
    return fit(model, MSELoss(), of, data, {.epochs = epochs, .progress = false, .checkpoint = path, .resume = path},
               [&](const Epoch&) { of.groups()[0].options.beta1 = 0.8; });
  };
  go_on(2, optimizer);
  CHECK(go_on(3, optimizer).epochs.size() == 3);
  Adam fresh(model);
  CHECK(go_on(4, fresh).epochs.size() == 4);
  std::filesystem::remove(path);
}

TEST_CASE("a training that unfreezes a layer on the way is resumed with the same bits") {
  const auto unfreeze = [](auto& model, auto&) {
    const auto first = parameters(model)[0];  // the weight of the first layer
    first.requires_grad(false);
    return [first](const Epoch& epoch) {
      if (epoch.epoch == 1) first.requires_grad(true);
    };
  };
  const StateDict whole = Program().run(5, unfreeze);
  CHECK(same(Program().run_resumed(unfreeze), whole));
  const auto flags = read_safetensors(path).part("requires_grad.");
  CHECK(flags.size() == 4);
  CHECK(flags.get<bool>("0.weight").item());
  std::size_t frozen = 0;
  Program other;
  other.options.resume = path;
  other.options.batch_size = 5;
  Rng rng(5);
  Sequential<float> model{Linear<float>(3, 4, rng), Tanh(), Linear<float>(4, 1, rng)};
  Adam optimizer(model, other.adam);
  parameters(model)[1].requires_grad(false);
  const Dataset<float> data(ones({22, 3}), ones({22, 1}));
  CHECK(refusal([&] { fit(model, MSELoss(), optimizer, data, other.options); }).find("this is another training: ") == 0);
  for (const auto& parameter : parameters(model)) frozen += parameter.requires_grad() ? 0u : 1u;
  CHECK(frozen == 1);
  std::filesystem::remove(path);
}

TEST_CASE("a training whose optimizer has the same groups in another order is refused") {
  std::filesystem::remove(path);
  const auto run = [](bool other, std::size_t epochs) {
    Rng rng(5);
    Sequential<float> model{Linear<float>(3, 3, rng), Tanh(), Linear<float>(3, 3, rng)};
    const Tensor<float> x = normal({8, 3}, 0, 1, rng);
    Adam optimizer(model.get<Linear<float>>(other ? 2 : 0));
    optimizer.add_group(model.get<Linear<float>>(other ? 0 : 2));
    fit(model, MSELoss(), optimizer, Dataset<float>(x, x),
        {.epochs = epochs, .progress = false, .checkpoint = path, .resume = path});
  };
  run(false, 1);
  run(false, 2);
  CHECK(refusal([&] { run(true, 3); }) ==
        "this is another training: group 0: 0.weight 0.bias in the file, and group 0: 2.weight 2.bias here, group 1: "
        "2.weight 2.bias in the file, and group 1: 0.weight 0.bias here");
  std::filesystem::remove(path);
}

TEST_CASE("a checkpoint that cannot be written is an error before the training begins") {
  Rng rng(5);
  Linear<float> model(3, 1, rng);
  Adam optimizer(model);
  std::size_t epochs = 0;
  const std::string file = (std::filesystem::temp_directory_path() / "no such folder" / "run.safetensors").string();
  CHECK_THROWS_WITH_AS(
      fit(model, MSELoss(), optimizer, Dataset<float>(ones({8, 3}), ones({8, 1})), {.checkpoint = file},
          [&](const Epoch&) { ++epochs; }),
      ("minigrad: fit: checkpoint: \"" + file + "\": cannot write: No such file or directory").c_str(), DataError);
  CHECK(epochs == 0);
  CHECK(optimizer.state_dict().find("state.0.step") == nullptr);
}

TEST_CASE("load() of a checkpoint says what the file is, and how its weights are loaded") {
  const auto nothing = [](auto&, auto&) { return [](const Epoch&) {}; };
  const StateDict trained = Program().run_resumed(nothing);
  Rng rng(1);
  Sequential<float> model{Linear<float>(3, 4, rng), Tanh(), Linear<float>(4, 1, rng)};
  CHECK(refusal([&] { load(path, model); }) ==
        "this is a checkpoint of fit(), not a model alone: a training goes on with it by fit(..., {.resume = file}); its "
        "weights are load_state_dict(model, read_safetensors(file).part(\"model.\"))");
  load_state_dict(model, read_safetensors(path).part("model."));
  CHECK(parameters(model)[0].value() == trained.get<float>("0.weight"));
  std::filesystem::remove(path);
}

TEST_CASE("an average of the weights in each_step() is resumed with the training") {
  Rng rng(5);
  const Tensor<float> x = normal({22, 3}, 0, 1, rng);
  const Dataset<float> data(x, sum(x, 1, true));
  const auto average_after = [&](std::size_t epochs) {
    Rng seed(1);
    Linear<float> model(3, 1, seed);
    Adam optimizer(model);
    AveragedModel ema(model, {.decay = 0.9});
    fit(model, MSELoss(), optimizer, data, {.epochs = epochs, .progress = false, .checkpoint = path, .resume = path},
        each_step(ema));
    return ema.state_dict();
  };
  std::filesystem::remove(path);
  const StateDict whole = average_after(4);
  std::filesystem::remove(path);
  average_after(2);
  CHECK(same(average_after(4), whole));
  std::filesystem::remove(path);
}
