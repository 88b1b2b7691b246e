#include <doctest/doctest.h>

#include <minigrad/diff/checkpoint.hpp>
#include <minigrad/diff/hooks.hpp>
#include <minigrad/nn/layers.hpp>
#include <minigrad/nn/norm.hpp>
#include <minigrad/nn/sequential.hpp>
#include <minigrad/tensor/create.hpp>
#include <string>
#include <vector>

using namespace minigrad;
using T = Tensor<double>;

namespace {

/// A network of many layers, as it is or in checkpoints of two layers each.
struct Deep {
  std::vector<Linear<double>> layers;
  bool checkpoints = false;

  Deep(std::size_t depth, Rng& rng) {
    for (std::size_t i = 0; i < depth; ++i) layers.emplace_back(4, 4, rng);
  }
  auto operator()(auto x) const {
    for (std::size_t i = 0; i < layers.size(); i += 2) {
      const auto block = [&, i](const auto& v) { return tanh(layers[i + 1](tanh(layers[i](v)))); };
      x = checkpoints ? checkpoint(block, x) : block(x);
    }
    return x;
  }
  auto parts() { return std::tie(layers); }
};

std::vector<T> gradients(Deep& model, const T& x, std::size_t& nodes) {
  zero_grad(model);
  Graph<T> graph;
  const auto in = graph.variable(x);
  const auto loss = sum(square(model(in)));
  nodes = graph.size();
  backward(loss);
  std::vector<T> out{in.grad()};
  for (const auto& p : parameters(model)) out.push_back(p.grad());
  return out;
}

}  // namespace

TEST_CASE("a checkpointed network has the same loss and gradients to the bit, from fewer nodes") {
  Rng rng(1);
  Deep model(8, rng);
  const auto x = normal<double>({3, 4}, 0, 1, rng);
  std::size_t plain_nodes = 0, nodes = 0;
  const auto expected = gradients(model, x, plain_nodes);
  model.checkpoints = true;
  CHECK(gradients(model, x, nodes) == expected);
  CHECK(nodes == 1 + 4 + 2);
  CHECK(plain_nodes == 1 + 8 * 4 + 2);
  CHECK(model(x) == [&] {
    model.checkpoints = false;
    return model(x);
  }());
}

TEST_CASE("a model may be checkpointed as it is, by a reference to it") {
  Rng rng(1);
  Sequential<double> model{Linear<double>(4, 3, rng), Tanh(), Linear<double>(3, 1, rng)};
  const auto x = normal<double>({5, 4}, 0, 1, rng);
  Graph<T> graph;
  backward(sum(model(graph.input(x))));
  std::vector<T> expected;
  for (const auto& p : parameters(model)) expected.push_back(p.grad());
  zero_grad(model);
  backward(sum(checkpoint(model, graph.input(x))));
  for (std::size_t k = 0; k < expected.size(); ++k) CHECK(parameters(model)[k].grad() == expected[k]);
}

TEST_CASE("checkpoint() on numbers, on several arguments, and on one that is given twice") {
  Graph<double> graph;
  const auto x = graph.variable(2), y = graph.variable(3);
  const auto f = [](auto a, auto b, auto c) { return a * b * c * c; };
  const auto z = checkpoint(f, x, y, x);
  CHECK(z.value() == 24);
  backward(z);
  CHECK(x.grad() == 36);
  CHECK(y.grad() == 8);
  CHECK(checkpoint(f, 2.0, 3.0, 2.0) == 24);
}

TEST_CASE("checkpoint() takes Tensors and Parameters beside Vars") {
  Graph<T> graph;
  const auto x = graph.variable({1, 2});
  Parameter<T> w(T{3, 4});
  backward(sum(checkpoint([](auto a, auto b, auto c) { return a * b * c; }, x, T{5, 6}, w)));
  CHECK(x.grad() == T{15, 24});
  CHECK(w.grad() == T{5, 12});
}

TEST_CASE("an argument that depends on another argument is not counted twice, by backward() or by grad()") {
  Graph<double> graph;
  const auto x = graph.variable(3), y = x * x;
  const auto f = [](auto a, auto b) { return a * b; };
  const auto z = checkpoint(f, x, y);
  CHECK(grad(z, x).value() == 27);
  CHECK(grad(grad(z, x), x).value() == 18);
  CHECK(grad(grad(grad(z, x), x), x).value() == 6);
  CHECK(grad(checkpoint(f, x, x), x).value() == 6);
  backward(z);
  CHECK(x.grad() == 27);
}

