// diff/checkpoint.hpp - computing again instead of keeping: less memory for more time.
//
// backward() needs the values in the middle of a computation, so that a graph keeps them all. checkpoint(f, x) keeps
// f's result alone, and computes f once more when the gradient comes. Of n layers in a row in parts of k, n / k + k
// values are then kept at a time in place of n, for one more forward pass. Griewank and Walther, "Algorithm 799:
// revolve", 2000; Chen, Xu, Zhang and Guestrin, "Training deep nets with sublinear memory cost", 2016.
#pragma once

#include <array>
#include <cstddef>
#include <cstring>
#include <optional>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>

#include "../graph/backward.hpp"
#include "../ops/ops.hpp"

namespace minigrad {
namespace detail {

/// Stands in an inner graph for a node of the outer one: refers to its value, and hands its gradient out to it.
template <class V>
class OuterNode final : public Node<V> {
 public:
  OuterNode(const Node<V>& outer, std::optional<V>* adjoint)
      : Node<V>(&outer.value(), outer.needs_grad()), adjoint_(adjoint) {}
  const char* op() const override { return this->needs_grad() ? "variable" : "input"; }
  void pull(Graph<V>&, NodeId self, Adjoints<V>& adjoints) override { add_gradient(*adjoint_, adjoints[self]); }

 private:
  std::optional<V>* adjoint_;
};

/// Whether two values are the same to the bit.
template <class V>
bool same_bits(const V& a, const V& b) {
  if constexpr (is_tensor<V>)
    return a.shape() == b.shape() &&
           (a.size() == 0 || std::memcmp(a.data(), b.data(), a.size() * sizeof(*a.data())) == 0);
  else
    return std::memcmp(&a, &b, sizeof a) == 0;
}

/// The result of f and what it was computed from, but nothing in between. Held is f itself or a pointer to it.
template <class V, class F, class Held, std::size_t N>
class CheckpointNode final : public Node<V> {
 public:
  CheckpointNode(V value, bool needs_grad, Held f, const std::array<NodeId, N>& ids)
      : Node<V>(&value_, needs_grad), value_(std::move(value)), f_(std::move(f)), ids_(ids) {}
  const char* op() const override { return "checkpoint"; }
  std::span<const NodeId> inputs() const override { return ids_; }

  void pull(Graph<V>& graph, NodeId self, Adjoints<V>& adjoints) override {
    Graph<V> inner;
    const Var<V> y = run(function(), graph, inner, ids_, &adjoints);
    require_same(y);
    inner.sweep(y, V(*adjoints[self]));
  }
  /// Recorded, the function's nodes become part of the graph, so that they can be differentiated again. What the
  /// function is called on stands between it and its inputs: there the sweep over its nodes ends.
  void pull(Graph<V>& graph, NodeId self, Adjoints<Var<V>>& adjoints, Wanted wanted) override {
    std::array<Var<V>, N> x;
    for (std::size_t k = 0; k < N; ++k) x[k] = graph.at(ids_[k]) * 1;
    const Var<V> y = std::apply(function(), x);
    require_same(y);
    const auto gradients = grad_along(y, *adjoints[self], std::span<const Var<V>>(x));
    for (std::size_t k = 0; k < N; ++k)
      if (wanted[ids_[k]]) pass_back("checkpoint", adjoints[ids_[k]], gradients[k], graph.node(ids_[k]).value());
  }

  /// f in the inner graph, on nodes that stand for those of the outer one.
  static Var<V> run(const F& f, Graph<V>& graph, Graph<V>& inner, const std::array<NodeId, N>& ids,
                    Adjoints<V>* adjoints) {
    const auto kept = graph.keep_nodes();
    inner.configure_like(graph);
    std::array<Var<V>, N> x;
    for (std::size_t k = 0; k < N; ++k)
      x[k] = inner.template add<OuterNode<V>>(false, graph.node(ids[k]), adjoints ? &(*adjoints)[ids[k]] : nullptr);
    const Var<V> y = std::apply(f, x);
    inner.require_own("checkpoint", y);
    return y;
  }

 private:
  const F& function() const {
    if constexpr (std::is_pointer_v<Held>) return *f_;
    else return f_;
  }
  void require_same(const Var<V>& again) const {
    if (!same_bits(again.value(), value_))
      fail<GraphError>({"checkpoint: computed again for the gradient, the function gave another result: it must depend "
                        "on nothing but its arguments and parameters that keep their values; no random numbers, as in "
                        "Dropout"});
  }

  V value_;
  Held f_;
  std::array<NodeId, N> ids_;
};

}  // namespace detail

/// f(x...), of which the graph keeps the result alone: backward() computes f again for what it needs from the middle. f
/// is a function of Vars that gives a Var, such as a layer; it may use parameters, and must give the same each time. A
/// temporary f, and one that is trivially copyable, as a lambda is that captures references, is kept by the graph; any
/// other, such as a model, is referred to and must live until backward(), as a Parameter must. The x are Vars, Tensors
/// or Parameters; without a Var among them this is just f(x...).
///
/// Throws GraphError for a result of another graph, and from backward() if f gives another result the second time.
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
    using Node = detail::CheckpointNode<V, Function, Held, sizeof...(X)>;
    static_assert(sizeof(Node) <= Graph<V>::block_bytes / 2 && alignof(Node) <= Graph<V>::node_alignment,
                  "minigrad: checkpoint: the function captures too much");
    const detail::OperandRef<V> in[] = {detail::OperandRef<V>(x)...};
    Graph<V>& graph = detail::graph_of(in);
    std::array<NodeId, sizeof...(X)> ids;
    for (std::size_t k = 0; k < ids.size(); ++k) ids[k] = detail::node_of("checkpoint", graph, in[k]);
    Graph<V> inner;
    const Var<V> y = Node::run(f, graph, inner, ids, nullptr);
    const bool needs_grad = inner.node(y.id()).needs_grad();
    if constexpr (keeps) return graph.template add<Node>(true, y.value(), needs_grad, std::forward<F>(f), ids);
    else return graph.template add<Node>(true, y.value(), needs_grad, &f, ids);
  }
}

}  // namespace minigrad
