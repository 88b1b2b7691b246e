// io/model_info.hpp - what a program needs besides a model to use it: the names of its features and classes, and the
// scalers of its inputs and outputs. Not part of minigrad.hpp; load_model.hpp includes it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "../data/scaler.hpp"
#include "save.hpp"

namespace minigrad::inline MINIGRAD_ABI {

/// Each part may be left out.
///
///   save("iris.safetensors", model, ModelInfo{.features = {"width", "length"}, .classes = labels.names,
///                                             .x_scaler = scaler});
template <class T = float>
struct ModelInfo {
  std::vector<std::string> features{};          ///< of the columns of x
  std::vector<std::string> classes{};           ///< class_labels(table, column).names; or of the columns of y
  std::optional<StandardScaler<T>> x_scaler{};  ///< transforms x before the model gets it
  std::optional<StandardScaler<T>> y_scaler{};  ///< of the targets: its inverse transforms what the model gives

  /// "features.0" and "classes.0", ..., as metadata, and the states of the scalers: "x_scaler.mean".
  StateDict state_dict() const {
    if (x_scaler && !features.empty() && features.size() != x_scaler->mean().size())
      detail::fail<ShapeError>(
          {"ModelInfo: ", features.size(), " features, and a scaler of ", x_scaler->mean().size()});
    StateDict out;
    const auto list = [&](const char* kind, const std::vector<std::string>& names) {
      for (std::size_t k = 0; k < names.size(); ++k) out.metadata(detail::concat({kind, k}), names[k]);
    };
    list("features.", features);
    list("classes.", classes);
    if (x_scaler) out.add("x_scaler.", x_scaler->state_dict());
    if (y_scaler) out.add("y_scaler.", y_scaler->state_dict());
    return out;
  }
  /// Throws ValueError, and changes nothing, if a scaler's state is not one, or a text in between is missing. Other
  /// names are left to others.
  void load_state_dict(const StateDict& state) {
    ModelInfo loaded;
    const auto list = [&](const std::string& kind, std::vector<std::string>& names) {
      const auto next = [&] {
        for (const auto& [name, text] : state.metadata())
          if (name == kind + detail::concat({names.size()})) return names.push_back(text), true;
        return false;
      };
      while (next()) continue;
      std::size_t there = 0;
      for (const auto& [name, text] : state.metadata()) there += name.compare(0, kind.size(), kind) == 0;
      if (there != names.size())
        detail::fail<ValueError>({"ModelInfo: of ", there, " texts named ", kind, "0, ", kind, "1, ..., ", kind,
                                  names.size(), " is missing"});
    };
    list("features.", loaded.features);
    list("classes.", loaded.classes);
    const auto scaler = [&](std::string_view prefix, std::optional<StandardScaler<T>>& to) {
      if (const StateDict part = state.part(prefix); part.size() > 0) to.emplace().load_state_dict(part);
    };
    scaler("x_scaler.", loaded.x_scaler);
    scaler("y_scaler.", loaded.y_scaler);
    *this = std::move(loaded);
  }
};

/// Saves a model with what a program needs to use it. load_model() gives both back.
template <class M, class T>
  requires(!std::is_void_v<detail::value_of_model<M>>)
void save(const std::string& path, M& model, const ModelInfo<T>& info) { save(path, model, info.state_dict()); }

}  // namespace minigrad::inline MINIGRAD_ABI
