// A training by fit() that is stopped after any step and resumed gives the same bits as one that was not; what else a
// checkpoint does. Every optimizer, schedule and layer is tried by resume_every.cpp.
#include <minigrad/minigrad.hpp>
#include <minigrad/nn/norm.hpp>
#include <minigrad/train/step_evaluation.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "../support/resume.hpp"

using namespace minigrad;
using support::File;

TEST_CASE("a training that is stopped at any step and resumed gives the same bits") {
  support::check_resumes<float, Adam<Tensor<float>>>(
      AdamOptions{.lr = 0.05, .amsgrad = true},
      [](auto& optimizer, auto&) { return each_step(StepLR<Adam<Tensor<float>>>(optimizer, {.step_size = 4})); });
  support::check_resumes<float, SGD<Tensor<float>>>(
      SGDOptions{.lr = 0.1, .momentum = 0.9, .nesterov = true}, [](auto& optimizer, auto&) {
        return ReduceLROnPlateau<SGD<Tensor<float>>>(optimizer, {.factor = 0.5, .patience = 0});
      });
}

namespace {

Dataset<float> make_data(std::size_t rows, std::uint64_t seed) { return support::make_data<float>(rows, 3, seed); }

/// A small training of which a test changes one thing.
struct Plan {
  std::size_t epochs = 6, rows = 22, hidden = 6;
  FitOptions options{.batch_size = 4, .progress = false, .seed = 3};
  AdamOptions adam{.lr = 0.05};
  std::size_t step_size = 2;

  Sequential<float> model() const {
    Rng rng(5);
    return Sequential{Linear<float>(3, hidden, rng), Tanh(), Linear<float>(hidden, 1, rng)};
  }
  History fit(Sequential<float>& model, std::uint64_t seed = 1) const {
    Adam optimizer(model, adam);
    StepLR schedule(optimizer, {.step_size = step_size});
    FitOptions o = options;
    o.epochs = epochs;
    return minigrad::fit(model, MSELoss(), optimizer, make_data(rows, seed), o, schedule);
  }
};

std::string refusal(const Plan& plan, std::uint64_t seed = 1) {
  auto model = plan.model();
  const auto before = parameters(model)[0].value();
  try {
    plan.fit(model, seed);
  } catch (const DataError& error) {
    CHECK(parameters(model)[0].value() == before);
    CHECK(error.file == plan.options.resume);
    std::string text = error.what();
    return text.erase(0, text.find("safetensors\": ") + 14);
  }
  return "no error";
}

}  // namespace

TEST_CASE("a resume of another training is refused with all that differs, and nothing changes") {
  const File file("minigrad_resume_refused_test.safetensors");
  Plan plan;
  plan.options.checkpoint = file.path;
  auto model = plan.model();
  plan.fit(model);
  plan.options.checkpoint = "";
  plan.options.resume = file.path;
  plan.epochs = 9;
  CHECK(refusal(plan) == "no error");

  Plan other = plan;
  other.options.batch_size = 5;
  other.options.seed = 4;
  other.adam.beta1 = 0.8;
  other.step_size = 3;
  CHECK(refusal(other) ==
        "this is another training: batch_size is 4 in the file, and 5 here; seed is 3 in the file, and 4 here; hooks.0 is "
        "StepLR(step_size=2, gamma=0.1) in the file, and StepLR(step_size=3, gamma=0.1) here; beta1 is 0.9 in the file, "
        "and 0.8 here");
  other = plan;
  other.hidden = 7;
  CHECK(refusal(other).find("this is another training: 0: Linear(3, 6) in the file, and 0: Linear(3, 7) here") == 0);
  other = plan;
  other.rows = 21;
  CHECK(refusal(other).find("this is another training: training set is x F32 [22, 3], y F32 [22, 1], hash ") == 0);
  CHECK(refusal(plan, 2).find("this is another training: training set is x F32 [22, 3], y F32 [22, 1], hash ") == 0);
  other = plan;
  other.options.train_metrics = true;
  other.options.metrics = {{"mae", mean_absolute_error}};
  CHECK(refusal(other) == "this is another training: metrics is none in the file, and train_mae here");

  auto without = plan.model();
  Adam optimizer(without, plan.adam);
  try {
    fit(without, MSELoss(), optimizer, make_data(22, 1), plan.options);
    FAIL("nothing was thrown");
  } catch (const DataError& error) {
    CHECK(std::string(error.what()).find("hooks.0 is StepLR(step_size=2, gamma=0.1) in the file, and nothing here") !=
          std::string::npos);
  }
  CHECK(optimizer.state_dict().find("state.0.step") == nullptr);

  StateDict misspelt = read_safetensors(file.path);
  misspelt.add("optimzer.", misspelt.part("optimizer."));
  write_safetensors(file.path, misspelt);
  CHECK(refusal(plan).find("this is another training: unexpected: optimzer.") == 0);

  auto to_save = plan.model();
  save(file.path, to_save);
  CHECK(refusal(plan) == "this is not a checkpoint that fit() has written");
}

