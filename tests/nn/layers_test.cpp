#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <minigrad/diff/check_grads.hpp>
#include <minigrad/diff/checkpoint.hpp>
#include <minigrad/diff/grad.hpp>
#include <minigrad/graph/capture.hpp>
#include <minigrad/nn/layers.hpp>
#include <minigrad/tensor/create.hpp>
#include <string>
#include <vector>

#include "../support/fixture.hpp"

using namespace minigrad;

namespace {

const support::Fixture fixture = support::read_fixture("losses.txt");

/// To 12 digits, or in float to 5 of the largest number.
template <class T>
void check_agrees(const Tensor<T>& ours, const std::vector<double>& expected) {
  REQUIRE(ours.size() == expected.size());
  double largest = 0;
  for (const double value : expected) largest = (std::max)(largest, std::fabs(value));
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CAPTURE(i);
    CAPTURE(ours[i]);
    CAPTURE(expected[i]);
    const double error = std::fabs(static_cast<double>(ours[i]) - expected[i]);
    if constexpr (sizeof(T) == 8) CHECK(error <= 1e-12 * (std::max)(std::fabs(expected[i]), 1e-3));
    else CHECK(error <= 1e-5 * largest);
  }
}
template <class T>
Tensor<T> tensor(const Shape& shape, const std::vector<double>& numbers) {
  return Tensor<double>::from(shape, numbers).to<T>();
}

/// A layer of activations against its function: on a tensor, and with its gradient on a Var.
template <class Layer, class Function>
void compare(const std::string& name, const Layer& layer, const Function& function) {
  CAPTURE(name);
  CHECK(layer.describe() == name);
  const Tensor<float> x{{-2, -0.5f, 0}, {0.25f, 1, 3}};
  CHECK(layer(x) == function(x));
  Graph<Tensor<float>> graph;
  const auto a = graph.variable(x), b = graph.variable(x);
  const auto weights = graph.input(Tensor<float>{{1, 2, 3}, {4, 5, 6}});
  CHECK(layer(a).value() == function(x));
  backward(sum(layer(a) * weights) + sum(function(b) * weights));
  CHECK(a.grad() == b.grad());
}

}  // namespace

TEST_CASE_TEMPLATE("Linear gives y = x W' + b with PyTorch's numbers and gradients", T, double, float) {
  const std::size_t compared =
      support::for_each_case(fixture, "linear/", [](const std::string& name, const support::Case& one) {
        CAPTURE(name);
        Rng rng(1);
        Linear<T> linear(3, 2, rng);
        linear.weight.set_value(tensor<T>({2, 3}, one.numbers("weight")));
        linear.bias.set_value(tensor<T>({2}, one.numbers("bias")));
        Shape shape;  // of x, which may have any number of leading axes
        for (const double extent : one.numbers("shape")) shape.push_back(static_cast<std::size_t>(extent));
        const Tensor<T> x = tensor<T>(shape, one.numbers("x"));
        Graph<Tensor<T>> graph;
        const auto input = graph.variable(x);
        const auto y = linear(input);
        check_agrees(y.value(), one.numbers("y"));
        check_agrees(linear(x), one.numbers("y"));
        backward(sum(y * tensor<T>(y.value().shape(), one.numbers("upstream"))));
        check_agrees(input.grad(), one.numbers("grad_x"));
        check_agrees(linear.weight.grad(), one.numbers("grad_weight"));
        check_agrees(linear.bias.grad(), one.numbers("grad_bias"));
      });
  CHECK(compared == 4);
}

