// graph/scalar_tape.hpp - derivatives of ordinary functions of numbers, recorded as little as can be.
//
// A Graph keeps every operation, for pictures and for derivatives of any order. A tape keeps what one sweep needs: how
// steep a result is along the numbers it was computed from. The rules of the op table say so when they are asked with
// g = 1. Where a result depends on a single recorded number, however many operations lie between, nothing is recorded:
// the ScalarVar carries that number's index and its slope along it, which the next operation multiplies (the chain rule
// forwards). So only where two come together does the tape grow, by one Record, whatever the operation was.
//
// Bauer, "Computational graphs and rounding error", 1974, has the picture: edges in a row become one edge.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "ops/activations.hpp"

namespace minigrad {

template <class T>
class ScalarTape;

/// A number that a ScalarTape differentiates: for functions that are templates over their number type. It mixes with
/// numbers, compares as its value does, takes every elementwise op of the table, and may be copied, moved, returned and
/// kept freely until its tape is cleared or gone. Made from a number it is a constant. Ops throw GraphError for numbers
/// of different tapes, and for one from before clear().
template <class T>
class ScalarVar {
  static_assert(std::is_floating_point_v<T>, "minigrad: a ScalarTape takes float, double or long double; derivatives of "
                                             "higher order are had from a Graph<double>");

 public:
  using value_type = T;

  ScalarVar() = default;
  template <class N>
    requires(is_number<N>)
  MINIGRAD_INLINE ScalarVar(const N& constant) : value_(static_cast<T>(constant)) {}

  const T& value() const { return value_; }
  /// The value without its derivative, as in static_cast<int>(x).
  template <class N>
    requires(is_number<N>)
  explicit operator N() const {
    return static_cast<N>(value_);
  }

  /// dL/d(this) after backward(L), for a variable of the tape. Throws GraphError for what is none, and before backward().
  T grad() const {
    if (!tape_) detail::fail<GraphError>({"grad: this ScalarVar is a constant: make it by tape.variable()"});
    return tape_->gradient(*this);
  }

  /// The tape that it is recorded on; null for a constant.
  ScalarTape<T>* tape() const { return tape_; }

  template <class X>
  MINIGRAD_INLINE ScalarVar& operator+=(const X& x) { return *this = *this + x; }
  template <class X>
  MINIGRAD_INLINE ScalarVar& operator-=(const X& x) { return *this = *this - x; }
  template <class X>
  MINIGRAD_INLINE ScalarVar& operator*=(const X& x) { return *this = *this * x; }
  template <class X>
  MINIGRAD_INLINE ScalarVar& operator/=(const X& x) { return *this = *this / x; }

  friend bool operator==(const ScalarVar& a, const ScalarVar& b) { return a.value_ == b.value_; }
  friend bool operator!=(const ScalarVar& a, const ScalarVar& b) { return a.value_ != b.value_; }
  friend bool operator<(const ScalarVar& a, const ScalarVar& b) { return a.value_ < b.value_; }
  friend bool operator<=(const ScalarVar& a, const ScalarVar& b) { return a.value_ <= b.value_; }
  friend bool operator>(const ScalarVar& a, const ScalarVar& b) { return a.value_ > b.value_; }
  friend bool operator>=(const ScalarVar& a, const ScalarVar& b) { return a.value_ >= b.value_; }

 private:
  friend class ScalarTape<T>;
  template <class Value, class... R, class... X>
    requires(is_scalar_var<X> || ...)
  friend auto on_tape(const char*, const Value&, const detail::Rules<R...>&, const X&...);

  // An id holds, from its lowest bit: the index on the tape (32 bits), whether it is the variable of that index rather
  // than something computed from it (1), and what tells tapes and their clear()s apart (31), which is 0 for constants.
  static constexpr std::uint64_t variable_bit = std::uint64_t{1} << 32;
  static constexpr int generation_shift = 33;
  /// The place of numbers that depend on nothing; what is passed back to it is never read.
  static constexpr std::uint32_t nowhere = 0;

