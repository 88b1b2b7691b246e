#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <minigrad/diff/grad.hpp>
#include <minigrad/nn/layers.hpp>
#include <minigrad/nn/module.hpp>
#include <minigrad/nn/sequential.hpp>
#include <minigrad/nn/state_dict.hpp>
#include <minigrad/nn/summary.hpp>
#include <minigrad/tensor/create.hpp>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

using namespace minigrad;

namespace {

using T = Tensor<float>;

struct Scale {
  Parameter<T> factor{T{1, 2}};
  auto operator()(const auto& x) const { return x * factor; }
  auto parts() { return std::tie(factor); }
};

struct Block {
  Linear<float> inner;
  Scale scale;
  auto operator()(const auto& x) const { return scale(inner(x)); }
  auto parts() { return std::tie(inner, scale); }
  static constexpr const char* part_names[] = {"inner", "scale"};
};

/// All that a module may be made of: modules, vectors of them, a parameter of its own, layers without parameters.
struct Net {
  ReLU activation;
  std::vector<Block> blocks;
  Parameter<T> offset{T{0.5f, 0.5f}};
  std::vector<Parameter<T>> more;
  Sequential<float> head;
  Dropout dropout;

  explicit Net(Rng& rng) : head{Linear(2, 3, rng), Tanh(), Dropout(0.5, rng), Linear(3, 1, rng)}, dropout(0.5, rng) {
    blocks.push_back({Linear(2, 2, rng), {}});
    blocks.push_back({Linear(2, 2, rng), {}});
    more.emplace_back(T{7});
  }
  auto operator()(const auto& x) const {
    auto y = activation(blocks[0](x));
    y = blocks[1](y) + offset;
    return head(dropout(y * more[0]));
  }
  auto parts() { return std::tie(activation, blocks, offset, more, head, dropout); }
};

struct Noise {
  bool training = true;
  auto operator()(const auto& x) const { return training ? x + 1 : x; }
};

/// Batch normalization in outline: parameters and buffers.
template <class N = float>
struct Norm {
  Parameter<Tensor<N>> weight{Tensor<N>{1, 1}};
  Tensor<N> running_mean{0, 0}, running_var{1, 1};
  bool training = true;
  auto operator()(const auto& x) const { return (x - running_mean) / sqrt(running_var) * weight; }
  auto parts() { return std::tie(weight, running_mean, running_var); }
  static constexpr const char* part_names[] = {"weight", "running_mean", "running_var"};
};

/// Buffers, and no parameters.
template <class N>
struct Shift {
  Tensor<N> by{1, 2};
  auto operator()(const auto& x) const { return x + by; }
  auto parts() { return std::tie(by); }
};

template <class M>
std::vector<std::string> buffer_names(M& model) {
  std::vector<std::string> out;
  for (const auto& named : named_buffers(model)) out.push_back(named.name);
  return out;
}

template <class M>
std::vector<std::string> names(M& model) {
  std::vector<std::string> out;
  for (const auto& named : named_parameters(model)) out.push_back(named.name);
  return out;
}

/// Layers in arrays of C.
struct InArrays {
  Linear<float> layers[2];
  Noise noise[1][2];
  auto operator()(const auto& x) const { return layers[1](layers[0](x)); }
  auto parts() { return std::tie(layers, noise); }
};

}  // namespace

TEST_CASE("parameters are named by their places, in the order of parts()") {
  Rng rng(1);
  Net net(rng);
  CHECK(names(net) == std::vector<std::string>{"1.0.inner.weight", "1.0.inner.bias", "1.0.scale.0", "1.1.inner.weight",
                                               "1.1.inner.bias", "1.1.scale.0", "2", "3.0", "4.0.weight", "4.0.bias",
                                               "4.3.weight", "4.3.bias"});
  CHECK(parameters(net).size() == 12);
}

TEST_CASE("a name leads to the very parameter") {
  Rng rng(1);
  Net net(rng);
  const auto named = named_parameters(net);
  CHECK(named[4].parameter == net.blocks[1].inner.bias.ref());
  CHECK(named[6].parameter == net.offset.ref());
  CHECK(named[11].parameter == net.head.get<Linear<float>>(3).bias.ref());
  CHECK(!(named[0].parameter == named[1].parameter));
}

TEST_CASE("a single layer, a parameter and a vector are models, too") {
  Rng rng(1);
  Linear linear(2, 3, rng);
  CHECK(names(linear) == std::vector<std::string>{"weight", "bias"});
  Parameter<double> number(1.0);
  CHECK(names(number) == std::vector<std::string>{""});
  std::vector<Parameter<double>> numbers{Parameter(1.0), Parameter(2.0)};
  CHECK(names(numbers) == std::vector<std::string>{"0", "1"});
  static_assert(std::is_same_v<decltype(parameters(numbers)), std::vector<ParameterRef<double>>>);
  std::vector<Linear<double>> none;
  CHECK(names(none).empty());
}

