// graph/uses.hpp - what a graph uses that others own: it must not change unnoticed between forward and backward.
#pragma once

#include <cstdint>

#include "node.hpp"

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

/// A flag on which the recorded ops depend, and what it was.
struct ModeUse {
  const bool* flag;
  bool value;
};

/// A borrowed value, and the shape that it had.
struct BorrowedUse {
  NodeId id;
  Shape shape;
};

}  // namespace minigrad::inline MINIGRAD_ABI::detail