  MINIGRAD_INLINE ScalarVar(T value, ScalarTape<T>* tape, std::uint64_t id)
      : value_(value), slope_(1), tape_(tape), id_(id) {}
  std::uint32_t index() const { return static_cast<std::uint32_t>(id_); }

  /// Input k of an op, whose result this is: this depends on x, too.
  template <std::size_t K, class Rules, class X, class... In>
  MINIGRAD_INLINE void depend(const char* op, const Rules& rules, const X& x, const In&... in) {
    const auto& rule = rules.template get<K>();
    if constexpr (is_scalar_var<X> && !std::is_same_v<std::remove_cvref_t<decltype(rule)>, NoRule>) {
      if (!x.tape_) return;
      const T slope = rule(T(1), value_, in...);
      // What gives 0 even for an infinite g lets nothing through: the smaller operand of maximum(), say.
      if (slope == 0 && rule(std::numeric_limits<T>::infinity(), value_, in...) == 0) [[unlikely]] return;
      const std::uint64_t id = x.id_ & ~variable_bit;
      if (!tape_) {
        slope_ = slope * x.slope_;
        tape_ = x.tape_;
        id_ = id;
      } else if (id_ == id) {
        slope_ += slope * x.slope_;
      } else {
        id_ = tape_->record(op, slope_, id_, slope * x.slope_, id);
        slope_ = 1;
      }
    }
  }
  /// After all inputs: a result that turned out to depend on none of them is still a number of their tape.
  template <class X>
  MINIGRAD_INLINE void belong_with(const X& x) {
    if constexpr (is_scalar_var<X>) {
      if (tape_ || !x.tape_) return;
      tape_ = x.tape_;
      id_ = (x.id_ >> generation_shift << generation_shift) + nowhere;
    }
  }
  template <class Value, class Rules, std::size_t... K, class... X>
  MINIGRAD_INLINE static ScalarVar call(std::index_sequence<K...>, const char* op, const Value& value,
                                        const Rules& rules, const X&... x) {
    ScalarVar y(T(value(static_cast<T>(value_of(x))...)));
    (y.template depend<K>(op, rules, x, static_cast<T>(value_of(x))...), ...);
    (y.belong_with(x), ...);
    return y;
  }

  T value_{};
  T slope_{};                       // along the number of this index
  ScalarTape<T>* tape_ = nullptr;  // none for a constant
  std::uint64_t id_ = 0;
};

namespace detail {
template <class X, class... Rest>
struct FirstScalar : FirstScalar<Rest...> {};
template <class T, class... Rest>
struct FirstScalar<ScalarVar<T>, Rest...> {
  using type = ScalarVar<T>;
};
/// Tells all tapes apart, and what one of them held before clear() from what it holds after.
inline constinit std::atomic<std::uint64_t> last_tape_generation = 0;
}  // namespace detail

/// An op of the table, called with ScalarVars and numbers; see record.hpp.
template <class Value, class... R, class... X>
  requires(is_scalar_var<X> || ...)
MINIGRAD_INLINE auto on_tape(const char* op, const Value& value, const detail::Rules<R...>& rules, const X&... x) {
  using S = typename detail::FirstScalar<X...>::type;
  static_assert(((is_number<X> || std::is_same_v<X, S>)&&...),
                "minigrad: a ScalarVar meets numbers and ScalarVars of its own type, nothing else");
  return S::call(std::index_sequence_for<X...>{}, op, value, rules, x...);
}

/// Records how a number was computed from variables, in memory that clear() keeps, and passes derivatives back. A tape
/// belongs to one thread, and must outlive its numbers.
template <class T>
class ScalarTape {
 public:
  using value_type = T;

  ScalarTape() { clear(); }
  ScalarTape(const ScalarTape&) = delete;
  ScalarTape& operator=(const ScalarTape&) = delete;

  /// A number whose gradient is wanted: read it by .grad() after backward().
  ScalarVar<T> variable(T value) {
    if (size_ >= capacity_) [[unlikely]] more_room();
    if (size_ == first_record_) ++first_record_;
    else records_[size_] = {};  // passes 0 to nowhere
    return {value, this, generation_ + ScalarVar<T>::variable_bit + size_++};
  }