TEST_CASE_TEMPLATE("the layers of activations have PyTorch's numbers and gradients", T, double, float) {
  const auto compare_with = [](const char* name, const auto& layer) {
    CAPTURE(name);
    const support::Case& one = fixture.at(name);
    const bool rows = one.has("grad_x");  // softmax: [2, 3], and a gradient for (k + 1) / 4 as upstream
    const Tensor<T> x = tensor<T>(rows ? Shape{2, 3} : Shape{one.numbers("x").size()}, one.numbers("x"));
    Tensor<T> upstream = x * 0 + 1;
    for (std::size_t k = 0; rows && k < x.size(); ++k) upstream[k] = static_cast<T>(k + 1) / 4;
    Graph<Tensor<T>> graph;
    const auto input = graph.variable(x);
    check_agrees(layer(input).value(), one.numbers("y"));
    check_agrees(layer(x), one.numbers("y"));
    backward(sum(layer(input) * upstream));
    check_agrees(input.grad(), one.numbers(rows ? "grad_x" : "dy"));
  };
  compare_with("activation/relu", ReLU());
  compare_with("activation/leaky_relu/0.01", LeakyReLU());
  compare_with("activation/leaky_relu/0.2", LeakyReLU{0.2});
  compare_with("activation/elu/1", ELU());
  compare_with("activation/elu/0.5", ELU{0.5});
  compare_with("activation/tanh", Tanh());
  compare_with("activation/sigmoid", Sigmoid());
  compare_with("activation/softplus", Softplus());
  compare_with("activation/gelu", GELU());
  compare_with("activation/silu", SiLU());
  compare_with("softmax", Softmax());
  compare_with("log_softmax", LogSoftmax());
}

TEST_CASE("Linear's weight is [out, in] and its bias [out]") {
  Rng rng(1);
  const Linear linear(3, 5, rng);
  CHECK(linear.weight.value().shape() == Shape{5, 3});
  CHECK(linear.bias.value().shape() == Shape{5});
  CHECK(linear.describe() == "Linear(3, 5)");
}

TEST_CASE("Linear takes any number of leading axes, also none and empty ones") {
  Rng rng(1);
  const Linear linear(3, 5, rng);
  const Tensor<float> x = uniform({4, 2, 3}, -1, 1, rng), y = linear(x);
  CHECK(y.shape() == Shape{4, 2, 5});
  const Tensor<float> rows = linear(x.reshape({8, 3}));
  CHECK(y.reshape({8, 5}) == rows);
  CHECK(linear(Tensor<float>{1, 2, 3}).shape() == Shape{5});
  CHECK(linear(Tensor<float>::empty({0, 3})).shape() == Shape{0, 5});
}

TEST_CASE("Linear starts within 1 / sqrt(in), as PyTorch's, and fills that range") {
  Rng rng(1);
  const double bound = fixture.at("init/linear_64").number("bound");
  const Linear<double> linear(64, 2000, rng);
  double largest = 0, squares = 0;
  for (const double w : linear.weight.value()) {
    largest = (std::max)(largest, std::fabs(w));
    squares += w * w;
  }
  CHECK(largest <= bound);
  CHECK(largest > 0.999 * bound);
  CHECK(squares / 128000 == doctest::Approx(bound * bound / 3).epsilon(0.02));
  for (const double b : linear.bias.value()) CHECK(std::fabs(b) <= bound);
  CHECK(linear.bias.value() != linear.bias.value() * 0);
}

TEST_CASE("one seed makes one layer, in float the rounded one of double") {
  Rng a(5), b(5), c(5);
  const Linear x(4, 3, a), y(4, 3, b);
  const Linear<double> z(4, 3, c);
  CHECK(x.weight.value() == y.weight.value());
  CHECK(x.weight.value() == z.weight.value().to<float>());
  const Linear next(4, 3, a);
  CHECK(next.weight.value() != x.weight.value());
}

TEST_CASE("Linear's gradients are those of finite differences, to the second order") {
  Rng rng(1);
  const auto f = [](const auto& x, const auto& w, const auto& b) { return sum(tanh(linear(x, w, b))); };
  check_grads(
      f, {uniform<double>({4, 3}, -1, 1, rng), uniform<double>({2, 3}, -1, 1, rng), uniform<double>({2}, -1, 1, rng)},
      2);
}

