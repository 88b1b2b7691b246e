// What once went wrong in the engine, each a sentence about what holds instead.
#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <minigrad/minigrad.hpp>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "../support/count_allocations.hpp"

using namespace minigrad;
using doctest::Approx;
using T = Tensor<double>;
using Indices = Tensor<std::int64_t>;

namespace {

/// What the GraphError says that f throws, or nothing where it throws none.
template <class F>
std::string refusal(const F& f) {
  try {
    f();
  } catch (const GraphError& error) {
    return error.what();
  }
  return "";
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

void check_close(const T& value, const T& expected) {
  REQUIRE(value.shape() == expected.shape());
  for (std::size_t i = 0; i < value.size(); ++i) CHECK(value[i] == Approx(expected[i]).epsilon(1e-12));
}

/// A layer whose weight is gain v / |v|, written once for Tensors and Vars.
struct WeightNorm {
  Parameter<T> gain{T::scalar(2)}, direction{T{{3, 4}}};

  auto operator()(const auto& x) const {
    const auto& v = operand(direction, x);
    return matmul_nt(x, gain * v / sqrt(sum(square(v))));
  }
  auto parts() { return std::tie(gain, direction); }
};

/// A table of two rows; the tokens are a Tensor or a handle.
struct Rows {
  Parameter<T> table{T{{1, 2}, {3, 4}}};

  auto operator()(const auto& tokens) const { return index_select(operand(table, tokens), tokens); }
};

}  // namespace

// --- parameters among themselves ---

TEST_CASE("operand(w, x) is a Var of x's graph where x is a Var or an index handle, and else the plain value") {
  Parameter<T> w(T{{1, 2}, {3, 4}});
  const T x{{1, 1}};
  const Indices tokens{1, 0};
  static_assert(std::is_same_v<decltype(operand(w, x)), const T&>);
  static_assert(std::is_same_v<decltype(operand(w, tokens)), const T&>);
  static_assert(std::is_same_v<decltype(operand(w, 2.0)), const T&>);
  CHECK(&operand(w, x) == &std::as_const(w).value());
  CHECK(&operand(w, tokens) == &std::as_const(w).value());
  CHECK(&operand(w, 2.0) == &std::as_const(w).value());

  Graph<T> graph;
  const auto in = graph.input(x);
  const auto handle = graph.input(tokens);
  static_assert(std::is_same_v<std::remove_cvref_t<decltype(operand(w, in))>, Var<T>>);
  static_assert(std::is_same_v<std::remove_cvref_t<decltype(operand(w, handle))>, Var<T>>);
  CHECK(&operand(w, in).graph() == &graph);
  CHECK(&operand(w, handle).graph() == &graph);
  CHECK(operand(w, in).value() == T{{1, 2}, {3, 4}});
}

TEST_CASE("a penalty on a parameter adds to its gradient") {
  Parameter<T> w(T{{1, 2}, {3, 4}});
  Graph<T> graph;
  const auto x = graph.input({{1, 1}});
  backward(sum(matmul(x, w)) + 10 * sum(square(operand(w, x))));
  CHECK(w.grad() == T{{21, 41}, {61, 81}});
}

TEST_CASE("a tied weight gets the gradient of both of its uses") {
  Parameter<T> w(T{{1, 2}, {3, 4}});
  {
    Graph<T> graph;
    const auto x = graph.input({{1, 1}});
    backward(sum(matmul(matmul(x, w), transpose(operand(w, x)))));
    CHECK(w.grad() == T{{8, 12}, {8, 12}});
  }
  w.zero_grad();
  Graph<T> graph;
  backward(sum(matmul_nt(matmul(graph.input({{1, 1}}), w), w)));
  CHECK(w.grad() == T{{8, 12}, {8, 12}});
}

TEST_CASE("weight normalisation trains its gain and its direction, and computes on Tensors what it records on Vars") {
  WeightNorm layer;
  const T x{{1, 1}};
  Graph<T> graph;
  const auto y = layer(graph.input(x));
  check_close(y.value(), T{{2.8}});
  check_close(layer(x), T{{2.8}});
  backward(sum(y));
  check_close(layer.gain.grad(), T::scalar(1.4));
  check_close(layer.direction.grad(), T{{0.064, -0.048}});
  CHECK_NOTHROW(check_parts(layer, x));
}

TEST_CASE("an embedding trains on an index handle, and just computes on a Tensor of indices") {
  Rows rows;
  const Indices tokens{1, 1, 0};
  CHECK(rows(tokens) == T{{3, 4}, {3, 4}, {1, 2}});
  Graph<T> graph;
  const auto handle = graph.input(tokens);
  static_assert(std::is_same_v<std::remove_cvref_t<decltype(handle)>, IndexVar<T>>);
  const auto y = rows(handle);
  CHECK(y.value() == T{{3, 4}, {3, 4}, {1, 2}});
  backward(sum(y * T{{1, 1}, {10, 10}, {100, 100}}));
  CHECK(rows.table.grad() == T{{100, 100}, {11, 11}});
}

TEST_CASE("index_select records with a Parameter and an index handle") {
  Parameter<T> w(T{{1, 2}, {3, 4}}), dense(T{{1, 2}, {3, 4}});
  const Indices labels{1};
  Graph<T> graph;
  backward(sum(matmul(graph.input({{1, 1}}), dense) + index_select(w, graph.input(labels))));
  CHECK(w.grad() == T{{0, 0}, {1, 1}});
  CHECK(dense.grad() == T{{1, 1}, {1, 1}});
}

// --- reductions of an op on elements ---

TEST_CASE("the sum and the mean of an op that uses its own result have the right gradient") {
  const double e1 = std::exp(1.0), e2 = std::exp(2.0);
  Graph<T> graph;
  const auto x = graph.variable({1, 2});
  const auto total = exp_op.sum(x), mean_of_all = exp_op.mean(x);
  CHECK(total.item() == Approx(e1 + e2));
  CHECK(mean_of_all.item() == Approx((e1 + e2) / 2));
  check_close(grad(total, x).value(), T{e1, e2});
  check_close(grad(mean_of_all, x).value(), T{e1 / 2, e2 / 2});
  check_close(grad(sum(grad(total, x)), x).value(), T{e1, e2});
  backward(total);
  check_close(x.grad(), T{e1, e2});
  x.zero_grad();
  backward(mean_of_all);
  check_close(x.grad(), T{e1 / 2, e2 / 2});
}

TEST_CASE("the mean of an op on a single number and a vector is right, or refused by its shapes") {
  Graph<T> graph;
  const auto a = graph.variable(T::scalar(2)), x = graph.variable({1, 2, 3, 4});
  std::optional<Var<T>> y;
  try {
    y = mse_loss_op.mean(a, x);
  } catch (const ShapeError& error) {
    CHECK(contains(error.what(), "mse_loss"));
  }
  if (y) {
    CHECK(y->item() == 1.5);
    backward(*y);
    CHECK(a.grad() == T::scalar(-1));
    CHECK(x.grad() == T{-0.5, 0, 0.5, 1});
  }
}

TEST_CASE("the sum and the mean of one number are that number, recorded or not") {
  CHECK(mse_loss_op.mean(3.0, 1.0) == 4);
  CHECK(mse_loss_op.sum(3.0, 1.0) == 4);
  Graph<double> graph;
  const auto x = graph.variable(3);
  const auto y = mse_loss_op.mean(x, 1.0);
  CHECK(y.value() == 4);
  CHECK(mse_loss_op.sum(x, 1.0).value() == 4);
  backward(y);
  CHECK(x.grad() == 4);
}

TEST_CASE("the sum and the mean of an op on Tensors alone are values, of whole numbers too") {
  CHECK(mse_loss_op.mean(T{1, 2, 3}, T{0, 0, 0}).item() == Approx(14.0 / 3));
  CHECK(mse_loss_op.sum(T{1, 2, 3}, 0).item() == 14);
  CHECK(mse_loss_op.sum(Tensor<int>{1, 2, 3}, 0).item() == 14);
}

// --- what functions capture ---

TEST_CASE("a rule may capture more than a block of the graph's memory holds") {
  Graph<double> graph;
  const std::vector<Var<double>> in{graph.variable(1), graph.variable(2)};
  std::array<float, 30000> big{};
  big[0] = 10;
  big[1] = 20;
  big[29999] = 5;
  const auto total = record_many(
      "big", [](std::span<const double* const> x) { return *x[0] + *x[1]; },
      [big](const auto& g, auto&&, std::size_t k) { return g * static_cast<double>(big[k] + big[29999]); });
  const auto y = total(std::span<const Var<double>>(in)), z = total(std::span<const Var<double>>(in));
  CHECK(y.value() == 3);
  CHECK(grad(y, in[1]).value() == 25);
  backward(y + z);
  CHECK(in[0].grad() == 30);
  CHECK(in[1].grad() == 50);
}

TEST_CASE("what a rule captures is aligned as its type asks") {
  struct alignas(64) Wide {
    double numbers[8] = {3, 4};
  };
  Graph<double> graph;
  const std::vector<Var<double>> in{graph.variable(1), graph.variable(2)};
  std::vector<std::uintptr_t> places;
  std::vector<Var<double>> results;
  for (int repeat = 0; repeat < 4; ++repeat) {  // the second of two might stand right by chance
    results.push_back(record_many(
        "aligned", [](std::span<const double* const> x) { return *x[0] + *x[1]; },
        [wide = Wide{}, &places](const auto& g, auto&&, std::size_t k) {
          places.push_back(reinterpret_cast<std::uintptr_t>(&wide));
          return g * wide.numbers[k];
        })(std::span<const Var<double>>(in)));
  }
  backward(results[0] + results[1] + results[2] + results[3]);
  CHECK(places.size() == 8);
  for (const volatile std::uintptr_t place : places) CHECK(place % alignof(Wide) == 0);  // a compiler would know better
  CHECK(in[0].grad() == 12);
  CHECK(in[1].grad() == 16);
}

// --- parameters that change ---

TEST_CASE("a parameter is written by set_value(), edit() and assignment, also through a reference") {
  Parameter<T> p(T{1, 2});
  p.set_value(T{3, 4});
  CHECK(p.value() == T{3, 4});
  p.edit() *= 2;
  CHECK(p.value() == T{6, 8});
  const ParameterRef<T> ref = p.ref();
  ref.set_value(T{5});
  CHECK(p.value() == T{5});
  ref.edit()[0] = 7;
  CHECK(p.value() == T{7});
  p = Parameter<T>(T{1, 2, 3});
  CHECK(ref.value() == T{1, 2, 3});
  static_assert(std::is_same_v<decltype(p.value()), const T&>);
  static_assert(std::is_same_v<decltype(ref.value()), const T&>);
  static_assert(std::is_same_v<decltype(p.edit()), T&>);
}

TEST_CASE("backward() refuses a loss whose parameter has changed since, however it was written") {
  const auto message_after = [](const auto& write) {
    Parameter<T> p(T{1, 2});
    Graph<T> graph;
    const auto loss = sum(square(graph.parameter(p)));
    write(p);
    return refusal([&] { backward(loss); });
  };
  CHECK(message_after([](Parameter<T>&) {}) == "");
  CHECK(message_after([](Parameter<T>& p) { static_cast<void>(p.value()); }) == "");
  CHECK(contains(message_after([](Parameter<T>& p) { p.set_value(T{10, 20}); }), "changed"));
  CHECK(contains(message_after([](Parameter<T>& p) { p.edit() *= 10; }), "changed"));
  CHECK(contains(message_after([](Parameter<T>& p) { p.ref().set_value(T{10, 20}); }), "changed"));
  CHECK(contains(message_after([](Parameter<T>& p) { p.ref().edit()[0] = 3; }), "changed"));
  CHECK(contains(message_after([](Parameter<T>& p) { p = Parameter<T>(T{10, 20}); }), "changed"));
  CHECK(contains(message_after([](Parameter<T>& p) {
          const Parameter<T> other(T{10, 20});
          p = other;
        }), "changed"));
}

TEST_CASE("backward() refuses a loss whose parameter has another shape since, and reads nothing outside of it") {
  Parameter<T> p(ones<double>({64}));
  Graph<T> graph;
  const auto x = graph.variable(ones<double>({64}));
  const auto loss = sum(x * graph.parameter(p));
  p.set_value(T{1, 2});
  CHECK(contains(refusal([&] { backward(loss); }), "changed"));
}

TEST_CASE("a loss that is recorded after the change has the right gradient") {
  Parameter<T> p(T{1, 2});
  Graph<T> graph;
  const auto stale = sum(square(graph.parameter(p)));
  p.edit() *= 10;
  backward(sum(square(graph.parameter(p))));
  CHECK(p.grad() == T{20, 40});
  CHECK(contains(refusal([&] { backward(stale); }), "changed"));
}

TEST_CASE("a reference that was moved from says so") {
  Parameter<double> p(2);
  ParameterRef<double> ref = p.ref();
  const ParameterRef<double> moved = std::move(ref);
  CHECK(moved.value() == 2);
  CHECK(contains(refusal([&] { static_cast<void>(ref.value()); }), "moved from"));
  CHECK(contains(refusal([&] { static_cast<void>(ref.grad()); }), "moved from"));
  CHECK(contains(refusal([&] { ref.set_value(1); }), "moved from"));
  ref = moved;
  CHECK(ref.value() == 2);
}

// --- grad() ---

TEST_CASE("grad() of a parameter counts its uses inside of a checkpoint") {
  Parameter<T> q(T::scalar(2));
  Graph<T> graph;
  const auto f = [&](const auto& v) { return square(v * q); };
  const auto x = graph.variable(T::scalar(3)), used = graph.parameter(q);
  CHECK(grad(sum(f(x)), used).item() == 36);
  CHECK(grad(sum(checkpoint(f, x)), used).item() == 36);
  CHECK(grad(sum(f(x)) + sum(checkpoint(f, x)), used).item() == 72);
  CHECK(grad(sum(checkpoint([&](const auto& v) { return checkpoint(f, v); }, x)), used).item() == 36);
}

TEST_CASE("grad() of many parameters gives each the sum of its uses") {
  std::vector<Parameter<double>> parameters;
  for (int i = 0; i < 300; ++i) parameters.emplace_back(i + 1);
  Graph<double> graph;
  std::vector<Var<double>> x;
  Var<double> y = graph.input(0);
  for (const Parameter<double>& p : parameters) {
    x.push_back(graph.parameter(p));
    y = y + x.back() * x.back();
  }
  for (std::size_t i = 0; i < x.size(); ++i) y = y + parameters[i] * x[x.size() - 1 - i];
  const std::vector<Var<double>> slopes = grad(y, x);
  REQUIRE(slopes.size() == 300);
  std::size_t right = 0;
  // 2 p_i, and p_(n - 1 - i) once as the other factor of each of the two products in which p_i stands
  for (std::size_t i = 0; i < slopes.size(); ++i)
    right += slopes[i].value() == 2 * static_cast<double>(i + 1) + 2 * static_cast<double>(300 - i);
  CHECK(right == 300);
}

// --- a sweep that is broken off ---

TEST_CASE("where a hook throws, no parameter of the loss has a gradient, and backward() may be called again") {
  Parameter<T> w(T{1, 2}), u(T{3, 4});
  Graph<T> graph;
  const auto x = graph.variable({5, 6});
  const auto y = x * w;
  bool once = true;
  register_hook(y, [&](const T&) {
    if (std::exchange(once, false)) throw ValueError("minigrad: this hook fails");
  });
  const auto loss = sum(y * u);
  std::string message;
  try {
    backward(loss);
  } catch (const Error& error) {
    message = error.what();
  }
  CHECK(contains(message, "this hook fails"));
  CHECK(contains(message, "no gradient"));
  CHECK(!w.has_grad());
  CHECK(!u.has_grad());
  backward(loss);
  CHECK(w.grad() == T{15, 24});
  CHECK(u.grad() == T{5, 12});
  CHECK(x.grad() == T{3, 8});
  CHECK_THROWS_AS(backward(loss), GraphError);  // now it is the second
}

TEST_CASE("an exception in backward() leaves the gradients of other losses of the same graph") {
  Graph<Tensor<double>> graph;
  const Parameter<Tensor<double>> other(Tensor<double>{1, 2}), own(Tensor<double>{3, 4});
  const auto x = graph.variable({5, 6}), y = graph.variable({7, 8});
  backward(sum(graph.parameter(other) * x));
  const auto fails = record("fails", [](const auto& v) { return v * 2; }, [](const auto& g) {
    if (shape_of(g).rank() == 1) throw ValueError("mine");
    return g;
  });
  backward(sum(graph.parameter(own) * y));
  CHECK_THROWS_AS(backward(sum(fails(graph.parameter(own)) * y)), ValueError);
  CHECK(other.grad() == Tensor<double>{5, 6});
  CHECK(x.grad() == Tensor<double>{1, 2});
  CHECK_FALSE(own.has_grad());
  CHECK_THROWS_AS(y.grad(), GraphError);
}

TEST_CASE("a foreign exception passes through backward(), which may then be called again") {
  Parameter<double> w(2), u(3);
  Graph<double> graph;
  const auto y = graph.parameter(w) * 5;
  bool once = true;
  register_hook(y, [&](double) {
    if (std::exchange(once, false)) throw std::runtime_error("foreign");
  });
  const auto loss = y * u;
  CHECK_THROWS_AS(backward(loss), std::runtime_error);
  CHECK(!w.has_grad());
  CHECK(!u.has_grad());
  backward(loss);
  CHECK(w.grad() == 15);
  CHECK(u.grad() == 10);
}

TEST_CASE("a rule that throws within a checkpoint leaves no gradient either") {
  Parameter<double> w(2), u(3);
  Graph<double> graph;
  const auto x = graph.variable(1);
  bool once = true;
  const auto part = [&](const auto& v) {
    const auto y = v * w;
    register_hook(y, [&](double) {
      if (std::exchange(once, false)) throw std::runtime_error("foreign");
    });
    return y;
  };
  const auto loss = checkpoint(part, x) * u;
  CHECK_THROWS_AS(backward(loss), std::runtime_error);
  CHECK(!w.has_grad());
  CHECK(!u.has_grad());
  backward(loss);
  CHECK(w.grad() == 3);
  CHECK(u.grad() == 2);
  CHECK(x.grad() == 6);
}

TEST_CASE("with keep_graph a second backward() adds the same gradient") {
  Parameter<double> w(2);
  Graph<double> graph;
  const auto x = graph.variable(3);
  const auto y = x * x * w;
  backward(y, {.keep_graph = true});
  backward(y);
  CHECK(x.grad() == 24);
  CHECK(w.grad() == 18);
  CHECK_THROWS_AS(backward(y), GraphError);
}

// --- threads ---

TEST_CASE("another thread can neither clear a graph nor record in it, until it adopts it") {
  Graph<double> graph;
  const auto x = graph.variable(2);
  std::string cleared, recorded, entered;
  std::thread([&] {
    cleared = refusal([&] { graph.clear(); });
    recorded = refusal([&] { x * 2; });
    entered = refusal([&] { graph.variable(1); });
  }).join();
  CHECK(contains(cleared, "adopt"));
  CHECK(contains(recorded, "adopt"));
  CHECK(contains(entered, "adopt"));
  CHECK(x.value() == 2);
  CHECK((x * 3).value() == 6);

  double slope = 0;
  std::string refused = "not tried";
  std::thread([&] {
    refused = refusal([&] {
      graph.adopt();
      const auto y = x * x;
      backward(y);
      slope = x.grad();
    });
  }).join();
  CHECK(refused == "");
  CHECK(slope == 4);
  CHECK(contains(refusal([&] { graph.variable(1); }), "adopt"));
  CHECK(contains(refusal([&] { graph.clear(); }), "adopt"));
  graph.adopt();
  graph.clear();
  CHECK((graph.variable(5) * 2).value() == 10);
}

TEST_CASE("after clear() by a thread that has adopted the graph, a Var from before is refused") {
  Graph<double> graph;
  const auto x = graph.variable(1);
  std::thread([&] {
    graph.adopt();
    graph.clear();
    graph.variable(5);
  }).join();
  graph.adopt();
  CHECK(contains(refusal([&] { static_cast<void>(x.value()); }), "after clear()"));
}

TEST_CASE("a graph may end on any thread") {
  auto graph = std::make_unique<Graph<T>>();
  graph->variable(ones<double>({100}));
  std::thread([&] { graph.reset(); }).join();
  std::thread([&] {
    graph = std::make_unique<Graph<T>>();
    graph->variable(ones<double>({100}));
  }).join();
  CHECK_NOTHROW(graph.reset());
}

TEST_CASE("graphs of two threads, made one like the other, refuse each other's Vars") {
  std::optional<Graph<double>> first;
  Var<double> x;
  std::thread([&] {
    first.emplace();
    x = first->variable(1);
  }).join();
  std::string refused;
  std::thread([&] {
    Graph<double> second;
    const auto y = second.variable(2);
    refused = refusal([&] { y * x; });
  }).join();
  CHECK((contains(refused, "belong to different graphs") || contains(refused, "after clear()")));
  first.reset();
  std::thread([&] {  // in the same memory
    first.emplace();
    const auto y = first->variable(42);
    refused = refusal([&] { y * x; });
    first.reset();
  }).join();
  CHECK((contains(refused, "belong to different graphs") || contains(refused, "after clear()")));
}

// --- constants ---

TEST_CASE("an op copies no constant whose value no rule reads, no temporary, and nothing that was borrowed") {
  const std::size_t megabyte = std::size_t{1} << 20;
  const Shape shape{megabyte / sizeof(float)};
  const auto x_value = full<float>(shape, 2), c = full<float>(shape, 3);
  const auto megabytes_of = [&](const auto& f) {
    Graph<Tensor<float>> graph;
    const auto x = graph.variable(x_value);
    release_memory();  // so that nothing waits in the pool
    const std::size_t before = support::allocated_bytes();
    f(graph, x);
    return (support::allocated_bytes() - before) / megabyte;  // what is less than one does not count
  };
  CHECK(megabytes_of([&](auto&, auto x) { x + c; }) <= 1);  // the result
  CHECK(megabytes_of([&](auto&, auto x) { c - x; }) <= 1);
  CHECK(megabytes_of([&](auto&, auto x) { x * full<float>(x.value().shape(), 3); }) <= 2);  // and the temporary itself
  CHECK(megabytes_of([&](auto&, auto x) { x + full<float>(x.value().shape(), 3); }) <= 2);
  CHECK(megabytes_of([&](auto& graph, auto x) { x * graph.borrow(c); }) <= 1);
}

TEST_CASE("a constant that a rule reads may change or end before backward(), unless it was borrowed") {
  Graph<T> graph;
  const auto x = graph.variable({1, 2});
  std::optional<T> c(std::in_place, T{3, 4});
  const auto loss = sum(x * *c);
  (*c)[0] = 100;
  c.reset();
  backward(loss);
  CHECK(x.grad() == T{3, 4});
}

TEST_CASE("a borrowed tensor is data of the graph") {
  const T data{3, 4};
  Graph<T> graph;
  const auto x = graph.variable({1, 2});
  const auto borrowed = graph.borrow(data);
  CHECK(&borrowed.value() == &data);
  backward(sum(x * borrowed));
  CHECK(x.grad() == data);
  CHECK_THROWS_AS(backward(sum(borrowed)), GraphError);
}

// --- shapes ---

TEST_CASE("matmul_tn of different leading axes is refused, or has gradients in the shapes of its inputs") {
  const auto f = [](const auto& a, const auto& b) { return matmul_tn(a, b); };
  Rng rng(1);
  const auto check = [&](const T& a_value, const T& b_value) {
    Graph<T> graph;
    const auto a = graph.variable(a_value), b = graph.variable(b_value);
    std::optional<Var<T>> y;
    try {
      y = f(a, b);
    } catch (const ShapeError& error) {
      CHECK(contains(error.what(), "matmul_tn"));
    }
    if (!y) return;
    backward(sum(*y));
    CHECK(a.grad().shape() == a_value.shape());
    CHECK(b.grad().shape() == b_value.shape());
    CHECK_NOTHROW(check_grads(f, {a_value, b_value}, 2));
  };
  const auto matrix = normal<double>({2, 3}, 0, 1, rng), stack = normal<double>({2, 1, 2}, 0, 1, rng);
  check(matrix, stack);
  check(stack, matrix);
}

TEST_CASE("a Jacobian or Hessian of more axes than a Tensor has is refused by its own name and by the shapes") {
  const auto message = [](const auto& f) -> std::string {
    try {
      f();
    } catch (const ShapeError& error) {
      return error.what();
    }
    return "";
  };
  const auto x = ones<double>({1, 2, 1, 2});
  const std::string jacobian_says =
      message([&] { jacobian([](const auto& v) { return reshape(square(v), {1, 4, 1}); }, x); });
  CHECK(contains(jacobian_says, "jacobian"));
  CHECK(contains(jacobian_says, "[1, 4, 1]"));
  CHECK(contains(jacobian_says, "[1, 2, 1, 2]"));
  const std::string hessian_says = message([&] { hessian([](const auto& v) { return sum(square(v)); }, x); });
  CHECK(contains(hessian_says, "hessian"));
  CHECK(contains(hessian_says, "[1, 2, 1, 2]"));
}

TEST_CASE("grad() of a parameter that is used before a checkpoint and in it counts each use once") {
  const Parameter<double> w(2.0);
  Graph<double> graph;
  const auto p = graph.parameter(w);
  const auto loss = checkpoint([&](const auto& a) { return a * operand(w, a); }, p * 3.0);  // 3 w^2
  CHECK(grad(loss, p).value() == 12);
  const auto nested = checkpoint(
      [&](const auto& a) { return checkpoint([&](const auto& b) { return b * operand(w, b); }, a * operand(w, a)); }, p);
  const auto slope = grad(nested, p);  // of w^3
  CHECK(slope.value() == 12);
  CHECK(grad(slope, p).value() == 12);
}

TEST_CASE("what stop_gradient() gives is computed again in each run of a captured step") {
  auto step = capture([](const auto& x) { return sum(x * stop_gradient(x)); }, Tensor<double>{1, 2});
  CHECK(step(Tensor<double>{3, 4}).item() == 25);
}

TEST_CASE("the mean and the sum of an op take a constant Tensor that no rule reads") {
  Graph<Tensor<double>> graph;
  const auto v = graph.variable({1, 2, 3});
  const Tensor<double> c{4, 5, 7}, matrix{{1, 2, 3}, {4, 5, 6}};
  backward(add_op.sum(c, v));
  CHECK(v.grad() == Tensor<double>{1, 1, 1});
  v.zero_grad();
  backward(sub_op.mean(matrix, v));
  CHECK(v.grad() == Tensor<double>{-1.0 / 3, -1.0 / 3, -1.0 / 3});
}

TEST_CASE("a run that throws leaves the step unusable until a run is complete, and writes no input") {
  Parameter<T> w(T{1, 1});
  auto step = capture([&](const auto& x, const auto& y) { return sum(operand(w, x) * x * y); }, T{1, 1}, T{1, 1});
  step(T{1, 2}, T{3, 4});
  CHECK_THROWS_AS(step(T{10, 20}, T{1, 2, 3}), ShapeError);
  step.backward();
  CHECK(w.grad() == T{3, 8});
  using I = Tensor<std::int64_t>;
  auto labelled = capture<T>([&](const auto& x, const auto& y) { return nll_loss(log_softmax(x * w, 1), y); },
                             T{{1, 2}}, I{0});
  CHECK_THROWS_AS(labelled(T{{1, 2}}, I{5}), IndexError);
  CHECK_THROWS_AS(labelled.backward(), GraphError);
  CHECK_THROWS_AS(labelled.value(), GraphError);
  labelled(T{{1, 2}}, I{1});
  CHECK_NOTHROW(labelled.backward());
}

namespace {

struct NetWithMode {
  Parameter<T> w{T{2}};
  bool training = true;
  auto operator()(const auto& x) const {
    x.graph().note_mode(training);
    return sum(x * w);
  }
};

}  // namespace

TEST_CASE("a step whose function holds a model by value may be moved") {
  auto first = std::make_unique<decltype(capture(NetWithMode(), T{1}))>(capture(NetWithMode(), T{1}));
  auto moved = std::move(*first);
  first.reset();
  CHECK(moved(T{3}).item() == 6);
}

TEST_CASE("a borrowed tensor that has another shape in a later run is refused") {
  T buffer{1, 2, 3};
  auto step = capture([&](const auto& x) { return sum(x * x.graph().borrow(buffer)); }, T{1, 1, 1});
  buffer = T{5};
  CHECK_THROWS_AS(step(T{1, 1, 1}), GraphError);
}

TEST_CASE("a handle of whole numbers of another graph is refused") {
  Graph<Tensor<double>> one, other;
  const Tensor<std::int64_t> rows{1, 0};
  const auto x = one.variable({{1, 2}, {3, 4}});
  CHECK_THROWS_AS(index_select(x, other.input(rows)), GraphError);
  CHECK_THROWS_AS(cross_entropy_loss(x, other.input(rows)), GraphError);
  const auto own = one.input(rows);
  CHECK_NOTHROW(backward(sum(checkpoint([&](const auto& v) { return index_select(v, own); }, x))));
}

TEST_CASE("after operands that do not fit nothing refers to a constant among them") {
  Graph<Tensor<double>> graph;
  const auto v = graph.variable({1, 2, 3});
  {
    const Tensor<double> c{1, 2};
    CHECK_THROWS_AS(v + c, ShapeError);
  }
  for (NodeId id = 1; id < graph.size(); ++id) CHECK(graph.node(id).value() == nullptr);
}

TEST_CASE("a hook on a parameter takes no memory in a warm run of a captured step") {
  Parameter<T> w(T{1, 2});
  int calls = 0;
  auto step = capture(
      [&](const auto& x) {
        const auto p = x.graph().parameter(w);
        register_hook(p, [&](const T&) { ++calls; });
        return sum(x * p);
      },
      T{1, 1});
  const auto run = [&] {
    w.zero_grad();
    step(T{1, 1});
    step.backward();
  };
  for (int k = 0; k < 3; ++k) run();
  const std::size_t before = support::allocations();
  for (int k = 0; k < 100; ++k) run();
  CHECK(support::allocations() == before);
  CHECK(calls == 103);
}

TEST_CASE("grad() refuses a parameter that was written since") {
  Parameter<double> w(3);
  Graph<double> graph;
  const auto x = graph.variable(1), y = square(x * w);
  w.set_value(10);
  CHECK_THROWS_WITH_AS(grad(y, x),
                       "minigrad: grad: a parameter of shape [] was changed after the loss was computed from it: call "
                       "grad() before a step of the optimizer and before writing to the parameter",
                       GraphError);
}

TEST_CASE("a parameter may be written where no gradient passes to what was computed from it: behind stop_gradient") {
  Parameter<T> w(T{2, 3});
  Graph<T> graph;
  const auto x = graph.input({1, 1});
  // A recurrent network by truncated backpropagation.
  auto h = tanh(x * w);
  backward(sum(h));
  w.set_value(T{4, 5});
  w.zero_grad();
  h = stop_gradient(h);
  const auto again = sum(h * w);
  backward(again);
  CHECK(w.grad() == h.value());
  const auto derivative = grad(again, graph.parameter(w));
  CHECK(derivative.value() == h.value());
  w.set_value(T{6, 7});
  CHECK_THROWS_AS(backward(sum(h * w) + again), GraphError);
}

TEST_CASE("a frozen parameter that was written is refused where the rule of another operand reads it") {
  Parameter<T> w(T{2, 3});
  w.requires_grad(false);
  Graph<T> graph;
  const auto x = graph.variable({1, 1}), y = sum(x * w);
  w.set_value(T{4, 5});
  CHECK_THROWS_AS(grad(y, x), GraphError);
  CHECK_THROWS_AS(backward(y), GraphError);
}

TEST_CASE("a graph that is not cleared asks once for what its gradients reach, not for each parameter that was written") {
  // Each step adds nodes and writes a parameter: 2,000 steps took minutes when each old use searched the whole graph.
  Parameter<double> w(1);
  Graph<double> graph;
  for (int k = 0; k < 2000; ++k) {
    w.zero_grad();
    backward(square(graph.input(2) * w));
    CHECK(w.grad() == 8 * w.value());
    w.set_value(w.value() * 0.999);
  }
}

TEST_CASE("an exception in a sweep leaves other losses of a frozen parameter as they were, and no memory behind") {
  Parameter<T> w(T::from({100, 100}, std::vector<double>(10000, 1.0)));
  Graph<T> graph;
  const auto x = graph.input(T::from({100, 100}, std::vector<double>(10000, 2.0)));
  bool throws = true;
  const auto y = x * w;
  register_hook(y, [&](const auto&) {
    if (throws) throw ValueError("stop");
  });
  const auto first = sum(square(y * 3)), second = sum(w * x);
  w.requires_grad(false);
  CHECK_NOTHROW(backward(sum(graph.variable({1}) + second)));
  w.requires_grad(true);
  const auto run = [&] {
    CHECK_THROWS_AS(backward(first, {.keep_graph = true}), ValueError);
  };
  for (int k = 0; k < 3; ++k) run();
  const std::size_t before = support::allocated_bytes();
  for (int k = 0; k < 100; ++k) run();
  CHECK(support::allocated_bytes() - before < 1000000);  // each time 80,000 bytes and more
  backward(second, {.keep_graph = true});
  CHECK(w.grad()[0] == 2);

  w.requires_grad(false);
  throws = false;
  backward(first, {.keep_graph = true});
  const std::size_t frozen = support::allocated_bytes();
  for (int k = 0; k < 100; ++k) backward(first, {.keep_graph = true});
  CHECK(support::allocated_bytes() - frozen < 1000000);
  w.requires_grad(true);
  w.zero_grad();
  backward(second);
  CHECK(w.grad()[0] == 2);
}

TEST_CASE("freezing a parameter before a sweep that throws leaves the gradients of other losses to come") {
  Parameter<T> w(T{1, 2});
  Graph<T> graph;
  const auto y = graph.variable({1, 1}) * w;
  register_hook(y, [](const auto&) { throw ValueError("stop"); });
  const auto thrown = sum(y), later = sum(square(graph.parameter(w)));
  w.requires_grad(false);
  CHECK_THROWS_AS(backward(thrown), ValueError);
  w.requires_grad(true);
  backward(later);
  CHECK(w.grad() == T{2, 4});
}
