// diff/checkpoint.hpp - computing again instead of keeping: less memory for more time.
//
// backward() needs the values in the middle of a computation, so that a graph keeps them all. checkpoint(f, x) keeps
// f's result alone, and computes f once more when the gradient comes. Of n layers in a row in parts of k, n / k + k
// values are then kept at a time in place of n, for one more forward pass. Griewank and Walther, "Algorithm 799:
// revolve", 2000; Chen, Xu, Zhang and Guestrin, "Training deep nets with sublinear memory cost", 2016.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>

#include "../core/search.hpp"
#include "../graph/capture.hpp"
#include "grad.hpp"

namespace minigrad::inline MINIGRAD_ABI {
namespace detail {

/// A number that tells apart what a function of the `count` nodes from `first` on recorded after them: which op each
/// node is of, and from which nodes and parameters it is computed.
template <class V>
[[gnu::noinline]] std::uint64_t hash_of_ops(const NodeStore<V>& nodes, NodeId first, std::size_t count) {
  std::uint64_t hash = nodes.size() - first;
  const auto add = [&](std::uint64_t part) { hash = (hash ^ part ^ hash >> 29) * 0x100000001b3; };
  for (std::size_t id = first + count; id < nodes.size(); ++id) {
    const Node<V>& y = nodes[static_cast<NodeId>(id)];
    add(reinterpret_cast<std::uintptr_t>(y.op));
    add(reinterpret_cast<std::uintptr_t>(y.parameter));
    for (std::size_t k = 0; k < y.inputs; ++k) add(y.input(k) ? y.input(k)->id - first : no_node);
  }
  return hash;
}

/// What a checkpoint's node holds: f itself or a pointer to it, and the random streams as f met them.
template <class Held>
struct CheckpointState {
  Held f;
  StateLog log{};
  bool frozen = false;  // parameters were constants when it was recorded
  NodeId result = 0;    // of f, among the nodes of the graph in which it was computed
  std::uint64_t ops = 0;  // the hash of what f recorded; 0 before it was called
};

template <class V, class Held, std::size_t N>
class Checkpoint {
 public:
  using State = CheckpointState<Held>;

  static void forward(Graph<V>& graph, Node<V>& y) {
    State& state = state_of(y);
    state.log.clear();
    y.own = run(graph, y, state, false).value();
  }
  /// Computes f again, on nodes whose gradients are those of the inputs.
  static void backward(Graph<V>& graph, Node<V>& y) {
    const Var<V> again = run(graph, y, state_of(y), true);
    require_same(again, y);
    NodeStore<V>& nodes = graph.nodes();
    for (std::size_t k = 0; k < N; ++k) {
      Node<V>& x = *y.input(k);
      if (!x.needs_grad) continue;
      if (!x.grad) nodes.lend_gradient(x);
      graph.scratch().nodes()[static_cast<NodeId>(k)].grad = x.grad;
    }
    for (const auto& use : graph.uses())
      if (use.id == y.id && !use.requires_grad) ignore(graph.scratch(), *use.state);
    sweep(again, &y.grad->value);
    for (std::size_t k = 0; k < N; ++k)
      if (Node<V>& x = *y.input(k); x.grad && !x.grad->present && !x.keeps_grad) nodes.take_back(x);
  }
  /// Recorded, the nodes of f become part of the graph, so that they can be differentiated again. What f is called on
  /// stands between it and its inputs, as x times 1, so that the sweep over its nodes ends there.
  static void record_all(RecordedSweep<V>& sweep, Graph<V>& graph, NodeId id, const Var<V>& g) {
    const Node<V>& y = graph.nodes()[id];
    State& state = state_of(y);
    if (!state.log.empty() && graph.keeps_constants())
      fail<GraphError>({"grad: the function of a checkpoint draws random numbers or moves running statistics, which a "
                        "recorded step would do in each run and for grad() once more: call f(x) in place of checkpoint(f, x) "
                        "in this step, or run it without capture()"});
    std::vector<Var<V>> x;
    for (std::size_t k = 0; k < N; ++k) x.push_back(graph.at(y.input(k)->id) * 1);
    const Var<V> again = [&] {
      const auto scope = graph.log_state(state.log, true);
      return call(state, x, std::make_index_sequence<N>{});
    }();
    require_same_ops(state, hash_of_ops(graph.nodes(), x[0].id(), N));
    require_same(again, y);
    std::vector<ParameterState<V>*> parameters;
    for (std::size_t i = 0; i < graph.uses().size(); ++i) {
      const auto use = graph.uses()[i];
      if (use.id != id || !sweep.wants(*use.state)) continue;
      if (index_of(parameters, use.state) < parameters.size()) continue;
      parameters.push_back(use.state);
      x.push_back(graph.var(graph.add_parameter(*use.state)));
    }
    RecordedSweep<V> inner(again, g, std::span<const Var<V>>(x), x[0].id());
    for (std::size_t k = 0; k < x.size(); ++k) {
      const Node<V>& in = k < N ? *graph.nodes()[id].input(k) : graph.nodes()[x[k].id()];
      if (k < N && !sweep.wants(in)) continue;
      const Var<V> gradient = inner.find_derivative(x[k]);
      if (!inner.has(gradient)) sweep.note_missing_rule(in, inner.find_missing_rule(x[k]));
      else if (k < N) sweep.add(graph.nodes()[id], k, gradient);
      else sweep.add(*parameters[k - N], gradient);
    }
  }

  static constexpr Op<V> op = [] {
    Op<V> table;
    table.readers = 1;
    table.forward = forward;
    table.backward = backward;
    table.one_rule = true;
    table.record_all = record_all;
    table.held_bytes = sizeof(State);
    table.hold = [](void* memory, void* state) { new (memory) State(std::move(*static_cast<State*>(state))); };
    table.release = [](void* state) { static_cast<State*>(state)->~State(); };
    return table;
  }();

