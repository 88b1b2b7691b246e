#include <doctest/doctest.h>

#include <limits>
#include <minigrad/graph/backward.hpp>
#include <minigrad/nn/checks.hpp>
#include <minigrad/nn/losses.hpp>
#include <minigrad/nn/sequential.hpp>
#include <string>
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
  parameters(other)[2].value()[1] = std::numeric_limits<float>::infinity();
  CHECK_THROWS_WITH_AS(backward(sum(other(graph.input({{1, 2}})))),
                       "minigrad: detect_anomaly: the parameter 2.weight holds inf at (0, 1)", AnomalyError);
}
