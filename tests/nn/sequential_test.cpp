#include <doctest/doctest.h>

#include <cstddef>
#include <minigrad/diff/grad.hpp>
#include <minigrad/nn/module_list.hpp>
#include <minigrad/nn/sequential.hpp>
#include <minigrad/nn/state_dict.hpp>
#include <minigrad/nn/summary.hpp>
#include <minigrad/optim/sgd.hpp>
#include <minigrad/tensor/create.hpp>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

using namespace minigrad;

namespace {

using T = Tensor<float>;
const T x{{1, -2}, {0.5, 3}, {-1, 0.25}};

/// A module of a user's own, which knows nothing of Sequential.
struct Residual {
  Linear<float> inner;
  auto operator()(const auto& v) const { return v + tanh(inner(v)); }
  auto parts() { return std::tie(inner); }
};

/// A layer with a buffer, and without parameters.
template <class N = float>
struct Shift {
  Tensor<N> by{1, 2};
  bool training = true;
  auto operator()(const auto& v) const { return v + by; }
  auto parts() { return std::tie(by); }
  static constexpr const char* part_names[] = {"by"};
};

template <class M>
std::vector<std::string> names(M& model) {
  std::vector<std::string> out;
  for (const auto& named : named_parameters(model)) out.push_back(named.name);
  return out;
}

/// Layers in a row, and one around them.
struct Skips : Sequential<float> {
  Linear<float> skip;
  bool training = true;
  explicit Skips(Rng& rng) : Sequential<float>{Linear(2, 3, rng), Tanh(), Linear(3, 2, rng)}, skip(2, 2, rng) {}
  auto operator()(const auto& in) const { return static_cast<const Sequential<float>&>(*this)(in) + skip(in); }
  auto parts() { return std::tie(static_cast<Sequential<float>&>(*this), skip); }
  static constexpr const char* part_names[] = {"main", "skip"};
};
/// Layers in a row, by another name.
struct Renamed : Sequential<float> {
  explicit Renamed(Rng& rng) : Sequential<float>{Linear(2, 2, rng), Dropout(0.5, rng)} {}
};

}  // namespace

TEST_CASE("Sequential calls its layers one after another") {
  Rng rng(1);
  const Linear a(2, 3, rng), b(3, 1, rng);
  const Sequential model{a, Tanh(), b};
  CHECK(model.size() == 3);
  CHECK(model(x) == b(tanh(a(x))));
  Graph<T> graph;
  CHECK(model(graph.input(x)).value() == model(x));
}

TEST_CASE("a Tensor in gives a Tensor out and records nothing") {
  Rng rng(1);
  Sequential model{Linear(2, 3, rng), ReLU(), Linear(3, 1, rng)};
  static_assert(std::is_same_v<decltype(model(x)), T>);
  Graph<T> graph;
  static_assert(std::is_same_v<decltype(model(graph.input(x))), Var<T>>);
  CHECK(model(x).shape() == Shape{3, 1});
  CHECK(graph.size() == 0);
  for (const auto& parameter : parameters(model)) CHECK(!parameter.has_grad());
}

TEST_CASE("an empty Sequential gives back what it is given") {
  Sequential<float> model;
  CHECK(model.size() == 0);
  CHECK(model(x) == x);
  Graph<T> graph;
  const auto v = graph.input(x);
  CHECK(model(v).id() == v.id());
  CHECK(parameters(model).empty());
  CHECK(model.describe() == "Sequential()");
}

TEST_CASE("an architecture may be chosen while the program runs") {
  Rng rng(1);
  for (std::size_t depth : {0u, 1u, 5u}) {
    Sequential<float> model;
    std::size_t width = 2;
    for (std::size_t i = 0; i < depth; ++i) {
      model.add(Linear(width, width + 1, rng)).add(ReLU());
      ++width;
    }
    model.add(Linear(width, 1, rng));
    CHECK(model.size() == 2 * depth + 1);
    CHECK(model(x).shape() == Shape{3, 1});
    CHECK(parameters(model).size() == 2 * depth + 2);
  }
}

