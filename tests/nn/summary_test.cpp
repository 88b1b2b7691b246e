#include <doctest/doctest.h>

#include <minigrad/nn/summary.hpp>
#include <minigrad/tensor/create.hpp>
#include <string>
#include <utility>
#include <vector>

using namespace minigrad;

namespace {

struct Block {
  Linear<float> inner;
  Parameter<Tensor<float>> scale;
  auto operator()(const auto& x) const { return inner(x) * scale; }
  auto parts() { return std::tie(inner, scale); }
  static constexpr const char* part_names[] = {"inner", "scale"};
};

struct Net {
  Sequential<float> body;
  std::vector<Linear<float>> heads;
  Block block;
  Dropout dropout;
  auto parts() { return std::tie(body, heads, block, dropout); }
};

}  // namespace

TEST_CASE("summary() shows a Sequential as a table of layers and parameters") {
  Rng rng(1);
  Sequential model{Linear(2, 8, rng), Tanh(), Linear(8, 1, rng)};
  CHECK(summary(model) ==
        "0: Linear(2, 8)  0.weight  [8, 2]  16\n"
        "                 0.bias    [8]      8\n"
        "1: Tanh\n"
        "2: Linear(8, 1)  2.weight  [1, 8]   8\n"
        "                 2.bias    [1]      1\n"
        "33 parameters, 33 trainable\n");
  CHECK(summary(std::as_const(model)) == summary(model));
}

TEST_CASE("summary() follows the parts of a struct, and marks what is frozen") {
  Rng rng(1);
  Net net{Sequential{Linear(2, 8, rng), ReLU(), [](const auto& x) { return x * 2; },
                     Block{Linear(8, 2, rng), Parameter(ones({2}))}},
          {},
          {Linear(2, 3, rng), Parameter(ones({3}))},
          Dropout(0.5, rng)};
  net.heads.emplace_back(2, 300, rng);
  net.heads.emplace_back(2, 1, rng);
  net.heads[0].weight.requires_grad(false);
  CHECK(summary(net) ==
        "0.0: Linear(2, 8)      0.0.weight        [8, 2]     16\n"
        "                       0.0.bias          [8]         8\n"
        "0.1: ReLU\n"
        "0.2: function\n"
        "0.3: module            0.3.inner.weight  [2, 8]     16\n"
        "                       0.3.inner.bias    [2]         2\n"
        "                       0.3.scale         [2]         2\n"
        "1.0: Linear(2, 300)    1.0.weight        [300, 2]  600 frozen\n"
        "                       1.0.bias          [300]     300\n"
        "1.1: Linear(2, 1)      1.1.weight        [1, 2]      2\n"
        "                       1.1.bias          [1]         1\n"
        "2.inner: Linear(2, 3)  2.inner.weight    [3, 2]      6\n"
        "                       2.inner.bias      [3]         3\n"
        "2.scale: Parameter     2.scale           [3]         3\n"
        "3: Dropout(0.5)\n"
        "959 parameters, 359 trainable\n");
}

TEST_CASE("summary() of a single layer, of numbers, and of nothing") {
  Rng rng(1);
  Linear<double> linear(2, 3, rng);
  CHECK(summary(linear) ==
        "Linear(2, 3)  weight  [3, 2]  6\n"
        "              bias    [3]     3\n"
        "9 parameters, 9 trainable\n");
  std::vector<Parameter<double>> number{Parameter(1.0)};
  CHECK(summary(number) ==
        "0: Parameter  0  []  1\n"
        "1 parameter, 1 trainable\n");
  Sequential<float> empty;
  CHECK(summary(empty) == "0 parameters, 0 trainable\n");
}

namespace {

struct Norm {
  Parameter<Tensor<float>> weight{ones({8})};
  Tensor<float> running_mean = zeros({8});
  auto operator()(const auto& x) const { return (x - running_mean) * weight; }
  auto parts() { return std::tie(weight, running_mean); }
  static constexpr const char* part_names[] = {"weight", "running_mean"};
};

}  // namespace

TEST_CASE("summary() shows buffers, and does not count them") {
  Rng rng(1);
  Sequential model{Linear(2, 8, rng), Norm()};
  CHECK(summary(model) ==
        "0: Linear(2, 8)  0.weight        [8, 2]  16\n"
        "                 0.bias          [8]      8\n"
        "1: module        1.weight        [8]      8\n"
        "                 1.running_mean  [8]      8 buffer\n"
        "32 parameters, 32 trainable\n");
  struct Net {
    Linear<float> linear;
    Tensor<float> table;
    auto parts() { return std::tie(linear, table); }
  } net{Linear(1, 1, rng), ones({100})};
  CHECK(summary(net) ==
        "0: Linear(1, 1)  0.weight  [1, 1]    1\n"
        "                 0.bias    [1]       1\n"
        "1: Buffer        1         [100]   100 buffer\n"
        "2 parameters, 2 trainable\n");
}
