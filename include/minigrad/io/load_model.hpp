// io/load_model.hpp - a model from its file alone: load_model() rebuilds a Sequential of the library's own layers.
//
//   const auto [model, info, extra] = load_model("model.safetensors");
//
// The layers are those that save() has noted in the file. A model with layers of the user's is made by the program, and
// filled by load(). Not part of minigrad.hpp.
#pragma once

#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "../data/field.hpp"
#include "model_info.hpp"
#include "save.hpp"

namespace minigrad::inline MINIGRAD_ABI {

/// What load_model() finds: the model, in evaluation mode, the ModelInfo that was saved with it, and all extra state.
template <class T>
struct LoadedModel {
  Sequential<T> model;  ///< in evaluation mode
  ModelInfo<T> info;    ///< what was saved with it
  StateDict extra;      ///< all other state of the file

  /// What the model gives for x [rows, features], in the units of the data: scaled by x_scaler before the model, and
  /// back by y_scaler after it, where there are such. Threads may call it at the same time.
  Tensor<T> predict(const Tensor<T>& x) const {
    const Tensor<T> y = model(info.x_scaler ? info.x_scaler->transform(x) : x);
    return info.y_scaler ? info.y_scaler->inverse_transform(y) : y;
  }
};

namespace detail {

/// Builds layers from their descriptions: "Linear(2, 8)", "Sequential(Tanh, Dropout(0.1))". More has further kinds.
template <class T, class More>
class LayerBuilder {
 public:
  LayerBuilder(const std::string& path, const StateDict& state) : path_(path), state_(state) {}

  /// The lines of describe_layers() for a Sequential.
  Sequential<T> build(std::string_view lines) {
    Sequential<T> model;
    while (!lines.empty()) {
      const std::size_t end = (std::min)(lines.find('\n'), lines.size());
      line_ = text_ = lines.substr(0, end);
      lines.remove_prefix((std::min)(end + 1, lines.size()));
      const std::string place = concat({model.size()});
      const std::size_t number = text_.find_first_not_of("0123456789");  // a layer's of a Sequential is its whole name
      if (number == 0 || text_.substr((std::min)(number, text_.size()), 1) == ".") fail_own_model(path_, text_);
      if (text_.substr(0, place.size() + 2) != place + ": ") fail();
      text_.remove_prefix(place.size() + 2);
      add(model, place, 0);
      if (!text_.empty()) fail();
    }
    return model;
  }

 private:
  static constexpr std::size_t most_numbers = 2;
  struct Numbers {
    double values[most_numbers];
    std::size_t count;
    bool no_bias = false;
  };
  /// How a layer is made of the numbers in its description.
  struct Kind {
    const char* name;
    std::size_t fewest, most;  // numbers
    void (*add)(Sequential<T>& model, const Numbers& numbers);
  };
  template <class Layer>
  static void add_plain(Sequential<T>& model, const Numbers&) {
    model.add(Layer());
  }
  template <class Layer>
  static void add_with(Sequential<T>& model, const Numbers& numbers) {
    model.add(numbers.count ? Layer{numbers.values[0]} : Layer{});
  }
  template <class Layer>
  static void add_with_axis(Sequential<T>& model, const Numbers& numbers) {
    model.add(numbers.count ? Layer{static_cast<int>(numbers.values[0])} : Layer{});
  }
  static void add_linear(Sequential<T>& model, const Numbers& n) {
    Rng rng(0);  // these weights are overwritten
    model.add(minigrad::Linear<T>(static_cast<std::size_t>(n.values[0]), static_cast<std::size_t>(n.values[1]), rng,
                                  {.bias = !n.no_bias}));
  }
  static void add_dropout(Sequential<T>& model, const Numbers& n) {
    Rng rng(0);
    model.add(minigrad::Dropout(n.values[0], rng));
  }

  static constexpr Kind kinds[] = {
      {"Linear", 2, 2, add_linear},
      {"ReLU", 0, 0, add_plain<minigrad::ReLU>},
      {"LeakyReLU", 1, 1, add_with<minigrad::LeakyReLU>},
      {"ELU", 1, 1, add_with<minigrad::ELU>},
      {"Tanh", 0, 0, add_plain<minigrad::Tanh>},
      {"Sigmoid", 0, 0, add_plain<minigrad::Sigmoid>},
      {"Softplus", 0, 0, add_plain<minigrad::Softplus>},
      {"GELU", 0, 0, add_plain<minigrad::GELU>},
      {"SiLU", 0, 0, add_plain<minigrad::SiLU>},
      {"Softmax", 0, 1, add_with_axis<minigrad::Softmax>},
      {"LogSoftmax", 0, 1, add_with_axis<minigrad::LogSoftmax>},
      {"Dropout", 1, 1, add_dropout},
  };

  [[noreturn]] void fail() const {
    fail_file("load_model", path_,
              {"the description of its layers is not valid: ", in_quotes(std::string(line_.substr(0, 80))),
               ": make the model in the program, and call load(path, model)"});
  }
  bool skip(std::string_view wanted) {
    if (text_.substr(0, wanted.size()) != wanted) return false;
    text_.remove_prefix(wanted.size());
    return true;
  }

