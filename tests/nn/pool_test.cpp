#include <doctest/doctest.h>

#include <cmath>
#include <minigrad/nn/images.hpp>
#include <minigrad/nn/module_list.hpp>
#include <minigrad/tensor/create.hpp>

#include "../support/message.hpp"

using namespace minigrad;

namespace {

std::string message(const auto& call) { return support::message<Error>(call); }

struct Net {
  ModuleList<float> blocks;
  auto operator()(auto x) const {
    for (std::size_t i = 0; i < blocks.size(); ++i) x = x + blocks[i](x);
    return x;
  }
  auto parts() { return std::tie(blocks); }
  static constexpr const char* part_names[] = {"blocks"};
};

}  // namespace

TEST_CASE("pooling takes the largest or the mean of each window") {
  const Tensor<double> x{{{1, 5, 3, 2, 4}}};
  CHECK(MaxPool1d(2)(x) == Tensor<double>{{{5, 3}}});
  CHECK(MaxPool1d(2, {.stride = 1})(x) == Tensor<double>{{{5, 5, 3, 4}}});
  CHECK(AvgPool1d(2, {.ceil_mode = true})(x) == Tensor<double>{{{3, 2.5, 4}}});
  CHECK(MaxPool1d(2, {.stride = 5, .ceil_mode = true})(x) == Tensor<double>{{{5}}});  // a second would begin at the end
  CHECK(AdaptiveAvgPool1d(1)(x) == Tensor<double>{{{3}}});
  CHECK(AdaptiveAvgPool1d(2)(x) == Tensor<double>{{{3, 3}}});
}

TEST_CASE("the gradient of max pooling goes to the first of equals, and NaN is never lost") {
  Graph<Tensor<double>> graph;
  const auto x = graph.variable({{{2, 2, 1, NAN, 3, 3}}});
  const auto y = MaxPool1d(3)(x);
  CHECK(y.value()[0] == 2);
  CHECK(std::isnan(y.value()[1]));
  backward(sum(y));
  CHECK(x.grad() == Tensor<double>{{{1, 0, 0, 1, 0, 0}}});
}

TEST_CASE("a window that overlaps another adds its gradient") {
  Graph<Tensor<double>> graph;
  const auto x = graph.variable({{{1, 5, 3}}});
  backward(sum(MaxPool1d(2, {.stride = 1})(x)));
  CHECK(x.grad() == Tensor<double>{{{0, 2, 0}}});
}

TEST_CASE("upsampling repeats the nearest, or goes straight from one to the next") {
  const Tensor<double> x{{{1, 3}}};
  CHECK(Upsample({.scale_factor = 2})(x) == Tensor<double>{{{1, 1, 3, 3}}});
  CHECK(Upsample({.scale_factor = 2, .mode = "linear"})(x) == Tensor<double>{{{1, 1.5, 2.5, 3}}});
  CHECK(Upsample({.size = 3, .mode = "linear", .align_corners = true})(x) == Tensor<double>{{{1, 2, 3}}});
}

TEST_CASE("Flatten makes rows of images, and Unflatten images of rows") {
  const auto x = reshape(arange<float>(24), {2, 3, 2, 2});
  CHECK(Flatten()(x).shape() == Shape{2, 12});
  CHECK(Unflatten(1, {3, -1, 2})(Flatten()(x)) == x);
  CHECK(Flatten{0, 1}(x).shape() == Shape{6, 2, 2});
  CHECK(message([&] {
          Unflatten(1, {5, 2})(Flatten()(x));
        }) == "minigrad: Unflatten: x [2, 12]: [5, 2] has 10 numbers, and axis 1 12");
}

TEST_CASE("Dropout2d drops whole channels, and passes the gradient of the others") {
  Rng rng(1);
  const Dropout2d dropout(0.25, rng);
  Graph<Tensor<double>> graph;
  const auto x = graph.variable(ones<double>({50, 20, 2, 3}));
  const auto y = dropout(x);
  backward(sum(y));
  CHECK(y.value() == x.grad());
  std::size_t dropped = 0;
  for (std::size_t c = 0; c < 1000; ++c) {
    const double first = y.value()[c * 6];
    CHECK((first == 0 || first == 1 / 0.75));
    for (std::size_t i = 1; i < 6; ++i) CHECK(y.value()[c * 6 + i] == first);
    dropped += first == 0;
  }
  CHECK(std::fabs(static_cast<double>(dropped) - 250) < 50);
}

TEST_CASE("a ModuleList holds layers of any type, which its owner calls") {
  Rng rng(1);
  Net net{ModuleList{Linear(3, 3, rng), Tanh(), Sequential{Linear(3, 3, rng, {.bias = false})}}};
  CHECK(named_parameters(net).size() == 3);
  CHECK(named_parameters(net)[2].name == "blocks.2.0.weight");
  const auto x = normal({2, 3}, 0, 1, rng);
  Graph<Tensor<float>> graph;
  CHECK(net(graph.input(x)).value() == net(x));
  CHECK(net.blocks.describe() == "ModuleList(Linear(3, 3), Tanh, Sequential(Linear(3, 3, no bias)))");
  CHECK(message([&] { net.blocks[3]; }) == "minigrad: ModuleList: layer 3 of 3");
}

TEST_CASE("what pooling and upsampling cannot take is refused with shapes, reason and remedy") {
  CHECK(message([] {
          MaxPool2d(3)(zeros({1, 2, 2, 5}));
        }) == "minigrad: MaxPool2d: x [1, 2, 2, 5]: a window of [3, 3] does not fit into it: take a smaller one");
  CHECK(message([] {
          MaxPool2d(2)(zeros({1, 2, 5}));
        }) == "minigrad: MaxPool2d: x [1, 2, 5]: must be [n, channels, height, width]");
  CHECK(message([] { AvgPool1d(3, {.padding = 2}); }) ==
        "minigrad: AvgPool1d: padding [2] of kernel [3]: must be at most half of it");
  CHECK(
      message([] {
        AdaptiveAvgPool2d(0)(zeros({1, 2, 5, 5}));
      }) ==
      "minigrad: AdaptiveAvgPool2d: x [1, 2, 5, 5]: a result of 0 numbers of 5 along axis 2: both must be at least 1");
  CHECK(message([] { MaxPool2d(3, {.padding = -1}); }) == "minigrad: MaxPool2d: padding -1: must be 0 .. 2^24");
  CHECK(message([] { AdaptiveAvgPool1d(-1); }) == "minigrad: AdaptiveAvgPool1d: size -1: must be 0 .. 2^24");
  CHECK(message([] { Upsample({.size = {-1, 2}}); }) == "minigrad: Upsample: size -1: must be 0 .. 2^24");
  CHECK(message([] { Upsample({}); }) ==
        "minigrad: Upsample: either a size of at least 1 or a positive scale_factor must be given");
  CHECK(message([] { Upsample({.scale_factor = 2, .mode = "cubic"}); }) ==
        "minigrad: Upsample: mode \"cubic\": must be \"nearest\", \"linear\" or \"bilinear\"");
  CHECK(message([] {
          Upsample({.scale_factor = 2, .mode = "bilinear"})(zeros({1, 2, 5}));
        }) == "minigrad: Upsample: x [1, 2, 5]: must be [n, channels, height, width] in mode bilinear");
}
