// io/onnx_writer.hpp - an ONNX graph that is built node by node, and the ONNX ops that minigrad's ops are written as.
// The numbers of fields stand in onnx.proto. Not part of minigrad.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../graph/node.hpp"
#include "onnx_file.hpp"
#include "protobuf.hpp"

namespace minigrad::inline MINIGRAD_ABI::detail {

/// In the shape of an input or output: the extent is the batch size, and free.
inline constexpr std::size_t batch_extent = static_cast<std::size_t>(-1);

/// A graph under construction. Values have names, which are unique.
class OnnxWriter {
 public:
  explicit OnnxWriter(OnnxType real) : real_(real) {}

  OnnxType real_type() const { return real_; }
  bool is_double() const { return real_ == OnnxType::real64; }

  /// This name, or where another value has it this name and a number.
  std::string unique(const std::string& name) {
    std::string own = name;
    for (std::size_t k = 2; own.empty() || !names_.insert(own).second; ++k) own = concat({name, "_", k});
    return own;
  }

  /// A parameter, under a name that unique() has given. The bytes are its elements, little-endian and row-major.
  std::string initializer(const std::string& name, OnnxType type, const Shape& shape, std::string_view bytes) {
    initializers_.message(5, tensor(name, type, shape, bytes));
    return name;
  }
  /// A constant: the result of a node, so that a reader does not take it for a parameter.
  std::string constant(const std::string& name, OnnxType type, const Shape& shape, std::string_view bytes) {
    std::string pending = std::exchange(attributes_.bytes, {});  // those of a node whose input this is
    attribute("value", 4, [&](ProtoWriter& a) { a.message(5, tensor("", type, shape, bytes)); });
    nodes_.push_back({"Constant", {}, name, std::exchange(attributes_.bytes, std::move(pending)), {}});
    return name;
  }

  /// A single number of the graph's floating type.
  std::string number(double value) {
    const auto single = static_cast<float>(value);
    const bool wide = is_double();
    return constant(unique("number"), real_, Shape{},
                    {wide ? reinterpret_cast<const char*>(&value) : reinterpret_cast<const char*>(&single),
                     wide ? sizeof value : sizeof single});
  }
  /// A list of whole numbers, as ops take for shapes and axes.
  std::string integers(const std::vector<std::int64_t>& list) {
    return initializer(unique("integers"), OnnxType::i64, Shape{list.size()},
                       {reinterpret_cast<const char*>(list.data()), list.size() * sizeof(std::int64_t)});
  }

  /// A single whole number.
  std::string integer(std::int64_t value) {
    return initializer(unique("integer"), OnnxType::i64, Shape{},
                       {reinterpret_cast<const char*>(&value), sizeof value});
  }

  /// An attribute of the next node.
  OnnxWriter& with(std::string_view name, std::int64_t value) {
    return attribute(name, 2, [&](ProtoWriter& a) { a.integer(3, value); });
  }
  OnnxWriter& with_real(std::string_view name, double value) {
    return attribute(name, 1, [&](ProtoWriter& a) { a.real(2, static_cast<float>(value)); });
  }
  OnnxWriter& with_text(std::string_view name, std::string_view value) {
    return attribute(name, 3, [&](ProtoWriter& a) { a.text(4, value); });
  }
  OnnxWriter& with_list(std::string_view name, const std::vector<std::int64_t>& values) {
    return attribute(name, 7, [&](ProtoWriter& a) {
      for (const std::int64_t value : values) a.integer(8, value);
    });
  }
  /// A node with one output, whose name it returns.
  std::string node(std::string_view op, const std::vector<std::string>& inputs) {
    std::string name(op);
    for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    nodes_.push_back({std::string(op), inputs, unique(name), std::exchange(attributes_.bytes, {}), {}});
    return nodes_.back().output;
  }
  /// Gives the node that was written last another output.
  void second_output(const std::string& name) { nodes_.back().second = unique(name); }
  /// Gives the result of a node another name, everywhere.
  void rename(const std::string& old, const std::string& name) {
    for (Node& node : nodes_) {
      for (std::string& input : node.inputs)
        if (input == old) input = name;
      if (node.output == old) node.output = name;
    }
  }
  bool is_result(const std::string& name) const {
    for (const Node& node : nodes_)
      if (node.output == name) return true;
    return false;
  }

  void input(const std::string& name, OnnxType type, const Shape& shape) { value_info(11, name, type, shape); }
  void output(const std::string& name, const Shape& shape) { value_info(12, name, real_, shape); }

