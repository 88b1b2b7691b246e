#include <minigrad/minigrad.hpp>

#include <doctest/doctest.h>

#include <string>

#include "../support/message.hpp"

using namespace minigrad;
using support::message;

namespace {

struct Net {
  Linear<float> hidden, output;
  Tensor<float> mean;
  explicit Net(Rng& rng) : hidden(2, 3, rng), output(3, 1, rng), mean{5, 6} {}
  auto operator()(const auto& x) const { return output(tanh(hidden(x - mean))); }
  auto parts() { return std::tie(hidden, output, mean); }
  static constexpr const char* part_names[] = {"hidden", "output", "mean"};
};

struct Tied {
  Linear<float> line;
  auto operator()(const auto& x) const { return line(line(x)); }
  auto parts() { return std::tie(line.weight, line.bias, line.weight); }
  static constexpr const char* part_names[] = {"a", "bias", "b"};
};

struct Line {
  Parameter<double> a{2}, b{1};
  auto operator()(const auto& x) const { return a * x + b; }
  auto parts() { return std::tie(a, b); }
};

std::string names(const StateDict& state) {
  std::string out;
  for (const StateEntry& entry : state)
    out += entry.name + " " + to_string(entry.dtype) + " " + to_string(entry.shape) + "\n";
  return out;
}

}  // namespace

TEST_CASE("state_dict names parameters and buffers as PyTorch does for the same structure") {
  Rng rng(0);
  Net net(rng);
  CHECK(names(state_dict(net)) ==
        "hidden.weight F32 [3, 2]\nhidden.bias F32 [3]\noutput.weight F32 [1, 3]\noutput.bias F32 [1]\nmean F32 [2]\n");
  Sequential model{Linear<double>(2, 1, rng), Tanh(), Dropout(0.5, rng), Sequential{Linear<double>(1, 1, rng)}};
  CHECK(names(state_dict(model)) ==
        "0.weight F64 [1, 2]\n0.bias F64 [1]\n3.0.weight F64 [1, 1]\n3.0.bias F64 [1]\n");
}

TEST_CASE("the state of a const model is that of the model") {
  Rng rng(0);
  const Sequential model{Linear(2, 1, rng), Dropout(0.5, rng), Net(rng)};
  Sequential other = model;
  CHECK(names(state_dict(model)) == names(state_dict(other)));
  CHECK(generator_state_dict(model).size() == generator_state_dict(other).size());
  load_state_dict(other, state_dict(model));
  const Tensor<float> weight = model.get<Linear<float>>(0).weight.value();
  CHECK(state_dict(model).get<float>("0.weight") == weight);
}

TEST_CASE("a state may be added to itself under a prefix") {
  StateDict state;
  for (int k = 0; k < 9; ++k) state.add(detail::concat({"t", k}), Tensor<float>{static_cast<float>(k), 1});
  for (int k = 0; k < 9; ++k) state.metadata(detail::concat({"m", k}), detail::concat({"text ", k}));
  state.add("again.", state);
  CHECK(state.size() == 18);
  CHECK(state.metadata().size() == 18);
  for (int k = 0; k < 9; ++k) {
    CHECK(state.get<float>(detail::concat({"again.t", k})) == Tensor<float>{static_cast<float>(k), 1});
    CHECK(state.metadata(detail::concat({"again.m", k})) == detail::concat({"text ", k}));
  }
}

TEST_CASE("a model that loads the state of another computes the same, and keeps its parameters") {
  Rng rng(0);
  Net a(rng), b(rng);
  a.mean = {1, 2};
  const Tensor<float> x{{1, 2}, {3, 4}};
  REQUIRE_FALSE(a(x) == b(x));
  const auto before = parameters(b);
  const std::uint64_t version = b.hidden.weight.version();
  load_state_dict(b, state_dict(a));
  CHECK(a(x) == b(x));
  CHECK(parameters(b) == before);
  CHECK(b.hidden.weight.version() == version + 1);  // a graph that has recorded the old value notices
}

TEST_CASE("an error of load_state_dict lists all that differs, and the model is unchanged") {
  Rng rng(0);
  Sequential model{Linear(2, 3, rng), Linear(3, 1, rng)};
  StateDict state;
  state.add("0.weight", Tensor<float>{{1, 2}});
  state.add("0.bias", Tensor<float>{1, 2, 3});
  state.add("1.weight", Tensor<double>{{1, 2, 3}});
  state.add("2.weight", Tensor<float>{1});
  state.add("2.bias", Tensor<float>{1});
  const Tensor<float> bias = model.get<Linear<float>>(0).bias.value();
  CHECK(message([&] { load_state_dict(model, state); }) ==
        "minigrad: load_state_dict: the state does not fit: missing: 1.bias; unexpected: 2.weight, 2.bias; 0.weight is "
        "F32 [1, 2] in the state, and F32 [3, 2] here, 1.weight is F64 [1, 3] in the state, and F32 [1, 3] here");
  CHECK(model.get<Linear<float>>(0).bias.value() == bias);

  const StateDifferences found = load_state_dict(model, state, not_strict);
  CHECK(found.missing == std::vector<std::string>{"1.bias"});
  CHECK(found.unexpected == std::vector<std::string>{"2.weight", "2.bias"});
  CHECK(found.mismatched.size() == 2);
  CHECK(model.get<Linear<float>>(0).bias.value() == Tensor<float>{1, 2, 3});
}

TEST_CASE("a tied weight appears under both names, and may be loaded from one") {
  Rng rng(0);
  Tied tied{Linear(1, 1, rng)};
  CHECK(names(state_dict(tied)) == "a F32 [1, 1]\nbias F32 [1]\nb F32 [1, 1]\n");
  load_state_dict(tied, state_dict(tied));
  StateDict one;
  one.add("bias", Tensor<float>{1});
  one.add("b", Tensor<float>{{7}});
  load_state_dict(tied, one);
  CHECK(tied.line.weight.value().item() == 7);
  one.add("a", Tensor<float>{{8}});
  CHECK(message([&] { load_state_dict(tied, one); }) ==
        "minigrad: load_state_dict: the state does not fit: b and a differ, and are one tensor here");
}

TEST_CASE("a model of numbers has numbers as its state") {
  Line line, other;
  line.a.set_value(5);
  load_state_dict(other, state_dict(line));
  CHECK(other.a.value() == 5);
}

TEST_CASE("the generators of Dropout layers are kept, and draw the same afterwards") {
  Rng rng(0);
  Sequential model{Dropout(0.5, rng), Sequential{Dropout(0.25, rng)}};
  const Tensor<float> x = ones({1000});
  model(x);
  const StateDict state = generator_state_dict(model);
  CHECK(names(state) == "0.generator I64 [6]\n1.0.generator I64 [6]\n");
  const Tensor<float> y = model(x);
  REQUIRE_FALSE(model(x) == y);
  load_generator_state_dict(model, state);
  CHECK(model(x) == y);
  CHECK(message([&] { load_generator_state_dict(model, state.part("1.")); }) ==
        "minigrad: load_generator_state_dict: the state does not fit: missing: 1.0.generator");
}
