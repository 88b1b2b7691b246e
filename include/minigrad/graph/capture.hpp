// graph/capture.hpp - a step that is recorded once and run many times.
//
//   auto step = capture([&](auto x, auto y) { return mse_loss(model(x), y); }, x0, y0);
//   for (auto [x, y] : loader) {
//     step(x, y);
//     optimizer.zero_grad();
//     step.backward();
//     optimizer.step();
//   }
//
// A run calls the forward of each recorded op: it dispatches nothing, and takes no memory and no lock.
#pragma once

#include <cstddef>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

#include "backward.hpp"
#include "recording_difference.hpp"

namespace minigrad::inline MINIGRAD_ABI {
namespace detail {

/// The type of values of a graph whose inputs are these: that of the first that is no Tensor of whole numbers.
template <class... X>
struct GraphValue {
  using type = Tensor<float>;
};
template <class X, class... Rest>
struct GraphValue<X, Rest...> {
  using type = X;
};
template <class... Rest>
struct GraphValue<Tensor<std::int64_t>, Rest...> : GraphValue<Rest...> {};

/// What stands for an input of type A in a graph of values of type V.
template <class V, class A>
using CapturedInput =
    std::conditional_t<std::is_same_v<A, Tensor<std::int64_t>> && !std::is_same_v<A, V>, IndexVar<V>, Var<V>>;

/// Throws GraphError where something that a recorded step depends on has changed. Parameters are to have the values that
/// they have now.
template <class V>
[[gnu::noinline]] void prepare_replay(Graph<V>& graph) {
  for (auto& use : graph.uses()) {
    if (use.requires_grad != use.state->requires_grad || shape_of(use.state->value) != use.shape)
      fail<GraphError>({"replay: a parameter of shape ", use.shape, " has another shape or requires_grad than when the "
                        "step was recorded: record it again, by capture()"});
    use.renew();
  }
  if (graph.borrowed().empty() && graph.modes().empty()) return;
  for (const auto& one : graph.borrowed())
    if (const Shape now = shape_of(*graph.nodes()[one.id].value); now != one.shape)
      fail<GraphError>({"replay: a borrowed tensor of shape ", one.shape, " has shape ", now, " now: record the step "
                        "again, by capture()"});
  for (const auto& mode : graph.modes())
    if (*mode.flag != mode.value)
      fail<GraphError>({"replay: the mode of a layer has changed since the step was recorded, by train() or eval(): "
                        "record it again, by capture()"});
}

/// The ops of a recorded graph, in order.
template <class V>
struct RecordedOps {
  PoolArray<Node<V>*> all;
  NodeId listed = 0;
  /// Runs them again, on what the inputs hold now.
  void run(Graph<V>& graph) {
    NodeStore<V>& nodes = graph.nodes();
    for (; listed < nodes.size(); ++listed)  // once, and after more was recorded
      if (nodes[listed].op->forward) all.push_back(&nodes[listed]);
    nodes.forget_losses();
    for (Node<V>* x : nodes.variables())
      if (x->grad) x->grad->present = false;
    for (Node<V>* y : all) y->op->forward(graph, *y);
  }
};

}  // namespace detail

/// A recorded step; made by capture(). It may be moved, also to another thread, and used by one thread at a time.
template <class V, class F, class... X>
class CapturedStep {
  template <class A>
  using Handle = detail::CapturedInput<V, A>;
  template <class A>
  using Place = std::conditional_t<is_index_var<Handle<A>>, Tensor<std::int64_t>, V>;
  using Result = std::invoke_result_t<F&, Handle<X>...>;

 public:
  CapturedStep(F f, const X&... x) : f_(new F(std::move(f))), graph_(new Graph<V>) {
    graph_->keep_constants();
    record(*graph_, inputs_, result_, x...);
  }

  /// The result for other inputs: sets them, runs every recorded op, and returns a reference to the result, which the
  /// next run overwrites. Parameters and buffers are read as they are now; ops that draw random numbers draw anew.
  /// Throws ShapeError for inputs of other shapes than the recorded ones, and GraphError where a parameter's shape or
  /// requires_grad, or the mode of a layer, has changed since.
  const auto& operator()(const X&... x) {
    require_here();
    const auto& y = result_.value();  // throws after clear()
    std::size_t number = 0;
    std::apply([&](const auto*... place) { (require_shape(*place, x, number++), ...); }, inputs_);
    complete_ = false;
    detail::prepare_replay(*graph_);
    std::apply([&](auto*... place) { (set(*place, x), ...); }, inputs_);
    ops_.run(*graph_);
    complete_ = true;
    return y;
  }

  /// The result of the last run. Throws GraphError where that threw before it was complete.
  const auto& value() const { return result().value(); }

  /// The handle of the result.
  const Result& result() const {
    require_here();
    if (!complete_)
      detail::fail<GraphError>({"capture: the last run of this step threw before it was complete: run it again first"});
    return result_;
  }