TEST_CASE("a gradient through a checkpoint may be part of a loss, parameters and all") {
  Parameter<double> w(3);
  Graph<double> graph;
  const auto x = graph.variable(2);
  const auto slope = grad(checkpoint([&](auto v) { return w * square(v); }, x), x);  // 2 w x
  backward(square(slope));
  CHECK(w.grad() == 8 * 3 * 4);
  CHECK(x.grad() == 8 * 9 * 2);
}

TEST_CASE("checkpoints nest") {
  Graph<double> graph;
  int calls = 0;
  const auto x = graph.variable(2);
  const auto inner = [&](auto v) {
    ++calls;
    return v * v;
  };
  const auto y = checkpoint([&](auto v) { return checkpoint(inner, checkpoint(inner, v)); }, x);
  CHECK(graph.size() == 2);
  CHECK(calls == 2);
  backward(y);
  CHECK(x.grad() == 32);
  CHECK(calls == 2 + 2 + 2);  // forward, once more for the outer checkpoint, and for each of the inner ones
}

TEST_CASE("a function of data alone needs no gradient, and is not computed again") {
  Graph<double> graph;
  int calls = 0;
  const auto f = [&](auto v) {
    ++calls;
    return v * 2;
  };
  const auto data = checkpoint(f, graph.input(3)), x = graph.variable(1);
  backward(data * x);
  CHECK(x.grad() == 6);
  CHECK(calls == 1);
  CHECK_THROWS_AS(backward(checkpoint(f, graph.input(3))), GraphError);
  CHECK_THROWS_AS(backward(checkpoint([](auto v) { return stop_gradient(v); }, x)), GraphError);
}

TEST_CASE("a function that gives another result the second time is refused") {
  const char* const message =
      "minigrad: checkpoint: computed again for the gradient, the function gave another result: it must depend on "
      "nothing but its arguments and parameters that keep their values; random numbers must come from ops of this "
      "library, such as dropout; the parameters of this loss have no gradient now, as after zero_grad(): mend the cause, then call backward() "
      "again";
  Rng rng(1);
  Graph<T> graph;
  const auto x = graph.variable(ones<double>({100}));
  const auto noise = [&](const auto& v) { return v * normal<double>({100}, 0, 1, rng); };
  CHECK_THROWS_WITH_AS(backward(sum(checkpoint(noise, x))), message, GraphError);
  graph.clear();
  const auto nan = checkpoint([](auto v) { return sqrt(v); }, graph.variable({-1}));  // the same NaN each time
  CHECK_NOTHROW(backward(nan));
}

TEST_CASE("a parameter that was changed since a checkpoint used it is refused") {
  Graph<T> graph;
  Parameter<T> w(T{1, 2});
  const auto loss = sum(checkpoint([&](auto v) { return v * w; }, graph.variable({1, 1})));
  w.set_value(T{1, 3});
  CHECK_THROWS_WITH_AS(backward(loss),
                       "minigrad: backward: a parameter of shape [2] was changed after the loss was computed from it: "
                       "call backward() before a step of the optimizer and before writing to the parameter",
                       GraphError);
}

TEST_CASE("a checkpoint that draws random numbers draws the same ones again, and moves the stream once") {
  Rng rng(1), same(1);
  Graph<T> graph;
  const auto once = [](auto& stream) { return [&](const auto& v) { return dropout(tanh(dropout(v, 0.5, stream)), 0.3, stream); }; };
  const T x = normal<double>({20, 10}, 0, 1, rng);
  same = rng;
  const auto u = graph.variable(x), v = graph.variable(x);
  backward(sum(square(once(rng)(u))));
  backward(sum(square(checkpoint(once(same), v))));
  CHECK(u.grad() == v.grad());
  CHECK(rng() == same());
  const auto w = graph.variable(x);  // and where checkpoints nest
  Rng nested = rng, plain = rng;
  backward(sum(checkpoint([&](const auto& a) { return checkpoint(once(nested), square(a)); }, w)));
  const auto z = graph.variable(x);
  backward(sum(once(plain)(square(z))));
  CHECK(w.grad() == z.grad());
}

