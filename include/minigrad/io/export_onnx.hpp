// io/export_onnx.hpp - a model as an ONNX file, which other runtimes run: ONNX Runtime, OpenCV, browsers.
//
//   export_onnx("model.onnx", model, x);
//
// The model is recorded, and the recorded ops are written as ONNX's (opset 17). Not part of minigrad.hpp.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "../data/scaler.hpp"
#include "../graph/capture.hpp"
#include "../nn/evaluation_mode.hpp"
#include "../nn/state_dict.hpp"
#include "../tensor/create.hpp"
#include "onnx_batch_norm.hpp"
#include "onnx_ops.hpp"

namespace minigrad::inline MINIGRAD_ABI {

/// What becomes part of the exported graph besides the model: the scalers of its features and of its targets.
template <class T = float>
struct OnnxOptions {
  const StandardScaler<T>* inputs = nullptr;   ///< the graph takes features as they are before scaling
  const StandardScaler<T>* targets = nullptr;  ///< the graph gives predictions in the units of the targets
};

namespace detail {

/// Writes recordings of a model, with batches of different sizes, as one ONNX graph.
template <class T>
class OnnxExporter {
  using V = Tensor<T>;
  static_assert(std::is_same_v<T, float> || std::is_same_v<T, double>, "minigrad: ONNX files hold float or double");

 public:
  /// A recording of the model on a batch of n rows.
  template <class M, class X>
  static std::string run(M& model, const X& example, const OnnxOptions<T>& options) {
    if constexpr (std::endian::native != std::endian::little)
      fail<Error>({"export_onnx: this machine is not little-endian"});
    if (example.rank() == 0 || example.shape()[0] == 0)
      fail<ShapeError>({"export_onnx: the example ", example.shape(), " has no rows"});
    constexpr bool whole = std::is_same_v<X, Tensor<std::int64_t>>;
    if (options.inputs && (whole || example.shape()[example.rank() - 1] != options.inputs->mean().size()))
      fail<ShapeError>({"export_onnx: the example ", example.shape(), whole ? " of whole numbers" : "",
                        " does not fit the scaler of its inputs, ", options.inputs->mean().shape()});
    const EvaluationMode<M> mode(model);
    OnnxExporter out(options);
    const auto record = [&](Recording& to, std::size_t rows) {
      to.graph.keep_constants();
      const X x = index_select(example, full<std::int64_t>(Shape{rows}, 0));
      if constexpr (whole) {
        const IndexVar<V> handle = to.graph.indices();
        handle.edit() = x;
        to.indices = &handle.value();
        to.result = model(handle);
      } else {
        const Var<V> handle = to.graph.input(x);
        to.input = handle.id();
        to.result = model(handle);
      }
    };
    record(out.one_, 2);
    record(out.two_, 3);
    record(out.far_, 7);
    for (const StateTarget& target : state_targets(model)) out.state_.push_back({target.name, target.to});
    Shape input = example.shape();
    input[0] = batch_extent;
    out.write(input, whole ? OnnxType::i64 : out.real_type());
    return out.to_.model();
  }

 private:
  struct Recording {
    Graph<V> graph{};
    NodeId input = no_node;
    const Tensor<std::int64_t>* indices = nullptr;
    Var<V> result{};
  };
  struct NamedState { std::string name; const void* data; };

  explicit OnnxExporter(const OnnxOptions<T>& options) : options_(options) {}
  static constexpr OnnxType real_type() { return onnx_type_of<T>(); }

