#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <minigrad/minigrad.hpp>
#include <string>
#include <tuple>
#include <vector>

using namespace minigrad;

namespace {

using X = Tensor<double>;

/// n rows of y = 2 x - 1, with x between -1 and 1.
Dataset<double> line_data(int n) {
  const X x = linspace<double>(-1, 1, n).reshape({n, 1});
  return Dataset<double>(x, 2 * x - 1, {"x"});
}

/// y = w, whatever x is.
struct Constant {
  Parameter<X> w{zeros<double>({1})};
  auto operator()(const auto& x) const { return 0 * x + w; }
  auto parts() { return std::tie(w); }
};
/// The same, which counts the times it is called.
struct Counting : Constant {
  std::size_t* calls = nullptr;
  auto operator()(const auto& x) const {
    ++*calls;
    return Constant::operator()(x);
  }
};
/// The same, which counts in a buffer.
struct WritesBuffer : Constant {
  mutable X batches{0};
  auto operator()(const auto& x) const {
    batches += 1;
    return Constant::operator()(x);
  }
  auto parts() { return std::tie(w, batches); }
};
/// y = sqrt(w x): its gradient in w is infinite at w x = 0.
struct Root {
  Parameter<X> w{ones<double>({1})};
  auto operator()(const auto& x) const { return sqrt(w * x); }
  auto parts() { return std::tie(w); }
  static constexpr const char* part_names[] = {"w"};
};

std::string failure(Root model, const Dataset<double>& data, const FitOptions& options) {
  SGD optimizer(model, {.lr = 0.1});
  try {
    fit(model, MSELoss(), optimizer, data, options);
  } catch (const TrainingError& error) {
    return error.what();
  }
  return "trained";
}

std::vector<double> column(const History& history, double Epoch::*what) {
  std::vector<double> out;
  for (const Epoch& epoch : history.epochs) out.push_back(epoch.*what);
  return out;
}

/// The bits of training with and without a replay: weights, and the losses of all epochs.
template <class Make, class Loss, class D, class... Hooks>
void compare_replay(const Make& make, const Loss& loss, const D& data, FitOptions options, const Hooks&... hooks) {
  const auto run = [&](bool replay) {
    auto model = make();
    AdamW optimizer(model, {.lr = 0.02});
    options.replay = replay;
    const auto call_hooks = [&](const Epoch& epoch) { (hooks(model, epoch), ...); };
    const History history = fit(model, loss, optimizer, data, data, options, call_hooks);
    std::vector<typename decltype(parameters(model))::value_type::value_type> weights;
    for (const auto& one : parameters(model)) weights.push_back(one.value());
    return std::tuple(weights, column(history, &Epoch::train_loss), column(history, &Epoch::validation_loss),
                      column(history, &Epoch::grad_norm));
  };
  CHECK(run(false) == run(true));
}

/// One number for each token.
struct Tokens {
  Embedding<float> embedding;
  Dropout dropout;
  Linear<float> output;
  explicit Tokens(Rng& rng) : embedding(7, 3, rng), dropout(0.2, rng), output(3, 4, rng) {}
  auto operator()(const auto& x) const { return output(dropout(embedding(x))); }
  auto parts() { return std::tie(embedding, dropout, output); }
};

}  // namespace

TEST_CASE("with replay a callback may freeze a parameter within an epoch: the step is recorded again") {
  const auto run = [](bool replay) {
    Rng rng(5);
    Sequential<double> model{Linear<double>(1, 4, rng), Tanh(), Linear<double>(4, 1, rng)};
    SGD optimizer(model, {.lr = 0.1});
    const FitOptions options{.epochs = 3, .batch_size = 4, .replay = replay};
    fit(model, MSELoss(), optimizer, line_data(16), options,
        [&](const Step& step) { parameters(model)[0].requires_grad(step.step % 3 != 1); });
    std::vector<Tensor<double>> weights;
    for (const auto& one : parameters(model)) weights.push_back(one.value());
    return weights;
  };
  CHECK(run(false) == run(true));
}

TEST_CASE("with replay fit gives the same bits: shuffled, with Dropout, and a last batch of fewer rows") {
  const FitOptions options{.epochs = 4, .batch_size = 8, .restore_best = false, .clip_norm = 1, .seed = 3};
  Rng rng(1);
  const Dataset<float> numbers(normal({50, 3}, 0, 1, rng), normal({50, 1}, 0, 1, rng));
  const auto network = [] {
    Rng seeded(5);
    return Sequential{Linear(3, 16, seeded), ReLU(), Dropout(0.1, seeded), Linear(16, 1, seeded)};
  };
  compare_replay(network, MSELoss(), numbers, options);
  compare_replay(network, HuberLoss{.delta = 0.5}, numbers, options);
  const auto freeze = [](auto& model, const Epoch& e) { parameters(model)[0].requires_grad(e.epoch != 2); };
  compare_replay(network, MSELoss(), numbers, options, freeze);

  auto tokens = Tensor<std::int64_t>::empty({21}), labels = Tensor<std::int64_t>::empty({21});
  for (std::size_t i = 0; i < 21; ++i) {
    tokens[i] = static_cast<std::int64_t>(rng.integer(7));
    labels[i] = tokens[i] % 4;
  }
  const auto of_tokens = [] {
    Rng seeded(5);
    return Tokens(seeded);
  };
  compare_replay(of_tokens, CrossEntropyLoss(), Dataset<std::int64_t, std::int64_t>(tokens, labels), options);
  compare_replay(of_tokens, MSELoss(), Dataset<std::int64_t, float>(tokens, normal({21, 4}, 0, 1, rng)), options);
}

