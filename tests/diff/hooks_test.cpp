#include <doctest/doctest.h>

#include <minigrad/diff/grad.hpp>
#include <minigrad/diff/checkpoint.hpp>
#include <minigrad/diff/hooks.hpp>
#include <minigrad/ops/ops.hpp>
#include <string>
#include <utility>
#include <vector>

using namespace minigrad;
using T = Tensor<double>;

TEST_CASE("a hook sees the whole gradient of a Var, once, when all its uses have added to it") {
  Graph<double> graph;
  const auto x = graph.variable(3);
  const auto y = x * x;
  std::vector<double> seen;
  register_hook(y, [&](double g) { seen.push_back(g); });
  backward(y * 2 + y * 5);
  CHECK(seen == std::vector<double>{7});
  CHECK(x.grad() == 42);
}

TEST_CASE("a hook that gives a value replaces the gradient, for what is kept and for what is passed on") {
  Graph<T> graph;
  graph.retain_grads();
  const auto x = graph.variable({1, 2, 3});
  const auto y = x * x;
  register_hook(y, [](const T& g) { return clamp(g, -2, 2); });
  backward(sum(y * T{10, 1, -10}));
  CHECK(y.grad() == T{2, 1, -2});
  CHECK(x.grad() == T{4, 4, -12});
}

TEST_CASE("hooks on variables and on parameters change what these keep") {
  Parameter<double> w(3);
  Graph<double> graph;
  const auto x = graph.variable(2), p = graph.parameter(w);
  register_hook(x, [](double g) { return -g; });
  register_hook(p, [](double g) { return 10 * g; });
  backward(x * p);
  CHECK(x.grad() == -3);
  CHECK(w.grad() == 20);
}

TEST_CASE("several hooks are called in the order in which they were registered") {
  Graph<double> graph;
  const auto x = graph.variable(2);
  std::vector<double> seen;
  register_hook(x, [&](double g) { seen.push_back(g); });
  register_hook(x, [](double g) { return g + 1; });
  register_hook(x, [&](double g) { seen.push_back(g); });
  register_hook(x, [](double g) { return g * 10; });
  backward(x * 5);
  CHECK(seen == std::vector<double>{5, 6});
  CHECK(x.grad() == 60);
}

TEST_CASE("a hook is called at every backward() until the graph is cleared") {
  Graph<double> graph;
  int calls = 0;
  const auto x = graph.variable(2);
  register_hook(x, [&](double) { ++calls; });
  backward(x * 1);
  backward(x * 2);
  CHECK(calls == 2);
  graph.clear();
  const auto y = graph.variable(2);
  backward(y * 1);
  CHECK(calls == 2);
}

TEST_CASE("a hook on a loss sees 1, and one that no gradient reaches is not called") {
  Graph<double> graph;
  const auto x = graph.variable(2), unused = graph.variable(3), loss = x * 4;
  std::vector<double> seen;
  int calls = 0;
  register_hook(loss, [&](double g) { seen.push_back(g); });
  register_hook(unused, [&](double) { ++calls; });
  backward(loss);
  CHECK(seen == std::vector<double>{1});
  CHECK(calls == 0);
}

TEST_CASE("grad() calls hooks too: what they give is recorded, and can be differentiated again") {
  Graph<double> graph;
  const auto x = graph.variable(2), y = square(x);
  std::vector<double> seen;
  register_hook(y, [](const auto& g) { return g * 3; });
  register_hook(y, [&](double g) { seen.push_back(g); });
  const auto slope = grad(y * x, x);  // y + 3 x dy/dx = x^2 + 6 x^2
  CHECK(slope.value() == 28);
  CHECK(seen == std::vector<double>{6});
  CHECK(grad(slope, x).value() == 3 * 4 + 24);  // y's hook again, and 6 x^2
}

TEST_CASE("grad() refuses a hook that changes values and cannot be recorded") {
  Graph<double> graph;
  const auto x = graph.variable(2);
  register_hook(x, [](double g) { return g * 3; });
  CHECK_THROWS_WITH_AS(grad(x * x, x),
                       "minigrad: grad: a hook changes a gradient and takes values only, so that grad() cannot record "
                       "what it does: let it take const auto&",
                       GraphError);
}