TEST_CASE("parameters are named by the number of their layer") {
  Rng rng(1);
  Sequential model{Linear(2, 3, rng), Tanh(), Residual{Linear(3, 3, rng)}, Sequential{ReLU(), Linear(3, 1, rng)}};
  CHECK(names(model) ==
        std::vector<std::string>{"0.weight", "0.bias", "2.0.weight", "2.0.bias", "3.1.weight", "3.1.bias"});
  CHECK(model(x).shape() == Shape{3, 1});
}

TEST_CASE("a function is a layer") {
  Rng rng(1);
  const Linear a(2, 3, rng);
  Sequential model{a, [](const auto& v) { return 2 * sin(v) + 1; }, [](const auto& v) { return sum(v, 1); }};
  CHECK(model(x) == sum(2 * sin(a(x)) + 1, 1));
  Graph<T> graph;
  backward(sum(model(graph.input(x))));
  CHECK(parameters(model)[0].has_grad());
  CHECK(model.describe() == "Sequential(Linear(2, 3), function, function)");
}

TEST_CASE("Sequential takes its number type from the first layer that has one") {
  Rng rng(1);
  Sequential doubles{ReLU(), Linear<double>(2, 1, rng)};
  static_assert(std::is_same_v<decltype(doubles), Sequential<double>>);
  CHECK(doubles(Tensor<double>{{1, 2}}).shape() == Shape{1, 1});
  static_assert(std::is_same_v<decltype(Sequential{ReLU()}), Sequential<float>>);
  Sequential<double> chosen{ReLU(), Tanh()};
  CHECK(chosen(Tensor<double>{-1}) == Tensor<double>{0});
  Sequential nested{Sequential<double>{Tanh()}};
  static_assert(std::is_same_v<decltype(Sequential(doubles)), Sequential<double>>);
}

TEST_CASE("the layers of an lvalue are copied into a Sequential, deeply") {
  Rng rng(1);
  Linear a(2, 1, rng);
  Sequential model{a};
  const T before = model(x);
  a.weight.edit().fill(0);
  CHECK(model(x) == before);
}

TEST_CASE("a copy is deep, and a move keeps the parameters") {
  Rng rng(1);
  Sequential model{Linear(2, 3, rng), Tanh(), Linear(3, 1, rng)};
  Sequential copy = model;
  const T before = model(x);
  CHECK(copy(x) == before);
  for (const auto& parameter : parameters(copy)) parameter.edit().fill(0);
  CHECK(model(x) == before);
  CHECK(copy(x) == before * 0);

  const auto refs = parameters(model);
  Sequential moved = std::move(model);
  CHECK(moved(x) == before);
  CHECK(parameters(moved) == refs);
}

TEST_CASE("assigning gives a model other values, and it keeps the parameters that an optimizer refers to") {
  Rng rng(1);
  Sequential model{Linear(2, 3, rng), Tanh(), Linear(3, 1, rng)}, best = model;
  const auto refs = parameters(model);
  const T before = model(x);
  for (const auto& parameter : refs) parameter.edit().fill(0);
  CHECK(best(x) == before);
  model = best;
  CHECK(model(x) == before);
  CHECK(parameters(model) == refs);
  for (const auto& parameter : refs) parameter.edit().fill(0);
  model = std::move(best);
  CHECK(model(x) == before);
  CHECK(parameters(model) == refs);
  const Sequential<float>& same = model;
  model = same;
  CHECK(model(x) == before);
}

TEST_CASE("assigning a model of another architecture replaces the layers that differ") {
  Rng rng(1);
  const Sequential other{Linear(2, 3, rng), ReLU(), Linear(3, 3, rng), Tanh(), Linear(3, 1, rng)};
  Sequential model{Linear(2, 5, rng), Tanh()};
  const auto first = model.get<Linear<float>>(0).weight.ref();
  model = other;
  CHECK(model.describe() == other.describe());
  CHECK(model(x) == other(x));
  CHECK(model.get<Linear<float>>(0).weight.ref() == first);
  model = Sequential{Tanh()};
  CHECK(model.size() == 1);
  CHECK(model(x) == tanh(x));
}

