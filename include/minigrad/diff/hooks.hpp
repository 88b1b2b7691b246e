// diff/hooks.hpp - looking at a gradient, or changing it, on its way through the graph.
//
// A node with hooks is a node around the one that was there: it calls the hooks and then passes the gradient on as
// before. So a graph without hooks pays nothing for them.
#pragma once

#include <memory>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "../graph/graph.hpp"

namespace minigrad {
namespace detail {

/// A function of a gradient, which it may replace.
template <class V>
struct Hook {
  virtual ~Hook() = default;
  virtual void run(V& g) = 0;
  virtual void run(Var<V>& g) = 0;
};

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

/// A node whose gradient goes through hooks first.
template <class V>
class HookedNode final : public Node<V> {
 public:
  explicit HookedNode(Node<V>& node) : Node<V>(&node.value(), node.needs_grad()), node_(node) {
    this->was_loss(node.was_loss());
  }
  ~HookedNode() override { node_.~Node(); }

  void add(std::unique_ptr<Hook<V>> hook) { hooks_.push_back(std::move(hook)); }

  const char* op() const override { return node_.op(); }
  std::span<const NodeId> inputs() const override { return node_.inputs(); }
  scalar_type<V> number(std::size_t k) const override { return node_.number(k); }
  const V* kept_grad() const override { return node_.kept_grad(); }
  void zero_grad() override { node_.zero_grad(); }
  HookedNode* hooked() override { return this; }

  void pull(Graph<V>& graph, NodeId self, Adjoints<V>& adjoints) override {
    run_hooks(*adjoints[self]);
    node_.pull(graph, self, adjoints);
  }
  void pull(Graph<V>& graph, NodeId self, Adjoints<Var<V>>& adjoints, Wanted wanted) override {
    run_hooks(*adjoints[self]);
    node_.pull(graph, self, adjoints, wanted);
  }

 private:
  template <class G>
  void run_hooks(G& g) {
    const std::size_t count = hooks_.size();  // those that a hook adds are for the next time
    for (std::size_t k = 0; k < count; ++k) hooks_[k]->run(g);
  }

  Node<V>& node_;
  std::vector<std::unique_ptr<Hook<V>>> hooks_;
};

}  // namespace detail

/// Calls hook(g) with the gradient g = dL/dx each time that backward() or grad() has all of it, before it is kept or
/// passed on. A hook that gives a value replaces the gradient by that: clipped, masked, turned around. Several hooks
/// are called in the order of their registration, each with what the one before left. A hook that replaces gradients
/// and is to work with grad() takes Vars as well, as `const auto&`. Hooks are forgotten by clear(). Each use of a
/// Parameter has a node of its own, and a hook on graph.parameter(p) sees the gradient by that use alone. A hook that
/// calls clear() on its own graph, or backward() while that passes back values, gets a GraphError; one that it
/// registers is called from the next time on.
///
/// Throws GraphError for an x that needs no gradient; a gradient of another shape makes backward() throw ShapeError.
///
///   register_hook(x, [](const Tensor<float>& g) { std::cout << g << '\n'; });     look
///   register_hook(x, [](const auto& g) { return clamp(g, -1, 1); });              change
template <class V, class F>
void register_hook(const Var<V>& x, F hook) {
  static_assert(std::is_invocable_v<F&, const V&>, "minigrad: a hook takes a gradient: [](const auto& g) { ... }");
  Graph<V>& graph = x.graph();
  detail::Node<V>& node = graph.node(x.id());
  if (!node.needs_grad())
    detail::fail<GraphError>({"register_hook: this Var (", node.op(), ") needs no gradient, so there is nothing to "
                              "look at: make it by graph.variable()"});
  detail::HookedNode<V>* hooked = node.hooked();
  if (!hooked) hooked = &graph.template wrap<detail::HookedNode<V>>(x.id());
  hooked->add(std::make_unique<detail::HookOf<V, F>>(std::move(hook)));
}

}  // namespace minigrad
