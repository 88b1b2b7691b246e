// What fit() does by the step: hooks, schedules, evaluations, logs, gradients of several batches; and its parts in a
// loop of one's own.
#include <minigrad/data/tensors.hpp>
#include <minigrad/minigrad.hpp>
#include <minigrad/optim/averaging.hpp>
#include <minigrad/optim/lbfgs.hpp>
#include <minigrad/train/cross_validate.hpp>
#include <minigrad/train/log.hpp>
#include <minigrad/train/step_evaluation.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#ifndef _WIN32
#include <sys/resource.h>
#endif

using namespace minigrad;

namespace {

using T = Tensor<double>;
using Data = Dataset<double>;

Data make_data(int rows, std::uint64_t seed = 1) {
  Rng rng(seed);
  const T x = normal<double>({rows, 3}, 0, 1, rng);
  return {x, sum(square(x), 1, true), {"a", "b", "c"}};
}
Sequential<double> make_model() {
  Rng rng(5);
  return Sequential{Linear<double>(3, 6, rng), Dropout(0.2, rng), Tanh(), Linear<double>(6, 1, rng)};
}

/// A model of two inputs and two outputs, and its loss.
struct Two {
  Linear<double> a, b;
  explicit Two(Rng& rng) : a(2, 1, rng), b(3, 1, rng) {}
  auto operator()(const auto& x, const auto& z) const { return std::pair(a(x), b(z)); }
  auto parts() { return std::tie(a, b); }
};
/// One layer for two inputs.
struct Shared {
  Linear<double> a;
  auto operator()(const auto& x, const auto& z) const { return a(x) + a(z); }
  auto parts() { return std::tie(a); }
};
struct TwoLosses {
  static constexpr bool takes_handles = true;
  auto operator()(const auto& p, const auto& t, const auto& u) const { return mse_loss(p.first, t) + mse_loss(p.second, u); }
};

template <class Action>
std::string refusal(const Action& action) {
  try {
    action();
  } catch (const Error& error) {
    return std::string(error.what()).substr(10);
  }
  return "none";
}

/// A file that is removed at the end.
struct File {
  std::string path;
  explicit File(const char* name) : path((std::filesystem::temp_directory_path() / name).string()) { remove(); }
  ~File() { remove(); }
  void remove() const { std::filesystem::remove(path); }
  std::string text() const {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
};

std::vector<T> weights_of(auto& model) {
  std::vector<T> out;
  for (const auto& one : parameters(model)) out.push_back(one.value());
  return out;
}

}  // namespace

TEST_CASE("a hook of steps sees each update: its number, rows, loss, rate and gradient norm") {
  auto model = make_model(), same = make_model();
  SGD optimizer(model, {.lr = 0.1}), by_hand(same, {.lr = 0.1});
  const Data data = make_data(10);
  std::vector<std::size_t> steps, rows, epochs;
  std::vector<double> losses, norms;
  fit(model, MSELoss(), optimizer, data, {.epochs = 2, .batch_size = 4, .shuffle = false}, [&](const Step& s) {
    steps.push_back(s.step), rows.push_back(s.rows), epochs.push_back(s.epoch);
    losses.push_back(s.loss), norms.push_back(s.grad_norm());
    CHECK(s.lr == 0.1);
    CHECK(s.seconds >= 0);
    CHECK(s.rows_per_second > 0);
  });
  CHECK(steps == std::vector<std::size_t>{1, 2, 3, 4, 5, 6});
  CHECK(rows == std::vector<std::size_t>{4, 4, 2, 4, 4, 2});
  CHECK(epochs == std::vector<std::size_t>{1, 1, 1, 2, 2, 2});
  train(same);
  Graph<T> graph;
  const auto loss = mse_loss(same(graph.input(slice(data.x, 0, 4))), slice(data.y, 0, 4));
  backward(loss);
  CHECK(losses[0] == loss.item());
  CHECK(norms[0] == grad_norm(same));
}

TEST_CASE("with clip_norm the gradient norm of a step is that before clipping") {
  auto model = make_model();
  SGD optimizer(model, {.lr = 0.1});
  std::vector<double> norms;
  const History history = fit(model, MSELoss(), optimizer, make_data(8), {.epochs = 1, .clip_norm = 1e-3},
                              [&](const Step& s) { norms.push_back(s.grad_norm()); });
  CHECK(norms.back() == history.epochs[0].grad_norm);
  CHECK(norms.back() > 1e-2);
}

TEST_CASE("a hook of steps that returns false ends the epoch and the training at that step") {
  auto model = make_model();
  SGD optimizer(model, {.lr = 0.1});
  std::size_t epochs = 0;
  const History history =
      fit(model, MSELoss(), optimizer, make_data(20), make_data(5, 2), {.epochs = 9, .batch_size = 4},
          [](const Step& s) { return s.step < 7; }, [&](const Epoch&) { ++epochs; });
  CHECK(history.epochs.size() == 2);
  CHECK(history.epochs[1].updates == 7);
  CHECK(epochs == 2);
  CHECK_FALSE(history.interrupted);
  CHECK(detail::is_finite(history.epochs[1].validation_loss));
}

TEST_CASE("each_step makes a schedule one by the step, a temporary as well as one with a name") {
  auto model = make_model();
  SGD optimizer(model, {.lr = 1e-3});
  ExponentialLR named(optimizer, {.gamma = 0.5});
  std::vector<double> rates;
  fit(model, MSELoss(), optimizer, make_data(8), {.epochs = 2, .batch_size = 4}, each_step(named),
      each_step(StepLR(optimizer, {.step_size = 2, .gamma = 2})), [&](const Step& s) { rates.push_back(s.lr); });
  CHECK(rates == std::vector<double>{1e-3, 5e-4, 5e-4, 2.5e-4});
  CHECK(each_step(named).describe() == "each step: ExponentialLR(gamma=0.5)");
}

TEST_CASE("gradients of several batches are those of one batch of all their rows") {
  const Data data = make_data(22);
  const auto train_model = [&](std::size_t batch_size, std::size_t accumulate) {
    Rng rng(5);
    Sequential model{Linear<double>(3, 6, rng), Tanh(), Linear<double>(6, 1, rng)};
    SGD optimizer(model, {.lr = 0.1});
    FitOptions options{.epochs = 3, .batch_size = batch_size, .shuffle = false, .clip_norm = 0.5};
    options.accumulate = accumulate;
    std::vector<std::size_t> rows;
    const History history = fit(model, MSELoss(), optimizer, data, options, [&](const Step& s) { rows.push_back(s.rows); });
    CHECK(history.epochs.back().updates == rows.size());
    CHECK(rows[0] == batch_size * accumulate);
    return std::pair(weights_of(model), history);
  };
  const auto [whole, history] = train_model(12, 1);  // batches of 12 and 10 rows
  for (const auto& [batch_size, accumulate] : {std::pair{4, 3}, {3, 4}, {6, 2}}) {  // the last of an epoch: 2, 1 and 4 rows
    const auto [parts, of_parts] = train_model(static_cast<std::size_t>(batch_size), static_cast<std::size_t>(accumulate));
    CHECK(of_parts.epochs.back().train_loss == doctest::Approx(history.epochs.back().train_loss).epsilon(1e-12));
    for (std::size_t k = 0; k < whole.size(); ++k)
      for (std::size_t i = 0; i < whole[k].size(); ++i)
        CHECK(parts[k].data()[i] == doctest::Approx(whole[k].data()[i]).epsilon(1e-12));
  }
}

TEST_CASE("the best epoch may be that of another column, or of its largest number") {
  const Data data = make_data(30), validation = make_data(10, 2);
  const auto own = [](const Tensor<double>& y, const Tensor<double>& p) { return r2_score(y, p); };
  const auto best_of = [&](const std::string& column, bool maximize) {
    auto model = make_model();
    Adam optimizer(model, {.lr = 0.05});
    FitOptions options{.epochs = 12, .best_by = column, .metrics = {{"r2", own}, {"mae", mean_absolute_error}}};
    options.maximize = maximize;
    const History history = fit(model, MSELoss(), optimizer, data, validation, options);
    const std::vector<double> values = history.metric(column);
    std::size_t best = 0;
    for (std::size_t k = 1; k < values.size(); ++k)
      if (maximize ? values[k] > values[best] : values[k] < values[best]) best = k;
    CHECK(history.best_epoch == best + 1);
    return r2_score(validation.y, model(validation.x)) == history.metric("validation_r2")[best];
  };
  CHECK(best_of("validation_r2", true));
  CHECK(best_of("validation_r2", false));
  CHECK(best_of("validation_mae", false));
}

TEST_CASE("a metric of this library knows whether its largest or its smallest number is the best") {
  const Data data = make_data(30), validation = make_data(10, 2);
  auto model = make_model();
  Adam optimizer(model, {.lr = 0.05});
  FitOptions options{.epochs = 12, .best_by = "validation_r2", .metrics = {{"r2", r2_score}, {"mse", mean_squared_error}}};
  const History history = fit(model, MSELoss(), optimizer, data, validation, options);
  const std::vector<double> values = history.metric("validation_r2");
  CHECK(values[history.best_epoch - 1] == *std::max_element(values.begin(), values.end()));
  options.best_by = "validation_mse";
  options.maximize = true;
  CHECK(refusal([&] { fit(model, MSELoss(), optimizer, data, validation, options); }) ==
        "fit: maximize: the smallest \"validation_mse\" is the best");
  for (const Metric& metric : std::vector<Metric>{{"a", accuracy_score}, {"p", precision_score}, {"r", recall_score},
                                                  {"f", f1_score, Average::macro}, {"auc", roc_auc_score}})
    CHECK(metric.direction == 1);
  for (const Metric& metric : std::vector<Metric>{{"a", mean_absolute_error}, {"r", root_mean_squared_error}})
    CHECK(metric.direction == -1);
}

TEST_CASE("numbers that are not finite in validation rows are named, and those of a split by their row in the whole") {
  const double nan = std::nan("");
  Data data = make_data(20), validation = make_data(9, 2);
  auto model = make_model();
  SGD optimizer(model, {.lr = 0.01});
  validation.x[3 * 4 + 1] = nan;
  const auto said = [](const auto& action) {
    try {
      action();
    } catch (const TrainingError& error) {
      return std::string(error.what());
    }
    return std::string("none");
  };
  const auto validated = [&] { fit(model, MSELoss(), optimizer, data, validation, {.epochs = 2}); };
  CHECK(said(validated) ==
        "minigrad: fit: the validation loss is nan: a feature in row 4 of the validation set is nan");
  StepEvaluation evaluation(model, MSELoss(), validation, {.every = 1});
  CHECK(said([&] { fit(model, MSELoss(), optimizer, data, {.epochs = 1}, evaluation); }) ==
        "minigrad: fit: the validation loss is nan: a feature in row 4 of the validation set is nan");
  Rng rng(0);
  const SplitRows rows = train_test_split(20, 0.25, rng);
  for (const bool of_validation : {false, true}) {
    const std::size_t row = (of_validation ? rows.validation : rows.train)[3];
    data.y[row] = nan;
    CHECK(said([&] { fit(model, MSELoss(), optimizer, data, {.epochs = 2, .validation_split = 0.25}); }) ==
          detail::concat({"minigrad: fit: the ", of_validation ? "validation " : "", "loss is nan: the target in row ", row,
                          " of the dataset is nan"}));
    data.y[row] = 0;
  }
  Dataset bad(Tensors(data.x, make_data(20, 3).x), data.y);
  std::get<1>(bad.x.all)[7] = nan;
  Shared sum{Linear<double>(3, 1, rng)};
  SGD of_sum(sum, {.lr = 0.01});
  CHECK(said([&] { fit(sum, MSELoss(), of_sum, bad, {.epochs = 1}); }) ==
        "minigrad: fit: the loss is nan: a feature in row 2 of the dataset is nan");
}

TEST_CASE("fit names the parameters that are not frozen and that its optimizer does not update, also in a later epoch") {
  const Data data = make_data(8);
  auto model = make_model();
  Linear<double>& first = model.get<Linear<double>>(0);
  const T before = first.weight.value();
  SGD head(model.get<Linear<double>>(3), {.lr = 0.1});
  const char* const message =
      "fit: the optimizer does not update the parameters 0.weight, 0.bias: add them to it by add_group(), or freeze them "
      "by requires_grad(false)";
  CHECK(refusal([&] { fit(model, MSELoss(), head, data, {.epochs = 1}); }) == message);
  for (const auto& one : parameters(first)) one.requires_grad(false);
  fit(model, MSELoss(), head, data, {.epochs = 1});
  const auto unfreeze = [&](const Epoch&) {
    for (const auto& one : parameters(first)) one.requires_grad(true);
  };
  CHECK(refusal([&] { fit(model, MSELoss(), head, data, {.epochs = 2}, unfreeze); }) == message);
  CHECK(first.weight.value() == before);
  head.add_group(first);
  fit(model, MSELoss(), head, data, {.epochs = 1});
  CHECK(first.weight.value() != before);
}

TEST_CASE("averages that are in the model are not trained: by fit, by an optimizer, by L-BFGS") {
  const Data data = make_data(8);
  auto model = make_model();
  SGD optimizer(model, {.lr = 0.1});
  LBFGS whole(model);
  AveragedModel ema(model, {.decay = 0.9});
  ema.step();
  ema.swap();
  const std::string message =
      ": the model has the averages of an AveragedModel: give it back its own weights by swap() before it is trained, or "
      "train a copy of it";
  const auto before = weights_of(model);
  CHECK(refusal([&] { fit(model, MSELoss(), optimizer, data, {.epochs = 1}); }) == "SGD" + message);
  CHECK(refusal([&] { fit(model, MSELoss(), whole, data, {.epochs = 1}); }) == "LBFGS" + message);
  CHECK(weights_of(model) == before);
  auto copy = model;
  SGD of_copy(copy, {.lr = 0.1});
  fit(copy, MSELoss(), of_copy, data, {.epochs = 1});
  ema.swap();
  fit(model, MSELoss(), optimizer, data, {.epochs = 1});
}

TEST_CASE("fit takes L-BFGS, on all rows at once: the bits of a loop of one's own, recorded or not, stopped or not") {
  const Data data = make_data(30), validation = make_data(9, 2);
  Rng rng(1);
  const Sequential<double> fresh{Linear<double>(3, 6, rng), Tanh(), Linear<double>(6, 1, rng)};
  auto own = fresh;
  LBFGS of_own(own, {.max_iter = 5, .strong_wolfe = true});
  Graph<T> graph;
  double first = 0;
  for (int step = 0; step < 4; ++step) {
    const double loss = of_own.step([&] {
      graph.clear();
      return mse_loss(own(graph.input(data.x)), data.y);
    });
    if (step == 0) first = loss;
  }
  const File file("minigrad_lbfgs_test.safetensors");
  const auto train = [&](FitOptions options) {
    auto model = fresh;
    LBFGS optimizer(model, {.max_iter = 5, .strong_wolfe = true});
    options.batch_size = 30;
    options.shuffle = false;
    options.restore_best = false;
    const History history = fit(model, MSELoss(), optimizer, data, validation, options);
    CHECK(history.epochs[0].train_loss == first);
    CHECK(history.epochs.back().updates == options.epochs);
    return weights_of(model);
  };
  CHECK(train({.epochs = 4}) == weights_of(own));
  CHECK(train({.epochs = 4, .replay = true}) == weights_of(own));
  train({.epochs = 2, .checkpoint = file.path});
  CHECK(train({.epochs = 4, .checkpoint = file.path, .resume = file.path}) == weights_of(own));
  CHECK(evaluate(own, MSELoss(), data) < 0.5 * first);

  auto model = fresh;
  LBFGS optimizer(model);
  const std::string message =
      "fit: LBFGS computes the loss of all rows several times in a step: batch_size must be at least 30, the rows of the "
      "training set, accumulate 1 and clip_norm 0";
  CHECK(refusal([&] { fit(model, MSELoss(), optimizer, data, {.batch_size = 29}); }) == message);
  CHECK(refusal([&] { fit(model, MSELoss(), optimizer, data, {.batch_size = 30, .clip_norm = 1}); }) == message);
  CHECK(refusal([&] { fit(model, MSELoss(), optimizer, data, {.batch_size = 30, .accumulate = 2}); }) == message);
}

TEST_CASE("patience by the training loss needs no validation set, and a column that is not there is named") {
  auto model = make_model();
  SGD optimizer(model, {.lr = 0.0});
  const Data data = make_data(8);
  FitOptions options{.epochs = 50, .shuffle = false, .patience = 3, .best_by = "train_loss"};
  Rng rng(1);
  Linear<double> line(3, 1, rng);
  SGD of_line(line, {.lr = 0});
  CHECK(fit(line, MSELoss(), of_line, data, options).epochs.size() == 4);
  options.best_by = "accuracy";
  CHECK(refusal([&] { fit(model, MSELoss(), optimizer, data, data, options); }) ==
        "fit: best_by is \"accuracy\", and the columns are \"train_loss\", \"validation_loss\"");
  CHECK(refusal([&] { fit(model, MSELoss(), optimizer, data, {.maximize = true}); }) ==
        "fit: maximize needs best_by, the column whose largest number is best");
  CHECK(refusal([&] { fit(model, MSELoss(), optimizer, data, data, {.maximize = true}); }) ==
        "fit: maximize needs best_by, the column whose largest number is best");
  CHECK(refusal([&] { StepEvaluation(model, MSELoss(), data, {.maximize = true}); }) ==
        "fit: maximize needs best_by, the column whose largest number is best");
  CHECK(refusal([&] { fit(model, MSELoss(), optimizer, data, {.accumulate = 0}); }) ==
        "fit: accumulate is 0, and must be at least 1 batch");
}

TEST_CASE("validation_split holds rows out, and errors name the row in the whole dataset") {
  auto model = make_model();
  SGD optimizer(model, {.lr = 0.01});
  Data data = make_data(20);
  const FitOptions options{.epochs = 2, .validation_split = 0.25};
  const History history = fit(model, MSELoss(), optimizer, data, options);
  CHECK(detail::is_finite(history.epochs[0].validation_loss));
  CHECK(history.best_epoch > 0);
  Rng rng(0);
  const SplitRows rows = train_test_split(20, 0.25, rng);
  CHECK(rows.validation.size() == 5);
  for (double& y : data.y) y = 0;
  for (const std::size_t row : {rows.train[2], rows.validation[3]}) {
    data.y[row] = 2;
    CHECK(refusal([&] { fit(model, BCEWithLogitsLoss(), optimizer, data, options); }) ==
          "bce_with_logits_loss: target 2 in row " + std::to_string(row) +
              " of the dataset is outside of 0..1: targets are probabilities, or labels 0 and 1");
    data.y[row] = 0;
  }
  CHECK(refusal([&] { fit(model, MSELoss(), optimizer, data, data, options); }) ==
        "fit: there is a validation set, and validation_split is 0.25: give one of the two");
  CHECK(refusal([&] { fit(model, MSELoss(), optimizer, data, {.validation_split = 1.5}); }) ==
        "train_test_split: a fraction of 1.5: it must lie between 0 and 1");
}

TEST_CASE("what was moved from, and what belongs to another optimizer, is refused by one clear error") {
  const Data data = make_data(8);
  auto model = make_model();
  SGD optimizer(model, {.lr = 0.1});
  auto other = make_model();
  SGD of_other(other, {.lr = 0.1});
  StepLR schedule(of_other, {.step_size = 1});
  const std::string expected = "fit: StepLR(step_size=1, gamma=0.1) sets the learning rate of another optimizer than the "
                               "one that is given to fit(): make it for this one";
  CHECK(refusal([&] { fit(model, MSELoss(), optimizer, data, {.epochs = 1}, schedule); }) == expected);
  CHECK(refusal([&] { fit(model, MSELoss(), optimizer, data, {.epochs = 1}, each_step(schedule)); }) ==
        "fit: each step: " + expected.substr(5));
  const auto moved = std::move(optimizer);
  CHECK(refusal([&] { fit(model, MSELoss(), optimizer, data, {.epochs = 1}); }).find("moved from") != std::string::npos);
  SGD again(model, {.lr = 0.1});
  const auto moved_model = std::move(model);
  CHECK(refusal([&] { fit(model, MSELoss(), again, data, {.epochs = 1}); }).find("moved from") != std::string::npos);
}

TEST_CASE("a resume with other options in a group of the optimizer is refused, and names the group") {
  const File file("minigrad_group_test.safetensors");
  const auto run = [&](double momentum, const FitOptions& options) {
    auto model = make_model();
    SGD optimizer(std::vector{parameters(model)[0]}, {.lr = 0.1});
    const auto all = parameters(model);
    optimizer.add_group(std::vector(all.begin() + 1, all.end()), {.lr = 0.01, .momentum = momentum});
    fit(model, MSELoss(), optimizer, make_data(8), options);
  };
  run(0.5, {.epochs = 2, .checkpoint = file.path});
  const std::string text = refusal([&] { run(0.9, {.epochs = 3, .resume = file.path}); });
  CHECK(text.find("another training: momentum of group 1 is 0.5 in the file, and 0.9 here") != std::string::npos);
  CHECK(refusal([&] { run(0.5, {.epochs = 3, .resume = file.path}); }) == "none");
}

TEST_CASE("StepEvaluation evaluates every so many steps, keeps the best weights, and stops when patience runs out") {
  const Data data = make_data(40), validation = make_data(10, 2);
  auto model = make_model();
  Adam optimizer(model, {.lr = 0.02});
  StepEvaluation evaluation(model, MSELoss(), validation, {.every = 3, .metrics = {{"r2", r2_score}}});
  std::vector<double> losses;
  fit(model, MSELoss(), optimizer, data, {.epochs = 4, .batch_size = 8}, evaluation,
      [&](const Step& s) { if (s.step % 3 == 0) losses.push_back(evaluate(model, MSELoss(), validation)); });
  const History& history = evaluation.history();
  REQUIRE(history.epochs.size() == 6);
  for (std::size_t k = 0; k < 6; ++k) {
    CHECK(history.epochs[k].updates == 3 * (k + 1));
    CHECK(history.epochs[k].validation_loss == losses[k]);
  }
  CHECK(history.metric("validation_r2").size() == 6);
  evaluation.restore_best();
  CHECK(evaluate(model, MSELoss(), validation) == history.best().validation_loss);

  SGD still(model, {.lr = 0});
  StepEvaluation patient(model, MSELoss(), validation, {.every = 2, .patience = 2});
  CHECK(fit(model, MSELoss(), still, data, {.epochs = 9, .batch_size = 8}, patient).epochs.back().updates == 6);
  CHECK(patient.history().stopped_early);
  CHECK(refusal([&] { StepEvaluation(model, MSELoss(), validation, {.every = 0}); }) ==
        "StepEvaluation: every is 0, and must be at least 1 step");
  CHECK(refusal([&] { evaluation.on_step(Step{.step = 3}); }) == "StepEvaluation: a step of 0 rows: at least 1 is needed");
}

TEST_CASE("a log that cannot be written is an error before the training begins, and one that can stays as it is till then") {
  const Data data = make_data(8);
  auto model = make_model();
  SGD optimizer(model, {.lr = 0.01});
  const std::vector<T> before = weights_of(model);
  const std::string missing = (std::filesystem::temp_directory_path() / "minigrad_no_such_folder" / "log").string();
  const auto attempt = [&](auto&& log) { fit(model, MSELoss(), optimizer, data, {.epochs = 2}, log); };
  const std::string expected = "log: \"" + missing + "\": cannot write: No such file or directory";
  CHECK(refusal([&] { attempt(CsvLog(missing)); }) == expected);
  CHECK(refusal([&] { attempt(JsonLinesLog(missing)); }) == expected);
  CHECK(refusal([&] { attempt(CsvLog(missing, {.every_steps = 2})); }) == expected);
  CHECK(weights_of(model) == before);
  const File file("minigrad_log_kept_test.csv");
  std::ofstream(file.path) << "old";
  Data broken = data;
  broken.y[0] = std::nan("");
  CHECK(refusal([&] {
          CsvLog log(file.path);
          fit(model, MSELoss(), optimizer, broken, {.epochs = 2}, log);
        }).find("fit: the loss is nan") == 0);
  CHECK(file.text() == "old");
}

TEST_CASE("logs have a line for each epoch or every so many steps, as CSV and as JSON") {
  const File csv("minigrad_log_test.csv"), json("minigrad_log_test.jsonl");
  const Data data = make_data(8);
  auto model = make_model();
  SGD optimizer(model, {.lr = 0.01});
  {
    CsvLog by_epoch(csv.path);
    JsonLinesLog by_step(json.path, {.every_steps = 2});
    fit(model, MSELoss(), optimizer, data, data,
        {.epochs = 2, .batch_size = 2, .metrics = {{"r2", r2_score}}}, by_epoch, by_step);
  }
  const std::string text = csv.text();
  CHECK(text.find("epoch,step,train_loss,validation_loss,lr,grad_norm,seconds,validation_r2\n1,4,") == 0);
  CHECK(std::count(text.begin(), text.end(), '\n') == 3);
  const std::string lines = json.text();
  CHECK(lines.find("{\"epoch\":1,\"step\":2,\"loss\":") == 0);
  CHECK(lines.find("\n{\"epoch\":2,\"step\":8,") != std::string::npos);
  CHECK(std::count(lines.begin(), lines.end(), '\n') == 4);

  CsvLog own(csv.path);
  own.write({{"step", 1}, {"loss", 0.25}});
  own.write({{"step", 2}, {"loss", std::nan("")}});
  CHECK(csv.text() == "step,loss\n1,0.25\n2,\n");
  CHECK(refusal([&] { own.write({{"step", 3}}); }) ==
        "CsvLog: \"" + csv.path + "\" has the columns step,loss, and the line step");
  CHECK(refusal([&] { own.write({{"a,b", 3}}); }) == "CsvLog: \"a,b\" cannot be the name of a column");
  JsonLinesLog other(json.path);
  other.write({{"a \"quote\"", 0.1}, {"b", std::nan("")}});
  CHECK(json.text() == "{\"a \\\"quote\\\"\":0.1,\"b\":null}\n");
  CHECK(refusal([] { CsvLog("/no/such/folder/log.csv").write({{"a", 1}}); }).find("log: ") == 0);
}

#ifndef _WIN32
TEST_CASE("a log has whole lines alone, also after one that could not be written, and loses none that it cannot read") {
  const File csv("minigrad_log_full_test.csv");
  CsvLog log(csv.path);
  log.write({{"step", 1}, {"loss", 0.25}});
  rlimit room{};
  getrlimit(RLIMIT_FSIZE, &room);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit full = room;
  full.rlim_cur = csv.text().size() + 3;  // bytes that a file may have
  setrlimit(RLIMIT_FSIZE, &full);
  const std::string refused = refusal([&] { log.write({{"step", 2}, {"loss", 0.125}}); });
  setrlimit(RLIMIT_FSIZE, &room);
  std::signal(SIGXFSZ, handler);
  CHECK(refused.find("log: \"" + csv.path + "\": cannot write: ") == 0);
  log.write({{"step", 3}, {"loss", 0.0625}});
  CHECK(csv.text() == "step,loss\n1,0.25\n3,0.0625\n");

  // A folder can be opened, and not be read.
  const StateDict state = log.state_dict();
  CsvLog elsewhere(std::filesystem::temp_directory_path().string());
  elsewhere.load_state_dict(state);
  CHECK(refusal([&] { elsewhere.write({{"step", 4}, {"loss", 0}}); }).find(": cannot read: ") != std::string::npos);
}
#endif

TEST_CASE("states that are not those of a log or a StepEvaluation are refused as a whole") {
  const File csv("minigrad_log_state_test.csv");
  CsvLog log(csv.path);
  log.write({{"step", 1}});
  const auto of_bytes = [](const auto& bytes) {
    StateDict state;
    state.add("bytes", bytes);
    state.metadata("columns", "step");
    return state;
  };
  CHECK(refusal([&] { log.load_state_dict(of_bytes(std::int64_t{-1})); }) == "log: load_state_dict: the state has -1 as bytes");
  CHECK(refusal([&] { log.load_state_dict(of_bytes(0.5)); }).find("log: load_state_dict: the state does not fit: bytes is F64") == 0);
  log.load_state_dict(of_bytes(std::int64_t{1} << 60));  // more than there is: what there is is kept
  log.write({{"step", 2}});
  CHECK(csv.text() == "step\n1\n2\n");

  const Data data = make_data(12), validation = make_data(5, 2);
  auto model = make_model();
  SGD optimizer(model, {.lr = 0.01});
  StepEvaluation evaluation(model, MSELoss(), validation, {.every = 2});
  fit(model, MSELoss(), optimizer, data, {.epochs = 2, .batch_size = 4}, evaluation);
  const StateDict good = evaluation.state_dict();
  fit(model, MSELoss(), optimizer, data, {.epochs = 2, .batch_size = 4}, evaluation);
  const StateDict now = evaluation.state_dict();
  for (const auto& bad : {Tensor<std::int64_t>::scalar(-3), Tensor<std::int64_t>{1, 2}}) {
    StateDict wrong = good;
    wrong.take("rows");
    wrong.add("rows", bad);
    CHECK(refusal([&] { evaluation.load_state_dict(wrong); }).find("StepEvaluation: load_state_dict: ") == 0);
    const StateDict after = evaluation.state_dict();
    CHECK(to_safetensors(after) == to_safetensors(now));
  }
}

TEST_CASE("a training with all of this that is stopped at any step and resumed gives the same bits and the same logs") {
  const File checkpoint("minigrad_step_test.safetensors"), csv("minigrad_step_test.csv");
  const Data data = make_data(22), validation = make_data(9, 2);
  const auto without_times = [&] {
    std::string out;
    std::ifstream in(csv.path);
    for (std::string line; std::getline(in, line);) {
      std::size_t end = line.size();
      for (int fields = 0; fields < 2; ++fields) end = line.rfind(',', end - 1);  // seconds,rows_per_second
      out += line.substr(0, end) + "\n";
    }
    return out;
  };
  const auto run = [&](std::size_t stop_at, bool replay) {
    checkpoint.remove(), csv.remove();
    for (const bool first : {true, false}) {
      if (first && stop_at == 0) continue;
      auto model = make_model();
      Adam optimizer(model, {.lr = 0.02});
      StepEvaluation evaluation(model, MSELoss(), validation, {.every = 2, .best_by = "train_loss"});
      CsvLog log(csv.path, {.every_steps = 1});
      std::atomic<bool> stop{false};
      FitOptions options{.epochs = 4, .batch_size = 3, .best_by = "validation_r2", .maximize = true, .replay = replay,
                         .metrics = {{"r2", r2_score}}, .seed = 3, .checkpoint = checkpoint.path};
      options.accumulate = 3;
      options.checkpoint_every = 0;
      if (!first && stop_at > 0) options.resume = checkpoint.path;
      options.stop = &stop;
      const History history = fit(model, MSELoss(), optimizer, data, validation, options,
                                  each_step(CosineAnnealingLR(optimizer, {.t_max = 20})), evaluation, log,
                                  [&](const Step& s) { if (first) stop = s.step == stop_at; });
      CHECK(history.interrupted == first);
      if (first) {
        log.write({{"epoch", 9}, {"step", 9}, {"loss", 9}, {"lr", 9}, {"grad_norm", 9}, {"seconds", 9},
                   {"rows_per_second", 9}});  // after the checkpoint: the resumed training cuts it off
        continue;
      }
      std::string all = without_times();
      for (const Epoch& e : history.epochs)
        all += detail::concat({format_exact(e.train_loss), format_exact(e.metrics[0]), format_exact(e.lr),
                               format_exact(e.grad_norm), "\n"});
      for (const Epoch& e : evaluation.history().epochs)
        all += detail::concat({e.updates, format_exact(e.train_loss), format_exact(e.validation_loss), "\n"});
      for (const T& w : weights_of(model))
        for (const double x : w) all += format_exact(x);
      evaluation.restore_best();
      for (const T& w : weights_of(model))
        for (const double x : w) all += format_exact(x);
      return all + detail::concat({history.best_epoch, " ", evaluation.history().best_epoch});
    }
    return std::string();
  };
  const std::string whole = run(0, false);
  for (std::size_t step = 1; step < 12; ++step) CHECK_MESSAGE((run(step, step % 2 == 0) == whole), "stopped at step ", step);
}

TEST_CASE("a dataset of several inputs and targets is trained on, recorded or not, split and evaluated") {
  Rng rng(1);
  const T x = normal<double>({30, 2}, 0, 1, rng), z = normal<double>({30, 3}, 0, 1, rng);
  const Dataset data(Tensors(x, z), Tensors(T(sum(x, 1, true)), T(2 * sum(z, 1, true))));
  CHECK(data.size() == 30);
  const auto split = train_test_split(data, 0.2, rng);
  CHECK(split.validation.size() == 6);
  std::vector<T> first;
  for (const bool replay : {false, true}) {
    Rng weights(3);
    Two model(weights);
    SGD optimizer(model, {.lr = 0.2});
    fit(model, TwoLosses(), optimizer, split.train, split.validation, {.epochs = 60, .batch_size = 7, .replay = replay});
    CHECK(evaluate(model, TwoLosses(), split.validation) < 1e-6);
    if (replay) CHECK(weights_of(model) == first);
    first = weights_of(model);
    CHECK(refusal([&] { fit(model, TwoLosses(), optimizer, data, data, {.epochs = 1, .metrics = {{"r2", r2_score}}}); }) ==
          "fit: metrics are for models that give one tensor");
  }
  CHECK(refusal([&] { Tensors(x, T{{1}, {2}}); }) == "Tensors: [30, 2] and [2, 1]: all need the same number of rows");
}

TEST_CASE("cross_validate trains on all folds but one, and judges by that one") {
  const Data data = make_data(23);
  Rng rng(1);
  const auto folds = k_fold(data.size(), 4, rng);
  std::size_t calls = 0;
  const auto result = cross_validate(data, folds, [&](const Data& few, const Data& others) {
    CHECK(few.size() == folds[calls].train.size());
    CHECK(others.x == data.subset(folds[calls].validation).x);
    ++calls;
    Rng seed(0);
    Linear<double> line(3, 1, seed);
    SGD optimizer(line, {.lr = 0.05});
    return fit(line, MSELoss(), optimizer, few, others, {.epochs = 5, .metrics = {{"mse", mean_squared_error}}});
  });
  CHECK(calls == 4);
  CHECK(result.scores.size() == 4);
  for (std::size_t k = 0; k < 4; ++k) CHECK(result.scores[k] == result.histories[k].best().validation_loss);
  const auto sizes = cross_validate(data, folds, [](const Data&, const Data& others) { return others.size(); });
  CHECK(sizes.mean() == 5.75);
  CHECK(sizes.deviation() == doctest::Approx(0.5));
  CHECK(std::isnan(CrossValidation{{3}, {}}.deviation()));
  CHECK(std::isnan(CrossValidation().deviation()));
  CHECK(std::isnan(CrossValidation().mean()));
  CHECK(refusal([&] { cross_validate(data, {}, [](const Data&, const Data&) { return 1.0; }); }) ==
        "cross_validate: there are no folds");
}

TEST_CASE("a loop of one's own uses the same parts, and takes no memory in a warm step") {
  const Data data = make_data(24);
  auto model = make_model();
  SGD optimizer(model, {.lr = 0.05});
  GradientAccumulation accumulation(model, 2);
  DataLoader loader(data, {.batch_size = 4, .shuffle = false});
  Graph<T> graph;
  std::size_t updates = 0;
  for (auto [x, y] : loader) {
    graph.clear();
    const auto loss = mse_loss(model(graph.input(x)), y);
    if (accumulation.begin(x.shape()[0])) optimizer.zero_grad();
    backward(loss);
    if (accumulation.end()) optimizer.step(), ++updates;
  }
  CHECK(updates == 3);
  CHECK(refusal([&] { GradientAccumulation(model, 0); }) ==
        "GradientAccumulation: 0 batches for an update: at least 1 is needed");
  accumulation.begin(4);
  const T before = parameters(model)[0].grad();
  CHECK(refusal([&] { accumulation.begin(0); }) == "GradientAccumulation: a batch of 0 rows: at least 1 is needed");
  CHECK(parameters(model)[0].grad() == before);
}
