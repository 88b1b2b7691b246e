#include <doctest/doctest.h>

#include <cstddef>
#include <memory>
#include <minigrad/diff/grad.hpp>
#include <minigrad/graph/capture.hpp>
#include <minigrad/nn/losses.hpp>
#include <minigrad/nn/sequential.hpp>
#include <minigrad/optim/adadelta_rprop.hpp>
#include <minigrad/optim/adam.hpp>
#include <minigrad/optim/adam_variants.hpp>
#include <minigrad/optim/adaptive.hpp>
#include <minigrad/optim/sgd.hpp>
#include <string>
#include <utility>
#include <vector>

#include "../support/count_allocations.hpp"
#include "../support/optimizer_case.hpp"

using namespace minigrad;
using support::add_gradient;
using support::agrees;

namespace {

/// visit(name, make) for every optimizer in every form that has a rule of its own.
template <class Visit>
void for_each_optimizer(const Visit& visit) {
  visit("SGD", [](auto& model) { return SGD(model, {.lr = 0.05}); });
  visit("SGD with momentum",
        [](auto& model) { return SGD(model, {.lr = 0.02, .momentum = 0.9, .weight_decay = 1e-3}); });
  visit("Adagrad", [](auto& model) { return Adagrad(model, {.lr = 0.1}); });
  visit("RMSprop", [](auto& model) { return RMSprop(model, {.lr = 0.01}); });
  visit("centered RMSprop",
        [](auto& model) { return RMSprop(model, {.lr = 0.01, .momentum = 0.5, .centered = true}); });
  visit("Adam", [](auto& model) { return Adam(model, {.lr = 0.02}); });
  visit("Adam with amsgrad", [](auto& model) { return Adam(model, {.lr = 0.02, .amsgrad = true}); });
  visit("AdamW", [](auto& model) { return AdamW(model, {.lr = 0.02}); });
  visit("NAdam", [](auto& model) { return NAdam(model, {.lr = 0.02}); });
  visit("RAdam", [](auto& model) { return RAdam(model, {.lr = 0.02}); });
  visit("Adamax", [](auto& model) { return Adamax(model, {.lr = 0.02}); });
  visit("Adadelta", [](auto& model) { return Adadelta(model, {.eps = 1e-3}); });
  visit("Rprop", [](auto& model) { return Rprop(model, {.lr = 0.001}); });
}

template <class T>
struct Net {
  Linear<T> hidden, output;
  explicit Net(Rng& rng) : hidden(2, 7, rng), output(7, 1, rng) {}
  auto operator()(const auto& x) const { return output(tanh(hidden(x))); }
  auto parts() { return std::tie(hidden, output); }
};

struct Tower {
  std::vector<Linear<float>> layers;
  auto operator()(const auto& x) const {
    auto y = layers[0](x);
    for (std::size_t i = 1; i < layers.size(); ++i) y = layers[i](tanh(y));
    return y;
  }
  auto parts() { return std::tie(layers); }
};

/// A layer without an assignment.
struct Scaled {
  const float by;
  Linear<float> layer;
  auto operator()(const auto& x) const { return layer(x) * by; }
  auto parts() { return std::tie(layer); }
};

/// One step of training towards y = x1 x2; returns the loss before it.
template <class T, class Model, class Optimizer>
double train_step(Model& model, Optimizer& optimizer, Graph<Tensor<T>>& graph) {
  static const Tensor<T> x{{1, 2}, {-1, 0.5}, {0.25, -2}, {1, 1}, {-1.5, -1}}, y{{2}, {-0.5}, {-0.5}, {1}, {1.5}};
  graph.clear();
  const auto loss = mse_loss(model(graph.input(x)), y);
  optimizer.zero_grad();
  backward(loss);
  optimizer.step();
  return static_cast<double>(loss.value().item());
}

}  // namespace

