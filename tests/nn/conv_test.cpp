#include <doctest/doctest.h>

#include <minigrad/graph/capture.hpp>
#include <minigrad/nn/conv.hpp>
#include <minigrad/nn/losses.hpp>
#include <minigrad/nn/sequential.hpp>
#include <minigrad/tensor/create.hpp>
#include <string>
#include <vector>

#include "../support/message.hpp"

using namespace minigrad;

namespace {

std::string message(const auto& call) { return support::message<Error>(call); }

}  // namespace

TEST_CASE("a convolution weighs the neighbours of each place by the same weights") {
  const Tensor<double> x{{{1, 2, 3, 4}}}, w{{{1, 0, -1}}};
  CHECK(conv1d(x, w) == Tensor<double>{{{-2, -2}}});
  CHECK(conv1d(x, w, Tensor<double>{10}, {.padding = 1}) == Tensor<double>{{{8, 8, 8, 13}}});
  CHECK(conv1d(x, w, {.padding = "same"}).shape() == x.shape());
  CHECK(conv1d(x, w, {.padding = "valid"}).shape() == Shape{1, 1, 2});
}

TEST_CASE("a convolution layer describes itself, and says what it does not do by default") {
  Rng rng(1);
  CHECK(Conv2d(1, 8, 3, rng).describe() == "Conv2d(1, 8, kernel [3, 3])");
  CHECK(Conv1d(2, 4, 5, rng, {.stride = 2, .padding = 1, .dilation = 3, .groups = 2, .bias = false}).describe() ==
        "Conv1d(2, 4, kernel [5], stride [2], padding [1], dilation [3], groups 2, no bias)");
  CHECK(ConvTranspose2d(4, 6, {2, 3}, rng, {.stride = 2, .output_padding = {0, 1}, .groups = 2}).describe() ==
        "ConvTranspose2d(4, 6, kernel [2, 3], stride [2, 2], output_padding [0, 1], groups 2)");
}

