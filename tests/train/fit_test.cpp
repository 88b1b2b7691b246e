#include <minigrad/minigrad.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <iomanip>  // whose std::quoted is not taken for ours
#include <limits>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "../support/count_allocations.hpp"
#include "../support/terminal.hpp"

using namespace minigrad;

namespace {

using X = Tensor<double>;
using Numbers = std::vector<double>;
const double nan_number = std::numeric_limits<double>::quiet_NaN();
const double infinity = std::numeric_limits<double>::infinity();

/// n rows of y = 2 x - 1, with x between -1 and 1.
template <class T = double>
Dataset<T> line_data(int n) {
  const Tensor<T> x = linspace<T>(-1, 1, n).reshape({n, 1});
  return Dataset<T>(x, 2 * x - 1, {"x"});
}

/// y = w, whatever x is: its loss against y = 0 is w^2.
struct Constant {
  Parameter<X> w{zeros<double>({1})};
  auto operator()(const auto& x) const { return 0 * x + w; }
  auto parts() { return std::tie(w); }
};
/// The same, which counts the batches that it was trained on in a buffer.
struct Counting : Constant {
  mutable Tensor<double> batches{0};
  bool training = true;
  auto operator()(const auto& x) const {
    if (training) batches += 1;
    return Constant::operator()(x);
  }
  auto parts() { return std::tie(w, batches); }
};
/// The same, and NaN for an x whose square is not finite.
struct Overflowing : Constant {
  auto operator()(const auto& x) const { return 0 * (x * x) + w; }
};
Dataset<double> zero_target(int n = 4) { return {ones<double>({n, 1}), zeros<double>({n, 1})}; }

/// An optimizer that knows in advance where to go: w takes one value after another. So a test can say what the
/// validation losses shall be.
struct Script {
  Constant* model;
  Numbers losses;  // at the end of each epoch of one batch
  std::size_t steps = 0;
  double rate = 1;

  double lr() const { return rate; }
  void lr(double value) { rate = value; }
  void zero_grad() { minigrad::zero_grad(*model); }
  void step() { model->w.edit().fill(std::sqrt(losses[steps++])); }
};

struct Scripted {
  History history;
  double w2 = 0;  // the square of the weight that fit() left
};
Scripted fit_scripted(const Numbers& losses, FitOptions options) {
  Constant model;
  Script script{&model, losses};
  options.epochs = losses.size();
  const Dataset<double> data = zero_target();
  History history = fit(model, MSELoss(), script, data, data, options);
  return {std::move(history), model.w.value()[0] * model.w.value()[0]};
}

Numbers column(const History& history, double Epoch::*what) {
  Numbers out;
  for (const Epoch& epoch : history.epochs) out.push_back(epoch.*what);
  return out;
}

/// Writes down whether it is in training mode.
struct Watched {
  Parameter<X> w{zeros<double>({1})};
  bool training = true;
  std::vector<bool>* modes;
  auto operator()(const auto& x) const {
    modes->push_back(training);
    return 0 * x + w;
  }
  auto parts() { return std::tie(w); }
};

struct Stop : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Gives up after so many calls.
struct Moody {
  Linear<double> layer;
  std::size_t* calls_left;
  auto operator()(const auto& x) const {
    if ((*calls_left)-- == 0) throw Stop("the model");
    return layer(x);
  }
  auto parts() { return std::tie(layer); }
};

struct Net {
  std::vector<Linear<double>> layers;
  auto operator()(const auto& x) const {
    auto y = tanh(layers[0](x));
    for (std::size_t i = 1; i < layers.size(); ++i) y = layers[i](y);
    return y;
  }
  auto parts() { return std::tie(layers); }
};

template <class Error, class Action>
Error caught(const Action& action) {
  try {
    action();
  } catch (const Error& error) {
    return error;
  }
  FAIL("nothing was thrown");
  throw std::logic_error("unreachable");
}

}  // namespace

TEST_CASE("fit finds the line that the data were made of") {
  Rng rng(1);
  Linear<double> model(1, 1, rng);
  SGD optimizer(model, {.lr = 0.1});
  const History history = fit(model, MSELoss(), optimizer, line_data(20), {.epochs = 200, .batch_size = 5});
  CHECK(model.weight.value()[0] == doctest::Approx(2).epsilon(1e-6));
  CHECK(model.bias.value()[0] == doctest::Approx(-1).epsilon(1e-6));
  CHECK(history.epochs.size() == 200);
  CHECK(history.epochs.back().train_loss < 1e-10);
}

TEST_CASE("updates are counted by batches, also where the rows do not fill the last one") {
  const Dataset<double> data = line_data(10);
  const auto updates = [&](const FitOptions& options) {
    Constant model;
    SGD optimizer(model, {.lr = 0.01});
    std::vector<std::size_t> counts;
    for (const Epoch& epoch : fit(model, MSELoss(), optimizer, data, options).epochs) counts.push_back(epoch.updates);
    return counts;
  };
  using Counts = std::vector<std::size_t>;
  CHECK(updates({.epochs = 3, .batch_size = 4}) == Counts{3, 6, 9});
  CHECK(updates({.epochs = 3, .batch_size = 4, .drop_last = true}) == Counts{2, 4, 6});
  CHECK(updates({.epochs = 2, .batch_size = 5}) == Counts{2, 4});
  CHECK(updates({.epochs = 2, .batch_size = 1}) == Counts{10, 20});
  CHECK(updates({.epochs = 2, .batch_size = 10}) == Counts{1, 2});
  CHECK(updates({.epochs = 2, .batch_size = 1000}) == Counts{1, 2});
  CHECK(updates({.epochs = 0}).empty());
}

TEST_CASE("epochs are numbered from 1, and record the time since the start") {
  Constant model;
  SGD optimizer(model, {.lr = 0.01});
  const History history = fit(model, MSELoss(), optimizer, line_data(10), {.epochs = 3});
  REQUIRE(history.epochs.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) CHECK(history.epochs[i].epoch == i + 1);
  CHECK(history.epochs[0].seconds >= 0);
  CHECK(history.epochs[1].seconds >= history.epochs[0].seconds);
  CHECK(history.epochs[2].seconds >= history.epochs[1].seconds);
}

TEST_CASE("the training loss is the mean over the rows, of which the last batch has fewer") {
  Rng rng(1);
  Linear<double> model(1, 1, rng);
  SGD optimizer(model, {.lr = 0});  // so that every batch meets the same model
  const Dataset<double> data = line_data(10);
  const double loss = mse_loss(model(data.x), data.y).item();
  for (const std::size_t batch_size : {1u, 3u, 4u, 10u}) {
    const History history = fit(model, MSELoss(), optimizer, data, {.epochs = 2, .batch_size = batch_size});
    CHECK(history.epochs[0].train_loss == doctest::Approx(loss).epsilon(1e-12));
    CHECK(history.epochs[1].train_loss == doctest::Approx(loss).epsilon(1e-12));
  }
  // A row that is left out does not count.
  const History without_last =
      fit(model, MSELoss(), optimizer, data, {.epochs = 1, .batch_size = 9, .shuffle = false, .drop_last = true});
  const Dataset<double> first_nine(slice(data.x, 0, 9), slice(data.y, 0, 9));
  CHECK(without_last.epochs[0].train_loss == doctest::Approx(mse_loss(model(first_nine.x), first_nine.y).item()));
}