TEST_CASE("every optimizer makes the loss smaller, from a model or from the list of its parameters") {
  for_each_optimizer([](const std::string& name, const auto& make) {
    CAPTURE(name);
    Rng rng(1);
    Net<float> model(rng), same(model);
    auto optimizer = make(model);
    auto list = parameters(same);
    auto from_list = make(list);
    Graph<Tensor<float>> graph;
    const double first = train_step<float>(model, optimizer, graph);
    CHECK(train_step<float>(same, from_list, graph) == first);
    double last = first;
    for (int i = 0; i < 200; ++i) {
      last = train_step<float>(model, optimizer, graph);
      REQUIRE(train_step<float>(same, from_list, graph) == last);
    }
    CHECK(last < 0.2 * first);
  });
}

TEST_CASE("a network trained by SGD and by Adam goes PyTorch's way") {
  const support::Fixture fixture = support::read_fixture("losses.txt");
  const auto follow = [&](const std::string& name, const auto& make) {
    CAPTURE(name);
    const support::Case& one = fixture.at(name);
    Rng rng(1);
    Sequential model{Linear<double>(2, 3, rng), Tanh(), Linear<double>(3, 1, rng)};
    const auto compare = [&](int step, bool read) {
      CAPTURE(step);
      for (const auto& named : named_parameters(model)) {
        const Tensor<double>& value = named.parameter.value();
        const std::vector<double> numbers = one.numbers(named.name + "_" + std::to_string(step));
        if (read) named.parameter.set_value(Tensor<double>::from(value.shape(), numbers));
        for (std::size_t i = 0; i < value.size(); ++i) CHECK(agrees(value[i], numbers[i], 1e-9));
      }
    };
    compare(0, true);
    auto optimizer = make(model);
    const auto x = Tensor<double>::from({5, 2}, one.numbers("x")), y = Tensor<double>::from({5, 1}, one.numbers("y"));
    Graph<Tensor<double>> graph;
    for (int step = 0; step <= 100; ++step) {
      graph.clear();
      const auto loss = mse_loss(model(graph.input(x)), y);
      const std::string key = "loss_" + std::to_string(step);
      if (one.has(key)) CHECK(agrees(loss.value().item(), one.number(key), 1e-9));
      if (one.has("0.weight_" + std::to_string(step))) compare(step, false);
      optimizer.zero_grad();
      backward(loss);
      optimizer.step();
    }
  };
  follow("train/sgd", [](auto& model) { return SGD(model, {.lr = 0.1, .momentum = 0.9}); });
  follow("train/adam", [](auto& model) { return Adam(model, {.lr = 0.05}); });
}

TEST_CASE("float agrees with double as far as a float reaches") {
  for_each_optimizer([](const std::string& name, const auto& make) {
    CAPTURE(name);
    Rng rng(1), same_rng(1);
    Net<float> model(rng);
    Net<double> exact(same_rng);
    const auto ours = parameters(model);
    const auto exacts = parameters(exact);
    for (std::size_t k = 0; k < ours.size(); ++k) exacts[k].set_value(ours[k].value().to<double>());
    auto optimizer = make(model);
    auto exact_optimizer = make(exact);
    Graph<Tensor<float>> graph;
    Graph<Tensor<double>> exact_graph;
    for (int i = 0; i < 50; ++i) {
      train_step<float>(model, optimizer, graph);
      train_step<double>(exact, exact_optimizer, exact_graph);
    }
    for (std::size_t k = 0; k < ours.size(); ++k)
      for (std::size_t i = 0; i < ours[k].value().size(); ++i)
        CHECK(static_cast<double>(ours[k].value()[i]) == doctest::Approx(exacts[k].value()[i]).epsilon(1e-3));  // after 50 steps
  });
}

TEST_CASE("parameters that are single numbers are trained like the elements of a tensor, to the bit") {
  for_each_optimizer([](const std::string& name, const auto& make) {
    CAPTURE(name);
    const Tensor<double> start{1, -2, 3, 0.5, -0.25, 4, 8};
    const Parameter tensor(start);
    std::vector<Parameter<double>> numbers;
    for (const double value : start) numbers.emplace_back(value);
    std::vector tensors{tensor.ref()};
    auto on_tensor = make(tensors);
    auto on_numbers = make(numbers);
    for (int step = 0; step < 20; ++step) {
      Tensor<double> g = start;
      for (std::size_t i = 0; i < g.size(); ++i)
        g[i] = support::gradient_of(static_cast<int>(i), step, tensor.value()[i]);
      on_tensor.zero_grad();
      on_numbers.zero_grad();
      add_gradient(tensor, g);
      for (std::size_t i = 0; i < g.size(); ++i) add_gradient(numbers[i], static_cast<double>(g[i]));
      on_tensor.step();
      on_numbers.step();
      for (std::size_t i = 0; i < g.size(); ++i) REQUIRE(numbers[i].value() == tensor.value()[i]);
    }
  });
}

