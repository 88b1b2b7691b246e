#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <minigrad/diff/checkpoint.hpp>
#include <minigrad/graph/capture.hpp>
#include <minigrad/io/safetensors.hpp>
#include <minigrad/nn/images.hpp>
#include <minigrad/nn/losses.hpp>
#include <minigrad/nn/sequential.hpp>
#include <minigrad/nn/state_dict.hpp>
#include <minigrad/optim/adam.hpp>
#include <minigrad/optim/sgd.hpp>
#include <minigrad/tensor/create.hpp>
#include <minigrad/train/update_bn.hpp>

#include "../support/count_allocations.hpp"
#include "../support/message.hpp"

using namespace minigrad;

namespace {

std::string message(const auto& call) { return support::message<Error>(call); }

Sequential<float> network(Rng& rng) {
  return Sequential{Conv2d(1, 4, 3, rng, {.padding = 1}),
                    BatchNorm2d(4),
                    ReLU(),
                    MaxPool2d(2),
                    Dropout2d(0.2, rng),
                    Flatten(),
                    Linear(4 * 9, 3, rng),
                    BatchNorm1d(3)};
}

}  // namespace

TEST_CASE("batch normalization gives each channel mean 0 and variance 1, and follows the batches") {
  BatchNorm1d<double> norm(2);
  const Tensor<double> x{{1, 10}, {3, 30}};
  const auto y = norm(x);
  CHECK(y[0] == doctest::Approx(-1).epsilon(1e-4));
  CHECK(y[3] == doctest::Approx(1).epsilon(1e-4));
  CHECK(norm.running_mean[1] == doctest::Approx(2));        // a tenth of 20
  CHECK(norm.running_var[1] == doctest::Approx(0.9 + 20));  // a tenth of 200, with n - 1
  eval(norm);
  CHECK(norm(x)[2] == doctest::Approx((3 - 0.2) / std::sqrt(0.9 + 0.2 + 1e-5)));
  CHECK(norm.num_batches_tracked.item() == 1);
}