TEST_CASE("the validation loss is that of the whole validation set at the end of each epoch") {
  Rng rng(1);
  Sequential model{Linear<double>(1, 3, rng), Tanh(), Linear<double>(3, 1, rng)};
  Adam optimizer(model, {.lr = 0.01});
  const Dataset<double> train = line_data(10), validation = line_data(7);
  std::size_t seen = 0;
  const History history =
      fit(model, MSELoss(), optimizer, train, validation, {.epochs = 5, .batch_size = 3}, [&](const Epoch& epoch) {
        CHECK(epoch.validation_loss == mse_loss(model(validation.x), validation.y).item());
        CHECK(epoch.epoch == ++seen);
      });
  CHECK(seen == 5);
  CHECK(history.best_epoch == 5);
  CHECK(history.best().validation_loss == history.epochs[4].validation_loss);
}

TEST_CASE("without validation there is no validation loss and no best epoch, and the last weights stay") {
  Constant model;
  Script script{&model, {9, 1, 4}};
  const History history = fit(model, MSELoss(), script, zero_target(), {.epochs = 3});
  for (const Epoch& epoch : history.epochs) CHECK(detail::is_nan(epoch.validation_loss));
  CHECK(history.best_epoch == 0);
  CHECK_FALSE(history.stopped_early);
  CHECK(model.w.value()[0] == 2);
}

TEST_CASE("the weights of the best validation loss are restored at the end") {
  const auto [history, w2] = fit_scripted({9, 4, 16, 1, 25, 4}, {});
  CHECK(column(history, &Epoch::validation_loss) == Numbers{9, 4, 16, 1, 25, 4});
  CHECK(history.best_epoch == 4);
  CHECK(history.best().validation_loss == 1);
  CHECK_FALSE(history.stopped_early);
  CHECK(w2 == 1);
}

TEST_CASE("the best epoch's buffers come back with its weights") {
  const Dataset<double> data = zero_target();
  for (const bool restore_best : {true, false}) {
    Counting model;
    Script script{&model, {9, 1, 4}};
    fit(model, MSELoss(), script, data, data, {.epochs = 3, .restore_best = restore_best});
    CHECK(model.w.value()[0] == (restore_best ? 1 : 2));
    CHECK(model.batches[0] == (restore_best ? 2 : 3));
  }
}

TEST_CASE("restore_best = false leaves the last weights, and the history still knows the best") {
  const auto [history, w2] = fit_scripted({9, 4, 16}, {.restore_best = false});
  CHECK(history.best_epoch == 2);
  CHECK(w2 == 16);
}

TEST_CASE("training stops after `patience` epochs that were not better") {
  const auto [history, w2] = fit_scripted({9, 4, 16, 16, 1, 25, 25, 25, 0}, {.patience = 3});
  CHECK(history.epochs.size() == 8);  // two bad ones were borne, three are too many
  CHECK(history.best_epoch == 5);
  CHECK(history.stopped_early);
  CHECK(w2 == 1);
}

TEST_CASE("patience of 1 stops at the first epoch that is not better, and an equal loss is not better") {
  const auto [history, w2] = fit_scripted({9, 4, 4, 1}, {.patience = 1});
  CHECK(history.epochs.size() == 3);
  CHECK(history.best_epoch == 2);
  CHECK(w2 == 4);
}

TEST_CASE("patience that runs out in the very last epoch is an early stop as well") {
  CHECK(fit_scripted({4, 9, 9}, {.patience = 2}).history.stopped_early);
  CHECK_FALSE(fit_scripted({4, 9, 9}, {.patience = 3}).history.stopped_early);
}

TEST_CASE("min_delta says how much lower a loss must be to count as better") {
  const auto [history, w2] = fit_scripted({9, 8.5, 8.25, 7.9, 7.5}, {.patience = 2, .min_delta = 1});
  CHECK(history.epochs.size() == 3);
  CHECK(history.best_epoch == 1);
  CHECK(w2 == 9);
  const Scripted slower = fit_scripted({9, 8.5, 7.9, 7.5, 7.4}, {.patience = 2, .min_delta = 1});
  CHECK(slower.history.best_epoch == 3);
  CHECK(slower.history.epochs.size() == 5);
  CHECK(slower.w2 == doctest::Approx(7.9));
}

TEST_CASE("a validation loss that is not finite is never the best, and uses up the patience") {
  Overflowing model;
  Script script{&model, {9, 4, 1, 0}};
  const Dataset<double> odd(full<double>({2, 1}, 1e200), zeros<double>({2, 1}));
  const auto error = caught<TrainingError>(
      [&] { fit(model, MSELoss(), script, zero_target(), odd, {.epochs = 4, .patience = 3}); });
  CHECK(std::string(error.what()) ==
        "minigrad: fit: the validation loss was never finite, and is nan in epoch 3, after 3 updates (learning rate 1, "
        "last gradient norm 4): try a learning rate ten times smaller");
  const History& history = error.history;
  CHECK(detail::is_nan(history.epochs[0].validation_loss));
  CHECK(history.epochs.size() == 3);
  CHECK(history.stopped_early);
  CHECK(history.best_epoch == 0);
  CHECK(model.w.value()[0] == 1);
}

TEST_CASE("schedules of every kind set the learning rate of the next epoch") {
  const Dataset<double> data = line_data(6);
  const auto rates = [&](const auto& make_schedule) {
    Constant model;
    SGD optimizer(model, {.lr = 0.5});
    auto schedule = make_schedule(optimizer);
    return column(fit(model, MSELoss(), optimizer, data, {.epochs = 4}, schedule), &Epoch::lr);
  };
  CHECK(rates([](auto& optimizer) { return StepLR(optimizer, {.step_size = 2, .gamma = 0.5}); }) ==
        Numbers{0.5, 0.5, 0.25, 0.25});
  CHECK(rates([](auto& optimizer) { return ExponentialLR(optimizer, {.gamma = 0.5}); }) ==
        Numbers{0.5, 0.25, 0.125, 0.0625});
  const Numbers cosine = rates([](auto& optimizer) { return CosineAnnealingLR(optimizer, {.t_max = 4}); });
  for (std::size_t t = 0; t < 4; ++t)
    CHECK(cosine[t] == doctest::Approx(0.25 * (1 + std::cos(3.14159265358979 * static_cast<double>(t) / 4))));
  const Numbers warm_up =
      rates([](auto& optimizer) { return LinearLR(optimizer, {.start_factor = 0.5, .total_iters = 2}); });
  CHECK(warm_up[0] == doctest::Approx(0.25));
  CHECK(warm_up[1] == doctest::Approx(0.375));
  CHECK(warm_up[2] == doctest::Approx(0.5));
  CHECK(warm_up[3] == doctest::Approx(0.5));
}