TEST_CASE("a missing file is refused, unless it is the checkpoint that the training writes itself") {
  const File file("minigrad_resume_missing_test.safetensors");
  Plan plan;
  plan.options.resume = file.path;
  CHECK(refusal(plan) == "there is no such file (where resume and checkpoint are the same file, the training begins "
                         "anew if it is missing)");
  plan.options.checkpoint = file.path;
  auto model = plan.model(), again = plan.model();
  const History history = plan.fit(model);
  CHECK(history.epochs.size() == 6);
  CHECK(plan.fit(again).epochs.size() == 6);  // a finished training comes back at once
  CHECK(parameters(model)[0].value() == parameters(again)[0].value());
}

TEST_CASE("more epochs may be asked of a training that was complete") {
  const File file("minigrad_resume_more_test.safetensors");
  Plan plan;
  auto whole = plan.model();
  plan.fit(whole);
  plan.options.checkpoint = plan.options.resume = file.path;
  plan.epochs = 2;
  auto model = plan.model();
  plan.fit(model);
  plan.epochs = 6;
  model = plan.model();
  plan.fit(model);
  CHECK(parameters(model)[0].value() == parameters(whole)[0].value());
}

namespace {
/// A callback with a state.
struct Counter {
  std::size_t epochs = 0;
  void operator()(const Epoch&) { ++epochs; }
  StateDict state_dict() const {
    StateDict out;
    out.add("epochs", static_cast<std::int64_t>(epochs));
    return out;
  }
  void load_state_dict(const StateDict& state) {
    epochs = static_cast<std::size_t>(state.get<std::int64_t>("epochs").item());
  }
};
}  // namespace

TEST_CASE("a callback with a state is kept with the training") {
  const File file("minigrad_resume_callback_test.safetensors");
  for (const std::size_t epochs : {3u, 5u}) {
    auto model = Plan().model();
    Adam optimizer(model);
    Counter counter;
    fit(model, MSELoss(), optimizer, make_data(8, 1),
        {.epochs = epochs, .progress = false, .checkpoint = file.path, .resume = file.path}, counter);
    CHECK(counter.epochs == epochs);
  }
}

namespace {
/// A callback that takes no state back.
struct RefusesState {
  void operator()(const Epoch&) {}
  StateDict state_dict() const { return {}; }
  void load_state_dict(const StateDict&) { throw std::runtime_error("no"); }
};
}  // namespace

TEST_CASE("a resume changes nothing where a part of the training throws whatever it throws") {
  const File file("minigrad_resume_throws_test.safetensors");
  auto model = Plan().model();
  Adam optimizer(model);
  RefusesState refuses;
  Counter counter;
  const FitOptions options{.epochs = 3, .progress = false, .checkpoint = file.path};
  fit(model, MSELoss(), optimizer, make_data(8, 1), options, refuses, counter);

  auto other = Plan().model();
  const auto before = parameters(other)[0].value();
  Adam fresh(other);
  Counter unchanged;
  std::string text;
  const auto resume = [&] {
    text.clear();
    try {
      FitOptions again = options;
      again.resume = file.path;
      fit(other, MSELoss(), fresh, make_data(8, 1), again, refuses, unchanged);
    } catch (const std::exception& error) {
      text = error.what();
    }
    CHECK(parameters(other)[0].value() == before);
    CHECK(fresh.state_dict().find("state.0.step") == nullptr);
    CHECK(unchanged.epochs == 0);
  };
  resume();
  CHECK(text == "minigrad: fit: resume: \"" + file.path + "\": this is another training: no");

  StateDict damaged = read_safetensors(file.path);  // a count that is a list is a ShapeError of item()
  const StateDict epochs = damaged.take("hooks.1.");
  damaged.add("hooks.1.epochs", Tensor<std::int64_t>{1, 2});
  write_safetensors(file.path, damaged);
  resume();
  CHECK(text.find("this is another training: no; ") != std::string::npos);
}