TEST_CASE("batch normalization of one large image has the values and gradients of its numbers in smaller ones") {
  Rng rng(3);
  const auto numbers = normal<double>({10'000}, 5, 2, rng), factors = normal<double>({10'000}, 1, 1, rng);
  const auto all_of = [&](const Shape& shape) {
    BatchNorm1d<double> layer(1);
    Graph<Tensor<double>> graph;
    const auto x = graph.variable(reshape(numbers, shape));
    const auto y = layer(x);
    backward(sum(y * reshape(factors, shape)));
    return std::array{reshape(y.value(), {10'000}), reshape(x.grad(), {10'000}), layer.weight.grad(), layer.bias.grad()};
  };
  const auto whole = all_of({1, 1, 10'000});
  for (const Shape& shape : {Shape{100, 1, 100}, Shape{5000, 1, 2}}) {
    const auto parts = all_of(shape);
    for (std::size_t k = 0; k < parts.size(); ++k)
      for (std::size_t i = 0; i < parts[k].size(); ++i)
        REQUIRE(parts[k][i] == doctest::Approx(whole[k][i]).epsilon(1e-11));
  }
}

TEST_CASE("running statistics move once in each forward: recorded, captured, and within a checkpoint") {
  const Tensor<double> x{{1, 10}, {3, 30}};
  BatchNorm1d<double> eager(2), captured(2), checked(2);
  auto step = capture([&](auto v) { return sum(square(captured(v))); }, x);
  step(x);
  for (int k = 0; k < 2; ++k) {
    Graph<Tensor<double>> graph;
    backward(sum(square(eager(graph.variable(x)))));
    Graph<Tensor<double>> other;
    backward(sum(square(checkpoint([&](auto v) { return checked(v); }, other.variable(x)))));
  }
  CHECK(captured.running_mean == eager.running_mean);
  CHECK(captured.running_var == eager.running_var);
  CHECK(checked.running_var == eager.running_var);
  CHECK(checked.num_batches_tracked.item() == 2);
  eval(captured);
  CHECK(message([&] { step(x); }).find("the mode of a layer has changed") != std::string::npos);
  auto predict = capture([&](auto v) { return captured(v); }, x);
  const Tensor<double> before = predict(x);
  captured.running_mean += 1;
  CHECK(predict(x) != before);  // read at each call
  CHECK(predict(x) == captured(x));
}

TEST_CASE("batch normalization in evaluation and then in training mode within one graph has the gradients of both") {
  using D = Tensor<double>;
  for (const bool affine : {true, false}) {
    CAPTURE(affine);
    Rng rng(3);
    const D x1 = normal<double>({6, 2}, 1, 1, rng), x2 = normal<double>({6, 2}, 2, 3, rng);
    BatchNorm1d<double> layer(2, {.affine = affine}), fresh(layer);
    layer.running_mean = fresh.running_mean = {0.5, -1};
    layer.running_var = fresh.running_var = {2, 0.5};
    const auto cubes = [](const auto& y) { return sum(y * y * y); };
    Graph<D> graph, alone;
    eval(layer), eval(fresh);
    const auto v = graph.variable(x1), of_alone = alone.variable(x1);
    const auto first = cubes(layer(v));
    train(layer);
    layer(graph.input(x2));  // moves the statistics
    CHECK(layer.running_mean != fresh.running_mean);
    backward(first);
    backward(cubes(fresh(of_alone)));
    CHECK(v.grad() == of_alone.grad());
    if (!affine) continue;
    CHECK(layer.weight.grad() == fresh.weight.grad());
    CHECK(layer.bias.grad() == fresh.bias.grad());
  }
}

TEST_CASE("update_bn makes running statistics the mean over the batches, whatever the momentum, and keeps all modes") {
  Rng rng(1);
  const Dataset<double> data(normal<double>({12, 2}, 3, 2, rng), zeros<double>({12, 1}));
  Sequential<double> model{BatchNorm1d<double>(2), Linear<double>(2, 1, rng), BatchNorm1d<double>(1, {.momentum = 0.5})};
  model.get<BatchNorm1d<double>>(0).running_mean.fill(100);
  eval(model);
  train(model.get<BatchNorm1d<double>>(2));
  update_bn(DataLoader(data, {.batch_size = 4, .shuffle = false}), model);
  const auto& first = model.get<BatchNorm1d<double>>(0);
  CHECK(!first.training);
  CHECK(model.get<BatchNorm1d<double>>(2).training);
  CHECK(first.num_batches_tracked.item() == 3);
  for (std::size_t c = 0; c < 2; ++c) {
    double mean = 0, variance = 0;
    for (std::size_t batch = 0; batch < 3; ++batch) {
      double of_batch = 0, squares = 0;
      for (std::size_t i = 4 * batch; i < 4 * batch + 4; ++i) of_batch += data.x[2 * i + c] / 4;
      for (std::size_t i = 4 * batch; i < 4 * batch + 4; ++i)
        squares += (data.x[2 * i + c] - of_batch) * (data.x[2 * i + c] - of_batch);
      mean += of_batch / 3, variance += squares / 3 / 3;
    }
    CHECK(first.running_mean[c] == doctest::Approx(mean));
    CHECK(first.running_var[c] == doctest::Approx(variance));
  }
  train(model);
  const double before = first.running_mean[0];
  model(data.x);  // goes on with the layer's own momentum
  double all = 0;
  for (std::size_t i = 0; i < 12; ++i) all += data.x[2 * i] / 12;
  CHECK(first.running_mean[0] == doctest::Approx(0.9 * before + 0.1 * all));
  CHECK(first.num_batches_tracked.item() == 4);
  Linear<double> without(2, 1, rng);
  const Dataset<double> none(zeros<double>({0, 3}), zeros<double>({0, 1}));
  update_bn(DataLoader(none, {.batch_size = 4, .shuffle = false}), without);
}

TEST_CASE("update_bn leaves the statistics as they were where there are no batches, or one of them is refused") {
  Rng rng(1);
  BatchNorm1d<double> layer(2);
  layer(normal<double>({12, 2}, 3, 2, rng));
  const StateDict before = state_dict(layer);
  const auto unchanged = [&] { return to_safetensors(state_dict(layer)) == to_safetensors(before); };
  const Dataset<double> none(zeros<double>({0, 2}), zeros<double>({0, 1}));
  CHECK_THROWS_WITH_AS(update_bn(DataLoader(none, {.batch_size = 4, .shuffle = false}), layer),
                       "minigrad: update_bn: the loader has no batches", ValueError);
  CHECK(unchanged());
  const Dataset<double> data(normal<double>({5, 2}, 3, 2, rng), zeros<double>({5, 1}));
  CHECK_THROWS_AS(update_bn(DataLoader(data, {.batch_size = 4, .shuffle = false}), layer), Error);  // a batch of one row
  CHECK(unchanged());
  update_bn(DataLoader(data, {.batch_size = 5, .shuffle = false}), layer);
  CHECK(!unchanged());
}

TEST_CASE("a network of image layers resumes to the bit from its state, and captures to the bit") {
  Rng rng(1);
  auto model = network(rng);
  const auto x = normal({5, 1, 6, 7}, 0, 1, rng);
  const Tensor<std::int64_t> labels{0, 1, 2, 1, 0};
  Adam optimizer(model, {.lr = 0.01});
  const auto train = [&](auto& net, auto& opt, int steps) {
    for (int k = 0; k < steps; ++k) {
      Graph<Tensor<float>> graph;
      const auto loss = cross_entropy_loss(net(graph.input(x)), labels);
      opt.zero_grad();
      backward(loss);
      opt.step();
    }
  };
  train(model, optimizer, 3);
  const StateDict saved = state_dict(model), streams = generator_state_dict(model), moments = optimizer.state_dict();
  train(model, optimizer, 2);
  Rng other(9);
  auto again = network(other);
  Adam resumed(again, {.lr = 0.01});
  load_state_dict(again, saved);
  load_generator_state_dict(again, streams);
  resumed.load_state_dict(moments);
  auto step = capture([&](auto v, auto l) { return cross_entropy_loss(again(v), l); }, x, labels);  // a first forward
  resumed.zero_grad();
  step.backward();
  resumed.step();
  step(x, labels);
  resumed.zero_grad();
  step.backward();
  resumed.step();
  const auto a = named_parameters(model), b = named_parameters(again);
  for (std::size_t k = 0; k < a.size(); ++k) CHECK(a[k].parameter.value() == b[k].parameter.value());
  const auto c = buffers(model), d = buffers(again);
  CHECK(c.size() == 4);
  for (std::size_t k = 0; k < c.size(); ++k) CHECK(*c[k] == *d[k]);
  CHECK(state_dict(model).get<std::int64_t>("1.num_batches_tracked").item() == 5);
  CHECK(state_dict(again).get<std::int64_t>("1.num_batches_tracked").item() == 5);
  eval(model), eval(again);
  CHECK(model(x) == again(x));
}

TEST_CASE("each image layer replays to the bit on other numbers, allocates nothing when warm, and resumes from its state") {
  Rng rng(1);
  const Tensor<float> image = normal({3, 4, 7, 9}, 0, 1, rng), line = normal({3, 4, 11}, 0, 1, rng);
  std::size_t count = 0;
  const auto check = [&](Sequential<float> layer, Sequential<float> fresh, const Tensor<float>& x) {
    CAPTURE(layer.describe());
    ++count;
    Parameter<Tensor<float>> w(ones(x.shape()));
    const auto loss = [&](auto v) { return mean(square(layer(v * w))); };
    auto step = capture(loss, x);
    const auto all = parameters(layer);
    const auto run = [&](const Tensor<float>& v) {
      const float value = step(v).item();
      w.zero_grad();
      for (const auto& one : all) one.zero_grad();
      step.backward();
      return value;
    };
    for (const auto& v : {x * 2, x, x - 1}) {
      const float value = run(v);
      const Tensor<float> gradient = w.grad();
      w.zero_grad();
      Graph<Tensor<float>> graph;
      const auto eager = loss(graph.input(v));
      backward(eager);
      CHECK(value == eager.item());
      CHECK(gradient == w.grad());
    }
    for (int k = 0; k < 4; ++k) run(x);
    const std::size_t before = support::allocations();
    run(x);
    CHECK(support::allocations() == before);
    load_state_dict(fresh, state_dict(layer));
    CHECK(state_dict(fresh).size() == state_dict(layer).size());
    layer.eval(), fresh.eval();
    CHECK(fresh(x) == layer(x));
  };
#define LAYER(x, ...) check(Sequential<float>{__VA_ARGS__}, Sequential<float>{__VA_ARGS__}, x)
  LAYER(line, Conv1d(4, 6, 3, rng, {.stride = 2, .padding = 1, .groups = 2}));
  LAYER(image, Conv2d(4, 6, {2, 3}, rng, {.stride = {2, 1}, .padding = {0, 2}, .dilation = {1, 2}}));
  LAYER(image, Conv2d(4, 2, 3, rng, {.padding = "same", .bias = false}));
  LAYER(line, ConvTranspose1d(4, 6, 3, rng, {.stride = 2, .groups = 2}));
  LAYER(image, ConvTranspose2d(4, 3, 3, rng, {.stride = 2, .padding = 1, .output_padding = 1}));
  LAYER(line, MaxPool1d(3, {.stride = 2, .padding = 1}));
  LAYER(image, MaxPool2d(2, {.ceil_mode = true}));
  LAYER(line, AvgPool1d(3, {.stride = 2, .padding = 1}));
  LAYER(image, AvgPool2d(2, {.ceil_mode = true, .count_include_pad = false}));
  LAYER(line, AdaptiveAvgPool1d(4));
  LAYER(image, AdaptiveAvgPool2d({3, 4}));
  LAYER(line, BatchNorm1d(4));
  LAYER(image, BatchNorm2d(4, {.momentum = std::nullopt}));
  LAYER(image, BatchNorm2d(4, {.affine = false}));
  LAYER(image, Flatten{2, 3});
  LAYER(image, Unflatten(1, {2, 2}), Flatten{1, 2});
  LAYER(line, Upsample({.scale_factor = 1.5}));
  LAYER(image, Upsample({.size = {5, 12}, .mode = "bilinear", .align_corners = true}));
  LAYER(line, Linear(11, 3, rng, {.bias = false}));
#undef LAYER
  CHECK(count == 19);
}

TEST_CASE("a warm step of image layers allocates nothing") {
  Rng rng(1);
  auto model = network(rng);
  model.add(Unflatten(1, {1, 1, 3})).add(Upsample({.scale_factor = 4, .mode = "bilinear"})).add(AvgPool2d(2));
  const auto x = normal({8, 1, 6, 7}, 0, 1, rng);
  SGD optimizer(model, {.lr = 0.01});
  auto step = capture([&](auto v) { return mean(square(model(v))); }, x);
  const auto run = [&] {
    step(x);
    optimizer.zero_grad();
    step.backward();
    optimizer.step();
  };
  for (int k = 0; k < 4; ++k) run();
  const std::size_t before = support::allocations();
  run();
  CHECK(support::allocations() == before);
}

TEST_CASE("what batch normalization cannot take is refused with shapes, reason and remedy") {
  BatchNorm2d<float> norm(3);
  CHECK(message([&] {
          norm(zeros({2, 4, 5, 5}));
        }) == "minigrad: BatchNorm2d: x [2, 4, 5, 5]: must be [n, 3, height, width], with 3 channels");
  CHECK(
      message([&] {
        norm(zeros({1, 3, 1, 1}));
      }) ==
      "minigrad: BatchNorm2d: x [1, 3, 1, 1]: the variance of one number for each channel is 0: train on more than one, "
      "or call eval() first; in fit() a last batch of one row: .drop_last = true");
  CHECK(message([&] { BatchNorm1d(std::size_t{0} - 4); }) == "minigrad: BatchNorm1d: -4 channels: there must be at least 1");
  CHECK(message([&] { BatchNorm1d(0); }) == "minigrad: BatchNorm1d: 0 channels: there must be at least 1");
  CHECK(message([&] { BatchNorm1d(1, {.eps = -1}); }) ==
        "minigrad: BatchNorm1d: eps -1 and momentum 0.1: eps must be at least 0, and momentum 0 .. 1");
  eval(norm);
  CHECK(norm(zeros({1, 3, 1, 1})).shape() == Shape{1, 3, 1, 1});
}