TEST_CASE("a schedule that looks at a loss is shown the validation loss, or without validation the training loss") {
  Constant model;
  Script script{&model, {9, 4, 4, 4, 1}};
  const Dataset<double> data = zero_target();
  ReduceLROnPlateau validated(script, {.factor = 0.5, .patience = 1});
  CHECK(column(fit(model, MSELoss(), script, data, data, {.epochs = 5}, validated), &Epoch::lr) ==
        Numbers{1, 1, 1, 1, 0.5});

  // The training loss of an epoch is that before its update: 0, 9, 4, 4, 4.
  script = {&model, {9, 4, 4, 4, 1}, 0, 1};
  model.w.edit().fill(0);
  ReduceLROnPlateau trained(script, {.factor = 0.5, .patience = 1});
  CHECK(column(fit(model, MSELoss(), script, data, {.epochs = 5}, trained), &Epoch::lr) ==
        Numbers{1, 1, 1, 0.5, 0.5});
}

TEST_CASE("hooks run in their order, schedules and callbacks mixed, given by name or on the spot") {
  Constant model;
  SGD optimizer(model, {.lr = 1});
  Numbers before, after;
  const auto note_before = [&](const Epoch&) { before.push_back(optimizer.lr()); };
  fit(model, MSELoss(), optimizer, zero_target(), {.epochs = 3}, note_before, ExponentialLR(optimizer, {.gamma = 0.5}),
      [&](const Epoch&) { after.push_back(optimizer.lr()); });
  CHECK(before == Numbers{1, 0.5, 0.25});
  CHECK(after == Numbers{0.5, 0.25, 0.125});
}

TEST_CASE("a callback that returns false stops, after the other hooks of that epoch") {
  Constant model;
  Script script{&model, {9, 1, 4, 16, 25}};
  const Dataset<double> data = zero_target();
  std::size_t calls = 0;
  const History history = fit(model, MSELoss(), script, data, data, {.epochs = 5},
                              [](const Epoch& epoch) { return epoch.epoch < 3; }, [&](const Epoch&) { ++calls; });
  CHECK(history.epochs.size() == 3);
  CHECK(calls == 3);
  CHECK_FALSE(history.stopped_early);
  CHECK(history.best_epoch == 2);
  CHECK(model.w.value()[0] == 1);
}

TEST_CASE("clip_norm holds the gradient's norm, and the history tells what it was before") {
  const Dataset<double> data = zero_target();
  const auto first_epoch = [&](double clip_norm) {
    Constant model;
    model.w.edit().fill(10);  // dL/dw = 20
    SGD optimizer(model, {.lr = 0.1});
    const History history = fit(model, MSELoss(), optimizer, data, {.epochs = 1, .clip_norm = clip_norm});
    CHECK(history.epochs[0].grad_norm == doctest::Approx(20));
    return model.w.value()[0];
  };
  CHECK(first_epoch(0) == doctest::Approx(8));
  CHECK(first_epoch(5) == doctest::Approx(9.5));
  CHECK(first_epoch(50) == doctest::Approx(8));
}

TEST_CASE("the gradient norm of an epoch is that of its last update") {
  Constant model;
  model.w.edit().fill(10);
  SGD optimizer(model, {.lr = 0.25});  // halves w
  const History history = fit(model, MSELoss(), optimizer, zero_target(4), {.epochs = 2, .batch_size = 2});
  CHECK(column(history, &Epoch::grad_norm) == Numbers{10, 2.5});
}

TEST_CASE("a loss that is no longer finite stops with the epoch, the learning rate, the gradient and the widest feature") {
  const Dataset<double> data({{1, -200}, {0, 77}, {3, 11}}, {{1}, {2}, {3}}, {"depth", "pages"});
  Rng rng(1);
  Linear<double> model(2, 1, rng);
  model.weight.edit().fill(0);
  model.bias.edit().fill(1e150);
  SGD optimizer(model, {.lr = 1e10});
  const auto error = caught<TrainingError>([&] { fit(model, MSELoss(), optimizer, data, {.epochs = 10}); });
  CHECK(std::string(error.what()) ==
        "minigrad: fit: the loss is inf in epoch 2, after 1 update (learning rate 1e+10, last gradient norm 7.4741e+151): "
        "try a learning rate ten times smaller, or standardise the features (\"pages\" goes from -200 to 77)");
  REQUIRE(error.history.epochs.size() == 1);
  CHECK(error.history.epochs[0].train_loss == doctest::Approx(1e300));
}

TEST_CASE("features without names are called x0, x1, ..., and small ones are not to blame") {
  const auto message = [](const X& x) {
    Rng rng(1);
    Linear<double> model(x.shape()[1], 1, rng);
    model.bias.edit().fill(1e150);
    SGD optimizer(model, {.lr = 1e10});
    const Dataset<double> data(x, zeros<double>({x.shape()[0], 1}));
    const auto error = caught<TrainingError>([&] { fit(model, MSELoss(), optimizer, data); });
    return std::string(error.what());
  };
  CHECK(message({{1, 2, 30}, {-1, 2, 3}}).find("(\"x2\" goes from 3 to 30)") != std::string::npos);
  const std::string standardised = message({{1, -10}, {-1, 10}});
  CHECK(standardised.substr(standardised.rfind("):")) == "): try a learning rate ten times smaller");
}

TEST_CASE("a loss that is not finite from the start is not the learning rate's fault") {
  Constant model;
  SGD optimizer(model, {.lr = 1});
  Dataset<double> data = zero_target(3);
  data.y[1] = nan_number;
  CHECK_THROWS_WITH_AS(fit(model, MSELoss(), optimizer, data),
                       "minigrad: fit: the loss is nan: the target in row 1 of the dataset is nan", TrainingError);
  CHECK_THROWS_WITH_AS(fit(model, MSELoss(), optimizer, data, {.batch_size = 1, .shuffle = false}),
                       "minigrad: fit: the loss is nan: the target in row 1 of the dataset is nan", TrainingError);
  data = zero_target(3);
  data.x[2] = std::numeric_limits<double>::infinity();
  CHECK_THROWS_WITH_AS(fit(model, MSELoss(), optimizer, data),
                       "minigrad: fit: the loss is nan: a feature in row 2 of the dataset is inf", TrainingError);
  data = zero_target(3);
  data.x[2] = 1e200;
  data.feature_names = {"words"};
  model.w.edit().fill(1e200);
  CHECK_THROWS_WITH_AS(fit(model, MSELoss(), optimizer, data),
                       "minigrad: fit: the loss is inf before the first update: look for numbers that are not finite, or "
                       "very large, in the data and the weights (\"words\" goes from 1 to 1e+200)",
                       TrainingError);
}

