#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <minigrad/nn/layers.hpp>
#include <minigrad/nn/losses.hpp>
#include <minigrad/nn/sequential.hpp>
#include <minigrad/optim/adam.hpp>
#include <minigrad/optim/adaptive.hpp>
#include <minigrad/optim/sgd.hpp>
#include <minigrad/tensor/create.hpp>
#include <utility>
#include <vector>

#include "../support/count_allocations.hpp"
#include "../support/message.hpp"
#include "../support/optimizer_case.hpp"

using namespace minigrad;
using support::add_gradient;
using support::message;

namespace {

struct Net {
  Linear<double> body, head;
  explicit Net(std::uint64_t seed) : Net(Rng(seed)) {}
  explicit Net(Rng&& rng) : body(3, 4, rng), head(4, 1, rng) {}
  auto operator()(const auto& x) const { return head(tanh(body(x))); }
  auto parts() { return std::tie(body, head); }
};

template <class Optimizer>
void run(Net& net, Optimizer& optimizer, int steps) {
  Rng rng(9);
  const auto x = normal<double>({8, 3}, 0, 1, rng);
  for (; steps > 0; --steps) {
    Graph<Tensor<double>> graph;
    optimizer.zero_grad();
    backward(mean(square(net(graph.input(x)))));
    optimizer.step();
  }
}

bool same(Net& a, Net& b) {
  const auto of_a = parameters(a), of_b = parameters(b);
  for (std::size_t i = 0; i < of_a.size(); ++i)
    if (of_a[i].value() != of_b[i].value()) return false;
  return true;
}

}  // namespace

TEST_CASE("two groups train as two optimizers with their options, to the bit") {
  Net together(1), apart(1);
  Adam both(together.body, {.lr = 0.01, .weight_decay = 0.1});
  both.add_group(together.head, {.lr = 0.05, .amsgrad = true});
  Adam body(apart.body, {.lr = 0.01, .weight_decay = 0.1}), head(apart.head, {.lr = 0.05, .amsgrad = true});
  Rng rng(9);
  const auto x = normal<double>({8, 3}, 0, 1, rng);
  for (int step = 0; step < 10; ++step) {
    run(together, both, 1);
    Graph<Tensor<double>> graph;
    zero_grad(apart);
    backward(mean(square(apart(graph.input(x)))));
    body.step();
    head.step();
    REQUIRE(same(together, apart));
  }
}

TEST_CASE("a group without options has those that the optimizer was made with, and all can be changed at any time") {
  Net net(1);
  SGD optimizer(net.body, {.lr = 0.1, .momentum = 0.9});
  optimizer.groups()[0].options.momentum = 0.5;
  optimizer.add_group(net.head).options.lr = 0.01;
  CHECK(optimizer.groups().size() == 2);
  CHECK(optimizer.groups()[0].options.lr == 0.1);
  CHECK(optimizer.groups()[1].options.lr == 0.01);
  CHECK(optimizer.groups()[1].options.momentum == 0.9);
  CHECK(optimizer.groups()[1].parameters() == parameters(net.head));
  CHECK(optimizer.lr() == 0.1);
  CHECK(message([&] { optimizer.lr(0.5); }) ==
        "minigrad: SGD: lr(0.5) for 2 groups: set groups()[k].options.lr of each");

  const auto before = net.body.weight.value(), head = net.head.weight.value();
  optimizer.groups()[0].options.lr = 0;
  run(net, optimizer, 1);
  CHECK(net.body.weight.value() == before);
  CHECK(net.head.weight.value() != head);
}

TEST_CASE("options that were changed to nonsense are refused by the next step, which then changes nothing") {
  Net net(1), untouched(1);
  Adam optimizer(net.body);
  optimizer.add_group(net.head);
  optimizer.groups()[1].options.beta1 = 1;
  CHECK(message([&] { run(net, optimizer, 1); }) ==
        "minigrad: Adam: beta1 is 1, and must be at least 0 and less than 1");
  CHECK(same(net, untouched));
}

