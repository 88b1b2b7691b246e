// io/image_layers.hpp - models with layers for images from their files alone: load_model(path, image_layers). Not part
// of minigrad.hpp.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "../nn/images.hpp"
#include "load_model.hpp"

namespace minigrad::inline MINIGRAD_ABI {

/// Says to load_model() that the model may have the layers of nn/images.hpp.
struct ImageLayers {};
inline constexpr ImageLayers image_layers{};

namespace detail {

/// The description of a layer, in pieces: "(2, 4, kernel [3, 3], no bias)" has the numbers 2 and 4, the list kernel and
/// the word "no bias". A value without a name is called "".
class LayerText {
 public:
  explicit LayerText(std::string_view text) {
    if (text.size() < 2) return;
    text = text.substr(1, text.size() - 2);
    while (!text.empty()) {
      const std::size_t list = (std::min)(text.find('['), text.size());
      std::size_t end = text.find(", ");
      if (list < end) end = text.find(", ", (std::min)(text.find(']', list), text.size()));
      read(text.substr(0, end));
      text.remove_prefix(end == std::string_view::npos ? text.size() : end + 2);
    }
  }

  /// Whether there is a piece of this name, which then counts as read. Throws ValueError, as all functions do, where
  /// the text is not that of the layer.
  bool has(std::string_view name) {
    for (Piece& piece : pieces_)
      if (piece.name == name && !piece.used) return piece.used = true;
    return false;
  }
  double number(std::string_view name, double otherwise) {
    const Piece* piece = take(name);
    if (piece && (piece->is_list || piece->numbers.size() != 1)) refuse();
    return piece ? piece->numbers[0] : otherwise;
  }
  std::size_t count(std::string_view name, std::size_t otherwise) { return whole(number(name, double(otherwise))); }
  template <std::size_t Axes>
  PerAxis<Axes> axes(std::string_view name, std::size_t otherwise) {
    const Piece* piece = take(name);
    if (!piece) return PerAxis<Axes>(otherwise);
    if (!piece->is_list || piece->numbers.size() != Axes) refuse();
    if constexpr (Axes == 1)
      return PerAxis<1>(whole(piece->numbers[0]));
    else
      return PerAxis<2>(whole(piece->numbers[0]), whole(piece->numbers[1]));
  }
  /// The number of an axis, which may count from the last.
  int axis(std::string_view name, int otherwise) {
    const double out = number(name, otherwise);
    if (!(std::fabs(out) <= Shape::max_rank) || out != std::floor(out)) refuse();
    return static_cast<int>(out);
  }
  /// A list of extents, of which one may be -1.
  TargetShape target(std::string_view name) {
    const Piece* piece = take(name);
    if (!piece || !piece->is_list) refuse();
    Shape out;
    for (const double one : piece->numbers) out.push_back(one == -1 ? TargetShape::inferred : whole(one));
    return out;
  }
  bool begins_with_list() const { return !pieces_.empty() && pieces_[0].is_list; }
  void require_all_used() const {
    for (const Piece& piece : pieces_)
      if (!piece.used) refuse();
  }
  [[noreturn]] static void refuse() { fail<ValueError>({"load_model: not a layer's description"}); }

 private:
  struct Piece {
    std::string_view name;
    std::vector<double> numbers{};
    bool is_list = false, used = false;
  };

  void read(std::string_view text) {
    const std::size_t value = (std::min)(text.find_first_of("[-0123456789"), text.size());
    Piece piece{text.substr(0, value)};
    if (!piece.name.empty() && value < text.size()) piece.name.remove_suffix(1);  // the space
    text.remove_prefix(value);
    piece.is_list = !text.empty() && text[0] == '[';
    if (piece.is_list) text = text.substr(1, text.size() - 2);
    while (!text.empty()) {
      const std::string number(text.substr(0, text.find(", ")));
      const ParsedNumber parsed = parse_number(number);
      if (parsed.problem || piece.numbers.size() == Shape::max_rank) refuse();
      piece.numbers.push_back(parsed.value);
      text.remove_prefix((std::min)(number.size() + 2, text.size()));
    }
    pieces_.push_back(std::move(piece));
  }
  Piece* take(std::string_view name) {
    for (Piece& piece : pieces_)
      if (piece.name == name && !piece.used) return piece.used = true, &piece;
    return nullptr;
  }
  static std::size_t whole(double number) {
    if (!(number >= 0 && number <= 1 << 24) || number != std::floor(number)) refuse();
    return static_cast<std::size_t>(number);
  }

