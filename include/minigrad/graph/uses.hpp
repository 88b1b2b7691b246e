// graph/uses.hpp - what a graph uses that others own: parameters, borrowed values, flags and random streams.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "../core/random.hpp"
#include "../tensor/pool_array.hpp"
#include "reach.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

/// One use of a parameter, by a node: what it was when it was recorded.
template <class V>
struct ParameterUse {
  NodeId id;
  ParameterState<V>* state;
  std::uint64_t version;
  bool requires_grad;
  Shape shape;
  std::uint64_t hash = 0;  // of the value, in a checked build
  bool passes = true;      // a gradient of the node passes to the parameter

  /// Whether the value was written since.
  bool changed() const {
    if (version != state->version || shape_of(state->value) != shape) return true;
    if constexpr (checked_build) return hash != hash_of(state->value);
    else return false;
  }
  /// Whether the parameter was frozen since.
  bool frozen() const { return requires_grad && !state->requires_grad; }
  /// The value as it is now is the one that was computed with.
  void renew() {
    version = state->version;
    if constexpr (checked_build) hash = hash_of(state->value);
  }
};

/// A parameter that was written since it was recorded, and a node whose rule reads it; null where there is none.
template <class V>
struct ChangedUse {
  const ParameterUse<V>* use = nullptr;
  const Node<V>* reader = nullptr;
};
/// Looks for such a node before `end`, among those to which a gradient passes: where reached[id] is not 0.
template <class V>
[[gnu::cold, gnu::noinline]] ChangedUse<V> find_changed(const NodeStore<V>& nodes,
                                                        const PoolArray<ParameterUse<V>>& uses,
                                                        const PoolArray<char>& reached, NodeId end) {
  PoolArray<char> changed(end);  // the nodes of such parameters, and checkpoints that use one
  bool any = false;
  for (const auto& use : uses)
    if (use.id < end && use.changed()) any = true, changed[use.id] = 1;
  for (NodeId id = 0; any && id < end; ++id) {
    const Node<V>& y = nodes[id];
    NodeId read = changed[id] && y.inputs ? id : no_node;
    for (std::size_t k = 0; k < y.inputs; ++k)
      if (const Node<V>* in = y.input(k); in && in->parameter && changed[in->id]) read = in->id;
    if (read == no_node || !reached[id]) continue;
    std::size_t i = 0;
    while (uses[i].id != read || !uses[i].changed()) ++i;
    return {&uses[i], &y};
  }
  return {};
}
template <class V>
[[noreturn, gnu::cold, gnu::noinline]] void refuse_changed(const char* op, const ParameterUse<V>& use) {
  fail<GraphError>({op, ": a parameter of shape ", use.shape, " was changed after the loss was computed from it: call ",
                    op, "() before a step of the optimizer and before writing to the parameter"});
}

/// A flag on which the recorded ops depend, and what it was.
struct ModeUse {
  const bool* flag;
  bool value;
};

/// A borrowed value, and the shape that it had.
template <class V>
struct BorrowedUse {
  const V* value;
  Shape shape;
};

/// What a forward does to state that outlives the graph: the random streams that its ops draw from, as they were, in the
/// order in which ops met them, and whether other state moves.
class StateLog {
 public:
  /// Notes the state of a stream, and gives the stream.
  Rng& note(Rng& stream) {
    states_.push_back(stream);
    return stream;
  }
  /// A copy of the stream, with the next state that was noted.
  Rng& reread(const Rng& stream) {
    copy_ = at_ < states_.size() ? states_[at_++] : stream;
    return copy_;
  }
  /// Whether ops have drawn random numbers, or have asked whether they may move a state.
  bool empty() const { return states_.empty() && !moves_state_; }
  void clear() {
    states_.clear();
    moves_state_ = false;
  }
  void note_state() { moves_state_ = true; }
  void rewind() { at_ = 0; }

 private:
  PoolArray<Rng> states_;
  std::size_t at_ = 0;
  Rng copy_{};
  bool moves_state_ = false;
};

/// Where the random ops of a graph draw from: their own streams, which a log may note, or the streams that it noted.
template <class Graph>
struct RandomSource {
  StateLog* log = nullptr;
  bool rereads = false;
  Graph* outer = nullptr;  // the graph of the checkpoint that computes here

  Rng& draw(Rng& stream) {
    if (!log) return stream;
    if (rereads) return log->reread(stream);
    return log->note(outer ? outer->random(stream) : stream);
  }
  bool recomputes() const {
    if (log) log->note_state();
    return log && (rereads || (outer && outer->recomputes()));
  }
};

}  // namespace minigrad::inline MINIGRAD_ABI::detail
