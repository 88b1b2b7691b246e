// scalar/scalar_var.hpp - numbers that remember where they came from, recorded as little as can be.
//
// A Graph keeps every operation, for pictures and for derivatives of any order. A tape keeps only what one sweep needs:
// how steep each number is along the numbers that it was computed from. The rules of the op table say so when they are
// asked with g = 1. And it keeps that only where two numbers come together. As long as a result depends on one recorded
// number alone, nothing is recorded: the ScalarVar carries that number's index and the slope along it, and the next op
// multiplies the slope by its own. (A. Griewank and A. Walther, Evaluating Derivatives, 2008, chapter 9, call this the
// elimination of vertices.)
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

#include "../ops/activations.hpp"
#include "../ops/angles.hpp"
#include "tape.hpp"

namespace minigrad::inline MINIGRAD_ABI {

template <class T>
class ScalarTape;

/// A number that a ScalarTape differentiates: for functions that are templates over their number type. It mixes with
/// numbers, compares as its value does, and takes every elementwise op of the table. Made from a number it is a
/// constant. Copies are independent, as those of numbers are. It is good until its tape is cleared, and must not
/// outlive it. Ops throw GraphError when numbers of different tapes meet, or one from before clear().
template <class T>
class ScalarVar {
 public:
  // No value_type: to boost::odeint that would say that this is a container.
  ScalarVar() = default;
  template <class N>
    requires(is_scalar<N>)
  MINIGRAD_INLINE ScalarVar(const N& constant) : value_(static_cast<T>(constant)) {}

  const T& value() const { return value_; }  ///< The number itself.
  /// The value without its derivative, as in static_cast<int>(x).
  template <class N>
    requires(is_scalar<N>)
  explicit operator N() const { return static_cast<N>(value_); }

  /// dL/d(this) after backward(L), for a variable of the tape; 0 where L does not depend on it. Throws GraphError for
  /// a ScalarVar that is no variable, and before backward().
  T grad() const {
    if (!tape_) detail::fail<GraphError>({"grad: this ScalarVar is a constant: make it by tape.variable()"});
    if (!tape_->holds(id_, id_)) refuse("grad");
    if (!(id_ & detail::variable_bit))
      detail::fail<GraphError>(
          {"grad: this ScalarVar was computed, and a tape has gradients of variables only: make it by "
           "tape.variable()"});
    if (!tape_->swept()) detail::fail<GraphError>({"grad: no gradient yet: call backward() on a loss that uses it"});
    return tape_->adjoint(detail::index_of(id_));
  }

  /// Computes dL/dv for every variable v of the tape; see backward(loss).
  void backward() const {
    if (!tape_)
      detail::fail<GraphError>(
          {"backward: the loss depends on no tape.variable(), so there is nothing to differentiate"});
    if (!tape_->holds(id_, id_)) refuse("backward");
    tape_->sweep(detail::index_of(id_), slope_);
  }

  template <class X>
  MINIGRAD_INLINE ScalarVar& operator+=(const X& x) {
    return *this = *this + x;
  }
  template <class X>
  MINIGRAD_INLINE ScalarVar& operator-=(const X& x) {
    return *this = *this - x;
  }
  template <class X>
  MINIGRAD_INLINE ScalarVar& operator*=(const X& x) {
    return *this = *this * x;
  }
  template <class X>
  MINIGRAD_INLINE ScalarVar& operator/=(const X& x) {
    return *this = *this / x;
  }

  ScalarVar& operator++() { return *this = *this + 1; }
  ScalarVar& operator--() { return *this = *this - 1; }
  ScalarVar operator++(int) { return std::exchange(*this, *this + 1); }
  ScalarVar operator--(int) { return std::exchange(*this, *this - 1); }

  friend bool operator==(const ScalarVar& a, const ScalarVar& b) { return a.value_ == b.value_; }
  friend bool operator!=(const ScalarVar& a, const ScalarVar& b) { return a.value_ != b.value_; }
  friend bool operator<(const ScalarVar& a, const ScalarVar& b) { return a.value_ < b.value_; }
  friend bool operator<=(const ScalarVar& a, const ScalarVar& b) { return a.value_ <= b.value_; }
  friend bool operator>(const ScalarVar& a, const ScalarVar& b) { return a.value_ > b.value_; }
  friend bool operator>=(const ScalarVar& a, const ScalarVar& b) { return a.value_ >= b.value_; }

 private:
  friend class ScalarTape<T>;
  template <class Value, class... R, class... X>
  friend auto on_tape(const char*, const Value&, const detail::Rules<R...>&, const X&...);

  MINIGRAD_INLINE ScalarVar(T value, T slope, detail::Tape<T>* tape, detail::TapeId id)
      : value_(value), slope_(slope), tape_(tape), id_(id) {}