TEST_CASE("Linear says which sizes do not fit") {
  Rng rng(1);
  CHECK_THROWS_WITH_AS(Linear(0, 5, rng),
                       "minigrad: Linear: 0 inputs and 5 outputs: both must be at least 1",
                       ValueError);
  CHECK_THROWS_WITH_AS(Linear(std::size_t{0} - 1, 1, rng),
                       "minigrad: Linear: -1 inputs and 1 outputs: both must be at least 1",
                       ValueError);
  CHECK_THROWS_WITH_AS(Linear(1, std::size_t{0} - 2, rng),
                       "minigrad: Linear: 1 inputs and -2 outputs: both must be at least 1",
                       ValueError);
  CHECK_THROWS_WITH_AS(Linear(3, 0, rng),
                       "minigrad: Linear: 3 inputs and 0 outputs: both must be at least 1",
                       ValueError);
  const Linear linear(3, 5, rng);
  CHECK_THROWS_WITH_AS(
      linear(Tensor<float>::empty({4, 2})),
      "minigrad: linear: x [4, 2] and weight [5, 3]: the last extent of x must be 3, the weight's second", ShapeError);
  CHECK_THROWS_WITH_AS(linear(Tensor<float>::scalar(2)),
                       "minigrad: linear: x [] and weight [5, 3]: the last extent of x must be 3, the weight's second",
                       ShapeError);
  Graph<Tensor<float>> graph;
  CHECK_THROWS_WITH_AS(
      linear(graph.input(Tensor<float>::empty({4, 2}))),
      "minigrad: linear: x [4, 2] and weight [5, 3]: the last extent of x must be 3, the weight's second", ShapeError);
  const Linear<float> without(4, 2, rng, {.bias = false});
  Graph<Tensor<float>> other;
  const char* const wanted =
      "minigrad: linear: x [2, 3] and weight [2, 4]: the last extent of x must be 4, the weight's second";
  CHECK_THROWS_WITH_AS(without(zeros({2, 3})), wanted, ShapeError);
  CHECK_THROWS_WITH_AS(without(other.variable(zeros({2, 3}))), wanted, ShapeError);
}

TEST_CASE("Embedding gives the rows of its weight, and adds up the gradients of a row that was picked twice") {
  Rng rng(1);
  Embedding embedding(3, 2, rng);
  embedding.weight.set_value({{1, 2}, {3, 4}, {5, 6}});
  const Tensor<std::int64_t> tokens{2, 0, 2};
  CHECK(embedding(tokens) == Tensor<float>{{5, 6}, {1, 2}, {5, 6}});
  CHECK(embedding(Tensor<std::int64_t>::empty({0})).shape() == Shape{0, 2});
  Graph<Tensor<float>> graph;
  const auto y = embedding(graph.input(tokens));
  CHECK(y.value() == embedding(tokens));
  backward(sum(y * Tensor<float>{{1, 2}, {30, 40}, {500, 600}}));
  CHECK(embedding.weight.grad() == Tensor<float>{{30, 40}, {0, 0}, {501, 602}});
  CHECK(embedding.describe() == "Embedding(3, 2)");
  CHECK(named_parameters(embedding)[0].name == "weight");
}

TEST_CASE("Embedding starts with N(0, 1), as PyTorch's, the same for the same seed") {
  Rng rng(1), same(1);
  const Embedding<double> embedding(100, 200, rng), other(100, 200, same);
  CHECK(embedding.weight.value().shape() == Shape{100, 200});
  CHECK(embedding.weight.value() == other.weight.value());
  CHECK(mean(embedding.weight.value()).item() == doctest::Approx(0).scale(1).epsilon(0.02));
  CHECK(var(embedding.weight.value()).item() == doctest::Approx(1).epsilon(0.03));
}

TEST_CASE("Embedding says which sizes and which numbers do not fit") {
  Rng rng(1);
  CHECK_THROWS_WITH_AS(Embedding(0, 5, rng),
                       "minigrad: Embedding: 0 rows of width 5: both must be at least 1",
                       ValueError);
  CHECK_THROWS_WITH_AS(Embedding(std::size_t{0} - 3, 5, rng),
                       "minigrad: Embedding: -3 rows of width 5: both must be at least 1",
                       ValueError);
  CHECK_THROWS_WITH_AS(Embedding(3, std::size_t{0} - 5, rng),
                       "minigrad: Embedding: 3 rows of width -5: both must be at least 1",
                       ValueError);
  CHECK_THROWS_WITH_AS(Embedding(3, 0, rng),
                       "minigrad: Embedding: 3 rows of width 0: both must be at least 1",
                       ValueError);
  const Embedding embedding(10, 3, rng);
  const char* const message = "minigrad: Embedding: index 10 in row 1, but there are 10 rows, from 0";
  CHECK_THROWS_WITH_AS(embedding(Tensor<std::int64_t>{0, 10}), message, IndexError);
  Graph<Tensor<float>> graph;
  CHECK_THROWS_WITH_AS(embedding(graph.input(Tensor<std::int64_t>{0, 10})), message, IndexError);
  CHECK_THROWS_AS(embedding(Tensor<std::int64_t>{-1}), IndexError);
}