TEST_CASE("a hook may not change a gradient's shape") {
  Graph<T> graph;
  const auto x = graph.variable({1, 2, 3});
  register_hook(x, [](const T& g) { return sum(g); });
  CHECK_THROWS_WITH_AS(backward(sum(x)),
                       "minigrad: register_hook: a hook got a gradient of shape [3] and gave one of shape []; the "
                       "parameters of this loss have no gradient now, as after zero_grad(): mend the cause, then call backward() again",
                       ShapeError);
}

TEST_CASE("a hook on a Var that needs no gradient is refused, and so is one on a Var from before clear()") {
  Graph<double> graph;
  const auto x = graph.input(2);
  CHECK_THROWS_WITH_AS(register_hook(x, [](double) {}),
                       "minigrad: register_hook: this Var (input) needs no gradient, so there is nothing to look at: "
                       "make it by graph.variable()",
                       GraphError);
  graph.clear();
  CHECK_THROWS_WITH_AS(register_hook(x, [](double) {}), "minigrad: Var: used after clear() of its graph", GraphError);
}

TEST_CASE("a node with hooks is otherwise what it was: its op, inputs, value and numbers") {
  Graph<T> graph;
  const auto x = graph.variable({1, 2});
  const auto y = x * 3;
  register_hook(y, [](const T&) {});
  CHECK(graph.node(y.id()).op() == std::string("mul"));
  CHECK(graph.node(y.id()).inputs()[0] == x.id());
  CHECK(graph.node(y.id()).number(1) == 3);
  CHECK(y.value() == T{3, 6});
  backward(sum(y));
  CHECK(x.grad() == T{3, 3});
}

TEST_CASE("an exception from a hook comes through, and the graph can be cleared and used again") {
  Graph<double> graph;
  const auto x = graph.variable(2);
  register_hook(x, [](double) { detail::fail<ValueError>({"stop here"}); });
  CHECK_THROWS_WITH_AS(backward(x * 2),
                       "minigrad: stop here; the parameters of this loss have no gradient now, as after zero_grad(): "
                       "mend the cause, then call backward() again",
                       ValueError);
  graph.clear();
  const auto y = graph.variable(2);
  backward(y * 2);
  CHECK(y.grad() == 2);
}

TEST_CASE("a hook may not start another backward() on its graph, nor clear it, and the graph stays usable") {
  Graph<double> graph;
  const auto x = graph.variable(2);
  {
    const auto y = x * x, other = sin(x);
    register_hook(y, [&](double) { backward(other); });
    CHECK_THROWS_WITH_AS(backward(y * x),
                         "minigrad: backward: called while its graph is in use, by a hook or by a function that capture() "
                         "records: call it afterwards, for a captured step as step.backward(); the parameters of this "
                         "loss have no gradient now, as after zero_grad(): mend the cause, then call backward() again",
                         GraphError);
  }
  {
    const auto y = x * x;
    register_hook(y, [&](double) { graph.clear(); });
    CHECK_THROWS_WITH_AS(backward(y * x),
                         "minigrad: clear: called while the graph is in use, by a hook or by the function of "
                         "checkpoint() or capture(): call it later; the parameters of this loss have no gradient now, as after zero_grad(): mend the "
                         "cause, then call "
                         "backward() again",
                         GraphError);
  }
  graph.clear();
  const auto z = graph.variable(3);
  backward(z * z);
  CHECK(z.grad() == 6);
}

TEST_CASE("the gradient of a variable with a hook can be forgotten, and begins anew") {
  Graph<double> graph;
  const auto x = graph.variable(3);
  register_hook(x, [](double g) { return 10 * g; });
  backward(square(x));
  CHECK(x.grad() == 60);
  x.zero_grad();
  CHECK_THROWS_AS(x.grad(), GraphError);
  backward(2 * x);
  CHECK(x.grad() == 20);
}

