// Trainings from start to end, over several seeds: what a network has to learn, it learns from every start.
#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <minigrad/minigrad.hpp>
#include <numbers>
#include <string>
#include <vector>

using namespace minigrad;

namespace {

/// Two arms that wind around each other: n points of each, and their arm.
Dataset<float, std::int64_t> spirals(std::size_t n, Rng& rng) {
  auto x = Tensor<float>::empty({2 * n, 2});
  auto y = Tensor<std::int64_t>::empty({2 * n});
  for (std::size_t i = 0; i < 2 * n; ++i) {
    const double t = 0.25 + 3 * static_cast<double>(i / 2) / static_cast<double>(n);  // turns by half
    const double angle = std::numbers::pi * (t + static_cast<double>(i % 2));
    x(i, 0) = static_cast<float>(t * std::cos(angle) / 3 + rng.normal(0, 0.02));
    x(i, 1) = static_cast<float>(t * std::sin(angle) / 3 + rng.normal(0, 0.02));
    y[i] = static_cast<std::int64_t>(i % 2);
  }
  return {x, y};
}

double share_of_right(const Tensor<float>& logits, const Tensor<std::int64_t>& labels) {
  return mean(equal(argmax(logits, 1), labels)).item();
}

}  // namespace

TEST_CASE("a network of 8 hidden neurons learns exclusive or from every of 10 starts") {
  const Tensor<float> x{{0, 0}, {0, 1}, {1, 0}, {1, 1}}, y{{0}, {1}, {1}, {0}};
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    CAPTURE(seed);
    Rng rng(seed);
    Sequential<float> model;
    model.add(Linear(2, 8, rng)).add(Tanh()).add(Linear(8, 1, rng));
    Adam optimizer(model, {.lr = 0.05});
    const auto history = fit(model, BCEWithLogitsLoss(), optimizer, Dataset(x, y), {.epochs = 500, .batch_size = 4});
    CHECK(history.epochs.back().train_loss < 0.02);
    const Tensor<bool> expected{{false}, {true}, {true}, {false}}, found = greater(model(x), 0);
    CHECK(found == expected);
  }
}

TEST_CASE("a network of 32 hidden neurons learns a sine to 0.05 at its worst point from every of 5 starts") {
  const Tensor<float> x = linspace(-3.0, 3.0, 128).reshape({128, 1}), y = sin(x);
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    CAPTURE(seed);
    Rng rng(seed);
    Sequential<float> model;
    model.add(Linear(1, 32, rng)).add(Tanh()).add(Linear(32, 1, rng));
    Adam optimizer(model, {.lr = 0.01});
    CosineAnnealingLR schedule(optimizer, {.t_max = 600});
    fit(model, MSELoss(), optimizer, Dataset(x, y), {.epochs = 600, .batch_size = 32, .seed = seed}, schedule);
    CHECK((max)(abs(model(x) - y)).item() < 0.05f);
  }
}

TEST_CASE("two spirals are told apart, on points not seen in training too, from every of 5 starts") {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    CAPTURE(seed);
    Rng rng(seed);
    const auto train = spirals(200, rng), test = spirals(200, rng);
    Sequential<float> model;
    model.add(Linear(2, 32, rng)).add(ReLU()).add(Linear(32, 32, rng)).add(ReLU()).add(Linear(32, 2, rng));
    AdamW optimizer(model, {.lr = 0.01});
    CosineAnnealingLR schedule(optimizer, {.t_max = 200});
    fit(model, CrossEntropyLoss(), optimizer, train, {.epochs = 200, .batch_size = 40, .seed = seed}, schedule);
    CHECK(share_of_right(model(train.x), train.y) > 0.99);
    CHECK(share_of_right(model(test.x), test.y) > 0.98);
  }
}

TEST_CASE("every optimizer finds the line that lstsq computes") {
  Rng rng(3);
  const Tensor<double> x = uniform<double>({64, 3}, -1, 1, rng);
  const Tensor<double> noise = normal<double>({64, 1}, 0, 0.1, rng);
  const Tensor<double> y = matmul(x, Tensor<double>{{1}, {-2}, {0.5}}) + 3 + noise;
  const Tensor<double> best = lstsq(concatenate({x, ones<double>({64, 1})}, 1), y);
  const auto train = [&](const std::string& name, auto make, std::size_t epochs, double decay) {
    CAPTURE(name);
    Rng start(1);
    Linear<double> line(3, 1, start);
    auto optimizer = make(line);
    ExponentialLR schedule(optimizer, {.gamma = decay});
    fit(line, MSELoss(), optimizer, Dataset(x, y), {.epochs = epochs, .batch_size = 64}, schedule);
    for (std::size_t i = 0; i < 3; ++i) CHECK(line.weight.value()[i] == doctest::Approx(best[i]).epsilon(1e-4));
    CHECK(line.bias.value()[0] == doctest::Approx(best[3]).epsilon(1e-4));
  };
  train("SGD", [](auto& m) { return SGD(m, {.lr = 0.3}); }, 400, 1);
  train("SGD with momentum", [](auto& m) { return SGD(m, {.lr = 0.1, .momentum = 0.9}); }, 400, 1);
  train("Nesterov", [](auto& m) { return SGD(m, {.lr = 0.1, .momentum = 0.9, .nesterov = true}); }, 400, 1);
  train("Adagrad", [](auto& m) { return Adagrad(m, {.lr = 0.5}); }, 2000, 1);
  train("RMSprop", [](auto& m) { return RMSprop(m, {.lr = 0.05}); }, 2000, 0.996);
  train("Adam", [](auto& m) { return Adam(m, {.lr = 0.05}); }, 2000, 0.996);
  train("AdamW", [](auto& m) { return AdamW(m, {.lr = 0.05, .weight_decay = 0}); }, 2000, 0.996);
}