TEST_CASE("a checkpoint is written after every so many epochs, at the end, and when the time has come") {
  const File file("minigrad_resume_every_test.safetensors");
  const auto written = [&](std::size_t every, double minutes, std::size_t epochs) {
    std::vector<std::size_t> out;  // the updates of each checkpoint, seen at the end of each epoch and of fit()
    file.remove();
    const auto look = [&] {
      if (!std::filesystem::exists(file.path)) return;
      const auto updates = read_safetensors(file.path).get<std::int64_t>("run.updates").item();
      if (out.empty() || std::cmp_not_equal(out.back(), updates)) out.push_back(static_cast<std::size_t>(updates));
    };
    Rng rng(1);
    Linear<float> model(3, 1, rng);
    SGD optimizer(model, {.lr = 0.01});
    FitOptions options{.epochs = epochs, .batch_size = 4, .progress = false, .checkpoint = file.path};
    options.checkpoint_every = every;
    options.checkpoint_minutes = minutes;
    fit(model, MSELoss(), optimizer, make_data(22, 1), options, [&](const Epoch&) { look(); });
    look();
    return out;
  };
  using Updates = std::vector<std::size_t>;
  CHECK(written(2, 0, 5) == Updates{12, 24, 30});
  CHECK(written(0, 0, 3) == Updates{18});
  CHECK(written(0, 1e-12, 2) == Updates{5, 11, 12});  // after every step but an epoch's last, and after each epoch
}

TEST_CASE("a checkpoint needs an optimizer with a state") {
  struct Still {
    double lr() const { return 0; }
    void zero_grad() {}
    void step() {}
  } still;
  auto model = Plan().model();
  CHECK_THROWS_WITH_AS(fit(model, MSELoss(), still, make_data(8, 1), {.checkpoint = "never.safetensors"}),
                       "minigrad: fit: checkpoint: the optimizer has no state_dict() and load_state_dict()", ValueError);
}

TEST_CASE("fit stops without a checkpoint too, and takes the best weights back") {
  std::atomic<bool> stop{false};
  auto model = Plan().model();
  Adam optimizer(model);
  const auto data = make_data(22, 1);
  const History history = fit(model, MSELoss(), optimizer, data, data, {.epochs = 50, .progress = false, .stop = &stop},
                              [&](const Epoch& epoch) { stop = epoch.epoch == 3; });
  CHECK(history.interrupted);
  CHECK(history.epochs.size() == 3);
  CHECK(evaluate(model, MSELoss(), data) == history.best().validation_loss);
}

namespace {

/// Buffers of whole numbers: BatchNorm's, and one of the user's, which counts the batches.
struct Counted {
  Linear<float> first, last;
  BatchNorm1d<float> norm;
  mutable Tensor<std::int64_t> batches = Tensor<std::int64_t>::scalar(0);
  bool training = true;
  explicit Counted(Rng& rng) : first(3, 4, rng), last(4, 1, rng), norm(4) {}
  auto operator()(const auto& x) const {
    if (training) batches[0] += 1;
    return last(norm(first(x)));
  }
  auto parts() { return std::tie(first, norm, last, batches); }
};
/// A metric that is best the second time.
std::size_t turn = 0;
double second_is_best(const Tensor<double>&, const Tensor<double>&) { return ++turn == 2 ? 1 : 0; }

bool same_state(const StateDict& a, const StateDict& b) {
  bool same = a.size() == b.size();
  for (const StateEntry& entry : a) same = same && b.find(entry.name) && detail::same_elements(entry, *b.find(entry.name));
  return same;
}

}  // namespace

