// io/save.hpp - a model in a file, and back: save("model.safetensors", model), load("model.safetensors", model).
//
// The file is a safetensors file of the model's state_dict, with PyTorch's names. Its metadata say of which layers the
// model is made, so that load() also notices what has no parameters: a Tanh where a ReLU was. What else a program needs
// to use the model, such as the means of its features, may be saved with it. These tensors and texts have names that
// begin with "minigrad.".
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>

#include "../nn/sequential.hpp"
#include "../nn/state_dict.hpp"
#include "safetensors.hpp"

namespace minigrad::inline MINIGRAD_ABI {
namespace detail {

/// Appends a line for each layer of a model that can describe itself: "0: Linear(2, 8)".
template <class M>
void describe_layers(M& module, const PartPlace& place, std::string& out) {
  const auto line = [&out](const PartPlace& at, const std::string& description) {
    const std::string name = at.text();
    append(out, {name, name.empty() ? "" : ": ", description, "\n"});
  };
  if constexpr (IsSequential<M>) {
    for (std::size_t i = 0; i < module.size(); ++i) line({&place, nullptr, i}, module.layer(i).describe());
  } else if constexpr (!DerivesFromSequential<M> && requires { module.describe(); }) {
    line(place, module.describe());
  } else if constexpr (is_list<M> || HasParts<M>) {
    for_each_part(module, place, [&](auto& part, const PartPlace& at) { describe_layers(part, at, out); });
  }
}

/// The lines in which the layers of a file and of a model differ: 1: Tanh in the file, and 1: ReLU here.
template <class = void>
std::string compare_layers(std::string_view file, std::string_view here) {
  const auto next = [](std::string_view& text) {
    const std::size_t end = (std::min)(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix((std::min)(end + 1, text.size()));
    return line.empty() ? std::string("no layer") : std::string(line);
  };
  std::string out;
  while (!file.empty() || !here.empty()) {
    const std::string theirs = next(file), ours = next(here);
    if (theirs != ours) append(out, {out.empty() ? "" : ", ", theirs, " in the file, and ", ours, " here"});
  }
  return out;
}

inline constexpr const char* own_prefix = "minigrad.";
inline constexpr const char* layers_name = "minigrad.layers";

template <class = void>
[[noreturn]] void fail_checkpoint(const char* op, const std::string& path) {
  fail_file(op, path, {"this is a checkpoint of fit(), not a model alone: a training goes on with it by "
                       "fit(..., {.resume = file}); its weights are load_state_dict(model, "
                       "read_safetensors(file).part(\"model.\"))"});
}

/// Reads a file for a model with these targets and layers, and returns what else is in the file. Throws DataError.
template <class = void>
StateDict load_file(const char* op, const std::string& path, const std::vector<StateTarget>& targets,
                           const std::string& layers) {
  StateDict state = read_safetensors(path);
  StateDict extra = state.take(own_prefix);
  const std::string saved = extra.metadata("layers");
  if (saved.empty() && !extra.metadata("training").empty()) fail_checkpoint(op, path);
  std::string wrong = saved.empty() ? "" : compare_layers(saved, layers);
  if (const StateDifferences found = differences(state, targets); !found.empty())
    append(wrong, {wrong.empty() ? "" : "; ", to_string(found)});
  if (!wrong.empty()) fail_file(op, path, {"this is another model: ", wrong});
  copy_to(targets, state);
  return extra;
}

}  // namespace detail

/// Writes a model's parameters and buffers to a safetensors file, whole or not at all, and with them what the program
/// needs to use the model: extra.add("scaler.", scaler.state_dict()); extra.metadata("features", "pages,words").
/// Throws DataError if the file cannot be written.
template <class M>
  requires(!std::is_void_v<detail::value_of_model<M>>)
void save(const std::string& path, const M& model, const StateDict& extra = {}) {
  StateDict state = state_dict(model);
  std::string layers;
  detail::describe_layers(detail::without_const(model), {}, layers);
  state.metadata(detail::layers_name, layers);
  if constexpr (!detail::IsSequential<M>) state.metadata("minigrad.own_model", "yes");  // load_model() cannot make it
  state.add(detail::own_prefix, extra);
  state.metadata(detail::layers_name, layers);  // extra may be what load() gave, with the layers of that file
  write_safetensors(path, state);
}

/// Gives a model the values of a file that save() has written from such a model, or PyTorch from one of the same
/// structure. Returns the extra state that was saved with it. Throws DataError if the file cannot be read, and if it is
/// of another model, with all that differs in layers, names, types and shapes; the model is then unchanged.
template <class M>
  requires(!std::is_void_v<detail::value_of_model<M>>)
StateDict load(const std::string& path, M& model) {
  std::string layers;
  detail::describe_layers(model, {}, layers);
  return detail::load_file("load", path, detail::state_targets(model), layers);
}

}  // namespace minigrad
