// tests/support/onnx.hpp - reads ONNX models and tensors: of protobuf's wire format what they use, no library needed.
//
// A message is a row of fields, each a varint (number << 3 | kind) and then, by its kind, a varint, 8 bytes, a length
// and so many bytes, or 4 bytes. The numbers of the fields stand in onnx.proto.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <minigrad/core/shape.hpp>
#include <minigrad/tensor/tensor.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

namespace support::onnx {

using minigrad::Shape;
using minigrad::Tensor;

/// What the reader or the runner has no counterpart for, such as an element type. The text is the reason.
struct Unsupported : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The fields of a message, one after another: while (m.next()) switch (m.field()) ...
class Message {
 public:
  explicit Message(std::string_view bytes) : rest_(bytes) {}

  bool next() {
    if (rest_.empty()) return false;
    const std::uint64_t key = varint();
    field_ = static_cast<int>(key >> 3);
    switch (key & 7) {
      case 0: number_ = varint(), bytes_ = {}; break;
      case 1: bytes_ = take(8); break;
      case 2: bytes_ = take(varint()); break;
      case 5: bytes_ = take(4); break;
      default: throw std::runtime_error("protobuf: a field of kind " + std::to_string(key & 7));
    }
    packed_ = (key & 7) == 2;
    return true;
  }
  int field() const { return field_; }
  std::string_view bytes() const { return bytes_; }
  std::string text() const { return std::string(bytes_); }
  std::int64_t integer() const { return static_cast<std::int64_t>(number_); }
  float real() const { return number_in<float>(bytes_); }

  /// Repeated numbers come one in a field, or many packed into one.
  void append_integers(std::vector<std::int64_t>& out) const {
    if (!packed_) return out.push_back(integer());
    for (Message packed(bytes_); !packed.rest_.empty();) out.push_back(static_cast<std::int64_t>(packed.varint()));
  }
  template <class T>
  void append_reals(std::vector<T>& out) const {
    for (std::size_t i = 0; i + sizeof(T) <= bytes_.size(); i += sizeof(T))
      out.push_back(number_in<T>(bytes_.substr(i)));
  }

 private:
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const auto byte = static_cast<unsigned char>(take(1)[0]);
      value |= static_cast<std::uint64_t>(byte & 127) << shift;
      if (byte < 128) return value;
    }
    throw std::runtime_error("protobuf: a varint of more than 10 bytes");
  }
  std::string_view take(std::uint64_t count) {
    if (count > rest_.size()) throw std::runtime_error("protobuf: the file ends within a field");
    const std::string_view out = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return out;
  }
  template <class T>
  static T number_in(std::string_view bytes) {
    T value{};
    if (bytes.size() < sizeof value) throw std::runtime_error("protobuf: a number is too short");
    std::memcpy(&value, bytes.data(), sizeof value);
    return value;
  }

  std::string_view rest_, bytes_;
  int field_ = 0;
  bool packed_ = false;
  std::uint64_t number_ = 0;
};

using Value = std::variant<Tensor<float>, Tensor<double>, Tensor<bool>, Tensor<std::int8_t>, Tensor<std::int16_t>,
                           Tensor<std::int32_t>, Tensor<std::int64_t>, Tensor<std::uint8_t>, Tensor<std::uint16_t>,
                           Tensor<std::uint32_t>, Tensor<std::uint64_t>>;

/// f(T{}) for the type that has this number among ONNX's.
template <class F>
auto for_type(std::int64_t type, const F& f) {
  static constexpr const char* names[] = {"undefined", "float", "uint8",   "int8",   "uint16", "int16",     "int32",
                                          "int64",     "string", "bool",   "float16", "double", "uint32",    "uint64",
                                          "complex64", "complex128", "bfloat16"};
  switch (type) {
    case 1: return f(float{});
    case 2: return f(std::uint8_t{});
    case 3: return f(std::int8_t{});
    case 4: return f(std::uint16_t{});
    case 5: return f(std::int16_t{});
    case 6: return f(std::int32_t{});
    case 7: return f(std::int64_t{});
    case 9: return f(bool{});
    case 11: return f(double{});
    case 12: return f(std::uint32_t{});
    case 13: return f(std::uint64_t{});
  }
  throw Unsupported(std::string("element type ") + (type >= 0 && type < 17 ? names[type] : "unknown"));
}

struct NamedValue {
  std::string name;
  Value value;
};