  /// How many numbers are recorded: variables, and results of two or more recorded numbers.
  std::size_t size() const { return size_ - 1; }

  /// Forgets everything. Every ScalarVar of this tape becomes invalid, and says so when it meets another, and when it
  /// or its gradient is asked for.
  void clear() {
    size_ = first_record_ = 1;  // 0 is nowhere
    swept_ = 0;
    do generation_ = ++detail::last_tape_generation << ScalarVar<T>::generation_shift;
    while (generation_ == 0);
  }

  /// f(x...) and its derivatives along each x, for a function of numbers. One x gives the pair {value, derivative},
  /// several give {value, array of derivatives}. What f returns may be a constant: its derivatives are 0. Clears the tape
  /// before it starts.
  template <class F, class... N>
    requires(is_number<N> && ...)
  auto value_and_grad(const F& f, T x, const N&... more) {
    std::array<T, 1 + sizeof...(N)> in{x, static_cast<T>(more)...}, gradient;
    const T value = value_and_grad(
        [&](std::span<const ScalarVar<T>> v) {
          return [&]<std::size_t... K>(std::index_sequence<K...>) { return f(v[K]...); }(
              std::make_index_sequence<1 + sizeof...(N)>{});
        },
        std::span<const T>(in), std::span<T>(gradient));
    if constexpr (sizeof...(N) == 0) return std::pair<T, T>(value, gradient[0]);
    else return std::pair<T, std::array<T, 1 + sizeof...(N)>>(value, gradient);
  }

  /// The same for f(x) of many numbers, a std::span<const ScalarVar<T>>: returns the value, and writes the derivatives to
  /// `gradient`, which has the size of x. Throws ValueError where it has not.
  template <class F>
  T value_and_grad(const F& f, std::span<const T> x, std::span<T> gradient) {
    if (gradient.size() != x.size())
      detail::fail<ValueError>({"value_and_grad: room for ", gradient.size(), " derivatives along ", x.size(), " numbers"});
    clear();
    std::vector<ScalarVar<T>> in = std::exchange(arguments_, {});  // f may use this tape for something else
    in.clear();
    for (const T& one : x) in.push_back(variable(one));
    const ScalarVar<T> y = f(std::span<const ScalarVar<T>>(in));
    if (y.tape() && y.tape() != this)
      detail::fail<GraphError>({"value_and_grad: the function's result belongs to another tape"});
    const bool constant = !y.tape();
    if (!constant) backward(y);
    for (std::size_t k = 0; k < x.size(); ++k) gradient[k] = constant ? T(0) : in[k].grad();
    arguments_ = std::move(in);
    return y.value();
  }

  /// Computes dL/dv for every variable v. What an earlier backward() found is forgotten.
  void backward(const ScalarVar<T>& loss) {
    require(loss.id_, "backward: the loss");
    const std::size_t root = loss.index();
    swept_ = 0;
    if (adjoints_.size() <= root) adjoints_.resize(capacity_);
    std::fill_n(adjoints_.data(), root + 1, T(0));
    adjoints_[root] = loss.slope_;
    sweep(root);
    swept_ = root + 1;
  }

 private:
  friend class ScalarVar<T>;

  /// What becomes of the adjoint of the number recorded here: its share goes to each input.
  struct Record {
    T slope[2];
    std::uint32_t input[2];
  };

  bool holds(std::uint64_t id) const { return (id - generation_) >> ScalarVar<T>::generation_shift == 0; }

  /// A number that depends on two recorded ones. Returns its id.
  MINIGRAD_INLINE std::uint64_t record(const char* op, T slope_a, std::uint64_t a, T slope_b, std::uint64_t b) {
    if (!holds(a) || !holds(b)) [[unlikely]] refuse(op, a, b);
    if (size_ >= capacity_) [[unlikely]] more_room();
    Record& r = records_[size_];
    r.slope[0] = slope_a;
    r.slope[1] = slope_b;
    r.input[0] = static_cast<std::uint32_t>(a);
    r.input[1] = static_cast<std::uint32_t>(b);
    return generation_ + size_++;
  }

