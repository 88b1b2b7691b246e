// io/onnx_reader.hpp - reads ONNX files: the graph as data, without a meaning for its ops. Not part of minigrad.hpp.
//
// All is checked before there is room for it: lengths against what remains of the file, the product of a tensor's
// extents against its bytes, and the memory of the whole against 10 times the file. Data in other files is refused.
// What a file can nest is nested here by hand, to a fixed depth: the subgraphs of If and Loop are not read. The numbers
// of fields stand in onnx.proto.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "onnx_tensor_reader.hpp"

namespace minigrad::inline MINIGRAD_ABI {

namespace detail {

/// Reads the other messages of ONNX files.
struct OnnxParser : OnnxTensorReader {
  OnnxAttribute attribute(ProtoReader m) const {
    OnnxAttribute out;
    out.reals = m.list<float>(7);
    out.integers = m.list<std::int64_t>(8);
    while (m.next()) switch (m.field()) {
        case 1:
          out.name = m.text();
          break;
        case 2:
          out.real = m.real();
          break;
        case 3:
          out.integer = m.integer();
          break;
        case 4:
          out.text = m.text();
          break;
        case 5:
          out.tensor.clear();
          source.reserve(out.tensor, 1);
          out.tensor.push_back(tensor(m.message()));
          break;
      }
    return out;
  }

  OnnxNode node(ProtoReader m) const {
    OnnxNode out;
    source.reserve(out.inputs, m.count(1));
    source.reserve(out.outputs, m.count(2));
    source.reserve(out.attributes, m.count(5));
    while (m.next()) switch (m.field()) {
        case 1:
          out.inputs.push_back(m.text());
          break;
        case 2:
          out.outputs.push_back(m.text());
          break;
        case 3:
          out.name = m.text();
          break;
        case 4:
          out.op = m.text();
          break;
        case 5:
          out.attributes.push_back(attribute(m.message()));
          break;
        case 7:
          out.domain = m.text();
          break;
      }
    if (out.op.empty()) source.fail({"a node has no op"});
    return out;
  }

  /// An extent that has a name, or none, is free; so is one of 0, which some exporters write for it.
  void read_extents(ProtoReader shape, OnnxValueInfo& out) const {
    out.has_shape = true;
    out.shape.clear();
    source.reserve(out.shape, shape.count(1));
    while (shape.next()) {
      if (shape.field() != 1) continue;
      out.shape.push_back(-1);
      for (ProtoReader extent = shape.message(); extent.next();)
        if (extent.field() == 1 && extent.integer() > 0) out.shape.back() = extent.integer();
    }
  }

  OnnxValueInfo value_info(ProtoReader m) const {
    OnnxValueInfo out;
    while (m.next()) {
      if (m.field() == 1) out.name = m.text();
      if (m.field() != 2) continue;
      for (ProtoReader type = m.message(); type.next();) {
        if (type.field() != 1) continue;
        for (ProtoReader tensor_type = type.message(); tensor_type.next();) {
          if (tensor_type.field() == 1 && is_read(tensor_type.integer()))
            out.type = static_cast<OnnxType>(tensor_type.integer());
          if (tensor_type.field() == 2) read_extents(tensor_type.message(), out);
        }
      }
    }
    return out;
  }

  OnnxFile model(ProtoReader m) const {
    OnnxFile out;
    bool has_graph = false;
    while (m.next()) {
      if (m.field() == 8) {
        std::string domain;
        std::int64_t version = 0;
        for (ProtoReader opset = m.message(); opset.next();) {
          if (opset.field() == 1) domain = opset.text();
          if (opset.field() == 2) version = opset.integer();
        }
        if (domain.empty() || domain == "ai.onnx") out.opset = version;
      }
      if (m.field() != 7) continue;
      if (std::exchange(has_graph, true)) source.fail({"it has two graphs"});
      ProtoReader graph = m.message();
      source.reserve(out.nodes, graph.count(1));
      source.reserve(out.initializers, graph.count(5));
      source.reserve(out.inputs, graph.count(11));
      source.reserve(out.outputs, graph.count(12));
      while (graph.next()) switch (graph.field()) {
          case 1:
            out.nodes.push_back(node(graph.message()));
            break;
          case 5:
            out.initializers.push_back(tensor(graph.message()));
            break;
          case 11:
            out.inputs.push_back(value_info(graph.message()));
            break;
          case 12:
            out.outputs.push_back(value_info(graph.message()));
            break;
          case 15:
            source.fail({"sparse tensors are not supported"});
        }
    }
    if (!has_graph) source.fail({"it is no ONNX file: it has no graph"});
    return out;
  }
};

/// What is read may take 1 MB and 10 times the file, which is in memory itself; some room is for errors.
inline std::size_t most_memory(std::string_view bytes) { return (std::size_t{1} << 20) - 16384 + 9 * bytes.size(); }

inline std::string read_whole(ByteInput& input) {
  std::string bytes(static_cast<std::size_t>(input.size()), '\0');
  input.read(bytes.data(), bytes.size());
  return bytes;
}
}  // namespace detail

/// The graph in the bytes of an ONNX file; `name` is what errors call it. Throws DataError for bytes that are no such
/// file, and for what is not supported: other element types, more than 6 axes, data in other files, sparse tensors.
inline OnnxFile parse_onnx(std::string_view bytes, const std::string& name) {
  const detail::ProtoSource source("read_onnx", name, detail::most_memory(bytes));
  return detail::OnnxParser{{source}}.model(detail::ProtoReader(source, bytes));
}
/// The same of a file.
inline OnnxFile read_onnx(const std::string& path) {
  detail::ByteInput input("read_onnx", path);
  return parse_onnx(detail::read_whole(input), path);
}
/// A file with a single tensor (TensorProto), as ONNX publishes its test data.
inline OnnxTensor parse_onnx_tensor(std::string_view bytes, const std::string& name) {
  const detail::ProtoSource source("read_onnx", name, detail::most_memory(bytes));
  return detail::OnnxParser{{source}}.tensor(detail::ProtoReader(source, bytes));
}
inline OnnxTensor read_onnx_tensor(const std::string& path) {
  detail::ByteInput input("read_onnx", path);
  return parse_onnx_tensor(detail::read_whole(input), path);
}

}  // namespace minigrad::inline MINIGRAD_ABI