TEST_CASE("get() finds a layer by its number and type") {
  Rng rng(1);
  Sequential model{Linear(2, 3, rng), Tanh()};
  model.get<Linear<float>>(0).bias.edit().fill(0);
  CHECK(model(T{{0, 0}}) == T{{0, 0, 0}});
  CHECK_THROWS_WITH_AS(model.get<ReLU>(1), "minigrad: Sequential: layer 1 is Tanh, not what get() asks for",
                       ValueError);
  CHECK_THROWS_WITH_AS(model.get<Linear<double>>(0),
                       "minigrad: Sequential: layer 0 is Linear(2, 3), not what get() asks for", ValueError);
  CHECK_THROWS_WITH_AS(model.get<Tanh>(2), "minigrad: Sequential: layer 2 of 2", IndexError);
}

TEST_CASE("train() and eval() reach the layers, also through the model itself") {
  Rng rng(1);
  Sequential model{Linear(2, 30, rng), Sequential{Dropout(0.5, rng)}, Dropout(0.5, rng)};
  CHECK(model(x) != model(x));
  eval(model);
  CHECK(model(x) == model(x));
  train(model);
  CHECK(model(x) != model(x));
  model.eval();
  CHECK(model(x) == model(x));
  model.train();
  CHECK(model(x) != model(x));
}

TEST_CASE("a model with the wrong sizes says so when it is used") {
  Rng rng(1);
  const Sequential model{Linear(2, 3, rng), Linear(4, 1, rng)};
  CHECK_THROWS_WITH_AS(
      model(x), "minigrad: linear: x [3, 3] and weight [1, 4]: the last extent of x must be 4, the weight's second",
      ShapeError);
}

TEST_CASE("describe() lists the layers") {
  Rng rng(1);
  const Sequential model{Linear(2, 8, rng), Residual{Linear(8, 8, rng)}, Dropout(0.5, rng), LeakyReLU{0.2}};
  CHECK(model.describe() == "Sequential(Linear(2, 8), module, Dropout(0.5), LeakyReLU(0.2))");
}

TEST_CASE("a model that is moved into an empty one, or swapped, takes its parameters along") {
  Rng rng(1);
  Sequential built{Linear(2, 3, rng), Tanh(), Linear(3, 1, rng)}, other{Linear(2, 1, rng)};
  const auto refs = parameters(built), other_refs = parameters(other);
  Sequential<float> model;
  model = std::move(built);
  CHECK(parameters(model) == refs);
  CHECK(built.size() == 0);  // NOLINT(bugprone-use-after-move)
  std::swap(model, other);
  CHECK(parameters(model) == other_refs);
  CHECK(parameters(other) == refs);
  static_assert(std::is_nothrow_move_assignable_v<Sequential<float>>);
}

TEST_CASE("a model may be assigned to a part of itself, and a part to the whole") {
  Rng rng(1);
  using Model = Sequential<float>;
  Model model;
  model.add(Linear(1, 1, rng)).add(Model(Linear(1, 1, rng)));
  const std::string whole = model.describe();
  model.get<Model>(1) = model;
  CHECK(model.describe() == "Sequential(Linear(1, 1), " + whole + ")");

  Model inner;
  inner.add(Model(Linear(1, 1, rng))).add(Tanh());
  const std::string part = inner.describe();
  for (const bool moves : {false, true}) {
    Model outer;
    outer.add(inner);
    if (moves) outer = std::move(outer.get<Model>(0));
    else outer = outer.get<Model>(0);
    CHECK(outer.describe() == part);
  }
  const Model& same = model;
  model = same;
  CHECK(model.size() == 2);
}

