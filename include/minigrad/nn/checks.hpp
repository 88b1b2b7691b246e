// nn/checks.hpp - is a model wired as it was meant? Which parts did its parts() forget, and where does a NaN come from?
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "../diff/anomaly.hpp"
#include "module.hpp"

namespace minigrad {

/// detect_anomaly(graph), whose messages say where in the model the op stands: " after the parameter 2.bias".
template <class V, class M>
  requires std::is_same_v<detail::parameter_value_of<M>, V>
void detect_anomaly(Graph<V>& graph, M& model) {
  std::vector<detail::ParameterName<V>> names;
  for (const NamedParameter<V>& one : named_parameters(model)) names.push_back({&one.parameter.value(), one.name});
  graph.inspect(std::make_shared<detail::AnomalyInspector<V>>(std::move(names)));
}

/// Checks that a model's parts() list what it computes with. Calls model(x...) once, on inputs such as it is made for,
/// and throws ValueError if it uses a parameter that its parts() do not list, which no optimizer would train, and no
/// file would keep. Frozen parameters may be missing.
template <class M, class... X>
void check_parts(M& model, const X&... x) {
  using V = detail::parameter_value_of<M>;
  static_assert(!std::is_void_v<V>, "minigrad: this model has no parameters: its parts() should list them");
  Graph<V> graph;
  model(graph.input(x)...);
  const auto listed = named_parameters(model);
  const std::string* last = nullptr;  // the one listed that was met last, which says where we are
  for (NodeId id = 0; id < graph.size(); ++id) {
    const detail::Node<V>& node = graph.node(id);
    if (!detail::is_parameter_node(node)) continue;
    const std::string* name = nullptr;
    for (const NamedParameter<V>& one : listed)
      if (&one.parameter.value() == &node.value()) name = &one.name;
    if (!name && node.needs_grad())
      detail::fail<ValueError>({"check_parts: the model computes with a parameter of shape ", shape_of(node.value()),
                                last ? ", after " + *last + "," : std::string(), " that its parts() do not list: no "
                                "optimizer would train it"});
    if (name) last = name;
  }
}

}  // namespace minigrad
