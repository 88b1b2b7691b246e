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
// A run calls the forward of each recorded op. It chooses no function anew, and takes no lock and no memory from the
// system.
#pragma once

#include <cstddef>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

#include "backward.hpp"
#include "recorded_ops.hpp"
#include "step_difference.hpp"

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

/// An input of a recorded step, made from an A: a Var, or of whole numbers an IndexVar, and where its value stands.
template <class V, class A>
struct CapturedInput {
  static constexpr bool whole = std::is_same_v<A, Tensor<std::int64_t>> && !std::is_same_v<A, V>;
  using Handle = std::conditional_t<whole, IndexVar<V>, Var<V>>;
  A* place = nullptr;

  Handle record(Graph<V>& graph, const A& value) {
    if constexpr (whole) {
      const Handle handle = graph.indices();
      *(place = &handle.edit()) = value;
      return handle;
    } else {
      Node<V>& node = graph.add_leaf("input", value, false);
      place = &node.own;
      return graph.var(node);
    }
  }
  void require_shape(std::size_t number, const A& value) const {
    if (shape_of(value) != shape_of(*place)) refuse_shape(number, shape_of(*place), shape_of(value));
  }
  void set(const A& value) {
    if constexpr (is_tensor<A>) std::copy(value.begin(), value.end(), place->data());
    else *place = value;
  }
  [[noreturn, gnu::cold]] static void refuse_shape(std::size_t number, const Shape& recorded, const Shape& given) {
    fail<ShapeError>({"replay: input ", number, " has shape ", given, " and was recorded with ", recorded,
                      ": shapes are fixed: record another step, by capture(), for this one"});
  }
};

}  // namespace detail

/// A recorded step; made by capture(). It may be moved, also to another thread, and used by one thread at a time.
template <class V, class F, class... X>
class CapturedStep {
  using Inputs = std::tuple<detail::CapturedInput<V, X>...>;
  using Result = std::invoke_result_t<F&, typename detail::CapturedInput<V, X>::Handle...>;

 public:
  CapturedStep(F f, const X&... x) : f_(new F(std::move(f))), graph_(new Graph<V>) {
    graph_->keep_constants();
    record(*graph_, inputs_, result_, x...);
    recorded_ = graph_->nodes().size();
  }