TEST_CASE("momentum, amsgrad and centering may be switched on between steps") {
  const Parameter w(Tensor<double>{1});
  const std::vector list{w.ref()};
  SGD sgd(list, {.lr = 1});
  add_gradient(w, Tensor<double>{1});
  sgd.step();
  sgd.groups()[0].options.momentum = 0.5;
  sgd.groups()[0].options.dampening = 0.5;
  sgd.step();  // the first buffer is the gradient
  CHECK(w.value()[0] == -1);
  sgd.step();  // the next is 0.5 * 1 + 0.5 * 1
  CHECK(w.value()[0] == -2);
  sgd.groups()[0].options.momentum = 0;
  sgd.step();
  CHECK(w.value()[0] == -3);

  w.ref().zero_grad();
  add_gradient(w, Tensor<double>{2});
  Adam adam(list, {.lr = 1, .beta1 = 0, .beta2 = 0});
  adam.step();
  adam.groups()[0].options.amsgrad = true;
  adam.step();
  w.ref().zero_grad();
  add_gradient(w, Tensor<double>{1});
  adam.step();  // divides by 2, the largest
  CHECK(w.value()[0] == doctest::Approx(-5.5));

  RMSprop rmsprop(list, {.lr = 1, .alpha = 0});
  w.ref().zero_grad();
  add_gradient(w, Tensor<double>{1});
  rmsprop.step();
  rmsprop.groups()[0].options.momentum = 1;
  rmsprop.step();
  rmsprop.step();
  CHECK(w.value()[0] == doctest::Approx(-9.5));
}

TEST_CASE("maximize walks uphill: it takes the steps of the gradient with the other sign, to the bit") {
  const auto check = [](const auto& make) {
    const Parameter down(Tensor<double>{1, -2, 3}), up(Tensor<double>{1, -2, 3});
    std::vector of_down{down.ref()}, of_up{up.ref()};
    auto minimizer = make(of_down, false);
    auto maximizer = make(of_up, true);
    for (int step = 1; step < 10; ++step) {
      minimizer.zero_grad();
      maximizer.zero_grad();
      const Tensor<double> g{1.0 / step, -0.3, 0.2 * step};
      add_gradient(down, g);
      add_gradient(up, -g);
      minimizer.step();
      maximizer.step();
      REQUIRE(up.value() == down.value());
    }
  };
  check([](auto& list, bool maximize) { return SGD(list, {.lr = 0.1, .maximize = maximize}); });
  check([](auto& list, bool maximize) { return SGD(list, {.lr = 0.1, .weight_decay = 0.1, .maximize = maximize}); });
  check([](auto& list, bool maximize) {
    return SGD(list, {.lr = 0.1, .momentum = 0.9, .weight_decay = 0.1, .maximize = maximize});
  });
  check([](auto& list, bool maximize) { return Adagrad(list, {.weight_decay = 0.1, .maximize = maximize}); });
  check([](auto& list, bool maximize) { return RMSprop(list, {.weight_decay = 0.1, .maximize = maximize}); });
  check([](auto& list, bool maximize) { return Adam(list, {.weight_decay = 0.1, .maximize = maximize}); });
  check([](auto& list, bool maximize) { return AdamW(list, {.maximize = maximize}); });
}

TEST_CASE("a group may be frozen and freed") {
  Net net(1);
  SGD optimizer(net.body, {.lr = 0.1});
  optimizer.add_group(net.head);
  for (const auto& parameter : optimizer.groups()[0].parameters()) parameter.requires_grad(false);
  const auto body = net.body.weight.value(), head = net.head.weight.value();
  run(net, optimizer, 2);
  CHECK(net.body.weight.value() == body);
  CHECK(net.head.weight.value() != head);
  for (const auto& parameter : optimizer.groups()[0].parameters()) parameter.requires_grad(true);
  run(net, optimizer, 1);
  CHECK(net.body.weight.value() != body);
}