/// TensorProto.
inline NamedValue read_tensor(std::string_view bytes) {
  std::vector<std::int64_t> extents, integers;
  std::vector<float> floats;
  std::vector<double> doubles;
  std::int64_t type = 0;
  std::string_view raw;
  NamedValue out;
  for (Message m(bytes); m.next();) switch (m.field()) {
      case 1: m.append_integers(extents); break;
      case 2: type = m.integer(); break;
      case 4: m.append_reals(floats); break;
      case 5:
      case 7:
      case 11: m.append_integers(integers); break;
      case 8: out.name = m.text(); break;
      case 9: raw = m.bytes(); break;
      case 10: m.append_reals(doubles); break;
    }
  if (extents.size() > Shape::max_rank) throw Unsupported("rank " + std::to_string(extents.size()));
  Shape shape;
  for (const std::int64_t extent : extents) shape.push_back(extent);
  out.value = for_type(type, [&]<class T>(T) -> Value {
    auto x = Tensor<T>::empty(shape);
    const auto fill = [&](const auto& values) {
      if (values.size() != x.size()) throw std::runtime_error("onnx: the tensor " + out.name + " lacks numbers");
      for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<T>(values[i]);
    };
    if (!raw.empty()) {
      if (raw.size() != x.size() * sizeof(T)) throw std::runtime_error("onnx: the tensor " + out.name + " lacks bytes");
      std::memcpy(x.data(), raw.data(), raw.size());
    } else if (std::is_same_v<T, float>) {
      fill(floats);
    } else if (std::is_same_v<T, double>) {
      fill(doubles);
    } else {
      fill(integers);
    }
    return x;
  });
  return out;
}

/// AttributeProto: an option of a node.
struct Attribute {
  float real = 0;
  std::int64_t integer = 0;
  std::string text;
  std::vector<float> reals;
  std::vector<std::int64_t> integers;
  std::string_view tensor;
};

/// NodeProto: one call of an op. An input without a name is left out.
struct Node {
  std::string op;
  std::vector<std::string> inputs, outputs;
  std::map<std::string, Attribute> attributes;
};

/// ModelProto with its GraphProto.
struct Model {
  std::string file;  // what the views of attributes look at
  std::vector<Node> nodes;
  std::vector<NamedValue> constants;
  std::vector<std::string> inputs, outputs;
  std::int64_t opset = 0;
};

inline Node read_node(std::string_view bytes) {
  Node node;
  for (Message m(bytes); m.next();) switch (m.field()) {
      case 1: node.inputs.push_back(m.text()); break;
      case 2: node.outputs.push_back(m.text()); break;
      case 4: node.op = m.text(); break;
      case 5: {
        std::string name;
        Attribute attribute;
        for (Message a(m.bytes()); a.next();) switch (a.field()) {
            case 1: name = a.text(); break;
            case 2: attribute.real = a.real(); break;
            case 3: attribute.integer = a.integer(); break;
            case 4: attribute.text = a.text(); break;
            case 5: attribute.tensor = a.bytes(); break;
            case 7: a.append_reals(attribute.reals); break;
            case 8: a.append_integers(attribute.integers); break;
          }
        node.attributes[name] = attribute;
        break;
      }
    }
  return node;
}

/// The name of a ValueInfoProto. Sequences and optional values, which are not tensors, are not supported.
inline std::string read_value_info(std::string_view bytes) {
  std::string name;
  for (Message m(bytes); m.next();) {
    if (m.field() == 1) name = m.text();
    if (m.field() != 2) continue;
    for (Message type(m.bytes()); type.next();) {
      if (type.field() != 1) throw Unsupported("values that are not tensors");
      for (Message tensor(type.bytes()); tensor.next();)
        if (tensor.field() == 1) for_type(tensor.integer(), [](auto) {});
    }
  }
  return name;
}

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

inline Model read_model(const std::filesystem::path& path) {
  Model model;
  model.file = read_file(path);
  std::string_view graph;
  for (Message m(model.file); m.next();) {
    if (m.field() == 7) graph = m.bytes();
    if (m.field() != 8) continue;
    std::string domain;
    std::int64_t version = 0;
    for (Message opset(m.bytes()); opset.next();) {
      if (opset.field() == 1) domain = opset.text();
      if (opset.field() == 2) version = opset.integer();
    }
    if (domain.empty()) model.opset = version;
  }
  for (Message m(graph); m.next();) switch (m.field()) {
      case 1: model.nodes.push_back(read_node(m.bytes())); break;
      case 5: model.constants.push_back(read_tensor(m.bytes())); break;
      case 11: model.inputs.push_back(read_value_info(m.bytes())); break;
      case 12: model.outputs.push_back(read_value_info(m.bytes())); break;
    }
  return model;
}

}  // namespace support::onnx
