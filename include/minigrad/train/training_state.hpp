// train/training_state.hpp - the whole state of a training by fit(), in one file and back.
//
// A model and an optimizer are not enough to go on with the same bits: the order of the rows, the place in it, the
// generators of Dropout, the schedules and the counts of fit() itself belong to it. Each is a part with a state_dict().
// The file also has the settings that a part cannot know: options, layers, the size and a hash of the data.
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "../io/save.hpp"
#include "describe_data.hpp"
#include "fit_options.hpp"
#include "training_parts.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

/// All parts of a training, and its settings. The parts must outlive it.
template <class = void>
class TrainingState {
 public:
  /// Adds a part: anything with state_dict() and load_state_dict(). One that follows from what was added before it is
  /// not compared where that differs already.
  template <class X>
  void add(std::string name, X& part, bool follows = false) {
    if constexpr (requires { part.load_state_dict(part.state_dict()); })
      parts_.push_back({std::move(name), &part, [](void* x) { return static_cast<X*>(x)->state_dict(); },
                        [](void* x, const StateDict& state) { static_cast<X*>(x)->load_state_dict(state); }, follows});
    else
      fail<ValueError>({"fit: checkpoint: the ", name, " has no state_dict() and load_state_dict()"});
  }
  /// Adds a model: its weights and buffers, which of them are trained, its generators, and its layers.
  template <class Model>
  void add_model(Model& model) {
    parts_.push_back({"model", &model, [](void* x) { return minigrad::state_dict(*static_cast<Model*>(x)); },
                      [](void* x, const StateDict& state) { load_state_dict(*static_cast<Model*>(x), state); }});
    parts_.push_back({"requires_grad", &model, [](void* x) { return trained_flags(*static_cast<Model*>(x)); },
                      [](void* x, const StateDict& state) { load_trained_flags(*static_cast<Model*>(x), state); }});
    parts_.push_back(
        {"generators", &model, [](void* x) { return generator_state_dict(*static_cast<Model*>(x)); },
         [](void* x, const StateDict& state) { load_generator_state_dict(*static_cast<Model*>(x), state); }});
    describe_layers(model, {}, layers_);
  }
  /// Adds an optimizer of the model, with the options that it has now, at the start of the training, which may change
  /// them.
  template <class Optimizer, class Model>
  void add_optimizer(Optimizer& optimizer, Model& model) {
    add("optimizer", optimizer);
    if constexpr (requires { optimizer.state_dict(); }) start_ = compared_options(optimizer.state_dict());
    groups_ = group_names(optimizer, model);
  }
  /// Adds what fit() is given: the model, the options and the data, the optimizer and the hooks.
  template <class Model, class Optimizer, class D, class... Hooks>
  void add_training(Model& model, Optimizer& optimizer, const D& data, const D* validation, const FitOptions& options,
                    const std::vector<std::string>& columns, Hooks&... hooks) {
    add_model(model);
    set_options(options, columns);
    set("training set", describe_data(data));
    set("validation set", validation ? describe_data(*validation) : "none");
    add_optimizer(optimizer, model);
    (add_hook(hooks), ...);
  }
  /// Adds a schedule, or a callback that has a state.
  template <class Hook>
  void add_hook(Hook& hook) {
    const std::string name = concat({"hooks.", hooks_++});
    if constexpr (requires { hook.load_state_dict(hook.state_dict()); }) add(name, hook);
    if constexpr (requires { hook.describe(); })
      set(name, hook.describe());
    else
      set(name, "a hook");
  }
  /// Adds a setting, which must be the same where the file is loaded.
  template <class = void>
  void set(const std::string& name, std::string value) { settings_.emplace_back(name, std::move(value)); }

  /// Adds the options that decide the result. More epochs may be asked for, and replay gives the same bits.
  template <class = void>
  void set_options(const FitOptions& o, const std::vector<std::string>& columns) {
    set("batch_size", concat({o.batch_size}));
    set("shuffle", o.shuffle ? "true" : "false");
    set("drop_last", o.drop_last ? "true" : "false");
    set("patience", concat({o.patience}));
    set("min_delta", format_exact(o.min_delta));
    set("restore_best", o.restore_best ? "true" : "false");
    set("clip_norm", format_exact(o.clip_norm));
    if (o.accumulate != 1) set("accumulate", concat({o.accumulate}));
    if (!o.best_by.empty()) set("best_by", o.best_by);
    if (o.maximize) set("maximize", "true");
    set("seed", concat({o.seed}));
    std::string names;
    for (const std::string& column : columns) append(names, {names.empty() ? "" : ", ", column});
    set("metrics", names.empty() ? "none" : names);
  }