namespace {

/// A layer that cannot always be copied.
struct Fragile {
  bool* breaks;
  explicit Fragile(bool* when) : breaks(when) {}
  Fragile(const Fragile& other) : breaks(other.breaks) {
    if (*breaks) throw std::string("broken");
  }
  Fragile(Fragile&&) = default;
  auto operator()(const auto& v) const { return v * 1; }
};

/// A model with more to it.
struct Named : Sequential<float> {
  std::string name;
  Named() = default;
  Named(const Named& other) : Sequential<float>(other), name(other.name) {}
};

}  // namespace

TEST_CASE("a model whose copy fails while it is assigned is as it was before") {
  Rng rng(1);
  bool breaks = false;
  Sequential model{Linear(2, 1, rng), Tanh()}, other{Linear(2, 1, rng), Fragile(&breaks)};
  const T before = model(x);
  breaks = true;
  CHECK_THROWS_AS(model = other, std::string);
  CHECK(model(x) == before);
}

TEST_CASE("a class may be derived from Sequential, with a copy constructor of its own") {
  Rng rng(1);
  Named model;
  model.add(Linear(2, 1, rng));
  model.name = "line";
  const Named copy = model;
  CHECK(copy.size() == 1);
  CHECK(copy(x) == model(x));
  CHECK(copy.get<Linear<float>>(0).weight.value() == model.get<Linear<float>>(0).weight.value());
}

TEST_CASE("buffers are named by the number of their layer, also in a Sequential within another") {
  Rng rng(1);
  Sequential model{Linear(2, 2, rng), Shift(), Sequential{Tanh(), Shift()}, Linear(2, 1, rng)};
  const auto named = named_buffers(model);
  REQUIRE(named.size() == 2);
  CHECK(named[0].name == "1.by");
  CHECK(named[1].name == "2.1.by");
  CHECK(named[0].buffer == &model.get<Shift<>>(1).by);
  CHECK(names(model) == std::vector<std::string>{"0.weight", "0.bias", "3.weight", "3.bias"});
  CHECK(buffers(model)[1] == named[1].buffer);
}

TEST_CASE("copying and assigning a Sequential copies its buffers") {
  Rng rng(1);
  Sequential model{Linear(2, 2, rng), Shift()}, best = model;
  const auto kept = buffers(model);
  const T before = model(x);
  kept[0]->fill(7);
  CHECK(model(x) != before);
  CHECK(best(x) == before);
  model = best;
  CHECK(model(x) == before);
  CHECK(buffers(model) == kept);
}

TEST_CASE("a Sequential takes its number type from a layer with buffers, too") {
  Sequential model{Tanh(), Shift<double>()};
  static_assert(std::is_same_v<decltype(model), Sequential<double>>);
  CHECK(named_buffers(model)[0].name == "1.by");
  CHECK(parameters(model).empty());
}

TEST_CASE("train() and eval() reach the layers of a Sequential within modules and lists") {
  struct Tree {
    std::vector<Sequential<float>> list;
    auto parts() { return std::tie(list); }
  } tree;
  tree.list.emplace_back(Sequential{Tanh(), Sequential{Shift()}});
  const auto mode = [&] { return tree.list[0].get<Sequential<float>>(1).get<Shift<>>(0).training; };
  CHECK(mode());
  eval(tree);
  CHECK(!mode());
  train(tree);
  CHECK(mode());
}

TEST_CASE("a model that was moved from is refused, and an empty one is the identity") {
  Rng rng(1);
  Sequential model{Linear(2, 2, rng), Tanh()};
  const T y = model(x);
  Sequential taken = std::move(model);
  CHECK(taken(x) == y);
  const auto refuse = [&](const auto& moved) {
    Graph<T> graph;
    const auto v = graph.variable(x);
    CHECK_THROWS_WITH_AS(moved(x), "minigrad: Sequential: used after it was moved from", GraphError);
    CHECK_THROWS_WITH_AS(moved(v), "minigrad: Sequential: used after it was moved from", GraphError);
  };
  refuse(model);
  refuse(Sequential<float>(model));  // a copy, and what was moved again
  Sequential again = std::move(model);
  refuse(again);
  Sequential<float> assigned;
  assigned = std::move(taken);
  CHECK(assigned(x) == y);
  refuse(taken);
  taken = std::move(assigned);
  CHECK(taken(x) == y);
  refuse(assigned);
  assigned.add(Tanh());
  CHECK(assigned(x) == tanh(x));
  CHECK(Sequential<float>()(x) == x);
  Sequential<float> empty, of_empty = std::move(empty);
  CHECK(of_empty(x) == x);
}

