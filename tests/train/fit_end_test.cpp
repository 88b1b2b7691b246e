// How fit() ends, also by an exception, and which options it refuses.
#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <minigrad/minigrad.hpp>
#include <minigrad/nn/norm.hpp>
#include <minigrad/train/step_evaluation.hpp>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "../support/message.hpp"
#include "../support/resume.hpp"

using namespace minigrad;

namespace {

Dataset<float> make_data(int n = 8) {
  Rng rng(1);
  return Dataset<float>(normal({n, 1}, 0, 1, rng), normal({n, 1}, 0, 1, rng));
}
struct Net {
  Linear<float> inner;
  Dropout dropout;
  auto operator()(const auto& x) const { return dropout(inner(x)); }
  auto parts() { return std::tie(inner, dropout); }
};
Net make_net() {
  Rng rng(1);
  return {Linear(1, 1, rng), Dropout(0.5, rng)};
}
/// A schedule whose step() throws.
struct Broken {
  void step() { throw std::runtime_error("schedule"); }
};
struct BrokenStart {
  void on_begin(const History&) { throw std::runtime_error("start"); }
  void operator()(const Epoch&) const {}
};

}  // namespace

TEST_CASE("fit leaves the model in evaluation mode and without gradients, whatever throws") {
  const Dataset<float> data = make_data();
  const auto broken_metric = [](const Tensor<double>&, const Tensor<double>&) -> double {
    throw std::runtime_error("metric");
  };
  const auto check = [&](const char* what, const auto& loss, const FitOptions& options, auto&&... hooks) {
    CAPTURE(what);
    Net net = make_net();
    SGD optimizer(net, {.lr = 0.1});
    CHECK_THROWS_WITH_AS(fit(net, loss, optimizer, data, data, options, hooks...), what, std::runtime_error);
    CHECK(!net.dropout.training);
    CHECK(!net.inner.weight.has_grad());
  };
  const FitOptions plain{.epochs = 2, .batch_size = 4};
  check("callback", MSELoss(), plain, [](const Epoch&) { throw std::runtime_error("callback"); });
  check("step", MSELoss(), plain, [](const Step&) { throw std::runtime_error("step"); });
  check("schedule", MSELoss(), plain, Broken());
  check("schedule", MSELoss(), plain, [](const Step&) { Broken().step(); });
  check("start", MSELoss(), plain, BrokenStart());
  check("metric", MSELoss(), FitOptions{.epochs = 2, .metrics = {{"broken", Metric::OfNumbers(broken_metric)}}});
  check("loss", [](const auto& p, const auto& t) -> decltype(mse_loss(p, t)) { throw std::runtime_error("loss"); }, plain);

  Net net = make_net();
  SGD optimizer(net, {.lr = 0.1});
  fit(net, MSELoss(), optimizer, data, {.epochs = 1});
  CHECK(!net.dropout.training);
  train(net);
  CHECK_THROWS_AS(fit(net, MSELoss(), optimizer, data, {.patience = 1}), ValueError);  // refused before it began
  CHECK(net.dropout.training);
}

TEST_CASE("evaluate gives the model its mode back where the loss throws") {
  Net net = make_net();
  const auto loss = [](const auto& p, const auto& t) -> decltype(mse_loss(p, t)) { throw std::runtime_error("loss"); };
  CHECK_THROWS_AS(evaluate(net, loss, make_data()), std::runtime_error);
  CHECK(net.dropout.training);
}

TEST_CASE("evaluate in a callback after each step changes nothing in a training, also with replay") {
  const Dataset<float> data = make_data(12);
  const auto trained = [&](bool replay, bool with_evaluation) {
    Rng rng(1);
    Sequential model{Linear(1, 4, rng), BatchNorm1d(4), Dropout(0.5, rng), Linear(4, 1, rng)};
    SGD optimizer(model, {.lr = 0.1});
    std::vector<double> losses;
    fit(model, MSELoss(), optimizer, data, {.epochs = 2, .batch_size = 4, .replay = replay}, [&](const Step& step) {
      losses.push_back(step.loss);
      if (with_evaluation) static_cast<void>(evaluate(model, MSELoss(), data));
    });
    return losses;
  };
  for (const bool replay : {false, true}) CHECK(trained(replay, true) == trained(replay, false));
}