TEST_CASE("a function that uses a Var of the outer graph by capture is refused") {
  Graph<double> graph;
  const auto x = graph.variable(2), captured = graph.variable(3);
  CHECK_THROWS_WITH_AS(checkpoint([&](auto v) { return v * captured; }, x),
                       "minigrad: mul: the operands belong to different graphs; while computing checkpoint", GraphError);
  CHECK_THROWS_WITH_AS(checkpoint([&](auto) { return captured; }, x),
                       "minigrad: checkpoint: the operands belong to different graphs", GraphError);
}

TEST_CASE("a graph with frozen parameters freezes those inside of a checkpoint too") {
  Parameter<double> w(2);
  Graph<double> graph;
  graph.freeze_parameters();
  const auto x = graph.variable(3);
  backward(checkpoint([&](auto v) { return v * w; }, x));
  CHECK(x.grad() == 2);
  CHECK(!w.has_grad());
}

TEST_CASE("retain_grads() keeps the gradient of a checkpoint, and a hook on it is called") {
  Graph<T> graph;
  graph.retain_grads();
  const auto x = graph.variable({1, 2});
  const auto y = checkpoint([](auto v) { return v * v; }, x);
  register_hook(y, [](const T& g) { return g * 10; });
  backward(sum(y * 3));
  CHECK(y.grad() == T{30, 30});
  CHECK(x.grad() == T{60, 120});
}

TEST_CASE("stop_gradient() is the value, and no gradient passes through it") {
  Graph<T> graph;
  const auto x = graph.variable({1, 2});
  backward(sum(x * stop_gradient(x)));
  CHECK(x.grad() == T{1, 2});
  CHECK(grad(sum(x * stop_gradient(x * x)), x).value() == T{1, 4});
  CHECK(stop_gradient(T{1, 2}) == T{1, 2});
  CHECK(stop_gradient(3.0) == 3);
  Parameter<T> w(T{5, 6});
  CHECK(stop_gradient(w) == T{5, 6});
  CHECK_THROWS_AS(backward(sum(stop_gradient(x))), GraphError);
}

TEST_CASE("grad() through a checkpoint that draws random numbers is refused in a recorded step, and says what to do") {
  Rng rng(1);
  const auto noisy = [&](const auto& v) { return dropout(v, 0.5, rng); };
  CHECK_THROWS_WITH_AS(
      capture([&](const auto& x) { return sum(square(grad(sum(checkpoint(noisy, x)), x))); }, T{1, 2}),
      "minigrad: grad: the function of a checkpoint draws random numbers or moves running statistics, which a recorded "
      "step would do in each run and for grad() once more: call f(x) in place of checkpoint(f, x) in this step, or run "
      "it without capture(); while passing a gradient through checkpoint",
      GraphError);
  auto step = capture([&](const auto& x) { return sum(square(grad(sum(noisy(x) * x), x))); }, T{1, 2});  // as it says
  CHECK(step(T{1, 2}).size() == 1);
}

TEST_CASE("a checkpoint of more inputs than an op has keeps the constants among them") {
  Graph<Tensor<double>> graph;
  const Tensor<double> c{2, 3};
  const auto x = graph.variable({1, 2});
  backward(sum(checkpoint([](const auto&... v) { return (v * ...); }, c, c, c, c, c, c, c, c, x)));
  CHECK(x.grad() == Tensor<double>{256, 6561});
}

TEST_CASE("grad() through a checkpoint that moves running statistics is refused in a recorded step") {
  BatchNorm1d<double> norm(2);
  const auto f = [&](const auto& x) {
    const auto z = x * 2;
    return sum(square(grad(sum(square(checkpoint(norm, z))), z)));
  };
  const T x{{1, 2}, {3, 5}};
  CHECK_THROWS_WITH_AS(capture(f, x), doctest::Contains("moves running statistics"), GraphError);
  eval(norm);
  auto step = capture(f, x);  // which moves none
  CHECK(step(x).size() == 1);
}

TEST_CASE("after an exception in a sweep a parameter that only a checkpoint uses has no gradient, and then the right one") {
  Parameter<T> w(T{1, 1}), u(T{1, 1}), other(T{1, 1});
  Graph<T> graph;
  const auto x = graph.input({1, 1});
  backward(sum(x * other));
  bool throws = true;
  const auto y = x * u;
  register_hook(y, [&](const auto&) {
    if (throws) throw ValueError("stop");
  });
  const auto loss = sum(checkpoint([&](const auto& v) { return v * w; }, y));
  CHECK_THROWS_AS(backward(loss), ValueError);
  CHECK_FALSE(w.has_grad());
  CHECK(other.grad() == T{1, 1});
  throws = false;
  backward(loss);
  CHECK(w.grad() == T{1, 1});
  CHECK(u.grad() == T{1, 1});
}