  std::vector<Piece> pieces_;
};

struct ImageLayerKinds {
  /// Adds the layer of this name, if it is one. A layer with parameters must have them in the file, in its size, so
  /// that a file cannot ask for more memory than it fills.
  template <class T>
  static bool add(Sequential<T>& model, std::string_view name, std::string_view arguments, const StateDict& state,
                  const std::string& place) {
    LayerText text(arguments);
    const Place at{state, place};
    const auto made = [&](auto layer) {
      text.require_all_used();
      model.add(std::move(layer));
      return true;
    };
    Rng rng(0);  // these weights are overwritten
    if (name == "Conv1d") return made(conv<Conv1d<T>, 1>(text, at, rng, ConvOptions<1>()));
    if (name == "Conv2d") return made(conv<Conv2d<T>, 2>(text, at, rng, ConvOptions<2>()));
    if (name == "ConvTranspose1d") return made(conv<ConvTranspose1d<T>, 1>(text, at, rng, ConvTransposeOptions<1>()));
    if (name == "ConvTranspose2d") return made(conv<ConvTranspose2d<T>, 2>(text, at, rng, ConvTransposeOptions<2>()));
    if (name == "BatchNorm1d") return made(norm<BatchNorm1d<T>>(text, at));
    if (name == "BatchNorm2d") return made(norm<BatchNorm2d<T>>(text, at));
    if (name == "MaxPool1d") return made(pool<MaxPool1d, 1>(text, MaxPoolOptions<1>()));
    if (name == "MaxPool2d") return made(pool<MaxPool2d, 2>(text, MaxPoolOptions<2>()));
    if (name == "AvgPool1d") return made(pool<AvgPool1d, 1>(text, AvgPoolOptions<1>()));
    if (name == "AvgPool2d") return made(pool<AvgPool2d, 2>(text, AvgPoolOptions<2>()));
    if (name == "AdaptiveAvgPool1d") return made(AdaptiveAvgPool1d(text.axes<1>("", 0)));
    if (name == "AdaptiveAvgPool2d") return made(AdaptiveAvgPool2d(text.axes<2>("", 0)));
    if (name == "Dropout2d") return made(Dropout2d(text.number("", -1), rng));
    if (name == "Upsample") return made(upsample(text));
    if (name == "Flatten") {
      const int begin = text.axis("", 1);
      return made(Flatten{begin, text.axis("", -1)});
    }
    if (name != "Unflatten") return false;
    const int axis = text.axis("", 1);
    return made(Unflatten(axis, text.target("")));
  }

 private:
  struct Place {
    const StateDict& state;
    const std::string& name;
    void require(const char* part, const Shape& shape) const {
      const StateEntry* entry = state.find(name + part);
      if (!entry || entry->shape != shape) LayerText::refuse();
    }
  };
  template <std::size_t Axes>
  static Shape weight_shape(std::size_t first, std::size_t second, const PerAxis<Axes>& kernel) {
    Shape out{first, second};
    for (const std::size_t extent : kernel.shape()) out.push_back(extent);
    return out;
  }
  template <class Layer, std::size_t Axes, class Options>
  static Layer conv(LayerText& text, const Place& at, Rng& rng, Options o) {
    const std::size_t in = text.count("", 0), out = text.count("", 0);
    const PerAxis<Axes> kernel = text.axes<Axes>("kernel", 0);
    o.stride = text.axes<Axes>("stride", 1);
    o.padding = text.axes<Axes>("padding", 0);
    o.dilation = text.axes<Axes>("dilation", 1);
    o.groups = text.count("groups", 1);
    o.bias = !text.has("no bias");
    if (o.groups == 0) LayerText::refuse();
    if constexpr (requires { o.output_padding; }) {
      o.output_padding = text.axes<Axes>("output_padding", 0);
      at.require(".weight", weight_shape(in, out / o.groups, kernel));
    } else {
      if (text.has("padding same")) o.padding = "same";
      at.require(".weight", weight_shape(out, in / o.groups, kernel));
    }
    return Layer(in, out, kernel, rng, o);
  }
  template <class Layer>
  static Layer norm(LayerText& text, const Place& at) {
    const std::size_t channels = text.count("", 0);
    BatchNormOptions o;
    o.eps = text.number("eps", o.eps);
    if (text.has("cumulative"))
      o.momentum = std::nullopt;
    else
      o.momentum = text.number("momentum", *o.momentum);
    o.affine = !text.has("not affine");
    o.track_running_stats = !text.has("no running statistics");
    if (o.affine) at.require(".weight", {channels});
    if (o.track_running_stats) at.require(".running_mean", {channels});
    return Layer(channels, o);
  }
  template <class Layer, std::size_t Axes, class Options>
  static Layer pool(LayerText& text, Options o) {
    const PerAxis<Axes> kernel = text.axes<Axes>("", 0);
    o.stride = text.axes<Axes>("stride", 0);
    o.padding = text.axes<Axes>("padding", 0);
    o.ceil_mode = text.has("ceil_mode");
    if constexpr (requires { o.dilation; }) {
      o.dilation = text.axes<Axes>("dilation", 1);
    } else {
      o.count_include_pad = !text.has("without padding");
      o.divisor_override = text.count("divisor", 0);
    }
    return Layer(kernel, o);
  }
  static Upsample upsample(LayerText& text) {
    UpsampleOptions o;
    if (text.begins_with_list())
      o.size = text.axes<2>("", 0);
    else
      o.scale_factor = text.number("", 0);
    o.scale_factor_width = text.number("width", 0);
    for (const char* mode : {"nearest", "linear", "bilinear"})
      if (text.has(mode)) o.mode = mode;
    o.align_corners = text.has("align_corners");
    return Upsample(o);
  }
};

}  // namespace detail

/// The same for a Sequential that may have layers for images: load_model(path, image_layers).
template <class T = float>
LoadedModel<T> load_model(const std::string& path, ImageLayers) {
  return detail::load_model<T, detail::ImageLayerKinds>(path);
}

}  // namespace minigrad::inline MINIGRAD_ABI
