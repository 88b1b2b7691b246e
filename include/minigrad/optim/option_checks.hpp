// optim/option_checks.hpp - checks of the options of optimizers and schedules.
#pragma once

#include <cstddef>

#include "../core/error.hpp"
#include "../core/finite.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

/// "SGD: lr is -1, and must be at least 0"
template <class = void>
[[noreturn, gnu::cold, gnu::noinline]] void fail_option(const char* of, const char* option, double value,
                                                        const char* must) {
  fail<ValueError>({of, ": ", option, " is ", value, ", and must be ", must});
}

/// Throws ValueError if the condition is false or the value is NaN.
template <class = void>
void require_option(bool holds, const char* of, const char* option, double value, const char* must) {
  if (!holds || is_nan(value)) fail_option(of, option, value, must);
}
template <class = void>
[[noreturn, gnu::cold, gnu::noinline]] void fail_not_negative(const char* of, const char* option, double value) {
  fail_option(of, option, value, is_nan(value) || value < 0 ? "at least 0" : "finite");
}
template <class = void>
void require_not_negative(const char* of, const char* option, double value) {
  if (!is_finite(value) || value < 0) fail_not_negative(of, option, value);
}
template <class = void>
void require_fraction(const char* of, const char* option, double value) {
  require_option(value >= 0 && value < 1, of, option, value, "at least 0 and less than 1");
}
template <class = void>
void require_count(const char* of, const char* option, std::size_t value) {
  if (value == 0) fail_option(of, option, 0, "at least 1");
}

}  // namespace minigrad::inline MINIGRAD_ABI::detail