TEST_CASE("a warm step allocates nothing") {
  for_each_optimizer([](const std::string& name, const auto& make) {
    CAPTURE(name);
    Rng rng(1);
    Net<float> model(rng);
    auto optimizer = make(model);
    Graph<Tensor<float>> graph;
    for (int i = 0; i < 3; ++i) train_step<float>(model, optimizer, graph);
    const std::size_t before = support::allocations();
    for (int i = 0; i < 10; ++i) train_step<float>(model, optimizer, graph);
    CHECK(support::allocations() == before);
  });
}

TEST_CASE("a captured step trains as the eager one, and a state goes on as if it had not stopped, to the bit") {
  const Tensor<float> x{{1, 2}, {-1, 0.5}, {0.25, -2}}, y{{2}, {-0.5}, {-0.5}};
  for_each_optimizer([&](const std::string& name, const auto& make) {
    CAPTURE(name);
    Rng rng(1);
    Net<float> model(rng), captured(model), resumed(model);
    auto optimizer = make(model);
    auto of_captured = make(captured);
    auto of_resumed = make(resumed);
    const auto loss_of = [](auto& net) {
      return [&net](auto a, auto b) { return mse_loss(net(a), b); };
    };
    auto step = capture(loss_of(captured), x, y);
    auto other = capture(loss_of(resumed), x, y);
    Graph<Tensor<float>> graph;
    const auto run = [&](auto& replayed, auto& of_replayed) {
      replayed(x, y);
      of_replayed.zero_grad();
      replayed.backward();
      of_replayed.step();
    };
    for (int i = 0; i < 10; ++i) {
      graph.clear();
      const auto loss = mse_loss(model(graph.input(x)), y);
      optimizer.zero_grad();
      backward(loss);
      optimizer.step();
      if (i == 5) {
        load_state_dict(resumed, state_dict(captured));
        of_resumed.load_state_dict(of_captured.state_dict());
      }
      run(step, of_captured);
      if (i >= 5) run(other, of_resumed);
    }
    const auto a = parameters(model), b = parameters(captured), c = parameters(resumed);
    for (std::size_t k = 0; k < a.size(); ++k) {
      CHECK(a[k].value() == b[k].value());
      CHECK(a[k].value() == c[k].value());
    }
  });
}

TEST_CASE("step() keeps the gradients, to which backward() adds, and zero_grad() forgets them") {
  const Parameter w(Tensor<float>{1, 1});
  SGD optimizer(std::vector{w.ref()}, {.lr = 1});
  add_gradient(w, Tensor<float>{2, 3});
  optimizer.step();
  CHECK(w.value() == Tensor<float>{-1, -2});
  CHECK(w.grad() == Tensor<float>{2, 3});
  add_gradient(w, Tensor<float>{1, 1});
  optimizer.step();
  CHECK(w.value() == Tensor<float>{-4, -6});
  optimizer.zero_grad();
  CHECK(!w.has_grad());
}

TEST_CASE("a parameter without a gradient, and a frozen one, stay as they are") {
  for_each_optimizer([](const std::string& name, const auto& make) {
    CAPTURE(name);
    std::vector<Parameter<Tensor<float>>> model;
    for (int i = 0; i < 3; ++i) model.emplace_back(Tensor<float>{1, 2, 3, 4, 5});
    auto optimizer = make(model);
    optimizer.step();  // no gradient at all
    add_gradient(model[0], Tensor<float>{1, 1, 1, 1, 1});
    add_gradient(model[2], Tensor<float>{1, 1, 1, 1, 1});
    model[2].requires_grad(false);  // its gradient is still there
    optimizer.step();
    CHECK(model[0].value() != Tensor<float>{1, 2, 3, 4, 5});
    CHECK(model[1].value() == Tensor<float>{1, 2, 3, 4, 5});
    CHECK(model[2].value() == Tensor<float>{1, 2, 3, 4, 5});
  });
}

