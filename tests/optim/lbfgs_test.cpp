#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <minigrad/diff/grad.hpp>
#include <minigrad/graph/capture.hpp>
#include <minigrad/nn/layers.hpp>
#include <minigrad/nn/losses.hpp>
#include <minigrad/optim/lbfgs.hpp>
#include <minigrad/optim/schedule.hpp>
#include <minigrad/tensor/create.hpp>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "../support/count_allocations.hpp"
#include "../support/fixture.hpp"
#include "../support/message.hpp"

using namespace minigrad;
using support::message;

namespace {

const support::Fixture fixture = support::read_fixture("lbfgs.txt");

/// A function of the fixture, in numbers: its loss, and the gradients into `g`.
using Numbers = std::vector<double>;
using Function = double (*)(const Numbers& x, Numbers& g);

double rosenbrock(const Numbers& x, Numbers& g) {
  double loss = 0;
  std::fill(g.begin(), g.end(), 0);
  for (std::size_t i = 0; i + 1 < x.size(); ++i) {
    const double a = 1 - x[i], b = x[i + 1] - x[i] * x[i];
    loss += a * a + 100 * b * b;
    g[i] += -2 * a - 400 * b * x[i];
    g[i + 1] += 200 * b;
  }
  return loss;
}
double beale(const Numbers& v, Numbers& g) {
  const double x = v[0], y = v[1];
  double loss = 0;
  g = {0, 0};
  for (int k = 1; k <= 3; ++k) {
    const double c = k == 1 ? 1.5 : k == 2 ? 2.25 : 2.625, r = c - x + x * std::pow(y, k);
    loss += r * r;
    g[0] += 2 * r * (std::pow(y, k) - 1);
    g[1] += 2 * r * x * k * std::pow(y, k - 1);
  }
  return loss;
}
double himmelblau(const Numbers& v, Numbers& g) {
  const double x = v[0], y = v[1], a = x * x + y - 11, b = x + y * y - 7;
  g = {4 * a * x + 2 * b, 2 * a + 4 * b * y};
  return a * a + b * b;
}
double logistic(const Numbers& v, Numbers& g) {
  double loss = 0;
  std::fill(g.begin(), g.end(), 0);
  for (int i = 0; i < 40; ++i) {
    const double t = (3 * i) % 7 > 2 || i % 5 == 0 ? 1 : -1;
    double row[4] = {0, 0, 0, 1}, margin = 0;
    for (int k = 0; k < 3; ++k) row[k] = ((7 * i + 5 * k + i * k) % 11 - 5) / 3.0;
    for (std::size_t k = 0; k < 4; ++k) margin += t * row[k] * v[k];
    loss += std::log1p(std::exp(-margin)) / 40;
    for (std::size_t k = 0; k < 4; ++k) g[k] -= t * row[k] / (1 + std::exp(margin)) / 40;
  }
  for (std::size_t k = 0; k < 3; ++k) loss += 0.01 / 2 * v[k] * v[k], g[k] += 0.01 * v[k];
  return loss;
}

struct Named {
  const char* name;
  Function f;
  std::size_t size;
};
const Named functions[] = {{"rosenbrock_2", rosenbrock, 2},
                           {"rosenbrock_100", rosenbrock, 100},
                           {"beale", beale, 2},
                           {"himmelblau", himmelblau, 2},
                           {"logistic", logistic, 4}};

/// A parameter at the first point of a function, and a closure that computes loss and gradient.
struct Problem {
  Parameter<Tensor<double>> w;
  Function f;
  Numbers x, g;