TEST_CASE("a model of doubles has parameters of doubles") {
  Rng rng(1);
  struct Pair {
    Linear<double> a, b;
    auto parts() { return std::tie(a, b); }
  } pair{Linear<double>(1, 2, rng), Linear<double>(2, 1, rng)};
  static_assert(std::is_same_v<decltype(parameters(pair)), std::vector<ParameterRef<Tensor<double>>>>);
  CHECK(parameters(pair).size() == 4);
}

TEST_CASE("a module runs on tensors and on Vars alike") {
  Rng rng(1);
  Net net(rng);
  eval(net);
  const T x{{1, -2}, {0.5f, 3}};
  Graph<T> graph;
  const T inference = net(x);
  CHECK(graph.size() == 0);
  CHECK(inference.shape() == Shape{2, 1});
  CHECK(net(graph.input(x)).value() == inference);
  CHECK(graph.size() > 0);
}

TEST_CASE("every parameter of a module gets its gradient, and zero_grad() clears all") {
  Rng rng(1);
  Net net(rng);
  Graph<T> graph;
  backward(sum(net(graph.input(T{{1, -2}, {0.5f, 3}}))));
  for (const auto& [name, parameter] : named_parameters(net)) {
    const std::string& of = name;
    CAPTURE(of);
    CHECK(parameter.has_grad());
    CHECK(parameter.grad().shape() == parameter.value().shape());
  }
  zero_grad(net);
  for (const auto& parameter : parameters(net)) CHECK(!parameter.has_grad());
}

TEST_CASE("a copied module is deeply independent") {
  Rng rng(1);
  Net net(rng);
  Net copy = net;
  const auto ours = parameters(net), theirs = parameters(copy);
  for (std::size_t k = 0; k < ours.size(); ++k) {
    CHECK(ours[k].value() == theirs[k].value());
    CHECK(!(ours[k] == theirs[k]));
    theirs[k].edit().fill(0);
  }
  for (const auto& parameter : ours) CHECK(parameter.value() != T(parameter.value()) * 0);
}

TEST_CASE("a moved module keeps its parameters where they are") {
  Rng rng(1);
  Net net(rng);
  const auto before = parameters(net);
  Net moved = std::move(net);
  CHECK(parameters(moved) == before);
  std::vector<Net> nets;
  nets.push_back(std::move(moved));
  nets.emplace_back(rng);
  nets.emplace_back(rng);
  CHECK(parameters(nets[0]) == before);
}

TEST_CASE("train() and eval() reach every Dropout, however deep") {
  Rng rng(1);
  Net net(rng);
  const auto modes = [&] { return std::pair(net.dropout.training, net.head.get<Dropout>(2).training); };
  CHECK(modes() == std::pair(true, true));
  eval(net);
  CHECK(modes() == std::pair(false, false));
  train(net);
  CHECK(modes() == std::pair(true, true));
  const T x = ones({50, 2});
  CHECK(net(x) != net(x));
  eval(net);
  CHECK(net(x) == net(x));
}

TEST_CASE("a module of your own may have a training mode") {
  struct Wrapped {
    Noise noise;
    Parameter<T> p{T{1}};
    auto parts() { return std::tie(noise, p); }
  } wrapped;
  eval(wrapped);
  CHECK(!wrapped.noise.training);
  train(wrapped);
  CHECK(wrapped.noise.training);
}

TEST_CASE("a frozen part is a constant to backward()") {
  Rng rng(1);
  Net net(rng);
  for (const auto& parameter : parameters(net.blocks[0])) parameter.requires_grad(false);
  Graph<T> graph;
  backward(sum(net(graph.input(T{{1, 2}}))));
  CHECK(!net.blocks[0].inner.weight.has_grad());
  CHECK(net.blocks[1].inner.weight.has_grad());
}

TEST_CASE("an array of layers is a part, and a part that is listed twice counts once") {
  struct Net {
    std::array<Linear<float>, 2> hidden;
    Linear<float> output;
    auto parts() { return std::tie(hidden, output, hidden); }
  };
  Rng rng(1);
  Net net{{Linear(2, 2, rng), Linear(2, 2, rng)}, Linear(2, 1, rng)};
  CHECK(parameters(net).size() == 6);
  const auto named = named_parameters(net);
  CHECK(named.size() == 6);
  CHECK(named[3].name == "0.1.bias");
  const std::string text = summary(net);
  CHECK(text.find("15 parameters, 15 trainable") != std::string::npos);
}