TEST_CASE("a checkpoint treats parameters as they were when it was recorded, as f(x) does") {
  Parameter<T> w(T{2, 3}), v(T{1, 1});
  Graph<T> graph;
  const auto f = [&](const auto& x) { return x * w; };
  const auto x = graph.input({5, 7});
  const auto recorded_live = checkpoint(f, x * v);
  graph.freeze_parameters();
  const auto recorded_frozen = checkpoint(f, graph.variable({1, 1}));
  backward(sum(recorded_live));
  CHECK(w.grad() == T{5, 7});
  CHECK(v.grad() == T{10, 21});
  w.zero_grad();
  graph.freeze_parameters(false);
  backward(sum(recorded_frozen));
  CHECK_FALSE(w.has_grad());

  w.requires_grad(false);
  const auto loss = sum(checkpoint(f, x * v));
  w.requires_grad(true);
  backward(loss);
  CHECK_FALSE(w.has_grad());
}

TEST_CASE("a replay refuses a tensor that a checkpoint borrowed and that has another shape now") {
  T borrowed{2};
  auto step = capture(
      [&](const auto& x) {
        return sum(checkpoint([&](const auto& v) { return v.graph().borrow(borrowed) * 1 + sum(v); }, x));
      },
      T{0, 0});
  borrowed = T{3};
  CHECK(step(T{0, 1}).item() == 4);
  borrowed = T{2, 2, 2};
  CHECK_THROWS_WITH_AS(step(T{0, 0}), doctest::Contains("a borrowed tensor of shape [1] has shape [3] now"), GraphError);
}

TEST_CASE(
    "a checkpoint whose function records other ops than the first time is refused, by a replay and by backward()") {
  Parameter<T> w(T{2}), u(T{3});
  const auto chooses = [&](const auto& v) {
    if (v.item() > 0) return w * v;
    return v * 1;
  };
  const auto f = [&](const auto& x) { return sum(checkpoint(chooses, x)) + sum(w * x); };
  auto step = capture(f, T{-1});
  CHECK(step(T{-2}).item() == -6);
  const auto other_ops =
      doctest::Contains("checkpoint: called again, the function recorded other ops than the first time");
  CHECK_THROWS_WITH_AS(step(T{3}), other_ops, GraphError);
  CHECK_THROWS_AS(step.backward(), GraphError);  // the values are of two runs
  CHECK(step(T{-3}).item() == -9);
  step.backward();
  CHECK(w.grad() == T{-3});

  // The same value, and another way to it: the memory of gradients is planned for the first one.
  bool stops = true;
  Graph<T> graph;
  const auto x = graph.input({1}), a = w * x, b = exp(a), c = exp(exp(u * x));
  const auto k = checkpoint([&](const auto& p, const auto& q) { return (stops ? stop_gradient(p) : p) * q; }, a, c);
  const auto loss = sum(k) + sum(b);
  backward(loss, {.keep_graph = true});
  stops = false;
  CHECK_THROWS_WITH_AS(backward(loss, {.keep_graph = true}), other_ops, GraphError);
  CHECK_THROWS_WITH_AS(grad(loss, a), other_ops, GraphError);
  stops = true;
  CHECK(grad(loss, a).value() == b.value());
}

TEST_CASE("the hook of a final gradient is not called for a parameter to which a checkpoint passes none") {
  Parameter<T> w(T{2});
  {
    Graph<T> before;
    backward(before.parameter(w) * 1);
  }
  Graph<T> graph;
  const auto x = graph.variable(T{1});
  int calls = 0;
  const auto hook = [&](const auto&) { ++calls; };
  register_post_accumulate_grad_hook(graph, w, hook);
  backward(checkpoint([&](const auto& v) { return v * stop_gradient(operand(w, v)); }, x));
  CHECK(calls == 0);
  CHECK(w.grad() == T{1});
  backward(checkpoint([&](const auto& v) { return checkpoint([&](const auto& z) { return z * w; }, v); }, x));
  CHECK(calls == 1);
  CHECK(w.grad() == T{2});
}