TEST_CASE("callbacks after an epoch see the model in evaluation mode, with validation and without") {
  Net net = make_net();
  SGD optimizer(net, {.lr = 0.1});
  std::size_t calls = 0;
  const auto look = [&](const Epoch&) {
    ++calls;
    CHECK(!net.dropout.training);
  };
  fit(net, MSELoss(), optimizer, make_data(), {.epochs = 2}, look);
  fit(net, MSELoss(), optimizer, make_data(), make_data(), {.epochs = 2}, look);
  CHECK(calls == 4);
}

namespace {

/// Its gradient is NaN where the prediction is the target.
struct RMSE {
  auto operator()(const auto& p, const auto& t) const { return sqrt(mse_loss(p, t)); }
};
/// An optimizer of one weight that gives it one value after another.
struct Values {
  Linear<float>* model;
  std::vector<float> all;
  std::size_t steps = 0;
  double lr() const { return 1; }
  void lr(double) {}
  void zero_grad() { minigrad::zero_grad(*model); }
  void step() { model->weight.edit().fill(all[steps++]); }
};
Linear<float> zero_line() {
  Rng rng(1);
  Linear model(1, 1, rng);
  model.weight.edit().fill(0);
  model.bias.edit().fill(0);
  return model;
}
/// A mask of which -infinity is a legitimate value.
struct Masked {
  Linear<float> line;
  Parameter<Tensor<float>> mask{full({1}, -std::numeric_limits<float>::infinity())};
  auto operator()(const auto& x) const {
    const auto y = line(x);
    return y + exp(0 * y + mask);
  }
  auto parts() { return std::tie(line, mask); }
};
template <class F>
TrainingError training_error(const F& f) {
  try {
    f();
  } catch (const TrainingError& error) {
    return error;
  }
  return {"trained", {}};
}
const float nan_weight = std::numeric_limits<float>::quiet_NaN();

}  // namespace

TEST_CASE("fit refuses to end with a weight that the last update has broken") {
  const Dataset<float> data(ones({4, 1}), zeros({4, 1}));
  auto model = zero_line();
  Adam optimizer(model);
  const TrainingError error = training_error([&] { fit(model, RMSE(), optimizer, data, {.epochs = 1}); });
  CHECK(std::string(error.what()) ==
        "minigrad: fit: the parameter weight is nan in epoch 1, after 1 update (learning rate 0.001, last gradient norm "
        "nan): detect_anomaly = true names the op with such a gradient, or try a learning rate ten times smaller");
  CHECK(error.history.epochs.size() == 1);

  // With validation the best weights are back.
  model = zero_line();
  Values values{&model, {3, 1, 2, nan_weight}};
  const TrainingError last = training_error([&] { fit(model, MSELoss(), values, data, data, {.epochs = 4}); });
  CHECK(std::string(last.what()).find("the parameter weight is nan in epoch 4, after 4 updates") != std::string::npos);
  CHECK(last.history.epochs.size() == 4);
  CHECK(last.history.best_epoch == 2);
  CHECK(model.weight.value()[0] == 1);

  // A callback that stops, and an epoch that ends early.
  for (const bool by_step : {true, false}) {
    model = zero_line();
    Values broken{&model, {1, nan_weight}};
    const auto stop = [&](const auto&) { return broken.steps < 2; };
    const TrainingError stopped = training_error([&] {
      if (by_step) fit(model, MSELoss(), broken, data, {.epochs = 9, .batch_size = 1}, [&](const Step& s) { return stop(s); });
      else fit(model, MSELoss(), broken, data, {.epochs = 9}, stop);
    });
    CHECK(std::string(stopped.what()).find("the parameter weight is nan in epoch ") != std::string::npos);
  }

  // What was not finite before is not the training's fault.
  Masked masked{zero_line()};
  SGD of_masked(masked, {.lr = 0.01});
  CHECK(fit(masked, MSELoss(), of_masked, data, {.epochs = 2}).epochs.size() == 2);
}

