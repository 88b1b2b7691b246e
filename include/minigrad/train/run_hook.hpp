// train/run_hook.hpp - what fit() calls at the end of an epoch: schedules and callbacks.
#pragma once

#include <type_traits>

#include "history.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

/// Calls a hook of fit() at the end of an epoch: a learning-rate schedule, with the loss if its step() takes one, or a
/// callback with the epoch's entry. Returns false if the callback did, which stops the training.
template <class Hook>
bool run_hook(Hook& hook, const Epoch& epoch, double loss) {
  if constexpr (requires { hook.step(0.0); }) {
    hook.step(loss);
    return true;
  } else if constexpr (requires { hook.step(); }) {
    hook.step();
    return true;
  } else {
    static_assert(std::is_invocable_v<Hook&, const Epoch&>,
                  "minigrad: fit() takes, after its options, schedules and callables of const Epoch&");
    using Result = std::invoke_result_t<Hook&, const Epoch&>;
    static_assert(std::is_void_v<Result> || std::is_same_v<Result, bool>,
                  "minigrad: a callback of fit() returns nothing, or a bool: false to stop");
    if constexpr (std::is_void_v<Result>)
      return hook(epoch), true;
    else
      return hook(epoch);
  }
}

}  // namespace minigrad::detail