TEST_CASE("after divergence the best weights are back, in evaluation mode, and the history is kept") {
  Constant model;
  Script script{&model, {9, 1, 4, infinity, 1}};
  const Dataset<double> data = zero_target();
  const auto error = caught<TrainingError>([&] { fit(model, MSELoss(), script, data, data, {.epochs = 5}); });
  CHECK(error.history.epochs.size() == 4);
  CHECK(error.history.best_epoch == 2);
  CHECK(model.w.value()[0] == 1);

  script = {&model, {9, 1, 4, infinity, 1}};
  CHECK_THROWS_AS(fit(model, MSELoss(), script, data, data, {.epochs = 5, .restore_best = false}), TrainingError);
  CHECK(model.w.value()[0] == infinity);
}

TEST_CASE("with clip_norm the message tells the gradient's norm before it was clipped") {
  Constant model;
  model.w.edit().fill(10);
  Script script{&model, {infinity}};
  const auto error =
      caught<TrainingError>([&] { fit(model, MSELoss(), script, zero_target(), {.clip_norm = 0.5}); });
  CHECK(std::string(error.what()) ==
        "minigrad: fit: the loss is inf in epoch 2, after 1 update (learning rate 1, last gradient norm 20): try a learning "
        "rate ten times smaller");
}

namespace {

/// y = sqrt(w x): its gradient in w is infinite at w x = 0.
struct Root {
  Parameter<X> w{ones<double>({1})};
  auto operator()(const auto& x) const { return sqrt(w * x); }
  auto parts() { return std::tie(w); }
  static constexpr const char* part_names[] = {"w"};
};

template <class Model>
std::string failure(Model& model, const Dataset<double>& data, const FitOptions& options) {
  SGD optimizer(model, {.lr = 0.1});
  try {
    fit(model, MSELoss(), optimizer, data, options);
  } catch (const TrainingError& error) {
    return error.what();
  }
  return "trained";
}

}  // namespace

TEST_CASE("with detect_anomaly fit names the op behind a loss or a gradient that is not finite") {
  const FitOptions options{.epochs = 2, .shuffle = false, .detect_anomaly = true};
  Root model;
  CHECK(failure(model, Dataset<double>(X{{1}, {0}}, X{{0}, {1}}), options) ==
        "minigrad: detect_anomaly: the gradient that sqrt([2, 1]) -> [2, 1] passes to its input 0, a mul of shape [2, 1], "
        "is -inf at (1, 0) (node 3, after the parameter w)");
  CHECK(failure(model, Dataset<double>(X{{1}, {-1}}, X{{0}, {1}}), options) ==
        "minigrad: fit: the loss is nan before the first update: look for numbers that are not finite, or very large, in "
        "the data and the weights; detect_anomaly: sqrt([2, 1]) -> [2, 1] gives nan at (1, 0) (node 3, after the "
        "parameter w)");
  CHECK(failure(model, Dataset<double>(X{{1}, {2}}, X{{1}, {1}}), options) == "trained");
}

TEST_CASE("fit refuses what makes no sense") {
  Constant model;
  SGD optimizer(model, {.lr = 0.01});
  const Dataset<double> data = zero_target(), none(zeros<double>({0, 1}), zeros<double>({0, 1}));
  const auto attempt = [&](const Dataset<double>& train, const FitOptions& options) {
    fit(model, MSELoss(), optimizer, train, options);
  };
  CHECK_THROWS_WITH_AS(attempt(data, {.patience = 3}), "minigrad: fit: patience needs a validation set to judge by",
                       ValueError);
  CHECK_THROWS_WITH_AS(attempt(none, {}), "minigrad: fit: the training set is empty", ValueError);
  CHECK_THROWS_WITH_AS(fit(model, MSELoss(), optimizer, data, none), "minigrad: fit: the validation set is empty",
                       ValueError);
  CHECK_THROWS_WITH_AS(attempt(data, {.min_delta = -1}), "minigrad: fit: min_delta is -1, and must be at least 0",
                       ValueError);
  CHECK_THROWS_WITH_AS(attempt(data, {.clip_norm = -0.5}), "minigrad: fit: clip_norm is -0.5, and must be at least 0",
                       ValueError);
  Graph<X> graph;
  backward(sum(model(graph.input(data.x))));
  CHECK_THROWS_WITH_AS(attempt(data, {.batch_size = 0}), "minigrad: DataLoader: batch_size is 0", ValueError);
  CHECK(parameters(model)[0].has_grad());  // nothing has changed
  CHECK_THROWS_AS(attempt(data, {.batch_size = 9, .drop_last = true}), ValueError);
  CHECK_THROWS_WITH_AS(fit(model, MSELoss{Reduction::sum}, optimizer, data),
                       "minigrad: fit: the loss must be the mean of its batch: Reduction::mean", ValueError);
  CHECK_THROWS_WITH_AS(evaluate(model, MSELoss{Reduction::none}, data),
                       "minigrad: evaluate: the loss must be the mean of its batch: Reduction::mean", ValueError);
}

TEST_CASE("a target of another shape than the prediction is refused, not broadcast") {
  Constant model;
  SGD optimizer(model, {.lr = 0.01});
  const Dataset<double> data(zeros<double>({3, 1}), zeros<double>({3}));
  CHECK_THROWS_WITH_AS(fit(model, MSELoss(), optimizer, data),
                       "minigrad: mse_loss: prediction [3, 1] and target [3]: shapes differ; reshape the target to [3, 1]",
                       ShapeError);
}

TEST_CASE("training happens in training mode, validation and all that follows in evaluation mode") {
  std::vector<bool> modes;
  Watched model{.modes = &modes};
  SGD optimizer(model, {.lr = 0.01});
  eval(model);
  fit(model, MSELoss(), optimizer, zero_target(), zero_target(), {.epochs = 2, .batch_size = 2},
      [&](const Epoch&) { CHECK_FALSE(model.training); });
  CHECK(modes == std::vector<bool>{true, true, false, true, true, false});
  CHECK_FALSE(model.training);

  fit(model, MSELoss(), optimizer, zero_target(), {.epochs = 1});
  CHECK_FALSE(model.training);

  model.w.edit().fill(infinity);
  CHECK_THROWS_AS(fit(model, MSELoss(), optimizer, zero_target()), TrainingError);
  CHECK_FALSE(model.training);
}

TEST_CASE("the same seed gives the same run, another one another order of the rows") {
  const auto run = [](std::uint64_t seed, bool shuffle = true) {
    Rng rng(1);
    Sequential model{Linear<double>(1, 4, rng), Tanh(), Dropout(0.1, rng), Linear<double>(4, 1, rng)};
    Adam optimizer(model, {.lr = 0.01});
    return column(fit(model, MSELoss(), optimizer, line_data(11), line_data(5),
                      {.epochs = 5, .batch_size = 4, .shuffle = shuffle, .seed = seed}),
                  &Epoch::validation_loss);
  };
  CHECK(run(3) == run(3));
  CHECK(run(3) != run(4));
  CHECK(run(3, false) == run(4, false));
  CHECK(run(3, false) != run(3));
}