  explicit Problem(const Named& one) : w(Tensor<double>::empty({one.size})), f(one.f), x(one.size), g(one.size) {
    const bool ones = std::string(one.name) == "beale", zeros = std::string(one.name).find("rosen") != 0 && !ones;
    for (std::size_t i = 0; i < one.size; ++i) w.edit()[i] = zeros ? 0 : ones ? 1 : i % 2 ? 1 : -1.2;
  }
  double operator()() {
    std::copy(w.value().begin(), w.value().end(), x.begin());
    const double loss = f(x, g);
    w.zero_grad();
    Graph<Tensor<double>> graph;
    backward(sum(graph.parameter(w) * Tensor<double>::from({g.size()}, g)));
    return loss;
  }
};

bool near(double a, double b, double tolerance) {
  return std::fabs(a - b) <= tolerance * (std::max)(1.0, std::fabs(b));
}

}  // namespace

TEST_CASE("L-BFGS goes PyTorch's way over 20 iterations: with a line search, without, and with a short history") {
  for (const Named& one : functions)
    for (const std::string variant : {"wolfe", "fixed", "short"}) {
      CAPTURE(std::string(one.name));
      CAPTURE(variant);
      const support::Case& expected = fixture.at(std::string(one.name) + "/" + variant);
      Problem problem(one);
      LBFGS optimizer(std::vector{problem.w.ref()},
                      {.lr = expected.number("lr", 1),
                       .max_iter = 1,
                       .history_size = static_cast<std::size_t>(expected.number("history_size", 100)),
                       .strong_wolfe = variant != "fixed"});
      for (int k = 1; k <= 20; ++k) {
        optimizer.step(problem);
        const std::string key = "x_" + std::to_string(k);
        if (!expected.has(key)) continue;
        CAPTURE(k);
        const Numbers x = expected.numbers(key);
        for (std::size_t i = 0; i < x.size(); ++i) CHECK(near(problem.w.value()[i], x[i], 1e-9));
        CHECK(near(problem(), expected.number("loss_" + std::to_string(k)), 1e-9));
      }
      CHECK(optimizer.iterations() == static_cast<std::size_t>(expected.number("n_iter")));
      CHECK(optimizer.evaluations() == static_cast<std::size_t>(expected.number("func_evals")));
    }
}

TEST_CASE("L-BFGS takes as many iterations and evaluations in one step as PyTorch, and ends at the same point") {
  for (const Named& one : functions) {
    CAPTURE(std::string(one.name));
    const support::Case& expected = fixture.at(std::string(one.name) + "/steps");
    Problem problem(one);
    LBFGS optimizer(std::vector{problem.w.ref()}, {.strong_wolfe = true});
    optimizer.step(problem);
    CHECK(optimizer.iterations() == static_cast<std::size_t>(expected.number("n_iter")));
    CHECK(optimizer.evaluations() == static_cast<std::size_t>(expected.number("func_evals")));
    const Numbers x = expected.numbers("x");
    for (std::size_t i = 0; i < x.size(); ++i) CHECK(near(problem.w.value()[i], x[i], 1e-9));
  }
}

TEST_CASE("L-BFGS reaches SciPy's minima") {
  for (const Named& one : functions) {
    CAPTURE(std::string(one.name));
    const support::Case& expected = fixture.at(std::string(one.name) + "/minimum");
    Problem problem(one);
    LBFGS optimizer(std::vector{problem.w.ref()},
                    {.max_iter = 1000, .tolerance_grad = 1e-10, .tolerance_change = 1e-24, .strong_wolfe = true});
    optimizer.step(problem);
    const Numbers x = expected.numbers("x");
    for (std::size_t i = 0; i < x.size(); ++i) CHECK(near(problem.w.value()[i], x[i], 1e-8));
    CHECK(near(problem(), expected.number("loss"), 1e-12));
  }
}

