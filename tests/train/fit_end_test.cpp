// How fit() ends, also by an exception, and which options it refuses.
#include <doctest/doctest.h>

#include <cstdint>
#include <minigrad/minigrad.hpp>
#include <minigrad/train/step_evaluation.hpp>
#include <stdexcept>
#include <string>

#include "../support/message.hpp"

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

TEST_CASE("evaluate leaves the model in evaluation mode where the loss throws") {
  Net net = make_net();
  const auto loss = [](const auto& p, const auto& t) -> decltype(mse_loss(p, t)) { throw std::runtime_error("loss"); };
  CHECK_THROWS_AS(evaluate(net, loss, make_data()), std::runtime_error);
  CHECK(!net.dropout.training);
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
