// scalar/tape.hpp - what a ScalarTape keeps of a computation, and the sweep back through it.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "../core/error.hpp"
#include "../core/simd.hpp"
#include "../tensor/pool_array.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

/// Tells this thread's tapes apart, and what one of them held before clear() from what it holds after.
inline constinit thread_local std::uint64_t last_stamp = 0;

/// Names a number on a tape. From the lowest bit: its index (32 bits); whether this is the variable of that index, not
/// something computed from it (1); the stamp of the tape (31), which is never 0.
using TapeId = std::uint64_t;
inline constexpr TapeId variable_bit = TapeId{1} << 32;
inline constexpr int stamp_shift = 33;
/// The index of a number that depends on nothing: what is passed back to it is never read.
inline constexpr std::uint32_t nowhere = 0;

constexpr std::uint32_t index_of(TapeId id) { return static_cast<std::uint32_t>(id); }
constexpr TapeId stamp_of(TapeId id) { return id >> stamp_shift << stamp_shift; }

/// Variables, and numbers that depend on two others of the tape: how strongly, is all that is kept of them. Nothing is
/// kept of their values.
template <class T>
class Tape {
 public:
  Tape() { clear(); }
  Tape(const Tape&) = delete;
  ~Tape() { delete[] records_; }

  /// Forgets everything but keeps the memory. No id from before is held after.
  void clear() {
    size_ = first_record_ = 1;  // 0 is nowhere
    swept_ = 0;
    stops_.clear();
    do stamp_ = ++last_stamp << stamp_shift;
    while (stamp_ == 0);
  }
  std::size_t size() const { return size_ - 1; }

  /// Whether both ids are of this tape and from after its last clear().
  MINIGRAD_INLINE bool holds(TapeId a, TapeId b) const { return ((a - stamp_) | (b - stamp_)) >> stamp_shift == 0; }

  /// Adds so many variables, and returns the id of the first.
  TapeId add_variables(std::size_t count) {
    while (capacity_ - size_ < count) more_room();
    if (size_ == first_record_)
      first_record_ += count;
    else
      std::fill_n(&records_[size_], count, Record{});  // which pass nothing on
    return stamp_ + variable_bit + std::exchange(size_, size_ + count);
  }

  /// Adds a number y with dy/da = slope_a and dy/db = slope_b, and returns its id.
  MINIGRAD_INLINE TapeId record(T slope_a, std::uint32_t a, T slope_b, std::uint32_t b) {
    if (size_ == capacity_) [[unlikely]]
      more_room();
    Record& r = records_[size_];
    r.slope[0] = slope_a;
    r.slope[1] = slope_b;
    r.input[0] = a;
    r.input[1] = b;
    return stamp_ + size_++;
  }

  /// Whether the number of this index may have inputs.
  bool passes_on(std::uint32_t index) const { return index >= first_record_; }

  /// Adds a number that depends on a, and on b by a slope of 0 even if its adjoint is infinite. Returns its id.
  TapeId record_stop(T slope_a, std::uint32_t a, std::uint32_t b) {
    const TapeId id = record(slope_a, a, 0, nowhere);
    stops_.push_back({index_of(id), b});
    return id;
  }

  /// The chain rule, from the newest number to the variables that stand first: dL/dx for every number x up to `root`,
  /// where dL/d(root) = seed. An adjoint of 0 passes on 0, and nothing need be done, unless a slope is not finite: then
  /// it passes on NaN, if L depends on that number at all.
  void sweep(std::uint32_t root, T seed) {
    swept_ = 0;
    if (adjoints_.size() <= root) adjoints_.resize(capacity_);
    std::fill_n(adjoints_.begin(), std::size_t{root} + 1, T(0));
    adjoints_[root] = seed;
    T* const adjoints = adjoints_.data();
    const Record* const records = records_;
    bool know_reached = false;
    for (std::size_t i = root; i >= first_record_; --i) {
      const T g = adjoints[i];
      const Record& r = records[i];
      if (g == 0) [[unlikely]] {
        if (is_finite(r.slope[0]) && is_finite(r.slope[1])) continue;
        if (!std::exchange(know_reached, true)) find_reached(root);
        if (!reached_[i]) continue;
      }
      adjoints[r.input[0]] += g * r.slope[0];
      adjoints[r.input[1]] += g * r.slope[1];
    }
    swept_ = std::size_t{root} + 1;
  }
  /// Whether there was a sweep since the last clear().
  bool swept() const { return swept_ != 0; }
  /// What it found. 0 for numbers that came after the root.
  T adjoint(std::size_t index) const { return index < swept_ ? adjoints_[index] : T(0); }

 private:
  struct Record {
    T slope[2];
    std::uint32_t input[2];
  };

  struct Stop {
    std::uint32_t record, input;
  };

  [[gnu::cold, gnu::noinline]] void find_reached(std::size_t root) {
    reached_.reset(root + 1);
    reached_[root] = true;
    std::size_t stops = stops_.size();
    for (std::size_t i = root; i >= first_record_; --i) {
      while (stops > 0 && stops_[stops - 1].record > i) --stops;
      if (!reached_[i]) continue;
      reached_[records_[i].input[0]] = reached_[records_[i].input[1]] = true;
      if (stops > 0 && stops_[stops - 1].record == i) reached_[stops_[stops - 1].input] = true;
    }
  }

  [[gnu::cold, gnu::noinline]] void more_room() {
    constexpr std::uint64_t most = std::uint64_t{1} << 32;  // a size_t may have 32 bits
    if (capacity_ == most) fail<GraphError>({"ScalarTape: more than 2^32 numbers"});
    const std::uint64_t twice = (std::min)(std::uint64_t{2} * capacity_, most);
    const std::size_t capacity = capacity_ > 1 ? static_cast<std::size_t>(twice) : 1024;
    Record* const records = new Record[capacity];
    if (size_ > first_record_) std::copy(&records_[first_record_], &records_[size_], &records[first_record_]);
    delete[] std::exchange(records_, records);
    capacity_ = capacity;
  }

  Record* records_ = nullptr;  // those of the variables that stand first are not written
  std::size_t size_ = 1, capacity_ = 1;
  std::size_t first_record_ = 1;  // before it there are only variables
  std::size_t swept_ = 0;         // so many adjoints are those of the last sweep
  TapeId stamp_ = 0;
  std::vector<T> adjoints_;
  std::vector<Stop> stops_;    // in the order of their records
  PoolArray<char> reached_;    // by the sweep, while it is on
};

}  // namespace minigrad::detail