TEST_CASE("with replay the model is called to record, to check once an epoch, and for batches of another shape") {
  const auto calls = [](std::size_t batch_size, std::size_t epochs) {
    std::size_t count = 0;
    Counting model;
    model.calls = &count;
    SGD optimizer(model, {.lr = 0.01});
    fit(model, MSELoss(), optimizer, line_data(10), {.epochs = epochs, .batch_size = batch_size, .replay = true});
    return count;
  };
  CHECK(calls(1, 1) == 1 + 1);
  CHECK(calls(1, 5) == 1 + 5);
  CHECK(calls(3, 2) == 1 + 2 + 2);
  CHECK(calls(20, 2) == 1 + 1);
}

TEST_CASE("a replay that began with a small batch, as a resumed epoch may, records the first full one again") {
  std::size_t count = 0;
  Counting model;
  model.calls = &count;
  const MSELoss loss;
  detail::BatchStep<Counting, MSELoss, X, X> step(model, loss, true);
  const auto run = [&](int rows) { return step(ones<double>({rows, 1}), zeros<double>({rows, 1})).item(); };
  run(1);
  CHECK(count == 1);
  run(3);
  CHECK(count == 2);
  for (int k = 0; k < 5; ++k) run(3);
  CHECK(count == 2 + 1);  // the check of the first run
}

namespace {

/// Takes something out of the data that no op computes.
struct Cheats : Constant {
  auto operator()(const auto& x) const { return x * value_of(x)[0] + w; }
};
struct CallsLoss {
  static constexpr bool takes_handles = true;
  auto operator()(const auto& prediction, const auto& target) const { return mean(abs(prediction - target)); }
};

}  // namespace

TEST_CASE("with replay fit refuses a model that does what a recording leaves out") {
  Cheats model;
  SGD optimizer(model, {.lr = 0.01});
  const FitOptions options{.batch_size = 1, .shuffle = false, .replay = true};
  CHECK_THROWS_WITH_AS(fit(model, MSELoss(), optimizer, line_data(4), options),
                       "minigrad: capture: recorded again, the step differs at node 2 (mul): the number was -1 and is "
                       "-0.333333: compute by ops, from inputs of the step, what depends on data; after any other change "
                       "record the step anew, by capture()",
                       GraphError);
  WritesBuffer counting;
  SGD other(counting, {.lr = 0.01});
  CHECK_THROWS_WITH_AS(fit(counting, MSELoss(), other, line_data(4), options),
                       "minigrad: fit: replay: the model writes to its buffer 1 itself, which a run of the recorded step "
                       "leaves out: only ops are run again",
                       GraphError);
  CHECK(counting.batches[0] == 1);
}

TEST_CASE("replay needs a loss and targets that can be recorded") {
  Constant model;
  SGD optimizer(model, {.lr = 0.01});
  const FitOptions options{.epochs = 2, .batch_size = 1, .replay = true};
  const char* const message =
      "minigrad: fit: replay needs targets of the model's number type or of std::int64_t, and a loss that takes a Var or "
      "IndexVar as its target too: one of this library, or a struct with `static constexpr bool takes_handles = true;`";
  const auto reads_shape = [](const auto& prediction, const auto& target) {
    return mse_loss(reshape(prediction, target.shape()), target);
  };
  CHECK_THROWS_WITH_AS(fit(model, reads_shape, optimizer, line_data(4), options), message, ValueError);
  CHECK_NOTHROW(fit(model, reads_shape, optimizer, line_data(4), {.epochs = 2}));
  CHECK_NOTHROW(fit(model, CallsLoss(), optimizer, line_data(4), options));
  Rng rng(1);
  Linear<double> scores(1, 2, rng);
  SGD other(scores, {.lr = 0.01});
  const Dataset<double, int> classes(ones<double>({3, 1}), Tensor<int>{0, 1, 1});
  CHECK_THROWS_WITH_AS(fit(scores, CrossEntropyLoss(), other, classes, options), message, ValueError);
  CHECK_NOTHROW(fit(scores, CrossEntropyLoss(), other, classes, {.epochs = 2}));
}

TEST_CASE("with replay and detect_anomaly fit names the op in a run") {
  Root model;
  const FitOptions options{.epochs = 2, .batch_size = 1, .shuffle = false, .replay = true, .detect_anomaly = true};
  CHECK(failure(model, Dataset<double>(X{{1}, {0}}, X{{1}, {1}}), options) ==
        "minigrad: detect_anomaly: the gradient that sqrt([1, 1]) -> [1, 1] passes to its input 0, a mul of shape [1, 1], "
        "is -inf at (0, 0) (node 4, after the parameter w)");
  CHECK(failure(model, Dataset<double>(X{{1}, {-1}}, X{{1}, {1}}), options) ==
        "minigrad: fit: the loss is nan in epoch 1, after 1 update (learning rate 0.1, last gradient norm 0): try a "
        "learning rate ten times smaller; detect_anomaly: sqrt([1, 1]) -> [1, 1] gives nan at (0, 0) (node 4, after the "
        "parameter w)");
  CHECK(failure(model, Dataset<double>(X{{1}, {2}}, X{{1}, {1}}), options) == "trained");
}