TEST_CASE("L-BFGS fits a model by a closure that records the loss, or that computes the gradients itself, to the bit") {
  Rng rng(1);
  const auto x = normal<double>({20, 2}, 0, 1, rng);
  const auto y = matmul(x, Tensor<double>{{2}, {-3}}) + Tensor<double>{0.5};
  Linear<double> recorded(2, 1, rng), own(recorded);
  LBFGS first(recorded, {.strong_wolfe = true}), second(own, {.strong_wolfe = true});
  Graph<Tensor<double>> graph;
  const double before = first.step([&] {
    graph.clear();
    return mse_loss(recorded(graph.input(x)), y);
  });
  CHECK(second.step([&] {
    graph.clear();
    const auto loss = mse_loss(own(graph.input(x)), y);
    second.zero_grad();
    backward(loss);
    return loss.item();
  }) == before);
  CHECK(recorded.weight.value()[0] == doctest::Approx(2).epsilon(1e-4));
  CHECK(recorded.weight.value()[1] == doctest::Approx(-3).epsilon(1e-4));
  CHECK(recorded.bias.value()[0] == doctest::Approx(0.5).epsilon(1e-4));
  CHECK(own.weight.value() == recorded.weight.value());
}

TEST_CASE("a captured loss in the closure of L-BFGS gives the bits of one that is recorded anew, and allocates nothing") {
  Rng rng(1);
  const auto x = normal<double>({20, 2}, 0, 1, rng);
  const auto y = square(matmul(x, Tensor<double>{{2}, {-3}})) + Tensor<double>{0.5};
  Linear<double> eager(2, 1, rng), replayed(eager), by_number(eager);
  const LBFGSOptions options{.max_iter = 4, .tolerance_change = 0, .history_size = 3, .strong_wolfe = true};
  LBFGS first(eager, options), second(replayed, options), third(by_number, options);
  const auto loss_of = [](auto& model) { return [&model](auto a, auto b) { return mse_loss(model(a), b); }; };
  auto step = capture(loss_of(replayed), x, y), other = capture(loss_of(by_number), x, y);
  Graph<Tensor<double>> graph;
  const auto replay = [&] {
    step(x, y);
    return step.result();
  };
  for (int k = 0; k < 4; ++k) {
    const double loss = first.step([&] {
      graph.clear();
      return mse_loss(eager(graph.input(x)), y);
    });
    CHECK(second.step(replay) == loss);
    CHECK(third.step([&] {
      other(x, y);
      third.zero_grad();
      other.backward();
      return other.result().item();
    }) == loss);
    CHECK(replayed.weight.value() == eager.weight.value());
    CHECK(by_number.weight.value() == eager.weight.value());
  }
  const std::size_t before = support::allocations();
  for (int k = 0; k < 4; ++k) second.step(replay);
  CHECK(support::allocations() == before);
}

TEST_CASE("L-BFGS trains parameters that are numbers") {
  Parameter<double> x(-1.2), y(1);
  LBFGS optimizer(std::vector{x.ref(), y.ref()}, {.max_iter = 100, .strong_wolfe = true});
  Graph<double> graph;
  optimizer.step([&] {
    graph.clear();
    const auto a = graph.parameter(x), b = graph.parameter(y);
    return square(1 - a) + 100 * square(b - square(a));
  });
  CHECK(x.value() == doctest::Approx(1).epsilon(1e-4));
  CHECK(y.value() == doctest::Approx(1).epsilon(1e-4));
}

TEST_CASE("a state of L-BFGS goes on as if it had not stopped, to the bit, whether the history is full or not") {
  for (const std::size_t history : {3u, 100u}) {
    Problem whole(functions[1]), resumed(functions[1]);
    LBFGS first(std::vector{whole.w.ref()}, {.max_iter = 4, .history_size = history, .strong_wolfe = true});
    LBFGS second(std::vector{resumed.w.ref()});
    for (int k = 0; k < 3; ++k) {
      resumed.w.set_value(whole.w.value());
      second.load_state_dict(first.state_dict());
      CHECK(second.options().max_iter == 4);
      first.step(whole);
      second.step(resumed);
      CHECK(whole.w.value() == resumed.w.value());
    }
    CHECK(first.evaluations() == second.evaluations());
  }
}

