// The mean loss of a dataset does not depend on its batches, for every loss with every option.
#include <doctest/doctest.h>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <minigrad/data/tensors.hpp>
#include <minigrad/minigrad.hpp>
#include <minigrad/nn/class_losses.hpp>
#include <minigrad/nn/embedding_losses.hpp>
#include <minigrad/nn/regression_losses.hpp>
#include <minigrad/train/step_evaluation.hpp>
#include <string>
#include <vector>

#include "../support/message.hpp"

using namespace minigrad;

namespace {

using T = Tensor<double>;
using Labels = Tensor<std::int64_t>;
constexpr std::size_t rows = 24, classes = 3;

/// A class for each row. The first rows are those of class 0 alone, so that batches differ in their weights.
Labels make_labels(std::int64_t first = 0) {
  auto y = Labels::empty({rows});
  for (std::size_t i = 0; i < rows; ++i) y[i] = i < 9 ? first : static_cast<std::int64_t>(i % classes);
  return y;
}
T normals(const Shape& shape, std::uint64_t seed) {
  Rng rng(seed);
  return normal<double>(shape, 0, 1, rng);
}
Linear<double> make_model(std::size_t out) {
  Rng rng(3);
  return Linear<double>(2, out, rng);
}
std::vector<double> weights_of(Linear<double>& model) {
  std::vector<double> out;
  for (const auto& one : parameters(model))
    for (std::size_t i = 0; i < one.value().size(); ++i) out.push_back(one.value().data()[i]);
  return out;
}

/// evaluate(), the losses of a History, and an update of several batches, are those of one batch of all rows.
template <class Model, class Loss, class Y>
void check_batches(const char* name, const Model& fresh, const Loss& loss, const Y& y) {
  CAPTURE(name);
  const Dataset data(normals({rows, 2}, 1), y);
  Model model = fresh;
  const double all = detail::with_tensors(
      [&](const auto&... ys) { return static_cast<double>(loss(model(data.x), ys...).item()); }, data.y);
  const auto trained = [&](const FitOptions& options) {
    Model copy = fresh;
    SGD optimizer(copy, {.lr = 0.1});
    const History history = fit(copy, loss, optimizer, data, data, options);
    CHECK(history.epochs[0].updates == 1);
    CHECK(history.epochs[0].train_loss == doctest::Approx(all).epsilon(1e-12));
    return weights_of(copy);
  };
  const auto wanted = trained({.epochs = 1, .batch_size = rows, .shuffle = false});
  for (const std::size_t batch_size : {1u, 5u, 8u, 24u, 100u}) {
    CAPTURE(batch_size);
    CHECK(evaluate(model, loss, data, batch_size) == doctest::Approx(all).epsilon(1e-12));
    if (batch_size > rows) continue;
    const auto found = trained({.epochs = 1, .batch_size = batch_size, .shuffle = false, .accumulate = rows});
    for (std::size_t i = 0; i < wanted.size(); ++i) CHECK(found[i] == doctest::Approx(wanted[i]).epsilon(1e-11));
  }
}

struct LogProbabilities {
  Linear<double> scores = make_model(classes);
  auto operator()(const auto& x) const { return log_softmax(scores(x), 1); }
  auto parts() { return std::tie(scores); }
};
std::vector<double> weights_of(LogProbabilities& model) { return weights_of(model.scores); }

template <class Action>
std::string refusal(const Action& action) {
  return support::message<Error>(action).substr(10);
}

/// A loss of one's own, whose mean is that of the rows whose target is above 0.
struct OfPositive {
  auto operator()(const auto& prediction, const auto& target) const {
    const auto counts = greater(target, 0).template to<double>();
    return sum(square(prediction - target) * counts) / sum(counts).item();
  }
  double weight_of(const auto& target) const {
    double count = 0;
    for (std::size_t i = 0; i < target.size(); ++i) count += target.data()[i] > 0;
    return count;
  }
};

struct Negative {
  auto operator()(const auto& prediction, const auto& target) const { return cross_entropy_loss(prediction, target); }
  double weight_of(const Labels&) const { return -1; }
};

}  // namespace