TEST_CASE("what a convolution cannot take is refused with shapes, reason and remedy") {
  Rng rng(1);
  const Conv2d<float> layer(2, 4, 3, rng);
  CHECK(message([&] {
          layer(zeros({1, 3, 5, 5}));
        }) ==
        "minigrad: Conv2d: x [1, 3, 5, 5] and weight [4, 2, 3, 3]: x has 3 channels, and this weight, with 1 group, "
        "takes "
        "2");
  CHECK(message([&] {
          layer(zeros({2, 5, 5}));
        }) ==
        "minigrad: Conv2d: x [2, 5, 5]: must be [n, channels, height, width]: one image of them is reshaped to [1, "
        "channels, ...]");
  CHECK(
      message([&] {
        layer(zeros({1, 2, 2, 5}));
      }) ==
      "minigrad: Conv2d: x [1, 2, 2, 5] and weight [4, 2, 3, 3]: the kernel reaches over 3 numbers along axis 2, and x "
      "has 2 and 0 of padding: take a smaller kernel, or more padding");
  CHECK(message([&] {
          conv2d(zeros({1, 2, 5, 5}), zeros({4, 2, 3}));
        }) == "minigrad: conv2d: weight [4, 2, 3]: must be [out, in / groups, height, width]");
  CHECK(message([&] {
          conv2d(zeros({1, 2, 5, 5}), zeros({4, 2, 3, 3}), zeros({3}));
        }) == "minigrad: conv2d: bias [3]: must be [4], one number for each channel of the result");
  CHECK(message([&] { Conv2d(3, 4, 3, rng, {.groups = 2}); }) ==
        "minigrad: Conv2d: 3 channels in, 4 out, 2 groups: both must be multiples of the groups, and at least 1");
  CHECK(message([&] { Conv2d(std::size_t{0} - 3, 4, 3, rng); }) ==
        "minigrad: Conv2d: -3 channels in, 4 out, 1 groups: both must be multiples of the groups, and at least 1");
  CHECK(message([&] { ConvTranspose1d(3, std::size_t{0} - 4, 3, rng); }) ==
        "minigrad: ConvTranspose1d: 3 channels in, -4 out, 1 groups: both must be multiples of the groups, and at least 1");
  CHECK(message([&] { Conv2d(3, 4, 0, rng); }) ==
        "minigrad: Conv2d: kernel [0, 0], stride [1, 1], dilation [1, 1] and 1 groups: all must be at least 1");
  CHECK(message([&] { Conv1d(3, 4, 3, rng, {.stride = 2, .padding = "same"}); }) ==
        "minigrad: Conv1d: padding \"same\" with stride [2]: the result would be smaller than x; give the padding in "
        "numbers");
  CHECK(message([&] { Conv1d(3, 4, 3, rng, {.padding = "full"}); }) ==
        "minigrad: Conv1d: padding \"full\": must be a number, \"same\" or \"valid\"");
  CHECK(message([&] { Conv2d(3, 4, 3, rng, {.padding = -1}); }) == "minigrad: Conv2d: padding -1: must be 0 .. 2^24");
  CHECK(message([&] {
          conv1d(zeros({1, 1, 4}), zeros({1, 1, 2}), {.padding = {-2}});
        }) == "minigrad: conv1d: padding -2: must be 0 .. 2^24");
  CHECK(message([&] { Conv1d(3, 4, -3, rng, {.stride = 2}); }) == "minigrad: Conv1d: kernel -3: must be 0 .. 2^24");
  CHECK(message([&] {
          Conv2d(3, 4, 3, rng, {.stride = {1, -1}});
        }) == "minigrad: Conv2d: stride -1: must be 0 .. 2^24");
  CHECK(message([&] { ConvTranspose2d(3, 4, 3, rng, {.output_padding = (1 << 24) + 1}); }) ==
        "minigrad: ConvTranspose2d: output_padding 16777217: must be 0 .. 2^24");
  CHECK(message([&] { ConvTranspose1d(3, 4, 3, rng, {.output_padding = 1}); }) ==
        "minigrad: ConvTranspose1d: output_padding [1]: must be smaller than stride [1] or dilation [1]");
  CHECK(
      message([&] {
        ConvTranspose1d(3, 4, 3, rng, {.padding = 2})(zeros({1, 3, 1}));
      }) ==
      "minigrad: ConvTranspose1d: x [1, 3, 1] and weight [3, 4, 3]: nothing is left along axis 2 when 4 of padding are "
      "taken off");
  Graph<Tensor<float>> graph;
  CHECK_THROWS_AS(layer(graph.input(zeros({1, 3, 5, 5}))), ShapeError);
  CHECK(graph.size() == 3);  // x, weight and bias, and nothing of the op
}

TEST_CASE("attributes of a convolution are data of the graph") {
  Rng rng(1);
  const Conv2d<float> layer(2, 4, {3, 2}, rng, {.stride = {1, 2}, .padding = "valid", .groups = 2});
  Graph<Tensor<float>> graph;
  const auto y = layer(graph.input(zeros({1, 2, 5, 5})));
  std::string all = graph.node(y.id()).op();
  for (const auto& one : graph.node(y.id()).attributes()) all += " " + one.name + "=" + one.text;
  CHECK(all == "conv kernel=[3, 2] stride=[1, 2] padding=[0, 0] dilation=[1, 1] groups=2");
}

TEST_CASE("a captured convolution replays to the bit, on other inputs and weights") {
  Rng rng(1);
  Sequential<double> model{Conv2d<double>(1, 3, 3, rng, {.stride = 2}), ReLU(), ConvTranspose2d<double>(3, 1, 3, rng)};
  const auto a = normal<double>({2, 1, 7, 8}, 0, 1, rng), b = normal<double>({2, 1, 7, 8}, 0, 1, rng);
  auto step = capture([&](auto x) { return sum(square(model(x))); }, a);
  for (const auto& x : {a, b, a}) {
    for (const auto& p : parameters(model)) p.edit() *= 1.25;
    zero_grad(model);
    const double loss = step(x).item();
    step.backward();
    std::vector<Tensor<double>> replayed;
    for (const auto& p : parameters(model)) replayed.push_back(p.grad());
    zero_grad(model);
    Graph<Tensor<double>> graph;
    const auto eager = sum(square(model(graph.input(x))));
    backward(eager);
    CHECK(eager.item() == loss);
    for (std::size_t k = 0; k < replayed.size(); ++k) CHECK(parameters(model)[k].grad() == replayed[k]);
  }
}