TEST_CASE("a state that is not one of L-BFGS for these parameters is refused, and nothing changes") {
  Problem small(functions[0]), large(functions[1]);
  LBFGS of_small(std::vector{small.w.ref()}), of_large(std::vector{large.w.ref()});
  of_small.step(small);
  of_large.step(large);
  const StateDict state = of_large.state_dict();
  const std::string refused = message([&] { of_small.load_state_dict(state); });
  CHECK(refused.find("minigrad: LBFGS: the state does not fit: d is F64 [100] in the state, and F64 [2] here") == 0);
  CHECK(message([&] { of_small.load_state_dict(StateDict()); }) ==
        "minigrad: LBFGS: load_state_dict: this is not the state of an optimizer");
  CHECK(of_small.iterations() == 20);

  StateDict counted = LBFGS(std::vector{small.w.ref()}).state_dict();  // no step yet
  counted.take("state.0.n_iter");
  counted.add("state.0.n_iter", std::int64_t{5});
  CHECK(message([&] { of_small.load_state_dict(counted); }) ==
        "minigrad: LBFGS: load_state_dict: 5 iterations, and no direction d");
  StateDict rated = LBFGS(std::vector{small.w.ref()}).state_dict();
  rated.add("param_groups.0.initial_lr", std::nan(""));
  CHECK(message([&] { of_small.load_state_dict(rated); }) == "minigrad: LBFGS: initial_lr is nan, and must be at least 0");
  CHECK(of_small.iterations() == 20);
}

TEST_CASE("a warm step of L-BFGS allocates nothing") {
  Problem problem(functions[1]);
  LBFGS optimizer(std::vector{problem.w.ref()},
                  {.max_iter = 2, .tolerance_change = 0, .history_size = 3, .strong_wolfe = true});
  Numbers x(100), g(100);
  Graph<Tensor<double>> graph;
  Tensor<double> gradient = Tensor<double>::empty({100});
  const auto closure = [&] {
    std::copy(problem.w.value().begin(), problem.w.value().end(), x.begin());
    const double loss = rosenbrock(x, g);
    std::copy(g.begin(), g.end(), gradient.begin());
    problem.w.zero_grad();
    graph.clear();
    backward(sum(graph.parameter(problem.w) * gradient));
    return loss;
  };
  for (int k = 0; k < 5; ++k) optimizer.step(closure);
  const std::size_t before = support::allocations();
  for (int k = 0; k < 5; ++k) optimizer.step(closure);
  CHECK(support::allocations() == before);
}

TEST_CASE("a frozen parameter stays as it is under L-BFGS, also where it was free before") {
  const Parameter<double> x(-1.2), y(1);
  LBFGS optimizer(std::vector{x.ref(), y.ref()}, {.max_iter = 3, .strong_wolfe = true});
  Graph<double> graph;
  const auto closure = [&] {
    graph.clear();
    const auto a = graph.parameter(x), b = graph.parameter(y);
    return square(1 - a) + 100 * square(b - square(a));
  };
  optimizer.step(closure);
  y.ref().requires_grad(false);
  const double kept = y.value(), moved = x.value();
  optimizer.step(closure);
  CHECK(y.value() == kept);
  CHECK(x.value() != moved);
}