TEST_CASE("weights that are not finite are never the best, whatever the training loss before the update was") {
  const Dataset<float> data(ones({4, 1}), zeros({4, 1}));
  for (const std::size_t epochs : {3u, 5u}) {
    auto model = zero_line();
    model.weight.edit().fill(3);
    Values values{&model, {2, 1, nan_weight, 1, 1}};
    const TrainingError error =
        training_error([&] { fit(model, MSELoss(), values, data, {.epochs = epochs, .best_by = "train_loss"}); });
    CHECK(error.history.best_epoch == 2);
    CHECK(model.weight.value()[0] == 1);
  }
}

TEST_CASE("fit refuses to end where the validation loss was never finite") {
  const Dataset<float> data(ones({4, 1}), ones({4, 1}));
  auto model = zero_line();
  SGD optimizer(model, {.lr = 1e30});
  const TrainingError error = training_error([&] { fit(model, MSELoss(), optimizer, data, data, {.epochs = 1}); });
  CHECK(std::string(error.what()) ==
        "minigrad: fit: the validation loss was never finite, and is inf in epoch 1, after 1 update (learning rate 1e+30, "
        "last gradient norm 2.82843): try a learning rate ten times smaller");
  CHECK(error.history.epochs.size() == 1);
  CHECK(error.history.best_epoch == 0);
  auto untouched = zero_line();
  SGD of_untouched(untouched, {.lr = 1e30});
  CHECK(fit(untouched, MSELoss(), of_untouched, data, data, {.epochs = 0}).epochs.empty());
}

TEST_CASE("fit refuses to end where the column of best_by was never finite") {
  const Dataset<float> data(ones({4, 1}), ones({4, 1}));
  const Metric::OfNumbers nan = [](const Tensor<double>&, const Tensor<double>&) { return std::nan(""); };
  for (const std::string column : {"validation_own", "train_own"})
    for (const std::size_t patience : {0u, 2u}) {
      auto model = zero_line();
      SGD optimizer(model, {.lr = 0.1});
      const FitOptions options{
          .epochs = 3, .patience = patience, .best_by = column, .metrics = {{"own", nan}}, .train_metrics = true};
      const auto said = [&](const auto& train) {
        const TrainingError error = training_error(train);
        CHECK(error.history.stopped_early == (patience > 0));
        return std::string(error.what());
      };
      const std::string expected = "minigrad: fit: best_by is \"" + column +
                                   "\", which was never finite, and is nan in epoch " + (patience > 0 ? "2" : "3") +
                                   ": judge by another column, or give a metric that is finite";
      CHECK(said([&] { fit(model, MSELoss(), optimizer, data, data, options); }) == expected);
      if (column == "train_own") CHECK(said([&] { fit(model, MSELoss(), optimizer, data, options); }) == expected);
    }
  // One finite number is enough, and an error of the validation loss comes first.
  std::size_t calls = 0;
  static std::size_t* const count = &calls;
  const Metric::OfNumbers once = [](const Tensor<double>&, const Tensor<double>&) {
    return ++*count == 2 ? 1 : std::nan("");
  };
  auto model = zero_line();
  SGD optimizer(model, {.lr = 0.1});
  const FitOptions options{.epochs = 3, .best_by = "validation_own", .metrics = {{"own", once}}};
  CHECK(fit(model, MSELoss(), optimizer, data, data, options).best_epoch == 2);
  SGD diverging(model, {.lr = 1e30});
  CHECK(std::string(training_error([&] {
                      fit(model, MSELoss(), diverging, data, data, {.epochs = 1, .best_by = "train_loss"});
                    }).what())
            .find("the validation loss was never finite") != std::string::npos);
}