TEST_CASE("the loss of a dataset does not depend on the batches, for every loss with every option") {
  const T numbers = normals({rows, 2}, 2), counts = abs(numbers) * 3, even = softmax(normals({rows, classes}, 4), 1);
  const T signs = sign(normals({rows}, 5)), column_signs = sign(normals({rows, 2}, 5));
  const T zeros_and_ones = greater(numbers, 0).to<double>();
  check_batches("mse", make_model(2), MSELoss(), numbers);
  check_batches("l1", make_model(2), L1Loss(), numbers);
  check_batches("huber", make_model(2), HuberLoss{.delta = 0.3}, numbers);
  check_batches("bce", make_model(2), BCEWithLogitsLoss(), zeros_and_ones);
  check_batches("smooth l1", make_model(2), SmoothL1Loss{.beta = 0.4}, numbers);
  check_batches("poisson", make_model(2), PoissonNLLLoss(), counts);
  check_batches("poisson full", make_model(2), PoissonNLLLoss({.full = true}), counts);
  check_batches("gaussian", make_model(2), GaussianNLLLoss(), Tensors(numbers, counts));
  check_batches("gaussian full", make_model(2), GaussianNLLLoss({.full = true, .eps = 0.1}), Tensors(numbers, counts));
  check_batches("hinge embedding", make_model(2), HingeEmbeddingLoss{.margin = 2}, column_signs);
  check_batches("cosine embedding", make_model(2), CosineEmbeddingLoss{.margin = 0.1}, Tensors(numbers, signs));
  for (const bool swap : {false, true})
    check_batches("triplet margin", make_model(2), TripletMarginLoss({.margin = 0.5, .p = 1, .swap = swap}),
                  Tensors(numbers, counts));
  check_batches("cross entropy", make_model(classes), CrossEntropyLoss(), make_labels());
  check_batches("cross entropy of probabilities", make_model(classes), CrossEntropyLoss(), even);
  check_batches("nll", LogProbabilities(), NLLLoss(), make_labels());
  check_batches("kl_div", LogProbabilities(), KLDivLoss(), even);
  check_batches("kl_div of logarithms", LogProbabilities(), KLDivLoss{.log_target = true}, T(log(even)));
}

TEST_CASE("the same for losses that are a weighted mean, and for rows that are left out") {
  const T even = softmax(normals({rows, classes}, 4), 1);
  for (const T& weight : {T(), T{1, 9, 0.5}, T{0, 2, 1}})
    for (const std::int64_t first : {0, -100, 2})
      for (const double smoothing : {0.0, 0.2}) {
        if (smoothing > 0 && weight.size() && weight[0] == 0) continue;  // below
        const Labels labels = make_labels(first);
        CAPTURE(weight.size());
        CAPTURE(first);
        check_batches("cross entropy", make_model(classes),
                      CrossEntropyLossWith({.weight = weight, .label_smoothing = smoothing}),
                      labels);
        check_batches("ignore_index", make_model(classes),
                      CrossEntropyLossWith({.weight = weight, .ignore_index = 2, .label_smoothing = smoothing}),
                      first == -100 ? make_labels(2) : labels);
        check_batches("probabilities", make_model(classes),
                      CrossEntropyLossWith({.weight = weight, .label_smoothing = smoothing}), even);
        check_batches("nll", LogProbabilities(), NLLLossWith({.weight = weight}), labels);
        check_batches("nll, ignore_index", LogProbabilities(), NLLLossWith({.weight = weight, .ignore_index = 2}),
                      first == -100 ? make_labels(2) : labels);
      }
  check_batches("a loss of one's own", make_model(1), OfPositive(), T(normals({rows, 1}, 7)));
}

TEST_CASE("the validation loss of a weighted mean is that of all rows") {
  Rng rng(1);
  const Tensor<float> x = normal({2000, 2}, 0, 1, rng);
  auto y = Labels::empty({2000});
  for (std::size_t i = 0; i < y.size(); ++i) y[i] = i < 1024 ? 0 : 1;
  const Dataset<float, std::int64_t> data(x, y);
  Linear model(2, 2, rng);
  model.bias.set_value({2, 0});
  const CrossEntropyLossWith loss({.weight = {1, 9}});
  const double all = static_cast<double>(loss(model(x), y).item());
  SGD optimizer(model, {.lr = 0});
  const History history = fit(model, loss, optimizer, data, data, {.epochs = 1, .batch_size = 2000});
  CHECK(history.epochs[0].validation_loss == doctest::Approx(all).epsilon(1e-5));
  CHECK(history.epochs[0].train_loss == doctest::Approx(all).epsilon(1e-5));
  CHECK(evaluate(model, loss, data) == doctest::Approx(all).epsilon(1e-5));
}

