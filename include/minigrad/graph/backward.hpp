// graph/backward.hpp - derivatives of a computation: backward() for training, grad() for derivatives of any order.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "record.hpp"

namespace minigrad {

namespace detail {

/// 1, in the shape of y, which must be a single number.
template <class V>
V one_for(const char* op, const Var<V>& y) {
  if constexpr (is_tensor<V>) {
    if (y.value().size() != 1)
      fail<GraphError>({op, ": the loss has shape ", shape_of(y), ", and only a single number has a gradient: take its "
                        "sum() or mean()"});
    V one = V::empty(y.value().shape());
    one.fill(1);
    return one;
  } else {
    return V(1);
  }
}

}  // namespace detail

struct BackwardOptions {
  /// backward() may be called again on the same loss, and adds the same gradients once more.
  bool keep_graph = false;
};

/// Adds dL/dp to the gradient of every Parameter and variable that the loss L was computed from. L must be a single
/// number: throws GraphError for any other shape, for a loss that depends on nothing that needs a gradient, and for the
/// second backward() on one loss, whose gradients would count twice, unless the first was told to keep_graph.
template <class V>
void backward(const Var<V>& loss, const BackwardOptions& options = {}) {
  V one = detail::one_for("backward", loss);
  detail::Node<V>& node = loss.graph().node(loss.id());
  if (!node.needs_grad())
    detail::fail<GraphError>({"backward: the loss depends on no Parameter and no graph.variable(), so there is nothing "
                              "to differentiate"});
  if (node.was_loss())
    detail::fail<GraphError>({"backward: called twice on the same loss, so that its gradients would count twice: "
                              "compute the loss anew, or, if that is meant, let the first call be backward(loss, "
                              "{.keep_graph = true})"});
  node.was_loss(!options.keep_graph);
  loss.graph().sweep(loss, std::move(one));
}

template <class X>
  requires(is_scalar<X> || is_tensor<X>)
void backward(const X&, const BackwardOptions& = {}) {
  static_assert(!sizeof(X),
                "minigrad: backward() of a value that no graph has recorded: wrap the data by graph.input(x)");
}

namespace detail {
/// The sum over y's elements of seed dy/dx, for each x, as new Vars of the same graph.
template <class V>
std::vector<Var<V>> grad_along(const Var<V>& y, const Var<V>& seed, std::span<const Var<V>> x) {
  Graph<V>& graph = y.graph();
  PoolArray<char> wanted(graph.size());  // nodes that some x reaches
  for (const Var<V>& one : x) {
    if (&one.graph() != &graph) fail<GraphError>({"grad: y and x belong to different graphs"});
    wanted[one.id()] = 1;
    if (is_parameter_node(graph.node(one.id())))  // each use of a parameter has a node of its own
      for (NodeId i = 0; i <= y.id(); ++i)
        if (&graph.node(i).value() == &one.value()) wanted[i] = 1;
  }
  for (NodeId i = 0; i <= y.id(); ++i)
    for (NodeId input : graph.node(i).inputs())
      if (input != no_node && wanted[input]) wanted[i] = 1;
  const auto adjoints = graph.sweep(y, seed, wanted.data());
  std::vector<Var<V>> out;
  for (const Var<V>& one : x) {
    std::optional<Var<V>> sum;
    if (one.id() < adjoints.size()) sum = adjoints[one.id()];
    if (is_parameter_node(graph.node(one.id())))
      for (NodeId i = 0; i < adjoints.size(); ++i)
        if (i != one.id() && adjoints[i] && &graph.node(i).value() == &one.value())
          sum = sum ? *sum + *adjoints[i] : *adjoints[i];
    out.push_back(sum ? *sum : graph.input(zeros_like_value(one.value())));
  }
  return out;
}
}  // namespace detail

/// dy/dx for each x as new Vars of the same graph, which can be differentiated again: grad(grad(y, x), x) is d2y/dx2.
/// 0 for an x that y does not depend on. For x = graph.parameter(p) all uses of p count. y must be a single number:
/// throws GraphError for any other shape.
template <class V>
std::vector<Var<V>> grad(const Var<V>& y, std::span<const Var<V>> x) {
  return detail::grad_along(y, y.graph().input(detail::one_for("grad", y)), x);
}
template <class V>
std::vector<Var<V>> grad(const Var<V>& y, const std::vector<Var<V>>& x) {
  return grad(y, std::span<const Var<V>>(x));
}
template <class V>
Var<V> grad(const Var<V>& y, const Var<V>& x) {
  return grad(y, std::span<const Var<V>>(&x, 1))[0];
}

/// f(x...) and its gradients with respect to each x, for a function of Vars that gives a single number. One x gives the
/// pair {value, gradient}, several give {value, array of gradients}. Parameters that f uses get theirs as well.
template <class F, class V, class... More>
auto value_and_grad(const F& f, const V& x, const More&... more) {
  static_assert((std::is_same_v<V, More> && ...), "minigrad: value_and_grad takes arguments of one type");
  Graph<V> graph;
  const std::array<Var<V>, 1 + sizeof...(More)> in{graph.variable(x), graph.variable(more)...};
  const Var<V> y = std::apply(f, in);
  if (&y.graph() != &graph)
    detail::fail<GraphError>({"value_and_grad: the function's result belongs to another graph"});
  for (const Var<V>& one : in) one.zero_grad();  // of a backward() within f
  graph.sweep(y, detail::one_for("value_and_grad", y));
  const auto gradient = [&](const Var<V>& one) {
    const V* found = graph.find_gradient(one.id());
    return found ? *found : detail::zeros_like_value(one.value());
  };
  if constexpr (sizeof...(More) == 0) {
    return std::pair<V, V>(y.value(), gradient(in[0]));
  } else {
    std::array<V, 1 + sizeof...(More)> gradients;
    for (std::size_t k = 0; k < in.size(); ++k) gradients[k] = gradient(in[k]);
    return std::pair<V, std::array<V, 1 + sizeof...(More)>>(y.value(), std::move(gradients));
  }
}

}  // namespace minigrad
