// graph/rules.hpp - the derivative rules of an op, one for each input, and the two that many ops share.
#pragma once

#include <cstddef>
#include <type_traits>

namespace minigrad {

/// Stands for the rule of an input that has no derivative, such as a mask.
struct NoRule {};
inline constexpr NoRule no_rule{};

/// The rule of an input to which the gradient goes as it is: dL/d(input) = g.
struct SameGradient {
  auto operator()(const auto& g, const auto&...) const { return g; }
};
inline constexpr SameGradient same_gradient{};

namespace detail {

/// Up to four rules. (A std::tuple of them would take longer to compile than all else about an op.)
template <class R0 = NoRule, class R1 = NoRule, class R2 = NoRule, class R3 = NoRule>
struct Rules {
  [[no_unique_address]] R0 r0;
  [[no_unique_address]] R1 r1;
  [[no_unique_address]] R2 r2;
  [[no_unique_address]] R3 r3;

  // An aggregate would do, but clang 16 crashes on it.
  constexpr Rules(const R0& a = R0(), const R1& b = R1(), const R2& c = R2(), const R3& d = R3())
      : r0(a), r1(b), r2(c), r3(d) {}

  template <std::size_t K>
  using At = std::conditional_t<K < 2, std::conditional_t<K == 0, R0, R1>, std::conditional_t<K == 2, R2, R3>>;
  template <std::size_t K>
  constexpr const At<K>& get() const {
    if constexpr (K == 0) return r0;
    else if constexpr (K == 1) return r1;
    else if constexpr (K == 2) return r2;
    else return r3;
  }
};

}  // namespace detail
}  // namespace minigrad
