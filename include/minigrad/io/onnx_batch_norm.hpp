// io/onnx_batch_norm.hpp - finds batch norms in a recording, so that they are exported as one op. Not part of
// minigrad.hpp.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

#include "../graph/graph.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

/// In evaluation mode a batch norm is recorded as the ops that it is made of:
///
///   y = x s + (bias - mean s),   s = weight / sqrt(var + eps)
///
/// where mean is a copy, made by stop_gradient.
struct FoundBatchNorm {
  NodeId x, weight, bias, mean, var;
  double eps;
};

template <class V>
class BatchNormFinder {
 public:
  explicit BatchNormFinder(const Graph<V>& graph) : graph_(graph) {}

  /// The batch norm of which this node is y, if it is one.
  std::optional<FoundBatchNorm> at(NodeId y) const {
    const auto [product, shift] = inputs(y, "add");
    const auto [x, wide_scale] = inputs(product, "mul");
    const auto [bias, mean_part] = inputs(reshaped(shift), "sub");
    const auto [mean_copy, same_scale] = inputs(mean_part, "mul");
    const NodeId mean = inputs(mean_copy, "stop_gradient")[0];
    const auto [root, weight] = inputs(reshaped(wide_scale), "mul");
    const NodeId sum = inputs(inputs(root, "reciprocal")[0], "sqrt")[0];
    const auto [var, eps] = inputs(sum, "add");
    if (sum == no_node || eps != no_node || same_scale != reshaped(wide_scale)) return std::nullopt;
    const Shape of_x = graph_.node(x).shape();
    if (of_x.rank() < 2) return std::nullopt;
    for (const NodeId part : {weight, bias, mean, var})  // one number for each channel
      if (part == no_node || !graph_.node(part).is_leaf() || graph_.node(part).shape() != Shape{of_x[1]})
        return std::nullopt;
    Shape along{of_x[1]};
    for (std::size_t axis = 2; axis < of_x.rank(); ++axis) along.push_back(1);
    if (graph_.node(wide_scale).shape() != along || graph_.node(shift).shape() != along) return std::nullopt;
    return FoundBatchNorm{x, weight, bias, mean, var, static_cast<double>(graph_.node(sum).number(1))};
  }

 private:
  /// The first two inputs of a node of this op, and else none.
  std::array<NodeId, 2> inputs(NodeId id, std::string_view op) const {
    std::array<NodeId, 2> out{no_node, no_node};
    if (id == no_node || graph_.node(id).op() != op) return out;
    const auto all = graph_.node(id).inputs();
    for (std::size_t k = 0; k < all.size() && k < 2; ++k) out[k] = all[k];
    return out;
  }
  NodeId reshaped(NodeId id) const {
    const NodeId from = inputs(id, "reshape")[0];
    return from == no_node ? id : from;
  }

  const Graph<V>& graph_;
};

}  // namespace minigrad::inline MINIGRAD_ABI::detail
