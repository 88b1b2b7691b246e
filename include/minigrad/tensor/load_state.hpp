// tensor/load_state.hpp - how a state is compared with the object that it is loaded into, and copied into it.
//
// All is compared first, and then copied by code that cannot fail: a load that throws has changed nothing.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "../core/random.hpp"
#include "state_dict.hpp"

namespace minigrad::inline MINIGRAD_ABI {

/// How a state differs from what it is loaded into. The names are in the order of the object, those of `unexpected` in
/// the order of the state.
struct StateDifferences {
  std::vector<std::string> missing;     ///< the names that the state lacks
  std::vector<std::string> unexpected;  ///< the names that only the state has
  std::vector<std::string> mismatched;  ///< "0.weight is F32 [4, 2] in the state, and F32 [8, 2] here"

  /// Whether the state fits: there is no difference of any kind.
  bool empty() const { return missing.empty() && unexpected.empty() && mismatched.empty(); }
};

/// "missing: 0.weight, 0.bias; unexpected: 1.weight"
template <class = void>
std::string to_string(const StateDifferences& found) {
  std::string out;
  const auto list = [&](const char* title, const std::vector<std::string>& items) {
    for (const std::string& item : items)
      detail::append(out, {&item != items.data() ? ", " : out.empty() ? title : std::string("; ") + title, item});
  };
  list("missing: ", found.missing);
  list("unexpected: ", found.unexpected);
  list("", found.mismatched);
  return out;
}

namespace detail {

/// A place in memory that has a tensor of a state.
struct StateTarget {
  std::string name;
  DType dtype;
  Shape shape;
  void* to;
  std::uint64_t* version = nullptr;  // counted up when the place is written
};

/// A number, or the elements of a tensor, as the target of a state.
template <class V>
StateTarget state_target(std::string name, V& value) {
  if constexpr (requires { value.shape(); })
    return {std::move(name), dtype_of<typename V::value_type>(), value.shape(), value.data()};
  else
    return {std::move(name), dtype_of<V>(), Shape{}, &value};
}

template <class = void>
StateDict copy_from(const std::vector<StateTarget>& targets) {
  StateDict out;
  for (const StateTarget& target : targets) out.add(target.name, target.dtype, target.shape, target.to);
  return out;
}

inline bool same_elements(const StateEntry& a, const StateEntry& b) {
  return a.dtype == b.dtype && a.shape == b.shape && a.bytes == b.bytes;
}

/// Compares a state with its targets. Targets at one place, such as tied weights, need one entry; further ones must
/// hold the same bytes.
template <class = void>
StateDifferences differences(const StateDict& state, const std::vector<StateTarget>& targets) {
  StateDifferences out;
  for (const StateTarget& target : targets) {
    const StateEntry* entry = state.find(target.name);
    const StateTarget* twin = nullptr;  // the first other target of this place that the state has
    for (const StateTarget& one : targets)
      if (!twin && target.to && one.to == target.to && &one != &target && state.find(one.name)) twin = &one;
    if (!entry) {
      if (!twin) out.missing.push_back(target.name);
    } else if (entry->dtype != target.dtype || entry->shape != target.shape) {
      out.mismatched.push_back(concat({target.name, " is ", entry->dtype, " ", entry->shape, " in the state, and ",
                                       target.dtype, " ", target.shape, " here"}));
    } else if (twin && twin < &target && !same_elements(*entry, *state.find(twin->name))) {
      out.mismatched.push_back(concat({target.name, " and ", twin->name, " differ, and are one tensor here"}));
    }
  }
  for (const StateEntry& entry : state) {
    bool known = false;
    for (const StateTarget& target : targets) known = known || target.name == entry.name;
    if (!known) out.unexpected.push_back(entry.name);
  }
  return out;
}

/// Throws ValueError if there are any differences.
template <class = void>
void require_same(const char* op, const StateDifferences& found) {
  if (!found.empty()) fail<ValueError>({op, ": the state does not fit: ", to_string(found)});
}

/// Copies each entry to its target, where both are of one type and shape.
template <class = void>
void copy_to(const std::vector<StateTarget>& targets, const StateDict& state) {
  for (const StateTarget& target : targets) {
    const StateEntry* entry = state.find(target.name);
    if (!entry || entry->dtype != target.dtype || entry->shape != target.shape) continue;
    if (entry->bytes.size()) std::memcpy(target.to, entry->bytes.data(), entry->bytes.size());
    if (target.version) ++*target.version;
  }
}

/// The state of an Rng as a tensor of 6 whole numbers, and back.
template <class = void>
void add_generator(StateDict& out, std::string name, const Rng& rng) {
  const Rng::State state = rng.get_state();
  out.add(std::move(name), DType::i64, Shape{state.size()}, state.data());
}
template <class = void>
StateTarget generator_target(std::string name) {
  return {std::move(name), DType::i64, Shape{6}, nullptr};
}
template <class = void>
Rng read_generator(const StateDict& state, std::string_view name) {
  Rng::State numbers;
  std::memcpy(numbers.data(), state.find(name)->bytes.data(), sizeof numbers);
  Rng out;
  out.set_state(numbers);
  return out;
}

/// A number among the members of a class: a count, a flag, or a real number.
struct StateField {
  StateField(const char* field_name, double& value) : name(field_name), dtype(DType::f64), at(&value) {}
  StateField(const char* field_name, bool& value) : name(field_name), dtype(DType::boolean), at(&value) {}
  StateField(const char* field_name, std::size_t& value) : name(field_name), dtype(DType::i64), at(&value) {}