 private:
  static State& state_of(const Node<V>& y) { return *static_cast<State*>(y.held); }

  template <std::size_t... K>
  static Var<V> call(const State& state, const std::vector<Var<V>>& x, std::index_sequence<K...>) {
    if constexpr (std::is_pointer_v<Held>) return (*state.f)(x[K]...);
    else return state.f(x[K]...);
  }
  /// A parameter that was frozen when the checkpoint was recorded gets no gradient, as in f(x).
  static void ignore(Graph<V>& inner, const ParameterState<V>& frozen) {
    for (const auto& use : inner.uses())
      if (use.state == &frozen) inner.nodes()[use.id].grad = nullptr;
  }
  /// f in the scratch graph, on nodes that refer to the values of the inputs.
  static Var<V> run(Graph<V>& graph, const Node<V>& y, State& state, bool rereads) {
    const auto kept = graph.keep_nodes();
    Graph<V>& inner = graph.scratch();
    inner.clear();
    inner.inspect_like(graph);
    inner.freeze_parameters(state.frozen);
    const auto scope = inner.log_state(state.log, rereads, &graph);
    std::vector<Var<V>> x;
    for (std::size_t k = 0; k < N; ++k) {
      const Node<V>& in = *y.input(k);
      Node<V>& node = inner.nodes().refer(in.needs_grad ? "variable" : "input", *in.value);
      node.needs_grad = node.keeps_grad = in.needs_grad;
      x.push_back(inner.var(node));
    }
    const Var<V> result = call(state, x, std::make_index_sequence<N>{});
    state.result = inner.own_node("checkpoint", result).id;
    require_same_ops(state, hash_of_ops(inner.nodes(), 0, N));
    return result;
  }
  /// The first call of f says what it records.
  static void require_same_ops(State& state, std::uint64_t ops) {
    if (state.ops != 0 && state.ops != ops)
      fail<GraphError>({"checkpoint: called again, the function recorded other ops than the first time: let it choose "
                        "by where(), not by an if statement; where a captured step is to do something else, record it "
                        "again, by capture()"});
    state.ops = ops;
  }
  static void require_same(const Var<V>& again, const Node<V>& y) {
    if (!same_bits(again.value(), y.own))
      fail<GraphError>({"checkpoint: computed again for the gradient, the function gave another result: it must depend "
                        "on nothing but its arguments and parameters that keep their values; random numbers must come "
                        "from ops of this library, such as dropout"});
  }
};

}  // namespace detail

/// f(x...), of which the graph keeps the result alone: backward() computes f again for what it needs from the middle. f
/// is a function of Vars that gives a Var, such as a layer; it may use parameters, and must give the same each time;
/// ops that draw random numbers, such as dropout, draw the same ones again. A captured step calls f in each run, where
/// it must record the same ops. A temporary f, and one that is trivially copyable, as a lambda is that captures
/// references, is kept by the graph; any other, such as a model, is referred to and must live until backward(), as a
/// Parameter must. The x are Vars, Tensors or Parameters; without a Var among them this is just f(x...).
///
/// Throws GraphError for a result of another graph, from backward() if f gives another result the second time, and
/// wherever f records other ops than the first time.
///
///   auto y = checkpoint(model, x);
///   auto z = checkpoint([&](const auto& v) { return relu(second(relu(first(v)))); }, x);
template <class F, class... X>
auto checkpoint(F&& f, const X&... x) {
  using V = typename detail::FirstVar<X...>::type;
  if constexpr (std::is_void_v<V>) {
    return f(x...);
  } else {
    static_assert((!is_scalar<X> && ...), "minigrad: checkpoint() takes no numbers as arguments: let f capture them");
    using Function = std::remove_cvref_t<F>;
    constexpr bool keeps = !std::is_lvalue_reference_v<F> || std::is_trivially_copyable_v<Function>;
    using Held = std::conditional_t<keeps, Function, const Function*>;
    using Checkpoint = detail::Checkpoint<V, Held, sizeof...(X)>;
    static_assert(alignof(Held) <= static_cast<std::size_t>(detail::buffer_alignment),
                  "minigrad: what an op captures may be aligned to 64 bytes at most");
    const detail::OperandRef<V> in[] = {detail::OperandRef<V>(x)...};
    typename Checkpoint::State state{[&]() -> Held {
      if constexpr (keeps) return std::forward<F>(f);
      else return &f;
    }()};
    for (const auto& one : in)
      if (one.kind == detail::OperandRef<V>::Kind::var) state.frozen = one.var->graph().freezes_parameters();
    const Var<V> y = detail::record_op<V>(Checkpoint::op, "checkpoint", in, sizeof...(X), &state);
    Graph<V>& graph = y.graph();
    detail::Node<V>& node = graph.nodes()[y.id()];
    Graph<V>& inner = graph.scratch();
    const NodeId inner_result = static_cast<typename Checkpoint::State*>(node.held)->result;
    node.needs_grad = inner.nodes()[inner_result].needs_grad;
    const detail::PoolArray<char> reached = detail::reached_from(inner.nodes(), inner_result);
    for (const auto& use : inner.uses()) {
      graph.note_use(node, *use.state);
      graph.uses().back().passes = use.passes && use.id <= inner_result && reached[use.id];
    }
    for (const auto& mode : inner.modes()) graph.note_mode(*mode.flag);
    for (const auto& one : inner.borrowed()) graph.note_borrowed(*one.value);
    return y;
  }
}

}  // namespace minigrad