  /// Writes the file, whole or not at all. Throws DataError if it cannot be written.
  template <class = void>
  void save(const std::string& path) const {
    StateDict out;
    out.metadata("minigrad.training", "1");
    out.metadata("layers", layers_);
    out.metadata("groups", groups_);
    for (const auto& [name, value] : settings_) out.metadata("settings." + name, value);
    for (const Part& part : parts_) out.add(part.name + ".", part.get(part.object));
    out.add("start.", start_);
    write_safetensors(path, out);
  }

  /// Gives all parts the state of a file. Throws DataError, with all that differs, if the file is that of another
  /// training, and then changes nothing.
  template <class = void>
  void load(const std::string& path) {
    StateDict file = read(path);
    if (file.metadata("minigrad.training") != "1")
      fail_file("fit: resume", path, {"this is not a checkpoint that fit() has written"});
    std::string wrong = compare_layers(file.metadata("layers"), layers_);
    if (const std::string groups = file.metadata("groups"); wrong.empty() && !groups.empty())
      wrong = compare_layers(groups, groups_);  // a file of an earlier version has none
    compare_settings(wrong, file.take("settings."));
    StateDict start = file.take("start.");
    for (const StateEntry& entry : file)  // a hook that is missing here is noted by its setting
      if (!has_part_of(entry.name) && entry.name.compare(0, 6, "hooks.") != 0) note(wrong, concat({"unexpected: ", entry.name}));

    PoolArray<StateDict> before;
    for (const Part& part : parts_) before.push_back(part.get(part.object));
    const auto set = [&](std::size_t k, const StateDict& state) {
      try {
        parts_[k].set(parts_[k].object, state);
      } catch (const std::exception& error) {  // a hook of the user's may throw anything
        const std::string what = error.what();
        note(wrong, what.substr(what.compare(0, 10, "minigrad: ") == 0 ? 10 : 0));
      }
    };
    for (std::size_t k = 0; k < parts_.size(); ++k) {
      if (parts_[k].follows && !wrong.empty()) continue;
      const StateDict state = file.take(parts_[k].name + ".");
      if (parts_[k].name == "optimizer")
        if (const std::string found = compare_options(start, state, start_); !found.empty()) note(wrong, found);
      set(k, state);
    }
    if (wrong.empty()) return void(start_ = std::move(start));
    const std::string found = wrong;
    for (std::size_t k = 0; k < parts_.size(); ++k) set(k, before[k]);
    fail_file("fit: resume", path, {"this is another training: ", found});
  }

 private:
  struct Part {
    std::string name;
    void* object;
    StateDict (*get)(void* object);
    void (*set)(void* object, const StateDict& state);
    bool follows = false;
  };

  /// Throws DataError for a file that cannot be read.
  template <class = void>
  static StateDict read(const std::string& path) {
    try {
      return read_safetensors(path);
    } catch (const DataError& error) {
      const std::string what = error.what(), place = concat({"\"", path, "\": "});
      const std::size_t at = what.find(place);
      fail_file("fit: resume", path, {at == std::string::npos ? what : what.substr(at + place.size()),
                                      ": the training cannot go on from this file: give resume another checkpoint, or "
                                      "none, to begin anew"});
    }
  }
  template <class = void>
  static void note(std::string& wrong, const std::string& what) { append(wrong, {wrong.empty() ? "" : "; ", what}); }

  template <class = void>
  bool has_part_of(const std::string& name) const {
    for (const Part& part : parts_)
      if (name.compare(0, part.name.size() + 1, part.name + ".") == 0) return true;
    return false;
  }
  template <class = void>
  void compare_settings(std::string& wrong, const StateDict& file) const {
    const auto compare = [&](const std::string& name, const std::string& theirs, const std::string& ours) {
      if (theirs == ours) return;
      note(wrong, concat({name, " is ", theirs.empty() ? "nothing" : theirs, " in the file, and ",
                          ours.empty() ? "nothing" : ours, " here"}));
    };
    for (const auto& [name, value] : settings_) compare(name, file.metadata(name), value);
    for (const auto& [name, value] : file.metadata()) {
      bool known = false;
      for (const auto& ours : settings_) known = known || ours.first == name;
      if (!known) compare(name, value, "");
    }
  }

  PoolArray<Part> parts_;
  std::vector<std::pair<std::string, std::string>> settings_;
  std::string layers_, groups_;
  StateDict start_;  // the options of the optimizer when the training began
  std::size_t hooks_ = 0;
};

/// Whether a training goes on from options.resume. If that file is missing, it begins anew where the file is the
/// checkpoint that it writes itself, and else throws DataError.
template <class = void>
bool resumes(const FitOptions& options) {
  if (options.resume.empty()) return false;
  std::FILE* const file = std::fopen(options.resume.c_str(), "rb");
  const bool missing = !file && errno == ENOENT;
  if (file) std::fclose(file);
  if (missing && options.resume != options.checkpoint)
    fail_file("fit: resume", options.resume,
              {"there is no such file (where resume and checkpoint are the same file, "
               "the training begins anew if it is missing)"});
  return !missing;
}

}  // namespace minigrad::detail
