// diff/grad.hpp - grad(): derivatives as Vars, recorded by the same rules, so that they can be differentiated again.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

#include "../core/search.hpp"
#include "../graph/backward.hpp"
#include "../ops/ops.hpp"
#include "hook_runner.hpp"

namespace minigrad::inline MINIGRAD_ABI {
namespace detail {

/// A sweep from y back to each x that records what it computes. Nodes that no x reaches are left out.
template <class V>
class RecordedSweep {
 public:
  /// The sweep goes no further back than to node `first`.
  RecordedSweep(const Var<V>& y, const Var<V>& seed, std::span<const Var<V>> x, NodeId first = 0)
      : graph_(y.graph()), first_(first), last_(y.id()), keeps_nodes_(graph_.keep_nodes()), wanted_(graph_.size()),
        adjoints_(std::size_t{last_} + 1) {
    for (const Var<V>& one : x) {
      if (&one.graph() != &graph_) fail<GraphError>({"grad: y and x belong to different graphs"});
      wanted_[one.id()] = 1;
      if (const auto* parameter = graph_.nodes()[one.id()].parameter) parameters_.push_back({parameter, {}});
    }
    detail::sort(parameters_.data(), parameters_.size(), by_address);
    for (const auto& use : graph_.uses())  // a parameter has a node, or a place in a checkpoint, for each use
      if (use.id >= first_ && use.id <= last_ && find(use.state)) wanted_[use.id] = 1;
    for (NodeId id = first_; id <= last_; ++id)
      for (std::size_t k = 0; k < node(id).inputs && !wanted_[id]; ++k)
        if (const Node<V>* in = node(id).input(k)) wanted_[id] = wanted_[in->id];
    require_not_written(last_ + 1, false);
    adjoints_[last_] = seed;
    run();
  }

  /// Input k of y, for which the op of y has no rule.
  struct MissingRule {
    const Node<V>*y, *x;
    std::size_t k;
  };

  /// The derivative with respect to x, a Var without a value where no gradient has come to it. All uses of a parameter
  /// count.
  Var<V> find_derivative(const Var<V>& x) {
    if (const auto* parameter = node(x.id()).parameter) return find(parameter)->sum;
    return x.id() <= last_ ? adjoints_[x.id()] : Var<V>();
  }
  static bool has(const Var<V>& derivative) { return derivative.id() != no_node; }
  /// 0 where y does not depend on x. Throws GraphError where it depends on x by ops without a rule alone.
  Var<V> derivative(const Var<V>& x) {
    if (const Var<V> found = find_derivative(x); has(found)) return found;
    if (const MissingRule* missing = find_missing_rule(x)) fail_missing_rule("grad", *missing->y, missing->k);
    return graph_.input(zeros_like_value(x.value()));
  }
  /// Where a gradient on its way to x has ended for want of a rule; null if nowhere.
  const MissingRule* find_missing_rule(const Var<V>& x) const {
    if (missing_.empty()) return nullptr;
    const auto* parameter = node(x.id()).parameter;
    PoolArray<char> depends(graph_.size());  // on x
    for (NodeId id = first_; id < depends.size(); ++id) {
      depends[id] = id == x.id() || (parameter && node(id).parameter == parameter);
      for (std::size_t k = 0; k < node(id).inputs; ++k)
        if (const Node<V>* in = node(id).input(k); in && depends[in->id] && !vjp(node(id), k).non_differentiable)
          depends[id] = 1;
    }
    for (const MissingRule& one : missing_)
      if (depends[one.x->id]) return &one;
    return nullptr;
  }
  /// Notes a rule that is missing within a checkpoint, on the way to x.
  void note_missing_rule(const Node<V>& x, const MissingRule* missing) {
    if (missing) missing_.push_back({missing->y, &x, missing->k});
  }

  bool wants(const Node<V>& x) const { return wanted_[x.id] != 0; }
  bool wants(const ParameterState<V>& parameter) { return find(&parameter) != nullptr; }

  /// Adds to the adjoint of input k of y what the rule of y gave, summed where the input was broadcast.
  void add(const Node<V>& y, std::size_t k, Var<V> part) {
    const Node<V>& x = *y.input(k);
    if constexpr (is_tensor<V>) {
      if (part.value().shape() != x.value->shape()) {
        check_rule(y, x, part.value().shape());
        part = sum_to(part, x.value->shape());
      }
    }
    add_to(adjoints_[x.id], part);
  }
  void add(const ParameterState<V>& parameter, const Var<V>& part) { add_to(find(&parameter)->sum, part); }

  /// The value of the adjoint of a node, or null.
  const V* find_value(const Node<V>& x) const {
    return x.id <= last_ && has(adjoints_[x.id]) ? &adjoints_[x.id].value() : nullptr;
  }

 private:
  struct OfParameter {
    const ParameterState<V>* parameter;
    Var<V> sum;  // without a node until something is added
  };
  static bool by_address(const OfParameter& a, const OfParameter& b) { return std::less<>()(a.parameter, b.parameter); }
  OfParameter* find(const ParameterState<V>* parameter) {
    const std::size_t at = first_not(parameters_.size(), [&](std::size_t i) {
      return std::less<>()(parameters_[i].parameter, parameter);
    });
    return at < parameters_.size() && parameters_[at].parameter == parameter ? &parameters_[at] : nullptr;
  }
  const Node<V>& node(NodeId id) const { return graph_.nodes()[id]; }
  static const Vjp<V>& vjp(const Node<V>& y, std::size_t k) { return y.op->vjp[y.op->one_rule ? 0 : k]; }
  static void add_to(Var<V>& sum, const Var<V>& part) { sum = has(sum) ? sum + part : part; }