TEST_CASE("the state of groups is theirs, and goes on to the bit") {
  const auto make = [](Net& net, double lr) {
    Adam optimizer(net.body, {.lr = lr});
    optimizer.add_group(net.head, {.lr = 2 * lr, .amsgrad = true});
    return optimizer;
  };
  Net whole(1), resumed(2);
  auto first = make(whole, 0.01), second = make(resumed, 0.5);
  run(whole, first, 3);
  load_state_dict(resumed, state_dict(whole));
  const StateDict state = first.state_dict();
  second.load_state_dict(state);
  CHECK(second.groups()[1].options.lr == 0.02);
  CHECK(state.get<std::int64_t>("param_groups.1.params") == Tensor<std::int64_t>{2, 3});
  CHECK(state.find("state.2.max_exp_avg_sq"));
  CHECK(!state.find("state.1.max_exp_avg_sq"));
  run(whole, first, 3);
  run(resumed, second, 3);
  CHECK(same(whole, resumed));

  Adam one(whole);
  CHECK(message([&] { one.load_state_dict(state); }) ==
        "minigrad: Adam: load_state_dict: group 0 has 2 parameters in the state, and 4 here");
  Adam first_alone(whole.body);
  CHECK(message([&] { first_alone.load_state_dict(state); }) ==
        "minigrad: Adam: load_state_dict: the state has more groups than the 1 here");
  CHECK(message([&] { second.load_state_dict(first_alone.state_dict()); }) ==
        "minigrad: Adam: load_state_dict: group 1 has 0 parameters in the state, and 2 here");
}

TEST_CASE("the state of groups in another order is refused, also where no tensor of it would show that") {
  Net net(1);
  SGD right(net.body, {.lr = 0.1}), turned(net.head, {.lr = 0.2});
  right.add_group(net.head, {.lr = 0.2});
  turned.add_group(net.body, {.lr = 0.1});
  CHECK(message([&] { turned.load_state_dict(right.state_dict()); }) ==
        "minigrad: SGD: load_state_dict: group 0 has parameters [4, 3] [4] in the state, and [1, 4] [1] here: are the "
        "groups in another order?");
  CHECK(turned.groups()[0].options.lr == 0.2);
  StateDict older = right.state_dict();  // of a version that did not note the shapes
  StateDict without;
  without.metadata("optimizer", "SGD");
  for (const StateEntry& entry : older) without.add(entry);
  turned.load_state_dict(without);
}

TEST_CASE("an option that was switched on right before the state was taken is switched on where it is loaded") {
  Net whole(1), resumed(2);
  SGD first(whole, {.lr = 0.1}), second(resumed);
  run(whole, first, 2);
  first.groups()[0].options.momentum = 0.9;
  first.groups()[0].options.dampening = 0.5;
  load_state_dict(resumed, state_dict(whole));
  second.load_state_dict(first.state_dict());
  run(whole, first, 3);
  run(resumed, second, 3);
  CHECK(same(whole, resumed));
}

TEST_CASE("a warm step of several groups allocates nothing") {
  Net net(1);
  Adam optimizer(net.body);
  optimizer.add_group(net.head, {.lr = 0.1, .amsgrad = true});
  run(net, optimizer, 1);
  const std::size_t before = support::allocations();
  for (int i = 0; i < 10; ++i) optimizer.step();
  CHECK(support::allocations() == before);
}

TEST_CASE("an empty group is refused") {
  Net net(1);
  SGD optimizer(net, {.lr = 1});
  CHECK(message([&] { optimizer.add_group(std::vector<ParameterRef<Tensor<double>>>{}); }) ==
        "minigrad: SGD: group 1 has no parameters to optimise");
  CHECK(optimizer.groups().size() == 1);
}

TEST_CASE("an optimizer that was moved from says so") {
  Net net(1);
  SGD optimizer(net, {.lr = 1});
  const SGD<Tensor<double>> moved = std::move(optimizer);
  const char* const expected = "minigrad: SGD: used after it was moved from";
  CHECK(message([&] { optimizer.step(); }) == expected);  // NOLINT
  CHECK(message([&] { optimizer.zero_grad(); }) == expected);
  CHECK(message([&] { optimizer.lr(); }) == expected);
  CHECK(message([&] { optimizer.lr(1); }) == expected);
  CHECK(message([&] { optimizer.initial_lr(); }) == expected);
  CHECK(message([&] { optimizer.groups(); }) == expected);
  CHECK(message([&] { optimizer.options(); }) == expected);
  CHECK(message([&] { optimizer.state_dict(); }) == expected);
  CHECK(message([&] { optimizer.load_state_dict(moved.state_dict()); }) == expected);
  CHECK(message([&] { optimizer.add_group(net); }) == expected);
  CHECK(message([&] { optimizer.updates(net.body.weight.ref()); }) == expected);
}