TEST_CASE("the buffers of whole numbers are those of the best epoch too, also after a resume") {
  const File file("minigrad_resume_counts_test.safetensors");
  const auto data = make_data(8, 1);
  FitOptions options{.batch_size = 4, .best_by = "validation_turn", .maximize = true};
  options.metrics = {{"turn", Metric::OfNumbers(second_is_best)}};
  options.checkpoint = file.path;
  std::vector<StateDict> states;
  const auto run = [&](std::size_t epochs) {
    Rng rng(1);
    Counted model(rng);
    SGD optimizer(model, {.lr = 0.1});
    options.epochs = epochs;
    const History history = fit(model, MSELoss(), optimizer, data, data, options,
                                [&](const Epoch&) { states.push_back(state_dict(model)); });
    CHECK(history.best_epoch == 2);
    return state_dict(model);
  };
  turn = 0;
  const StateDict best = run(3);
  REQUIRE(states.size() == 3);
  CHECK(same_state(best, states[1]));
  CHECK(best.get<std::int64_t>("3").item() == 4);
  CHECK(best.get<std::int64_t>("1.num_batches_tracked").item() == 4);
  options.resume = file.path;
  CHECK(same_state(run(4), best));
  CHECK(states.size() == 4);

  StateDict earlier = read_safetensors(file.path);  // as earlier versions wrote it
  earlier.take("best.counts.");
  write_safetensors(file.path, earlier);
  const StateDict of_earlier = run(5);
  CHECK(of_earlier.get<std::int64_t>("3").item() == states[3].get<std::int64_t>("3").item());  // the file has no better
  CHECK(of_earlier.get<float>("1.running_mean") == best.get<float>("1.running_mean"));
}

TEST_CASE("StepEvaluation gives back the buffers of whole numbers of its best evaluation") {
  const auto data = make_data(8, 1);
  Rng rng(1);
  Counted model(rng);
  SGD optimizer(model, {.lr = 0.1});
  StepEvaluationOptions options{.every = 1, .best_by = "validation_turn", .maximize = true};
  options.metrics = {{"turn", Metric::OfNumbers(second_is_best)}};
  StepEvaluation evaluation(model, MSELoss(), data, options);
  turn = 0;
  fit(model, MSELoss(), optimizer, data, {.epochs = 2, .batch_size = 4}, evaluation);
  CHECK(model.batches.item() == 4);
  StateDict state = evaluation.state_dict();
  evaluation.restore_best();
  CHECK(model.batches.item() == 2);
  CHECK(model.norm.num_batches_tracked.item() == 2);
  model.batches[0] = 0;
  StepEvaluation loaded(model, MSELoss(), data, options);
  loaded.load_state_dict(state);
  loaded.restore_best();
  CHECK(model.batches.item() == 2);
}

TEST_CASE("a resume from a damaged checkpoint says what it is and what to do") {
  const File file("minigrad_resume_damaged_test.safetensors");
  Plan plan;
  plan.options.checkpoint = file.path;
  auto model = plan.model();
  plan.fit(model);
  std::filesystem::resize_file(file.path, std::filesystem::file_size(file.path) - 8);
  plan.options.resume = file.path;
  const std::string advice =
      ": the training cannot go on from this file: give resume another checkpoint, or none, to begin anew";
  const std::string cut = refusal(plan);
  CHECK(cut.find("the tensors end after ") == 0);
  CHECK(cut.ends_with(advice));
  for (const std::string_view bytes : {"", "not a checkpoint"}) {
    std::ofstream(file.path, std::ios::binary) << bytes;
    auto other = plan.model();
    try {
      plan.fit(other);
      FAIL("nothing was thrown");
    } catch (const DataError& error) {
      const std::string text = error.what();
      CHECK(text.find("minigrad: fit: resume: \"" + file.path + "\": ") == 0);
      CHECK(text.ends_with(advice));
    }
    CHECK(std::filesystem::file_size(file.path) == bytes.size());
  }
}