TEST_CASE("a second fit goes on from the weights of the first, with a history of its own") {
  Rng rng(1);
  Linear<double> model(1, 1, rng);
  SGD optimizer(model, {.lr = 0.1});
  const Dataset<double> data = line_data(8);
  const FitOptions options{.epochs = 3, .batch_size = 8};
  const History first = fit(model, MSELoss(), optimizer, data, options);
  const History second = fit(model, MSELoss(), optimizer, data, options);
  CHECK(second.epochs.size() == 3);
  CHECK(second.epochs[0].epoch == 1);
  CHECK(second.epochs[0].updates == 1);
  CHECK(second.epochs[0].train_loss < first.epochs[2].train_loss);
}

TEST_CASE("gradients that were there before do not count, and frozen parameters stay") {
  Rng rng(1);
  Linear<double> model(1, 1, rng), other = model;
  other.weight.requires_grad(false);
  const double frozen = other.weight.value()[0], bias = other.bias.value()[0];
  Graph<X> graph;
  backward(mse_loss(model(graph.input({{3}})), X{{100}}));
  Linear<double> fresh = model;
  zero_grad(fresh);
  SGD a(model, {.lr = 0.1}), b(fresh, {.lr = 0.1}), c(other, {.lr = 0.1});
  const Dataset<double> data = line_data(8);
  fit(model, MSELoss(), a, data, {.epochs = 2});
  fit(fresh, MSELoss(), b, data, {.epochs = 2});
  fit(other, MSELoss(), c, data, {.epochs = 2});
  CHECK(model.weight.value() == fresh.weight.value());
  CHECK(other.weight.value()[0] == frozen);
  CHECK(other.bias.value()[0] != bias);
}

TEST_CASE("a Sequential of floats learns classes by their labels") {
  Rng rng(2);
  Dataset<float, std::int64_t> data(normal({60, 2}, 0, 1, rng), Tensor<std::int64_t>::empty({60}));
  for (std::size_t i = 0; i < 60; ++i) data.y[i] = (data.x(i, 0) > 0 ? 1 : 0) + (data.x(i, 1) > 0 ? 1 : 0);
  Sequential model{Linear(2, 16, rng), ReLU(), Linear(16, 3, rng)};
  Adam optimizer(model, {.lr = 0.02});
  const History history = fit(model, CrossEntropyLoss(), optimizer, data, data, {.epochs = 60, .batch_size = 16});
  CHECK(history.epochs[0].train_loss > 0.7);
  CHECK(history.best().validation_loss < 0.2);
  std::size_t right = 0;
  const Tensor<std::int64_t> guesses = argmax(model(data.x), 1);
  for (std::size_t i = 0; i < 60; ++i) right += guesses[i] == data.y[i] ? 1u : 0u;
  CHECK(right >= 56);
}

TEST_CASE("any loss will do that is called on a prediction and a target") {
  Rng rng(1);
  Linear<double> model(1, 1, rng);
  SGD optimizer(model, {.lr = 0.1});
  const auto cubed = [](const auto& prediction, const auto& target) { return mean(pow(abs(prediction - target), 3)); };
  const History history = fit(model, cubed, optimizer, line_data(9), line_data(4), {.epochs = 50});
  CHECK(history.best().validation_loss < history.epochs[0].validation_loss / 10);
}

TEST_CASE("a plain struct with a vector of layers is trained as well") {
  Rng rng(1);
  Net net;
  net.layers.emplace_back(1, 5, rng);
  net.layers.emplace_back(5, 1, rng);
  Adam optimizer(net, {.lr = 0.05});
  const History history = fit(net, HuberLoss(), optimizer, line_data(12), {.epochs = 200});
  CHECK(history.epochs.back().train_loss < 0.01);
}

TEST_CASE("an exception from a callback, the loss or the model passes through, and all can be used again") {
  Rng rng(1);
  std::size_t calls_left = 1'000'000;
  Moody model{Linear<double>(1, 1, rng), &calls_left};
  SGD optimizer(model, {.lr = 0.05, .momentum = 0.5});
  const Dataset<double> data = line_data(10);
  const FitOptions options{.epochs = 20, .batch_size = 3};

  CHECK_THROWS_AS(fit(model, MSELoss(), optimizer, data, data, options,
                      [](const Epoch& epoch) { if (epoch.epoch == 3) throw Stop("a callback"); }),
                  Stop);

  std::size_t losses_left = 5;
  const auto loss = [&](const auto& prediction, const auto& target) {
    auto graph_node_of_this_step = square(prediction - target);
    if (losses_left-- == 0) throw Stop("the loss");
    return mean(graph_node_of_this_step);
  };
  CHECK_THROWS_AS(fit(model, loss, optimizer, data, data, options), Stop);

  calls_left = 6;
  CHECK_THROWS_AS(fit(model, MSELoss(), optimizer, data, data, options), Stop);

  calls_left = 1'000'000;
  const History history = fit(model, MSELoss(), optimizer, data, data, options);
  CHECK(history.best().validation_loss < 0.1);
}

TEST_CASE("a warm epoch allocates nothing but the history's own growth") {
  if (support::sanitized) return;
  constexpr std::size_t epochs = 64;
  Rng rng(1);
  Sequential model{Linear(3, 16, rng), ReLU(), Dropout(0.1, rng), Linear(16, 1, rng)};
  Adam optimizer(model, {.lr = 0.01});
  ExponentialLR schedule(optimizer, {.gamma = 0.99});
  const Dataset<float> data(normal({50, 3}, 0, 1, rng), normal({50, 1}, 0, 1, rng));
  std::size_t counts[epochs] = {};
  const std::atomic<bool> stop{false};
  const std::string path = (std::filesystem::temp_directory_path() / "minigrad_warm_epoch_test.safetensors").string();
  FitOptions options{.epochs = epochs, .batch_size = 8, .clip_norm = 1, .checkpoint = path, .stop = &stop};
  options.checkpoint_every = 0;  // writing a file allocates; the steps between two do not
  options.checkpoint_minutes = 1e9;
  fit(model, MSELoss(), optimizer, data, data, options, schedule,
      [&](const Epoch& epoch) { counts[epoch.epoch - 1] = support::allocations(); });
  for (std::size_t i = 4; i < epochs; ++i) {
    const bool history_grows = (i & (i - 1)) == 0;  // a vector's capacity doubles
    CHECK(counts[i] - counts[i - 1] == (history_grows ? 1 : 0));
  }
  std::filesystem::remove(path);
}

#if defined(__unix__)
TEST_CASE("fit prints nothing where standard error is not a terminal") {
  std::FILE* file = std::tmpfile();
  REQUIRE(file != nullptr);
  Constant model;
  SGD optimizer(model, {.lr = 0.01});
  support::with_stderr(dup(fileno(file)),
                       [&] { fit(model, MSELoss(), optimizer, zero_target(), {.epochs = 5, .progress = true}); });
  std::fseek(file, 0, SEEK_END);
  CHECK(std::ftell(file) == 0);
  std::fclose(file);
}

