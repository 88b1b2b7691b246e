// io/load_onnx.hpp - a model from an ONNX file, to predict with and to train further. Not part of minigrad.hpp.
//
//   OnnxModel<float> model = load_onnx("model.onnx");
//   Tensor<float> y = model(x);
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "../nn/state_dict.hpp"
#include "onnx_image_rules.hpp"
#include "onnx_reader.hpp"
#include "onnx_rules.hpp"
#include "onnx_sizes.hpp"

namespace minigrad::inline MINIGRAD_ABI {

/// The graph of an ONNX file as a model. It is called with one argument for each input of the graph, in their order: a
/// Tensor<T>, or a Tensor<std::int64_t> where the graph takes whole numbers, for inference; a Var or a handle for
/// training. It gives the graph's first output. The initializers of type T are its parameters, by their names. The call
/// throws ShapeError for an input of another shape than the file declares; extents without a number there are free.
template <class T>
class OnnxModel {
  using V = Tensor<T>;
  using Whole = Tensor<std::int64_t>;

 public:
  /// Throws DataError, which names the node, for what is not supported: see load_onnx().
  OnnxModel(OnnxFile file, const std::string& name) {
    opset_ = file.opset;
    if (opset_ < 7 || opset_ > 22) refuse(name, {"opset ", opset_, " is not supported: 7 to 22 are"});
    std::set<std::string> statistics, settings;  // running means and variances; bounds and scales: not to be trained
    for (const OnnxNode& node : file.nodes) {
      const bool norm = node.op == "BatchNormalization";
      if (!norm && node.op != "Clip" && node.op != "Pad" && node.op != "Resize" && node.op != "Upsample") continue;
      for (std::size_t k = norm ? 3 : 1; k < node.inputs.size(); ++k)
        (norm ? statistics : settings).insert(node.inputs[k]);
    }
    for (OnnxTensor& tensor : file.initializers) {
      define(name, tensor.name, is_whole(tensor.type));
      if (tensor.type == onnx_type_of<T>() && statistics.count(tensor.name)) {
        buffer_names_.push_back(tensor.name);
        buffers_.emplace_back(last(), tensor.to<T>());
      } else if (tensor.type == onnx_type_of<T>() && !settings.count(tensor.name)) {
        names_.push_back(tensor.name);
        parameter_places_.push_back(last());
        parameters_.emplace_back(tensor.to<T>());
      } else {
        add_constant(name, tensor, tensor.name);
      }
    }
    for (const OnnxValueInfo& input : file.inputs) {
      if (places_.count(input.name)) continue;  // an initializer that is listed as an input too
      if (input.type != onnx_type_of<T>() && !is_whole(input.type))
        refuse(name, {"the input ", detail::in_quotes(input.name), " is not supported: it is not of ",
                      sizeof(T) == 8 ? "double" : "float", ", int32 or int64"});
      define(name, input.name, is_whole(input.type));
      inputs_.push_back({last(), input});
    }
    for (OnnxNode& node : file.nodes) add_node(name, node);
    if (file.outputs.empty()) refuse(name, {"it has no output"});
    output_ = place_of(name, "the output of the graph", file.outputs[0].name);
    if (whole_at_[output_]) refuse(name, {"its output is whole numbers, which is not supported"});
    places_.clear();
  }

