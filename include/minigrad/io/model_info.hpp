// io/model_info.hpp - what a program needs besides a model to use it: the names of its features and classes, and the
// scalers of its inputs and outputs. Not part of minigrad.hpp; load_model.hpp includes it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "../data/dataset.hpp"
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

  /// "features.0" and "classes.0", ..., as metadata, and the states of the scalers: "x_scaler.mean". Throws ValueError
  /// for a name that is given twice, and ShapeError for a scaler of another number of features.
  StateDict state_dict() const {
    detail::require_different("ModelInfo", features);
    detail::require_different("ModelInfo", classes, "class");
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

namespace detail {

template <class = void>
[[noreturn]] void fail_own_model(const std::string& path, std::string_view line) {
  fail_file("load_model", path,
            {"its model is no Sequential, but one of the program's own: ", in_quotes(std::string(line)),
             ": make the model in the program, and call load(path, model)"});
}

/// Throws ValueError for a part of a ModelInfo that has not the width of the model.
template <class = void>
void require_width(const char* what, std::size_t count, const char* of_model, std::size_t width,
                   const std::string& layer) {
  if (count != width)
    fail<ValueError>({"save: ModelInfo: ", count, what, ", and the model has ", width, of_model, ": its ", layer});
}
/// Whether a layer gives as many columns as it gets.
template <class T>
bool keeps_width(const AnyLayer<T>& layer) {
  return []<class... Layer>(const void* type, std::tuple<Layer...>*) {
    return ((type == &type_tag<Layer>) || ...);
  }(layer.type(), static_cast<std::tuple<ReLU, LeakyReLU, ELU, Tanh, Sigmoid, Softplus, GELU, SiLU, Softmax, LogSoftmax,
                                         Dropout>*>(nullptr));
}

/// Compares a ModelInfo with the first and the last Linear of a Sequential, where only layers that keep the width are
/// before and after them; other models do not tell their width.
template <class M, class T>
void require_fits([[maybe_unused]] M& model, [[maybe_unused]] const ModelInfo<T>& info) {
  if constexpr (IsSequential<M>) {
    using Value = typename M::parameter_value::value_type;
    std::size_t first = 0, end = model.size();
    const auto is_linear = [&](std::size_t i) { return model.layer(i).type() == &type_tag<Linear<Value>>; };
    while (first < end && keeps_width(model.layer(first))) ++first;
    if (first < end && is_linear(first)) {
      const Linear<Value>& layer = model.template get<Linear<Value>>(first);
      const std::size_t inputs = layer.weight.value().shape()[1];
      const std::string text = concat({"layer ", first, " is ", layer.describe()});
      if (!info.features.empty()) require_width(" features", info.features.size(), " inputs", inputs, text);
      if (info.x_scaler) require_width(" columns in x_scaler", info.x_scaler->mean().size(), " inputs", inputs, text);
    }
    while (end > 0 && keeps_width(model.layer(end - 1))) --end;
    if (end > 0 && is_linear(end - 1)) {
      const Linear<Value>& layer = model.template get<Linear<Value>>(end - 1);
      const std::size_t outputs = layer.weight.value().shape()[0], classes = info.classes.size();
      const std::string text = concat({"layer ", end - 1, " is ", layer.describe()});
      const bool one_logit = outputs == 1 && classes == 2;  // class 1 above 0, else class 0
      if (classes > 0 && !one_logit) require_width(" classes", classes, " outputs", outputs, text);
      if (info.y_scaler) require_width(" columns in y_scaler", info.y_scaler->mean().size(), " outputs", outputs, text);
    }
  }
}

}  // namespace detail

/// Saves a model with what a program needs to use it. load_model() gives both back. Throws ValueError, and writes
/// nothing, if features or x_scaler have not the width of the first Linear of a Sequential, or classes or y_scaler that
/// of the last; two classes may have one output.
template <class M, class T>
  requires(!std::is_void_v<detail::value_of_model<M>>)
void save(const std::string& path, const M& model, const ModelInfo<T>& info) {
  const StateDict extra = info.state_dict();
  detail::require_fits(detail::without_const(model), info);
  save(path, model, extra);
}

}  // namespace minigrad::inline MINIGRAD_ABI