  /// Adds the derivatives of the result, which is a single number, to the gradients of parameters and variables. Throws
  /// GraphError where the last run threw.
  void backward() { minigrad::backward(result()); }

  /// Records the function again on these inputs, and compares: throws GraphError naming the first node whose op,
  /// attributes, inputs or constant differ from the recorded ones. No random stream and no buffer moves. What the lambdas
  /// of an op capture is not compared: make it an attribute.
  void (check)(const X&... x) {
    require_here();
    Graph<V> again;
    again.keep_constants();
    detail::RandomLog none;
    const auto scope = again.log_random(none, true);
    std::tuple<Place<X>*...> inputs;
    Result result;
    record(again, inputs, result, x...);
    for (NodeId id = 0; id < graph_->size() || id < again.size(); ++id) {
      bool is_input = false;
      if (id < graph_->size())
        std::apply([&](const auto*... place) { ((is_input = is_input || is(*place, id)), ...); }, inputs_);
      if (const std::string what = detail::difference(*graph_, again, id, is_input); !what.empty())
        detail::fail<GraphError>({"capture: the function does something else than when it was recorded: ", what,
                                  " of node ", id, " (", id < again.size() ? again.node(id).op() : "none",
                                  ") differs: what depends on data must be computed by ops, from inputs of the step"});
    }
  }

  /// What was recorded.
  Graph<V>& graph() {
    require_here();
    return *graph_;
  }

 private:
  void require_here() const {
    if (!graph_) detail::fail<GraphError>({"replay: this step was moved from: use the one that it was moved to"});
  }
  void record(Graph<V>& graph, std::tuple<Place<X>*...>& inputs, Result& result, const X&... x) {
    std::tuple<Handle<X>...> handles{input<Handle<X>>(graph, x)...};
    inputs = std::apply([](const auto&... handle) { return std::tuple<Place<X>*...>{place_of(handle)...}; }, handles);
    result = std::apply(*f_, handles);
    if (&result.graph() != &graph) detail::fail<GraphError>({"capture: the function's result belongs to another graph"});
  }
  template <class H, class A>
  static H input(Graph<V>& graph, const A& value) {
    if constexpr (is_index_var<H>) {
      const H handle = graph.indices();
      handle.edit() = value;
      return handle;
    } else {
      return graph.input(value);
    }
  }
  static V* place_of(const Var<V>& x) { return &x.node().own; }
  static Tensor<std::int64_t>* place_of(const IndexVar<V>& x) { return &x.edit(); }
  template <class P, class A>
  static void require_shape(const P& recorded, const A& given, std::size_t number) {
    if (shape_of(given) != shape_of(recorded)) refuse_shape(number, shape_of(recorded), shape_of(given));
  }
  template <class P, class A>
  static void set(P& place, const A& value) {
    if constexpr (is_tensor<P>) std::copy(value.begin(), value.end(), place.data());
    else place = value;
  }
  [[noreturn, gnu::cold]] static void refuse_shape(std::size_t number, const Shape& recorded, const Shape& given) {
    detail::fail<ShapeError>({"replay: input ", number, " has shape ", given, " and was recorded with ", recorded,
                              ": shapes are fixed: record another step, by capture(), for this one"});
  }
  bool is(const V& place, NodeId id) const { return &graph_->nodes()[id].own == &place; }
  template <class A>
  bool is(const A&, NodeId) const {
    return false;
  }

  detail::Own<F> f_;  // where it stays when the step is moved: the graph may refer to flags and buffers in it
  detail::Own<Graph<V>> graph_;
  detail::RecordedOps<V> ops_;
  std::tuple<Place<X>*...> inputs_;  // where their values stand in the graph
  Result result_;
  bool complete_ = true;
};

/// Records f(x...) once, so that it can be run again on other inputs of the same shapes: a training step, or a model's
/// prediction. f takes a Var for each Tensor or number, and an IndexVar for a Tensor<std::int64_t>; it gives a Var or an
/// IndexVar. V is the type of the graph's values, where no x tells it: capture<Tensor<double>>(f, tokens).
///
/// What f does while it is recorded is what each run does: control flow is fixed, and what f takes out by value(),
/// computes on outside of the graph and puts back is a constant of the recording. See check(). Throws GraphError for a
/// result of another graph.
template <class V = void, class F, class... X>
auto capture(F f, const X&... x) {
  using Value = std::conditional_t<std::is_void_v<V>, typename detail::GraphValue<X...>::type, V>;
  using Result = std::invoke_result_t<F&, detail::CapturedInput<Value, X>...>;
  constexpr bool is_recorded = is_var<Result> || is_index_var<Result>;
  static_assert(is_recorded, "minigrad: capture() records what a function computes from Vars: it must give a Var or an "
                "IndexVar, and this one gives a value, or nothing");
  if constexpr (is_recorded) return CapturedStep<Value, F, X...>(std::move(f), x...);
}

}  // namespace minigrad