TEST_CASE("a batch whose rows are all left out counts with weight 0") {
  auto y = make_labels(-100);
  for (std::size_t i = 20; i < rows; ++i) y[i] = -100;  // the first batches, and the last
  const Dataset data(normals({rows, 2}, 1), y);
  const CrossEntropyLossWith loss({.weight = T{1, 2, 3}});
  const auto fresh = make_model(classes);
  for (const std::size_t accumulate : {1u, 2u, 10u}) {
    CAPTURE(accumulate);
    std::vector<std::vector<double>> ways;
    for (const bool replay : {false, true}) {
      auto model = fresh;
      SGD optimizer(model, {.lr = 0.1, .momentum = 0.9});
      StepEvaluation evaluation(model, loss, data, {.every = 1});
      const FitOptions options{.epochs = 2, .batch_size = 4, .shuffle = false, .accumulate = accumulate,
                               .replay = replay};
      const History history = fit(model, loss, optimizer, data, data, options, evaluation);
      ways.push_back(weights_of(model));
      // Batches 0, 1 and 5 count for nothing, and 2, 3, 4 do: the updates are of 1, of 2 or of all 3 of them.
      CHECK(history.epochs[0].updates == (accumulate == 1 ? 3 : accumulate == 2 ? 2 : 1));
      CHECK(history.epochs[1].grad_norm > 0);
      CHECK(evaluation.history().epochs.back().train_loss > 0);
    }
    CHECK(ways[0] == ways[1]);
    auto model = fresh;  // the same by hand, without these batches
    SGD optimizer(model, {.lr = 0.1, .momentum = 0.9});
    const Dataset some(slice(data.x, 8, 20), slice(data.y, 8, 20));
    fit(model, loss, optimizer, some, {.epochs = 2, .batch_size = 4, .shuffle = false, .accumulate = accumulate});
    CHECK(weights_of(model) == ways[0]);
  }
}

TEST_CASE("steps tell the weight of their loss, and all of their rows") {
  const Dataset data(normals({rows, 2}, 1), make_labels(-100));
  auto model = make_model(classes);
  SGD optimizer(model, {.lr = 0.1});
  double weight = 0, total = 0;
  std::size_t count = 0;
  const auto note = [&](const Step& s) { weight += s.weight, total += s.weight * s.loss, count += s.rows; };
  const History history = fit(model, CrossEntropyLossWith({.weight = T{1, 2, 3}}), optimizer, data,
                              {.epochs = 1, .batch_size = 4, .shuffle = false, .accumulate = 2}, note);
  CHECK(weight == 5 * (1 + 2 + 3));  // rows 9 to 23
  CHECK(count == rows);
  CHECK(history.epochs[0].train_loss == doctest::Approx(total / weight).epsilon(1e-12));
}

TEST_CASE("files of an earlier version have the rows in place of the weights") {
  const std::string path = (std::filesystem::temp_directory_path() / "minigrad_loss_weight_test.safetensors").string();
  const Dataset data(normals({rows, 2}, 1), normals({rows, 1}, 2));
  std::vector<std::vector<double>> ways;
  for (const bool interrupted : {false, true}) {
    History history;
    for (const bool resumed : {false, true}) {
      if (resumed && !interrupted) continue;
      auto model = make_model(1);
      SGD optimizer(model, {.lr = 0.1});
      std::atomic<bool> stop{false};
      StepEvaluation evaluation(model, MSELoss(), data, {.every = 3});
      FitOptions options{.epochs = 2, .batch_size = 4, .checkpoint = path, .stop = &stop};
      if (resumed) options.resume = path;
      const auto note = [&](const Step& s) { stop = interrupted && !resumed && s.step == 8; };
      history = fit(model, MSELoss(), optimizer, data, options, evaluation, note);
      if (history.interrupted) {
        StateDict state = read_safetensors(path);
        REQUIRE(state.take("run.weight").size() == 1);
        REQUIRE(state.take("hooks.0.weight").size() == 1);
        state.add("hooks.0.rows", std::int64_t{8});  // since step 6
        write_safetensors(path, state);
        continue;
      }
      ways.push_back(weights_of(model));
      ways.back().push_back(history.epochs.back().train_loss);
      ways.back().push_back(evaluation.history().epochs[2].train_loss);
    }
  }
  std::filesystem::remove(path);
  CHECK(ways[0] == ways[1]);
}

namespace {
/// A mean squared error of scores that knows a label to ignore, and does not say its weight.
struct Ignoring {
  int ignore_index = 1;
  auto operator()(const auto& scores, const auto&) const { return mean(square(scores)); }
};
}  // namespace