TEST_CASE("a hook that a hook registers is called from the next time on") {
  Graph<double> graph;
  const auto x = graph.variable(2);
  const auto y = x * x;
  int early = 0, late = 0;
  register_hook(y, [&](double) {
    ++early;
    for (int i = 0; i < 4; ++i) register_hook(y, [&](double) { ++late; });
  });
  register_hook(y, [&](double) { ++early; });
  const auto loss = y * 1;
  backward(loss, {.keep_graph = true});
  CHECK(early == 2);
  CHECK(late == 0);
  backward(loss);
  CHECK(early == 4);
  CHECK(late == 4);
}

TEST_CASE("a graph is not cleared by a hook while grad() records, nor within checkpoint()") {
  const char* const refusal =
      "minigrad: clear: called while the graph is in use, by a hook or by the function of checkpoint() or capture(): call "
      "it later";
  Graph<double> graph;
  const auto x = graph.variable(2);
  const auto y = x * x;
  register_hook(y, [&](const auto&) { graph.clear(); });
  CHECK_THROWS_WITH_AS(grad(y * x, x), refusal, GraphError);
  CHECK_THROWS_WITH_AS(checkpoint([&](const auto& v) { return graph.clear(), v * v; }, x),
                       (std::string(refusal) + "; while computing checkpoint").c_str(), GraphError);
  graph.clear();
  CHECK(graph.size() == 0);
}

TEST_CASE("the hook of a final gradient is called only by a backward() that adds to it") {
  Parameter<T> w(T{1}), u(T{2});
  Graph<T> graph;
  int called = 0;
  register_post_accumulate_grad_hook(graph, w, [&](const auto&) { ++called; });
  const auto x = graph.input({3}), a = graph.parameter(w), b = graph.parameter(u);
  backward(sum(x * a));
  CHECK(called == 1);
  backward(sum(x * b));
  CHECK(called == 1);
  backward(sum(x * b + stop_gradient(x * a)));
  CHECK(called == 1);
  backward(sum(checkpoint([&](const auto& v) { return v * w; }, x)));
  CHECK(called == 2);
}

TEST_CASE("a hook may write to a parameter after the last rule that reads it, and not before") {
  Parameter<T> w(T{2}), u(T{5});
  Graph<T> graph;
  const auto record = [&](Parameter<T>& written) {
    graph.clear();
    const auto h = graph.input({3}) * w;
    register_hook(h, [&](const auto&) { written.set_value(T{7}); });
    return sum(h * u * w);
  };
  backward(record(u));
  CHECK(w.grad() == T{30 + 30});
  u.set_value(T{5});
  const auto message = [](const std::string& op) {
    return "minigrad: " + op + ": a hook wrote to a parameter of shape [1] whose value is still read by the rule of "
           "mul: write to it after " + op + "(), or by register_post_accumulate_grad_hook() of it";
  };
  const std::string no_gradient =
      "; the parameters of this loss have no gradient now, as after zero_grad(): mend the cause, then call backward() "
      "again";
  CHECK_THROWS_WITH_AS(backward(record(w)), (message("backward") + no_gradient).c_str(), GraphError);
  CHECK_FALSE(w.has_grad());
  w.set_value(T{2});
  const auto loss = record(w);
  CHECK_THROWS_WITH_AS(grad(loss, graph.parameter(w)), message("grad").c_str(), GraphError);

  w.set_value(T{2});
  graph.clear();
  const auto y = sum(graph.input({3}) * w * u);
  register_post_accumulate_grad_hook(graph, u, [&](const auto&) { w.set_value(T{7}); });
  CHECK_THROWS_WITH_AS(backward(y), (message("backward") + no_gradient).c_str(), GraphError);
  graph.clear();
  w.set_value(T{2});
  const auto early = graph.parameter(w), late = graph.input({3}) * u;
  register_hook(late, [&](const auto&) { w.set_value(T{7}); });
  backward(sum(early * late));
  CHECK(u.grad() == T{6});
  graph.clear();
  w.set_value(T{2});
  const auto held = checkpoint([&](const auto& x) { return x * w; }, graph.input({3}));
  const auto after = held * u;
  register_hook(after, [&](const auto&) { w.set_value(T{7}); });
  CHECK_THROWS_WITH_AS(backward(sum(after)), doctest::Contains("by the rule of checkpoint"), GraphError);
  graph.clear();
  w.zero_grad(), u.zero_grad();
  w.set_value(T{2});
  const auto z = sum(graph.input({3}) * w * u);
  register_post_accumulate_grad_hook(graph, u, [&](const auto& p) { p.set_value(p.value() - p.grad()); });
  register_post_accumulate_grad_hook(graph, w, [&](const auto& p) { p.set_value(p.value() - p.grad()); });
  backward(z);
  CHECK(u.value() == T{5 - 6});
  CHECK(w.value() == T{2 - 15});
}