TEST_CASE("on a terminal fit shows the training loss, and the validation loss where there is one") {
  const auto last_line = [](auto... validation) {
    Constant model;
    Script optimizer{&model, {9, 4}};
    return support::seen_on_terminal([&] {
      fit(model, MSELoss(), optimizer, zero_target(), validation..., {.epochs = 2, .progress = true});
    });
  };
  const auto alone = last_line(), validated = last_line(zero_target());
  if (!alone || !validated) return;  // a machine without terminals
  CHECK(alone->find("2/2 [========================]") != std::string::npos);
  CHECK(alone->find(", loss 9\033[K") != std::string::npos);  // before the update that brings it to 4
  CHECK(validated->find(", loss 9, validation 4\033[K") != std::string::npos);
  const auto with_metric = support::seen_on_terminal([&] {
    Constant model;
    Script optimizer{&model, {9, 4}};
    fit(model, MSELoss(), optimizer, zero_target(), zero_target(),
        {.epochs = 2, .metrics = {{"mse", mean_squared_error}}, .progress = true});
  });
  CHECK(with_metric->find(", loss 9, validation 4, mse 4\033[K") != std::string::npos);
}
#endif

TEST_CASE("fit and evaluate refuse a loss that is a sum, whose size would depend on the batches") {
  Rng rng(1);
  Linear<float> model(1, 1, rng);
  SGD optimizer(model);
  const Dataset<float> data(Tensor<float>{{1}, {2}}, Tensor<float>{{1}, {2}});
  CHECK_THROWS_WITH_AS(fit(model, MSELoss{Reduction::sum}, optimizer, data),
                       "minigrad: fit: the loss must be the mean of its batch: Reduction::mean", ValueError);
  CHECK_THROWS_WITH_AS(evaluate(model, MSELoss{Reduction::none}, data),
                       "minigrad: evaluate: the loss must be the mean of its batch: Reduction::mean", ValueError);
}

TEST_CASE("fit clears the gradients of the whole model, also of parts that the optimizer does not train") {
  struct HeadOnly {  // without updates(), so that fit() does not ask what it trains
    SGD<Tensor<float>> head;
    double lr() const { return head.lr(); }
    void zero_grad() { head.zero_grad(); }
    void step() { head.step(); }
  };
  Rng rng(1);
  Sequential model{Linear(1, 4, rng), Tanh(), Linear(4, 1, rng)};
  const auto all = parameters(model);
  HeadOnly optimizer{SGD(std::vector{all[2], all[3]}, {.lr = 1e-9})};
  const Dataset<float> data(Tensor<float>{{1}, {2}}, Tensor<float>{{3}, {4}});
  const History history = fit(model, MSELoss(), optimizer, data, {.epochs = 20, .progress = false});
  CHECK(history.epochs.back().grad_norm == doctest::Approx(history.epochs.front().grad_norm).epsilon(1e-4));
}

TEST_CASE("fit refuses an optimizer that has none of the model's parameters") {
  Rng rng(1);
  Linear model(1, 1, rng), copy = model;
  SGD optimizer(copy, {.lr = 0.1});
  const Dataset<float> data(Tensor<float>{{1}, {2}}, Tensor<float>{{3}, {4}});
  CHECK_THROWS_WITH_AS(fit(model, MSELoss(), optimizer, data, {.epochs = 2, .progress = false}),
                       "minigrad: fit: the optimizer updates none of the model's parameters: it was made for another "
                       "model, or for a copy of this one, or was moved from",
                       ValueError);
}

namespace {

/// Lists a layer whose weights meet only Tensors: what it computes is a constant.
struct Forgetful {
  Linear<double> layer, lost;
  explicit Forgetful(Rng& rng) : layer(1, 1, rng), lost(1, 1, rng) {}
  auto operator()(const auto& x) const { return layer(x) + lost(value_of(x)); }
  auto parts() { return std::tie(layer, lost); }
};

/// Uses its second weight only for batches of more than one row, or the other way round.
struct Sometimes {
  Parameter<X> a{ones<double>({1})}, b{ones<double>({1})};
  auto operator()(const auto& x) const {
    const auto y = x * a;
    return shape_of(x)[0] > 1 ? y * b : y * 1;
  }
  auto parts() { return std::tie(a, b); }
};

}  // namespace

TEST_CASE("fit names the parameters that its first loss does not depend on") {
  Rng rng(1);
  Forgetful model(rng);
  SGD optimizer(model, {.lr = 0.1});
  const X before = model.layer.weight.value();
  const char* const message =
      "minigrad: fit: the loss does not depend on the parameters 1.weight, 1.bias: no optimizer would train them; in a "
      "layer called on x, a Parameter w that meets only Tensors gives a constant: take operand(w, x), which is w in the "
      "graph of x; freeze what is not to be trained";
  CHECK_THROWS_WITH_AS(fit(model, MSELoss(), optimizer, line_data(4), {.epochs = 2}), message, ValueError);
  CHECK_THROWS_WITH_AS(fit(model, MSELoss(), optimizer, line_data(4), {.epochs = 2, .replay = true}), message,
                       ValueError);
  CHECK(model.layer.weight.value() == before);
  for (const auto& one : parameters(model.lost)) one.requires_grad(false);
  CHECK_NOTHROW(fit(model, MSELoss(), optimizer, line_data(4), {.epochs = 2}));
}

TEST_CASE("fit names the parameters also where the loss depends on none at all") {
  Rng rng(1);
  Linear<double> lost(1, 1, rng);
  SGD optimizer(lost, {.lr = 0.1});
  const auto loss = [](const auto& prediction, const auto& target) {
    return mse_loss(stop_gradient(prediction), target);
  };
  const auto attempt = [&] { fit(lost, loss, optimizer, line_data(4), {.epochs = 2}); };
  const auto error = caught<ValueError>(attempt);
  CHECK(std::string(error.what()).substr(0, 80) ==
        "minigrad: fit: the loss does not depend on the parameters weight, bias: no optim");
  lost.weight.requires_grad(false);
  lost.bias.requires_grad(false);
  CHECK_THROWS_AS(attempt(), GraphError);
}

TEST_CASE("a parameter that some later batch does not use is no mistake") {
  Sometimes model;
  SGD optimizer(model, {.lr = 0.1});
  CHECK_NOTHROW(fit(model, MSELoss(), optimizer, line_data(5), {.epochs = 2, .batch_size = 2, .shuffle = false}));
  CHECK_THROWS_AS(fit(model, MSELoss(), optimizer, line_data(5), {.epochs = 2, .batch_size = 1}), ValueError);
}

