#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <minigrad/minigrad.hpp>
#include <minigrad/nn/class_losses.hpp>
#include <minigrad/nn/norm.hpp>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "../support/count_allocations.hpp"

using namespace minigrad;
using T = Tensor<double>;
using TF = Tensor<float>;

namespace {

Sequential<double> network(Rng& rng) {
  return Sequential<double>{Linear<double>(3, 8, rng), Tanh(), Linear<double>(8, 2, rng)};
}

std::vector<T> gradients(Sequential<double>& model) {
  std::vector<T> out;
  for (const auto& p : parameters(model)) out.push_back(p.grad());
  return out;
}

/// The message of the GraphError or ShapeError that f throws.
template <class F>
std::string message_of(const F& f) {
  try {
    f();
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing was thrown";
}

}  // namespace

TEST_CASE("a replayed training step has the loss, gradients and weights of an eager one, to the bit") {
  Rng rng(1);
  Sequential<double> model = network(rng), eager = model;
  const auto loss_of = [](auto& m) {
    return [&m](const auto& x, const auto& y) { return mse_loss(m(x), y); };
  };
  const T x0 = normal<double>({5, 3}, 0, 1, rng), y0 = normal<double>({5, 2}, 0, 1, rng);
  auto step = capture(loss_of(model), x0, y0);
  Adam optimizer(model, {.lr = 0.1}), other(eager, {.lr = 0.1});
  Graph<T> graph;
  for (int k = 0; k < 10; ++k) {
    const T x = normal<double>({5, 3}, 0, 1, rng), y = normal<double>({5, 2}, 0, 1, rng);
    optimizer.zero_grad();
    const T& loss = step(x, y);
    step.backward();
    graph.clear();
    const auto expected = loss_of(eager)(graph.input(x), y);
    other.zero_grad();
    backward(expected);
    CHECK(loss == expected.value());
    CHECK(gradients(model) == gradients(eager));
    optimizer.step();
    other.step();
  }
}

TEST_CASE("a prediction is captured as a training step is, and parameters are read live") {
  Rng rng(1);
  Sequential<double> model = network(rng);
  const T x = normal<double>({4, 3}, 0, 1, rng);
  auto predict = capture([&](const auto& v) { return model(v); }, x);
  CHECK(predict(x) == model(x));
  model.get<Linear<double>>(0).weight.edit() *= 2.0;
  CHECK(predict(x) == model(x));
  auto best = capture([&](const auto& v) { return argmax(model(v), 1); }, x);
  CHECK(best(x) == argmax(model(x), 1));
}

TEST_CASE("whole numbers are inputs too: an embedding and labels change from run to run") {
  Rng rng(1);
  Parameter<T> table(normal<double>({6, 3}, 0, 1, rng));
  const auto loss = [&](const auto& tokens, const auto& labels) {
    return cross_entropy_loss(index_select(operand(table, tokens), tokens), labels);
  };
  using I = Tensor<std::int64_t>;
  auto step = capture<T>(loss, I{0, 1}, I{2, 0});
  for (const auto& [tokens, labels] : {std::pair{I{5, 5}, I{0, 1}}, std::pair{I{3, 0}, I{2, 2}}}) {
    table.zero_grad();
    step(tokens, labels);
    step.backward();
    const T replayed = table.grad();
    table.zero_grad();
    Graph<T> graph;
    const auto expected = loss(graph.input(tokens), labels);
    backward(expected);
    CHECK(step.value() == expected.value());
    CHECK(replayed == table.grad());
  }
  CHECK(message_of([&] { step(I{0, 6}, I{0, 0}); }) == "minigrad: index_select: row 6 of a tensor of shape [6, 3]");
  CHECK(message_of([&] { step(I{0, 1}, I{0, 3}); }) ==
        "minigrad: cross_entropy_loss: label 3 in row 1, but there are 3 classes");
}

TEST_CASE("numbers are captured as tensors are, and derivatives of derivatives run again") {
  auto third = capture(
      [](const auto& x) {
        const auto v = x.graph().variable(0.0) + x;  // a Var of which there is a derivative
        return grad(grad(grad(tanh(v * v), v), v), v);
      },
      0.5);
  const auto expected = [](double at) {
    Graph<double> graph;
    const auto x = graph.variable(at);
    return grad(grad(grad(tanh(x * x), x), x), x).value();
  };
  for (const double at : {0.5, -1.0, 0.3}) CHECK(third(at) == doctest::Approx(expected(at)).epsilon(1e-13));
}

TEST_CASE("another shape is refused, and the message says to record again") {
  auto twice = capture([](const auto& x) { return x * 2; }, T{1, 2});
  CHECK(message_of([&] { twice(T{1, 2, 3}); }) ==
        "minigrad: replay: input 0 has shape [3] and was recorded with [2]: shapes are fixed: record another step, by "
        "capture(), for this one");
  CHECK(twice(T{5, 6}) == T{10, 12});
}

TEST_CASE("a parameter whose shape or requires_grad has changed since, or the mode of a layer, is refused") {
  Parameter<T> w(T{1, 2});
  auto step = capture([&](const auto& x) { return sum(x * w); }, T{3, 4});
  w.requires_grad(false);
  CHECK(message_of([&] { step(T{3, 4}); }).find("requires_grad") != std::string::npos);
  w.requires_grad(true);
  CHECK(step(T{3, 4}).item() == 11);
  w.set_value(T{{1, 2}});
  CHECK(message_of([&] { step(T{3, 4}); }).find("another shape") != std::string::npos);
  bool training = true;
  auto layer = capture(
      [&](const auto& x) {
        x.graph().note_mode(training);
        return x * 2;
      },
      T{1});
  training = false;
  CHECK(message_of([&] { layer(T{1}); }).find("mode") != std::string::npos);
}

TEST_CASE("random ops draw anew in each run, and comparisons are made again") {
  Rng rng(3);
  auto noisy = capture([&](const auto& x) { return sum(dropout(x, 0.5, rng)); }, ones<double>({1000}));
  const double first = noisy(ones<double>({1000})).item(), second = noisy(ones<double>({1000})).item();
  CHECK(first != second);
  auto relu_like = capture([](const auto& x) { return where(greater(x, 0), x, 0); }, T{1, -1});
  CHECK(relu_like(T{-3, 5}) == T{0, 5});
}

TEST_CASE("a variable's gradient belongs to one run, and a parameter's adds up") {
  Parameter<T> w(T{2});
  Var<T> v;
  auto step = capture(
      [&](const auto& x) {
        v = x.graph().variable({3});
        return sum(x * v * w);
      },
      T{1});
  for (int k = 1; k <= 3; ++k) {
    step(T{1});
    step.backward();
    CHECK(v.grad() == T{2});
    CHECK(w.grad() == T{3.0 * k});
  }
}

TEST_CASE("the checking mode names the node that a second recording has otherwise") {
  double factor = 2;
  bool squares = false;
  T constant{1, 1};
  auto step = capture(
      [&](const auto& x) {
        auto y = x * factor + constant;
        if (squares) y = square(y);
        return sum(y);
      },
      T{1, 2});
  CHECK_NOTHROW(step.check(T{5, 6}));
  factor = 3;
  CHECK(message_of([&] { step.check(T{5, 6}); }).find("at node 1 (mul): the number was 2 and is 3:") !=
        std::string::npos);
  factor = 2;
  squares = true;
  CHECK(message_of([&] { step.check(T{5, 6}); }).find("at node 4 (square): the op was sum and is square:") !=
        std::string::npos);
  squares = false;
  constant = T{1, 2};
  CHECK(message_of([&] { step.check(T{5, 6}); }).find("at node 2 (input): the constant is another:") != std::string::npos);
}

TEST_CASE("the checking mode compares constant labels, and which of two handles an op reads") {
  using Ids = Tensor<std::int64_t>;
  Ids labels{0, 1}, inner{0, 0};
  bool swapped = false;
  auto step = capture(
      [&](const auto& x, const auto& first, const auto& second) {
        const auto rows = index_select(x, swapped ? second : first);
        return cross_entropy_loss(x, labels) + cross_entropy_loss(rows, x.graph().input(inner)) + cross_entropy_loss(x, second);
      },
      T{{1, 2}, {3, 4}}, Ids{0, 1}, Ids{1, 0});
  const auto check = [&] { step.check(T{{5, 6}, {7, 8}}, Ids{1, 1}, Ids{0, 1}); };  // inputs may differ
  CHECK_NOTHROW(check());
  labels = Ids{1, 1};
  CHECK(message_of(check).find("): the constant labels is another:") != std::string::npos);
  labels = Ids{0, 1};
  inner = Ids{0, 1};
  CHECK(message_of(check).find("): the constant labels is another:") != std::string::npos);
  inner = Ids{0, 0};
  CHECK_NOTHROW(check());
  swapped = true;
  CHECK(message_of(check).find("at node 1 (index_select): another handle is read as indices:") != std::string::npos);
}

TEST_CASE("checking moves no random stream") {
  Rng rng(3), same(3);
  auto step = capture([&](const auto& x) { return sum(dropout(x, 0.5, rng)); }, ones<double>({10}));
  auto other = capture([&](const auto& x) { return sum(dropout(x, 0.5, same)); }, ones<double>({10}));
  step.check(ones<double>({10}));
  for (int k = 0; k < 5; ++k) CHECK(step(ones<double>({10})).item() == other(ones<double>({10})).item());
}

TEST_CASE("a replayed step takes no memory") {
  Rng rng(1);
  Sequential<float> model{Linear(3, 8, rng), ReLU(), Linear(8, 2, rng), LogSoftmax()};
  const TF x = normal({5, 3}, 0, 1, rng);
  const Tensor<std::int64_t> labels{0, 1, 1, 0, 1};
  auto step = capture([&](const auto& v, const auto& y) { return nll_loss(model(v), y); }, x, labels);
  SGD optimizer(model, {.lr = 0.1});
  const auto run = [&] {
    optimizer.zero_grad();
    step(x, labels);
    step.backward();
    optimizer.step();
  };
  for (int k = 0; k < 3; ++k) run();
  const std::size_t before = support::allocations();
  for (int k = 0; k < 10; ++k) run();
  CHECK(support::allocations() == before);
}

TEST_CASE("a recorded step may be moved to another thread, where it runs") {
  Parameter<T> w(T{2, 3});
  auto step = capture([&](const auto& x) { return sum(checkpoint([&](const auto& v) { return square(v * w); }, x)); },
                      T{1, 1});
  std::thread([moved = std::move(step), &w]() mutable {
    CHECK(moved(T{2, 1}).item() == 16 + 9);
    moved.backward();
    CHECK(w.grad() == T{16, 6});
  }).join();
}

TEST_CASE("a hook is called in each run when the gradient of its parameter is final") {
  Parameter<T> first(T{2}), last(T{3});
  std::vector<std::string> order;
  auto step = capture(
      [&](const auto& x) {
        register_post_accumulate_grad_hook(x.graph(), first, [&](const auto& p) {
          order.push_back("first " + std::to_string(static_cast<int>(p.grad()[0])));
        });
        register_post_accumulate_grad_hook(x.graph(), last, [&](const auto& p) {
          order.push_back("last " + std::to_string(static_cast<int>(p.grad()[0])));
        });
        return sum(x * first * first * last);
      },
      T{1});
  for (int k = 0; k < 2; ++k) {
    first.zero_grad(), last.zero_grad();
    step(T{1});
    step.backward();
  }
  CHECK(order == std::vector<std::string>{"last 4", "first 12", "last 4", "first 12"});
}

TEST_CASE("a captured step reads a borrowed buffer live") {
  T mean{1, 2};
  auto center = capture([&](const auto& x) { return x - x.graph().borrow(mean); }, T{0, 0});
  mean = T{5, 6};
  CHECK(center(T{10, 10}) == T{5, 4});
}

namespace {

/// The attributes of an op with a buffer: mean <- (1 - momentum) mean + momentum x, once in each forward.
struct RunningMean {
  Graph<T>* graph;
  T* buffer;
  double momentum;
  void describe(auto& list) const { list("momentum", momentum); }
};
inline constexpr auto centered_op = record(
    "centered",
    [](const auto& a, const auto& x) {
      if (!a.graph->recomputes()) *a.buffer = *a.buffer * (1 - a.momentum) + mean(x, 0) * a.momentum;
      return x - mean(x, 0);
    },
    [](const auto&, const auto& g) { return g - mean(g, 0, true); });

}  // namespace

TEST_CASE("an op updates a buffer once in each forward, and not when checkpoint() computes again") {
  T buffer{0, 0};
  const auto centered = [&](const auto& x) {
    return centered_op.with(RunningMean{&x.graph(), &buffer, 0.5})(x);
  };
  const T x{{1, 2}, {3, 6}};
  auto step = capture([&](const auto& v) { return sum(square(centered(v))); }, x);
  CHECK(buffer == T{1, 2});
  step(x);
  CHECK(buffer == T{1.5, 3});
  step.check(x);
  CHECK(buffer == T{1.5, 3});
  Graph<T> graph;
  const auto v = graph.variable(x);
  backward(sum(square(checkpoint(centered, v))));
  CHECK(buffer == T{1.75, 3.5});
}

TEST_CASE("an op with two outputs, max_with_indices, gives both anew in each run") {
  const T x{{1, 5, 2}, {7, 0, 7}}, other{{3, 1, 2}, {0, 9, 1}};
  IndexVar<T> at;
  Var<T> v;
  auto step = capture(
      [&](const auto& u) {
        v = u.graph().variable(zeros<double>({2, 3})) + u;
        const auto [largest, positions] = max_with_indices(v, 1);
        at = positions;
        return sum(square(largest));
      },
      x);
  CHECK(step.value().item() == 74);
  CHECK(at == Tensor<std::int64_t>{1, 0});
  CHECK(step(other).item() == 90);
  CHECK(at == Tensor<std::int64_t>{0, 1});
  CHECK(max_with_indices(x, 1).first == T{5, 7});
  Graph<T> graph;
  const auto w = graph.variable(x);
  backward(sum(max_with_indices(w, 1).first));
  CHECK(w.grad() == T{{0, 1, 0}, {1, 0, 0}});
}

TEST_CASE("a step that was moved from says so") {
  auto step = capture([](auto x) { return x * 2; }, Tensor<float>{1, 2});
  auto moved = std::move(step);
  CHECK(moved({3, 4}) == Tensor<float>{6, 8});
  CHECK_THROWS_WITH_AS(step({3, 4}),  // NOLINT: what is tested
                       "minigrad: replay: this step was moved from: use the one that it was moved to", GraphError);
  CHECK_THROWS_AS(step.value(), GraphError);
}

namespace {
struct Slope {
  double slope;
  void describe(auto& list) const { list("slope", slope); }
};
}  // namespace

TEST_CASE("check() names a changed attribute and an input of another shape, and says what to do") {
  double slope = 2;
  const Tensor<double> x{1, 2};
  const auto times = elementwise("times", [](const auto& a, auto v) { return v * constant_like(v, a.slope); },
                                 [](const auto& a, auto g) { return g * constant_like(g, a.slope); });
  auto step = capture([&](auto v) { return times.with(Slope{slope})(v); }, x);
  (step.check)(x);
  CHECK_THROWS_WITH_AS((step.check)(Tensor<double>{1, 2, 3}),
                       "minigrad: replay: input 0 has shape [3] and was recorded with [2]: shapes are fixed: record "
                       "another step, by capture(), for this one",
                       ShapeError);
  slope = 3;
  CHECK_THROWS_WITH_AS((step.check)(x),
                       "minigrad: capture: recorded again, the step differs at node 1 (times): the attributes were "
                       "times(slope=2) and are times(slope=3): compute by ops, from inputs of the step, what depends on "
                       "data; after any other change record the step anew, by capture()",
                       GraphError);
}

TEST_CASE("a captured function may neither call backward() nor clear its graph, which a replay could not do again") {
  Parameter<T> w(T{2});
  const std::string refusal =
      "minigrad: backward: called while its graph is in use, by a hook or by a function that capture() records: call "
      "it afterwards, for a captured step as step.backward()";
  CHECK(message_of([&] {
          capture([&](auto x) {
            auto loss = sum(x.graph().parameter(w) * x);
            backward(loss);
            return loss;
          }, T{3});
        }) == refusal);
  CHECK_FALSE(w.has_grad());
  CHECK_THROWS_AS(capture([&](auto x) {
                    x.graph().clear();
                    return x;
                  }, T{3}),
                  GraphError);
  auto step = capture([](auto x) { return sum(x * x); }, T{3});
  CHECK(step(T{4}).item() == 16);
}

TEST_CASE("a hook may not run the step whose gradients are on their way") {
  Parameter<T> w(T{2});
  auto step = capture([&](auto x) { return sum(x.graph().parameter(w) * x); }, T{3});
  std::string message;
  register_post_accumulate_grad_hook(step.graph(), w, [&](const auto&) { message = message_of([&] { step(T{5}); }); });
  step.backward();
  CHECK(message ==
        "minigrad: replay: called by a hook, while gradients pass through the same step: call it later");
  CHECK(w.grad() == T{3});
  CHECK(step(T{5}).item() == 10);
}

TEST_CASE("after a run that threw, handles of the step say so until a run is complete") {
  Parameter<T> w(T{{1, 2}, {3, 4}});
  Var<T> kept;
  auto step = capture([&](auto x, auto rows) {
    kept = sum(x * 2);
    return kept + sum(index_select(w, rows));
  }, T{1}, Tensor<std::int64_t>{0});
  CHECK_THROWS_AS(step(T{10}, Tensor<std::int64_t>{7}), Error);
  const std::string refusal =
      "minigrad: Var: the last run of its captured step threw before it was complete: run the step again first";
  CHECK(message_of([&] { kept.value(); }) == refusal);
  CHECK(message_of([&] { backward(kept); }) == refusal);
  CHECK_THROWS_AS(step.result(), GraphError);
  CHECK_THROWS_AS(step(T{1, 2}, Tensor<std::int64_t>{1}), ShapeError);  // refused before it runs: nothing is whole again
  CHECK(message_of([&] { kept.value(); }) == refusal);
  CHECK(step(T{10}, Tensor<std::int64_t>{1}).item() == 27);
  CHECK(kept.value().item() == 20);
  CHECK_THROWS_AS(step(T{1, 2}, Tensor<std::int64_t>{1}), ShapeError);
  CHECK(kept.value().item() == 20);  // refused after a run that was complete: its values stay
}

TEST_CASE("what a function has stored of a check says that it is gone") {
  Var<T> kept;
  auto step = capture([&](auto x) {
    kept = 2 * x;
    return sum(kept);
  }, T{1});
  step.check(T{1});
  CHECK_THROWS_AS(kept.value(), GraphError);
  CHECK(step(T{3}).item() == 6);
}

TEST_CASE("the checking mode sees another result, another borrowed tensor, and attributes to their last digit") {
  bool other = false;
  const T a{1}, b{2};
  double slope = 0.1, bound = 1e6;
  auto chosen = capture([&](auto x) {
    const auto u = x * 2, v = x * 3;
    return other ? v : u;
  }, T{1});
  auto index = capture([&](auto x) {
    const auto u = argmax(x), v = argmin(x);
    return other ? v : u;
  }, T{1, 2});
  auto borrowed = capture([&](auto x) { return x + x.graph().borrow(other ? b : a); }, T{1});
  auto leaky = capture([&](auto x) { return leaky_relu(x, slope); }, T{1});
  auto clamped = capture([&](auto x) { return clamp(x, 0, bound); }, T{1});
  for (const double number : {1.0, 2.0}) {
    chosen.check(T{number});
    index.check(T{number, 3});
    borrowed.check(T{number});
    leaky.check(T{number});
    clamped.check(T{number});
  }
  other = true;
  slope = 0.1000001;
  bound = 1000001;
  CHECK_THROWS_AS(chosen.check(T{1}), GraphError);
  CHECK_THROWS_AS(index.check(T{1, 2}), GraphError);
  CHECK_THROWS_AS(borrowed.check(T{1}), GraphError);
  CHECK_THROWS_AS(leaky.check(T{1}), GraphError);
  CHECK(message_of([&] { clamped.check(T{1}); }).find("the attribute high was 1000000 and is 1000001") !=
        std::string::npos);
}

TEST_CASE("the checking mode takes NaN for NaN, and shows the digits in which numbers differ") {
  double number = 0.1;
  auto masked = capture([](auto x) { return where(greater(x, 0), x, std::numeric_limits<double>::quiet_NaN()); }, T{1});
  masked.check(T{1});
  auto step = capture([&](auto x) { return x * number; }, T{1});
  step.check(T{1});
  number = 0.1 + 1e-9;
  const std::string message = message_of([&] { step.check(T{1}); });
  CHECK(message.find("the number was 0.1 and is 0.100000001") != std::string::npos);
}

TEST_CASE("a replay refuses an op whose result has another shape than when it was recorded, and can be run again") {
  const auto positives = record(
      "positives",
      []<class X>(const X& x) {
        std::vector<double> kept;
        for (const double v : value_of(x))
          if (v > 0) kept.push_back(v);
        return T::from({kept.size()}, kept);
      },
      no_rule);
  auto step = capture([&](const auto& x) { return sum(exp(positives(x) * 0)); }, T{1, -1, 1});
  CHECK(step.value().item() == 2);
  for (const T& x : {T{1, 1, 1}, T{1, -1, -1}})
    CHECK(message_of([&] { step(x); }) ==
          "minigrad: replay: positives gives a result of shape [" + std::string(x[1] > 0 ? "3" : "1") +
              "] and was recorded with [2]: shapes are fixed: record another step, by capture(), for these inputs");
  CHECK(step(T{-1, 3, 1}).item() == 2);
}

TEST_CASE("check() sees class weights, the label that is left out, and whether a gradient is needed") {
  const auto logits = T{{1, 2, 3}, {1, 0, 1}};
  const Tensor<std::int64_t> labels{0, 2};
  CrossEntropyOptions options{.weight = T{1, 2, 3}};
  auto step = capture([&](const auto& x, const auto& y) { return cross_entropy_loss(x, y, options); }, logits, labels);
  CHECK_NOTHROW((step.check)(logits, labels));
  options.weight = T{1, 2, 4};
  CHECK(message_of([&] { (step.check)(logits, labels); }).find("the attribute weight was 3 and is 4") != std::string::npos);
  options.weight = T{1, 2, 3};
  options.ignore_index = 2;
  CHECK(message_of([&] { (step.check)(logits, labels); }).find("ignore_index") != std::string::npos);

  Parameter<T> w(T{1, 2});
  bool freezes = false;
  auto other = capture(
      [&](const auto& x) {
        x.graph().freeze_parameters(freezes);
        return sum(x * w);
      },
      T{3, 4});
  freezes = true;
  CHECK(message_of([&] { (other.check)(T{3, 4}); }).find("it needed a gradient and needs none now") != std::string::npos);
}

TEST_CASE("check() compares what f recorded, not what grad() of its result has added since") {
  auto step = capture([](const auto& x) { return sum(square(x)); }, T{1, 2});
  grad(step.result(), step.graph().at(0));
  CHECK_NOTHROW((step.check)(T{1, 2}));
}

TEST_CASE("&&, || and ! of masks are recorded, also in a graph of numbers") {
  auto step = capture([](const auto& x) { return where((greater(x, 0) && !less(x, 1)) || equal(x, -1), x * 10, x); }, 0.5);
  CHECK(step.value() == 0.5);
  CHECK(step(5.0) == 50);
  CHECK(step(-1.0) == -10);
  Graph<double> graph;
  const auto y = graph.variable(2);
  CHECK((less(y, 3) && greater(y, 1)));
  CHECK_FALSE(!less(y, 3));
  CHECK((less(T{1, 2}, 2) || equal(T{1, 2}, 2)) == Tensor<bool>{true, true});
}

TEST_CASE("check() finds another random generator and another buffer, which attributes do not show") {
  Rng rng(1);
  const Dropout drop[] = {Dropout(0.5, rng), Dropout(0.5, rng)};
  std::size_t at = 0;
  auto step = capture([&](const auto& x) { return sum(drop[at](x)); }, T{3, 4});
  (step.check)(T{3, 4});
  at = 1;
  CHECK(message_of([&] { (step.check)(T{3, 4}); }).find("the random generator or the buffer is another") != std::string::npos);

  BatchNorm1d<double> norm[] = {BatchNorm1d<double>(2, {.affine = false}), BatchNorm1d<double>(2, {.affine = false})};
  const T rows{{1, 2}, {3, 5}};
  at = 0;
  auto normed = capture([&](const auto& x) { return sum(square(norm[at](x))); }, rows);
  (normed.check)(rows);
  at = 1;
  CHECK(message_of([&] { (normed.check)(rows); }).find("the random generator or the buffer is another") != std::string::npos);
}
