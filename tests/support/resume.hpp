// tests/support/resume.hpp - whether a training by fit() that is stopped after any step and resumed gives the same bits
// as one that was not.
#pragma once

#include <minigrad/minigrad.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <tuple>
#include <utility>

namespace support {

using namespace minigrad;

/// A file that is removed at the end.
struct File {
  std::string path;
  explicit File(const char* name) : path((std::filesystem::temp_directory_path() / name).string()) { remove(); }
  ~File() { remove(); }
  void remove() const { std::filesystem::remove(path); }
};

/// Sets a flag in one of its steps, as a handler of Ctrl-C may.
template <class Optimizer>
struct Stopping : Optimizer {
  using Optimizer::Optimizer;
  std::atomic<bool> stop{false};
  std::size_t stop_at = 0, steps = 0;
  void step() {
    Optimizer::step();
    if (++steps == stop_at) stop = true;
  }
};

/// A layer of the user's with a generator and a buffer of its own.
template <class T>
struct Noisy {
  Parameter<Tensor<T>> scale{ones<T>({6})};
  Tensor<T> shift = full<T>({6}, T(0.1));
  mutable Rng rng{77};
  bool training = true;
  auto operator()(const auto& x) const {
    const auto y = scale * x + shift;
    return training ? dropout(y, 0.2, rng) : dropout(y, 0, rng);
  }
  auto parts() { return std::tie(scale, shift, rng); }
  static constexpr const char* part_names[] = {"scale", "shift", "rng"};
};

template <class T>
Dataset<T> make_data(std::size_t rows, std::size_t features, std::uint64_t seed) {
  Rng rng(seed);
  return {normal<T>({rows, features}, 0, 1, rng), normal<T>({rows, 1}, 0, 1, rng)};
}

/// All that a training leaves, by its names and but for the time it took: the entries of its checkpoint, and what fit()
/// left.
using Left = std::map<std::string, std::string>;
inline Left all_of(const std::string& checkpoint, const History& history, const StateDict& model) {
  const StateDict file = read_safetensors(checkpoint);
  Left out{{"stopped early", history.stopped_early ? "yes" : "no"}};
  const auto add = [&](const char* of, const StateDict& state) {
    for (const StateEntry& entry : state) {
      if (entry.name == "run.seconds") continue;
      std::string& bytes = out[of + entry.name] = to_string(entry.shape);
      const bool has_times = entry.name.size() > 14 && entry.name.substr(entry.name.size() - 14) == "history.epochs";
      const std::size_t width = has_times ? 8 * entry.shape[1] : entry.bytes.size();
      for (std::size_t i = 0; i < entry.bytes.size(); ++i)
        if (!has_times || i % width < 48 || i % width >= 56) bytes += static_cast<char>(entry.bytes.data()[i]);
    }
  };
  add("", file);
  add("left in the model: ", model);
  for (const auto& [name, text] : file.metadata()) out[name] = text;
  return out;
}
/// The names of what differs.
inline std::string differences(const Left& a, const Left& b) {
  std::string out;
  for (const auto& [name, bytes] : a)
    if (const auto found = b.find(name); found == b.end() || found->second != bytes) out += name + ", ";
  return a.size() == b.size() ? out : out + "and their number";
}

/// A training that is made anew for each run: make_model(), make_optimizer(model), which gives a Stopping, and
/// make_hook(optimizer, model).
template <class T, class MakeModel, class MakeOptimizer, class MakeHook>
struct ResumedTraining {
  std::size_t features;
  MakeModel make_model;
  MakeOptimizer make_optimizer;
  MakeHook make_hook;

  /// What a whole training leaves, or one that is stopped in a step and resumed, and the number of its steps.
  std::pair<Left, std::size_t> run(FitOptions options, std::size_t stop_at) const {
    const File file("minigrad_resume_test.safetensors");
    const Dataset<T> data = make_data<T>(22, features, 1), validation = make_data<T>(9, features, 2);
    options.checkpoint = file.path;
    for (const bool first : {true, false}) {
      if (first && stop_at == 0) continue;
      auto model = make_model();
      auto optimizer = make_optimizer(model);
      auto hook = make_hook(optimizer, model);
      optimizer.stop_at = first ? stop_at : 0;
      options.stop = &optimizer.stop;
      options.resume = stop_at > 0 && !first ? file.path : "";
      options.replay = first ? options.replay : !options.replay || stop_at % 2 == 0;
      const History history = fit(model, MSELoss(), optimizer, data, validation, options, hook);
      if (first) {
        CHECK(optimizer.steps == stop_at);
        CHECK(history.interrupted);
      } else {
        CHECK_FALSE(history.interrupted);
        CHECK(optimizer.steps + stop_at == history.epochs.back().updates);
        return {all_of(file.path, history, state_dict(model)), history.epochs.back().updates};
      }
    }
    return {};
  }

  /// Stops at 20 random steps of the 4 epochs of 6 batches: 10 times where each batch is a step, and 10 times where the
  /// gradient is clipped, two batches are a step and patience may run out.
  void check() const {
    FitOptions options{.epochs = 4, .batch_size = 4, .progress = false, .seed = 3};
    options.checkpoint_every = 0;
    Rng rng(9);
    for (const bool other : {false, true}) {
      if (other) options.clip_norm = 0.5, options.patience = 2, options.accumulate = 2;
      const auto [whole, count] = run(options, 0);
      const std::size_t steps = count;  // no binding, which clang 14 does not take into the lambda of CHECK_MESSAGE
      for (int k = 0; k < 10; ++k) {
        const auto stop_at = 1 + static_cast<std::size_t>(rng.integer(steps - 1));
        options.replay = k % 2 == 0;
        const std::string wrong = differences(whole, run(options, stop_at).first);
        CHECK_MESSAGE(wrong.empty(), "stopped at step ", stop_at, " of ", steps, ": ", wrong);
      }
    }
  }
};

/// Layers with all kinds of state, trained by an optimizer of these settings.
template <class T, class Optimizer, class Settings, class MakeHook>
void check_resumes(const Settings& settings, const MakeHook& make_hook) {
  const auto make_model = [] {
    Rng rng(5);
    return Sequential{Linear<T>(3, 6, rng), Dropout(0.3, rng), Tanh(), Noisy<T>(), Linear<T>(6, 1, rng)};
  };
  const auto make_optimizer = [&](auto& model) { return Stopping<Optimizer>(model, settings); };
  ResumedTraining<T, decltype(make_model), decltype(make_optimizer), MakeHook>{3, make_model, make_optimizer, make_hook}
      .check();
}

}  // namespace support