  void write(const Shape& input, OnnxType type) {
    const NodeId last = one_.result.id();
    const std::size_t size = one_.graph.size(), second = two_.graph.size(), third = far_.graph.size();
    if (size != second || size != third || last != two_.result.id() || last != far_.result.id())
      fail<ValueError>({"export_onnx: the number of ops depends on the batch size: ", size, " with 2 rows, ", second,
                        " with 3 and ", third, " with 7"});
    for (NamedState& one : state_) one.name = to_.unique(one.name);
    input_ = to_.unique("input");
    const std::string output = to_.unique("output");
    to_.input(input_, type, input);

    std::vector<bool> needed(one_.graph.size());
    std::vector<std::optional<FoundBatchNorm>> norms(one_.graph.size());
    needed[last] = true;
    for (NodeId id = last + 1; id-- > 0;) {
      if (!needed[id]) continue;
      if ((norms[id] = BatchNormFinder<V>(one_.graph).at(id))) {
        const FoundBatchNorm& norm = *norms[id];
        for (const NodeId in : {norm.x, norm.weight, norm.bias, norm.mean, norm.var}) needed[in] = true;
        continue;
      }
      for (const NodeId in : one_.graph.node(id).inputs())
        if (in != no_node) needed[in] = true;
    }
    names_.resize(one_.graph.size());
    for (NodeId id = 0; id <= last; ++id)
      if (needed[id]) names_[id] = one_.graph.node(id).is_leaf() ? leaf(id) : norms[id] ? batch_norm(*norms[id]) : op(id);

    std::string result = names_[last];
    if (options_.targets) {
      const Shape shape = shape_of(one_.result), columns = options_.targets->mean().shape();
      if (shape.rank() == 0 || shape[shape.rank() - 1] != columns[0])
        fail<ShapeError>({"export_onnx: the result ", shape, " does not fit the scaler of the targets, ", columns});
      result = to_.node("Mul", {result, tensor("target_scale", options_.targets->scale())});
      result = to_.node("Add", {result, tensor("target_mean", options_.targets->mean())});
    }
    if (!to_.is_result(result)) result = to_.node("Identity", {result});
    to_.rename(result, output);
    Shape shape = shape_of(one_.result);
    for (std::size_t i = 0; i < shape.rank(); ++i)
      if (const std::size_t other = shape_of(two_.result)[i]; shape[i] != other) {
        if (shape[i] != 2 || other != 3)
          fail<ValueError>({"export_onnx: the model gives ", shape, " for 2 rows and ", shape_of(two_.result),
                            " for 3: the batch size must be an extent of the result"});
        shape[i] = batch_extent;
      }
    to_.output(output, shape);
  }

  std::string tensor(const std::string& name, const V& value) {
    return to_.constant(to_.unique(name), real_type(), value.shape(), bytes_of(value));
  }
  template <class N>
  static std::string_view bytes_of(const Tensor<N>& value) {
    return {reinterpret_cast<const char*>(value.data()), value.size() * sizeof(N)};
  }

  /// The input, a parameter, a buffer or a constant.
  std::string leaf(NodeId id) {
    if (id == one_.input) {
      if (!options_.inputs) return input_;
      const std::string centred = to_.node("Sub", {input_, tensor("feature_mean", options_.inputs->mean())});
      return to_.node("Div", {centred, tensor("feature_scale", options_.inputs->scale())});
    }
    const V& value = *one_.graph.node(id).value();
    for (const NamedState& one : state_)
      if (one.data == value.data() && value.size() > 0) {
        if (!written_.insert(one.name).second) return one.name;  // a parameter that is used twice
        return one_.graph.nodes()[id].parameter ? to_.initializer(one.name, real_type(), value.shape(), bytes_of(value))
                                                : to_.constant(one.name, real_type(), value.shape(), bytes_of(value));
      }
    return tensor("constant", value);
  }

  std::string batch_norm(const FoundBatchNorm& norm) {
    to_.with_real("epsilon", norm.eps);
    return to_.node("BatchNormalization",
                    {names_[norm.x], names_[norm.weight], names_[norm.bias], names_[norm.mean], names_[norm.var]});
  }