TEST_CASE("after an exception within a step, L-BFGS leaves the parameters with which the iteration began") {
  for (const bool strong_wolfe : {true, false})
    for (std::size_t fails_at = 1; fails_at < 12; ++fails_at)
      for (const bool throws : {true, false}) {
        Problem problem(functions[0]);
        std::vector<Tensor<double>> seen;
        LBFGS optimizer(std::vector{problem.w.ref()}, {.lr = 2, .max_iter = 50, .strong_wolfe = strong_wolfe});
        const auto closure = [&] {
          seen.push_back(problem.w.value());
          const double loss = problem();
          if (seen.size() != fails_at) return loss;
          if (throws) throw std::runtime_error("the data are gone");
          return std::numeric_limits<double>::quiet_NaN();
        };
        bool failed = false;
        try {
          optimizer.step(closure);
        } catch (const std::exception&) {
          failed = true;
        }
        CAPTURE(strong_wolfe);
        CAPTURE(fails_at);
        if (throws) REQUIRE(failed);
        if (!failed) continue;  // a line search goes on after a loss that is not finite
        CHECK(std::count(seen.begin(), seen.end(), problem.w.value()) > 0);  // a place, not one on the way
        if (fails_at > 1) CHECK(problem.w.value() != seen.back());
        if (fails_at == 2) CHECK(problem.w.value() == seen.front());
        if (!strong_wolfe) continue;
        const double loss = optimizer.step(problem);  // which goes on from there
        CHECK(problem() < loss);
      }
}

TEST_CASE("L-BFGS says what it cannot take") {
  Problem problem(functions[0]);
  const std::vector list{problem.w.ref()};
  CHECK(message([&] { LBFGS(list, {.lr = -1}); }) == "minigrad: LBFGS: lr is -1, and must be at least 0");
  CHECK(message([&] { LBFGS(list, {.max_iter = 0}); }) == "minigrad: LBFGS: max_iter is 0, and must be at least 1");
  CHECK(message([&] { LBFGS(list, {.history_size = 0}); }) ==
        "minigrad: LBFGS: history_size is 0, and must be at least 1");
  CHECK(message([&] { LBFGS(list, {.tolerance_grad = -1}); }) ==
        "minigrad: LBFGS: tolerance_grad is -1, and must be at least 0");
  CHECK(message([&] { LBFGS(std::vector<ParameterRef<Tensor<double>>>{}); }) ==
        "minigrad: LBFGS: the model has no parameters to optimise");
  CHECK(message([&] {
          LBFGS(std::vector{list[0], list[0]});
        }) == "minigrad: LBFGS: parameters 0 and 1 are the same: list each once");
  LBFGS optimizer(list, {.lr = 10});
  CHECK(message([&] { optimizer.step([] { return std::numeric_limits<double>::infinity(); }); }) ==
        "minigrad: LBFGS: the loss is inf after 0 iterations: standardise the data, set strong_wolfe, or try a smaller "
        "lr");
  const LBFGS taken = std::move(optimizer);
  CHECK(message([&] { optimizer.step(problem); }) == "minigrad: LBFGS: used after it was moved from");  // NOLINT
  CHECK(message([&] { optimizer.zero_grad(); }) == "minigrad: LBFGS: used after it was moved from");
  CHECK(message([&] { optimizer.groups(); }) == "minigrad: LBFGS: used after it was moved from");
  CHECK(message([&] { optimizer.state_dict(); }) == "minigrad: LBFGS: used after it was moved from");
}

TEST_CASE("L-BFGS says that its model was replaced, before it calls the closure") {
  std::vector<Parameter<Tensor<double>>> model;
  model.emplace_back(Tensor<double>{1, 2});
  LBFGS optimizer(model);
  model = std::vector<Parameter<Tensor<double>>>(1, Parameter(Tensor<double>{3, 4}));
  CHECK(message<GraphError>([&] { optimizer.step([]() -> double { throw std::runtime_error("called"); }); }) ==
        "minigrad: LBFGS: a parameter of shape [2] belongs to no model now: its model ended, or was assigned another, "
        "which replaces a std::vector of layers and a layer that cannot be assigned; make a new LBFGS after that, or "
        "give the model its values by load_state_dict(model, state_dict(other))");
}

TEST_CASE("a schedule sets the rate of L-BFGS") {
  Problem problem(functions[0]);
  LBFGS optimizer(std::vector{problem.w.ref()});
  StepLR schedule(optimizer, {.step_size = 1, .gamma = 0.5});
  schedule.step();
  CHECK(optimizer.lr() == 0.5);
}
