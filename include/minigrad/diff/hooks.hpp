// diff/hooks.hpp - looking at a gradient, or changing it, on its way through the graph.
//
// Hooks stand in a side table of the graph. A graph without hooks pays nothing for them.
#pragma once

#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "hook_runner.hpp"

namespace minigrad::inline MINIGRAD_ABI {
namespace detail {

template <class V, class F>
class HookOf final : public Hook<V> {
 public:
  explicit HookOf(F f) : f_(std::move(f)) {}
  void run(V& g) override { apply(g); }
  void run(Var<V>& g) override {
    if constexpr (std::is_invocable_v<F&, const Var<V>&>) apply(g);
    else if constexpr (std::is_void_v<std::invoke_result_t<F&, const V&>>) f_(g.value());
    else
      fail<GraphError>({"grad: a hook changes a gradient and takes values only, so that grad() cannot record what it "
                        "does: let it take const auto&"});
  }

 private:
  template <class G>
  void apply(G& g) {
    if constexpr (std::is_void_v<std::invoke_result_t<F&, const G&>>) {
      f_(std::as_const(g));
    } else {
      G changed = f_(std::as_const(g));
      if (const Shape before = shape_of(g), after = shape_of(changed); before != after)
        fail<ShapeError>({"register_hook: a hook got a gradient of shape ", before, " and gave one of shape ", after});
      g = std::move(changed);
    }
  }
  F f_;
};

template <class V, class F>
class GradReadyOf final : public GradReady<V> {
 public:
  GradReadyOf(const ParameterRef<V>& parameter, F f) : parameter_(parameter), f_(std::move(f)) {}
  void run() override { f_(std::as_const(parameter_)); }

 private:
  ParameterRef<V> parameter_;
  F f_;
};

}  // namespace detail

/// Calls hook(g) with the gradient g = dL/dx each time that backward() or grad() has all of it, before it is kept or
/// passed on. A hook that gives a value replaces the gradient by that: clipped, masked, turned around. Several hooks
/// are called in the order of their registration, each with what the one before left. A hook that replaces gradients
/// and is to work with grad() takes Vars as well, as `const auto&`. Hooks are forgotten by clear(). Each use of a
/// Parameter has a node of its own, and a hook on graph.parameter(p) sees the gradient by that use alone. A hook that
/// calls clear() on its own graph, or backward() while that passes back values, gets a GraphError, and so does one that
/// writes to a parameter whose value rules still read; one that it registers is called from the next time on.
///
/// Throws GraphError for an x that needs no gradient; a gradient of another shape makes backward() throw ShapeError.
///
///   register_hook(x, [](const Tensor<float>& g) { std::cout << g << '\n'; });     look
///   register_hook(x, [](const auto& g) { return clamp(g, -1, 1); });              change
template <class V, class F>
void register_hook(const Var<V>& x, F hook) {
  static_assert(std::is_invocable_v<F&, const V&>, "minigrad: a hook takes a gradient: [](const auto& g) { ... }");
  Graph<V>& graph = x.graph();
  detail::Node<V>& node = graph.nodes()[x.id()];
  if (!node.needs_grad)
    detail::fail<GraphError>({"register_hook: this Var (", node.name, ") needs no gradient, so there is nothing to "
                              "look at: make it by graph.variable()"});
  auto& hooks = graph.hooks().of_nodes;
  std::size_t first = 0;
  while (first < hooks.size() && hooks[first].id != node.id) ++first;
  hooks.push_back({node.id, detail::Own<detail::Hook<V>>(new detail::HookOf<V, F>(std::move(hook))), first, {}});
  node.hooked = true;
}

/// Calls hook(p) with a ParameterRef as soon as a backward() on this graph has added everything to the gradient of p,
/// while it is still on its way to other parameters. The hook may write to p, as an optimizer does: no rule reads it any
/// more. A recorded step calls it in each replay. The hook is forgotten by clear().
template <class V, class F>
void register_post_accumulate_grad_hook(Graph<V>& graph, const ParameterRef<V>& p, F hook) {
  static_assert(std::is_invocable_v<F&, const ParameterRef<V>&>,
                "minigrad: this hook takes a parameter: [](const auto& p) { ... p.grad() ... }");
  graph.hooks().of_parameters.push_back(
      {&p.state(), detail::Own<detail::GradReady<V>>(new detail::GradReadyOf<V, F>(p, std::move(hook))), no_node});
}
template <class V, class F>
void register_post_accumulate_grad_hook(Graph<V>& graph, const Parameter<V>& p, F hook) {
  register_post_accumulate_grad_hook(graph, p.ref(), std::move(hook));
}

}  // namespace minigrad
