// graph/random_log.hpp - random streams as they were, so that a computation can be repeated with the same numbers.
#pragma once

#include <cstddef>
#include <utility>

#include "../core/random.hpp"
#include "../tensor/pool_array.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

/// The states of random streams, in the order in which ops met them.
class RandomLog {
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
  bool empty() const { return states_.empty(); }
  void clear() { states_.clear(); }
  void rewind() { at_ = 0; }

 private:
  PoolArray<Rng> states_;
  std::size_t at_ = 0;
  Rng copy_{};
};

/// Where the random ops of a graph draw from: their own streams, which a log may note, or the streams that it noted.
template <class Graph>
struct RandomSource {
  RandomLog* log = nullptr;
  bool rereads = false;
  Graph* outer = nullptr;  // the graph of the checkpoint that computes here

  Rng& draw(Rng& stream) {
    if (!log) return stream;
    if (rereads) return log->reread(stream);
    return log->note(outer ? outer->random(stream) : stream);
  }
  bool recomputes() const { return log && (rereads || (outer && outer->recomputes())); }
};

}  // namespace minigrad::detail