  template <class... X>
  auto operator()(const X&... x) const& {
    constexpr bool records = ((is_var<X> || is_index_var<X>) || ...);
    using R = std::conditional_t<records, Var<V>, V>;
    if (sizeof...(X) != inputs_.size())
      detail::fail<ValueError>({"OnnxModel: the graph has ", inputs_.size(), " inputs, and not ", sizeof...(X)});
    detail::PoolArray<R> own(count_);  // the results of nodes
    detail::PoolArray<detail::OnnxValue<R>> values(count_);
    [[maybe_unused]] std::size_t k = 0;
    (bind(values, inputs_[k], x, k), ...);
    [[maybe_unused]] Graph<V>* graph = nullptr;
    [[maybe_unused]] const auto note_graph = [&](const auto& one) {
      if constexpr (requires { one.graph(); }) graph = &one.graph();
    };
    (note_graph(x), ...);
    const auto set = [&](std::size_t place, const auto& from) {  // a constant, as it stands or in a graph
      constexpr bool trained = std::is_same_v<decltype(from), const Parameter<V>&>;
      if constexpr (records && trained) values[place].real = &(own[place] = graph->parameter(from));
      else if constexpr (records) values[place].real = &(own[place] = graph->borrow(from));
      else if constexpr (trained) values[place].real = &from.value();
      else values[place].real = &from;
    };
    for (std::size_t i = 0; i < parameters_.size(); ++i) set(parameter_places_[i], parameters_[i]);
    for (const auto& [place, constant] : constants_) set(place, constant);
    for (const auto& [place, buffer] : buffers_) set(place, buffer);
    for (const auto& [place, whole] : whole_) values[place].whole = &whole;
    detail::PoolArray<Whole> sizes(sizes_);  // the whole numbers that nodes compute
    std::size_t done = 0;
    for (const Step& step : steps_) {
      const detail::OnnxCall<R> call{nodes_[step.node], values, step.inputs, opset_, graph, step.part, step.parts};
      if (step.table == Table::sizes) {
        sizes[done] = detail::OnnxSizes<R>::all[step.rule].compute(call);
        values[step.output].whole = &sizes[done++];
        continue;
      }
      own[step.output] = step.table == Table::images ? detail::OnnxImageRules<R>::all[step.rule].compute(call)
                                                     : detail::OnnxRules<R>::all[step.rule].compute(call);
      values[step.output].real = &own[step.output];
    }
    return R(*values[output_].real);
  }

  /// For parameters(), state_dict(), optimizers and summary(). The mode changes nothing: Dropout is that of inference.
  using parameter_value = V;
  void visit_parts(const detail::PartPlace& place, const detail::PartVisitor<V>& visitor) {
    for (std::size_t i = 0; i < parameters_.size(); ++i)
      detail::visit_parts(parameters_[i], detail::PartPlace{&place, names_[i].c_str()}, visitor);
    for (std::size_t i = 0; i < buffers_.size(); ++i)
      detail::visit_parts(buffers_[i].second, detail::PartPlace{&place, buffer_names_[i].c_str()}, visitor);
  }
  void set_training(const detail::ModeChange&) {}
  std::string describe() const { return detail::concat({"OnnxModel(", steps_.size(), " nodes)"}); }

 private:
  enum class Table : unsigned char { all, images, sizes };
  struct Step {
    std::size_t node;
    Table table;
    std::size_t rule;
    std::vector<std::size_t> inputs;
    std::size_t output, part, parts;  // which of the node's outputs
  };
  struct Input {
    std::size_t place;
    OnnxValueInfo declared;
  };