  /// The chain rule, from the root to the variables that stand first. An adjoint of 0 passes on 0, and nothing needs to be
  /// done, unless a slope is not finite: 0 times that is NaN, if the loss depends on the number at all.
  void sweep(std::size_t root) {
    T* const adjoints = adjoints_.data();
    const Record* const records = records_.get();
    bool know_what_is_reached = false;
    for (std::size_t i = root; i >= first_record_; --i) {
      const T g = adjoints[i];
      const Record& r = records[i];
      if (g == 0) [[unlikely]] {
        if (std::isfinite(r.slope[0]) && std::isfinite(r.slope[1])) continue;
        if (!std::exchange(know_what_is_reached, true)) find_reached(root);
        if (!reached_[i]) continue;
      }
      adjoints[r.input[0]] += g * r.slope[0];
      adjoints[r.input[1]] += g * r.slope[1];
    }
  }
  [[gnu::cold, gnu::noinline]] void find_reached(std::size_t root) {
    reached_.assign(root + 1, false);
    reached_[root] = true;
    for (std::size_t i = root; i >= first_record_; --i)
      if (reached_[i]) reached_[records_[i].input[0]] = reached_[records_[i].input[1]] = true;
  }

  T gradient(const ScalarVar<T>& x) const {
    require(x.id_, "grad: this ScalarVar");
    if (!(x.id_ & ScalarVar<T>::variable_bit))
      detail::fail<GraphError>({"grad: this ScalarVar was computed, and a tape keeps gradients of variables only: make it "
                                "by tape.variable()"});
    if (!swept_) detail::fail<GraphError>({"grad: no gradient yet: call backward() on a loss that uses it"});
    return x.index() < swept_ ? adjoints_[x.index()] : T(0);
  }

  MINIGRAD_INLINE void require(std::uint64_t id, const char* what) const {
    if (!holds(id)) [[unlikely]] refuse_one(id, what);
  }
  [[noreturn, gnu::cold, gnu::noinline]] static void refuse_one(std::uint64_t, const char* what) {
    detail::fail<GraphError>({what, " is from before clear() of its tape"});
  }
  [[noreturn, gnu::cold, gnu::noinline]] void refuse(const char* op, std::uint64_t a, std::uint64_t b) const {
    if (holds(a) || holds(b)) detail::fail<GraphError>({op, ": an operand is of another tape, or from before clear()"});
    detail::fail<GraphError>({op, ": the operands are from before clear() of their tape"});
  }

  [[gnu::cold, gnu::noinline]] void more_room() {
    constexpr std::size_t most = std::size_t{1} << 32;
    if (capacity_ == most) detail::fail<GraphError>({"ScalarTape: more than 2^32 numbers recorded"});
    const std::size_t capacity = capacity_ ? (std::min)(2 * capacity_, most) : 1024;
    std::unique_ptr<Record[]> records(new Record[capacity]);
    std::copy_n(records_.get() + first_record_, size_ - first_record_, records.get() + first_record_);
    records_ = std::move(records);
    capacity_ = capacity;
  }

  std::unique_ptr<Record[]> records_;
  std::size_t size_ = 1, capacity_ = 0;
  std::size_t first_record_ = 1;  // before it there are only variables
  std::size_t swept_ = 0;         // so many adjoints are those of the last backward()
  std::uint64_t generation_ = 0;
  std::vector<T> adjoints_;
  std::vector<bool> reached_;
  std::vector<ScalarVar<T>> arguments_;
};

/// Computes dL/dv for every variable v of the loss's tape; see ScalarTape::backward. Throws GraphError for a constant,
/// and for a number from before clear().
template <class T>
void backward(const ScalarVar<T>& loss) {
  if (!loss.tape())
    detail::fail<GraphError>({"backward: the loss depends on no tape.variable(), so there is nothing to differentiate"});
  loss.tape()->backward(loss);
}

}  // namespace minigrad