  /// Adds the layer whose description text_ begins with.
  void add(Sequential<T>& model, const std::string& place, int depth) {
    const std::string name(text_.substr(0, text_.find_first_of("(,) ")));
    text_.remove_prefix(name.size());
    if (name.empty()) fail();
    if (name == "Sequential" && depth < 16) {
      Sequential<T> inner;
      if (!skip("(")) fail();
      for (bool first = true; !skip(")"); first = false) {
        if (!first && !skip(", ")) fail();
        add(inner, concat({place, ".", inner.size()}), depth + 1);
      }
      return void(model.add(std::move(inner)));
    }
    for (const Kind& kind : kinds) {
      if (name != kind.name) continue;
      const Numbers numbers = read_numbers();
      if (numbers.count < kind.fewest || numbers.count > kind.most) fail();
      if (kind.add == add_linear) require_weight(place, numbers);
      if (kind.add != add_linear && numbers.no_bias) fail();
      const double axis = kind.fewest < kind.most && numbers.count ? numbers.values[0] : 0;
      if (!(std::fabs(axis) <= 6) || axis != std::floor(axis)) fail();
      try {
        return kind.add(model, numbers);
      } catch (const ValueError&) {  // of the layer
        fail();
      }
    }
    if constexpr (!std::is_void_v<More>) {
      const std::string_view arguments = text_.substr(0, closed(text_));
      text_.remove_prefix(arguments.size());
      try {
        if (More::template add<T>(model, name, arguments, state_, place)) return;
      } catch (const ValueError&) {  // of the layer
        fail();
      }
    }
    if (is_for_images(name))
      fail_file("load_model", path_, {"layer ", place, " is ", in_quotes(name), ", a layer for images: include "
                "<minigrad/io/image_layers.hpp>, and call load_model(path, image_layers)"});
    fail_file("load_model", path_, {"layer ", place, " is ", in_quotes(name), ", which is not one of the library's: make "
              "the model in the program, and call load(path, model)"});
  }

  static bool is_for_images(std::string_view name) {
    if (!std::is_void_v<More>) return false;
    for (const char* begin : {"Conv", "BatchNorm", "MaxPool", "AvgPool", "AdaptiveAvgPool", "Flatten", "Unflatten", "Upsample"})
      if (name.substr(0, std::string_view(begin).size()) == begin) return true;
    return name == "Dropout2d";
  }
  /// The length of "(...)" that a text begins with.
  static std::size_t closed(std::string_view text) {
    if (text.empty() || text[0] != '(') return 0;
    return (std::min)(text.find(')'), text.size() - 1) + 1;
  }
  Numbers read_numbers() {
    Numbers out{};
    if (!skip("(")) return out;
    do {
      if ((out.no_bias = skip("no bias"))) break;
      const std::string number(text_.substr(0, text_.find_first_of(",)")));
      const ParsedNumber parsed = parse_number(number);
      if (parsed.problem || out.count == most_numbers) fail();
      out.values[out.count++] = parsed.value;
      text_.remove_prefix(number.size());
    } while (skip(", "));
    if (!skip(")")) fail();
    return out;
  }

  /// A Linear of the size that its weight in the file has: so a file cannot ask for more memory than it fills.
  void require_weight(const std::string& place, const Numbers& numbers) const {
    const StateEntry* weight = state_.find(place + ".weight");
    if (!weight || weight->shape.rank() != 2 || static_cast<double>(weight->shape[0]) != numbers.values[1] ||
        static_cast<double>(weight->shape[1]) != numbers.values[0])
      fail_file("load_model", path_, {"layer ", place, " does not fit its weight"});
  }

  const std::string& path_;
  const StateDict& state_;
  std::string_view text_, line_;  // what is left of a line, and all of it
};

}  // namespace detail

namespace detail {
template <class T, class More>
LoadedModel<T> load_model(const std::string& path) {
  StateDict state = read_safetensors(path);
  LoadedModel<T> out;
  out.extra = state.take(own_prefix);
  const std::string layers = out.extra.metadata("layers");
  if (layers.empty() && !out.extra.metadata("training").empty()) fail_checkpoint("load_model", path);
  if (layers.empty())
    fail_file("load_model", path,
              {"it does not say of which layers its model is: make the model in the program, "
               "and call load(path, model)"});
  if (!out.extra.metadata("own_model").empty()) fail_own_model(path, layers.substr(0, layers.find('\n')));
  try {
    out.info.load_state_dict(out.extra);
  } catch (const ValueError& error) {
    fail_file("load_model", path, {std::string(error.what()).substr(sizeof "minigrad: " - 1)});
  }
  out.model = LayerBuilder<T, More>(path, state).build(layers);
  const auto targets = state_targets(out.model);
  if (const auto found = differences(state, targets); !found.empty()) {
    const DType own = state.size() ? state.begin()->dtype : dtype_of<T>();
    const char* const type = own == DType::f64 ? "double" : "float";
    const std::string hint = concat({"; for a model of ", type, " call load_model<", type, ">(path)"});
    fail_file("load_model", path,
              {"its tensors do not fit its layers: ", to_string(found), own == dtype_of<T>() ? "" : hint});
  }
  copy_to(targets, state);
  out.model.eval();
  return out;
}
}  // namespace detail

/// Rebuilds a Sequential that was saved by save(), in evaluation mode. Throws DataError if the file cannot be read, was
/// not written by save(), or has layers that are not the library's.
template <class T = float>
LoadedModel<T> load_model(const std::string& path) {
  return detail::load_model<T, void>(path);
}

}  // namespace minigrad::inline MINIGRAD_ABI