  void run() {
    auto& hooks = graph_.hooks();
    const std::size_t count = hooks.of_nodes.size();  // those that a hook adds are for the next sweep
    if (hooks.inspector) (*hooks.inspector)->before_sweep(graph_, node(last_));
    for (NodeId id = last_ + 1; id-- > first_;) {
      if (!has(adjoints_[id]) || !wanted_[id]) continue;
      note_missing_rules(node(id));
      if (node(id).hooked) {
        for (std::size_t i = 0; i < count; ++i)
          if (hooks.of_nodes[i].id == id) hooks.of_nodes[i].hook->run(adjoints_[id]);
        require_not_written(id + 1, true);
      }
      const Var<V> g = adjoints_[id];
      if (const ParameterState<V>* parameter = node(id).parameter) add(*parameter, g);
      try {
        if (const Op<V>& op = *node(id).op; op.record_all) {
          op.record_all(*this, graph_, id, g);
        } else {
          for (std::size_t k = 0; k < node(id).inputs; ++k) {
            const Node<V>* const in = node(id).input(k);
            const Vjp<V>& rule = vjp(node(id), k);
            if (in && wants(*in) && rule.record) add(node(id), k, rule.record(graph_, id, k, g));
          }
        }
      } catch (...) {
        rethrow_with("passing a gradient through", node(id).name);
      }
      if (hooks.inspector) (*hooks.inspector)->after_rules(graph_, node(id), value_in, this);
    }
  }
  void require_not_written(NodeId end, bool by_hook) {
    if (!any_changed(graph_.uses())) return;
    PoolArray<char> reached(std::size_t{last_} + 1);
    reached[last_] = 1;
    for (NodeId id = last_ + 1; id-- > first_;)
      for (std::size_t k = 0; reached[id] && k < node(id).inputs; ++k)
        if (const Node<V>* in = node(id).input(k); in && wants(*in))
          reached[in->id] |= node(id).op->record_all || vjp(node(id), k).record;
    const auto found = find_changed(graph_.nodes(), graph_.uses(), reached, end);
    if (by_hook) refuse_written("grad", found);
    else if (found.use) refuse_changed("grad", *found.use);
  }
  void note_missing_rules(const Node<V>& y) {
    for (std::size_t k = 0; k < y.inputs && !y.op->record_all; ++k)
      if (const Node<V>* x = y.input(k); x && wants(*x) && !vjp(y, k).record && !vjp(y, k).non_differentiable)
        missing_.push_back({&y, x, k});
  }
  static const V* value_in(const void* sweep, const Node<V>& x) {
    return static_cast<const RecordedSweep*>(sweep)->find_value(x);
  }

  Graph<V>& graph_;
  NodeId first_, last_;
  ScopedFlag keeps_nodes_;
  PoolArray<char> wanted_;
  PoolArray<Var<V>> adjoints_;
  std::vector<OfParameter> parameters_;
  PoolArray<MissingRule> missing_;  // where the sweep has ended for want of a rule
};

/// The sum over y's elements of seed dy/dx, for each x, as new Vars of the same graph.
template <class V>
std::vector<Var<V>> grad_along(const Var<V>& y, const Var<V>& seed, std::span<const Var<V>> x) {
  RecordedSweep<V> sweep(y, seed, x);
  std::vector<Var<V>> out;
  for (const Var<V>& one : x) out.push_back(sweep.derivative(one));
  return out;
}

/// For an x to which no gradient of y has come. Throws GraphError where y depends on it by ops without a rule alone.
template <class V>
[[gnu::cold, gnu::noinline]] void require_independent(const Var<V>& y, const Var<V>& x) {
  grad_along(y, y, std::span(&x, 1));
}

/// 1, in the shape of y, which must be a single number.
template <class V>
V one_for(const char* op, const Var<V>& y) {
  require_single_number(op, y.value());
  V one = zeros_like_value(y.value());
  if constexpr (is_tensor<V>) one.fill(1);
  else one = 1;
  return one;
}

}  // namespace detail

/// dy/dx for each x as new Vars of the same graph, which can be differentiated again: grad(grad(y, x), x) is d2y/dx2.
/// 0 for an x that y does not depend on. For x = graph.parameter(p) all uses of p count. y must be a single number:
/// throws GraphError for any other shape, and for an x that y depends on by an op with no_rule alone.
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
/// pair {value, gradient}, several give {value, array of gradients}. Parameters that f uses get theirs as well. Throws
/// GraphError where f gives more than one number, and as grad() does.
template <class F, class V, class... More>
auto value_and_grad(const F& f, const V& x, const More&... more) {
  static_assert((std::is_same_v<V, More> && ...), "minigrad: value_and_grad takes arguments of one type");
  Graph<V> graph;
  const std::array<Var<V>, 1 + sizeof...(More)> in{graph.variable(x), graph.variable(more)...};
  const Var<V> y = std::apply(f, in);
  if (&y.graph() != &graph)
    detail::fail<GraphError>({"value_and_grad: the function's result belongs to another graph"});
  for (const Var<V>& one : in) one.zero_grad();  // of a backward() within f
  detail::require_single_number("value_and_grad", y.value());
  detail::sweep(y);
  const auto gradient = [&](const Var<V>& one) {
    const V* found = graph.find_gradient(one.id());
    if (!found) detail::require_independent(y, one);
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
