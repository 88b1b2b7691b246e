// train/run_hook.hpp - what fit() calls after each step and each epoch: schedules and callbacks.
#pragma once

#include <type_traits>

#include "history.hpp"
#include "step.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

template <class Hook>
inline constexpr bool is_schedule = requires(Hook& hook) { hook.step(0.0); } || requires(Hook& hook) { hook.step(); };

/// Whether a hook is called after each epoch: a schedule, a callable of const Epoch&, or an object with on_epoch().
template <class Hook>
constexpr bool takes_epochs() {
  if constexpr (is_schedule<Hook> || requires(Hook& hook, const Epoch& e) { hook.on_epoch(e); }) return true;
  else return std::is_invocable_v<Hook&, const Epoch&>;
}
/// Whether a hook is called after each step: an object with on_step(), or a callable of const Step&. A generic lambda is
/// one of epochs.
template <class Hook>
constexpr bool takes_steps() {
  if constexpr (requires(Hook& hook, const Step& s) { hook.on_step(s); }) return true;
  else if constexpr (takes_epochs<Hook>()) return false;
  else return std::is_invocable_v<Hook&, const Step&>;
}

/// Calls it, and returns false where that did: the training is to stop.
template <class F, class Event>
bool call_hook(F&& hook, const Event& event) {
  if constexpr (std::is_same_v<std::invoke_result_t<F&, const Event&>, bool>) return hook(event);
  else return hook(event), true;
}
/// Whether a callback returns nothing, or a bool.
template <class R>
inline constexpr bool is_answer = std::is_void_v<R> || std::is_same_v<R, bool>;
template <class Hook, class Event>
constexpr bool gives_answer() {
  if constexpr (requires(Hook& hook, const Event& e) { hook.on_epoch(e); })
    return is_answer<decltype(std::declval<Hook&>().on_epoch(std::declval<const Event&>()))>;
  else if constexpr (requires(Hook& hook, const Event& e) { hook.on_step(e); })
    return is_answer<decltype(std::declval<Hook&>().on_step(std::declval<const Event&>()))>;
  else if constexpr (!is_schedule<Hook> && std::is_invocable_v<Hook&, const Event&>)
    return is_answer<std::invoke_result_t<Hook&, const Event&>>;
  else return true;
}

/// Calls a hook of fit() at the end of an epoch: a learning-rate schedule, with the loss if its step() takes one, or a
/// callback with the epoch's entry. Returns false if the callback did, which stops the training.
template <class Hook>
bool run_hook(Hook& hook, const Epoch& epoch, double loss) {
  static_assert(!is_optimizer<Hook>, "minigrad: an optimizer is no hook: fit() calls its step() itself");
  static_assert(!is_average<Hook>,
                "minigrad: fit() would call step() of this average after each epoch: give it each_step(ema), or for SWA a "
                "callback that calls step()");
  static_assert(takes_epochs<Hook>() || takes_steps<Hook>(),
                "minigrad: fit() takes, after its options, schedules and callables of const Epoch& or const Step&");
  static_assert(gives_answer<Hook, Epoch>(), "minigrad: a callback of fit() returns nothing, or a bool: false to stop");
  if constexpr (requires { hook.step(0.0); }) {
    hook.step(loss);
    return true;
  } else if constexpr (requires { hook.step(); }) {
    hook.step();
    return true;
  } else if constexpr (requires { hook.on_epoch(epoch); }) {
    return call_hook([&](const Epoch& e) { return hook.on_epoch(e); }, epoch);
  } else if constexpr (takes_epochs<Hook>()) {
    return call_hook(hook, epoch);
  } else {
    return true;
  }
}
/// The same after a step.
template <class Hook>
bool run_step_hook(Hook& hook, const Step& step) {
  static_assert(takes_epochs<Hook>() || gives_answer<Hook, Step>(),
                "minigrad: a callback of fit() returns nothing, or a bool: false to stop");
  if constexpr (requires { hook.on_step(step); })
    return call_hook([&](const Step& s) { return hook.on_step(s); }, step);
  else if constexpr (takes_steps<Hook>())
    return call_hook(hook, step);
  else
    return true;
}

/// Tells a hook with on_begin() which columns the history will have.
template <class Hook>
void begin_hook(Hook& hook, const History& history) {
  if constexpr (requires { hook.on_begin(history); }) hook.on_begin(history);
}

/// Throws ValueError for a schedule that sets the rate of another optimizer.
template <class Hook, class Optimizer>
void require_schedule_of(const Hook& hook, const Optimizer& optimizer) {
  if constexpr (requires { hook.acts_on(optimizer); })
    if (!hook.acts_on(optimizer))
      fail<ValueError>({"fit: ", hook.describe(), " sets the learning rate of another optimizer than the one that is "
                        "given to fit(): make it for this one"});
}

}  // namespace minigrad::detail