  /// The result for other inputs: sets them, runs every recorded op, and returns a reference to the result, which the
  /// next run overwrites. Parameters and buffers are read as they are now; ops that draw random numbers draw anew.
  /// No x may be the value of another input of this step. Throws ShapeError for inputs of other shapes than the recorded
  /// ones, and GraphError where a parameter's shape or requires_grad, or the mode of a layer, has changed since.
  const auto& operator()(const X&... x) {
    require_here();
    if (graph_->sweeping())
      detail::fail<GraphError>({"replay: called by a hook, while gradients pass through the same step: call it later"});
    bool whole = complete_;  // whether all values are of one run
    if (!whole) graph_->disable(false), complete_ = true;
    try {
      const auto& y = result_.value();  // throws after clear()
      require_shapes(x...);
      whole = false;
      detail::prepare_replay(*graph_);
      std::apply([&](auto&... in) { (in.set(x), ...); }, inputs_);
      ops_.run(*graph_);
      return y;
    } catch (...) {
      complete_ = whole;
      graph_->disable(!whole);
      throw;
    }
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
  /// attributes, inputs or constant differ from the recorded ones, and ShapeError for inputs of other shapes. No random
  /// stream and no buffer moves. What the lambdas of an op capture is not compared: make it an attribute.
  void (check)(const X&... x) {  // in brackets, since macOS has a macro of that name
    require_here();
    require_shapes(x...);
    if (!again_) again_ = detail::Own<Graph<V>>(new Graph<V>);
    Graph<V>& again = *again_;
    again.adopt();
    again.release();
    again.keep_constants();
    detail::StateLog none;
    const auto scope = again.log_state(none, true);
    Inputs inputs;
    Result result;
    record(again, inputs, result, x...);
    for (NodeId id = 0; id < recorded_ || id < again.size(); ++id) {
      const void* const value = id < recorded_ ? &graph_->nodes()[id].own : nullptr;
      const bool is_input = std::apply([&](const auto&... in) { return ((in.place == value) || ...); }, inputs_);
      if (const std::string what = detail::difference(*graph_, recorded_, again, id, is_input); !what.empty())
        detail::fail<GraphError>({"capture: recorded again, the step differs at node ", id, " (",
                                  id < again.size() ? again.node(id).op() : "none", "): ", what,
                                  ": compute by ops, from inputs of the step, what depends on data; after any other "
                                  "change record the step anew, by capture()"});
    }
    if (place_of(result_) != place_of(result))
      detail::fail<GraphError>({"capture: recorded again, f gives another result: record the step anew, by capture()"});
    again.release();
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
  void require_shapes(const X&... x) const {
    std::size_t number = 0;
    std::apply([&](const auto&... in) { (in.require_shape(number++, x), ...); }, inputs_);
  }
  void record(Graph<V>& graph, Inputs& inputs, Result& result, const X&... x) {
    const detail::ScopedFlag no_backward(graph.sweeping());
    const auto no_clear = graph.keep_nodes();
    const auto handles = std::apply([&](auto&... in) { return std::tuple{in.record(graph, x)...}; }, inputs);
    result = std::apply(*f_, handles);
    if (&result.graph() != &graph) detail::fail<GraphError>({"capture: the function's result belongs to another graph"});
  }

  /// Where a result stands in its graph.
  static NodeId place_of(const Result& y) {
    if constexpr (is_var<Result>) return y.id();
    else return y.graph().nodes().place_of_indices(y.value());
  }

  detail::Own<F> f_;  // where it stays when the step is moved: the graph may refer to flags and buffers in it
  detail::Own<Graph<V>> graph_, again_;  // again_: of check(), where it stays since f may have kept handles
  detail::RecordedOps<V> ops_;
  Inputs inputs_;
  Result result_;
  NodeId recorded_;  // the number of nodes of f; grad() of the result adds more
  bool complete_ = true;
};

/// Records f(x...) once, so that it can be run again on other inputs of the same shapes: a training step, or a model's
/// prediction. f takes a Var for each x, all of one type, and an IndexVar for a Tensor<std::int64_t>; it gives a Var or an
/// IndexVar. V is the type of the graph's values, where no x tells it: capture<Tensor<double>>(f, tokens).
///
/// What f does while it is recorded is what each run does: control flow is fixed, and what f takes out by value(),
/// computes on outside of the graph and puts back is a constant of the recording. See check(). backward() and the
/// optimizer follow a run, and are not called by f. A Var that f stores is good until check(). Throws GraphError for a
/// result of another graph.
template <class V = void, class F, class... X>
auto capture(F f, const X&... x) {
  using Value = std::conditional_t<std::is_void_v<V>, typename detail::GraphValue<X...>::type, V>;
  using Result = std::invoke_result_t<F&, typename detail::CapturedInput<Value, X>::Handle...>;
  constexpr bool is_recorded = is_var<Result> || is_index_var<Result>;
  static_assert(is_recorded, "minigrad: capture() records what a function computes from Vars: it must give one Var or one "
                "IndexVar, and this one gives a value, several, or nothing");
  constexpr bool of_one_type = ((std::is_same_v<X, Value> || std::is_same_v<X, Tensor<std::int64_t>>) && ...);
  static_assert(of_one_type, "minigrad: the inputs of capture() are of one type, or Tensor<std::int64_t>: give a number "
                "beside tensors as a Tensor of one element");
  if constexpr (is_recorded && of_one_type) return CapturedStep<Value, F, X...>(std::move(f), x...);
}

}  // namespace minigrad