  std::string op(NodeId id) {
    const NodeView<V> y = one_.graph.node(id), other = two_.graph.node(id), third = far_.graph.node(id);
    RecordedOp out;
    out.id = id;
    out.op = y.op();
    out.attributes = y.attributes();
    out.other_attributes = other.attributes();
    out.shape = y.shape();
    out.other_shape = other.shape();
    out.far_attributes = third.attributes();
    out.far_shape = third.shape();
    if (out.op != other.op() || y.inputs() != other.inputs()) out.fail({"which op it is depends on the batch size"});
    if (op_text(y) != op_text(other))
      out.difference = concat({op_text(y), " for 2 rows, and ", op_text(other), " for 3: it depends on the batch size"});
    if (!out.difference.empty() && !looks_at_shapes(out.op)) out.fail({out.difference});
    const auto inputs = y.inputs();
    for (std::size_t k = 0; k < inputs.size(); ++k) {
      const NodeId in = inputs[k];
      if (in == no_node && y.number(k) != other.number(k))
        out.fail({"its number ", static_cast<double>(y.number(k)), " depends on the batch size"});
      if (in != no_node && in != one_.input && one_.graph.node(in).is_leaf() &&
          !same_bits(*one_.graph.node(in).value(), *two_.graph.node(in).value()))
        out.fail({"its constant ", one_.graph.node(in).shape(), " depends on the batch size or is random"});
      out.inputs.push_back(in == no_node ? to_.number(static_cast<double>(y.number(k))) : names_[in]);
      const auto shape_in = [in](Recording& from) { return in == no_node ? Shape() : from.graph.node(in).shape(); };
      out.shapes.push_back(shape_in(one_)), out.other_shapes.push_back(shape_in(two_));
    }
    if (inputs.size() > 0 && inputs[0] != no_node) out.far_input = far_.graph.node(inputs[0]).shape();
    add_indices(out);
    std::string result = write_onnx(to_, out);
    const Reduction reduction = one_.graph.nodes()[id].op->reduction;
    if (reduction != Reduction::none)
      result = to_.with("keepdims", 0).node(reduction == Reduction::mean ? "ReduceMean" : "ReduceSum", {result});
    return result;
  }

  /// The indices that an op reads, as its last inputs.
  void add_indices(RecordedOp& op) {
    const auto reads = other_inputs(one_.graph.nodes()[op.id]), again = other_inputs(two_.graph.nodes()[op.id]);
    for (std::size_t k = 0; k < reads.size(); ++k) {
      if (!reads[k].indices) continue;
      if (reads[k].indices == one_.indices)
        op.inputs.push_back(input_);
      else if (one_.graph.nodes().place_of_indices(*reads[k].indices) != one_.graph.nodes().index_places())
        op.fail({"its ", reads[k].name, " are computed by another op"});
      else
        op.inputs.push_back(write_indices(to_, op, reads[k].name, *reads[k].indices, *again[k].indices));
    }
  }

  const OnnxOptions<T>& options_;
  OnnxWriter to_{real_type()};
  Recording one_, two_, far_;
  std::vector<NamedState> state_;
  std::set<std::string> written_;
  std::vector<std::string> names_;  // of the nodes' values
  std::string input_;
};

}  // namespace detail

/// Writes a model to an ONNX file (opset 17, IR version 8). `example` is data like that for prediction, at least one
/// row of it: a Tensor<float>, a Tensor<double>, or a Tensor<std::int64_t> for a model of whole numbers. Its first axis
/// becomes the free axis "batch". Parameters and buffers keep their names of state_dict(model). The graph has one
/// input, "input", and one result, "output".
///
/// The model is recorded in evaluation mode, with 2, 3 and 7 rows, and is then in the mode it was in. Throws
/// ValueError, which names the op, for one that has no counterpart in ONNX, and for a number, constant or shape that
/// depends on the batch size. Throws DataError if the file cannot be written.
template <class M, class X, class T = detail::scalar_type<detail::first_not_void<detail::value_of_model<M>, X>>>
void export_onnx(const std::string& path, M& model, const X& example,
                 const std::type_identity_t<OnnxOptions<T>>& options = {}) {
  detail::write_file("export_onnx", path, detail::OnnxExporter<T>::run(model, example, options));
}

}  // namespace minigrad::inline MINIGRAD_ABI
