// train/training_state.hpp - the whole state of a training by fit(), in one file and back.
//
// A model and an optimizer are not enough to go on with the same bits: the order of the rows, the place in it, the
// generators of Dropout, the schedules and the counts of fit() itself belong to it. Each is a part with a state_dict().
// The file also has the settings that a part cannot know: options, layers, the size and a hash of the data.
#pragma once

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../io/save.hpp"
#include "describe_data.hpp"
#include "fit_options.hpp"
#include "history.hpp"
#include "progress.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

/// What fit() itself has counted.
template <class = void>
struct FitProgress {
  History history;
  double total_loss = 0;    // of the samples of the epoch that is running
  std::size_t samples = 0;  // of that epoch so far; 0 between epochs
  std::size_t updates = 0;
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
    load_fields("fit", counts, loaded.fields());
    *this = std::move(loaded);
  }

 private:
  template <class = void>
  std::array<StateField, 6> fields() {
    return {{{"total_loss", total_loss},
             {"samples", samples},
             {"updates", updates},
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
  /// Adds a model: its weights and buffers, its generators, and its layers.
  template <class Model>
  void add_model(Model& model) {
    parts_.push_back({"model", &model, [](void* x) { return minigrad::state_dict(*static_cast<Model*>(x)); },
                      [](void* x, const StateDict& state) { load_state_dict(*static_cast<Model*>(x), state); }});
    parts_.push_back(
        {"generators", &model, [](void* x) { return generator_state_dict(*static_cast<Model*>(x)); },
         [](void* x, const StateDict& state) { load_generator_state_dict(*static_cast<Model*>(x), state); }});
    describe_layers(model, {}, layers_);
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
    for (const auto& [name, value] : settings_) out.metadata("settings." + name, value);
    for (const Part& part : parts_) out.add(part.name + ".", part.get(part.object));
    write_safetensors(path, out);
  }

  /// Gives all parts the state of a file. Throws DataError, with all that differs, if the file is that of another
  /// training, and then changes nothing.
  template <class = void>
  void load(const std::string& path) {
    StateDict file = read_safetensors(path);
    if (file.metadata("minigrad.training") != "1")
      fail_file("fit: resume", path, {"this is not a checkpoint that fit() has written"});
    std::string wrong = compare_layers(file.metadata("layers"), layers_);
    compare_settings(wrong, file.take("settings."));
    for (const StateEntry& entry : file)  // a hook that is missing here is noted by its setting
      if (!has_part_of(entry.name) && entry.name.compare(0, 6, "hooks.") != 0) note(wrong, concat({"unexpected: ", entry.name}));

    std::vector<StateDict> before;
    for (const Part& part : parts_) before.push_back(part.get(part.object));
    for (std::size_t k = 0; k < parts_.size(); ++k) {
      if (parts_[k].follows && !wrong.empty()) continue;
      const StateDict state = file.take(parts_[k].name + ".");
      if (parts_[k].name == "optimizer") compare_numbers(wrong, state, before[k]);
      try {
        parts_[k].set(parts_[k].object, state);
      } catch (const ValueError& error) {
        note(wrong, std::string(error.what()).substr(sizeof "minigrad: " - 1));
      }
    }
    if (wrong.empty()) return;
    for (std::size_t k = 0; k < parts_.size(); ++k) parts_[k].set(parts_[k].object, before[k]);
    fail_file("fit: resume", path, {"this is another training: ", wrong});
  }

 private:
  struct Part {
    std::string name;
    void* object;
    StateDict (*get)(void* object);
    void (*set)(void* object, const StateDict& state);
    bool follows = false;
  };

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

  /// Notes the options of an optimizer that differ. The learning rate changes in a training.
  template <class = void>
  static void compare_numbers(std::string& wrong, const StateDict& file, const StateDict& here) {
    const std::string groups = "param_groups.";
    for (const StateEntry& ours : here) {
      const StateEntry* theirs = file.find(ours.name);
      if (ours.name.compare(0, groups.size(), groups) != 0 || !theirs || same_elements(*theirs, ours)) continue;
      const std::size_t dot = ours.name.find('.', groups.size());
      const std::string group = ours.name.substr(groups.size(), dot - groups.size()), name = ours.name.substr(dot + 1);
      if (name == "lr" || name == "initial_lr") continue;
      note(wrong, concat({name, group == "0" ? "" : " of group " + group, " is ", number_text(*theirs),
                          " in the file, and ", number_text(ours), " here"}));
    }
  }

  std::vector<Part> parts_;
  std::vector<std::pair<std::string, std::string>> settings_;
  std::string layers_;
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