  [[noreturn]] static void refuse(const std::string& name, std::initializer_list<detail::FormatArg> why) {
    detail::fail_file("load_onnx", name, why);
  }
  std::size_t last() const { return count_ - 1; }
  static constexpr bool is_whole(OnnxType type) { return type == OnnxType::i64 || type == OnnxType::i32; }
  void define(const std::string& file, const std::string& value, bool whole) {
    whole_at_.push_back(whole);
    if (value.empty() || !places_.emplace(value, count_++).second)
      refuse(file, {"two values are called ", detail::in_quotes(value)});
  }
  std::size_t place_of(const std::string& file, const std::string& user, const std::string& value) const {
    const auto found = places_.find(value);
    if (found == places_.end()) refuse(file, {user, ": there is no value ", detail::in_quotes(value), " before it"});
    return found->second;
  }
  void add_constant(const std::string& file, const OnnxTensor& tensor, const std::string& value) {
    if (tensor.type == onnx_type_of<T>()) constants_.emplace_back(last(), tensor.to<T>());
    else if (tensor.type == OnnxType::real32)  // the scales of Resize, of images of double too
      constants_.emplace_back(last(), tensor.to<float>().template to<T>());
    else if (is_whole(tensor.type)) whole_.emplace_back(last(), tensor.whole());
    else refuse(file, {"the constant ", detail::in_quotes(value), " is not supported: it is not of ",
                    sizeof(T) == 8 ? "double" : "float", ", int32 or int64"});
  }
  void add_node(const std::string& file, OnnxNode& node) {
    const std::string name =
        detail::concat({"node ", detail::in_quotes(node.outputs.empty() ? node.name : node.outputs[0]), ", ", node.op});
    const auto fail = [&](std::initializer_list<detail::FormatArg> why) {
      refuse(file, {name, ": ", detail::concat(why)});
    };
    if (node.outputs.empty()) fail({"it has no output"});
    const bool standard = node.domain.empty() || node.domain == "ai.onnx";
    if (standard && node.op == "Constant") {
      if (node.attributes.size() != 1) fail({"it has ", node.attributes.size(), " attributes"});
      const OnnxTensor value = detail::onnx_constant(node.attributes[0]);
      if (value.type == OnnxType::none) fail({"a constant that is no tensor is not supported"});
      define(file, node.outputs[0], is_whole(value.type));
      return add_constant(file, value, node.outputs[0]);
    }
    std::vector<std::size_t> inputs;
    bool all_whole = !node.inputs.empty();
    for (const std::string& input : node.inputs) {
      inputs.push_back(input.empty() ? detail::OnnxCall<V>::no_place : place_of(file, name, input));
      all_whole = all_whole && (input.empty() || whole_at_[inputs.back()]);
    }
    Step step{nodes_.size(), Table::all, 0, std::move(inputs), 0, 0, 1};
    const auto take = [&](const auto* rule, const auto* first, Table table) {
      for (const OnnxAttribute& attribute : node.attributes)
        if (!rule->knows(attribute.name)) fail({"the attribute ", attribute.name, " is not supported"});
      if (node.inputs.size() < rule->fewest || node.inputs.size() > rule->most)
        fail({node.inputs.size(), " inputs are not supported"});
      step.table = table;
      step.rule = static_cast<std::size_t>(rule - first);
    };
    using Sizes = detail::OnnxSizes<V>;
    using Images = detail::OnnxImageRules<V>;
    using Rules = detail::OnnxRules<V>;
    const auto* size_rule = Sizes::find(node.op);
    if (!standard) fail({"this op is not supported"});
    if (size_rule && Sizes::is_whole(node, all_whole)) take(size_rule, Sizes::all, Table::sizes), ++sizes_;
    else if (const auto* image_rule = Images::find(node.op)) take(image_rule, Images::all, Table::images);
    else if (const auto* rule = Rules::find(node.op)) take(rule, Rules::all, Table::all);
    else fail({"this op is not supported"});
    if (node.op == "Split") step.parts = node.outputs.size();  // of other ops the first output counts
    if (step.parts > 1024) fail({step.parts, " outputs are not supported"});
    for (; step.part < step.parts; ++step.part) {
      if (step.parts > 1 && node.outputs[step.part].empty()) continue;
      define(file, node.outputs[step.part], step.table == Table::sizes);
      step.output = last();
      steps_.push_back(step);
    }
    nodes_.push_back(std::move(node));
  }

  template <class R, class X>
  static void bind(detail::PoolArray<detail::OnnxValue<R>>& values, const Input& input, const X& x, std::size_t& k) {
    constexpr bool whole = is_index_var<X> || std::is_same_v<X, Whole>;
    ++k;
    if (whole != is_whole(input.declared.type))
      detail::fail<ValueError>({"OnnxModel: input ", k - 1, " of the graph is ", whole ? "not " : "", "of whole numbers"});
    detail::require_declared(input.declared, shape_of(x));
    if constexpr (is_index_var<X>) values[input.place].handle = &x;
    else if constexpr (whole) values[input.place].whole = &x;
    else if constexpr (std::is_same_v<X, R>) values[input.place].real = &x;
    else static_assert(std::is_same_v<X, R>, "minigrad: the inputs are all Vars, or all Tensors, of the model's type");
  }

  std::vector<std::string> names_;
  std::vector<Parameter<V>> parameters_;
  std::vector<std::size_t> parameter_places_;
  std::vector<std::string> buffer_names_;
  std::vector<std::pair<std::size_t, V>> constants_, buffers_;
  std::vector<std::pair<std::size_t, Whole>> whole_;
  std::vector<Input> inputs_;
  std::vector<OnnxNode> nodes_;
  std::vector<Step> steps_;
  std::map<std::string, std::size_t> places_;  // while it is made
  std::vector<bool> whole_at_;                 // by place
  std::size_t count_ = 0, output_ = 0, sizes_ = 0;
  std::int64_t opset_ = 0;
};

/// The model in an ONNX file of opset 7 to 22: what export_onnx() writes, and the ops of models of the same layers
/// from elsewhere. Numbers are of type T, whole numbers int32 or int64. Throws DataError if the file cannot be read,
/// and for an op, attribute, element type or opset that is not supported; the message names the node.
template <class T = float>
OnnxModel<T> load_onnx(const std::string& path) {
  return OnnxModel<T>(read_onnx(path), path);
}

}  // namespace minigrad::inline MINIGRAD_ABI