TEST_CASE("a model with a frozen layer trains the others") {
  Rng rng(1);
  Net<float> model(rng);
  for (auto& parameter : parameters(model.hidden)) parameter.requires_grad(false);
  const Tensor<float> hidden = model.hidden.weight.value(), output = model.output.weight.value();
  AdamW optimizer(model, {.lr = 0.1});
  Graph<Tensor<float>> graph;
  for (int i = 0; i < 5; ++i) train_step<float>(model, optimizer, graph);
  CHECK(model.hidden.weight.value() == hidden);
  CHECK(model.output.weight.value() != output);
}

TEST_CASE("a vector of layers may grow under an optimizer, which goes on training those it was given") {
  Rng rng(1);
  Tower model;
  model.layers.reserve(2);
  model.layers.emplace_back(2, 3, rng);
  model.layers.emplace_back(3, 1, rng);
  Adam optimizer(model, {.lr = 0.02});
  Graph<Tensor<float>> graph;
  train_step<float>(model, optimizer, graph);

  model.layers.emplace_back(1, 1, rng);  // moves all layers to another place
  model.layers.emplace_back(1, 1, rng);
  model.layers.emplace_back(1, 1, rng);
  const Tensor<float> first = model.layers[0].weight.value(), added = model.layers[2].weight.value();
  for (int i = 0; i < 3; ++i) train_step<float>(model, optimizer, graph);
  CHECK(model.layers[0].weight.value() != first);
  CHECK(model.layers[2].weight.value() == added);
}

TEST_CASE("a model may move away, or end, before its optimizer") {
  Rng rng(1);
  Graph<Tensor<float>> graph;
  auto model = std::make_unique<Net<float>>(rng);
  SGD optimizer(*model, {.lr = 0.1, .momentum = 0.9});
  train_step<float>(*model, optimizer, graph);
  Net<float> moved = std::move(*model);
  const Tensor<float> before = moved.hidden.weight.value();
  model.reset();
  train_step<float>(moved, optimizer, graph);
  CHECK(moved.hidden.weight.value() != before);
  { const Net<float> last = std::move(moved); }
  graph.clear();
  CHECK_THROWS_AS(optimizer.step(), GraphError);  // it would train nothing
  optimizer.zero_grad();
}

TEST_CASE("an optimizer whose model was replaced says so, before it changes anything") {
  for_each_optimizer([](const std::string& name, const auto& make) {
    CAPTURE(name);
    Rng rng(1);
    Graph<Tensor<float>> graph;
    Tower model, best;
    for (Tower* tower : {&model, &best}) tower->layers.emplace_back(2, 1, rng);
    auto optimizer = make(model);
    train_step<float>(model, optimizer, graph);
    model = std::move(best);  // the vector takes the other's layers
    const Tensor<float> before = model.layers[0].weight.value();
    const std::string kind = name[0] == 'c' ? "RMSprop" : name.substr(0, name.find(' '));
    const std::string message =
        "minigrad: " + kind +
        ": a parameter of shape [1, 2] belongs to no model now: its model ended, or was assigned another, which "
        "replaces a std::vector of layers and a layer that cannot be assigned; make a new " +
        kind + " after that, or give the model "
        "its values by load_state_dict(model, state_dict(other))";
    CHECK_THROWS_WITH_AS(train_step<float>(model, optimizer, graph), message.c_str(), GraphError);
    zero_grad(model);  // where the optimizer's own zero_grad() is not used
    CHECK_THROWS_WITH_AS(optimizer.step(), message.c_str(), GraphError);
    CHECK(model.layers[0].weight.value() == before);
    auto again = make(model);
    train_step<float>(model, again, graph);
    CHECK(model.layers[0].weight.value() != before);
  });
}