TEST_CASE("a hook that a hook registers on a parameter or a variable is called from the next sweep on") {
  Parameter<T> w(T{1, 2}), u(T{1, 1});
  Graph<T> graph;
  const auto x = graph.variable({1, 2}), at_w = graph.parameter(w), y = at_w * 3 * x;
  bool first = true;
  register_hook(y, [&](const auto&) {
    if (!std::exchange(first, false)) return;
    register_hook(at_w, [](const auto& g) { return g * 10; });
    register_hook(x, [](const auto& g) { return g * 100; });
  });
  backward(sum(y), {.keep_graph = true});
  CHECK(w.grad() == T{3, 6});
  CHECK(x.grad() == T{3, 6});
  w.zero_grad();
  x.zero_grad();
  backward(sum(square(x * u) * graph.parameter(w)));
  CHECK(x.grad() == T{2 * 100, 8 * 100});
  CHECK(u.grad() == T{2, 16});
  CHECK(w.grad() == T{1, 4});

  Graph<T> recorded;
  const auto a = recorded.variable({1, 2}), b = a * 3;
  first = true;
  register_hook(b, [&](const auto&) {
    if (std::exchange(first, false)) register_hook(a, [](const auto& g) { return g * 100; });
  });
  CHECK(grad(sum(b), a).value() == T{3, 3});
  CHECK(grad(sum(b), a).value() == T{300, 300});
}

TEST_CASE("the hook of a final gradient is called for every input of concatenate, and not for a frozen one") {
  Parameter<T> a(T{1}), b(T{2}), frozen(T{3});
  Graph<T> graph;
  std::string called;
  const auto note = [&](const char* name) { return [&called, name](const auto&) { called += name; }; };
  register_post_accumulate_grad_hook(graph, a, note("a"));
  register_post_accumulate_grad_hook(graph, b, note("b"));
  register_post_accumulate_grad_hook(graph, frozen, note("frozen"));
  backward(sum(graph.parameter(frozen) * 2));
  CHECK(called == "frozen");
  frozen.requires_grad(false);
  called.clear();
  const std::vector all{graph.parameter(frozen), graph.parameter(a), graph.parameter(b)};
  backward(sum(square(concatenate(all, 0))));
  CHECK(called == "ba");
  called.clear();
  backward(sum(square(stack(all, 0))));
  CHECK(called == "ba");
}

TEST_CASE("grad() of a Var within a hook throws where the gradient is not kept, since its memory serves another node") {
  Graph<T> graph;
  const auto x = graph.variable({1, 2}), a = x * 3, b = a * 5, c = b * 7;
  register_hook(a, [&](const auto&) {
    CHECK_THROWS_WITH_AS(c.grad(), doctest::Contains("no gradient is kept for this Var (mul)"), GraphError);
  });
  backward(sum(c));
  CHECK(x.grad() == T{105, 105});
}

TEST_CASE("a parameter that a hook freezes or unfreezes in a sweep keeps what it has, and later sweeps reach it") {
  Parameter<T> w(T{1, 2});
  Graph<T> graph;
  const auto x = graph.input({3, 4});
  const auto y = x * graph.parameter(w), loss = sum(y);
  bool thaw = true;
  register_hook(y, [&](const auto&) {
    if (thaw) w.requires_grad(true);
  });
  w.requires_grad(false);
  backward(loss, {.keep_graph = true});
  CHECK_FALSE(w.has_grad());
  backward(loss, {.keep_graph = true});
  CHECK(w.grad() == T{3, 4});
  thaw = false;
  w.requires_grad(false);
  backward(loss);
  CHECK(w.grad() == T{3, 4});
}