TEST_CASE("a checkpoint is not replaced by that of broken weights") {
  const support::File file("minigrad_broken_test.safetensors");
  const Dataset<float> data(ones({4, 1}), ones({4, 1}));
  auto model = zero_line();
  SGD optimizer(model, {.lr = 0.1});
  const FitOptions options{.epochs = 5, .checkpoint = file.path};
  const TrainingError error = training_error([&] {
    fit(model, MSELoss(), optimizer, data, options, [&](const Step& s) {
      if (s.step == 3) model.weight.edit().fill(nan_weight);
    });
  });
  CHECK(std::string(error.what()).find("the parameter weight is nan in epoch 3, after 3 updates") != std::string::npos);
  CHECK(read_safetensors(file.path).get<std::int64_t>("run.updates").item() == 2);
}

TEST_CASE("a callback that throws leaves the weights of the best epoch, unless restore_best is false") {
  const Dataset<float> data(ones({4, 1}), zeros({4, 1}));
  for (const bool restore : {true, false}) {
    auto model = zero_line();
    Values values{&model, {3, 1, 2, 4}};
    const auto stop = [](const Epoch& e) {
      if (e.epoch == 3) throw std::runtime_error("stop");
    };
    CHECK_THROWS_WITH_AS(fit(model, MSELoss(), values, data, data, {.epochs = 4, .restore_best = restore}, stop), "stop",
                         std::runtime_error);
    CHECK(model.weight.value()[0] == (restore ? 1 : 2));
  }
}

TEST_CASE("a callback that moves the model away and throws ends fit by its own exception") {
  Rng rng(1);
  Sequential model{Linear(1, 4, rng), BatchNorm1d(4), Linear(4, 1, rng)}, taken = model;
  SGD optimizer(model, {.lr = 0.1});
  CHECK_THROWS_WITH_AS(fit(model, MSELoss(), optimizer, make_data(), make_data(), {.epochs = 4},
                           [&](const Epoch&) {
                             taken = std::move(model);
                             throw std::runtime_error("gone");
                           }),
                       "gone", std::runtime_error);
}

TEST_CASE("maximize is refused for a loss") {
  auto model = zero_line();
  SGD optimizer(model, {.lr = 0.1});
  for (const char* column : {"train_loss", "validation_loss"})
    CHECK(support::message([&] {
            fit(model, MSELoss(), optimizer, make_data(), make_data(), {.best_by = column, .maximize = true});
          }) == "minigrad: fit: maximize: the smallest \"" + std::string(column) + "\" is the best");
  CHECK(support::message([&] {
          fit(model, MSELoss(), optimizer, make_data(), {.best_by = "train_loss", .maximize = true});
        }) == "minigrad: fit: maximize: the smallest \"train_loss\" is the best");
  const Dataset<float> data = make_data();
  CHECK(support::message([&] { StepEvaluation(model, MSELoss(), data, {.best_by = "validation_loss", .maximize = true}); }) ==
        "minigrad: fit: maximize: the smallest \"validation_loss\" is the best");
}

TEST_CASE("fit refuses options that would do nothing") {
  Net net = make_net();
  SGD optimizer(net, {.lr = 0.1});
  const Dataset<float> data = make_data();
  const auto refusal = [&](const FitOptions& options) {
    return support::message([&] { fit(net, MSELoss(), optimizer, data, options); });
  };
  CHECK(refusal({.epochs = 1, .min_delta = 0.1}) ==
        "minigrad: fit: min_delta needs a validation set to judge by, or best_by");
  CHECK(refusal({.epochs = 1, .min_delta = 0.1, .best_by = "train_loss"}) == "no error");
  CHECK(refusal({.epochs = 1, .validation_split = 0.5, .min_delta = 0.1}) == "no error");
  for (const std::size_t every : {0u, 2u})
    CHECK(refusal({.epochs = 1, .checkpoint_every = every}) ==
          "minigrad: fit: checkpoint_every needs checkpoint, the file to write");
  CHECK(refusal({.epochs = 1, .checkpoint_minutes = 5}) ==
        "minigrad: fit: checkpoint_minutes needs checkpoint, the file to write");
  CHECK(refusal({.epochs = 1, .train_metrics = true}) ==
        "minigrad: fit: train_metrics needs metrics, which are then computed on the training set too");
}
