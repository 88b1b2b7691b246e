// graph/parameter.hpp - what training changes: a value, and the gradient of the loss with respect to it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "../core/error.hpp"
#include "../core/ownership.hpp"

namespace minigrad::inline MINIGRAD_ABI {
namespace detail {

/// The sum of all derivatives that have arrived so far. The memory of `value` stays when nothing is present.
template <class V>
struct Gradient {
  V value{};
  bool present = false;
};

template <class V>
struct ParameterState {
  V value;
  Gradient<V> grad{};
  std::uint64_t version = 0;  // how often the value was written
  bool requires_grad = true;
  bool has_average = false;    // an AveragedModel has put its average here
  bool abandoned = false;      // its Parameter is gone: only references are left
  std::size_t updated_by = 0;  // the number of the optimizer that used this gradient

  explicit ParameterState(V&& v) : value(std::move(v)) {}
  void zero_grad() {
    grad.present = false;
    updated_by = 0;
  }
  /// Without the gradient, of which nothing more will come: so a step looks at `abandoned` only where there is none.
  [[gnu::noinline]] void abandon() {
    abandoned = true;
    zero_grad();
  }
};
}  // namespace detail

template <class V>
class Graph;
template <class V>
class Parameter;

/// A reference to a Parameter: what optimizers hold. It stays good when the module that owns the parameter moves, and
/// keeps the value alive when that ends, without the gradient. Copies refer to the same parameter. Every member throws
/// GraphError once the reference was moved from.
template <class V>
class ParameterRef {
 public:
  using value_type = V;

  /// The value, read-only: write it by set_value() or by edit().
  const V& value() const { return state().value; }

  /// Replaces the value, and keeps the gradient.
  void set_value(V value) const {
    V& own = edit();
    own = std::move(value);
  }
  /// The value, to be written in place. Each call counts the version up: a graph that has recorded the parameter
  /// refuses backward() afterwards. A write through a reference that is kept from an earlier call is not seen, except in
  /// a program that is compiled with -DMINIGRAD_CHECKED.
  V& edit() const {
    ++state().version;
    return state().value;
  }
  /// How often the value was written.
  std::uint64_t version() const { return state().version; }

  /// dL/d(value), summed over every backward() since the last zero_grad(). Throws GraphError when there was none.
  V& grad() const {
    if (!state().grad.present)
      detail::fail<GraphError>({"Parameter: no gradient yet: call backward() on a loss that uses it"});
    return state().grad.value;
  }
  bool has_grad() const { return state().grad.present; }  ///< Whether there was a backward() since zero_grad().
  void zero_grad() const { state().zero_grad(); }         ///< Forgets the gradient, and keeps its memory.

  /// A parameter that needs no gradient is a constant: it is frozen.
  bool requires_grad() const { return state().requires_grad; }
  void requires_grad(bool on) const { state().requires_grad = on; }

  /// The number of the optimizer that has updated the value by this gradient since the last zero_grad(), or 0; for
  /// optimizers.
  std::size_t updated_by() const { return state().updated_by; }
  void updated_by(std::size_t optimizer) const { state().updated_by = optimizer; }

  /// Whether both refer to the same parameter.
  friend bool operator==(const ParameterRef& a, const ParameterRef& b) { return a.state_ == b.state_; }

  /// What graphs and optimizers work on.
  detail::ParameterState<V>& state() const {
    if (!state_) detail::fail<GraphError>({"ParameterRef: used after it was moved from"});
    return *state_;
  }

 private:
  friend class Parameter<V>;
  explicit ParameterRef(detail::Shared<detail::ParameterState<V>> state) : state_(std::move(state)) {}
  detail::Shared<detail::ParameterState<V>> state_;
};

/// A trainable value that owns its state at an address that never changes: moving a Parameter moves the ownership, so
/// graphs and optimizers still find it; copying one makes a new, independent parameter with the same value, frozen like
/// it, and without its gradient. Assigning to one, by copy or move, gives it another value, and no gradient: it stays
/// the parameter that graphs and optimizers refer to, frozen or not. Every member throws GraphError once the parameter
/// was moved from.
template <class V>
class Parameter {
 public:
  using value_type = V;

  [[gnu::noinline]] explicit Parameter(V value)
      : ref_(detail::Shared<detail::ParameterState<V>>::make(std::move(value))) {}
  [[gnu::noinline]] Parameter(const Parameter& other) : Parameter(V(other.value())) {
    ref_.state_->requires_grad = other.requires_grad();
  }
  Parameter(Parameter&&) noexcept = default;
  [[gnu::noinline]] ~Parameter() { abandon(); }
  [[gnu::noinline]] Parameter& operator=(const Parameter& other) {
    if (this != &other) *this = Parameter(other);
    return *this;
  }
  [[gnu::noinline]] Parameter& operator=(Parameter&& other) noexcept {
    if (!ref_.state_ || !other.ref_.state_) {
      abandon();
      ref_ = std::move(other.ref_);
    } else if (this != &other) {
      const ParameterRef<V> ended = std::move(other.ref_);
      edit() = std::move(ended.edit());
      zero_grad();
      ended.state().abandon();
    }
    return *this;
  }

  /// The value, read-only: write it by set_value(), by edit(), or by assigning a Parameter.
  const V& value() const { return ref().value(); }
  void set_value(V value) { ref().set_value(std::move(value)); }  ///< Replaces the value, and keeps the gradient.
  V& edit() { return ref().edit(); }                         ///< The value, to be written; see ParameterRef::edit().
  std::uint64_t version() const { return ref().version(); }  ///< How often the value was written.
  /// dL/d(value), summed over every backward() since the last zero_grad(). Throws GraphError when there was none.
  V& grad() { return ref().grad(); }
  const V& grad() const { return ref().grad(); }
  bool has_grad() const { return ref().has_grad(); }  ///< Whether there was a backward() since zero_grad().
  void zero_grad() { ref().zero_grad(); }             ///< Forgets the gradient, and keeps its memory.
  /// Whether backward() gives it a gradient. One that needs none is a constant: it is frozen.
  bool requires_grad() const { return ref().requires_grad(); }
  void requires_grad(bool on) { ref().requires_grad(on); }

  /// A reference to this parameter, for optimizers: it stays good when the parameter moves.
  const ParameterRef<V>& ref() const {
    if (!ref_.state_) detail::fail<GraphError>({"Parameter: used after it was moved from"});
    return ref_;
  }

 private:
  friend class Graph<V>;
  void abandon() {
    if (ref_.state_) ref_.state_->abandon();
  }
  ParameterRef<V> ref_;
};

}  // namespace minigrad
