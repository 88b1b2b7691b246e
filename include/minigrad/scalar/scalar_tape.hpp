// scalar/scalar_tape.hpp - ScalarTape: derivatives of ordinary functions of numbers. scalar_var.hpp says how.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "scalar_var.hpp"

namespace minigrad::inline MINIGRAD_ABI {

/// Records how numbers are computed from its variables, in memory that clear() keeps, and passes derivatives back. A
/// tape belongs to one thread; tapes of different threads know nothing of each other.
template <class T>
class ScalarTape {
  static_assert(
      std::is_floating_point_v<T>,
      "minigrad: a ScalarTape takes float, double or long double; for derivatives of derivatives use Graph<double>");

 public:
  using value_type = T;

  ScalarTape() = default;
  ScalarTape(const ScalarTape&) = delete;
  ScalarTape& operator=(const ScalarTape&) = delete;

  /// A number whose gradient is wanted: read it by .grad() after backward().
  ScalarVar<T> variable(T value) { return {value, 1, &tape_, tape_.add_variables(1)}; }

  /// How many numbers are recorded: the variables, and each result in which two recorded numbers come together.
  std::size_t size() const { return tape_.size(); }

  /// Forgets everything, and keeps the memory. Every ScalarVar of this tape becomes invalid, and says so when it meets
  /// another or is asked for a gradient.
  void clear() { tape_.clear(); }

  /// f(x) and its derivatives along each x, for a function of many numbers, which gets them as a
  /// std::span<const ScalarVar<T>>: returns the value and writes the derivatives to `gradient`, which has the size of
  /// x. The result may be a constant; its derivatives are 0. Clears the tape first. Throws ValueError when the sizes
  /// differ, GraphError when f calls it for the same tape.
  template <class F>
  T value_and_grad(const F& f, std::span<const T> x, std::span<T> gradient) {
    if (gradient.size() != x.size())
      detail::fail<ValueError>(
          {"value_and_grad: room for ", gradient.size(), " derivatives of a function of ", x.size(), " numbers"});
    if (running_)
      detail::fail<GraphError>({"value_and_grad: called by a function that the same tape is differentiating: give the "
                                "inner function a tape of its own"});
    const detail::ScopedFlag guard(running_);
    clear();
    std::vector<ScalarVar<T>> in = std::exchange(arguments_, {});
    in.resize(x.size());
    const detail::TapeId first = tape_.add_variables(x.size());
    for (std::size_t k = 0; k < x.size(); ++k) in[k] = {x[k], 1, &tape_, first + k};
    const ScalarVar<T> y = f(std::span<const ScalarVar<T>>(in));
    arguments_ = std::move(in);
    if (y.tape_ && y.tape_ != &tape_) y.refuse("value_and_grad");
    if (y.tape_) y.backward();
    const std::size_t index = detail::index_of(first);
    for (std::size_t k = 0; k < x.size(); ++k) gradient[k] = tape_.adjoint(index + k);
    return y.value_;
  }

  /// The same for f(x, ...) of a few numbers. One gives the pair {value, derivative}, several {value, array of
  /// derivatives}.
  template <class F, class... N>
    requires(is_scalar<N>&&...)
  auto value_and_grad(const F& f, T x, const N&... more) {
    constexpr std::size_t count = 1 + sizeof...(N);
    const std::array<T, count> in{x, static_cast<T>(more)...};
    std::array<T, count> gradient;
    const auto spread = [&]<std::size_t... K>(std::index_sequence<K...>) {
      return value_and_grad([&](std::span<const ScalarVar<T>> v) { return ScalarVar<T>(f(v[K]...)); },
                            std::span<const T>(in), std::span<T>(gradient));
    };
    const T value = spread(std::make_index_sequence<count>{});
    if constexpr (count == 1)
      return std::pair<T, T>(value, gradient[0]);
    else
      return std::pair<T, std::array<T, count>>(value, gradient);
  }

 private:
  detail::Tape<T> tape_;
  std::vector<ScalarVar<T>> arguments_;  // of value_and_grad(), kept for its memory
  bool running_ = false;                 // value_and_grad()
};

}  // namespace minigrad::inline MINIGRAD_ABI
