#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <minigrad/diff/checkpoint.hpp>
#include <minigrad/diff/grad.hpp>
#include <minigrad/nn/checks.hpp>
#include <minigrad/nn/losses.hpp>
#include <minigrad/nn/sequential.hpp>
#include <minigrad/tensor/create.hpp>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

using namespace minigrad;
using T = Tensor<float>;

namespace {

struct Net {
  Linear<float> hidden, output;
  Parameter<T> scale{T{1}};

  explicit Net(Rng& rng) : hidden(2, 3, rng), output(3, 1, rng) {}
  auto operator()(const auto& x) const { return output(relu(hidden(x))) * scale; }
};
struct Whole : Net {
  using Net::Net;
  auto parts() { return std::tie(hidden, output, scale); }
};
struct ForgetsScale : Net {
  using Net::Net;
  auto parts() { return std::tie(hidden, output); }
};
struct ForgetsHidden : Net {
  using Net::Net;
  auto parts() { return std::tie(output, scale); }
};
struct TwoInputs {
  Parameter<T> a{T{1}}, b{T{2}};
  auto operator()(const auto& x, const auto& y) const { return x * a + y * b; }
  auto parts() { return std::tie(a); }
};

/// Two inputs, one of them of whole numbers.
struct TokensAndNumbers {
  Embedding<float> embedding;
  Linear<float> layer;
  explicit TokensAndNumbers(Rng& rng) : embedding(4, 3, rng), layer(3, 2, rng) {}
  auto operator()(const auto& x, const auto& tokens) const { return layer(x + embedding(tokens)); }
  auto parts() { return std::tie(embedding, layer); }
};

/// What it computes with `lost` gives a constant, or is not used.
struct Loses {
  Linear<float> layer, lost;
  enum { as_values, unused, in_a_checkpoint } how;
  explicit Loses(Rng& rng) : layer(2, 3, rng), lost(3, 1, rng), how(as_values) {}
  auto operator()(const auto& x) const {
    const auto y = layer(x);
    if (how == as_values) return y * sum(lost.weight.value());
    if (how == unused) lost(y);
    if (how == in_a_checkpoint) return checkpoint(lost, y);
    return y;
  }
  auto parts() { return std::tie(layer, lost); }
};

/// Its second Dropout stays in the mode that it has.
struct ForgetsDropout {
  Linear<float> layer;
  Dropout listed, drop;
  bool in_a_checkpoint = false;
  explicit ForgetsDropout(Rng& rng) : layer(2, 2, rng), listed(0.5, rng), drop(0.5, rng) {}
  auto operator()(const auto& x) const {
    const auto y = listed(layer(x));
    return in_a_checkpoint ? checkpoint(drop, y) : drop(y);
  }
  auto parts() { return std::tie(layer, listed); }
};

/// Several outputs.
struct TwoHeads {
  Linear<float> a, b;
  explicit TwoHeads(Rng& rng) : a(2, 1, rng), b(2, 1, rng) {}
  auto operator()(const auto& x) const { return std::pair(a(x), std::vector{b(x)}); }
  auto parts() { return std::tie(a, b); }
};

}  // namespace

TEST_CASE("check_parts() accepts models whose parts() list all that they compute with") {
  Rng rng(1);
  Whole net(rng);
  CHECK_NOTHROW(check_parts(net, T{{1, 2}}));
  Sequential model{Linear(2, 3, rng), ReLU(), Whole(rng).output};
  CHECK_NOTHROW(check_parts(model, T{{1, 2}, {3, 4}}));
  CHECK(!parameters(net)[0].has_grad());
}

TEST_CASE("check_parts() finds the parameter that parts() forgot, and tells its shape and where it is used") {
  Rng rng(1);
  ForgetsScale net(rng);
  CHECK_THROWS_WITH_AS(check_parts(net, T{{1, 2}}),
                       "minigrad: check_parts: the model computes with a parameter of shape [1], after 1.bias, that its "
                       "parts() do not list: no optimizer would train it",
                       ValueError);
  ForgetsHidden other(rng);
  CHECK_THROWS_WITH_AS(check_parts(other, T{{1, 2}}),
                       "minigrad: check_parts: the model computes with a parameter of shape [3, 2] that its parts() do "
                       "not list: no optimizer would train it",
                       ValueError);
  Sequential model{Linear(2, 2, rng), ForgetsScale(rng)};
  CHECK_THROWS_WITH_AS(check_parts(model, T{{1, 2}}),
                       "minigrad: check_parts: the model computes with a parameter of shape [1], after 1.1.bias, that "
                       "its parts() do not list: no optimizer would train it",
                       ValueError);
}

TEST_CASE("check_parts() takes as many inputs as the model, and lets frozen parameters be missing") {
  TwoInputs model;
  CHECK_THROWS_AS(check_parts(model, T{1}, T{2}), ValueError);
  model.b.requires_grad(false);
  CHECK_NOTHROW(check_parts(model, T{1}, T{2}));
}