TEST_CASE("fit and evaluate name the row of the dataset whose target its loss does not take") {
  const auto message = [](const auto& loss, const auto& train, const auto& validation, bool replay) {
    Rng rng(1);
    Linear<float> model(1, validation.y.rank() == 2 ? 1 : 2, rng);
    SGD optimizer(model, {.lr = 0.1});
    const FitOptions options{.epochs = 3, .batch_size = 4, .replay = replay};
    return std::string(caught<Error>([&] { fit(model, loss, optimizer, train, validation, options); }).what());
  };
  Dataset<float, std::int64_t> labels(linspace<float>(-1, 1, 23).reshape({23, 1}), Tensor<std::int64_t>::empty({23}));
  labels.y.fill(1);
  Dataset<float> numbers(labels.x, ones({23, 1}));
  const auto good_labels = labels;
  const auto good_numbers = numbers;
  labels.y[17] = 2;
  numbers.y[19] = 350000;
  for (const bool replay : {false, true}) {
    CHECK(message(CrossEntropyLoss(), labels, good_labels, replay) ==
          "minigrad: cross_entropy_loss: label 2 in row 17 of the training set, but there are 2 classes");
    CHECK(message(CrossEntropyLoss(), good_labels, labels, replay) ==
          "minigrad: cross_entropy_loss: label 2 in row 17 of the validation set, but there are 2 classes");
    CHECK(message(BCEWithLogitsLoss(), numbers, good_numbers, replay) ==
          "minigrad: bce_with_logits_loss: target 350000 in row 19 of the training set is outside of 0..1: targets are "
          "probabilities, or labels 0 and 1");
  }
  Rng rng(1);
  Linear<float> model(1, 1, rng);
  const auto error = caught<ValueError>([&] { evaluate(model, BCEWithLogitsLoss(), numbers, 4); });
  CHECK(std::string(error.what()).find("in row 19 of the dataset is outside") != std::string::npos);
}

TEST_CASE("fit leaves no gradients behind") {
  const auto train_model = [](bool replay) {
    Rng rng(1);
    Linear<double> model(1, 1, rng);
    SGD optimizer(model, {.lr = 0.1});
    fit(model, MSELoss(), optimizer, line_data(6), {.epochs = 2, .batch_size = 4, .replay = replay});
    return model;
  };
  for (const bool replay : {false, true}) {
    Linear<double> model = train_model(replay), fresh = model;
    CHECK_FALSE(model.weight.has_grad());
    CHECK_FALSE(model.bias.has_grad());
    Graph<X> graph;
    backward(mse_loss(model(graph.input({{3}})), X{{1}}));
    backward(mse_loss(fresh(graph.input({{3}})), X{{1}}));
    CHECK(model.weight.grad() == fresh.weight.grad());
  }
}

TEST_CASE("fit leaves no gradients behind where it ends by an error or a callback") {
  Constant model;
  Script script{&model, {9, infinity}};
  CHECK_THROWS_AS(fit(model, MSELoss(), script, zero_target(), {.epochs = 3}), TrainingError);
  CHECK_FALSE(model.w.has_grad());
  SGD optimizer(model, {.lr = 0.1});
  model.w.edit().fill(1);
  CHECK_THROWS_AS(fit(model, MSELoss(), optimizer, zero_target(), {.epochs = 3}, [](const Epoch&) { throw Stop("x"); }),
                  Stop);
  CHECK_FALSE(model.w.has_grad());
  fit(model, MSELoss(), optimizer, zero_target(), {.epochs = 3}, [](const Epoch&) { return false; });
  CHECK_FALSE(model.w.has_grad());
}

TEST_CASE("precision, recall and F1 are metrics of class 1 unless an average is named") {
  const Tensor<double> scores{-1, 2, 3, -4, 5};  // 0, 1, 1, 0, 1
  const Tensor<std::int64_t> labels{0, 1, 0, 1, 1}, predicted{0, 1, 1, 0, 1};
  for (const Metric& metric : {Metric{"f1", f1_score}, Metric{"precision", precision_score}, Metric{"r", recall_score}})
    CHECK(detail::compute_metric(metric, scores, labels) == doctest::Approx(2.0 / 3));
  CHECK(detail::compute_metric({"f1", f1_score, Average::macro}, scores, labels) ==
        f1_score(labels, predicted, Average::macro));
  CHECK(detail::compute_metric({"f1", f1_score, Average::micro}, scores, labels) == doctest::Approx(0.6));
}

TEST_CASE("fit computes metrics of each epoch, on the validation set and, if asked, the training set") {
  Rng rng(2);
  Dataset<float, std::int64_t> data(normal({60, 2}, 0, 1, rng), Tensor<std::int64_t>::empty({60}));
  for (std::size_t i = 0; i < 60; ++i) data.y[i] = (data.x(i, 0) > 0 ? 1 : 0) + (data.x(i, 1) > 0 ? 1 : 0);
  const auto split = train_test_split(data, 0.5, rng);
  const auto &few = split.train, &validation = split.validation;
  Sequential model{Linear(2, 8, rng), Dropout(0.2, rng), ReLU(), Linear(8, 3, rng)};
  Adam optimizer(model, {.lr = 0.02});
  Numbers accuracies;
  const History history =
      fit(model, CrossEntropyLoss(), optimizer, few, validation,
          {.epochs = 5, .metrics = {{"accuracy", accuracy_score}, {"f1", f1_score, Average::macro}}, .train_metrics = true},
          [&](const Epoch& epoch) {
            const auto guesses = argmax(model(validation.x), 1);
            CHECK(epoch.metrics.size() == 4);
            CHECK(epoch.metrics[0] == accuracy_score(validation.y, guesses));
            CHECK(epoch.metrics[1] == f1_score(validation.y, guesses, Average::macro));
            CHECK(epoch.metrics[2] == accuracy_score(few.y, argmax(model(few.x), 1)));
            accuracies.push_back(epoch.metrics[0]);
          });
  CHECK(history.metric_names == std::vector<std::string>{"validation_accuracy", "validation_f1", "train_accuracy", "train_f1"});
  CHECK(history.metric("validation_accuracy") == accuracies);
  CHECK_THROWS_WITH_AS(history.metric("recall"), "minigrad: History: no metric \"recall\" was computed", ValueError);
  const std::string csv = history.to_csv();
  CHECK(csv.substr(0, csv.find('\n')) ==
        "epoch,updates,train_loss,validation_loss,lr,grad_norm,seconds,validation_accuracy,validation_f1,train_accuracy,train_f1");
  const std::string first = csv.substr(csv.find('\n') + 1, csv.find('\n', csv.find('\n') + 1) - csv.find('\n') - 1);
  std::string end;
  for (const double value : history.epochs[0].metrics) end += "," + format_number(value, 9);
  CHECK(first.substr(first.size() - end.size()) == end);
}

TEST_CASE("metrics do not change what fit does, also in batches of the validation set") {
  const auto run = [](const FitOptions& options) {
    Rng rng(1);
    Sequential model{Linear<double>(1, 4, rng), Tanh(), Dropout(0.1, rng), Linear<double>(4, 1, rng)};
    Adam optimizer(model, {.lr = 0.01});
    const Dataset<double> validation = line_data(2500);
    const History history = fit(model, MSELoss(), optimizer, line_data(11), validation, options);
    if (!options.metrics.empty()) {
      CHECK(history.metric("validation_r2").back() == r2_score(validation.y, model(validation.x)));
      CHECK(history.metric("validation_mse").back() == doctest::Approx(history.epochs.back().validation_loss));
    }
    return column(history, &Epoch::validation_loss);
  };
  CHECK(run({.epochs = 4, .restore_best = false}) ==
        run({.epochs = 4, .restore_best = false, .metrics = {{"r2", r2_score}, {"mse", mean_squared_error}},
             .train_metrics = true}));
}

