// nn/checks.hpp - checks of a model: which parameters are not trained, and where a NaN comes from.
#pragma once

#include <cstddef>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "../diff/anomaly.hpp"
#include "evaluation_mode.hpp"
#include "module.hpp"

namespace minigrad::inline MINIGRAD_ABI {

/// detect_anomaly(graph) with messages that say where in the model the op is: " after the parameter 2.bias".
template <class V, class M>
  requires std::is_same_v<detail::parameter_value_of<M>, V>
void detect_anomaly(Graph<V>& graph, M& model) {
  std::vector<detail::ParameterName<V>> names;
  for (const NamedParameter<V>& one : named_parameters(model)) names.push_back({&one.parameter.value(), one.name});
  detail::set_inspector(graph, new detail::AnomalyInspector<V>(std::move(names)));
}

namespace detail {

/// Throws ValueError with the names of the trainable parameters of a model for which found(parameter) is false, if
/// there are any. `what` is what should depend on them.
template <class M, class Found>
void require_all_trained(const char* what, M& model, const Found& found) {
  std::string names;
  std::size_t count = 0;
  for (const auto& [name, parameter] : named_parameters(model))
    if (parameter.requires_grad() && !found(parameter)) append(names, {count++ ? ", " : "", name});
  if (count)
    fail<ValueError>({what, " does not depend on the parameter", count > 1 ? "s " : " ", names, ": no optimizer would "
                      "train ", count > 1 ? "them" : "it", "; in a layer called on x, a Parameter w that meets only "
                      "Tensors gives a constant: take operand(w, x), which is w in the graph of x; freeze what is not "
                      "to be trained"});
}

/// The nodes of a graph that a result was computed from.
template <class V>
class Origins {
 public:
  explicit Origins(Graph<V>& graph) : graph_(graph), used_(graph.size()) {}

  /// Marks the nodes of a result: a Var or a mask, or a list or tuple of results; a Tensor or number has none. Returns
  /// false for a result of another type, whose nodes are not known.
  template <class Y>
  bool mark(const Y& y) {
    if constexpr (is_var<Y>) return used_[y.id()] = true, true;
    else if constexpr (is_mask_var<Y>) return mark(y.var());
    else if constexpr (is_tensor<Y> || is_scalar<Y>) return true;
    else if constexpr (is_list<Y>) {
      for (const auto& one : y)
        if (!mark(one)) return false;
      return true;
    }
    else if constexpr (requires { std::tuple_size<Y>::value; })
      return std::apply([&](const auto&... one) { return (mark(one) && ...); }, y);
    else return false;
  }

  /// Marks what the marked nodes were computed from, and so on.
  void follow() {
    for (std::size_t id = used_.size(); id-- > 0;)
      for (const NodeId in : graph_.node(static_cast<NodeId>(id)).inputs())
        if (used_[id] && in != no_node) used_[in] = true;
  }
  bool include(const ParameterRef<V>& parameter) const {
    for (const auto& use : graph_.uses())
      if (use.state == &parameter.state() && used_[use.id]) return true;
    return false;
  }

 private:
  Graph<V>& graph_;
  std::vector<bool> used_;
};

}  // namespace detail

/// Checks that a model computes with the parameters that its parts() list, and with no others. Calls model(x...) once;
/// the x are Tensors, also of whole numbers, of the shapes that the model expects. Throws ValueError if the model uses
/// a parameter that its parts() do not list, and if its output does not depend on one that they list: no optimizer
/// would train it. Frozen parameters may be missing, or unused. What the output depends on is known only if it is a
/// Var, or a list or tuple of Vars. Throws ValueError also if the model calls a layer in training mode, which notes this
/// by graph.note_mode() as Dropout does, that eval() of the model does not reach.
///
/// The call is one in the model's mode: in training mode it moves running statistics and draws from the generators of
/// Dropout. Call it before training, or after eval().
template <class M, class... X>
void check_parts(M& model, const X&... x) {
  using V = detail::parameter_value_of<M>;
  static_assert(!std::is_void_v<V>, "minigrad: this model has no parameters: its parts() should list them");
  Graph<V> graph;
  const auto y = model(graph.input(x)...);
  const auto listed = named_parameters(model);
  const std::string* last = nullptr;  // the one listed that was met last, which says where we are
  for (const auto& use : graph.uses()) {
    const std::string* name = nullptr;
    for (const NamedParameter<V>& one : listed)
      if (&one.parameter.state() == use.state) name = &one.name;
    if (!name && use.requires_grad)
      detail::fail<ValueError>({"check_parts: the model computes with a parameter of shape ", use.shape,
                                last ? ", after " + *last + "," : std::string(), " that its parts() do not list: no "
                                "optimizer would train it"});
    if (name) last = name;
  }
  for (const detail::EvaluationMode evaluates(model); const detail::ModeUse& mode : graph.modes())
    if (*mode.flag)
      detail::fail<ValueError>({"check_parts: the model calls a layer with a mode, as Dropout has one, that its parts() do "
                                "not list: eval() does not reach it, and leaves it in training mode"});
  detail::Origins<V> origins(graph);
  if (!origins.mark(y)) return;
  origins.follow();
  detail::require_all_trained("check_parts: the model's output", model,
                              [&](const ParameterRef<V>& parameter) { return origins.include(parameter); });
}

}  // namespace minigrad