namespace {

/// The sum of a number for each of a row's words.
struct Words {
  Embedding<double> embedding;
  Linear<double> output;
  explicit Words(Rng& rng) : embedding(5, 3, rng), output(3, 1, rng) {}
  auto operator()(const auto& tokens) const { return output(tanh(embedding(tokens))); }
  auto parts() { return std::tie(embedding, output); }
};

}  // namespace

TEST_CASE("a model with an Embedding, captured, reads the numbers of each step") {
  Rng rng(1);
  Words model(rng), copy = model;
  const Tensor<std::int64_t> batches[] = {{0, 1, 1}, {4, 3, 2}, {2, 2, 2}};
  auto step = capture<Tensor<double>>([&](const auto& tokens) { return mean(square(model(tokens))); }, batches[0]);
  Graph<Tensor<double>> graph;
  for (const auto& tokens : batches) {
    graph.clear();
    const auto loss = mean(square(copy(graph.input(tokens))));
    CHECK(step(tokens) == loss.value());
    zero_grad(model);
    zero_grad(copy);
    step.backward();
    backward(loss);
    for (std::size_t k = 0; k < 3; ++k) CHECK(parameters(model)[k].grad() == parameters(copy)[k].grad());
  }
  CHECK_THROWS_AS(step({0, 5, 0}), IndexError);
}

TEST_CASE("activations as layers are the functions") {
  compare("ReLU", ReLU(), [](const auto& x) { return relu(x); });
  compare("LeakyReLU(0.01)", LeakyReLU(), [](const auto& x) { return leaky_relu(x, 0.01); });
  compare("LeakyReLU(0.2)", LeakyReLU{0.2}, [](const auto& x) { return leaky_relu(x, 0.2); });
  compare("ELU(1)", ELU(), [](const auto& x) { return elu(x); });
  compare("ELU(0.5)", ELU{0.5}, [](const auto& x) { return elu(x, 0.5); });
  compare("Tanh", Tanh(), [](const auto& x) { return tanh(x); });
  compare("Sigmoid", Sigmoid(), [](const auto& x) { return sigmoid(x); });
  compare("Softplus", Softplus(), [](const auto& x) { return softplus(x); });
  compare("GELU", GELU(), [](const auto& x) { return gelu(x); });
  compare("SiLU", SiLU(), [](const auto& x) { return silu(x); });
  compare("Softmax", Softmax(), [](const auto& x) { return softmax(x, 1); });
  compare("LogSoftmax", LogSoftmax(), [](const auto& x) { return log_softmax(x, 1); });
  compare("Softmax(0)", Softmax{0}, [](const auto& x) { return softmax(x, 0); });
  compare("LogSoftmax(0)", LogSoftmax{0}, [](const auto& x) { return log_softmax(x, 0); });
}

TEST_CASE("Dropout in training mode zeroes the share p and keeps the mean") {
  Rng rng(1);
  const Dropout dropout(0.25, rng);
  const Tensor<double> x = full<double>({200, 500}, 3.0), y = dropout(x);
  std::size_t zeros = 0, fours = 0;
  double total = 0;
  for (const double value : y) {
    zeros += value == 0;
    fours += value == 4;
    total += value;
  }
  CHECK(zeros + fours == y.size());
  CHECK(static_cast<double>(zeros) / 1e5 == doctest::Approx(0.25).epsilon(0.02));
  CHECK(total / 1e5 == doctest::Approx(3).epsilon(0.01));
}

TEST_CASE("Dropout passes the gradient where it passed the value") {
  Rng rng(1);
  const Dropout dropout(0.5, rng);
  Graph<Tensor<float>> graph;
  const auto x = graph.variable(ones({4, 5}));
  const auto y = dropout(x);
  backward(sum(y));
  CHECK(x.grad() == y.value());
}