  [[noreturn, gnu::cold, gnu::noinline]] static void refuse(const char* op) {
    detail::fail<GraphError>({op, ": a ScalarVar belongs to another tape, or is from before clear() of its tape"});
  }

  /// The result of an op, which depends on each input as the input's rule says.
  template <class Value, class Rules, std::size_t... K, class... X>
  MINIGRAD_INLINE static ScalarVar result(std::index_sequence<K...>, const char* op, const Value& value,
                                          const Rules& rules, const X&... x) {
    static_assert((... || (is_scalar_var<X> && !std::is_same_v<typename Rules::template At<K>, NoRule>)),
                  "minigrad: the op has no derivative rule for a ScalarVar: give it one in place of no_rule, or "
                  "non_differentiable where the derivative is 0");
    ScalarVar y(T(value(static_cast<T>(value_of(x))...)));
    (y.depend_on(x, op, rules.template get<K>(), static_cast<T>(value_of(x))...), ...);
    return y;
  }
  template <class X, class Rule, class... In>
  MINIGRAD_INLINE void depend_on(const X& x, const char* op, const Rule& rule, const In&... in) {
    if constexpr (is_scalar_var<X> && !std::is_base_of_v<NoRule, Rule>) {
      if (!x.tape_) return;
      constexpr auto reads = detail::reads_of<Rule, T>(std::index_sequence_for<In...>{});
      const T slope = detail::call_rule<reads>(rule, T(1), value_, in...);
      // A rule that gives 0 for any g stops it, as maximum() does on the way to the smaller operand. All others give
      // NaN for NaN, which, unlike 0 times infinity, raises no floating-point exception.
      if (slope == 0 && detail::call_rule<reads>(rule, detail::not_a_number<T>, value_, in...) == 0)
          [[unlikely]] {
        *this = stopped_before(x, op, *this);
        return;
      }
      if (!tape_) {
        *this = {value_, slope * x.slope_, x.tape_, x.id_ & ~detail::variable_bit};
        return;
      }
      if (tape_ != x.tape_ || !tape_->holds(id_, x.id_)) [[unlikely]]
        refuse(op);
      const std::uint32_t a = detail::index_of(id_), b = detail::index_of(x.id_);
      if (a == b) {
        slope_ += slope * x.slope_;
      } else {
        id_ = tape_->record(slope_, a, slope * x.slope_, b);
        slope_ = 1;
      }
    }
  }
  /// y, if it depends on x by a slope of 0, even where an adjoint is infinite. Takes copies, so that the numbers that
  /// all else is about may stay in registers.
  [[gnu::cold, gnu::noinline]] static ScalarVar stopped_before(ScalarVar x, const char* op, ScalarVar y) {
    if (!y.tape_) y = {y.value_, 0, x.tape_, detail::stamp_of(x.id_) + detail::nowhere};
    if (y.tape_ != x.tape_ || !y.tape_->holds(y.id_, x.id_)) refuse(op);
    const T stop = 0 * x.slope_;  // NaN, if the way to x was infinitely steep
    const std::uint32_t a = detail::index_of(y.id_), b = detail::index_of(x.id_);
    if (a == b) return {y.value_, y.slope_ + stop, y.tape_, y.id_};
    if (stop != 0) return {y.value_, 1, y.tape_, y.tape_->record(y.slope_, a, stop, b)};
    if (!y.tape_->passes_on(b)) return y;
    return {y.value_, 1, y.tape_, y.tape_->record_stop(y.slope_, a, b)};
  }

  T value_{};
  T slope_{};                        // along the number that id_ names
  detail::Tape<T>* tape_ = nullptr;  // none for a constant
  detail::TapeId id_ = 0;
};

namespace detail {

template <class X, class... Rest>
struct FirstScalarVar : FirstScalarVar<Rest...> {};
template <class T, class... Rest>
struct FirstScalarVar<ScalarVar<T>, Rest...> {
  using type = ScalarVar<T>;
};

}  // namespace detail

/// What an op of the table does when a ScalarVar is among its inputs; see record.hpp.
template <class Value, class... R, class... X>
MINIGRAD_INLINE auto on_tape(const char* op, const Value& value, const detail::Rules<R...>& rules, const X&... x) {
  using S = typename detail::FirstScalarVar<X...>::type;
  if constexpr (detail::one_scalar_var<X...>) return S::result(std::index_sequence_for<X...>{}, op, value, rules, x...);
  else return S();  // refused
}

/// Computes dL/dv for every variable v of the loss's tape, and forgets what an earlier backward() found. Throws
/// GraphError for a constant, and for a loss from before clear().
template <class T>
void backward(const ScalarVar<T>& loss) {
  loss.backward();
}

}  // namespace minigrad::inline MINIGRAD_ABI