TEST_CASE("check_parts() takes whole numbers beside others") {
  Rng rng(1);
  TokensAndNumbers model(rng);
  CHECK_NOTHROW(check_parts(model, ones({2, 3}), Tensor<std::int64_t>{3, 0}));
  Embedding embedding(4, 3, rng);
  CHECK_NOTHROW(check_parts(embedding, Tensor<std::int64_t>{3, 0}));
}

TEST_CASE("check_parts() names the parameters that the output does not depend on") {
  Rng rng(1);
  Loses model(rng);
  const std::string why =
      ": no optimizer would train them; in a layer called on x, a Parameter w that meets only Tensors gives a constant: "
      "take operand(w, x), which is w in the graph of x; freeze what is not to be trained";
  const std::string message =
      "minigrad: check_parts: the model's output does not depend on the parameters 1.weight, 1.bias" + why;
  CHECK_THROWS_WITH_AS(check_parts(model, T{{1, 2}}), message.c_str(), ValueError);
  model.how = Loses::unused;
  CHECK_THROWS_WITH_AS(check_parts(model, T{{1, 2}}), message.c_str(), ValueError);
  model.lost.bias.requires_grad(false);
  CHECK_THROWS_WITH_AS(check_parts(model, T{{1, 2}}),
                       "minigrad: check_parts: the model's output does not depend on the parameter 1.weight: no optimizer "
                       "would train it; in a layer called on x, a Parameter w that meets only Tensors gives a constant: "
                       "take operand(w, x), which is w in the graph of x; freeze what is not to be trained",
                       ValueError);
  model.lost.weight.requires_grad(false);
  CHECK_NOTHROW(check_parts(model, T{{1, 2}}));
  model = Loses(rng);
  model.how = Loses::in_a_checkpoint;
  CHECK_NOTHROW(check_parts(model, T{{1, 2}}));
  TwoHeads heads(rng);
  CHECK_NOTHROW(check_parts(heads, T{{1, 2}}));
}

TEST_CASE("check_parts() finds a layer with a mode that parts() forgot, and leaves all modes") {
  Rng rng(1);
  ForgetsDropout net(rng);
  const char* const why =
      "minigrad: check_parts: the model calls a layer with a mode, as Dropout has one, that its parts() do not list: "
      "eval() does not reach it, and leaves it in training mode";
  CHECK_THROWS_WITH_AS(check_parts(net, T{{1, 2}}), why, ValueError);
  CHECK((net.drop.training && net.listed.training));
  eval(net);
  CHECK_THROWS_WITH_AS(check_parts(net, T{{1, 2}}), why, ValueError);
  CHECK((net.drop.training && !net.listed.training));
  net.in_a_checkpoint = true;
  CHECK_THROWS_WITH_AS(check_parts(net, T{{1, 2}}), why, ValueError);
  net.drop.training = false;  // it may be missing as a frozen parameter may
  CHECK_NOTHROW(check_parts(net, T{{1, 2}}));
  struct Whole : ForgetsDropout {
    using ForgetsDropout::ForgetsDropout;
    auto parts() { return std::tie(layer, listed, drop); }
  } whole(rng);
  whole.drop.training = false;  // each layer a mode of its own
  CHECK_NOTHROW(check_parts(whole, T{{1, 2}}));
  CHECK((!whole.drop.training && whole.listed.training));
  eval(whole);
  CHECK_NOTHROW(check_parts(whole, T{{1, 2}}));
  Sequential model{whole, Dropout(0.5, rng)};
  CHECK_NOTHROW(check_parts(model, T{{1, 2}}));
}

TEST_CASE("detect_anomaly() with a model names the place of an op by the model's parameters") {
  Rng rng(1);
  Sequential model{Linear(2, 3, rng), [](const auto& x) { return log(x - 100); }, Linear(3, 1, rng)};
  Graph<T> graph;
  detect_anomaly(graph, model);
  CHECK_THROWS_WITH_AS(backward(sum(model(graph.input({{1, 2}})))),
                       "minigrad: detect_anomaly: log([1, 3]) -> [1, 3] gives nan at (0, 0) (node 5, after the parameter "
                       "0.bias and before 2.weight)",
                       AnomalyError);
  Sequential other{Linear(2, 3, rng), Tanh(), Linear(3, 1, rng)};
  detect_anomaly(graph, other);
  graph.clear();
  parameters(other)[2].edit()[1] = std::numeric_limits<float>::infinity();
  CHECK_THROWS_WITH_AS(backward(sum(other(graph.input({{1, 2}})))),
                       "minigrad: detect_anomaly: the parameter 2.weight holds inf at (0, 1)",
                       AnomalyError);
}