TEST_CASE("an array of C is a part as std::array is, in all that goes through a model") {
  Rng rng(1);
  InArrays net{{Linear(2, 3, rng), Linear(3, 1, rng)}, {}}, other{{Linear(2, 3, rng), Linear(3, 1, rng)}, {}};
  CHECK(names(net) == std::vector<std::string>{"0.0.weight", "0.0.bias", "0.1.weight", "0.1.bias"});
  CHECK(summary(net).find("0.1: Linear(3, 1)") != std::string::npos);
  eval(net);
  CHECK(!net.noise[0][1].training);
  load_state_dict(other, state_dict(net));
  CHECK(other(T{{1, 2}}) == net(T{{1, 2}}));
}

TEST_CASE("a Tensor in parts() is a buffer: it has a name, and is no parameter") {
  struct Net {
    Linear<float> linear;
    Norm<float> norm;
    std::vector<Norm<float>> more;
    std::array<T, 2> tables{T{1}, T{2}};
    auto parts() { return std::tie(linear, norm, more, tables, norm); }
  };
  Rng rng(1);
  Net net{Linear(2, 2, rng), {}, std::vector<Norm<float>>(2)};
  CHECK(buffer_names(net) == std::vector<std::string>{"1.running_mean", "1.running_var", "2.0.running_mean",
                                                      "2.0.running_var", "2.1.running_mean", "2.1.running_var", "3.0",
                                                      "3.1"});
  CHECK(names(net) == std::vector<std::string>{"0.weight", "0.bias", "1.weight", "2.0.weight", "2.1.weight"});
  CHECK(parameters(net).size() == 5);
  const auto named = named_buffers(net);
  CHECK(named[1].buffer == &net.norm.running_var);
  CHECK(named[7].buffer == &net.tables[1]);
  const std::vector<T*> all = buffers(net);
  REQUIRE(all.size() == 8);
  for (std::size_t i = 0; i < 8; ++i) CHECK(all[i] == named[i].buffer);
}

TEST_CASE("a write to a buffer is a write to the model, and copies and moves take buffers along") {
  Norm<float> norm;
  *named_buffers(norm)[0].buffer = T{3, 4};
  CHECK(norm.running_mean == T{3, 4});
  Norm<float> copy = norm;
  buffers(copy)[0]->fill(0);
  CHECK(norm.running_mean == T{3, 4});
  Norm<float> moved = std::move(norm);
  CHECK(*buffers(moved)[0] == T{3, 4});
  moved = copy;
  CHECK(moved.running_mean == T{0, 0});
}

TEST_CASE("a model without parameters may have buffers, and one without either has an empty list of them") {
  Shift<double> shift;
  static_assert(std::is_same_v<decltype(buffers(shift)), std::vector<Tensor<double>*>>);
  CHECK(buffer_names(shift) == std::vector<std::string>{"0"});
  Tensor<float> alone{1};
  CHECK(buffer_names(alone) == std::vector<std::string>{""});
  CHECK(buffers(alone)[0] == &alone);
  ReLU relu_layer;
  CHECK(buffers(relu_layer).empty());
  Rng rng(1);
  Linear linear(2, 3, rng);
  CHECK(named_buffers(linear).empty());
  Parameter<double> number(1);
  static_assert(std::is_same_v<decltype(buffers(number)), std::vector<double*>>);
  CHECK(buffers(number).empty());
}

TEST_CASE("train() and eval() reach modules in modules, vectors and arrays, and the module itself") {
  struct Branch {
    std::vector<Noise> list = std::vector<Noise>(2);
    std::array<Norm<float>, 2> pair{};
    std::vector<std::array<Noise, 1>> nested = std::vector<std::array<Noise, 1>>(1);
    bool training = true;
    auto parts() { return std::tie(list, pair, nested); }
  };
  struct Tree {
    Branch branch;
    std::vector<Branch> branches = std::vector<Branch>(1);
    Parameter<T> p{T{1}};
    Noise unlisted;
    auto parts() { return std::tie(branch, branches, p); }
  } tree;
  const auto modes = [](const Branch& b) {
    return std::vector<bool>{b.training,         b.list[0].training, b.list[1].training,
                             b.pair[0].training, b.pair[1].training, b.nested[0][0].training};
  };
  eval(tree);
  CHECK(modes(tree.branch) == std::vector<bool>(6, false));
  CHECK(modes(tree.branches[0]) == std::vector<bool>(6, false));
  CHECK(tree.unlisted.training);
  train(tree.branch);
  CHECK(modes(tree.branch) == std::vector<bool>(6, true));
  CHECK(modes(tree.branches[0]) == std::vector<bool>(6, false));
  train(tree);
  CHECK(modes(tree.branches[0]) == std::vector<bool>(6, true));
  std::vector<Noise> list(2);
  eval(list);
  CHECK(!list[1].training);
}