  /// The file: opset 17 and IR version 8, of 2022, which all runtimes since then read.
  std::string model() const {
    ProtoWriter graph, opset, out;
    for (const Node& one : nodes_) {
      ProtoWriter node;
      for (const std::string& input : one.inputs) node.text(1, input);
      node.text(2, one.output);
      if (!one.second.empty()) node.text(2, one.second);
      node.text(3, one.output);
      node.text(4, one.op);
      node.bytes += one.attributes;
      graph.message(1, node);
    }
    graph.text(2, "minigrad");
    graph.bytes += initializers_.bytes + values_.bytes;
    opset.text(1, "");
    opset.integer(2, 17);
    out.integer(1, 8);
    out.text(2, "minigrad");
    out.message(7, graph);
    out.message(8, opset);
    return out.bytes;
  }

 private:
  static ProtoWriter tensor(const std::string& name, OnnxType type, const Shape& shape, std::string_view bytes) {
    ProtoWriter out;
    for (const std::size_t extent : shape) out.integer(1, static_cast<std::int64_t>(extent));
    out.integer(2, static_cast<std::int64_t>(type));
    if (!name.empty()) out.text(8, name);
    out.text(9, bytes);
    return out;
  }
  template <class F>
  OnnxWriter& attribute(std::string_view name, std::int64_t type, const F& write) {
    ProtoWriter a;
    a.text(1, name);
    write(a);
    a.integer(20, type);
    attributes_.message(5, a);
    return *this;
  }
  void value_info(unsigned field, const std::string& name, OnnxType type, const Shape& shape) {
    ProtoWriter extents, tensor, kind, info;
    for (const std::size_t extent : shape) {
      ProtoWriter dim;
      if (extent == batch_extent)
        dim.text(2, "batch");
      else
        dim.integer(1, static_cast<std::int64_t>(extent));
      extents.message(1, dim);
    }
    tensor.integer(1, static_cast<std::int64_t>(type));
    tensor.message(2, extents);
    kind.message(1, tensor);
    info.text(1, name);
    info.message(2, kind);
    values_.message(field, info);
  }

  struct Node {
    std::string op;
    std::vector<std::string> inputs;
    std::string output, attributes, second;
  };

  OnnxType real_;
  std::set<std::string> names_;
  std::vector<Node> nodes_;
  ProtoWriter initializers_, values_, attributes_;
};

/// An op as it was recorded: twice, with batches of two sizes, so that what depends on the batch size shows; and once
/// with a larger one, in which half of the batch is no fixed number of rows, nor all but a fixed number.
struct RecordedOp {
  NodeId id = 0;
  std::string op;
  std::vector<Attribute> attributes, other_attributes;  // in both recordings
  std::string difference{};                             // of the attributes, in words
  std::vector<std::string> inputs;          // the names of its inputs in the ONNX graph
  std::vector<Shape> shapes, other_shapes;  // of the inputs, in both recordings
  Shape shape{}, other_shape{};             // of the result
  std::vector<Attribute> far_attributes{};  // of the large batch, with the shapes of its first input and its result
  Shape far_input{}, far_shape{};

  [[noreturn]] void fail(std::initializer_list<FormatArg> why) const {
    detail::fail<ValueError>({"export_onnx: node ", id, ", ", op, ": ", concat(why)});
  }
  const Attribute* find(const char* name) const { return find_in(attributes, name); }
  static const Attribute* find_in(const std::vector<Attribute>& all, const char* name) {
    for (const Attribute& one : all)
      if (one.name == name) return &one;
    return nullptr;
  }
  double number(const char* name) const {
    const Attribute* found = find(name);
    if (!found || found->numbers.size() != 1) fail({"it has no attribute ", name});
    return found->numbers[0];
  }
  std::int64_t integer(const char* name) const { return static_cast<std::int64_t>(number(name)); }
  /// The axes of a reduction.
  std::vector<std::int64_t> axes() const {
    std::vector<std::int64_t> all;
    if (const Attribute* axis = find("axis"); axis && axis->text != "all") {
      for (const double number : axis->numbers) all.push_back(static_cast<std::int64_t>(number));
      return all;
    }
    for (std::size_t i = 0; i < shapes[0].rank(); ++i) all.push_back(static_cast<std::int64_t>(i));
    return all;
  }
  /// The shape of the result, with -1 for the axis that depends on the batch size.
  std::vector<std::int64_t> target_shape() const {
    std::vector<std::int64_t> out;
    bool free = false;
    for (std::size_t i = 0; i < shape.rank(); ++i) {
      const bool differs = shape[i] != other_shape[i];
      if (differs && std::exchange(free, true)) fail({"two axes of its result depend on the batch size"});
      out.push_back(differs ? -1 : static_cast<std::int64_t>(shape[i]));
    }
    return out;
  }
};

}  // namespace minigrad::inline MINIGRAD_ABI::detail