TEST_CASE("an optimizer says so where a Sequential has replaced a layer that cannot be assigned") {
  Rng rng(1);
  Sequential model{Linear(2, 2, rng), Scaled{2, Linear(2, 1, rng)}};
  Graph<Tensor<float>> graph;
  SGD optimizer(model, {.lr = 0.1}), of_first(model.get<Linear<float>>(0), {.lr = 0.1});
  Sequential best = model;
  model = best;
  CHECK_THROWS_AS(train_step<float>(model, optimizer, graph), GraphError);
  CHECK_NOTHROW(train_step<float>(model, of_first, graph));  // its layer was assigned
  load_state_dict(model, state_dict(best));
  SGD again(model, {.lr = 0.1});
  load_state_dict(model, state_dict(best));  // keeps all parameters
  CHECK_NOTHROW(train_step<float>(model, again, graph));
}

TEST_CASE("a copied model is independent of the optimizer of the original") {
  Rng rng(1);
  Sequential model{Linear(2, 4, rng), Tanh(), Linear(4, 1, rng)};
  SGD optimizer(model, {.lr = 0.1});
  Graph<Tensor<float>> graph;
  train_step<float>(model, optimizer, graph);
  Sequential copy = model;
  const Tensor<float> x{{1, 2}}, at_copy = model(x);
  for (int i = 0; i < 5; ++i) train_step<float>(model, optimizer, graph);
  CHECK(copy(x) == at_copy);
  CHECK(model(x) != at_copy);
}

TEST_CASE("a model that is given back its best weights goes on being trained") {
  Rng rng(1);
  Sequential model{Linear(2, 4, rng), Tanh(), Linear(4, 1, rng)};
  SGD optimizer(model, {.lr = 0.1});
  Graph<Tensor<float>> graph;
  train_step<float>(model, optimizer, graph);
  const Sequential best = model;
  const double loss = train_step<float>(model, optimizer, graph);
  for (int i = 0; i < 5; ++i) train_step<float>(model, optimizer, graph);
  model = best;
  CHECK(train_step<float>(model, optimizer, graph) == loss);
  CHECK(train_step<float>(model, optimizer, graph) < loss);
}

TEST_CASE("a copied optimizer goes on from the same state, on the same parameters") {
  const Parameter w(Tensor<double>{1, 2, 3});
  SGD optimizer(std::vector{w.ref()}, {.lr = 1, .momentum = 0.5});
  add_gradient(w, Tensor<double>{1, 1, 1});
  optimizer.step();
  SGD copy(optimizer);
  copy.step();  // its momentum is 0.5 * 1 + 1
  CHECK(w.value() == Tensor<double>{-1.5, -0.5, 0.5});
  optimizer.step();  // and so is the original's
  CHECK(w.value() == Tensor<double>{-3, -2, -1});
}

TEST_CASE("a parameter that is listed twice is refused, in one list and in two groups") {
  const Parameter w(Tensor<float>{1}), b(Tensor<float>{1});
  CHECK_THROWS_WITH_AS(SGD(std::vector{b.ref(), w.ref(), w.ref()}, {.lr = 1}),
                       "minigrad: SGD: parameter 2 of group 0 is in this optimizer already: list each parameter once",
                       ValueError);
  SGD optimizer(std::vector{w.ref()}, {.lr = 1});
  CHECK_THROWS_WITH_AS(optimizer.add_group(std::vector{b.ref(), w.ref()}),
                       "minigrad: SGD: parameter 1 of group 1 is in this optimizer already: list each parameter once",
                       ValueError);
  CHECK(optimizer.groups().size() == 1);
  CHECK(!optimizer.updates(b.ref()));
}

TEST_CASE("the learning rate can be read and set, and must not be negative") {
  const Parameter w(Tensor<float>{1});
  SGD optimizer(std::vector{w.ref()}, {.lr = 0.5});
  CHECK(optimizer.lr() == 0.5);
  optimizer.lr(0.25);
  CHECK(optimizer.lr() == 0.25);
  add_gradient(w, Tensor<float>{1});
  optimizer.step();
  CHECK(w.value()[0] == 0.75f);
  optimizer.lr(0);
  optimizer.step();
  CHECK(w.value()[0] == 0.75f);
  CHECK_THROWS_WITH_AS(optimizer.lr(-0.5), "minigrad: SGD: lr is -0.5, and must be at least 0", ValueError);
  CHECK(optimizer.lr() == 0);
}