TEST_CASE("of one column of scores metrics get the labels above 0, and the area under the curve the scores") {
  Rng rng(1);
  const Tensor<float> x = normal({40, 1}, 0, 1, rng);
  auto y = Tensor<float>::empty({40, 1});
  auto classes = Tensor<std::int64_t>::empty({40});
  for (std::size_t i = 0; i < 40; ++i) {
    classes[i] = x[i] + 0.5 * rng.normal() > 0 ? 1 : 0;
    y[i] = static_cast<float>(classes[i]);
  }
  const FitOptions options{.epochs = 3, .metrics = {{"accuracy", accuracy_score}, {"auc", roc_auc_score}}};
  Linear one(1, 1, rng), two(1, 2, rng);
  SGD a(one, {.lr = 0.1}), b(two, {.lr = 0.1});
  const Dataset<float> data(x, y);
  const Epoch last = fit(one, BCEWithLogitsLoss(), a, data, data, options).epochs.back();
  const auto logits = one(x).reshape({40});
  CHECK(last.metrics[0] == accuracy_score(classes, greater(logits, 0).to<std::int64_t>()));
  CHECK(last.metrics[1] == roc_auc_score(classes, logits));
  const Dataset<float, std::int64_t> of_classes(x, classes);
  const Epoch of_two = fit(two, CrossEntropyLoss(), b, of_classes, of_classes, options).epochs.back();
  CHECK(of_two.metrics[0] == accuracy_score(classes, argmax(two(x), 1)));
  const Tensor<float> scores = two(x), first = slice(transpose(scores), 0, 1), second = slice(transpose(scores), 1, 2);
  CHECK(of_two.metrics[1] == roc_auc_score(classes, (second - first).reshape({40})));
}

TEST_CASE("labels of one column that MSELoss has trained are refused, since it holds no logits") {
  Rng rng(1);
  Sequential model{Linear(1, 1, rng), Sigmoid()};
  SGD optimizer(model, {.lr = 0.1});
  const Dataset<float> data(Tensor<float>{{-1}, {1}, {2}}, Tensor<float>{{0}, {1}, {1}});
  for (const Metric& metric : {Metric{"m", accuracy_score}, Metric{"m", f1_score}})
    CHECK_THROWS_WITH_AS(
        fit(model, MSELoss(), optimizer, data, data, {.epochs = 1, .metrics = {metric}}),
        "minigrad: fit: metric m: one column counts as class 1 above 0, as logits do, and MSELoss trains "
        "numbers or probabilities: leave Sigmoid out and take BCEWithLogitsLoss, or give a metric of your "
        "own; the metric \"m\" was given in FitOptions::metrics, and computed after epoch 1: give one that "
        "fits the targets",
        ValueError);
  const Metric::OfLabels own = [](const Tensor<std::int64_t>&, const Tensor<std::int64_t>&) { return 5.0; };
  const FitOptions options{.epochs = 1, .metrics = {{"auc", roc_auc_score}, {"mse", mean_squared_error}, {"own", own}}};
  CHECK(fit(model, MSELoss(), optimizer, data, data, options).epochs[0].metrics[2] == 5);
}

TEST_CASE("fit says which metrics it cannot compute") {
  Constant model;
  SGD optimizer(model, {.lr = 0.01});
  Dataset<double> data = zero_target();
  const FitOptions accuracy{.epochs = 1, .metrics = {{"accuracy", accuracy_score}}};
  CHECK_THROWS_WITH_AS(fit(model, MSELoss(), optimizer, data, accuracy),
                       "minigrad: fit: metrics need a validation set, or train_metrics = true", ValueError);
  data.y[2] = 0.5;
  CHECK_THROWS_WITH_AS(fit(model, MSELoss(), optimizer, data, data, accuracy),
                       "minigrad: fit: metric accuracy: target 0.5 in row 2 is no class label; the metric \"accuracy\" was "
                       "given in FitOptions::metrics, and computed after epoch 1: give one that fits the targets",
                       ValueError);
  CHECK_THROWS_WITH_AS(fit(model, MSELoss(), optimizer, data, data, {.metrics = {{"a,b", r2_score}}}),
                       "minigrad: fit: metric \"a,b\": the name is a column of a CSV file: letters, digits and _ are expected",
                       ValueError);
  const Dataset<double> three(ones<double>({2, 1}), zeros<double>({2, 3}));
  Rng rng(1);
  Linear<double> wide(1, 3, rng);
  SGD of_wide(wide, {.lr = 0.1});
  CHECK_THROWS_WITH_AS(fit(wide, MSELoss(), of_wide, three, three, accuracy),
                       "minigrad: fit: metric accuracy: targets [2, 3]: class labels [n] or [n, 1] are expected; the metric "
                       "\"accuracy\" was given in FitOptions::metrics, and computed after epoch 1: give one that fits the "
                       "targets",
                       ShapeError);
}

TEST_CASE("a validation set with features in another order is refused") {
  Rng rng(0);
  Sequential model{Linear(2, 1, rng)};
  SGD optimizer(model, {.lr = 0.1});
  const Dataset<float> data(zeros({4, 2}), zeros({4, 1}), {"a", "b"});
  const Dataset<float> other = select_features(data, {"b", "a"});
  CHECK_THROWS_WITH_AS(fit(model, MSELoss(), optimizer, data, other, {.epochs = 1}),
                       "minigrad: fit: the validation set has other features than the training set, or in another order: "
                       "select_features(validation, train.names()) gives those of the training set",
                       ValueError);
  CHECK_NOTHROW(fit(model, MSELoss(), optimizer, data, select_features(other, data.names()), {.epochs = 1}));
}

TEST_CASE("metrics of one name are refused before the training") {
  Rng rng(0);
  Sequential model{Linear(2, 1, rng)};
  SGD optimizer(model, {.lr = 0.1});
  const Dataset<float> data(zeros({4, 2}), zeros({4, 1}));
  CHECK_THROWS_WITH_AS(
      fit(model, MSELoss(), optimizer, data, data, {.epochs = 1, .metrics = {{"m", r2_score}, {"m", r2_score}}}),
      "minigrad: fit: a metric named \"m\": the history has another of this name already", ValueError);
  CHECK_THROWS_WITH_AS(fit(model, MSELoss(), optimizer, data, data, {.epochs = 1, .metrics = {{"loss", r2_score}}}),
                       "minigrad: fit: a metric named \"loss\": the history has a column of this name already",
                       ValueError);
  CHECK_THROWS_WITH_AS(fit(model, MSELoss(), optimizer, data, data, {.epochs = 1, .metrics = {{"", r2_score}}}),
                       "minigrad: fit: a metric has the name \"\": give it one, for its columns", ValueError);
}