  const char* name;
  DType dtype;
  void* at;
};

/// A list of fields, of any kind of array.
class StateFields {
 public:
  StateFields(const auto& list) : begin_(list.data()), end_(begin_ + list.size()) {}
  const StateField* begin() const { return begin_; }
  const StateField* end() const { return end_; }

 private:
  const StateField *begin_, *end_;
};

template <class = void>
StateDict fields_to_state(StateFields fields) {
  StateDict out;
  for (const StateField& field : fields) {
    if (field.dtype == DType::i64)
      out.add(field.name, static_cast<std::int64_t>(*static_cast<std::size_t*>(field.at)));
    else
      out.add(field.name, field.dtype, Shape{}, field.at);
  }
  return out;
}
/// Throws ValueError for a state that is not one of these fields, or has a negative count, before it writes any.
template <class = void>
void load_fields(const char* op, const StateDict& state, StateFields fields) {
  std::vector<StateTarget> targets;
  for (const StateField& field : fields) targets.push_back({field.name, field.dtype, Shape{}, nullptr});
  require_same(op, differences(state, targets));
  for (const bool write : {false, true})
    for (const StateField& field : fields) {
      const StateEntry& entry = *state.find(field.name);
      std::int64_t count = 0;
      void* const to = field.dtype == DType::i64 ? &count : field.at;
      if (write || to == &count) std::memcpy(to, entry.bytes.data(), entry.bytes.size());
      if (to != &count) continue;
      if (!std::in_range<std::size_t>(count)) fail<ValueError>({op, ": the state has ", count, " as ", field.name});
      if (write) *static_cast<std::size_t*>(field.at) = static_cast<std::size_t>(count);
    }
}

/// state_dict() and load_state_dict() for a class whose state is a few numbers: its fields() lists them.
template <class Derived>
class HasFields {
 public:
  /// The numbers that change, by name.
  StateDict state_dict() const {
    return fields_to_state(const_cast<Derived&>(static_cast<const Derived&>(*this)).fields());  // only read there
  }
  /// Throws ValueError, and changes nothing, if the state is not one of this class.
  void load_state_dict(const StateDict& state) {
    load_fields("load_state_dict", state, static_cast<Derived&>(*this).fields());
  }
};

}  // namespace detail
}  // namespace minigrad