TEST_CASE("metrics of labels and of scores leave out the rows that the loss leaves out, and those of numbers do not") {
  const T x = {{5, 0}, {5, 0}, {0, 5}, {0, 5}};
  Rng rng(1);
  Linear<double> model(2, 2, rng, {.bias = false});
  model.weight.set_value({{1, 0}, {0, 1}});
  SGD optimizer(model, {.lr = 1e-9});
  const auto all = [](const Tensor<double>& y, const Tensor<double>&) { return static_cast<double>(y.size()); };
  const std::vector<Metric> metrics{
      {"accuracy", accuracy_score}, {"auc", roc_auc_score}, {"f1", f1_score}, {"rows", all}};
  const auto check = [&](const auto& loss, std::int64_t left_out) {
    const Dataset data(x, Labels{0, 1, 1, left_out});
    const History history =
        fit(model, loss, optimizer, data, data, {.epochs = 1, .metrics = metrics, .train_metrics = true});
    StepEvaluation evaluation(model, loss, data, {.every = 1, .metrics = metrics});
    evaluation.on_step({.step = 1, .rows = 4});
    const Labels y{0, 1, 1}, predicted{0, 0, 1};  // of the three rows that remain
    std::vector<double> expected{2.0 / 3, roc_auc_score(y, T{-5, -5, 5}), f1_score(y, predicted), 4};
    CHECK(evaluation.history().epochs[0].metrics == expected);
    expected.insert(expected.end(), expected.begin(), expected.begin() + 4);
    CHECK(history.epochs[0].metrics == expected);
  };
  check(CrossEntropyLossWith({}), -100);
  check(CrossEntropyLossWith({.ignore_index = 7}), 7);
  const Dataset none(x, Labels{1, 1, 1, 1});
  CHECK(refusal([&] {
          fit(model, Ignoring(), optimizer, none, none, {.epochs = 1, .metrics = {{"accuracy", accuracy_score}}});
        }) ==
        "fit: metric accuracy: all 4 rows have the label 1, which is the ignore_index of the loss: rows with other "
        "labels are needed; the metric \"accuracy\" was given in FitOptions::metrics, and computed after epoch 1: give "
        "one that fits the targets");
}

TEST_CASE("a dataset whose rows are all left out has no loss, and a weight is a number of at least 0") {
  const Dataset none(normals({rows, 2}, 1), full<std::int64_t>({rows}, -100));
  const Dataset some(normals({rows, 2}, 1), make_labels());
  auto model = make_model(classes);
  const auto before = weights_of(model);
  SGD optimizer(model, {.lr = 0.1});
  const CrossEntropyLossWith loss({});
  CHECK(refusal([&] { evaluate(model, loss, none, 4); }) ==
        "evaluate: the loss leaves out all 24 rows of the dataset: it has no mean");
  CHECK(refusal([&] { fit(model, loss, optimizer, none, {.epochs = 3, .batch_size = 4}); }) ==
        "fit: the loss leaves out all 24 rows of the training set: it has no mean");
  CHECK(weights_of(model) == before);
  CHECK(refusal([&] { fit(model, loss, optimizer, some, none, {.epochs = 3, .batch_size = 4}); }) ==
        "fit: the loss leaves out all 24 rows of the validation set: it has no mean");
  const Dataset wrong(normals({rows, 2}, 1), full<std::int64_t>({rows}, 7));
  CHECK(refusal([&] { evaluate(model, CrossEntropyLossWith({.weight = T{1, 2, 3}}), wrong, 4); }) ==
        "cross_entropy_loss: label 7 in row 0 of the dataset, but there are 3 classes, and the index to leave out is "
        "-100");
  CHECK(refusal([&] {
          evaluate(model, CrossEntropyLossWith({.weight = T{-1, 1, 3}}), some, 4);
        }) == "cross_entropy_loss: the weight of class 0 is -1, and must be a finite number of at least 0");
  // Rows of class 0 have a loss, by the other classes' weights, and nothing to divide it by.
  const CrossEntropyLossWith smooth({.weight = T{0, 2, 1}, .label_smoothing = 0.2});
  CHECK(refusal([&] { evaluate(model, smooth, some, 4); }) ==
        "cross_entropy_loss: the mean over 4 rows that are all left out, by their label -100 or a weight of 0: leave "
        "such a batch out, or take Reduction::sum");
  CHECK(evaluate(model, smooth, some, 12) == doctest::Approx(smooth(model(some.x), some.y).item()).epsilon(1e-12));
  CHECK(refusal([&] { evaluate(model, Negative(), some, 4); }) ==
        "evaluate: weight_of() of the loss is -1, and must be a finite number of at least 0");
}