TEST_CASE("a model without parameters cannot be optimised") {
  CHECK_THROWS_WITH_AS(Adam(std::vector<ParameterRef<Tensor<float>>>{}),
                       "minigrad: Adam: the model has no parameters to optimise", ValueError);
  Sequential<float> empty;
  CHECK_THROWS_WITH_AS(SGD(empty, {.lr = 1}), "minigrad: SGD: the model has no parameters to optimise", ValueError);
}

TEST_CASE("a gradient of another shape than its parameter is refused, and nothing changes") {
  Parameter first(Tensor<float>{1, 2}), second(Tensor<float>{3, 4});
  SGD optimizer(std::vector{first.ref(), second.ref()}, {.lr = 1});
  add_gradient(first, Tensor<float>{1, 1});
  add_gradient(second, Tensor<float>{1, 1});
  second.set_value(Tensor<float>{{1, 2, 3}});
  CHECK_THROWS_WITH_AS(optimizer.step(),
                       "minigrad: SGD: parameter 1 has shape [1, 3] and its gradient [2]: shapes differ", ShapeError);
  CHECK(first.value() == Tensor<float>{1, 2});
}

TEST_CASE("a parameter that changed its shape after the first step needs a new optimizer") {
  Parameter w(Tensor<float>{1, 2});
  std::vector list{w.ref()};
  Adam adam(list);
  SGD plain(list, {.lr = 1});  // keeps no state that could have a shape
  add_gradient(w, Tensor<float>{1, 1});
  adam.step();
  w.zero_grad();
  add_gradient(w, Tensor<float>{1, 1});
  plain.step();
  w.set_value(Tensor<float>{1, 2, 3});
  w.zero_grad();
  add_gradient(w, Tensor<float>{1, 1, 1});
  CHECK_THROWS_WITH_AS(
      adam.step(), "minigrad: Adam: parameter 0 had shape [2] at its first step and has [3] now: make a new optimizer",
      ShapeError);
  plain.step();
  CHECK(w.value() == Tensor<float>{0, 1, 2});
}

TEST_CASE("a moved-from model has no parameters to give to an optimizer") {
  Rng rng(1);
  Linear model(2, 1, rng);
  const Linear taken = std::move(model);
  CHECK_THROWS_WITH_AS(SGD(model, {.lr = 1}), "minigrad: Parameter: used after it was moved from",
                       GraphError);  // NOLINT
}

TEST_CASE("two optimizers do not update one parameter by the same gradient") {
  Parameter<double> w(3), b(1);
  SGD first(std::vector{w.ref(), b.ref()}, {.lr = 0.1});
  Adam second(std::vector{b.ref()}, {.lr = 0.1});
  Graph<double> graph;
  backward(w * graph.input(2) + b);
  first.step();
  CHECK_THROWS_WITH_AS(second.step(),
                       "minigrad: Adam: parameter 0 was updated by this gradient already, by another optimizer: give each "
                       "parameter to one, or call zero_grad() before the next backward()",
                       ValueError);
  CHECK(b.value() == 1 - 0.1);
  backward(w * graph.input(3) + b);  // which adds to the gradient that was used
  CHECK_THROWS_AS(second.step(), ValueError);
}

TEST_CASE("one optimizer after the other may train a parameter, and a moved optimizer stays the same") {
  Parameter<double> w(3);
  Graph<double> graph;
  const std::vector list{w.ref()};
  SGD first(list, {.lr = 0.1}), second(list, {.lr = 1});
  for (SGD<double>* optimizer : {&first, &second, &first}) {
    optimizer->zero_grad();
    backward(w * graph.input(1));
    optimizer->step();
  }
  CHECK(w.value() == doctest::Approx(3 - 0.1 - 1 - 0.1));
  SGD<double> moved = std::move(first);
  CHECK_NOTHROW(moved.step());
  w.zero_grad();
  backward(w * graph.input(1));
  CHECK_NOTHROW(second.step());
}