TEST_CASE("Dropout in evaluation mode, and with p = 0, does nothing and records nothing") {
  Rng rng(1);
  Dropout dropout(0.5, rng), none(0, rng);
  eval(dropout);
  const Tensor<float> x{{1, 2}, {3, 4}};
  CHECK(dropout(x) == x);
  CHECK(none(x) == x);
  Graph<Tensor<float>> graph;
  const auto v = graph.variable(x);
  CHECK(dropout(v).id() == v.id());
  CHECK(none(v).id() == v.id());
  CHECK(graph.size() == 1);
  train(dropout);
  CHECK(dropout(ones({100})) != ones({100}));
}

TEST_CASE("Dropout draws anew at each call, and the same again for the same seed") {
  Rng a(3), b(3);
  const Dropout first(0.5, a), second(0.5, b), third(0.5, a);
  const Tensor<float> x = ones({100}), y = first(x);
  CHECK(y == second(x));
  CHECK(first(x) != y);
  CHECK(third(x) != y);  // each layer has a stream of its own
}

TEST_CASE("Dropout on a Var draws what it draws on a Tensor") {
  Rng a(3), b(3);
  const Dropout first(0.5, a), second(0.5, b);
  const Tensor<float> x = ones({100});
  Graph<Tensor<float>> graph;
  for (int call = 0; call < 3; ++call) CHECK(first(graph.input(x)).value() == second(x));
}

TEST_CASE("a captured Dropout draws anew in each run, as many numbers as without") {
  Rng a(3), b(3);
  Dropout dropout(0.5, a), eager(0.5, b);
  const Tensor<float> x = ones({100});
  auto step = capture([&](const auto& v) { return dropout(v); }, x);
  CHECK(step.value() == eager(x));
  for (int run = 0; run < 3; ++run) {
    const Tensor<float> before = step.value();
    CHECK(step(x) == eager(x));
    CHECK(step.value() != before);
    CHECK_NOTHROW(step.check(x));  // which draws nothing
  }
}

namespace {

struct Noisy {
  Dropout dropout;
  Parameter<Tensor<float>> w{Tensor<float>{2}};
  auto operator()(const auto& x) const { return dropout(x * w); }
  auto parts() { return std::tie(dropout, w); }
};

}  // namespace

TEST_CASE("a captured Dropout refuses a run in another mode than it was recorded in") {
  const char* const message =
      "minigrad: replay: the mode of a layer has changed since the step was recorded, by train() or eval(): change it "
      "back, or record the step again, by capture()";
  Rng rng(3);
  Noisy model{Dropout(0.5, rng)};
  const Tensor<float> x = ones({10});
  const auto record = [&] { return capture([&](const auto& v) { return sum(model(v)); }, x); };
  auto training = record();
  eval(model);
  CHECK_THROWS_WITH_AS(training(x), message, GraphError);
  auto evaluation = record();  // which recorded no op of the layer
  CHECK(evaluation(x).item() == 20);
  train(model);
  CHECK_THROWS_WITH_AS(evaluation(x), message, GraphError);
  CHECK_NOTHROW(training(x));
}

TEST_CASE("Dropout in a checkpoint draws the same numbers again for the gradient") {
  const auto gradient = [](bool saves_memory) {
    Rng rng(3);
    const Dropout dropout(0.5, rng);
    const auto layer = [&](const auto& v) { return square(dropout(v)); };
    Graph<Tensor<float>> graph;
    const auto x = graph.variable(uniform({50}, 1, 2, rng));
    for (int call = 0; call < 2; ++call) backward(sum(saves_memory ? checkpoint(layer, x) : layer(x)));
    return x.grad();
  };
  CHECK(gradient(true) == gradient(false));
}

TEST_CASE("Dropout says which p it cannot take") {
  Rng rng(1);
  CHECK_THROWS_WITH_AS(Dropout(1, rng), "minigrad: Dropout: p is 1, and must be at least 0 and less than 1",
                       ValueError);
  CHECK_THROWS_WITH_AS(Dropout(-0.1, rng), "minigrad: Dropout: p is -0.1, and must be at least 0 and less than 1",
                       ValueError);
  CHECK(Dropout(0.1, rng).describe() == "Dropout(0.1)");
}
