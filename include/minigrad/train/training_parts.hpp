// train/training_parts.hpp - parts of a checkpoint: counts of fit(), what is frozen, and the optimizer's options.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "../nn/module.hpp"
#include "../tensor/load_state.hpp"
#include "history.hpp"
#include "progress.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

/// What fit() itself has counted.
template <class = void>
struct FitProgress {
  History history;
  double total_loss = 0;    // of the samples of the epoch that is running, each times its weight
  double weight = 0;        // the sum of these weights
  std::size_t samples = 0;  // of that epoch so far; 0 between epochs
  std::size_t updates = 0;
  double lr = -1;         // at the start of that epoch; -1: not known
  double grad_norm = 0;   // the last that was computed
  bool finished = false;  // by patience or a callback
  double seconds_before = 0;
  Stopwatch watch{};

  /// The time that the training has taken, without that between a stop and a resume.
  double seconds() const { return seconds_before + watch.seconds(); }

  template <class = void>
  StateDict state_dict() const {
    FitProgress now = *this;
    now.seconds_before = seconds();
    StateDict out = fields_to_state(now.fields());
    out.add("history.", history.state_dict());
    return out;
  }
  template <class = void>
  void load_state_dict(const StateDict& state) {
    StateDict counts = state;
    FitProgress loaded;
    loaded.history.load_state_dict(counts.take("history."));
    if (!counts.find("lr")) counts.add("lr", loaded.lr);  // a file of an earlier version
    if (const auto* rows = counts.find("samples"); rows && !counts.find("weight"))  // the same
      counts.add("weight", static_cast<double>(rows->to<std::int64_t>().item()));
    load_fields("fit", counts, loaded.fields());
    *this = std::move(loaded);
  }

 private:
  template <class = void>
  std::array<StateField, 8> fields() {
    return {{{"total_loss", total_loss},
             {"weight", weight},
             {"samples", samples},
             {"updates", updates},
             {"lr", lr},
             {"grad_norm", grad_norm},
             {"finished", finished},
             {"seconds", seconds_before}}};
  }
};

template <class = void>
std::string number_text(const StateEntry& entry) {
  if (entry.shape.rank() > 0) return concat({entry.dtype, " ", entry.shape});
  if (entry.dtype == DType::f64) return format_exact(entry.to<double>().item());
  if (entry.dtype == DType::boolean) return entry.bytes[0] ? "true" : "false";
  return entry.dtype == DType::i64 ? concat({entry.to<std::int64_t>().item()}) : to_string(entry.dtype);
}

/// Which parameters of a model are trained, and which are frozen: a training may unfreeze them on its way.
template <class Model>
StateDict trained_flags(Model& model) {
  StateDict out;
  for (const auto& [name, parameter] : named_parameters(model)) out.add(name, parameter.requires_grad());
  return out;
}
/// Throws ValueError, and changes nothing, if the flags are those of other parameters. None at all are those of a file of
/// an earlier version, which had no such part.
template <class Model>
void load_trained_flags(Model& model, const StateDict& state) {
  if (state.size() == 0) return;
  const auto named = named_parameters(model);
  std::vector<StateTarget> targets;
  for (const auto& one : named) targets.push_back({one.name, DType::boolean, Shape{}, nullptr});
  require_same("requires_grad", differences(state, targets));
  for (const auto& one : named) one.parameter.requires_grad(state.get<bool>(one.name).item());
}

/// A line for each group of an optimizer: "group 0: 0.weight, 0.bias". Its state is kept by the places of parameters.
template <class Optimizer, class Model>
std::string group_names(const Optimizer& optimizer, Model& model) {
  std::string out;
  if constexpr (requires { optimizer.groups()[0].parameters(); }) {
    const auto named = named_parameters(model);
    std::size_t number = 0;
    for (const auto& group : optimizer.groups()) {
      append(out, {"group ", number++, ":"});
      for (const auto& parameter : group.parameters()) {
        const char* name = "a parameter that is not the model's";
        for (const auto& one : named)
          if (one.parameter == parameter) name = one.name.c_str();
        append(out, {" ", name});
      }
      out += '\n';
    }
  }
  return out;
}

/// The options of an optimizer's groups that are compared where a training is resumed: all but the learning rate.
template <class = void>
StateDict compared_options(const StateDict& optimizer) {
  StateDict out;
  for (const StateEntry& entry : optimizer) {
    const std::string name = entry.name.substr(entry.name.rfind('.') + 1);
    if (entry.name.compare(0, 13, "param_groups.") == 0 && name != "lr" && name != "initial_lr" && name != "params")
      out.add(entry);
  }
  return out;
}

/// The options that differ: "beta1 is 0.9 in the file, and 0.8 here". A training may change them, so those of its start
/// are compared; an optimizer that it has changed and that goes on in the same program has those of the file's end.
template <class = void>
std::string compare_options(const StateDict& start, const StateDict& now, const StateDict& here) {
  std::string out;
  for (const StateEntry& ours : here) {
    const StateEntry *first = start.find(ours.name), *last = now.find(ours.name);
    if (!first) first = last;
    if (!first || same_elements(*first, ours) || (last && same_elements(*last, ours))) continue;
    const std::size_t group = sizeof "param_groups." - 1, dot = ours.name.find('.', group);
    const std::string number = ours.name.substr(group, dot - group);
    append(out, {out.empty() ? "" : "; ", ours.name.substr(dot + 1), number == "0" ? "" : " of group " + number, " is ",
                 number_text(*first), " in the file, and ", number_text(ours), " here"});
  }
  return out;
}

}  // namespace minigrad::detail