TEST_CASE("the parts of a model that was moved from are refused, those of an empty one are none") {
  struct Outer {
    Sequential<float> inner;
    ModuleList<float> list;
    auto parts() { return std::tie(inner, list); }
  };
  Rng rng(1);
  Outer outer{Sequential{Linear(2, 2, rng)}, ModuleList{Linear(2, 2, rng)}};
  const StateDict state = state_dict(outer);
  Sequential taken = std::move(outer.inner);
  const auto refuse = [&](auto& model, const char* why) {
    CHECK_THROWS_WITH_AS(parameters(model), why, GraphError);
    CHECK_THROWS_WITH_AS(named_parameters(model), why, GraphError);
    CHECK_THROWS_WITH_AS(buffers(model), why, GraphError);
    CHECK_THROWS_WITH_AS(state_dict(model), why, GraphError);
    CHECK_THROWS_WITH_AS(load_state_dict(model, state), why, GraphError);
    CHECK_THROWS_WITH_AS(zero_grad(model), why, GraphError);
    CHECK_THROWS_WITH_AS(summary(model), why, GraphError);
    CHECK_THROWS_WITH_AS(SGD(model, {.lr = 0.1}), why, GraphError);
  };
  refuse(outer.inner, "minigrad: Sequential: used after it was moved from");
  refuse(outer, "minigrad: Sequential: used after it was moved from");
  eval(outer), train(outer);
  outer.inner = std::move(taken);
  CHECK(state_dict(outer).size() == state.size());
  ModuleList list = std::move(outer.list);
  refuse(outer.list, "minigrad: ModuleList: used after it was moved from");
  refuse(outer, "minigrad: ModuleList: used after it was moved from");
  outer.list = list;
  CHECK(parameters(outer).size() == 4);
  Sequential<float> empty;
  CHECK(parameters(empty).empty());
  CHECK(state_dict(empty).size() == 0);
}

TEST_CASE("a ModuleList that was moved from is refused") {
  Rng rng(1);
  ModuleList list{Linear(2, 2, rng), Tanh()};
  const ModuleList taken = std::move(list);
  CHECK(taken.size() == 2);
  CHECK(ModuleList<float>().size() == 0);
  const char* const why = "minigrad: ModuleList: used after it was moved from";
  CHECK_THROWS_WITH_AS(list.size(), why, GraphError);
  CHECK_THROWS_WITH_AS(list[0], why, GraphError);
}

TEST_CASE("what derives from Sequential is asked for its own parts(), if it has them") {
  Rng rng(1);
  Skips model(rng), other(rng);
  const auto named = named_parameters(model);
  REQUIRE(named.size() == 6);
  CHECK(named[0].name == "main.0.weight");
  CHECK(named[5].name == "skip.bias");
  CHECK(summary(model).find("skip: Linear(2, 2)") != std::string::npos);
  CHECK(summary(model).find("main.1: Tanh") != std::string::npos);
  load_state_dict(other, state_dict(model));
  CHECK(other(T{{1, 2}}) == model(T{{1, 2}}));
  eval(model);
  CHECK(!model.training);
  Sequential holder{model, Renamed(rng)};
  CHECK(parameters(holder).size() == 8);
  eval(holder);
  CHECK(!holder.get<Renamed>(1).get<Dropout>(1).training);
  CHECK(holder(T{{1, 2}}) == holder(T{{1, 2}}));
}
